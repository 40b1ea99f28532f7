/* SPDX-License-Identifier: Apache-2.0 */
/* flows: everything that is being done for merchants: payments being authorized, captured, voided, refunded; recovery;
 * who waits for what. What the API calls. All of it belongs to the loop's thread. */
#ifndef FLORIN_FLOW_FLOWS_H
#define FLORIN_FLOW_FLOWS_H

#include "base/hash.h"
#include "domain/route.h"
#include "processor/risk_provider.h"
#include "store/store.h"
#include "vault/vault.h"
#include "world/http.h"
#include "world/world.h"

struct flows;
struct safe;

/* ---- answers ---- */

/* How a request ended, or stands. */
enum ending_kind {
    ENDING_DONE,        /* it happened: the receipt */
    ENDING_OPEN,        /* not known yet: the receipt with its open operation; provisional, never recorded */
    ENDING_DECLINED,    /* the authorization was declined, or could not be captured and was voided */
    ENDING_REFUSED,     /* our rules say no: `refusal`; the record is there when the payment is */
    ENDING_EXPIRED,     /* the processor says that the hold is over */
    ENDING_UNAVAILABLE, /* the processor cannot be reached; when the record is there the payment has failed */
    ENDING_PROCESSOR_REFUSED, /* the processor will never do it; nothing happened */
    ENDING_NOT_SET_UP,  /* the processor is one that this gateway has no keys for: nothing was begun */
    ENDING_NOT_FOUND,   /* no such payment */
    ENDING_KEY_REUSED,  /* the key belongs to another request */
    ENDING_STORAGE_LOW, /* no room on the disk: nothing was begun */
    ENDING_OVERLOADED,  /* too much is running: nothing was begun */
    ENDING_STOPPING,    /* going down: nothing was begun */
    ENDING_NO_LEASE,    /* this node may not drive anything just now: nothing was begun */
    ENDING_ELSEWHERE,   /* the same request is running on another node */
    ENDING_NOT_IN_REVIEW, /* flows_settle: there is no such operation in review */
    ENDING_ID_NEEDED,   /* flows_settle: an authorization that happened needs its id */
    ENDING_ID_INVALID,  /* flows_settle: that id is too long or not printable */
    ENDING_VAULT_SEALED, /* the stored card cannot be opened now: nothing was begun */
};

struct ending {
    enum ending_kind kind;
    enum refusal refusal;
    enum operation_kind asked; /* what the request was: OPERATION_AUTHORIZE, ... */
    const struct payment_record *record; /* NULL: none */
    const struct operation_record *refunds; /* of the record */
    size_t refund_count;
    str request_id; /* of the request that this answers first */
};

/* An answer as the merchant gets it. */
struct reply {
    int status;
    str body;           /* JSON or problem document */
    int64_t retry_after_s; /* 0: none */
    bool replayed;      /* it was given before */
};

/* One form in which answers are written; chosen by name, because a restart must find it again. */
struct answer_form {
    const char *name; /* "core" */
    /* Writes status, body and retry_after_s; the body lives in the arena. Pure: runs on the store's thread. */
    void (*write)(struct arena *arena, const struct ending *ending, struct reply *out);
};

/* Somebody who waits for an answer. The owner keeps it until `answered` is called, exactly once, on the loop. */
struct waiter {
    void (*answered)(struct waiter *waiter, const struct reply *reply);
    /* the flows' own */
    struct flows *flows;
    struct operation_flow *flow;
    struct waiter *next;
    struct world_timer deadline;
    bool joined;  /* came while the same request was running */
    bool overdue; /* its deadline has passed */
};

/* ---- opening ---- */

enum { PROCESSORS_MAX = ROUTE_PROCESSORS_MAX };

struct processor_settings {
    const struct processor *processor;
    struct processor_keys keys;
    const char *url;          /* base address, without a slash at the end; NULL: it is not set up, and nothing is sent */
    const char *ca_file;      /* as in struct http_call */
    const char *certificate_origins; /* where certificates of notices may come from; NULL: where the processor says */
    const char *certificate_ca_file; /* PEM: the only anchors of those; NULL: the system's */
    micros timeout;           /* of one call; longer than any answer takes */
    micros connect_timeout;
    micros resend_after;      /* quiet time: how long a request that was killed here may still be running there */
};

struct flows_options {
    struct world *world;
    struct vault *vault;
    struct safe *safe;        /* stored cards, whose fingerprints the fraud checks may ask for; NULL: there are none */
    struct hash key_secret;   /* makes processors' idempotency keys */
    struct hash risk_secret;  /* hides by whom tries are counted */
    str merchant;
    bool live;                /* real money: notices of the other mode are not believed */
    const char *public_url;   /* where the world reaches us, without a slash at the end; payers come back to it */
    struct node_life life;    /* which node this is, among several on one database; without a name: it is alone */
    const char *store_path;   /* for the room on its disk; NULL: not watched */
    const struct answer_form *const *forms;
    size_t form_count;
    struct processor_settings processors[PROCESSORS_MAX]; /* the first is the default */
    size_t processor_count;
    micros answer_within;     /* a waiter hears 202 after this */
    micros retry_base;        /* first back-off, doubled each time, full jitter */
    micros request_kept;      /* how long keys are remembered, in time that this gateway was running */
    micros ran_before;        /* how long it ran before this start: meta "ran_us" */
    size_t flows_max;
    int64_t storage_least_bytes; /* below this free room nothing new is begun */
};

struct flows *flows_open(const struct flows_options *options);

/* Enters every open operation into its table by the side door, sweeps the vault's orphans, and from then on looks for
 * expired holds and old keys now and then. `ready` is called once all open operations are known. */
void flows_recover(struct flows *flows, void (*ready)(void *context), void *context);

/* These rules say from now on which processor a new payment goes to that names none; they stay the caller's, until others are given.
 * NULL: there are none, as at first. */
void flows_route_by(struct flows *flows, const struct route_rules *rules);

/* These rules say from now on which new payment may be tried, as flows_route_by; NULL: all of them, unasked. `when_down` stands for what
 * cannot be found out: the fingerprint of a card while the vault is sealed. RISK_ALLOW: rules that ask for it are passed over. */
void flows_check_by(struct flows *flows, const struct risk_rules *rules, enum risk_decision when_down);

/* That company is asked about each new payment, too, which the rules neither allow nor deny, and again about what was held. Before
 * flows_recover; both stay the caller's. `when_down` stands for its answer when there is none. */
void flows_ask_about_risk(struct flows *flows, const struct risk_provider *provider, const struct processor_settings *settings);

/* How long a node's lease lasts: by its own clock from the moment before its sign of life was written, and by the others' clocks from
 * the moment after they saw it. The second is longer, so that who lost his lease knows it before anybody acts on it. */
#define LEASE_OWN (INT64_C(4) * MICROS_PER_SECOND)
#define LEASE_OTHERS (INT64_C(5) * MICROS_PER_SECOND)

/* Begins nothing new from now on. */
void flows_stop_taking(struct flows *flows);

/* Nobody waits and no call is in the air: with an empty commit queue, what is left is durable and recovers at the next start. */
bool flows_are_quiet(const struct flows *flows);

/* Frees everything; the flows must be quiet and their timers stop here. */
void flows_close(struct flows *flows);

/* ---- requests ---- */

/* Names one request of a merchant. Texts are copied. */
struct request_name {
    const struct answer_form *form;
    str scope;       /* "core" */
    str key;         /* Idempotency-Key */
    str fingerprint; /* hex, 64 characters */
    str request_id;  /* for the answer's problem document and the log */
    str trace;       /* W3C traceparent of this request, passed on to the processor; empty: none */
};

/* Authorizes a new payment. The card is read before this returns and stays the caller's to wipe. */
struct payment_wish {
    money amount;
    bool captures_itself;
    const struct processor *processor; /* NULL: the rules decide (flows_route_by) */
    str order_id, customer_id;
    str description; /* STR_NONE: none */
    str metadata;    /* JSON object */
    str customer_email, customer_name; /* STR_NONE: not given */
    struct ip_address customer_address;   /* where he is, as the merchant's server saw him */
    bool has_customer_address;
    str return_url;  /* where the payer is to be sent in the end; STR_NONE: he cannot be sent anywhere */
    bool on_page;            /* the payer pays on the processor's page: there is no card. It needs a return_url */
    const struct card *card; /* NULL: it could not be had, and card_trouble says why; or there is none */
    str token_id;            /* of the stored card; STR_NONE: it came by itself */
    int64_t token_slot;      /* of the CVV that lies with it, shredded with the authorization's end */
    enum ending_kind card_trouble; /* ENDING_DONE: none; else the end of it, unless the key was used before */
    enum refusal card_refusal;     /* with ENDING_REFUSED */
};
void flows_authorize(struct flows *flows, const struct request_name *name, const struct payment_wish *wish, struct waiter *waiter);

/* Is a request with that key running here, so that its repeat would join it? Asks nobody: what was answered, runs at another node or was
 * taken up after a restart is not known by its key. */
bool flows_are_running(const struct flows *flows, str scope, str key);

/* Captures, voids or refunds, or ends a review. */
struct change_wish {
    enum command_kind command; /* COMMAND_CAPTURE, COMMAND_VOID, COMMAND_REFUND, COMMAND_APPROVE, COMMAND_DECLINE */
    str payment_id;
    bool whole;        /* all that is left */
    int64_t amount_minor;
    bool has_currency; /* else the payment's own */
    currency currency;
};
void flows_change(struct flows *flows, const struct request_name *name, const struct change_wish *wish, struct waiter *waiter);

/* The payer is back, or something else says that there is news of that payment: its processor is asked at once what became of the
 * operation that waits or is in doubt. Nothing when there is none. */
void flows_look_again(struct flows *flows, str payment_id);

/* How a notice is answered. */
enum notice_answer {
    NOTICE_ACCEPTED,    /* it is the processor's own and durable, or was before; what follows from it is our affair */
    NOTICE_FORGED,      /* nothing shows that it is the processor's */
    NOTICE_NOT_AWAITED, /* there is no such account, or none that sends notices */
    NOTICE_UNDECIDED,   /* it could not be found out whether it is: it may come again */
    NOTICE_STORAGE_LOW, /* no room on the disk: it may come again */
    NOTICE_NO_LEASE,    /* this node may not do anything just now: it may come again */
};

/* Somebody who brought one. Kept by its owner until `answered` was called, exactly once, on the loop. */
struct notice_bringer {
    void (*answered)(struct notice_bringer *bringer, enum notice_answer answer);
};

/* What a processor tells by itself (a webhook) is a hint: its payment is looked at, and only what the processor then answers changes it.
 * `account` is ACCOUNT_DEFAULT: there is one at each processor. The request stays until it is answered. */
#define ACCOUNT_DEFAULT "default"
void flows_take_notice(struct flows *flows, str processor, str account, const struct http_request *request, struct notice_bringer *bringer);

/* A person says how an operation in review ended. `by` names him, for history. */
struct settle_wish {
    str operation_id;
    bool happened;
    str processor_ref; /* STR_NONE: not known */
    str by;
    const struct answer_form *form;
    str request_id;
};
void flows_settle(struct flows *flows, const struct settle_wish *wish, struct waiter *waiter);

/* How long this gateway has been running in its life, by which the keys of requests grow old. */
micros flows_running_time(const struct flows *flows);

/* ---- for /readyz and /metrics ---- */

struct flows_view {
    size_t running;       /* flows in memory */
    size_t calls;         /* requests to processors in the air */
    bool recovered;
    bool has_lease;       /* this node may drive operations */
    size_t nodes;         /* that live, with this one; 0: it is alone */
    bool storage_low;
    struct line_view {
        const char *processor;
        bool breaker_open;
        bool is_set_up;
    } lines[PROCESSORS_MAX];
    size_t line_count;
    micros oldest_card;   /* the longest life of a sealed card */
};
void flows_look(const struct flows *flows, struct flows_view *out);

void flows_register_metrics(void);

/* The names of the steps, "prepare" and so on, from 0; NULL after the last. With "operation." before it, each is a crash
 * point of test builds. */
const char *flows_step_name(size_t number);

#endif
