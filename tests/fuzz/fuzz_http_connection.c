/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP server behind a real socket: what a client writes, in whatever slices and with whatever behind it, is handed
 * over as the same requests and answered with the same statuses, one answer a request, in order; then the connection ends.
 * The first byte of an input says how the rest is sliced, and whether answers are given at once or a little later. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <uv.h>

#include "base/hash.h"
#include "fuzz/fuzzing.h"
#include "world/http_server.h"
#include "world/loop.h"

enum { BODY_BYTES_MAX = 512, ANSWERS_BYTES_MAX = 256 * 1024, TURNS_MAX = 20000, SLICES_MAX = 8 };

/* What one connection came to. */
struct story {
    size_t requests;
    size_t faults;
    struct hash requests_hash; /* of all requests, one after the other */
    size_t answers;
    struct hash statuses_hash;
};

static struct loop *loop;
static struct http_server *server;
static struct sockaddr_un address = { .sun_family = AF_UNIX };
static struct story *story;
static bool answers_later;            /* what comes meanwhile has to wait in the server */
static struct http_exchange *waiting; /* for its answer */
static char answers[ANSWERS_BYTES_MAX];

static void remember(struct hash *hash, str text)
{
    str pieces[] = { { (const char *)hash->bytes, HASH_BYTES }, text };
    *hash = hash_of(pieces, COUNT_OF(pieces));
}

static void answer_waiting(void)
{
    struct http_exchange *exchange = waiting;
    waiting = NULL;
    if (exchange) http_answer(exchange, &(struct http_answer){ .status = 200, .body = STR("fine") });
}

static void handle(void *context, struct http_exchange *exchange)
{
    (void)context;
    story->requests++;
    remember(&story->requests_hash, exchange->request.method);
    remember(&story->requests_hash, exchange->request.target);
    remember(&story->requests_hash, exchange->request.body);
    INSIST(exchange->request.body.length <= BODY_BYTES_MAX && !waiting);
    waiting = exchange;
    if (!answers_later) answer_waiting();
}

static void refuse(void *context, enum http_fault fault, struct arena *arena, struct http_answer *answer)
{
    (void)context;
    (void)fault;
    (void)arena;
    story->faults++;
    answer->body = STR("no");
}

/* The socket's name is taken away at once, so that nothing is left behind; it goes on to be known by a descriptor. */
static void take_name_away(const char *path)
{
    int socket_file = open(path, O_PATH | O_CLOEXEC);
    INSIST(socket_file >= 0 && unlink(path) == 0);
    (void)snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d", socket_file);
}

/* Once for all inputs. */
static void open_server(void)
{
    struct error error;
    char folder[] = "/tmp/florin-fuzz-XXXXXX", listen[64];
    INSIST(mkdtemp(folder) != NULL);
    (void)snprintf(listen, sizeof listen, "unix:%s/socket", folder);
    struct http_server_options options = { .listen = listen, .body_bytes_max = BODY_BYTES_MAX, .handle = handle, .refuse = refuse };
    loop = loop_open(&error);
    INSIST(loop != NULL);
    server = http_server_open(loop, &options, &error);
    INSIST(server != NULL);
    take_name_away(listen + strlen("unix:"));
    INSIST(rmdir(folder) == 0);
}

/* Who answers later does it between two turns. */
static void turn(void)
{
    answer_waiting();
    (void)uv_run(loop_uv(loop), UV_RUN_NOWAIT);
}

static int connect_to_server(void)
{
    int client = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    INSIST(client >= 0 && connect(client, (const struct sockaddr *)&address, sizeof address) == 0);
    turn();
    return client;
}

static void write_slices(int client, str bytes, unsigned way)
{
    size_t least = way == 0 ? bytes.length : bytes.length / SLICES_MAX + 1;
    while (bytes.length > 0) {
        size_t length = least + (way == 0 ? 0 : (way * 13 + bytes.length * 7) % (way + 1));
        if (length > bytes.length) length = bytes.length;
        ssize_t sent = send(client, bytes.bytes, length, MSG_NOSIGNAL);
        if (sent <= 0) return; /* it has closed: what it does not want it need not get */
        bytes = str_from(bytes, (size_t)sent);
        turn();
    }
}

/* Everything up to the server's end. */
static str read_answers(int client)
{
    size_t length = 0;
    for (int turns = 0; turns < TURNS_MAX; turns++) {
        ssize_t came = recv(client, answers + length, sizeof answers - length, 0);
        if (came == 0 || (came < 0 && http_server_connections(server) == 0)) return (str){ answers, length };
        if (came > 0) length += (size_t)came;
        turn();
    }
    INSIST(!"the connection ends");
    return STR_NONE;
}

/* The bodies of HEAD are left out, so the text is taken apart at what begins every answer. */
static void count_answers(str text)
{
    str begin = STR("HTTP/1.1 ");
    while (text.length > 0) {
        INSIST(str_starts_with(text, begin));
        str status = { text.bytes + begin.length, 3 };
        const char *next = memmem(text.bytes + 1, text.length - 1, begin.bytes, begin.length);
        if (!str_equal(status, STR("100"))) { /* whether somebody had to wait depends on the slices */
            story->answers++;
            remember(&story->statuses_hash, status);
        }
        text = next ? (str){ next, text.length - (size_t)(next - text.bytes) } : STR_NONE;
    }
}

static struct story visit(str bytes, unsigned way)
{
    struct story told = { 0 };
    story = &told;
    answers_later = way % 2 == 1;
    int client = connect_to_server();
    write_slices(client, bytes, way);
    (void)shutdown(client, SHUT_WR);
    count_answers(read_answers(client));
    close(client);
    for (int turns = 0; turns < TURNS_MAX && http_server_connections(server) > 0; turns++) turn();
    INSIST(http_server_connections(server) == 0 && http_server_pending(server) == 0);
    return told;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = input_of(data, size);
    if (!server) open_server();
    unsigned way = 1u + input_byte(&input);
    str bytes = input_rest(&input);
    struct story whole = visit(bytes, 0), sliced = visit(bytes, way);
    INSIST(whole.requests == sliced.requests && whole.faults == sliced.faults && whole.faults <= 1);
    INSIST(hash_equal(&whole.requests_hash, &sliced.requests_hash));
    INSIST(whole.answers == whole.requests + whole.faults && sliced.answers == whole.answers);
    INSIST(hash_equal(&whole.statuses_hash, &sliced.statuses_hash));
    return 0;
}
