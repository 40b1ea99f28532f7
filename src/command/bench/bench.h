/* SPDX-License-Identifier: Apache-2.0 */
/* bench: the measurements of `florin bench`, and what they share. */
#ifndef FLORIN_COMMAND_BENCH_H
#define FLORIN_COMMAND_BENCH_H

#include "command/bench/bench_report.h"
#include "command/bench/bench_shop.h"
#include "command/bench/bench_stage.h"

struct bench {
    int64_t seconds;                /* of each run, beside warming up */
    struct bench_place place;
    struct bench_stage stage;       /* a bank that answers at once */
    struct bench_shop shop;         /* its customer */
    struct bench_report report;
    struct error error;
};

/* What is kept of a run beside its row. */
struct bench_result {
    double per_s;
    int64_t p50_ns, p99_ns;
    struct bench_cost cost;
};

/* Runs a talk of the shop against that address, NULL for the gateway on the stage; prints its row. `per_second` 0 is a closed loop;
 * `per_row` answers are one of what the label says. */
struct bench_talk_plan {
    const char *label;
    const struct bench_talk *talk;
    size_t lanes;
    int64_t per_second;
    int per_row;
    const char *address;
};
bool bench_talk_run(struct bench *bench, const struct bench_talk_plan *wanted, struct bench_result *out) MUST_CHECK;

/* Authorizes without measuring until the shop has something to ask about: `for_ns` long. */
bool bench_stock(struct bench *bench, int64_t for_ns) MUST_CHECK;

/* The measurements; false with bench->error. */
bool bench_measure_authorize(struct bench *bench) MUST_CHECK;
bool bench_measure_nginx(struct bench *bench) MUST_CHECK;
bool bench_measure_captures(struct bench *bench) MUST_CHECK;
bool bench_measure_pairs(struct bench *bench) MUST_CHECK;
bool bench_measure_replays(struct bench *bench) MUST_CHECK;
bool bench_measure_lookups(struct bench *bench) MUST_CHECK;
bool bench_measure_latency(struct bench *bench) MUST_CHECK;
bool bench_measure_inflight(struct bench *bench) MUST_CHECK;
bool bench_measure_start(struct bench *bench) MUST_CHECK;

#endif
