/* SPDX-License-Identifier: Apache-2.0 */
/* dispute: a processor told of a dispute: it is asked how that stands, and what it answers is kept, whatever the news said.
 *
 *   claim_dispute -> ask -> read_dispute -> record_dispute -> told
 *        ^            |          |                |
 *        |            +----------+-> (later: the row says when)
 *        +----------- there were further news meanwhile
 *
 * The moment of the next look stands in the row, and is moved on by whoever looks: of several nodes one does, and after a crash
 * another one. News move it back, so that an answer from before them finds it changed and is not kept. */
#include <stdlib.h>

#include "base/log.h"
#include "flow/call.h"
#include "flow/flows_internal.h"

enum { CLAIM_DISPUTE, ASK, READ_DISPUTE, RECORD_DISPUTE, TOLD };

#define LOOK_SOON (INT64_C(15) * MICROS_PER_SECOND)
#define LOOK_LATE (INT64_C(3600) * MICROS_PER_SECOND)

struct dispute_flow {
    struct flow flow; /* first: the engine's */
    struct flows *flows;
    struct line *line;
    struct payment_id payment_id;
    str dispute_id;
    micros now;
    micros claimed; /* when it is looked at next, unless somebody has news before: by that it is known to be ours still */
    struct dispute_record dispute;
    struct payment_record payment;
    struct http_call call;
    struct arena call_arena;
    struct session_waiter session_waiter;
    bool has_no_token;
    struct processor_dispute found;
    bool has_changed;
};

static struct dispute_flow *dispute_of(struct flow *flow) { return (struct dispute_flow *)(void *)flow; }

static str merchant_of(const struct dispute_flow *flow) { return flow->flows->options.merchant; }

/* ---- whose turn it is ---- */

/* A processor that cannot say is asked again, more and more rarely. */
static micros next_look(const struct dispute_flow *flow)
{
    micros waited = flow->now - flow->dispute.opened_at, span = LOOK_SOON + (waited > 0 ? waited / 4 : 0);
    micros next = flow->now + (span < LOOK_LATE ? span : LOOK_LATE);
    return next > flow->dispute.look_at ? next : flow->dispute.look_at + 1; /* no two looks have the same */
}

static bool load(struct dispute_flow *flow)
{
    struct store *store = flow->flow.store;
    struct arena *arena = &flow->flow.arena;
    str id = payment_id_str(&flow->payment_id);
    return store_load_dispute(store, arena, merchant_of(flow), id, flow->dispute_id, &flow->dispute) &&
           store_load_payment(store, arena, merchant_of(flow), id, &flow->payment);
}

static struct next claim_dispute(struct flow *base)
{
    struct dispute_flow *flow = dispute_of(base);
    if (!load(flow) || flow->dispute.look_at == 0 || flow->dispute.look_at > flow->now) return finish();
    micros before = flow->dispute.look_at;
    flow->dispute.look_at = flow->claimed = next_look(flow);
    store_save_dispute(base->store, merchant_of(flow), &flow->dispute, before);
    return go(ASK);
}

/* ---- asking ---- */

static struct processor_call call_of(const struct dispute_flow *flow)
{
    return (struct processor_call){
        .authorization_ref = str_of(flow->payment.authorization_ref.text),
        .capture_ref = str_of(flow->payment.capture_ref.text),
        .dispute_ref = flow->dispute.id,
    };
}

static void token_came(struct session_waiter *waiter, bool is_good)
{
    struct dispute_flow *flow = CONTAINER_OF(waiter, struct dispute_flow, session_waiter);
    flow->flows->calls--;
    flow->has_no_token = !is_good;
    flow_wake(&flow->flow);
}

static struct next wait_for_token(struct dispute_flow *flow)
{
    flow->flows->calls++;
    flow->session_waiter.ready = token_came;
    session_wait(&flow->line->session, &flow->session_waiter);
    return sleep_then(ASK);
}

static void answered(struct http_call *call)
{
    struct dispute_flow *flow = CONTAINER_OF(call, struct dispute_flow, call);
    flow->flows->calls--;
    flow_wake(&flow->flow);
}

/* Nothing is lost by not asking now: the row says when it is asked again. */
static struct next ask(struct flow *base)
{
    struct dispute_flow *flow = dispute_of(base);
    struct processor_call about = call_of(flow);
    struct processor_request request = { 0 };
    flow->line = line_of(flow->flows, flow->payment.processor);
    if (flow->flows->stopping || flow->has_no_token || !line_is_set_up(flow->line)) return finish();
    if (!session_is_good(&flow->line->session)) return wait_for_token(flow);
    flow->line->settings.processor->dispute.ask(&flow->call_arena, &about, &request);
    flow->call = call_to(&flow->line->settings, session_token(&flow->line->session), &request, &flow->call_arena);
    flow->call.done = answered;
    flow->flows->calls++;
    world_send(base->world, &flow->call);
    return sleep_then(READ_DISPUTE);
}

static struct next read_dispute(struct flow *base)
{
    struct dispute_flow *flow = dispute_of(base);
    struct processor_call about = call_of(flow);
    struct processor_answer answer = { .status = flow->call.status, .body = flow->call.answer_body };
    bool is_answered = flow->call.result == HTTP_CALL_ANSWERED;
    if (is_answered && flow->call.status == 401) session_drop(&flow->line->session);
    if (is_answered) flow->line->settings.processor->dispute.read(&flow->call_arena, &about, &answer, &flow->found);
    flow->now = world_now(base->world);
    if (is_answered && flow->found.kind != DISPUTE_NOTHING_SURE) return go(RECORD_DISPUTE);
    log_warn("a processor cannot say how a dispute stands; it is asked again", LOG_TEXT("payment_id", payment_id_str(&flow->payment_id)),
             LOG_TEXT("dispute_id", flow->dispute_id), LOG_NUMBER("status", flow->call.status), LOG_TEXT("problem", str_of(flow->call.problem)));
    return finish();
}

/* ---- keeping ---- */

static bool is_news(const struct dispute_record *known, const struct processor_dispute *found)
{
    return !known->is_known || known->state != found->state || known->stage != found->stage || known->due_at != found->due_at ||
           !money_equal(known->amount, found->amount) || !str_equal(known->reason, found->reason);
}

static str event_data(struct dispute_flow *flow)
{
    const struct dispute_record *dispute = &flow->dispute;
    struct text data = text_open(&flow->flow.arena, 256);
    json_open_object(&data);
    json_put_str(&data, "dispute_id", dispute->id);
    json_put_str(&data, "dispute_stage", dispute_stage_word(dispute->stage));
    json_put_str(&data, "dispute_state", dispute_state_word(dispute->state));
    json_put_int(&data, "amount", dispute->amount.minor);
    json_put_str(&data, "currency", currency_str(&dispute->amount.currency));
    json_put_str(&data, "reason", dispute->reason);
    if (dispute->due_at) json_put_time(&data, "evidence_due_at", dispute->due_at);
    json_close_object(&data);
    return text_str(&data);
}

/* What it was found to be; its texts go where the row's are. */
static void take(struct dispute_flow *flow)
{
    struct dispute_record *dispute = &flow->dispute;
    const struct processor_dispute *found = &flow->found;
    dispute->is_known = true;
    dispute->stage = found->stage;
    dispute->state = found->state;
    dispute->amount = found->amount;
    dispute->reason = arena_copy(&flow->flow.arena, found->reason.bytes ? found->reason : STR(""));
    dispute->due_at = found->due_at;
    dispute->changed_at = flow->now;
}

/* It happens to the payment as well, so that a refund that is decided at the same time collides. */
static void record_news(struct dispute_flow *flow)
{
    struct event event = { .kind = EVENT_DISPUTE_CHANGED, .amount_minor = flow->found.amount.minor, .at = flow->now };
    take(flow);
    payment_apply(&flow->payment.payment, &event);
    store_save_event(flow->flow.store, merchant_of(flow), &flow->payment, event.kind, event_data(flow));
    store_save_payment(flow->flow.store, merchant_of(flow), &flow->payment);
}

/* Of money that is not known to be captured there is no dispute yet: our own capture is still in doubt. */
static bool can_happen(const struct dispute_flow *flow)
{
    struct event event = { .kind = EVENT_DISPUTE_CHANGED };
    return payment_can(&flow->payment.payment, &event);
}

static struct next record_dispute(struct flow *base)
{
    struct dispute_flow *flow = dispute_of(base);
    flow->has_changed = false;
    if (!load(flow) || flow->dispute.look_at != flow->claimed) return go(CLAIM_DISPUTE);
    if (flow->found.kind == DISPUTE_ABSENT && !flow->dispute.is_known) {
        store_drop_dispute(base->store, merchant_of(flow), &flow->dispute);
        return go(TOLD);
    }
    flow->has_changed = flow->found.kind == DISPUTE_FOUND && is_news(&flow->dispute, &flow->found);
    if (flow->has_changed && !can_happen(flow)) return finish();
    if (flow->has_changed) record_news(flow);
    flow->dispute.look_at = 0;
    store_save_dispute(base->store, merchant_of(flow), &flow->dispute, flow->claimed);
    return go(TOLD);
}

static struct next told(struct flow *base)
{
    const struct dispute_flow *flow = dispute_of(base);
    const struct dispute_record *dispute = &flow->dispute;
    if (!flow->has_changed) return finish();
    measure_dispute(dispute->state);
    log_warn("a payment is disputed", LOG_TEXT("payment_id", payment_id_str(&flow->payment_id)), LOG_TEXT("dispute_id", dispute->id),
             LOG_TEXT("stage", dispute_stage_word(dispute->stage)), LOG_TEXT("state", dispute_state_word(dispute->state)),
             LOG_TEXT("reason", dispute->reason), LOG_NUMBER("amount", dispute->amount.minor));
    return finish();
}

/* clang-format off */
static const struct step steps[] = {
    [CLAIM_DISPUTE]  = { "claim_dispute",  IN_TRANSACTION, claim_dispute,  TOLD },
    [ASK]            = { "ask",            ON_LOOP,        ask,            0    },
    [READ_DISPUTE]   = { "read_dispute",   ON_LOOP,        read_dispute,   0    },
    [RECORD_DISPUTE] = { "record_dispute", IN_TRANSACTION, record_dispute, 0    },
    [TOLD]           = { "told",           ON_LOOP,        told,           0    },
};
/* clang-format on */

static void finished(struct flow *base)
{
    struct dispute_flow *flow = dispute_of(base);
    world_timer_stop(base->world, &base->timer);
    flow->flows->disputes--;
    arena_close(&flow->call_arena);
    arena_close(&base->arena);
    free(flow);
}

static void rested(struct flow *base, bool committed)
{
    struct dispute_flow *flow = dispute_of(base);
    flow->has_changed = flow->has_changed && committed;
}

static const struct flow_kind dispute_flow_kind = { "dispute", steps, finished, rested };

void look_at_dispute(struct flows *flows, const struct payment_id *payment_id, str dispute_id)
{
    if (flows->stopping || !lease_holds(flows)) return;
    struct dispute_flow *flow = memory_take(sizeof *flow);
    flow->flows = flows;
    flow->line = &flows->lines[0];
    flow->payment_id = *payment_id;
    flow->dispute_id = arena_copy(&flow->flow.arena, dispute_id);
    flow->now = world_now(flows->options.world);
    flows->disputes++;
    flow_begin(&flow->flow, &dispute_flow_kind, flows->options.world, CLAIM_DISPUTE);
}
