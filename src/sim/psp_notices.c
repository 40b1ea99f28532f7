/* SPDX-License-Identifier: Apache-2.0 */
/* psp_notices: a list of notices, each sent by its date on the agenda.
 *
 *     held ──released──▶ waiting ──its moment──▶ sending ──2xx──▶ taken
 *                           ▲                       │
 *                           ╰──── a longer pause ◀──┴──no more tries──▶ given up
 */
#include "sim/psp_notices.h"

#include <stdlib.h>

static const micros answer_timeout = 20LL * MICROS_PER_SECOND;
static const micros connect_timeout = 5LL * MICROS_PER_SECOND;

enum { RETRY_MS_FIRST = 5000, PAUSE_GROWS = 4, ANSWERED_WELL = 200, ANSWERED_OTHERWISE = 300 };

void psp_notices_open(struct psp_notices *notices, struct desk *desk, struct psp_agenda *agenda, struct arena *arena, psp_sign *sign)
{
    notices->desk = desk;
    notices->agenda = agenda;
    notices->arena = arena;
    notices->sign = sign;
    notices->pace.retry_ms = RETRY_MS_FIRST;
}

struct psp_target *psp_notices_add_target(struct psp_notices *notices, str url, str secret)
{
    if (notices->target_count == PSP_TARGETS_MAX) return NULL;
    struct psp_target *target = &notices->targets[notices->target_count++];
    *target = (struct psp_target){ .url = url, .secret = secret };
    return target;
}

/* --- One try --- */

void psp_notice_header(struct psp_notice *notice, const char *name, str value)
{
    struct http_call *call = &notice->call;
    INSIST(call->header_count < HTTP_CALL_HEADERS_MAX);
    call->headers[call->header_count++] = (struct http_header){ str_of(name), arena_copy(&notice->arena, value) };
}

struct arena *psp_notice_arena(struct psp_notice *notice)
{
    return &notice->arena;
}

static void wait_until(struct psp_notice *notice, micros at);

static void ended(struct http_call *call)
{
    struct psp_notice *notice = CONTAINER_OF(call, struct psp_notice, call);
    struct psp_notices *notices = notice->notices;
    notice->last_status = call->result == HTTP_CALL_ANSWERED ? call->status : 0;
    arena_reset(&notice->arena);
    if (notice->last_status >= ANSWERED_WELL && notice->last_status < ANSWERED_OTHERWISE) {
        notice->state = PSP_NOTICE_TAKEN;
    } else if (notice->tries >= PSP_NOTICE_TRIES_MAX) {
        notice->state = PSP_NOTICE_GIVEN_UP;
    } else {
        micros pause = notices->pace.retry_ms * MICROS_PER_MS;
        for (int64_t i = 1; i < notice->tries; i++) pause *= PAUSE_GROWS;
        wait_until(notice, desk_now(notices->desk) + pause);
    }
}

/* The call, with everything but what the signature adds. */
static void fill_call(struct psp_notice *notice)
{
    str url = arena_copy(&notice->arena, notice->target->url);
    str body = notice->sent_instead.bytes ? notice->sent_instead : notice->body;
    notice->call = (struct http_call){
        .method = STR("POST"),
        .url = url.bytes,
        .body = arena_copy(&notice->arena, body),
        .timeout = answer_timeout,
        .connect_timeout = connect_timeout,
        .arena = &notice->arena,
        .done = ended,
    };
    psp_notice_header(notice, "Content-Type", STR("application/json; charset=utf-8"));
}

void psp_notice_send(struct psp_notice *notice)
{
    struct psp_notices *notices = notice->notices;
    if (notices->are_over || notice->target == NULL || notice->state == PSP_NOTICE_SENDING) return;
    notice->state = PSP_NOTICE_SENDING;
    notice->tries++;
    fill_call(notice);
    notices->sign(notice, notice->target, notice->body, desk_now(notices->desk));
    world_send(notices->desk->options.world, &notice->call);
}

static void is_due(void *thing)
{
    struct psp_notice *notice = thing;
    if (notice->state == PSP_NOTICE_WAITING && desk_now(notice->notices->desk) >= notice->due_at) psp_notice_send(notice);
}

static void wait_until(struct psp_notice *notice, micros at)
{
    notice->state = PSP_NOTICE_WAITING;
    notice->due_at = at;
    psp_agenda_enter(notice->notices->agenda, at, is_due, notice);
}

/* --- The list --- */

static struct psp_notice *append(struct psp_notices *notices, const struct psp_target *target)
{
    struct psp_notice *notice = memory_take(sizeof *notice);
    notice->notices = notices;
    notice->target = target;
    notice->number = ++notices->count;
    notice->made_at = desk_now(notices->desk);
    if (notices->last) notices->last->next = notice;
    else notices->first = notice;
    notices->last = notice;
    return notice;
}

static void begin(struct psp_notice *notice)
{
    struct psp_notices *notices = notice->notices;
    if (notice->target == NULL) notice->state = PSP_NOTICE_UNTOLD;
    else if (notices->are_held) notice->state = PSP_NOTICE_HELD;
    else wait_until(notice, notice->made_at + notices->pace.delay_ms * MICROS_PER_MS);
}

void psp_notices_tell(struct psp_notices *notices, str event_id, str type, str object_id, str body)
{
    struct psp_notice told = {
        .event_id = arena_copy(notices->arena, event_id),
        .type = arena_copy(notices->arena, type),
        .object_id = arena_copy(notices->arena, object_id),
        .body = arena_copy(notices->arena, body),
    };
    bool is_told = false;
    for (size_t i = 0; i <= notices->target_count; i++) {
        const struct psp_target *target = i < notices->target_count ? &notices->targets[i] : NULL;
        bool wants = target ? !target->is_off && (target->wants == NULL || target->wants(target, type)) : !is_told;
        if (!wants) continue;
        struct psp_notice *notice = append(notices, target);
        notice->event_id = told.event_id;
        notice->type = told.type;
        notice->object_id = told.object_id;
        notice->body = told.body;
        begin(notice);
        is_told = true;
    }
}

struct psp_notice *psp_notice_double(struct psp_notice *notice)
{
    struct psp_notice *other = append(notice->notices, notice->target);
    other->event_id = notice->event_id;
    other->type = notice->type;
    other->object_id = notice->object_id;
    other->body = notice->body;
    other->sent_instead = notice->sent_instead;
    other->state = PSP_NOTICE_HELD;
    return other;
}

struct psp_notice *psp_notices_numbered(const struct psp_notices *notices, int64_t number)
{
    struct psp_notice *notice = notices->first;
    while (notice && notice->number != number) notice = notice->next;
    return notice;
}

void psp_notices_end(struct psp_notices *notices)
{
    notices->are_over = true;
}

void psp_notices_close(struct psp_notices *notices)
{
    while (notices->first) {
        struct psp_notice *next = notices->first->next;
        arena_close(&notices->first->arena);
        free(notices->first);
        notices->first = next;
    }
}
