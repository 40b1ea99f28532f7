/* SPDX-License-Identifier: Apache-2.0 */
/* recording: what happens inside transactions: load, decide, save. Each may run again from its top. */
#include <string.h>

#include "base/text.h"
#include "flow/flows_internal.h"

/* How long a hold lives of which we have only a person's word: less than any processor's. */
#define SETTLED_HOLD_SPAN (INT64_C(6) * 24 * 3600 * MICROS_PER_SECOND)

static str merchant_of(const struct operation_flow *flow) { return flow->flows->options.merchant; }

/* ---- history ---- */

/* What a history row tells beside its type and time. */
struct telling {
    const struct operation_record *operation;
    const struct outcome *outcome;
    const char *reason;
    int stray_holds;
    str by;
};

static str event_data(struct operation_flow *flow, const struct event *event, const struct telling *telling)
{
    struct text data = text_open(&flow->flow.arena, 256);
    json_open_object(&data);
    if (telling->operation) {
        json_put_str(&data, "operation_id", operation_id_str(&telling->operation->id));
        json_put_str(&data, "processor", telling->operation->processor);
    }
    if (event->amount_minor) {
        json_put_int(&data, "amount", event->amount_minor);
        json_put_str(&data, "currency", currency_str(&flow->moved.payment.amount.currency));
    }
    if (telling->outcome && telling->outcome->id.text[0]) json_put_str(&data, "processor_ref", str_of(telling->outcome->id.text));
    if (telling->outcome && telling->outcome->word[0]) json_put_str(&data, "processor_code", str_of(telling->outcome->word));
    if (event->decline != DECLINE_NONE) json_put_str(&data, "decline_code", decline_word(event->decline));
    if (telling->reason) json_put_str(&data, "reason", str_of(telling->reason));
    if (telling->stray_holds) json_put_int(&data, "possible_stray_holds", telling->stray_holds);
    if (telling->by.length) json_put_str(&data, "by", telling->by);
    json_close_object(&data);
    return text_str(&data);
}

/* The event happens to the working copy, and its history row is written: the guard against a second decision. */
static void happen(struct operation_flow *flow, const struct event *event, const struct telling *telling)
{
    payment_apply(&flow->moved.payment, event);
    store_save_event(flow->flow.store, merchant_of(flow), &flow->moved, event->kind, event_data(flow, event, telling));
}

/* ---- beginning an operation ---- */

/* The key by which the processor knows these bytes: the same over every re-send and restart, never used for other bytes. */
static str processor_key_of(struct operation_flow *flow, const struct operation_id *id)
{
    char hex[HASH_HEX_BYTES + 1];
    str line = STR("\n");
    str pieces[] = { merchant_of(flow), line, payment_id_str(&flow->moved.id), line, operation_id_str(id), STR("\n1\n1") };
    struct hash hash = hash_keyed(&flow->flows->options.key_secret, pieces, COUNT_OF(pieces));
    return arena_copy(&flow->flow.arena, hash_hex(&hash, hex));
}

static void freeze(struct operation_flow *flow, struct operation_record *operation)
{
    const struct processor *processor = flow->line->settings.processor;
    struct processor_request bytes;
    struct processor_call call = {
        .amount = money_of(operation->amount_minor, flow->moved.payment.amount.currency),
        .authorization_ref = str_of(flow->moved.authorization_ref.text),
        .capture_ref = str_of(flow->moved.capture_ref.text),
        .has_cvv = flow->command.has_cvv,
    };
    INSIST(processor->operations[operation->kind].ask);
    processor->operations[operation->kind].ask(&flow->flow.arena, &call, &bytes);
    operation->processor = str_of(processor->name);
    operation->processor_key = processor_key_of(flow, &operation->id);
    operation->method = bytes.method;
    operation->path = bytes.path;
    operation->body = bytes.body;
}

/* The open operation of the working copy, with the bytes that will leave, durable before the first of them does. */
static void begin_operation(struct operation_flow *flow, const struct event *event, const struct operation_id *answer_at)
{
    struct operation_record *operation = &flow->moved_operation;
    *operation = (struct operation_record){ .id = flow->fresh_id, .payment_id = flow->moved.id, .state = OPERATION_RUNNING,
                                            .amount_minor = event->amount_minor, .card_slot = VAULT_NO_SLOT, .reason = STR("") };
    struct telling telling = { .operation = operation };
    operation->processor = str_of(flow->line->settings.processor->name);
    happen(flow, event, &telling);
    operation->kind = flow->moved.payment.operation.kind;
    operation->started_at = flow->moved.payment.changed_at;
    operation->answer_form = str_of(form_of(flow)->name);
    if (answer_at) operation->answer_operation_id = *answer_at;
    if (operation->kind == OPERATION_AUTHORIZE) {
        operation->card_sealed = flow->card_sealed;
        operation->card_slot = flow->card_slot;
    }
    flow->moved.open_operation = operation->id;
    flow->moved.next_try_at = 0;
    freeze(flow, operation);
    store_save_new_operation(flow->flow.store, merchant_of(flow), operation);
}

/* ---- the first transaction ---- */

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
    } else {
        bool loaded = store_load_payment(store, arena, merchant_of(flow), seen.payment_id, &flow->moved);
        INSIST(loaded);
        flow->running_payment = flow->moved.id;
        bool fits = str_copy_to(seen.operation_id, flow->running_operation.text, sizeof flow->running_operation.text);
        INSIST(fits);
        *where = go(JOIN);
    }
    return true;
}

/* A key whose operation waits for a person, or for the card that a restart has lost: this request may have brought it. */
static struct next join_or_resume(struct operation_flow *flow)
{
    const struct open_operation *open = &flow->moved.payment.operation;
    if (open->state != OPERATION_REVIEW) return go(JOIN);
    bool loaded = store_load_operation(flow->flow.store, &flow->flow.arena, merchant_of(flow), payment_id_str(&flow->moved.id),
                                       operation_id_str(&flow->moved.open_operation), &flow->moved_operation);
    INSIST(loaded);
    flow->has_moved = true;
    bool card_is_missing = str_equal(flow->moved_operation.reason, STR("card_gone"));
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
        .created_at = flow->command.now,
    };
    if (flow->name.key.length > 0) store_save_request(flow->flow.store, merchant_of(flow), &request);
}

/* A card past its own date: declined without asking anybody, as a payment of its own. */
static struct next decline_by_date(struct operation_flow *flow)
{
    struct command dateless = flow->command;
    struct telling telling = { .reason = "card_date_is_past" };
    dateless.card_expired = false;
    struct decision started = payment_decide(&flow->moved.payment, &dateless);
    struct event declined = { .kind = EVENT_DECLINED, .decline = DECLINE_EXPIRED_CARD, .at = flow->command.now };
    happen(flow, &started.event, &telling);
    happen(flow, &declined, &telling);
    store_save_new_payment(flow->flow.store, merchant_of(flow), &flow->moved);
    write_reply(flow, ENDING_DECLINED, REFUSED_NOT, &flow->moved);
    keep_request(flow, false);
    return go(REPLY);
}

/* Refusals are kept as the key's answer, but not the one that asks to come back with the same key. */
static struct next refuse(struct operation_flow *flow, enum refusal refusal)
{
    bool is_new = flow->moved.payment.state == PAYMENT_NEW;
    if (flow->entry == ENTRY_EXPIRE) return finish();
    if (refusal == REFUSED_CARD_EXPIRED) return decline_by_date(flow);
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
    bool fits = str_copy_to(str_of(flow->card_face.brand), moved->card_brand, sizeof moved->card_brand);
    INSIST(fits);
    memcpy(moved->card_last4, flow->card_face.last4, sizeof moved->card_last4);
}

static bool load_payment(struct operation_flow *flow)
{
    str id = payment_id_str(&flow->payment_id);
    if (!store_load_payment(flow->flow.store, &flow->flow.arena, merchant_of(flow), id, &flow->moved)) return false;
    flow->line = line_of(flow->flows, flow->moved.processor);
    return true;
}

static struct next release_expired(struct operation_flow *flow, const struct event *expired);

static struct next begin_requested(struct operation_flow *flow)
{
    bool is_new = flow->command.kind == COMMAND_AUTHORIZE;
    if (is_new) fresh_payment(flow);
    flow->command.can = flow->line->settings.processor->can;
    flow->command.amount.currency = flow->command.amount.currency.code[0] ? flow->command.amount.currency : flow->moved.payment.amount.currency;

    struct decision decision = payment_decide(&flow->moved.payment, &flow->command);
    if (decision.refusal != REFUSED_NOT) return refuse(flow, decision.refusal);
    if (decision.event.kind == EVENT_EXPIRED) return release_expired(flow, &decision.event);

    begin_operation(flow, &decision.event, flow->name.key.length > 0 ? &flow->fresh_id : NULL);
    if (is_new) store_save_new_payment(flow->flow.store, merchant_of(flow), &flow->moved);
    else store_save_payment(flow->flow.store, merchant_of(flow), &flow->moved);
    keep_request(flow, true);
    flow->has_moved = true;
    return go(CALL_PROCESSOR);
}

struct next record_attempt(struct flow *base)
{
    struct operation_flow *flow = operation_of(base);
    struct next where;
    flow->has_moved = false;
    if (key_was_used(flow, &where)) return where.step == JOIN ? join_or_resume(flow) : where;
    if (flow->command.kind == COMMAND_AUTHORIZE && flow->refuses_new) {
        write_reply(flow, flow->refuses_with, REFUSED_NOT, NULL);
        return go(REPLY);
    }
    if (flow->command.kind != COMMAND_AUTHORIZE && !load_payment(flow)) {
        write_reply(flow, ENDING_NOT_FOUND, REFUSED_NOT, NULL);
        return flow->entry == ENTRY_EXPIRE ? finish() : go(REPLY);
    }
    return begin_requested(flow);
}

/* ---- the second transaction ---- */

/* The working copy as the store has it now; its unchanging texts stay where they were. */
static void load_again(struct operation_flow *flow)
{
    struct arena scratch = { 0 };
    struct payment_record now;
    bool loaded = store_load_payment(flow->flow.store, &scratch, merchant_of(flow), payment_id_str(&flow->payment_id), &now);
    INSIST(loaded);
    now.order_id = flow->record.order_id;
    now.customer_id = flow->record.customer_id;
    now.description = flow->record.description;
    now.metadata = flow->record.metadata;
    now.processor = flow->record.processor;
    flow->moved = now;
    flow->moved_operation = flow->operation;
    arena_close(&scratch);
}

static struct event event_of_verdict(const struct operation_flow *flow)
{
    const struct verdict *verdict = &flow->verdict;
    enum operation_kind kind = flow->operation.kind;
    struct event event = { .at = flow->command.now, .amount_minor = flow->operation.amount_minor };
    switch (verdict->kind) {
    case VERDICT_DONE:
        event.kind = operation_done_event(kind);
        event.expires_at = flow->outcome.expires_at;
        event.id_known = flow->outcome.id.text[0] != 0;
        break;
    case VERDICT_DECLINED:
        event.kind = EVENT_DECLINED;
        event.decline = flow->outcome.decline;
        break;
    case VERDICT_EXPIRED: event.kind = EVENT_EXPIRED; break;
    default: event.kind = operation_failed_event(kind); break;
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
                               .stray_holds = verdict->stray_holds, .by = by };
    if (done) keep_reference(&flow->moved, flow->operation.kind, &flow->outcome.id);
    flow->moved.stray_holds += verdict->stray_holds;
    happen(flow, event, &telling);

    flow->ended = flow->moved_operation;
    flow->ended.state = state_of_verdict(verdict->kind);
    flow->ended.ended_at = flow->moved.payment.changed_at;
    flow->ended.card_sealed = STR_NONE;
    flow->ended.reason = verdict->reason ? str_of(verdict->reason) : STR("");
    if (done) flow->ended.processor_ref = flow->outcome.id;
    flow->ends_operation = true;
    flow->moved.open_operation = (struct operation_id){ "" };
    flow->moved.next_try_at = 0;
    store_save_operation(flow->flow.store, merchant_of(flow), &flow->ended);
}

/* The capture of an automatic payment, or the release of a hold: begun in the commit that called for it. Whoever asked
 * waits for it too, except where the answer is already sure: the hold is over. */
static void begin_follow_up(struct operation_flow *flow, enum command_kind kind, bool answers_later)
{
    struct command command = { .kind = kind, .whole = true, .now = flow->command.now, .can = flow->line->settings.processor->can };
    struct operation_id answer_at = flow->operation.answer_operation_id;
    struct decision decision = payment_decide(&flow->moved.payment, &command);
    INSIST(decision.refusal == REFUSED_NOT);
    begin_operation(flow, &decision.event, answers_later && answer_at.text[0] ? &answer_at : NULL);
    flow->goes_on = true;
}

static enum ending_kind ending_of(const struct operation_flow *flow, const struct event *event)
{
    bool could_not_be_captured = event->kind == EVENT_VOIDED && asked_of(flow, &flow->moved) == OPERATION_AUTHORIZE;
    if (could_not_be_captured) return ENDING_DECLINED;
    switch (event->kind) {
    case EVENT_DECLINED: return ENDING_DECLINED;
    case EVENT_EXPIRED: return ENDING_EXPIRED;
    case EVENT_AUTHORIZE_FAILED:
        return str_equal(str_of(flow->verdict.reason), STR("processor_refused")) ? ENDING_PROCESSOR_REFUSED : ENDING_UNAVAILABLE;
    case EVENT_CAPTURE_FAILED:
    case EVENT_VOID_FAILED:
    case EVENT_REFUND_FAILED: return ENDING_PROCESSOR_REFUSED;
    default: return ENDING_DONE;
    }
}

static void keep_answer(struct operation_flow *flow, const struct event *event)
{
    const struct operation_id *answer_at = &flow->operation.answer_operation_id;
    if (!answer_at->text[0] && flow->entry != ENTRY_SETTLE) return; /* nobody asked */
    write_reply(flow, ending_of(flow, event), REFUSED_NOT, &flow->moved);
    flow->has_reply = true;
    if (!answer_at->text[0]) return;
    store_save_answer(flow->flow.store, merchant_of(flow), payment_id_str(&flow->moved.id), operation_id_str(answer_at), flow->reply.status,
                      flow->reply.body);
}

/* Everything that the outcome changes, in one commit: history, state, what follows, and the answer to be given. */
static struct next conclude(struct operation_flow *flow, str by)
{
    enum command_kind following;
    struct event event = event_of_verdict(flow);
    flow->goes_on = false;
    flow->has_reply = false;
    end_operation(flow, &event, by);

    bool follows = payment_follow_up(&flow->moved.payment, &event, &following);
    bool answers_later = follows && flow->moved.payment.captures_itself;
    if (!answers_later) keep_answer(flow, &event);
    if (follows) begin_follow_up(flow, following, answers_later);
    store_save_payment(flow->flow.store, merchant_of(flow), &flow->moved);
    flow->has_moved = true;
    return go(SETTLED);
}

struct next record_outcome(struct flow *base)
{
    struct operation_flow *flow = operation_of(base);
    load_again(flow);
    return conclude(flow, STR_NONE);
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

/* ---- doubt ---- */

/* Doubt and review are history; the figures of further tries are only kept. */
static bool doubt_event(const struct operation_flow *flow, struct event *event)
{
    enum operation_state state = flow->moved.payment.operation.state;
    *event = (struct event){ .at = flow->command.now };
    if (flow->verdict.kind == VERDICT_REVIEW && state != OPERATION_REVIEW) event->kind = EVENT_OPERATION_REVIEW;
    else if (flow->verdict.doubtful && state == OPERATION_RUNNING) event->kind = EVENT_OPERATION_DOUBTED;
    return event->kind != EVENT_NONE;
}

static void keep_doubt(struct operation_flow *flow)
{
    struct event event;
    struct telling telling = { .operation = &flow->operation, .outcome = &flow->outcome, .reason = flow->verdict.reason };
    if (doubt_event(flow, &event)) happen(flow, &event, &telling);
    flow->moved_operation.state = flow->moved.payment.operation.state;
    flow->moved_operation.reason = flow->verdict.reason ? str_of(flow->verdict.reason) : flow->operation.reason;
    flow->moved.next_try_at = flow->verdict.kind == VERDICT_REVIEW ? 0 : flow->command.now + flow->pause;
    store_save_operation(flow->flow.store, merchant_of(flow), &flow->moved_operation);
    store_save_payment(flow->flow.store, merchant_of(flow), &flow->moved);
    flow->has_moved = true;
}

struct next record_doubt(struct flow *base)
{
    struct operation_flow *flow = operation_of(base);
    load_again(flow);
    keep_doubt(flow);
    return go(WAIT);
}

/* ---- side doors ---- */

static bool load_open_operation(struct operation_flow *flow)
{
    if (!load_payment(flow) || flow->moved.payment.operation.kind == OPERATION_NONE) return false;
    return store_load_operation(flow->flow.store, &flow->flow.arena, merchant_of(flow), payment_id_str(&flow->moved.id),
                                operation_id_str(&flow->moved.open_operation), &flow->moved_operation);
}

/* After a restart: the last try may have left and may still be running there, so it counts as lost. */
struct next reload(struct flow *base)
{
    struct operation_flow *flow = operation_of(base);
    if (!load_open_operation(flow)) return flow->name.key.length > 0 ? go(RECORD_ATTEMPT) : finish();
    flow->record = flow->moved;
    flow->operation = flow->moved_operation;
    flow->has_moved = true;
    flow->verdict = (struct verdict){ .kind = VERDICT_TRY_AFTER_QUIET, .doubtful = true, .reason = "restarted" };
    if (flow->moved.payment.operation.state == OPERATION_REVIEW) {
        flow->verdict.kind = VERDICT_REVIEW;
        return go(WAIT);
    }
    flow->operation.sends++;
    flow->operation.lost++;
    flow->moved_operation = flow->operation;
    flow->pause = flow->line->settings.resend_after;
    keep_doubt(flow);
    return go(WAIT);
}

/* The card is here again: the same bytes can be sent. */
struct next record_resumed(struct flow *base)
{
    struct operation_flow *flow = operation_of(base);
    struct event resumed = { .kind = EVENT_OPERATION_RESUMED, .at = flow->command.now };
    flow->payment_id = flow->running_payment;
    if (!load_open_operation(flow) || flow->moved.payment.operation.state != OPERATION_REVIEW) return go(JOIN);
    struct telling telling = { .operation = &flow->moved_operation, .reason = "card_brought" };
    happen(flow, &resumed, &telling);
    flow->moved_operation.state = OPERATION_RUNNING;
    flow->moved_operation.reason = STR("");
    flow->moved_operation.card_sealed = flow->card_sealed;
    flow->moved_operation.card_slot = flow->card_slot;
    store_save_operation(flow->flow.store, merchant_of(flow), &flow->moved_operation);
    store_save_payment(flow->flow.store, merchant_of(flow), &flow->moved);
    flow->has_moved = true;
    return go(CALL_PROCESSOR);
}

/* ---- a person's word ---- */

static enum ending_kind check_settlement(struct operation_flow *flow)
{
    struct store *store = flow->flow.store;
    const struct settle_wish *settle = &flow->settle;
    bool found = store_find_open_operation(store, &flow->flow.arena, merchant_of(flow), settle->operation_id, &flow->moved_operation);
    if (!found || flow->moved_operation.state != OPERATION_REVIEW) return ENDING_NOT_IN_REVIEW;
    if (settle->happened && flow->moved_operation.kind == OPERATION_AUTHORIZE && settle->processor_ref.length == 0) return ENDING_ID_NEEDED;
    if (settle->processor_ref.length >= PROCESSOR_ID_BYTES) return ENDING_ID_INVALID;
    flow->payment_id = flow->moved_operation.payment_id;
    return load_payment(flow) ? ENDING_DONE : ENDING_NOT_IN_REVIEW;
}

/* A hold of which we only have a person's word is given the shortest life that the processor may have meant. */
static void take_his_word(struct operation_flow *flow)
{
    const struct settle_wish *settle = &flow->settle;
    flow->outcome = (struct outcome){ .kind = OUTCOME_DONE, .expires_at = flow->moved_operation.started_at + SETTLED_HOLD_SPAN };
    flow->verdict = (struct verdict){ .kind = settle->happened ? VERDICT_DONE : VERDICT_FAILED, .reason = "settled_by_person" };
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
        write_reply(flow, found, REFUSED_NOT, NULL);
        return go(REPLY);
    }
    flow->record = flow->moved;
    flow->operation = flow->moved_operation;
    take_his_word(flow);
    return conclude(flow, flow->settle.by);
}
