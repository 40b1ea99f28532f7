/* SPDX-License-Identifier: Apache-2.0 */
/* bench_load: drives conversations over many connections: in a closed loop (the next request follows the answer), or in an
 * open one, where requests are due at a fixed rate and a late one's latency counts from when it was due. */
#ifndef FLORIN_COMMAND_BENCH_LOAD_H
#define FLORIN_COMMAND_BENCH_LOAD_H

#include "base/error.h"
#include "command/bench/bench_histogram.h"
#include "command/bench/bench_lane.h"
#include "command/bench/bench_schedule.h"

/* As many as a gateway takes by default. */
enum { BENCH_LANES_MAX = 10000, BENCH_COMPLAINT_BYTES = 512 };

enum bench_verdict {
    BENCH_WRONG,   /* not what should have come */
    BENCH_FINE,
    BENCH_REFUSED, /* politely, as a full house does: counted by itself */
};

/* What is said on a connection. */
struct bench_talk {
    /* Writes the next request of that lane; its length, 0 when there is nothing more to ask. */
    size_t (*ask)(void *context, size_t lane, char buffer[BENCH_REQUEST_BYTES]);
    /* Takes the answer. */
    enum bench_verdict (*heard)(void *context, size_t lane, const struct bench_answer *answer);
};

struct bench_plan {
    const char *address;
    const struct bench_talk *talk;
    void *context;
    size_t lanes;          /* connections */
    int64_t per_second;    /* open loop; 0: closed */
    bool spills;           /* open loop: what finds no connection free goes elsewhere; otherwise it waits for one */
    int64_t warm_ns;       /* not counted */
    int64_t counted_ns;    /* then no more is asked, and what is out is waited for */
    /* Called when counting begins and ends; may be NULL. */
    void (*edge)(void *edge_context, bool begins);
    void *edge_context;
};

struct bench_outcome {
    int64_t answers;                  /* while counting */
    int64_t counted_ns;               /* how long that really was */
    int64_t first_ns, last_ns;        /* clock of the first request and of the last answer */
    int64_t refusals, spilled;        /* due while counting */
    int64_t failures;                 /* at any time: wrong answers and broken connections */
    char complaint[BENCH_COMPLAINT_BYTES]; /* about the first failure */
    struct bench_histogram latency;   /* in nanoseconds, of those that were answered or due while counting */
    struct bench_histogram refusal;   /* the same of those that were refused */
};

/* Drives all plans at once on this thread, until the last is through. False when a connection cannot be made, or when
 * bench_load_interrupt was called. */
bool bench_load_run(const struct bench_plan *plans, struct bench_outcome *outcomes, size_t count, struct error *error) MUST_CHECK;

/* From a signal handler: stop at once. */
void bench_load_interrupt(void);
bool bench_load_is_interrupted(void);

/* The clock that only goes forward. */
int64_t bench_now_ns(void);

/* Answers a second. */
double bench_outcome_rate(const struct bench_outcome *outcome);

#endif
