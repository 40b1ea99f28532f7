/* SPDX-License-Identifier: Apache-2.0 */
/* bench_inflight: memory and responsiveness: 2,000 authorizations within one second at a bank that takes two, with order
 * look-ups meanwhile; and an idle gateway: how soon it is ready, how much it holds. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "command/bench/bench.h"
#include "command/bench/bench_book.h"

enum {
    IN_FLIGHT = 2000,
    SETTLED_FIRST = 100, /* orders that can be looked up from the start */
    LOOK_UPS_PER_SECOND = 500,
    LOOK_UP_LANES = 32,
    STARTS = 5,
    STARTS_MIDDLE = 2,
    KIB_PER_MIB = 1024,
};

static const int64_t look_up_for_ns = 3 * BENCH_SECOND; /* until the last answer is due */
static const int64_t sample_every_ns = BENCH_SECOND / 50;
static const int64_t settle_for_ns = BENCH_SECOND / 10; /* each connection asks once: an answer takes longer than this */
static const double ns_per_ms = 1e6;

/* ---- memory ---- */

struct sampler {
    pid_t pid;
    int64_t most_kib;
};

static void sample(void *context)
{
    struct sampler *sampler = context;
    int64_t kib = bench_rss_kib_of(sampler->pid);
    if (kib > sampler->most_kib) sampler->most_kib = kib;
}

static void report_memory(struct bench *bench, const char *label, const char *name, int64_t kib)
{
    bench_report_value(&bench->report, label, name, (double)kib / KIB_PER_MIB, 1, "MiB");
}

/* ---- 2,000 in flight ---- */

struct inflight {
    struct bench *bench;
    struct bench_stage stage;
    struct bench_shop shop, old_shop; /* two, because each lane of a shop asks one thing at a time */
    struct sampler sampler;
    struct bench_outcome outcomes[2];
};

static bool settle_some(struct inflight *inflight)
{
    struct bench_plan plan = {
        .address = inflight->stage.gateway.address,
        .talk = &bench_talk_authorize,
        .context = &inflight->old_shop,
        .lanes = SETTLED_FIRST,
        .counted_ns = settle_for_ns,
    };
    if (!bench_load_run(&plan, inflight->outcomes, 1, &inflight->bench->error)) return false;
    if (inflight->old_shop.authorized == SETTLED_FIRST) return true;
    return error_set(&inflight->bench->error, "not all were authorized: %s", inflight->outcomes[0].complaint);
}

static bool load_it(struct inflight *inflight)
{
    const char *address = inflight->stage.gateway.address;
    const struct bench_plan plans[] = {
        { .address = address, .talk = &bench_talk_authorize, .context = &inflight->shop, .lanes = IN_FLIGHT, .per_second = IN_FLIGHT,
          .counted_ns = BENCH_SECOND, .tick = sample, .tick_ns = sample_every_ns, .edge_context = &inflight->sampler },
        { .address = address, .talk = &bench_talk_look_up, .context = &inflight->old_shop, .lanes = LOOK_UP_LANES,
          .per_second = LOOK_UPS_PER_SECOND, .counted_ns = look_up_for_ns },
    };
    return bench_load_run(plans, inflight->outcomes, COUNT_OF(plans), &inflight->bench->error);
}

static micros wall_clock_of(int64_t moment_ns)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    int64_t now_ns = now.tv_sec * BENCH_SECOND + now.tv_nsec;
    return (now_ns - (bench_now_ns() - moment_ns)) / (BENCH_SECOND / MICROS_PER_SECOND);
}

static bool report_wire(struct inflight *inflight)
{
    struct bench *bench = inflight->bench;
    micros began = wall_clock_of(inflight->outcomes[0].first_ns), came;
    if (!bench_book_last_came_at(inflight->stage.bank.address, IN_FLIGHT, &came, &bench->error)) return false;
    double ms = (double)(came - began) / MICROS_PER_MS;
    bench_report_value(&bench->report, "2,000 asked within 1 s, the last at the bank after", "inflight_all_sent_ms", ms, 0, "ms");
    return true;
}

static bool report_inflight(struct inflight *inflight)
{
    struct bench_report *report = &inflight->bench->report;
    const struct bench_outcome *asked = &inflight->outcomes[0], *looked = &inflight->outcomes[1];
    int64_t whole_ns = asked->last_ns - asked->first_ns;
    report->failures += asked->failures + looked->failures;
    if (asked->failures > 0) bench_report_note(report, "  %lld failed; the first: %s", (long long)asked->failures, asked->complaint);
    if (looked->failures > 0) bench_report_note(report, "  %lld failed; the first: %s", (long long)looked->failures, looked->complaint);
    report_memory(inflight->bench, "memory with 2,000 in flight", "inflight_rss_mib", inflight->sampler.most_kib);
    if (!report_wire(inflight)) return false;
    bench_report_value(report, "  all of them answered after", "inflight_all_answered_ms", (double)whole_ns / ns_per_ms, 0, "ms");
    bench_report_value(report, "  authorized", "inflight_authorized", inflight->shop.authorized, 0, "");
    bench_report_value(report, "  order look-ups meanwhile, p99", "inflight_lookup_ms_p99",
                       (double)bench_histogram_at(&looked->latency, 0.99) / ns_per_ms, 2, "ms");
    return true;
}

bool bench_measure_inflight(struct bench *bench)
{
    struct inflight *inflight = calloc(1, sizeof *inflight);
    INSIST(inflight != NULL && "out of memory");
    inflight->bench = bench;
    bench_shop_open(&inflight->shop, "inflight", BENCH_CARDS);
    bench_shop_open(&inflight->old_shop, "old", BENCH_CARDS);
    bool is_fine = bench_stage_open(&inflight->stage, &bench->place, &(struct bench_stage_plan){ .name = "inflight", .latency_ms = "1900:2000" }, &bench->error);
    inflight->sampler.pid = inflight->stage.gateway.pid;
    is_fine = is_fine && settle_some(inflight) && load_it(inflight) && report_inflight(inflight);
    bench_stage_close(&inflight->stage);
    bench_shop_close(&inflight->shop);
    bench_shop_close(&inflight->old_shop);
    free(inflight);
    return is_fine;
}

/* ---- an idle gateway ---- */

static int by_size(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

static bool start_and_stop(struct bench *bench, int number, int64_t *ready_ns)
{
    char name[BENCH_NAME_BYTES];
    struct child gateway;
    (void)snprintf(name, sizeof name, "start%d", number);
    int64_t began_ns = bench_now_ns();
    if (!bench_stage_start_gateway(&gateway, &bench->place, &(struct bench_stage_plan){ .name = name }, bench->stage.bank.address, &bench->error)) return false;
    *ready_ns = bench_now_ns() - began_ns;
    (void)child_stop(&gateway);
    return true;
}

/* The main stage's gateway has done nothing yet when this comes first. */
bool bench_measure_start(struct bench *bench)
{
    int64_t ready_ns[STARTS];
    report_memory(bench, "memory, idle", "idle_rss_mib", bench_rss_kib_of(bench->stage.gateway.pid));
    for (int i = 0; i < STARTS; i++) {
        if (!start_and_stop(bench, i, &ready_ns[i])) return false;
    }
    qsort(ready_ns, STARTS, sizeof ready_ns[0], by_size);
    bench_report_value(&bench->report, "from start to ready, empty store", "start_ms", (double)ready_ns[STARTS_MIDDLE] / ns_per_ms, 1, "ms");
    return true;
}
