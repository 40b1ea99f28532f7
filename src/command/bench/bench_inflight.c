/* SPDX-License-Identifier: Apache-2.0 */
/* bench_inflight: 9,000 payments on their way at any moment to a bank that takes 100 to 2,000 ms and fails one time in twenty, with order
 * look-ups meanwhile: how much memory that takes, how long the look-ups do, and whether everything ends well. */
#include <stdlib.h>

#include "command/bench/bench.h"
#include "command/bench/bench_book.h"
#include "command/bench/bench_question.h"

enum {
    IN_FLIGHT = 9000,
    SETTLED_FIRST = 100, /* orders that can be looked up from the start */
    LOOK_UPS_PER_SECOND = 500,
    LOOK_UP_LANES = 200,
    CONFIRM_LANES = 64,
    KIB_PER_MIB = 1024,
};

static const int64_t warm_ns = 3 * BENCH_SECOND;              /* until all are out, and each has had an answer */
static const int64_t settle_for_ns = BENCH_SECOND / 20;       /* each connection asks once: an answer takes longer than this */
static const int64_t end_within_ns = 120 * BENCH_SECOND;
static const double ns_per_ms = 1e6;

struct inflight {
    struct bench *bench;
    struct bench_stage stage;
    struct bench_shop shop, old_shop; /* two, because each lane of a shop asks one thing at a time */
    struct bench_meter meter;
    struct bench_plan plans[2];
    struct bench_outcome outcomes[2];
};

/* ---- the run ---- */

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
    struct bench_plan plan = { .address = inflight->stage.gateway.address, .warm_ns = warm_ns,
                               .counted_ns = inflight->bench->seconds * BENCH_SECOND, .edge_context = &inflight->meter };
    struct bench_plan *pays = &inflight->plans[0], *asks = &inflight->plans[1];
    *pays = *asks = plan;
    pays->talk = &bench_talk_crowd;
    pays->context = &inflight->shop;
    pays->lanes = IN_FLIGHT;
    pays->edge = bench_meter_edge;
    asks->talk = &bench_talk_look_up;
    asks->context = &inflight->old_shop;
    asks->lanes = LOOK_UP_LANES;
    asks->per_second = LOOK_UPS_PER_SECOND;
    inflight->meter.stage = &inflight->stage;
    return bench_load_run(inflight->plans, inflight->outcomes, COUNT_OF(inflight->plans), &inflight->bench->error);
}

/* ---- did all end well? ---- */

/* Every order that was begun is authorized, whatever its customer heard. */
static bool confirm_all(struct inflight *inflight)
{
    static struct bench_outcome outcome;
    struct error *error = &inflight->bench->error;
    struct bench_plan plan = { .address = inflight->stage.gateway.address, .talk = &bench_talk_confirm, .context = &inflight->shop,
                               .lanes = CONFIRM_LANES, .counted_ns = end_within_ns };
    if (!bench_question_wait_idle(inflight->stage.gateway.address, end_within_ns, error)) return false;
    if (!bench_load_run(&plan, &outcome, 1, error)) return false;
    return outcome.failures == 0 || error_set(error, "in flight: %lld orders did not end as authorized: %s", (long long)outcome.failures,
                                              outcome.complaint);
}

static bool check_book(struct inflight *inflight)
{
    struct bench_book book;
    struct error *error = &inflight->bench->error;
    int64_t expected = (int64_t)inflight->shop.payment_count - inflight->shop.refused + inflight->old_shop.authorized;
    if (!bench_book_ask(inflight->stage.bank.address, &book, error)) return false;
    return book.holds == expected || error_set(error, "in flight: %lld were authorized, and the bank has %lld holds", (long long)expected,
                                               (long long)book.holds);
}

static void report(struct inflight *inflight)
{
    struct bench_report *report = &inflight->bench->report;
    const struct bench_outcome *paid = &inflight->outcomes[0], *asked = &inflight->outcomes[1];
    struct bench_cost cost = bench_meter_cost(&inflight->meter, paid->answers), none = { 0 };
    double most_mib = (double)bench_rss_most_kib_of(inflight->stage.gateway.pid) / KIB_PER_MIB;
    bench_report_run(report, "9,000 in flight, a slow bank", &inflight->plans[0], paid, &cost, 1);
    bench_report_run(report, "order look-ups meanwhile", &inflight->plans[1], asked, &none, 1);
    bench_report_value(report, "memory with 9,000 in flight", "inflight_rss_mib", most_mib, 1, "MiB");
    bench_report_keep(report, "inflight_per_s", bench_outcome_rate(paid), 0);
    bench_report_keep(report, "inflight_lookup_ms_p99", (double)bench_histogram_at(&asked->latency, 0.99) / ns_per_ms, 2);
    bench_report_value(report, "  of them answered with 202 first", "inflight_taken_on", inflight->shop.taken_on, 0, "");
    bench_report_value(report, "  refused", "inflight_refused", inflight->shop.refused, 0, "");
    bench_report_note(report, "  all %lld others are authorized in the end, once each at the bank",
                      (long long)inflight->shop.payment_count - inflight->shop.refused);
}

bool bench_measure_inflight(struct bench *bench)
{
    struct inflight *inflight = calloc(1, sizeof *inflight);
    struct bench_stage_plan plan = { .name = "inflight", .latency_ms = "100:2000", .failure_rate = "0.05" };
    INSIST(inflight != NULL && "out of memory");
    inflight->bench = bench;
    bench_shop_open(&inflight->shop, "inflight", BENCH_CARDS);
    bench_shop_open(&inflight->old_shop, "old", BENCH_CARDS);
    bool is_fine = bench_stage_open(&inflight->stage, &bench->place, &plan, &bench->error) && settle_some(inflight) && load_it(inflight) &&
                   confirm_all(inflight) && check_book(inflight);
    if (is_fine) report(inflight);
    bench_stage_close(&inflight->stage);
    bench_shop_close(&inflight->shop);
    bench_shop_close(&inflight->old_shop);
    free(inflight);
    return is_fine;
}
