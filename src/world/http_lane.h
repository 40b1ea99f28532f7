/* SPDX-License-Identifier: Apache-2.0 */
/* http_lane: one multi handle of libcurl with its kept connections. For http_client, which fills one lane before it opens
 * the next: libcurl looks through all connections of a multi handle at each call, so a handle must not have thousands. */
#ifndef FLORIN_WORLD_HTTP_LANE_H
#define FLORIN_WORLD_HTTP_LANE_H

#include <curl/curl.h>
#include <uv.h>

#include "base/base.h"

struct http_client;
struct http_lane;
struct http_sockets;

/* That look cost a call a millisecond with 8,000 connections, measured; with so few it is less than the rest of the call. Times
 * LANES_MAX it makes as many calls as flows_max is by default. */
enum { HTTP_LANE_CALLS_MAX = 128 };

struct http_lane *http_lane_open(uv_loop_t *uv, struct http_sockets *sockets, struct http_client *client, size_t number);

/* Closes its connections; no call may be in it. Freed when the loop has run. */
void http_lane_close(struct http_lane *lane);

/* What its place in the client's list is. */
size_t http_lane_number(const struct http_lane *lane);

void http_lane_add(struct http_lane *lane, CURL *easy);
void http_lane_remove(struct http_lane *lane, CURL *easy);

/* http_socket.c: something happened at that socket. */
void http_lane_move(struct http_lane *lane, curl_socket_t socket, int events);

/* http_client.c: a call has ended. */
void http_client_ended(struct http_client *client, CURL *easy, CURLcode code);

#endif
