/* SPDX-License-Identifier: Apache-2.0 */
/* loop: libuv behind the world's doors. Knows clocks, timers, signals and queues, and nothing about what they are used for. */
#include "world/loop.h"

#include <openssl/rand.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uv.h>

#include "base/hash.h"
#include "base/log.h"
#include "world/http_client.h"
#include "world/work_thread.h"

enum { RANDOM_POOL_BYTES = 512 }; /* one call of the generator serves some thirty ids */

/* A libuv timer that some world_timer has borrowed. */
struct pooled_timer {
    uv_timer_t uv;
    struct world_timer *timer;
    struct loop *loop;
    struct pooled_timer *next_free; /* in the pool */
    struct pooled_timer *next_made; /* of all that there are */
};

struct loop {
    struct world world; /* first, so that the doors find us */
    uv_loop_t uv;
    struct http_client *client;
    struct work_thread *commits;
    struct work_thread *asks;

    uv_prepare_t before_sleep;
    uv_signal_t signals[3]; /* SIGTERM, SIGINT, SIGHUP */
    void (*stop)(void *context);
    void *stop_context;
    void (*reload)(void *context);
    void *reload_context;

    struct pooled_timer *free_timers;
    struct pooled_timer *made_timers;
    size_t random_left;
    uint8_t random_pool[RANDOM_POOL_BYTES];
};

static struct loop *loop_of(struct world *world)
{
    return CONTAINER_OF(world, struct loop, world);
}

static micros clock_read(clockid_t clock)
{
    struct timespec time;
    INSIST(clock_gettime(clock, &time) == 0);
    return (micros)time.tv_sec * MICROS_PER_SECOND + time.tv_nsec / 1000;
}

static micros door_now(struct world *world)
{
    (void)world;
    return clock_read(CLOCK_REALTIME);
}

static micros door_monotonic(struct world *world)
{
    (void)world;
    return clock_read(CLOCK_MONOTONIC);
}

static void random_fill(void *bytes, size_t length)
{
    INSIST(RAND_bytes(bytes, (int)length) == 1);
}

/* Small pieces come from a pool; a byte that was handed out is wiped there. */
static void door_random(struct world *world, void *bytes, size_t length)
{
    struct loop *loop = loop_of(world);
    if (length > RANDOM_POOL_BYTES) {
        INSIST(length <= INT32_MAX);
        random_fill(bytes, length);
        return;
    }
    if (loop->random_left < length) {
        random_fill(loop->random_pool, RANDOM_POOL_BYTES);
        loop->random_left = RANDOM_POOL_BYTES;
    }
    loop->random_left -= length;
    memcpy(bytes, loop->random_pool + loop->random_left, length);
    secret_wipe(loop->random_pool + loop->random_left, length);
}

static struct pooled_timer *timer_borrow(struct loop *loop)
{
    struct pooled_timer *pooled = loop->free_timers;
    if (pooled != NULL) {
        loop->free_timers = pooled->next_free;
        return pooled;
    }
    pooled = memory_take(sizeof *pooled);
    pooled->loop = loop;
    INSIST(uv_timer_init(&loop->uv, &pooled->uv) == 0);
    pooled->uv.data = pooled;
    pooled->next_made = loop->made_timers;
    loop->made_timers = pooled;
    return pooled;
}

static void timer_give_back(struct pooled_timer *pooled)
{
    pooled->timer->handle = NULL;
    pooled->timer = NULL;
    pooled->next_free = pooled->loop->free_timers;
    pooled->loop->free_timers = pooled;
}

static void timer_fired(uv_timer_t *uv)
{
    struct pooled_timer *pooled = uv->data;
    struct world_timer *timer = pooled->timer;
    timer_give_back(pooled);
    timer->fire(timer);
}

/* libuv counts from the start of its turn and in whole milliseconds; a timer must not come too early. */
static uint64_t timer_ms(struct loop *loop, micros after)
{
    if (after <= 0) return 0;
    uint64_t due = uv_hrtime() / 1000 + (uint64_t)after;
    return (due + MICROS_PER_MS - 1) / MICROS_PER_MS - uv_now(&loop->uv);
}

static void door_timer_start(struct world *world, struct world_timer *timer, micros after)
{
    struct loop *loop = loop_of(world);
    if (timer->handle == NULL) timer->handle = timer_borrow(loop);
    struct pooled_timer *pooled = timer->handle;
    pooled->timer = timer;
    INSIST(uv_timer_start(&pooled->uv, timer_fired, timer_ms(loop, after), 0) == 0);
}

static void door_timer_stop(struct world *world, struct world_timer *timer)
{
    (void)world;
    struct pooled_timer *pooled = timer->handle;
    if (pooled == NULL) return;
    INSIST(uv_timer_stop(&pooled->uv) == 0);
    timer_give_back(pooled);
}

static void door_commit(struct world *world, struct work *work)
{
    struct loop *loop = loop_of(world);
    INSIST(loop->commits != NULL);
    work_thread_give(loop->commits, work);
}

static void door_ask(struct world *world, struct work *work)
{
    struct loop *loop = loop_of(world);
    INSIST(loop->asks != NULL);
    work_thread_give(loop->asks, work);
}

static void door_send(struct world *world, struct http_call *call)
{
    http_client_send(loop_of(world)->client, call);
}

static const struct world_doors doors = {
    .now = door_now,
    .monotonic = door_monotonic,
    .random = door_random,
    .timer_start = door_timer_start,
    .timer_stop = door_timer_stop,
    .commit = door_commit,
    .ask = door_ask,
    .send = door_send,
};

static void flush_log(uv_prepare_t *prepare)
{
    (void)prepare;
    log_flush();
}

static void signal_came(uv_signal_t *signal, int number)
{
    struct loop *loop = signal->data;
    if (number == SIGHUP) loop->reload(loop->reload_context);
    else if (loop->stop != NULL) loop->stop(loop->stop_context);
}

/* These never keep the loop alive by themselves. */
static void prepare_handles(struct loop *loop)
{
    INSIST(uv_prepare_init(&loop->uv, &loop->before_sleep) == 0);
    INSIST(uv_prepare_start(&loop->before_sleep, flush_log) == 0);
    uv_unref((uv_handle_t *)&loop->before_sleep);
    for (size_t i = 0; i < COUNT_OF(loop->signals); i++) {
        INSIST(uv_signal_init(&loop->uv, &loop->signals[i]) == 0);
        loop->signals[i].data = loop;
        uv_unref((uv_handle_t *)&loop->signals[i]);
    }
}

struct loop *loop_open(struct error *error)
{
    struct loop *loop = memory_take(sizeof *loop);
    (void)signal(SIGPIPE, SIG_IGN); /* a peer that hangs up is an error value, not a signal */
    loop->world.doors = &doors;
    int failed = uv_loop_init(&loop->uv);
    if (failed) {
        error_set(error, "cannot open an event loop: %s", uv_strerror(failed));
        free(loop);
        return NULL;
    }
    prepare_handles(loop);
    loop->client = http_client_open(loop, error);
    if (loop->client != NULL) return loop;
    loop_close(loop);
    return NULL;
}

struct world *loop_world(struct loop *loop)
{
    return &loop->world;
}

bool loop_commits_on(struct loop *loop, work_batch *batch, void *on, struct error *error)
{
    if (loop->commits != NULL) return work_thread_widen(loop->commits, "commits", on, error);
    loop->commits = work_thread_open(&loop->uv, "commits", batch, on, error);
    return loop->commits != NULL;
}

bool loop_asks_on(struct loop *loop, work_batch *batch, void *on, struct error *error)
{
    INSIST(loop->asks == NULL);
    loop->asks = work_thread_open(&loop->uv, "questions", batch, on, error);
    return loop->asks != NULL;
}

size_t loop_commits_pending(const struct loop *loop)
{
    return loop->commits == NULL ? 0 : work_thread_pending(loop->commits);
}

void loop_on_stop(struct loop *loop, void (*stop)(void *context), void *context)
{
    loop->stop = stop;
    loop->stop_context = context;
    INSIST(uv_signal_start(&loop->signals[0], signal_came, SIGTERM) == 0);
    INSIST(uv_signal_start(&loop->signals[1], signal_came, SIGINT) == 0);
}

void loop_on_reload(struct loop *loop, void (*reload)(void *context), void *context)
{
    loop->reload = reload;
    loop->reload_context = context;
    INSIST(uv_signal_start(&loop->signals[2], signal_came, SIGHUP) == 0);
}

void loop_run(struct loop *loop)
{
    (void)uv_run(&loop->uv, UV_RUN_DEFAULT);
    log_flush();
}

void loop_stop(struct loop *loop)
{
    uv_stop(&loop->uv);
}

static void free_timer(uv_handle_t *handle)
{
    free(handle->data);
}

static void close_timers(struct loop *loop)
{
    for (struct pooled_timer *pooled = loop->made_timers; pooled != NULL; pooled = pooled->next_made) {
        uv_close((uv_handle_t *)&pooled->uv, free_timer);
    }
}

void loop_close(struct loop *loop)
{
    if (loop->commits != NULL) work_thread_close(loop->commits);
    if (loop->asks != NULL) work_thread_close(loop->asks);
    if (loop->client != NULL) http_client_close(loop->client);
    close_timers(loop);
    uv_close((uv_handle_t *)&loop->before_sleep, NULL);
    for (size_t i = 0; i < COUNT_OF(loop->signals); i++) uv_close((uv_handle_t *)&loop->signals[i], NULL);

    (void)uv_run(&loop->uv, UV_RUN_DEFAULT); /* whatever was closed ends here */
    INSIST(uv_loop_close(&loop->uv) == 0);
    secret_wipe(loop->random_pool, sizeof loop->random_pool);
    free(loop);
}

struct uv_loop_s *loop_uv(struct loop *loop)
{
    return &loop->uv;
}
