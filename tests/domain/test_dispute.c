/* SPDX-License-Identifier: Apache-2.0 */
/* Words of disputes, and which of them keep refunds away. */
#include "base/base_testing.h"

#include "domain/dispute.h"

static const char *const stages[DISPUTE_STAGE_COUNT] = { "inquiry", "chargeback", "pre_arbitration", "arbitration" };
static const char *const states[DISPUTE_STATE_COUNT] = { "needs_response", "under_review", "won", "lost" };

static void words_are_read_back(void **state)
{
    (void)state;
    enum dispute_stage stage;
    enum dispute_state turn;
    for (int i = 0; i < DISPUTE_STAGE_COUNT; i++) {
        assert_str(dispute_stage_word((enum dispute_stage)i), str_of(stages[i]));
        assert_row(dispute_stage_named(str_of(stages[i]), &stage) && (int)stage == i, i);
    }
    for (int i = 0; i < DISPUTE_STATE_COUNT; i++) {
        assert_str(dispute_state_word((enum dispute_state)i), str_of(states[i]));
        assert_row(dispute_state_named(str_of(states[i]), &turn) && (int)turn == i, i);
    }
    assert_false(dispute_stage_named(STR(""), &stage) || dispute_stage_named(STR("won"), &stage));
    assert_false(dispute_state_named(STR(""), &turn) || dispute_state_named(STR("inquiry"), &turn));
}

static void open_and_lost_ones_keep_refunds_away_but_no_inquiry(void **state)
{
    (void)state;
    for (int stage = 0; stage < DISPUTE_STAGE_COUNT; stage++) {
        for (int turn = 0; turn < DISPUTE_STATE_COUNT; turn++) {
            bool expected = stage != DISPUTE_INQUIRY && turn != DISPUTE_WON;
            assert_row(dispute_blocks_refunds((enum dispute_stage)stage, (enum dispute_state)turn) == expected, stage * 10 + turn);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_read_back),
        cmocka_unit_test(open_and_lost_ones_keep_refunds_away_but_no_inquiry),
    };
    return cmocka_run_group_tests_name("dispute", tests, NULL, NULL);
}
