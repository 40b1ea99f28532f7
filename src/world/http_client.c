/* SPDX-License-Identifier: Apache-2.0 */
/* http_client: calls go in, libcurl is driven by the loop, and what became of each call comes out. See http_transfer for
 * one call and http_socket for what libcurl wants to know of its connections.
 *
 *     http_client_send ──▶ add to the multi handle ──▶ timer or socket fires ──▶ libcurl moves on ──▶ call->done
 */
#include "world/http_transfer.h"

#include <stdlib.h>

#include "world/http_socket.h"
#include "world/loop.h"

enum {
    IDLE_CONNECTIONS_MAX = 2048, /* kept open for the next call; those in use have no limit of their own */
    TRANSFERS_KEPT = 512,        /* ready for the next call, some 6 KiB each */
};

struct http_client {
    CURLM *multi;
    struct http_sockets *sockets;
    uv_timer_t timer;
    struct http_transfer *running; /* a list in both directions, for close */
    struct http_transfer *free;
    size_t free_count;
    size_t pending;
};

static struct http_transfer *transfer_take(struct http_client *client)
{
    struct http_transfer *transfer = client->free;
    if (transfer == NULL) {
        transfer = http_transfer_open();
        http_sockets_serve(client->sockets, transfer->easy);
    } else {
        client->free = transfer->next;
        client->free_count--;
    }
    transfer->previous = NULL;
    transfer->next = client->running;
    if (client->running != NULL) client->running->previous = transfer;
    client->running = transfer;
    return transfer;
}

static void transfer_leave(struct http_client *client, struct http_transfer *transfer)
{
    *(transfer->previous ? &transfer->previous->next : &client->running) = transfer->next;
    if (transfer->next != NULL) transfer->next->previous = transfer->previous;
    INSIST(curl_multi_remove_handle(client->multi, transfer->easy) == CURLM_OK);
}

static void transfer_give_back(struct http_client *client, struct http_transfer *transfer)
{
    transfer_leave(client, transfer);
    if (client->free_count >= TRANSFERS_KEPT) {
        http_transfer_close(transfer);
        return;
    }
    transfer->next = client->free;
    client->free = transfer;
    client->free_count++;
}

/* The transfer is free again before done runs, which may send the next call. */
static void finish(struct http_client *client, CURL *easy, CURLcode code)
{
    char *private = NULL;
    INSIST(curl_easy_getinfo(easy, CURLINFO_PRIVATE, &private) == CURLE_OK);
    struct http_transfer *transfer = (void *)private;
    struct http_call *call = http_transfer_finish(transfer, code);
    transfer_give_back(client, transfer);
    client->pending--;
    call->done(call);
}

void http_client_move(struct http_client *client, curl_socket_t socket, int events)
{
    int running;
    int left;
    INSIST(curl_multi_socket_action(client->multi, socket, events, &running) == CURLM_OK);
    const CURLMsg *message;
    while ((message = curl_multi_info_read(client->multi, &left)) != NULL) {
        if (message->msg == CURLMSG_DONE) finish(client, message->easy_handle, message->data.result);
    }
}

static void on_timer(uv_timer_t *timer)
{
    http_client_move(timer->data, CURL_SOCKET_TIMEOUT, 0);
}

/* libcurl asks to be called after that time, even after none: it must not be called from in here. */
static int on_timer_wanted(CURLM *multi, long timeout_ms, void *context)
{
    (void)multi;
    struct http_client *client = context;
    if (uv_is_closing((uv_handle_t *)&client->timer)) return 0;
    if (timeout_ms < 0) return uv_timer_stop(&client->timer);
    return uv_timer_start(&client->timer, on_timer, (uint64_t)timeout_ms, 0);
}

#define SET(multi, option, value) INSIST(curl_multi_setopt((multi), (option), (value)) == CURLM_OK)

static void multi_prepare(struct http_client *client)
{
    client->multi = curl_multi_init();
    INSIST(client->multi != NULL);
    SET(client->multi, CURLMOPT_SOCKETFUNCTION, http_sockets_on_wanted);
    SET(client->multi, CURLMOPT_SOCKETDATA, client->sockets);
    SET(client->multi, CURLMOPT_TIMERFUNCTION, on_timer_wanted);
    SET(client->multi, CURLMOPT_TIMERDATA, client);
    SET(client->multi, CURLMOPT_MAXCONNECTS, (long)IDLE_CONNECTIONS_MAX);
    SET(client->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
}

struct http_client *http_client_open(struct loop *loop, struct error *error)
{
    CURLcode failed = curl_global_init(CURL_GLOBAL_ALL);
    if (failed) {
        error_set(error, "cannot start the HTTP client: %s", curl_easy_strerror(failed));
        return NULL;
    }
    struct http_client *client = calloc(1, sizeof *client);
    INSIST(client != NULL);
    client->sockets = http_sockets_open(loop_uv(loop), client);
    INSIST(uv_timer_init(loop_uv(loop), &client->timer) == 0);
    client->timer.data = client;
    multi_prepare(client);
    return client;
}

void http_client_send(struct http_client *client, struct http_call *call)
{
    struct http_transfer *transfer = transfer_take(client);
    client->pending++;
    http_transfer_start(transfer, call);
    INSIST(curl_multi_add_handle(client->multi, transfer->easy) == CURLM_OK);
}

size_t http_client_pending(const struct http_client *client)
{
    return client->pending;
}

static void on_timer_closed(uv_handle_t *timer)
{
    free(timer->data);
}

static void free_transfers(struct http_client *client)
{
    while (client->running != NULL) {
        struct http_transfer *transfer = client->running;
        transfer_leave(client, transfer);
        http_transfer_close(transfer);
    }
    while (client->free != NULL) {
        struct http_transfer *transfer = client->free;
        client->free = transfer->next;
        http_transfer_close(transfer);
    }
}

void http_client_close(struct http_client *client)
{
    free_transfers(client);
    uv_close((uv_handle_t *)&client->timer, on_timer_closed);
    INSIST(curl_multi_cleanup(client->multi) == CURLM_OK);
    http_sockets_close(client->sockets);
    curl_global_cleanup();
}

static bool is_end_of_line(char byte)
{
    return byte == '\r' || byte == '\n';
}

str http_call_answer_header(const struct http_call *call, str name)
{
    str rest = call->answer_headers;
    while (rest.length > 0) {
        str line = str_cut(rest, '\n', &rest);
        if (line.length > 0 && is_end_of_line(line.bytes[line.length - 1])) line.length--;
        str value;
        str found = str_cut(line, ':', &value);
        if (str_equal_ignoring_case(found, name)) return str_trim(value);
    }
    return STR_NONE;
}
