/* SPDX-License-Identifier: Apache-2.0 */
/* The reader by itself: every row in one piece, byte by byte and cut in two at each place gives the same answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "world/bad_requests.h"
#include "world/http_reader.h"

enum { BODY_BYTES_MAX = 64 * 1024 };

static int status_of(const struct http_reader *reader)
{
    static const int statuses[] = {
        [HTTP_FAULT_MALFORMED] = 400, [HTTP_FAULT_URI_TOO_LONG] = 414, [HTTP_FAULT_HEADERS_TOO_LARGE] = 431,
        [HTTP_FAULT_BODY_TOO_LARGE] = 413, [HTTP_FAULT_LENGTH_REQUIRED] = 411, [HTTP_FAULT_TIMEOUT] = 408,
        [HTTP_FAULT_NOT_IMPLEMENTED] = 501, [HTTP_FAULT_VERSION] = 505, [HTTP_FAULT_EXPECTATION] = 417,
    };
    if (reader->state == HTTP_READING_DONE) return 200;
    return reader->state == HTTP_READING_FAULTY ? statuses[reader->fault] : 0;
}

/* A piece lies in memory of its own, so that a sanitizer sees a reader that looks beyond it. */
static void feed(struct http_reader *reader, str bytes)
{
    if (bytes.length == 0 || status_of(reader) != 0) return;
    char *piece = malloc(bytes.length);
    memcpy(piece, bytes.bytes, bytes.length);
    http_reader_feed(reader, piece, bytes.length);
    free(piece);
}

/* What becomes of the bytes when they come in pieces: `first` bytes, then `step` at a time. */
static int status_in_pieces(str bytes, size_t first, size_t step)
{
    struct arena arena = { 0 };
    struct http_reader reader;
    http_reader_open(&reader, &arena, BODY_BYTES_MAX, false);
    feed(&reader, (str){ bytes.bytes, first });
    for (size_t at = first; at < bytes.length; at += step) {
        size_t length = bytes.length - at < step ? bytes.length - at : step;
        feed(&reader, (str){ bytes.bytes + at, length });
    }
    int status = status_of(&reader);
    arena_close(&arena);
    return status;
}

/* Whether the row got its answer; says so when not. */
static bool is_as_expected(const struct request_row *row, int status, const char *how)
{
    if (status != row->status) print_error("%s, %s: %d instead of %d\n", row->what, how, status, row->status);
    return status == row->status;
}

static void test_rows_in_one_piece(void **state)
{
    (void)state;
    size_t wrong = 0;
    for (size_t i = 0; i < request_row_count; i++) {
        str bytes = request_rows[i].bytes;
        wrong += !is_as_expected(&request_rows[i], status_in_pieces(bytes, 0, bytes.length), "in one piece");
    }
    assert_int_equal(wrong, 0);
}

static void test_rows_byte_by_byte(void **state)
{
    (void)state;
    size_t wrong = 0;
    for (size_t i = 0; i < request_row_count; i++) {
        wrong += !is_as_expected(&request_rows[i], status_in_pieces(request_rows[i].bytes, 0, 1), "byte by byte");
    }
    assert_int_equal(wrong, 0);
}

static void test_rows_cut_in_two(void **state)
{
    (void)state;
    size_t wrong = 0;
    for (size_t i = 0; i < request_row_count; i++) {
        str bytes = request_rows[i].bytes;
        for (size_t cut = 1; cut < bytes.length; cut++) {
            wrong += !is_as_expected(&request_rows[i], status_in_pieces(bytes, cut, bytes.length), "cut in two");
        }
    }
    assert_int_equal(wrong, 0);
}

/* Every prefix of a good request waits for more, or was already the whole of it. */
static void test_no_prefix_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < request_row_count; i++) {
        if (request_rows[i].status != 200) continue;
        str bytes = request_rows[i].bytes;
        for (size_t length = 1; length < bytes.length; length++) {
            int status = status_in_pieces((str){ bytes.bytes, length }, 0, length);
            if (status != 0) print_error("%s, first %zu bytes: %d\n", request_rows[i].what, length, status);
            assert_int_equal(status, 0);
        }
    }
}

struct read {
    struct arena arena;
    struct http_reader reader;
    size_t used;
};

static void read_request(struct read *read, str bytes)
{
    *read = (struct read){ 0 };
    http_reader_open(&read->reader, &read->arena, BODY_BYTES_MAX, false);
    read->used = http_reader_feed(&read->reader, bytes.bytes, bytes.length);
}

#define assert_str(actual, expected)                                                                                 \
    do {                                                                                                             \
        str actual_ = (actual);                                                                                      \
        if (!str_equal(actual_, STR(expected))) fail_msg("'%.*s' is not '%s'", STR_FORMAT(actual_), expected);        \
    } while (0)

static void test_parts(void **state)
{
    (void)state;
    struct read read;
    read_request(&read, STR("POST /v1/payments?limit=1&x=%20 HTTP/1.1\r\nHost: a\r\nEmpty:\r\nX-Key:  a b \r\n"
                            "content-length: 5\r\n\r\nhelloGET"));
    const struct http_request *request = &read.reader.request;
    assert_int_equal(read.reader.state, HTTP_READING_DONE);
    assert_str(request->method, "POST");
    assert_str(request->target, "/v1/payments?limit=1&x=%20");
    assert_str(request->path, "/v1/payments");
    assert_str(request->query, "limit=1&x=%20");
    assert_str(request->body, "hello");
    assert_true(request->has_body);
    assert_int_equal(request->header_count, 4);
    assert_str(http_header(request, STR("x-key")), "a b");
    assert_str(http_header(request, STR("empty")), "");
    assert_non_null(http_header(request, STR("empty")).bytes);
    assert_null(http_header(request, STR("absent")).bytes);
    assert_true(read.reader.keep_alive);
    arena_close(&read.arena);
}

static void test_bytes_behind_a_request_are_left(void **state)
{
    (void)state;
    static const str requests[] = {
        { "GET / HTTP/1.1\r\nHost: a\r\n\r\n", 27 },
        { "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", 50 },
        { "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", 71 },
        { "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nT: 1\r\n\r\n", 69 },
    };
    for (size_t i = 0; i < COUNT_OF(requests); i++) {
        struct arena arena = { 0 };
        struct read read;
        size_t length = strlen(requests[i].bytes);
        read_request(&read, arena_format(&arena, "%sGET / HTTP/1.1\r\n", requests[i].bytes));
        assert_int_equal(read.reader.state, HTTP_READING_DONE);
        assert_int_equal(read.used, length);
        arena_close(&read.arena);
        arena_close(&arena);
    }
}

static void test_chunks_are_joined(void **state)
{
    (void)state;
    struct read read;
    read_request(&read, STR("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                            "2\r\nhe\r\n3;x=\"y\"\r\nllo\r\n0\r\nX-Trailer: 1\r\n\r\n"));
    assert_int_equal(read.reader.state, HTTP_READING_DONE);
    assert_str(read.reader.request.body, "hello");
    assert_null(http_header(&read.reader.request, STR("X-Trailer")).bytes);
    arena_close(&read.arena);
}

static void test_absolute_target(void **state)
{
    (void)state;
    struct read read;
    read_request(&read, STR("GET http://a.example:80/b?c HTTP/1.1\r\nHost: a\r\n\r\n"));
    assert_str(read.reader.request.path, "/b");
    assert_str(read.reader.request.query, "c");
    arena_close(&read.arena);
    read_request(&read, STR("GET https://a HTTP/1.1\r\nHost: a\r\n\r\n"));
    assert_str(read.reader.request.path, "/");
    assert_null(read.reader.request.query.bytes);
    arena_close(&read.arena);
}

struct persistence_row {
    str bytes;
    bool keep_alive;
};

static void test_who_stays(void **state)
{
    (void)state;
    const struct persistence_row rows[] = {
        { STR("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), true },
        { STR("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"), false },
        { STR("GET / HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n"), false },
        { STR("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"), true },
        { STR("GET / HTTP/1.0\r\nHost: a\r\n\r\n"), false },
        { STR("GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n"), true },
        { STR("CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n"), false },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct read read;
        read_request(&read, rows[i].bytes);
        assert_int_equal(read.reader.state, HTTP_READING_DONE);
        assert_int_equal(read.reader.keep_alive, rows[i].keep_alive);
        arena_close(&read.arena);
    }
}

/* "GET /aaa… HTTP/1.1" of that many bytes, without its CRLF. */
static str long_request_line(struct arena *arena, size_t bytes)
{
    size_t filler = bytes - strlen("GET / HTTP/1.1");
    char *path = arena_take(arena, filler + 1);
    memset(path, 'a', filler);
    return arena_format(arena, "GET /%s HTTP/1.1", path);
}

static int status_of_text(str bytes)
{
    int whole = status_in_pieces(bytes, 0, bytes.length);
    assert_int_equal(status_in_pieces(bytes, 0, 7), whole);
    return whole;
}

static void test_request_line_limit(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    str fine = long_request_line(&arena, HTTP_REQUEST_LINE_BYTES_MAX);
    str long_line = long_request_line(&arena, HTTP_REQUEST_LINE_BYTES_MAX + 1);
    assert_int_equal(status_of_text(arena_format(&arena, "%s\r\nHost: a\r\n\r\n", fine.bytes)), 200);
    assert_int_equal(status_of_text(arena_format(&arena, "%s\r\nHost: a\r\n\r\n", long_line.bytes)), 414);
    str endless = long_request_line(&arena, HTTP_REQUEST_LINE_BYTES_MAX * 2);
    assert_int_equal(status_of_text((str){ endless.bytes, endless.length - 20 }), 414);
    arena_close(&arena);
}

static str request_with_headers(struct arena *arena, size_t count, size_t value_bytes)
{
    char *value = arena_take(arena, value_bytes + 1);
    memset(value, 'v', value_bytes);
    struct text text = text_open(arena, 1024);
    text_put(&text, STR("GET / HTTP/1.1\r\nHost: a\r\n"));
    for (size_t i = 1; i < count; i++) text_put_format(&text, "X-%04zu: %s\r\n", i, value);
    text_put(&text, STR("\r\n"));
    return text_str(&text);
}

static void test_header_limits(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    size_t rest = HTTP_HEADER_BYTES_MAX - strlen("Host: a\r\n") - strlen("X-0001: \r\n") - strlen("\r\n");
    assert_int_equal(status_of_text(request_with_headers(&arena, HTTP_HEADERS_MAX, 1)), 200);
    assert_int_equal(status_of_text(request_with_headers(&arena, HTTP_HEADERS_MAX + 1, 1)), 431);
    assert_int_equal(status_of_text(request_with_headers(&arena, 2, rest)), 200);
    assert_int_equal(status_of_text(request_with_headers(&arena, 2, rest + 1)), 431);
    assert_int_equal(status_of_text(request_with_headers(&arena, 2, 100 * 1000)), 431);
    arena_close(&arena);
}

static str body_of(struct arena *arena, int length)
{
    char *body = arena_take(arena, (size_t)length + 1);
    memset(body, 'b', (size_t)length);
    return (str){ body, (size_t)length };
}

static int status_of_counted(struct arena *arena, int length)
{
    const char *body = body_of(arena, length).bytes;
    const char *head = "POST / HTTP/1.1\r\nHost: a\r\n";
    return status_of_text(arena_format(arena, "%sContent-Length: %d\r\n\r\n%s", head, length, body));
}

/* A chunk of that length and one of a byte. */
static int status_of_chunks(struct arena *arena, int length)
{
    const char *body = body_of(arena, length).bytes;
    const char *head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    return status_of_text(arena_format(arena, "%s%x\r\n%s\r\n1\r\nb\r\n0\r\n\r\n", head, (unsigned)length, body));
}

static void test_body_limits(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    assert_int_equal(status_of_counted(&arena, BODY_BYTES_MAX), 200);
    assert_int_equal(status_of_counted(&arena, BODY_BYTES_MAX + 1), 413);
    assert_int_equal(status_of_chunks(&arena, BODY_BYTES_MAX - 1), 200);
    assert_int_equal(status_of_chunks(&arena, BODY_BYTES_MAX), 413);
    arena_close(&arena);
}

static str chunked_with_waste(struct arena *arena, const char *piece, size_t pieces, const char *end)
{
    struct text text = text_open(arena, 1024);
    text_put(&text, STR("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"));
    for (size_t i = 0; i < pieces; i++) text_put(&text, str_of(piece));
    text_put(&text, str_of(end));
    return text_str(&text);
}

/* Chunks of one byte are silly but legal; extensions and trailers without an end are an attack. */
static bool is_wiped(const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] != 0) return false;
    }
    return true;
}

/* A body that outgrows its first place holds a card, perhaps: `head`, then pieces of `piece` behind each other. */
static void outgrow(str head, str piece, size_t pieces)
{
    struct read read;
    read_request(&read, head);
    http_reader_feed(&read.reader, piece.bytes, piece.length);
    for (size_t i = 1; i < pieces; i++) {
        struct text before = read.reader.body;
        assert_true(before.length > 0 && !is_wiped(before.bytes, before.length));
        http_reader_feed(&read.reader, piece.bytes, piece.length);
        if (read.reader.body.bytes != before.bytes) assert_true(is_wiped(before.bytes, before.length));
    }
    assert_true(read.reader.body.capacity > 2 * 4096); /* it has moved at least twice */
    arena_close(&read.arena);
}

static void test_an_outgrown_body_is_wiped(void **state)
{
    (void)state;
    char digits[1500], chunk[1600];
    memset(digits, '4', sizeof digits);
    int length = snprintf(chunk, sizeof chunk, "%zx\r\n%.*s\r\n", sizeof digits, (int)sizeof digits, digits);
    outgrow(STR("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n"), (str){ digits, sizeof digits }, 20);
    outgrow(STR("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"), (str){ chunk, (size_t)length }, 20);
}

static void test_chunk_waste_is_bounded(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    assert_int_equal(status_of_text(chunked_with_waste(&arena, "1\r\nx\r\n", BODY_BYTES_MAX, "0\r\n\r\n")), 200);
    assert_int_equal(status_of_text(chunked_with_waste(&arena, "1\r\nx\r\n", BODY_BYTES_MAX + 1, "0\r\n\r\n")), 413);
    assert_int_equal(status_of_text(chunked_with_waste(&arena, "1;eeeeeeeeeeeeeeeeeeee\r\nx\r\n", 10000, "0\r\n\r\n")), 413);
    assert_int_equal(status_of_text(chunked_with_waste(&arena, "0\r\nX: 1\r\n", 1, "")), 0);
    assert_int_equal(status_of_text(chunked_with_waste(&arena, "Yyyyyyyyyyyyyyyyyyyyyyyy: 1\r\n", 1, "")), 400);
    arena_close(&arena);
}

static void test_lenient_length(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    struct http_reader reader;
    str bytes = STR("POST / HTTP/1.1\r\nHost: a\r\n\r\n");
    http_reader_open(&reader, &arena, BODY_BYTES_MAX, true);
    assert_int_equal(http_reader_feed(&reader, bytes.bytes, bytes.length), bytes.length);
    assert_int_equal(reader.state, HTTP_READING_DONE);
    assert_false(reader.request.has_body);
    arena_close(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_in_one_piece),
        cmocka_unit_test(test_rows_byte_by_byte),
        cmocka_unit_test(test_rows_cut_in_two),
        cmocka_unit_test(test_no_prefix_is_refused),
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_bytes_behind_a_request_are_left),
        cmocka_unit_test(test_chunks_are_joined),
        cmocka_unit_test(test_absolute_target),
        cmocka_unit_test(test_who_stays),
        cmocka_unit_test(test_request_line_limit),
        cmocka_unit_test(test_header_limits),
        cmocka_unit_test(test_body_limits),
        cmocka_unit_test(test_an_outgrown_body_is_wiped),
        cmocka_unit_test(test_chunk_waste_is_bounded),
        cmocka_unit_test(test_lenient_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
