/* SPDX-License-Identifier: Apache-2.0 */
/* flow: work that waits is a table of named steps. A step ends by saying where to go; where it runs stands in the table.
 * What outlives a wait is a field of the flow's struct; a local never does. */
#ifndef FLORIN_FLOW_FLOW_H
#define FLORIN_FLOW_FLOW_H

#include "base/arena.h"
#include "store/store.h"
#include "world/world.h"

struct flow;

enum step_place {
    ON_LOOP,
    IN_TRANSACTION, /* on the store's thread; may be run again from its top, and changes only the store and its own flow */
};

struct next {
    enum { NEXT_GO, NEXT_SLEEP, NEXT_FINISH } kind;
    int step;
};

struct step {
    const char *name;
    enum step_place place;
    struct next (*run)(struct flow *flow);
    int if_full; /* IN_TRANSACTION: the step to go to when the disk is full; 0: the same again, until there is room */
};

struct flow_kind {
    const char *name; /* with a step's name it makes a crash point: "operation.record_outcome" */
    const struct step *steps;
    void (*finished)(struct flow *flow);
    /* Called on the loop when a transaction is over, before the next step: what it wrote is durable, or it had no room. NULL: nothing is
     * to be done then. */
    void (*rested)(struct flow *flow, bool committed);
};

struct flow {
    const struct flow_kind *kind;
    struct world *world;
    int step;              /* to be run, or running */
    bool in_transaction;   /* the store's thread has it: hands off */
    bool has_run;          /* the transaction step has run from its top, and may run again */
    bool runs_again;       /* it is doing so: what it decided from may have changed (a collision), or there was no room */
    struct arena_mark before; /* the arena when it ran first */
    struct next next;      /* what a transaction step said */
    struct store *store;   /* inside a transaction step only */
    struct arena arena;    /* lives as long as the flow */
    struct world_timer timer;
    struct work work;
};

static inline struct next go(int step) { return (struct next){ NEXT_GO, step }; }
/* Waits for flow_wake (a timer, an answer), then goes to that step. */
static inline struct next sleep_then(int step) { return (struct next){ NEXT_SLEEP, step }; }
static inline struct next finish(void) { return (struct next){ NEXT_FINISH, 0 }; }

/* Starts at that step. All of the struct but its owner's fields is zero before. */
void flow_begin(struct flow *flow, const struct flow_kind *kind, struct world *world, int step);

/* Goes on after sleep_then. */
void flow_wake(struct flow *flow);

/* Wakes it by itself after that span. */
void flow_wake_after(struct flow *flow, micros span);

#endif
