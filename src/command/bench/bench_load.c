/* SPDX-License-Identifier: Apache-2.0 */
/* bench_load: one thread, one epoll. A load goes through four phases:
 *
 *     WARMING ──▶ COUNTING ──▶ ENDING (asks nothing, waits for what is out) ──▶ OVER
 */
#include "command/bench/bench_load.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

enum {
    PLANS_MAX = 4,
    EVENTS_AT_ONCE = 512,
    FAILURES_MAX = 1000, /* then something is broken, and asking on tells nothing new */
    TIMER_SLACK_NS = 1000,
};

static const int64_t end_within_ns = 60 * BENCH_SECOND; /* above the longest answer of a gateway */

static const int64_t rest_ns = BENCH_SECOND; /* what a Retry-After of ours says */

static const int64_t spill_every_ns = BENCH_SECOND / 1000; /* who is due meanwhile may still find a connection */

enum phase { WARMING, COUNTING, ENDING, OVER };

struct bench_load {
    const struct bench_plan *plan;
    struct bench_outcome *outcome;
    struct bench_lane *lanes;
    size_t *free_lanes; /* a stack */
    size_t free_count;
    size_t out; /* requests without an answer */
    struct bench_lane *first_resting, *last_resting; /* in the order of their ends */
    int64_t started_ns, counts_ns;
    struct bench_schedule schedule;
    enum phase phase;
    bool is_dry; /* nothing more to ask */
    int epoll;
    struct error error;
};

static volatile sig_atomic_t is_interrupted;

void bench_load_interrupt(void) { is_interrupted = 1; }
bool bench_load_is_interrupted(void) { return is_interrupted != 0; }

int64_t bench_now_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * BENCH_SECOND + now.tv_nsec;
}

double bench_outcome_rate(const struct bench_outcome *outcome)
{
    if (outcome->counted_ns <= 0) return 0;
    return (double)outcome->answers * (double)BENCH_SECOND / (double)outcome->counted_ns;
}

/* ---- connections ---- */

static bool watch_lane(struct bench_load *load, struct bench_lane *lane)
{
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = lane };
    if (!bench_lane_open(lane, load->plan->address, &load->error)) return false;
    if (epoll_ctl(load->epoll, EPOLL_CTL_ADD, lane->socket, &event) == 0) return true;
    return error_set(&load->error, "epoll refuses a socket: %s", strerror(errno));
}

static bool open_lanes(struct bench_load *load)
{
    size_t count = load->plan->lanes;
    INSIST(count > 0 && count <= BENCH_LANES_MAX);
    load->lanes = calloc(count, sizeof *load->lanes);
    load->free_lanes = calloc(count, sizeof *load->free_lanes);
    INSIST(load->lanes != NULL && load->free_lanes != NULL && "out of memory");
    for (size_t i = 0; i < count; i++) load->lanes[i] = (struct bench_lane){ .socket = -1, .load = load, .number = i };
    for (size_t i = 0; i < count; i++) {
        if (!watch_lane(load, &load->lanes[i])) return false;
        load->free_lanes[load->free_count++] = count - 1 - i;
    }
    return true;
}

static void close_lanes(struct bench_load *load)
{
    for (size_t i = 0; load->lanes && i < load->plan->lanes; i++) bench_lane_close(&load->lanes[i]);
    free(load->lanes);
    free(load->free_lanes);
}

static void fail(struct bench_load *load, const char *why, str words)
{
    struct bench_outcome *outcome = load->outcome;
    if (outcome->failures++ == 0) {
        (void)snprintf(outcome->complaint, sizeof outcome->complaint, "%s%.*s", why, words.length > 180 ? 180 : STR_FORMAT(words));
    }
    if (outcome->failures >= FAILURES_MAX) load->is_dry = true;
}

static void reopen_lane(struct bench_load *load, struct bench_lane *lane)
{
    bench_lane_close(lane);
    if (watch_lane(load, lane)) return;
    fail(load, load->error.text, STR_NONE);
    load->is_dry = true;
}

/* ---- asking and hearing ---- */

static bool asks_on(const struct bench_load *load) { return load->phase < ENDING && !load->is_dry; }

static void ask(struct bench_load *load, size_t number, int64_t since_ns)
{
    struct bench_lane *lane = &load->lanes[number];
    size_t length = load->plan->talk->ask(load->plan->context, number, lane->request);
    if (length == 0) load->is_dry = true;
    if (length == 0 || lane->socket < 0) {
        load->free_lanes[load->free_count++] = number;
        return;
    }
    if (load->outcome->first_ns == 0) load->outcome->first_ns = bench_now_ns();
    lane->since_ns = since_ns;
    load->out++;
    /* A lane on which nothing could be sent is found broken by the next event. */
    (void)!bench_lane_send(lane, length);
}

static void release_lane(struct bench_load *load, struct bench_lane *lane, int64_t now)
{
    load->out--;
    if (load->plan->per_second == 0 && asks_on(load)) ask(load, lane->number, now);
    else load->free_lanes[load->free_count++] = lane->number;
}

/* Who is told to come back later does so, in a closed loop; in an open one others come whatever he does. */
static void rest_lane(struct bench_load *load, struct bench_lane *lane, int64_t now)
{
    load->out--;
    lane->rests_until_ns = now + rest_ns;
    lane->next_resting = NULL;
    *(load->first_resting ? &load->last_resting->next_resting : &load->first_resting) = lane;
    load->last_resting = lane;
}

static void ask_who_rested(struct bench_load *load, int64_t now)
{
    while (load->first_resting != NULL && load->first_resting->rests_until_ns <= now && asks_on(load)) {
        struct bench_lane *lane = load->first_resting;
        load->first_resting = lane->next_resting;
        ask(load, lane->number, now);
    }
}

/* An open loop counts what was due while counting, however late it is answered; a closed one what is answered then. */
static bool counts(const struct bench_load *load, int64_t since_ns)
{
    if (load->plan->per_second == 0) return load->phase == COUNTING;
    return load->counts_ns > 0 && since_ns >= load->counts_ns && since_ns < load->counts_ns + load->plan->counted_ns;
}

static void count_answer(struct bench_load *load, const struct bench_lane *lane, int64_t now)
{
    load->outcome->last_ns = now;
    if (load->phase == COUNTING) load->outcome->answers++;
    if (counts(load, lane->since_ns)) bench_histogram_add(&load->outcome->latency, now - lane->since_ns);
}

static void count_refusal(struct bench_load *load, const struct bench_lane *lane, int64_t now)
{
    if (!counts(load, lane->since_ns)) return;
    load->outcome->refusals++;
    bench_histogram_add(&load->outcome->refusal, now - lane->since_ns);
}

static void fail_answer(struct bench_load *load, const struct bench_answer *answer)
{
    char why[32];
    (void)snprintf(why, sizeof why, "status %d: ", answer->status);
    fail(load, why, answer->body);
}

static void take_answer(struct bench_load *load, struct bench_lane *lane, const struct bench_answer *answer)
{
    int64_t now = bench_now_ns();
    enum bench_verdict verdict = load->plan->talk->heard(load->plan->context, lane->number, answer);
    switch (verdict) {
    case BENCH_FINE: count_answer(load, lane, now); break;
    case BENCH_REFUSED: count_refusal(load, lane, now); break;
    case BENCH_WRONG: fail_answer(load, answer); break;
    }
    if (answer->closes) reopen_lane(load, lane);
    if (verdict == BENCH_REFUSED && load->plan->per_second == 0) rest_lane(load, lane, now);
    else release_lane(load, lane, now);
}

static void lose_lane(struct bench_load *load, struct bench_lane *lane, bool waited, const char *why)
{
    if (waited) fail(load, why, STR_NONE);
    reopen_lane(load, lane);
    if (waited) release_lane(load, lane, bench_now_ns());
}

static void hear(struct bench_lane *lane)
{
    struct bench_answer answer;
    bool waited = lane->waits;
    switch (bench_lane_hear(lane, &answer)) {
    case BENCH_HEARD_PART: break;
    case BENCH_HEARD_END: lose_lane(lane->load, lane, waited, "the connection broke"); break;
    case BENCH_HEARD_STRANGE: lose_lane(lane->load, lane, waited, "an answer without a readable length"); break;
    case BENCH_HEARD_ALL:
        if (waited) take_answer(lane->load, lane, &answer);
        else lose_lane(lane->load, lane, false, "an answer to nothing");
        break;
    }
}

/* ---- time ---- */

static void ask_what_is_due(struct bench_load *load, int64_t now)
{
    int64_t since;
    while (load->free_count > 0 && asks_on(load) && bench_schedule_take(&load->schedule, now, &since)) {
        ask(load, load->free_lanes[--load->free_count], since);
    }
}

/* Nobody can be asked: who is due goes elsewhere. */
static void spill(struct bench_load *load, int64_t now)
{
    int64_t since;
    if (!load->plan->spills || load->free_count > 0 || !asks_on(load)) return;
    while (bench_schedule_take(&load->schedule, now, &since)) load->outcome->spilled += counts(load, since);
}

static void enter(struct bench_load *load, enum phase phase, int64_t now)
{
    const struct bench_plan *plan = load->plan;
    if (load->phase == COUNTING) load->outcome->counted_ns = now - load->counts_ns;
    if (phase == COUNTING) load->counts_ns = now;
    if (plan->edge && phase == COUNTING) plan->edge(plan->edge_context, true);
    if (plan->edge && load->phase == COUNTING) plan->edge(plan->edge_context, false);
    load->phase = phase;
}

static int64_t phase_ends_at(const struct bench_load *load)
{
    if (load->phase == WARMING) return load->started_ns + load->plan->warm_ns;
    if (load->phase == COUNTING) return load->counts_ns + load->plan->counted_ns;
    return load->counts_ns + load->plan->counted_ns + end_within_ns;
}

static void change_phase(struct bench_load *load, int64_t now)
{
    if (load->phase == WARMING && now >= phase_ends_at(load)) enter(load, COUNTING, now);
    if (load->phase == COUNTING && (now >= phase_ends_at(load) || (load->is_dry && load->out == 0))) enter(load, ENDING, now);
    if (load->phase == WARMING && load->is_dry && load->out == 0) enter(load, ENDING, now);
    if (load->phase != ENDING) return;
    bool is_late = now >= phase_ends_at(load);
    if (is_late && load->out > 0) fail(load, "answers that never came", STR_NONE);
    if (is_late || load->out == 0) enter(load, OVER, now);
}

static int64_t earlier(int64_t a, int64_t b) { return a < b ? a : b; }

/* Does what is to be done by now; when to look again. */
static int64_t turn(struct bench_load *load, int64_t now)
{
    if (load->phase == OVER) return INT64_MAX;
    change_phase(load, now);
    ask_who_rested(load, now);
    ask_what_is_due(load, now);
    spill(load, now);
    int64_t next = phase_ends_at(load);
    bool waits_for_time = load->plan->per_second > 0 && asks_on(load);
    if (waits_for_time && load->free_count > 0) next = earlier(next, bench_schedule_next_ns(&load->schedule, now));
    if (load->first_resting != NULL && asks_on(load)) next = earlier(next, load->first_resting->rests_until_ns);
    if (waits_for_time && load->plan->spills) next = earlier(next, now + spill_every_ns);
    return next;
}

static bool wait_and_hear(int epoll, int64_t until_ns)
{
    struct epoll_event events[EVENTS_AT_ONCE];
    int64_t left = until_ns - bench_now_ns();
    if (left < 0) left = 0;
    struct timespec wait = { .tv_sec = left / BENCH_SECOND, .tv_nsec = left % BENCH_SECOND };
    int count = epoll_pwait2(epoll, events, EVENTS_AT_ONCE, &wait, NULL);
    for (int i = 0; i < count; i++) hear(events[i].data.ptr);
    return count >= 0 || errno == EINTR;
}

/* ---- all together ---- */

static bool drive(struct bench_load *loads, size_t count, int epoll)
{
    for (;;) {
        size_t over = 0;
        int64_t next = INT64_MAX, now = bench_now_ns();
        for (size_t i = 0; i < count; i++) {
            int64_t wanted = turn(&loads[i], now);
            if (wanted < next) next = wanted;
            over += loads[i].phase == OVER;
        }
        if (over == count) return true;
        if (is_interrupted || !wait_and_hear(epoll, next)) return false;
    }
}

static bool open_loads(struct bench_load *loads, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!open_lanes(&loads[i])) return false;
    }
    int64_t now = bench_now_ns();
    for (size_t i = 0; i < count; i++) {
        loads[i].started_ns = now;
        loads[i].schedule = (struct bench_schedule){ .began_ns = now, .per_second = loads[i].plan->per_second };
    }
    return true;
}

static bool run_on(int epoll, struct bench_load *loads, size_t count, struct error *error)
{
    bool is_open = open_loads(loads, count);
    bool is_through = is_open && drive(loads, count, epoll);
    for (size_t i = 0; i < count; i++) {
        if (!is_open && loads[i].error.text[0]) *error = loads[i].error;
        close_lanes(&loads[i]);
    }
    return is_through || !is_open ? is_through : error_set(error, "interrupted");
}

bool bench_load_run(const struct bench_plan *plans, struct bench_outcome *outcomes, size_t count, struct error *error)
{
    struct bench_load loads[PLANS_MAX] = { 0 };
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    if (epoll < 0) return error_set(error, "no epoll: %s", strerror(errno));
    INSIST(count <= PLANS_MAX);
    (void)prctl(PR_SET_TIMERSLACK, TIMER_SLACK_NS, 0, 0, 0);
    for (size_t i = 0; i < count; i++) {
        memset(&outcomes[i], 0, sizeof outcomes[i]);
        loads[i] = (struct bench_load){ .plan = &plans[i], .outcome = &outcomes[i], .epoll = epoll };
    }
    bool is_through = run_on(epoll, loads, count, error);
    (void)close(epoll);
    return is_through;
}
