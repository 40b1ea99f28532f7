/* SPDX-License-Identifier: Apache-2.0 */
/* http_socket: libcurl's sockets, watched by the loop. For http_client. */
#ifndef FLORIN_WORLD_HTTP_SOCKET_H
#define FLORIN_WORLD_HTTP_SOCKET_H

#include <curl/curl.h>
#include <uv.h>

struct http_lane;
struct http_sockets;

struct http_sockets *http_sockets_open(uv_loop_t *uv);

/* Once libcurl has closed its sockets. Freed when the loop has run. */
void http_sockets_close(struct http_sockets *sockets);

/* Sockets of this handle are opened and closed here. */
void http_sockets_serve(struct http_sockets *sockets, CURL *easy);

/* Watches a socket for a lane; see CURLMOPT_SOCKETFUNCTION. */
void http_sockets_watch(struct http_sockets *sockets, struct http_lane *lane, curl_socket_t socket, int wanted);

#endif
