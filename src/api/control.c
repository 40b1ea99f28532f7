/* SPDX-License-Identifier: Apache-2.0 */
/* control: the operator's door. What waits for a person, and his word about it. */
#include "api/queries.h"
#include "api/values.h"

enum { REVIEWS_MAX = 1000, OPERATIONS_PAGE = 256, REVIEW_BYTES = 512 };

/* ---- GET /reviews ---- */

static void put_review(struct text *text, const struct operation_record *operation, const struct payment_record *payment)
{
    json_comma(text);
    json_open_object(text);
    json_put_str(text, "operation_id", operation_id_str(&operation->id));
    json_put_str(text, "payment_id", payment_id_str(&operation->payment_id));
    json_put_str(text, "kind", operation_kind_word(operation->kind));
    json_put_int(text, "amount", operation->amount_minor);
    json_put_str(text, "currency", currency_str(&payment->payment.amount.currency));
    json_put_str(text, "reason", operation->reason);
    json_put_time(text, "since", operation->started_at);
    json_put_str(text, "order_id", payment->order_id);
    json_put_str(text, "customer_id", payment->customer_id);
    json_close_object(text);
}

/* True when it was put. */
static bool put_if_in_review(struct api_call *call, struct store *store, struct text *text, const struct operation_record *operation)
{
    struct payment_record payment;
    if (operation->state != OPERATION_REVIEW) return false;
    str merchant = call->api->options.merchant;
    if (!store_load_payment(store, call->arena, merchant, payment_id_str(&operation->payment_id), &payment)) return false;
    put_review(text, operation, &payment);
    return true;
}

/* Oldest first; beyond REVIEWS_MAX the oldest are enough work for a day. */
static void put_reviews(struct api_call *call, struct store *store, struct text *text)
{
    str after = STR_NONE;
    size_t count, put = 0;
    do {
        struct operation_record *operations;
        count = store_list_open_operations(store, call->arena, call->api->options.merchant, after, OPERATIONS_PAGE, &operations);
        for (size_t i = 0; i < count && put < REVIEWS_MAX; i++) put += put_if_in_review(call, store, text, &operations[i]);
        if (count > 0) after = operation_id_str(&operations[count - 1].id);
    } while (count == OPERATIONS_PAGE && put < REVIEWS_MAX);
}

static void look_for_reviews(struct api_call *call, struct store *store)
{
    struct text body = text_open(call->arena, REVIEW_BYTES);
    json_open_object(&body);
    json_name(&body, "data");
    json_open_list(&body);
    put_reviews(call, store, &body);
    json_close_list(&body);
    json_close_object(&body);
    call->found_body = text_str(&body);
}

void list_reviews(struct api_call *call)
{
    if (query_is_fine(call, NULL, 0, NULL)) call_ask(call, look_for_reviews);
}

/* ---- POST /operations/{id}/settle ---- */

static enum problem_code read_happened(struct reading *reading, const struct json *value, void *into)
{
    struct settle_wish *wish = into;
    (void)reading;
    wish->happened = json_is_true(value);
    return json_kind_of(value) == JSON_BOOL ? PROBLEM_NONE : PROBLEM_PARAM_INVALID;
}

static enum problem_code read_processor_ref(struct reading *reading, const struct json *value, void *into)
{
    struct settle_wish *wish = into;
    (void)reading;
    return value_text(value, 1, NAME_CHARS_MAX, &wish->processor_ref);
}

static enum problem_code read_by(struct reading *reading, const struct json *value, void *into)
{
    struct settle_wish *wish = into;
    (void)reading;
    return value_text(value, 1, NAME_CHARS_MAX, &wish->by);
}

static const struct member settle_members[] = {
    { "happened", true, read_happened },
    { "processor_ref", false, read_processor_ref, .may_be_null = true },
    { "by", true, read_by },
};

void settle_operation(struct api_call *call)
{
    struct settle_wish wish = { .operation_id = call->param, .form = &api_core_form, .request_id = call->request_id };
    struct reading reading = reading_open(&call->api->reading);
    reading_members(&reading, call->body, settle_members, COUNT_OF(settle_members), &wish);
    if (reading.error_count > 0) {
        call_refuse_errors(call, &reading);
    } else if (!id_is(call->param, STR("op_"))) {
        call_refuse(call, PROBLEM_NOT_IN_REVIEW);
    } else {
        call_wait(call);
        flows_settle(call->api->options.flows, &wish, &call->waiter);
    }
}
