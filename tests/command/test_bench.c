/* SPDX-License-Identifier: Apache-2.0 */
/* The bench's own tools: a histogram that keeps its promise, requests that are what they should be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "command/bench/bench_form.h"
#include "command/bench/bench_goals.h"
#include "command/bench/bench_histogram.h"
#include "command/bench/bench_schedule.h"
#include "command/bench/bench_shop.h"

static void every_value_is_kept_to_within_two_percent(void **state)
{
    static struct bench_histogram histogram;
    (void)state;
    for (int64_t value = 1; value < INT64_C(1) << 39; value += value / 7 + 1) {
        memset(&histogram, 0, sizeof histogram);
        bench_histogram_add(&histogram, value);
        int64_t kept = bench_histogram_at(&histogram, 0.5);
        int64_t off = kept > value ? kept - value : value - kept;
        assert_true(off * 50 <= value);
    }
}

static void a_share_finds_its_value(void **state)
{
    static struct bench_histogram histogram;
    (void)state;
    assert_int_equal(bench_histogram_at(&histogram, 0.5), 0);
    for (int64_t value = 1; value <= 100; value++) bench_histogram_add(&histogram, value);
    assert_int_equal(bench_histogram_at(&histogram, 0.5), 50);
    assert_int_equal(bench_histogram_at(&histogram, 0.99), 99);
    assert_int_equal(bench_histogram_at(&histogram, 1.0), 100);
}

static void values_beyond_both_ends_are_counted_there(void **state)
{
    static struct bench_histogram histogram;
    (void)state;
    bench_histogram_add(&histogram, -5);
    bench_histogram_add(&histogram, INT64_MAX);
    assert_int_equal(histogram.count, 2);
    assert_int_equal(bench_histogram_at(&histogram, 0.5), 0);
    assert_true(bench_histogram_at(&histogram, 1.0) > INT64_C(1) << 39);
}

static void a_form_is_filled_in(void **state)
{
    static struct bench_form form;
    char buffer[BENCH_REQUEST_BYTES];
    struct bench_filling filling = { .number = 42, .card = STR("4000000000000002"), .payment = STR("pay_1"),
                                      .token = STR("tok_0123456789abcdefghijklmnopqrstuvwxyz") };
    (void)state;
    bench_form_prepare(&form, "POST", "/v1/payments/%/x", "word", STR("{\"a\":\"@\",\"b\":#,\"c\":\"$\"}"));
    size_t length = bench_form_fill(&form, &filling, buffer);
    str request = { buffer, length };
    assert_true(str_starts_with(request, STR("POST /v1/payments/pay_1/x HTTP/1.1\r\nHost: 127.0.0.1\r\nIdempotency-Key: word-")));
    assert_true(str_contains(request, STR("\r\nContent-Length: 86\r\n\r\n{\"a\":\"4000000000000002\",\"b\":0000000042,"
                                          "\"c\":\"tok_0123456789abcdefghijklmnopqrstuvwxyz\"}")));
}

static void every_number_makes_a_key_of_its_own_and_the_same_again(void **state)
{
    static struct bench_form form;
    char one[BENCH_REQUEST_BYTES], other[BENCH_REQUEST_BYTES];
    (void)state;
    bench_form_prepare(&form, "POST", "/", "k", STR("{}"));
    for (uint32_t number = 0; number < 1000; number++) {
        size_t length = bench_form_fill(&form, &(struct bench_filling){ .number = number }, one);
        assert_int_equal(bench_form_fill(&form, &(struct bench_filling){ .number = number }, other), length);
        assert_memory_equal(one, other, length);
        assert_int_equal(bench_form_fill(&form, &(struct bench_filling){ .number = number + 1 }, other), length);
        assert_memory_not_equal(one, other, length);
    }
}

static void what_a_stall_holds_up_counts_from_when_it_was_due(void **state)
{
    static struct bench_histogram latency;
    struct bench_schedule schedule = { .began_ns = 7 * BENCH_SECOND, .per_second = 1000 };
    int64_t due, after_the_stall = 8 * BENCH_SECOND;
    (void)state;
    memset(&latency, 0, sizeof latency);
    while (bench_schedule_take(&schedule, after_the_stall, &due)) bench_histogram_add(&latency, after_the_stall - due);
    assert_int_equal(latency.count, 1001);
    assert_int_equal(schedule.taken, 1001);
    assert_in_range(bench_histogram_at(&latency, 0.5), BENCH_SECOND * 49 / 100, BENCH_SECOND * 51 / 100);
    assert_in_range(bench_histogram_at(&latency, 1.0), BENCH_SECOND * 98 / 100, BENCH_SECOND * 102 / 100);
    assert_int_equal(bench_schedule_next_ns(&schedule, after_the_stall), after_the_stall + BENCH_SECOND / 1000);
}

static void a_rate_does_not_drift(void **state)
{
    struct bench_schedule schedule = { .began_ns = 0, .per_second = 30011, .taken = 30011 * INT64_C(3600) };
    (void)state;
    assert_int_equal(bench_schedule_next_ns(&schedule, 0), 3600 * BENCH_SECOND);
}

static void a_closed_loop_is_due_whenever_somebody_has_time(void **state)
{
    struct bench_schedule schedule = { .began_ns = 0 };
    int64_t due;
    (void)state;
    for (int64_t now = 5; now < 8; now++) {
        assert_true(bench_schedule_take(&schedule, now, &due));
        assert_int_equal(due, now);
    }
}

/* Says a receipt with that id to a talk. */
static enum bench_verdict hear(struct bench_shop *shop, const struct bench_talk *talk, int status, const char *body)
{
    struct bench_answer answer = { .status = status, .body = str_of(body) };
    return talk->heard(shop, 0, &answer);
}

static void a_pair_is_an_authorization_and_its_capture(void **state)
{
    static struct bench_shop shop;
    char buffer[BENCH_REQUEST_BYTES];
    (void)state;
    bench_shop_open(&shop, "test", 10);
    bench_shop_begin(&shop);
    size_t length = bench_talk_pair.ask(&shop, 0, buffer);
    assert_true(str_starts_with((str){ buffer, length }, STR("POST /v1/payments HTTP/1.1")));
    assert_int_equal(hear(&shop, &bench_talk_pair, 201, "{\"id\":\"pay_7\",\"state\":\"authorized\"}"), BENCH_FINE);
    length = bench_talk_pair.ask(&shop, 0, buffer);
    assert_true(str_starts_with((str){ buffer, length }, STR("POST /v1/payments/pay_7/capture HTTP/1.1")));
    assert_int_equal(hear(&shop, &bench_talk_pair, 200, "{\"id\":\"pay_7\"}"), BENCH_FINE);
    length = bench_talk_pair.ask(&shop, 0, buffer);
    assert_true(str_starts_with((str){ buffer, length }, STR("POST /v1/payments HTTP/1.1")));
    assert_int_equal(shop.authorized, 1);
    assert_int_equal(shop.captured, 1);
    bench_shop_close(&shop);
}

static void goals_are_judged_by_the_figures_that_are_there(void **state)
{
    struct bench_report report;
    (void)state;
    bench_report_open(&report);
    assert_int_equal(bench_goals_judge(&report).judged, 0);
    bench_report_keep(&report, "authorize_per_s", 10000, 0);
    bench_report_keep(&report, "inflight_rss_mib", 257, 0);
    bench_report_keep(&report, "added_latency_us_p50", 700, 0); /* not judged without its probe */
    assert_int_equal(bench_goals_judge(&report).judged, 2);
    assert_int_equal(bench_goals_judge(&report).met, 1);
    bench_report_keep(&report, "latency_fsync_us_p50", 100, 0);
    assert_int_equal(bench_goals_judge(&report).judged, 3);
    assert_int_equal(bench_goals_judge(&report).met, 2);
    bench_report_close(&report);
}

static void a_life_takes_its_steps_in_turn(void **state)
{
    static const char *const paths[] = { "POST /v1/payments ", "GET /v1/orders/", "POST /v1/payments/pay_7/capture ", "GET /v1/orders/",
                                         "POST /v1/payments " };
    static struct bench_shop shop;
    char buffer[BENCH_REQUEST_BYTES];
    (void)state;
    bench_shop_open(&shop, "test", 10);
    bench_shop_begin(&shop);
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        size_t length = bench_talk_life.ask(&shop, 0, buffer);
        assert_true(str_starts_with((str){ buffer, length }, str_of(paths[i])));
        bool creates = i % 4 == 0;
        assert_int_equal(hear(&shop, &bench_talk_life, creates ? 201 : 200, "{\"id\":\"pay_7\"}"), BENCH_FINE);
    }
    assert_int_equal(shop.authorized, 2);
    assert_int_equal(shop.captured, 1);
    bench_shop_close(&shop);
}

static void a_full_house_that_says_when_to_come_back_is_no_failure(void **state)
{
    static struct bench_shop shop;
    char buffer[BENCH_REQUEST_BYTES];
    struct bench_answer polite = { .status = 503, .says_when = true }, rude = { .status = 503 };
    (void)state;
    bench_shop_open(&shop, "test", 10);
    (void)bench_talk_crowd.ask(&shop, 0, buffer);
    assert_int_equal(bench_talk_crowd.heard(&shop, 0, &polite), BENCH_REFUSED);
    assert_int_equal(bench_talk_crowd.heard(&shop, 0, &rude), BENCH_WRONG);
    assert_int_equal(hear(&shop, &bench_talk_crowd, 202, "{\"id\":\"pay_7\"}"), BENCH_FINE);
    assert_int_equal(hear(&shop, &bench_talk_crowd, 201, "{\"id\":\"pay_7\"}"), BENCH_FINE);
    assert_int_equal(shop.taken_on, 1);
    assert_int_equal(shop.authorized, 1);
    bench_shop_close(&shop);
}

static void a_replay_must_bring_the_same_payment(void **state)
{
    static struct bench_shop shop;
    char buffer[BENCH_REQUEST_BYTES];
    (void)state;
    bench_shop_open(&shop, "test", 10);
    assert_int_equal(bench_talk_replay.ask(&shop, 0, buffer), 0);
    (void)bench_talk_authorize.ask(&shop, 0, buffer);
    assert_int_equal(hear(&shop, &bench_talk_authorize, 201, "{\"id\":\"pay_7\"}"), BENCH_FINE);
    assert_true(bench_talk_replay.ask(&shop, 0, buffer) > 0);
    assert_int_equal(hear(&shop, &bench_talk_replay, 201, "{\"id\":\"pay_7\"}"), BENCH_FINE);
    assert_int_equal(hear(&shop, &bench_talk_replay, 201, "{\"id\":\"pay_8\"}"), BENCH_WRONG);
    assert_int_equal(hear(&shop, &bench_talk_replay, 202, "{\"id\":\"pay_7\"}"), BENCH_WRONG);
    bench_shop_close(&shop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_value_is_kept_to_within_two_percent),
        cmocka_unit_test(a_share_finds_its_value),
        cmocka_unit_test(values_beyond_both_ends_are_counted_there),
        cmocka_unit_test(what_a_stall_holds_up_counts_from_when_it_was_due),
        cmocka_unit_test(a_rate_does_not_drift),
        cmocka_unit_test(a_closed_loop_is_due_whenever_somebody_has_time),
        cmocka_unit_test(a_form_is_filled_in),
        cmocka_unit_test(every_number_makes_a_key_of_its_own_and_the_same_again),
        cmocka_unit_test(a_pair_is_an_authorization_and_its_capture),
        cmocka_unit_test(goals_are_judged_by_the_figures_that_are_there),
        cmocka_unit_test(a_life_takes_its_steps_in_turn),
        cmocka_unit_test(a_full_house_that_says_when_to_come_back_is_no_failure),
        cmocka_unit_test(a_replay_must_bring_the_same_payment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
