/* SPDX-License-Identifier: Apache-2.0 */
/* shop: a whole gateway without sockets: flows over a fake world, a store and a vault on disk, and a merchant who asks, waits
 * and remembers what he was told. It can be lost at any moment and opened again on what it left behind. */
#ifndef FLORIN_TESTS_FLOW_SHOP_H
#define FLORIN_TESTS_FLOW_SHOP_H

#include "world/fake_world.h"
#include "flow/flows.h"
#include "store/place.h"

#define SHOP_SECOND ((micros)MICROS_PER_SECOND)
#define SHOP_DAY (24 * SHOP_HOUR)
#define SHOP_HOUR (INT64_C(3600) * MICROS_PER_SECOND)

enum { SHOP_GUESTS_MAX = 4096, SHOP_ANSWER_BYTES = 400, SHOP_VAULT_SLOTS = 64 };

/* One request of the merchant. */
struct guest {
    struct waiter waiter;
    struct shop *shop;
    char key[64];
    bool answered;
    bool lost; /* the gateway went down before it answered */
    int status;
    bool replayed;
    char body[SHOP_ANSWER_BYTES];
    micros answered_at; /* monotonic */
};

/* What a story may want otherwise; zero is as usual. */
struct shop_settings {
    micros resend_after;         /* usually 10 s, as long as the merchant is let wait */
    size_t flows_max;            /* usually 1,000 */
    micros request_kept;         /* usually 30 days */
    int64_t storage_least_bytes; /* usually 0 */
    int64_t bank_auth_expiry_hours; /* usually 168; negative: holds are over before they begin */
    bool bank_holds_end_at_once;
    bool is_node;                /* one of several; on PostgreSQL only */
    const struct processor *processor; /* usually processor_bank; its bytes must be a bank's */
    bool acts_elsewhere;         /* what that processor does is not in the bank's book */
    const struct risk_rules *risks; /* usually none */
    const struct processor *beside; /* a second processor, at SHOP_BESIDE; its bytes must be a bank's */
    uint64_t seed;
};

#define SHOP_BESIDE "http://beside"

struct shop {
    struct fake_world *world;
    struct store *store, *reader;
    struct vault *vault;
    struct flows *flows;
    bool ready; /* recovery has found everything */
    struct shop_settings settings;
    char folder[96];
    char path[128]; /* of the store */
    char url[PLACE_URL_BYTES];
    struct guest *guests[SHOP_GUESTS_MAX];
    size_t guest_count;
};

/* A bank that answers after 50 ms and holds money for a week, and a gateway in front of it that is ready. */
struct shop *shop_open(void);
struct shop *shop_open_with(const struct shop_settings *settings);
/* Waits until nothing runs any more, and checks what must always hold. */
void shop_close(struct shop *shop);

/* The gateway dies as it stands, and comes up again. What had left for the bank arrives there when `arrives`. */
void shop_lose(struct shop *shop, bool arrives);
void shop_begin(struct shop *shop);
/* The same in good order: it goes down and comes up again. It must have been told to take nothing more, and be quiet. */
void shop_restart(struct shop *shop);
/* The machine goes down: what the vault held in memory is gone. Between shop_lose and shop_begin. */
void shop_lose_memory(struct shop *shop);

/* ---- time ---- */

void shop_pass(struct shop *shop, micros span);
/* Until he is answered; at most an hour. */
struct guest *shop_answered(struct shop *shop, struct guest *guest);
/* Until nothing is running any more; at most a day. */
void shop_rest(struct shop *shop);

/* ---- the merchant ---- */

struct guest *shop_authorize(struct shop *shop, const char *key, const char *number, int64_t minor, bool automatic);
struct guest *shop_authorize_card(struct shop *shop, const char *key, const struct card *card, int64_t minor, bool automatic);
/* With the rich card, by a payer who may be sent away. */
struct guest *shop_authorize_away(struct shop *shop, const char *key, bool automatic);
/* 50.00 by somebody at that address. */
struct guest *shop_authorize_from(struct shop *shop, const char *key, const char *number, const char *address, bool automatic);
struct card shop_card(const char *number);
/* 50.00 by a token, whose card was opened, or could not be for that reason. */
struct guest *shop_authorize_token(struct shop *shop, const char *key, const char *token_id, const struct card *card, enum ending_kind trouble,
                                   enum refusal refusal);
struct guest *shop_capture(struct shop *shop, const char *key, const char *payment_id);
struct guest *shop_void(struct shop *shop, const char *key, const char *payment_id);
struct guest *shop_refund(struct shop *shop, const char *key, const char *payment_id);
struct guest *shop_review(struct shop *shop, const char *key, const char *payment_id, bool approves);
struct guest *shop_settle(struct shop *shop, const char *operation_id, bool happened, const char *processor_ref);

/* An authorization of 50.00 on the rich card, answered 201; the id of its payment. */
const char *shop_held(struct shop *shop, const char *key);
/* The same, captured. */
const char *shop_captured(struct shop *shop, const char *key);

/* The payment id in his answer; "" when it names none. */
const char *guest_payment(const struct guest *guest);

/* His answer is that status and begins with that text: "done authorized 5000/0/0 operation=none". */
#define assert_told(guest, status, beginning) assert_told_at((guest), (status), (beginning), __FILE__, __LINE__)
void assert_told_at(const struct guest *guest, int status, const char *beginning, const char *file, int line);

/* ---- looking ---- */

/* What the store has now; texts live until the next look. */
const struct payment_record *shop_payment(struct shop *shop, const char *payment_id);
/* The newest event of that type, its data; "" when there is none. */
const char *shop_event(struct shop *shop, const char *payment_id, const char *type);
size_t shop_open_operations(struct shop *shop);
/* The id of the open operation; it must be in that state. Valid until the next call of these two. */
const char *shop_open_operation(struct shop *shop, const char *payment_id, enum operation_state state);
const char *shop_first_open_operation(struct shop *shop);
/* The number of payments there ever were. */
size_t shop_payments(struct shop *shop);

/* What must always hold, of all payments and of the bank's book. */
void shop_check(struct shop *shop);

extern const char shop_rich_card[], shop_poor_card[];

#endif
