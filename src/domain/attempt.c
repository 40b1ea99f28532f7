/* SPDX-License-Identifier: Apache-2.0 */
/* attempt: the judgment, one short rule for each outcome. */
#include "domain/attempt.h"

str protection_word(enum protection protection)
{
    static const char *const words[] = {
        [PROTECTED_BY_KEY] = "key",
        [PROTECTED_BY_STATE] = "state",
        [PROTECTED_BY_REFERENCE] = "reference",
        [PROTECTED_BY_NOTHING] = "nothing",
    };
    return str_of(words[protection]);
}

static struct verdict verdict(enum verdict_kind kind) { return (struct verdict){ .kind = kind }; }

static struct verdict review(const char *reason)
{
    return (struct verdict){ .kind = VERDICT_REVIEW, .doubtful = true, .reason = reason };
}

bool attempt_inquires(enum protection protection)
{
    return protection == PROTECTED_BY_REFERENCE || protection == PROTECTED_BY_NOTHING;
}

static struct verdict inquire(enum verdict_kind how) { return (struct verdict){ .kind = how, .doubtful = true }; }

/* The same bytes again, unless that has become impossible or dangerous. */
static struct verdict try_again(const struct attempt_past *past, enum verdict_kind how, bool doubtful)
{
    bool doubt = doubtful || past->lost_before > 0;
    if (past->window_over) return review("key_window_over");
    if (past->card_gone) return review(REASON_CARD_GONE);
    return (struct verdict){ .kind = how, .doubtful = doubt };
}

/* A card is missed only when a try was decided on: nothing of it is there. */
static struct verdict judge_unknown(const struct attempt_past *past)
{
    if (past->card_gone) return review(REASON_CARD_GONE);
    if (attempt_inquires(past->protection)) return inquire(VERDICT_INQUIRE_AFTER_QUIET);
    return try_again(past, VERDICT_TRY_AFTER_QUIET, true);
}

/* Whatever was sent before was answered by a clear no: a first exchange moves no money, and a crash counts as lost. */
static bool certainly_has_nothing(const struct attempt_past *past)
{
    return past->lost_before == 0 && past->denied_before == 0 && past->mismatched_before == 0 && !past->acknowledged;
}

static struct verdict leave(const char *reason)
{
    return (struct verdict){ .kind = VERDICT_FAILED, .reason = reason, .allows_another = true };
}

static struct verdict judge_not_sent(const struct attempt_past *past)
{
    bool is_untouched = past->sends_before == 0 && !past->is_further;
    if (past->another_waits && certainly_has_nothing(past)) return leave(REASON_UNAVAILABLE);
    if (past->kind == OPERATION_AUTHORIZE && is_untouched && past->nobody_waits) return leave(REASON_UNAVAILABLE);
    return try_again(past, VERDICT_TRY_AGAIN, false);
}

int attempt_stray_holds(enum operation_kind kind, int lost, bool one_is_known)
{
    if (kind != OPERATION_AUTHORIZE) return 0;
    return one_is_known && lost > 0 ? lost - 1 : lost;
}

/* A replay tells which of the lost tries it was for one; a fresh hold for none. */
static int stray_holds(const struct attempt_past *past, const struct outcome *outcome)
{
    return attempt_stray_holds(past->kind, past->lost_before, outcome->replayed);
}

static struct verdict judge_done(const struct attempt_past *past, const struct outcome *outcome)
{
    return (struct verdict){ .kind = VERDICT_DONE, .stray_holds = stray_holds(past, outcome) };
}

static bool may_do_better(const struct outcome *outcome) { return category_advice(outcome->category) == ADVICE_OTHER_PROCESSOR; }

static struct verdict judge_declined(const struct attempt_past *past, const struct outcome *outcome)
{
    if (outcome->hides_illness && past->processor_ill && past->denied_before == 0) {
        return try_again(past, VERDICT_TRY_AGAIN, false);
    }
    int strays = stray_holds(past, outcome);
    return (struct verdict){ .kind = VERDICT_DECLINED, .stray_holds = strays, .allows_another = strays == 0 && may_do_better(outcome) };
}

/* A fault of ours by its word. Only certain when no earlier try can have been taken. */
static struct verdict judge_refused(const struct attempt_past *past)
{
    if (past->lost_before > 0) return review("refused_after_lost_try");
    return (struct verdict){ .kind = VERDICT_FAILED, .reason = REASON_PROCESSOR_REFUSED };
}

/* Our reference is taken, and an inquiry says by what. One that finds nothing, again and again, is for a person. */
static struct verdict judge_taken(const struct attempt_past *past)
{
    return past->denied_before + 1 >= ATTEMPT_DENIED_MAX ? review("reference_taken") : inquire(VERDICT_INQUIRE);
}

/* Once more with the same key first: its memory of the key may have been a moment late, and would bring the id. */
static struct verdict judge_already(const struct attempt_past *past)
{
    struct verdict done = verdict(VERDICT_DONE); /* without the processor's id */
    if (attempt_inquires(past->protection)) return judge_taken(past);
    if (past->first_already == 0) return try_again(past, VERDICT_TRY_AGAIN, true);
    if (past->kind == OPERATION_REFUND) return done; /* the money is back, whoever sent it */
    if (past->rival_possible) return review("used_by_another_operation");
    if (past->first_already == 1) return review("used_by_another"); /* no try of ours had gone before it */
    return done;
}

static struct verdict judge_busy(const struct attempt_past *past, const struct outcome *outcome)
{
    bool is_patient = past->sends_before + 1 < ATTEMPT_BUSY_MAX;
    if (outcome->may_have_happened && attempt_inquires(past->protection)) return inquire(VERDICT_INQUIRE_AFTER_QUIET);
    if (past->another_waits && !is_patient && !outcome->may_have_happened && certainly_has_nothing(past)) return leave(REASON_BUSY);
    return try_again(past, VERDICT_TRY_AGAIN, outcome->may_have_happened);
}

static struct verdict judge_denied(const struct attempt_past *past)
{
    if (past->denied_before + 1 >= ATTEMPT_DENIED_MAX) return review("object_denied");
    return try_again(past, VERDICT_TRY_AGAIN, false);
}

static struct verdict judge_mismatched(const struct attempt_past *past)
{
    if (past->mismatched_before + 1 >= ATTEMPT_MISMATCHED_MAX) return review("answer_mismatched");
    return judge_unknown(past);
}

/* May an operation of that kind end so? */
static bool fits(const struct attempt_past *past, const struct outcome *outcome)
{
    bool is_authorization = outcome->kind == OUTCOME_DECLINED || outcome->kind == OUTCOME_SOLD || outcome->kind == OUTCOME_ACTION;
    return (!is_authorization || past->kind == OPERATION_AUTHORIZE) &&
           (outcome->kind != OUTCOME_EXPIRED || past->kind == OPERATION_CAPTURE);
}

struct verdict attempt_judge(const struct attempt_past *past, const struct outcome *outcome)
{
    if (!fits(past, outcome)) return judge_unknown(past);
    switch (outcome->kind) {
    case OUTCOME_NOT_SENT: return judge_not_sent(past);
    case OUTCOME_DONE:
    case OUTCOME_SOLD: return judge_done(past, outcome);
    case OUTCOME_ACTION: return verdict(VERDICT_ACTION);
    case OUTCOME_DECLINED: return judge_declined(past, outcome);
    case OUTCOME_REFUSED: return judge_refused(past);
    case OUTCOME_EXPIRED: return verdict(VERDICT_EXPIRED);
    case OUTCOME_ALREADY: return judge_already(past);
    case OUTCOME_BUSY: return judge_busy(past, outcome);
    case OUTCOME_DENIED: return judge_denied(past);
    case OUTCOME_MISMATCHED: return judge_mismatched(past);
    case OUTCOME_OPEN: return inquire(attempt_inquires(past->protection) ? VERDICT_INQUIRE_AFTER_QUIET : VERDICT_INQUIRE);
    case OUTCOME_NEXT: return verdict(VERDICT_NEXT);
    case OUTCOME_ABSENT:
    case OUTCOME_UNKNOWN:
    case OUTCOME_KIND_COUNT: break;
    }
    return judge_unknown(past);
}

/* ---- inquiries ---- */

/* It said that it has it, and finds nothing: a list that is behind, or a person's matter. Never sent again. */
static struct verdict judge_vanished(const struct attempt_past *past)
{
    return past->absent_before + 1 >= ATTEMPT_DENIED_MAX ? review("acknowledged_and_absent") : inquire(VERDICT_INQUIRE_AFTER_QUIET);
}

/* A reference that is taken once makes a second try there harmless; without one, or for another processor, it has to be certain. */
static struct verdict judge_absent(const struct attempt_past *past)
{
    if (past->acknowledged) return judge_vanished(past);
    bool spoke_of_it = past->denied_before > 0 || past->mismatched_before > 0; /* it has something under our reference */
    bool may_leave = past->another_waits && !spoke_of_it;
    bool is_harmless = past->protection == PROTECTED_BY_REFERENCE && !may_leave;
    bool is_certain = past->absent_before + 1 >= ATTEMPT_ABSENT_MIN;
    if (!is_harmless && !is_certain) return inquire(VERDICT_INQUIRE_AFTER_QUIET);
    return may_leave ? leave(REASON_ABSENT) : verdict(VERDICT_TRY_AGAIN);
}

static struct verdict judge_found_mismatched(const struct attempt_past *past)
{
    return past->mismatched_before + 1 >= ATTEMPT_MISMATCHED_MAX ? review("answer_mismatched") : inquire(VERDICT_INQUIRE);
}

struct verdict attempt_judge_inquiry(const struct attempt_past *past, const struct outcome *outcome)
{
    if (!fits(past, outcome)) return inquire(VERDICT_INQUIRE);
    switch (outcome->kind) {
    case OUTCOME_DONE:
    case OUTCOME_SOLD: return verdict(VERDICT_DONE);
    case OUTCOME_ACTION: return verdict(VERDICT_ACTION);
    case OUTCOME_NEXT: return verdict(VERDICT_NEXT);
    case OUTCOME_DECLINED: return (struct verdict){ .kind = VERDICT_DECLINED, .allows_another = may_do_better(outcome) };
    case OUTCOME_EXPIRED: return verdict(VERDICT_EXPIRED);
    case OUTCOME_REFUSED: return (struct verdict){ .kind = VERDICT_FAILED, .reason = REASON_PROCESSOR_REFUSED };
    case OUTCOME_ABSENT: return judge_absent(past);
    case OUTCOME_MISMATCHED: return judge_found_mismatched(past);
    case OUTCOME_UNKNOWN:
    case OUTCOME_NOT_SENT:
    case OUTCOME_ALREADY:
    case OUTCOME_BUSY:
    case OUTCOME_DENIED:
    case OUTCOME_OPEN:
    case OUTCOME_KIND_COUNT: break;
    }
    return inquire(VERDICT_INQUIRE);
}

bool attempt_window_is_over(enum protection protection, micros first_sent_at, micros now, micros key_window)
{
    if (protection != PROTECTED_BY_KEY || first_sent_at == 0) return false;
    return now - first_sent_at > key_window - key_window / 10;
}
