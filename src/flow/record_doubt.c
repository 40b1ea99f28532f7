/* SPDX-License-Identifier: Apache-2.0 */
/* record_doubt: what is not known is kept too: doubt, review, and the way back from them after a restart. */
#include "flow/recording.h"

/* Doubt and review are history; the figures of further tries are only kept. */
static bool doubt_event(const struct operation_flow *flow, struct event *event)
{
    enum operation_state state = flow->moved.payment.operation.state;
    *event = (struct event){ .at = flow->command.now };
    if (flow->verdict.kind == VERDICT_REVIEW && state != OPERATION_REVIEW) event->kind = EVENT_OPERATION_REVIEW;
    else if (flow->verdict.doubtful && state == OPERATION_RUNNING) event->kind = EVENT_OPERATION_DOUBTED;
    return event->kind != EVENT_NONE;
}

void keep_doubt(struct operation_flow *flow)
{
    struct event event;
    struct telling telling = { .operation = &flow->operation, .outcome = &flow->outcome, .reason = flow->verdict.reason };
    if (doubt_event(flow, &event)) happen(flow, &event, &telling);
    flow->moved_operation.state = flow->moved.payment.operation.state;
    flow->moved_operation.reason = flow->verdict.reason ? str_of(flow->verdict.reason) : flow->operation.reason;
    bool is_to_be_known = flow->acknowledged && flow->verdict.kind != VERDICT_REVIEW; /* by whoever takes it up after a restart */
    if (is_to_be_known) flow->moved_operation.reason = STR(REASON_ACKNOWLEDGED);
    flow->moved.next_try_at = flow->verdict.kind == VERDICT_REVIEW ? 0 : flow->command.now + flow->pause;
    if (flow->verdict.kind == VERDICT_REVIEW) stop_looking(flow);
    store_save_operation(flow->flow.store, merchant_of(flow), &flow->moved_operation);
    store_save_payment(flow->flow.store, merchant_of(flow), &flow->moved);
    load_refunds(flow, &flow->moved);
    flow->has_moved = true;
}

struct next record_doubt(struct flow *base)
{
    struct operation_flow *flow = operation_of(base);
    start_from_record(flow);
    keep_doubt(flow);
    return go(WAIT);
}

/* ---- side doors ---- */

static bool load_open_operation(struct operation_flow *flow)
{
    return load_payment(flow) && flow->moved.payment.operation.kind != OPERATION_NONE && load_open(flow, &flow->moved_operation);
}

/* In which order processors are to be asked stands in the first event. */
static void recall_route(struct operation_flow *flow, const struct operation_record *open)
{
    struct event_record *events;
    if (open->kind != OPERATION_AUTHORIZE) return;
    size_t count = store_list_events(flow->flow.store, &flow->flow.arena, merchant_of(flow), payment_id_str(&flow->moved.id), 0, 1, &events);
    if (count == 1) route_recall(flow, events[0].data);
}

/* Nothing is on its way: the processor is asked what its payer has done. Whoever sent him away has the payment, whatever a list says. */
static struct next look_for_payer(struct operation_flow *flow)
{
    flow->inquires = flow->acknowledged = true;
    return go(CALL_PROCESSOR);
}

/* It has ended, or another node has it. Where that one took it over, this node ends with its next sign of life. Whoever came here
 * meanwhile is told to come again with his key, which is right in either case. */
static struct next leave_to_others(struct operation_flow *flow)
{
    if (flow->name.key.length > 0) return go(RECORD_ATTEMPT);
    write_reply(flow, ENDING_ELSEWHERE, REFUSED_NOT, NULL);
    return go(REPLY);
}

/* Nothing is open, or nothing that waits: whoever works on it, does. */
static struct next look_no_more(struct operation_flow *flow)
{
    store_drop_look(flow->flow.store, merchant_of(flow), payment_id_str(&flow->payment_id), flow->command.now);
    return leave_to_others(flow);
}

/* After a restart: the last try may have left and may still be running there, so it counts as lost. */
struct next reload(struct flow *base)
{
    struct operation_flow *flow = operation_of(base);
    flow->has_moved = false;
    if (!load_open_operation(flow)) return flow->entry == ENTRY_LOOK ? look_no_more(flow) : leave_to_others(flow);
    if (!is_driven_here(flow->flows, &flow->moved_operation)) return leave_to_others(flow);
    if (flow->entry == ENTRY_LOOK && flow->moved_operation.state != OPERATION_WAITING) return look_no_more(flow);
    flow->record = flow->moved;
    flow->operation = flow->moved_operation;
    flow->has_moved = true;
    load_payer(flow);
    recall_route(flow, &flow->operation);
    flow->acknowledged = str_equal(flow->operation.reason, STR(REASON_ACKNOWLEDGED));
    if (flow->operation.state == OPERATION_WAITING) return look_for_payer(flow);
    flow->inquires = attempt_inquires(flow->line->settings.processor->protection[flow->operation.kind]);
    flow->verdict = (struct verdict){ .kind = flow->inquires ? VERDICT_INQUIRE_AFTER_QUIET : VERDICT_TRY_AFTER_QUIET,
                                      .doubtful = true, .reason = "restarted" };
    if (flow->moved.payment.operation.state == OPERATION_REVIEW) {
        flow->verdict.kind = VERDICT_REVIEW;
        return go(WAIT);
    }
    flow->operation.sends++;
    flow->operation.lost++;
    flow->moved_operation = flow->operation;
    flow->pause = flow->line->settings.resend_after + (flow->flows->nodes ? LEASE_OWN : 0); /* whoever had it may have sent until then */
    keep_doubt(flow);
    return go(WAIT);
}

/* The card is here again: the same bytes can be sent. */
struct next record_resumed(struct flow *base)
{
    struct operation_flow *flow = operation_of(base);
    struct event resumed = { .kind = EVENT_OPERATION_RESUMED, .at = flow->command.now };
    flow->has_moved = false;
    if (!load_open_operation(flow) || flow->moved.payment.operation.state != OPERATION_REVIEW) return go(JOIN);
    struct telling telling = { .operation = &flow->moved_operation, .reason = "card_brought" };
    happen(flow, &resumed, &telling);
    store_give_operation(flow->flow.store, merchant_of(flow), &flow->moved_operation, &flow->flows->options.life);
    flow->moved_operation.state = OPERATION_RUNNING;
    flow->moved_operation.reason = STR("");
    flow->moved_operation.card_sealed = flow->card_sealed;
    flow->moved_operation.card_slot = flow->card_slot;
    load_payer(flow);
    recall_route(flow, &flow->moved_operation);
    store_save_operation(flow->flow.store, merchant_of(flow), &flow->moved_operation);
    store_save_payment(flow->flow.store, merchant_of(flow), &flow->moved);
    flow->has_moved = true;
    return go(CALL_PROCESSOR);
}
