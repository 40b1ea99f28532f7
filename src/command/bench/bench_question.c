/* SPDX-License-Identifier: Apache-2.0 */
/* bench_question: the load generator's own connection, used once. */
#include "command/bench/bench_question.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "command/bench/bench_load.h"

static const int64_t between_looks_ns = BENCH_SECOND / 50;

struct question {
    struct arena *arena;
    const char *method, *path;
    const char *request_body; /* NULL: none */
    bool is_asked;
    str body;
};

static size_t ask(void *context, size_t lane, char *buffer)
{
    struct question *question = context;
    (void)lane;
    if (question->is_asked) return 0;
    question->is_asked = true;
    const char *body = question->request_body ? question->request_body : "";
    int length = snprintf(buffer, BENCH_REQUEST_BYTES, "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %zu\r\n\r\n%s", question->method,
                          question->path, strlen(body), body);
    INSIST(length > 0 && length < BENCH_REQUEST_BYTES);
    return (size_t)length;
}

static enum bench_verdict hear(void *context, size_t lane, const struct bench_answer *answer)
{
    struct question *question = context;
    (void)lane;
    question->body = arena_copy(question->arena, answer->body);
    return answer->status == 200 ? BENCH_FINE : BENCH_WRONG;
}

static bool send_it(struct question *question, const char *address, struct error *error)
{
    static const struct bench_talk talk = { ask, hear };
    static struct bench_outcome outcome;
    struct bench_plan plan = { .address = address, .talk = &talk, .context = question, .lanes = 1, .counted_ns = BENCH_SECOND };
    if (!bench_load_run(&plan, &outcome, 1, error)) return false;
    return outcome.failures == 0 || error_set(error, "%s does not answer %s: %s", address, question->path, outcome.complaint);
}

bool bench_question_ask(struct arena *arena, const char *address, const char *path, str *out, struct error *error)
{
    struct question question = { .arena = arena, .method = "GET", .path = path };
    bool is_answered = send_it(&question, address, error);
    *out = question.body;
    return is_answered;
}

bool bench_question_tell(const char *address, const char *method, const char *path, const char *body, struct error *error)
{
    struct arena arena = { 0 };
    struct question question = { .arena = &arena, .method = method, .path = path, .request_body = body };
    bool is_answered = send_it(&question, address, error);
    arena_close(&arena);
    return is_answered;
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

bool bench_question_wait(const char *address, const char *name, int64_t wanted, int64_t within_ns, struct error *error)
{
    int64_t value = 0, until_ns = bench_now_ns() + within_ns;
    do {
        if (!bench_question_metric(address, name, &value, error)) return false;
        if (value == wanted) return true;
        (void)nanosleep(&(struct timespec){ .tv_nsec = between_looks_ns }, NULL);
    } while (bench_now_ns() < until_ns && !bench_load_is_interrupted());
    return error_set(error, "%s is still %lld and not %lld", name, (long long)value, (long long)wanted);
}

bool bench_question_wait_idle(const char *address, int64_t within_ns, struct error *error)
{
    return bench_question_wait(address, "florin_flows_running", 0, within_ns, error);
}
