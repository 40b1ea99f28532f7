/* SPDX-License-Identifier: Apache-2.0 */
/* bench_latency: what the gateway adds to a direct call at a modest fixed rate. Both are asked at the same time, turn by turn, so that what
 * disturbs the one disturbs the other; and the disk is probed right before and right after. */
#include "command/bench/bench.h"

enum {
    LANES = 256,
    PER_SECOND = 1000,
    NS_PER_US = 1000,
    OF_OURSELVES_US_P50 = 500, /* the goal: this, and two waits for the disk */
    OF_OURSELVES_US_P99 = 2000,
    WAITS = 2,
};

static const int64_t warm_ns = BENCH_SECOND;
static const int64_t probe_ns = BENCH_SECOND / 2;

enum { DIRECT, THROUGH, WAYS };

/* Kept for both probes together. */
static bool probe(struct bench *bench, struct bench_histogram *disk)
{
    static struct bench_histogram one;
    if (!bench_disk_probe(bench->place.folder, probe_ns, &one, &bench->error)) return false;
    bench_histogram_join(disk, &one);
    return true;
}

static bool ask_both(struct bench *bench, struct bench_meter *meter, struct bench_plan plans[WAYS], struct bench_outcome outcomes[WAYS])
{
    struct bench_plan plan = { .context = &bench->shop, .lanes = LANES, .per_second = PER_SECOND, .warm_ns = warm_ns,
                               .counted_ns = bench->seconds * BENCH_SECOND };
    plans[DIRECT] = plans[THROUGH] = plan;
    plans[DIRECT].address = bench->stage.bank.address;
    plans[DIRECT].talk = &bench_talk_direct;
    plans[THROUGH].address = bench->stage.gateway.address;
    plans[THROUGH].talk = &bench_talk_authorize;
    plans[THROUGH].edge = bench_meter_edge;
    plans[THROUGH].edge_context = meter;
    bench_shop_begin(&bench->shop);
    return bench_load_run(plans, outcomes, WAYS, &bench->error);
}

static double us_at(const struct bench_histogram *took, double share) { return (double)bench_histogram_at(took, share) / NS_PER_US; }

static void report_added(struct bench_report *report, const char *label, const char *name, const struct bench_outcome outcomes[WAYS],
                         double share)
{
    double added = us_at(&outcomes[THROUGH].latency, share) - us_at(&outcomes[DIRECT].latency, share);
    bench_report_value(report, label, name, added, 0, "us");
}

static void report_allowed(struct bench_report *report, const struct bench_histogram *disk)
{
    double p50 = us_at(disk, 0.5), p99 = us_at(disk, 0.99);
    bench_report_note(report, "  4 KiB + fdatasync right before and after: p50 %.0f us, p99 %.0f us; two of them and 0.5 ms, 2 ms: %.0f and %.0f us",
                      p50, p99, OF_OURSELVES_US_P50 + WAITS * p50, OF_OURSELVES_US_P99 + WAITS * p99);
    bench_report_keep(report, "latency_fsync_us_p50", p50, 0);
    bench_report_keep(report, "latency_fsync_us_p99", p99, 0);
}

bool bench_measure_latency(struct bench *bench)
{
    static struct bench_histogram disk;
    static struct bench_outcome outcomes[WAYS];
    struct bench_plan plans[WAYS];
    struct bench_meter meter = { .stage = &bench->stage };
    struct bench_report *report = &bench->report;
    disk = (struct bench_histogram){ 0 };
    if (!probe(bench, &disk) || !ask_both(bench, &meter, plans, outcomes) || !probe(bench, &disk)) return false;
    struct bench_cost none = { 0 }, cost = bench_meter_cost(&meter, outcomes[THROUGH].answers);
    bench_report_run(report, "direct to the bank, 1,000 a second", &plans[DIRECT], &outcomes[DIRECT], &none, 1);
    bench_report_run(report, "and at once through the gateway", &plans[THROUGH], &outcomes[THROUGH], &cost, 1);
    report_added(report, "added latency, p50", "added_latency_us_p50", outcomes, 0.5);
    report_added(report, "added latency, p99", "added_latency_us_p99", outcomes, 0.99);
    report_allowed(report, &disk);
    return true;
}
