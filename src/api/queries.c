/* SPDX-License-Identifier: Apache-2.0 */
/* queries: one payment, its history, and whether an order may be shipped. */
#include "api/queries.h"

#include "api/receipt.h"
#include "api/values.h"

enum { EVENT_BYTES = 640 }; /* most fit; it grows */

/* ---- what they share ---- */

enum problem_code query_number(str value, int64_t least, int64_t most, int64_t *out)
{
    return str_to_int64(value, most, out) && *out >= least ? PROBLEM_NONE : PROBLEM_PARAM_INVALID;
}

bool query_is_fine(struct api_call *call, const struct query_param *params, size_t count, void *into)
{
    struct reading reading = reading_open(call->arena);
    reading_query(&reading, call->exchange->request.query, params, count, into);
    if (reading.error_count == 0) return true;
    call_refuse_errors(call, &reading);
    return false;
}

void query_put_receipts(struct api_call *call, struct store *store, struct text *text, struct payment_record *records, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        store_load_action(store, call->arena, call->api->options.merchant, &records[i]);
        struct operation_record *refunds = NULL;
        size_t refund_count = 0;
        if (records[i].payment.captured_minor > 0) {
            refund_count = store_list_refunds(store, call->arena, call->api->options.merchant, payment_id_str(&records[i].id), &refunds);
            store_load_disputes(store, call->arena, call->api->options.merchant, &records[i]);
        }
        json_comma(text);
        receipt_put(text, &records[i], refunds, refund_count);
    }
}

/* ---- GET /v1/payments/{id} ---- */

static void look_for_payment(struct api_call *call, struct store *store)
{
    struct payment_record record;
    struct text body = text_open(call->arena, RECEIPT_BYTES);
    call->found_wrong = PROBLEM_NOT_FOUND;
    if (!store_load_payment(store, call->arena, call->api->options.merchant, call->param, &record)) return;

    query_put_receipts(call, store, &body, &record, 1);
    call->found_body = text_str(&body);
    call->found_wrong = PROBLEM_NONE;
}

void get_payment(struct api_call *call)
{
    if (!query_is_fine(call, NULL, 0, NULL)) return;
    if (id_is(call->param, STR("pay_"))) call_ask(call, look_for_payment);
    else call_refuse(call, PROBLEM_NOT_FOUND);
}

/* ---- GET /v1/orders/{order_id} ---- */

/* The payment that allows it speaks; when none does, the newest one. */
static bool may_ship(const struct payment_record *records, size_t count, micros now, str *reason)
{
    for (size_t i = 0; i < count; i++) {
        if (payment_may_ship(&records[i].payment, now, reason)) return true;
    }
    return payment_may_ship(&records[0].payment, now, reason);
}

static void look_for_order(struct api_call *call, struct store *store)
{
    str reason;
    struct payment_record *records;
    struct payment_filter filter = { .order_id = call->param, .limit = PAGE_MAX };
    size_t count = store_list_payments(store, call->arena, call->api->options.merchant, &filter, &records);
    call->found_wrong = count > 0 ? PROBLEM_NONE : PROBLEM_NOT_FOUND;
    if (count == 0) return;

    micros *now = call->with;
    struct text body = text_open(call->arena, (count + 1) * RECEIPT_BYTES);
    json_open_object(&body);
    json_put_str(&body, "order_id", call->param);
    json_put_bool(&body, "ship", may_ship(records, count, *now, &reason));
    json_put_str(&body, "reason", reason);
    json_name(&body, "payments");
    json_open_list(&body);
    query_put_receipts(call, store, &body, records, count);
    json_close_list(&body);
    json_close_object(&body);
    call->found_body = text_str(&body);
}

void get_order(struct api_call *call)
{
    if (!query_is_fine(call, NULL, 0, NULL)) return;
    if (value_check_text(call->param, 1, NAME_CHARS_MAX) != PROBLEM_NONE) {
        call_refuse(call, PROBLEM_NOT_FOUND);
        return;
    }
    micros *now = arena_take(call->arena, sizeof *now);
    *now = world_now(call->api->options.world);
    call->with = now;
    call_ask(call, look_for_order);
}

/* ---- GET /v1/payments/{id}/events ---- */

static const char first_hash[] = "0000000000000000000000000000000000000000000000000000000000000000";

struct events_wish {
    int64_t after;
    int64_t limit;
};

static enum problem_code read_after(str value, void *into)
{
    struct events_wish *wish = into;
    return query_number(value, 0, INT32_MAX, &wish->after);
}

static enum problem_code read_limit(str value, void *into)
{
    struct events_wish *wish = into;
    return query_number(value, 1, PAGE_MAX, &wish->limit);
}

static const struct query_param events_params[] = {
    { "after", read_after },
    { "limit", read_limit },
};

/* Everything that the hash is made of, see event_hash: the data once to be read, once as the text that was hashed. */
static void put_event(struct text *text, const struct event_record *event, str previous_hash)
{
    json_comma(text);
    json_open_object(text);
    json_put_int(text, "sequence", event->sequence);
    json_put_str(text, "type", event->type);
    json_put_time(text, "at", event->at);
    json_put_int(text, "at_us", event->at);
    json_put_raw(text, "data", event->data);
    json_put_str(text, "data_text", event->data);
    json_put_str(text, "previous_hash", previous_hash);
    json_put_str(text, "hash", event->hash);
    json_close_object(text);
}

static void put_events(struct text *text, const struct event_record *events, size_t count, str previous_hash)
{
    json_name(text, "data");
    json_open_list(text);
    for (size_t i = 0; i < count; i++) {
        put_event(text, &events[i], previous_hash);
        previous_hash = events[i].hash;
    }
    json_close_list(text);
}

struct events_page {
    struct event_record *events;
    size_t count;
    str previous_hash; /* of the first one */
    bool has_more;
};

/* Loads the event before the page as well, for its hash, and one behind it, which tells that there is more. */
static struct events_page load_events(struct api_call *call, struct store *store, const struct events_wish *wish)
{
    struct events_page page = { .previous_hash = str_of(first_hash) };
    bool has_before = wish->after > 0;
    page.count = store_list_events(store, call->arena, call->api->options.merchant, call->param, wish->after - has_before,
                                   wish->limit + has_before + 1, &page.events);
    if (has_before && page.count > 0) {
        page.previous_hash = page.events[0].hash;
        page.events++;
        page.count--;
    }
    page.has_more = page.count > (size_t)wish->limit;
    if (page.has_more) page.count = (size_t)wish->limit;
    return page;
}

static void look_for_events(struct api_call *call, struct store *store)
{
    struct payment_record record;
    call->found_wrong = PROBLEM_NOT_FOUND;
    if (!store_load_payment(store, call->arena, call->api->options.merchant, call->param, &record)) return;

    struct events_page page = load_events(call, store, call->with);
    struct text body = text_open(call->arena, (page.count + 1) * EVENT_BYTES);
    json_open_object(&body);
    json_put_str(&body, "payment_id", call->param);
    json_put_str(&body, "merchant_id", call->api->options.merchant);
    put_events(&body, page.events, page.count, page.previous_hash);
    if (page.has_more) json_put_int(&body, "next_after", page.events[page.count - 1].sequence);
    else json_put_null(&body, "next_after");
    json_close_object(&body);
    call->found_body = text_str(&body);
    call->found_wrong = PROBLEM_NONE;
}

void list_events(struct api_call *call)
{
    struct events_wish *wish = arena_take(call->arena, sizeof *wish);
    wish->limit = PAGE_MAX;
    call->with = wish;
    if (!query_is_fine(call, events_params, COUNT_OF(events_params), wish)) return;
    if (id_is(call->param, STR("pay_"))) call_ask(call, look_for_events);
    else call_refuse(call, PROBLEM_NOT_FOUND);
}
