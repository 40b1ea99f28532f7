/* SPDX-License-Identifier: Apache-2.0 */
/* desk_delivery: the last part of the way, where an answer is replaced, cut, delayed, doubled or lost. */
#include "base/log.h"
#include "sim/desk.h"
#include "world/http_write.h"

static const micros silence_timeout = 60LL * MICROS_PER_SECOND; /* how long the silent hold a connection */

enum { HUGE_BYTES = 2 * 1024 * 1024 };

/* --- What is said instead --- */

static void say(struct desk_visit *visit, int status, str content_type, str body)
{
    visit->answer = (struct http_answer){ .status = status, .content_type = content_type, .body = body };
}

/* The answer with one more member, a long one. */
static void say_much(struct desk_visit *visit)
{
    struct text text = text_open(visit->exchange->arena, HUGE_BYTES + visit->answer.body.length + 64);
    str members = visit->answer.body;
    while (members.length > 0 && members.bytes[members.length - 1] != '}') members.length--;
    text_put(&text, members.length > 0 ? (str){ members.bytes, members.length - 1 } : STR("{"));
    json_put_str(&text, "padding", STR(""));
    text.length--; /* the closing quote */
    for (size_t i = 0; i < HUGE_BYTES; i++) text_put_char(&text, 'x');
    text_put(&text, STR("\"}\n"));
    visit->answer.body = text_str(&text);
}

/* A trade's own words are said by itself, with the rest of the answer gone. */
static void disguise(struct desk_visit *visit)
{
    switch (visit->luck.kind->says) {
    case DESK_SAYS_TRUTH:
    case DESK_SAYS_CHAOS: break; /* said already */
    case DESK_SAYS_GARBAGE: say(visit, 200, STR("application/json"), STR("{\"amount\": 50\x01, approved]\n")); break;
    case DESK_SAYS_HTML:
        say(visit, 502, STR("text/html"), STR("<html><body><h1>502 Bad Gateway</h1></body></html>\n"));
        break;
    case DESK_SAYS_PLAIN: say(visit, 400, STR("text/plain; charset=utf-8"), STR("bad request\n")); break;
    case DESK_SAYS_NOTHING: say(visit, 200, STR("application/json"), STR("")); break;
    case DESK_SAYS_MUCH: say_much(visit); break;
    default: visit->desk->trade->disguise(visit); break;
    }
}

/* --- The end of a visit --- */

static void log_visit(const struct desk_visit *visit, int status)
{
    log_info(visit->desk->trade->logs_as, LOG_TEXT("method", visit->exchange->request.method), LOG_TEXT("path", visit->path),
             LOG_TEXT("key", visit->key), LOG_NUMBER("status", status),
             LOG_TEXT("fault", visit->luck.kind ? str_of(visit->luck.kind->name) : STR_NONE));
}

/* Writes down how it ended. `status` 0: no answer went out. */
static void end_visit(struct desk_visit *visit, int status)
{
    struct desk *desk = visit->desk;
    struct desk_noted *noted = desk_visit_noted(visit);
    if (desk->trade->leave) desk->trade->leave(visit);
    if (noted) {
        noted->status = status;
        noted->is_answered = true;
        noted->client_gone = visit->exchange->client_gone;
    }
    desk_requests_count(&desk->requests, visit->endpoint, status);
    if (desk->options.log_requests) log_visit(visit, status);
    *(visit->previous ? &visit->previous->next : &desk->visits) = visit->next;
    if (visit->next) visit->next->previous = visit->previous;
    desk->pending--;
}

static void tell_idle(const struct desk *desk)
{
    if (desk->pending == 0 && desk->options.idle) desk->options.idle(desk->options.context);
}

/* Ends the connection behind the first `bytes` of the answer. */
static void send_part(struct desk_visit *visit, int status, size_t bytes)
{
    struct desk *desk = visit->desk;
    end_visit(visit, status);
    desk->options.hang_up(visit->exchange, &visit->answer, bytes);
    tell_idle(desk);
}

void desk_delivery_hang_up(struct desk_visit *visit)
{
    send_part(visit, 0, 0);
}

/* How long the head will be that the server puts before the body. */
static size_t head_bytes(struct desk_visit *visit)
{
    char date[HTTP_DATE_BYTES];
    struct text head = text_open(visit->exchange->arena, 512);
    struct http_write_frame frame = { .date = http_write_date(date, desk_now(visit->desk)), .close = true };
    http_write_head(&head, &visit->answer, frame);
    return head.length;
}

static void send_whole(struct desk_visit *visit)
{
    struct desk *desk = visit->desk;
    struct http_exchange *exchange = visit->exchange;
    struct http_answer answer = visit->answer; /* the visit ends before its exchange does */
    bool is_doubled = visit->luck.kind != NULL && visit->luck.kind->sends == DESK_SENDS_TWICE;
    end_visit(visit, answer.status);
    if (is_doubled) desk->options.answer_twice(exchange, &answer);
    else http_answer(exchange, &answer);
    tell_idle(desk);
}

static bool is_too_late(const struct desk_visit *visit)
{
    micros limit = visit->desk->trade->write_timeout;
    return limit > 0 && world_monotonic(visit->desk->options.world) - visit->exchange->request.received_at > limit;
}

static void send_answer(struct desk_visit *visit)
{
    enum desk_sends sends = visit->luck.kind ? visit->luck.kind->sends : DESK_SENDS_WHOLE;
    size_t body_bytes = visit->answer.body.length;
    if (is_too_late(visit)) {
        visit->desk->counters.answers_discarded++;
        desk_delivery_hang_up(visit);
        return;
    }
    switch (sends) {
    case DESK_SENDS_NO_BYTE: desk_delivery_hang_up(visit); break;
    case DESK_SENDS_HALF: send_part(visit, visit->answer.status, (head_bytes(visit) + body_bytes) / 2); break;
    case DESK_SENDS_TRUNCATED: send_part(visit, visit->answer.status, head_bytes(visit) + body_bytes / 2); break;
    case DESK_SENDS_WHOLE:
    case DESK_SENDS_TWICE:
    case DESK_SENDS_LATE:
    case DESK_SENDS_NEVER: send_whole(visit); break;
    }
}

static void woke_to_send(struct world_timer *timer)
{
    send_answer(CONTAINER_OF(timer, struct desk_visit, timer));
}

static void woke_to_hang_up(struct world_timer *timer)
{
    desk_delivery_hang_up(CONTAINER_OF(timer, struct desk_visit, timer));
}

static void wait_then(struct desk_visit *visit, micros wait, void (*fire)(struct world_timer *timer))
{
    visit->timer.fire = fire;
    world_timer_start(visit->desk->options.world, &visit->timer, wait);
}

void desk_delivery_begin(struct desk_visit *visit)
{
    if (visit->luck.kind == NULL) {
        send_answer(visit);
        return;
    }
    disguise(visit);
    if (visit->luck.kind->sends == DESK_SENDS_NEVER) {
        visit->will_be_let_go = true;
        wait_then(visit, silence_timeout, woke_to_hang_up);
    } else if (visit->luck.kind->sends == DESK_SENDS_LATE && visit->luck.latency_ms > 0) {
        wait_then(visit, visit->luck.latency_ms * MICROS_PER_MS, woke_to_send);
    } else {
        send_answer(visit);
    }
}
