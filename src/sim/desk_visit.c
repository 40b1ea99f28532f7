/* SPDX-License-Identifier: Apache-2.0 */
/* desk_visit: the way of a request from its arrival to what is to be said; see the picture in desk.h. */
#include "sim/desk.h"

/* --- The way --- */

/* A fault that was ordered takes the place of chance. */
static bool fails_by_chance(const struct desk_visit *visit)
{
    if (visit->is_exempt) return false;
    if (visit->luck.kind != NULL) return visit->luck.kind->says == DESK_SAYS_CHAOS;
    return (int64_t)visit->chance_draw < visit->desk->options.failure_millionths;
}

static void act(struct desk_visit *visit)
{
    const struct desk_trade *trade = visit->desk->trade;
    if (fails_by_chance(visit)) {
        visit->desk->counters.chance_failures++;
        trade->fail(visit);
    } else {
        trade->act(visit);
    }
    struct desk_noted *noted = desk_visit_noted(visit);
    if (noted) noted->acted = visit->acted;
    desk_delivery_begin(visit);
}

static void slept(struct world_timer *timer)
{
    act(CONTAINER_OF(timer, struct desk_visit, timer));
}

/* Whole milliseconds, evenly from the least to just below the most. */
static int64_t draw_latency_ms(struct desk *desk)
{
    int64_t least = desk->options.latency_ms[0], most = desk->options.latency_ms[1];
    return least == most ? least : least + (int64_t)desk_chance_below(&desk->chance, (uint64_t)(most - least));
}

/* A late answer sleeps behind the operation instead. */
static int64_t latency_ms(struct desk_visit *visit)
{
    int64_t usual = visit->is_exempt ? 0 : draw_latency_ms(visit->desk);
    bool has_its_own = visit->luck.kind != NULL && visit->luck.kind->sends != DESK_SENDS_LATE && visit->luck.latency_ms >= 0;
    return has_its_own ? visit->luck.latency_ms : usual;
}

static void sleep_then_act(struct desk_visit *visit)
{
    int64_t wait_ms = latency_ms(visit);
    visit->chance_draw = desk_chance_below(&visit->desk->chance, DESK_MILLION);
    if (wait_ms == 0) {
        act(visit);
        return;
    }
    visit->timer.fire = slept;
    world_timer_start(visit->desk->options.world, &visit->timer, wait_ms * MICROS_PER_MS);
}

/* --- The beginning --- */

static str decoded_path(struct http_exchange *exchange)
{
    str path = exchange->request.path;
    if (!str_contains(path, STR("%"))) return path;
    return http_decode(exchange->arena, path, false, &path) ? path : exchange->request.path;
}

static void note(struct desk_visit *visit)
{
    struct desk_noted *noted = desk_requests_note(&visit->desk->requests);
    const struct http_request *request = &visit->exchange->request;
    noted->came_at = desk_now(visit->desk);
    desk_noted_copy(noted->method, sizeof noted->method, request->method);
    desk_noted_copy(noted->path, sizeof noted->path, request->path);
    desk_noted_copy(noted->key, sizeof noted->key, visit->key);
    if (visit->luck.kind != NULL) noted->fault = visit->luck.kind->name;
    visit->noted = noted;
    visit->number = noted->number;
}

struct desk_noted *desk_visit_noted(const struct desk_visit *visit)
{
    return visit->noted->number == visit->number ? visit->noted : NULL;
}

static void meet_fault(struct desk_visit *visit)
{
    struct desk *desk = visit->desk;
    struct desk_faults *faults = &desk->faults;
    if (faults->count == 0) return;
    str card = desk_faults_ask_for_card(faults) ? desk->trade->card_of(visit) : STR("");
    visit->luck = desk_faults_meet(faults, visit->path, visit->key, card, visit->answers_at_once);
    if (visit->luck.kind == NULL) return;
    desk->counters.faults++;
    if (visit->luck.kind->skips_lookup) visit->answers_at_once = false;
}

static struct desk_visit *open_visit(struct desk *desk, struct http_exchange *exchange)
{
    struct desk_visit *visit = arena_take(exchange->arena, desk->trade->visit_bytes);
    visit->desk = desk;
    visit->exchange = exchange;
    visit->path = decoded_path(exchange);
    visit->next = desk->visits;
    if (visit->next) visit->next->previous = visit;
    desk->visits = visit;
    desk->pending++;
    return visit;
}

void desk_visit_begin(struct desk *desk, struct http_exchange *exchange)
{
    struct desk_visit *visit = open_visit(desk, exchange);
    desk->trade->arrive(visit);
    meet_fault(visit);
    note(visit);
    if (!visit->answers_at_once) {
        sleep_then_act(visit);
        return;
    }
    desk->trade->replay(visit);
    desk_delivery_begin(visit);
}
