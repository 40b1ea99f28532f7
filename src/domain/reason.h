/* SPDX-License-Identifier: Apache-2.0 */
/* reason: why not. Refusals by our rules, declines by a processor, and the words that the world sees for them. What the processors'
 * own words mean is a list in each one's file; what follows from that meaning stands here, once for all of them. */
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

/* Why a processor declined an authorization, as its merchant is told. */
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

/* What kind of no a processor's word is: as fine as it takes to know what may be done next. */
enum decline_category {
    CATEGORY_NONE,
    CATEGORY_INSUFFICIENT_FUNDS,
    CATEGORY_EXPIRED_CARD,
    CATEGORY_INVALID_CARD,
    CATEGORY_INVALID_CVC,
    CATEGORY_FRAUD_SUSPECTED,
    CATEGORY_AUTHENTICATION_REQUIRED,
    CATEGORY_ISSUER_DECLINED,    /* the card's bank says no, and not why */
    CATEGORY_ISSUER_UNAVAILABLE, /* the card's bank could not be asked from there */
    CATEGORY_NOT_ACCEPTED,       /* this processor, or our account with it, does not take such a card or such a payment */
    CATEGORY_CARD_NOT_TAKEN,     /* this processor does not know such a card, or does not take it */
    CATEGORY_PAYER_NEEDED,       /* the payer has to speak with his bank first */
    CATEGORY_REVOKED,            /* the card's bank or its owner wants no further try */
    CATEGORY_DUPLICATE,          /* it takes it for a payment that it has had */
    CATEGORY_UNKNOWN,            /* a word that is in no list */
    CATEGORY_COUNT,
};

/* What may be done after such a decline. */
enum advice {
    ADVICE_NONE,            /* nobody knows: nothing is done by itself */
    ADVICE_SAME_AGAIN,      /* it may work later, at any processor alike */
    ADVICE_OTHER_PROCESSOR, /* another processor may get a yes now */
    ADVICE_STEP_UP,         /* the payer has to prove who he is */
    ADVICE_NEVER_AGAIN,     /* not with this card and these data */
    ADVICE_COUNT,
};

/* Stable words, as in the history; "" for the first of each. */
str category_word(enum decline_category category);
str advice_word(enum advice advice);

/* What the merchant is told of a decline of that category, and what may be done next. */
enum decline category_decline(enum decline_category category);
enum advice category_advice(enum decline_category category);

#endif
