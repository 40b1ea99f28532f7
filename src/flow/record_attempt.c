/* SPDX-License-Identifier: Apache-2.0 */
/* record_attempt: the first transaction: has the key been used, do the rules allow it, and then the intent with its bytes. */
#include <string.h>

#include "flow/recording.h"

enum { UNAVAILABLE_RETRY_AFTER_S = 5 }; /* as the first answer said: a try with a new key */

/* Has this key been used? Then *where says how to go on. */
static bool key_was_used(struct operation_flow *flow, struct next *where)
{
    struct request_record seen;
    struct store *store = flow->flow.store;
    struct arena *arena = &flow->flow.arena;
    if (flow->name.key.length == 0) return false;
    if (!store_load_request(store, arena, merchant_of(flow), flow->name.scope, flow->name.key, &seen)) return false;

    *where = go(REPLY);
    if (!str_equal(seen.fingerprint, flow->name.fingerprint)) {
        write_reply(flow, ENDING_KEY_REUSED, REFUSED_NOT, NULL);
    } else if (seen.status != 0) {
        flow->reply = (struct reply){ .status = (int)seen.status, .body = seen.body, .replayed = true };
        if (seen.status == 503) flow->reply.retry_after_s = UNAVAILABLE_RETRY_AFTER_S;
    } else {
        bool loaded = store_load_payment(store, arena, merchant_of(flow), seen.payment_id, &flow->moved);
        if (!store_must_have(store, loaded)) return true;
        flow->running_payment = flow->moved.id;
        bool fits = str_copy_to(seen.operation_id, flow->running_operation.text, sizeof flow->running_operation.text);
        INSIST(fits);
        *where = go(JOIN);
    }
    return true;
}

/* Only the operation that is open says who drives it: it may be one that follows from ours. */
static void look_who_drives(struct operation_flow *flow)
{
    struct operation_record open;
    flow->runs_elsewhere = load_open(flow, &open) && !is_driven_here(flow->flows, &open);
}

/* A key whose operation waits for a person, or for the card that a restart has lost: this request may have brought it. */
static struct next join_or_resume(struct operation_flow *flow)
{
    const struct open_operation *open = &flow->moved.payment.operation;
    if (open->state != OPERATION_REVIEW) {
        if (flow->flows->nodes) look_who_drives(flow);
        return go(JOIN);
    }
    bool loaded = load_open(flow, &flow->moved_operation);
    if (!store_must_have(flow->flow.store, loaded)) return go(REPLY);
    flow->has_moved = true;
    bool card_is_missing = str_equal(flow->moved_operation.reason, STR(REASON_CARD_GONE));
    if (card_is_missing && flow->card_slot >= 0) return go(SEAL_AGAIN);
    write_reply(flow, ENDING_OPEN, REFUSED_NOT, &flow->moved);
    return go(REPLY);
}

static void keep_request(struct operation_flow *flow, bool of_operation)
{
    struct request_record request = {
        .scope = flow->name.scope,
        .key = flow->name.key,
        .fingerprint = flow->name.fingerprint,
        .payment_id = flow->moved.id.text[0] ? payment_id_str(&flow->moved.id) : STR_NONE,
        .operation_id = of_operation ? operation_id_str(&flow->moved_operation.id) : STR_NONE,
        .status = of_operation ? 0 : flow->reply.status,
        .body = of_operation ? STR_NONE : flow->reply.body,
        .created_at = flow->running_time,
    };
    if (flow->name.key.length > 0) store_save_request(flow->flow.store, merchant_of(flow), &request);
}

/* Why a payment is declined that goes to nobody, and what it is called. */
static const struct own_decline {
    enum refusal refusal;
    enum decline decline;
    const char *reason;
    bool is_failure; /* of the card, as if its bank had said so */
} own_declines[] = {
    { REFUSED_CARD_EXPIRED, DECLINE_EXPIRED_CARD, "card_date_is_past", true },
    { REFUSED_BY_RISK, DECLINE_FRAUD_SUSPECTED, "denied_by_risk", false },
    { REFUSED_STEP_UP_NOT_POSSIBLE, DECLINE_AUTHENTICATION_REQUIRED, "step_up_not_possible", false },
};

static const struct own_decline *own_decline_of(enum refusal refusal)
{
    for (size_t i = 0; i < COUNT_OF(own_declines); i++) {
        if (own_declines[i].refusal == refusal) return &own_declines[i];
    }
    return NULL;
}

/* Declined without asking anybody, as a payment of its own. */
static struct next decline_unasked(struct operation_flow *flow, const struct own_decline *why)
{
    struct telling telling = { .reason = why->reason };
    struct event started = { .kind = EVENT_AUTHORIZE_STARTED, .amount_minor = flow->command.amount.minor,
                             .currency = flow->command.amount.currency, .captures_itself = flow->command.captures_itself,
                             .risk = flow->command.risk, .at = flow->command.now };
    struct event declined = { .kind = EVENT_DECLINED, .decline = why->decline, .at = flow->command.now };
    happen(flow, &started, &telling);
    happen(flow, &declined, &telling);
    store_save_new_payment(flow->flow.store, merchant_of(flow), &flow->moved);
    risk_save_try(flow, why->is_failure);
    write_reply(flow, ENDING_DECLINED, REFUSED_NOT, &flow->moved);
    keep_request(flow, false);
    return go(REPLY);
}

/* Refusals are kept as the key's answer, but not the one that asks to come back with the same key. */
static struct next refuse(struct operation_flow *flow, enum refusal refusal)
{
    bool is_new = flow->moved.payment.state == PAYMENT_NEW;
    if (flow->entry == ENTRY_EXPIRE) return finish();
    if (own_decline_of(refusal)) return decline_unasked(flow, own_decline_of(refusal));
    if (is_new) flow->moved.id = (struct payment_id){ "" };
    write_reply(flow, ENDING_REFUSED, refusal, is_new ? NULL : &flow->moved);
    if (refusal != REFUSED_OPERATION_IN_PROGRESS) keep_request(flow, false);
    return go(REPLY);
}

static void fresh_payment(struct operation_flow *flow)
{
    struct payment_record *moved = &flow->moved;
    *moved = (struct payment_record){ .id = flow->payment_id,
                                      .order_id = flow->wish.order_id,
                                      .customer_id = flow->wish.customer_id,
                                      .description = flow->wish.description,
                                      .metadata = flow->wish.metadata,
                                      .processor = str_of(flow->line->settings.processor->name) };
    risk_keep(flow);
    if (flow->command.on_page) return;
    bool fits = str_copy_to(str_of(flow->card_face.brand), moved->card_brand, sizeof moved->card_brand);
    INSIST(fits);
    memcpy(moved->card_last4, flow->card_face.last4, sizeof moved->card_last4);
}

/* The card was opened before this transaction: the token's row has the last word, and a single-use token is used up with the intent. */
static enum refusal take_token(struct operation_flow *flow, struct token_record *token)
{
    if (!flow->wish.token_id.bytes) return REFUSED_NOT;
    if (!store_load_token(flow->flow.store, &flow->flow.arena, merchant_of(flow), flow->wish.token_id, token)) return REFUSED_TOKEN_UNKNOWN;
    return token_decide(&token->token, flow->command.now);
}

/* The clock's word: the hold is over, and its money is to be freed. */
static struct next release_expired(struct operation_flow *flow, const struct event *expired)
{
    struct telling telling = { .by = STR("clock") };
    flow->goes_on = false;
    flow->ends_operation = false;
    happen(flow, expired, &telling);
    begin_follow_up(flow, COMMAND_RELEASE, false);
    store_save_payment(flow->flow.store, merchant_of(flow), &flow->moved);
    flow->has_moved = true;
    return go(CALL_PROCESSOR);
}

/* The review's word, or the clock's: its money may be taken, which an automatic payment does at once, or is to be freed. */
static struct next end_review(struct operation_flow *flow, const struct event *ended)
{
    enum command_kind following;
    bool has_key = flow->name.key.length > 0;
    struct telling telling = { .by = flow->entry == ENTRY_EXPIRE ? STR("clock") : STR_NONE };
    flow->goes_on = flow->ends_operation = false;
    happen(flow, ended, &telling);
    bool follows = payment_follow_up(&flow->moved.payment, ended, &following);
    if (follows) begin_after(flow, following, has_key ? &flow->fresh_id : NULL);
    store_save_payment(flow->flow.store, merchant_of(flow), &flow->moved);
    if (!follows) write_reply(flow, ENDING_DONE, REFUSED_NOT, &flow->moved);
    keep_request(flow, follows);
    flow->has_moved = true;
    return go(follows ? CALL_PROCESSOR : REPLY);
}

/* What the merchant told of him, if anything. */
static void keep_payer(struct operation_flow *flow)
{
    const struct payment_wish *wish = &flow->wish;
    flow->payer = (struct payer_record){ .email = wish->customer_email, .name = wish->customer_name, .return_url = wish->return_url,
                                         .action_url = STR("") };
    bool is_told = wish->customer_email.length > 0 || wish->customer_name.length > 0 || wish->return_url.length > 0;
    if (is_told) store_save_new_payer(flow->flow.store, merchant_of(flow), payment_id_str(&flow->moved.id), &flow->payer);
}

/* Everybody who is named for this payment lacks what its rule needs. What its own rules refuse they refuse themselves. */
static enum refusal refusal_of_route(const struct operation_flow *flow)
{
    if (flow->route_bar == ROUTE_NO_CAPTURE) return REFUSED_HOLD_NOT_SUPPORTED;
    if (flow->route_bar == ROUTE_NO_STEP_UP) return REFUSED_STEP_UP_NOT_POSSIBLE;
    bool lacks_parts = flow->route_bar == ROUTE_NO_PARTIAL_CAPTURE || flow->route_bar == ROUTE_NO_PARTIAL_REFUND;
    return lacks_parts ? REFUSED_PARTIAL_NOT_SUPPORTED : REFUSED_NOT;
}

/* Without a record: the key stays free. */
static struct next turn_away(struct operation_flow *flow, enum ending_kind why)
{
    write_reply(flow, why, REFUSED_NOT, NULL);
    return flow->entry == ENTRY_EXPIRE ? finish() : go(REPLY);
}

/* Only who sends notices tells us of disputes. */
static bool is_disputed(struct operation_flow *flow)
{
    return flow->line->settings.processor->notices &&
           store_has_blocking_dispute(flow->flow.store, &flow->flow.arena, merchant_of(flow), &flow->moved.id);
}

static struct next begin_requested(struct operation_flow *flow)
{
    struct token_record token = { 0 };
    bool is_new = flow->command.kind == COMMAND_AUTHORIZE;
    if (is_new) {
        flow->route_is_used = true;
        risk_judge(flow);
        if (!route_after_risk(flow)) return turn_away(flow, flow->refuses_with);
        fresh_payment(flow);
        if (refusal_of_route(flow) != REFUSED_NOT) return refuse(flow, refusal_of_route(flow));
    }
    flow->command.can = flow->line->settings.processor->can;
    flow->command.is_disputed = flow->command.kind == COMMAND_REFUND && is_disputed(flow);
    flow->command.amount.currency = flow->command.amount.currency.code[0] ? flow->command.amount.currency : flow->moved.payment.amount.currency;

    struct decision decision = payment_decide(&flow->moved.payment, &flow->command);
    enum refusal refused = is_new ? take_token(flow, &token) : REFUSED_NOT;
    if (refused == REFUSED_NOT) refused = decision.refusal;
    if (refused != REFUSED_NOT) return refuse(flow, refused);
    if (is_new && risk_wants_answer(flow)) {
        flow->route_is_used = false;
        return go(ASK_RISK);
    }
    if (decision.event.kind == EVENT_EXPIRED) return release_expired(flow, &decision.event);
    if (decision.event.kind == EVENT_REVIEW_APPROVED || decision.event.kind == EVENT_REVIEW_DECLINED) return end_review(flow, &decision.event);

    if (is_new) keep_payer(flow);
    begin_operation(flow, &decision.event, flow->name.key.length > 0 ? &flow->fresh_id : NULL);
    if (token.id.bytes) store_save_token_use(flow->flow.store, merchant_of(flow), &token, payment_id_str(&flow->moved.id), flow->command.now);
    if (is_new) risk_save_try(flow, false);
    if (is_new) store_save_new_payment(flow->flow.store, merchant_of(flow), &flow->moved);
    else store_save_payment(flow->flow.store, merchant_of(flow), &flow->moved);
    keep_request(flow, true);
    load_refunds(flow, &flow->moved);
    flow->has_moved = true;
    return go(CALL_PROCESSOR);
}

/* The stored card cannot be used, whatever the rules say of the payment: the key's answer, as any refusal. */
static struct next refuse_card(struct operation_flow *flow)
{
    fresh_payment(flow);
    return refuse(flow, flow->wish.card_refusal);
}

struct next record_attempt(struct flow *base)
{
    struct operation_flow *flow = operation_of(base);
    struct next where;
    flow->has_moved = flow->route_is_used = false;
    if (key_was_used(flow, &where)) return where.step == JOIN ? join_or_resume(flow) : where;
    if (flow->command.kind == COMMAND_AUTHORIZE && flow->refuses_new) {
        if (flow->refuses_with == ENDING_REFUSED) return refuse_card(flow);
        flow->route_is_used = flow->route.rule.length > 0; /* without a card nothing was decided */
        write_reply(flow, flow->refuses_with, REFUSED_NOT, NULL);
        return go(REPLY);
    }
    if (flow->command.kind != COMMAND_AUTHORIZE && !load_payment(flow)) return turn_away(flow, ENDING_NOT_FOUND);
    if (flow->command.kind != COMMAND_AUTHORIZE && !line_is_set_up(flow->line)) return turn_away(flow, ENDING_NOT_SET_UP);
    return begin_requested(flow);
}
