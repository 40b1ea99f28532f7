/* SPDX-License-Identifier: Apache-2.0 */
/* The client against servers that behave, and against servers that do not: a request goes out once, and what is said of it is true. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include <cmocka.h>

#include "world/http_client.h"
#include "world/loop.h"
#include "world/peer.h"

/* A client, a listening socket, and a call. */
struct scene {
    struct loop *loop;
    struct http_client *client;
    int listener;
    char url[64];
};

struct ask {
    struct http_call call;
    struct arena arena;
    size_t done;
};

static struct scene *scene_open(void)
{
    struct error error;
    uint16_t port;
    struct scene *scene = calloc(1, sizeof *scene);
    scene->loop = loop_open(&error);
    scene->client = http_client_open(scene->loop, &error);
    scene->listener = peer_listen(&port);
    (void)snprintf(scene->url, sizeof scene->url, "http://127.0.0.1:%u/v1/holds", (unsigned)port);
    return scene;
}

static void scene_close(struct scene *scene)
{
    http_client_close(scene->client);
    loop_close(scene->loop);
    if (scene->listener >= 0) close(scene->listener);
    free(scene);
}

static void on_done(struct http_call *call)
{
    CONTAINER_OF(call, struct ask, call)->done++;
}

static bool is_done(void *context)
{
    struct ask *ask = context;
    return ask->done > 0;
}

static void ask_start(struct scene *scene, struct ask *ask, str method, str body)
{
    arena_close(&ask->arena);
    *ask = (struct ask){ 0 };
    ask->call = (struct http_call){
        .method = method,
        .url = scene->url,
        .body = body,
        .timeout = 5 * MICROS_PER_SECOND,
        .connect_timeout = 2 * MICROS_PER_SECOND,
        .arena = &ask->arena,
        .done = on_done,
    };
}

static void ask_send(struct scene *scene, struct ask *ask, str method, str body)
{
    ask_start(scene, ask, method, body);
    http_client_send(scene->client, &ask->call);
    assert_int_equal(ask->done, 0);
}

static void ask_wait(struct scene *scene, struct ask *ask)
{
    loop_until(scene->loop, is_done, ask);
    assert_int_equal(ask->done, 1);
}

static void ask_close(struct ask *ask)
{
    assert_int_equal(ask->done, 1);
    arena_close(&ask->arena);
}

#define ANSWER "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Request-Id: abc \r\n\r\nok"

static void test_an_answer(void **state)
{
    (void)state;
    struct scene *scene = scene_open();
    struct ask ask = { 0 };
    ask_start(scene, &ask, STR("POST"), STR("{\"a\":1}"));
    ask.call.headers[0] = (struct http_header){ STR("Content-Type"), STR("application/json") };
    ask.call.headers[1] = (struct http_header){ STR("Idempotency-Key"), STR("k1") };
    ask.call.headers[2] = (struct http_header){ STR("X-Empty"), STR("") };
    ask.call.header_count = 3;
    http_client_send(scene->client, &ask.call);

    struct peer *peer = peer_accept(scene->loop, scene->listener);
    str request = peer_take_request(peer);
    assert_true(str_starts_with(request, STR("POST /v1/holds HTTP/1.1\r\nHost: 127.0.0.1:")));
    assert_true(str_contains(request, STR("\r\nContent-Type: application/json\r\n")));
    assert_true(str_contains(request, STR("\r\nIdempotency-Key: k1\r\n")));
    assert_true(str_contains(request, STR("\r\nX-Empty:\r\n")));
    assert_true(str_contains(request, STR("\r\nContent-Length: 7\r\n")));
    assert_true(str_contains(request, STR("\r\n\r\n{\"a\":1}")));
    assert_false(str_contains(request, STR("Expect")));
    assert_false(str_contains(request, STR("Accept-Encoding")));
    peer_send(peer, STR(ANSWER));
    ask_wait(scene, &ask);
    assert_int_equal(ask.call.result, HTTP_CALL_ANSWERED);
    assert_int_equal(ask.call.status, 200);
    assert_true(str_equal(ask.call.answer_body, STR("ok")));
    assert_true(str_equal(http_call_answer_header(&ask.call, STR("x-request-id")), STR("abc")));
    assert_null(http_call_answer_header(&ask.call, STR("absent")).bytes);
    assert_true(ask.call.sent_at > 0 && ask.call.ended_at >= ask.call.sent_at);
    assert_string_equal(ask.call.problem, "");
    peer_close(peer);
    ask_close(&ask);
    scene_close(scene);
}

struct method_row {
    str method;
    str body;
    const char *starts;
    const char *contains;
};

static void test_methods_on_one_connection(void **state)
{
    (void)state;
    const struct method_row rows[] = {
        { STR("GET"), STR_NONE, "GET /v1/holds HTTP/1.1\r\n", "\r\nAccept: */*\r\n\r\n" },
        { STR("POST"), STR("x"), "POST ", "Content-Length: 1\r\n\r\nx" },
        { STR("PUT"), STR("yy"), "PUT ", "Content-Length: 2\r\n\r\nyy" },
        { STR("PATCH"), STR("z"), "PATCH ", "Content-Length: 1\r\n\r\nz" },
        { STR("DELETE"), STR("q"), "DELETE ", "Content-Length: 1\r\n\r\nq" },
        { STR("DELETE"), STR_NONE, "DELETE ", "Content-Length: 0\r\n\r\n" },
        { STR("POST"), STR_NONE, "POST ", "Content-Length: 0\r\n\r\n" },
        { STR("HEAD"), STR_NONE, "HEAD ", "\r\n\r\n" },
        { STR("GET"), STR_NONE, "GET ", "\r\nAccept: */*\r\n\r\n" },
    };
    struct scene *scene = scene_open();
    struct ask ask = { 0 };
    struct peer *peer = NULL;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ask_send(scene, &ask, rows[i].method, rows[i].body);
        if (peer == NULL) peer = peer_accept(scene->loop, scene->listener);
        str request = peer_take_request(peer);
        if (!str_starts_with(request, str_of(rows[i].starts))) fail_msg("row %zu: %s", i, request.bytes);
        if (!str_contains(request, str_of(rows[i].contains))) fail_msg("row %zu: %s", i, request.bytes);
        assert_false(str_contains(request, STR("Content-Type")));
        peer_send(peer, str_equal(rows[i].method, STR("HEAD")) ? STR("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n") : STR(ANSWER));
        ask_wait(scene, &ask);
        assert_int_equal(ask.call.result, HTTP_CALL_ANSWERED);
    }
    ask_close(&ask);
    peer_close(peer);
    scene_close(scene);
}

/* The rows of what a server can do to one request; all but the first are of unknown effect. */
struct end_row {
    const char *what;
    const char *answer;
    bool resets;
    enum http_call_result result;
    const char *body; /* what had come */
};

static const struct end_row end_rows[] = {
    { "whole answer", ANSWER, false, HTTP_CALL_ANSWERED, "ok" },
    { "whole answer in chunks", "HTTP/1.1 201 A\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", false, HTTP_CALL_ANSWERED, "ok" },
    { "ended by its end", "HTTP/1.1 200 OK\r\n\r\nok", false, HTTP_CALL_ANSWERED, "ok" },
    { "early news first", "HTTP/1.1 100 Continue\r\n\r\n" ANSWER, false, HTTP_CALL_ANSWERED, "ok" },
    { "server error", "HTTP/1.1 500 Oops\r\nContent-Length: 2\r\n\r\nno", false, HTTP_CALL_ANSWERED, "no" },
    { "redirect, not followed", "HTTP/1.1 307 T\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n", false, HTTP_CALL_ANSWERED, "" },
    { "asks for a password", "HTTP/1.1 401 T\r\nWWW-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n", false, HTTP_CALL_ANSWERED, "" },
    { "did not expect", "HTTP/1.1 417 T\r\nContent-Length: 0\r\n\r\n", false, HTTP_CALL_ANSWERED, "" },
    { "nothing, end", "", false, HTTP_CALL_LOST, "" },
    { "nothing, reset", "", true, HTTP_CALL_LOST, "" },
    { "half a status line", "HTTP/1.1 2", false, HTTP_CALL_LOST, "" },
    { "half a head", "HTTP/1.1 200 OK\r\nContent-Le", false, HTTP_CALL_LOST, "" },
    { "head only", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", false, HTTP_CALL_LOST, "" },
    { "half a body", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", false, HTTP_CALL_LOST, "hel" },
    { "half a body, reset", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", true, HTTP_CALL_LOST, NULL },
    { "half a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel", false, HTTP_CALL_LOST, "hel" },
    { "no last chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n", false, HTTP_CALL_LOST, "ok" },
    { "only early news", "HTTP/1.1 100 Continue\r\n\r\n", false, HTTP_CALL_LOST, "" },
    { "not HTTP", "220 mail.example ESMTP\r\n", false, HTTP_CALL_LOST, "" },
    { "HTTP/0.9", "<html>", false, HTTP_CALL_LOST, "" },
    { "two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: x\r\n\r\nok", false, HTTP_CALL_LOST, "" },
};

static void run_end(const struct end_row *row)
{
    struct scene *scene = scene_open();
    struct ask ask = { 0 };
    ask_send(scene, &ask, STR("POST"), STR("{\"a\":1}"));
    struct peer *peer = peer_accept(scene->loop, scene->listener);
    (void)peer_take_request(peer);
    peer_send(peer, str_of(row->answer));
    if (row->resets) peer_reset(peer);
    else peer_close(peer);
    ask_wait(scene, &ask);
    if (ask.call.result != row->result) fail_msg("%s: %d (%s)", row->what, (int)ask.call.result, ask.call.problem);
    if (row->body != NULL) assert_true(str_equal(ask.call.answer_body, str_of(row->body)));
    assert_int_equal(ask.call.problem[0] == 0, row->result == HTTP_CALL_ANSWERED);
    ask_close(&ask);
    scene_close(scene);
}

static void test_ends(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(end_rows); i++) run_end(&end_rows[i]);
}

struct unreachable_row {
    const char *url;
    const char *unix_socket;
};

static void test_unreachable_is_not_sent(void **state)
{
    (void)state;
    static const struct unreachable_row rows[] = {
        { "http://127.0.0.1:1/", NULL },
        { "http://name.invalid/", NULL },
        { "http://127.0.0.1:80/", "/nonexistent/socket" },
        { "ftp://127.0.0.1/", NULL },
        { "file:///etc/passwd", NULL },
        { "http://user:word@127.0.0.1/", NULL },
        { "http:// /", NULL },
        { "", NULL },
    };
    struct scene *scene = scene_open();
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct ask ask = { 0 };
        ask_start(scene, &ask, STR("POST"), STR("x"));
        ask.call.url = rows[i].url;
        ask.call.unix_socket = rows[i].unix_socket;
        http_client_send(scene->client, &ask.call);
        assert_int_equal(ask.done, 0);
        ask_wait(scene, &ask);
        if (ask.call.result != HTTP_CALL_NOT_SENT) fail_msg("%s: %d", rows[i].url, (int)ask.call.result);
        assert_int_equal(ask.call.sent_at, 0);
        assert_true(ask.call.problem[0] != 0);
        ask_close(&ask);
    }
    scene_close(scene);
}

/* A server that speaks no TLS gets our greeting, and never our request. */
static void test_no_tls_is_not_sent(void **state)
{
    (void)state;
    struct scene *scene = scene_open();
    char url[80];
    (void)snprintf(url, sizeof url, "https%s", scene->url + strlen("http"));
    struct ask ask = { 0 };
    ask_start(scene, &ask, STR("POST"), STR("secret"));
    ask.call.url = url;
    http_client_send(scene->client, &ask.call);
    struct peer *peer = peer_accept(scene->loop, scene->listener);
    peer_send(peer, STR("HTTP/1.1 400 Bad Request\r\n\r\n"));
    ask_wait(scene, &ask);
    assert_int_equal(ask.call.result, HTTP_CALL_NOT_SENT);
    assert_false(str_contains(peer_take_rest(peer), STR("secret")));
    peer_close(peer);
    ask_close(&ask);
    scene_close(scene);
}

static void test_silence_is_lost(void **state)
{
    (void)state;
    struct scene *scene = scene_open();
    struct ask ask = { 0 };
    ask_start(scene, &ask, STR("POST"), STR("x"));
    ask.call.timeout = 50 * MICROS_PER_MS;
    http_client_send(scene->client, &ask.call);
    assert_int_equal(http_client_pending(scene->client), 1);
    struct peer *peer = peer_accept(scene->loop, scene->listener);
    ask_wait(scene, &ask);
    assert_int_equal(ask.call.result, HTTP_CALL_LOST);
    assert_int_equal(http_client_pending(scene->client), 0);
    peer_close(peer);
    ask_close(&ask);
    scene_close(scene);
}

static void test_endless_answer_is_lost(void **state)
{
    (void)state;
    static char piece[64 * 1024];
    struct scene *scene = scene_open();
    struct ask ask = { 0 };
    ask_send(scene, &ask, STR("POST"), STR("x"));
    struct peer *peer = peer_accept(scene->loop, scene->listener);
    (void)peer_take_request(peer);
    peer_send(peer, STR("HTTP/1.1 200 OK\r\n\r\n"));
    for (int i = 0; i < 20; i++) peer_send(peer, (str){ piece, sizeof piece });
    ask_wait(scene, &ask);
    assert_int_equal(ask.call.result, HTTP_CALL_LOST);
    assert_true(ask.call.answer_body.length <= HTTP_CALL_ANSWER_BYTES_MAX);
    peer_close(peer);
    ask_close(&ask);
    scene_close(scene);
}

static bool nobody_connects(struct scene *scene)
{
    loop_for_ms(scene->loop, 50);
    return accept(scene->listener, NULL, NULL) < 0;
}

/* Brings the client to keep a connection: one call, answered. */
static struct peer *kept_connection(struct scene *scene)
{
    struct ask ask = { 0 };
    ask_send(scene, &ask, STR("POST"), STR("first"));
    struct peer *peer = peer_accept(scene->loop, scene->listener);
    (void)peer_take_request(peer);
    peer_send(peer, STR(ANSWER));
    ask_wait(scene, &ask);
    assert_int_equal(ask.call.result, HTTP_CALL_ANSWERED);
    ask_close(&ask);
    return peer;
}

/* The trap: a kept connection breaks when the second request is out. libcurl by itself would send it again. */
static void spring_the_trap(str method, str body, bool resets)
{
    struct scene *scene = scene_open();
    struct peer *peer = kept_connection(scene);
    struct ask ask = { 0 };
    ask_send(scene, &ask, method, body);
    str request = peer_take_request(peer);
    assert_true(str_starts_with(request, method));
    if (resets) peer_reset(peer);
    else peer_close(peer);
    ask_wait(scene, &ask);
    assert_int_equal(ask.call.result, HTTP_CALL_LOST);
    assert_true(nobody_connects(scene));
    ask_close(&ask);
    scene_close(scene);
}

static void test_no_request_is_sent_twice(void **state)
{
    (void)state;
    static char large[200 * 1024];
    memset(large, 'x', sizeof large);
    for (int resets = 0; resets < 2; resets++) {
        spring_the_trap(STR("POST"), STR("{\"amount\":5000}"), resets);
        spring_the_trap(STR("POST"), STR_NONE, resets);
        spring_the_trap(STR("PUT"), STR("x"), resets);
        spring_the_trap(STR("PATCH"), STR("x"), resets);
        spring_the_trap(STR("DELETE"), STR_NONE, resets);
        spring_the_trap(STR("POST"), (str){ large, sizeof large }, resets);
    }
}

/* The other connection of a pair must not get the request either. */
static void test_no_request_moves_to_another_kept_connection(void **state)
{
    (void)state;
    struct scene *scene = scene_open();
    struct ask asks[2] = { 0 };
    struct peer *peers[2];
    for (size_t i = 0; i < 2; i++) ask_send(scene, &asks[i], STR("POST"), STR("x"));
    for (size_t i = 0; i < 2; i++) peers[i] = peer_accept(scene->loop, scene->listener);
    for (size_t i = 0; i < 2; i++) {
        (void)peer_take_request(peers[i]);
        peer_send(peers[i], STR(ANSWER));
    }
    for (size_t i = 0; i < 2; i++) ask_wait(scene, &asks[i]);

    ask_send(scene, &asks[0], STR("POST"), STR("y"));
    loop_for_ms(scene->loop, 20);
    size_t used = peer_has_news(peers[0]) ? 0 : 1;
    (void)peer_take_request(peers[used]);
    peer_close(peers[used]);
    ask_wait(scene, &asks[0]);
    assert_int_equal(asks[0].call.result, HTTP_CALL_LOST);
    loop_for_ms(scene->loop, 20);
    (void)peer_has_news(peers[1 - used]); /* it may have been closed */
    assert_int_equal(peers[1 - used]->length, 0);
    peer_close(peers[1 - used]);
    ask_close(&asks[0]);
    ask_close(&asks[1]);
    scene_close(scene);
}

/* What only reads may be read again. */
static void test_a_question_is_asked_again(void **state)
{
    (void)state;
    struct scene *scene = scene_open();
    struct peer *peer = kept_connection(scene);
    struct ask ask = { 0 };
    ask_send(scene, &ask, STR("GET"), STR_NONE);
    (void)peer_take_request(peer);
    peer_close(peer);
    peer = peer_accept(scene->loop, scene->listener);
    (void)peer_take_request(peer);
    peer_send(peer, STR(ANSWER));
    ask_wait(scene, &ask);
    assert_int_equal(ask.call.result, HTTP_CALL_ANSWERED);
    peer_close(peer);
    ask_close(&ask);
    scene_close(scene);
}

/* A kept connection that was closed before we wrote is not used: one clean answer over a fresh one. */
static void test_a_connection_closed_meanwhile(void **state)
{
    (void)state;
    struct scene *scene = scene_open();
    for (int turns = 0; turns < 2; turns++) {
        struct peer *peer = kept_connection(scene);
        peer_close(peer);
        if (turns > 0) loop_for_ms(scene->loop, 10); /* the loop has seen the end, or has not */
        struct ask ask = { 0 };
        ask_send(scene, &ask, STR("POST"), STR("second"));
        peer = peer_accept(scene->loop, scene->listener);
        (void)peer_take_request(peer);
        peer_send(peer, STR(ANSWER));
        ask_wait(scene, &ask);
        assert_int_equal(ask.call.result, HTTP_CALL_ANSWERED);
        assert_true(nobody_connects(scene));
        peer_close(peer);
        ask_close(&ask);
    }
    scene_close(scene);
}

static void test_a_kept_connection_is_used_again(void **state)
{
    (void)state;
    struct scene *scene = scene_open();
    struct peer *peer = kept_connection(scene);
    for (int i = 0; i < 1000; i++) {
        struct ask ask = { 0 };
        ask_send(scene, &ask, STR("POST"), STR("again"));
        (void)peer_take_request(peer);
        peer_send(peer, STR(ANSWER));
        ask_wait(scene, &ask);
        assert_int_equal(ask.call.result, HTTP_CALL_ANSWERED);
        ask_close(&ask);
    }
    assert_true(nobody_connects(scene));
    peer_close(peer);
    scene_close(scene);
}

/* More than two lanes' worth at once, answered in the opposite order. */
static void test_many_at_once(void **state)
{
    (void)state;
    enum { CALLS = 150 };
    struct scene *scene = scene_open();
    struct ask *asks = calloc(CALLS, sizeof *asks);
    struct peer **peers = calloc(CALLS, sizeof *peers);
    for (size_t i = 0; i < CALLS; i++) ask_send(scene, &asks[i], STR("POST"), STR("x"));
    assert_int_equal(http_client_pending(scene->client), CALLS);
    for (size_t i = 0; i < CALLS; i++) peers[i] = peer_accept(scene->loop, scene->listener);
    for (size_t i = CALLS; i-- > 0;) {
        (void)peer_take_request(peers[i]);
        peer_send(peers[i], STR(ANSWER));
    }
    for (size_t i = 0; i < CALLS; i++) {
        ask_wait(scene, &asks[i]);
        assert_int_equal(asks[i].call.result, HTTP_CALL_ANSWERED);
        ask_close(&asks[i]);
        peer_close(peers[i]);
    }
    free(asks);
    free(peers);
    scene_close(scene);
}

/* done may send the next call. */
struct chain {
    struct ask ask;
    struct scene *scene;
    int left;
};

static void on_link_done(struct http_call *call)
{
    struct ask *ask = CONTAINER_OF(call, struct ask, call);
    struct chain *chain = CONTAINER_OF(ask, struct chain, ask);
    if (--chain->left == 0) {
        ask->done++;
        return;
    }
    ask_start(chain->scene, ask, STR("POST"), STR("x"));
    ask->call.done = on_link_done;
    http_client_send(chain->scene->client, &ask->call);
}

static void test_done_may_send(void **state)
{
    (void)state;
    struct scene *scene = scene_open();
    struct chain chain = { .scene = scene, .left = 10 };
    ask_start(scene, &chain.ask, STR("POST"), STR("x"));
    chain.ask.call.done = on_link_done;
    http_client_send(scene->client, &chain.ask.call);
    struct peer *peer = peer_accept(scene->loop, scene->listener);
    for (int i = 0; i < 10; i++) {
        (void)peer_take_request(peer);
        peer_send(peer, STR(ANSWER));
    }
    ask_wait(scene, &chain.ask);
    ask_close(&chain.ask);
    peer_close(peer);
    scene_close(scene);
}

/* Closing the loop drops what is on its way, and tells nobody. */
static void test_closing_drops_calls(void **state)
{
    (void)state;
    struct scene *scene = scene_open();
    struct ask asks[2] = { 0 };
    ask_send(scene, &asks[0], STR("POST"), STR("x"));
    struct peer *peer = peer_accept(scene->loop, scene->listener);
    (void)peer_take_request(peer);
    ask_send(scene, &asks[1], STR("POST"), STR("x"));
    int listener = scene->listener;
    scene->listener = -1;
    scene_close(scene);
    assert_int_equal(asks[0].done + asks[1].done, 0);
    arena_close(&asks[0].arena);
    arena_close(&asks[1].arena);
    close(peer->socket);
    free(peer);
    close(listener);
}

/* The environment of the process has no say in where a request goes. */
static void test_no_proxy_from_the_environment(void **state)
{
    (void)state;
    assert_int_equal(setenv("http_proxy", "http://127.0.0.1:1", 1), 0);
    assert_int_equal(setenv("ALL_PROXY", "http://127.0.0.1:1", 1), 0);
    struct scene *scene = scene_open();
    peer_close(kept_connection(scene));
    scene_close(scene);
    assert_int_equal(unsetenv("http_proxy"), 0);
    assert_int_equal(unsetenv("ALL_PROXY"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_answer),
        cmocka_unit_test(test_methods_on_one_connection),
        cmocka_unit_test(test_ends),
        cmocka_unit_test(test_unreachable_is_not_sent),
        cmocka_unit_test(test_no_tls_is_not_sent),
        cmocka_unit_test(test_silence_is_lost),
        cmocka_unit_test(test_endless_answer_is_lost),
        cmocka_unit_test(test_no_request_is_sent_twice),
        cmocka_unit_test(test_no_request_moves_to_another_kept_connection),
        cmocka_unit_test(test_a_question_is_asked_again),
        cmocka_unit_test(test_a_connection_closed_meanwhile),
        cmocka_unit_test(test_a_kept_connection_is_used_again),
        cmocka_unit_test(test_many_at_once),
        cmocka_unit_test(test_done_may_send),
        cmocka_unit_test(test_closing_drops_calls),
        cmocka_unit_test(test_no_proxy_from_the_environment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
