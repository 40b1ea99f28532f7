/* SPDX-License-Identifier: Apache-2.0 */
/* http_client: HTTP requests that we send, over libcurl's multi-socket interface on the loop.
 * A request goes out once: libcurl's own re-send of a POST on a broken kept connection is refused before it is written. */
#ifndef FLORIN_WORLD_HTTP_CLIENT_H
#define FLORIN_WORLD_HTTP_CLIENT_H

#include "base/error.h"
#include "world/http.h"

struct loop;
struct http_client;

enum http_call_result {
    HTTP_CALL_ANSWERED, /* status, headers and the whole body came; over TLS the answer has told how long it is */
    HTTP_CALL_NOT_SENT, /* certain: not one byte of the request left (no connection, no name, no TLS) */
    HTTP_CALL_LOST,     /* the request or a part of it may have left, and no whole answer came */
};

enum { HTTP_CALL_HEADERS_MAX = 8, HTTP_CALL_ANSWER_BYTES_MAX = 1024 * 1024 };

/* One call. The asker owns it and everything it points to until done. */
struct http_call {
    /* asked */
    str method;
    const char *url; /* http or https, whole */
    struct http_header headers[HTTP_CALL_HEADERS_MAX];
    size_t header_count;
    str body; /* may hold a card: the client leaves no copy behind once done was called */
    micros timeout;         /* for the whole call */
    micros connect_timeout;
    const char *unix_socket; /* a path, or NULL for TCP */
    const char *ca_file; /* PEM: the only authorities whose certificates count; NULL: those of the system */
    struct arena *arena; /* for the answer */
    bool (*may_leave)(struct http_call *call); /* asked when there is a connection, just before the first byte; NULL: it may */
    void (*done)(struct http_call *call);

    /* answered, valid in and after done */
    enum http_call_result result;
    int status;
    str answer_body; /* in the arena; on HTTP_CALL_LOST what had come of it */
    str answer_headers; /* raw lines */
    micros sent_at;  /* monotonic, when there was a connection and the request was given to it; 0: never */
    micros ended_at; /* monotonic */
    char problem[128]; /* libcurl's words when it was not answered; for the log only */

    void *handle; /* the client's own */
};

struct http_client *http_client_open(struct loop *loop, struct error *error);

/* Starts it. done is called from the loop, exactly once, never before this returns. */
void http_client_send(struct http_client *client, struct http_call *call);

/* Whether a call's ca_file can be read and holds certificates. */
bool http_client_check_ca_file(const char *ca_file, struct error *error) MUST_CHECK;

/* Calls that are not done. */
size_t http_client_pending(const struct http_client *client);

/* Calls that are not done are dropped: their connections close, and done is never called. Not from within done. */
void http_client_close(struct http_client *client);

/* The value of a header of the answer (name without regard to case), trimmed; STR_NONE without one. */
str http_call_answer_header(const struct http_call *call, str name);

#endif
