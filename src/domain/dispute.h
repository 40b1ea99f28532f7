/* SPDX-License-Identifier: Apache-2.0 */
/* dispute: a payer takes his money back by his bank, or by the company that he paid with. Pure. */
#ifndef FLORIN_DOMAIN_DISPUTE_H
#define FLORIN_DOMAIN_DISPUTE_H

#include "base/str.h"

/* How far it has come. */
enum dispute_stage {
    DISPUTE_INQUIRY,    /* a question: no money has moved */
    DISPUTE_CHARGEBACK, /* the money was taken from the merchant, for the time being */
    DISPUTE_PRE_ARBITRATION,
    DISPUTE_ARBITRATION,
    DISPUTE_STAGE_COUNT,
};

/* Whose turn it is, or how it ended. */
enum dispute_state {
    DISPUTE_NEEDS_RESPONSE, /* the merchant's: evidence, or to give in */
    DISPUTE_UNDER_REVIEW,   /* somebody else's */
    DISPUTE_WON,            /* the money is, or stays, the merchant's */
    DISPUTE_LOST,           /* it is the payer's; also when the merchant gave in */
    DISPUTE_STATE_COUNT,
};

/* Words as stored and told; the others read them back, false for an unknown word. */
str dispute_stage_word(enum dispute_stage stage);
str dispute_state_word(enum dispute_state state);
bool dispute_stage_named(str word, enum dispute_stage *out) MUST_CHECK;
bool dispute_state_named(str word, enum dispute_state *out) MUST_CHECK;

/* Would a refund give the money back a second time? Not under an inquiry, which a refund can settle. */
bool dispute_blocks_refunds(enum dispute_stage stage, enum dispute_state state);

#endif
