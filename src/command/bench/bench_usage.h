/* SPDX-License-Identifier: Apache-2.0 */
/* bench_usage: what a process uses: CPU time and memory. */
#ifndef FLORIN_COMMAND_BENCH_USAGE_H
#define FLORIN_COMMAND_BENCH_USAGE_H

#include <sys/types.h>

#include "base/base.h"

/* CPU time so far, of all its threads; zero when it is gone. */
struct bench_usage {
    int64_t user_us, kernel_us;
};
struct bench_usage bench_usage_of(pid_t pid);

/* Resident memory in KiB, now and at most so far; 0 when it is gone. */
int64_t bench_rss_kib_of(pid_t pid);
int64_t bench_rss_most_kib_of(pid_t pid);

#endif
