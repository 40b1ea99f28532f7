/* SPDX-License-Identifier: Apache-2.0 */
/* attempt: what an answer of a processor is worth. From what it said and what was sent before it follows what is known,
 * and what is to be done next. Pure. The rules and their sources are in docs/explanation/doubt.md. */
#ifndef FLORIN_DOMAIN_ATTEMPT_H
#define FLORIN_DOMAIN_ATTEMPT_H

#include "domain/payment.h"

/* What one exchange with a processor came to, in our words. */
enum outcome_kind {
    OUTCOME_UNKNOWN,     /* no answer, or one that makes no sense: it may have happened */
    OUTCOME_NOT_SENT,    /* certain: nothing left */
    OUTCOME_DONE,        /* it happened: id, amount and time are here */
    OUTCOME_DECLINED,    /* the authorization was declined */
    OUTCOME_REFUSED,     /* the processor finds fault with the request: it will never do it */
    OUTCOME_EXPIRED,     /* the hold is over; this capture has not happened, nor has an earlier try of it */
    OUTCOME_ALREADY,     /* it says that it is done already; not by whom */
    OUTCOME_BUSY,        /* a passing fault, told in an answer: ask again with the same bytes */
    OUTCOME_DENIED,      /* it claims not to know an object that it gave us: not believable at once */
    OUTCOME_MISMATCHED,  /* a success that speaks of another amount, currency or object */
    OUTCOME_KIND_COUNT,
};

enum { PROCESSOR_ID_BYTES = 80 };

/* A processor's id for something it did; empty when unknown. */
struct processor_id {
    char text[PROCESSOR_ID_BYTES];
};

struct outcome {
    enum outcome_kind kind;
    enum decline decline;      /* OUTCOME_DECLINED */
    struct processor_id id;    /* OUTCOME_DONE */
    micros expires_at;         /* OUTCOME_DONE of an authorization */
    bool replayed;             /* it was done by an earlier try with these bytes */
    bool may_have_happened;    /* OUTCOME_BUSY of a kind that can hide a success */
    bool shows_illness;        /* the processor told of a fault of its own */
    bool hides_illness;        /* this very answer is also given for a fault of its own */
    char word[64];             /* the processor's code, for history and log; never for customers */
};

/* What had gone before the outcome that is judged. */
struct attempt_past {
    enum operation_kind kind;
    int sends_before;       /* tries of these bytes that may have left, other than the judged one */
    int lost_before;        /* of those, the ones after which it may have happened (no answer, a crash, a hidden success) */
    int first_already;      /* the number of the try that OUTCOME_ALREADY first came to, from 1; 0: to none yet */
    int denied_before;      /* OUTCOME_DENIED and doubted declines so far */
    int mismatched_before;  /* OUTCOME_MISMATCHED so far */
    bool rival_possible;    /* another operation on the same object ended without certainty */
    bool processor_ill;     /* it showed signs of illness lately */
    bool nobody_waits;      /* every caller has had his answer or his deadline is over */
    bool window_over;       /* the processor may have forgotten the key */
    bool card_gone;         /* the bytes cannot be filled any more */
};

enum verdict_kind {
    VERDICT_DONE,
    VERDICT_DECLINED,
    VERDICT_FAILED,    /* certain: nothing happened */
    VERDICT_EXPIRED,
    VERDICT_TRY_AGAIN, /* the same bytes, after a back-off */
    VERDICT_TRY_AFTER_QUIET, /* the same bytes, once a killed request cannot be running there any more */
    VERDICT_REVIEW,    /* a person has to find out */
};

struct verdict {
    enum verdict_kind kind;
    bool doubtful;          /* it may have happened: tell the operation as unknown, not as running */
    int stray_holds;        /* holds that lost tries may have left behind and nobody can find */
    const char *reason;     /* a stable word for VERDICT_FAILED and VERDICT_REVIEW */
};

/* Reasons that code elsewhere acts on; the others are for history and people. All are stored, so they never change. */
#define REASON_PROCESSOR_REFUSED "processor_refused"
#define REASON_CARD_GONE "card_gone"

enum {
    ATTEMPT_DENIED_MAX = 8,     /* with back-off about a minute of an ill processor's masked faults */
    ATTEMPT_MISMATCHED_MAX = 3, /* a replay says the same each time: more would not help */
};

/* Holds that may stand at the processor beside the one that counts: each lost try of an authorization may have made one of its
 * own, and one of those is known when an answer, or a person, has named it. */
int attempt_stray_holds(enum operation_kind kind, int lost, bool one_is_known);

struct verdict attempt_judge(const struct attempt_past *past, const struct outcome *outcome);

/* Keys are re-sent inside the processor's key window less a tenth; operations that the processor's own state protects
 * (capture, void, refund) may be re-sent later. */
bool attempt_window_is_over(enum operation_kind kind, micros first_sent_at, micros now, micros key_window);

#endif
