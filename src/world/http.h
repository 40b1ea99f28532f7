/* SPDX-License-Identifier: Apache-2.0 */
/* http: what a request and an answer are, whoever carries them. */
#ifndef FLORIN_WORLD_HTTP_H
#define FLORIN_WORLD_HTTP_H

#include "base/arena.h"

enum {
    HTTP_REQUEST_LINE_BYTES_MAX = 8 * 1024,
    HTTP_HEADER_BYTES_MAX = 16 * 1024,
    HTTP_HEADERS_MAX = 64,
    HTTP_BODY_BYTES_MAX = 64 * 1024,
};

struct http_header {
    str name;
    str value;
};

struct http_request {
    str method; /* "POST" */
    str target; /* as it came */
    str path;   /* the target up to "?", not decoded */
    str query;  /* after "?", not decoded; STR_NONE without one */
    const struct http_header *headers;
    size_t header_count;
    str body;
    bool has_body; /* a Content-Length or chunked body was announced, be it empty */
    micros received_at; /* monotonic, when its last byte had come, however long it waited for its turn; of requests that a client sends
                         * ahead of the answers, when the last of them that is here had come */
};

struct http_answer {
    int status;
    str content_type; /* STR_NONE: no header */
    str body;
    struct http_header headers[8]; /* further ones; Content-Length, Date and Connection are the server's */
    size_t header_count;
    bool close; /* end the connection behind it */
};

/* A request that waits for its answer. It stays valid, with all texts in it, until it is answered, even when the client is gone. */
struct http_exchange {
    struct http_request request;
    struct arena *arena; /* lives until it is answered, then is wiped */
    bool client_gone;    /* the client has closed its side: it hardly reads the answer, which must be given all the same */
    void (*answer)(struct http_exchange *exchange, const struct http_answer *answer);
};

/* Wipes the request's body, which held a card: from now on it is empty. However it came, no other copy of it is left. */
void http_forget_body(struct http_exchange *exchange);

/* Answers, exactly once; the answer's texts are copied. The exchange is gone after this. */
static inline void http_answer(struct http_exchange *exchange, const struct http_answer *answer)
{
    exchange->answer(exchange, answer);
}

/* The value of a header (name without regard to case), the first one when it stands more than once; STR_NONE without one. */
str http_header(const struct http_request *request, str name);

/* How often that header stands there. */
size_t http_header_count(const struct http_request *request, str name);

/* Adds a header to an answer that has room for it (a mistake otherwise). */
void http_answer_header(struct http_answer *answer, str name, str value);

/* The standard reason phrase of a status, "Unknown" for others. */
const char *http_reason(int status);

/* Percent-decodes (RFC 3986); false for bad escapes, %00 and bytes that are not UTF-8. Plus signs become spaces when asked to. */
bool http_decode(struct arena *arena, str text, bool plus_is_space, str *out) MUST_CHECK;

#endif
