/* SPDX-License-Identifier: Apache-2.0 */
/* bench_rates: how many a second, in a closed loop, and what each costs. */
#include <stdio.h>

#include "command/bench/bench.h"
#include "command/bench/bench_question.h"

static const int64_t warm_ns = BENCH_SECOND;

enum {
    STOCK_LEAST = 1000,
};

/* ---- one run ---- */

static struct bench_result result_of(const struct bench_outcome *outcome, const struct bench_cost *cost, int per_row)
{
    return (struct bench_result){
        .per_s = bench_outcome_rate(outcome) / per_row,
        .p50_ns = bench_histogram_at(&outcome->latency, 0.5),
        .p99_ns = bench_histogram_at(&outcome->latency, 0.99),
        .cost = *cost,
    };
}

/* How many transactions have been committed, and by how many commits. */
struct commits {
    int64_t works, commits;
};

static bool count_commits(struct bench *bench, const char *address, struct commits *out)
{
    return bench_question_metric(address, "florin_commit_works_total", &out->works, &bench->error) &&
           bench_question_metric(address, "florin_commit_seconds_count", &out->commits, &bench->error);
}

static double works_per_commit(const struct commits *before, const struct commits *after)
{
    int64_t commits = after->commits - before->commits;
    return commits > 0 ? (double)(after->works - before->works) / (double)commits : 0;
}

static struct bench_plan plan_of(struct bench *bench, const struct bench_talk_plan *wanted, struct bench_meter *meter)
{
    return (struct bench_plan){
        .address = wanted->address ? wanted->address : meter->stage->gateway.address,
        .talk = wanted->talk,
        .context = wanted->shop ? wanted->shop : &bench->shop,
        .lanes = wanted->lanes,
        .per_second = wanted->per_second,
        .warm_ns = warm_ns,
        .counted_ns = bench->seconds * BENCH_SECOND,
        .edge = bench_meter_edge,
        .edge_context = meter,
    };
}

bool bench_talk_run(struct bench *bench, const struct bench_talk_plan *wanted, struct bench_result *out)
{
    static struct bench_outcome outcome;
    struct bench_meter meter = { .stage = wanted->stage ? wanted->stage : &bench->stage };
    struct bench_plan plan = plan_of(bench, wanted, &meter);
    const char *gateway = meter.stage->gateway.address;
    struct commits before, after;
    bench_shop_begin(plan.context);
    if (!count_commits(bench, gateway, &before) || !bench_load_run(&plan, &outcome, 1, &bench->error)) return false;
    if (!count_commits(bench, gateway, &after)) return false;
    struct bench_cost cost = bench_meter_cost(&meter, outcome.answers);
    cost.per_commit = works_per_commit(&before, &after);
    bench_report_run(&bench->report, wanted->label, &plan, &outcome, &cost, wanted->per_row);
    *out = result_of(&outcome, &cost, wanted->per_row);
    return true;
}

bool bench_stock(struct bench *bench, int64_t for_ns)
{
    static struct bench_outcome outcome;
    struct bench_plan plan = {
        .address = bench->stage.gateway.address,
        .talk = &bench_talk_authorize,
        .context = &bench->shop,
        .lanes = BENCH_PEAK_LANES,
        .counted_ns = for_ns,
    };
    bench_shop_begin(&bench->shop);
    if (!bench_load_run(&plan, &outcome, 1, &bench->error)) return false;
    if (bench->shop.authorized > 0) return true;
    return error_set(&bench->error, "nothing is authorized: %s", outcome.complaint);
}

/* ---- authorizations: the curve and its best ---- */

static void keep_best(struct bench *bench, const struct bench_result *best)
{
    struct bench_report *report = &bench->report;
    bench_report_keep(report, "authorize_per_s", best->per_s, 0);
    bench_report_keep(report, "gateway_cpu_us_per_authorize", best->cost.gateway_user_us + best->cost.gateway_kernel_us, 1);
    bench_report_keep(report, "gateway_user_us_per_authorize", best->cost.gateway_user_us, 1);
    bench_report_keep(report, "gateway_kernel_us_per_authorize", best->cost.gateway_kernel_us, 1);
}

bool bench_measure_authorize(struct bench *bench)
{
    static const size_t lanes[] = { 16, 64, 256, 1000 };
    struct bench_result best = { 0 };
    for (size_t i = 0; i < COUNT_OF(lanes); i++) {
        char label[BENCH_NAME_BYTES], name[BENCH_NAME_BYTES];
        struct bench_result result;
        (void)snprintf(label, sizeof label, "authorize, %zu connections", lanes[i]);
        (void)snprintf(name, sizeof name, "authorize_%zu_per_s", lanes[i]);
        struct bench_talk_plan plan = { .label = label, .talk = &bench_talk_authorize, .lanes = lanes[i], .per_row = 1 };
        if (!bench_talk_run(bench, &plan, &result)) return false;
        bench_report_keep(&bench->report, name, result.per_s, 0);
        if (result.per_s > best.per_s) best = result;
    }
    keep_best(bench, &best);
    return true;
}

/* ---- all others, each at one number of connections ---- */

static bool measure_rate(struct bench *bench, const char *name, const struct bench_talk_plan *plan)
{
    struct bench_result result;
    if (!bench_talk_run(bench, plan, &result)) return false;
    bench_report_keep(&bench->report, name, result.per_s, 0);
    return true;
}

bool bench_measure_captures(struct bench *bench)
{
    bool is_stocked = bench_shop_uncaptured(&bench->shop) > STOCK_LEAST;
    if (!is_stocked && !bench_stock(bench, 2 * bench->seconds * BENCH_SECOND)) return false;
    return measure_rate(bench, "captures_per_s", &(struct bench_talk_plan){ "capture", &bench_talk_capture, BENCH_PEAK_LANES, .per_row = 1 });
}

bool bench_measure_pairs(struct bench *bench)
{
    struct bench_talk_plan plan = { "authorize + capture, a pair", &bench_talk_pair, BENCH_PEAK_LANES, .per_row = 2 };
    return measure_rate(bench, "pairs_per_s", &plan);
}

bool bench_measure_mixed(struct bench *bench)
{
    struct bench_talk_plan plan = { "mixed life cycle, requests", &bench_talk_life, BENCH_PEAK_LANES, .per_row = 1 };
    return measure_rate(bench, "mixed_requests_per_s", &plan);
}

bool bench_measure_history(struct bench *bench)
{
    struct bench_talk_plan events = { "history of a payment, a page", &bench_talk_events, BENCH_PEAK_LANES, .per_row = 1 };
    struct bench_talk_plan list = { "the 20 newest payments, a page", &bench_talk_list, BENCH_PEAK_LANES, .per_row = 1 };
    if (bench->shop.authorized < STOCK_LEAST && !bench_stock(bench, BENCH_SECOND)) return false;
    return measure_rate(bench, "history_pages_per_s", &events) && measure_rate(bench, "list_pages_per_s", &list);
}

bool bench_measure_replays(struct bench *bench)
{
    if (bench->shop.authorized < STOCK_LEAST && !bench_stock(bench, BENCH_SECOND)) return false;
    return measure_rate(bench, "replays_per_s", &(struct bench_talk_plan){ "replay", &bench_talk_replay, BENCH_PEAK_LANES, .per_row = 1 });
}

bool bench_measure_lookups(struct bench *bench)
{
    if (bench->shop.authorized < STOCK_LEAST && !bench_stock(bench, BENCH_SECOND)) return false;
    struct bench_talk_plan plan = { "order look-up", &bench_talk_look_up, BENCH_PEAK_LANES, .per_row = 1 };
    return measure_rate(bench, "order_lookups_per_s", &plan);
}
