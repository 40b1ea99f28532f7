/* SPDX-License-Identifier: Apache-2.0 */
/* metric: a list of series in the order of their registration, those of one name together. Counting is one relaxed atomic addition. */
#include "base/metric.h"

#include <pthread.h>

static const micros first_bucket_us = 100; /* the time of a cache hit and a hash; 18 doublings later it is 26 seconds */

static pthread_mutex_t registering = PTHREAD_MUTEX_INITIALIZER;
static struct metric *oldest;

/* Behind the last of its name, else at the end. */
static struct metric **place_of(const struct metric *metric)
{
    struct metric **end = &oldest, **place = NULL;
    while (*end) {
        bool is_kin = str_equal(str_of((*end)->name), str_of(metric->name));
        INSIST(*end != metric);
        end = &(*end)->next;
        if (is_kin) place = end;
    }
    return place ? place : end;
}

void metric_register(struct metric *metric)
{
    INSIST(pthread_mutex_lock(&registering) == 0);
    struct metric **place = place_of(metric);
    metric->next = *place;
    *place = metric;
    INSIST(pthread_mutex_unlock(&registering) == 0);
}

void metric_add(struct metric *metric, int64_t amount)
{
    atomic_fetch_add_explicit(&metric->value, amount, memory_order_relaxed);
}

void metric_set(struct metric *metric, int64_t value)
{
    atomic_store_explicit(&metric->value, value, memory_order_relaxed);
}

int64_t metric_value(const struct metric *metric)
{
    return atomic_load_explicit(&metric->value, memory_order_relaxed);
}

static size_t bucket_for(micros duration)
{
    size_t bucket = 0;
    while (bucket < METRIC_BUCKETS - 1 && duration > first_bucket_us << bucket) bucket++;
    return bucket;
}

void metric_observe_us(struct metric *metric, micros duration)
{
    if (duration < 0) duration = 0;
    atomic_fetch_add_explicit(&metric->buckets[bucket_for(duration)], 1, memory_order_relaxed);
    metric_add(metric, duration);
}

static void put_seconds(struct text *text, micros duration)
{
    text_put_int(text, duration / MICROS_PER_SECOND);
    int64_t fraction = duration % MICROS_PER_SECOND;
    if (fraction == 0) return;
    int digits = 6;
    for (; fraction % 10 == 0; fraction /= 10) digits--;
    text_put_format(text, ".%0*d", digits, (int)fraction);
}

static void put_escaped_help(struct text *text, str help)
{
    for (size_t i = 0; i < help.length; i++) {
        char byte = help.bytes[i];
        if (byte == '\\' || byte == '\n') text_put_char(text, '\\');
        text_put_char(text, byte == '\n' ? 'n' : byte);
    }
}

static void put_head(struct text *text, const struct metric *metric)
{
    static const char *const kinds[] = {
        [METRIC_COUNTER] = "counter",
        [METRIC_GAUGE] = "gauge",
        [METRIC_HISTOGRAM] = "histogram",
    };
    text_put_format(text, "# HELP %s ", metric->name);
    put_escaped_help(text, str_of(metric->help));
    text_put_format(text, "\n# TYPE %s %s\n", metric->name, kinds[metric->kind]);
}

/* name_suffix{labels} and a space */
static void put_series(struct text *text, const struct metric *metric, const char *suffix)
{
    text_put(text, str_of(metric->name));
    text_put(text, str_of(suffix));
    if (metric->labels) text_put_format(text, "{%s}", metric->labels);
    text_put_char(text, ' ');
}

static void put_number(struct text *text, const struct metric *metric, const char *suffix, int64_t number)
{
    put_series(text, metric, suffix);
    text_put_int(text, number);
    text_put_char(text, '\n');
}

static void put_bucket(struct text *text, const struct metric *metric, size_t bucket, int64_t count)
{
    text_put_format(text, "%s_bucket{%s%sle=\"", metric->name, metric->labels ? metric->labels : "",
                    metric->labels ? "," : "");
    if (bucket == METRIC_BUCKETS - 1) text_put(text, STR("+Inf"));
    else put_seconds(text, first_bucket_us << bucket);
    text_put(text, STR("\"} "));
    text_put_int(text, count);
    text_put_char(text, '\n');
}

static void put_histogram(struct text *text, const struct metric *metric)
{
    int64_t count = 0;
    for (size_t bucket = 0; bucket < METRIC_BUCKETS; bucket++) {
        count += atomic_load_explicit(&metric->buckets[bucket], memory_order_relaxed);
        put_bucket(text, metric, bucket, count);
    }
    put_series(text, metric, "_sum");
    put_seconds(text, metric_value(metric));
    text_put_char(text, '\n');
    put_number(text, metric, "_count", count);
}

void metric_put_all(struct text *text)
{
    INSIST(pthread_mutex_lock(&registering) == 0);
    str last_name = STR_NONE;
    for (const struct metric *metric = oldest; metric != NULL; metric = metric->next) {
        str name = str_of(metric->name);
        if (!str_equal(name, last_name)) put_head(text, metric);
        last_name = name;
        if (metric->kind == METRIC_HISTOGRAM) put_histogram(text, metric);
        else put_number(text, metric, "", metric_value(metric));
    }
    INSIST(pthread_mutex_unlock(&registering) == 0);
}
