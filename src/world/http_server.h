/* SPDX-License-Identifier: Apache-2.0 */
/* http_server: HTTP/1.1 over libuv and llhttp (strict). Reads requests within limits, hands over whole ones, writes answers.
 * One request of a connection is answered at a time; a client that hangs up does not end its request. */
#ifndef FLORIN_WORLD_HTTP_SERVER_H
#define FLORIN_WORLD_HTTP_SERVER_H

#include "base/error.h"
#include "world/http.h"

struct loop;
struct http_server;

/* What can be wrong with a request before anybody looked at its meaning. */
enum http_fault {
    HTTP_FAULT_MALFORMED,       /* 400 */
    HTTP_FAULT_URI_TOO_LONG,    /* 414 */
    HTTP_FAULT_HEADERS_TOO_LARGE, /* 431 */
    HTTP_FAULT_BODY_TOO_LARGE,  /* 413 */
    HTTP_FAULT_LENGTH_REQUIRED, /* 411: a POST, PUT or PATCH with neither Content-Length nor chunks */
    HTTP_FAULT_TIMEOUT,         /* 408 */
    HTTP_FAULT_NOT_IMPLEMENTED, /* 501: a method or transfer coding that we do not know */
    HTTP_FAULT_VERSION,         /* 505 */
    HTTP_FAULT_EXPECTATION,     /* 417: an Expect that is not 100-continue */
    HTTP_FAULT_BUSY,            /* 503: too many connections or requests */
};

struct http_server_options {
    const char *listen;       /* "127.0.0.1:8080", "[::1]:0" (numbers, no names), or "unix:/path" (mode 0600) */
    size_t connections_max;   /* above it a connection gets HTTP_FAULT_BUSY and is closed; 0: no limit */
    size_t body_bytes_max;    /* 0: HTTP_BODY_BYTES_MAX */
    size_t (*body_bytes_of)(const struct http_request *request); /* of a request whose body is longer: how long it may be, by its line
                               * and headers. A few at a time, so that they take little memory; others are told HTTP_FAULT_BUSY. NULL: no longer */
    bool lenient_length;      /* a POST without any length has an empty body (simulators) */
    void *context;
    /* A whole request. Answer it now or later with http_answer. */
    void (*handle)(void *context, struct http_exchange *exchange);
    /* A faulty one: fill in the answer, whose status is set; the connection closes behind it. `arena` is for its texts.
     * NULL: the bare status. */
    void (*refuse)(void *context, enum http_fault fault, struct arena *arena, struct http_answer *answer);
};

/* Listens. The options are copied. NULL and an error when it cannot. */
struct http_server *http_server_open(struct loop *loop, const struct http_server_options *options, struct error *error);

/* Where it listens, "127.0.0.1:8080": tells the port that 0 became. Valid while it is open. */
str http_server_address(const struct http_server *server);

/* Requests that are not answered yet; connections that are open. */
size_t http_server_pending(const struct http_server *server);
size_t http_server_connections(const struct http_server *server);

/* Nobody whose bytes were read waits for an answer: no request is pending, and none is still to be taken from what came. */
bool http_server_is_quiet(const struct http_server *server);

/* Takes no new connections; ends idle ones; answers "Connection: close" from now on. */
void http_server_drain(struct http_server *server);

/* Ends all connections and frees everything once the loop has run; no exchange may be pending. */
void http_server_close(struct http_server *server);

/* For simulators that play a dying server: ends the exchange's connection instead of answering, with a reset or after
 * writing the first `bytes` of the answer. Takes the place of http_answer. */
void http_exchange_hang_up(struct http_exchange *exchange, const struct http_answer *partial, size_t bytes);

/* For the same simulators: writes the answer's bytes two times, one behind the other. Takes the place of http_answer. */
void http_exchange_answer_twice(struct http_exchange *exchange, const struct http_answer *answer);

#endif
