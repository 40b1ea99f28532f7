/* SPDX-License-Identifier: Apache-2.0 */
/* record_outcome: the second transaction: what the processor, or a person, says becomes what is known. */
#include "flow/recording.h"

/* How long a hold lives of which we have only a person's word: less than any processor's. */
#define SETTLED_HOLD_SPAN (INT64_C(6) * 24 * 3600 * MICROS_PER_SECOND)

static struct event event_of_verdict(const struct operation_flow *flow)
{
    const struct verdict *verdict = &flow->verdict;
    enum operation_kind kind = flow->operation.kind;
    struct event event = { .at = flow->command.now, .amount_minor = flow->operation.amount_minor };
    switch (verdict->kind) {
    case VERDICT_DONE:
        event.kind = flow->outcome.kind == OUTCOME_SOLD ? EVENT_SOLD : operation_done_event(kind);
        event.expires_at = flow->outcome.expires_at;
        event.id_known = flow->outcome.id.text[0] != 0;
        event.risk = risk_of_hold(flow);
        break;
    case VERDICT_DECLINED:
        event.kind = EVENT_DECLINED;
        event.decline = category_decline(flow->outcome.category);
        break;
    case VERDICT_EXPIRED: event.kind = EVENT_EXPIRED; break;
    case VERDICT_FAILED: event.kind = operation_failed_event(kind); break;
    case VERDICT_ACTION:
    case VERDICT_NEXT:
    case VERDICT_TRY_AGAIN:
    case VERDICT_TRY_AFTER_QUIET:
    case VERDICT_INQUIRE:
    case VERDICT_INQUIRE_AFTER_QUIET:
    case VERDICT_REVIEW: INSIST(!"a verdict that ends an operation"); break;
    }
    return event;
}

static enum operation_state state_of_verdict(enum verdict_kind kind)
{
    if (kind == VERDICT_DONE) return OPERATION_DONE;
    return kind == VERDICT_DECLINED ? OPERATION_DECLINED : OPERATION_FAILED;
}

/* The processor's id goes where the receipt tells it. */
static void keep_reference(struct payment_record *record, enum operation_kind kind, const struct processor_id *id)
{
    switch (kind) {
    case OPERATION_AUTHORIZE: record->authorization_ref = *id; break;
    case OPERATION_CAPTURE: record->capture_ref = *id; break;
    case OPERATION_VOID: record->void_ref = *id; break;
    case OPERATION_REFUND: record->refund_ref = *id; break;
    case OPERATION_NONE:
    case OPERATION_KIND_COUNT: break;
    }
}

static void end_operation(struct operation_flow *flow, const struct event *event, str by)
{
    const struct verdict *verdict = &flow->verdict;
    bool done = verdict->kind == VERDICT_DONE;
    struct telling telling = { .operation = &flow->operation, .outcome = &flow->outcome, .reason = verdict->reason,
                               .stray_holds = verdict->stray_holds, .by = by, .tells_onward = verdict->allows_another };
    if (done) keep_reference(&flow->moved, flow->operation.kind, &flow->outcome.id);
    if (event->kind == EVENT_SOLD) flow->moved.capture_ref = flow->outcome.id;
    stop_looking(flow);
    risk_keep_hold(flow, event);
    flow->moved.stray_holds += verdict->stray_holds;
    happen(flow, event, &telling);

    close_operation(flow, state_of_verdict(verdict->kind));
    flow->moved.open_operation = (struct operation_id){ "" };
    flow->moved.next_try_at = 0;
}

static enum ending_kind ending_of(const struct operation_flow *flow, const struct event *event)
{
    bool could_not_be_captured = event->kind == EVENT_VOIDED && asked_of(flow, &flow->moved) == OPERATION_AUTHORIZE;
    if (could_not_be_captured) return ENDING_DECLINED;
    switch (event->kind) {
    case EVENT_DECLINED: return ENDING_DECLINED;
    case EVENT_EXPIRED: return ENDING_EXPIRED;
    case EVENT_AUTHORIZE_FAILED:
        return str_equal(str_of(flow->verdict.reason), STR(REASON_PROCESSOR_REFUSED)) ? ENDING_PROCESSOR_REFUSED : ENDING_UNAVAILABLE;
    case EVENT_CAPTURE_FAILED:
    case EVENT_VOID_FAILED:
    case EVENT_REFUND_FAILED: return ENDING_PROCESSOR_REFUSED;
    default: return ENDING_DONE;
    }
}

static void keep_answer(struct operation_flow *flow, const struct event *event)
{
    const struct operation_id *answer_at = &flow->operation.answer_operation_id;
    if (!answer_at->text[0]) return; /* nobody asked */
    write_reply(flow, ending_of(flow, event), REFUSED_NOT, &flow->moved);
    flow->has_reply = true;
    store_save_answer(flow->flow.store, merchant_of(flow), payment_id_str(&flow->moved.id), operation_id_str(answer_at), flow->reply.status,
                      flow->reply.body);
}

struct next conclude(struct operation_flow *flow, str by)
{
    enum command_kind following;
    struct event event = event_of_verdict(flow);
    flow->goes_on = false;
    flow->has_reply = false;
    end_operation(flow, &event, by);
    bool is_counted = flow->moved.payment.risk != RISK_UNASKED && event.kind == EVENT_DECLINED;
    if (is_counted) store_save_failed_try(flow->flow.store, merchant_of(flow), payment_id_str(&flow->moved.id));

    bool follows = payment_follow_up(&flow->moved.payment, &event, &following);
    bool answers_later = follows && asked_of(flow, &flow->moved) == OPERATION_AUTHORIZE; /* whoever captured by hand knows enough */
    if (!answers_later) keep_answer(flow, &event);
    if (follows) begin_follow_up(flow, following, answers_later);
    store_save_payment(flow->flow.store, merchant_of(flow), &flow->moved);
    flow->has_moved = true;
    return go(SETTLED);
}

struct next record_outcome(struct flow *base)
{
    struct operation_flow *flow = operation_of(base);
    start_from_record(flow);
    return conclude(flow, STR_NONE);
}

/* ---- a person's word ---- */

/* An id as processors make them: short, visible ASCII. */
static bool can_be_an_id(str ref)
{
    if (ref.length >= PROCESSOR_ID_BYTES) return false;
    for (size_t i = 0; i < ref.length; i++) {
        if (ref.bytes[i] < '!' || ref.bytes[i] > '~') return false;
    }
    return true;
}

static enum ending_kind check_settlement(struct operation_flow *flow)
{
    struct store *store = flow->flow.store;
    const struct settle_wish *settle = &flow->settle;
    bool found = store_find_open_operation(store, &flow->flow.arena, merchant_of(flow), settle->operation_id, &flow->moved_operation);
    if (!found || flow->moved_operation.state != OPERATION_REVIEW) return ENDING_NOT_IN_REVIEW;
    if (settle->happened && flow->moved_operation.kind == OPERATION_AUTHORIZE && settle->processor_ref.length == 0) return ENDING_ID_NEEDED;
    if (!can_be_an_id(settle->processor_ref)) return ENDING_ID_INVALID;
    flow->payment_id = flow->moved_operation.payment_id;
    return load_payment(flow) ? ENDING_DONE : ENDING_NOT_IN_REVIEW;
}

/* A hold of which we only have a person's word is given the shortest life that the processor may have meant. */
static void take_his_word(struct operation_flow *flow)
{
    const struct settle_wish *settle = &flow->settle;
    const struct capability *can = &flow->line->settings.processor->can;
    bool sells = flow->operation.kind == OPERATION_AUTHORIZE && capability_sells(can, payment_is_on_page(&flow->moved));
    flow->outcome = (struct outcome){ .kind = sells ? OUTCOME_SOLD : OUTCOME_DONE,
                                      .expires_at = flow->moved_operation.started_at + SETTLED_HOLD_SPAN };
    int beside = attempt_stray_holds(flow->operation.kind, (int)flow->operation.lost, true);
    flow->verdict = (struct verdict){ .kind = settle->happened ? VERDICT_DONE : VERDICT_FAILED, .reason = "settled_by_person",
                                      .stray_holds = settle->happened ? beside : 0 };
    if (settle->happened && settle->processor_ref.length > 0) {
        bool fits = str_copy_to(settle->processor_ref, flow->outcome.id.text, sizeof flow->outcome.id.text);
        INSIST(fits);
    }
    bool touches_hold = flow->operation.kind == OPERATION_CAPTURE || flow->operation.kind == OPERATION_VOID;
    if (!settle->happened && touches_hold) flow->moved.rival_possible = true;
}

struct next record_settlement(struct flow *base)
{
    struct operation_flow *flow = operation_of(base);
    enum ending_kind found = check_settlement(flow);
    if (found != ENDING_DONE) {
        flow->operation = (struct operation_record){ 0 }; /* a run before this one, which had no room, may have found it */
        write_reply(flow, found, REFUSED_NOT, NULL);
        return go(REPLY);
    }
    flow->record = flow->moved;
    flow->operation = flow->moved_operation;
    load_payer(flow);
    take_his_word(flow);
    struct next next = conclude(flow, flow->settle.by);
    /* The merchant's answer is kept; the person hears that his word was taken, whatever it was. */
    write_reply(flow, ENDING_DONE, REFUSED_NOT, &flow->moved);
    flow->has_reply = true;
    return next;
}
