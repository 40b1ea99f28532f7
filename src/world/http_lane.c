/* SPDX-License-Identifier: Apache-2.0 */
/* http_lane: libcurl tells us which sockets and which time it waits for; we tell it what happened. */
#include "world/http_lane.h"

#include <stdlib.h>

#include "world/http_socket.h"

struct http_lane {
    CURLM *multi;
    struct http_sockets *sockets;
    struct http_client *client;
    size_t number;
    uv_timer_t timer;
};

void http_lane_move(struct http_lane *lane, curl_socket_t socket, int events)
{
    int running;
    int left;
    INSIST(curl_multi_socket_action(lane->multi, socket, events, &running) == CURLM_OK);
    const CURLMsg *message;
    while ((message = curl_multi_info_read(lane->multi, &left)) != NULL) {
        bool is_end = message->msg == CURLMSG_DONE;
        if (is_end) http_client_ended(lane->client, message->easy_handle, message->data.result);
    }
}

static void on_timer(uv_timer_t *timer)
{
    http_lane_move(timer->data, CURL_SOCKET_TIMEOUT, 0);
}

/* libcurl asks to be called after that time, even after none: it must not be called from in here. */
static int on_timer_wanted(CURLM *multi, long timeout_ms, void *context)
{
    (void)multi;
    struct http_lane *lane = context;
    if (uv_is_closing((uv_handle_t *)&lane->timer)) return 0;
    if (timeout_ms < 0) return uv_timer_stop(&lane->timer);
    return uv_timer_start(&lane->timer, on_timer, (uint64_t)timeout_ms, 0);
}

static int on_socket_wanted(CURL *easy, curl_socket_t socket, int wanted, void *context, void *unused)
{
    (void)easy, (void)unused;
    struct http_lane *lane = context;
    http_sockets_watch(lane->sockets, lane, socket, wanted);
    return 0;
}

#define SET(lane, option, value) INSIST(curl_multi_setopt((lane)->multi, (option), (value)) == CURLM_OK)

struct http_lane *http_lane_open(uv_loop_t *uv, struct http_sockets *sockets, struct http_client *client, size_t number)
{
    struct http_lane *lane = memory_take(sizeof *lane);
    lane->sockets = sockets;
    lane->client = client;
    lane->number = number;
    INSIST(uv_timer_init(uv, &lane->timer) == 0);
    lane->timer.data = lane;
    lane->multi = curl_multi_init();
    INSIST(lane->multi != NULL);
    SET(lane, CURLMOPT_SOCKETFUNCTION, on_socket_wanted);
    SET(lane, CURLMOPT_SOCKETDATA, lane);
    SET(lane, CURLMOPT_TIMERFUNCTION, on_timer_wanted);
    SET(lane, CURLMOPT_TIMERDATA, lane);
    SET(lane, CURLMOPT_MAXCONNECTS, (long)HTTP_LANE_CALLS_MAX);
    SET(lane, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
    return lane;
}

static void on_timer_closed(uv_handle_t *timer)
{
    free(timer->data);
}

void http_lane_close(struct http_lane *lane)
{
    uv_close((uv_handle_t *)&lane->timer, on_timer_closed);
    INSIST(curl_multi_cleanup(lane->multi) == CURLM_OK);
}

size_t http_lane_number(const struct http_lane *lane)
{
    return lane->number;
}

void http_lane_add(struct http_lane *lane, CURL *easy)
{
    INSIST(curl_multi_add_handle(lane->multi, easy) == CURLM_OK);
}

void http_lane_remove(struct http_lane *lane, CURL *easy)
{
    INSIST(curl_multi_remove_handle(lane->multi, easy) == CURLM_OK);
}
