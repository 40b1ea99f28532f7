/* SPDX-License-Identifier: Apache-2.0 */
/* http_server: listens, looks at the clock once a second, and goes away in an orderly manner. */
#include "world/http_server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "world/http_connection.h"
#include "world/loop.h"

enum {
    BACKLOG = 4096,  /* a burst that the kernel keeps for us; it keeps less if net.core.somaxconn says so */
    SLEPT_MS = 1000, /* the loop never takes that long for a turn */
};

static const struct http_times default_times = {
    .tick = 1000,
    .limits = {
        [HTTP_PHASE_IDLE] = 60 * 1000,
        [HTTP_PHASE_HEAD] = 10 * 1000,
        [HTTP_PHASE_BODY] = 10 * 1000,
        [HTTP_PHASE_WRITING] = 60 * 1000,
        [HTTP_PHASE_LINGER] = 2 * 1000,
    },
};

static void sweep_phase(struct http_server *server, enum http_phase phase)
{
    uint64_t now = uv_now(server->uv);
    struct http_connection *connection;
    while ((connection = server->phases[phase].first) != NULL && connection->deadline_ms <= now) {
        http_connection_expire(connection);
    }
}

/* After a long stop of the whole process the clients' bytes wait in the kernel: they are read before anybody is called slow. */
static bool has_slept(struct http_server *server)
{
    uint64_t since = uv_now(server->uv) - server->swept_at_ms;
    server->swept_at_ms = uv_now(server->uv);
    return since > server->times.tick + SLEPT_MS;
}

static void sweep(uv_timer_t *timer)
{
    struct http_server *server = timer->data;
    if (has_slept(server)) return;
    for (enum http_phase phase = 0; phase < HTTP_PHASE_CLOSED; phase++) {
        if (server->times.limits[phase] > 0) sweep_phase(server, phase);
    }
}

void http_server_set_times(struct http_server *server, const struct http_times *times)
{
    server->times = *times;
    server->swept_at_ms = uv_now(server->uv);
    INSIST(uv_timer_start(&server->sweep, sweep, times->tick, times->tick) == 0);
}

/* Without a free descriptor libuv turns the waiting connection away, and then tells us of the error. */
static void on_connection(uv_stream_t *listener, int status)
{
    if (status == 0) http_connection_accept(listener->data);
}

/* "127.0.0.1:8080" or "[::1]:8080": numbers only, names are not asked for. */
static bool parse_address(const char *listen, struct sockaddr_storage *out)
{
    char host[64];
    const char *colon = strrchr(listen, ':');
    int64_t port;
    if (colon == NULL || !str_to_int64(str_of(colon + 1), UINT16_MAX, &port)) return false;
    if (!str_copy_to((str){ listen, (size_t)(colon - listen) }, host, sizeof host)) return false;

    size_t length = strlen(host);
    if (host[0] != '[') return uv_ip4_addr(host, (int)port, (struct sockaddr_in *)out) == 0;
    if (host[length - 1] != ']') return false;
    host[length - 1] = 0;
    return uv_ip6_addr(host + 1, (int)port, (struct sockaddr_in6 *)out) == 0;
}

static int open_tcp(struct http_server *server, const char *listen)
{
    struct sockaddr_storage address = { 0 };
    if (!parse_address(listen, &address)) return UV_EINVAL;
    int failed = uv_tcp_bind(&server->listener.tcp, (const struct sockaddr *)&address, 0);
    return failed ? failed : uv_listen(&server->listener.stream, BACKLOG, on_connection);
}

/* A socket that a dead process left behind is in the way; anything else at that path is not ours to remove. */
static int open_unix(struct http_server *server, const char *path)
{
    struct stat found;
    if (strlen(path) >= sizeof((struct sockaddr_un *)NULL)->sun_path) return UV_ENAMETOOLONG;
    if (lstat(path, &found) == 0 && S_ISSOCK(found.st_mode)) (void)unlink(path);
    int failed = uv_pipe_bind(&server->listener.pipe, path);
    if (!failed && chmod(path, S_IRUSR | S_IWUSR) != 0) failed = UV_EPERM;
    return failed ? failed : uv_listen(&server->listener.stream, BACKLOG, on_connection);
}

static void tell_tcp_address(struct http_server *server)
{
    struct sockaddr_storage address;
    int length = sizeof address;
    char host[64] = "";
    INSIST(uv_tcp_getsockname(&server->listener.tcp, (struct sockaddr *)&address, &length) == 0);
    bool is_ipv6 = address.ss_family == AF_INET6;
    const struct sockaddr_in *ipv4 = (const void *)&address;
    const struct sockaddr_in6 *ipv6 = (const void *)&address;
    if (is_ipv6) (void)uv_ip6_name(ipv6, host, sizeof host);
    else (void)uv_ip4_name(ipv4, host, sizeof host);
    unsigned port = ntohs(is_ipv6 ? ipv6->sin6_port : ipv4->sin_port);
    (void)snprintf(server->address, sizeof server->address, "%s%s%s:%u", is_ipv6 ? "[" : "", host, is_ipv6 ? "]" : "", port);
}

static int open_listener(struct http_server *server, const char *listen)
{
    server->is_unix = str_starts_with(str_of(listen), STR("unix:"));
    if (server->is_unix) INSIST(uv_pipe_init(server->uv, &server->listener.pipe, 0) == 0);
    else INSIST(uv_tcp_init(server->uv, &server->listener.tcp) == 0);
    server->listener.handle.data = server;
    server->handles++;
    if (!str_copy_to(str_of(listen), server->address, sizeof server->address)) return UV_ENAMETOOLONG;
    if (server->is_unix) return open_unix(server, listen + strlen("unix:"));
    int failed = open_tcp(server, listen);
    if (!failed) tell_tcp_address(server);
    return failed;
}

static void on_lap(uv_prepare_t *lap) { http_connection_lap(lap->data); }

static void open_laps(struct http_server *server)
{
    INSIST(uv_prepare_init(server->uv, &server->lap) == 0);
    INSIST(uv_idle_init(server->uv, &server->hurry) == 0);
    server->lap.data = server->hurry.data = server;
    server->handles += 2;
    INSIST(uv_prepare_start(&server->lap, on_lap) == 0);
    uv_unref((uv_handle_t *)&server->lap);
}

static struct http_server *server_take(struct loop *loop, const struct http_server_options *options)
{
    struct http_server *server = memory_take(sizeof *server);
    server->options = *options;
    server->options.listen = NULL; /* the caller's */
    if (server->options.body_bytes_max == 0) server->options.body_bytes_max = HTTP_BODY_BYTES_MAX;
    server->loop = loop;
    server->uv = loop_uv(loop);
    server->read_buffer = memory_take(HTTP_READ_BYTES);
    INSIST(uv_timer_init(server->uv, &server->sweep) == 0);
    server->sweep.data = server;
    server->handles++;
    open_laps(server);
    http_server_set_times(server, &default_times);
    return server;
}

struct http_server *http_server_open(struct loop *loop, const struct http_server_options *options, struct error *error)
{
    INSIST(options->handle != NULL);
    struct http_server *server = server_take(loop, options);
    int failed = open_listener(server, options->listen);
    if (!failed) return server;
    error_set(error, "cannot listen on %s: %s", options->listen, uv_strerror(failed));
    http_server_close(server);
    return NULL;
}

str http_server_address(const struct http_server *server)
{
    return str_of(server->address);
}

size_t http_server_pending(const struct http_server *server)
{
    return server->pending;
}

bool http_server_is_quiet(const struct http_server *server)
{
    return server->pending == 0 && server->phases[HTTP_PHASE_QUEUED].first == NULL;
}

size_t http_server_connections(const struct http_server *server)
{
    return server->connections;
}

static void server_free(struct http_server *server)
{
    while (server->free_connections != NULL) {
        struct http_connection *next = server->free_connections->next;
        free(server->free_connections);
        server->free_connections = next;
    }
    server->closing = true;
    while (server->free_turns != NULL) {
        struct http_turn *turn = server->free_turns;
        server->free_turns = turn->next;
        http_turn_close(turn);
    }
    free(server->read_buffer);
    free(server);
}

void http_server_handle_closed(struct http_server *server)
{
    server->handles--;
    if (server->closing && server->handles == 0) server_free(server);
}

static void on_own_handle_closed(uv_handle_t *handle)
{
    http_server_handle_closed(handle->data);
}

static void stop_listening(struct http_server *server)
{
    if (!uv_is_closing(&server->listener.handle)) uv_close(&server->listener.handle, on_own_handle_closed);
}

static void close_phase(struct http_server *server, enum http_phase phase)
{
    while (server->phases[phase].first != NULL) http_connection_close(server->phases[phase].first);
}

void http_server_drain(struct http_server *server)
{
    server->draining = true;
    stop_listening(server);
    close_phase(server, HTTP_PHASE_IDLE);
}

void http_server_close(struct http_server *server)
{
    INSIST(server->pending == 0);
    server->closing = true;
    stop_listening(server);
    uv_close((uv_handle_t *)&server->sweep, on_own_handle_closed);
    uv_close((uv_handle_t *)&server->lap, on_own_handle_closed);
    uv_close((uv_handle_t *)&server->hurry, on_own_handle_closed);
    for (enum http_phase phase = 0; phase < HTTP_PHASE_CLOSED; phase++) close_phase(server, phase);
}
