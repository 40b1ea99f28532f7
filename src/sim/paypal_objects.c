/* SPDX-License-Identifier: Apache-2.0 */
/* paypal_objects: orders and payments as JSON, in few members or in all. */
#include "base/moment.h"
#include "sim/paypal.h"

enum paypal_detail paypal_detail_of(const struct psp_visit *visit)
{
    str wanted = http_header(&visit->desk.exchange->request, STR("Prefer"));
    return str_contains(wanted, STR("return=representation")) ? PAYPAL_WHOLE : PAYPAL_MINIMAL;
}

/* --- Parts --- */

static void put_if(struct text *text, const char *name, str value)
{
    if (value.bytes != NULL) json_put_str(text, name, value);
}

static void put_amount(struct text *text, const struct paypal_money *amount)
{
    paypal_put_money(text, "amount", amount->minor, amount->currency);
}

static void put_times(struct text *text, micros created, micros updated)
{
    json_put_time(text, "create_time", created);
    json_put_time(text, "update_time", updated);
}

static void put_status(struct text *text, const char *status, const char *reason)
{
    json_put_str(text, "status", str_of(status));
    if (reason == NULL) return;
    json_name(text, "status_details");
    json_open_object(text);
    json_put_str(text, "reason", str_of(reason));
    json_close_object(text);
}

void paypal_put_link(struct text *text, struct paypal *paypal, const char *rel, const char *method, const char *path, str id,
                     const char *rest)
{
    json_comma(text);
    json_open_object(text);
    json_put_str(text, "href", arena_format(text->arena, "%s%s%.*s%s", paypal->origin, path, STR_FORMAT(id), rest));
    json_put_str(text, "rel", str_of(rel));
    json_put_str(text, "method", str_of(method));
    json_close_object(text);
}

static void open_list(struct text *text, const char *name)
{
    json_name(text, name);
    json_open_list(text);
}

static void put_related(struct text *text, const struct paypal_order *order, const struct paypal_authorization *authorization)
{
    json_name(text, "supplementary_data");
    json_open_object(text);
    json_name(text, "related_ids");
    json_open_object(text);
    json_put_str(text, "order_id", order->item.id);
    if (authorization) json_put_str(text, "authorization_id", authorization->item.id);
    json_close_object(text);
    json_close_object(text);
}

static void put_response(struct text *text, const char *response_code)
{
    if (response_code == NULL) return;
    bool is_yes = paypal_is(response_code, "0000");
    json_name(text, "processor_response");
    json_open_object(text);
    json_put_str(text, "avs_code", is_yes ? STR("Y") : STR("U"));
    json_put_str(text, "cvv_code", is_yes ? STR("M") : STR("X"));
    json_put_str(text, "response_code", str_of(response_code));
    json_close_object(text);
}

static void put_protection(struct text *text, const struct paypal_order *order)
{
    bool is_card = order->source.kind == PAYPAL_CARD;
    json_name(text, "seller_protection");
    json_open_object(text);
    json_put_str(text, "status", is_card ? STR("NOT_ELIGIBLE") : STR("ELIGIBLE"));
    json_close_object(text);
}

/* --- Authorizations --- */

void paypal_put_authorization(struct text *text, struct paypal *paypal, const struct paypal_authorization *authorization,
                              enum paypal_detail detail)
{
    const struct paypal_order *order = authorization->order;
    json_open_object(text);
    json_put_str(text, "id", authorization->item.id);
    put_status(text, authorization->status, authorization->reason);
    if (detail != PAYPAL_MINIMAL) {
        put_amount(text, &authorization->amount);
        put_if(text, "invoice_id", order->invoice_id);
        put_if(text, "custom_id", order->custom_id);
        put_protection(text, order);
        json_put_time(text, "expiration_time", authorization->expires);
        if (detail == PAYPAL_WITHIN) put_response(text, authorization->response_code);
        if (detail == PAYPAL_WHOLE) put_related(text, order, authorization);
        put_times(text, authorization->created, authorization->updated);
    }
    open_list(text, "links");
    paypal_put_link(text, paypal, "self", "GET", "/v2/payments/authorizations/", authorization->item.id, "");
    paypal_put_link(text, paypal, "capture", "POST", "/v2/payments/authorizations/", authorization->item.id, "/capture");
    paypal_put_link(text, paypal, "void", "POST", "/v2/payments/authorizations/", authorization->item.id, "/void");
    paypal_put_link(text, paypal, "up", "GET", "/v2/checkout/orders/", order->item.id, "");
    json_close_list(text);
    json_close_object(text);
}

/* --- Captures --- */

static void put_receivable(struct text *text, const struct paypal_capture *capture)
{
    int64_t fee = paypal_fee(&capture->amount);
    const char *currency = capture->amount.currency;
    json_name(text, "seller_receivable_breakdown");
    json_open_object(text);
    paypal_put_money(text, "gross_amount", capture->amount.minor, currency);
    paypal_put_money(text, "paypal_fee", fee, currency);
    paypal_put_money(text, "net_amount", capture->amount.minor - fee, currency);
    json_close_object(text);
}

static void put_capture_members(struct text *text, const struct paypal_capture *capture, enum paypal_detail detail)
{
    put_amount(text, &capture->amount);
    json_put_bool(text, "final_capture", capture->is_final);
    put_if(text, "invoice_id", capture->invoice_id);
    put_if(text, "custom_id", capture->order->custom_id);
    put_protection(text, capture->order);
    put_receivable(text, capture);
    put_response(text, capture->response_code);
    if (detail == PAYPAL_WHOLE) put_related(text, capture->order, capture->authorization);
    put_times(text, capture->created, capture->updated);
}

void paypal_put_capture(struct text *text, struct paypal *paypal, const struct paypal_capture *capture, enum paypal_detail detail)
{
    json_open_object(text);
    json_put_str(text, "id", capture->item.id);
    put_status(text, capture->status, capture->reason);
    if (detail != PAYPAL_MINIMAL) put_capture_members(text, capture, detail);
    open_list(text, "links");
    paypal_put_link(text, paypal, "self", "GET", "/v2/payments/captures/", capture->item.id, "");
    paypal_put_link(text, paypal, "refund", "POST", "/v2/payments/captures/", capture->item.id, "/refund");
    if (capture->authorization) {
        paypal_put_link(text, paypal, "up", "GET", "/v2/payments/authorizations/", capture->authorization->item.id, "");
    } else {
        paypal_put_link(text, paypal, "up", "GET", "/v2/checkout/orders/", capture->order->item.id, "");
    }
    json_close_list(text);
    json_close_object(text);
}

/* --- Refunds --- */

static void put_payable(struct text *text, const struct paypal_refund *refund)
{
    json_name(text, "seller_payable_breakdown");
    json_open_object(text);
    paypal_put_money(text, "gross_amount", refund->amount.minor, refund->amount.currency);
    paypal_put_money(text, "paypal_fee", 0, refund->amount.currency);
    paypal_put_money(text, "net_amount", refund->amount.minor, refund->amount.currency);
    paypal_put_money(text, "total_refunded_amount", refund->capture->refunded, refund->amount.currency);
    json_close_object(text);
}

void paypal_put_refund(struct text *text, struct paypal *paypal, const struct paypal_refund *refund, enum paypal_detail detail)
{
    json_open_object(text);
    json_put_str(text, "id", refund->item.id);
    put_status(text, refund->status, refund->reason);
    if (detail != PAYPAL_MINIMAL) {
        put_amount(text, &refund->amount);
        put_if(text, "invoice_id", refund->invoice_id);
        put_if(text, "custom_id", refund->custom_id);
        put_if(text, "note_to_payer", refund->note);
        put_payable(text, refund);
        put_times(text, refund->created, refund->updated);
    }
    open_list(text, "links");
    paypal_put_link(text, paypal, "self", "GET", "/v2/payments/refunds/", refund->item.id, "");
    paypal_put_link(text, paypal, "up", "GET", "/v2/payments/captures/", refund->capture->item.id, "");
    json_close_list(text);
    json_close_object(text);
}

/* --- Sources --- */

static const struct {
    const char *brand, *name;
} brands[] = {
    { "visa", "VISA" }, { "mastercard", "MASTERCARD" }, { "amex", "AMEX" },
    { "discover", "DISCOVER" }, { "jcb", "JCB" }, { "unionpay", "CHINA_UNION_PAY" },
};

void paypal_put_card(struct text *text, const struct paypal_source *source)
{
    json_put_str(text, "last_digits", str_of(source->card.last4));
    for (size_t i = 0; i < COUNT_OF(brands); i++) {
        if (str_equal(str_of(brands[i].brand), str_of(source->card.brand))) json_put_str(text, "brand", str_of(brands[i].name));
    }
    if (source->expiry.bytes) json_put_str(text, "expiry", source->expiry);
}

static void put_authentication(struct text *text, const struct paypal_order *order)
{
    if (!order->was_authenticated && !order->failed_authentication) return;
    json_name(text, "authentication_result");
    json_open_object(text);
    json_put_str(text, "liability_shift", order->was_authenticated ? STR("POSSIBLE") : STR("NO"));
    json_name(text, "three_d_secure");
    json_open_object(text);
    json_put_str(text, "authentication_status", order->was_authenticated ? STR("Y") : STR("N"));
    json_put_str(text, "enrollment_status", STR("Y"));
    json_close_object(text);
    json_close_object(text);
}

static void put_vault(struct text *text, const struct paypal_token *saved)
{
    if (saved == NULL) return;
    json_name(text, "attributes");
    json_open_object(text);
    json_name(text, "vault");
    json_open_object(text);
    json_put_str(text, "id", saved->item.id);
    json_put_str(text, "status", STR("VAULTED"));
    json_name(text, "customer");
    json_open_object(text);
    json_put_str(text, "id", saved->source.customer);
    json_close_object(text);
    json_close_object(text);
    json_close_object(text);
}

static void put_wallet(struct text *text, const struct paypal_order *order)
{
    bool is_known = order->approved != 0 || order->source.is_saved;
    if (!is_known) return;
    json_put_str(text, "email_address", STR("payer@example.test"));
    json_put_str(text, "account_id", order->payer_id);
    json_put_str(text, "account_status", STR("VERIFIED"));
}

static void put_source(struct text *text, const struct paypal_order *order)
{
    if (order->source.kind == PAYPAL_NO_SOURCE) return;
    json_name(text, "payment_source");
    json_open_object(text);
    json_name(text, order->source.name);
    json_open_object(text);
    if (order->source.kind == PAYPAL_CARD) paypal_put_card(text, &order->source);
    if (order->source.kind == PAYPAL_CARD) put_authentication(text, order);
    if (order->source.kind == PAYPAL_WALLET) put_wallet(text, order);
    put_vault(text, order->saved);
    json_close_object(text);
    json_close_object(text);
}

/* --- Orders --- */

/* The oldest first. */
static void put_authorizations(struct text *text, struct paypal *paypal, const struct paypal_authorization *latest)
{
    if (latest == NULL) return;
    put_authorizations(text, paypal, latest->older);
    json_comma(text);
    paypal_put_authorization(text, paypal, latest, PAYPAL_WITHIN);
}

static void put_captures(struct text *text, struct paypal *paypal, const struct paypal_capture *latest)
{
    if (latest == NULL) return;
    put_captures(text, paypal, latest->older);
    json_comma(text);
    paypal_put_capture(text, paypal, latest, PAYPAL_WITHIN);
}

static void put_refunds_of(struct text *text, struct paypal *paypal, const struct paypal_refund *latest)
{
    if (latest == NULL) return;
    put_refunds_of(text, paypal, latest->older);
    json_comma(text);
    paypal_put_refund(text, paypal, latest, PAYPAL_WITHIN);
}

static void put_refunds(struct text *text, struct paypal *paypal, const struct paypal_capture *latest)
{
    if (latest == NULL) return;
    put_refunds(text, paypal, latest->older);
    put_refunds_of(text, paypal, latest->refunds);
}

static void put_payments(struct text *text, struct paypal *paypal, const struct paypal_order *order)
{
    json_name(text, "payments");
    json_open_object(text);
    if (order->authorizes) {
        open_list(text, "authorizations");
        put_authorizations(text, paypal, order->authorizations);
        json_close_list(text);
    }
    open_list(text, "captures");
    put_captures(text, paypal, order->captures);
    json_close_list(text);
    open_list(text, "refunds");
    put_refunds(text, paypal, order->captures);
    json_close_list(text);
    json_close_object(text);
}

static void put_unit(struct text *text, struct paypal *paypal, const struct paypal_order *order, enum paypal_detail detail)
{
    bool is_paid = paypal_is(order->status, "COMPLETED");
    open_list(text, "purchase_units");
    json_comma(text);
    json_open_object(text);
    json_put_str(text, "reference_id", order->reference_id);
    if (detail == PAYPAL_WHOLE) {
        put_amount(text, &order->amount);
        put_if(text, "custom_id", order->custom_id);
        put_if(text, "invoice_id", order->invoice_id);
        put_if(text, "description", order->description);
        put_if(text, "soft_descriptor", order->soft_descriptor);
    }
    if (is_paid) put_payments(text, paypal, order);
    json_close_object(text);
    json_close_list(text);
}

/* Where the payer goes, or what is to be done next. */
static void put_next_link(struct text *text, struct paypal *paypal, const struct paypal_order *order)
{
    bool is_old = paypal_is(order->status, "CREATED");
    if (is_old || paypal_is(order->status, "PAYER_ACTION_REQUIRED")) {
        paypal_put_link(text, paypal, is_old ? "approve" : "payer-action", "GET", "/checkoutnow?token=", order->item.id, "");
    } else if (paypal_is(order->status, "APPROVED")) {
        paypal_put_link(text, paypal, order->authorizes ? "authorize" : "capture", "POST", "/v2/checkout/orders/", order->item.id,
                        order->authorizes ? "/authorize" : "/capture");
    }
}

void paypal_put_order(struct text *text, struct paypal *paypal, const struct paypal_order *order, enum paypal_detail detail)
{
    bool is_paid = paypal_is(order->status, "COMPLETED");
    json_open_object(text);
    json_put_str(text, "id", order->item.id);
    json_put_str(text, "status", str_of(order->status));
    if (detail == PAYPAL_WHOLE) {
        json_put_str(text, "intent", order->authorizes ? STR("AUTHORIZE") : STR("CAPTURE"));
        put_times(text, order->created, order->updated);
    }
    put_source(text, order);
    if (is_paid || detail == PAYPAL_WHOLE) put_unit(text, paypal, order, detail);
    open_list(text, "links");
    paypal_put_link(text, paypal, "self", "GET", "/v2/checkout/orders/", order->item.id, "");
    put_next_link(text, paypal, order);
    json_close_list(text);
    json_close_object(text);
}
