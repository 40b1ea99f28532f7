/* SPDX-License-Identifier: Apache-2.0 */
/* fake_world: one list of timers for all who live here, and the queues of the store. */
#include "world/fake_world_internal.h"

#include <stdlib.h>

static const micros first_moment = INT64_C(1772323200) * MICROS_PER_SECOND; /* 2026-03-01T00:00:00Z */

/* ---- time and chance ---- */

static micros door_monotonic(struct world *world) { return face_of(world)->fake->clock; }

static micros door_now(struct world *world)
{
    const struct face *face = face_of(world);
    const struct fake_world *fake = face->fake;
    return first_moment + fake->clock + fake->wall_ahead + (face == &fake->gateway ? fake->gateway_ahead : 0);
}

static void door_random(struct world *world, void *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) ((uint8_t *)bytes)[i] = (uint8_t)chance_below(&face_of(world)->fake->chance, 256);
}

static void forget_timer(struct fake_world *fake, size_t at)
{
    fake->timers[at].timer->handle = NULL;
    fake->timers[at] = fake->timers[--fake->timer_count];
}

static void door_timer_stop(struct world *world, struct world_timer *timer)
{
    struct fake_world *fake = face_of(world)->fake;
    if (!timer->handle) return;
    for (size_t i = 0; i < fake->timer_count; i++) {
        if (fake->timers[i].timer != timer) continue;
        forget_timer(fake, i);
        return;
    }
    INSIST(!"a timer that says it runs is known");
}

static void door_timer_start(struct world *world, struct world_timer *timer, micros after)
{
    struct face *face = face_of(world);
    struct fake_world *fake = face->fake;
    door_timer_stop(world, timer);
    INSIST(fake->timer_count < FAKE_TIMERS_MAX && after >= 0 && timer->fire != NULL);
    fake->timers[fake->timer_count++] = (struct running_timer){ timer, face, fake->clock + after, fake->orders++ };
    timer->handle = timer;
}

static bool is_sooner(const struct running_timer *a, const struct running_timer *b)
{
    return a->due < b->due || (a->due == b->due && a->order < b->order);
}

/* The place of the timer that fires next; timer_count when none runs. */
static size_t next_timer(const struct fake_world *fake)
{
    size_t next = 0;
    for (size_t i = 1; i < fake->timer_count; i++) next = is_sooner(&fake->timers[i], &fake->timers[next]) ? i : next;
    return next;
}

static bool fire_next(struct fake_world *fake, micros until)
{
    size_t next = next_timer(fake);
    if (fake->timer_count == 0 || fake->timers[next].due > until) return false;
    struct world_timer *timer = fake->timers[next].timer;
    if (fake->timers[next].due > fake->clock) fake->clock = fake->timers[next].due;
    forget_timer(fake, next);
    timer->fire(timer);
    return true;
}

/* ---- the store ---- */

static void push(struct queue *queue, struct work *work)
{
    work->next = NULL;
    if (queue->last) queue->last->next = work;
    else queue->first = work;
    queue->last = work;
}

static struct work *pop(struct queue *queue)
{
    struct work *work = queue->first;
    if (!work) return NULL;
    queue->first = work->next;
    if (!queue->first) queue->last = NULL;
    return work;
}

static void door_commit(struct world *world, struct work *work)
{
    struct fake_world *fake = face_of(world)->fake;
    uint32_t most = (uint32_t)fake->options.commit_latency_ms * MICROS_PER_MS;
    if (!fake->commits.first) fake->commit_due = fake->clock + (most > 0 ? chance_below(&fake->chance, most) : 0);
    push(&fake->commits, work);
}

static void door_ask(struct world *world, struct work *work) { push(&face_of(world)->fake->questions, work); }

/* Everything that waits shares one transaction, as on the store's thread; nobody is told yet. A slow disk lets timers go first. */
static bool commit_batch(struct fake_world *fake, micros until)
{
    struct work *works[WORK_BATCH_MAX];
    size_t count = 0;
    bool timer_first = fake->timer_count > 0 && fake->timers[next_timer(fake)].due < fake->commit_due;
    if (!fake->commits.first || fake->commit_due > until || (timer_first && fake->commit_due > fake->clock)) return false;
    if (fake->commit_due > fake->clock) fake->clock = fake->commit_due;
    while (count < WORK_BATCH_MAX && fake->commits.first) works[count++] = pop(&fake->commits);
    store_run_batch(fake->writer, works, count);
    for (size_t i = 0; i < count; i++) push(&fake->told, works[i]);
    return true;
}

static bool tell_one(struct fake_world *fake)
{
    struct work *work = pop(&fake->told);
    if (work) work->done(work);
    return work != NULL;
}

static bool answer_question(struct fake_world *fake)
{
    struct work *work = pop(&fake->questions);
    if (!work) return false;
    store_run_questions(fake->reader, &work, 1);
    work->done(work);
    return true;
}

/* ---- the world ---- */

static const struct world_doors gateway_doors = {
    .now = door_now,
    .monotonic = door_monotonic,
    .random = door_random,
    .timer_start = door_timer_start,
    .timer_stop = door_timer_stop,
    .commit = door_commit,
    .ask = door_ask,
    .send = network_send,
};

static const struct world_doors town_doors = {
    .now = door_now,
    .monotonic = door_monotonic,
    .random = door_random,
    .timer_start = door_timer_start,
    .timer_stop = door_timer_stop,
};

struct fake_world *fake_world_open(const struct fake_options *options)
{
    struct fake_world *fake = calloc(1, sizeof *fake);
    INSIST(fake);
    fake->options = *options;
    fake->gateway = (struct face){ { &gateway_doors }, fake };
    fake->town = (struct face){ { &town_doors }, fake };
    fake->clock = MICROS_PER_SECOND;
    fake->chance = chance_from(options->seed ^ UINT64_C(0x776f726c64)); /* "world": not the numbers that others draw from this seed */
    fake->bank = sim_bank_open(&(struct sim_bank_options){
        .world = &fake->town.world,
        .latency_ms = { options->bank_latency_ms[0], options->bank_latency_ms[1] },
        .failure_millionths = options->bank_failure_millionths,
        .auth_expiry_hours = options->bank_auth_expiry_hours,
        .seed = options->seed,
        .cards = 64,
        .hang_up = network_hang_up,
        .answer_twice = network_answer,
    });
    fake->houses[fake->house_count++] = (struct house){ .name = "bank", .desk = sim_bank_desk(fake->bank) };
    companies_open(fake);
    return fake;
}

void fake_world_close(struct fake_world *fake)
{
    fake_world_lose_gateway(fake, false);
    for (size_t i = 0; i < fake->house_count; i++) desk_let_go(fake->houses[i].desk, true);
    network_close(fake);
    companies_close(fake);
    sim_bank_close(fake->bank);
    free(fake);
}

struct world *fake_world_of_gateway(struct fake_world *fake) { return &fake->gateway.world; }

void fake_world_set_stores(struct fake_world *fake, struct store *writer, struct store *reader)
{
    fake->writer = writer;
    fake->reader = reader;
}

bool fake_world_step(struct fake_world *fake, micros until)
{
    bool stepped = tell_one(fake) || answer_question(fake) || commit_batch(fake, until) || fire_next(fake, until);
    fake->moments += stepped;
    if (!stepped && until > fake->clock) fake->clock = until;
    return stepped;
}

micros fake_world_clock(const struct fake_world *fake) { return fake->clock; }
int64_t fake_world_moments(const struct fake_world *fake) { return fake->moments; }
void fake_world_skip(struct fake_world *fake, micros span) { fake->clock += span; }

void fake_world_jump(struct fake_world *fake, micros span) { fake->wall_ahead += span; }
void fake_world_jump_gateway(struct fake_world *fake, micros span) { fake->gateway_ahead += span; }

void fake_world_lose_gateway(struct fake_world *fake, bool arrives)
{
    fake->commits = fake->told = fake->questions = (struct queue){ 0 };
    for (size_t i = fake->timer_count; i > 0; i--) {
        if (fake->timers[i - 1].face == &fake->gateway) forget_timer(fake, i - 1);
    }
    network_lose_gateway(fake, arrives);
    fake->writer = fake->reader = NULL;
}

bool fake_world_is_busy(const struct fake_world *fake) { return fake->commits.first || fake->told.first || fake->questions.first; }
