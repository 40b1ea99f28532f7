/* SPDX-License-Identifier: Apache-2.0 */
/* bank_book: what truly happened at the simulated bank: accounts, holds, captures, voids, refunds, and the bank's own rules.
 * It has no clock and no chance: times and ids come in. It never forgets an effect. */
#ifndef FLORIN_SIM_BANK_BOOK_H
#define FLORIN_SIM_BANK_BOOK_H

#include "sim/bank_cards.h"
#include "sim/bank_id.h"

struct bank_book;

/* Effects are numbered from 1 in the order in which they happened; 0 is none. */
enum bank_kind { BANK_HOLD, BANK_CAPTURE, BANK_VOID, BANK_REFUND, BANK_KINDS };

/* A lie that GET tells about an effect, planted by a test. */
enum bank_drift { BANK_DRIFT_NONE, BANK_DRIFT_FORGET, BANK_DRIFT_AMOUNT, BANK_DRIFT_CURRENCY, BANK_DRIFT_PARENT };

struct bank_effect {
    struct bank_id id;
    int64_t cents;
    int64_t at_ns; /* nanoseconds since 1970 */
    uint32_t account;
    uint32_t parent;       /* the hold of a capture or void, the capture of a refund */
    uint32_t used_by;      /* the capture or void of a hold, the refund of a capture */
    uint32_t key;          /* number of its idempotency key; 0: none */
    uint32_t older_of_key; /* the effect before it under the same key */
    uint8_t kind;          /* enum bank_kind */
    uint8_t drift;         /* enum bank_drift */
};

struct bank_account {
    const char *number; /* a test card's; never logged */
    const char *cvv;
    int month, year;
    int64_t start_cents;
    int64_t balance_cents;
    int64_t available_cents;
};

/* What a request asks for, as decoded; missing members are empty or 0. */
struct bank_request {
    str card_number;
    str cvv;
    int64_t expiry_month, expiry_year; /* read and ignored, as the bank does */
    str authorization_id;
    str capture_id;
    int64_t cents;
};

enum bank_refusal {
    BANK_AGREED,
    BANK_CARD_MALFORMED,
    BANK_CARD_UNKNOWN,
    BANK_CVV_MALFORMED,
    BANK_CVV_WRONG,
    BANK_AMOUNT_NOT_POSITIVE,
    BANK_CARD_EXPIRED,
    BANK_FUNDS_INSUFFICIENT,
    BANK_HOLD_ID_MALFORMED,
    BANK_HOLD_UNKNOWN,
    BANK_HOLD_USED,
    BANK_HOLD_EXPIRED,
    BANK_AMOUNT_DIFFERS,
    BANK_CAPTURE_ID_MALFORMED,
    BANK_CAPTURE_UNKNOWN,
    BANK_CAPTURE_REFUNDED,
    BANK_REFUSALS
};

struct bank_book *bank_book_open(uint32_t further_cards, int64_t auth_expiry_hours);
void bank_book_close(struct bank_book *book);

/* What the bank would do, without doing it. When agreed, *draft is the effect (without id and key). */
enum bank_refusal bank_book_decide(const struct bank_book *book, enum bank_kind kind, const struct bank_request *request,
                                   int64_t now_ns, struct bank_effect *draft) MUST_CHECK;

/* Does what was decided; nothing may have happened in between. Returns the effect's number. */
uint32_t bank_book_enter(struct bank_book *book, const struct bank_effect *draft);

struct bank_effect *bank_book_effect(const struct bank_book *book, uint32_t number);
uint32_t bank_book_count(const struct bank_book *book);

/* The effect of that kind with that id; 0 when there is none. */
uint32_t bank_book_find(const struct bank_book *book, enum bank_kind kind, const struct bank_id *id);

/* When a hold can no longer be captured. */
int64_t bank_book_expiry_ns(const struct bank_book *book, const struct bank_effect *hold);

const struct bank_account *bank_book_account(const struct bank_book *book, uint32_t number);
uint32_t bank_book_account_count(const struct bank_book *book);

/* "auth_", "cap_", "void_", "ref_". */
str bank_kind_prefix(enum bank_kind kind);

#endif
