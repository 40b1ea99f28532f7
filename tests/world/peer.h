/* SPDX-License-Identifier: Apache-2.0 */
/* peer: the other end of a connection, by plain sockets, on the loop's own thread: whoever waits here turns the loop. */
#ifndef FLORIN_TESTS_WORLD_PEER_H
#define FLORIN_TESTS_WORLD_PEER_H

#include "base/str.h"

struct loop;

enum { PEER_BYTES_MAX = 16 * 1024 * 1024 };

struct peer {
    struct loop *loop;
    int socket;
    bool ended;    /* the other side said that it sends no more */
    bool was_reset;
    size_t from; /* what came and was not taken yet: [from, length) */
    size_t length;
    char bytes[PEER_BYTES_MAX];
};

/* Turns the loop until the condition holds; the test fails when that takes longer than ten seconds. */
void loop_until(struct loop *loop, bool (*holds)(void *context), void *context);
void loop_for_ms(struct loop *loop, int ms);

/* A client: connects to "127.0.0.1:port" or "unix:/path". Free it with peer_close. */
struct peer *peer_connect(struct loop *loop, str address);

/* A server: a listening socket, its port, and the next connection to it. */
int peer_listen(uint16_t *port);
struct peer *peer_accept(struct loop *loop, int listener);

void peer_send(struct peer *peer, str bytes);

/* The next HTTP answer by its Content-Length, head and body; fails the test when the other side ends before.
 * The text is valid until the next call. */
str peer_take_answer(struct peer *peer, bool has_body);
int peer_take_status(struct peer *peer);

/* The next HTTP request, likewise. */
str peer_take_request(struct peer *peer);

/* Everything up to the other side's end. */
str peer_take_rest(struct peer *peer);

/* Something has come, or the end has. */
bool peer_has_news(struct peer *peer);

void peer_stop_sending(struct peer *peer);
void peer_close(struct peer *peer);
void peer_reset(struct peer *peer);

#endif
