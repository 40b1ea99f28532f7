/* SPDX-License-Identifier: Apache-2.0 */
/* bench_question: the load generator's own connection, used once. */
#include "command/bench/bench_question.h"

#include <stdio.h>
#include <time.h>

#include "command/bench/bench_load.h"

static const int64_t between_looks_ns = BENCH_SECOND / 100;

struct question {
    struct arena *arena;
    const char *path;
    bool is_asked;
    str body;
};

static size_t ask(void *context, size_t lane, char *buffer)
{
    struct question *question = context;
    (void)lane;
    if (question->is_asked) return 0;
    question->is_asked = true;
    int length = snprintf(buffer, BENCH_REQUEST_BYTES, "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", question->path);
    return (size_t)length;
}

static enum bench_verdict hear(void *context, size_t lane, const struct bench_answer *answer)
{
    struct question *question = context;
    (void)lane;
    question->body = arena_copy(question->arena, answer->body);
    return answer->status == 200 ? BENCH_FINE : BENCH_WRONG;
}

bool bench_question_ask(struct arena *arena, const char *address, const char *path, str *out, struct error *error)
{
    static const struct bench_talk talk = { ask, hear };
    static struct bench_outcome outcome;
    struct question question = { .arena = arena, .path = path };
    struct bench_plan plan = { .address = address, .talk = &talk, .context = &question, .lanes = 1, .counted_ns = BENCH_SECOND };
    *out = STR_NONE;
    if (!bench_load_run(&plan, &outcome, 1, error)) return false;
    *out = question.body;
    return outcome.failures == 0 || error_set(error, "%s does not answer %s: %s", address, path, outcome.complaint);
}

/* The lines of a metric are its name, a space and a number. */
static bool find_metric(str metrics, str name, int64_t *out)
{
    while (metrics.length > 0) {
        str value;
        str line = str_cut(metrics, '\n', &metrics);
        if (str_equal(str_cut(line, ' ', &value), name)) return str_to_int64(value, INT64_MAX, out);
    }
    return false;
}

bool bench_question_metric(const char *address, const char *name, int64_t *out, struct error *error)
{
    struct arena arena = { 0 };
    str metrics;
    bool is_known = bench_question_ask(&arena, address, "/metrics", &metrics, error);
    if (is_known && !find_metric(metrics, str_of(name), out)) is_known = error_set(error, "%s does not tell %s", address, name);
    arena_close(&arena);
    return is_known;
}

bool bench_question_wait_idle(const char *address, int64_t within_ns, struct error *error)
{
    int64_t running, until_ns = bench_now_ns() + within_ns;
    do {
        if (!bench_question_metric(address, "florin_flows_running", &running, error)) return false;
        if (running == 0) return true;
        (void)nanosleep(&(struct timespec){ .tv_nsec = between_looks_ns }, NULL);
    } while (bench_now_ns() < until_ns && !bench_load_is_interrupted());
    return error_set(error, "%lld pieces of work do not end", (long long)running);
}
