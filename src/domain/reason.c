/* SPDX-License-Identifier: Apache-2.0 */
/* reason: the words. What was once told or stored keeps its word for ever. */
#include "domain/reason.h"

static const char *const refusal_words[REFUSAL_COUNT] = {
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
    [REFUSED_HOLD_NOT_SUPPORTED] = "hold_not_supported",
    [REFUSED_PAGE_NOT_SUPPORTED] = "payment_method_not_supported",
    [REFUSED_REFERENCE_UNKNOWN] = "processor_reference_unknown",
    [REFUSED_CARD_EXPIRED] = "card_declined",
    [REFUSED_BY_RISK] = "denied_by_risk",
    [REFUSED_STEP_UP_NOT_POSSIBLE] = "step_up_not_possible",
    [REFUSED_NOT_APPROVED] = "not_approved",
    [REFUSED_NO_OPEN_REVIEW] = "no_open_review",
    [REFUSED_TOKEN_UNKNOWN] = "token_unknown",
    [REFUSED_TOKEN_DELETED] = "token_deleted",
    [REFUSED_TOKEN_USED] = "token_used",
    [REFUSED_TOKEN_EXPIRED] = "token_expired",
    [REFUSED_DISPUTE_OPEN] = "dispute_open",
    [REFUSED_TOKEN_UNREADABLE] = "token_unreadable",
};

str refusal_word(enum refusal refusal) { return str_of(refusal_words[refusal]); }

static const char *const decline_words[DECLINE_COUNT] = {
    [DECLINE_NONE] = "",
    [DECLINE_INSUFFICIENT_FUNDS] = "insufficient_funds",
    [DECLINE_EXPIRED_CARD] = "expired_card",
    [DECLINE_INVALID_CARD] = "invalid_card",
    [DECLINE_INVALID_CVC] = "invalid_cvc",
    [DECLINE_FRAUD_SUSPECTED] = "fraud_suspected",
    [DECLINE_AUTHENTICATION_REQUIRED] = "authentication_required",
    [DECLINE_CARD_DECLINED] = "card_declined",
};

str decline_word(enum decline decline) { return str_of(decline_words[decline]); }

bool decline_named(str word, enum decline *out)
{
    for (int i = 0; i < DECLINE_COUNT; i++) {
        if (!str_equal(word, str_of(decline_words[i]))) continue;
        *out = (enum decline)i;
        return true;
    }
    return false;
}

/* ---- what a decline means ---- */

/* clang-format off */
static const struct meaning {
    const char *word;
    enum decline decline;
    enum advice advice;
} meanings[CATEGORY_COUNT] = {
    [CATEGORY_NONE]                    = { "",                        DECLINE_NONE,                    ADVICE_NONE            },
    [CATEGORY_INSUFFICIENT_FUNDS]      = { "insufficient_funds",      DECLINE_INSUFFICIENT_FUNDS,      ADVICE_SAME_AGAIN      },
    [CATEGORY_EXPIRED_CARD]            = { "expired_card",            DECLINE_EXPIRED_CARD,            ADVICE_NEVER_AGAIN     },
    [CATEGORY_INVALID_CARD]            = { "invalid_card",            DECLINE_INVALID_CARD,            ADVICE_NEVER_AGAIN     },
    [CATEGORY_INVALID_CVC]             = { "invalid_cvc",             DECLINE_INVALID_CVC,             ADVICE_NEVER_AGAIN     },
    [CATEGORY_FRAUD_SUSPECTED]         = { "fraud_suspected",         DECLINE_FRAUD_SUSPECTED,         ADVICE_NEVER_AGAIN     },
    [CATEGORY_AUTHENTICATION_REQUIRED] = { "authentication_required", DECLINE_AUTHENTICATION_REQUIRED, ADVICE_STEP_UP         },
    [CATEGORY_ISSUER_DECLINED]         = { "issuer_declined",         DECLINE_CARD_DECLINED,           ADVICE_OTHER_PROCESSOR },
    [CATEGORY_ISSUER_UNAVAILABLE]      = { "issuer_unavailable",      DECLINE_CARD_DECLINED,           ADVICE_OTHER_PROCESSOR },
    [CATEGORY_NOT_ACCEPTED]            = { "not_accepted",            DECLINE_CARD_DECLINED,           ADVICE_OTHER_PROCESSOR },
    [CATEGORY_CARD_NOT_TAKEN]            = { "card_not_taken",          DECLINE_INVALID_CARD,            ADVICE_OTHER_PROCESSOR },
    [CATEGORY_PAYER_NEEDED]            = { "payer_needed",            DECLINE_CARD_DECLINED,           ADVICE_SAME_AGAIN      },
    [CATEGORY_REVOKED]                 = { "revoked",                 DECLINE_CARD_DECLINED,           ADVICE_NEVER_AGAIN     },
    [CATEGORY_DUPLICATE]               = { "duplicate",               DECLINE_CARD_DECLINED,           ADVICE_NEVER_AGAIN     },
    [CATEGORY_UNKNOWN]                 = { "unknown",                 DECLINE_CARD_DECLINED,           ADVICE_NONE            },
};

static const char *const advice_words[ADVICE_COUNT] = {
    [ADVICE_NONE]            = "",
    [ADVICE_SAME_AGAIN]      = "same_again",
    [ADVICE_OTHER_PROCESSOR] = "other_processor",
    [ADVICE_STEP_UP]         = "step_up",
    [ADVICE_NEVER_AGAIN]     = "never_again",
};
/* clang-format on */

str category_word(enum decline_category category) { return str_of(meanings[category].word); }
str advice_word(enum advice advice) { return str_of(advice_words[advice]); }
enum decline category_decline(enum decline_category category) { return meanings[category].decline; }
enum advice category_advice(enum decline_category category) { return meanings[category].advice; }
