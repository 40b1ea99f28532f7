/* SPDX-License-Identifier: Apache-2.0 */
/* payments: POST /v1/payments. A card goes from the body into memory of its own, to the flows, and is wiped. */
#include "api/call.h"
#include "api/fingerprint.h"
#include "api/paying_by_token.h"
#include "api/reading_card.h"
#include "api/values.h"

/* What is being read. The card is wish.card, here to be written. */
struct new_payment {
    struct payment_wish wish;
    struct card *card;
    bool has_card, has_cvv; /* which of them the body brought */
    const struct processor *page_of; /* whose page the payer was promised; NULL: anybody's */
};

static enum problem_code read_card(struct reading *reading, const struct json *value, void *into)
{
    struct new_payment *fresh = into;
    fresh->has_card = true;
    return reading_card(reading, value, fresh->card);
}

static enum problem_code read_token(struct reading *reading, const struct json *value, void *into)
{
    struct new_payment *fresh = into;
    (void)reading;
    fresh->wish.token_id = json_string(value);
    return id_is(json_string(value), STR("tok_")) ? PROBLEM_NONE : PROBLEM_PARAM_INVALID;
}

static enum problem_code read_cvv(struct reading *reading, const struct json *value, void *into)
{
    struct new_payment *fresh = into;
    (void)reading;
    fresh->has_cvv = true;
    return reading_cvv(value, fresh->card);
}

/* "hosted" is a page of whichever processor, "paypal" is that of PayPal. */
static enum problem_code read_method_type(struct reading *reading, const struct json *value, void *into)
{
    struct new_payment *fresh = into;
    bool is_paypal = str_equal(json_string(value), STR("paypal"));
    (void)reading;
    if (!is_paypal && !str_equal(json_string(value), STR("hosted"))) return PROBLEM_PARAM_INVALID;
    fresh->wish.on_page = true;
    if (is_paypal) fresh->page_of = processor_named(STR("paypal"));
    return PROBLEM_NONE;
}

static const struct member method_members[] = { { "type", true, read_method_type } };

static enum problem_code read_method(struct reading *reading, const struct json *value, void *into)
{
    if (json_kind_of(value) != JSON_OBJECT) return PROBLEM_PARAM_INVALID;
    reading->at = STR("/payment_method");
    reading_members(reading, value, method_members, COUNT_OF(method_members), into);
    reading->at = STR("");
    return PROBLEM_NONE;
}

static enum problem_code read_amount(struct reading *reading, const struct json *value, void *into)
{
    struct new_payment *fresh = into;
    (void)reading;
    return value_amount(value, &fresh->wish.amount.minor);
}

static enum problem_code read_currency(struct reading *reading, const struct json *value, void *into)
{
    struct new_payment *fresh = into;
    (void)reading;
    return value_currency(value, &fresh->wish.amount.currency);
}

static enum problem_code read_order_id(struct reading *reading, const struct json *value, void *into)
{
    struct new_payment *fresh = into;
    (void)reading;
    return value_text(value, 1, NAME_CHARS_MAX, &fresh->wish.order_id);
}

static enum problem_code read_customer_id(struct reading *reading, const struct json *value, void *into)
{
    struct new_payment *fresh = into;
    (void)reading;
    return value_text(value, 1, NAME_CHARS_MAX, &fresh->wish.customer_id);
}

static enum problem_code read_capture(struct reading *reading, const struct json *value, void *into)
{
    struct new_payment *fresh = into;
    (void)reading;
    fresh->wish.captures_itself = str_equal(json_string(value), STR("automatic"));
    bool is_known = fresh->wish.captures_itself || str_equal(json_string(value), STR("manual"));
    return is_known ? PROBLEM_NONE : PROBLEM_PARAM_INVALID;
}

static enum problem_code read_processor(struct reading *reading, const struct json *value, void *into)
{
    struct new_payment *fresh = into;
    (void)reading;
    fresh->wish.processor = processor_named(json_string(value));
    return fresh->wish.processor ? PROBLEM_NONE : PROBLEM_PARAM_INVALID;
}

static enum problem_code read_description(struct reading *reading, const struct json *value, void *into)
{
    struct new_payment *fresh = into;
    (void)reading;
    return value_text(value, 0, DESCRIPTION_CHARS_MAX, &fresh->wish.description);
}

static enum problem_code read_metadata(struct reading *reading, const struct json *value, void *into)
{
    struct new_payment *fresh = into;
    return value_metadata(reading->arena, value, &fresh->wish.metadata);
}

static enum problem_code read_email(struct reading *reading, const struct json *value, void *into)
{
    struct new_payment *fresh = into;
    (void)reading;
    return value_email(value, &fresh->wish.customer_email);
}

static enum problem_code read_name(struct reading *reading, const struct json *value, void *into)
{
    struct new_payment *fresh = into;
    (void)reading;
    return value_text(value, 1, NAME_CHARS_MAX, &fresh->wish.customer_name);
}

static enum problem_code read_ip_address(struct reading *reading, const struct json *value, void *into)
{
    struct new_payment *fresh = into;
    (void)reading;
    fresh->wish.has_customer_address = ip_address_read(json_string(value), &fresh->wish.customer_address);
    return fresh->wish.has_customer_address ? PROBLEM_NONE : PROBLEM_PARAM_INVALID;
}

static const struct member customer_members[] = {
    { "email", false, read_email },
    { "ip_address", false, read_ip_address },
    { "name", false, read_name },
};

static enum problem_code read_customer(struct reading *reading, const struct json *value, void *into)
{
    if (json_kind_of(value) != JSON_OBJECT) return PROBLEM_PARAM_INVALID;
    reading->at = STR("/customer");
    reading_members(reading, value, customer_members, COUNT_OF(customer_members), into);
    reading->at = STR("");
    return PROBLEM_NONE;
}

static enum problem_code read_return_url(struct reading *reading, const struct json *value, void *into)
{
    struct new_payment *fresh = into;
    (void)reading;
    return value_web_address(value, &fresh->wish.return_url);
}

static const struct member payment_members[] = {
    { "amount", true, read_amount },
    { "currency", false, read_currency },
    { "order_id", true, read_order_id },
    { "customer_id", true, read_customer_id },
    { "card", false, read_card },
    { "token", false, read_token },
    { "payment_method", false, read_method },
    { "cvv", false, read_cvv },
    { "capture", false, read_capture },
    { "processor", false, read_processor },
    { "customer", false, read_customer },
    { "return_url", false, read_return_url },
    { "description", false, read_description },
    { "metadata", false, read_metadata },
};

/* A payer who is sent to a page comes back from it, and brings no card along. */
static void check_page(struct reading *reading, const struct json *body, struct new_payment *fresh)
{
    static const char *const beside[] = { "card", "token", "cvv" };
    for (size_t i = 0; i < COUNT_OF(beside); i++) {
        if (json_find(body, beside[i])) reading_note(reading, str_of(beside[i]), PROBLEM_PARAM_INVALID);
    }
    if (!json_find(body, "return_url")) reading_note(reading, STR("return_url"), PROBLEM_PARAM_MISSING);
    bool is_contradicted = fresh->page_of && fresh->wish.processor && fresh->wish.processor != fresh->page_of;
    if (is_contradicted) reading_note(reading, STR("processor"), PROBLEM_PARAM_INVALID);
    if (fresh->page_of) fresh->wish.processor = fresh->page_of;
    fresh->wish.card = NULL;
}

/* A card or a token; and beside a card no second CVV. */
static void check_card_or_token(struct reading *reading, const struct json *body, const struct new_payment *fresh)
{
    const struct json *token = json_find(body, "token");
    bool is_token = id_is(json_string(token), STR("tok_")); /* else it was noted before */
    if (is_token && fresh->has_card) reading_note(reading, STR("token"), PROBLEM_PARAM_INVALID);
    if (!token && !json_find(body, "card")) reading_note(reading, STR("card"), PROBLEM_PARAM_MISSING);
    if (!token && fresh->has_cvv) reading_note(reading, STR("cvv"), PROBLEM_PARAM_UNKNOWN);
}

/* The answer may be given before this returns, and the call is gone then. */
static void authorize(struct api_call *call, const struct new_payment *fresh)
{
    const struct api_options *options = &call->api->options;
    str fingerprint = fingerprint_of(&call->api->reading, &options->fingerprint_secret, &call->exchange->request, call->body);
    struct request_name name = call_name(call, fingerprint);
    http_forget_body(call->exchange);
    if (fresh->wish.token_id.bytes) {
        pay_by_token(call, &name, &fresh->wish, fresh->has_cvv ? fresh->card : NULL);
        return;
    }
    call_wait(call);
    flows_authorize(options->flows, &name, &fresh->wish, &call->waiter);
}

static void read_and_authorize(struct api_call *call, struct card *card)
{
    struct new_payment fresh = {
        .wish = { .amount.currency = { "USD" }, .metadata = STR("{}"), .card = card },
        .card = card,
    };
    struct reading reading = reading_open(&call->api->reading);
    reading_members(&reading, call->body, payment_members, COUNT_OF(payment_members), &fresh);
    if (json_find(call->body, "payment_method")) check_page(&reading, call->body, &fresh);
    else check_card_or_token(&reading, call->body, &fresh);
    if (reading.error_count > 0) call_refuse_errors(call, &reading);
    else authorize(call, &fresh);
}

/* One card at a time is enough: the flows read it before they come back. */
void payments_authorize(struct api_call *call)
{
    struct api *api = call->api;
    if (!api->options.cards && (json_find(call->body, "card") || json_find(call->body, "cvv"))) {
        call_refuse(call, PROBLEM_CARDS_OFF);
        return;
    }
    read_and_authorize(call, api->card);
    secret_wipe(api->card, sizeof *api->card);
}
