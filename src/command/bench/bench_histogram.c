/* SPDX-License-Identifier: Apache-2.0 */
/* bench_histogram: a slot's number is the doubling and the six bits below the highest one.
 *
 *     value   0 1 2 ... 127 | 128,129  130,131 ... 254,255 | 256..259 ...
 *     slot    0 1 2 ... 127 | 128      129     ... 191     | 192      ...
 */
#include "command/bench/bench_histogram.h"

enum { STEP_BITS = 6 };

static size_t slot_of(int64_t value)
{
    if (value < BENCH_STEPS) return value < 0 ? 0 : (size_t)value;
    int doubling = 63 - __builtin_clzll((unsigned long long)value) - STEP_BITS;
    if (doubling > BENCH_DOUBLINGS) return BENCH_SLOTS - 1;
    return (size_t)(doubling * BENCH_STEPS) + (size_t)(value >> doubling);
}

/* The middle of what the slot holds. */
static int64_t value_of(size_t slot)
{
    if (slot < 2 * BENCH_STEPS) return (int64_t)slot;
    int doubling = (int)(slot / BENCH_STEPS) - 1;
    int64_t least = ((int64_t)slot - doubling * BENCH_STEPS) << doubling;
    return least + ((INT64_C(1) << doubling) - 1) / 2;
}

void bench_histogram_add(struct bench_histogram *histogram, int64_t value)
{
    histogram->slots[slot_of(value)]++;
    histogram->count++;
}

void bench_histogram_join(struct bench_histogram *histogram, const struct bench_histogram *other)
{
    for (size_t slot = 0; slot < BENCH_SLOTS; slot++) histogram->slots[slot] += other->slots[slot];
    histogram->count += other->count;
}

int64_t bench_histogram_at(const struct bench_histogram *histogram, double share)
{
    double wanted = share * (double)histogram->count;
    int64_t passed = 0;
    for (size_t slot = 0; slot < BENCH_SLOTS && histogram->count > 0; slot++) {
        passed += histogram->slots[slot];
        if (passed > 0 && (double)passed >= wanted) return value_of(slot);
    }
    return 0;
}
