/* SPDX-License-Identifier: Apache-2.0 */
/* http_connection: reads, a request at a time; what comes while one is answered is kept, up to a limit, and read afterwards. */
#include "world/http_connection.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/hash.h"

enum {
    AHEAD_BYTES_MAX = 64 * 1024, /* above it we stop reading until the present request is answered */
    AHEAD_BYTES_FIRST = 1024,
    BUSY_CONNECTIONS_MAX = 256,  /* over the limit that get a 503; beyond them they are reset */
    BODY_BYTES_PER_SECOND_MIN = 1024,
    LAP_TURNS_MAX = 32,          /* of each kind, some milliseconds; then answers and commits have their turn, or a crowd would make them late */
};

static const str continue_line = { "HTTP/1.1 100 Continue\r\n\r\n", 25 };

static void list_put(struct http_connection_list *list, struct http_connection *connection)
{
    connection->next = NULL;
    connection->previous = list->last;
    *(list->last ? &list->last->next : &list->first) = connection;
    list->last = connection;
}

static void list_remove(struct http_connection_list *list, struct http_connection *connection)
{
    *(connection->previous ? &connection->previous->next : &list->first) = connection->next;
    *(connection->next ? &connection->next->previous : &list->last) = connection->previous;
}

void http_connection_enter(struct http_connection *connection, enum http_phase phase)
{
    struct http_server *server = connection->server;
    list_remove(&server->phases[connection->phase], connection);
    connection->phase = phase;
    connection->deadline_ms = uv_now(server->uv) + server->times.limits[phase];
    if (phase != HTTP_PHASE_CLOSED) list_put(&server->phases[phase], connection);
}

static bool can_take(const struct http_connection *connection)
{
    return connection->phase <= HTTP_PHASE_BODY;
}

/* A new request has to wait for the next lap. Who only asks does not stand in one queue with those who pay. */
static bool lap_is_full(const struct http_connection *connection, char first)
{
    const struct http_server *server = connection->server;
    bool asks_too_many = server->lap_questions >= LAP_TURNS_MAX, pay_too_many = server->lap_turns >= LAP_TURNS_MAX;
    if (connection->turn != NULL) return false;
    if (first == '\r' || first == '\n') return asks_too_many || pay_too_many; /* an empty line before it: who knows what comes */
    return first == 'G' ? asks_too_many : pay_too_many;
}

static bool is_ahead(const struct http_connection *connection)
{
    return connection->ahead.from < connection->ahead.length;
}

static void ahead_drop(struct http_ahead *ahead)
{
    if (ahead->bytes != NULL) secret_wipe(ahead->bytes, ahead->length);
    free(ahead->bytes);
    *ahead = (struct http_ahead){ 0 };
}

static void ahead_grow(struct http_ahead *ahead, size_t wanted)
{
    struct http_ahead old = *ahead;
    size_t waiting = old.length - old.from; /* what was read already stays behind */
    size_t capacity = AHEAD_BYTES_FIRST;
    while (capacity < waiting + wanted) capacity *= 2;
    char *bytes = memory_take(capacity);
    if (waiting > 0) memcpy(bytes, old.bytes + old.from, waiting);
    *ahead = (struct http_ahead){ bytes, 0, waiting, capacity };
    ahead_drop(&old);
}

/* Too much is waiting: the rest stays in the kernel, and the client is slowed down. */
static void pause_above_limit(struct http_connection *connection)
{
    if (connection->ahead.length - connection->ahead.from < AHEAD_BYTES_MAX || connection->ended) return;
    (void)uv_read_stop(&connection->uv.stream);
    connection->paused = true;
}

static void ahead_keep(struct http_connection *connection, const char *bytes, size_t length)
{
    struct http_ahead *ahead = &connection->ahead;
    if (length == 0 || connection->phase >= HTTP_PHASE_LINGER) return;
    if (length > ahead->capacity - ahead->length) ahead_grow(ahead, length);
    memcpy(ahead->bytes + ahead->length, bytes, length);
    ahead->length += length;
    pause_above_limit(connection);
}

/* A full socket buffer swallows the line; the client then sends its body a little later, unasked. */
static void send_continue(struct http_connection *connection)
{
    uv_buf_t line = uv_buf_init((char *)(uintptr_t)continue_line.bytes, (unsigned)continue_line.length);
    (void)uv_try_write(&connection->uv.stream, &line, 1);
    connection->turn->reader.wants_continue = false;
}

static void wait_for_body(struct http_connection *connection)
{
    if (connection->phase != HTTP_PHASE_BODY) {
        connection->window_start = 0;
        http_connection_enter(connection, HTTP_PHASE_BODY);
    }
    struct http_reader *reader = &connection->turn->reader;
    if (reader->wants_continue && reader->body_came == 0) send_continue(connection);
}

/* Gives bytes to the present request, or starts one; returns how many were its own. */
static size_t take(struct http_connection *connection, const char *bytes, size_t length)
{
    if (connection->turn == NULL) connection->turn = http_turn_open(connection);
    struct http_turn *turn = connection->turn;
    size_t used = http_reader_feed(&turn->reader, bytes, length);
    switch (turn->reader.state) {
    case HTTP_READING_HEAD:
        if (connection->phase != HTTP_PHASE_HEAD) http_connection_enter(connection, HTTP_PHASE_HEAD);
        return length;
    case HTTP_READING_BODY:
        wait_for_body(connection);
        return length;
    case HTTP_READING_DONE:
        http_turn_hand_over(turn);
        return used;
    case HTTP_READING_FAULTY:
        http_turn_refuse(turn, turn->reader.fault);
        return length;
    }
    return length;
}

static size_t take_all(struct http_connection *connection, const char *bytes, size_t length)
{
    size_t used = 0;
    connection->taking = true; /* an answer that is given inside does not start a second loop */
    while (used < length && can_take(connection) && !lap_is_full(connection, bytes[used])) used += take(connection, bytes + used, length - used);
    connection->taking = false;
    return used;
}

/* What was taken may have held a card, and others may wait behind it for long. */
static void take_ahead(struct http_connection *connection)
{
    struct http_ahead *ahead = &connection->ahead;
    size_t used = take_all(connection, ahead->bytes + ahead->from, ahead->length - ahead->from);
    if (ahead->bytes == NULL) return; /* closed meanwhile */
    secret_wipe(ahead->bytes + ahead->from, used);
    ahead->from += used;
    if (!is_ahead(connection)) ahead_drop(ahead);
}

static void read_again(struct http_connection *connection);

static void hurry_on(uv_idle_t *hurry) { (void)hurry; }

/* Bytes that could be read are left when the lap is full. */
static void queue_up(struct http_connection *connection)
{
    if (!is_ahead(connection) || !can_take(connection)) return;
    http_connection_enter(connection, HTTP_PHASE_QUEUED);
    (void)uv_idle_start(&connection->server->hurry, hurry_on);
}

/* After the client's end only a request that is being answered keeps the connection. */
static void settle(struct http_connection *connection)
{
    queue_up(connection);
    if (connection->ended && can_take(connection)) http_connection_close(connection);
    if (connection->paused && !is_ahead(connection)) read_again(connection);
}

static void resume(struct http_connection *connection)
{
    if (connection->taking) return;
    if (is_ahead(connection) && can_take(connection)) take_ahead(connection);
    settle(connection);
}

static void came(struct http_connection *connection, const char *bytes, size_t length)
{
    size_t used = is_ahead(connection) ? 0 : take_all(connection, bytes, length);
    ahead_keep(connection, bytes + used, length - used);
    settle(connection);
}

void http_connection_lap(struct http_server *server)
{
    struct http_connection_list *queued = &server->phases[HTTP_PHASE_QUEUED];
    server->lap_turns = server->lap_questions = 0;
    while (queued->first != NULL && server->lap_turns < LAP_TURNS_MAX && server->lap_questions < LAP_TURNS_MAX) {
        struct http_connection *connection = queued->first;
        http_connection_enter(connection, HTTP_PHASE_IDLE);
        resume(connection);
    }
    if (queued->first == NULL) (void)uv_idle_stop(&server->hurry);
}

/* The client may have closed one direction only, and may still read: its request goes on and is answered. */
static void client_ended(struct http_connection *connection)
{
    connection->ended = true;
    if (connection->phase == HTTP_PHASE_PENDING) connection->turn->exchange.client_gone = true;
    if (connection->phase == HTTP_PHASE_LINGER) http_connection_close(connection);
    settle(connection);
}

static void on_read(uv_stream_t *stream, ssize_t length, const uv_buf_t *buffer)
{
    struct http_connection *connection = stream->data;
    if (length == UV_EOF) client_ended(connection);
    else if (length < 0) http_connection_close(connection);
    if (length <= 0) return;
    connection->came_at = (micros)(uv_hrtime() / 1000);
    came(connection, buffer->base, (size_t)length);
    secret_wipe(buffer->base, (size_t)length); /* it may have held a card */
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    (void)suggested;
    struct http_connection *connection = handle->data;
    *buffer = uv_buf_init(connection->server->read_buffer, HTTP_READ_BYTES);
}

static void read_again(struct http_connection *connection)
{
    connection->paused = false;
    if (connection->phase == HTTP_PHASE_CLOSED) return;
    if (uv_read_start(&connection->uv.stream, on_alloc, on_read) != 0) http_connection_close(connection);
}

/* We have nothing more to say. The client's unread bytes are taken and dropped, for a close with some of them unread
 * would reset the connection under the answer. */
static void linger(struct http_connection *connection)
{
    uv_os_fd_t socket;
    ahead_drop(&connection->ahead);
    if (connection->ended || uv_fileno(&connection->uv.handle, &socket) != 0 || shutdown(socket, SHUT_WR) != 0) {
        http_connection_close(connection);
        return;
    }
    http_connection_enter(connection, HTTP_PHASE_LINGER);
    if (connection->paused) read_again(connection);
}

void http_connection_turn_over(struct http_connection *connection, bool close)
{
    if (close) {
        linger(connection);
        return;
    }
    http_connection_enter(connection, HTTP_PHASE_IDLE);
    resume(connection);
}

/* A window in which enough came is followed by another one. */
static void expire_body(struct http_connection *connection)
{
    struct http_turn *turn = connection->turn;
    size_t window_came = turn->reader.body_came - connection->window_start;
    uint64_t window_ms = connection->server->times.limits[HTTP_PHASE_BODY];
    if (window_came * 1000 < window_ms * BODY_BYTES_PER_SECOND_MIN) {
        http_turn_refuse(turn, HTTP_FAULT_TIMEOUT);
        return;
    }
    connection->window_start = turn->reader.body_came;
    http_connection_enter(connection, HTTP_PHASE_BODY);
}

void http_connection_expire(struct http_connection *connection)
{
    if (connection->phase == HTTP_PHASE_HEAD) http_turn_refuse(connection->turn, HTTP_FAULT_TIMEOUT);
    else if (connection->phase == HTTP_PHASE_BODY) expire_body(connection);
    else http_connection_close(connection);
}

static void on_closed(uv_handle_t *handle)
{
    struct http_connection *connection = handle->data;
    struct http_server *server = connection->server;
    connection->next = server->free_connections;
    server->free_connections = connection;
    server->connections--;
    http_server_handle_closed(server);
}

/* A pending turn is the handler's until it answers, one that is being written is libuv's. */
static void let_turn_go(struct http_connection *connection)
{
    struct http_turn *turn = connection->turn;
    connection->turn = NULL;
    if (turn == NULL) return;
    turn->connection = NULL;
    turn->exchange.client_gone = true;
    if (can_take(connection)) http_turn_close(turn);
}

static bool leave(struct http_connection *connection)
{
    if (connection->phase == HTTP_PHASE_CLOSED) return false;
    let_turn_go(connection);
    ahead_drop(&connection->ahead);
    http_connection_enter(connection, HTTP_PHASE_CLOSED);
    return true;
}

void http_connection_close(struct http_connection *connection)
{
    if (leave(connection)) uv_close(&connection->uv.handle, on_closed);
}

void http_connection_reset(struct http_connection *connection)
{
    if (!leave(connection)) return;
    bool is_reset = !connection->server->is_unix && uv_tcp_close_reset(&connection->uv.tcp, on_closed) == 0;
    if (!is_reset) uv_close(&connection->uv.handle, on_closed);
}

static struct http_connection *connection_take(struct http_server *server)
{
    struct http_connection *connection = server->free_connections;
    if (connection != NULL) server->free_connections = connection->next;
    else connection = memory_take(sizeof *connection);
    *connection = (struct http_connection){ .server = server };
    return connection;
}

static struct http_connection *connection_open(struct http_server *server)
{
    struct http_connection *connection = connection_take(server);
    if (server->is_unix) INSIST(uv_pipe_init(server->uv, &connection->uv.pipe, 0) == 0);
    else INSIST(uv_tcp_init(server->uv, &connection->uv.tcp) == 0);
    connection->uv.handle.data = connection;
    server->handles++;
    server->connections++;
    list_put(&server->phases[HTTP_PHASE_IDLE], connection);
    http_connection_enter(connection, HTTP_PHASE_IDLE);
    return connection;
}

static void greet(struct http_connection *connection)
{
    struct http_server *server = connection->server;
    if (!server->is_unix) (void)uv_tcp_nodelay(&connection->uv.tcp, 1);
    read_again(connection);
    size_t limit = server->options.connections_max;
    if (limit == 0 || server->connections <= limit) return;
    if (server->connections > limit + BUSY_CONNECTIONS_MAX) {
        http_connection_reset(connection);
        return;
    }
    connection->turn = http_turn_open(connection);
    http_turn_refuse(connection->turn, HTTP_FAULT_BUSY);
}

void http_connection_accept(struct http_server *server)
{
    struct http_connection *connection = connection_open(server);
    if (uv_accept(&server->listener.stream, &connection->uv.stream) == 0) greet(connection);
    else http_connection_close(connection);
}
