/* SPDX-License-Identifier: Apache-2.0 */
/* http_socket: a watcher lives as long as its socket, not as long as a call. libcurl takes its interest back after each
 * call on a kept connection; we go on watching for reading, and so spare the kernel two requests a call. */
#include "world/http_socket.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/base.h"
#include "world/http_lane.h"

enum { TABLE_FIRST = 64 };

struct watcher {
    uv_poll_t poll;
    struct http_sockets *sockets;
    struct http_lane *lane; /* that wants it watched */
    curl_socket_t socket;
    int watched; /* what libuv watches for: UV_READABLE, UV_WRITABLE */
    int wanted;  /* what libcurl wants to be told of */
    bool is_ours; /* we opened it, so we hear when it is closed; libcurl's resolver has some of its own */
};

struct http_sockets {
    uv_loop_t *uv;
    struct watcher **table; /* by descriptor */
    size_t table_size;
    size_t handles; /* that libuv still knows */
    bool closing;
};

static void free_when_last(struct http_sockets *sockets)
{
    if (!sockets->closing || sockets->handles > 0) return;
    free(sockets->table);
    free(sockets);
}

static void on_watcher_closed(uv_handle_t *handle)
{
    struct watcher *watcher = handle->data;
    struct http_sockets *sockets = watcher->sockets;
    sockets->handles--;
    free(watcher);
    free_when_last(sockets);
}

static void table_grow(struct http_sockets *sockets, size_t wanted)
{
    size_t size = sockets->table_size > 0 ? sockets->table_size : TABLE_FIRST;
    while (size < wanted) size *= 2;
    sockets->table = realloc(sockets->table, size * sizeof(struct watcher *));
    if (sockets->table == NULL) memory_missing(size * sizeof(struct watcher *));
    memset(sockets->table + sockets->table_size, 0, (size - sockets->table_size) * sizeof(struct watcher *));
    sockets->table_size = size;
}

static struct watcher *watcher_find(struct http_sockets *sockets, curl_socket_t socket)
{
    return (size_t)socket < sockets->table_size ? sockets->table[socket] : NULL;
}

static struct watcher *watcher_open(struct http_sockets *sockets, curl_socket_t socket)
{
    struct watcher *watcher = memory_take(sizeof *watcher);
    watcher->sockets = sockets;
    watcher->socket = socket;
    INSIST(uv_poll_init_socket(sockets->uv, &watcher->poll, socket) == 0);
    watcher->poll.data = watcher;
    sockets->handles++;
    if ((size_t)socket >= sockets->table_size) table_grow(sockets, (size_t)socket + 1);
    sockets->table[socket] = watcher;
    return watcher;
}

static void watcher_close(struct watcher *watcher)
{
    watcher->sockets->table[watcher->socket] = NULL;
    (void)uv_poll_stop(&watcher->poll);
    uv_close((uv_handle_t *)&watcher->poll, on_watcher_closed);
}

static void on_event(uv_poll_t *poll, int status, int events);

static void watch(struct watcher *watcher, int events)
{
    if (watcher->watched == events) return;
    watcher->watched = events;
    int failed = events == 0 ? uv_poll_stop(&watcher->poll) : uv_poll_start(&watcher->poll, events, on_event);
    INSIST(failed == 0);
}

/* A kept connection on which something came unasked: its end, as a rule. libcurl will see for itself before it uses it. */
static void on_event(uv_poll_t *poll, int status, int events)
{
    struct watcher *watcher = poll->data;
    if (watcher->wanted == 0) {
        watch(watcher, 0);
        return;
    }
    int seen = status < 0 ? CURL_CSELECT_ERR : 0;
    if (events & UV_READABLE) seen |= CURL_CSELECT_IN;
    if (events & UV_WRITABLE) seen |= CURL_CSELECT_OUT;
    http_lane_move(watcher->lane, watcher->socket, seen);
}

static void watcher_let_go(struct watcher *watcher)
{
    watcher->wanted = 0;
    if (watcher->is_ours) watch(watcher, watcher->watched & UV_READABLE);
    else watcher_close(watcher);
}

void http_sockets_watch(struct http_sockets *sockets, struct http_lane *lane, curl_socket_t socket, int wanted)
{
    struct watcher *watcher = watcher_find(sockets, socket);
    if (wanted == CURL_POLL_REMOVE) {
        if (watcher != NULL) watcher_let_go(watcher);
        return;
    }
    if (watcher == NULL) watcher = watcher_open(sockets, socket);
    watcher->lane = lane;
    watcher->wanted = (wanted & CURL_POLL_IN ? UV_READABLE : 0) | (wanted & CURL_POLL_OUT ? UV_WRITABLE : 0);
    watch(watcher, watcher->wanted);
}

curl_socket_t http_sockets_take(struct http_sockets *sockets, const struct curl_sockaddr *address)
{
    int opened = socket(address->family, address->socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, address->protocol);
    if (opened < 0) return CURL_SOCKET_BAD;
    watcher_open(sockets, opened)->is_ours = true;
    return opened;
}

int http_sockets_give_back(void *sockets, curl_socket_t socket)
{
    struct watcher *watcher = watcher_find(sockets, socket);
    if (watcher != NULL) watcher_close(watcher);
    return close(socket);
}

struct http_sockets *http_sockets_open(uv_loop_t *uv)
{
    struct http_sockets *sockets = memory_take(sizeof *sockets);
    sockets->uv = uv;
    return sockets;
}

void http_sockets_close(struct http_sockets *sockets)
{
    sockets->closing = true;
    free_when_last(sockets);
}
