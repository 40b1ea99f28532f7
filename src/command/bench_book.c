/* SPDX-License-Identifier: Apache-2.0 */
/* bench_book: single questions to the simulator's /sim/, over the load generator's own connection. */
#include "command/bench_book.h"

#include <stdio.h>

#include "base/json.h"
#include "base/moment.h"
#include "command/bench_load.h"

enum { MEMBERS_MAX = 200 * 1000, REQUESTS_KEPT = 4096 /* by the simulator */, PATH_BYTES = 64 };

/* ---- one question ---- */

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

static bool hear(void *context, size_t lane, const struct bench_answer *answer)
{
    struct question *question = context;
    (void)lane;
    question->body = arena_copy(question->arena, answer->body);
    return answer->status == 200;
}

static bool ask_bank(struct arena *arena, const char *address, const char *path, const struct json **out, struct error *error)
{
    static const struct bench_talk talk = { ask, hear };
    static struct bench_outcome outcome;
    struct question question = { .arena = arena, .path = path };
    *out = NULL;
    struct bench_plan plan = { .address = address, .talk = &talk, .context = &question, .lanes = 1, .counted_ns = BENCH_SECOND };
    if (!bench_load_run(&plan, &outcome, 1, error)) return false;
    if (outcome.failures > 0) return error_set(error, "the bank does not answer %s: %s", path, outcome.complaint);
    if (json_read_up_to(arena, question.body, MEMBERS_MAX, out) == JSON_FINE) return true;
    return error_set(error, "the bank's answer to %s is not JSON", path);
}

/* ---- totals ---- */

static int64_t count_of(const struct json *book, const char *what)
{
    int64_t count;
    return json_int64(json_find(json_find(book, what), "count"), &count) ? count : -1;
}

bool bench_book_ask(const char *bank_address, struct bench_book *out, struct error *error)
{
    struct arena arena = { 0 };
    const struct json *book;
    bool is_known = ask_bank(&arena, bank_address, "/sim/book?summary=1", &book, error);
    if (is_known) *out = (struct bench_book){ count_of(book, "holds"), count_of(book, "captures") };
    arena_close(&arena);
    return is_known;
}

/* ---- arrivals ---- */

static bool is_authorization(const struct json *request)
{
    return str_equal(json_string(json_find(request, "method")), STR("POST")) &&
           str_equal(json_string(json_find(request, "path")), STR("/api/v1/authorizations"));
}

static bool read_last(const struct json *answer, int64_t count, micros *out, struct error *error)
{
    int64_t found = 0;
    str came_at = STR_NONE;
    for (struct json_item item = json_first(json_find(answer, "requests")); item.value; item = json_next(item)) {
        if (!is_authorization(item.value)) continue;
        found++;
        came_at = json_string(json_find(item.value, "came_at"));
    }
    if (found >= count && moment_parse(came_at, out)) return true;
    return error_set(error, "only %lld of %lld authorizations came to the bank", (long long)found, (long long)count);
}

bool bench_book_last_came_at(const char *bank_address, int64_t count, micros *out, struct error *error)
{
    struct arena arena = { 0 };
    char path[PATH_BYTES];
    const struct json *answer;
    (void)snprintf(path, sizeof path, "/sim/requests?last=%d", REQUESTS_KEPT);
    bool is_known = ask_bank(&arena, bank_address, path, &answer, error) && read_last(answer, count, out, error);
    arena_close(&arena);
    return is_known;
}
