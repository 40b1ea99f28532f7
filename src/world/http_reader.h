/* SPDX-License-Identifier: Apache-2.0 */
/* http_reader: turns bytes, in whatever pieces they come, into one request within limits. Touches no socket and no clock.
 * Strict: of two ways to understand a request it takes neither. For http_server and its tests. */
#ifndef FLORIN_WORLD_HTTP_READER_H
#define FLORIN_WORLD_HTTP_READER_H

#include <llhttp.h>

#include "base/text.h"
#include "world/http_server.h"

enum http_reading {
    HTTP_READING_HEAD, /* more bytes are needed */
    HTTP_READING_BODY, /* the head is fine, more bytes of the body are needed */
    HTTP_READING_DONE,
    HTTP_READING_FAULTY,
};

struct http_reader {
    /* set by http_reader_open */
    struct arena *arena;
    size_t body_bytes_max;
    bool lenient_length;
    size_t (*ask_room)(struct http_reader *reader); /* asked once, of a body that is longer: how long may it be? NULL: not */

    /* what was read */
    enum http_reading state;
    enum http_fault fault; /* when faulty */
    struct http_request request;
    bool is_http_1_0;
    bool keep_alive;     /* the client wants the connection to stay */
    bool wants_continue; /* the client waits for "100 Continue" before it sends the body */
    size_t body_came;    /* bytes of the body on the wire, chunk lines included */

    /* the reader's own */
    struct text head;
    size_t line_start;         /* of the line that is being read, in head */
    size_t request_line_bytes; /* 0: not complete */
    size_t lines;              /* header lines */
    bool blank_dropped;
    struct http_header *headers;
    bool in_value;
    bool chunked;
    size_t body_length; /* as announced; grows chunk by chunk */
    struct text body;
    llhttp_t parser;
};

/* The arena, which must outlive the request, takes all texts of it. */
void http_reader_open(struct http_reader *reader, struct arena *arena, size_t body_bytes_max, bool lenient_length);

/* Reads on; returns how many of the bytes belonged to this request. See reader->state for what became of it. */
size_t http_reader_feed(struct http_reader *reader, const char *bytes, size_t length);

/* For the parts of the reader: remembers the first fault. Returns false, so that a check can end with it. */
bool http_reader_refuse(struct http_reader *reader, enum http_fault fault);

/* May the body be as long as it is, and that much longer? Refuses it where it may not. */
bool http_reader_has_room(struct http_reader *reader, uint64_t more) MUST_CHECK;

/* The request line and the headers, see http_head.c. False: the reader is faulty. */
bool http_head_take_request_line(struct http_reader *reader, str line) MUST_CHECK;
bool http_head_take_headers(struct http_reader *reader) MUST_CHECK;

#endif
