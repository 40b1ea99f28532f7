/* SPDX-License-Identifier: Apache-2.0 */
/* answering: what a request is told, in the form that its API has chosen. Runs on the loop and in transactions. */
#include "flow/flows_internal.h"

const struct answer_form *form_of(const struct operation_flow *flow)
{
    const struct flows_options *options = &flow->flows->options;
    if (flow->name.form) return flow->name.form;
    for (size_t i = 0; i < options->form_count; i++) {
        if (str_equal(str_of(options->forms[i]->name), flow->operation.answer_form)) return options->forms[i];
    }
    return options->forms[0];
}

enum operation_kind asked_of(const struct operation_flow *flow, const struct payment_record *record)
{
    bool chained = !str_equal(str_of(flow->operation.answer_operation_id.text), operation_id_str(&flow->operation.id));
    if (flow->asked != OPERATION_NONE) return flow->asked;
    bool goes_on = record && (record->payment.captures_itself || record->payment.risk == RISK_DENY); /* what was held and denied is released */
    if (goes_on && chained) return OPERATION_AUTHORIZE;
    return flow->operation.kind;
}

static bool can_have_refunds(const struct payment_record *record)
{
    return record->payment.captured_minor > 0;
}

void load_refunds(struct operation_flow *flow, const struct payment_record *record)
{
    struct payment_record disputed = { .id = record->id };
    flow->refund_count = flow->dispute_count = 0;
    if (!can_have_refunds(record)) return;
    flow->refund_count = store_list_refunds(flow->flow.store, &flow->flow.arena, flow->flows->options.merchant, payment_id_str(&record->id),
                                            &flow->refunds);
    if (!flow->line->settings.processor->notices) return; /* nobody tells us of disputes */
    store_load_disputes(flow->flow.store, &flow->flow.arena, flow->flows->options.merchant, &disputed);
    flow->disputes = disputed.disputes;
    flow->dispute_count = disputed.dispute_count;
}

void write_reply(struct operation_flow *flow, enum ending_kind kind, enum refusal refusal, const struct payment_record *record)
{
    write_reply_in(&flow->flow.arena, flow, kind, refusal, record);
}

/* A repeat that joined after a restart has nothing else to name: what it waits for. */
static str request_id_of(const struct operation_flow *flow)
{
    if (flow->name.request_id.length > 0) return flow->name.request_id;
    bool is_loaded = flow->operation.id.text[0] != 0;
    return is_loaded ? operation_id_str(&flow->operation.id) : payment_id_str(&flow->payment_id);
}

void write_reply_in(struct arena *arena, struct operation_flow *flow, enum ending_kind kind, enum refusal refusal,
                    const struct payment_record *record)
{
    struct ending ending = { .kind = kind, .refusal = refusal, .record = record, .asked = asked_of(flow, record) };
    struct payment_record told;
    if (record && flow->flow.store) load_refunds(flow, record);
    if (record) {
        told = *record;
        told.disputes = flow->disputes;
        told.dispute_count = flow->dispute_count;
        if (told.payment.state == PAYMENT_REQUIRES_ACTION) told.action_url = flow->payer.action_url;
        ending.record = &told;
    }
    ending.refunds = flow->refunds;
    ending.refund_count = record ? flow->refund_count : 0;
    ending.request_id = request_id_of(flow);
    flow->reply = (struct reply){ 0 };
    form_of(flow)->write(arena, &ending, &flow->reply);
}
