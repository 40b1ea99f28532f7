/* SPDX-License-Identifier: Apache-2.0 */
/* bench_overload: three times as many customers as a gateway can serve, whether it likes it or not, with a closed loop before (its
 * capacity) and after (is it well again). What it takes on it should serve about as fast as ever, and refuse the rest at once. */
#include <stdlib.h>

#include "command/bench/bench.h"
#include "command/bench/bench_book.h"
#include "command/bench/bench_question.h"

enum {
    TIMES = 3,
    LANES = 9000,      /* a customer who finds none free counts as lost */
    LONG_SECONDS = 60,
};

static const double ns_per_ms = 1e6;
static const int64_t warm_ns = BENCH_SECOND;
static const int64_t settle_within_ns = 60 * BENCH_SECOND;

struct overload {
    struct bench *bench;
    struct bench_stage stage;
    struct bench_shop shop;
    struct bench_result before, after;
    struct bench_outcome crowd;
};

static bool measure_capacity(struct overload *overload, const char *label, struct bench_result *out)
{
    struct bench_talk_plan plan = { label, &bench_talk_authorize, BENCH_PEAK_LANES, .per_row = 1, .stage = &overload->stage,
                                    .shop = &overload->shop };
    return bench_talk_run(overload->bench, &plan, out);
}

static bool let_them_come(struct overload *overload)
{
    struct bench *bench = overload->bench;
    struct bench_meter meter = { .stage = &overload->stage };
    struct bench_plan plan = {
        .address = overload->stage.gateway.address,
        .talk = &bench_talk_crowd,
        .context = &overload->shop,
        .lanes = LANES,
        .per_second = (int64_t)(TIMES * overload->before.per_s),
        .spills = true,
        .warm_ns = warm_ns,
        .counted_ns = (bench->is_long ? LONG_SECONDS : bench->seconds) * BENCH_SECOND,
        .edge = bench_meter_edge,
        .edge_context = &meter,
    };
    bench_shop_begin(&overload->shop);
    if (!bench_load_run(&plan, &overload->crowd, 1, &bench->error)) return false;
    struct bench_cost cost = bench_meter_cost(&meter, overload->crowd.answers);
    bench_report_run(&bench->report, "3 times as many: what was served", &plan, &overload->crowd, &cost, 1);
    return true;
}

/* Whatever was not refused happened at the bank, once. */
static bool check_book(struct overload *overload)
{
    struct bench_book book;
    struct error *error = &overload->bench->error;
    int64_t served = (int64_t)overload->shop.authorized + overload->shop.taken_on;
    if (!bench_question_wait_idle(overload->stage.gateway.address, settle_within_ns, error)) return false;
    if (!bench_book_ask(overload->stage.bank.address, &book, error)) return false;
    return book.holds == served || error_set(error, "overload: %lld were served, and the bank has %lld holds", (long long)served,
                                             (long long)book.holds);
}

static void report(struct overload *overload)
{
    struct bench_report *report = &overload->bench->report;
    const struct bench_outcome *crowd = &overload->crowd;
    double seconds = (double)crowd->counted_ns / (double)BENCH_SECOND, served = bench_outcome_rate(crowd);
    double p99_ns = (double)bench_histogram_at(&crowd->latency, 0.99), no_p99_ns = (double)bench_histogram_at(&crowd->refusal, 0.99);
    double share = served / overload->before.per_s, times = p99_ns / (double)overload->before.p99_ns;
    double after = overload->after.per_s / overload->before.per_s;
    bench_report_value(report, "served at 3 times the capacity, share of it", "overload_served_per_capacity", share, 2, "");
    bench_report_value(report, "  their p99, times that at capacity", "overload_p99_per_capacity_p99", times, 1, "");
    bench_report_value(report, "  refused with 503 and Retry-After", "overload_refused_per_s", (double)crowd->refusals / seconds, 0, "a second");
    bench_report_value(report, "  a refusal's p99", "overload_refusal_ms_p99", no_p99_ns / ns_per_ms, 1, "ms");
    bench_report_value(report, "  found all 9,000 connections waiting", "overload_lost_per_s", (double)crowd->spilled / seconds, 0, "a second");
    bench_report_value(report, "capacity afterwards, share of that before", "overload_capacity_after", after, 2, "");
}

bool bench_measure_overload(struct bench *bench)
{
    struct overload *overload = calloc(1, sizeof *overload);
    INSIST(overload != NULL && "out of memory");
    overload->bench = bench;
    bench_shop_open(&overload->shop, "crowd", BENCH_CARDS);
    bool is_fine = bench_stage_open(&overload->stage, &bench->place, &(struct bench_stage_plan){ .name = "overload" }, &bench->error) &&
                   measure_capacity(overload, "authorize, at capacity", &overload->before) && let_them_come(overload) &&
                   measure_capacity(overload, "authorize, afterwards", &overload->after) && check_book(overload);
    if (is_fine) report(overload);
    bench_stage_close(&overload->stage);
    bench_shop_close(&overload->shop);
    free(overload);
    return is_fine;
}
