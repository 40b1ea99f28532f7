/* SPDX-License-Identifier: Apache-2.0 */
/* bench_histogram: how long things took, kept in 64 steps for each doubling: every value to within 1.6 %, in fixed room. */
#ifndef FLORIN_COMMAND_BENCH_HISTOGRAM_H
#define FLORIN_COMMAND_BENCH_HISTOGRAM_H

#include "base/base.h"

enum {
    BENCH_STEPS = 64,
    BENCH_DOUBLINGS = 34, /* nanoseconds up to 18 minutes */
    BENCH_SLOTS = BENCH_STEPS * (BENCH_DOUBLINGS + 2),
};

struct bench_histogram {
    int64_t count;
    int64_t slots[BENCH_SLOTS];
};

/* Negative values count as 0, those beyond the end as the greatest. */
void bench_histogram_add(struct bench_histogram *histogram, int64_t value);

/* Adds all that is in `other`. */
void bench_histogram_join(struct bench_histogram *histogram, const struct bench_histogram *other);

/* The value that this share of all (0.99) does not exceed; 0 when there is none. */
int64_t bench_histogram_at(const struct bench_histogram *histogram, double share);

#endif
