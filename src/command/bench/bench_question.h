/* SPDX-License-Identifier: Apache-2.0 */
/* bench_question: a single request between the runs. */
#ifndef FLORIN_COMMAND_BENCH_QUESTION_H
#define FLORIN_COMMAND_BENCH_QUESTION_H

#include "base/arena.h"
#include "base/error.h"

/* The body of a 200; it lives in the arena. */
bool bench_question_ask(struct arena *arena, const char *address, const char *path, str *out, struct error *error) MUST_CHECK;

/* Tells the simulated bank something under /sim/: a method and a path, and a body or NULL. */
bool bench_question_tell(const char *address, const char *method, const char *path, const char *body, struct error *error) MUST_CHECK;

/* What a gateway counts: the sum of a metric without labels, as /metrics tells it. */
bool bench_question_metric(const char *address, const char *name, int64_t *out, struct error *error) MUST_CHECK;

/* Waits until that metric has that value. */
bool bench_question_wait(const char *address, const char *name, int64_t wanted, int64_t within_ns, struct error *error) MUST_CHECK;

/* Waits until a gateway has no work in memory: all that it took on has ended, or waits for a person. */
bool bench_question_wait_idle(const char *address, int64_t within_ns, struct error *error) MUST_CHECK;

#endif
