/* SPDX-License-Identifier: Apache-2.0 */
/* nodes: the lease of this node among several on one database, and what becomes of those that die.
 *
 *     each second      given ──▶ [ beats + 1; the signs of the others ] ──▶ told
 *     our lease        from given of the last beat that was kept, four seconds by our own clock
 *     another's        over when his sign, looked at again and again, has not changed for five seconds by our clock
 *
 * No two clocks are ever compared (docs/decisions/0025-nodes.md). A life that was taken over finds its commits fenced off. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "flow/flows_internal.h"

#define BEAT_PAUSE MICROS_PER_SECOND
#define LOOK_GAP_MAX (INT64_C(3) * MICROS_PER_SECOND) /* who did not look for longer has not seen that nothing moved */

/* Another node: its sign, and since when it has been that one. */
struct watched {
    struct node_sign sign;
    micros since;
};

struct nodes {
    struct flows *flows;
    struct world_timer timer;
    struct work work;
    bool busy;
    void (*begun)(struct flows *flows); /* NULL: the first beat was kept */
    micros given_at;    /* when the last look was asked for */
    micros lease_until; /* 0: no beat was kept yet */
    struct node_sign seen[NODES_MAX];
    size_t seen_count;
    struct watched watched[NODES_MAX];
    size_t watched_count;
    struct node_sign dead; /* the one that is being taken over */
    bool was_dead;
    struct arena arena;
    struct operation_record *taken;
    size_t taken_count;
};

static micros clock_of(const struct nodes *nodes) { return world_monotonic(nodes->flows->options.world); }

/* ---- the lease ---- */

bool lease_holds(const struct flows *flows)
{
    return !flows->nodes || world_monotonic(flows->options.world) < flows->nodes->lease_until;
}

bool is_driven_here(const struct flows *flows, const struct operation_record *operation)
{
    const struct node_life *life = &flows->options.life;
    return str_equal(operation->node, str_of(life->node)) && operation->node_epoch == life->epoch;
}

size_t nodes_count(const struct flows *flows) { return flows->nodes ? flows->nodes->watched_count + 1 : 0; }

static void rest(struct nodes *nodes)
{
    micros next = nodes->given_at + BEAT_PAUSE - clock_of(nodes);
    nodes->busy = false;
    arena_close(&nodes->arena);
    world_timer_start(nodes->flows->options.world, &nodes->timer, next > 0 ? next : 0);
}

/* ---- taking over ---- */

static void take_over(struct work *work, void *store)
{
    struct nodes *nodes = CONTAINER_OF(work, struct nodes, work);
    arena_close(&nodes->arena);
    nodes->was_dead = store_take_over(store, &nodes->arena, nodes->flows->options.merchant, &nodes->dead, &nodes->taken, &nodes->taken_count);
}

static void took_over(struct work *work)
{
    struct nodes *nodes = CONTAINER_OF(work, struct nodes, work);
    if (work->result == WORK_DONE && nodes->was_dead) {
        log_warn("a node gave no sign of life; what it had open is ours", LOG_TEXT("node", str_of(nodes->dead.life.node)),
                 LOG_NUMBER("epoch", nodes->dead.life.epoch), LOG_NUMBER("operations", nodes->taken_count));
        for (size_t i = 0; i < nodes->taken_count; i++) take_up_operation(nodes->flows, &nodes->taken[i]);
        measure_takeover(nodes->taken_count);
    }
    rest(nodes);
}

/* ---- watching ---- */

static const struct watched *find_watched(const struct watched *list, size_t count, const struct node_sign *sign)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(list[i].sign.life.node, sign->life.node) == 0) return &list[i];
    }
    return NULL;
}

static bool is_same_sign(const struct node_sign *one, const struct node_sign *other)
{
    return one->life.epoch == other->life.epoch && one->beats == other->beats;
}

/* What was seen becomes what is watched; an unchanged sign keeps its time, unless nobody looked meanwhile. */
static void watch(struct nodes *nodes, bool looked_away)
{
    struct watched before[NODES_MAX];
    size_t before_count = nodes->watched_count;
    memcpy(before, nodes->watched, sizeof before);
    for (size_t i = 0; i < nodes->seen_count; i++) {
        const struct watched *known = find_watched(before, before_count, &nodes->seen[i]);
        bool unchanged = known && !looked_away && is_same_sign(&known->sign, &nodes->seen[i]);
        nodes->watched[i] = (struct watched){ nodes->seen[i], unchanged ? known->since : clock_of(nodes) };
    }
    nodes->watched_count = nodes->seen_count;
}

/* The sign was read after given_at and was there already at `since`: in between it did not move. */
static const struct watched *find_dead(const struct nodes *nodes)
{
    for (size_t i = 0; i < nodes->watched_count; i++) {
        if (nodes->given_at - nodes->watched[i].since >= LEASE_OTHERS) return &nodes->watched[i];
    }
    return NULL;
}

static void beat(struct work *work, void *store)
{
    struct nodes *nodes = CONTAINER_OF(work, struct nodes, work);
    nodes->seen_count = store_beat(store, nodes->seen);
}

/* The beat was kept: the lease runs from before it was written. */
static void hold_on(struct nodes *nodes)
{
    micros until = nodes->given_at + LEASE_OWN, gap = until - nodes->lease_until; /* since the look before */
    watch(nodes, gap > LOOK_GAP_MAX);
    nodes->lease_until = until;
    void (*begun)(struct flows * flows) = nodes->begun;
    nodes->begun = NULL;
    if (begun) begun(nodes->flows);
}

static void beaten(struct work *work)
{
    struct nodes *nodes = CONTAINER_OF(work, struct nodes, work);
    const struct watched *dead = NULL;
    if (work->result == WORK_DONE) hold_on(nodes);
    if (work->result == WORK_DONE && !nodes->flows->stopping) dead = find_dead(nodes);
    if (!dead) {
        rest(nodes);
        return;
    }
    nodes->dead = dead->sign;
    nodes->work = (struct work){ .run = take_over, .done = took_over };
    world_commit(nodes->flows->options.world, &nodes->work);
}

static void look(struct world_timer *timer)
{
    struct nodes *nodes = CONTAINER_OF(timer, struct nodes, timer);
    nodes->busy = true;
    nodes->given_at = clock_of(nodes);
    nodes->work = (struct work){ .run = beat, .done = beaten };
    world_commit(nodes->flows->options.world, &nodes->work);
}

/* ---- beginning and ending ---- */

void nodes_begin(struct flows *flows, void (*begun)(struct flows *flows))
{
    struct nodes *nodes = memory_take(sizeof *nodes);
    nodes->flows = flows;
    nodes->begun = begun;
    nodes->timer.fire = look;
    flows->nodes = nodes;
    look(&nodes->timer);
}

bool nodes_are_busy(const struct flows *flows) { return flows->nodes && flows->nodes->busy; }

void nodes_close(struct flows *flows)
{
    if (!flows->nodes) return;
    INSIST(!flows->nodes->busy);
    world_timer_stop(flows->options.world, &flows->nodes->timer);
    free(flows->nodes);
    flows->nodes = NULL;
}
