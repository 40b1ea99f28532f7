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

/* Starts both on free ports. `name` tells the files of several stages in one folder apart; `latency_ms` is the bank's,
 * "0" or "1900:2000". It never fails by chance. */
bool bench_stage_open(struct bench_stage *stage, const struct bench_place *place, const char *name, const char *latency_ms,
                      struct error *error) MUST_CHECK;
void bench_stage_close(struct bench_stage *stage);

/* A gateway alone, for those that measure its start. */
bool bench_stage_start_gateway(struct child *gateway, const struct bench_place *place, const char *name, const char *bank_address,
                               struct error *error) MUST_CHECK;

/* What everybody had used at two moments. */
struct bench_meter {
    const struct bench_stage *stage;
    struct bench_usage gateway[2], bank[2], load[2];
};

/* For bench_plan.edge, with the meter as its context. */
void bench_meter_edge(void *meter, bool begins);
struct bench_cost bench_meter_cost(const struct bench_meter *meter, int64_t answers);

#endif
