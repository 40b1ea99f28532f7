/* SPDX-License-Identifier: Apache-2.0 */
/* payment: the state machine. `decide` says what a command makes happen or why not; `apply` says what a happening makes
 * of the payment. Pure: no clock, no store, no network, no memory taken.
 *
 *                     declined                         expired (then voided: stays expired)
 *                   /                                 /
 *   (new) -> pending -> authorized -> captured -> refunded
 *                   \             \
 *                     failed        voided
 *
 * Between pending and what follows it a payment may wait for its payer (requires_action), and a processor that only sells brings it
 * to captured at once. It stays pending while one processor after the other is asked.
 *
 * `state` is the last KNOWN state. Doubt is the second axis: the open operation, running, unknown or in review. */
#ifndef FLORIN_DOMAIN_PAYMENT_H
#define FLORIN_DOMAIN_PAYMENT_H

#include "domain/money.h"
#include "domain/reason.h"

enum payment_state {
    PAYMENT_NEW, /* not yet stored */
    PAYMENT_PENDING,
    PAYMENT_REQUIRES_ACTION, /* the payer has to go somewhere, or to say something */
    PAYMENT_AUTHORIZED,
    PAYMENT_CAPTURED,
    PAYMENT_REFUNDED,
    PAYMENT_VOIDED,
    PAYMENT_DECLINED,
    PAYMENT_FAILED,
    PAYMENT_EXPIRED,
    PAYMENT_STATE_COUNT,
};

enum operation_kind {
    OPERATION_NONE,
    OPERATION_AUTHORIZE,
    OPERATION_CAPTURE,
    OPERATION_VOID,
    OPERATION_REFUND,
    OPERATION_KIND_COUNT,
};

enum operation_state {
    OPERATION_RUNNING, /* being done */
    OPERATION_UNKNOWN, /* it may have happened: being asked about */
    OPERATION_REVIEW,  /* cannot be found out by us: a person has to say */
    OPERATION_WAITING, /* for the payer */
    OPERATION_DONE,
    OPERATION_DECLINED,
    OPERATION_FAILED, /* certain: nothing happened */
    OPERATION_STATE_COUNT,
};

/* Words as stored and told. The last three read them back; false for an unknown word. */
str payment_state_word(enum payment_state state);
str operation_kind_word(enum operation_kind kind);
str operation_state_word(enum operation_state state);
bool payment_state_named(str word, enum payment_state *out) MUST_CHECK;
bool operation_kind_named(str word, enum operation_kind *out) MUST_CHECK;
bool operation_state_named(str word, enum operation_state *out) MUST_CHECK;

/* What the fraud checks said of a payment, the stricter later. The words are stored and told; false for an unknown one. */
enum risk_decision {
    RISK_UNASKED, /* there are none */
    RISK_ALLOW,
    RISK_STEP_UP, /* if the payer proves who he is */
    RISK_REVIEW,  /* the money is held, and a person says whether it may be taken */
    RISK_DENY,
    RISK_DECISION_COUNT,
};
str risk_decision_word(enum risk_decision decision);
bool risk_decision_named(str word, enum risk_decision *out) MUST_CHECK;

/* How a review stands. */
enum review {
    REVIEW_NONE,
    REVIEW_OPEN,
    REVIEW_APPROVED,
    REVIEW_DECLINED,
    REVIEW_CLOSED, /* nobody has to say any more: nothing is held */
    REVIEW_COUNT,
};
str review_word(enum review review);
bool review_named(str word, enum review *out) MUST_CHECK;

/* The operation that is open on a payment; at most one. kind OPERATION_NONE: none is. */
struct open_operation {
    enum operation_kind kind;
    enum operation_state state;
    int64_t amount_minor; /* reserved: counts as captured or refunded until it has certainly failed */
    micros since;
};

struct payment {
    enum payment_state state;
    int64_t sequence; /* of the last event; 0 before the first */
    money amount;
    int64_t authorized_minor;
    int64_t captured_minor;
    int64_t refunded_minor;
    bool captures_itself;   /* capture: automatic */
    bool capture_id_known;  /* a refund needs it */
    enum decline decline;
    enum risk_decision risk;
    enum review review;
    struct open_operation operation;
    micros created_at, authorized_at, captured_at, voided_at, refunded_at;
    micros expires_at;  /* of the hold, by the processor's word; 0 before it is known */
    micros changed_at;  /* of the last event: recorded times never go back */
};

/* Our own clock closes a hold only this long after its end, so that two clocks that differ a little do not disagree. */
#define PAYMENT_EXPIRY_GRACE (INT64_C(5) * 60 * MICROS_PER_SECOND)

/* What comes of a payer who pays on a page of the processor's own, with whatever it takes there. */
enum payment_page {
    PAGE_NONE,  /* there is no such page */
    PAGE_HOLDS, /* a hold, to be captured */
    PAGE_SELLS, /* authorized is captured */
};

/* "none", "holds" or "sells", as the API tells it. */
str page_word(enum payment_page page);

/* A review that nobody has ended is declined this long before the hold ends, or a tenth of the hold's life if that is less: time for its
 * void to be tried again. */
#define PAYMENT_REVIEW_SPARE (INT64_C(60) * 60 * MICROS_PER_SECOND)

/* What a processor can do, as far as the rules ask. */
struct capability {
    bool partial_capture;
    bool partial_refund;
    bool needs_cvv;
    bool needs_email;      /* of the payer */
    bool only_sells;       /* there is no hold: authorized is captured */
    enum payment_page page;
    bool steps_up;         /* can have the payer prove who he is, whatever the card's bank thinks of it */
    const char *currencies; /* "USD EUR"; NULL: any */
};

enum command_kind {
    COMMAND_AUTHORIZE,
    COMMAND_CAPTURE,
    COMMAND_VOID,
    COMMAND_REFUND,
    COMMAND_RELEASE, /* our own void: of an expired hold, or of one that could not be captured */
    COMMAND_EXPIRE,  /* the clock says that the hold is over */
    COMMAND_APPROVE, /* the review's word */
    COMMAND_DECLINE,
    COMMAND_END_REVIEW, /* the clock says that nobody has reviewed it in time */
    COMMAND_KIND_COUNT,
};

struct command {
    enum command_kind kind;
    money amount;      /* authorize: of the payment. capture, refund: when not `whole`. Positive: the caller has seen to it */
    bool whole;        /* capture, refund: all that is left */
    bool captures_itself;
    bool on_page;      /* authorize: the payer pays on the processor's page; there is no card */
    bool has_cvv;      /* authorize */
    bool has_email;    /* authorize */
    bool has_return_url; /* authorize: the payer can be sent away */
    bool card_expired; /* authorize: by the card's own date */
    enum risk_decision risk; /* authorize */
    bool is_disputed;  /* refund: by a dispute that blocks them (dispute.h) */
    micros now;
    struct capability can;
};

/* Does it take the money with the authorization? */
bool capability_sells(const struct capability *can, bool on_page);

/* Why that authorization cannot be had of a processor with that record; REFUSED_NOT: it can. The command's own record is not asked. */
enum refusal capability_refusal(const struct capability *can, const struct command *authorize);

enum event_kind {
    EVENT_NONE,
    EVENT_AUTHORIZE_STARTED,
    EVENT_CAPTURE_STARTED,
    EVENT_VOID_STARTED,
    EVENT_REFUND_STARTED,
    EVENT_AUTHORIZED,
    EVENT_CAPTURED,
    EVENT_VOIDED,
    EVENT_REFUNDED,
    EVENT_SOLD,             /* authorized and captured in one step */
    EVENT_ACTION_REQUIRED,  /* the authorization goes on when the payer has done something */
    EVENT_DECLINED,         /* the authorization; nothing is held */
    EVENT_FELL_OVER,        /* the same at one processor; the authorization goes on at another one, as an operation of its own */
    EVENT_AUTHORIZE_FAILED, /* certain: nothing happened */
    EVENT_CAPTURE_FAILED,
    EVENT_VOID_FAILED,
    EVENT_REFUND_FAILED,
    EVENT_EXPIRED,           /* the hold is over; an open capture has certainly not happened */
    EVENT_OPERATION_DOUBTED, /* running -> unknown */
    EVENT_OPERATION_REVIEW,  /* -> review, with a reason */
    EVENT_OPERATION_RESUMED, /* review, waiting -> running: what was missing came */
    EVENT_REVIEW_APPROVED,   /* the money that is held may be taken */
    EVENT_REVIEW_DECLINED,   /* it may not: the hold is released */
    EVENT_DISPUTE_CHANGED,   /* a dispute about captured money was begun, moved or ended; its open operation goes on */
    EVENT_KIND_COUNT,
};

str event_kind_word(enum event_kind kind);
bool event_kind_named(str word, enum event_kind *out) MUST_CHECK;

/* Something that happened, as far as the rules care. */
struct event {
    enum event_kind kind;
    int64_t amount_minor;
    enum decline decline;  /* EVENT_DECLINED; EVENT_FELL_OVER: DECLINE_NONE when it was not declined */
    micros at;             /* made monotonic by apply */
    micros expires_at;     /* EVENT_AUTHORIZED */
    bool captures_itself;  /* EVENT_AUTHORIZE_STARTED */
    bool id_known;         /* EVENT_CAPTURED, EVENT_SOLD */
    currency currency;     /* EVENT_AUTHORIZE_STARTED */
    enum risk_decision risk; /* EVENT_AUTHORIZE_STARTED, EVENT_AUTHORIZED: what was said of it then; RISK_UNASKED: nothing */
};

struct decision {
    enum refusal refusal; /* REFUSED_NOT: the event happens */
    struct event event;
};

/* What that command makes happen. The order of its checks is the order in which a caller learns what is wrong. */
struct decision payment_decide(const struct payment *payment, const struct command *command);

/* The event that ends the open operation well. */
enum event_kind operation_done_event(enum operation_kind kind);
/* The event that ends the open operation with certainty that nothing happened. */
enum event_kind operation_failed_event(enum operation_kind kind);

/* May that event happen in this state? Every path of a payment's history is a chain of such moves. */
bool payment_can(const struct payment *payment, const struct event *event);

/* Moves the payment: state, amounts, open operation, times, sequence + 1. The event must be possible (a mistake otherwise). */
void payment_apply(struct payment *payment, const struct event *event);

/* What has to follow an event by itself: the capture of an automatic payment, the release of a hold that nobody can use
 * any more. False: nothing. */
bool payment_follow_up(const struct payment *payment, const struct event *last, enum command_kind *command);

/* When the clock declines a review that is open on a hold; 0: it never does. */
micros payment_review_ends(const struct payment *payment);

/* Goods may be shipped against it: authorized with more than the grace left and no review against it, or captured and not wholly refunded,
 * and no operation open. *reason is a stable word either way. */
bool payment_may_ship(const struct payment *payment, micros now, str *reason);

#endif
