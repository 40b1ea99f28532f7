/* SPDX-License-Identifier: Apache-2.0 */
/* processor_stripe: forms to Stripe, JSON back. A payment is a PaymentIntent that is confirmed as it is made and captured by hand; the card
 * becomes a PaymentMethod in a call of its own before. How Stripe really behaves stands in docs/reference/stripe.md. */
#include <string.h>

#include "processor/answer.h"
#include "processor/form.h"
#include "processor/stripe.h"
#include "processor/stripe_words.h"

#define DAY (INT64_C(24) * 3600 * MICROS_PER_SECOND)
#define HOLD_SPAN (7 * DAY) /* of a card; the exact time is told by later versions only */

/* ---- asking ---- */

static struct text post(struct arena *arena, str path, struct processor_request *out)
{
    out->method = STR("POST");
    out->path = path;
    return text_open(arena, 512);
}

static void ask_for_method(struct arena *arena, const struct processor_call *call, struct processor_request *out)
{
    struct text form = post(arena, STR("/v1/payment_methods"), out);
    form_put(&form, "type", STR("card"));
    form_put_hole(&form, "card[number]", HOLE_CARD_NUMBER);
    form_put_hole(&form, "card[exp_month]", HOLE_EXPIRY_MONTH);
    form_put_hole(&form, "card[exp_year]", HOLE_EXPIRY_YEAR);
    if (call->has_cvv) form_put_hole(&form, "card[cvc]", HOLE_CARD_CVV);
    out->body = text_str(&form);
}

static str lower(struct arena *arena, const currency *c)
{
    char code[sizeof c->code] = "";
    for (size_t i = 0; i < 3; i++) code[i] = (char)(c->code[i] | 0x20);
    return arena_copy(arena, str_of(code));
}

/* Without a way back an authentication that the payer would have to go somewhere for is declined, and leaves nothing behind. */
static void ask_for_intent(struct arena *arena, const struct processor_call *call, struct processor_request *out)
{
    struct text form = post(arena, STR("/v1/payment_intents"), out);
    form_put_int(&form, "amount", call->amount.minor);
    form_put(&form, "currency", lower(arena, &call->amount.currency));
    form_put(&form, "capture_method", STR("manual"));
    form_put(&form, "confirm", STR("true"));
    form_put(&form, "payment_method", call->previous_ref);
    form_put(&form, "payment_method_types[0]", STR("card"));
    if (call->return_url.length > 0) form_put(&form, "return_url", call->return_url);
    else form_put(&form, "error_on_requires_action", STR("true"));
    if (call->steps_up) form_put(&form, "payment_method_options[card][request_three_d_secure]", STR("any"));
    form_put(&form, "metadata[florin_reference]", call->reference);
    out->body = text_str(&form);
}

static void ask_authorize(struct arena *arena, const struct processor_call *call, struct processor_request *out)
{
    if (call->exchange == 1) ask_for_method(arena, call, out);
    else ask_for_intent(arena, call, out);
}

static str intent_path(struct arena *arena, const struct processor_call *call, const char *verb)
{
    return arena_format(arena, "/v1/payment_intents/%.*s%s", STR_FORMAT(call->authorization_ref), verb);
}

static void ask_capture(struct arena *arena, const struct processor_call *call, struct processor_request *out)
{
    struct text form = post(arena, intent_path(arena, call, "/capture"), out);
    form_put_int(&form, "amount_to_capture", call->amount.minor);
    out->body = text_str(&form);
}

static void ask_void(struct arena *arena, const struct processor_call *call, struct processor_request *out)
{
    struct text form = post(arena, intent_path(arena, call, "/cancel"), out);
    form_put(&form, "cancellation_reason", STR("requested_by_customer"));
    out->body = text_str(&form);
}

static void ask_refund(struct arena *arena, const struct processor_call *call, struct processor_request *out)
{
    struct text form = post(arena, STR("/v1/refunds"), out);
    form_put(&form, "payment_intent", call->authorization_ref);
    form_put_int(&form, "amount", call->amount.minor);
    form_put(&form, "metadata[florin_reference]", call->reference);
    out->body = text_str(&form);
}

/* ---- asking what became of it ---- */

static void get(str path, struct processor_request *out) { *out = (struct processor_request){ STR("GET"), path, STR_NONE }; }

static void inquire_intent(struct arena *arena, const struct processor_call *call, struct processor_request *out)
{
    get(intent_path(arena, call, ""), out);
}

/* The search comes up to a minute late; the key keeps a repeat meanwhile from being a second payment. */
static void inquire_authorize(struct arena *arena, const struct processor_call *call, struct processor_request *out)
{
    struct text path = text_open(arena, 256);
    if (call->authorization_ref.length > 0) { /* known since the payer was sent away */
        inquire_intent(arena, call, out);
        return;
    }
    text_put(&path, STR("/v1/payment_intents/search?query="));
    form_put_encoded(&path, arena_format(arena, "metadata['florin_reference']:'%.*s'", STR_FORMAT(call->reference)));
    get(text_str(&path), out);
}

static void inquire_refund(struct arena *arena, const struct processor_call *call, struct processor_request *out)
{
    get(arena_format(arena, "/v1/refunds?payment_intent=%.*s&limit=100", STR_FORMAT(call->authorization_ref)), out);
}

static void look_up_refund(struct arena *arena, const struct processor_call *call, struct processor_request *out)
{
    get(arena_format(arena, "/v1/refunds/%.*s", STR_FORMAT(call->refund_ref)), out);
}

/* ---- reading successes ---- */

static const struct json *begin_reading(struct arena *arena, const struct processor_answer *answer, struct outcome *out)
{
    const struct json *body = answer_json(arena, answer);
    *out = (struct outcome){ .kind = OUTCOME_UNKNOWN, .replayed = answer->replayed };
    if (answer->status == 200 && body) return body;
    stripe_read_refusal(answer, body, out);
    return NULL;
}

bool stripe_read_sum(const struct json *value, const char *name, money *out)
{
    char code[4] = "";
    str lower_case = json_string(json_find(value, "currency"));
    if (lower_case.length != 3 || !json_int64(json_find(value, name), &out->minor)) return false;
    for (size_t i = 0; i < 3; i++) code[i] = (char)(lower_case.bytes[i] & ~0x20);
    out->currency = answer_currency(str_of(code));
    return true;
}

static bool amount_is(const struct json *value, const char *name, money wanted)
{
    money said;
    return stripe_read_sum(value, name, &said) && money_equal(said, wanted);
}

static void read_method(const struct json *body, struct outcome *out)
{
    if (answer_id(json_find(body, "id"), STR("pm_"), &out->id)) out->kind = OUTCOME_NEXT;
    else outcome_keep_word(out, STR("not_understood"));
}

static micros expiry_of(const struct json *intent)
{
    int64_t created;
    bool is_told = json_int64(json_find(intent, "created"), &created) && created > 0 && created < INT64_MAX / MICROS_PER_SECOND / 2;
    return is_told ? created * MICROS_PER_SECOND + HOLD_SPAN : 0;
}

static str address_of_action(const struct json *intent)
{
    return json_string(json_find(json_find(json_find(intent, "next_action"), "redirect_to_url"), "url"));
}

/* A hold: all of it can be captured. Before that it is the payer's turn, or the issuer's. */
static void read_held(const struct json *intent, const struct processor_call *call, struct outcome *out)
{
    bool has_id = answer_id(json_find(intent, "id"), STR("pi_"), &out->id);
    out->expires_at = expiry_of(intent);
    out->action_url = address_of_action(intent);
    if (has_id && answer_says(intent, "status", STR("processing"))) {
        out->kind = OUTCOME_OPEN;
        return;
    }
    if (has_id && answer_says(intent, "status", STR("requires_action")) && out->action_url.length > 0) {
        out->kind = OUTCOME_ACTION;
        return;
    }
    bool fits = amount_is(intent, "amount", call->amount) && amount_is(intent, "amount_capturable", call->amount) && out->expires_at > 0;
    outcome_conclude(has_id, fits && answer_says(intent, "status", STR("requires_capture")), out);
}

static void read_authorize(struct arena *arena, const struct processor_call *call, const struct processor_answer *answer,
                           struct outcome *out)
{
    const struct json *body = begin_reading(arena, answer, out);
    if (!body) return;
    if (call->exchange == 1) read_method(body, out);
    else read_held(body, call, out);
}

static bool is_ours(const struct json *intent, const struct processor_call *call)
{
    return answer_says(intent, "id", call->authorization_ref);
}

/* The charge stands for the capture: an intent has one. */
static void read_captured(const struct json *intent, const struct processor_call *call, struct outcome *out)
{
    bool has_id = answer_id(json_find(intent, "latest_charge"), STR("ch_"), &out->id);
    bool fits = is_ours(intent, call) && amount_is(intent, "amount_received", call->amount);
    outcome_conclude(has_id, fits && answer_says(intent, "status", STR("succeeded")), out);
}

static void read_capture(struct arena *arena, const struct processor_call *call, const struct processor_answer *answer,
                         struct outcome *out)
{
    const struct json *body = begin_reading(arena, answer, out);
    if (body) read_captured(body, call, out);
}

static void read_canceled(const struct json *intent, const struct processor_call *call, struct outcome *out)
{
    bool has_id = answer_id(json_find(intent, "id"), STR("pi_"), &out->id);
    outcome_conclude(has_id, is_ours(intent, call) && answer_says(intent, "status", STR("canceled")), out);
}

static void read_void(struct arena *arena, const struct processor_call *call, const struct processor_answer *answer, struct outcome *out)
{
    const struct json *body = begin_reading(arena, answer, out);
    if (body) read_canceled(body, call, out);
}

/* One that is on its way is asked about until it has come to its end. */
static void read_refunded(const struct json *refund, const struct processor_call *call, struct outcome *out)
{
    bool has_id = answer_id(json_find(refund, "id"), STR("re_"), &out->id);
    bool fits = answer_says(refund, "payment_intent", call->authorization_ref) && amount_is(refund, "amount", call->amount);
    bool is_open = answer_says(refund, "status", STR("pending")) || answer_says(refund, "status", STR("requires_action"));
    bool is_over = answer_says(refund, "status", STR("failed")) || answer_says(refund, "status", STR("canceled"));
    outcome_conclude(has_id, fits && (is_open || is_over || answer_says(refund, "status", STR("succeeded"))), out);
    if (out->kind != OUTCOME_DONE || !(is_open || is_over)) return;
    outcome_keep_word(out, json_string(json_find(refund, "status")));
    out->kind = is_open ? OUTCOME_OPEN : OUTCOME_REFUSED;
}

static void read_refund(struct arena *arena, const struct processor_call *call, const struct processor_answer *answer,
                        struct outcome *out)
{
    const struct json *body = begin_reading(arena, answer, out);
    if (body) read_refunded(body, call, out);
}

/* ---- reading what became of it ---- */

/* Without an answer that can be read, nothing is known. */
static const struct json *begin_inquiry(struct arena *arena, const struct processor_answer *answer, struct outcome *out)
{
    *out = (struct outcome){ .kind = OUTCOME_UNKNOWN };
    return answer->status == 200 ? answer_json(arena, answer) : NULL;
}

/* The one of a list that carries our reference; NULL: none does. */
static const struct json *find_ours(const struct json *list, const struct processor_call *call)
{
    for (struct json_item item = json_first(json_find(list, "data")); item.value; item = json_next(item)) {
        const struct json *metadata = json_find(item.value, "metadata");
        if (answer_says(metadata, "florin_reference", call->reference)) return item.value;
    }
    return NULL;
}

/* Whatever an intent has come to. One that was canceled, or lost its card, holds nothing. */
static void read_intent(const struct json *intent, const struct processor_call *call, struct outcome *out)
{
    if (answer_says(intent, "status", STR("requires_payment_method"))) stripe_read_decline(json_find(intent, "last_payment_error"), out);
    else if (answer_says(intent, "status", STR("canceled"))) out->kind = OUTCOME_REFUSED;
    else read_held(intent, call, out);
}

static void find_authorize(struct arena *arena, const struct processor_call *call, const struct processor_answer *answer,
                           struct outcome *out)
{
    const struct json *body = begin_inquiry(arena, answer, out);
    if (call->authorization_ref.length > 0) {
        if (is_ours(body, call)) read_intent(body, call, out);
        return;
    }
    if (!json_find(body, "data")) return;
    const struct json *intent = find_ours(body, call);
    if (intent) read_intent(intent, call, out);
    else out->kind = OUTCOME_ABSENT;
}

static void find_capture(struct arena *arena, const struct processor_call *call, const struct processor_answer *answer,
                         struct outcome *out)
{
    const struct json *intent = begin_inquiry(arena, answer, out);
    if (!is_ours(intent, call)) return;
    if (answer_says(intent, "status", STR("requires_capture"))) out->kind = OUTCOME_ABSENT;
    else if (answer_says(intent, "status", STR("canceled"))) out->kind = OUTCOME_EXPIRED;
    else read_captured(intent, call, out);
}

static void find_void(struct arena *arena, const struct processor_call *call, const struct processor_answer *answer, struct outcome *out)
{
    const struct json *intent = begin_inquiry(arena, answer, out);
    if (!is_ours(intent, call)) return;
    if (answer_says(intent, "status", STR("requires_capture"))) out->kind = OUTCOME_ABSENT;
    else read_canceled(intent, call, out);
}

static void find_refund(struct arena *arena, const struct processor_call *call, const struct processor_answer *answer,
                        struct outcome *out)
{
    const struct json *list = begin_inquiry(arena, answer, out);
    if (!json_find(list, "data")) return;
    const struct json *refund = find_ours(list, call);
    if (refund) read_refunded(refund, call, out);
    else if (!json_is_true(json_find(list, "has_more"))) out->kind = OUTCOME_ABSENT;
}

/* ---- reading look-ups ---- */

static void read_found(const struct json *value, const char *amount, struct processor_found *out)
{
    if (stripe_read_sum(value, amount, &out->amount)) out->kind = FOUND_IT;
}

static const struct json *begin_look_up(struct arena *arena, const struct processor_answer *answer, struct processor_found *out)
{
    const struct json *body = answer_json(arena, answer);
    *out = (struct processor_found){ .kind = FOUND_NOTHING_SURE };
    if (answer->status == 404 && answer_says(json_find(body, "error"), "code", STR("resource_missing"))) out->kind = FOUND_ABSENT;
    return answer->status == 200 ? body : NULL;
}

static void read_found_hold(struct arena *arena, const struct processor_call *call, const struct processor_answer *answer,
                            struct processor_found *out)
{
    const struct json *intent = begin_look_up(arena, answer, out);
    if (intent && answer_says(intent, "id", call->authorization_ref)) read_found(intent, "amount", out);
}

static void read_found_capture(struct arena *arena, const struct processor_call *call, const struct processor_answer *answer,
                               struct processor_found *out)
{
    const struct json *intent = begin_look_up(arena, answer, out);
    bool is_captured = intent && answer_says(intent, "status", STR("succeeded")) && answer_says(intent, "latest_charge", call->capture_ref);
    if (is_captured) read_found(intent, "amount_received", out);
    if (is_captured && !answer_id(json_find(intent, "id"), STR("pi_"), &out->parent)) out->kind = FOUND_NOTHING_SURE;
}

/* A refund hangs on a charge, which is our capture. */
static void read_found_refund(struct arena *arena, const struct processor_call *call, const struct processor_answer *answer,
                              struct processor_found *out)
{
    const struct json *refund = begin_look_up(arena, answer, out);
    bool is_it = refund && answer_says(refund, "id", call->refund_ref);
    if (is_it) read_found(refund, "amount", out);
    if (is_it && !answer_id(json_find(refund, "charge"), STR("ch_"), &out->parent)) out->kind = FOUND_NOTHING_SURE;
}

/* ---- disputes ---- */

static void look_up_dispute(struct arena *arena, const struct processor_call *call, struct processor_request *out)
{
    get(arena_format(arena, "/v1/disputes/%.*s", STR_FORMAT(call->dispute_ref)), out);
}

/* What begins with "warning" is an inquiry; whoever says no more in time has lost. */
/* clang-format off */
static const struct {
    const char *status;
    enum dispute_stage stage;
    enum dispute_state state;
} dispute_words[] = {
    { "warning_needs_response", DISPUTE_INQUIRY,    DISPUTE_NEEDS_RESPONSE },
    { "warning_under_review",   DISPUTE_INQUIRY,    DISPUTE_UNDER_REVIEW   },
    { "warning_closed",         DISPUTE_INQUIRY,    DISPUTE_WON            },
    { "needs_response",         DISPUTE_CHARGEBACK, DISPUTE_NEEDS_RESPONSE },
    { "under_review",           DISPUTE_CHARGEBACK, DISPUTE_UNDER_REVIEW   },
    { "won",                    DISPUTE_CHARGEBACK, DISPUTE_WON            },
    { "lost",                   DISPUTE_CHARGEBACK, DISPUTE_LOST           },
};
/* clang-format on */

static bool read_dispute_state(const struct json *dispute, struct processor_dispute *out)
{
    for (size_t i = 0; i < COUNT_OF(dispute_words); i++) {
        out->stage = dispute_words[i].stage;
        out->state = dispute_words[i].state;
        if (answer_says(dispute, "status", str_of(dispute_words[i].status))) return true;
    }
    return false;
}

static void read_dispute(struct arena *arena, const struct processor_call *call, const struct processor_answer *answer,
                         struct processor_dispute *out)
{
    struct processor_found found;
    int64_t due;
    const struct json *dispute = begin_look_up(arena, answer, &found);
    *out = (struct processor_dispute){ .kind = found.kind == FOUND_ABSENT ? DISPUTE_ABSENT : DISPUTE_NOTHING_SURE };
    if (!dispute || !answer_says(dispute, "payment_intent", call->authorization_ref)) return;
    bool is_told = read_dispute_state(dispute, out) && stripe_read_sum(dispute, "amount", &out->amount);
    out->reason = json_string(json_find(dispute, "reason"));
    if (json_int64(json_find(json_find(dispute, "evidence_details"), "due_by"), &due) && due > 0 && due < INT32_MAX * INT64_C(8)) {
        out->due_at = due * MICROS_PER_SECOND;
    }
    if (is_told) out->kind = DISPUTE_FOUND;
}

extern const struct processor processor_stripe;
const struct processor processor_stripe = {
    .name = "stripe",
    .live_url = "https://api.stripe.com",
    .test_url = "https://api.stripe.com",
    .live_key_prefix = "sk_live_",
    .test_key_prefix = "sk_test_",
    .content_type = "application/x-www-form-urlencoded",
    .headers = { { "Stripe-Version", "2023-08-16" } },
    .credential = CREDENTIAL_BEARER,
    .key_header = "Idempotency-Key",
    .replayed_header = "Idempotent-Replayed",
    .key_window = DAY,
    /* Those whose smallest unit is Stripe's: not ISK, UGX and MGA, nor those with three decimals. */
    .can = { .partial_capture = true, .partial_refund = true, .needs_cvv = false, .steps_up = true,
             .currencies = "AED ALL AMD AUD AWG AZN BAM BBD BDT BIF BMD BND BOB BRL BSD BWP BYN BZD CAD CHF CLP CNY COP CRC CVE CZK DJF DKK "
                           "DOP DZD EGP ETB EUR FJD GBP GEL GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR JMD JPY KES KGS KHR KMF KRW KYD "
                           "KZT LAK LBP LKR LRD LSL MAD MDL MKD MMK MNT MOP MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP "
                           "PKR PLN PYG QAR RON RSD RWF SAR SBD SCR SEK SGD SHP SOS SRD STN SZL THB TJS TOP TRY TTD TWD TZS UAH USD UYU UZS "
                           "VND VUV WST XAF XCD XOF XPF YER ZAR ZMW" },
    .operations = {
        [OPERATION_AUTHORIZE] = { ask_authorize, read_authorize },
        [OPERATION_CAPTURE] = { ask_capture, read_capture },
        [OPERATION_VOID] = { ask_void, read_void },
        [OPERATION_REFUND] = { ask_refund, read_refund },
    },
    .protection = {
        [OPERATION_AUTHORIZE] = PROTECTED_BY_KEY,
        [OPERATION_CAPTURE] = PROTECTED_BY_STATE, /* the first capture closes the intent */
        [OPERATION_VOID] = PROTECTED_BY_STATE,
        [OPERATION_REFUND] = PROTECTED_BY_KEY, /* there may be several */
    },
    .inquiries = {
        [OPERATION_AUTHORIZE] = { inquire_authorize, find_authorize },
        [OPERATION_CAPTURE] = { inquire_intent, find_capture },
        [OPERATION_VOID] = { inquire_intent, find_void },
        [OPERATION_REFUND] = { inquire_refund, find_refund },
    },
    .look_ups = {
        [OPERATION_AUTHORIZE] = { inquire_intent, read_found_hold },
        [OPERATION_CAPTURE] = { inquire_intent, read_found_capture },
        [OPERATION_REFUND] = { look_up_refund, read_found_refund },
    },
    .notices = &stripe_notices,
    .dispute = { look_up_dispute, read_dispute },
};
