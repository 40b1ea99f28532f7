/* SPDX-License-Identifier: Apache-2.0 */
/* world: the doors outside. Time, chance, timers, the store's queue and the network come in here and nowhere else,
 * so that a test can turn the clock by hand and replay any run from its seed. All calls are for the loop's thread. */
#ifndef FLORIN_WORLD_WORLD_H
#define FLORIN_WORLD_WORLD_H

#include "base/arena.h"
#include "base/work.h"

struct world;
struct http_call;

/* A one-shot timer inside somebody's struct. All zero is a stopped one. */
struct world_timer {
    void (*fire)(struct world_timer *timer);
    void *handle; /* the world's own */
};

struct world_doors {
    micros (*now)(struct world *world);       /* wall clock; may jump */
    micros (*monotonic)(struct world *world); /* only forward; spans and deadlines */
    void (*random)(struct world *world, void *bytes, size_t length);
    void (*timer_start)(struct world *world, struct world_timer *timer, micros after);
    void (*timer_stop)(struct world *world, struct world_timer *timer);
    void (*commit)(struct world *world, struct work *work); /* the writing transaction queue */
    void (*ask)(struct world *world, struct work *work);    /* the read-only queue: committed things only */
    void (*send)(struct world *world, struct http_call *call);
};

/* Every world begins with its doors. */
struct world {
    const struct world_doors *doors;
};

static inline micros world_now(struct world *world) { return world->doors->now(world); }
static inline micros world_monotonic(struct world *world) { return world->doors->monotonic(world); }

/* Fills with bytes from a cryptographic source; without one the process stops. */
static inline void world_random(struct world *world, void *bytes, size_t length)
{
    world->doors->random(world, bytes, length);
}

/* Calls timer->fire once, after that span (restarts it when it runs). The timer must stay where it is until fired or stopped. */
static inline void world_timer_start(struct world *world, struct world_timer *timer, micros after)
{
    world->doors->timer_start(world, timer, after);
}

/* Never fires after this. Harmless on a stopped timer. */
static inline void world_timer_stop(struct world *world, struct world_timer *timer)
{
    world->doors->timer_stop(world, timer);
}

/* Runs work->run(work, store) inside a transaction on the store's thread; work->done on the loop once that is durable. */
static inline void world_commit(struct world *world, struct work *work) { world->doors->commit(world, work); }

/* Runs work->run(work, store) in a read-only snapshot; work->done on the loop. */
static inline void world_ask(struct world *world, struct work *work) { world->doors->ask(world, work); }

/* Sends one HTTP request (http_client.h); call->done on the loop, exactly once, never before this returns. */
static inline void world_send(struct world *world, struct http_call *call) { world->doors->send(world, call); }

#endif
