/* SPDX-License-Identifier: Apache-2.0 */
/* exchange: one try of an operation: fill the frozen bytes, send them, and judge what comes back; or an inquiry about an earlier try,
 * where the processor does not protect us from a second effect. */
#include "base/log.h"
#include "flow/call.h"
#include "flow/flows_internal.h"
#include "processor/holes.h"
#include "processor/span.h"

/* A node without its lease looks again after this. */
#define LEASE_PAUSE (INT64_C(200) * MICROS_PER_MS)

/* What is open at a processor that is not set up any more waits until it is; only a restart can change that. */
#define NOT_SET_UP_PAUSE (INT64_C(600) * MICROS_PER_SECOND)

/* ---- sending ---- */

/* Why there is something to be judged. Only a try becomes part of the past. */
enum occasion {
    TRIED,
    INQUIRED,    /* about a try that was lost */
    CALLED_OFF,  /* the merchant's time is over and nothing has ever left */
    WINDOW_OVER, /* the processor may have forgotten the key: it is not sent again */
    CARD_GONE,   /* the bytes cannot be filled */
};

static struct next judge(struct operation_flow *flow, enum occasion occasion);

static void call_done(struct http_call *call)
{
    struct operation_flow *flow = CONTAINER_OF(call, struct operation_flow, call);
    flow->flows->calls--;
    arena_close(&flow->sent_arena);
    flow_wake(&flow->flow);
}

/* The lease may have run out while a connection was made. */
static bool may_leave(struct http_call *call) { return lease_holds(CONTAINER_OF(call, struct operation_flow, call)->flows); }

static void address(struct operation_flow *flow, const struct processor_request *request)
{
    flow->call = call_to(&flow->line->settings, session_token(&flow->line->session), request, &flow->call_arena);
    flow->call.may_leave = may_leave;
    flow->call.done = call_done;
    if (flow->name.trace.length > 0) call_add_header(&flow->call, "traceparent", flow->name.trace);
}

static void leave(struct operation_flow *flow)
{
    flow->flows->calls++;
    world_send(flow->flow.world, &flow->call);
}

bool open_card(const struct operation_flow *flow, struct card *out)
{
    const struct operation_record *operation = &flow->operation;
    return operation->card_sealed.bytes && vault_open_card(flow->flows->options.vault, operation->card_slot, operation_id_str(&operation->id),
                                                           operation->card_sealed, out);
}

/* The frozen bytes with the card in their holes. False: there is a hole and the card cannot be had any more. */
static bool fill(struct operation_flow *flow, str *body)
{
    const struct operation_record *operation = &flow->operation;
    size_t padded = flow->line->settings.processor->body_bytes_padded;
    const char *encryption_key = flow->line->settings.keys.encryption_key;
    if (!holes_are_in(operation->body)) {
        *body = holes_fill(&flow->sent_arena, operation->body, NULL, padded);
        return true;
    }
    struct card *card = card_take();
    bool opened = open_card(flow, card);
    if (opened) *body = spans_encrypt(&flow->sent_arena, holes_fill(&flow->sent_arena, operation->body, card, padded), encryption_key);
    card_give_back(card);
    return opened;
}

/* An inquiry needs no card, so that only this tells whether a restart has lost it. */
static bool card_is_there(const struct operation_flow *flow)
{
    if (payment_is_on_page(&flow->record)) return true;
    struct card *card = card_take();
    bool opened = open_card(flow, card);
    card_give_back(card);
    return opened;
}

static struct processor_call call_of(const struct operation_flow *flow)
{
    return processor_call_of(flow, &flow->record, &flow->operation);
}

static struct next inquire(struct operation_flow *flow)
{
    struct processor_call about = call_of(flow);
    struct processor_request request = { 0 };
    arena_close(&flow->call_arena);
    flow->line->settings.processor->inquiries[flow->operation.kind].ask(&flow->call_arena, &about, &request);
    address(flow, &request);
    leave(flow);
    return sleep_then(READ_ANSWER);
}

static void tell_pace(struct operation_flow *flow, enum pace_feedback feedback, bool shows_illness)
{
    pace_told(&flow->line->pace, flow->flow.world, feedback, shows_illness);
    flow->probes = false;
}

void give_up_call(struct operation_flow *flow)
{
    pace_unused(&flow->line->pace);
    flow->probes = false;
}

static struct next send(struct operation_flow *flow)
{
    const char *key_header = flow->line->settings.processor->key_header;
    const struct operation_record *operation = &flow->operation;
    struct processor_request request = { .method = operation->method, .path = operation->path };
    arena_close(&flow->call_arena);
    if (!fill(flow, &request.body)) {
        give_up_call(flow);
        flow->outcome = (struct outcome){ .kind = OUTCOME_UNKNOWN };
        return judge(flow, CARD_GONE);
    }
    address(flow, &request);
    if (key_header) call_add_header(&flow->call, key_header, operation->processor_key);
    leave(flow);
    return sleep_then(READ_ANSWER);
}

/* The merchant's time is over and nothing has ever left: it is called off. */
static struct next call_off(struct operation_flow *flow)
{
    flow->outcome = (struct outcome){ .kind = OUTCOME_NOT_SENT };
    return judge(flow, CALLED_OFF);
}

static enum protection protection_of(const struct operation_flow *flow)
{
    return flow->line->settings.processor->protection[flow->operation.kind];
}

static bool window_is_over(const struct operation_flow *flow)
{
    const struct operation_record *operation = &flow->operation;
    return attempt_window_is_over(protection_of(flow), operation->started_at, world_now(flow->flow.world),
                                  flow->line->settings.processor->key_window);
}

static struct next wait_for_set_up(struct operation_flow *flow)
{
    log_error("an operation is open at a processor that is not set up", LOG_TEXT("payment_id", payment_id_str(&flow->payment_id)),
              LOG_TEXT("operation_id", operation_id_str(&flow->operation.id)), LOG_TEXT("processor", flow->operation.processor));
    flow_wake_after(&flow->flow, NOT_SET_UP_PAUSE);
    return sleep_then(CALL_PROCESSOR);
}

static void token_came(struct session_waiter *waiter, bool is_good)
{
    struct operation_flow *flow = CONTAINER_OF(waiter, struct operation_flow, session_waiter);
    flow->flows->calls--;
    flow->has_no_token = !is_good;
    flow_wake(&flow->flow);
}

static struct next wait_for_token(struct operation_flow *flow)
{
    flow->flows->calls++;
    flow->session_waiter.ready = token_came;
    session_wait(&flow->line->session, &flow->session_waiter);
    return sleep_then(CALL_PROCESSOR);
}

/* Woken by something else: it waits no more. */
static void stop_waiting_for_token(struct operation_flow *flow)
{
    if (!flow->session_waiter.waits) return;
    session_leave(&flow->line->session, &flow->session_waiter);
    flow->flows->calls--;
}

/* Certainly nothing has left. */
static struct next go_without_token(struct operation_flow *flow)
{
    flow->has_no_token = false;
    flow->outcome = (struct outcome){ .kind = OUTCOME_NOT_SENT, .word = "no_access_token" };
    tell_pace(flow, PACE_FAILED, true);
    return judge(flow, flow->inquires ? INQUIRED : TRIED);
}

/* Its breaker is open, nothing has left for it, and another one is there: nobody waits for it to be well again. */
static bool passes_by(struct operation_flow *flow)
{
    if (!flow->line->pace.open || flow->inquires || flow->operation.lost > 0) return false;
    route_look_onward(flow);
    return flow->onward.next != ROUTE_NOBODY;
}

static struct next pass_by(struct operation_flow *flow)
{
    flow->outcome = (struct outcome){ .kind = OUTCOME_NOT_SENT, .word = "breaker_open" };
    return judge(flow, TRIED);
}

/* Its first exchange was let through to see whether the processor is well, and only the last one shows that. */
static bool goes_on_probing(const struct operation_flow *flow)
{
    return flow->probes && flow->operation.sends == 0;
}

/* Not of what was never sent: nobody can have news of it. */
bool ask_early(struct operation_flow *flow)
{
    const struct processor_inquiry *inquiry = &flow->line->settings.processor->inquiries[flow->operation.kind];
    bool lacks_id = inquiry->by_id && flow->record.authorization_ref.text[0] == 0;
    flow->has_hint = false;
    if (flow->operation.sends == 0 || !inquiry->ask || lacks_id) return false;
    flow->is_early = flow->verdict.kind != VERDICT_INQUIRE; /* else the pause is only politeness */
    flow->inquired_late = flow->inquires;
    flow->inquires = true;
    return true;
}

struct next call_processor(struct flow *base)
{
    struct operation_flow *flow = operation_of(base);
    micros wait = 0;
    bool first = flow->operation.sends == 0;
    if (!flow->is_early) flow->pause_ends = 0;
    stop_waiting_for_token(flow);
    enter_by_payment(flow);
    if (flow->deadline_over && first && exchange_of(&flow->operation) == 1) return call_off(flow);
    if (flow->flows->stopping && (!first || !flow->waiters)) {
        return sleep_then(CALL_PROCESSOR); /* durable: the next start goes on with it */
    }
    if (!first && !flow->inquires && window_is_over(flow)) {
        flow->outcome = (struct outcome){ .kind = OUTCOME_UNKNOWN };
        return judge(flow, WINDOW_OVER);
    }
    if (!line_is_set_up(flow->line)) return wait_for_set_up(flow);
    if (!lease_holds(flow->flows)) {
        flow_wake_after(base, LEASE_PAUSE);
        return sleep_then(CALL_PROCESSOR);
    }
    if (flow->has_no_token) return go_without_token(flow);
    if (!session_is_good(&flow->line->session)) return wait_for_token(flow);
    if (!goes_on_probing(flow) && !pace_may_send(&flow->line->pace, base->world, !first, &wait)) {
        if (passes_by(flow)) return pass_by(flow);
        flow_wake_after(base, wait);
        return sleep_then(CALL_PROCESSOR);
    }
    flow->probes |= flow->line->pace.open;
    return flow->inquires ? inquire(flow) : send(flow);
}

/* ---- reading ---- */

static bool was_replayed(const struct operation_flow *flow)
{
    const char *header = flow->line->settings.processor->replayed_header;
    return header && str_equal_ignoring_case(http_call_answer_header(&flow->call, str_of(header)), STR("true"));
}

static void read_outcome(struct operation_flow *flow)
{
    const struct processor *processor = flow->line->settings.processor;
    enum operation_kind kind = flow->operation.kind;
    processor_read *read = flow->inquires ? processor->inquiries[kind].read : processor->operations[kind].read;
    struct processor_call asked = call_of(flow);
    struct processor_answer answer = { .status = flow->call.status, .body = flow->call.answer_body, .replayed = was_replayed(flow) };
    flow->outcome = (struct outcome){ .kind = OUTCOME_UNKNOWN };
    if (flow->call.result == HTTP_CALL_NOT_SENT) flow->outcome.kind = OUTCOME_NOT_SENT;
    if (flow->call.result != HTTP_CALL_ANSWERED) return;
    read(&flow->call_arena, &asked, &answer, &flow->outcome);
}

static enum pace_feedback feedback_of(const struct operation_flow *flow)
{
    enum outcome_kind kind = flow->outcome.kind;
    if (kind == OUTCOME_UNKNOWN || kind == OUTCOME_NOT_SENT || kind == OUTCOME_BUSY) return PACE_FAILED;
    return flow->operation.sends == 0 ? PACE_ANSWERED : PACE_ANSWERED_AGAIN;
}

static void log_trouble(const struct operation_flow *flow)
{
    log_warn("processor gave no good answer", LOG_TEXT("payment_id", payment_id_str(&flow->payment_id)),
             LOG_TEXT("operation_id", operation_id_str(&flow->operation.id)), LOG_TEXT("kind", operation_kind_word(flow->operation.kind)),
             LOG_NUMBER("status", flow->call.status), LOG_TEXT("problem", str_of(flow->call.problem)),
             LOG_TEXT("code", str_of(flow->outcome.word)), LOG_NUMBER("sends", flow->operation.sends));
}

struct next read_answer(struct flow *base)
{
    struct operation_flow *flow = operation_of(base);
    measure_call(&flow->call, flow->operation.sends == 0);
    if (flow->call.result == HTTP_CALL_NOT_SENT && !lease_holds(flow->flows)) { /* we held it back: that says nothing of the processor */
        give_up_call(flow);
        flow_wake_after(base, LEASE_PAUSE);
        return sleep_then(CALL_PROCESSOR);
    }
    if (flow->call.result == HTTP_CALL_ANSWERED && flow->call.status == 401) session_drop(&flow->line->session);
    read_outcome(flow);
    enum pace_feedback feedback = feedback_of(flow);
    if (feedback == PACE_FAILED) log_trouble(flow);
    bool is_half_way = flow->outcome.kind == OUTCOME_NEXT; /* one that fails at what follows would never fail twenty times in a row */
    if (!is_half_way) tell_pace(flow, feedback, flow->outcome.shows_illness);
    return judge(flow, flow->inquires ? INQUIRED : TRIED);
}

/* ---- judging ---- */

static struct attempt_past past_of(const struct operation_flow *flow, enum occasion occasion)
{
    const struct operation_record *operation = &flow->operation;
    return (struct attempt_past){
        .kind = operation->kind,
        .protection = protection_of(flow),
        .sends_before = (int)operation->sends,
        .lost_before = (int)operation->lost,
        .first_already = (int)operation->already,
        .denied_before = (int)operation->denied,
        .mismatched_before = (int)operation->mismatched,
        .absent_before = flow->absent,
        .acknowledged = flow->acknowledged,
        .is_further = exchange_of(operation) > 1,
        .rival_possible = flow->record.rival_possible,
        .processor_ill = pace_is_ill(&flow->line->pace, flow->flow.world),
        .nobody_waits = occasion == CALLED_OFF || !flow->waiters,
        .another_waits = flow->onward.next != ROUTE_NOBODY,
        .window_over = occasion == WINDOW_OVER || window_is_over(flow),
        .card_gone = occasion == CARD_GONE,
    };
}

/* What an inquiry found. Certainly nothing: the tries that were lost are no longer in doubt. */
static void remember_inquiry(struct operation_flow *flow)
{
    bool is_absent = flow->outcome.kind == OUTCOME_ABSENT;
    flow->operation.mismatched += flow->outcome.kind == OUTCOME_MISMATCHED;
    flow->absent = is_absent ? flow->absent + 1 : 0;
    if (is_absent && flow->verdict.kind == VERDICT_TRY_AGAIN) flow->operation.lost = 0;
}

/* The try becomes part of the past. */
static void remember(struct operation_record *operation, const struct outcome *outcome)
{
    enum outcome_kind kind = outcome->kind;
    bool lost = kind == OUTCOME_UNKNOWN || kind == OUTCOME_MISMATCHED || kind == OUTCOME_OPEN || outcome->may_have_happened;
    if (kind == OUTCOME_NOT_SENT) return;
    operation->sends++;
    if (kind == OUTCOME_ALREADY && operation->already == 0) operation->already = operation->sends;
    operation->lost += lost;
    operation->denied += kind == OUTCOME_DENIED || kind == OUTCOME_DECLINED || kind == OUTCOME_ALREADY;
    operation->mismatched += kind == OUTCOME_MISMATCHED;
}

static micros pause_of(struct operation_flow *flow)
{
    const struct flows_options *options = &flow->flows->options;
    micros back_off = pace_back_off(flow->flow.world, options->retry_base, flow->busy_tries++);
    bool after_quiet = flow->verdict.kind == VERDICT_TRY_AFTER_QUIET || flow->verdict.kind == VERDICT_INQUIRE_AFTER_QUIET;
    return after_quiet ? flow->line->settings.resend_after + back_off : back_off;
}

static struct next act_on(struct operation_flow *flow)
{
    if (risk_asks_again(flow)) {
        flow->risk.is_asked = false;
        return go(ASK_RISK);
    }
    switch (flow->verdict.kind) {
    case VERDICT_DONE:
    case VERDICT_DECLINED:
    case VERDICT_FAILED:
    case VERDICT_EXPIRED: return go(flow->falls_over ? RECORD_FALL_OVER : RECORD_OUTCOME);
    case VERDICT_ACTION: return go(RECORD_ACTION);
    case VERDICT_NEXT: return go(RECORD_EXCHANGE);
    case VERDICT_REVIEW: return go(RECORD_DOUBT);
    case VERDICT_TRY_AGAIN:
    case VERDICT_TRY_AFTER_QUIET:
    case VERDICT_INQUIRE:
    case VERDICT_INQUIRE_AFTER_QUIET: break;
    }
    if (flow->operation.state == OPERATION_WAITING && flow->inquires) return go(RECORD_ACTION); /* it is asked again another time */
    return go(flow->verdict.doubtful ? RECORD_DOUBT : WAIT);
}

/* Nobody is asked any more once the merchant's time is over, nor without the card. */
static void look_onward(struct operation_flow *flow, enum occasion occasion)
{
    route_look_onward(flow);
    bool has_card = flow->onward.next == ROUTE_NOBODY || occasion != INQUIRED || card_is_there(flow);
    if (occasion == CALLED_OFF || occasion == CARD_GONE || !has_card) flow->onward = (struct route_onward){ .next = ROUTE_NOBODY };
}

/* A killed request may still be running there, so that only what has happened counts; else all stays as it was. */
static struct next pause_on(struct operation_flow *flow)
{
    micros left = flow->pause_ends - world_monotonic(flow->flow.world);
    flow->inquires = flow->inquired_late;
    flow->pause = left > 0 ? left : 0;
    return go(WAIT);
}

static struct next judge(struct operation_flow *flow, enum occasion occasion)
{
    bool was_early = flow->is_early, has_happened = flow->outcome.kind == OUTCOME_DONE || flow->outcome.kind == OUTCOME_SOLD;
    flow->is_early = false;
    if (was_early && !has_happened) return pause_on(flow);
    flow->pause_ends = 0;
    look_onward(flow, occasion);
    struct attempt_past past = past_of(flow, occasion);
    flow->verdict = occasion == INQUIRED ? attempt_judge_inquiry(&past, &flow->outcome) : attempt_judge(&past, &flow->outcome);
    if (occasion == TRIED) remember(&flow->operation, &flow->outcome);
    flow->acknowledged |= flow->outcome.kind == OUTCOME_OPEN;
    if (occasion == INQUIRED) remember_inquiry(flow);
    flow->inquires = flow->verdict.kind == VERDICT_INQUIRE || flow->verdict.kind == VERDICT_INQUIRE_AFTER_QUIET;
    flow->pause = pause_of(flow);
    prepare_transaction(flow);
    flow->falls_over = falls_over(flow);
    measure_doubt(flow->verdict.kind);
    if (flow->verdict.kind == VERDICT_REVIEW) {
        log_error("operation needs a person", LOG_TEXT("payment_id", payment_id_str(&flow->payment_id)),
                  LOG_TEXT("operation_id", operation_id_str(&flow->operation.id)), LOG_TEXT("reason", str_of(flow->verdict.reason)));
    }
    return act_on(flow);
}
