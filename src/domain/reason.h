/* SPDX-License-Identifier: Apache-2.0 */
/* reason: why not. Refusals by our rules, declines by a processor, and the words that the world sees for them. */
#ifndef FLORIN_DOMAIN_REASON_H
#define FLORIN_DOMAIN_REASON_H

#include "base/str.h"

/* The rules say no. The order is of no meaning; the words are stable. */
enum refusal {
    REFUSED_NOT, /* allowed */
    REFUSED_OPERATION_IN_PROGRESS,
    REFUSED_INVALID_STATE,
    REFUSED_AUTHORIZATION_EXPIRED,
    REFUSED_AMOUNT_EXCEEDS_AUTHORIZED,
    REFUSED_AMOUNT_EXCEEDS_CAPTURED,
    REFUSED_CURRENCY_MISMATCH,
    REFUSED_CURRENCY_NOT_SUPPORTED,
    REFUSED_PARTIAL_NOT_SUPPORTED,
    REFUSED_CVV_REQUIRED,
    REFUSED_REFERENCE_UNKNOWN, /* the processor's id that this needs was lost: only a person can do it there */
    REFUSED_EMAIL_REQUIRED,
    REFUSED_HOLD_NOT_SUPPORTED, /* the processor only sells */
    REFUSED_PAGE_NOT_SUPPORTED, /* the processor has no page on which a payer pays */
    REFUSED_CARD_EXPIRED,      /* by its own date: a decline without asking anybody */
    REFUSED_BY_RISK,           /* the fraud checks: a decline without asking anybody */
    REFUSED_STEP_UP_NOT_POSSIBLE, /* the fraud checks ask for one, and the payer cannot prove himself there: the same */
    REFUSED_NOT_APPROVED,      /* a review is open, or has declined it */
    REFUSED_NO_OPEN_REVIEW,
    REFUSED_TOKEN_UNKNOWN,
    REFUSED_TOKEN_DELETED,
    REFUSED_TOKEN_USED,        /* it was good for one payment */
    REFUSED_TOKEN_EXPIRED,
    REFUSED_DISPUTE_OPEN,      /* a refund would give the money back twice */
    REFUSED_TOKEN_UNREADABLE,  /* what is stored was changed: it does not open */
    REFUSAL_COUNT,
};

/* The stable word of a refusal, as in a problem's `code`; "" for REFUSED_NOT. */
str refusal_word(enum refusal refusal);

/* Why a processor declined an authorization. */
enum decline {
    DECLINE_NONE,
    DECLINE_INSUFFICIENT_FUNDS,
    DECLINE_EXPIRED_CARD,
    DECLINE_INVALID_CARD,
    DECLINE_INVALID_CVC,
    DECLINE_FRAUD_SUSPECTED,
    DECLINE_AUTHENTICATION_REQUIRED,
    DECLINE_CARD_DECLINED, /* no reason was given, or none that we know */
    DECLINE_COUNT,
};

/* The stable word of a decline, as in `decline_code`; "" for DECLINE_NONE. */
str decline_word(enum decline decline);
bool decline_named(str word, enum decline *out) MUST_CHECK;

#endif
