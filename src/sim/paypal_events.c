/* SPDX-License-Identifier: Apache-2.0 */
/* paypal_events: news: told to whoever wants to know (paypal_webhooks.c), and kept for those who ask. */
#include "sim/paypal.h"

enum { EVENT_CHARS = 17 };

static const char capitals[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

static const char *const types[] = {
    "CHECKOUT.ORDER.APPROVED", "CHECKOUT.ORDER.COMPLETED", "CHECKOUT.PAYMENT-APPROVAL.REVERSED",
    "PAYMENT.AUTHORIZATION.CREATED", "PAYMENT.AUTHORIZATION.VOIDED", "PAYMENT.AUTHORIZATION.DENIED",
    "PAYMENT.CAPTURE.COMPLETED", "PAYMENT.CAPTURE.PENDING", "PAYMENT.CAPTURE.DECLINED", "PAYMENT.CAPTURE.DENIED",
    "PAYMENT.CAPTURE.REFUNDED", "PAYMENT.CAPTURE.REVERSED", "PAYMENT.REFUND.PENDING", "PAYMENT.REFUND.FAILED",
    "CUSTOMER.DISPUTE.CREATED", "CUSTOMER.DISPUTE.UPDATED", "CUSTOMER.DISPUTE.RESOLVED",
    "VAULT.PAYMENT-TOKEN.CREATED", "VAULT.PAYMENT-TOKEN.DELETED",
};

/* --- Telling --- */

static void put_event(struct text *text, const struct paypal_event *event, const char *resource_type, str resource)
{
    json_open_object(text);
    json_put_str(text, "id", event->item.id);
    json_put_str(text, "event_version", STR("1.0"));
    json_put_time(text, "create_time", event->created);
    json_put_str(text, "resource_type", str_of(resource_type));
    json_put_str(text, "resource_version", STR("2.0"));
    json_put_str(text, "event_type", event->type);
    json_put_str(text, "summary", event->type);
    json_put_raw(text, "resource", resource);
    json_name(text, "links");
    json_open_list(text);
    json_close_list(text);
    json_close_object(text);
}

void paypal_tell(struct paypal *paypal, const char *type, const char *resource_type, str resource_id, str resource)
{
    struct psp *psp = paypal->psp;
    str drawn = paypal_draw(paypal, capitals, EVENT_CHARS);
    struct paypal_event *event = psp_shelf_add(&paypal->events, arena_format(&psp->arena, "WH-%.*s", STR_FORMAT(drawn)));
    struct text text = text_open(&psp->arena, resource.length + 512);
    event->created = psp_now(psp);
    event->type = str_of(type);
    event->resource_id = resource_id;
    put_event(&text, event, resource_type, resource);
    event->json = text_str(&text);
    psp_notices_tell(&psp->notices, event->item.id, event->type, resource_id, event->json);
}

void paypal_tell_order(struct paypal *paypal, const char *type, const struct paypal_order *order)
{
    struct arena arena = { 0 };
    struct text text = text_open(&arena, 2048);
    paypal_put_order(&text, paypal, order, PAYPAL_WHOLE);
    paypal_tell(paypal, type, "checkout-order", order->item.id, text_str(&text));
    arena_close(&arena);
}

void paypal_tell_authorization(struct paypal *paypal, const char *type, const struct paypal_authorization *authorization)
{
    struct arena arena = { 0 };
    struct text text = text_open(&arena, 2048);
    paypal_put_authorization(&text, paypal, authorization, PAYPAL_WHOLE);
    paypal_tell(paypal, type, "authorization", authorization->item.id, text_str(&text));
    arena_close(&arena);
}

void paypal_tell_capture(struct paypal *paypal, const char *type, const struct paypal_capture *capture)
{
    struct arena arena = { 0 };
    struct text text = text_open(&arena, 2048);
    paypal_put_capture(&text, paypal, capture, PAYPAL_WHOLE);
    paypal_tell(paypal, type, "capture", capture->item.id, text_str(&text));
    arena_close(&arena);
}

void paypal_tell_refund(struct paypal *paypal, const char *type, const struct paypal_refund *refund)
{
    struct arena arena = { 0 };
    struct text text = text_open(&arena, 2048);
    paypal_put_refund(&text, paypal, refund, PAYPAL_WHOLE);
    paypal_tell(paypal, type, "refund", refund->item.id, text_str(&text));
    arena_close(&arena);
}

/* --- Events that can be asked for --- */

void paypal_list_event_types(struct psp_visit *visit)
{
    struct text text = text_open(visit->arena, 1024);
    json_open_object(&text);
    json_name(&text, "event_types");
    json_open_list(&text);
    for (size_t i = 0; i < COUNT_OF(types); i++) {
        json_comma(&text);
        json_open_object(&text);
        json_put_str(&text, "name", str_of(types[i]));
        json_put_str(&text, "status", STR("ENABLED"));
        json_close_object(&text);
    }
    json_close_list(&text);
    json_close_object(&text);
    psp_answer_text(visit, 200, &text);
}

static bool is_wanted(const struct psp_visit *visit, const struct paypal_event *event)
{
    str type = psp_given(visit, "event_type"), transaction = psp_given(visit, "transaction_id");
    return (type.bytes == NULL || str_equal(type, event->type))
           && (transaction.bytes == NULL || str_equal(transaction, event->resource_id));
}

/* The youngest first. */
void paypal_list_events(struct psp_visit *visit)
{
    const struct psp_shelf *shelf = &paypal_of(visit)->events;
    struct text text = text_open(visit->arena, 4096);
    int64_t count = 0;
    json_open_object(&text);
    json_name(&text, "events");
    json_open_list(&text);
    for (uint32_t i = psp_shelf_count(shelf); i > 0; i--) {
        const struct paypal_event *event = psp_shelf_at(shelf, i);
        if (!is_wanted(visit, event)) continue;
        json_comma(&text);
        text_put(&text, event->json);
        count++;
    }
    json_close_list(&text);
    json_put_int(&text, "count", count);
    json_close_object(&text);
    psp_answer_text(visit, 200, &text);
}

static const struct paypal_event *find_event(struct psp_visit *visit)
{
    const struct paypal_event *event = psp_shelf_find(&paypal_of(visit)->events, visit->ids[0]);
    if (event == NULL) paypal_refuse_not_found(visit);
    return event;
}

void paypal_get_event(struct psp_visit *visit)
{
    const struct paypal_event *event = find_event(visit);
    if (event) psp_answer(visit, 200, event->json);
}

void paypal_resend_event(struct psp_visit *visit)
{
    const struct paypal_event *event = find_event(visit);
    if (event == NULL) return;
    struct psp_notices *notices = &visit->psp->notices;
    uint32_t last = notices->count;
    for (struct psp_notice *notice = notices->first; notice && notice->number <= last; notice = notice->next) {
        if (str_equal(notice->event_id, event->item.id)) psp_notice_send(psp_notice_double(notice));
    }
    psp_answer(visit, 202, event->json);
}
