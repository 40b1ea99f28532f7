/* SPDX-License-Identifier: Apache-2.0 */
/* record_action: a payment that waits for its payer: what he has to do, and when the processor is asked whether he has. */
#include "flow/recording.h"

/* Soon at first; a payer who takes his time is asked about a quarter of that time later, and at least once an hour. */
#define LOOK_SOON (INT64_C(15) * MICROS_PER_SECOND)
#define LOOK_LATE (INT64_C(3600) * MICROS_PER_SECOND)

static micros next_look(const struct operation_flow *flow)
{
    micros waited = flow->command.now - flow->moved.payment.operation.since;
    micros span = LOOK_SOON + (waited > 0 ? waited / 4 : 0);
    return flow->command.now + (span < LOOK_LATE ? span : LOOK_LATE);
}

/* It is the same as before, or the processor could not say: nothing has happened. */
static bool is_news(const struct operation_flow *flow)
{
    bool waits = flow->moved.payment.operation.state == OPERATION_WAITING;
    return flow->verdict.kind == VERDICT_ACTION && !(waits && str_equal(flow->outcome.action_url, flow->payer.action_url));
}

/* The request has its final answer here; what follows is told by questions and notices. */
static void answer_request(struct operation_flow *flow)
{
    struct operation_id answer_at = flow->operation.answer_operation_id;
    if (!answer_at.text[0]) return;
    write_reply(flow, ENDING_DONE, REFUSED_NOT, &flow->moved);
    flow->has_reply = true;
    store_save_answer(flow->flow.store, merchant_of(flow), payment_id_str(&flow->moved.id), operation_id_str(&answer_at), flow->reply.status,
                      flow->reply.body);
    store_save_answered(flow->flow.store, merchant_of(flow), &flow->moved_operation);
}

static void require_action(struct operation_flow *flow)
{
    struct event event = { .kind = EVENT_ACTION_REQUIRED, .at = flow->command.now };
    struct telling telling = { .operation = &flow->operation, .outcome = &flow->outcome };
    flow->moved.authorization_ref = flow->moved_operation.processor_ref = flow->outcome.id;
    flow->payer.action_url = arena_copy(&flow->flow.arena, flow->outcome.action_url);
    happen(flow, &event, &telling);
    flow->moved_operation.state = flow->moved.payment.operation.state;
    flow->moved_operation.card_sealed = STR_NONE;
    flow->moved_operation.card_slot = VAULT_NO_SLOT;
    flow->spent_slot = flow->operation.card_slot;
    flow->moved_operation.reason = STR("");
    answer_request(flow);
}

struct next record_action(struct flow *base)
{
    struct operation_flow *flow = operation_of(base);
    flow->has_reply = false;
    start_from_record(flow);
    load_payer(flow); /* as it is stored: this may run again */
    if (is_news(flow)) require_action(flow);
    store_save_operation(base->store, merchant_of(flow), &flow->moved_operation);
    flow->moved.next_try_at = next_look(flow);
    store_save_action(base->store, merchant_of(flow), payment_id_str(&flow->moved.id), flow->payer.action_url, flow->moved.next_try_at);
    store_save_payment(base->store, merchant_of(flow), &flow->moved);
    flow->has_moved = true;
    return go(WAIT_FOR_PAYER);
}
