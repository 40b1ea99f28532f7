/* SPDX-License-Identifier: Apache-2.0 */
/* flow: the engine: runs step after step until one sleeps or finishes. */
#include "flow/flow.h"

#include "base/crash.h"

/* A full disk is asked again after this pause. */
#define FULL_PAUSE (INT64_C(500) * MICROS_PER_MS)

static const struct step *step_of(const struct flow *flow) { return &flow->kind->steps[flow->step]; }

/* Follows what the step said; true when there is a step to run now. */
static bool follow(struct flow *flow, struct next next)
{
    crash_point_step(flow->kind->name, step_of(flow)->name);
    flow->step = next.step;
    if (next.kind == NEXT_FINISH) flow->kind->finished(flow);
    return next.kind == NEXT_GO;
}

static void run(struct flow *flow)
{
    for (;;) {
        const struct step *step = step_of(flow);
        if (step->place == IN_TRANSACTION) {
            if (!flow->has_run) flow->before = arena_mark_of(&flow->arena);
            flow->in_transaction = true;
            world_commit(flow->world, &flow->work);
            return;
        }
        if (!follow(flow, step->run(flow))) return;
    }
}

/* A disk may be full for days, and each try takes memory again: what the last one took goes first. Not before, for the loop may
 * look at it until the step is at work again. */
static void run_transaction(struct work *work, void *store)
{
    struct flow *flow = CONTAINER_OF(work, struct flow, work);
    flow->runs_again = flow->has_run;
    if (flow->runs_again) arena_back_to(&flow->arena, &flow->before);
    flow->has_run = true;
    flow->store = store;
    flow->next = step_of(flow)->run(flow);
    flow->store = NULL;
}

static void transaction_over(struct work *work)
{
    struct flow *flow = CONTAINER_OF(work, struct flow, work);
    const struct step *step = step_of(flow);
    bool committed = work->result == WORK_DONE;
    flow->in_transaction = false;
    if (flow->kind->rested) flow->kind->rested(flow, committed);
    if (!committed && step->if_full == 0) {
        flow_wake_after(flow, FULL_PAUSE);
        return;
    }
    flow->has_run = false;
    if (follow(flow, committed ? flow->next : go(step->if_full))) run(flow);
}

static void timer_fired(struct world_timer *timer) { flow_wake(CONTAINER_OF(timer, struct flow, timer)); }

void flow_begin(struct flow *flow, const struct flow_kind *kind, struct world *world, int step)
{
    flow->kind = kind;
    flow->world = world;
    flow->step = step;
    flow->work.run = run_transaction;
    flow->work.done = transaction_over;
    flow->timer.fire = timer_fired;
    run(flow);
}

void flow_wake(struct flow *flow) { run(flow); }

void flow_wake_after(struct flow *flow, micros span) { world_timer_start(flow->world, &flow->timer, span); }
