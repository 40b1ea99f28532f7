/* SPDX-License-Identifier: Apache-2.0 */
/* flutterwave_objects: objects as JSON, answers and news in their envelopes. */
#include <string.h>

#include "base/moment.h"
#include "sim/flutterwave.h"

enum { ACCOUNT = 73362, WALLET = 74639 };

/* --- Charges --- */

static void put_amount(struct text *text, const char *name, int64_t amount, str currency)
{
    json_put_raw(text, name, flutterwave_amount_text(text->arena, amount, currency));
}

/* In lists numbers of objects are texts. */
static void put_number(struct text *text, const char *name, str number, enum flutterwave_view view)
{
    if (view == FLUTTERWAVE_LISTED) json_put_str(text, name, number);
    else json_put_raw(text, name, number);
}

static void put_customer(struct text *text, const struct flutterwave_charge *charge)
{
    json_name(text, "customer");
    json_open_object(text);
    json_put_int(text, "id", desk_hash(charge->email, 0) >> 1);
    json_put_str(text, "name", charge->name.bytes ? charge->name : STR("Anonymous customer"));
    json_put_str(text, "phone_number", charge->phone.bytes ? charge->phone : STR("N/A"));
    json_put_str(text, "email", charge->email);
    json_put_time(text, "created_at", charge->created);
    json_close_object(text);
}

/* The token is told to those who verify, and to those who charged by it; never in news. */
static bool shows_token(const struct flutterwave_charge *charge, enum flutterwave_view view)
{
    if (charge->token == NULL) return false;
    return view == FLUTTERWAVE_VERIFIED || (view == FLUTTERWAVE_ANSWERED && strcmp(charge->auth_model, "noauth") == 0);
}

/* "MASTERCARD" */
static str brand_of(struct arena *arena, const struct psp_card *card)
{
    struct text text = text_open(arena, 16);
    for (const char *letter = card->brand; *letter; letter++) {
        bool is_small = *letter >= 'a' && *letter <= 'z';
        text_put_char(&text, is_small ? (char)(*letter - 'a' + 'A') : *letter);
    }
    return text_str(&text);
}

static void put_card(struct text *text, const struct flutterwave_charge *charge, enum flutterwave_view view)
{
    const struct psp_card *card = &charge->card;
    json_name(text, "card");
    json_open_object(text);
    json_put_str(text, "first_6digits", str_of(card->first6));
    json_put_str(text, "last_4digits", str_of(card->last4));
    json_put_str(text, "issuer", STR("TEST BANK"));
    json_put_str(text, "country", STR("NIGERIA NG"));
    json_put_str(text, "type", brand_of(text->arena, card));
    json_put_str(text, "expiry",
                 arena_format(text->arena, "%02d/%02d", (int)card->expiry_month, (int)(card->expiry_year % 100)));
    if (shows_token(charge, view)) json_put_str(text, "token", charge->token->item.id);
    json_close_object(text);
}

static void put_money(struct text *text, const struct flutterwave_charge *charge, enum flutterwave_view view)
{
    bool is_of_capture = view == FLUTTERWAVE_ANSWERED && charge->is_captured;
    put_amount(text, "amount", is_of_capture ? charge->charged : charge->amount, charge->currency);
    put_amount(text, "charged_amount", charge->charged, charge->currency);
    put_amount(text, "app_fee", charge->fee, charge->currency);
    json_put_int(text, "merchant_fee", 0);
    json_put_str(text, "currency", charge->currency);
    if (view != FLUTTERWAVE_VERIFIED && view != FLUTTERWAVE_LISTED) return;
    put_amount(text, "amount_settled", charge->is_captured ? charge->charged - charge->fee : 0, charge->currency);
}

static void put_facts(struct text *text, const struct flutterwave_charge *charge)
{
    json_put_str(text, "device_fingerprint", STR("N/A"));
    json_put_str(text, "processor_response", charge->response ? str_of(charge->response) : STR_NONE);
    json_put_str(text, "auth_model", str_of(charge->auth_model));
    json_put_str(text, "ip", STR("N/A"));
    json_put_str(text, "narration", charge->narration.bytes ? charge->narration : STR("CARD Transaction"));
    json_put_str(text, "status", str_of(charge->status));
    json_put_str(text, "payment_type", str_of(charge->payment_type));
    json_put_str(text, "fraud_status", STR("ok"));
    json_put_str(text, "charge_type", charge->is_hold ? STR("preauth") : STR("normal"));
    json_put_time(text, "created_at", charge->created);
}

void flutterwave_put_charge(struct text *text, const struct flutterwave_charge *charge, enum flutterwave_view view)
{
    bool is_whole = view == FLUTTERWAVE_VERIFIED || view == FLUTTERWAVE_LISTED;
    json_open_object(text);
    put_number(text, "id", charge->item.id, view);
    json_put_str(text, "tx_ref", charge->tx_ref);
    json_put_str(text, "flw_ref", charge->flw_ref);
    put_money(text, charge, view);
    put_facts(text, charge);
    put_number(text, "account_id", arena_format(text->arena, "%d", ACCOUNT), view);
    if (charge->has_card) put_card(text, charge, view);
    if (is_whole) json_put_raw(text, "meta", charge->meta.bytes ? charge->meta : STR("null"));
    put_customer(text, charge);
    json_close_object(text);
}

/* --- Refunds and chargebacks --- */

void flutterwave_put_refund(struct text *text, const struct flutterwave_refund *refund)
{
    json_open_object(text);
    json_put_raw(text, "id", refund->item.id);
    json_put_int(text, "account_id", ACCOUNT);
    json_put_raw(text, "tx_id", refund->charge->item.id);
    json_put_str(text, "flw_ref", refund->charge->flw_ref);
    json_put_int(text, "wallet_id", WALLET);
    put_amount(text, "amount_refunded", refund->amount, refund->charge->currency);
    json_put_str(text, "status", str_of(refund->status));
    json_put_str(text, "destination", STR("payment_source"));
    json_put_str(text, "comments", refund->comments);
    json_put_raw(text, "meta", STR("{\"source\":\"availablebalance\"}"));
    json_put_time(text, "created_at", refund->created);
    json_close_object(text);
}

void flutterwave_put_dispute(struct text *text, const struct flutterwave_dispute *dispute)
{
    json_open_object(text);
    json_put_raw(text, "id", dispute->item.id);
    put_amount(text, "amount", dispute->amount, dispute->charge->currency);
    json_put_str(text, "currency", dispute->charge->currency);
    json_put_str(text, "flw_ref", dispute->charge->flw_ref);
    json_put_str(text, "tx_ref", dispute->charge->tx_ref);
    json_put_raw(text, "transaction_id", dispute->charge->item.id);
    json_put_str(text, "status", str_of(dispute->status));
    json_put_str(text, "comment", dispute->comment);
    json_put_time(text, "due_date", dispute->due);
    json_put_time(text, "created_at", dispute->created);
    json_close_object(text);
}

/* --- Envelopes --- */

static void open_envelope(struct text *text, const char *message)
{
    json_open_object(text);
    json_put_str(text, "status", STR("success"));
    json_put_str(text, "message", str_of(message));
}

void flutterwave_answer_data(struct psp_visit *visit, const char *message, str data)
{
    struct text text = text_open(visit->arena, 512);
    open_envelope(&text, message);
    json_put_raw(&text, "data", data);
    json_close_object(&text);
    psp_answer_text(visit, 200, &text);
}

void flutterwave_answer(struct psp_visit *visit, const char *message, const struct flutterwave_charge *charge, str authorization)
{
    struct text text = text_open(visit->arena, 1024);
    open_envelope(&text, message);
    if (charge != NULL) {
        json_name(&text, "data");
        flutterwave_put_charge(&text, charge, FLUTTERWAVE_ANSWERED);
    }
    if (authorization.bytes != NULL) {
        json_name(&text, "meta");
        json_open_object(&text);
        json_put_raw(&text, "authorization", authorization);
        json_close_object(&text);
    }
    json_close_object(&text);
    psp_answer_text(visit, 200, &text);
}

/* --- News --- */

/* They have no ids: what tells one from another is what it is about. */
void flutterwave_tell(struct flutterwave *flutterwave, const char *event, const char *event_type, str object_id, const char *status,
                      str data)
{
    struct arena arena = { 0 };
    struct text text = text_open(&arena, 1024);
    json_open_object(&text);
    json_put_str(&text, "event", str_of(event));
    json_put_raw(&text, "data", data);
    json_put_str(&text, "event.type", str_of(event_type));
    json_close_object(&text);
    str made_up_id = arena_format(&arena, "%s %.*s %s", event, STR_FORMAT(object_id), status);
    psp_notices_tell(&flutterwave->psp->notices, made_up_id, str_of(event), object_id, text_str(&text));
    arena_close(&arena);
}

void flutterwave_tell_charge(struct flutterwave *flutterwave, const struct flutterwave_charge *charge)
{
    struct arena arena = { 0 };
    struct text text = text_open(&arena, 1024);
    flutterwave_put_charge(&text, charge, FLUTTERWAVE_NOTIFIED);
    flutterwave_tell(flutterwave, "charge.completed", charge->event_type, charge->item.id, charge->status, text_str(&text));
    arena_close(&arena);
}
