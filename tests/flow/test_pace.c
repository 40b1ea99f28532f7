/* SPDX-License-Identifier: Apache-2.0 */
/* pace: a breaker that opens after twenty failures and sends one probe, a budget for repeats, a back-off within its bounds. */
#include "base/base_testing.h"

#include "world/fake_world.h"
#include "flow/pace.h"

#define SECOND ((micros)MICROS_PER_SECOND)
#define MS ((micros)MICROS_PER_MS)

struct bench {
    struct fake_world *fake;
    struct world *world;
    struct pace pace;
};

static int open_bench(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);
    bench->fake = fake_world_open(&(struct fake_options){ .seed = 3 });
    bench->world = fake_world_of_gateway(bench->fake);
    *state = bench;
    return 0;
}

static int close_bench(void **state)
{
    struct bench *bench = *state;
    fake_world_close(bench->fake);
    free(bench);
    return 0;
}

static void pass(struct bench *bench, micros span) { (void)fake_world_step(bench->fake, fake_world_clock(bench->fake) + span); }

static bool may_send(struct bench *bench, bool beyond_first)
{
    micros wait = 0;
    bool may = pace_may_send(&bench->pace, bench->world, beyond_first, &wait);
    if (!may) assert_true(wait > 0);
    return may;
}

static void told(struct bench *bench, enum pace_feedback feedback, bool ill) { pace_told(&bench->pace, bench->world, feedback, ill); }

/* Calls that go out and fail, one after the other. */
static void fail_times(struct bench *bench, int times)
{
    for (int i = 0; i < times; i++) {
        assert_true(may_send(bench, false));
        told(bench, PACE_FAILED, false);
    }
}

/* ---- the breaker ---- */

static void it_opens_after_twenty_failures_in_a_row(void **state)
{
    struct bench *bench = *state;
    fail_times(bench, 19);
    assert_false(pace_refuses_new(&bench->pace, bench->world));
    fail_times(bench, 1);
    assert_true(pace_refuses_new(&bench->pace, bench->world));
    assert_false(may_send(bench, false));
    assert_false(may_send(bench, true));
}

static void one_answer_in_between_begins_the_row_anew(void **state)
{
    struct bench *bench = *state;
    for (int round = 0; round < 5; round++) {
        fail_times(bench, 19);
        assert_true(may_send(bench, false));
        told(bench, PACE_ANSWERED, false); /* whatever it said: a decline is an answer */
    }
    assert_false(pace_refuses_new(&bench->pace, bench->world));
}

/* How long it lets nobody through; it must be the pause or up to a quarter more. */
static micros pause_until_probe(struct bench *bench)
{
    micros began = fake_world_clock(bench->fake);
    while (!may_send(bench, false)) {
        pass(bench, 10 * MS);
        assert_true(fake_world_clock(bench->fake) - began < 60 * SECOND);
    }
    return fake_world_clock(bench->fake) - began;
}

static void one_probe_goes_out_and_closes_it(void **state)
{
    struct bench *bench = *state;
    fail_times(bench, 20);
    micros pause = pause_until_probe(bench);
    assert_in_range(pause, 1 * SECOND, 1260 * MS);
    assert_false(may_send(bench, false)); /* one, until it is told */
    assert_true(pace_refuses_new(&bench->pace, bench->world));
    told(bench, PACE_ANSWERED, false);
    assert_false(pace_refuses_new(&bench->pace, bench->world));
    for (int i = 0; i < 100; i++) assert_true(may_send(bench, false));
}

/* 1, 2, 4 ... 32 seconds, and no longer. */
static void failed_probes_make_the_pause_longer(void **state)
{
    struct bench *bench = *state;
    fail_times(bench, 20);
    for (int round = 0; round < 8; round++) {
        micros least = SECOND << (round < 5 ? round : 5);
        micros pause = pause_until_probe(bench);
        assert_in_range(pause, least, least + least / 4 + 20 * MS);
        told(bench, PACE_FAILED, false);
    }
    (void)pause_until_probe(bench);
    told(bench, PACE_ANSWERED, false);
    fail_times(bench, 20); /* and a success makes it short again */
    assert_in_range(pause_until_probe(bench), 1 * SECOND, 1260 * MS);
}

/* Calls that left before it opened fail after it did: they say nothing new. */
static void latecomers_do_not_lengthen_the_pause(void **state)
{
    struct bench *bench = *state;
    for (int i = 0; i < 60; i++) assert_true(may_send(bench, false));
    for (int i = 0; i < 60; i++) told(bench, PACE_FAILED, false);
    assert_in_range(pause_until_probe(bench), 1 * SECOND, 1260 * MS);
}

static void a_latecomers_success_closes_it(void **state)
{
    struct bench *bench = *state;
    assert_true(may_send(bench, false));
    fail_times(bench, 20);
    told(bench, PACE_ANSWERED, false);
    assert_false(pace_refuses_new(&bench->pace, bench->world));
}

/* A probe that was let go and then could not be sent must not keep everybody else waiting. */
static void a_probe_that_was_not_sent_makes_room_for_the_next(void **state)
{
    struct bench *bench = *state;
    fail_times(bench, 20);
    (void)pause_until_probe(bench);
    assert_false(may_send(bench, false));
    pace_unused(&bench->pace);
    assert_true(may_send(bench, false));
}

/* ---- the budget ---- */

static int repeats_allowed(struct bench *bench)
{
    int count = 0;
    while (may_send(bench, true)) count++;
    return count;
}

/* A bucket of fifty a second and one for every ten first tries; empty only delays. */
static void repeats_have_a_budget(void **state)
{
    struct bench *bench = *state;
    assert_in_range(repeats_allowed(bench), 900, 1000);
    pass(bench, 1 * SECOND);
    assert_in_range(repeats_allowed(bench), 49, 51);
    for (int i = 0; i < 200; i++) assert_true(may_send(bench, false)); /* first tries always go, and each adds a tenth */
    assert_in_range(repeats_allowed(bench), 19, 21);
    pass(bench, 3600 * SECOND);
    assert_in_range(repeats_allowed(bench), 900, 1000); /* the bucket has a brim */
}

/* As long as it answers, twice as many go out in each round; what that came to is over with the first failure. */
static void answered_repeats_earn_more_of_them(void **state)
{
    struct bench *bench = *state;
    int out = repeats_allowed(bench);
    for (int round = 0; round < 5; round++) {
        int expected = out * 2 > 9000 ? 9000 : out * 2;
        for (int i = 0; i < out; i++) told(bench, PACE_ANSWERED_AGAIN, false);
        out = repeats_allowed(bench);
        assert_in_range(out, expected - 1, expected + 1);
    }
    for (int i = 0; i < out; i++) told(bench, PACE_ANSWERED_AGAIN, false);
    told(bench, PACE_FAILED, false);
    assert_in_range(repeats_allowed(bench), 999, 1000);
    told(bench, PACE_FAILED, false);
    assert_int_equal(repeats_allowed(bench), 0); /* a failure earns nothing */
}

/* Every second one fails: what is answered costs nothing, and that is all. */
static void a_sick_processor_gets_no_more_than_its_budget(void **state)
{
    struct bench *bench = *state;
    int sent = 0;
    for (int second = 0; second < 60; second++) {
        for (int i = 0; i < 5000 && may_send(bench, true); i++, sent++) told(bench, sent % 2 ? PACE_FAILED : PACE_ANSWERED_AGAIN, false);
        pass(bench, 1 * SECOND);
    }
    assert_in_range(sent, 2 * 60 * 50, 2 * (60 * 50 + 1000) + 60);
}

static void an_empty_budget_says_when_to_come_back(void **state)
{
    struct bench *bench = *state;
    micros wait = 0;
    (void)repeats_allowed(bench);
    assert_false(pace_may_send(&bench->pace, bench->world, true, &wait));
    assert_in_range(wait, 1, SECOND);
    pass(bench, wait);
    assert_true(pace_may_send(&bench->pace, bench->world, true, &wait));
}

/* ---- back-off and illness ---- */

/* Full jitter: evenly from nothing to base * 2^tries, a minute at most. */
static void back_off_stays_within_its_bounds(void **state)
{
    struct bench *bench = *state;
    for (int64_t tries = 0; tries < 200; tries++) {
        micros bound = tries < 6 ? SECOND << tries : 60 * SECOND, longest = 0, sum = 0;
        for (int i = 0; i < 200; i++) {
            micros pause = pace_back_off(bench->world, SECOND, tries);
            assert_in_range(pause, 0, bound);
            longest = pause > longest ? pause : longest;
            sum += pause;
        }
        assert_true(longest > bound * 8 / 10);
        assert_in_range(sum / 200, bound * 35 / 100, bound * 65 / 100);
    }
    assert_in_range(pace_back_off(bench->world, 0, 5), 0, 60 * SECOND);
    assert_in_range(pace_back_off(bench->world, 90 * SECOND, INT64_MAX), 0, 60 * SECOND);
}

static void illness_is_remembered_for_a_minute(void **state)
{
    struct bench *bench = *state;
    assert_false(pace_is_ill(&bench->pace, bench->world));
    assert_true(may_send(bench, false));
    told(bench, PACE_ANSWERED, true);
    assert_true(pace_is_ill(&bench->pace, bench->world));
    pass(bench, 59 * SECOND);
    assert_true(pace_is_ill(&bench->pace, bench->world));
    pass(bench, 2 * SECOND);
    assert_false(pace_is_ill(&bench->pace, bench->world));
}

#define bench_test(test) cmocka_unit_test_setup_teardown(test, open_bench, close_bench)

int main(void)
{
    const struct CMUnitTest tests[] = {
        bench_test(it_opens_after_twenty_failures_in_a_row),
        bench_test(one_answer_in_between_begins_the_row_anew),
        bench_test(one_probe_goes_out_and_closes_it),
        bench_test(failed_probes_make_the_pause_longer),
        bench_test(latecomers_do_not_lengthen_the_pause),
        bench_test(a_latecomers_success_closes_it),
        bench_test(a_probe_that_was_not_sent_makes_room_for_the_next),
        bench_test(repeats_have_a_budget),
        bench_test(answered_repeats_earn_more_of_them),
        bench_test(a_sick_processor_gets_no_more_than_its_budget),
        bench_test(an_empty_budget_says_when_to_come_back),
        bench_test(back_off_stays_within_its_bounds),
        bench_test(illness_is_remembered_for_a_minute),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
