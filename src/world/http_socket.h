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

/* A socket for libcurl, and what closes it: see CURLOPT_OPENSOCKETFUNCTION and CURLOPT_CLOSESOCKETFUNCTION. */
curl_socket_t http_sockets_take(struct http_sockets *sockets, const struct curl_sockaddr *address);
int http_sockets_give_back(void *sockets, curl_socket_t socket);

/* Watches a socket for a lane; see CURLMOPT_SOCKETFUNCTION. */
void http_sockets_watch(struct http_sockets *sockets, struct http_lane *lane, curl_socket_t socket, int wanted);

#endif
