/* SPDX-License-Identifier: Apache-2.0 */
/* stripe_objects: objects as JSON, in the shape of version 2023-08-16. */
#include <string.h>

#include "sim/stripe.h"

typedef void put_object(struct text *text, struct psp_visit *visit, const void *object);

/* --- Parts --- */

static str word(const char *text)
{
    return text ? str_of(text) : STR_NONE;
}

/* An absent text is null. */
static void put_nulls(struct text *text, const char *names)
{
    str rest = str_of(names);
    char name[64];
    while (rest.length > 0) {
        if (str_copy_to(str_cut(rest, ' ', &rest), name, sizeof name)) json_put_null(text, name);
    }
}

static void put_time(struct text *text, const char *name, int64_t seconds)
{
    if (seconds == 0) json_put_null(text, name);
    else json_put_int(text, name, seconds);
}

static void open_object(struct text *text, const struct stripe_object *object, const char *kind)
{
    json_open_object(text);
    json_put_str(text, "id", object->item.id);
    json_put_str(text, "object", str_of(kind));
    json_put_int(text, "created", object->created);
    json_put_raw(text, "metadata", object->metadata.bytes ? object->metadata : STR("{}"));
}

/* Was "latest_charge" asked for, or in a list "data.latest_charge"? */
static bool is_expanded(struct psp_visit *visit, const char *name)
{
    const struct json *expand = visit ? given_find(visit->given, "expand") : NULL;
    for (struct json_item item = json_first(expand); item.value; item = json_next(item)) {
        str wanted = json_string(item.value);
        if (str_starts_with(wanted, STR("data."))) wanted = str_from(wanted, strlen("data."));
        if (str_equal(wanted, str_of(name))) return true;
    }
    return false;
}

/* Its id, or all of it. */
static void put_linked(struct text *text, struct psp_visit *visit, const char *name, const void *object, put_object *put)
{
    json_name(text, name);
    if (object == NULL) text_put(text, STR("null"));
    else if (is_expanded(visit, name)) put(text, NULL, object);
    else text_put_json(text, ((const struct stripe_object *)object)->item.id);
}

static void put_billing(struct text *text, const struct stripe_method *method)
{
    json_name(text, "billing_details");
    json_open_object(text);
    json_name(text, "address");
    json_open_object(text);
    put_nulls(text, "city country line1 line2 postal_code state");
    json_close_object(text);
    json_put_str(text, "email", method ? method->email : STR_NONE);
    json_put_str(text, "name", method ? method->name : STR_NONE);
    json_put_null(text, "phone");
    json_close_object(text);
}

static void put_card_facts(struct text *text, const struct psp_card *card)
{
    json_put_str(text, "brand", str_of(card->brand));
    json_name(text, "checks");
    json_open_object(text);
    put_nulls(text, "address_line1_check address_postal_code_check");
    json_put_str(text, "cvc_check", STR("pass"));
    json_close_object(text);
    json_put_str(text, "country", STR("US"));
    json_put_int(text, "exp_month", card->expiry_month);
    json_put_int(text, "exp_year", card->expiry_year);
    json_put_str(text, "fingerprint", str_of(card->fingerprint));
    json_put_str(text, "funding", STR("credit"));
    json_put_str(text, "last4", str_of(card->last4));
    json_put_null(text, "wallet");
}

/* --- Customers and methods --- */

void stripe_put_customer(struct text *text, struct psp_visit *visit, const void *object)
{
    const struct stripe_customer *customer = object;
    (void)visit;
    if (customer->is_deleted) {
        json_open_object(text);
        json_put_str(text, "id", customer->object.item.id);
        json_put_str(text, "object", STR("customer"));
        json_put_bool(text, "deleted", true);
        json_close_object(text);
        return;
    }
    open_object(text, &customer->object, "customer");
    json_put_str(text, "email", customer->email);
    json_put_str(text, "name", customer->name);
    json_put_str(text, "description", customer->description);
    json_put_str(text, "phone", customer->phone);
    json_put_int(text, "balance", 0);
    json_put_bool(text, "delinquent", false);
    json_put_bool(text, "livemode", false);
    put_nulls(text, "address currency default_source discount shipping");
    json_close_object(text);
}

void stripe_put_method(struct text *text, struct psp_visit *visit, const void *object)
{
    const struct stripe_method *method = object;
    open_object(text, &method->object, "payment_method");
    put_billing(text, method);
    json_name(text, "card");
    json_open_object(text);
    put_card_facts(text, &method->card);
    put_nulls(text, "generated_from");
    json_name(text, "three_d_secure_usage");
    json_open_object(text);
    json_put_bool(text, "supported", true);
    json_close_object(text);
    json_close_object(text);
    put_linked(text, visit, "customer", method->customer, stripe_put_customer);
    json_put_bool(text, "livemode", false);
    json_put_str(text, "type", STR("card"));
    json_close_object(text);
}

/* --- Charges --- */

static void put_outcome(struct text *text, const struct stripe_charge *charge)
{
    json_name(text, "outcome");
    json_open_object(text);
    json_put_str(text, "network_status", charge->is_paid ? STR("approved_by_network") : charge->is_blocked ? STR("not_sent_to_network")
                                                                                                           : STR("declined_by_network"));
    json_put_str(text, "reason", charge->is_blocked ? STR("highest_risk_level") : word(charge->decline_code));
    json_put_str(text, "risk_level", charge->is_blocked ? STR("highest") : STR("normal"));
    json_put_str(text, "seller_message", charge->is_paid ? STR("Payment complete.") : STR("The payment did not succeed."));
    json_put_str(text, "type", charge->is_paid ? STR("authorized") : charge->is_blocked ? STR("blocked")
                                                                                        : STR("issuer_declined"));
    json_close_object(text);
}

static void put_method_details(struct text *text, const struct stripe_charge *charge)
{
    json_name(text, "payment_method_details");
    json_open_object(text);
    json_name(text, "card");
    json_open_object(text);
    put_card_facts(text, &charge->method->card);
    put_nulls(text, "installments mandate");
    json_put_str(text, "network", str_of(charge->method->card.brand));
    json_put_null(text, "three_d_secure");
    json_close_object(text);
    json_put_str(text, "type", STR("card"));
    json_close_object(text);
}

static void put_charge_amounts(struct text *text, const struct stripe_charge *charge)
{
    json_put_int(text, "amount", charge->amount);
    json_put_int(text, "amount_captured", charge->captured);
    json_put_int(text, "amount_refunded", charge->is_voided ? charge->amount : charge->refunded);
    json_put_bool(text, "captured", charge->is_captured);
    json_put_bool(text, "refunded", charge->is_voided || (charge->is_captured && charge->refunded == charge->captured));
    json_put_bool(text, "paid", charge->is_paid);
    json_put_bool(text, "disputed", charge->dispute != NULL);
    json_put_str(text, "status", charge->is_paid ? STR("succeeded") : STR("failed"));
}

void stripe_put_charge(struct text *text, struct psp_visit *visit, const void *object)
{
    const struct stripe_charge *charge = object;
    const struct stripe_intent *intent = charge->intent;
    open_object(text, &charge->object, "charge");
    put_charge_amounts(text, charge);
    put_billing(text, charge->method);
    json_put_str(text, "currency", intent->currency);
    put_linked(text, visit, "customer", intent->customer, stripe_put_customer);
    json_put_str(text, "description", intent->description);
    json_put_str(text, "failure_code", word(charge->failure_code));
    json_put_str(text, "failure_message", word(charge->failure_message));
    json_put_raw(text, "fraud_details", STR("{}"));
    json_put_bool(text, "livemode", false);
    put_outcome(text, charge);
    put_linked(text, visit, "payment_intent", intent, stripe_put_intent);
    json_put_str(text, "payment_method", charge->method->object.item.id);
    put_method_details(text, charge);
    put_nulls(text, "application application_fee application_fee_amount balance_transaction failure_balance_transaction invoice "
                    "on_behalf_of receipt_email receipt_number receipt_url review shipping statement_descriptor transfer_group");
    json_close_object(text);
}

/* --- Intents --- */

static void put_next_action(struct text *text, const char *status, str page, str return_url)
{
    json_name(text, "next_action");
    if (strcmp(status, "requires_action") != 0) {
        text_put(text, STR("null"));
        return;
    }
    json_open_object(text);
    json_put_str(text, "type", return_url.bytes ? STR("redirect_to_url") : STR("use_stripe_sdk"));
    json_name(text, return_url.bytes ? "redirect_to_url" : "use_stripe_sdk");
    json_open_object(text);
    if (return_url.bytes) json_put_str(text, "return_url", return_url);
    if (return_url.bytes) json_put_str(text, "url", page);
    json_close_object(text);
    json_close_object(text);
}

static void put_last_error(struct text *text, const char *name, const struct stripe_error *error)
{
    json_name(text, name);
    if (error->status == 0) text_put(text, STR("null"));
    else stripe_put_error(text, error, NULL, NULL);
}

static void put_automatic(struct text *text, const struct stripe_intent *intent)
{
    json_name(text, "automatic_payment_methods");
    text_put(text, intent->is_automatic_methods ? STR("{\"allow_redirects\":\"always\",\"enabled\":true}") : STR("null"));
    json_put_raw(text, "payment_method_types", STR("[\"card\"]"));
}

static void put_intent_amounts(struct text *text, const struct stripe_intent *intent)
{
    json_put_int(text, "amount", intent->amount);
    json_put_int(text, "amount_capturable", intent->capturable);
    json_put_raw(text, "amount_details", STR("{\"tip\":{}}"));
    json_put_int(text, "amount_received", intent->received);
    json_put_str(text, "currency", intent->currency);
    json_put_str(text, "status", str_of(intent->status));
    json_put_str(text, "capture_method", intent->is_manual ? STR("manual") : STR("automatic"));
    json_put_str(text, "confirmation_method", STR("automatic"));
}

void stripe_put_intent(struct text *text, struct psp_visit *visit, const void *object)
{
    const struct stripe_intent *intent = object;
    open_object(text, &intent->object, "payment_intent");
    put_intent_amounts(text, intent);
    put_automatic(text, intent);
    put_time(text, "canceled_at", intent->canceled_at);
    json_put_str(text, "cancellation_reason", word(intent->cancellation_reason));
    json_put_str(text, "client_secret", intent->client_secret);
    put_linked(text, visit, "customer", intent->customer, stripe_put_customer);
    json_put_str(text, "description", intent->description);
    put_last_error(text, "last_payment_error", &intent->last_error);
    put_linked(text, visit, "latest_charge", intent->charge, stripe_put_charge);
    json_put_bool(text, "livemode", false);
    put_next_action(text, intent->status, intent->page, intent->return_url);
    put_linked(text, visit, "payment_method", intent->method, stripe_put_method);
    json_put_raw(text, "payment_method_options", STR("{\"card\":{\"request_three_d_secure\":\"automatic\"}}"));
    json_put_str(text, "setup_future_usage", word(intent->setup_future_usage));
    put_nulls(text, "application application_fee_amount invoice on_behalf_of processing receipt_email review shipping "
                    "statement_descriptor statement_descriptor_suffix transfer_data transfer_group");
    json_close_object(text);
}

void stripe_put_setup(struct text *text, struct psp_visit *visit, const void *object)
{
    const struct stripe_setup *setup = object;
    open_object(text, &setup->object, "setup_intent");
    json_put_str(text, "status", str_of(setup->status));
    json_put_str(text, "usage", str_of(setup->usage));
    json_put_str(text, "cancellation_reason", word(setup->cancellation_reason));
    json_put_str(text, "client_secret", setup->client_secret);
    put_linked(text, visit, "customer", setup->customer, stripe_put_customer);
    json_put_str(text, "description", setup->description);
    put_last_error(text, "last_setup_error", &setup->last_error);
    json_put_bool(text, "livemode", false);
    put_next_action(text, setup->status, setup->page, setup->return_url);
    put_linked(text, visit, "payment_method", setup->method, stripe_put_method);
    json_put_raw(text, "payment_method_types", STR("[\"card\"]"));
    put_nulls(text, "application automatic_payment_methods flow_directions latest_attempt mandate on_behalf_of "
                    "payment_method_options single_use_mandate");
    json_close_object(text);
}

/* --- Refunds and disputes --- */

void stripe_put_refund(struct text *text, struct psp_visit *visit, const void *object)
{
    const struct stripe_refund *refund = object;
    open_object(text, &refund->object, "refund");
    json_put_int(text, "amount", refund->amount);
    put_linked(text, visit, "charge", refund->charge, stripe_put_charge);
    json_put_str(text, "currency", refund->charge->intent->currency);
    put_linked(text, visit, "payment_intent", refund->charge->intent, stripe_put_intent);
    json_put_str(text, "reason", word(refund->reason));
    json_put_str(text, "status", str_of(refund->status));
    if (refund->failure_reason) json_put_str(text, "failure_reason", str_of(refund->failure_reason));
    put_nulls(text, "balance_transaction receipt_number source_transfer_reversal transfer_reversal");
    json_close_object(text);
}

static void put_evidence(struct text *text, const struct stripe_dispute *dispute)
{
    json_name(text, "evidence");
    json_open_object(text);
    json_put_str(text, "uncategorized_text", dispute->evidence);
    json_close_object(text);
    json_name(text, "evidence_details");
    json_open_object(text);
    json_put_int(text, "due_by", dispute->due_by);
    json_put_bool(text, "has_evidence", dispute->evidence.bytes != NULL);
    json_put_bool(text, "past_due", false);
    json_put_int(text, "submission_count", dispute->submissions);
    json_close_object(text);
}

void stripe_put_dispute(struct text *text, struct psp_visit *visit, const void *object)
{
    const struct stripe_dispute *dispute = object;
    open_object(text, &dispute->object, "dispute");
    json_put_int(text, "amount", dispute->amount);
    json_put_raw(text, "balance_transactions", STR("[]"));
    put_linked(text, visit, "charge", dispute->charge, stripe_put_charge);
    json_put_str(text, "currency", dispute->charge->intent->currency);
    put_evidence(text, dispute);
    json_put_bool(text, "is_charge_refundable", str_starts_with(str_of(dispute->status), STR("warning_")));
    json_put_bool(text, "livemode", false);
    put_linked(text, visit, "payment_intent", dispute->charge->intent, stripe_put_intent);
    json_put_str(text, "reason", str_of(dispute->reason));
    json_put_str(text, "status", str_of(dispute->status));
    json_close_object(text);
}

/* --- News --- */

void stripe_put_event(struct text *text, struct psp_visit *visit, const void *object)
{
    (void)visit;
    text_put(text, ((const struct stripe_event *)object)->json);
}

/* The secret is told once only, when it is made. */
void stripe_put_endpoint(struct text *text, struct psp_visit *visit, const void *object)
{
    const struct stripe_endpoint *endpoint = object;
    bool is_new = visit && str_equal(visit->desk.exchange->request.method, STR("POST"));
    open_object(text, &endpoint->object, "webhook_endpoint");
    json_put_str(text, "api_version", endpoint->api_version);
    json_put_null(text, "application");
    json_put_str(text, "description", endpoint->description);
    json_put_raw(text, "enabled_events", endpoint->enabled_events);
    json_put_bool(text, "livemode", false);
    if (is_new) json_put_str(text, "secret", endpoint->secret);
    json_put_str(text, "status", STR("enabled"));
    json_put_str(text, "url", endpoint->url);
    json_close_object(text);
}

/* --- Errors --- */

static void put_if_given(struct text *text, const char *name, const char *value)
{
    if (value) json_put_str(text, name, str_of(value));
}

void stripe_put_error(struct text *text, const struct stripe_error *error, struct stripe_intent *intent, struct stripe_setup *setup)
{
    json_open_object(text);
    if (error->charge.bytes) json_put_str(text, "charge", error->charge);
    put_if_given(text, "code", error->code);
    put_if_given(text, "decline_code", error->decline_code);
    json_put_str(text, "message", str_of(error->message));
    if (error->param.bytes) json_put_str(text, "param", error->param);
    if (intent) json_name(text, "payment_intent");
    if (intent) stripe_put_intent(text, NULL, intent);
    if (setup) json_name(text, "setup_intent");
    if (setup) stripe_put_setup(text, NULL, setup);
    json_put_str(text, "type", str_of(error->type));
    json_close_object(text);
}

void stripe_answer(struct psp_visit *visit, put_object *put, const void *object)
{
    struct text text = text_open(visit->arena, 2048);
    put(&text, visit, object);
    psp_answer_text(visit, 200, &text);
}
