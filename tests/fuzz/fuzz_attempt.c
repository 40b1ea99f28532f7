/* SPDX-License-Identifier: Apache-2.0 */
/* The judgment over any past and any outcome. "Certainly nothing happened" (I23) is said only where no try can have been
 * taken, and nothing is sent again that cannot be or that may no longer be (I22). The rules here say what must never be;
 * which of the allowed verdicts it is, the tables of tests/domain say. */
#include "domain/attempt.h"
#include "fuzz/fuzzing.h"

static struct attempt_past take_past(struct input *input)
{
    struct attempt_past past = {
        .kind = (enum operation_kind)(OPERATION_AUTHORIZE + input_below(input, 4)),
        .protection = (enum protection)input_below(input, 4),
        .sends_before = (int)input_below(input, 12),
        .denied_before = (int)input_below(input, 10),
        .mismatched_before = (int)input_below(input, 6),
    };
    past.lost_before = (int)input_below(input, (unsigned)past.sends_before + 1);
    past.first_already = (int)input_below(input, (unsigned)past.sends_before + 1);
    unsigned about = input_byte(input);
    past.rival_possible = about & 1;
    past.processor_ill = about & 2;
    past.nobody_waits = about & 4;
    past.window_over = about & 8;
    past.card_gone = about & 16;
    past.another_waits = (about & 32) && past.kind == OPERATION_AUTHORIZE;
    return past;
}

static struct outcome take_outcome(struct input *input)
{
    unsigned about = input_byte(input);
    return (struct outcome){
        .kind = (enum outcome_kind)input_below(input, OUTCOME_KIND_COUNT),
        .category = (enum decline_category)input_below(input, CATEGORY_COUNT),
        .replayed = about & 1,
        .may_have_happened = about & 2,
        .shows_illness = about & 4,
        .hides_illness = about & 8,
    };
}

static void check_failed(const struct attempt_past *past, const struct outcome *outcome)
{
    INSIST(past->lost_before == 0);
    bool is_elsewhere = past->another_waits && (outcome->kind == OUTCOME_NOT_SENT || (outcome->kind == OUTCOME_BUSY && !outcome->may_have_happened));
    if (is_elsewhere) return;
    if (outcome->kind == OUTCOME_NOT_SENT) INSIST(past->sends_before == 0 && past->kind == OPERATION_AUTHORIZE && past->nobody_waits);
    else INSIST(outcome->kind == OUTCOME_REFUSED);
}

/* Another processor is asked only when this one has nothing, whatever is still on its way there. */
static void check_onward(const struct attempt_past *past, const struct outcome *outcome, const struct verdict *verdict)
{
    if (!verdict->allows_another) return;
    bool declined = verdict->kind == VERDICT_DECLINED && category_advice(outcome->category) == ADVICE_OTHER_PROCESSOR;
    INSIST(past->kind == OPERATION_AUTHORIZE && verdict->stray_holds == 0 && (declined || verdict->kind == VERDICT_FAILED));
    INSIST(past->lost_before == 0 || (declined && past->lost_before == 1 && outcome->replayed));
}

static void check_done(const struct attempt_past *past, const struct outcome *outcome)
{
    INSIST(outcome->kind == OUTCOME_DONE || outcome->kind == OUTCOME_SOLD || outcome->kind == OUTCOME_ALREADY);
    if (outcome->kind != OUTCOME_ALREADY || past->kind == OPERATION_REFUND) return;
    INSIST(past->first_already > 1 && !past->rival_possible); /* it was a try of ours */
}

static void check_again(const struct attempt_past *past, const struct outcome *outcome, const struct verdict *verdict)
{
    INSIST(!past->window_over && !past->card_gone);
    if (past->lost_before > 0 || outcome->kind == OUTCOME_UNKNOWN) INSIST(verdict->doubtful);
    if (outcome->kind == OUTCOME_BUSY && outcome->may_have_happened) INSIST(verdict->doubtful);
    if (outcome->kind == OUTCOME_DENIED) INSIST(past->denied_before + 1 < ATTEMPT_DENIED_MAX);
    if (outcome->kind == OUTCOME_MISMATCHED) INSIST(past->mismatched_before + 1 < ATTEMPT_MISMATCHED_MAX);
    /* A killed request may still be running there. */
    if (outcome->kind == OUTCOME_UNKNOWN) INSIST(verdict->kind == VERDICT_TRY_AFTER_QUIET);
    INSIST(outcome->kind != OUTCOME_UNKNOWN || !attempt_inquires(past->protection));
}

static void check_strays(const struct attempt_past *past, const struct outcome *outcome, const struct verdict *verdict)
{
    int most = past->kind == OPERATION_AUTHORIZE ? past->lost_before : 0;
    bool is_end = verdict->kind == VERDICT_DONE || verdict->kind == VERDICT_DECLINED;
    INSIST(verdict->stray_holds >= 0 && verdict->stray_holds <= most);
    if (is_end && outcome->kind != OUTCOME_ALREADY) INSIST(verdict->stray_holds >= most - outcome->replayed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = input_of(data, size);
    struct attempt_past past = take_past(&input);
    struct outcome outcome = take_outcome(&input);
    struct verdict verdict = attempt_judge(&past, &outcome);
    switch (verdict.kind) {
    case VERDICT_DONE: check_done(&past, &outcome); break;
    case VERDICT_DECLINED: INSIST(outcome.kind == OUTCOME_DECLINED && past.kind == OPERATION_AUTHORIZE); break;
    case VERDICT_FAILED: check_failed(&past, &outcome); break;
    case VERDICT_EXPIRED: INSIST(outcome.kind == OUTCOME_EXPIRED && past.kind == OPERATION_CAPTURE); break;
    case VERDICT_TRY_AGAIN:
    case VERDICT_TRY_AFTER_QUIET: check_again(&past, &outcome, &verdict); break;
    case VERDICT_ACTION: INSIST(outcome.kind == OUTCOME_ACTION && past.kind == OPERATION_AUTHORIZE); break;
    case VERDICT_NEXT: INSIST(outcome.kind == OUTCOME_NEXT); break;
    case VERDICT_INQUIRE:
    case VERDICT_INQUIRE_AFTER_QUIET: INSIST(verdict.doubtful && (outcome.kind == OUTCOME_OPEN || attempt_inquires(past.protection))); break;
    case VERDICT_REVIEW: INSIST(verdict.doubtful && verdict.reason); break;
    }
    check_strays(&past, &outcome, &verdict);
    check_onward(&past, &outcome, &verdict);

    micros sent = input_int64(&input) >> 12, now = input_int64(&input) >> 12, window = input_byte(&input) * INT64_C(3600000000);
    bool is_over = attempt_window_is_over(past.protection, sent, now, window);
    if (is_over) INSIST(past.protection == PROTECTED_BY_KEY && sent != 0 && (now - sent) * 10 > window * 9 - 10);
    if (past.protection == PROTECTED_BY_KEY && sent != 0 && now - sent > window) INSIST(is_over);
    return 0;
}
