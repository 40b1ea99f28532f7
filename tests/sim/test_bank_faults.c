/* SPDX-License-Identifier: Apache-2.0 */
/* What each fault does to the book, to the key and to the answer; whom a planted fault meets; and time-outs. */
#include "sim/bank_stage.h"

#include <stdio.h>

#include "sim/bank_faults.h"

static const struct sim_bank_options calm = { .auth_expiry_hours = 168, .seed = 11 };

enum went { WHOLE, TWICE, NO_BYTE, HALF, CUT, AFTER_A_MINUTE };

struct fault_row {
    const char *name;
    int holds;    /* after one authorization that met it */
    bool is_kept; /* the same key replays afterwards */
    int status;   /* 0: none */
    enum went went;
    const char *says; /* a part of the body */
};

static const struct fault_row fault_rows[] = {
    /* name                holds kept   status went            says                          */
    { "fail",              0,    false, 500,   WHOLE,          "Random failure injection" },
    { "internal_500",      0,    false, 500,   WHOLE,          "\"internal_error\"" },
    { "act_then_500",      1,    false, 500,   WHOLE,          "\"internal_error\"" },
    { "act_then_hang_up",  1,    true,  0,     NO_BYTE,        "" },
    { "hang_up",           0,    false, 0,     NO_BYTE,        "" },
    { "hang_up_halfway",   1,    true,  0,     HALF,           "" },
    { "truncate",          1,    true,  0,     CUT,            "" },
    { "late",              1,    true,  200,   WHOLE,          "\"approved\"" },
    { "slow",              1,    true,  200,   WHOLE,          "\"approved\"" },
    { "twice",             1,    true,  200,   TWICE,          "\"approved\"" },
    { "internal_400",      0,    false, 400,   WHOLE,          "\"internal_error\"" },
    { "internal_400_done", 1,    false, 400,   WHOLE,          "\"internal_error\"" },
    { "wrong_amount",      1,    true,  200,   WHOLE,          "\"amount\":501," },
    { "wrong_id",          1,    true,  200,   WHOLE,          "\"amount\":500," },
    { "wrong_currency",    1,    true,  200,   WHOLE,          "\"EUR\"" },
    { "garbage",           1,    true,  200,   WHOLE,          "approved]" },
    { "html_502",          0,    false, 502,   WHOLE,          "<html>" },
    { "plain_400",         0,    false, 400,   WHOLE,          "bad request" },
    { "empty_200",         1,    true,  200,   WHOLE,          "" },
    { "not_found_400",     0,    false, 400,   WHOLE,          "\"invalid_card\"" },
    { "forget_key",        1,    false, 200,   WHOLE,          "\"approved\"" },
    { "ignore_key",        1,    false, 200,   WHOLE,          "\"approved\"" },
    { "silence",           0,    false, 0,     AFTER_A_MINUTE, "" },
    { "huge",              1,    true,  200,   WHOLE,          "\"approved\"" },
    { "already_used",      0,    false, 400,   WHOLE,          "\"authorization_already_used\"" },
    { "already_refunded",  0,    false, 400,   WHOLE,          "\"already_refunded\"" },
};

static void plant(struct stage *stage, const char *name, const char *more)
{
    char body[256];
    (void)snprintf(body, sizeof body, "{\"fault\": \"%s\"%s}", name, more);
    stage_control(stage, "POST", "/sim/faults", body);
}

static void assert_went(const struct client *client, const struct fault_row *row)
{
    const size_t least_head = 60; /* a status line and a date at least */
    switch (row->went) {
    case WHOLE: assert_true(client->answered && !client->answered_twice); break;
    case TWICE: assert_true(client->answered_twice); break;
    case NO_BYTE:
    case AFTER_A_MINUTE: assert_true(client->hung_up && client->bytes_before_hang_up == 0); break;
    case HALF:
    case CUT: assert_true(client->hung_up && client->bytes_before_hang_up > least_head); break;
    }
    if (client->status != row->status || !strstr(client->body, row->says)) fail_msg("%s: %s", row->name, client->body);
}

static void each_fault_does_what_its_row_says(void **state)
{
    (void)state;
    assert_int_equal(COUNT_OF(fault_rows), bank_fault_kind_count);
    for (size_t i = 0; i < COUNT_OF(fault_rows); i++) {
        const struct fault_row *row = &fault_rows[i];
        struct stage *stage = stage_open(&calm);
        plant(stage, row->name, "");
        micros before = stage->clock;
        struct client *client = stage_authorize(stage, "k", 500);
        assert_went(client, row);
        assert_int_equal(stage->clock - before >= 60 * MICROS_PER_SECOND, row->went == AFTER_A_MINUTE);
        assert_int_equal(stage_count(stage, "holds"), row->holds);
        assert_int_equal(stage_authorize(stage, "k", 500)->replayed, row->is_kept); /* the fault is used up */
        stage_close(stage);
    }
}

static void half_an_answer_is_half_of_its_bytes(void **state)
{
    (void)state;
    struct stage *stage = stage_open(&calm);
    size_t body_bytes = stage_authorize(stage, "a", 500)->body_length;
    plant(stage, "truncate", "");
    size_t truncated = stage_authorize(stage, "b", 500)->bytes_before_hang_up;
    plant(stage, "hang_up_halfway", "");
    size_t half = stage_authorize(stage, "c", 500)->bytes_before_hang_up;
    size_t head = truncated - body_bytes / 2;
    assert_in_range(half, (head + body_bytes) / 2 - 3, (head + body_bytes) / 2 + 3); /* a time may be a digit shorter */
    stage_close(stage);
}

static void a_huge_answer_is_the_answer_and_two_mebibytes(void **state)
{
    (void)state;
    struct stage *stage = stage_open(&calm);
    plant(stage, "huge", "");
    assert_true(stage_authorize(stage, "k", 500)->body_length > 2 * 1024 * 1024);
    stage_close(stage);
}

/* --- Acting and keeping, chosen by the test --- */

static void a_test_may_choose_whether_the_bank_acts_and_keeps(void **state)
{
    (void)state;
    static const struct {
        const char *name, *more;
        int holds;
        bool is_kept;
    } rows[] = {
        { "html_502",         ", \"acts\": true",                        1, false },
        { "html_502",         ", \"acts\": true, \"store_key\": true",   1, true },
        { "silence",          ", \"acts\": true",                        1, false },
        { "plain_400",        ", \"acts\": true, \"store_key\": true",   1, true },
        { "garbage",          ", \"acts\": false",                       0, false },
        { "wrong_amount",     ", \"acts\": false",                       0, false },
        { "late",             ", \"acts\": false",                       0, false },
        { "twice",            ", \"acts\": false",                       0, false },
        { "act_then_hang_up", ", \"store_key\": false",                  1, false },
        { "act_then_500",     ", \"store_key\": true",                   1, true },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct stage *stage = stage_open(&calm);
        plant(stage, rows[i].name, rows[i].more);
        (void)stage_authorize(stage, "k", 500);
        if (stage_count(stage, "holds") != rows[i].holds) fail_msg("row %zu", i);
        if (stage_authorize(stage, "k", 500)->replayed != rows[i].is_kept) fail_msg("row %zu", i);
        stage_close(stage);
    }
}

/* --- Whom a fault meets --- */

static void a_fault_meets_those_that_it_is_meant_for(void **state)
{
    (void)state;
    static const struct {
        const char *more;
        const char *meets; /* of ten authorizations with the keys 0 to 9 */
    } rows[] = {
        { "",                                                        "x........." },
        { ", \"times\": 3",                                          "xxx......." },
        { ", \"times\": 0",                                          "xxxxxxxxxx" },
        { ", \"after\": 2",                                          "..x......." },
        { ", \"after\": 2, \"times\": 2",                            "..xx......" },
        { ", \"key\": \"4\"",                                        "....x....." },
        { ", \"path\": \"/api/v1/authorizations\"",                  "x........." },
        { ", \"path\": \"/api/v1/*\"",                               "x........." },
        { ", \"path\": \"/api/v1/captures\"",                        ".........." },
        { ", \"path\": \"/api/v1/authorizations/*\"",                ".........." },
        { ", \"card\": \"4111111111111111\", \"times\": 2",          "xx........" },
        { ", \"card\": \"4242424242424242\"",                        ".........." },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct stage *stage = stage_open(&calm);
        plant(stage, "fail", rows[i].more);
        for (int k = 0; k < 10; k++) {
            char key[2] = { (char)('0' + k), '\0' };
            bool is_met = stage_authorize(stage, key, 5)->status == 500;
            if (is_met != (rows[i].meets[k] == 'x')) fail_msg("row %zu, request %d", i, k);
        }
        stage_close(stage);
    }
}

static void faults_are_met_in_the_order_in_which_they_were_planted(void **state)
{
    (void)state;
    struct stage *stage = stage_open(&calm);
    plant(stage, "html_502", "");
    plant(stage, "plain_400", "");
    plant(stage, "fail", ", \"times\": 0");
    assert_int_equal(stage_authorize(stage, "a", 5)->status, 502);
    assert_int_equal(stage_authorize(stage, "b", 5)->status, 400);
    assert_int_equal(stage_authorize(stage, "c", 5)->status, 500);
    assert_int_equal(stage_authorize(stage, "d", 5)->status, 500);
    stage_control(stage, "DELETE", "/sim/faults", "");
    assert_int_equal(stage_authorize(stage, "e", 5)->status, 200);
    stage_close(stage);
}

static void what_lies_on_the_way_meets_replays_too(void **state)
{
    (void)state;
    struct stage *stage = stage_open(&calm);
    plant(stage, "act_then_hang_up", ", \"times\": 3");
    for (int i = 0; i < 3; i++) assert_true(stage_authorize(stage, "k", 5)->hung_up);
    assert_true(stage_authorize(stage, "k", 5)->replayed);
    plant(stage, "fail", "");
    assert_true(stage_authorize(stage, "k", 5)->replayed); /* chance knows no replays */
    assert_int_equal(stage_authorize(stage, "l", 5)->status, 500);
    plant(stage, "ignore_key", "");
    assert_false(stage_authorize(stage, "k", 5)->replayed); /* the lookup failed open */
    assert_int_equal(stage_count(stage, "holds"), 2);
    stage_close(stage);
}

static void forgotten_keys_are_forgotten_at_once(void **state)
{
    (void)state;
    struct stage *stage = stage_open(&calm);
    (void)stage_authorize(stage, "a", 5);
    (void)stage_authorize(stage, "b", 5);
    plant(stage, "forget_keys", "");
    assert_false(stage_authorize(stage, "a", 5)->replayed);
    assert_false(stage_authorize(stage, "b", 5)->replayed);
    assert_true(stage_authorize(stage, "b", 5)->replayed);
    assert_int_equal(stage_count(stage, "holds"), 4);
    stage_close(stage);
}

/* --- Time --- */

static void latency_lies_before_or_behind_the_act(void **state)
{
    (void)state;
    static const struct {
        const char *name, *more;
        int64_t acts_after_ms, answers_after_ms;
    } rows[] = {
        { "late", ", \"latency_ms\": 3000", 50,   3050 },
        { "slow", ", \"latency_ms\": 3000", 3000, 3000 },
        { "fail", ", \"latency_ms\": 0",    -1,   0    },
        { "twice", "",                      50,   50   },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct sim_bank_options options = { .auth_expiry_hours = 1, .latency_ms = { 50, 50 } };
        struct stage *stage = stage_open(&options);
        int64_t acted_at = -1, answered_at = -1;
        plant(stage, rows[i].name, rows[i].more);
        struct client *client = stage_begin(stage, "POST", "/api/v1/authorizations", "k",
                                            "{\"card_number\":\"4111111111111111\",\"cvv\":\"123\",\"amount\":5}");
        for (int64_t ms = 0; answered_at < 0; ms += 10) {
            if (acted_at < 0 && stage_count(stage, "holds") == 1) acted_at = ms;
            if (client->answered) answered_at = ms;
            stage_pass_ms(stage, 10);
        }
        if (acted_at != rows[i].acts_after_ms || answered_at != rows[i].answers_after_ms) {
            fail_msg("row %zu: acted %d, answered %d", i, (int)acted_at, (int)answered_at);
        }
        stage_close(stage);
    }
}

static void an_answer_later_than_15_seconds_is_thrown_away(void **state)
{
    (void)state;
    struct stage *stage = stage_open(&calm);
    plant(stage, "slow", ", \"latency_ms\": 15000");
    assert_int_equal(stage_authorize(stage, "in time", 5)->status, 200);
    plant(stage, "slow", ", \"latency_ms\": 15001");
    struct client *client = stage_authorize(stage, "late", 5);
    assert_true(client->hung_up && client->bytes_before_hang_up == 0);
    assert_int_equal(stage_count(stage, "holds"), 2);
    assert_true(stage_authorize(stage, "late", 5)->replayed);
    stage_close(stage);
}

static void latency_is_drawn_between_its_limits(void **state)
{
    (void)state;
    struct sim_bank_options options = { .auth_expiry_hours = 1, .latency_ms = { 10, 20 }, .seed = 5 };
    struct stage *stage = stage_open(&options);
    int seen[21] = { 0 };
    for (int i = 0; i < 200; i++) {
        micros before = stage->clock;
        (void)stage_ask(stage, "GET", "/api/v1/nowhere", NULL, ""); /* unknown paths sleep as well */
        micros took_ms = (stage->clock - before) / MICROS_PER_MS;
        assert_in_range(took_ms, 10, 19);
        seen[took_ms]++;
    }
    for (int ms = 10; ms < 20; ms++) assert_true(seen[ms] > 0);
    micros before = stage->clock;
    assert_int_equal(stage_ask(stage, "GET", "/health", NULL, "")->status, 200);
    assert_int_equal(stage->clock, before);
    stage_close(stage);
}

static void the_silent_are_let_go_at_the_end(void **state)
{
    (void)state;
    struct sim_bank_options options = { .auth_expiry_hours = 1, .latency_ms = { 50, 50 } };
    struct stage *stage = stage_open(&options);
    plant(stage, "silence", ", \"key\": \"silent\"");
    struct client *silent = stage_begin(stage, "POST", "/api/v1/voids", "silent", "{}");
    stage_pass_ms(stage, 60);
    struct client *sleeping = stage_begin(stage, "POST", "/api/v1/voids", "sleeping", "{}");
    sim_bank_let_go(stage->bank, false);
    assert_true(silent->hung_up);
    assert_false(sleeping->hung_up);
    assert_int_equal(sim_bank_pending(stage->bank), 1);
    sim_bank_let_go(stage->bank, true);
    assert_true(sleeping->hung_up);
    assert_int_equal(sim_bank_pending(stage->bank), 0);
    stage_close(stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_fault_does_what_its_row_says),
        cmocka_unit_test(half_an_answer_is_half_of_its_bytes),
        cmocka_unit_test(a_huge_answer_is_the_answer_and_two_mebibytes),
        cmocka_unit_test(a_test_may_choose_whether_the_bank_acts_and_keeps),
        cmocka_unit_test(a_fault_meets_those_that_it_is_meant_for),
        cmocka_unit_test(faults_are_met_in_the_order_in_which_they_were_planted),
        cmocka_unit_test(what_lies_on_the_way_meets_replays_too),
        cmocka_unit_test(forgotten_keys_are_forgotten_at_once),
        cmocka_unit_test(latency_lies_before_or_behind_the_act),
        cmocka_unit_test(an_answer_later_than_15_seconds_is_thrown_away),
        cmocka_unit_test(latency_is_drawn_between_its_limits),
        cmocka_unit_test(the_silent_are_let_go_at_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
