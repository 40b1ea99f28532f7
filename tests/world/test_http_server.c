/* SPDX-License-Identifier: Apache-2.0 */
/* The server as a client sees it, over real sockets. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <uv.h>

#include <cmocka.h>

#include "base/text.h"
#include "world/bad_requests.h"
#include "world/http_connection.h"
#include "world/loop.h"
#include "world/peer.h"

enum { WAITING_MAX = 16 };

/* A server that answers at once, or keeps the exchanges for the test to answer. */
struct scene {
    struct loop *loop;
    struct http_server *server;
    bool keeps;
    struct http_exchange *waiting[WAITING_MAX];
    size_t waiting_count;
    size_t handled;
    str big_body;
};

static void answer_now(struct http_exchange *exchange, str body)
{
    struct http_answer answer = { .status = 200, .content_type = STR("text/plain"), .body = body };
    http_answer(exchange, &answer);
}

static void handle(void *context, struct http_exchange *exchange)
{
    struct scene *scene = context;
    scene->handled++;
    if (scene->keeps) {
        assert_true(scene->waiting_count < WAITING_MAX);
        scene->waiting[scene->waiting_count++] = exchange;
        return;
    }
    if (str_equal(exchange->request.path, STR("/big"))) answer_now(exchange, scene->big_body);
    else answer_now(exchange, exchange->request.has_body ? exchange->request.body : exchange->request.path);
}

static void refuse(void *context, enum http_fault fault, struct arena *arena, struct http_answer *answer)
{
    (void)context;
    answer->content_type = STR("text/plain");
    answer->body = arena_format(arena, "fault %d", (int)fault);
}

static struct scene *scene_open_with(struct http_server_options options)
{
    struct error error;
    struct scene *scene = calloc(1, sizeof *scene);
    scene->loop = loop_open(&error);
    options.context = scene;
    options.handle = handle;
    options.refuse = refuse;
    if (options.listen == NULL) options.listen = "127.0.0.1:0";
    if (options.connections_max == 0) options.connections_max = 1000;
    scene->server = http_server_open(scene->loop, &options, &error);
    if (scene->server == NULL) fail_msg("%s", error.text);
    return scene;
}

static struct scene *scene_open(void)
{
    return scene_open_with((struct http_server_options){ 0 });
}

static void scene_close(struct scene *scene)
{
    http_server_close(scene->server);
    loop_close(scene->loop);
    free(scene);
}

static struct peer *connect_to(struct scene *scene)
{
    return peer_connect(scene->loop, http_server_address(scene->server));
}

static bool has_waiting(void *context)
{
    struct scene *scene = context;
    return scene->waiting_count > 0;
}

/* The exchange that the server has handed over and nobody has answered. */
static struct http_exchange *wait_for_exchange(struct scene *scene)
{
    loop_until(scene->loop, has_waiting, scene);
    return scene->waiting[--scene->waiting_count];
}

static bool has_no_connections(void *context)
{
    struct scene *scene = context;
    return http_server_connections(scene->server) == 0;
}

/* libuv from 1.47 on takes one waiting connection a turn. */
static bool has_three_connections(void *context)
{
    struct scene *scene = context;
    return http_server_connections(scene->server) == 3;
}

static bool is_deserted(void *context)
{
    struct http_exchange *exchange = context;
    return exchange->client_gone;
}

#define GET "GET /a HTTP/1.1\r\nHost: a\r\n\r\n"

static void test_an_answer(void **state)
{
    (void)state;
    struct scene *scene = scene_open();
    struct peer *peer = connect_to(scene);
    peer_send(peer, STR(GET));
    str answer = peer_take_answer(peer, true);
    assert_true(str_starts_with(answer, STR("HTTP/1.1 200 OK\r\nDate: ")));
    assert_true(str_contains(answer, STR(" GMT\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n/a")));
    peer_close(peer);
    scene_close(scene);
}

static void test_every_bad_request(void **state)
{
    (void)state;
    struct scene *scene = scene_open();
    for (size_t i = 0; i < request_row_count; i++) {
        const struct request_row *row = &request_rows[i];
        if (row->status == 0) continue;
        struct peer *peer = connect_to(scene);
        peer_send(peer, row->bytes);
        int status = peer_take_status(peer);
        if (status != row->status) fail_msg("%s: %d instead of %d", row->what, status, row->status);
        if (status != 200) {
            assert_int_equal(peer_take_rest(peer).length, 0);
            assert_true(peer->ended);
        }
        peer_close(peer);
    }
    scene_close(scene);
}

static void test_a_refusal_says_close(void **state)
{
    (void)state;
    struct scene *scene = scene_open();
    struct peer *peer = connect_to(scene);
    peer_send(peer, STR("GET / HTTP/1.1\r\n\r\n"));
    str answer = peer_take_rest(peer);
    assert_true(str_starts_with(answer, STR("HTTP/1.1 400 Bad Request\r\n")));
    assert_true(str_contains(answer, STR("Connection: close\r\n\r\nfault 0")));
    peer_close(peer);
    scene_close(scene);
}

/* The client is still sending megabytes when the refusal leaves: it reads it all the same. */
static void test_a_refused_upload_reads_its_answer(void **state)
{
    (void)state;
    struct scene *scene = scene_open();
    struct peer *peer = connect_to(scene);
    static char megabyte[1024 * 1024];
    peer_send(peer, STR("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 8388608\r\n\r\n"));
    for (int i = 0; i < 8; i++) peer_send(peer, (str){ megabyte, sizeof megabyte });
    assert_int_equal(peer_take_status(peer), 413);
    peer_close(peer);
    scene_close(scene);
}

static void test_10000_requests_on_one_connection(void **state)
{
    (void)state;
    struct scene *scene = scene_open();
    struct peer *peer = connect_to(scene);
    for (int i = 0; i < 10000; i++) {
        peer_send(peer, STR("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"));
        assert_int_equal(peer_take_status(peer), 200);
    }
    assert_int_equal(scene->handled, 10000);
    assert_int_equal(http_server_connections(scene->server), 1);
    peer_close(peer);
    scene_close(scene);
}

#define PIPELINE                                                                                    \
    "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n"                                                            \
    "POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"                                 \
    "POST /3 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"        \
    "HEAD /4 HTTP/1.1\r\nHost: a\r\n\r\n"                                                           \
    "GET /5 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"

static bool ends_with(str text, str end)
{
    return text.length >= end.length && str_equal(str_from(text, text.length - end.length), end);
}

static void expect_pipeline(struct peer *peer)
{
    assert_true(ends_with(peer_take_answer(peer, true), STR("\r\n\r\n/1")));
    assert_true(ends_with(peer_take_answer(peer, true), STR("\r\n\r\nhello")));
    assert_true(ends_with(peer_take_answer(peer, true), STR("\r\n\r\nabc")));
    assert_true(ends_with(peer_take_answer(peer, false), STR("Content-Length: 2\r\n\r\n")));
    assert_true(ends_with(peer_take_answer(peer, true), STR("Connection: close\r\n\r\n/5")));
    assert_int_equal(peer_take_rest(peer).length, 0);
}

static void test_pipeline_in_one_piece(void **state)
{
    (void)state;
    struct scene *scene = scene_open();
    struct peer *peer = connect_to(scene);
    peer_send(peer, STR(PIPELINE));
    expect_pipeline(peer);
    peer_close(peer);
    scene_close(scene);
}

static void test_pipeline_byte_by_byte(void **state)
{
    (void)state;
    struct scene *scene = scene_open();
    struct peer *peer = connect_to(scene);
    str bytes = STR(PIPELINE);
    for (size_t i = 0; i < bytes.length; i++) peer_send(peer, (str){ bytes.bytes + i, 1 });
    expect_pipeline(peer);
    peer_close(peer);
    scene_close(scene);
}

/* Many requests in one piece: sending them one by one would turn the loop for each. */
static void send_many(struct peer *peer, str request, int count)
{
    struct arena arena = { 0 };
    struct text many = text_open(&arena, (size_t)count * request.length);
    for (int i = 0; i < count; i++) text_put(&many, request);
    peer_send(peer, text_str(&many));
    arena_close(&arena);
}

enum { CROWD = 1000 };

/* Whoever brings many at once does not keep the others waiting until the last of them is read. */
static void be_served_beside_a_crowd(struct scene *scene, struct peer *crowd)
{
    struct peer *one = connect_to(scene);
    send_many(crowd, STR(GET), CROWD);
    peer_send(one, STR(GET));
    assert_int_equal(peer_take_status(one), 200);
    assert_in_range(scene->handled, 1, CROWD / 2);
    peer_close(one);
}

static void test_a_crowd_takes_turns(void **state)
{
    (void)state;
    struct scene *scene = scene_open();
    struct peer *crowd = connect_to(scene);
    be_served_beside_a_crowd(scene, crowd);
    for (int i = 0; i < CROWD; i++) assert_int_equal(peer_take_status(crowd), 200);
    assert_int_equal(scene->handled, CROWD + 1);
    peer_close(crowd);
    scene_close(scene);
}

/* Who only asks does not stand behind all who pay. */
static void test_a_question_passes_a_queue_of_payments(void **state)
{
    (void)state;
    enum { PAYERS = 40, EACH = 250, ONE_ROUND = PAYERS * 32 };
    struct scene *scene = scene_open();
    struct peer *payers[PAYERS];
    for (int i = 0; i < PAYERS; i++) {
        payers[i] = connect_to(scene);
        send_many(payers[i], STR("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"), EACH);
    }
    struct peer *one = connect_to(scene);
    size_t before = scene->handled;
    peer_send(one, STR(GET));
    assert_int_equal(peer_take_status(one), 200);
    assert_in_range(scene->handled - before, 1, ONE_ROUND / 2);
    for (int i = 0; i < PAYERS; i++) {
        for (int j = 0; j < EACH; j++) assert_int_equal(peer_take_status(payers[i]), 200);
        peer_close(payers[i]);
    }
    peer_close(one);
    scene_close(scene);
}

static bool is_quiet(void *context)
{
    struct scene *scene = context;
    return http_server_is_quiet(scene->server);
}

/* A request that was read and waits for its turn is answered before the server counts as quiet; what comes behind it is not taken. */
static void test_a_drain_answers_who_is_queued(void **state)
{
    (void)state;
    struct scene *scene = scene_open();
    struct peer *crowd = connect_to(scene);
    be_served_beside_a_crowd(scene, crowd);
    size_t before = scene->handled;
    assert_int_equal(http_server_pending(scene->server), 0);
    assert_false(http_server_is_quiet(scene->server));
    http_server_drain(scene->server);
    loop_until(scene->loop, is_quiet, scene);
    assert_int_equal(scene->handled, before + 1);
    assert_true(ends_with(peer_take_rest(crowd), STR("Connection: close\r\n\r\n/a")));
    peer_close(crowd);
    scene_close(scene);
}

/* Those whose turn has not come when the server closes are left as if they had not been read. */
static void test_a_crowd_is_left_behind(void **state)
{
    (void)state;
    struct scene *scene = scene_open();
    struct peer *crowd = connect_to(scene);
    be_served_beside_a_crowd(scene, crowd);
    peer_close(crowd);
    scene_close(scene);
}

/* Each is answered later, and the next one is handed over only then. */
static void test_pipeline_answered_later(void **state)
{
    (void)state;
    static const char *const bodies[] = { "\r\n\r\none", "\r\n\r\ntwo", "\r\n\r\nthree" };
    static const char *const words[] = { "one", "two", "three" };
    struct scene *scene = scene_open();
    struct peer *peer = connect_to(scene);
    scene->keeps = true;
    peer_send(peer, STR(GET GET GET));
    for (size_t i = 0; i < COUNT_OF(bodies); i++) {
        struct http_exchange *exchange = wait_for_exchange(scene);
        assert_int_equal(scene->handled, i + 1);
        assert_int_equal(http_server_pending(scene->server), 1);
        answer_now(exchange, str_of(words[i]));
        assert_true(ends_with(peer_take_answer(peer, true), str_of(bodies[i])));
    }
    peer_close(peer);
    scene_close(scene);
}

static micros monotonic_now(struct scene *scene)
{
    return world_monotonic(loop_world(scene->loop));
}

/* Its time counts from its last byte, not from its turn. */
static void test_when_a_request_came_that_had_to_wait(void **state)
{
    (void)state;
    struct scene *scene = scene_open();
    struct peer *peer = connect_to(scene);
    scene->keeps = true;
    peer_send(peer, STR(GET GET));
    struct http_exchange *first = wait_for_exchange(scene);
    loop_for_ms(scene->loop, 20);
    micros turn_came = monotonic_now(scene);
    answer_now(first, STR("one"));
    struct http_exchange *second = wait_for_exchange(scene);
    assert_in_range(turn_came - second->request.received_at, 15 * MICROS_PER_MS, 10 * MICROS_PER_SECOND);
    answer_now(second, STR("two"));
    peer_close(peer);
    scene_close(scene);
}

/* A client that goes on sending while its first request waits is slowed down, and loses nothing. */
static void test_a_flood_is_bounded(void **state)
{
    (void)state;
    enum { REQUESTS = 200 * 1000 };
    struct scene *scene = scene_open();
    struct peer *peer = connect_to(scene);
    scene->keeps = true;
    int small = 64 * 1024;
    assert_int_equal(setsockopt(peer->socket, SOL_SOCKET, SO_SNDBUF, &small, sizeof small), 0);
    size_t sent = 0;
    str request = STR(GET);
    while (sent < REQUESTS) {
        ssize_t length = send(peer->socket, request.bytes, request.length, MSG_DONTWAIT);
        if (length != (ssize_t)request.length) break; /* whole pieces only, in practice */
        sent++;
        if (sent % 100 == 0) (void)uv_run(loop_uv(scene->loop), UV_RUN_NOWAIT);
    }
    assert_true(sent < REQUESTS);
    struct http_exchange *first = wait_for_exchange(scene);
    struct http_connection *connection = scene->server->phases[HTTP_PHASE_PENDING].first;
    assert_true(connection->ahead.capacity <= 256 * 1024);
    scene->keeps = false;
    answer_now(first, STR("first"));
    for (size_t i = 0; i < sent; i++) assert_int_equal(peer_take_status(peer), 200);
    assert_int_equal(scene->handled, sent);
    peer_close(peer);
    scene_close(scene);
}

static void test_a_large_answer_to_a_slow_reader(void **state)
{
    (void)state;
    enum { BIG = 12 * 1024 * 1024 };
    struct scene *scene = scene_open();
    char *big = malloc(BIG);
    for (size_t i = 0; i < BIG; i++) big[i] = (char)(i % 251);
    scene->big_body = (str){ big, BIG };
    struct peer *peer = connect_to(scene);
    peer_send(peer, STR("GET /big HTTP/1.1\r\nHost: a\r\n\r\n" GET));
    loop_for_ms(scene->loop, 20);
    assert_int_equal(scene->handled, 1); /* the second waits until the first answer is out */
    str answer = peer_take_answer(peer, true);
    assert_memory_equal(answer.bytes + answer.length - BIG, big, BIG);
    assert_int_equal(peer_take_status(peer), 200);
    peer_close(peer);
    scene_close(scene);
    free(big);
}

static void test_head_withholds_the_body(void **state)
{
    (void)state;
    struct scene *scene = scene_open();
    struct peer *peer = connect_to(scene);
    peer_send(peer, STR("HEAD /abc HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
    str answer = peer_take_rest(peer);
    assert_true(str_contains(answer, STR("Content-Length: 4\r\n")));
    assert_true(ends_with(answer, STR("\r\n\r\n")));
    peer_close(peer);
    scene_close(scene);
}

static void test_an_old_client_is_told_that_it_may_stay(void **state)
{
    (void)state;
    struct scene *scene = scene_open();
    struct peer *peer = connect_to(scene);
    peer_send(peer, STR("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
    assert_true(str_contains(peer_take_answer(peer, true), STR("Connection: keep-alive\r\n")));
    peer_send(peer, STR("GET / HTTP/1.0\r\n\r\n"));
    assert_true(str_contains(peer_take_rest(peer), STR("Connection: close\r\n")));
    peer_close(peer);
    scene_close(scene);
}

static void test_continue_is_said_when_the_body_is_wanted(void **state)
{
    (void)state;
    struct scene *scene = scene_open();
    struct peer *peer = connect_to(scene);
    peer_send(peer, STR("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n"));
    assert_true(str_equal(peer_take_answer(peer, true), STR("HTTP/1.1 100 Continue\r\n\r\n")));
    peer_send(peer, STR("hello"));
    assert_true(ends_with(peer_take_answer(peer, true), STR("\r\n\r\nhello")));

    peer_send(peer, STR("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 500000\r\nExpect: 100-continue\r\n\r\n"));
    assert_int_equal(peer_take_status(peer), 413);
    peer_close(peer);
    scene_close(scene);
}

static void test_half_close_still_gets_its_answers(void **state)
{
    (void)state;
    struct scene *scene = scene_open();
    struct peer *peer = connect_to(scene);
    scene->keeps = true;
    peer_send(peer, STR(GET GET));
    peer_stop_sending(peer);
    struct http_exchange *first = wait_for_exchange(scene);
    loop_until(scene->loop, is_deserted, first); /* it may be gone; nobody can tell */
    answer_now(first, STR("one"));
    answer_now(wait_for_exchange(scene), STR("two"));
    assert_true(ends_with(peer_take_answer(peer, true), STR("one")));
    assert_true(ends_with(peer_take_answer(peer, true), STR("two")));
    assert_int_equal(peer_take_rest(peer).length, 0);
    peer_close(peer);
    scene_close(scene);
}

static void hang_up_while_pending(void (*leave)(struct peer *))
{
    struct scene *scene = scene_open();
    struct peer *peer = connect_to(scene);
    scene->keeps = true;
    peer_send(peer, STR("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"));
    struct http_exchange *exchange = wait_for_exchange(scene);
    assert_false(exchange->client_gone);
    leave(peer);
    loop_until(scene->loop, is_deserted, exchange);
    assert_true(str_equal(exchange->request.body, STR("hello"))); /* the request is still whole */
    assert_int_equal(http_server_pending(scene->server), 1);
    answer_now(exchange, STR("too late"));
    assert_int_equal(http_server_pending(scene->server), 0);
    loop_until(scene->loop, has_no_connections, scene);
    scene_close(scene);
}

static void test_hanging_up_while_pending(void **state)
{
    (void)state;
    hang_up_while_pending(peer_close);
    hang_up_while_pending(peer_reset);
}

static void test_hanging_up_in_the_midst_of_a_request(void **state)
{
    (void)state;
    str request = STR("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");
    struct scene *scene = scene_open();
    for (size_t length = 0; length < request.length; length++) {
        struct peer *peer = connect_to(scene);
        peer_send(peer, (str){ request.bytes, length });
        peer_close(peer);
    }
    loop_for_ms(scene->loop, 5);
    loop_until(scene->loop, has_no_connections, scene);
    assert_int_equal(scene->handled, 0);
    scene_close(scene);
}

static void test_hanging_up_under_a_large_answer(void **state)
{
    (void)state;
    enum { BIG = 12 * 1024 * 1024 };
    struct scene *scene = scene_open();
    scene->big_body = (str){ calloc(1, BIG), BIG };
    struct peer *peer = connect_to(scene);
    peer_send(peer, STR("GET /big HTTP/1.1\r\nHost: a\r\n\r\n"));
    loop_for_ms(scene->loop, 5);
    assert_int_equal(http_server_connections(scene->server), 1);
    peer_reset(peer);
    loop_until(scene->loop, has_no_connections, scene);
    free((char *)(uintptr_t)scene->big_body.bytes);
    scene_close(scene);
}

static struct http_times quick_times(enum http_phase phase, uint64_t ms)
{
    struct http_times times = { .tick = 5, .limits = { 0 } };
    times.limits[phase] = ms;
    return times;
}

struct slow_row {
    const char *what;
    enum http_phase phase;
    str sent;
    int status; /* 0: closed without a word */
};

static void test_slow_clients(void **state)
{
    (void)state;
    const struct slow_row rows[] = {
        { "says nothing", HTTP_PHASE_IDLE, STR(""), 0 },
        { "stops in the request line", HTTP_PHASE_HEAD, STR("G"), 408 },
        { "stops in the headers", HTTP_PHASE_HEAD, STR("GET / HTTP/1.1\r\nHost: a\r\n"), 408 },
        { "sends no body", HTTP_PHASE_BODY, STR("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n"), 408 },
        { "stops in the body", HTTP_PHASE_BODY, STR("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhell"), 408 },
        { "stops in a chunk", HTTP_PHASE_BODY,
          STR("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe"), 408 },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct scene *scene = scene_open();
        struct http_times times = quick_times(rows[i].phase, 30);
        http_server_set_times(scene->server, &times);
        struct peer *peer = connect_to(scene);
        peer_send(peer, rows[i].sent);
        if (rows[i].status != 0) assert_int_equal(peer_take_status(peer), rows[i].status);
        assert_int_equal(peer_take_rest(peer).length, 0);
        peer_close(peer);
        scene_close(scene);
    }
}

/* Bytes that trickle in do not buy more time for a head; enough of them do for a body. */
static void test_trickling(void **state)
{
    (void)state;
    struct scene *scene = scene_open();
    struct http_times times = quick_times(HTTP_PHASE_HEAD, 50);
    http_server_set_times(scene->server, &times);
    struct peer *peer = connect_to(scene);
    peer_send(peer, STR("GET / HTTP/1.1\r\nX: "));
    for (int i = 0; i < 1000 && !peer_has_news(peer); i++) {
        peer_send(peer, STR("x"));
        loop_for_ms(scene->loop, 1);
    }
    assert_int_equal(peer_take_status(peer), 408);
    peer_close(peer);

    times = quick_times(HTTP_PHASE_BODY, 50); /* 51 bytes in each 50 ms are just enough */
    http_server_set_times(scene->server, &times);
    peer = connect_to(scene);
    peer_send(peer, STR("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6000\r\n\r\n"));
    static const char thirty[30] = "012345678901234567890123456789";
    for (int i = 0; i < 200; i++) {
        peer_send(peer, (str){ thirty, sizeof thirty });
        loop_for_ms(scene->loop, 1);
    }
    assert_int_equal(peer_take_status(peer), 200);
    peer_close(peer);
    scene_close(scene);
}

static void test_a_reader_that_never_reads(void **state)
{
    (void)state;
    enum { BIG = 12 * 1024 * 1024 };
    struct scene *scene = scene_open();
    struct http_times times = quick_times(HTTP_PHASE_WRITING, 30);
    http_server_set_times(scene->server, &times);
    scene->big_body = (str){ calloc(1, BIG), BIG };
    struct peer *peer = connect_to(scene);
    peer_send(peer, STR("GET /big HTTP/1.1\r\nHost: a\r\n\r\n"));
    loop_until(scene->loop, has_no_connections, scene);
    peer_close(peer);
    free((char *)(uintptr_t)scene->big_body.bytes);
    scene_close(scene);
}

/* A client that keeps its end open after ours is closed is not waited for. */
static void test_lingering_ends(void **state)
{
    (void)state;
    struct scene *scene = scene_open();
    struct http_times times = quick_times(HTTP_PHASE_LINGER, 30);
    http_server_set_times(scene->server, &times);
    struct peer *peer = connect_to(scene);
    peer_send(peer, STR("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
    assert_int_equal(peer_take_status(peer), 200);
    loop_until(scene->loop, has_no_connections, scene);
    peer_close(peer);
    scene_close(scene);
}

static void test_a_pending_answer_may_take_its_time(void **state)
{
    (void)state;
    struct scene *scene = scene_open();
    struct http_times times = { .tick = 5, .limits = { [HTTP_PHASE_IDLE] = 20, [HTTP_PHASE_HEAD] = 20, [HTTP_PHASE_BODY] = 20,
                                                       [HTTP_PHASE_WRITING] = 20, [HTTP_PHASE_LINGER] = 20 } };
    http_server_set_times(scene->server, &times);
    scene->keeps = true;
    struct peer *peer = connect_to(scene);
    peer_send(peer, STR(GET));
    struct http_exchange *exchange = wait_for_exchange(scene);
    loop_for_ms(scene->loop, 100);
    answer_now(exchange, STR("at last"));
    assert_int_equal(peer_take_status(peer), 200);
    peer_close(peer);
    scene_close(scene);
}

static void test_drain(void **state)
{
    (void)state;
    struct scene *scene = scene_open();
    struct peer *idle = connect_to(scene);
    peer_send(idle, STR(GET));
    assert_int_equal(peer_take_status(idle), 200);
    struct peer *pending = connect_to(scene);
    struct peer *half = connect_to(scene);
    peer_send(half, STR("GET /half HTTP/1.1\r\n"));
    scene->keeps = true;
    peer_send(pending, STR(GET));
    struct http_exchange *exchange = wait_for_exchange(scene);
    scene->keeps = false;
    loop_until(scene->loop, has_three_connections, scene);
    loop_for_ms(scene->loop, 5); /* half a request that nobody has read yet would count as none */

    http_server_drain(scene->server);
    assert_int_equal(peer_take_rest(idle).length, 0);
    answer_now(exchange, STR("last"));
    assert_true(ends_with(peer_take_rest(pending), STR("Connection: close\r\n\r\nlast")));
    peer_send(half, STR("Host: a\r\n\r\n"));
    assert_true(ends_with(peer_take_rest(half), STR("Connection: close\r\n\r\n/half")));
    peer_close(idle);
    peer_close(pending);
    peer_close(half);
    loop_until(scene->loop, has_no_connections, scene);
    scene_close(scene);
}

static void test_connection_limit(void **state)
{
    (void)state;
    struct scene *scene = scene_open_with((struct http_server_options){ .connections_max = 2 });
    struct peer *first = connect_to(scene);
    struct peer *second = connect_to(scene);
    peer_send(second, STR(GET));
    assert_int_equal(peer_take_status(second), 200);
    struct peer *third = connect_to(scene);
    assert_int_equal(peer_take_status(third), 503);
    assert_int_equal(peer_take_rest(third).length, 0);
    peer_close(third);
    peer_close(second);
    loop_for_ms(scene->loop, 5);
    struct peer *fourth = connect_to(scene);
    peer_send(fourth, STR(GET));
    assert_int_equal(peer_take_status(fourth), 200);
    peer_close(fourth);
    peer_close(first);
    scene_close(scene);
}

static rlim_t limit_descriptors(rlim_t most)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    rlim_t before = limit.rlim_cur;
    limit.rlim_cur = most;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    return before;
}

/* With no descriptor left a connection is turned away; the server neither spins nor stops listening. */
static void test_no_descriptor_left(void **state)
{
    (void)state;
    struct scene *scene = scene_open();
    struct peer *before = connect_to(scene);
    peer_send(before, STR(GET));
    assert_int_equal(peer_take_status(before), 200);

    struct peer *turned_away = connect_to(scene); /* in the backlog: the loop has not run */
    int free_one = dup(0);
    rlim_t limit = limit_descriptors((rlim_t)free_one);
    close(free_one);
    int taken = dup(0);
    assert_int_equal(taken, -1);
    assert_int_equal(peer_take_rest(turned_away).length, 0);
    peer_send(before, STR(GET));
    assert_int_equal(peer_take_status(before), 200);

    (void)limit_descriptors(limit);
    struct peer *after = connect_to(scene);
    peer_send(after, STR(GET));
    assert_int_equal(peer_take_status(after), 200);
    peer_close(before);
    peer_close(turned_away);
    peer_close(after);
    scene_close(scene);
}

static void test_unix_socket(void **state)
{
    (void)state;
    char path[64];
    char address[80];
    (void)snprintf(path, sizeof path, "/tmp/florin-test-%d.sock", (int)getpid());
    (void)snprintf(address, sizeof address, "unix:%s", path);
    struct scene *scene = scene_open_with((struct http_server_options){ .listen = address });
    struct stat found;
    assert_int_equal(stat(path, &found), 0);
    assert_int_equal(found.st_mode & 0777, 0600);
    struct peer *peer = connect_to(scene);
    peer_send(peer, STR(GET));
    assert_int_equal(peer_take_status(peer), 200);
    peer_close(peer);
    scene_close(scene);
    assert_int_not_equal(stat(path, &found), 0);
}

static void open_over(const char *address, bool works)
{
    struct error error;
    struct loop *loop = loop_open(&error);
    struct http_server_options options = { .listen = address, .handle = handle, .connections_max = 1 };
    struct http_server *server = http_server_open(loop, &options, &error);
    assert_int_equal(server != NULL, works);
    if (server != NULL) http_server_close(server);
    loop_close(loop);
}

/* A dead process's socket is replaced; a file that happens to stand there is not. */
static void test_unix_path_in_the_way(void **state)
{
    (void)state;
    char path[64];
    char address[80];
    (void)snprintf(path, sizeof path, "/tmp/florin-test-%d.file", (int)getpid());
    (void)snprintf(address, sizeof address, "unix:%s", path);
    int file = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    assert_true(file >= 0);
    close(file);
    open_over(address, false);
    assert_int_equal(unlink(path), 0);

    int stale = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    (void)snprintf(at.sun_path, sizeof at.sun_path, "%s", path);
    assert_int_equal(bind(stale, (const struct sockaddr *)&at, sizeof at), 0);
    close(stale);
    open_over(address, true);
}

static void test_addresses(void **state)
{
    (void)state;
    open_over("127.0.0.1:0", true);
    open_over("[::1]:0", true);
    open_over("127.0.0.1", false);
    open_over("localhost:0", false);
    open_over("127.0.0.1:65536", false);
    open_over("127.0.0.1:-1", false);
    open_over("[::1:0", false);
    open_over("192.0.2.1:0", false); /* not ours */
    open_over("", false);
}

/* What a simulator of a dying processor does. */
static void test_hang_ups_of_a_simulator(void **state)
{
    (void)state;
    struct http_answer answer = { .status = 200, .body = STR("0123456789") };
    struct scene *scene = scene_open();
    scene->keeps = true;

    struct peer *peer = connect_to(scene);
    peer_send(peer, STR(GET));
    http_exchange_hang_up(wait_for_exchange(scene), NULL, 0);
    assert_int_equal(peer_take_rest(peer).length, 0);
    assert_true(peer->was_reset);
    peer_close(peer);

    static const size_t lengths[] = { 0, 1, 20, 75 };
    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        peer = connect_to(scene);
        peer_send(peer, STR(GET));
        http_exchange_hang_up(wait_for_exchange(scene), &answer, lengths[i]);
        str came = peer_take_rest(peer);
        assert_int_equal(came.length, lengths[i]);
        assert_true(str_starts_with(STR("HTTP/1.1 200 OK\r\nDa"), (str){ came.bytes, came.length < 19 ? came.length : 19 }));
        assert_true(peer->ended);
        peer_close(peer);
    }
    assert_int_equal(http_server_pending(scene->server), 0);
    scene_close(scene);
}

/* A line break that a stranger got into a header's value starts no header. */
static void test_response_splitting(void **state)
{
    (void)state;
    struct scene *scene = scene_open();
    scene->keeps = true;
    struct peer *peer = connect_to(scene);
    peer_send(peer, STR(GET));
    struct http_answer answer = { .status = 302 };
    http_answer_header(&answer, STR("Location"), STR("/a\r\nSet-Cookie: b"));
    http_answer(wait_for_exchange(scene), &answer);
    assert_true(str_contains(peer_take_answer(peer, true), STR("Location: /a  Set-Cookie: b\r\n")));
    peer_close(peer);
    scene_close(scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_answer),
        cmocka_unit_test(test_every_bad_request),
        cmocka_unit_test(test_a_refusal_says_close),
        cmocka_unit_test(test_a_refused_upload_reads_its_answer),
        cmocka_unit_test(test_10000_requests_on_one_connection),
        cmocka_unit_test(test_pipeline_in_one_piece),
        cmocka_unit_test(test_pipeline_byte_by_byte),
        cmocka_unit_test(test_a_crowd_takes_turns),
        cmocka_unit_test(test_a_question_passes_a_queue_of_payments),
        cmocka_unit_test(test_a_drain_answers_who_is_queued),
        cmocka_unit_test(test_a_crowd_is_left_behind),
        cmocka_unit_test(test_pipeline_answered_later),
        cmocka_unit_test(test_when_a_request_came_that_had_to_wait),
        cmocka_unit_test(test_a_flood_is_bounded),
        cmocka_unit_test(test_a_large_answer_to_a_slow_reader),
        cmocka_unit_test(test_head_withholds_the_body),
        cmocka_unit_test(test_an_old_client_is_told_that_it_may_stay),
        cmocka_unit_test(test_continue_is_said_when_the_body_is_wanted),
        cmocka_unit_test(test_half_close_still_gets_its_answers),
        cmocka_unit_test(test_hanging_up_while_pending),
        cmocka_unit_test(test_hanging_up_in_the_midst_of_a_request),
        cmocka_unit_test(test_hanging_up_under_a_large_answer),
        cmocka_unit_test(test_slow_clients),
        cmocka_unit_test(test_trickling),
        cmocka_unit_test(test_a_reader_that_never_reads),
        cmocka_unit_test(test_lingering_ends),
        cmocka_unit_test(test_a_pending_answer_may_take_its_time),
        cmocka_unit_test(test_drain),
        cmocka_unit_test(test_connection_limit),
        cmocka_unit_test(test_no_descriptor_left),
        cmocka_unit_test(test_unix_socket),
        cmocka_unit_test(test_unix_path_in_the_way),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_hang_ups_of_a_simulator),
        cmocka_unit_test(test_response_splitting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
