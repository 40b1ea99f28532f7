/* SPDX-License-Identifier: Apache-2.0 */
/* http_turn: a request is handed over, an answer comes back, is written, and the turn ends. */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "world/http_connection.h"
#include "world/loop.h"

enum {
    TURNS_KEPT = 256,      /* their arenas stay warm, a block each */
    LONG_BODIES_MAX = 16,  /* 16 MiB at most; what a processor really writes is never so long */
    HEAD_BYTES_FIRST = 512 /* an ordinary answer's head fits */
};

static const int fault_statuses[] = {
    [HTTP_FAULT_MALFORMED] = 400,
    [HTTP_FAULT_URI_TOO_LONG] = 414,
    [HTTP_FAULT_HEADERS_TOO_LARGE] = 431,
    [HTTP_FAULT_BODY_TOO_LARGE] = 413,
    [HTTP_FAULT_LENGTH_REQUIRED] = 411,
    [HTTP_FAULT_TIMEOUT] = 408,
    [HTTP_FAULT_NOT_IMPLEMENTED] = 501,
    [HTTP_FAULT_VERSION] = 505,
    [HTTP_FAULT_EXPECTATION] = 417,
    [HTTP_FAULT_BUSY] = 503,
};

static void answer_exchange(struct http_exchange *exchange, const struct http_answer *answer);

static struct http_turn *turn_take(struct http_server *server)
{
    struct http_turn *turn = server->free_turns;
    if (turn == NULL) {
        turn = memory_take(sizeof *turn);
        return turn;
    }
    server->free_turns = turn->next;
    server->free_turn_count--;
    return turn;
}

static size_t ask_room(struct http_reader *reader)
{
    struct http_turn *turn = CONTAINER_OF(reader, struct http_turn, reader);
    struct http_server *server = turn->server;
    size_t room = server->options.body_bytes_of ? server->options.body_bytes_of(&reader->request) : 0;
    if (room <= reader->body_bytes_max) return reader->body_bytes_max;
    if (server->long_bodies >= LONG_BODIES_MAX) {
        http_reader_refuse(reader, HTTP_FAULT_BUSY);
        return reader->body_bytes_max;
    }
    turn->is_long = true;
    server->long_bodies++;
    return room;
}

struct http_turn *http_turn_open(struct http_connection *connection)
{
    struct http_server *server = connection->server;
    struct http_turn *turn = turn_take(server);
    turn->server = server;
    turn->connection = connection;
    turn->close_after = false;
    turn->exchange = (struct http_exchange){ .arena = &turn->arena, .answer = answer_exchange };
    http_reader_open(&turn->reader, &turn->arena, server->options.body_bytes_max, server->options.lenient_length);
    turn->reader.ask_room = ask_room;
    return turn;
}

void http_turn_close(struct http_turn *turn)
{
    struct http_server *server = turn->server;
    server->long_bodies -= turn->is_long;
    turn->is_long = false;
    if (server->free_turn_count >= TURNS_KEPT || server->closing) {
        arena_close(&turn->arena);
        free(turn);
        return;
    }
    arena_reset(&turn->arena);
    turn->next = server->free_turns;
    server->free_turns = turn;
    server->free_turn_count++;
}

void http_turn_hand_over(struct http_turn *turn)
{
    struct http_server *server = turn->server;
    http_connection_enter(turn->connection, HTTP_PHASE_PENDING);
    server->pending++;
    *(str_equal(turn->reader.request.method, STR("GET")) ? &server->lap_questions : &server->lap_turns) += 1;
    turn->exchange.request = turn->reader.request;
    turn->exchange.request.received_at = turn->connection->came_at;
    turn->exchange.client_gone = turn->connection->ended;
    server->options.handle(server->options.context, &turn->exchange);
}

/* Everything is in the kernel's hands, or nobody wants it any more. */
static void turn_written(struct http_turn *turn)
{
    struct http_connection *connection = turn->connection;
    bool close = turn->close_after;
    http_turn_close(turn);
    if (connection == NULL) return;
    connection->turn = NULL;
    http_connection_turn_over(connection, close);
}

static void on_written(uv_write_t *write, int status)
{
    struct http_turn *turn = write->data;
    if (status != 0 && turn->connection != NULL) http_connection_close(turn->connection);
    turn_written(turn);
}

/* What did not fit into the socket is copied, since the answer's texts are not ours. */
static void write_rest(struct http_turn *turn, str head, str body, size_t sent)
{
    struct text rest = text_open(&turn->arena, head.length + body.length - sent);
    text_put(&rest, str_from(head, sent));
    text_put(&rest, sent > head.length ? str_from(body, sent - head.length) : body);
    uv_buf_t buffer = uv_buf_init(rest.bytes, (unsigned)rest.length);
    http_connection_enter(turn->connection, HTTP_PHASE_WRITING);
    turn->write.data = turn;
    int failed = uv_write(&turn->write, &turn->connection->uv.stream, &buffer, 1, on_written);
    if (failed) on_written(&turn->write, failed);
}

static void write_bytes(struct http_turn *turn, str head, str body)
{
    uv_buf_t buffers[] = {
        uv_buf_init((char *)(uintptr_t)head.bytes, (unsigned)head.length),
        uv_buf_init((char *)(uintptr_t)body.bytes, (unsigned)body.length),
    };
    int sent = head.length == 0 ? 0 : uv_try_write(&turn->connection->uv.stream, buffers, body.length > 0 ? 2 : 1);
    if (sent == UV_EAGAIN) sent = 0;
    if (sent < 0) {
        http_connection_close(turn->connection);
        turn_written(turn);
    } else if ((size_t)sent == head.length + body.length) {
        turn_written(turn);
    } else {
        write_rest(turn, head, body, (size_t)sent);
    }
}

static str date_now(struct http_server *server)
{
    micros now = world_now(loop_world(server->loop));
    micros second = now - now % MICROS_PER_SECOND;
    if (second != server->date_made_at) (void)http_write_date(server->date, now);
    server->date_made_at = second;
    return str_of(server->date);
}

static str head_text(struct http_turn *turn, const struct http_answer *answer)
{
    struct http_write_frame frame = {
        .date = date_now(turn->server),
        .close = turn->close_after,
        .is_http_1_0 = turn->reader.is_http_1_0,
    };
    struct text head = text_open(&turn->arena, HEAD_BYTES_FIRST);
    http_write_head(&head, answer, frame);
    return text_str(&head);
}

static str body_text(struct http_turn *turn, const struct http_answer *answer)
{
    bool is_withheld = http_write_is_bodiless(answer->status) || str_equal(turn->reader.request.method, STR("HEAD"));
    return is_withheld ? STR_NONE : answer->body;
}

static void write_answer(struct http_turn *turn, const struct http_answer *answer)
{
    turn->close_after = answer->close || !turn->reader.keep_alive || turn->server->draining;
    str head = head_text(turn, answer);
    write_bytes(turn, head, body_text(turn, answer));
}

static struct http_turn *turn_of(struct http_exchange *exchange)
{
    struct http_turn *turn = CONTAINER_OF(exchange, struct http_turn, exchange);
    INSIST(turn->server->pending > 0);
    turn->server->pending--;
    return turn;
}

static void answer_exchange(struct http_exchange *exchange, const struct http_answer *answer)
{
    struct http_turn *turn = turn_of(exchange);
    if (turn->connection == NULL) http_turn_close(turn);
    else write_answer(turn, answer);
}

void http_turn_refuse(struct http_turn *turn, enum http_fault fault)
{
    struct http_server *server = turn->server;
    struct http_answer answer = { .status = fault_statuses[fault] };
    if (server->options.refuse != NULL) server->options.refuse(server->options.context, fault, &turn->arena, &answer);
    answer.close = true;
    http_connection_enter(turn->connection, HTTP_PHASE_WRITING);
    write_answer(turn, &answer);
}

static str text_cut(str text, size_t bytes)
{
    return (str){ text.bytes, text.length < bytes ? text.length : bytes };
}

void http_exchange_hang_up(struct http_exchange *exchange, const struct http_answer *partial, size_t bytes)
{
    struct http_turn *turn = turn_of(exchange);
    struct http_connection *connection = turn->connection;
    if (connection == NULL || partial == NULL) {
        if (connection != NULL) http_connection_reset(connection);
        http_turn_close(turn);
        return;
    }
    turn->close_after = true;
    str head = head_text(turn, partial);
    str body = body_text(turn, partial);
    size_t body_bytes = bytes > head.length ? bytes - head.length : 0;
    write_bytes(turn, text_cut(head, bytes), text_cut(body, body_bytes));
}

void http_exchange_answer_twice(struct http_exchange *exchange, const struct http_answer *answer)
{
    struct http_turn *turn = turn_of(exchange);
    if (turn->connection == NULL) {
        http_turn_close(turn);
        return;
    }
    turn->close_after = answer->close || !turn->reader.keep_alive || turn->server->draining;
    str head = head_text(turn, answer);
    str body = body_text(turn, answer);
    struct text whole = text_open(&turn->arena, head.length + body.length);
    text_put(&whole, head);
    text_put(&whole, body);
    write_bytes(turn, text_str(&whole), text_str(&whole));
}
