/* SPDX-License-Identifier: Apache-2.0 */
/* answer_form: how an ending is told to a merchant of the core API: a receipt, or a problem. Pure: it runs on the store's
 * thread too, and what it writes is kept as the answer to the request's key. */
#include "api/api.h"
#include "api/problem.h"
#include "api/receipt.h"

enum { PROBLEM_BYTES = 768, OPEN_RETRY_AFTER_S = 1 };

static const enum problem_code refusal_problems[REFUSAL_COUNT] = {
    [REFUSED_OPERATION_IN_PROGRESS] = PROBLEM_OPERATION_IN_PROGRESS,
    [REFUSED_INVALID_STATE] = PROBLEM_INVALID_STATE,
    [REFUSED_AUTHORIZATION_EXPIRED] = PROBLEM_AUTHORIZATION_EXPIRED,
    [REFUSED_AMOUNT_EXCEEDS_AUTHORIZED] = PROBLEM_AMOUNT_EXCEEDS_AUTHORIZED,
    [REFUSED_AMOUNT_EXCEEDS_CAPTURED] = PROBLEM_AMOUNT_EXCEEDS_CAPTURED,
    [REFUSED_CURRENCY_MISMATCH] = PROBLEM_CURRENCY_MISMATCH,
    [REFUSED_CURRENCY_NOT_SUPPORTED] = PROBLEM_CURRENCY_NOT_SUPPORTED,
    [REFUSED_PARTIAL_NOT_SUPPORTED] = PROBLEM_PARTIAL_NOT_SUPPORTED,
    [REFUSED_CVV_REQUIRED] = PROBLEM_CVV_REQUIRED,
    [REFUSED_EMAIL_REQUIRED] = PROBLEM_EMAIL_REQUIRED,
    [REFUSED_HOLD_NOT_SUPPORTED] = PROBLEM_HOLD_NOT_SUPPORTED,
    [REFUSED_PAGE_NOT_SUPPORTED] = PROBLEM_PAYMENT_METHOD_NOT_SUPPORTED,
    [REFUSED_REFERENCE_UNKNOWN] = PROBLEM_PROCESSOR_REFERENCE_UNKNOWN,
    [REFUSED_CARD_EXPIRED] = PROBLEM_CARD_DECLINED,
    [REFUSED_BY_RISK] = PROBLEM_CARD_DECLINED,
    [REFUSED_STEP_UP_NOT_POSSIBLE] = PROBLEM_CARD_DECLINED,
    [REFUSED_NOT_APPROVED] = PROBLEM_NOT_APPROVED,
    [REFUSED_NO_OPEN_REVIEW] = PROBLEM_NO_OPEN_REVIEW,
    [REFUSED_TOKEN_UNKNOWN] = PROBLEM_TOKEN_UNKNOWN,
    [REFUSED_TOKEN_DELETED] = PROBLEM_TOKEN_DELETED,
    [REFUSED_TOKEN_USED] = PROBLEM_TOKEN_USED,
    [REFUSED_TOKEN_EXPIRED] = PROBLEM_TOKEN_EXPIRED,
    [REFUSED_DISPUTE_OPEN] = PROBLEM_DISPUTE_OPEN,
    [REFUSED_TOKEN_UNREADABLE] = PROBLEM_TOKEN_UNREADABLE,
};

/* ENDING_DONE and ENDING_OPEN are receipts, ENDING_REFUSED is one of the problems above. */
static const enum problem_code ending_problems[] = {
    [ENDING_DECLINED] = PROBLEM_CARD_DECLINED,
    [ENDING_EXPIRED] = PROBLEM_AUTHORIZATION_EXPIRED,
    [ENDING_UNAVAILABLE] = PROBLEM_PROCESSOR_UNAVAILABLE,
    [ENDING_PROCESSOR_REFUSED] = PROBLEM_PROCESSOR_REFUSED,
    [ENDING_NOT_SET_UP] = PROBLEM_PROCESSOR_NOT_SET_UP,
    [ENDING_NOT_FOUND] = PROBLEM_NOT_FOUND,
    [ENDING_KEY_REUSED] = PROBLEM_IDEMPOTENCY_KEY_REUSED,
    [ENDING_STORAGE_LOW] = PROBLEM_STORAGE_LOW,
    [ENDING_OVERLOADED] = PROBLEM_OVERLOADED,
    [ENDING_STOPPING] = PROBLEM_SHUTTING_DOWN,
    [ENDING_NO_LEASE] = PROBLEM_NOT_READY,
    [ENDING_ELSEWHERE] = PROBLEM_IDEMPOTENCY_IN_PROGRESS,
    [ENDING_NOT_IN_REVIEW] = PROBLEM_NOT_IN_REVIEW,
    [ENDING_ID_NEEDED] = PROBLEM_PROCESSOR_REF_NEEDED,
    [ENDING_ID_INVALID] = PROBLEM_PROCESSOR_REF_INVALID,
    [ENDING_VAULT_SEALED] = PROBLEM_VAULT_SEALED,
};

static enum problem_code problem_of(const struct ending *ending)
{
    if (ending->kind == ENDING_REFUSED) return refusal_problems[ending->refusal];
    INSIST((size_t)ending->kind < COUNT_OF(ending_problems));
    return ending_problems[ending->kind];
}

static str decline_of(const struct ending *ending)
{
    enum decline decline = ending->record ? ending->record->payment.decline : DECLINE_NONE;
    if (ending->kind == ENDING_REFUSED) decline = DECLINE_EXPIRED_CARD;
    return decline_word(decline == DECLINE_NONE ? DECLINE_CARD_DECLINED : decline);
}

static void write_problem(struct arena *arena, const struct ending *ending, struct reply *out)
{
    struct problem problem = { .code = problem_of(ending), .request_id = ending->request_id };
    const struct problem_kind *kind = problem_kind_of(problem.code);
    if (problem.code == PROBLEM_CARD_DECLINED) problem.decline_code = decline_of(ending);
    if (ending->record) {
        problem.payment_id = payment_id_str(&ending->record->id);
        problem.state = payment_state_word(ending->record->payment.state);
    }
    struct text body = text_open(arena, PROBLEM_BYTES);
    problem_put(&body, &problem);
    out->status = kind->status;
    out->retry_after_s = kind->retry_after_s;
    out->body = text_str(&body);
}

static int receipt_status(const struct ending *ending)
{
    if (ending->kind == ENDING_OPEN) return 202;
    return ending->asked == OPERATION_AUTHORIZE ? 201 : 200;
}

static void write_receipt(struct arena *arena, const struct ending *ending, struct reply *out)
{
    struct text body = text_open(arena, RECEIPT_BYTES);
    receipt_put(&body, ending->record, ending->refunds, ending->refund_count);
    out->status = receipt_status(ending);
    out->retry_after_s = ending->kind == ENDING_OPEN ? OPEN_RETRY_AFTER_S : 0;
    out->body = text_str(&body);
}

static void write_core(struct arena *arena, const struct ending *ending, struct reply *out)
{
    bool is_receipt = ending->kind == ENDING_DONE || ending->kind == ENDING_OPEN;
    if (is_receipt) write_receipt(arena, ending, out);
    else write_problem(arena, ending, out);
}

const struct answer_form api_core_form = { .name = "core", .write = write_core };
