/* SPDX-License-Identifier: Apache-2.0 */
/* processor_paypal: JSON to PayPal's Orders v2 and Payments v2, and back. A card is held by making an order with it; the order's authorization
 * is captured once, voided, refunded. Captures and refunds carry our reference as their invoice, by which the order tells what became of
 * them. How PayPal really behaves stands in docs/reference/paypal.md. */
#include <stdio.h>

#include "base/moment.h"
#include "processor/answer.h"
#include "processor/decimal.h"
#include "processor/holes.h"
#include "processor/paypal_notices.h"
#include "processor/paypal_words.h"

#define HOUR (INT64_C(3600) * MICROS_PER_SECOND)

/* ---- ids: "ORDER:AUTHORIZATION", because inquiries want the one and calls the other; before it is approved an order stands alone ---- */

static str order_in(str id)
{
    str rest;
    return str_cut(id, ':', &rest);
}

static str hold_in(str id)
{
    str rest;
    (void)str_cut(id, ':', &rest);
    return rest;
}

static bool is_plain(str id)
{
    for (size_t i = 0; i < id.length; i++) {
        char c = id.bytes[i];
        if (!(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9')) return false;
    }
    return id.length > 0;
}

static bool keep_id(str id, struct processor_id *out)
{
    *out = (struct processor_id){ "" };
    return is_plain(id) && str_copy_to(id, out->text, sizeof out->text);
}

static bool keep_pair(str order, str hold, struct processor_id *out)
{
    *out = (struct processor_id){ "" };
    if (!is_plain(order) || !is_plain(hold) || order.length + hold.length + 1 >= sizeof out->text) return false;
    (void)snprintf(out->text, sizeof out->text, "%.*s:%.*s", STR_FORMAT(order), STR_FORMAT(hold));
    return true;
}

/* ---- asking ---- */

static struct text post(struct arena *arena, str path, struct processor_request *out)
{
    struct text body = text_open(arena, 512);
    out->method = STR("POST");
    out->path = path;
    json_open_object(&body);
    return body;
}

static void end(struct text *body, struct processor_request *out)
{
    json_close_object(body);
    out->body = text_str(body);
}

static void put_amount(struct text *body, money amount)
{
    json_name(body, "amount");
    json_open_object(body);
    json_put_str(body, "currency_code", currency_str(&amount.currency));
    json_put_str(body, "value", decimal_of(body->arena, amount));
    json_close_object(body);
}

static void put_unit(struct text *body, const struct processor_call *call)
{
    json_name(body, "purchase_units");
    json_open_list(body);
    json_comma(body);
    json_open_object(body);
    json_put_str(body, "custom_id", call->reference);
    put_amount(body, call->amount);
    json_close_object(body);
    json_close_list(body);
}

static void put_way_back(struct text *body, str return_url)
{
    json_put_str(body, "return_url", return_url);
    json_put_str(body, "cancel_url", return_url);
}

/* Where there is a way back, the card's bank may ask its owner, or has to. */
static void put_verification(struct text *body, str return_url, bool has_to)
{
    if (return_url.length == 0) return;
    str always = STR("{\"verification\":{\"method\":\"SCA_ALWAYS\"}}");
    json_put_raw(body, "attributes", has_to ? always : STR("{\"verification\":{\"method\":\"SCA_WHEN_REQUIRED\"}}"));
    json_name(body, "experience_context");
    json_open_object(body);
    put_way_back(body, return_url);
    json_close_object(body);
}

/* Whoever has an account, or a card, pays on PayPal's page; nothing is sent to him there. */
static void put_account(struct text *body, const struct processor_call *call)
{
    json_name(body, "paypal");
    json_open_object(body);
    if (call->customer_email.length > 0) json_put_str(body, "email_address", call->customer_email);
    json_name(body, "experience_context");
    json_open_object(body);
    json_put_str(body, "user_action", STR("PAY_NOW"));
    json_put_str(body, "shipping_preference", STR("NO_SHIPPING"));
    put_way_back(body, call->return_url);
    json_close_object(body);
    json_close_object(body);
}

static void put_card(struct text *body, const struct processor_call *call)
{
    json_name(body, "card");
    json_open_object(body);
    json_name(body, "number");
    hole_put(body, HOLE_CARD_NUMBER, HOLE_JSON_STRING);
    json_name(body, "expiry");
    hole_put(body, HOLE_EXPIRY_YEAR, HOLE_JSON_YEAR_MONTH);
    if (call->has_cvv) json_name(body, "security_code");
    if (call->has_cvv) hole_put(body, HOLE_CARD_CVV, HOLE_JSON_STRING);
    put_verification(body, call->return_url, call->steps_up);
    json_close_object(body);
}

static void put_source(struct text *body, const struct processor_call *call)
{
    json_name(body, "payment_source");
    json_open_object(body);
    if (call->on_page) put_account(body, call);
    else put_card(body, call);
    json_close_object(body);
}

static void ask_for_order(struct arena *arena, const struct processor_call *call, struct processor_request *out)
{
    struct text body = post(arena, STR("/v2/checkout/orders"), out);
    json_put_str(&body, "intent", STR("AUTHORIZE"));
    put_unit(&body, call);
    put_source(&body, call);
    end(&body, out);
}

/* A payer has approved it: only then it is held. */
static void ask_for_hold(struct arena *arena, const struct processor_call *call, struct processor_request *out)
{
    struct text body = post(arena, arena_format(arena, "/v2/checkout/orders/%.*s/authorize", STR_FORMAT(call->previous_ref)), out);
    end(&body, out);
}

static void ask_authorize(struct arena *arena, const struct processor_call *call, struct processor_request *out)
{
    if (call->exchange == 1) ask_for_order(arena, call, out);
    else ask_for_hold(arena, call, out);
}

static str hold_path(struct arena *arena, const struct processor_call *call, const char *verb)
{
    str hold = hold_in(call->authorization_ref);
    return arena_format(arena, "/v2/payments/authorizations/%.*s%s", STR_FORMAT(hold), verb);
}

/* The first capture is the last: what is not taken is released, and a second one refused. */
static void ask_capture(struct arena *arena, const struct processor_call *call, struct processor_request *out)
{
    struct text body = post(arena, hold_path(arena, call, "/capture"), out);
    put_amount(&body, call->amount);
    json_put_str(&body, "invoice_id", call->reference);
    json_put_bool(&body, "final_capture", true);
    end(&body, out);
}

static void ask_void(struct arena *arena, const struct processor_call *call, struct processor_request *out)
{
    struct text body = post(arena, hold_path(arena, call, "/void"), out);
    end(&body, out); /* without a body there would be no type, and without a type 415 */
}

static void ask_refund(struct arena *arena, const struct processor_call *call, struct processor_request *out)
{
    struct text body = post(arena, arena_format(arena, "/v2/payments/captures/%.*s/refund", STR_FORMAT(call->capture_ref)), out);
    put_amount(&body, call->amount);
    json_put_str(&body, "invoice_id", call->reference);
    end(&body, out);
}

/* ---- asking what became of it ---- */

static void get(str path, struct processor_request *out) { *out = (struct processor_request){ STR("GET"), path, STR_NONE }; }

static void inquire_order(struct arena *arena, const struct processor_call *call, struct processor_request *out)
{
    str order = order_in(call->authorization_ref);
    get(arena_format(arena, "/v2/checkout/orders/%.*s", STR_FORMAT(order)), out);
}

static void look_up_hold(struct arena *arena, const struct processor_call *call, struct processor_request *out)
{
    get(hold_path(arena, call, ""), out);
}

static void look_up_capture(struct arena *arena, const struct processor_call *call, struct processor_request *out)
{
    get(arena_format(arena, "/v2/payments/captures/%.*s", STR_FORMAT(call->capture_ref)), out);
}

static void look_up_refund(struct arena *arena, const struct processor_call *call, struct processor_request *out)
{
    get(arena_format(arena, "/v2/payments/refunds/%.*s", STR_FORMAT(call->refund_ref)), out);
}

/* ---- reading successes ---- */

/* 200 instead of 201 tells that it was done by an earlier try. */
static const struct json *begin_reading(struct arena *arena, const struct processor_answer *answer, struct outcome *out)
{
    const struct json *body = answer_json(arena, answer);
    *out = (struct outcome){ .kind = OUTCOME_UNKNOWN, .replayed = answer->replayed || answer->status == 200 };
    if ((answer->status == 200 || answer->status == 201) && body) return body;
    out->replayed = false;
    paypal_read_refusal(answer->status, body, out);
    return NULL;
}

/* The same where nothing can be declined any more: it is refused. */
static const struct json *begin_moving(struct arena *arena, const struct processor_answer *answer, struct outcome *out)
{
    const struct json *body = begin_reading(arena, answer, out);
    if (out->kind == OUTCOME_DECLINED) out->kind = OUTCOME_REFUSED;
    out->category = CATEGORY_NONE;
    return body;
}

static bool amount_is(const struct json *object, money wanted)
{
    const struct json *amount = json_find(object, "amount");
    return answer_says(amount, "currency_code", currency_str(&wanted.currency)) && decimal_is(json_find(amount, "value"), wanted);
}

static bool has_status(const struct json *object, const char *words)
{
    str rest = str_of(words);
    while (rest.length > 0) {
        if (answer_says(object, "status", str_cut(rest, ' ', &rest))) return true;
    }
    return false;
}

static const struct json *payments_of(const struct json *order)
{
    return json_find(json_first(json_find(order, "purchase_units")).value, "payments");
}

static const struct json *hold_of(const struct json *order)
{
    return json_first(json_find(payments_of(order), "authorizations")).value;
}

static void read_denied(const struct json *hold, struct outcome *out)
{
    paypal_read_response(json_find(hold, "processor_response"), out);
}

/* One that PayPal still looks at is nothing yet: the same bytes tell it again. */
static void read_held(const struct json *order, const struct processor_call *call, struct outcome *out)
{
    const struct json *hold = hold_of(order);
    bool has_id = keep_pair(json_string(json_find(order, "id")), json_string(json_find(hold, "id")), &out->id);
    bool has_end = moment_parse(json_string(json_find(hold, "expiration_time")), &out->expires_at);
    if (has_id && has_status(hold, "DENIED")) {
        read_denied(hold, out);
    } else if (has_id && has_status(hold, "PENDING")) {
        outcome_keep_word(out, STR("PENDING"));
        out->kind = OUTCOME_BUSY;
        out->may_have_happened = true;
    } else {
        outcome_conclude(has_id, has_end && amount_is(hold, call->amount) && has_status(hold, "CREATED"), out);
    }
}

static str address_of_payer(const struct json *order)
{
    for (struct json_item item = json_first(json_find(order, "links")); item.value; item = json_next(item)) {
        bool is_it = answer_says(item.value, "rel", STR("payer-action")) || answer_says(item.value, "rel", STR("approve"));
        if (is_it) return json_string(json_find(item.value, "href"));
    }
    return STR_NONE;
}

/* An order that waits for its payer holds nothing. */
static void read_waiting(const struct json *order, struct outcome *out)
{
    out->action_url = address_of_payer(order);
    bool has_id = keep_id(json_string(json_find(order, "id")), &out->id);
    if (has_id && out->action_url.length > 0) out->kind = OUTCOME_ACTION;
    else outcome_keep_word(out, STR("not_understood"));
}

/* Approved: our turn. */
static void read_order(const struct json *order, const struct processor_call *call, struct outcome *out)
{
    bool is_approved = has_status(order, "APPROVED") && keep_id(json_string(json_find(order, "id")), &out->id);
    if (has_status(order, "PAYER_ACTION_REQUIRED CREATED")) read_waiting(order, out);
    else if (is_approved) out->kind = OUTCOME_NEXT;
    else if (has_status(order, "COMPLETED")) read_held(order, call, out);
    else outcome_keep_word(out, STR("not_understood"));
}

/* Nothing can be asked of an order whose id we never had. */
static void read_authorize(struct arena *arena, const struct processor_call *call, const struct processor_answer *answer,
                           struct outcome *out)
{
    const struct json *body = begin_reading(arena, answer, out);
    if (body && call->exchange == 1) read_order(body, call, out);
    else if (body) read_held(body, call, out);
    if (out->kind == OUTCOME_OPEN && call->authorization_ref.length == 0) out->kind = OUTCOME_UNKNOWN;
}

/* Money that is on its way is asked about until it has come to its end. */
static void read_moved(const struct json *object, const struct processor_call *call, const char *done, const char *over, struct outcome *out)
{
    bool has_id = keep_id(json_string(json_find(object, "id")), &out->id);
    bool is_open = has_status(object, "PENDING"), is_over = has_status(object, over);
    outcome_conclude(has_id, amount_is(object, call->amount) && (is_open || is_over || has_status(object, done)), out);
    if (out->kind != OUTCOME_DONE || !(is_open || is_over)) return;
    outcome_keep_word(out, json_string(json_find(object, "status")));
    out->kind = is_open ? OUTCOME_OPEN : OUTCOME_REFUSED;
}

static void read_captured(const struct json *capture, const struct processor_call *call, struct outcome *out)
{
    read_moved(capture, call, "COMPLETED PARTIALLY_REFUNDED REFUNDED", "DECLINED FAILED", out);
}

static void read_refunded(const struct json *refund, const struct processor_call *call, struct outcome *out)
{
    read_moved(refund, call, "COMPLETED", "FAILED CANCELLED", out);
}

/* Captures and refunds are ours by their invoice. */
static bool is_ours(const struct json *object, const struct processor_call *call)
{
    return answer_says(object, "invoice_id", call->reference);
}

static void mismatch(struct outcome *out)
{
    outcome_keep_word(out, STR("answer_mismatched"));
    out->kind = OUTCOME_MISMATCHED;
}

static void read_capture(struct arena *arena, const struct processor_call *call, const struct processor_answer *answer,
                         struct outcome *out)
{
    const struct json *body = begin_moving(arena, answer, out);
    if (!body) return;
    read_captured(body, call, out);
    if (out->kind == OUTCOME_DONE && !is_ours(body, call)) mismatch(out);
}

static void read_refund(struct arena *arena, const struct processor_call *call, const struct processor_answer *answer,
                        struct outcome *out)
{
    const struct json *body = begin_moving(arena, answer, out);
    if (!body) return;
    read_refunded(body, call, out);
    if (out->kind == OUTCOME_DONE && !is_ours(body, call)) mismatch(out);
}

static void read_voided(const struct json *hold, const struct processor_call *call, struct outcome *out)
{
    bool has_id = keep_id(json_string(json_find(hold, "id")), &out->id);
    bool is_it = str_equal(str_of(out->id.text), hold_in(call->authorization_ref));
    outcome_conclude(has_id, is_it && has_status(hold, "VOIDED"), out);
}

/* A void knows no key: 200 is no replay. 204 has nothing to read, and is as good. */
static void read_void(struct arena *arena, const struct processor_call *call, const struct processor_answer *answer, struct outcome *out)
{
    const struct json *body = answer->status == 204 ? NULL : begin_moving(arena, answer, out);
    if (answer->status == 204) {
        *out = (struct outcome){ .kind = OUTCOME_DONE };
        if (!keep_id(hold_in(call->authorization_ref), &out->id)) out->kind = OUTCOME_UNKNOWN;
    }
    out->replayed = false;
    if (body) read_voided(body, call, out);
}

/* ---- reading what became of it: the order tells of everything that hangs on it ---- */

static const struct json *begin_inquiry(struct arena *arena, const struct processor_call *call, const struct processor_answer *answer,
                                        struct outcome *out)
{
    const struct json *body = answer_json(arena, answer);
    *out = (struct outcome){ .kind = OUTCOME_UNKNOWN };
    return answer->status == 200 && answer_says(body, "id", order_in(call->authorization_ref)) ? body : NULL;
}

/* Nobody approved it in time, and nothing is held. */
static bool is_forgotten(struct arena *arena, const struct processor_answer *answer)
{
    return answer->status == 404 && answer_says(answer_json(arena, answer), "name", STR("RESOURCE_NOT_FOUND"));
}

static void find_authorize(struct arena *arena, const struct processor_call *call, const struct processor_answer *answer,
                           struct outcome *out)
{
    const struct json *order = begin_inquiry(arena, call, answer, out);
    if (order) read_order(order, call, out);
    else if (is_forgotten(arena, answer)) paypal_read_absence(STR("ORDER_EXPIRED"), out);
}

/* The one of a list that is ours; NULL: none is. */
static const struct json *find_ours(const struct json *order, const char *list, const struct processor_call *call)
{
    for (struct json_item item = json_first(json_find(payments_of(order), list)); item.value; item = json_next(item)) {
        if (is_ours(item.value, call)) return item.value;
    }
    return NULL;
}

static const struct json *find_id(const struct json *order, const char *list, str id)
{
    for (struct json_item item = json_first(json_find(payments_of(order), list)); item.value; item = json_next(item)) {
        if (answer_says(item.value, "id", id)) return item.value;
    }
    return NULL;
}

static const struct json *find_hold(const struct json *order, const struct processor_call *call)
{
    return find_id(order, "authorizations", hold_in(call->authorization_ref));
}

/* Of a hold that somebody else has captured or voided nothing can be captured any more. */
static void find_capture(struct arena *arena, const struct processor_call *call, const struct processor_answer *answer,
                         struct outcome *out)
{
    const struct json *order = begin_inquiry(arena, call, answer, out);
    const struct json *capture = find_ours(order, "captures", call), *hold = find_hold(order, call);
    if (capture) read_captured(capture, call, out);
    else if (has_status(hold, "CREATED PENDING")) out->kind = OUTCOME_ABSENT;
    else if (has_status(hold, "VOIDED")) out->kind = OUTCOME_EXPIRED;
    else if (has_status(hold, "CAPTURED PARTIALLY_CAPTURED DENIED")) out->kind = OUTCOME_REFUSED;
}

static void find_void(struct arena *arena, const struct processor_call *call, const struct processor_answer *answer, struct outcome *out)
{
    const struct json *hold = find_hold(begin_inquiry(arena, call, answer, out), call);
    if (has_status(hold, "VOIDED")) read_voided(hold, call, out);
    else if (has_status(hold, "CREATED PENDING")) out->kind = OUTCOME_ABSENT;
    else if (hold) out->kind = OUTCOME_REFUSED;
}

static void find_refund(struct arena *arena, const struct processor_call *call, const struct processor_answer *answer,
                        struct outcome *out)
{
    const struct json *order = begin_inquiry(arena, call, answer, out);
    const struct json *refund = find_ours(order, "refunds", call), *capture = find_id(order, "captures", call->capture_ref);
    if (refund) read_refunded(refund, call, out);
    else if (has_status(capture, "REFUNDED")) out->kind = OUTCOME_REFUSED; /* by others: nothing is left for us */
    else if (capture) out->kind = OUTCOME_ABSENT;
}

/* ---- reading look-ups ---- */

static const struct json *begin_look_up(struct arena *arena, const struct processor_answer *answer, struct processor_found *out)
{
    const struct json *body = answer_json(arena, answer);
    *out = (struct processor_found){ .kind = FOUND_NOTHING_SURE };
    if (answer->status == 404 && answer_says(body, "name", STR("RESOURCE_NOT_FOUND"))) out->kind = FOUND_ABSENT;
    return answer->status == 200 ? body : NULL;
}

static void read_found(const struct json *object, struct processor_found *out)
{
    const struct json *amount = json_find(object, "amount");
    if (!currency_named(json_string(json_find(amount, "currency_code")), &out->amount.currency)) return;
    if (decimal_minor(json_string(json_find(amount, "value")), out->amount.currency, &out->amount.minor)) out->kind = FOUND_IT;
}

static void read_found_hold(struct arena *arena, const struct processor_call *call, const struct processor_answer *answer,
                            struct processor_found *out)
{
    const struct json *hold = begin_look_up(arena, answer, out);
    (void)call;
    if (hold) read_found(hold, out);
}

static void read_found_capture(struct arena *arena, const struct processor_call *call, const struct processor_answer *answer,
                               struct processor_found *out)
{
    const struct json *capture = begin_look_up(arena, answer, out);
    const struct json *related = json_find(json_find(capture, "supplementary_data"), "related_ids");
    (void)call;
    if (!has_status(capture, "COMPLETED PARTIALLY_REFUNDED REFUNDED")) return;
    read_found(capture, out);
    bool has_parent = keep_pair(json_string(json_find(related, "order_id")), json_string(json_find(related, "authorization_id")), &out->parent);
    if (!has_parent) out->kind = FOUND_NOTHING_SURE;
}

/* The last part of the address that leads up to the capture. */
static str capture_above(const struct json *refund)
{
    for (struct json_item item = json_first(json_find(refund, "links")); item.value; item = json_next(item)) {
        str rest = json_string(json_find(item.value, "href")), last = STR_NONE;
        if (!answer_says(item.value, "rel", STR("up"))) continue;
        while (rest.length > 0) last = str_cut(rest, '/', &rest);
        return last;
    }
    return STR_NONE;
}

static void read_found_refund(struct arena *arena, const struct processor_call *call, const struct processor_answer *answer,
                              struct processor_found *out)
{
    const struct json *refund = begin_look_up(arena, answer, out);
    (void)call;
    if (!has_status(refund, "COMPLETED")) return;
    read_found(refund, out);
    if (!keep_id(capture_above(refund), &out->parent)) out->kind = FOUND_NOTHING_SURE;
}

/* ---- disputes ---- */

static void look_up_dispute(struct arena *arena, const struct processor_call *call, struct processor_request *out)
{
    get(arena_format(arena, "/v1/customer/disputes/%.*s", STR_FORMAT(call->dispute_ref)), out);
}

static bool dispute_ended(const struct json *dispute, const char *words)
{
    const struct json *outcome = json_find(dispute, "dispute_outcome");
    str rest = str_of(words);
    while (rest.length > 0) {
        if (answer_says(outcome, "outcome_code", str_cut(rest, ' ', &rest))) return true;
    }
    return false;
}

/* Where PayPal bears the loss itself, the merchant has won. An end without a word is none yet. */
static enum dispute_state dispute_state_of(const struct json *dispute)
{
    if (has_status(dispute, "OPEN WAITING_FOR_SELLER_RESPONSE")) return DISPUTE_NEEDS_RESPONSE;
    if (!has_status(dispute, "RESOLVED")) return DISPUTE_UNDER_REVIEW;
    if (dispute_ended(dispute, "RESOLVED_SELLER_FAVOUR CANCELED_BY_BUYER RESOLVED_WITH_PAYOUT DENIED")) return DISPUTE_WON;
    return dispute_ended(dispute, "RESOLVED_BUYER_FAVOUR ACCEPTED") ? DISPUTE_LOST : DISPUTE_UNDER_REVIEW;
}

static bool read_dispute_stage(const struct json *dispute, enum dispute_stage *out)
{
    static const char *const words[DISPUTE_STAGE_COUNT] = { "INQUIRY", "CHARGEBACK", "PRE_ARBITRATION", "ARBITRATION" };
    for (int i = 0; i < DISPUTE_STAGE_COUNT; i++) {
        *out = (enum dispute_stage)i;
        if (answer_says(dispute, "dispute_life_cycle_stage", str_of(words[i]))) return true;
    }
    return false;
}

static void read_dispute(struct arena *arena, const struct processor_call *call, const struct processor_answer *answer,
                         struct processor_dispute *out)
{
    struct processor_found found;
    const struct json *dispute = begin_look_up(arena, answer, &found), *amount = json_find(dispute, "dispute_amount");
    const struct json *capture = json_first(json_find(dispute, "disputed_transactions")).value;
    *out = (struct processor_dispute){ .kind = found.kind == FOUND_ABSENT ? DISPUTE_ABSENT : DISPUTE_NOTHING_SURE };
    if (!dispute || !answer_says(capture, "seller_transaction_id", call->capture_ref)) return;
    out->state = dispute_state_of(dispute);
    out->reason = json_string(json_find(dispute, "reason"));
    out->amount.currency = answer_currency(json_string(json_find(amount, "currency_code")));
    bool is_told = read_dispute_stage(dispute, &out->stage) &&
                   decimal_minor(json_string(json_find(amount, "value")), out->amount.currency, &out->amount.minor);
    if (!moment_parse(json_string(json_find(dispute, "seller_response_due_date")), &out->due_at)) out->due_at = 0;
    if (is_told) out->kind = DISPUTE_FOUND;
}

extern const struct processor processor_paypal;
const struct processor processor_paypal = {
    .name = "paypal",
    .live_url = "https://api-m.paypal.com",
    .test_url = "https://api-m.sandbox.paypal.com",
    .content_type = "application/json",
    .headers = { { "Prefer", "return=representation" } },
    .credential = CREDENTIAL_CLIENT,
    .token_path = "/v1/oauth2/token",
    .key_header = "PayPal-Request-Id",
    .key_window = 6 * HOUR, /* of orders; of what follows 45 days */
    /* All that PayPal has but HUF and TWD, which have no decimals there. */
    .can = { .partial_capture = true, .partial_refund = true, .needs_cvv = false, .page = PAGE_HOLDS, .steps_up = true,
             .currencies = "AUD BRL CAD CHF CNY CZK DKK EUR GBP HKD ILS JPY MXN MYR NOK NZD PHP PLN SEK SGD THB USD" },
    .operations = {
        [OPERATION_AUTHORIZE] = { ask_authorize, read_authorize },
        [OPERATION_CAPTURE] = { ask_capture, read_capture },
        [OPERATION_VOID] = { ask_void, read_void },
        [OPERATION_REFUND] = { ask_refund, read_refund },
    },
    .protection = {
        [OPERATION_AUTHORIZE] = PROTECTED_BY_KEY,
        [OPERATION_CAPTURE] = PROTECTED_BY_STATE, /* the first capture closes the hold */
        [OPERATION_VOID] = PROTECTED_BY_STATE,
        [OPERATION_REFUND] = PROTECTED_BY_KEY, /* there may be several */
    },
    .inquiries = {
        [OPERATION_AUTHORIZE] = { inquire_order, find_authorize, .by_id = true }, /* of one that its payer was sent away with */
        [OPERATION_CAPTURE] = { inquire_order, find_capture },
        [OPERATION_VOID] = { inquire_order, find_void },
        [OPERATION_REFUND] = { inquire_order, find_refund },
    },
    .look_ups = {
        [OPERATION_AUTHORIZE] = { look_up_hold, read_found_hold },
        [OPERATION_CAPTURE] = { look_up_capture, read_found_capture },
        [OPERATION_REFUND] = { look_up_refund, read_found_refund },
    },
    .notices = &paypal_notices,
    .dispute = { look_up_dispute, read_dispute },
};
