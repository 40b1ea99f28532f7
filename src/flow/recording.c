/* SPDX-License-Identifier: Apache-2.0 */
/* recording: a history row, the beginning of an operation with its frozen bytes, and loading. */
#include "flow/recording.h"

#include "base/text.h"

str merchant_of(const struct operation_flow *flow) { return flow->flows->options.merchant; }

/* ---- history ---- */

/* What kind of no it was, and what may be done after it. */
static void put_meaning(struct text *data, enum decline_category category)
{
    str advice = advice_word(category_advice(category));
    json_put_str(data, "category", category_word(category));
    if (advice.length > 0) json_put_str(data, "advice", advice);
}

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
    if (telling->outcome && telling->outcome->kind == OUTCOME_DECLINED) put_meaning(&data, telling->outcome->category);
    if (telling->reason) json_put_str(&data, "reason", str_of(telling->reason));
    if (telling->stray_holds) json_put_int(&data, "possible_stray_holds", telling->stray_holds);
    if (telling->by.length) json_put_str(&data, "by", telling->by);
    if (event->kind == EVENT_AUTHORIZE_STARTED) route_put(&data, flow);
    risk_put(&data, flow, event);
    if (telling->tells_onward) route_put_onward(&data, flow);
    json_close_object(&data);
    return text_str(&data);
}

void happen(struct operation_flow *flow, const struct event *event, const struct telling *telling)
{
    payment_apply(&flow->moved.payment, event);
    store_save_event(flow->flow.store, merchant_of(flow), &flow->moved, event->kind, event_data(flow, event, telling));
}

/* ---- beginning an operation ---- */

/* The key by which the processor knows these bytes: the same over every re-send and restart, never used for other bytes. That of a
 * further exchange ends with its number. */
static str processor_key_of(struct operation_flow *flow, const struct operation_id *id, int exchange)
{
    char hex[HASH_HEX_BYTES + 1];
    str line = STR("\n");
    str pieces[] = { merchant_of(flow), line, payment_id_str(&flow->moved.id), line, operation_id_str(id), STR("\n1\n1") };
    struct hash hash = hash_keyed(&flow->flows->options.key_secret, pieces, COUNT_OF(pieces));
    str reference = hash_hex(&hash, hex);
    return exchange == 1 ? arena_copy(&flow->flow.arena, reference)
                         : arena_format(&flow->flow.arena, "%.*s-%d", STR_FORMAT(reference), exchange);
}

str reference_of(const struct operation_record *operation)
{
    str number;
    return str_cut(operation->processor_key, '-', &number);
}

int exchange_of(const struct operation_record *operation)
{
    str number;
    int64_t exchange;
    (void)str_cut(operation->processor_key, '-', &number);
    return str_to_int64(number, INT32_MAX, &exchange) ? (int)exchange : 1;
}

/* Known when the answer is read as well as when the bytes are made. Of the way back only whether there is one. */
struct processor_call processor_call_of(const struct operation_flow *flow, const struct payment_record *record,
                                        const struct operation_record *operation)
{
    return (struct processor_call){
        .amount = money_of(operation->amount_minor, record->payment.amount.currency),
        .authorization_ref = str_of(record->authorization_ref.text),
        .capture_ref = str_of(record->capture_ref.text),
        .reference = reference_of(operation),
        .exchange = exchange_of(operation),
        .on_page = payment_is_on_page(record),
        .payment_id = payment_id_str(&record->id),
        .customer_email = flow->payer.email,
        .customer_name = flow->payer.name,
        .description = record->description,
        .return_url = flow->payer.return_url,
        .steps_up = record->payment.risk == RISK_STEP_UP,
    };
}

/* The payer comes back to us first, wherever the merchant wants him in the end. */
static str return_url_of(struct operation_flow *flow)
{
    if (flow->payer.return_url.length == 0) return STR("");
    return arena_format(&flow->flow.arena, "%s/v1/payments/%.*s/return", flow->flows->options.public_url,
                        STR_FORMAT(payment_id_str(&flow->moved.id)));
}

void freeze(struct operation_flow *flow, struct operation_record *operation, int exchange, str previous_ref)
{
    const struct processor *processor = flow->line->settings.processor;
    struct processor_request bytes;
    operation->processor = str_of(processor->name);
    operation->processor_key = processor_key_of(flow, &operation->id, exchange);
    struct processor_call call = processor_call_of(flow, &flow->moved, operation);
    call.previous_ref = previous_ref;
    call.has_cvv = flow->command.has_cvv;
    call.return_url = return_url_of(flow);
    INSIST(processor->operations[operation->kind].ask);
    processor->operations[operation->kind].ask(&flow->flow.arena, &call, &bytes);
    operation->method = bytes.method;
    operation->path = bytes.path;
    operation->body = bytes.body;
}

/* The operation that an event has just opened. */
static void open_operation(struct operation_flow *flow, const struct operation_id *answer_at)
{
    struct operation_record *operation = &flow->moved_operation;
    operation->kind = flow->moved.payment.operation.kind;
    operation->started_at = flow->moved.payment.changed_at;
    operation->answer_form = str_of(form_of(flow)->name);
    operation->node = str_of(flow->flows->options.life.node);
    operation->node_epoch = flow->flows->options.life.epoch;
    if (answer_at) operation->answer_operation_id = *answer_at;
    if (operation->kind == OPERATION_AUTHORIZE) {
        operation->card_sealed = flow->card_sealed;
        operation->card_slot = flow->card_slot;
    }
    flow->moved.open_operation = operation->id;
    flow->moved.next_try_at = 0;
    freeze(flow, operation, 1, STR_NONE);
    store_save_new_operation(flow->flow.store, merchant_of(flow), operation);
}

static void fresh_operation(struct operation_flow *flow, int64_t amount_minor)
{
    flow->moved_operation = (struct operation_record){ .id = flow->fresh_id, .payment_id = flow->moved.id, .state = OPERATION_RUNNING,
                                                       .amount_minor = amount_minor, .card_slot = VAULT_NO_SLOT, .reason = STR(""),
                                                       .processor = str_of(flow->line->settings.processor->name) };
}

void begin_operation(struct operation_flow *flow, const struct event *event, const struct operation_id *answer_at)
{
    fresh_operation(flow, event->amount_minor);
    struct telling telling = { .operation = &flow->moved_operation };
    happen(flow, event, &telling);
    open_operation(flow, answer_at);
}

void take_its_place(struct operation_flow *flow)
{
    struct operation_id answer_at = flow->operation.answer_operation_id;
    fresh_operation(flow, flow->operation.amount_minor);
    open_operation(flow, answer_at.text[0] ? &answer_at : NULL);
}

void close_operation(struct operation_flow *flow, enum operation_state state)
{
    flow->ended = arena_take(&flow->flow.arena, sizeof *flow->ended);
    *flow->ended = flow->moved_operation;
    flow->ended->state = state;
    flow->ended->ended_at = flow->moved.payment.changed_at;
    flow->ended->card_sealed = STR_NONE;
    flow->ended->reason = flow->verdict.reason ? str_of(flow->verdict.reason) : STR("");
    if (state == OPERATION_DONE) flow->ended->processor_ref = flow->outcome.id;
    flow->ends_operation = true;
    store_save_operation(flow->flow.store, merchant_of(flow), flow->ended);
}

void begin_after(struct operation_flow *flow, enum command_kind kind, const struct operation_id *answer_at)
{
    struct command command = { .kind = kind, .whole = true, .now = flow->command.now, .can = flow->line->settings.processor->can };
    struct decision decision = payment_decide(&flow->moved.payment, &command);
    INSIST(decision.refusal == REFUSED_NOT);
    begin_operation(flow, &decision.event, answer_at);
}

void begin_follow_up(struct operation_flow *flow, enum command_kind kind, bool answers_later)
{
    struct operation_id answer_at = flow->operation.answer_operation_id;
    begin_after(flow, kind, answers_later && answer_at.text[0] ? &answer_at : NULL);
    flow->goes_on = true;
}

/* ---- loading ---- */

bool load_payment(struct operation_flow *flow)
{
    str id = payment_id_str(&flow->payment_id);
    if (!store_load_payment(flow->flow.store, &flow->flow.arena, merchant_of(flow), id, &flow->moved)) return false;
    flow->line = line_of(flow->flows, flow->moved.processor);
    return true;
}

bool load_open(struct operation_flow *flow, struct operation_record *out)
{
    return store_load_operation(flow->flow.store, &flow->flow.arena, merchant_of(flow), payment_id_str(&flow->moved.id),
                                operation_id_str(&flow->moved.open_operation), out);
}

void load_payer(struct operation_flow *flow)
{
    store_load_payer(flow->flow.store, &flow->flow.arena, merchant_of(flow), payment_id_str(&flow->moved.id), &flow->payer);
}

void stop_looking(struct operation_flow *flow)
{
    if (flow->payer.look_at) store_save_action(flow->flow.store, merchant_of(flow), payment_id_str(&flow->moved.id), STR(""), 0);
}

/* The texts that never change stay where they were. */
static void load_again(struct operation_flow *flow)
{
    struct arena scratch = { 0 };
    struct payment_record now;
    bool loaded = store_load_payment(flow->flow.store, &scratch, merchant_of(flow), payment_id_str(&flow->payment_id), &now);
    if (!store_must_have(flow->flow.store, loaded)) now = flow->record;
    now.order_id = flow->record.order_id;
    now.customer_id = flow->record.customer_id;
    now.description = flow->record.description;
    now.metadata = flow->record.metadata;
    now.processor = flow->record.processor;
    flow->moved = now;
    arena_close(&scratch);
}

void start_from_record(struct operation_flow *flow)
{
    flow->moved_operation = flow->operation;
    if (flow->flow.runs_again) load_again(flow);
    else flow->moved = flow->record;
}
