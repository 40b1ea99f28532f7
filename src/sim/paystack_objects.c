/* SPDX-License-Identifier: Apache-2.0 */
/* paystack_objects: objects as JSON, and the envelope around them. Times come in two spellings, some sums of news as texts, and the
 * type of a card with a space behind it: all as Paystack has it. */
#include <string.h>

#include "sim/paystack.h"

enum { FEE_PER_MILLE = 15, PER_MILLE = 1000, HOLD_FIRST = 500, CUSTOMER_FIRST = 84312 };

static const micros refund_expected_after = 9LL * 24 * 3600 * MICROS_PER_SECOND;

static str word(const char *text)
{
    return text ? str_of(text) : STR_NONE;
}

str paystack_domain(const struct psp *psp)
{
    return str_starts_with(word(psp->options.key), STR("sk_live_")) ? STR("live") : STR("test");
}

static void put_nulls(struct text *text, const char *names)
{
    str rest = str_of(names);
    char name[64];
    while (rest.length > 0) {
        if (str_copy_to(str_cut(rest, ' ', &rest), name, sizeof name)) json_put_null(text, name);
    }
}

static void put_time_twice(struct text *text, const char *name, const char *other_name, micros moment)
{
    json_put_time(text, name, moment);
    json_put_time(text, other_name, moment);
}

static void put_below(struct text *text, const char *name, paystack_put *put, const void *object)
{
    json_name(text, name);
    if (object) put(text, object);
    else text_put(text, STR("null"));
}

/* --- Customers and cards --- */

void paystack_put_customer_facts(struct text *text, const struct paystack_customer *customer)
{
    json_put_int(text, "id", CUSTOMER_FIRST + customer->item.number);
    json_put_str(text, "first_name", customer->first_name);
    json_put_str(text, "last_name", customer->last_name);
    json_put_str(text, "email", customer->email);
    json_put_str(text, "customer_code", customer->item.id);
    json_put_str(text, "phone", customer->phone);
    json_put_null(text, "metadata");
    json_put_str(text, "risk_action", STR("default"));
}

void paystack_put_customer(struct text *text, const void *object)
{
    json_open_object(text);
    paystack_put_customer_facts(text, object);
    json_close_object(text);
}

static void put_expiry(struct text *text, const struct psp_card *card)
{
    long long year = (long long)card->expiry_year < 100 ? (long long)card->expiry_year + 2000 : (long long)card->expiry_year;
    json_put_str(text, "exp_month", arena_format(text->arena, "%02lld", (long long)card->expiry_month));
    json_put_str(text, "exp_year", arena_format(text->arena, "%lld", year));
}

void paystack_put_saved(struct text *text, const void *object)
{
    const struct paystack_saved *saved = object;
    const struct psp_card *card = &saved->card;
    json_open_object(text);
    json_put_str(text, "authorization_code", saved->item.id);
    json_put_str(text, "bin", str_of(card->first6));
    json_put_str(text, "last4", str_of(card->last4));
    put_expiry(text, card);
    json_put_str(text, "channel", word(saved->channel));
    json_put_str(text, "card_type", arena_format(text->arena, "%s ", card->brand));
    json_put_str(text, "bank", STR("TEST BANK"));
    json_put_str(text, "country_code", STR("NG"));
    json_put_str(text, "brand", word(card->brand));
    json_put_bool(text, "reusable", saved->is_reusable);
    json_put_str(text, "signature", saved->signature);
    json_put_null(text, "account_name");
    json_close_object(text);
}

/* What is not saved is an empty object, as for ways that are not cards. */
static void put_authorization(struct text *text, const struct paystack_charge *charge)
{
    if (charge->saved) put_below(text, "authorization", paystack_put_saved, charge->saved);
    else json_put_raw(text, "authorization", STR("{}"));
}

/* --- Charges --- */

static void put_result(struct text *text, const struct paystack_charge *charge)
{
    bool is_paid = charge->paid_at > 0;
    json_put_str(text, "status", str_of(charge->status));
    json_put_str(text, "gateway_response", word(charge->gateway_response));
    json_put_str(text, "message", strcmp(charge->status, "failed") == 0 ? word(charge->gateway_response) : STR_NONE);
    json_put_str(text, "channel", word(charge->channel));
    if (is_paid) json_put_int(text, "fees", charge->amount * FEE_PER_MILLE / PER_MILLE);
    else json_put_null(text, "fees");
    put_time_twice(text, "paid_at", "paidAt", charge->paid_at);
    put_time_twice(text, "created_at", "createdAt", charge->created_at);
}

void paystack_put_charge(struct text *text, const void *object)
{
    const struct paystack_charge *charge = object;
    json_open_object(text);
    json_put_int(text, "id", paystack_charge_number(charge));
    json_put_str(text, "domain", paystack_domain(charge->psp));
    json_put_str(text, "reference", charge->item.id);
    json_put_int(text, "amount", charge->amount);
    json_put_int(text, "requested_amount", charge->requested);
    json_put_str(text, "currency", charge->currency);
    put_result(text, charge);
    json_put_raw(text, "metadata", charge->metadata);
    put_authorization(text, charge);
    put_below(text, "customer", paystack_put_customer, charge->customer);
    json_put_str(text, "ip_address", STR("127.0.0.1"));
    put_nulls(text, "log fees_split order_id pos_transaction_data source fees_breakdown connect plan");
    json_put_raw(text, "split", STR("{}"));
    json_put_raw(text, "subaccount", STR("{}"));
    json_put_raw(text, "plan_object", STR("{}"));
    json_close_object(text);
}

static void put_if_given(struct text *text, const char *name, str value)
{
    if (value.length > 0) json_put_str(text, name, value);
}

static void put_account(struct text *text, const struct paystack_charge *charge)
{
    json_put_str(text, "account_name", STR("PAYSTACK CHECKOUT"));
    json_put_str(text, "account_number", charge->account_number);
    json_put_raw(text, "bank", STR("{\"name\":\"Test Bank\",\"slug\":\"test-bank\",\"id\":24}"));
    put_if_given(text, "account_expires_at", charge->expires_text);
}

static str page_of(struct text *text, const struct paystack_charge *charge)
{
    return arena_format(text->arena, "http://%.*s/checkout/%.*s", STR_FORMAT(charge->host), STR_FORMAT(charge->access_code));
}

/* What is asked of the payer, or the charge itself when it is over. */
void paystack_put_step(struct text *text, const void *object)
{
    const struct paystack_charge *charge = object;
    if (paystack_is_over(charge)) {
        paystack_put_charge(text, charge);
        return;
    }
    json_open_object(text);
    json_put_str(text, "status", str_of(charge->status));
    json_put_str(text, "reference", charge->item.id);
    put_if_given(text, "display_text", word(charge->display_text));
    put_if_given(text, "ussd_code", charge->ussd_code);
    if (charge->account_number.length > 0) put_account(text, charge);
    if (strcmp(charge->status, "open_url") == 0) json_put_str(text, "url", page_of(text, charge));
    json_close_object(text);
}

/* --- Holds --- */

static void put_hold_facts(struct text *text, const struct paystack_charge *charge)
{
    const struct paystack_hold *hold = charge->hold;
    json_put_int(text, "id", HOLD_FIRST + charge->item.number);
    json_put_str(text, "domain", paystack_domain(charge->psp));
    json_put_str(text, "status", str_of(hold->status));
    json_put_str(text, "reference", charge->item.id);
    json_put_str(text, "currency", charge->currency);
    json_put_str(text, "expire_action", hold->is_captured_at_its_end ? STR("capture") : STR("release"));
    json_put_time(text, "expiry_date", hold->expires_at);
    json_put_time(text, "created_at", charge->created_at);
    if (charge->paid_at > 0) json_put_int(text, "transaction_id", paystack_charge_number(charge));
    else json_put_null(text, "transaction_id");
    put_authorization(text, charge);
    put_below(text, "customer", paystack_put_customer, charge->customer);
}

static void put_response(struct text *text, const struct paystack_charge *charge)
{
    json_name(text, "gateway_response");
    json_open_object(text);
    json_put_str(text, "authorizeResponse", word(charge->gateway_response));
    json_put_str(text, "rrn", charge->access_code);
    json_close_object(text);
}

void paystack_put_hold(struct text *text, const void *object)
{
    const struct paystack_charge *charge = object;
    json_open_object(text);
    put_hold_facts(text, charge);
    put_response(text, charge);
    json_put_int(text, "amount", charge->requested);
    if (charge->hold->captured > 0) json_put_int(text, "captured_amount", charge->hold->captured);
    else json_put_null(text, "captured_amount");
    json_close_object(text);
}

/* News tell sums as texts. */
void paystack_put_news_of_hold(struct text *text, const void *object)
{
    const struct paystack_charge *charge = object;
    json_open_object(text);
    put_hold_facts(text, charge);
    json_put_str(text, "amount", arena_format(text->arena, "%lld", (long long)charge->requested));
    json_put_str(text, "captured_amount", arena_format(text->arena, "%lld", (long long)charge->hold->captured));
    json_close_object(text);
}

/* --- Refunds and disputes --- */

static void put_refund_facts(struct text *text, const struct paystack_refund *refund)
{
    json_put_str(text, "status", str_of(refund->status));
    json_put_str(text, "currency", refund->charge->currency);
    json_put_str(text, "merchant_note", refund->merchant_note);
    json_put_str(text, "customer_note", refund->customer_note);
    json_put_str(text, "domain", paystack_domain(refund->charge->psp));
}

static void put_refund(struct text *text, const struct paystack_refund *refund)
{
    json_put_raw(text, "id", refund->item.id);
    json_put_int(text, "integration", 100043);
    json_put_int(text, "amount", refund->amount);
    json_put_int(text, "deducted_amount", 0);
    put_refund_facts(text, refund);
    put_nulls(text, "dispute settlement refunded_at");
    json_put_str(text, "channel", word(refund->charge->channel));
    json_put_time(text, "expected_at", refund->created_at + refund_expected_after);
    put_time_twice(text, "created_at", "createdAt", refund->created_at);
    put_time_twice(text, "updated_at", "updatedAt", refund->created_at);
}

/* Later answers name the charge by its number. */
void paystack_put_refund(struct text *text, const void *object)
{
    const struct paystack_refund *refund = object;
    json_open_object(text);
    put_refund(text, refund);
    json_put_int(text, "transaction", paystack_charge_number(refund->charge));
    json_put_str(text, "transaction_reference", refund->charge->item.id);
    json_put_int(text, "fully_deducted", strcmp(refund->status, "processed") == 0);
    json_close_object(text);
}

/* The first answer has the charge as an object, and a switch that is one. */
void paystack_put_new_refund(struct text *text, const void *object)
{
    const struct paystack_refund *refund = object;
    json_open_object(text);
    put_refund(text, refund);
    json_name(text, "transaction");
    json_open_object(text);
    json_put_int(text, "id", paystack_charge_number(refund->charge));
    json_put_str(text, "reference", refund->charge->item.id);
    json_put_int(text, "amount", refund->charge->amount);
    json_put_str(text, "currency", refund->charge->currency);
    json_close_object(text);
    json_put_bool(text, "fully_deducted", false);
    json_close_object(text);
}

/* No id, and a sum that is a text. */
void paystack_put_news_of_refund(struct text *text, const void *object)
{
    const struct paystack_refund *refund = object;
    json_open_object(text);
    put_refund_facts(text, refund);
    json_put_str(text, "transaction_reference", refund->charge->item.id);
    json_put_null(text, "refund_reference");
    json_put_str(text, "amount", arena_format(text->arena, "%lld", (long long)refund->amount));
    json_put_str(text, "processor", STR("instant-transfer"));
    json_put_int(text, "integration", 100043);
    put_below(text, "customer", paystack_put_customer, refund->charge->customer);
    json_close_object(text);
}

void paystack_put_dispute(struct text *text, const void *object)
{
    const struct paystack_dispute *dispute = object;
    json_open_object(text);
    json_put_raw(text, "id", dispute->item.id);
    json_put_int(text, "refund_amount", dispute->amount);
    json_put_str(text, "currency", dispute->charge->currency);
    json_put_str(text, "status", str_of(dispute->status));
    json_put_str(text, "resolution", dispute->resolution);
    json_put_str(text, "domain", paystack_domain(dispute->charge->psp));
    json_put_str(text, "category", dispute->category);
    json_put_str(text, "evidence", dispute->evidence);
    json_put_time(text, "dueAt", dispute->due_at);
    json_put_time(text, "resolvedAt", dispute->resolved_at);
    json_put_time(text, "createdAt", dispute->created_at);
    put_below(text, "transaction", paystack_put_charge, dispute->charge);
    put_below(text, "customer", paystack_put_customer, dispute->charge->customer);
    json_close_object(text);
}

/* --- Envelopes --- */

void paystack_answer(struct psp_visit *visit, const char *message, paystack_put *put, const void *object)
{
    struct text data = text_open(visit->arena, 2048);
    put(&data, object);
    paystack_answer_raw(visit, message, text_str(&data));
}

void paystack_answer_raw(struct psp_visit *visit, const char *message, str data)
{
    struct text text = text_open(visit->arena, data.length + 128);
    json_open_object(&text);
    json_put_bool(&text, "status", true);
    json_put_str(&text, "message", str_of(message));
    if (data.length > 0) json_put_raw(&text, "data", data);
    json_close_object(&text);
    psp_answer_text(visit, 200, &text);
}

/* There is no id of the news: what it is about has to do. */
void paystack_tell(struct psp *psp, const char *event, str object_id, paystack_put *put, const void *object)
{
    struct arena arena = { 0 };
    struct text text = text_open(&arena, 2048);
    json_open_object(&text);
    json_put_str(&text, "event", str_of(event));
    json_name(&text, "data");
    put(&text, object);
    json_close_object(&text);
    psp_notices_tell(&psp->notices, object_id, str_of(event), object_id, text_str(&text));
    arena_close(&arena);
}
