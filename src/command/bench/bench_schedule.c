/* SPDX-License-Identifier: Apache-2.0 */
/* bench_schedule: number n is due n / rate after the beginning, whatever happened to those before it. */
#include "command/bench/bench_schedule.h"

int64_t bench_schedule_next_ns(const struct bench_schedule *schedule, int64_t now_ns)
{
    if (schedule->per_second == 0) return now_ns;
    int64_t whole = schedule->taken / schedule->per_second, part = schedule->taken % schedule->per_second;
    return schedule->began_ns + whole * BENCH_SECOND + part * BENCH_SECOND / schedule->per_second;
}

bool bench_schedule_take(struct bench_schedule *schedule, int64_t now_ns, int64_t *due_ns)
{
    *due_ns = bench_schedule_next_ns(schedule, now_ns);
    if (*due_ns > now_ns) return false;
    schedule->taken++;
    return true;
}
