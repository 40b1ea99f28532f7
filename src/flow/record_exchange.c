/* SPDX-License-Identifier: Apache-2.0 */
/* record_exchange: between two calls of one operation: the bytes of the second are durable before the first of them leaves. */
#include "flow/recording.h"

struct next record_exchange(struct flow *base)
{
    struct operation_flow *flow = operation_of(base);
    struct operation_record *operation = &flow->moved_operation;
    take_up(flow);
    operation->sends = operation->lost = operation->already = operation->denied = operation->mismatched = 0;
    freeze(flow, operation, exchange_of(&flow->operation) + 1, str_of(flow->outcome.id.text));
    store_save_exchange(base->store, merchant_of(flow), operation);
    flow->has_moved = true;
    return go(CALL_PROCESSOR);
}
