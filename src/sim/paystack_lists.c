/* SPDX-License-Identifier: Apache-2.0 */
/* paystack_lists: lists, newest first, page by page or by cursor. A cursor is the number of the last one that was shown. */
#include "base/moment.h"
#include "sim/paystack.h"

enum { SIZE_USUAL = 50, SIZE_MOST = 100 };

/* --- Between two moments --- */

/* A date alone is its beginning. */
static bool read_moment(const struct psp_visit *visit, const char *name, micros *out)
{
    str text = psp_given(visit, name);
    if (text.length == 0) return false;
    if (!str_contains(text, STR("T"))) text = arena_format(visit->arena, "%.*sT00:00:00Z", STR_FORMAT(text));
    return moment_parse(text, out);
}

bool paystack_is_between(const struct psp_visit *visit, micros at)
{
    micros from, to;
    if (read_moment(visit, "from", &from) && at < from) return false;
    return !read_moment(visit, "to", &to) || at <= to;
}

/* --- Pages --- */

struct window {
    int64_t size, page;
    uint32_t below;   /* only what has a lower number */
    bool has_cursor;
    int64_t total;    /* of all that is wanted */
    int64_t put;
    uint32_t last;    /* the number of the last one that was put */
    bool is_more;
};

static struct window read_window(const struct psp_visit *visit, const char *size, uint32_t count)
{
    int64_t cursor;
    struct window window = { .size = SIZE_USUAL, .page = 1, .below = count + 1 };
    if (!psp_given_int(visit, size, &window.size) || window.size < 1) window.size = SIZE_USUAL;
    if (window.size > SIZE_MOST) window.size = SIZE_MOST;
    if (!psp_given_int(visit, "page", &window.page) || window.page < 1) window.page = 1;
    window.has_cursor = given_is_true(visit->given, "use_cursor");
    if (window.has_cursor) window.page = 1;
    if (window.has_cursor && psp_given_int(visit, "next", &cursor) && cursor > 0 && cursor <= count) window.below = (uint32_t)cursor;
    return window;
}

static bool is_in_window(struct window *window)
{
    int64_t place = window->total++;
    bool is_before = place < (window->page - 1) * window->size;
    window->is_more = window->put == window->size;
    return !is_before && !window->is_more;
}

static void put_meta(struct text *text, const struct window *window)
{
    json_name(text, "meta");
    json_open_object(text);
    if (window->has_cursor) {
        str next = window->is_more ? arena_format(text->arena, "%u", window->last) : STR_NONE;
        json_put_str(text, "next", next);
        json_put_null(text, "previous");
    } else {
        json_put_int(text, "total", window->total);
        json_put_int(text, "skipped", (window->page - 1) * window->size);
        json_put_int(text, "page", window->page);
        json_put_int(text, "pageCount", (window->total + window->size - 1) / window->size);
    }
    json_put_int(text, "perPage", window->size);
    json_close_object(text);
}

void paystack_list(struct psp_visit *visit, const char *message, const struct psp_shelf *shelf, const char *size,
                   paystack_wanted *wanted, paystack_put *put)
{
    struct text text = text_open(visit->arena, 8192);
    struct window window = read_window(visit, size, psp_shelf_count(shelf));
    json_open_object(&text);
    json_put_bool(&text, "status", true);
    json_put_str(&text, "message", str_of(message));
    json_name(&text, "data");
    json_open_list(&text);
    for (uint32_t number = window.below - 1; number >= 1; number--) {
        const void *item = psp_shelf_at(shelf, number);
        if (!wanted(visit, item) || !is_in_window(&window)) continue;
        json_comma(&text);
        put(&text, item);
        window.put++;
        window.last = number;
    }
    json_close_list(&text);
    put_meta(&text, &window);
    json_close_object(&text);
    psp_answer_text(visit, 200, &text);
}
