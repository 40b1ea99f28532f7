/* SPDX-License-Identifier: Apache-2.0 */
/* bench_lane: one kept connection of the load generator, with at most one request out on it. */
#ifndef FLORIN_COMMAND_BENCH_LANE_H
#define FLORIN_COMMAND_BENCH_LANE_H

#include "base/error.h"
#include "base/str.h"
#include "command/bench/bench_form.h"

struct bench_load;

struct bench_lane {
    int socket;
    bool waits;       /* a request is out */
    int64_t since_ns; /* when it was sent, or was to be sent */
    int64_t rests_until_ns;
    struct bench_lane *next_resting;
    char request[BENCH_REQUEST_BYTES];
    char *heard; /* what came so far */
    size_t heard_bytes, room_bytes;
    /* whose it is */
    struct bench_load *load;
    size_t number;
};

struct bench_answer {
    int status;
    str body;
    bool closes;       /* no further request on this connection */
    bool says_when;    /* to come back: it has a Retry-After */
};

enum bench_hearing {
    BENCH_HEARD_PART,   /* more will come */
    BENCH_HEARD_ALL,    /* an answer */
    BENCH_HEARD_END,    /* the other side hung up */
    BENCH_HEARD_STRANGE /* no answer that we read: no length, too long, not HTTP */
};

/* Connects to "127.0.0.1:8080". */
bool bench_lane_open(struct bench_lane *lane, const char *address, struct error *error) MUST_CHECK;
void bench_lane_close(struct bench_lane *lane);

/* Sends the first `length` bytes of lane->request. */
bool bench_lane_send(struct bench_lane *lane, size_t length) MUST_CHECK;

/* Takes what is there. The answer's body is valid until the next request. */
enum bench_hearing bench_lane_hear(struct bench_lane *lane, struct bench_answer *out);

#endif
