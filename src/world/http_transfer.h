/* SPDX-License-Identifier: Apache-2.0 */
/* http_transfer: one libcurl handle and the call that it carries. For http_client. */
#ifndef FLORIN_WORLD_HTTP_TRANSFER_H
#define FLORIN_WORLD_HTTP_TRANSFER_H

#include <curl/curl.h>

#include "base/text.h"
#include "world/http_client.h"

enum { HTTP_TRANSFER_LINES_MAX = HTTP_CALL_HEADERS_MAX + 2 }; /* two that keep libcurl from adding its own */

struct http_lane;
struct http_sockets;

struct http_transfer {
    CURL *easy;
    struct http_sockets *sockets;
    struct http_lane *lane; /* while it runs */
    struct http_call *call;
    char *ca_file; /* of the call before, our own; NULL: the system's */
    bool trusts;   /* there was one */
    struct text answer_headers;
    struct text answer_body;
    bool head_is_whole; /* its empty line came: libcurl calls an answer fine that ends before */
    size_t line_count;
    struct curl_slist lines[HTTP_TRANSFER_LINES_MAX];
    char problem[CURL_ERROR_SIZE];
    struct http_transfer *next;
    struct http_transfer *previous;
};

/* A handle with everything set that is the same for all calls. */
struct http_transfer *http_transfer_open(CURLSH *shared, struct http_sockets *sockets);
void http_transfer_close(struct http_transfer *transfer);

/* A handle that is kept holds nothing of the last call's body. */
bool http_transfer_may_be_kept(void);

/* Whose handle it is. */
struct http_transfer *http_transfer_of(CURL *easy);

/* Sets what is this call's own. */
void http_transfer_start(struct http_transfer *transfer, struct http_call *call);

/* Writes the result into the call, which it returns. */
struct http_call *http_transfer_finish(struct http_transfer *transfer, CURLcode code);

#endif
