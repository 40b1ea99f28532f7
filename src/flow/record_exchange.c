/* SPDX-License-Identifier: Apache-2.0 */
/* record_exchange: between two calls of one operation: the bytes of the second are durable before the first of them leaves. */
#include "flow/recording.h"

/* He has done what he had to: from now on a crash finds an operation that runs. */
static void go_on_with_payer(struct operation_flow *flow)
{
    struct event event = { .kind = EVENT_OPERATION_RESUMED, .at = flow->command.now };
    struct telling telling = { .operation = &flow->operation, .reason = "payer_came" };
    happen(flow, &event, &telling);
    flow->moved_operation.state = OPERATION_RUNNING;
    flow->moved.next_try_at = 0;
    store_save_operation(flow->flow.store, merchant_of(flow), &flow->moved_operation);
    store_save_payment(flow->flow.store, merchant_of(flow), &flow->moved);
    store_save_action(flow->flow.store, merchant_of(flow), payment_id_str(&flow->moved.id), flow->payer.action_url, 0);
}

struct next record_exchange(struct flow *base)
{
    struct operation_flow *flow = operation_of(base);
    struct operation_record *operation = &flow->moved_operation;
    start_from_record(flow);
    operation->sends = operation->lost = operation->already = operation->denied = operation->mismatched = 0;
    if (flow->moved.payment.operation.state == OPERATION_WAITING) go_on_with_payer(flow);
    flow->acknowledged = false;
    freeze(flow, operation, exchange_of(&flow->operation) + 1, str_of(flow->outcome.id.text));
    store_save_exchange(base->store, merchant_of(flow), operation);
    flow->has_moved = true;
    return go(CALL_PROCESSOR);
}
