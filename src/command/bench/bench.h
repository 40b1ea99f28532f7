/* SPDX-License-Identifier: Apache-2.0 */
/* bench: the measurements of `florin bench`, and what they share. */
#ifndef FLORIN_COMMAND_BENCH_H
#define FLORIN_COMMAND_BENCH_H

#include "command/bench/bench_report.h"
#include "command/bench/bench_shop.h"
#include "command/bench/bench_stage.h"

/* A store of many old payments, made when it is first needed. */
struct bench_filled {
    uint32_t payments; /* 0: not made yet */
    micros now;        /* when its newest was made */
};

struct bench {
    int64_t seconds;                /* of each run, beside warming up */
    bool is_long;                   /* whatever takes more than half a minute is wanted, too */
    int64_t payments;               /* in a filled store */
    const char *store;              /* a PostgreSQL that is there already; NULL: none */
    struct bench_place place;
    struct bench_stage stage;       /* a bank that answers at once */
    struct bench_shop shop;         /* its customer */
    struct bench_filled filled;
    struct bench_report report;
    struct error error;
};

/* What is kept of a run beside its row. */
struct bench_result {
    double per_s;
    int64_t p50_ns, p99_ns;
    struct bench_cost cost;
};

/* Lets a shop talk to a gateway; prints the row of it. */
struct bench_talk_plan {
    const char *label;
    const struct bench_talk *talk;
    size_t lanes;
    int64_t per_second;              /* 0: a closed loop */
    int per_row;                     /* so many answers are one of what the label says */
    const char *address;             /* NULL: the gateway on the stage */
    const struct bench_stage *stage; /* NULL: the bench's own, with its shop */
    struct bench_shop *shop;
};
bool bench_talk_run(struct bench *bench, const struct bench_talk_plan *wanted, struct bench_result *out) MUST_CHECK;

/* Authorizes without measuring until the shop has something to ask about: `for_ns` long. */
bool bench_stock(struct bench *bench, int64_t for_ns) MUST_CHECK;

/* Where the peak was found, for all but authorizations, which try several numbers of connections. */
enum { BENCH_PEAK_LANES = 256 };

/* Makes the filled store, under the name of the stage that is to use it, and a shop that knows its orders. */
#define BENCH_FILLED_STAGE "filled"
bool bench_fill_once(struct bench *bench) MUST_CHECK;
void bench_shop_open_filled(struct bench_shop *shop, const struct bench_filled *filled);

/* The measurements; false with bench->error. */
bool bench_measure_authorize(struct bench *bench) MUST_CHECK;
bool bench_measure_nginx(struct bench *bench) MUST_CHECK;
bool bench_measure_captures(struct bench *bench) MUST_CHECK;
bool bench_measure_pairs(struct bench *bench) MUST_CHECK;
bool bench_measure_replays(struct bench *bench) MUST_CHECK;
bool bench_measure_lookups(struct bench *bench) MUST_CHECK;
bool bench_measure_mixed(struct bench *bench) MUST_CHECK;
bool bench_measure_history(struct bench *bench) MUST_CHECK;
bool bench_measure_latency(struct bench *bench) MUST_CHECK;
bool bench_measure_overload(struct bench *bench) MUST_CHECK;
bool bench_measure_postgres(struct bench *bench) MUST_CHECK;
bool bench_measure_growth(struct bench *bench) MUST_CHECK;
bool bench_measure_restart(struct bench *bench) MUST_CHECK;
bool bench_measure_inflight(struct bench *bench) MUST_CHECK;
bool bench_measure_routing(struct bench *bench) MUST_CHECK;
bool bench_measure_rotation(struct bench *bench) MUST_CHECK;
bool bench_measure_start(struct bench *bench) MUST_CHECK;

#endif
