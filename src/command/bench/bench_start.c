/* SPDX-License-Identifier: Apache-2.0 */
/* bench_start: an idle gateway: how much memory it holds, and how soon it is ready on an empty store. */
#include <stdio.h>
#include <stdlib.h>

#include "command/bench/bench.h"

enum { STARTS = 5, STARTS_MIDDLE = 2, KIB_PER_MIB = 1024 };

static const double ns_per_ms = 1e6;

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
    struct bench_stage_plan plan = { .name = name };
    if (!bench_stage_start_gateway(&gateway, &bench->place, &plan, bench->stage.bank.address, &bench->error)) return false;
    *ready_ns = bench_now_ns() - began_ns;
    (void)child_stop(&gateway);
    return true;
}

/* The main stage's gateway has done nothing yet when this comes first. */
bool bench_measure_start(struct bench *bench)
{
    int64_t ready_ns[STARTS];
    double idle_mib = (double)bench_rss_kib_of(bench->stage.gateway.pid) / KIB_PER_MIB;
    bench_report_value(&bench->report, "memory, idle", "idle_rss_mib", idle_mib, 1, "MiB");
    for (int i = 0; i < STARTS; i++) {
        if (!start_and_stop(bench, i, &ready_ns[i])) return false;
    }
    qsort(ready_ns, STARTS, sizeof ready_ns[0], by_size);
    bench_report_value(&bench->report, "from start to ready, empty store", "start_ms", (double)ready_ns[STARTS_MIDDLE] / ns_per_ms, 1, "ms");
    return true;
}
