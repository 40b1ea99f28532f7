/* SPDX-License-Identifier: Apache-2.0 */
/* risk_http: a payment as plain JSON, a decision as one word. The form is ours (docs/reference/risk-provider.md). */
#include "base/json.h"
#include "processor/risk_provider.h"

static void put_unless_empty(struct text *body, const char *name, str value)
{
    if (value.length > 0) json_put_str(body, name, value);
}

static void put_customer(struct text *body, const struct risk_call *call)
{
    json_name(body, "customer");
    json_open_object(body);
    json_put_str(body, "id", call->customer_id);
    put_unless_empty(body, "email", call->email);
    put_unless_empty(body, "name", call->name);
    put_unless_empty(body, "ip_address", call->ip_address);
    json_close_object(body);
}

static void put_card(struct text *body, const struct risk_call *call)
{
    if (call->last4.length == 0) return;
    json_name(body, "card");
    json_open_object(body);
    json_put_str(body, "brand", call->brand);
    put_unless_empty(body, "bin", call->bin);
    json_put_str(body, "last4", call->last4);
    json_close_object(body);
}

static void ask(struct arena *arena, const struct risk_call *call, struct processor_request *out)
{
    struct text body = text_open(arena, 512);
    json_open_object(&body);
    json_put_str(&body, "stage", call->is_held ? STR("held") : STR("new"));
    json_put_str(&body, "payment_id", call->payment_id);
    json_put_int(&body, "amount", call->amount.minor);
    json_put_str(&body, "currency", currency_str(&call->amount.currency));
    json_put_str(&body, "capture", call->captures_itself ? STR("automatic") : STR("manual"));
    json_put_str(&body, "order_id", call->order_id);
    put_customer(&body, call);
    put_card(&body, call);
    put_unless_empty(&body, "processor", call->processor);
    json_put_raw(&body, "metadata", call->metadata);
    json_close_object(&body);
    *out = (struct processor_request){ .method = STR("POST"), .path = STR("/v1/assessments"), .body = text_str(&body) };
}

/* It stands in the history, in labels of metrics and in the log. */
static bool is_plain(str word)
{
    for (size_t i = 0; i < word.length; i++) {
        char byte = word.bytes[i];
        bool is_letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z'), is_digit = byte >= '0' && byte <= '9';
        if (!is_letter && !is_digit && byte != '_' && byte != '-' && byte != '.') return false;
    }
    return true;
}

/* Members that we do not know are its own affair; a reason that is no word is left out. */
static bool read(struct arena *arena, const struct risk_call *call, const struct processor_answer *answer, struct risk_answer *out)
{
    const struct json *body;
    *out = (struct risk_answer){ .reason = "" };
    if (answer->status != 200 || json_read(arena, answer->body, &body) != JSON_FINE) return false;
    bool is_decision = risk_decision_named(json_string(json_find(body, "decision")), &out->decision) && out->decision != RISK_UNASKED;
    if (!is_decision || (call->is_held && out->decision == RISK_STEP_UP)) return false;
    str reason = json_string(json_find(body, "reason"));
    if (!is_plain(reason) || !str_copy_to(reason, out->reason, sizeof out->reason)) out->reason[0] = 0;
    return true;
}

const struct risk_provider risk_provider_http = {
    .wire = { .name = "risk", .content_type = "application/json", .credential = CREDENTIAL_BEARER },
    .ask = ask,
    .read = read,
};
