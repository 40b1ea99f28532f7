/* SPDX-License-Identifier: Apache-2.0 */
/* attempt: what an answer of a processor is worth. From what it said and what was sent before it follows what is known,
 * and what is to be done next. Pure. The rules and their sources are in docs/explanation/doubt.md. */
#ifndef FLORIN_DOMAIN_ATTEMPT_H
#define FLORIN_DOMAIN_ATTEMPT_H

#include "domain/payment.h"

/* What keeps an operation from being done twice at the processor; it decides how doubt is resolved. */
enum protection {
    PROTECTED_BY_KEY,       /* for a time the same key brings the first answer again: the same bytes once more */
    PROTECTED_BY_STATE,     /* what it works on can be used once, for ever: the same bytes once more, and "already" is a success */
    PROTECTED_BY_REFERENCE, /* our reference is taken once, but a second try does not tell what became of the first: it is inquired about */
    PROTECTED_BY_NOTHING,   /* a second try is a second effect: it is inquired about, and sent again only when it is certainly not there */
};

/* "key", "state", "reference" or "nothing", as the API tells it. */
str protection_word(enum protection protection);

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
    OUTCOME_NEXT,        /* this exchange brought what the next one of the same operation needs: its id; no money has moved */
    OUTCOME_SOLD,        /* authorized and captured in one step: as OUTCOME_DONE */
    OUTCOME_ACTION,      /* the payer has to go to `action_url`; the processor's id for it is here */
    OUTCOME_OPEN,        /* the processor has it and has not decided: it is inquired about */
    OUTCOME_ABSENT,      /* to an inquiry: the processor has nothing of it */
    OUTCOME_KIND_COUNT,
};

enum { PROCESSOR_ID_BYTES = 80 };

/* A processor's id for something it did; empty when unknown. */
struct processor_id {
    char text[PROCESSOR_ID_BYTES];
};

struct outcome {
    enum outcome_kind kind;
    enum decline_category category; /* OUTCOME_DECLINED */
    struct processor_id id;    /* OUTCOME_DONE, OUTCOME_SOLD, OUTCOME_NEXT, OUTCOME_ACTION */
    str action_url;            /* OUTCOME_ACTION; lives as long as the answer */
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
    enum protection protection;
    int sends_before;       /* tries of these bytes that may have left, other than the judged one */
    int lost_before;        /* of those, the ones after which it may have happened (no answer, a crash, a hidden success) */
    int first_already;      /* the number of the try that OUTCOME_ALREADY first came to, from 1; 0: to none yet */
    int denied_before;      /* OUTCOME_DENIED, doubted declines, and references that were taken so far */
    int mismatched_before;  /* OUTCOME_MISMATCHED so far */
    int absent_before;      /* OUTCOME_ABSENT in a row */
    bool acknowledged;      /* OUTCOME_OPEN came to a try: the processor has it, whatever a list says */
    bool is_further;        /* an exchange of this operation has been done already */
    bool rival_possible;    /* another operation on the same object ended without certainty */
    bool processor_ill;     /* it showed signs of illness lately */
    bool nobody_waits;      /* every caller has had his answer or his deadline is over */
    bool another_waits;     /* an authorization that another processor can take, once it is certain that this one has nothing */
    bool window_over;       /* the processor may have forgotten the key */
    bool card_gone;         /* the bytes cannot be filled any more */
};

enum verdict_kind {
    VERDICT_DONE,
    VERDICT_DECLINED,
    VERDICT_FAILED,    /* certain: nothing happened */
    VERDICT_EXPIRED,
    VERDICT_ACTION,    /* the payer's turn */
    VERDICT_NEXT,      /* the next exchange of the operation, with bytes of its own */
    VERDICT_TRY_AGAIN, /* the same bytes, after a back-off */
    VERDICT_TRY_AFTER_QUIET, /* the same bytes, once a killed request cannot be running there any more */
    VERDICT_INQUIRE,   /* ask what became of it, after a back-off */
    VERDICT_INQUIRE_AFTER_QUIET, /* the same, once a killed request cannot be running there any more */
    VERDICT_REVIEW,    /* a person has to find out */
};

/* Neither an end nor a person's. */
static inline bool verdict_goes_on(enum verdict_kind kind) { return kind >= VERDICT_TRY_AGAIN && kind <= VERDICT_INQUIRE_AFTER_QUIET; }

struct verdict {
    enum verdict_kind kind;
    bool doubtful;          /* it may have happened: tell the operation as unknown, not as running */
    int stray_holds;        /* holds that lost tries may have left behind and nobody can find */
    bool allows_another;    /* it proves that this processor has nothing, and another one may get a yes: VERDICT_DECLINED, VERDICT_FAILED */
    const char *reason;     /* a stable word for VERDICT_FAILED and VERDICT_REVIEW */
};

/* Reasons that code elsewhere acts on; the others are for history and people. All are stored, so they never change. */
#define REASON_PROCESSOR_REFUSED "processor_refused"
#define REASON_CARD_GONE "card_gone"
#define REASON_ACKNOWLEDGED "acknowledged" /* of an operation that is open: its processor has said that it has it */
#define REASON_UNAVAILABLE "processor_unavailable" /* nothing left for it */
#define REASON_BUSY "processor_busy"               /* it kept saying that it could not just now */
#define REASON_ABSENT "processor_has_nothing"      /* it was asked what became of a lost try */

enum {
    ATTEMPT_DENIED_MAX = 8,     /* with back-off about a minute of an ill processor's masked faults */
    ATTEMPT_MISMATCHED_MAX = 3, /* a replay says the same each time: more would not help */
    ATTEMPT_ABSENT_MIN = 2,     /* a list may be a moment behind, and a second effect cannot be taken back */
    ATTEMPT_BUSY_MAX = 3,       /* tries at a processor that is busy, when another one waits */
};

/* Holds that may stand at the processor beside the one that counts: each lost try of an authorization may have made one of its
 * own, and one of those is known when an answer, or a person, has named it. */
int attempt_stray_holds(enum operation_kind kind, int lost, bool one_is_known);

/* Of the answer to a try. */
struct verdict attempt_judge(const struct attempt_past *past, const struct outcome *outcome);

/* Of the answer to an inquiry, which changes nothing there. VERDICT_TRY_AGAIN: no earlier try was taken, and none can be any more. */
struct verdict attempt_judge_inquiry(const struct attempt_past *past, const struct outcome *outcome);

/* After a try that may have been taken: is it inquired about before the same bytes are sent again? */
bool attempt_inquires(enum protection protection);

/* Keys are re-sent inside the processor's key window less a tenth; what something else protects may be re-sent later. */
bool attempt_window_is_over(enum protection protection, micros first_sent_at, micros now, micros key_window);

#endif
