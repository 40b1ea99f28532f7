/* SPDX-License-Identifier: Apache-2.0 */
/* psp: opens and closes a company; ids, texts and effects that stay. */
#include "sim/psp.h"

#include <stdlib.h>
#include <string.h>

#include "world/http_client.h"

enum { CONTROLS_MAX = 32, ID_CHARS_MAX = 64 };

/* The desk's view of a company. */
struct psp_desk {
    struct desk_trade trade;
    struct desk_control_route controls[CONTROLS_MAX];
    struct psp psp;
};

static void clock_moved(struct desk *desk)
{
    psp_agenda_run(&psp_of(desk)->agenda);
}

static void forget_keys(struct desk *desk)
{
    psp_keys_forget_all(&psp_of(desk)->keys);
    psp_tokens_revoke(&psp_of(desk)->tokens);
}

/* Its own controls come first, so that it can have a book of its own shape. */
static size_t list_controls(const struct psp_trade *trade, struct desk_control_route *controls)
{
    size_t count = trade->control_count;
    INSIST(count + COUNT_OF(psp_controls) <= CONTROLS_MAX);
    if (count > 0) memcpy(controls, trade->controls, count * sizeof *controls);
    memcpy(controls + count, psp_controls, sizeof psp_controls);
    return count + COUNT_OF(psp_controls);
}

/* The last is for whatever has no route. */
static const char **name_endpoints(struct psp *psp)
{
    size_t count = psp->trade->route_count;
    const char **names = arena_take(&psp->arena, (count + 1) * sizeof *names);
    for (size_t i = 0; i < count; i++) {
        names[i] = arena_format(&psp->arena, "%s %s", psp->trade->routes[i].method, psp->trade->routes[i].path).bytes;
    }
    names[count] = "elsewhere";
    return names;
}

static void open_desk(struct psp_desk *own)
{
    const struct psp_trade *trade = own->psp.trade;
    own->trade = (struct desk_trade){
        .name = trade->name,
        .logs_as = "request to a simulator",
        .kinds = trade->kinds ? trade->kinds : psp_fault_kinds,
        .everything = trade->everything,
        .endpoints = own->psp.endpoints,
        .endpoint_count = trade->route_count + 1,
        .controls = own->controls,
        .control_count = list_controls(trade, own->controls),
        .visit_bytes = sizeof(struct psp_visit),
        .arrive = psp_visit_arrive,
        .card_of = psp_visit_card_number,
        .replay = psp_visit_replay,
        .act = psp_visit_act,
        .fail = psp_visit_fail,
        .disguise = psp_visit_disguise,
        .leave = psp_visit_leave,
        .clock_moved = clock_moved,
        .forget_keys = forget_keys,
    };
    desk_open(&own->psp.desk, &own->trade, &own->psp.options.desk);
}

static void open_notices(struct psp *psp)
{
    psp_notices_open(&psp->notices, &psp->desk, &psp->agenda, &psp->arena, psp->trade->sign);
    if (psp->options.notify == NULL || !*psp->options.notify) return;
    (void)psp_notices_add_target(&psp->notices, str_of(psp->options.notify), str_of(psp->options.webhook_secret));
}

struct psp *psp_open(const struct psp_trade *trade, const struct psp_options *options)
{
    struct psp_desk *own = memory_take(sizeof *own);
    struct psp *psp = &own->psp;
    psp->trade = trade;
    psp->options = *options;
    psp->endpoints = name_endpoints(psp);
    open_desk(own);
    psp_agenda_open(&psp->agenda, &psp->desk);
    psp_keys_open(&psp->keys);
    psp_book_open(&psp->book);
    open_notices(psp);
    psp->state = arena_take(&psp->arena, trade->state_bytes > 0 ? trade->state_bytes : 1);
    if (trade->open) trade->open(psp);
    return psp;
}

void psp_end(struct psp *psp)
{
    psp_notices_end(&psp->notices);
    psp_agenda_close(&psp->agenda);
}

void psp_close(struct psp *psp)
{
    INSIST(psp->desk.pending == 0);
    if (psp->trade->close) psp->trade->close(psp);
    psp_notices_close(&psp->notices);
    psp_book_close(&psp->book);
    psp_keys_close(&psp->keys);
    arena_close(&psp->arena);
    free(CONTAINER_OF(psp, struct psp_desk, psp));
}

struct psp *psp_of(struct desk *desk)
{
    return CONTAINER_OF(desk, struct psp, desk);
}

void psp_refuse_faulty(void *psp, enum http_fault fault, struct arena *arena, struct http_answer *answer)
{
    (void)psp;
    (void)fault;
    answer->content_type = STR("text/plain; charset=utf-8");
    answer->body = arena_format(arena, "%s\n", http_reason(answer->status));
}

/* --- What stays --- */

micros psp_now(const struct psp *psp)
{
    return desk_now(&psp->desk);
}

int64_t psp_now_seconds(const struct psp *psp)
{
    return psp_now(psp) / MICROS_PER_SECOND;
}

str psp_id(struct psp *psp, const char *prefix, size_t length)
{
    char drawn[ID_CHARS_MAX + 1];
    INSIST(length <= ID_CHARS_MAX);
    psp_draw_text(&psp->desk.chance, drawn, length);
    return arena_format(&psp->arena, "%s%s", prefix, drawn);
}

str psp_keep(struct psp *psp, str text)
{
    return arena_copy(&psp->arena, text);
}

void psp_later(struct psp *psp, micros after, void (*happen)(void *thing), void *thing)
{
    psp_agenda_enter(&psp->agenda, psp_now(psp) + after, happen, thing);
}

void psp_enter(struct psp *psp, struct psp_visit *visit, const struct psp_effect *effect)
{
    struct psp_effect entered = *effect;
    entered.id = psp_keep(psp, effect->id);
    entered.parent = psp_keep(psp, effect->parent);
    entered.operation = psp_keep(psp, effect->operation);
    entered.currency = psp_keep(psp, effect->currency);
    entered.fingerprint = psp_keep(psp, effect->fingerprint);
    entered.at = psp_now(psp);
    if (visit != NULL) {
        visit->desk.acted = true;
        entered.key = psp_keep(psp, visit->desk.key);
        entered.request = visit->desk.number;
    }
    (void)psp_book_enter(&psp->book, &entered);
}
