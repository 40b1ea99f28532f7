/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP reader by itself: bytes in one piece and the same bytes in slices give the same requests and faults, within the
 * limits, and a request that is taken has one story about its length: what a second reader, who knows only the two
 * headers, makes of the raw bytes. The first byte of an input says how the rest is sliced. */
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzzing.h"
#include "world/http_reader.h"

enum { BODY_BYTES_MAX = 600, REQUESTS_MAX = 4 };

/* What became of one request; compared between the ways of slicing. */
struct told {
    enum http_reading state;
    enum http_fault fault;
    size_t used;
    bool keep_alive, is_http_1_0, has_body;
    size_t header_count;
    str method, target, body;
};

static struct arena arena;

static size_t slice_length(unsigned way, size_t at, size_t left)
{
    size_t length = way == 0 ? left : 1 + (way * 31 + at * 7) % (way < 32 ? way : 4 * way);
    return length < left ? length : left;
}

static struct told tell(const struct http_reader *reader, size_t used)
{
    const struct http_request *request = &reader->request;
    bool is_whole = reader->state == HTTP_READING_DONE;
    struct told told = { .state = reader->state, .fault = reader->fault, .used = is_whole ? used : 0 };
    if (!is_whole) return told;
    told.keep_alive = reader->keep_alive;
    told.is_http_1_0 = reader->is_http_1_0;
    told.has_body = request->has_body;
    told.header_count = request->header_count;
    told.method = request->method;
    told.target = request->target;
    told.body = request->body;
    return told;
}

/* Reads one request; `way` says in what slices it comes. */
static struct told read_one(struct http_reader *reader, str bytes, unsigned way)
{
    size_t used = 0;
    http_reader_open(reader, &arena, BODY_BYTES_MAX, false);
    while (used < bytes.length && reader->state <= HTTP_READING_BODY) {
        size_t length = slice_length(way, used, bytes.length - used);
        size_t taken = http_reader_feed(reader, bytes.bytes + used, length);
        INSIST(taken == length || (taken < length && reader->state >= HTTP_READING_DONE));
        used += taken;
    }
    return tell(reader, used);
}

static void check_same(const struct told *a, const struct told *b)
{
    INSIST(a->state == b->state && a->used == b->used);
    INSIST(a->state != HTTP_READING_FAULTY || a->fault == b->fault);
    INSIST(a->keep_alive == b->keep_alive && a->is_http_1_0 == b->is_http_1_0 && a->has_body == b->has_body);
    INSIST(a->header_count == b->header_count && str_equal(a->method, b->method));
    INSIST(str_equal(a->target, b->target) && str_equal(a->body, b->body));
}

/* ---- a second reader ---- */

static bool has_only(str text, const char *bytes)
{
    for (size_t i = 0; i < text.length; i++) {
        if (text.bytes[i] == 0 || !strchr(bytes, text.bytes[i])) return false;
    }
    return text.length > 0;
}

/* The head is what lies before the first empty line; an empty line at the very start is dropped. */
static str head_of(str bytes)
{
    if (str_starts_with(bytes, STR("\r\n"))) bytes = str_from(bytes, 2);
    const char *end = memmem(bytes.bytes, bytes.length, "\r\n\r\n", 4);
    INSIST(end != NULL);
    return (str){ bytes.bytes, (size_t)(end - bytes.bytes) + 2 };
}

/* What stands in that header; how often it stands there is the number of values that were met. */
static size_t find_header(str head, str name, str *value)
{
    size_t count = 0;
    str rest, line;
    for (str_cut(head, '\n', &rest); rest.length > 0;) {
        line = str_cut(rest, '\n', &rest);
        str text, found = str_cut(line, ':', &text);
        if (!str_equal_ignoring_case(str_trim(found), name)) continue;
        INSIST(line.bytes[line.length - 1] == '\r');
        text.length -= 1;
        *value = str_trim(text);
        count++;
    }
    return count;
}

/* Chunks: the sizes in hexadecimal, each with its data, up to the one of zero. The length of all data. */
static size_t chunks_length(str raw)
{
    size_t all = 0, size;
    do {
        str rest, line = str_cut(raw, '\n', &rest);
        size = strtoul(line.bytes, NULL, 16);
        all += size;
        INSIST(rest.length >= size + 2 && (size == 0 || memcmp(rest.bytes + size, "\r\n", 2) == 0));
        raw = str_from(rest, size + 2);
    } while (size > 0);
    return all;
}

/* Of two readings of where a request ends there is only one: either header stands there once or not at all, never both. */
static void check_length(str raw, const struct told *told)
{
    str head = head_of(raw), length = STR_NONE, coding = STR_NONE;
    size_t lengths = find_header(head, STR("Content-Length"), &length);
    size_t codings = find_header(head, STR("Transfer-Encoding"), &coding);
    str body = str_from((str){ head.bytes, (size_t)(raw.bytes + told->used - head.bytes) }, head.length + 2);
    INSIST(lengths + codings <= 1 && told->has_body == (lengths + codings == 1));
    if (codings == 1) {
        INSIST(!told->is_http_1_0 && str_equal_ignoring_case(coding, STR("chunked")));
        INSIST(chunks_length(body) == told->body.length);
    } else {
        INSIST(lengths == 0 || (has_only(length, "0123456789") && strtoul(length.bytes, NULL, 10) == body.length));
        INSIST(str_equal(body, told->body));
    }
}

static void check_limits(str raw, const struct told *told)
{
    str rest, head = head_of(raw), line = str_cut(head, '\n', &rest);
    INSIST(line.length <= HTTP_REQUEST_LINE_BYTES_MAX + 1 && rest.length <= HTTP_HEADER_BYTES_MAX);
    INSIST(told->header_count <= HTTP_HEADERS_MAX && told->body.length <= BODY_BYTES_MAX);
    INSIST(memchr(head.bytes, 0, head.length) == NULL);
    for (size_t i = 0; i < head.length; i++) INSIST(head.bytes[i] != '\n' || head.bytes[i - 1] == '\r');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct http_reader whole, sliced;
    struct input input = input_of(data, size);
    unsigned way = 1u + input_byte(&input);
    str bytes = input_rest(&input);
    for (int i = 0; i < REQUESTS_MAX && bytes.length > 0; i++) {
        struct told told = read_one(&whole, bytes, 0), again = read_one(&sliced, bytes, way);
        check_same(&told, &again);
        if (told.state != HTTP_READING_DONE) break;
        check_length(bytes, &told);
        check_limits(bytes, &told);
        bytes = str_from(bytes, told.used);
    }
    arena_reset(&arena);
    return 0;
}
