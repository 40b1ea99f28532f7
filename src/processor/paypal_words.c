/* SPDX-License-Identifier: Apache-2.0 */
/* paypal_words: issues and response codes, as tables. */
#include "processor/paypal_words.h"

#include "processor/answer.h"

struct paypal_word {
    const char *word;
    enum outcome_kind kind;
    enum decline_category category;
};

/* clang-format off */

/* Issues that are more than "no": the rest is refused. */
static const struct paypal_word issues[] = {
    { "INSTRUMENT_DECLINED",                       OUTCOME_DECLINED, CATEGORY_ISSUER_DECLINED },
    { "PAYMENT_SOURCE_DECLINED_BY_PROCESSOR",      OUTCOME_DECLINED, CATEGORY_ISSUER_DECLINED },
    { "PAYMENT_SOURCE_CANNOT_BE_USED",             OUTCOME_DECLINED, CATEGORY_NOT_ACCEPTED },
    { "TRANSACTION_REFUSED",                       OUTCOME_DECLINED, CATEGORY_ISSUER_DECLINED },
    { "PAYER_CANNOT_PAY",                          OUTCOME_DECLINED, CATEGORY_NOT_ACCEPTED },
    { "DECLINED_DUE_TO_RELATED_TXN",               OUTCOME_DECLINED, CATEGORY_ISSUER_DECLINED },
    { "ALIAS_DECLINED_BY_PROCESSOR",               OUTCOME_DECLINED, CATEGORY_ISSUER_DECLINED },
    { "REDIRECT_PAYER_FOR_ALTERNATE_FUNDING",      OUTCOME_DECLINED, CATEGORY_PAYER_NEEDED },
    { "CARD_EXPIRED",                              OUTCOME_DECLINED, CATEGORY_EXPIRED_CARD },
    { "REFERENCED_CARD_EXPIRED",                   OUTCOME_DECLINED, CATEGORY_EXPIRED_CARD },
    { "INVALID_EXPIRY_DATE",                       OUTCOME_DECLINED, CATEGORY_EXPIRED_CARD },
    { "CARD_BRAND_NOT_SUPPORTED",                  OUTCOME_DECLINED, CATEGORY_CARD_NOT_TAKEN },
    { "CARD_TYPE_NOT_SUPPORTED",                   OUTCOME_DECLINED, CATEGORY_CARD_NOT_TAKEN },
    { "CARD_NUMBER_REQUIRED",                      OUTCOME_DECLINED, CATEGORY_INVALID_CARD },
    { "CARD_EXPIRY_REQUIRED",                      OUTCOME_DECLINED, CATEGORY_INVALID_CARD },
    { "BILLING_ADDRESS_INVALID",                   OUTCOME_DECLINED, CATEGORY_INVALID_CARD },
    { "PAYMENT_SOURCE_INFO_CANNOT_BE_VERIFIED",    OUTCOME_DECLINED, CATEGORY_INVALID_CARD },
    { "INVALID_SECURITY_CODE_LENGTH",              OUTCOME_DECLINED, CATEGORY_INVALID_CVC },
    { "COMPLIANCE_VIOLATION",                      OUTCOME_DECLINED, CATEGORY_FRAUD_SUSPECTED },
    { "PAYEE_BLOCKED_TRANSACTION",                 OUTCOME_DECLINED, CATEGORY_FRAUD_SUSPECTED },
    { "TRANSACTION_BLOCKED_BY_PAYEE",              OUTCOME_DECLINED, CATEGORY_FRAUD_SUSPECTED },
    { "PAYER_ACCOUNT_RESTRICTED",                  OUTCOME_DECLINED, CATEGORY_FRAUD_SUSPECTED },
    { "PAYER_ACCOUNT_LOCKED_OR_CLOSED",            OUTCOME_DECLINED, CATEGORY_FRAUD_SUSPECTED },
    { "PAYER_ACTION_REQUIRED",                     OUTCOME_DECLINED, CATEGORY_AUTHENTICATION_REQUIRED },
    { "ORDER_NOT_APPROVED",                        OUTCOME_DECLINED, CATEGORY_AUTHENTICATION_REQUIRED },
    { "CONSENT_NEEDED",                            OUTCOME_DECLINED, CATEGORY_AUTHENTICATION_REQUIRED },
    { "3DS_CARDS_NOT_SUPPORTED",                   OUTCOME_DECLINED, CATEGORY_AUTHENTICATION_REQUIRED },
    { "TRANSACTION_LIMIT_EXCEEDED",                OUTCOME_DECLINED, CATEGORY_INSUFFICIENT_FUNDS },
    { "TRANSACTION_RECEIVING_LIMIT_EXCEEDED",      OUTCOME_DECLINED, CATEGORY_INSUFFICIENT_FUNDS },
    { "MAX_NUMBER_OF_PAYMENT_ATTEMPTS_EXCEEDED",   OUTCOME_DECLINED, CATEGORY_INSUFFICIENT_FUNDS },
    { "ORDER_ALREADY_AUTHORIZED",                  OUTCOME_OPEN,     CATEGORY_NONE }, /* the order tells by whom */
    { "AUTHORIZATION_ALREADY_CAPTURED",            OUTCOME_OPEN,     CATEGORY_NONE },
    { "AUTHORIZATION_EXPIRED",                     OUTCOME_EXPIRED,  CATEGORY_NONE },
    { "AUTHORIZATION_VOIDED",                      OUTCOME_EXPIRED,  CATEGORY_NONE },
    { "PREVIOUSLY_VOIDED",                         OUTCOME_ALREADY,  CATEGORY_NONE },
    { "CAPTURE_FULLY_REFUNDED",                    OUTCOME_OPEN,     CATEGORY_NONE },
    { "DUPLICATE_INVOICE_ID",                      OUTCOME_OPEN,     CATEGORY_NONE }, /* of a capture or refund: it is our reference */
    { "PREVIOUS_REQUEST_IN_PROGRESS",              OUTCOME_BUSY,     CATEGORY_NONE },
    { "ORDER_COMPLETION_IN_PROGRESS",              OUTCOME_BUSY,     CATEGORY_NONE },
};

/* What the card's bank said. What is not here is unknown: what it means, or whether it left something behind (0800 wants to be reversed). */
static const struct {
    enum decline_category category;
    const char *codes;
} responses[] = {
    { CATEGORY_ISSUER_DECLINED,        "0500 5100 10BR 1393 5210 9540" },
    { CATEGORY_ISSUER_UNAVAILABLE,     "0880 0960 5920 8000 8010 8100 8110 8220 9100 PPER PPNT" },
    { CATEGORY_NOT_ACCEPTED,           "5700 1300 1310 1312 1317 1320 1340 1350 1360 1370 1390 8020 8030 PPAE PPCT PPCU PPDI PPFV PPII PPMC PPNM PPRR PPUA" },
    { CATEGORY_PAYER_NEEDED,           "0100 0890 5130 5135 5160 5500 7900 9530" },
    { CATEGORY_REVOKED,                "5910 PPRN" },
    { CATEGORY_DUPLICATE,              "5200" },
    { CATEGORY_INSUFFICIENT_FUNDS,     "5120 5710 PPEL PPAX PPNL" },
    { CATEGORY_EXPIRED_CARD,           "5400 1380 PPEX PPEF" },
    { CATEGORY_INVALID_CARD,           "1330 1335 1352 0390 5140 5180 6300 5930 5950 PP06 PPAB PPFI 7800 5170 5190 PPAD PPAV" },
    { CATEGORY_INVALID_CVC,            "00N7 5110 1382 PCVV PPC2" },
    { CATEGORY_FRAUD_SUSPECTED,        "9500 9510 9520 5150 PPSC 0580" },
    { CATEGORY_AUTHENTICATION_REQUIRED,"5650 7700 7710 PPD3" },
};
/* clang-format on */

static const struct paypal_word *find_word(const struct paypal_word *rows, size_t count, str word)
{
    for (size_t i = 0; i < count; i++) {
        if (str_equal(word, str_of(rows[i].word))) return &rows[i];
    }
    return NULL;
}

/* Its bank may add that the card is not to be tried again, whatever the code. */
static bool wants_no_more(str advice) { return str_equal(advice, STR("03")) || str_equal(advice, STR("21")); }

static enum decline_category category_of(str code)
{
    for (size_t i = 0; i < COUNT_OF(responses); i++) {
        str rest = str_of(responses[i].codes);
        while (rest.length > 0) {
            if (str_equal(str_cut(rest, ' ', &rest), code)) return responses[i].category;
        }
    }
    return CATEGORY_UNKNOWN;
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
    out->category = row ? row->category : CATEGORY_NONE;
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

void paypal_read_response(const struct json *response, struct outcome *out)
{
    str code = json_string(json_find(response, "response_code"));
    outcome_keep_word(out, code.length > 0 ? code : STR("DENIED"));
    out->kind = OUTCOME_DECLINED;
    out->category = wants_no_more(json_string(json_find(response, "payment_advice_code"))) ? CATEGORY_REVOKED : category_of(code);
}

void paypal_read_absence(str word, struct outcome *out)
{
    outcome_keep_word(out, word);
    out->kind = OUTCOME_DECLINED;
    out->category = CATEGORY_AUTHENTICATION_REQUIRED;
}
