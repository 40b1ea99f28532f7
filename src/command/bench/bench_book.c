/* SPDX-License-Identifier: Apache-2.0 */
/* bench_book: questions to the simulator's /sim/. */
#include "command/bench/bench_book.h"

#include "base/json.h"
#include "command/bench/bench_question.h"

enum { MEMBERS_MAX = 1000 };

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

bool bench_book_count_requests(const char *bank_address, int64_t *out, struct error *error)
{
    struct arena arena = { 0 };
    const struct json *answer;
    bool is_known = ask_bank(&arena, bank_address, "/sim/requests?last=0", &answer, error);
    if (is_known && !json_int64(json_find(answer, "count"), out)) is_known = error_set(error, "the bank does not count its requests");
    arena_close(&arena);
    return is_known;
}
