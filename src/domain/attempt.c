/* SPDX-License-Identifier: Apache-2.0 */
/* attempt: the judgment, one short rule for each outcome. */
#include "domain/attempt.h"

static struct verdict verdict(enum verdict_kind kind) { return (struct verdict){ .kind = kind }; }

static struct verdict review(const char *reason)
{
    return (struct verdict){ .kind = VERDICT_REVIEW, .doubtful = true, .reason = reason };
}

/* The same bytes again, unless that has become impossible or dangerous. */
static struct verdict try_again(const struct attempt_past *past, enum verdict_kind how, bool doubtful)
{
    bool doubt = doubtful || past->lost_before > 0;
    if (past->window_over) return review("key_window_over");
    if (past->card_gone) return review(REASON_CARD_GONE);
    return (struct verdict){ .kind = how, .doubtful = doubt };
}

static struct verdict judge_unknown(const struct attempt_past *past)
{
    return try_again(past, VERDICT_TRY_AFTER_QUIET, true);
}

static struct verdict judge_not_sent(const struct attempt_past *past)
{
    bool certain = past->sends_before == 0;
    if (past->kind == OPERATION_AUTHORIZE && certain && past->nobody_waits) {
        return (struct verdict){ .kind = VERDICT_FAILED, .reason = "processor_unavailable" };
    }
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

static struct verdict judge_declined(const struct attempt_past *past, const struct outcome *outcome)
{
    if (outcome->hides_illness && past->processor_ill && past->denied_before == 0) {
        return try_again(past, VERDICT_TRY_AGAIN, false);
    }
    return (struct verdict){ .kind = VERDICT_DECLINED, .stray_holds = stray_holds(past, outcome) };
}

/* A fault of ours by its word. Only certain when no earlier try can have been taken. */
static struct verdict judge_refused(const struct attempt_past *past)
{
    if (past->lost_before > 0) return review("refused_after_lost_try");
    return (struct verdict){ .kind = VERDICT_FAILED, .reason = REASON_PROCESSOR_REFUSED };
}

/* Once more with the same key first: its memory of the key may have been a moment late, and would bring the id. */
static struct verdict judge_already(const struct attempt_past *past)
{
    struct verdict done = verdict(VERDICT_DONE); /* without the processor's id */
    if (past->first_already == 0) return try_again(past, VERDICT_TRY_AGAIN, true);
    if (past->kind == OPERATION_REFUND) return done; /* the money is back, whoever sent it */
    if (past->rival_possible) return review("used_by_another_operation");
    if (past->first_already == 1) return review("used_by_another"); /* no try of ours had gone before it */
    return done;
}

static struct verdict judge_busy(const struct attempt_past *past, const struct outcome *outcome)
{
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
    return try_again(past, VERDICT_TRY_AFTER_QUIET, true);
}

struct verdict attempt_judge(const struct attempt_past *past, const struct outcome *outcome)
{
    bool fits = (outcome->kind != OUTCOME_DECLINED || past->kind == OPERATION_AUTHORIZE) &&
                (outcome->kind != OUTCOME_EXPIRED || past->kind == OPERATION_CAPTURE);
    if (!fits) return judge_unknown(past);
    switch (outcome->kind) {
    case OUTCOME_NOT_SENT: return judge_not_sent(past);
    case OUTCOME_DONE: return judge_done(past, outcome);
    case OUTCOME_DECLINED: return judge_declined(past, outcome);
    case OUTCOME_REFUSED: return judge_refused(past);
    case OUTCOME_EXPIRED: return verdict(VERDICT_EXPIRED);
    case OUTCOME_ALREADY: return judge_already(past);
    case OUTCOME_BUSY: return judge_busy(past, outcome);
    case OUTCOME_DENIED: return judge_denied(past);
    case OUTCOME_MISMATCHED: return judge_mismatched(past);
    case OUTCOME_UNKNOWN:
    case OUTCOME_KIND_COUNT: break;
    }
    return judge_unknown(past);
}

bool attempt_window_is_over(enum operation_kind kind, micros first_sent_at, micros now, micros key_window)
{
    if (kind != OPERATION_AUTHORIZE || first_sent_at == 0) return false;
    return now - first_sent_at > key_window - key_window / 10;
}
