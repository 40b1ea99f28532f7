/* SPDX-License-Identifier: Apache-2.0 */
/* dispute: the words, and the one rule. */
#include "domain/dispute.h"

static const char *const stage_words[DISPUTE_STAGE_COUNT] = { "inquiry", "chargeback", "pre_arbitration", "arbitration" };
static const char *const state_words[DISPUTE_STATE_COUNT] = { "needs_response", "under_review", "won", "lost" };

str dispute_stage_word(enum dispute_stage stage) { return str_of(stage_words[stage]); }
str dispute_state_word(enum dispute_state state) { return str_of(state_words[state]); }

bool dispute_stage_named(str word, enum dispute_stage *out)
{
    for (int i = 0; i < DISPUTE_STAGE_COUNT; i++) {
        if (!str_equal(word, str_of(stage_words[i]))) continue;
        *out = (enum dispute_stage)i;
        return true;
    }
    return false;
}

bool dispute_state_named(str word, enum dispute_state *out)
{
    for (int i = 0; i < DISPUTE_STATE_COUNT; i++) {
        if (!str_equal(word, str_of(state_words[i]))) continue;
        *out = (enum dispute_state)i;
        return true;
    }
    return false;
}

bool dispute_blocks_refunds(enum dispute_stage stage, enum dispute_state state)
{
    return stage != DISPUTE_INQUIRY && state != DISPUTE_WON;
}
