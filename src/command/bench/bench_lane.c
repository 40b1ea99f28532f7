/* SPDX-License-Identifier: Apache-2.0 */
/* bench_lane: raw HTTP/1.1 over a socket: sends prepared bytes, and reads of an answer the status and the length only. */
#include "command/bench/bench_lane.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    ROOM_BYTES_FIRST = 4096,              /* a receipt has about one */
    ROOM_BYTES_MAX = 16 * 1024 * 1024,    /* the simulator's list of its last requests has about two */
    STATUS_AT = 9,                        /* "HTTP/1.1 201" */
    STATUS_LINE_BYTES_MIN = STATUS_AT + 3,
    PORT_MAX = 65535,
    ADDRESS_BYTES = 64,
};

/* ---- connecting ---- */

static bool read_address(const char *text, struct sockaddr_in *out)
{
    char host[ADDRESS_BYTES];
    str port_text;
    int64_t port;
    str host_text = str_cut(str_of(text), ':', &port_text);
    *out = (struct sockaddr_in){ .sin_family = AF_INET };
    if (!str_copy_to(host_text, host, sizeof host) || !str_to_int64(port_text, PORT_MAX, &port)) return false;
    out->sin_port = htons((uint16_t)port);
    return inet_pton(AF_INET, host, &out->sin_addr) == 1;
}

bool bench_lane_open(struct bench_lane *lane, const char *address, struct error *error)
{
    int one = 1;
    struct sockaddr_in place;
    lane->heard_bytes = 0;
    lane->waits = false;
    if (!read_address(address, &place)) return error_set(error, "%s is no address", address);
    lane->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (lane->socket < 0) return error_set(error, "no socket: %s", strerror(errno));
    if (connect(lane->socket, (struct sockaddr *)&place, sizeof place) != 0) {
        (void)error_set(error, "cannot connect to %s: %s", address, strerror(errno));
        bench_lane_close(lane);
        return false;
    }
    (void)setsockopt(lane->socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return true;
}

void bench_lane_close(struct bench_lane *lane)
{
    if (lane->socket >= 0) (void)close(lane->socket);
    free(lane->heard);
    lane->socket = -1;
    lane->heard = NULL;
    lane->heard_bytes = lane->room_bytes = 0;
}

bool bench_lane_send(struct bench_lane *lane, size_t length)
{
    lane->heard_bytes = 0;
    lane->waits = true;
    return send(lane->socket, lane->request, length, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)length;
}

/* ---- reading an answer ---- */

static bool take_number_header(str line, str name, int64_t *out)
{
    str value;
    str found = str_cut(line, ':', &value);
    return str_equal_ignoring_case(found, name) && str_to_int64(str_trim(value), ROOM_BYTES_MAX, out);
}

static bool says_close(str line)
{
    str value;
    str name = str_cut(line, ':', &value);
    return str_equal_ignoring_case(name, STR("Connection")) && str_equal_ignoring_case(str_trim(value), STR("close"));
}

static bool says_when(str line)
{
    int64_t seconds;
    return take_number_header(line, STR("Retry-After"), &seconds);
}

static bool is_status_line(str line) { return line.length >= STATUS_LINE_BYTES_MIN && str_starts_with(line, STR("HTTP/1.1 ")); }

/* Reads status and length out of a whole head. */
static bool read_head(str head, struct bench_answer *out)
{
    int64_t length = -1;
    str line = str_cut(head, '\r', &head);
    if (!is_status_line(line)) return false;
    const char *digits = line.bytes + STATUS_AT;
    *out = (struct bench_answer){ .status = (digits[0] - '0') * 100 + (digits[1] - '0') * 10 + (digits[2] - '0') };
    while (head.length > 1) {
        line = str_cut(str_from(head, 1), '\r', &head);
        if (length < 0) (void)take_number_header(line, STR("Content-Length"), &length);
        out->closes = out->closes || says_close(line);
        out->says_when = out->says_when || says_when(line);
    }
    out->body.length = length < 0 ? 0 : (size_t)length;
    return length >= 0 || out->status == 204;
}

static enum bench_hearing look_for_answer(const struct bench_lane *lane, struct bench_answer *out)
{
    const char *end = memmem(lane->heard, lane->heard_bytes, "\r\n\r\n", 4);
    if (!end) return BENCH_HEARD_PART;
    size_t head_bytes = (size_t)(end - lane->heard) + 4;
    if (!read_head((str){ lane->heard, head_bytes - 2 }, out)) return BENCH_HEARD_STRANGE;
    out->body.bytes = lane->heard + head_bytes;
    if (lane->heard_bytes < head_bytes + out->body.length) return BENCH_HEARD_PART;
    return lane->heard_bytes == head_bytes + out->body.length ? BENCH_HEARD_ALL : BENCH_HEARD_STRANGE;
}

static bool make_room(struct bench_lane *lane)
{
    if (lane->heard_bytes < lane->room_bytes) return true;
    size_t wanted = lane->room_bytes == 0 ? ROOM_BYTES_FIRST : lane->room_bytes * 2;
    if (wanted > ROOM_BYTES_MAX) return false;
    lane->heard = realloc(lane->heard, wanted);
    INSIST(lane->heard != NULL && "out of memory");
    lane->room_bytes = wanted;
    return true;
}

enum bench_hearing bench_lane_hear(struct bench_lane *lane, struct bench_answer *out)
{
    if (!make_room(lane)) return BENCH_HEARD_STRANGE;
    ssize_t got = recv(lane->socket, lane->heard + lane->heard_bytes, lane->room_bytes - lane->heard_bytes, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return BENCH_HEARD_PART;
    if (got <= 0) return BENCH_HEARD_END;
    lane->heard_bytes += (size_t)got;
    enum bench_hearing hearing = look_for_answer(lane, out);
    if (hearing != BENCH_HEARD_PART) lane->waits = false;
    return hearing;
}
