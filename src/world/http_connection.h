/* SPDX-License-Identifier: Apache-2.0 */
/* http_connection: the parts of http_server. A server has connections; a connection has at most one turn, which is one
 * request from its first byte to the last byte of its answer. Between turns a connection holds next to nothing.
 *
 *     http_server.c      listens, counts seconds, drains
 *     http_connection.c  reads, keeps what came too early, closes
 *     http_turn.c        hands requests over, writes answers
 */
#ifndef FLORIN_WORLD_HTTP_CONNECTION_H
#define FLORIN_WORLD_HTTP_CONNECTION_H

#include <uv.h>

#include "world/http_reader.h"
#include "world/http_write.h"

enum { HTTP_READ_BYTES = 64 * 1024 }; /* the shared buffer: nearly every request comes in one piece */

/* What a connection is waiting for. All connections of a phase stand in one list, the first to time out first. */
enum http_phase {
    HTTP_PHASE_IDLE,    /* the first byte of a request */
    HTTP_PHASE_HEAD,    /* the rest of a head */
    HTTP_PHASE_BODY,    /* the rest of a body */
    HTTP_PHASE_QUEUED,  /* a later lap of the loop: this one has taken enough requests, and those before want to go on */
    HTTP_PHASE_PENDING, /* the answer; takes as long as it takes */
    HTTP_PHASE_WRITING, /* the client, to take the answer */
    HTTP_PHASE_LINGER,  /* the client's end, after ours: closing at once could destroy the answer under way */
    HTTP_PHASE_CLOSED,  /* libuv's last word; in no list */
    HTTP_PHASES,
};

/* Milliseconds, by phase; 0: no limit. */
struct http_times {
    uint64_t tick;
    uint64_t limits[HTTP_PHASES];
};

union http_stream {
    uv_handle_t handle;
    uv_stream_t stream;
    uv_tcp_t tcp;
    uv_pipe_t pipe;
};

/* Bytes that came before they could be read: [from, length) are waiting. */
struct http_ahead {
    char *bytes;
    size_t from;
    size_t length;
    size_t capacity;
};

struct http_connection {
    union http_stream uv;
    struct http_server *server;
    struct http_turn *turn; /* NULL between requests */
    struct http_connection *previous;
    struct http_connection *next;
    uint64_t deadline_ms;
    micros came_at;      /* monotonic: when bytes were read last */
    size_t window_start; /* bytes of the body when the present window began */
    enum http_phase phase;
    bool ended;  /* the client will send no more */
    bool taking; /* a loop over its bytes is running further up */
    bool paused; /* not reading: too much is waiting already */
    struct http_ahead ahead;
};

struct http_turn {
    struct http_exchange exchange;
    struct http_server *server;
    struct http_connection *connection; /* NULL: it is gone, the answer goes nowhere */
    struct arena arena;
    struct http_reader reader;
    bool close_after;
    bool is_long; /* its body takes one of the few places for long ones */
    uv_write_t write;
    struct http_turn *next; /* in the pool */
};

struct http_connection_list {
    struct http_connection *first;
    struct http_connection *last;
};

struct http_server {
    struct http_server_options options;
    struct loop *loop;
    struct uv_loop_s *uv;
    union http_stream listener;
    uv_timer_t sweep;
    uv_prepare_t lap;   /* before the loop waits for what comes next */
    uv_idle_t hurry;    /* runs while connections are queued, so that the loop does not wait */
    size_t lap_turns, lap_questions; /* requests that were handed over in this lap; GETs are counted apart */
    struct http_times times;
    uint64_t swept_at_ms;
    struct http_connection_list phases[HTTP_PHASES];
    size_t connections;
    size_t pending;
    size_t long_bodies;
    size_t handles; /* that libuv still knows */
    bool is_unix;
    bool draining;
    bool closing;
    struct http_connection *free_connections;
    struct http_turn *free_turns;
    size_t free_turn_count;
    char *read_buffer;     /* HTTP_READ_BYTES, shared: libuv fills it and we empty it before anybody else reads */
    micros date_made_at;
    char date[HTTP_DATE_BYTES];
    char address[128];
};

/* Takes one connection that waits at the listener. */
void http_connection_accept(struct http_server *server);

void http_connection_enter(struct http_connection *connection, enum http_phase phase);

/* A lap of the loop begins: the first of those that are queued have their turn. */
void http_connection_lap(struct http_server *server);

/* The turn is over: read on, or end. */
void http_connection_turn_over(struct http_connection *connection, bool close);

/* Its time in this phase is up. */
void http_connection_expire(struct http_connection *connection);

/* Ends it now. A pending turn lives on without it. */
void http_connection_close(struct http_connection *connection);

/* As close, but the client sees a reset. */
void http_connection_reset(struct http_connection *connection);

struct http_turn *http_turn_open(struct http_connection *connection);
void http_turn_close(struct http_turn *turn);
void http_turn_hand_over(struct http_turn *turn);
void http_turn_refuse(struct http_turn *turn, enum http_fault fault);

/* One libuv handle of the server has come to its end; the last one takes the server with it. */
void http_server_handle_closed(struct http_server *server);

/* For tests that do not want to wait for minutes. */
void http_server_set_times(struct http_server *server, const struct http_times *times);

#endif
