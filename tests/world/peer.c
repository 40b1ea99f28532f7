/* SPDX-License-Identifier: Apache-2.0 */
#include "world/peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <uv.h>

#include <cmocka.h>

#include "world/loop.h"

enum { PATIENCE_MS = 10000 };

static uint64_t now_ms(void)
{
    return uv_hrtime() / 1000000;
}

static void turn(struct loop *loop)
{
    (void)uv_run(loop_uv(loop), UV_RUN_NOWAIT);
}

void loop_until(struct loop *loop, bool (*holds)(void *context), void *context)
{
    uint64_t end = now_ms() + PATIENCE_MS;
    while (!holds(context)) {
        turn(loop);
        if (now_ms() > end) fail_msg("waited in vain");
    }
}

void loop_for_ms(struct loop *loop, int ms)
{
    uint64_t end = now_ms() + (uint64_t)ms;
    while (now_ms() < end) turn(loop);
}

static struct peer *peer_open(struct loop *loop, int opened)
{
    struct peer *peer = malloc(sizeof *peer);
    assert_non_null(peer);
    peer->loop = loop;
    peer->socket = opened;
    peer->ended = peer->was_reset = false;
    peer->from = peer->length = 0;
    int on = 1;
    (void)setsockopt(opened, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return peer;
}

static int connect_unix(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    int opened = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(opened, (const struct sockaddr *)&address, sizeof address), 0);
    return opened;
}

static int connect_tcp(const char *address)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    to.sin_port = htons((uint16_t)strtoul(strrchr(address, ':') + 1, NULL, 10));
    int opened = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(opened, (const struct sockaddr *)&to, sizeof to), 0);
    return opened;
}

struct peer *peer_connect(struct loop *loop, str address)
{
    bool is_unix = str_starts_with(address, STR("unix:"));
    return peer_open(loop, is_unix ? connect_unix(address.bytes + 5) : connect_tcp(address.bytes));
}

int peer_listen(uint16_t *port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(listener, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(listener, 1024), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &length), 0);
    *port = ntohs(address.sin_port);
    return listener;
}

struct peer *peer_accept(struct loop *loop, int listener)
{
    uint64_t end = now_ms() + PATIENCE_MS;
    for (;;) {
        int accepted = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (accepted >= 0) return peer_open(loop, accepted);
        turn(loop);
        if (now_ms() > end) fail_msg("nobody connected");
    }
}

void peer_send(struct peer *peer, str bytes)
{
    while (bytes.length > 0) {
        ssize_t sent = send(peer->socket, bytes.bytes, bytes.length, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN) return; /* the test will see the end when it reads */
        if (sent > 0) bytes = str_from(bytes, (size_t)sent);
        turn(peer->loop);
    }
}

static void receive(struct peer *peer)
{
    if (peer->ended || peer->was_reset) return;
    assert_true(peer->length < PEER_BYTES_MAX);
    ssize_t came = recv(peer->socket, peer->bytes + peer->length, PEER_BYTES_MAX - peer->length, MSG_DONTWAIT);
    if (came > 0) peer->length += (size_t)came;
    else if (came == 0) peer->ended = true;
    else if (errno != EAGAIN) peer->was_reset = true;
}

bool peer_has_news(struct peer *peer)
{
    receive(peer);
    return peer->length > peer->from || peer->ended || peer->was_reset;
}

static str waiting(const struct peer *peer)
{
    return (str){ peer->bytes + peer->from, peer->length - peer->from };
}

/* Where the head ends, 0 while it has not. */
static size_t head_length(str text)
{
    const char *end = memmem(text.bytes, text.length, "\r\n\r\n", 4);
    return end == NULL ? 0 : (size_t)(end - text.bytes) + 4;
}

static size_t announced(str text, size_t head)
{
    const char *found = memmem(text.bytes, head, "Content-Length: ", 16);
    return found == NULL ? 0 : strtoul(found + 16, NULL, 10);
}

static str take(struct peer *peer, size_t length)
{
    static char taken[PEER_BYTES_MAX + 1];
    memcpy(taken, peer->bytes + peer->from, length);
    taken[length] = 0;
    peer->from += length;
    if (peer->from == peer->length) peer->from = peer->length = 0;
    return (str){ taken, length };
}

static str take_message(struct peer *peer, bool has_body)
{
    uint64_t end = now_ms() + PATIENCE_MS;
    for (;;) {
        str text = waiting(peer);
        size_t head = head_length(text);
        size_t whole = head + (has_body ? announced(text, head) : 0);
        if (head > 0 && text.length >= whole) return take(peer, whole);
        if (peer->ended || peer->was_reset) fail_msg("the connection ended in the midst of a message");
        turn(peer->loop);
        receive(peer);
        if (now_ms() > end) fail_msg("no whole message came: '%.*s'", STR_FORMAT(waiting(peer)));
    }
}

str peer_take_answer(struct peer *peer, bool has_body)
{
    return take_message(peer, has_body);
}

int peer_take_status(struct peer *peer)
{
    str answer = take_message(peer, true);
    assert_true(str_starts_with(answer, STR("HTTP/1.1 ")));
    return (int)strtol(answer.bytes + 9, NULL, 10);
}

str peer_take_request(struct peer *peer)
{
    return take_message(peer, true);
}

static bool has_ended(void *context)
{
    struct peer *peer = context;
    receive(peer);
    return peer->ended || peer->was_reset;
}

str peer_take_rest(struct peer *peer)
{
    loop_until(peer->loop, has_ended, peer);
    return take(peer, peer->length - peer->from);
}

void peer_stop_sending(struct peer *peer)
{
    assert_int_equal(shutdown(peer->socket, SHUT_WR), 0);
}

void peer_close(struct peer *peer)
{
    close(peer->socket);
    free(peer);
}

void peer_reset(struct peer *peer)
{
    struct linger now = { 1, 0 };
    (void)setsockopt(peer->socket, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    peer_close(peer);
}
