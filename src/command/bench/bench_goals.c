/* SPDX-License-Identifier: Apache-2.0 */
/* bench_goals: a table of figures and limits. A limit may leave room for the disk: so many times what the probe took. */
#include "command/bench/bench_goals.h"

enum sense { AT_LEAST, AT_MOST };

struct goal {
    const char *figure;
    enum sense sense;
    double limit;
    double times;           /* of this figure is added to the limit */
    const char *added;
    const char *words;
};

/* clang-format off */
static const struct goal goals[] = {
    { "authorize_per_s",               AT_LEAST, 10000, 0, NULL,                   "durable authorizations a second" },
    { "authorize_per_nginx",           AT_LEAST, 0.18,  0, NULL,                   "  share of what nginx passes on" },
    { "gateway_cpu_us_per_authorize",  AT_MOST,  100,   0, NULL,                   "  CPU of the gateway for each, us" },
    { "pairs_per_s",                   AT_LEAST, 4500,  0, NULL,                   "authorize + capture, pairs a second" },
    { "replays_per_s",                 AT_LEAST, 30000, 0, NULL,                   "replays a second" },
    { "order_lookups_per_s",           AT_LEAST, 25000, 0, NULL,                   "order look-ups a second" },
    { "added_latency_us_p50",          AT_MOST,  500,   2, "latency_fsync_us_p50", "added latency at 1,000 a second, p50, us" },
    { "added_latency_us_p99",          AT_MOST,  2000,  2, "latency_fsync_us_p99", "  p99, us" },
    { "overload_served_per_capacity",  AT_LEAST, 0.7,   0, NULL,                   "served at 3 times the capacity, share of it" },
    { "overload_p99_per_capacity_p99", AT_MOST,  3,     0, NULL,                   "  their p99, times that at capacity" },
    { "overload_capacity_after",       AT_LEAST, 0.7,   0, NULL,                   "  capacity afterwards, share" },
    { "inflight_rss_mib",              AT_MOST,  256,   0, NULL,                   "memory with 9,000 in flight, MiB" },
    { "inflight_lookup_ms_p99",        AT_MOST,  50,    0, NULL,                   "  order look-ups meanwhile, p99, ms" },
    { "growth_ratio",                  AT_LEAST, 0.8,   0, NULL,                   "rate with the filled store, share" },
    { "growth_lookup_ms_p99",          AT_MOST,  1,     0, NULL,                   "  order look-ups, p99, ms" },
    { "restart_ready_ms",              AT_MOST,  1000,  0, NULL,                   "ready after kill -9 with 10,000 open, ms" },
    { "restart_resend_ms",             AT_MOST,  1000,  0, NULL,                   "  first sent again behind the quiet time, ms" },
    { "restart_settled_ms",            AT_MOST,  4000,  0, NULL,                   "  all settled, at a bank of 2 s at most, ms" },
};
/* clang-format on */

static bool find_limit(const struct bench_report *report, const struct goal *goal, double *out)
{
    double added = 0;
    bool is_known = !goal->added || bench_report_find(report, goal->added, &added);
    *out = goal->limit + goal->times * added;
    return is_known;
}

static bool is_met(const struct goal *goal, double value, double limit) { return goal->sense == AT_LEAST ? value >= limit : value <= limit; }

/* False: its figures are not there. */
static bool judge(const struct bench_report *report, const struct goal *goal, double *value, double *limit)
{
    return bench_report_find(report, goal->figure, value) && find_limit(report, goal, limit);
}

struct bench_goals_count bench_goals_judge(const struct bench_report *report)
{
    double value, limit;
    struct bench_goals_count count = { 0 };
    for (size_t i = 0; i < COUNT_OF(goals); i++) {
        if (!judge(report, &goals[i], &value, &limit)) continue;
        count.judged++;
        count.met += is_met(&goals[i], value, limit);
    }
    return count;
}

static int decimals_of(double value) { return value < 100 ? 2 : 0; }

void bench_goals_print(struct bench_report *report)
{
    double value, limit;
    struct bench_goals_count count = bench_goals_judge(report);
    if (count.judged == 0) return;
    bench_report_note(report, "\nGoals for two cores: %zu of %zu met", count.met, count.judged);
    for (size_t i = 0; i < COUNT_OF(goals); i++) {
        if (!judge(report, &goals[i], &value, &limit)) continue;
        bench_report_note(report, "%-46s %10.*f  %s %8.*f  %s", goals[i].words, decimals_of(value), value,
                          goals[i].sense == AT_LEAST ? "at least" : "at most ", decimals_of(limit), limit,
                          is_met(&goals[i], value, limit) ? "met" : "NOT MET");
    }
}
