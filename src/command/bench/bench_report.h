/* SPDX-License-Identifier: Apache-2.0 */
/* bench_report: what was measured, as a table for people while it runs, and as JSON for machines at the end. */
#ifndef FLORIN_COMMAND_BENCH_REPORT_H
#define FLORIN_COMMAND_BENCH_REPORT_H

#include "base/text.h"
#include "command/bench/bench_load.h"

enum { BENCH_FIGURES_MAX = 64, BENCH_NAME_BYTES = 48 };

struct bench_figure {
    char name[BENCH_NAME_BYTES];
    double value;
    int decimals;
};

struct bench_report {
    struct bench_figure figures[BENCH_FIGURES_MAX];
    size_t count;
    struct arena arena;
    struct text runs; /* JSON, one object a run */
    int64_t failures;
    bool is_in_table; /* rows of runs are being printed */
};

/* CPU per answer, in microseconds. */
struct bench_cost {
    double gateway_user_us, gateway_kernel_us, bank_us, load_us;
    double per_commit; /* transactions that shared a commit, over the whole run; 0: there was none */
};

void bench_report_open(struct bench_report *report);
void bench_report_close(struct bench_report *report);

/* Keeps a figure for the JSON. */
void bench_report_keep(struct bench_report *report, const char *name, double value, int decimals);

/* A figure that was kept before. */
bool bench_report_find(const struct bench_report *report, const char *name, double *out) MUST_CHECK;

/* Prints "label  value unit" and keeps the figure. */
void bench_report_value(struct bench_report *report, const char *label, const char *name, double value, int decimals, const char *unit);

/* Prints a row of a run: rate, latencies, costs. `per_row` answers make one of what the label says (2 for pairs). */
void bench_report_run(struct bench_report *report, const char *label, const struct bench_plan *plan, const struct bench_outcome *outcome,
                      const struct bench_cost *cost, int per_row);

/* A line for people only. */
void bench_report_note(struct bench_report *report, const char *format, ...) FORMAT_LIKE_PRINTF(2, 3);

/* The whole as JSON. `folder` is where it was measured. */
bool bench_report_write(const struct bench_report *report, const char *path, int64_t seconds, const char *folder, struct error *error) MUST_CHECK;

#endif
