/* SPDX-License-Identifier: Apache-2.0 */
/* What passed through client and server is nowhere in the process afterwards. A marker stands for a card number. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/hash.h"
#include "world/http_client.h"
#include "world/http_server.h"
#include "world/loop.h"
#include "world/memory.h"
#include "world/peer.h"

enum {
    MARKER_BYTES = 24,
    CALLS = 1000,
    AT_ONCE = 100,
    PIECE_BYTES = 256 * 1024,
    REGION_BYTES_MAX = 1024 * 1024 * 1024, /* larger ones are a sanitizer's own */
};

/* The marker is never in memory by itself: it is kept turned around, and turned back only where it is sent from. */
static uint8_t hidden_marker[MARKER_BYTES];
static const uint8_t HIDING = 0xa5;

static void marker_put(char *bytes)
{
    for (size_t i = 0; i < MARKER_BYTES; i++) bytes[i] = (char)(hidden_marker[i] ^ HIDING);
}

static void marker_choose(struct world *world)
{
    world_random(world, hidden_marker, sizeof hidden_marker);
    for (size_t i = 0; i < MARKER_BYTES; i++) hidden_marker[i] = (uint8_t)('a' + hidden_marker[i] % 26) ^ HIDING;
}

static bool is_marker(const uint8_t *bytes)
{
    for (size_t i = 0; i < MARKER_BYTES; i++) {
        if ((bytes[i] ^ HIDING) != hidden_marker[i]) return false;
    }
    return true;
}

static size_t count_in_piece(const uint8_t *piece, size_t length)
{
    size_t count = 0;
    for (size_t at = 0; at + MARKER_BYTES <= length; at++) {
        if ((piece[at] ^ HIDING) == hidden_marker[0] && is_marker(piece + at)) count++;
    }
    return count;
}

/* Pieces overlap, so that nothing hides in a seam. */
static size_t count_in_region(int memory, uint64_t start, uint64_t end)
{
    static uint8_t piece[PIECE_BYTES];
    size_t count = 0;
    for (uint64_t at = start; at < end; at += PIECE_BYTES - MARKER_BYTES) {
        size_t wanted = end - at < PIECE_BYTES ? (size_t)(end - at) : PIECE_BYTES;
        ssize_t length = pread(memory, piece, wanted, (off_t)at);
        if (length > 0) count += count_in_piece(piece, (size_t)length);
    }
    memset(piece, 0, sizeof piece);
    return count;
}

/* How often the marker stands in what this process can write. */
static size_t count_in_memory(void)
{
    char line[512];
    size_t count = 0;
    int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    FILE *maps = fopen("/proc/self/maps", "re");
    assert_true(memory >= 0 && maps != NULL);
    while (fgets(line, sizeof line, maps) != NULL) {
        char *rest;
        uint64_t start = strtoull(line, &rest, 16);
        uint64_t end = strtoull(rest + 1, &rest, 16);
        bool is_writable = str_starts_with(str_of(rest), STR(" rw"));
        if (is_writable && end - start <= REGION_BYTES_MAX) count += count_in_region(memory, start, end);
    }
    (void)fclose(maps);
    close(memory);
    return count;
}

struct scene {
    struct loop *loop;
    char url[80];
    char body[64];
    size_t left;
    size_t running;
};

struct ask {
    struct http_call call;
    struct arena arena;
    struct scene *scene;
};

static void handle(void *context, struct http_exchange *exchange)
{
    (void)context;
    INSIST(exchange->request.body.length == MARKER_BYTES + 2);
    http_answer(exchange, &(struct http_answer){ .status = 200, .body = STR("ok") });
}

static void on_done(struct http_call *call);

static void ask_again(struct ask *ask)
{
    struct scene *scene = ask->scene;
    ask->call = (struct http_call){
        .method = STR("POST"),
        .url = scene->url,
        .body = { scene->body, MARKER_BYTES + 2 },
        .timeout = 10 * MICROS_PER_SECOND,
        .connect_timeout = 10 * MICROS_PER_SECOND,
        .arena = &ask->arena,
        .done = on_done,
    };
    scene->left--;
    scene->running++;
    world_send(loop_world(scene->loop), &ask->call);
}

static void on_done(struct http_call *call)
{
    struct ask *ask = CONTAINER_OF(call, struct ask, call);
    assert_int_equal(call->result, HTTP_CALL_ANSWERED);
    arena_reset(&ask->arena);
    ask->scene->running--;
    if (ask->scene->left > 0) ask_again(ask);
}

static bool is_over(void *context)
{
    struct scene *scene = context;
    return scene->left == 0 && scene->running == 0;
}

static void pass_the_marker(struct scene *scene, struct ask *asks)
{
    (void)snprintf(scene->body, sizeof scene->body, "\"%*s\"", MARKER_BYTES, "");
    marker_put(scene->body + 1);
    assert_true(count_in_memory() > 0); /* the search finds what is there */
    scene->left = CALLS;
    for (size_t i = 0; i < AT_ONCE; i++) {
        asks[i].scene = scene;
        ask_again(&asks[i]);
    }
    loop_until(scene->loop, is_over, scene);
    secret_wipe(scene->body, sizeof scene->body);
}

static void test_nothing_is_left_of_a_body(void **state)
{
    (void)state;
    struct error error;
    struct scene scene = { .loop = loop_open(&error) };
    struct http_server_options options = { .listen = "127.0.0.1:0", .handle = handle };
    struct http_server *server = http_server_open(scene.loop, &options, &error);
    assert_non_null(server);
    (void)snprintf(scene.url, sizeof scene.url, "http://%s/", http_server_address(server).bytes);
    marker_choose(loop_world(scene.loop));
    struct ask *asks = calloc(AT_ONCE, sizeof *asks);
    pass_the_marker(&scene, asks);
    assert_int_equal(count_in_memory(), 0);
    for (size_t i = 0; i < AT_ONCE; i++) arena_close(&asks[i].arena);
    free(asks);
    http_server_close(server);
    loop_close(scene.loop);
}

/* In a child, since a process that may not be dumped may not be looked into by a sanitizer either. */
static void test_dumps_are_forbidden(void **state)
{
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        struct error error;
        struct rlimit limit = { 1, 1 };
        bool is_forbidden = memory_forbid_dumps(&error) && prctl(PR_GET_DUMPABLE) == 0;
        bool is_limited = getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_cur == 0 && limit.rlim_max == 0;
        _exit(is_forbidden && is_limited ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

int main(void)
{
    struct error error;
    if (!memory_wipe_libraries(&error)) {
        print_error("%s\n", error.text);
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_is_left_of_a_body),
        cmocka_unit_test(test_dumps_are_forbidden),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
