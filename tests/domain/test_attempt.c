/* SPDX-License-Identifier: Apache-2.0 */
/* What an answer is worth: every kind of outcome after every kind of past. Where two lines differ in one thing only, that
 * thing is the rule. */
#include "base/base_testing.h"

#include "domain/attempt.h"

static const enum operation_kind AUTHORIZE = OPERATION_AUTHORIZE, CAPTURE = OPERATION_CAPTURE, VOID = OPERATION_VOID, REFUND = OPERATION_REFUND;

/* ---- the table ---- */

enum { QUIET = VERDICT_TRY_AFTER_QUIET,
       AGAIN = VERDICT_TRY_AGAIN,
       ASK = VERDICT_INQUIRE,
       ASK_LATER = VERDICT_INQUIRE_AFTER_QUIET,
       NEXT = VERDICT_NEXT,
       ACTION = VERDICT_ACTION,
       DONE = VERDICT_DONE,
       DECLINED = VERDICT_DECLINED,
       FAILED = VERDICT_FAILED,
       EXPIRED = VERDICT_EXPIRED,
       REVIEW = VERDICT_REVIEW };
enum { SURE = false,
       DOUBT = true };

/* The past of a row: how many tries may have left, how many of them were lost. */
#define FIRST .sends_before = 0
#define TOLD .sends_before = 1 /* an earlier try was answered: nothing has happened */
#define LOST(n) .sends_before = (n), .lost_before = (n)

#define PAST(...) { __VA_ARGS__ }
#define BY_KEY .protection = PROTECTED_BY_KEY
#define BY_STATE .protection = PROTECTED_BY_STATE
#define BY_REFERENCE .protection = PROTECTED_BY_REFERENCE
#define BY_NOTHING .protection = PROTECTED_BY_NOTHING
#define SAID(...) { __VA_ARGS__ }

/* clang-format off */
static const struct judgment {
    const enum operation_kind *kind;
    struct attempt_past past;
    struct outcome said;
    int verdict;
    bool doubtful;
    int strays;
    const char *reason;
} judgments[] = {
    /* -- no answer, or one that makes no sense: it may have happened; the same bytes once a killed request cannot be running any more -- */
    { &AUTHORIZE, PAST(FIRST),                        SAID(OUTCOME_UNKNOWN), QUIET, DOUBT, 0, NULL },
    { &CAPTURE,   PAST(FIRST),                        SAID(OUTCOME_UNKNOWN), QUIET, DOUBT, 0, NULL },
    { &VOID,      PAST(FIRST),                        SAID(OUTCOME_UNKNOWN), QUIET, DOUBT, 0, NULL },
    { &REFUND,    PAST(FIRST),                        SAID(OUTCOME_UNKNOWN), QUIET, DOUBT, 0, NULL },
    { &AUTHORIZE, PAST(LOST(2)),                      SAID(OUTCOME_UNKNOWN), QUIET, DOUBT, 0, NULL },
    { &AUTHORIZE, PAST(FIRST, .nobody_waits = true),  SAID(OUTCOME_UNKNOWN), QUIET, DOUBT, 0, NULL },
    { &AUTHORIZE, PAST(LOST(1), .window_over = true), SAID(OUTCOME_UNKNOWN), REVIEW, DOUBT, 0, "key_window_over" },
    { &AUTHORIZE, PAST(LOST(1), .card_gone = true),   SAID(OUTCOME_UNKNOWN), REVIEW, DOUBT, 0, "card_gone" },
    { &CAPTURE,   PAST(FIRST),                        SAID(OUTCOME_DECLINED), QUIET, DOUBT, 0, NULL }, /* a capture cannot be declined */
    { &REFUND,    PAST(FIRST),                        SAID(OUTCOME_EXPIRED), QUIET, DOUBT, 0, NULL },  /* and only a capture can be too late */
    { &AUTHORIZE, PAST(FIRST),                        SAID(OUTCOME_EXPIRED), QUIET, DOUBT, 0, NULL },

    /* -- nothing left -- */
    { &AUTHORIZE, PAST(FIRST),                        SAID(OUTCOME_NOT_SENT), AGAIN,  SURE,  0, NULL }, /* as long as somebody waits */
    { &AUTHORIZE, PAST(FIRST, .nobody_waits = true),  SAID(OUTCOME_NOT_SENT), FAILED, SURE,  0, "processor_unavailable" },
    { &AUTHORIZE, PAST(LOST(1), .nobody_waits = true), SAID(OUTCOME_NOT_SENT), AGAIN, DOUBT, 0, NULL }, /* an earlier try may have been taken */
    { &AUTHORIZE, PAST(LOST(1)),                      SAID(OUTCOME_NOT_SENT), AGAIN,  DOUBT, 0, NULL },
    { &AUTHORIZE, PAST(FIRST, .nobody_waits = true, .is_further = true), SAID(OUTCOME_NOT_SENT), AGAIN, SURE, 0, NULL }, /* its payer has acted */
    { &CAPTURE,   PAST(FIRST, .nobody_waits = true),  SAID(OUTCOME_NOT_SENT), AGAIN,  SURE,  0, NULL }, /* goes on trying */
    { &VOID,      PAST(FIRST, .nobody_waits = true),  SAID(OUTCOME_NOT_SENT), AGAIN,  SURE,  0, NULL },
    { &REFUND,    PAST(FIRST, .nobody_waits = true),  SAID(OUTCOME_NOT_SENT), AGAIN,  SURE,  0, NULL },
    { &REFUND,    PAST(LOST(3)),                      SAID(OUTCOME_NOT_SENT), AGAIN,  DOUBT, 0, NULL },

    /* -- done; each lost try of an authorization may have left a hold that nobody can find, but for the one that is replayed -- */
    { &AUTHORIZE, PAST(FIRST),                        SAID(OUTCOME_DONE), DONE, SURE, 0, NULL },
    { &AUTHORIZE, PAST(TOLD),                         SAID(OUTCOME_DONE), DONE, SURE, 0, NULL },
    { &AUTHORIZE, PAST(LOST(1)),                      SAID(OUTCOME_DONE), DONE, SURE, 1, NULL },
    { &AUTHORIZE, PAST(LOST(3)),                      SAID(OUTCOME_DONE), DONE, SURE, 3, NULL },
    { &AUTHORIZE, PAST(LOST(3)),                      SAID(OUTCOME_DONE, .replayed = true), DONE, SURE, 2, NULL }, /* the replay speaks for one of them */
    { &AUTHORIZE, PAST(LOST(1), .window_over = true, .card_gone = true), SAID(OUTCOME_DONE, .replayed = true), DONE, SURE, 0, NULL },
    { &CAPTURE,   PAST(LOST(2)),                      SAID(OUTCOME_DONE), DONE, SURE, 0, NULL }, /* the processor's state protects these */
    { &VOID,      PAST(LOST(2)),                      SAID(OUTCOME_DONE), DONE, SURE, 0, NULL },
    { &REFUND,    PAST(LOST(2)),                      SAID(OUTCOME_DONE), DONE, SURE, 0, NULL },

    /* -- declined -- */
    { &AUTHORIZE, PAST(FIRST),                        SAID(OUTCOME_DECLINED), DECLINED, SURE, 0, NULL },
    { &AUTHORIZE, PAST(FIRST, .processor_ill = true), SAID(OUTCOME_DECLINED), DECLINED, SURE, 0, NULL },
    { &AUTHORIZE, PAST(FIRST),                        SAID(OUTCOME_DECLINED, .hides_illness = true), DECLINED, SURE, 0, NULL },
    { &AUTHORIZE, PAST(FIRST, .processor_ill = true), SAID(OUTCOME_DECLINED, .hides_illness = true), AGAIN, SURE, 0, NULL }, /* once */
    { &AUTHORIZE, PAST(TOLD, .processor_ill = true, .denied_before = 1), SAID(OUTCOME_DECLINED, .hides_illness = true), DECLINED, SURE, 0, NULL },
    { &AUTHORIZE, PAST(LOST(1)),                      SAID(OUTCOME_DECLINED), DECLINED, SURE, 1, NULL },

    /* -- the processor finds fault with the request -- */
    { &AUTHORIZE, PAST(FIRST),                        SAID(OUTCOME_REFUSED), FAILED, SURE,  0, "processor_refused" },
    { &REFUND,    PAST(TOLD),                         SAID(OUTCOME_REFUSED), FAILED, SURE,  0, "processor_refused" },
    { &CAPTURE,   PAST(LOST(1)),                      SAID(OUTCOME_REFUSED), REVIEW, DOUBT, 0, "refused_after_lost_try" },

    /* -- the hold is over: also says that no earlier try of this capture was taken -- */
    { &CAPTURE,   PAST(FIRST),                        SAID(OUTCOME_EXPIRED), EXPIRED, SURE, 0, NULL },
    { &CAPTURE,   PAST(LOST(2)),                      SAID(OUTCOME_EXPIRED), EXPIRED, SURE, 0, NULL },

    /* -- done already, it does not say by whom: first the same key again, which may bring the id -- */
    { &CAPTURE,   PAST(FIRST),                        SAID(OUTCOME_ALREADY), AGAIN, DOUBT, 0, NULL },
    { &CAPTURE,   PAST(LOST(1)),                      SAID(OUTCOME_ALREADY), AGAIN, DOUBT, 0, NULL },
    { &CAPTURE,   PAST(LOST(2), .first_already = 2),  SAID(OUTCOME_ALREADY), DONE,  SURE,  0, NULL }, /* by the lost try before it */
    { &VOID,      PAST(LOST(2), .first_already = 2),  SAID(OUTCOME_ALREADY), DONE,  SURE,  0, NULL },
    { &REFUND,    PAST(LOST(2), .first_already = 2),  SAID(OUTCOME_ALREADY), DONE,  SURE,  0, NULL },
    { &CAPTURE,   PAST(TOLD, .first_already = 1),     SAID(OUTCOME_ALREADY), REVIEW, DOUBT, 0, "used_by_another" }, /* no try of ours was before */
    { &VOID,      PAST(TOLD, .first_already = 1),     SAID(OUTCOME_ALREADY), REVIEW, DOUBT, 0, "used_by_another" },
    { &REFUND,    PAST(TOLD, .first_already = 1),     SAID(OUTCOME_ALREADY), DONE,  SURE,  0, NULL }, /* the money is back, whoever sent it */
    { &CAPTURE,   PAST(LOST(2), .first_already = 2, .rival_possible = true), SAID(OUTCOME_ALREADY), REVIEW, DOUBT, 0, "used_by_another_operation" },
    { &VOID,      PAST(LOST(2), .first_already = 2, .rival_possible = true), SAID(OUTCOME_ALREADY), REVIEW, DOUBT, 0, "used_by_another_operation" },
    { &REFUND,    PAST(LOST(2), .first_already = 2, .rival_possible = true), SAID(OUTCOME_ALREADY), DONE,  SURE,  0, NULL },
    { &CAPTURE,   PAST(TOLD, .first_already = 1),     SAID(OUTCOME_DONE, .replayed = true), DONE, SURE, 0, NULL }, /* its memory was a moment late */

    /* -- a passing fault, told in an answer -- */
    { &AUTHORIZE, PAST(FIRST),                        SAID(OUTCOME_BUSY), AGAIN, SURE,  0, NULL },
    { &AUTHORIZE, PAST(FIRST, .nobody_waits = true),  SAID(OUTCOME_BUSY), AGAIN, SURE,  0, NULL },
    { &AUTHORIZE, PAST(FIRST),                        SAID(OUTCOME_BUSY, .may_have_happened = true), AGAIN, DOUBT, 0, NULL },
    { &CAPTURE,   PAST(LOST(1)),                      SAID(OUTCOME_BUSY), AGAIN, DOUBT, 0, NULL }, /* doubt does not go by itself */
    { &AUTHORIZE, PAST(LOST(1), .window_over = true), SAID(OUTCOME_BUSY), REVIEW, DOUBT, 0, "key_window_over" },

    /* -- it claims not to know what it gave us: not believed at once -- */
    { &CAPTURE,   PAST(FIRST),                        SAID(OUTCOME_DENIED), AGAIN,  SURE,  0, NULL },
    { &REFUND,    PAST(TOLD, .denied_before = 6),     SAID(OUTCOME_DENIED), AGAIN,  SURE,  0, NULL },
    { &REFUND,    PAST(TOLD, .denied_before = 7),     SAID(OUTCOME_DENIED), REVIEW, DOUBT, 0, "object_denied" }, /* the eighth time */
    { &VOID,      PAST(LOST(1)),                      SAID(OUTCOME_DENIED), AGAIN,  DOUBT, 0, NULL },

    /* -- a success that speaks of something else -- */
    { &CAPTURE,   PAST(FIRST),                        SAID(OUTCOME_MISMATCHED), QUIET,  DOUBT, 0, NULL },
    { &AUTHORIZE, PAST(LOST(1), .mismatched_before = 1), SAID(OUTCOME_MISMATCHED), QUIET, DOUBT, 0, NULL },
    { &AUTHORIZE, PAST(LOST(2), .mismatched_before = 2), SAID(OUTCOME_MISMATCHED), REVIEW, DOUBT, 0, "answer_mismatched" }, /* the third time */

    /* -- nothing keeps a second try from being a second effect, or it would not tell: what became of the first is asked before -- */
    { &CAPTURE,   PAST(FIRST, BY_STATE),              SAID(OUTCOME_UNKNOWN), QUIET,     DOUBT, 0, NULL },
    { &AUTHORIZE, PAST(FIRST, BY_REFERENCE),          SAID(OUTCOME_UNKNOWN), ASK_LATER, DOUBT, 0, NULL },
    { &REFUND,    PAST(FIRST, BY_NOTHING),            SAID(OUTCOME_UNKNOWN), ASK_LATER, DOUBT, 0, NULL },
    { &AUTHORIZE, PAST(LOST(1), BY_REFERENCE, .card_gone = true), SAID(OUTCOME_UNKNOWN), REVIEW, DOUBT, 0, "card_gone" }, /* a try was decided on */
    { &REFUND,    PAST(FIRST, BY_NOTHING),            SAID(OUTCOME_BUSY), AGAIN, SURE, 0, NULL },
    { &REFUND,    PAST(FIRST, BY_NOTHING),            SAID(OUTCOME_BUSY, .may_have_happened = true), ASK_LATER, DOUBT, 0, NULL },
    { &AUTHORIZE, PAST(FIRST, BY_REFERENCE),          SAID(OUTCOME_ALREADY), ASK, DOUBT, 0, NULL }, /* the reference is taken */
    { &AUTHORIZE, PAST(TOLD, BY_REFERENCE, .denied_before = 7), SAID(OUTCOME_ALREADY), REVIEW, DOUBT, 0, "reference_taken" },
    { &REFUND,    PAST(FIRST, BY_NOTHING),            SAID(OUTCOME_MISMATCHED), ASK_LATER, DOUBT, 0, NULL },
    { &REFUND,    PAST(FIRST, BY_NOTHING),            SAID(OUTCOME_REFUSED), FAILED, SURE, 0, "processor_refused" },
    { &REFUND,    PAST(FIRST, BY_NOTHING),            SAID(OUTCOME_NOT_SENT), AGAIN, SURE, 0, NULL },

    /* -- it has it, and has not decided: a repeat would say the same -- */
    { &AUTHORIZE, PAST(FIRST, BY_KEY),                SAID(OUTCOME_OPEN), ASK, DOUBT, 0, NULL },
    { &REFUND,    PAST(FIRST, BY_NOTHING),            SAID(OUTCOME_OPEN), ASK_LATER, DOUBT, 0, NULL },

    /* -- authorized and captured at once, and the payer's turn: of an authorization only -- */
    { &AUTHORIZE, PAST(FIRST),                        SAID(OUTCOME_SOLD),   DONE,   SURE,  0, NULL },
    { &AUTHORIZE, PAST(LOST(2)),                      SAID(OUTCOME_SOLD),   DONE,   SURE,  2, NULL },
    { &CAPTURE,   PAST(FIRST),                        SAID(OUTCOME_SOLD),   QUIET,  DOUBT, 0, NULL },
    { &AUTHORIZE, PAST(FIRST),                        SAID(OUTCOME_ACTION), ACTION, SURE,  0, NULL },
    { &AUTHORIZE, PAST(LOST(1)),                      SAID(OUTCOME_ACTION), ACTION, SURE,  0, NULL },
    { &REFUND,    PAST(FIRST),                        SAID(OUTCOME_ACTION), QUIET,  DOUBT, 0, NULL },

    /* -- the next exchange, whatever was lost of this one: it moved no money -- */
    { &AUTHORIZE, PAST(FIRST),                        SAID(OUTCOME_NEXT), NEXT, SURE, 0, NULL },
    { &AUTHORIZE, PAST(LOST(1)),                      SAID(OUTCOME_NEXT), NEXT, SURE, 0, NULL },

    /* -- no answer to a try -- */
    { &AUTHORIZE, PAST(FIRST, BY_KEY),                SAID(OUTCOME_ABSENT), QUIET,     DOUBT, 0, NULL },
    { &AUTHORIZE, PAST(FIRST, BY_REFERENCE),          SAID(OUTCOME_ABSENT), ASK_LATER, DOUBT, 0, NULL },
};

static const struct judgment inquiries[] = {
    /* -- what it found is believed, and accounts for the tries that were lost: there can be one effect only -- */
    { &AUTHORIZE, PAST(LOST(1), BY_REFERENCE),        SAID(OUTCOME_DONE),     DONE,     SURE, 0, NULL },
    { &REFUND,    PAST(LOST(2), BY_NOTHING),          SAID(OUTCOME_DONE),     DONE,     SURE, 0, NULL },
    { &AUTHORIZE, PAST(LOST(1), BY_REFERENCE),        SAID(OUTCOME_SOLD),     DONE,     SURE, 0, NULL },
    { &AUTHORIZE, PAST(LOST(1), BY_REFERENCE),        SAID(OUTCOME_ACTION),   ACTION,   SURE, 0, NULL }, /* the payer is still away */
    { &AUTHORIZE, PAST(LOST(1), BY_REFERENCE),        SAID(OUTCOME_NEXT),     NEXT,     SURE, 0, NULL }, /* he is back */
    { &AUTHORIZE, PAST(LOST(1), BY_REFERENCE),        SAID(OUTCOME_DECLINED), DECLINED, SURE, 0, NULL },
    { &CAPTURE,   PAST(LOST(1), BY_NOTHING),          SAID(OUTCOME_EXPIRED),  EXPIRED,  SURE, 0, NULL },
    { &REFUND,    PAST(LOST(1), BY_NOTHING),          SAID(OUTCOME_REFUSED),  FAILED,   SURE, 0, "processor_refused" }, /* that try has failed there */

    /* -- nothing is there: once is enough where a second try is refused, twice where it would be a second effect -- */
    { &AUTHORIZE, PAST(LOST(1), BY_REFERENCE),        SAID(OUTCOME_ABSENT),   AGAIN,    SURE,  0, NULL },
    { &REFUND,    PAST(LOST(1), BY_NOTHING),          SAID(OUTCOME_ABSENT),   ASK_LATER, DOUBT, 0, NULL },
    { &REFUND,    PAST(LOST(1), BY_NOTHING, .absent_before = 1), SAID(OUTCOME_ABSENT), AGAIN, SURE, 0, NULL },

    /* -- it said that it has it: nothing that is there is sent again -- */
    { &AUTHORIZE, PAST(LOST(1), BY_REFERENCE, .acknowledged = true), SAID(OUTCOME_ABSENT), ASK_LATER, DOUBT, 0, NULL },
    { &REFUND,    PAST(LOST(1), BY_NOTHING, .acknowledged = true, .absent_before = 1), SAID(OUTCOME_ABSENT), ASK_LATER, DOUBT, 0, NULL },
    { &REFUND,    PAST(LOST(1), BY_NOTHING, .acknowledged = true, .absent_before = 7), SAID(OUTCOME_ABSENT), REVIEW, DOUBT, 0,
      "acknowledged_and_absent" },

    /* -- nothing that helps: asked again -- */
    { &AUTHORIZE, PAST(LOST(1), BY_REFERENCE),        SAID(OUTCOME_OPEN),     ASK, DOUBT, 0, NULL },
    { &REFUND,    PAST(LOST(1), BY_NOTHING),          SAID(OUTCOME_UNKNOWN),  ASK, DOUBT, 0, NULL },
    { &REFUND,    PAST(LOST(1), BY_NOTHING),          SAID(OUTCOME_NOT_SENT), ASK, DOUBT, 0, NULL },
    { &REFUND,    PAST(LOST(1), BY_NOTHING),          SAID(OUTCOME_BUSY),     ASK, DOUBT, 0, NULL },
    { &REFUND,    PAST(LOST(1), BY_NOTHING),          SAID(OUTCOME_DENIED),   ASK, DOUBT, 0, NULL },
    { &REFUND,    PAST(LOST(1), BY_NOTHING),          SAID(OUTCOME_ALREADY),  ASK, DOUBT, 0, NULL },
    { &REFUND,    PAST(LOST(1), BY_NOTHING),          SAID(OUTCOME_DECLINED), ASK, DOUBT, 0, NULL }, /* a refund cannot be declined */
    { &REFUND,    PAST(LOST(1), BY_NOTHING, .mismatched_before = 1), SAID(OUTCOME_MISMATCHED), ASK, DOUBT, 0, NULL },
    { &REFUND,    PAST(LOST(1), BY_NOTHING, .mismatched_before = 2), SAID(OUTCOME_MISMATCHED), REVIEW, DOUBT, 0, "answer_mismatched" },
};

/* -- may another processor be asked? OTHER: it is certain that this one has nothing, and another may get a yes -- */
enum { STAY = false,
       OTHER = true };
#define WAITS .another_waits = true
#define NOT_NOW .category = CATEGORY_ISSUER_UNAVAILABLE
#define NEVER .category = CATEGORY_FRAUD_SUSPECTED

static const struct onward {
    struct verdict (*judge)(const struct attempt_past *past, const struct outcome *outcome);
    struct attempt_past past;
    struct outcome said;
    int verdict;
    bool other;
    const char *reason;
} onwards[] = {
    /* nothing left: at once, whoever waits; never with a try in doubt */
    { attempt_judge, PAST(FIRST, WAITS),                        SAID(OUTCOME_NOT_SENT), FAILED, OTHER, "processor_unavailable" },
    { attempt_judge, PAST(FIRST, WAITS, .is_further = true),    SAID(OUTCOME_NOT_SENT), FAILED, OTHER, "processor_unavailable" }, /* no money moved yet */
    { attempt_judge, PAST(TOLD, WAITS),                         SAID(OUTCOME_NOT_SENT), FAILED, OTHER, "processor_unavailable" },
    { attempt_judge, PAST(FIRST, .nobody_waits = true),         SAID(OUTCOME_NOT_SENT), FAILED, OTHER, "processor_unavailable" },
    { attempt_judge, PAST(LOST(1), WAITS),                      SAID(OUTCOME_NOT_SENT), AGAIN,  STAY,  NULL },
    { attempt_judge, PAST(TOLD, WAITS, .denied_before = 1),     SAID(OUTCOME_NOT_SENT), AGAIN,  STAY,  NULL }, /* a decline that was doubted */
    { attempt_judge, PAST(TOLD, WAITS, .acknowledged = true),   SAID(OUTCOME_NOT_SENT), AGAIN,  STAY,  NULL },

    /* no answer: whoever else waits */
    { attempt_judge, PAST(FIRST, WAITS),                        SAID(OUTCOME_UNKNOWN),    QUIET,     STAY, NULL },
    { attempt_judge, PAST(FIRST, WAITS, BY_REFERENCE),          SAID(OUTCOME_UNKNOWN),    ASK_LATER, STAY, NULL },
    { attempt_judge, PAST(FIRST, WAITS),                        SAID(OUTCOME_MISMATCHED), QUIET,     STAY, NULL },
    { attempt_judge, PAST(FIRST, WAITS),                        SAID(OUTCOME_OPEN),       ASK,       STAY, NULL },
    { attempt_judge, PAST(FIRST, WAITS),                        SAID(OUTCOME_REFUSED),    FAILED,    STAY, "processor_refused" }, /* a fault of ours */
    { attempt_judge, PAST(LOST(1), WAITS, .window_over = true), SAID(OUTCOME_UNKNOWN),    REVIEW,    STAY, "key_window_over" },

    /* declined: by what kind of no it is, and not when a lost try may have left a hold */
    { attempt_judge, PAST(FIRST, WAITS),                        SAID(OUTCOME_DECLINED, NOT_NOW), DECLINED, OTHER, NULL },
    { attempt_judge, PAST(TOLD, WAITS),                         SAID(OUTCOME_DECLINED, NOT_NOW), DECLINED, OTHER, NULL },
    { attempt_judge, PAST(FIRST, WAITS),                        SAID(OUTCOME_DECLINED, NEVER),   DECLINED, STAY,  NULL },
    { attempt_judge, PAST(FIRST, WAITS),                        SAID(OUTCOME_DECLINED, .category = CATEGORY_UNKNOWN), DECLINED, STAY, NULL },
    { attempt_judge, PAST(LOST(1), WAITS),                      SAID(OUTCOME_DECLINED, NOT_NOW), DECLINED, STAY,  NULL },
    { attempt_judge, PAST(LOST(1), WAITS),                      SAID(OUTCOME_DECLINED, NOT_NOW, .replayed = true), DECLINED, OTHER, NULL }, /* the lost one's own answer */
    { attempt_judge, PAST(LOST(2), WAITS),                      SAID(OUTCOME_DECLINED, NOT_NOW, .replayed = true), DECLINED, STAY, NULL },

    /* busy: twice more, and only as long as it says clearly that nothing was done */
    { attempt_judge, PAST(FIRST, WAITS),                        SAID(OUTCOME_BUSY), AGAIN,  STAY,  NULL },
    { attempt_judge, PAST(.sends_before = 2, WAITS),            SAID(OUTCOME_BUSY), FAILED, OTHER, "processor_busy" },
    { attempt_judge, PAST(.sends_before = 2),                   SAID(OUTCOME_BUSY), AGAIN,  STAY,  NULL },
    { attempt_judge, PAST(.sends_before = 2, WAITS),            SAID(OUTCOME_BUSY, .may_have_happened = true), AGAIN, STAY, NULL },
    { attempt_judge, PAST(.sends_before = 2, .lost_before = 1, WAITS), SAID(OUTCOME_BUSY), AGAIN, STAY, NULL },

    /* what became of a lost try: nothing, by two looks; declined */
    { attempt_judge_inquiry, PAST(LOST(1), WAITS, BY_REFERENCE), SAID(OUTCOME_ABSENT), ASK_LATER, STAY, NULL },
    { attempt_judge_inquiry, PAST(LOST(1), WAITS, BY_REFERENCE, .absent_before = 1), SAID(OUTCOME_ABSENT), FAILED, OTHER, "processor_has_nothing" },
    { attempt_judge_inquiry, PAST(LOST(1), BY_REFERENCE),        SAID(OUTCOME_ABSENT), AGAIN, STAY, NULL },
    { attempt_judge_inquiry, PAST(LOST(1), WAITS, BY_REFERENCE, .absent_before = 1, .acknowledged = true), SAID(OUTCOME_ABSENT), ASK_LATER, STAY, NULL },
    /* it has said that it has something under our reference: nobody else is asked, and there the reference is taken once */
    { attempt_judge_inquiry, PAST(LOST(1), WAITS, BY_REFERENCE, .absent_before = 1, .denied_before = 1), SAID(OUTCOME_ABSENT), AGAIN, STAY, NULL },
    { attempt_judge_inquiry, PAST(LOST(1), WAITS, BY_REFERENCE, .absent_before = 1, .mismatched_before = 1), SAID(OUTCOME_ABSENT), AGAIN, STAY, NULL },
    { attempt_judge_inquiry, PAST(LOST(1), WAITS, BY_REFERENCE), SAID(OUTCOME_DECLINED, NOT_NOW), DECLINED, OTHER, NULL },
    { attempt_judge_inquiry, PAST(LOST(1), WAITS, BY_REFERENCE), SAID(OUTCOME_DECLINED, NEVER),   DECLINED, STAY,  NULL },
    { attempt_judge_inquiry, PAST(LOST(1), WAITS, BY_REFERENCE), SAID(OUTCOME_NOT_SENT), ASK, STAY, NULL },
    { attempt_judge_inquiry, PAST(LOST(1), WAITS, BY_REFERENCE), SAID(OUTCOME_OPEN),     ASK, STAY, NULL },
};
/* clang-format on */

static void assert_reason(const char *actual, const char *expected, size_t row)
{
    assert_row((actual == NULL) == (expected == NULL), row);
    if (expected) assert_string_equal(actual, expected);
}

static void assert_judged(const struct judgment *row, size_t number,
                          struct verdict (*judge)(const struct attempt_past *past, const struct outcome *outcome))
{
    struct attempt_past past = row->past;
    past.kind = *row->kind;
    struct verdict verdict = judge(&past, &row->said);
    assert_row(verdict.kind == (enum verdict_kind)row->verdict, number);
    assert_row(verdict.doubtful == row->doubtful, number);
    assert_row(verdict.stray_holds == row->strays, number);
    assert_reason(verdict.reason, row->reason, number);
}

static void answers_are_judged_by_what_was_before(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(judgments); i++) assert_judged(&judgments[i], i, attempt_judge);
}

static void what_an_inquiry_found_is_judged(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(inquiries); i++) assert_judged(&inquiries[i], i, attempt_judge_inquiry);
}

static void another_processor_is_asked_only_on_proof(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(onwards); i++) {
        struct attempt_past past = onwards[i].past;
        past.kind = OPERATION_AUTHORIZE;
        struct verdict verdict = onwards[i].judge(&past, &onwards[i].said);
        assert_row(verdict.kind == (enum verdict_kind)onwards[i].verdict, i);
        assert_row(verdict.allows_another == onwards[i].other, i);
        assert_reason(verdict.reason, onwards[i].reason, i);
    }
}

static void every_kind_of_outcome_is_in_the_table(void **state)
{
    (void)state;
    for (int kind = 0; kind < OUTCOME_KIND_COUNT; kind++) {
        size_t rows = 0;
        for (size_t i = 0; i < COUNT_OF(judgments); i++) rows += judgments[i].said.kind == (enum outcome_kind)kind;
        assert_row(rows >= 2, kind);
    }
}

/* ---- what holds for all of them ---- */

static bool is_another_try(enum verdict_kind kind) { return kind == VERDICT_TRY_AGAIN || kind == VERDICT_TRY_AFTER_QUIET; }
static bool is_inquiry(enum verdict_kind kind) { return kind == VERDICT_INQUIRE || kind == VERDICT_INQUIRE_AFTER_QUIET; }

static bool leaves_no_doubt(const struct outcome *said)
{
    return said->kind == OUTCOME_NOT_SENT || said->kind == OUTCOME_DENIED || (said->kind == OUTCOME_BUSY && !said->may_have_happened);
}

/* I23: an end is told only when it is certain. */
static void check_ends(const struct attempt_past *past, const struct outcome *said, const struct verdict *verdict)
{
    switch (verdict->kind) {
    case VERDICT_FAILED:
        assert_int_equal(past->lost_before, 0);
        assert_true(said->kind == OUTCOME_REFUSED || past->another_waits || (said->kind == OUTCOME_NOT_SENT && past->sends_before == 0));
        break;
    case VERDICT_DECLINED: assert_true(past->kind == OPERATION_AUTHORIZE && said->kind == OUTCOME_DECLINED); break;
    case VERDICT_EXPIRED: assert_true(past->kind == OPERATION_CAPTURE && said->kind == OUTCOME_EXPIRED); break;
    case VERDICT_DONE:
        if (said->kind == OUTCOME_ALREADY) assert_true(past->first_already > 0);
        else assert_true(said->kind == OUTCOME_DONE || said->kind == OUTCOME_SOLD);
        break;
    case VERDICT_INQUIRE:
    case VERDICT_INQUIRE_AFTER_QUIET: assert_true(attempt_inquires(past->protection) || said->kind == OUTCOME_OPEN); break;
    default: break;
    }
}

static void check_doubt(const struct attempt_past *past, const struct outcome *said, const struct verdict *verdict)
{
    bool nothing_known = said->kind == OUTCOME_UNKNOWN || said->kind == OUTCOME_MISMATCHED;
    bool waits = verdict->kind == VERDICT_TRY_AFTER_QUIET || verdict->kind == VERDICT_INQUIRE_AFTER_QUIET;
    if (nothing_known) assert_true(verdict->doubtful && (waits || verdict->kind == VERDICT_REVIEW));
    if (is_another_try(verdict->kind) && past->lost_before > 0) assert_true(verdict->doubtful);
    if (is_another_try(verdict->kind) && past->lost_before == 0 && leaves_no_doubt(said)) assert_false(verdict->doubtful);
    if (verdict->kind == VERDICT_REVIEW || is_inquiry(verdict->kind)) assert_true(verdict->doubtful);
    if (!verdict_goes_on(verdict->kind) && verdict->kind != VERDICT_REVIEW) assert_false(verdict->doubtful);
    /* Where a second try may be a second effect, or says nothing of the first, none follows one that may have been taken. */
    bool may_be_taken = nothing_known || (said->kind == OUTCOME_BUSY && said->may_have_happened) || said->kind == OUTCOME_ALREADY;
    if (attempt_inquires(past->protection) && may_be_taken) assert_false(is_another_try(verdict->kind));
}

/* I22: never beyond the processor's memory, and never without the card that the bytes need. */
static void check_tries(const struct attempt_past *past, const struct verdict *verdict)
{
    if (past->window_over || past->card_gone) assert_false(is_another_try(verdict->kind));
}

static void check_reports(const struct attempt_past *past, const struct outcome *said, const struct verdict *verdict)
{
    bool ended = verdict->kind == VERDICT_DONE || verdict->kind == VERDICT_DECLINED;
    int unaccounted = past->lost_before - (said->replayed && past->lost_before > 0); /* a replay speaks for one of the lost tries */
    assert_int_equal(verdict->stray_holds, past->kind == OPERATION_AUTHORIZE && ended && said->kind != OUTCOME_ALREADY ? unaccounted : 0);
    assert_int_equal(verdict->reason != NULL, verdict->kind == VERDICT_FAILED || verdict->kind == VERDICT_REVIEW);
}

/* One live authorization a payment: nothing is tried elsewhere while this one may have it. */
static void check_onward(const struct attempt_past *past, const struct outcome *said, const struct verdict *verdict)
{
    if (!verdict->allows_another) return;
    assert_true(past->kind == OPERATION_AUTHORIZE && verdict->stray_holds == 0);
    assert_true(verdict->kind == VERDICT_DECLINED || (verdict->kind == VERDICT_FAILED && past->lost_before == 0 && leaves_no_doubt(said)));
    if (verdict->kind == VERDICT_DECLINED) assert_int_equal(category_advice(said->category), ADVICE_OTHER_PROCESSOR);
    if (verdict->kind == VERDICT_DECLINED) assert_true(past->lost_before == 0 || (past->lost_before == 1 && said->replayed));
}

static void check_all(const struct attempt_past *past, const struct outcome *said)
{
    struct verdict verdict = attempt_judge(past, said);
    check_onward(past, said, &verdict);
    check_ends(past, said, &verdict);
    check_doubt(past, said, &verdict);
    check_tries(past, &verdict);
    check_reports(past, said, &verdict);
}

/* The digits of one number choose a past and an outcome. */
static int64_t take_digit(int64_t *number, int64_t base)
{
    int64_t digit = *number % base;
    *number /= base;
    return digit;
}

static void what_holds_for_every_past_and_outcome(void **state)
{
    (void)state;
    const int64_t all = 4 * OUTCOME_KIND_COUNT * 4 * 3 * 2 * 3 * 2 * 2 * 2 * 32 * 16;
    for (int64_t n = 0; n < all; n++) {
        int64_t rest = n;
        struct attempt_past past = { .kind = (enum operation_kind)(OPERATION_AUTHORIZE + take_digit(&rest, 4)) };
        struct outcome said = { .kind = (enum outcome_kind)take_digit(&rest, OUTCOME_KIND_COUNT) };
        past.protection = (enum protection)take_digit(&rest, 4);
        past.lost_before = (int)take_digit(&rest, 3);
        past.sends_before = past.lost_before + (int)take_digit(&rest, 2);
        past.first_already = (int)take_digit(&rest, 3);
        past.denied_before = (int)take_digit(&rest, 2) * (ATTEMPT_DENIED_MAX - 1);
        past.mismatched_before = (int)take_digit(&rest, 2) * (ATTEMPT_MISMATCHED_MAX - 1);
        past.another_waits = take_digit(&rest, 2) && past.kind == OPERATION_AUTHORIZE;
        past.rival_possible = take_digit(&rest, 2);
        past.processor_ill = take_digit(&rest, 2);
        past.nobody_waits = take_digit(&rest, 2);
        past.window_over = take_digit(&rest, 2);
        past.card_gone = take_digit(&rest, 2);
        said.hides_illness = take_digit(&rest, 2);
        said.replayed = take_digit(&rest, 2);
        said.may_have_happened = take_digit(&rest, 2);
        said.shows_illness = take_digit(&rest, 2);
        said.category = said.shows_illness ? CATEGORY_ISSUER_UNAVAILABLE : CATEGORY_FRAUD_SUSPECTED;
        check_all(&past, &said);
    }
}

/* ---- the window ---- */

/* I22: inside the key window less a tenth; what the processor's state protects may be sent later. */
static void the_window_of_a_key(void **state)
{
    (void)state;
    const micros day = INT64_C(24) * 3600 * MICROS_PER_SECOND, began = INT64_C(1772323200) * MICROS_PER_SECOND;
    const struct {
        enum protection protection;
        micros first_sent, now;
        bool over;
    } rows[] = {
        { PROTECTED_BY_KEY,       began, began,                      false },
        { PROTECTED_BY_KEY,       began, began + day - day / 10,     false },
        { PROTECTED_BY_KEY,       began, began + day - day / 10 + 1, true  },
        { PROTECTED_BY_KEY,       began, began + 365 * day,          true  },
        { PROTECTED_BY_KEY,       began, began - day,                false }, /* a clock that was set back */
        { PROTECTED_BY_KEY,       0,     began,                      false }, /* nothing was sent yet */
        { PROTECTED_BY_STATE,     began, began + 365 * day,          false },
        { PROTECTED_BY_REFERENCE, began, began + 365 * day,          false },
        { PROTECTED_BY_NOTHING,   began, began + 365 * day,          false },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_row(attempt_window_is_over(rows[i].protection, rows[i].first_sent, rows[i].now, day) == rows[i].over, i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_are_judged_by_what_was_before),
        cmocka_unit_test(what_an_inquiry_found_is_judged),
        cmocka_unit_test(another_processor_is_asked_only_on_proof),
        cmocka_unit_test(every_kind_of_outcome_is_in_the_table),
        cmocka_unit_test(what_holds_for_every_past_and_outcome),
        cmocka_unit_test(the_window_of_a_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
