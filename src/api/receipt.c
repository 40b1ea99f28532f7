/* SPDX-License-Identifier: Apache-2.0 */
/* receipt: the members of a payment, in the order of the API description. What is not known is null. */
#include "api/receipt.h"

static str known(const struct processor_id *id) { return id->text[0] ? str_of(id->text) : STR_NONE; }

static void put_amounts(struct text *text, const struct payment *payment)
{
    json_put_int(text, "amount", payment->amount.minor);
    json_put_str(text, "currency", currency_str(&payment->amount.currency));
    json_put_int(text, "authorized_amount", payment->authorized_minor);
    json_put_int(text, "captured_amount", payment->captured_minor);
    json_put_int(text, "refunded_amount", payment->refunded_minor);
}

static void put_references(struct text *text, const struct payment_record *record)
{
    json_put_str(text, "processor", record->processor);
    json_name(text, "processor_refs");
    json_open_object(text);
    json_put_str(text, "authorization_id", known(&record->authorization_ref));
    json_put_str(text, "capture_id", known(&record->capture_ref));
    json_put_str(text, "void_id", known(&record->void_ref));
    json_put_str(text, "refund_id", known(&record->refund_ref));
    json_close_object(text);
}

static void put_card(struct text *text, const struct payment_record *record)
{
    if (payment_is_on_page(record)) {
        json_put_null(text, "card");
        return;
    }
    json_name(text, "card");
    json_open_object(text);
    json_put_str(text, "brand", str_of(record->card_brand));
    json_put_str(text, "last4", str_of(record->card_last4));
    json_close_object(text);
}

static void put_operation(struct text *text, const struct payment_record *record)
{
    const struct open_operation *operation = &record->payment.operation;
    if (operation->kind == OPERATION_NONE) {
        json_put_null(text, "operation");
        return;
    }
    json_name(text, "operation");
    json_open_object(text);
    json_put_str(text, "kind", operation_kind_word(operation->kind));
    json_put_str(text, "state", operation_state_word(operation->state));
    json_put_time(text, "since", operation->since);
    json_put_time(text, "next_try_at", record->next_try_at);
    json_close_object(text);
}

static str refund_state(enum operation_state state)
{
    if (state == OPERATION_DONE) return STR("succeeded");
    return state == OPERATION_FAILED || state == OPERATION_DECLINED ? STR("failed") : STR("pending");
}

static void put_refund(struct text *text, const struct operation_record *refund)
{
    json_comma(text);
    json_open_object(text);
    json_put_str(text, "operation_id", operation_id_str(&refund->id));
    json_put_int(text, "amount", refund->amount_minor);
    json_put_str(text, "state", refund_state(refund->state));
    json_put_str(text, "refund_id", known(&refund->processor_ref));
    json_put_time(text, "created_at", refund->started_at);
    json_close_object(text);
}

static void put_refunds(struct text *text, const struct operation_record *refunds, size_t count)
{
    json_name(text, "refunds");
    json_open_list(text);
    for (size_t i = 0; i < count; i++) put_refund(text, &refunds[i]);
    json_close_list(text);
}

static void put_risk(struct text *text, const struct payment_record *record)
{
    const struct payment *payment = &record->payment;
    if (payment->risk == RISK_UNASKED) {
        json_put_null(text, "risk");
        return;
    }
    json_name(text, "risk");
    json_open_object(text);
    json_put_str(text, "decision", risk_decision_word(payment->risk));
    json_put_str(text, "rule", str_of(record->risk_rule));
    json_put_str(text, "review", payment->review == REVIEW_NONE ? STR_NONE : review_word(payment->review));
    json_put_time(text, "review_ends_at", payment_review_ends(payment));
    json_close_object(text);
}

static void put_dispute(struct text *text, const struct dispute_record *dispute)
{
    json_comma(text);
    json_open_object(text);
    json_put_str(text, "dispute_id", dispute->id);
    json_put_str(text, "stage", dispute_stage_word(dispute->stage));
    json_put_str(text, "state", dispute_state_word(dispute->state));
    json_put_int(text, "amount", dispute->amount.minor);
    json_put_str(text, "currency", currency_str(&dispute->amount.currency));
    json_put_str(text, "reason", dispute->reason);
    json_put_time(text, "evidence_due_at", dispute->due_at);
    json_put_time(text, "opened_at", dispute->opened_at);
    json_put_time(text, "changed_at", dispute->changed_at);
    json_close_object(text);
}

static void put_disputes(struct text *text, const struct payment_record *record)
{
    json_name(text, "disputes");
    json_open_list(text);
    for (size_t i = 0; i < record->dispute_count; i++) put_dispute(text, &record->disputes[i]);
    json_close_list(text);
}

static void put_times(struct text *text, const struct payment *payment)
{
    json_put_time(text, "created_at", payment->created_at);
    json_put_time(text, "authorized_at", payment->authorized_at);
    json_put_time(text, "captured_at", payment->captured_at);
    json_put_time(text, "voided_at", payment->voided_at);
    json_put_time(text, "refunded_at", payment->refunded_at);
    json_put_time(text, "expires_at", payment->expires_at);
}

static void put_action(struct text *text, const struct payment_record *record)
{
    if (record->payment.state != PAYMENT_REQUIRES_ACTION || record->action_url.length == 0) {
        json_put_null(text, "next_action");
        return;
    }
    json_name(text, "next_action");
    json_open_object(text);
    json_put_str(text, "type", STR("redirect"));
    json_put_str(text, "url", record->action_url);
    json_close_object(text);
}

void receipt_put(struct text *text, const struct payment_record *record, const struct operation_record *refunds, size_t refund_count)
{
    const struct payment *payment = &record->payment;
    str decline = decline_word(payment->decline);
    json_open_object(text);
    json_put_str(text, "id", payment_id_str(&record->id));
    json_put_str(text, "object", STR("payment"));
    json_put_str(text, "state", payment_state_word(payment->state));
    put_amounts(text, payment);
    json_put_str(text, "order_id", record->order_id);
    json_put_str(text, "customer_id", record->customer_id);
    put_references(text, record);
    put_card(text, record);
    put_operation(text, record);
    put_action(text, record);
    put_refunds(text, refunds, refund_count);
    put_disputes(text, record);
    json_put_str(text, "decline_code", decline.length > 0 ? decline : STR_NONE);
    put_risk(text, record);
    put_times(text, payment);
    json_put_str(text, "description", record->description);
    json_put_raw(text, "metadata", record->metadata);
    json_close_object(text);
}
