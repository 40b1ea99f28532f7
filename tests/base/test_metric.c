/* SPDX-License-Identifier: Apache-2.0 */
/* metric: the text that Prometheus reads, to the byte; and no count is lost between threads. */
#include "base_testing.h"

#include <pthread.h>

#include "base/metric.h"

static struct metric captures = {
    .name = "florin_operations_total", .labels = "kind=\"capture\"", .help = "Operations.", .kind = METRIC_COUNTER };
static struct metric refunds = {
    .name = "florin_operations_total", .labels = "kind=\"refund\"", .help = "Operations.", .kind = METRIC_COUNTER };
static struct metric open_now = { .name = "florin_open", .help = "Open\nnow, \\ so far.", .kind = METRIC_GAUGE };
static struct metric seconds = { .name = "florin_seconds", .help = "Time.", .kind = METRIC_HISTOGRAM };
static struct metric labeled = { .name = "florin_bank_seconds", .labels = "bank=\"a\"", .help = "Time.", .kind = METRIC_HISTOGRAM };

static int register_all(void **state)
{
    (void)state;
    metric_register(&captures);
    metric_register(&refunds);
    metric_register(&open_now);
    metric_register(&seconds);
    metric_register(&labeled);
    return 0;
}

static str all_metrics(struct arena *arena)
{
    struct text text = text_open(arena, 0);
    metric_put_all(&text);
    return text_str(&text);
}

static void tells_counters_and_gauges(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    metric_add(&captures, 1);
    metric_add(&captures, 41);
    metric_set(&open_now, 7);
    metric_add(&open_now, -9);
    assert_int_equal(metric_value(&captures), 42);
    assert_int_equal(metric_value(&open_now), -2);
    assert_true(str_starts_with(all_metrics(&arena), STR("# HELP florin_operations_total Operations.\n"
                                                         "# TYPE florin_operations_total counter\n"
                                                         "florin_operations_total{kind=\"capture\"} 42\n"
                                                         "florin_operations_total{kind=\"refund\"} 0\n"
                                                         "# HELP florin_open Open\\nnow, \\\\ so far.\n"
                                                         "# TYPE florin_open gauge\n"
                                                         "florin_open -2\n"
                                                         "# HELP florin_seconds Time.\n"
                                                         "# TYPE florin_seconds histogram\n"
                                                         "florin_seconds_bucket{le=\"0.0001\"} 0\n")));
    arena_close(&arena);
}

static void tells_histograms(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    static const micros durations[] = { -5, 0, 100, 101, 200, 201, 1000000, 26214400, 26214401, 60000000 };
    for (size_t i = 0; i < COUNT_OF(durations); i++) metric_observe_us(&labeled, durations[i]);
    assert_true(str_contains(all_metrics(&arena), STR("# TYPE florin_bank_seconds histogram\n"
                                                      "florin_bank_seconds_bucket{bank=\"a\",le=\"0.0001\"} 3\n"
                                                      "florin_bank_seconds_bucket{bank=\"a\",le=\"0.0002\"} 5\n"
                                                      "florin_bank_seconds_bucket{bank=\"a\",le=\"0.0004\"} 6\n"
                                                      "florin_bank_seconds_bucket{bank=\"a\",le=\"0.0008\"} 6\n"
                                                      "florin_bank_seconds_bucket{bank=\"a\",le=\"0.0016\"} 6\n"
                                                      "florin_bank_seconds_bucket{bank=\"a\",le=\"0.0032\"} 6\n"
                                                      "florin_bank_seconds_bucket{bank=\"a\",le=\"0.0064\"} 6\n"
                                                      "florin_bank_seconds_bucket{bank=\"a\",le=\"0.0128\"} 6\n"
                                                      "florin_bank_seconds_bucket{bank=\"a\",le=\"0.0256\"} 6\n"
                                                      "florin_bank_seconds_bucket{bank=\"a\",le=\"0.0512\"} 6\n"
                                                      "florin_bank_seconds_bucket{bank=\"a\",le=\"0.1024\"} 6\n"
                                                      "florin_bank_seconds_bucket{bank=\"a\",le=\"0.2048\"} 6\n"
                                                      "florin_bank_seconds_bucket{bank=\"a\",le=\"0.4096\"} 6\n"
                                                      "florin_bank_seconds_bucket{bank=\"a\",le=\"0.8192\"} 6\n"
                                                      "florin_bank_seconds_bucket{bank=\"a\",le=\"1.6384\"} 7\n"
                                                      "florin_bank_seconds_bucket{bank=\"a\",le=\"3.2768\"} 7\n"
                                                      "florin_bank_seconds_bucket{bank=\"a\",le=\"6.5536\"} 7\n"
                                                      "florin_bank_seconds_bucket{bank=\"a\",le=\"13.1072\"} 7\n"
                                                      "florin_bank_seconds_bucket{bank=\"a\",le=\"26.2144\"} 8\n"
                                                      "florin_bank_seconds_bucket{bank=\"a\",le=\"+Inf\"} 10\n"
                                                      "florin_bank_seconds_sum{bank=\"a\"} 113.429403\n"
                                                      "florin_bank_seconds_count{bank=\"a\"} 10\n")));
    assert_true(str_contains(all_metrics(&arena), STR("florin_seconds_sum 0\nflorin_seconds_count 0\n")));
    metric_observe_us(&seconds, 2000050);
    assert_true(str_contains(all_metrics(&arena), STR("florin_seconds_sum 2.00005\nflorin_seconds_count 1\n")));
    arena_close(&arena);
}

static struct metric late = { .name = "florin_late_total", .labels = "rule=\"a\"", .help = "Late.", .kind = METRIC_COUNTER };
static struct metric later = { .name = "florin_late_total", .labels = "rule=\"b\"", .help = "Late.", .kind = METRIC_COUNTER };
static struct metric between = { .name = "florin_between", .help = "Between.", .kind = METRIC_GAUGE };

/* Those that nobody knew of at the start stand with their kin all the same. */
static void series_of_one_name_stand_together(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    metric_register(&late);
    metric_register(&between);
    metric_register(&later);
    assert_true(str_contains(all_metrics(&arena), STR("# TYPE florin_late_total counter\n"
                                                      "florin_late_total{rule=\"a\"} 0\n"
                                                      "florin_late_total{rule=\"b\"} 0\n"
                                                      "# HELP florin_between Between.\n")));
    arena_close(&arena);
}

static void *count_in_a_thread(void *unused)
{
    (void)unused;
    for (int i = 0; i < 20000; i++) {
        metric_add(&refunds, 1);
        metric_observe_us(&seconds, 50);
    }
    return NULL;
}

static void no_count_is_lost_between_threads(void **state)
{
    (void)state;
    pthread_t threads[4];
    for (size_t i = 0; i < COUNT_OF(threads); i++) assert_int_equal(pthread_create(&threads[i], NULL, count_in_a_thread, NULL), 0);
    for (size_t i = 0; i < COUNT_OF(threads); i++) assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(metric_value(&refunds), 80000);
    assert_int_equal(atomic_load(&seconds.buckets[0]), 80000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_counters_and_gauges),
        cmocka_unit_test(tells_histograms),
        cmocka_unit_test(series_of_one_name_stand_together),
        cmocka_unit_test(no_count_is_lost_between_threads),
    };
    return cmocka_run_group_tests(tests, register_all, NULL);
}
