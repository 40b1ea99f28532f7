/* SPDX-License-Identifier: Apache-2.0 */
/* bank_delivery: the last part of the way, where an answer is replaced, cut, delayed, doubled or lost. */
#include <string.h>

#include "base/log.h"
#include "sim/bank_state.h"
#include "world/http_write.h"

static const micros write_timeout = 15LL * MICROS_PER_SECOND;   /* of the bank's server: a later answer is thrown away */
static const micros silence_timeout = 60LL * MICROS_PER_SECOND; /* how long a silent bank holds a connection */

enum { HUGE_BYTES = 2 * 1024 * 1024 };

/* --- What is said instead --- */

static void say(struct bank_visit *visit, int status, str content_type, str body)
{
    visit->answer = (struct http_answer){ .status = status, .content_type = content_type, .body = body };
}

static void say_refusal(struct bank_visit *visit, enum bank_refusal refusal)
{
    visit->answer = (struct http_answer){ 0 };
    bank_answer_refusal(visit->exchange->arena, refusal, &visit->answer);
}

static void say_internal(struct bank_visit *visit, int status, const char *message)
{
    visit->answer = (struct http_answer){ 0 };
    bank_answer_error(visit->exchange->arena, status, "internal_error", message, &visit->answer);
}

static void say_not_found(struct bank_visit *visit)
{
    enum bank_endpoint endpoint = visit->route ? visit->route->endpoint : BANK_ELSEWHERE;
    if (endpoint == BANK_POST_HOLD) {
        say_refusal(visit, BANK_CARD_UNKNOWN);
    } else if (endpoint == BANK_POST_CAPTURE || endpoint == BANK_POST_VOID) {
        say_refusal(visit, BANK_HOLD_UNKNOWN);
    } else if (endpoint == BANK_POST_REFUND) {
        say_refusal(visit, BANK_CAPTURE_UNKNOWN);
    } else {
        visit->answer = (struct http_answer){ 0 };
        bank_answer_error(visit->exchange->arena, 404, "not_found", "not found", &visit->answer);
    }
}

/* The answer with one more member, a long one. */
static void say_much(struct bank_visit *visit)
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

static void disguise(struct bank_visit *visit)
{
    switch (visit->luck.kind->says) {
    case BANK_SAYS_TRUTH:
    case BANK_SAYS_CHAOS:
    case BANK_SAYS_WRONG_AMOUNT:
    case BANK_SAYS_WRONG_ID:
    case BANK_SAYS_WRONG_CURRENCY: break; /* said already */
    case BANK_SAYS_INTERNAL_500: say_internal(visit, 500, "internal error"); break;
    case BANK_SAYS_INTERNAL_400: say_internal(visit, 400, "pq: the database system is shutting down"); break;
    case BANK_SAYS_NOT_FOUND: say_not_found(visit); break;
    case BANK_SAYS_USED: say_refusal(visit, BANK_HOLD_USED); break;
    case BANK_SAYS_REFUNDED: say_refusal(visit, BANK_CAPTURE_REFUNDED); break;
    case BANK_SAYS_GARBAGE: say(visit, 200, STR("application/json"), STR("{\"amount\": 50\x01, approved]\n")); break;
    case BANK_SAYS_HTML:
        say(visit, 502, STR("text/html"), STR("<html><body><h1>502 Bad Gateway</h1></body></html>\n"));
        break;
    case BANK_SAYS_PLAIN: say(visit, 400, STR("text/plain; charset=utf-8"), STR("bad request\n")); break;
    case BANK_SAYS_NOTHING: say(visit, 200, STR("application/json"), STR("")); break;
    case BANK_SAYS_MUCH: say_much(visit); break;
    }
}

/* --- The end of a visit --- */

static void log_visit(const struct bank_visit *visit, int status)
{
    log_info("bank request", LOG_TEXT("method", visit->exchange->request.method), LOG_TEXT("path", visit->path),
             LOG_TEXT("key", visit->key), LOG_NUMBER("status", status),
             LOG_TEXT("fault", visit->luck.kind ? str_of(visit->luck.kind->name) : STR_NONE));
}

/* Writes down how it ended. `status` 0: no answer went out. */
static void end_visit(struct bank_visit *visit, int status)
{
    struct sim_bank *bank = visit->bank;
    struct bank_noted *noted = bank_visit_noted(visit);
    if (noted) {
        noted->status = status;
        noted->is_answered = true;
        noted->client_gone = visit->exchange->client_gone;
    }
    bool is_its_own = visit->route != NULL && visit->answer.status != 405;
    bank_requests_count(&bank->requests, is_its_own ? visit->route->endpoint : BANK_ELSEWHERE, status);
    if (bank->options.log_requests) log_visit(visit, status);
    *(visit->previous ? &visit->previous->next : &bank->visits) = visit->next;
    if (visit->next) visit->next->previous = visit->previous;
    bank->pending--;
}

static void tell_idle(const struct sim_bank *bank)
{
    if (bank->pending == 0 && bank->options.idle) bank->options.idle(bank->options.context);
}

/* Ends the connection behind the first `bytes` of the answer. */
static void send_part(struct bank_visit *visit, int status, size_t bytes)
{
    struct sim_bank *bank = visit->bank;
    end_visit(visit, status);
    bank->options.hang_up(visit->exchange, &visit->answer, bytes);
    tell_idle(bank);
}

void bank_delivery_hang_up(struct bank_visit *visit)
{
    send_part(visit, 0, 0);
}

/* How long the head will be that the server puts before the body. */
static size_t head_bytes(struct bank_visit *visit)
{
    char date[HTTP_DATE_BYTES];
    struct text head = text_open(visit->exchange->arena, 512);
    struct http_write_frame frame = { .date = http_write_date(date, bank_now(visit->bank)), .close = true };
    http_write_head(&head, &visit->answer, frame);
    return head.length;
}

static void send_whole(struct bank_visit *visit)
{
    struct sim_bank *bank = visit->bank;
    struct http_exchange *exchange = visit->exchange;
    struct http_answer answer = visit->answer; /* the visit ends before its exchange does */
    bool is_doubled = visit->luck.kind != NULL && visit->luck.kind->sends == BANK_SENDS_TWICE;
    end_visit(visit, answer.status);
    if (is_doubled) bank->options.answer_twice(exchange, &answer);
    else http_answer(exchange, &answer);
    tell_idle(bank);
}

static bool is_too_late(const struct bank_visit *visit)
{
    return world_monotonic(visit->bank->options.world) - visit->exchange->request.received_at > write_timeout;
}

static void send_answer(struct bank_visit *visit)
{
    enum bank_sends sends = visit->luck.kind ? visit->luck.kind->sends : BANK_SENDS_WHOLE;
    size_t body_bytes = visit->answer.body.length;
    if (is_too_late(visit)) {
        visit->bank->counters.answers_discarded++;
        bank_delivery_hang_up(visit);
        return;
    }
    switch (sends) {
    case BANK_SENDS_NO_BYTE: bank_delivery_hang_up(visit); break;
    case BANK_SENDS_HALF: send_part(visit, visit->answer.status, (head_bytes(visit) + body_bytes) / 2); break;
    case BANK_SENDS_TRUNCATED: send_part(visit, visit->answer.status, head_bytes(visit) + body_bytes / 2); break;
    case BANK_SENDS_WHOLE:
    case BANK_SENDS_TWICE:
    case BANK_SENDS_LATE:
    case BANK_SENDS_NEVER: send_whole(visit); break;
    }
}

static void woke_to_send(struct world_timer *timer)
{
    send_answer(CONTAINER_OF(timer, struct bank_visit, timer));
}

static void woke_to_hang_up(struct world_timer *timer)
{
    bank_delivery_hang_up(CONTAINER_OF(timer, struct bank_visit, timer));
}

static void wait_then(struct bank_visit *visit, micros wait, void (*fire)(struct world_timer *timer))
{
    visit->timer.fire = fire;
    world_timer_start(visit->bank->options.world, &visit->timer, wait);
}

void bank_delivery_begin(struct bank_visit *visit)
{
    if (visit->luck.kind == NULL) {
        send_answer(visit);
        return;
    }
    disguise(visit);
    if (visit->luck.kind->sends == BANK_SENDS_NEVER) {
        visit->will_be_let_go = true;
        wait_then(visit, silence_timeout, woke_to_hang_up);
    } else if (visit->luck.kind->sends == BANK_SENDS_LATE && visit->luck.latency_ms > 0) {
        wait_then(visit, visit->luck.latency_ms * MICROS_PER_MS, woke_to_send);
    } else {
        send_answer(visit);
    }
}
