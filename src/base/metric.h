/* SPDX-License-Identifier: Apache-2.0 */
/* metric: counters, gauges and histograms in Prometheus' text form (exposition format 0.0.4). Any thread may count. */
#ifndef FLORIN_BASE_METRIC_H
#define FLORIN_BASE_METRIC_H

#include <stdatomic.h>

#include "base/text.h"

enum metric_kind { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };
enum { METRIC_BUCKETS = 20 };

/* One series. Declare it static, register it once, count on it for ever.
 * Series of one name stand together, whenever they are registered. */
struct metric {
    const char *name;   /* "florin_operations_total" */
    const char *labels; /* "kind=\"capture\"" or NULL */
    const char *help;
    enum metric_kind kind;
    _Atomic int64_t value;                    /* counter, gauge; of a histogram the sum in microseconds */
    _Atomic int64_t buckets[METRIC_BUCKETS]; /* histogram: 100 us * 2^n, the last is +Inf */
    struct metric *next;
};

void metric_register(struct metric *metric);
void metric_add(struct metric *metric, int64_t amount);
void metric_set(struct metric *metric, int64_t value);
int64_t metric_value(const struct metric *metric);
void metric_observe_us(struct metric *metric, micros duration); /* histograms; told in seconds */

/* All registered series. */
void metric_put_all(struct text *text);

#endif
