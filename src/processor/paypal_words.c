/* SPDX-License-Identifier: Apache-2.0 */
/* paypal_words: issues and response codes, as tables. */
#include "processor/paypal_words.h"

#include "processor/answer.h"

struct paypal_word {
    const char *word;
    enum outcome_kind kind;
    enum decline decline;
};

/* clang-format off */

/* Issues that are more than "no": the rest is refused. */
static const struct paypal_word issues[] = {
    { "INSTRUMENT_DECLINED",                       OUTCOME_DECLINED, DECLINE_CARD_DECLINED },
    { "PAYMENT_SOURCE_DECLINED_BY_PROCESSOR",      OUTCOME_DECLINED, DECLINE_CARD_DECLINED },
    { "PAYMENT_SOURCE_CANNOT_BE_USED",             OUTCOME_DECLINED, DECLINE_CARD_DECLINED },
    { "TRANSACTION_REFUSED",                       OUTCOME_DECLINED, DECLINE_CARD_DECLINED },
    { "PAYER_CANNOT_PAY",                          OUTCOME_DECLINED, DECLINE_CARD_DECLINED },
    { "DECLINED_DUE_TO_RELATED_TXN",               OUTCOME_DECLINED, DECLINE_CARD_DECLINED },
    { "ALIAS_DECLINED_BY_PROCESSOR",               OUTCOME_DECLINED, DECLINE_CARD_DECLINED },
    { "REDIRECT_PAYER_FOR_ALTERNATE_FUNDING",      OUTCOME_DECLINED, DECLINE_CARD_DECLINED },
    { "CARD_EXPIRED",                              OUTCOME_DECLINED, DECLINE_EXPIRED_CARD },
    { "REFERENCED_CARD_EXPIRED",                   OUTCOME_DECLINED, DECLINE_EXPIRED_CARD },
    { "INVALID_EXPIRY_DATE",                       OUTCOME_DECLINED, DECLINE_EXPIRED_CARD },
    { "CARD_BRAND_NOT_SUPPORTED",                  OUTCOME_DECLINED, DECLINE_INVALID_CARD },
    { "CARD_TYPE_NOT_SUPPORTED",                   OUTCOME_DECLINED, DECLINE_INVALID_CARD },
    { "CARD_NUMBER_REQUIRED",                      OUTCOME_DECLINED, DECLINE_INVALID_CARD },
    { "CARD_EXPIRY_REQUIRED",                      OUTCOME_DECLINED, DECLINE_INVALID_CARD },
    { "BILLING_ADDRESS_INVALID",                   OUTCOME_DECLINED, DECLINE_INVALID_CARD },
    { "PAYMENT_SOURCE_INFO_CANNOT_BE_VERIFIED",    OUTCOME_DECLINED, DECLINE_INVALID_CARD },
    { "INVALID_SECURITY_CODE_LENGTH",              OUTCOME_DECLINED, DECLINE_INVALID_CVC },
    { "COMPLIANCE_VIOLATION",                      OUTCOME_DECLINED, DECLINE_FRAUD_SUSPECTED },
    { "PAYEE_BLOCKED_TRANSACTION",                 OUTCOME_DECLINED, DECLINE_FRAUD_SUSPECTED },
    { "TRANSACTION_BLOCKED_BY_PAYEE",              OUTCOME_DECLINED, DECLINE_FRAUD_SUSPECTED },
    { "PAYER_ACCOUNT_RESTRICTED",                  OUTCOME_DECLINED, DECLINE_FRAUD_SUSPECTED },
    { "PAYER_ACCOUNT_LOCKED_OR_CLOSED",            OUTCOME_DECLINED, DECLINE_FRAUD_SUSPECTED },
    { "PAYER_ACTION_REQUIRED",                     OUTCOME_DECLINED, DECLINE_AUTHENTICATION_REQUIRED },
    { "ORDER_NOT_APPROVED",                        OUTCOME_DECLINED, DECLINE_AUTHENTICATION_REQUIRED },
    { "CONSENT_NEEDED",                            OUTCOME_DECLINED, DECLINE_AUTHENTICATION_REQUIRED },
    { "3DS_CARDS_NOT_SUPPORTED",                   OUTCOME_DECLINED, DECLINE_AUTHENTICATION_REQUIRED },
    { "TRANSACTION_LIMIT_EXCEEDED",                OUTCOME_DECLINED, DECLINE_INSUFFICIENT_FUNDS },
    { "TRANSACTION_RECEIVING_LIMIT_EXCEEDED",      OUTCOME_DECLINED, DECLINE_INSUFFICIENT_FUNDS },
    { "MAX_NUMBER_OF_PAYMENT_ATTEMPTS_EXCEEDED",   OUTCOME_DECLINED, DECLINE_INSUFFICIENT_FUNDS },
    { "ORDER_ALREADY_AUTHORIZED",                  OUTCOME_OPEN,     DECLINE_NONE }, /* the order tells by whom */
    { "AUTHORIZATION_ALREADY_CAPTURED",            OUTCOME_OPEN,     DECLINE_NONE },
    { "AUTHORIZATION_EXPIRED",                     OUTCOME_EXPIRED,  DECLINE_NONE },
    { "AUTHORIZATION_VOIDED",                      OUTCOME_EXPIRED,  DECLINE_NONE },
    { "PREVIOUSLY_VOIDED",                         OUTCOME_ALREADY,  DECLINE_NONE },
    { "CAPTURE_FULLY_REFUNDED",                    OUTCOME_OPEN,     DECLINE_NONE },
    { "DUPLICATE_INVOICE_ID",                      OUTCOME_OPEN,     DECLINE_NONE }, /* of a capture or refund: it is our reference */
    { "PREVIOUS_REQUEST_IN_PROGRESS",              OUTCOME_BUSY,     DECLINE_NONE },
    { "ORDER_COMPLETION_IN_PROGRESS",              OUTCOME_BUSY,     DECLINE_NONE },
};

/* What the card's bank said; what is not here is a plain decline. */
static const struct paypal_word responses[] = {
    { "5120", OUTCOME_DECLINED, DECLINE_INSUFFICIENT_FUNDS }, { "5710", OUTCOME_DECLINED, DECLINE_INSUFFICIENT_FUNDS },
    { "PPEL", OUTCOME_DECLINED, DECLINE_INSUFFICIENT_FUNDS }, { "PPAX", OUTCOME_DECLINED, DECLINE_INSUFFICIENT_FUNDS },
    { "PPNL", OUTCOME_DECLINED, DECLINE_INSUFFICIENT_FUNDS }, { "5400", OUTCOME_DECLINED, DECLINE_EXPIRED_CARD },
    { "1380", OUTCOME_DECLINED, DECLINE_EXPIRED_CARD },       { "PPEX", OUTCOME_DECLINED, DECLINE_EXPIRED_CARD },
    { "PPEF", OUTCOME_DECLINED, DECLINE_EXPIRED_CARD },       { "1330", OUTCOME_DECLINED, DECLINE_INVALID_CARD },
    { "1335", OUTCOME_DECLINED, DECLINE_INVALID_CARD },       { "0390", OUTCOME_DECLINED, DECLINE_INVALID_CARD },
    { "5140", OUTCOME_DECLINED, DECLINE_INVALID_CARD },       { "5180", OUTCOME_DECLINED, DECLINE_INVALID_CARD },
    { "6300", OUTCOME_DECLINED, DECLINE_INVALID_CARD },       { "5930", OUTCOME_DECLINED, DECLINE_INVALID_CARD },
    { "5950", OUTCOME_DECLINED, DECLINE_INVALID_CARD },       { "PP06", OUTCOME_DECLINED, DECLINE_INVALID_CARD },
    { "PPAB", OUTCOME_DECLINED, DECLINE_INVALID_CARD },       { "PPFI", OUTCOME_DECLINED, DECLINE_INVALID_CARD },
    { "7800", OUTCOME_DECLINED, DECLINE_INVALID_CARD },       { "5170", OUTCOME_DECLINED, DECLINE_INVALID_CARD },
    { "5190", OUTCOME_DECLINED, DECLINE_INVALID_CARD },       { "PPAD", OUTCOME_DECLINED, DECLINE_INVALID_CARD },
    { "PPAV", OUTCOME_DECLINED, DECLINE_INVALID_CARD },       { "00N7", OUTCOME_DECLINED, DECLINE_INVALID_CVC },
    { "5110", OUTCOME_DECLINED, DECLINE_INVALID_CVC },        { "1382", OUTCOME_DECLINED, DECLINE_INVALID_CVC },
    { "PCVV", OUTCOME_DECLINED, DECLINE_INVALID_CVC },        { "PPC2", OUTCOME_DECLINED, DECLINE_INVALID_CVC },
    { "9500", OUTCOME_DECLINED, DECLINE_FRAUD_SUSPECTED },    { "9510", OUTCOME_DECLINED, DECLINE_FRAUD_SUSPECTED },
    { "9520", OUTCOME_DECLINED, DECLINE_FRAUD_SUSPECTED },    { "5150", OUTCOME_DECLINED, DECLINE_FRAUD_SUSPECTED },
    { "PPSC", OUTCOME_DECLINED, DECLINE_FRAUD_SUSPECTED },    { "0580", OUTCOME_DECLINED, DECLINE_FRAUD_SUSPECTED },
    { "5650", OUTCOME_DECLINED, DECLINE_AUTHENTICATION_REQUIRED }, { "7700", OUTCOME_DECLINED, DECLINE_AUTHENTICATION_REQUIRED },
    { "7710", OUTCOME_DECLINED, DECLINE_AUTHENTICATION_REQUIRED }, { "PPD3", OUTCOME_DECLINED, DECLINE_AUTHENTICATION_REQUIRED },
};
/* clang-format on */

static const struct paypal_word *find_word(const struct paypal_word *rows, size_t count, str word)
{
    for (size_t i = 0; i < count; i++) {
        if (str_equal(word, str_of(rows[i].word))) return &rows[i];
    }
    return NULL;
}

static void decline(const struct paypal_word *row, str word, struct outcome *out)
{
    outcome_keep_word(out, word);
    out->kind = OUTCOME_DECLINED;
    out->decline = row ? row->decline : DECLINE_CARD_DECLINED;
}

/* The first issue says most; the name says something where there are none. */
static str word_of(const struct json *error)
{
    str issue = json_string(json_find(json_first(json_find(error, "details")).value, "issue"));
    return issue.length > 0 ? issue : json_string(json_find(error, "name"));
}

static void read_issue(str word, struct outcome *out)
{
    const struct paypal_word *row = find_word(issues, COUNT_OF(issues), word);
    outcome_keep_word(out, word);
    out->kind = row ? row->kind : OUTCOME_REFUSED;
    out->decline = row ? row->decline : DECLINE_NONE;
}

/* A fault of PayPal's hides what was done; our keys not opening the door hides nothing, and a person has to mend it. */
static void read_illness(str word, bool may_have_happened, struct outcome *out)
{
    outcome_keep_word(out, word);
    out->kind = OUTCOME_BUSY;
    out->may_have_happened = may_have_happened;
    out->shows_illness = true;
}

void paypal_read_refusal(int status, const struct json *error, struct outcome *out)
{
    str word = word_of(error);
    if (word.length == 0 || status < 400) {
        outcome_keep_word(out, STR("not_understood"));
        out->shows_illness = true;
    } else if (status >= 500) {
        read_illness(word, true, out);
    } else if (status == 401 || status == 403) {
        read_illness(word, false, out);
    } else if (status == 429) {
        outcome_keep_word(out, word);
        out->kind = OUTCOME_BUSY;
    } else {
        read_issue(word, out);
        if (status == 404) out->kind = OUTCOME_DENIED;
        if (status == 409) out->kind = OUTCOME_BUSY;
    }
}

void paypal_read_response(str code, struct outcome *out)
{
    decline(find_word(responses, COUNT_OF(responses), code), code.length > 0 ? code : STR("DENIED"), out);
}

void paypal_read_absence(str word, struct outcome *out)
{
    decline(find_word(issues, COUNT_OF(issues), STR("ORDER_NOT_APPROVED")), word, out);
}
