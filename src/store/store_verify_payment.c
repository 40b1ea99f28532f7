/* SPDX-License-Identifier: Apache-2.0 */
/* store_verify_payment: holds a payment's row and its operations against what its history comes to. */
#include <string.h>

#include "store/verifying.h"

/* ---- one field ---- */

struct subject {
    struct verifier *verifier;
    enum verify_kind kind;
    const char *what; /* "payment", "operation" */
    str id;
};

static void same_text(struct subject *subject, const char *field, str told, str expected)
{
    if (str_equal(told, expected)) return;
    verifier_found(subject->verifier, subject->kind, "%s %.*s: %s is \"%.*s\", by its history \"%.*s\"", subject->what, STR_FORMAT(subject->id),
                   field, STR_FORMAT(told), STR_FORMAT(expected));
}

static void same_int(struct subject *subject, const char *field, int64_t told, int64_t expected)
{
    if (told == expected) return;
    verifier_found(subject->verifier, subject->kind, "%s %.*s: %s is %lld, by its history %lld", subject->what, STR_FORMAT(subject->id), field,
                   (long long)told, (long long)expected);
}

/* ---- the payment ---- */

static void check_amounts(struct subject *subject, const struct payment_row *row, const struct history *history)
{
    const struct payment *payment = &history->payment;
    same_text(subject, "state", row->state, payment_state_word(payment->state));
    same_int(subject, "amount_minor", row->amount, payment->amount.minor);
    same_text(subject, "currency", row->currency, currency_str(&payment->amount.currency));
    same_int(subject, "authorized_minor", row->authorized, payment->authorized_minor);
    same_int(subject, "captured_minor", row->captured, payment->captured_minor);
    same_int(subject, "refunded_minor", row->refunded, payment->refunded_minor);
    if (history->processor.length > 0) same_text(subject, "processor", row->processor, history->processor);
    same_text(subject, "decline", row->decline, decline_word(payment->decline));
    same_int(subject, "stray_holds", row->stray_holds, history->stray_holds);
}

static void check_times(struct subject *subject, const struct payment_row *row, const struct payment *payment)
{
    same_int(subject, "created_at", row->created_at, payment->created_at);
    same_int(subject, "authorized_at", row->authorized_at, payment->authorized_at);
    same_int(subject, "captured_at", row->captured_at, payment->captured_at);
    same_int(subject, "voided_at", row->voided_at, payment->voided_at);
    same_int(subject, "refunded_at", row->refunded_at, payment->refunded_at);
    same_int(subject, "changed_at", row->changed_at, payment->changed_at);
}

static void check_open_operation(struct subject *subject, const struct payment_row *row, const struct history *history)
{
    const struct open_operation *open = &history->payment.operation;
    bool is_open = open->kind != OPERATION_NONE;
    same_text(subject, "operation_id", row->operation_id, is_open ? history->operations[history->operation_count - 1].id : STR(""));
    same_text(subject, "operation_kind", row->operation_kind, operation_kind_word(open->kind));
    same_text(subject, "operation_state", row->operation_state, operation_state_word(open->state));
    same_int(subject, "operation_amount_minor", row->operation_amount, open->amount_minor);
    same_int(subject, "operation_since", row->operation_since, open->since);
}

/* The processor's ids on the receipt are those of the newest operation of each kind that was done. */
static void check_references(struct subject *subject, const struct payment_row *row, const struct history *history)
{
    static const char *const fields[OPERATION_KIND_COUNT] = { "", "authorization_ref", "capture_ref", "void_ref", "refund_ref" };
    for (size_t kind = OPERATION_AUTHORIZE; kind < OPERATION_KIND_COUNT; kind++) {
        str newest = kind == OPERATION_CAPTURE && history->sold_as.bytes ? history->sold_as : STR("");
        for (size_t i = 0; i < history->operation_count; i++) {
            const struct operation_row *operation = &history->operations[i];
            bool is_told = operation->ref.length > 0 || str_equal(operation->state, operation_state_word(OPERATION_DONE));
            bool counts = is_told && str_equal(operation->kind, operation_kind_word((enum operation_kind)kind));
            if (counts) newest = operation->ref;
        }
        same_text(subject, fields[kind], row->refs[kind], newest);
    }
}

static void check_risk(struct subject *subject, const struct payment_row *row, const struct payment *payment)
{
    same_text(subject, "risk", row->risk, risk_decision_word(payment->risk));
    same_text(subject, "risk_review", row->risk_review, review_word(payment->review));
}

static void check_row(struct verifier *verifier, const struct payment_row *row, const struct history *history)
{
    struct subject subject = { .verifier = verifier, .kind = VERIFY_PAYMENT, .what = "payment", .id = row->id };
    check_amounts(&subject, row, history);
    check_times(&subject, row, &history->payment);
    check_open_operation(&subject, row, history);
    check_references(&subject, row, history);
    check_risk(&subject, row, &history->payment);
}

/* Whatever the history says, these must hold. */
static void check_money(struct verifier *verifier, const struct payment_row *row)
{
    const char *problem = NULL;
    bool authorized_fits = row->authorized >= 0 && row->authorized <= MONEY_MINOR_MAX;
    if (!authorized_fits || row->amount < 1 || row->amount > MONEY_MINOR_MAX) problem = "an amount lies outside of what amounts may be";
    else if (row->captured < 0 || row->captured > row->authorized) problem = "more is captured than was authorized";
    else if (row->refunded < 0 || row->refunded > row->captured) problem = "more is refunded than was captured";
    else if (row->captured > 0 && row->voided_at != 0) problem = "it is captured and voided";
    if (!problem) return;
    verifier_found(verifier, VERIFY_MONEY, "payment %.*s: %s (authorized %lld, captured %lld, refunded %lld)", STR_FORMAT(row->id), problem,
                   (long long)row->authorized, (long long)row->captured, (long long)row->refunded);
}

/* ---- its operations ---- */

static const struct operation_row *find_operation(const struct operation_row *operations, size_t count, str id)
{
    for (size_t i = 0; i < count; i++) {
        if (str_equal(operations[i].id, id)) return &operations[i];
    }
    return NULL;
}

static void check_operation(struct verifier *verifier, const struct operation_row *row, const struct operation_row *expected)
{
    struct subject subject = { .verifier = verifier, .kind = VERIFY_OPERATION, .what = "operation", .id = row->id };
    same_text(&subject, "kind", row->kind, expected->kind);
    same_text(&subject, "state", row->state, expected->state);
    same_int(&subject, "amount_minor", row->amount, expected->amount);
    same_int(&subject, "started_at", row->started_at, expected->started_at);
    same_int(&subject, "ended_at", row->ended_at, expected->ended_at);
    same_text(&subject, "processor_ref", row->ref, expected->ref);
}

/* A card past its own date, and what the fraud checks deny, is declined without an operation: nobody was asked. */
static bool needs_no_row(const struct operation_row *expected)
{
    return expected->id.length == 0 && str_equal(expected->state, operation_state_word(OPERATION_DECLINED));
}

static void check_operations(struct verifier *verifier, const struct payment_row *payment, const struct history *history,
                             const struct operation_row *rows, size_t count)
{
    for (size_t i = 0; i < history->operation_count; i++) {
        const struct operation_row *expected = &history->operations[i];
        const struct operation_row *row = find_operation(rows, count, expected->id);
        if (row) check_operation(verifier, row, expected);
        else if (!needs_no_row(expected)) {
            verifier_found(verifier, VERIFY_OPERATION, "payment %.*s: its %.*s, operation %.*s, is not there", STR_FORMAT(payment->id),
                           STR_FORMAT(expected->kind), STR_FORMAT(expected->id));
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (find_operation(history->operations, history->operation_count, rows[i].id)) continue;
        verifier_found(verifier, VERIFY_OPERATION, "operation %.*s: no event of payment %.*s tells of it", STR_FORMAT(rows[i].id),
                       STR_FORMAT(payment->id));
    }
}

/* ---- the merchant's answers ---- */

/* Several operations may share one answer (a capture that follows by itself): while one of them is open there is none yet. */
static void check_answers(struct verifier *verifier, const struct payment_row *payment, const struct operation_row *rows, size_t count)
{
    const struct operation_row *open = find_operation(rows, count, payment->operation_id);
    for (size_t i = 0; i < count; i++) {
        str answer_at = rows[i].answer_at;
        if (answer_at.length == 0) continue;
        const struct operation_row *keeper = find_operation(rows, count, answer_at);
        bool is_awaited = open && str_equal(open->answer_at, answer_at);
        const char *problem = !keeper                              ? "the operation that keeps its answer is not there"
                              : is_awaited && keeper->is_answered  ? "it was answered while it was still open"
                              : !is_awaited && !keeper->is_answered ? "it is over and was never answered"
                                                                    : NULL;
        if (problem) verifier_found(verifier, VERIFY_OPERATION, "operation %.*s: %s", STR_FORMAT(rows[i].id), problem);
    }
}

void verify_payment(struct verifier *verifier, const struct payment_row *payment, const struct history *history,
                    const struct operation_row *operations, size_t count)
{
    check_money(verifier, payment);
    if (!history->whole) return; /* what does not follow from a broken history would only be noise */
    check_row(verifier, payment, history);
    check_operations(verifier, payment, history, operations, count);
    check_answers(verifier, payment, operations, count);
}
