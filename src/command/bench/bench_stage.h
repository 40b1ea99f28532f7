/* SPDX-License-Identifier: Apache-2.0 */
/* bench_stage: a simulated bank, a gateway in front of it on a fresh store, and a meter for what they use. */
#ifndef FLORIN_COMMAND_BENCH_STAGE_H
#define FLORIN_COMMAND_BENCH_STAGE_H

#include "command/bench/bench_disk.h"
#include "command/bench/bench_report.h"
#include "command/bench/bench_usage.h"
#include "command/child.h"

enum { BENCH_CARDS = 5000 };

struct bench_stage {
    struct child bank, gateway;
};

/* `name` tells the files of several stages in one folder apart. */
struct bench_stage_plan {
    const char *name;
    const char *latency_ms;        /* of the bank: "100:2000"; NULL: none */
    const char *failure_rate;      /* of the bank: "0.05"; NULL: never by chance */
    const char *store;             /* of the gateway: an url; NULL: a file in the place, by its name */
    const char *answer_within_ms;  /* of the gateway; NULL: its default */
};

/* Starts both on free ports. */
bool bench_stage_open(struct bench_stage *stage, const struct bench_place *place, const struct bench_stage_plan *plan,
                      struct error *error) MUST_CHECK;
void bench_stage_close(struct bench_stage *stage);

/* A gateway alone, for those that measure its start. */
bool bench_stage_start_gateway(struct child *gateway, const struct bench_place *place, const struct bench_stage_plan *plan,
                               const char *bank_address, struct error *error) MUST_CHECK;

/* The file of the store that a gateway of that name has in the place. */
void bench_stage_store_path(const struct bench_place *place, const char *name, char out[BENCH_PATH_BYTES]);

/* What everybody had used at two moments. */
struct bench_meter {
    const struct bench_stage *stage;
    struct bench_usage gateway[2], bank[2], load[2];
};

/* For bench_plan.edge, with the meter as its context. */
void bench_meter_edge(void *meter, bool begins);
struct bench_cost bench_meter_cost(const struct bench_meter *meter, int64_t answers);

#endif
