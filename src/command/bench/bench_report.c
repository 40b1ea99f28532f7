/* SPDX-License-Identifier: Apache-2.0 */
/* bench_report: prints rows as they come, and gathers the same figures for the JSON. */
#include "command/bench/bench_report.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const double ns_per_ms = 1e6;

enum { NS_PER_US = 1000, LABEL_COLUMNS = 46 };

void bench_report_open(struct bench_report *report)
{
    *report = (struct bench_report){ 0 };
    report->runs = text_open(&report->arena, 4096);
    json_open_list(&report->runs);
}

void bench_report_close(struct bench_report *report) { arena_close(&report->arena); }

void bench_report_keep(struct bench_report *report, const char *name, double value, int decimals)
{
    INSIST(report->count < BENCH_FIGURES_MAX);
    struct bench_figure *figure = &report->figures[report->count++];
    (void)snprintf(figure->name, sizeof figure->name, "%s", name);
    figure->value = value;
    figure->decimals = decimals;
}

bool bench_report_find(const struct bench_report *report, const char *name, double *out)
{
    for (size_t i = 0; i < report->count; i++) {
        if (strcmp(report->figures[i].name, name) != 0) continue;
        *out = report->figures[i].value;
        return true;
    }
    return false;
}

/* ---- for people ---- */

static void say(const char *format, ...) FORMAT_LIKE_PRINTF(1, 2);
static void say(const char *format, ...)
{
    va_list values;
    va_start(values, format);
    (void)vprintf(format, values);
    va_end(values);
    (void)fflush(stdout);
}

/* 12345.6 as "12,346". */
static void in_thousands(double value, char out[32])
{
    char digits[32];
    int length = snprintf(digits, sizeof digits, "%.0f", value);
    char *at = out;
    for (int i = 0; i < length && at < out + 30; i++) {
        if (i > 0 && (length - i) % 3 == 0) *at++ = ',';
        *at++ = digits[i];
    }
    *at = '\0';
}

void bench_report_note(struct bench_report *report, const char *format, ...)
{
    char line[400];
    va_list values;
    va_start(values, format);
    (void)vsnprintf(line, sizeof line, format, values);
    va_end(values);
    say("%s\n", line);
    report->is_in_table = false;
}

void bench_report_value(struct bench_report *report, const char *label, const char *name, double value, int decimals, const char *unit)
{
    char number[32];
    bench_report_keep(report, name, value, decimals);
    if (decimals > 0) (void)snprintf(number, sizeof number, "%.*f", decimals, value);
    else in_thousands(value, number);
    say("%-*s %10s %s\n", LABEL_COLUMNS, label, number, unit);
    report->is_in_table = false;
}

static void say_head(struct bench_report *report)
{
    if (report->is_in_table) return;
    say("\n%-34s %9s  %8s %8s %8s   %s\n", "", "a second", "p50 ms", "p99 ms", "p99.9 ms", "CPU us: gateway (user+kernel)  bank  load   tx/commit");
    report->is_in_table = true;
}

static double latency_ms(const struct bench_outcome *outcome, double share)
{
    return (double)bench_histogram_at(&outcome->latency, share) / ns_per_ms;
}

static void say_run(const char *label, const struct bench_outcome *outcome, const struct bench_cost *cost, int per_row)
{
    char rate[32];
    in_thousands(bench_outcome_rate(outcome) / per_row, rate);
    say("%-34s %9s  %8.2f %8.2f %8.2f   %11.1f (%5.1f+%5.1f) %10.1f %5.1f %11.1f\n", label, rate, latency_ms(outcome, 0.5),
        latency_ms(outcome, 0.99), latency_ms(outcome, 0.999), (cost->gateway_user_us + cost->gateway_kernel_us) * per_row,
        cost->gateway_user_us * per_row, cost->gateway_kernel_us * per_row, cost->bank_us * per_row, cost->load_us * per_row,
        cost->per_commit);
    if (outcome->failures > 0) say("  %lld failed; the first: %s\n", (long long)outcome->failures, outcome->complaint);
}

/* ---- for machines ---- */

static void put_double(struct text *text, const char *name, double value, int decimals)
{
    char number[64];
    int length = snprintf(number, sizeof number, "%.*f", decimals, value);
    json_put_raw(text, name, (str){ number, (size_t)length });
}

static void put_percentile(struct text *text, const char *name, const struct bench_outcome *outcome, double share)
{
    json_put_int(text, name, bench_histogram_at(&outcome->latency, share) / NS_PER_US);
}

static void put_run(struct text *text, const char *label, const struct bench_plan *plan, const struct bench_outcome *outcome,
                    const struct bench_cost *cost, int per_row)
{
    json_comma(text);
    json_open_object(text);
    json_put_str(text, "what", str_of(label));
    json_put_int(text, "connections", (int64_t)plan->lanes);
    json_put_int(text, "asked_per_s", plan->per_second);
    put_double(text, "per_s", bench_outcome_rate(outcome) / per_row, 1);
    put_percentile(text, "us_p50", outcome, 0.5);
    put_percentile(text, "us_p90", outcome, 0.9);
    put_percentile(text, "us_p99", outcome, 0.99);
    put_percentile(text, "us_p999", outcome, 0.999);
    put_percentile(text, "us_p9999", outcome, 0.9999);
    put_percentile(text, "us_most", outcome, 1);
    put_double(text, "gateway_user_us", cost->gateway_user_us * per_row, 1);
    put_double(text, "gateway_kernel_us", cost->gateway_kernel_us * per_row, 1);
    put_double(text, "bank_us", cost->bank_us * per_row, 1);
    put_double(text, "load_us", cost->load_us * per_row, 1);
    put_double(text, "per_commit", cost->per_commit, 1);
    json_put_int(text, "failures", outcome->failures);
    json_close_object(text);
}

void bench_report_run(struct bench_report *report, const char *label, const struct bench_plan *plan, const struct bench_outcome *outcome,
                      const struct bench_cost *cost, int per_row)
{
    say_head(report);
    say_run(label, outcome, cost, per_row);
    put_run(&report->runs, label, plan, outcome, cost, per_row);
    report->failures += outcome->failures;
}
