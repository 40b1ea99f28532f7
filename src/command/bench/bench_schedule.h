/* SPDX-License-Identifier: Apache-2.0 */
/* bench_schedule: when requests are due at a fixed rate. A moment that has passed is not skipped: what was due then is taken late, and its
 * latency counts from when it was due, so that a stall is felt by everybody whom it would have met (no coordinated omission). */
#ifndef FLORIN_COMMAND_BENCH_SCHEDULE_H
#define FLORIN_COMMAND_BENCH_SCHEDULE_H

#include "base/base.h"

#define BENCH_SECOND INT64_C(1000000000) /* in nanoseconds */

struct bench_schedule {
    int64_t began_ns;
    int64_t per_second; /* 0: whenever somebody has time, which is a closed loop */
    int64_t taken;
};

/* When the next one is due; in a closed loop always by now. */
int64_t bench_schedule_next_ns(const struct bench_schedule *schedule, int64_t now_ns);

/* Takes the next one if it is due by now. *due_ns is the moment from which its latency counts. */
bool bench_schedule_take(struct bench_schedule *schedule, int64_t now_ns, int64_t *due_ns) MUST_CHECK;

#endif
