/* SPDX-License-Identifier: Apache-2.0 */
/* http_client: finds a handle and a lane for each call, and tells the asker what became of it.
 *
 *     http_client.c    calls, lanes, kept handles
 *     http_transfer.c  one call in libcurl's words
 *     http_lane.c      libcurl driven by the loop
 *     http_socket.c    its sockets
 *     http_trust.c     whose certificates count, and for what
 */
#include "world/http_client.h"

#include <stdlib.h>

#include "world/http_lane.h"
#include "world/http_socket.h"
#include "world/http_transfer.h"
#include "world/loop.h"

enum {
    LANES_MAX = 128,        /* 16,384 calls at once; above that the last lane takes them all */
    LANE_IDLE_MS = 20000,   /* with a sweep's delay below the 30 s at which connections are too old for use */
    SWEEP_MS = 5000,
    TRANSFERS_KEPT = 512,   /* ready for the next call, some 6 KiB each */
};

struct lane_slot {
    struct http_lane *lane; /* NULL: not open */
    size_t calls;
    uint64_t idle_since_ms;
};

struct http_client {
    uv_loop_t *uv;
    struct http_sockets *sockets;
    CURLSH *shared; /* names that were looked up, TLS sessions */
    uv_timer_t sweep;
    struct http_transfer *running; /* a list in both directions, for close */
    struct http_transfer *free;
    size_t free_count;
    bool keeps;  /* handles that are free; libcurl allows it */
    size_t pending;
    size_t first_with_room; /* no slot below it has any */
    struct lane_slot slots[LANES_MAX];
};

static struct lane_slot *slot_with_room(struct http_client *client)
{
    size_t *first = &client->first_with_room;
    while (*first < LANES_MAX - 1 && client->slots[*first].calls >= HTTP_LANE_CALLS_MAX) (*first)++;
    struct lane_slot *slot = &client->slots[*first];
    if (slot->lane == NULL) slot->lane = http_lane_open(client->uv, client->sockets, client, *first);
    return slot;
}

static void slot_leave(struct http_client *client, size_t number)
{
    struct lane_slot *slot = &client->slots[number];
    slot->calls--;
    slot->idle_since_ms = uv_now(client->uv);
    if (number < client->first_with_room) client->first_with_room = number;
}

/* Connections that nobody used for a while are not kept until the other side closes them. */
static void sweep(uv_timer_t *timer)
{
    struct http_client *client = timer->data;
    uint64_t now = uv_now(client->uv);
    for (size_t i = 0; i < LANES_MAX; i++) {
        struct lane_slot *slot = &client->slots[i];
        if (slot->lane == NULL || slot->calls > 0 || now - slot->idle_since_ms < LANE_IDLE_MS) continue;
        http_lane_close(slot->lane);
        slot->lane = NULL;
    }
}

static struct http_transfer *transfer_take(struct http_client *client)
{
    struct http_transfer *transfer = client->free;
    if (transfer == NULL) return http_transfer_open(client->shared, client->sockets);
    client->free = transfer->next;
    client->free_count--;
    return transfer;
}

static void transfer_give_back(struct http_client *client, struct http_transfer *transfer)
{
    if (client->free_count >= TRANSFERS_KEPT || !client->keeps) {
        http_transfer_close(transfer);
        return;
    }
    transfer->next = client->free;
    client->free = transfer;
    client->free_count++;
}

static void running_put(struct http_client *client, struct http_transfer *transfer)
{
    transfer->previous = NULL;
    transfer->next = client->running;
    if (client->running != NULL) client->running->previous = transfer;
    client->running = transfer;
}

static void running_remove(struct http_client *client, struct http_transfer *transfer)
{
    *(transfer->previous ? &transfer->previous->next : &client->running) = transfer->next;
    if (transfer->next != NULL) transfer->next->previous = transfer->previous;
}

static void leave(struct http_client *client, struct http_transfer *transfer)
{
    running_remove(client, transfer);
    http_lane_remove(transfer->lane, transfer->easy);
    slot_leave(client, http_lane_number(transfer->lane));
    client->pending--;
}

/* The transfer is free again before done runs, which may send the next call. */
void http_client_ended(struct http_client *client, CURL *easy, CURLcode code)
{
    struct http_transfer *transfer = http_transfer_of(easy);
    leave(client, transfer);
    struct http_call *call = http_transfer_finish(transfer, code);
    transfer_give_back(client, transfer);
    call->done(call);
}

static CURLSH *share_open(void)
{
    CURLSH *shared = curl_share_init();
    INSIST(shared != NULL);
    INSIST(curl_share_setopt(shared, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS) == CURLSHE_OK);
    INSIST(curl_share_setopt(shared, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION) == CURLSHE_OK);
    return shared;
}

struct http_client *http_client_open(struct loop *loop, struct error *error)
{
    CURLcode failed = curl_global_init(CURL_GLOBAL_ALL);
    if (failed) {
        error_set(error, "cannot start the HTTP client: %s", curl_easy_strerror(failed));
        return NULL;
    }
    struct http_client *client = memory_take(sizeof *client);
    client->uv = loop_uv(loop);
    client->sockets = http_sockets_open(client->uv);
    client->shared = share_open();
    client->keeps = http_transfer_may_be_kept();
    INSIST(uv_timer_init(client->uv, &client->sweep) == 0);
    client->sweep.data = client;
    INSIST(uv_timer_start(&client->sweep, sweep, SWEEP_MS, SWEEP_MS) == 0);
    uv_unref((uv_handle_t *)&client->sweep);
    return client;
}

void http_client_send(struct http_client *client, struct http_call *call)
{
    struct http_transfer *transfer = transfer_take(client);
    http_transfer_start(transfer, call);
    running_put(client, transfer);
    client->pending++;

    struct lane_slot *slot = slot_with_room(client);
    slot->calls++;
    transfer->lane = slot->lane;
    http_lane_add(slot->lane, transfer->easy);
}

size_t http_client_pending(const struct http_client *client)
{
    return client->pending;
}

static void free_transfers(struct http_client *client)
{
    while (client->running != NULL) {
        struct http_transfer *transfer = client->running;
        leave(client, transfer);
        http_transfer_close(transfer);
    }
    while (client->free != NULL) {
        struct http_transfer *transfer = client->free;
        client->free = transfer->next;
        http_transfer_close(transfer);
    }
}

static void on_sweep_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void http_client_close(struct http_client *client)
{
    free_transfers(client);
    for (size_t i = 0; i < LANES_MAX; i++) {
        if (client->slots[i].lane != NULL) http_lane_close(client->slots[i].lane);
    }
    http_sockets_close(client->sockets);
    INSIST(curl_share_cleanup(client->shared) == CURLSHE_OK);
    uv_close((uv_handle_t *)&client->sweep, on_sweep_closed);
    curl_global_cleanup();
}

str http_call_answer_header(const struct http_call *call, str name)
{
    str rest = call->answer_headers;
    while (rest.length > 0) {
        str value;
        str found = str_cut(str_cut(rest, '\n', &rest), ':', &value);
        if (!str_equal_ignoring_case(found, name)) continue;
        if (value.length > 0 && value.bytes[value.length - 1] == '\r') value.length--;
        return str_trim(value);
    }
    return STR_NONE;
}
