/* SPDX-License-Identifier: Apache-2.0 */
/* http_transfer: what libcurl is told of a call, and what its end means.
 *
 * libcurl sends a request again, unasked, when a kept connection breaks before an answer came. It asks us for a socket
 * and before it writes a request, though: the second time we say no to both, unless the request only reads. */
#include "world/http_transfer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "world/http_socket.h"
#include "world/http_trust.h"

enum {
    READ_BYTES = 1024, /* the least that libcurl takes: an answer is small, and thousands of calls wait at once, each with its buffer */
    CONNECTION_IDLE_SECONDS_MAX = 30, /* before the other side closes it, which is at 60 for most */
    ANSWER_BYTES_FIRST = 512,
    FIRST_VERSION_THAT_KEEPS = 0x080700,
};

static micros monotonic_now(void)
{
    return (micros)(uv_hrtime() / 1000);
}

static bool is_reading(str method)
{
    return str_equal(method, STR("GET")) || str_equal(method, STR("HEAD"));
}

/* The request was given to a connection before, and might act twice. */
static bool would_send_twice(const struct http_transfer *transfer)
{
    return transfer->call->sent_at != 0 && !is_reading(transfer->call->method);
}

static curl_socket_t on_socket_wanted(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
    (void)purpose;
    struct http_transfer *transfer = context;
    return would_send_twice(transfer) ? CURL_SOCKET_BAD : http_sockets_take(transfer->sockets, address);
}

/* There is a connection, and the request is about to be written to it. */
static int on_request(void *context, char *address, char *local_address, int port, int local_port)
{
    (void)address, (void)local_address, (void)port, (void)local_port;
    struct http_transfer *transfer = context;
    if (would_send_twice(transfer)) return CURL_PREREQFUNC_ABORT;
    if (transfer->call->may_leave && !transfer->call->may_leave(transfer->call)) return CURL_PREREQFUNC_ABORT;
    transfer->call->sent_at = monotonic_now();
    return CURL_PREREQFUNC_OK;
}

/* Returns what libcurl takes for "go on", or for "stop" when the answer is too long. */
static size_t keep(struct http_transfer *transfer, struct text *text, const char *bytes, size_t length)
{
    size_t so_far = transfer->answer_headers.length + transfer->answer_body.length;
    if (length > HTTP_CALL_ANSWER_BYTES_MAX - so_far) return 0;
    if (text->arena == NULL) *text = text_open(transfer->call->arena, ANSWER_BYTES_FIRST);
    text_put(text, (str){ bytes, length });
    return length;
}

static bool is_empty_line(str line)
{
    return str_equal(line, STR("\r\n")) || str_equal(line, STR("\n"));
}

static size_t on_answer_body(char *bytes, size_t size, size_t count, void *context)
{
    struct http_transfer *transfer = context;
    return keep(transfer, &transfer->answer_body, bytes, size * count);
}

/* Headers of a "100 Continue" make room for those of the answer. */
static size_t on_answer_header(char *bytes, size_t size, size_t count, void *context)
{
    struct http_transfer *transfer = context;
    str line = { bytes, size * count };
    bool is_status_line = str_starts_with(line, STR("HTTP/"));
    if (is_status_line) transfer->answer_headers.length = 0;
    transfer->head_is_whole = !is_status_line && (transfer->head_is_whole || is_empty_line(line));
    return keep(transfer, &transfer->answer_headers, line.bytes, line.length);
}

#define SET(transfer, option, value) INSIST(curl_easy_setopt((transfer)->easy, (option), (value)) == CURLE_OK)

static void set_callbacks(struct http_transfer *transfer)
{
    SET(transfer, CURLOPT_PRIVATE, transfer);
    SET(transfer, CURLOPT_ERRORBUFFER, transfer->problem);
    SET(transfer, CURLOPT_OPENSOCKETFUNCTION, on_socket_wanted);
    SET(transfer, CURLOPT_OPENSOCKETDATA, transfer);
    SET(transfer, CURLOPT_CLOSESOCKETFUNCTION, http_sockets_give_back);
    SET(transfer, CURLOPT_CLOSESOCKETDATA, transfer->sockets);
    SET(transfer, CURLOPT_PREREQFUNCTION, on_request);
    SET(transfer, CURLOPT_PREREQDATA, transfer);
    SET(transfer, CURLOPT_WRITEFUNCTION, on_answer_body);
    SET(transfer, CURLOPT_WRITEDATA, transfer);
    SET(transfer, CURLOPT_HEADERFUNCTION, on_answer_header);
    SET(transfer, CURLOPT_HEADERDATA, transfer);
}

/* No redirects, no proxy from the environment, no signals. */
static void set_manners(struct http_transfer *transfer)
{
    SET(transfer, CURLOPT_NOSIGNAL, 1L);
    SET(transfer, CURLOPT_FOLLOWLOCATION, 0L);
    SET(transfer, CURLOPT_PROTOCOLS_STR, "http,https");
    SET(transfer, CURLOPT_PROXY, "");
    SET(transfer, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    SET(transfer, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    SET(transfer, CURLOPT_PATH_AS_IS, 1L);
    SET(transfer, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(transfer, CURLOPT_TCP_NODELAY, 1L);
    SET(transfer, CURLOPT_BUFFERSIZE, (long)READ_BYTES);
    SET(transfer, CURLOPT_MAXAGE_CONN, (long)CONNECTION_IDLE_SECONDS_MAX);
}

struct http_transfer *http_transfer_open(CURLSH *shared, struct http_sockets *sockets)
{
    struct http_transfer *transfer = memory_take(sizeof *transfer);
    transfer->sockets = sockets;
    transfer->easy = curl_easy_init();
    INSIST(transfer->easy != NULL);
    SET(transfer, CURLOPT_SHARE, shared);
    set_callbacks(transfer);
    set_manners(transfer);
    http_trust_set(transfer->easy);
    return transfer;
}

void http_transfer_close(struct http_transfer *transfer)
{
    curl_easy_cleanup(transfer->easy);
    free(transfer->ca_file);
    free(transfer);
}

/* From 8.7 on libcurl keeps a handle's send buffer, with what was in it, until the handle is closed. */
bool http_transfer_may_be_kept(void)
{
    return curl_version_info(CURLVERSION_NOW)->version_num < FIRST_VERSION_THAT_KEEPS;
}

struct http_transfer *http_transfer_of(CURL *easy)
{
    char *private = NULL;
    INSIST(curl_easy_getinfo(easy, CURLINFO_PRIVATE, &private) == CURLE_OK);
    return (void *)private;
}

/* The list is ours: libcurl only reads it, and nothing has to be freed. */
static void add_line(struct http_transfer *transfer, str line)
{
    INSIST(transfer->line_count < HTTP_TRANSFER_LINES_MAX);
    struct curl_slist *added = &transfer->lines[transfer->line_count];
    *added = (struct curl_slist){ .data = (char *)(uintptr_t)line.bytes };
    if (transfer->line_count > 0) added[-1].next = added;
    transfer->line_count++;
}

static bool has_header(const struct http_call *call, str name)
{
    for (size_t i = 0; i < call->header_count; i++) {
        if (str_equal_ignoring_case(call->headers[i].name, name)) return true;
    }
    return false;
}

/* "Name:" takes away the header that libcurl would add, "Name;" sends one without a value. */
static void set_headers(struct http_transfer *transfer)
{
    struct http_call *call = transfer->call;
    transfer->line_count = 0;
    INSIST(call->header_count <= HTTP_CALL_HEADERS_MAX);
    add_line(transfer, STR("Expect:"));
    if (!has_header(call, STR("Content-Type"))) add_line(transfer, STR("Content-Type:"));
    for (size_t i = 0; i < call->header_count; i++) {
        struct http_header header = call->headers[i];
        str line = str_is_empty(header.value)
                       ? arena_format(call->arena, "%.*s;", STR_FORMAT(header.name))
                       : arena_format(call->arena, "%.*s: %.*s", STR_FORMAT(header.name), STR_FORMAT(header.value));
        add_line(transfer, line);
    }
    SET(transfer, CURLOPT_HTTPHEADER, transfer->lines);
}

/* The body is not copied: it goes out from where it lies. */
static void set_body(struct http_transfer *transfer, str body)
{
    SET(transfer, CURLOPT_POSTFIELDS, body.length > 0 ? body.bytes : "");
    SET(transfer, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.length);
}

static void set_method(struct http_transfer *transfer)
{
    struct http_call *call = transfer->call;
    bool is_head = str_equal(call->method, STR("HEAD"));
    bool is_plain_get = str_equal(call->method, STR("GET")) && call->body.length == 0;
    bool is_other = !is_head && !is_plain_get && !str_equal(call->method, STR("POST"));

    SET(transfer, CURLOPT_NOBODY, 0L);
    if (is_head) SET(transfer, CURLOPT_NOBODY, 1L);
    else if (is_plain_get) SET(transfer, CURLOPT_HTTPGET, 1L);
    else set_body(transfer, call->body);
    SET(transfer, CURLOPT_CUSTOMREQUEST, is_other ? arena_copy(call->arena, call->method).bytes : NULL);
}

static long whole_ms(micros span)
{
    return span <= 0 ? 1 : (long)((span + MICROS_PER_MS - 1) / MICROS_PER_MS);
}

static bool trusts_the_same(const struct http_transfer *transfer, const char *ca_file)
{
    if (!transfer->trusts || !transfer->ca_file || !ca_file) return transfer->trusts && transfer->ca_file == ca_file;
    return str_equal(str_of(transfer->ca_file), str_of(ca_file));
}

/* A handle mostly serves one processor, and libcurl copies the names each time. */
static void set_authorities(struct http_transfer *transfer, const char *ca_file)
{
    if (trusts_the_same(transfer, ca_file)) return;
    http_trust_set_authorities(transfer->easy, ca_file);
    free(transfer->ca_file);
    transfer->ca_file = ca_file ? strdup(ca_file) : NULL;
    INSIST(!ca_file || transfer->ca_file);
    transfer->trusts = true;
}

void http_transfer_start(struct http_transfer *transfer, struct http_call *call)
{
    transfer->call = call;
    transfer->answer_headers = (struct text){ 0 };
    transfer->answer_body = (struct text){ 0 };
    transfer->head_is_whole = false;
    transfer->problem[0] = 0;
    call->sent_at = 0;
    call->handle = transfer;

    SET(transfer, CURLOPT_URL, call->url);
    SET(transfer, CURLOPT_UNIX_SOCKET_PATH, call->unix_socket);
    SET(transfer, CURLOPT_TIMEOUT_MS, whole_ms(call->timeout));
    SET(transfer, CURLOPT_CONNECTTIMEOUT_MS, whole_ms(call->connect_timeout));
    set_authorities(transfer, call->ca_file);
    set_method(transfer);
    set_headers(transfer);
}

static bool tells_its_length(const struct http_call *call)
{
    bool has_no_body = str_equal(call->method, STR("HEAD")) || call->status == 204 || call->status == 304;
    return has_no_body || http_call_answer_header(call, STR("Content-Length")).bytes ||
           str_equal_ignoring_case(http_call_answer_header(call, STR("Transfer-Encoding")), STR("chunked"));
}

/* Anybody on the way can end a TLS connection, and libcurl takes the end without TLS's own goodbye for a good one. So what
 * ends with its connection may be a part of an answer. */
static bool may_be_cut_short(const struct http_transfer *transfer)
{
    const char *scheme = NULL;
    INSIST(curl_easy_getinfo(transfer->easy, CURLINFO_SCHEME, &scheme) == CURLE_OK);
    return scheme && str_equal_ignoring_case(str_of(scheme), STR("https")) && !tells_its_length(transfer->call);
}

/* Once a connection has been given the request, how much of it left is anybody's guess. */
static enum http_call_result result_of(const struct http_transfer *transfer, CURLcode code)
{
    if (code == CURLE_OK && transfer->head_is_whole && !may_be_cut_short(transfer)) return HTTP_CALL_ANSWERED;
    return transfer->call->sent_at == 0 ? HTTP_CALL_NOT_SENT : HTTP_CALL_LOST;
}

static const char *problem_of(const struct http_transfer *transfer, CURLcode code)
{
    if (transfer->problem[0] != 0) return transfer->problem;
    if (code != CURLE_OK) return curl_easy_strerror(code);
    return transfer->head_is_whole ? "nobody can tell where the answer ended" : "the answer ended in its headers";
}

static void tell_problem(const struct http_transfer *transfer, CURLcode code)
{
    struct http_call *call = transfer->call;
    bool is_fine = call->result == HTTP_CALL_ANSWERED;
    int length_max = (int)sizeof call->problem - 1;
    (void)snprintf(call->problem, sizeof call->problem, "%.*s", length_max, is_fine ? "" : problem_of(transfer, code));
}

struct http_call *http_transfer_finish(struct http_transfer *transfer, CURLcode code)
{
    struct http_call *call = transfer->call;
    long status = 0;
    INSIST(curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK);
    call->status = (int)status;
    call->answer_headers = text_str(&transfer->answer_headers);
    call->answer_body = text_str(&transfer->answer_body);
    call->result = result_of(transfer, code);
    call->ended_at = monotonic_now();
    tell_problem(transfer, code);
    set_body(transfer, STR_NONE); /* the call's memory is not ours any more */
    call->handle = NULL;
    transfer->call = NULL;
    return call;
}
