/* SPDX-License-Identifier: Apache-2.0 */
/* bench_book: questions to the simulator's /sim/. */
#include "command/bench/bench_book.h"

#include <stdio.h>

#include "base/json.h"
#include "base/moment.h"
#include "command/bench/bench_question.h"

enum { MEMBERS_MAX = 200 * 1000, REQUESTS_KEPT = 4096 /* by the simulator */, PATH_BYTES = 64 };

static bool ask_bank(struct arena *arena, const char *address, const char *path, const struct json **out, struct error *error)
{
    str body;
    *out = NULL;
    if (!bench_question_ask(arena, address, path, &body, error)) return false;
    if (json_read_up_to(arena, body, MEMBERS_MAX, out) == JSON_FINE) return true;
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
