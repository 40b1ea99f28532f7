/* SPDX-License-Identifier: Apache-2.0 */
/* bench_goals: what a gateway on two cores is meant to reach, beside what it did. For information: a machine of another kind misses them
 * without a fault, so nothing fails by them. */
#ifndef FLORIN_COMMAND_BENCH_GOALS_H
#define FLORIN_COMMAND_BENCH_GOALS_H

#include "command/bench/bench_report.h"

/* How many goals can be judged by these figures, and how many of those are met. */
struct bench_goals_count {
    size_t judged, met;
};
struct bench_goals_count bench_goals_judge(const struct bench_report *report);

/* Prints a row for each goal whose figures are there. */
void bench_goals_print(struct bench_report *report);

#endif
