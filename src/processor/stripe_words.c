/* SPDX-License-Identifier: Apache-2.0 */
/* stripe_words: codes, as tables. The list of declines is the one of Stripe's own libraries. */
#include "processor/stripe_words.h"

#include "processor/answer.h"

struct decline_row {
    const char *word;
    enum decline_category category;
};

struct conflict_row {
    const char *word;
    enum outcome_kind kind;
};

/* A card that is declined says why by `decline_code`, else by `code`. */
/* clang-format off */
static const struct decline_row declines[] = {
    { "generic_decline",                       CATEGORY_ISSUER_DECLINED },
    { "do_not_honor",                          CATEGORY_ISSUER_DECLINED },
    { "no_action_taken",                       CATEGORY_ISSUER_DECLINED },
    { "payment_method_provider_decline",       CATEGORY_ISSUER_DECLINED },
    { "payment_intent_payment_attempt_failed", CATEGORY_ISSUER_DECLINED },
    { "issuer_not_available",                  CATEGORY_ISSUER_UNAVAILABLE },
    { "processing_error",                      CATEGORY_ISSUER_UNAVAILABLE },
    { "reenter_transaction",                   CATEGORY_ISSUER_UNAVAILABLE },
    { "try_again_later",                       CATEGORY_ISSUER_UNAVAILABLE },
    { "payment_method_provider_timeout",       CATEGORY_ISSUER_UNAVAILABLE },
    { "transaction_not_allowed",               CATEGORY_NOT_ACCEPTED },
    { "card_not_supported",                    CATEGORY_NOT_ACCEPTED },
    { "currency_not_supported",                CATEGORY_NOT_ACCEPTED },
    { "not_permitted",                         CATEGORY_NOT_ACCEPTED },
    { "service_not_allowed",                   CATEGORY_NOT_ACCEPTED },
    { "testmode_decline",                      CATEGORY_NOT_ACCEPTED },
    { "card_decline_rate_limit_exceeded",      CATEGORY_REVOKED },
    { "call_issuer",                           CATEGORY_PAYER_NEEDED },
    { "approve_with_id",                       CATEGORY_PAYER_NEEDED },
    { "incorrect_pin",                         CATEGORY_PAYER_NEEDED },
    { "invalid_pin",                           CATEGORY_PAYER_NEEDED },
    { "pin_try_exceeded",                      CATEGORY_PAYER_NEEDED },
    { "offline_pin_required",                  CATEGORY_PAYER_NEEDED },
    { "online_or_offline_pin_required",        CATEGORY_PAYER_NEEDED },
    { "payment_method_customer_decline",       CATEGORY_PAYER_NEEDED },
    { "insufficient_funds",                    CATEGORY_INSUFFICIENT_FUNDS },
    { "balance_insufficient",                  CATEGORY_INSUFFICIENT_FUNDS },
    { "card_velocity_exceeded",                CATEGORY_INSUFFICIENT_FUNDS },
    { "withdrawal_count_limit_exceeded",       CATEGORY_INSUFFICIENT_FUNDS },
    { "expired_card",                          CATEGORY_EXPIRED_CARD },
    { "invalid_expiry_month",                  CATEGORY_INVALID_CARD },
    { "invalid_expiry_year",                   CATEGORY_INVALID_CARD },
    { "incorrect_number",                      CATEGORY_INVALID_CARD },
    { "invalid_number",                        CATEGORY_INVALID_CARD },
    { "invalid_account",                       CATEGORY_INVALID_CARD },
    { "invalid_card_type",                     CATEGORY_INVALID_CARD },
    { "incorrect_zip",                         CATEGORY_INVALID_CARD },
    { "incorrect_address",                     CATEGORY_INVALID_CARD },
    { "new_account_information_available",     CATEGORY_INVALID_CARD },
    { "incorrect_cvc",                         CATEGORY_INVALID_CVC },
    { "invalid_cvc",                           CATEGORY_INVALID_CVC },
    { "fraudulent",                            CATEGORY_FRAUD_SUSPECTED },
    { "merchant_blacklist",                    CATEGORY_FRAUD_SUSPECTED },
    { "lost_card",                             CATEGORY_FRAUD_SUSPECTED },
    { "stolen_card",                           CATEGORY_FRAUD_SUSPECTED },
    { "pickup_card",                           CATEGORY_FRAUD_SUSPECTED },
    { "restricted_card",                       CATEGORY_REVOKED },
    { "security_violation",                    CATEGORY_FRAUD_SUSPECTED },
    { "do_not_try_again",                      CATEGORY_REVOKED },
    { "stop_payment_order",                    CATEGORY_REVOKED },
    { "revocation_of_authorization",           CATEGORY_REVOKED },
    { "revocation_of_all_authorizations",      CATEGORY_REVOKED },
    { "debit_not_authorized",                  CATEGORY_REVOKED },
    { "authentication_required",               CATEGORY_AUTHENTICATION_REQUIRED },
    { "payment_intent_authentication_failure", CATEGORY_AUTHENTICATION_REQUIRED },
    { "payment_intent_action_required",        CATEGORY_AUTHENTICATION_REQUIRED },
    { "duplicate_transaction",                 CATEGORY_DUPLICATE },
    { "invalid_amount",                        CATEGORY_NOT_ACCEPTED },
};

/* Of requests that Stripe finds fault with, those that are no plain refusal. */
static const struct conflict_row conflicts[] = {
    { "charge_already_captured",               OUTCOME_ALREADY },
    { "charge_already_refunded",               OUTCOME_ALREADY },
    { "charge_expired_for_capture",            OUTCOME_EXPIRED },
    { "capture_charge_authorization_expired",  OUTCOME_EXPIRED },
    { "idempotency_key_in_use",                OUTCOME_BUSY },
    { "lock_timeout",                          OUTCOME_BUSY },
    { "rate_limit",                            OUTCOME_BUSY },
    { "resource_missing",                      OUTCOME_DENIED },
};
/* clang-format on */

/* "card_declined" says less than the code beside it. From later versions on Stripe may add that no further try is wanted, whatever the
 * code. */
void stripe_read_decline(const struct json *error, struct outcome *out)
{
    str code = json_string(json_find(error, "code")), reason = json_string(json_find(error, "decline_code"));
    str word = reason.length > 0 ? reason : code;
    outcome_keep_word(out, word);
    out->kind = OUTCOME_DECLINED;
    out->category = CATEGORY_UNKNOWN;
    for (size_t i = 0; i < COUNT_OF(declines); i++) {
        if (str_equal(word, str_of(declines[i].word))) out->category = declines[i].category;
    }
    if (answer_says(error, "advice_code", STR("do_not_try_again"))) out->category = CATEGORY_REVOKED;
}

static const struct conflict_row *find_conflict(str word)
{
    for (size_t i = 0; i < COUNT_OF(conflicts); i++) {
        if (str_equal(word, str_of(conflicts[i].word))) return &conflicts[i];
    }
    return NULL;
}

/* An intent that has come to its end, by whomever: what it came to is inquired about. */
static enum outcome_kind conflict_of(const struct json *error)
{
    const struct json *intent = json_find(error, "payment_intent");
    bool has_ended = answer_says(intent, "status", STR("canceled")) || answer_says(intent, "status", STR("succeeded"));
    return has_ended ? OUTCOME_OPEN : OUTCOME_REFUSED;
}

static void read_fault(const struct json *error, struct outcome *out)
{
    str code = json_string(json_find(error, "code"));
    const struct conflict_row *row = find_conflict(code);
    outcome_keep_word(out, code.length > 0 ? code : json_string(json_find(error, "type")));
    if (str_equal(code, STR("payment_intent_unexpected_state"))) out->kind = conflict_of(error);
    else out->kind = row ? row->kind : OUTCOME_REFUSED;
}

/* A fault of Stripe's is kept under the key as well, and repeated for a day: then only an inquiry tells what it hid. */
static void read_illness(const struct processor_answer *answer, struct outcome *out)
{
    outcome_keep_word(out, STR("api_error"));
    out->kind = answer->replayed ? OUTCOME_OPEN : OUTCOME_BUSY;
    out->may_have_happened = true;
    out->shows_illness = true;
}

/* Our keys do not open the door, which a person has to mend: everything that can wait does. */
static void read_lock_out(const struct json *error, struct outcome *out)
{
    outcome_keep_word(out, json_string(json_find(error, "type")));
    out->kind = OUTCOME_BUSY;
    out->shows_illness = true;
}

void stripe_read_refusal(const struct processor_answer *answer, const struct json *body, struct outcome *out)
{
    const struct json *error = json_find(body, "error");
    bool is_busy = answer->status == 409 || answer->status == 429;
    if (answer->status >= 500 && error) {
        read_illness(answer, out);
    } else if (!error) {
        outcome_keep_word(out, STR("not_understood"));
        out->shows_illness = true;
    } else if (answer->status == 402) {
        stripe_read_decline(error, out);
    } else if (answer->status == 401 || answer->status == 403) {
        read_lock_out(error, out);
    } else if (answer->status == 400 || answer->status == 404 || is_busy) {
        read_fault(error, out);
        if (is_busy) out->kind = OUTCOME_BUSY;
    }
}
