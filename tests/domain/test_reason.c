/* SPDX-License-Identifier: Apache-2.0 */
/* The words that the world sees and that history keeps: frozen, unique, and read back to what they were written from. */
#include "base/base_testing.h"

#include "domain/payment.h"

/* What was once told or stored keeps its word for ever: lines are added here, none is changed. */
static const char *const refusals[REFUSAL_COUNT] = {
    [REFUSED_NOT] = "",
    [REFUSED_OPERATION_IN_PROGRESS] = "operation_in_progress",
    [REFUSED_INVALID_STATE] = "invalid_state",
    [REFUSED_AUTHORIZATION_EXPIRED] = "authorization_expired",
    [REFUSED_AMOUNT_EXCEEDS_AUTHORIZED] = "amount_exceeds_authorized",
    [REFUSED_AMOUNT_EXCEEDS_CAPTURED] = "amount_exceeds_captured",
    [REFUSED_CURRENCY_MISMATCH] = "currency_mismatch",
    [REFUSED_CURRENCY_NOT_SUPPORTED] = "currency_not_supported",
    [REFUSED_PARTIAL_NOT_SUPPORTED] = "partial_not_supported",
    [REFUSED_CVV_REQUIRED] = "cvv_required",
    [REFUSED_EMAIL_REQUIRED] = "email_required",
    [REFUSED_PAGE_NOT_SUPPORTED] = "payment_method_not_supported",
    [REFUSED_HOLD_NOT_SUPPORTED] = "hold_not_supported",
    [REFUSED_REFERENCE_UNKNOWN] = "processor_reference_unknown",
    [REFUSED_DISPUTE_OPEN] = "dispute_open",
    [REFUSED_CARD_EXPIRED] = "card_declined",
    [REFUSED_BY_RISK] = "denied_by_risk",
    [REFUSED_STEP_UP_NOT_POSSIBLE] = "step_up_not_possible",
    [REFUSED_NOT_APPROVED] = "not_approved",
    [REFUSED_NO_OPEN_REVIEW] = "no_open_review",
    [REFUSED_TOKEN_UNKNOWN] = "token_unknown",
    [REFUSED_TOKEN_DELETED] = "token_deleted",
    [REFUSED_TOKEN_USED] = "token_used",
    [REFUSED_TOKEN_EXPIRED] = "token_expired",
    [REFUSED_TOKEN_UNREADABLE] = "token_unreadable",
};

static const char *const declines[DECLINE_COUNT] = {
    [DECLINE_NONE] = "",
    [DECLINE_INSUFFICIENT_FUNDS] = "insufficient_funds",
    [DECLINE_EXPIRED_CARD] = "expired_card",
    [DECLINE_INVALID_CARD] = "invalid_card",
    [DECLINE_INVALID_CVC] = "invalid_cvc",
    [DECLINE_FRAUD_SUSPECTED] = "fraud_suspected",
    [DECLINE_AUTHENTICATION_REQUIRED] = "authentication_required",
    [DECLINE_CARD_DECLINED] = "card_declined",
};

static const char *const categories[CATEGORY_COUNT] = {
    [CATEGORY_NONE] = "",
    [CATEGORY_INSUFFICIENT_FUNDS] = "insufficient_funds",
    [CATEGORY_EXPIRED_CARD] = "expired_card",
    [CATEGORY_INVALID_CARD] = "invalid_card",
    [CATEGORY_INVALID_CVC] = "invalid_cvc",
    [CATEGORY_FRAUD_SUSPECTED] = "fraud_suspected",
    [CATEGORY_AUTHENTICATION_REQUIRED] = "authentication_required",
    [CATEGORY_ISSUER_DECLINED] = "issuer_declined",
    [CATEGORY_ISSUER_UNAVAILABLE] = "issuer_unavailable",
    [CATEGORY_NOT_ACCEPTED] = "not_accepted",
    [CATEGORY_CARD_NOT_TAKEN] = "card_not_taken",
    [CATEGORY_PAYER_NEEDED] = "payer_needed",
    [CATEGORY_REVOKED] = "revoked",
    [CATEGORY_DUPLICATE] = "duplicate",
    [CATEGORY_UNKNOWN] = "unknown",
};

static const char *const advices[ADVICE_COUNT] = {
    [ADVICE_NONE] = "",
    [ADVICE_SAME_AGAIN] = "same_again",
    [ADVICE_OTHER_PROCESSOR] = "other_processor",
    [ADVICE_STEP_UP] = "step_up",
    [ADVICE_NEVER_AGAIN] = "never_again",
};

static const char *const payment_states[PAYMENT_STATE_COUNT] = {
    [PAYMENT_NEW] = "new",
    [PAYMENT_PENDING] = "pending",
    [PAYMENT_REQUIRES_ACTION] = "requires_action",
    [PAYMENT_AUTHORIZED] = "authorized",
    [PAYMENT_CAPTURED] = "captured",
    [PAYMENT_REFUNDED] = "refunded",
    [PAYMENT_VOIDED] = "voided",
    [PAYMENT_DECLINED] = "declined",
    [PAYMENT_FAILED] = "failed",
    [PAYMENT_EXPIRED] = "expired",
};

static const char *const operations[OPERATION_KIND_COUNT] = {
    [OPERATION_NONE] = "",
    [OPERATION_AUTHORIZE] = "authorize",
    [OPERATION_CAPTURE] = "capture",
    [OPERATION_VOID] = "void",
    [OPERATION_REFUND] = "refund",
};

static const char *const operation_states[OPERATION_STATE_COUNT] = {
    [OPERATION_RUNNING] = "running",
    [OPERATION_UNKNOWN] = "unknown",
    [OPERATION_REVIEW] = "review",
    [OPERATION_WAITING] = "waiting",
    [OPERATION_DONE] = "done",
    [OPERATION_DECLINED] = "declined",
    [OPERATION_FAILED] = "failed",
};

static const char *const events[EVENT_KIND_COUNT] = {
    [EVENT_NONE] = "",
    [EVENT_AUTHORIZE_STARTED] = "authorize_started",
    [EVENT_CAPTURE_STARTED] = "capture_started",
    [EVENT_VOID_STARTED] = "void_started",
    [EVENT_REFUND_STARTED] = "refund_started",
    [EVENT_AUTHORIZED] = "authorized",
    [EVENT_CAPTURED] = "captured",
    [EVENT_VOIDED] = "voided",
    [EVENT_REFUNDED] = "refunded",
    [EVENT_DECLINED] = "declined",
    [EVENT_FELL_OVER] = "fell_over",
    [EVENT_AUTHORIZE_FAILED] = "authorize_failed",
    [EVENT_CAPTURE_FAILED] = "capture_failed",
    [EVENT_VOID_FAILED] = "void_failed",
    [EVENT_REFUND_FAILED] = "refund_failed",
    [EVENT_EXPIRED] = "expired",
    [EVENT_OPERATION_DOUBTED] = "operation_doubted",
    [EVENT_OPERATION_REVIEW] = "operation_review",
    [EVENT_SOLD] = "sold",
    [EVENT_ACTION_REQUIRED] = "action_required",
    [EVENT_OPERATION_RESUMED] = "operation_resumed",
    [EVENT_REVIEW_APPROVED] = "review_approved",
    [EVENT_REVIEW_DECLINED] = "review_declined",
    [EVENT_DISPUTE_CHANGED] = "dispute_changed",
};

static const char *const risks[RISK_DECISION_COUNT] = {
    [RISK_UNASKED] = "", [RISK_ALLOW] = "allow", [RISK_STEP_UP] = "step_up", [RISK_REVIEW] = "review", [RISK_DENY] = "deny",
};

static const char *const reviews[REVIEW_COUNT] = {
    [REVIEW_NONE] = "", [REVIEW_OPEN] = "open", [REVIEW_APPROVED] = "approved", [REVIEW_DECLINED] = "declined", [REVIEW_CLOSED] = "closed",
};

/* A copy of its exact size, with the last byte another one: must not be known. */
static str changed_copy(const char *word)
{
    str copy = exact_copy(str_of(word));
    if (copy.length > 0) ((char *)(uintptr_t)copy.bytes)[copy.length - 1] = '!';
    return copy;
}

static void all_are_different(const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        assert_row(words[i] != NULL, i);
        for (size_t other = 0; other < i; other++) assert_row(strcmp(words[i], words[other]) != 0, i);
    }
}

#define READ_BACK(words, enumeration, word_of, named)                       \
    for (size_t i = 0; i < COUNT_OF(words); i++) {                          \
        enum enumeration back = (enum enumeration)-1;                       \
        str copy = exact_copy(str_of(words[i])), other = changed_copy(words[i]); \
        assert_str(word_of((enum enumeration)i), copy);                     \
        assert_row(named(copy, &back) && back == (enum enumeration)i, i);   \
        assert_row(other.length == 0 || !named(other, &back), i);           \
        exact_free(copy);                                                   \
        exact_free(other);                                                  \
    }

static void refusals_have_words(void **state)
{
    (void)state;
    all_are_different(refusals, COUNT_OF(refusals));
    for (size_t i = 0; i < COUNT_OF(refusals); i++) assert_str(refusal_word((enum refusal)i), str_of(refusals[i]));
}

static void declines_have_words(void **state)
{
    (void)state;
    all_are_different(declines, COUNT_OF(declines));
    READ_BACK(declines, decline, decline_word, decline_named)
}

static void kinds_of_no_and_advice_have_words(void **state)
{
    (void)state;
    all_are_different(categories, COUNT_OF(categories));
    all_are_different(advices, COUNT_OF(advices));
    for (size_t i = 0; i < COUNT_OF(categories); i++) assert_str(category_word((enum decline_category)i), str_of(categories[i]));
    for (size_t i = 0; i < COUNT_OF(advices); i++) assert_str(advice_word((enum advice)i), str_of(advices[i]));
}

/* The four of them that another processor may be asked after, and no other one: least of all what nobody knows. */
static void what_follows_from_a_kind_of_no(void **state)
{
    (void)state;
    for (int i = CATEGORY_NONE; i < CATEGORY_COUNT; i++) {
        enum decline_category category = (enum decline_category)i;
        bool elsewhere = category == CATEGORY_ISSUER_DECLINED || category == CATEGORY_ISSUER_UNAVAILABLE || category == CATEGORY_NOT_ACCEPTED ||
                         category == CATEGORY_CARD_NOT_TAKEN;
        assert_row((category_advice(category) == ADVICE_OTHER_PROCESSOR) == elsewhere, i);
        assert_row((category_decline(category) == DECLINE_NONE) == (category == CATEGORY_NONE), i);
        enum decline same;
        if (decline_named(category_word(category), &same)) assert_row(category_decline(category) == same, i); /* one word, one meaning */
    }
    assert_int_equal(category_advice(CATEGORY_UNKNOWN), ADVICE_NONE);
    assert_int_equal(category_advice(CATEGORY_FRAUD_SUSPECTED), ADVICE_NEVER_AGAIN);
    assert_int_equal(category_advice(CATEGORY_INVALID_CVC), ADVICE_NEVER_AGAIN);
    assert_int_equal(category_advice(CATEGORY_REVOKED), ADVICE_NEVER_AGAIN);
    assert_int_equal(category_advice(CATEGORY_AUTHENTICATION_REQUIRED), ADVICE_STEP_UP);
    assert_int_equal(category_advice(CATEGORY_INSUFFICIENT_FUNDS), ADVICE_SAME_AGAIN);
}

static void payment_states_have_words(void **state)
{
    (void)state;
    all_are_different(payment_states, COUNT_OF(payment_states));
    READ_BACK(payment_states, payment_state, payment_state_word, payment_state_named)
}

static void operations_have_words(void **state)
{
    (void)state;
    all_are_different(operations, COUNT_OF(operations));
    all_are_different(operation_states, COUNT_OF(operation_states));
    READ_BACK(operations, operation_kind, operation_kind_word, operation_kind_named)
    READ_BACK(operation_states, operation_state, operation_state_word, operation_state_named)
}

static void events_have_words(void **state)
{
    (void)state;
    all_are_different(events, COUNT_OF(events));
    READ_BACK(events, event_kind, event_kind_word, event_kind_named)
}

static void fraud_checks_have_words(void **state)
{
    (void)state;
    all_are_different(risks, COUNT_OF(risks));
    all_are_different(reviews, COUNT_OF(reviews));
    READ_BACK(risks, risk_decision, risk_decision_word, risk_decision_named)
    READ_BACK(reviews, review, review_word, review_named)
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refusals_have_words),
        cmocka_unit_test(declines_have_words),
        cmocka_unit_test(kinds_of_no_and_advice_have_words),
        cmocka_unit_test(what_follows_from_a_kind_of_no),
        cmocka_unit_test(payment_states_have_words),
        cmocka_unit_test(operations_have_words),
        cmocka_unit_test(events_have_words),
        cmocka_unit_test(fraud_checks_have_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
