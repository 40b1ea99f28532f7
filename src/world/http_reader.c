/* SPDX-License-Identifier: Apache-2.0 */
/* http_reader: frames a request. Lines are cut and checked here, before llhttp sees them; the body is counted here.
 *
 *     HEAD ──empty line──▶ BODY ──last byte──▶ DONE
 *       └─────────────────────┴──any doubt──▶ FAULTY
 */
#include "world/http_reader.h"

#include <string.h>

#include "base/hash.h"

enum {
    HEAD_BYTES_FIRST = 512,                        /* an ordinary head fits */
    BODY_BYTES_FIRST = 4 * 1024,                   /* room before a byte came: an announcement alone costs us little */
    CHUNK_WASTE_BYTES_MAX = HTTP_HEADER_BYTES_MAX, /* chunk lines, extensions and trailers beside the data */
    CHUNK_WASTE_PER_BYTE = 8,                      /* a chunk of one byte needs five more */
};

bool http_reader_refuse(struct http_reader *reader, enum http_fault fault)
{
    if (reader->state != HTTP_READING_FAULTY) reader->fault = fault;
    reader->state = HTTP_READING_FAULTY;
    return false;
}

/* llhttp points into the head, which lies in one piece and does not move any more. */
static str piece_joined(str so_far, const char *at, size_t length)
{
    if (so_far.bytes == NULL) return (str){ at, length };
    return (str){ so_far.bytes, so_far.length + length };
}

static int on_header_field(llhttp_t *parser, const char *at, size_t length)
{
    struct http_reader *reader = parser->data;
    if (reader->state != HTTP_READING_HEAD) return 0; /* a trailer: not kept */
    bool is_next = reader->in_value || reader->request.header_count == 0;
    if (is_next) {
        if (reader->request.header_count == HTTP_HEADERS_MAX) return HPE_USER;
        reader->headers[reader->request.header_count++] = (struct http_header){ STR_NONE, STR_NONE };
        reader->in_value = false;
    }
    struct http_header *header = &reader->headers[reader->request.header_count - 1];
    header->name = piece_joined(header->name, at, length);
    return 0;
}

static int on_header_field_complete(llhttp_t *parser)
{
    struct http_reader *reader = parser->data;
    reader->in_value = true;
    return 0;
}

static int on_header_value(llhttp_t *parser, const char *at, size_t length)
{
    struct http_reader *reader = parser->data;
    if (reader->state != HTTP_READING_HEAD) return 0;
    if (!reader->in_value) return HPE_USER;
    struct http_header *header = &reader->headers[reader->request.header_count - 1];
    header->value = piece_joined(header->value, at, length);
    return 0;
}

static int on_headers_complete(llhttp_t *parser)
{
    (void)parser;
    return HPE_PAUSED; /* the body is counted here, not there */
}

static bool is_too_long(const struct http_reader *reader, uint64_t more)
{
    return reader->body_length > reader->body_bytes_max || more > reader->body_bytes_max - reader->body_length;
}

bool http_reader_has_room(struct http_reader *reader, uint64_t more)
{
    if (is_too_long(reader, more) && reader->ask_room) {
        reader->body_bytes_max = reader->ask_room(reader);
        reader->ask_room = NULL;
    }
    return !is_too_long(reader, more) || http_reader_refuse(reader, HTTP_FAULT_BODY_TOO_LARGE);
}

static int on_chunk_header(llhttp_t *parser)
{
    struct http_reader *reader = parser->data;
    if (!http_reader_has_room(reader, parser->content_length)) return HPE_USER;
    reader->body_length += parser->content_length;
    return 0;
}

/* A body may hold a card: where it lay before it grew, nothing of it stays. */
static void put_body(struct http_reader *reader, str piece)
{
    struct text before = reader->body;
    text_put(&reader->body, piece);
    bool has_moved = reader->body.bytes != before.bytes;
    if (has_moved && before.length > 0) secret_wipe(before.bytes, before.length);
}

static int on_body(llhttp_t *parser, const char *at, size_t length)
{
    put_body(parser->data, (str){ at, length });
    return 0;
}

static int on_message_complete(llhttp_t *parser)
{
    struct http_reader *reader = parser->data;
    reader->state = HTTP_READING_DONE;
    return HPE_PAUSED;
}

static const llhttp_settings_t settings = {
    .on_header_field = on_header_field,
    .on_header_field_complete = on_header_field_complete,
    .on_header_value = on_header_value,
    .on_headers_complete = on_headers_complete,
    .on_chunk_header = on_chunk_header,
    .on_body = on_body,
    .on_message_complete = on_message_complete,
};

void http_reader_open(struct http_reader *reader, struct arena *arena, size_t body_bytes_max, bool lenient_length)
{
    *reader = (struct http_reader){
        .arena = arena,
        .body_bytes_max = body_bytes_max,
        .lenient_length = lenient_length,
        .state = HTTP_READING_HEAD,
    };
    llhttp_init(&reader->parser, HTTP_REQUEST, &settings);
    reader->parser.data = reader;
}

/* No zero, no control character but the tab, no lone CR. */
static bool line_is_clean(str line)
{
    for (size_t i = 0; i < line.length; i++) {
        unsigned char byte = (unsigned char)line.bytes[i];
        if ((byte < 0x20 && byte != '\t') || byte == 0x7f) return false;
    }
    return true;
}

/* llhttp has one word for a coding that it does not know and for one beside a length. */
static enum http_fault coding_fault(const struct http_reader *reader)
{
    bool has_length = http_header_count(&reader->request, STR("content-length")) > 0;
    return has_length ? HTTP_FAULT_MALFORMED : HTTP_FAULT_NOT_IMPLEMENTED;
}

/* llhttp reads the same bytes again: what it does not like, we do not like either. */
static bool take_whole_head(struct http_reader *reader)
{
    reader->headers = arena_take(reader->arena, (reader->lines + 1) * sizeof *reader->headers);
    reader->request.headers = reader->headers;
    llhttp_errno_t result = llhttp_execute(&reader->parser, reader->head.bytes, reader->head.length);
    if (result == HPE_INVALID_TRANSFER_ENCODING) return http_reader_refuse(reader, coding_fault(reader));
    if (result != HPE_PAUSED) return http_reader_refuse(reader, HTTP_FAULT_MALFORMED);
    return http_head_take_headers(reader);
}

/* Whether a body follows, and how long it says it is. Sets where the reading goes on. */
static void start_body(struct http_reader *reader)
{
    bool nothing_follows = !reader->chunked && reader->body_length == 0;
    reader->state = nothing_follows ? HTTP_READING_DONE : HTTP_READING_BODY;
    if (reader->chunked) {
        reader->body = text_open(reader->arena, BODY_BYTES_FIRST);
        llhttp_resume(&reader->parser);
    }
}

static void take_header_line(struct http_reader *reader, str line)
{
    reader->lines++;
    bool folded = line.bytes[0] == ' ' || line.bytes[0] == '\t';
    if (folded) http_reader_refuse(reader, HTTP_FAULT_MALFORMED);
    if (reader->lines > HTTP_HEADERS_MAX) http_reader_refuse(reader, HTTP_FAULT_HEADERS_TOO_LARGE);
}

/* An empty line before the request line is forgiven once (RFC 9112, 2.2). */
static void take_blank_line(struct http_reader *reader)
{
    if (reader->request_line_bytes > 0) {
        if (take_whole_head(reader)) start_body(reader);
        return;
    }
    if (reader->blank_dropped) http_reader_refuse(reader, HTTP_FAULT_MALFORMED);
    reader->blank_dropped = true;
    reader->head.length = 0;
}

/* The line in head from line_start on, which ends with LF. */
static void take_line(struct http_reader *reader)
{
    str line = { reader->head.bytes + reader->line_start, reader->head.length - reader->line_start - 1 };
    if (line.length == 0 || line.bytes[line.length - 1] != '\r') {
        http_reader_refuse(reader, HTTP_FAULT_MALFORMED); /* a bare LF */
        return;
    }
    line.length--;
    if (!line_is_clean(line)) {
        http_reader_refuse(reader, HTTP_FAULT_MALFORMED);
    } else if (line.length == 0) {
        take_blank_line(reader);
    } else if (reader->request_line_bytes > 0) {
        take_header_line(reader, line);
    } else if (http_head_take_request_line(reader, line)) {
        reader->request_line_bytes = reader->head.length;
    }
    reader->line_start = reader->head.length;
}

/* What may still be put into the head before it is too long. */
static size_t head_room(const struct http_reader *reader)
{
    if (reader->request_line_bytes == 0) return HTTP_REQUEST_LINE_BYTES_MAX + 2 - reader->head.length;
    return reader->request_line_bytes + HTTP_HEADER_BYTES_MAX - reader->head.length;
}

static void refuse_long_head(struct http_reader *reader)
{
    bool in_request_line = reader->request_line_bytes == 0;
    http_reader_refuse(reader, in_request_line ? HTTP_FAULT_URI_TOO_LONG : HTTP_FAULT_HEADERS_TOO_LARGE);
}

/* One line, or the part of it that has come. */
static size_t feed_head(struct http_reader *reader, const char *bytes, size_t length)
{
    if (reader->head.bytes == NULL) reader->head = text_open(reader->arena, HEAD_BYTES_FIRST);
    const char *end = memchr(bytes, '\n', length);
    size_t used = end == NULL ? length : (size_t)(end - bytes) + 1;
    if (used > head_room(reader)) {
        refuse_long_head(reader);
        return 0;
    }
    text_put(&reader->head, (str){ bytes, used });
    if (end != NULL) take_line(reader);
    return used;
}

static size_t feed_counted(struct http_reader *reader, const char *bytes, size_t length)
{
    size_t wanted = reader->body_length - reader->body.length;
    size_t used = length < wanted ? length : wanted;
    if (reader->body.bytes == NULL) {
        size_t room = used > BODY_BYTES_FIRST ? used : BODY_BYTES_FIRST;
        reader->body = text_open(reader->arena, room < reader->body_length ? room : reader->body_length);
    }
    put_body(reader, (str){ bytes, used });
    if (used == wanted) reader->state = HTTP_READING_DONE;
    return used;
}

/* In chunks LF is only the end of a line, or data, and no line is folded; llhttp sees to that (tests/world). */
static size_t feed_chunks(struct http_reader *reader, const char *bytes, size_t length)
{
    llhttp_errno_t result = llhttp_execute(&reader->parser, bytes, length);
    bool is_whole = result == HPE_PAUSED;
    size_t used = is_whole ? (size_t)(llhttp_get_error_pos(&reader->parser) - bytes) : length;
    size_t came_max = CHUNK_WASTE_BYTES_MAX + reader->body_length * CHUNK_WASTE_PER_BYTE;
    if (!is_whole && result != HPE_OK) http_reader_refuse(reader, HTTP_FAULT_MALFORMED);
    if (reader->body_came + used > came_max) http_reader_refuse(reader, HTTP_FAULT_BODY_TOO_LARGE);
    return used;
}

static size_t feed_body(struct http_reader *reader, const char *bytes, size_t length)
{
    size_t used = reader->chunked ? feed_chunks(reader, bytes, length) : feed_counted(reader, bytes, length);
    reader->body_came += used;
    return used;
}

size_t http_reader_feed(struct http_reader *reader, const char *bytes, size_t length)
{
    size_t used = 0;
    while (reader->state == HTTP_READING_HEAD && used < length) {
        used += feed_head(reader, bytes + used, length - used);
    }
    while (reader->state == HTTP_READING_BODY && used < length) {
        used += feed_body(reader, bytes + used, length - used);
    }
    if (reader->state == HTTP_READING_DONE) reader->request.body = text_str(&reader->body);
    return used;
}
