/* SPDX-License-Identifier: Apache-2.0 */
/* flutterwave_charges: cards, by their data or saved.
 *
 *     charge ──▶ what must be asked first?
 *        nothing ───────────────────────────────────────────────────────▶ successful or failed
 *        the bank ──▶ pending, redirect ──▶ the bank's page ────────────▶ successful or failed
 *        PIN ──(no transaction yet)──▶ same charge with it ──▶ pending, otp ──▶ validate-charge ──▶ successful or failed
 *        address ──(no transaction yet)──▶ same charge with it ──▶ pending, redirect ──▶ as the bank */
#include "sim/flutterwave.h"

enum { OTP_TRIES_MAX = 3 };

/* --- What the card says --- */

static enum flutterwave_result result_of(const struct psp_card *card)
{
    return card->test ? (enum flutterwave_result)card->test->result : FLUTTERWAVE_PAYS;
}

bool flutterwave_charge_card(struct flutterwave *flutterwave, struct psp_visit *visit, struct flutterwave_charge *charge)
{
    enum flutterwave_result result = result_of(&charge->card);
    if (result == FLUTTERWAVE_REFUSES || result == FLUTTERWAVE_DECLINES || result == FLUTTERWAVE_DISLIKES_PIN) {
        flutterwave_fail(flutterwave, charge, charge->card.test->word);
        return false;
    }
    flutterwave_succeed(flutterwave, visit, charge);
    return true;
}

/* Some declines are a 400 with the failed charge inside, others a 200 that says failed. */
static void answer_decline(struct psp_visit *visit, const struct flutterwave_charge *charge)
{
    if (result_of(&charge->card) != FLUTTERWAVE_REFUSES) {
        flutterwave_answer(visit, "Charge initiated", charge, STR_NONE);
        return;
    }
    struct text text = text_open(visit->arena, 1024);
    json_open_object(&text);
    json_put_str(&text, "status", STR("error"));
    json_put_str(&text, "message", str_of(charge->response));
    json_name(&text, "data");
    json_open_object(&text);
    json_name(&text, "err_tx");
    flutterwave_put_charge(&text, charge, FLUTTERWAVE_ANSWERED);
    json_close_object(&text);
    json_close_object(&text);
    psp_answer_text(visit, 400, &text);
}

static void charge_now(struct psp_visit *visit, const struct flutterwave_charge *order)
{
    struct flutterwave *flutterwave = flutterwave_of(visit);
    struct flutterwave_charge *charge = flutterwave_begin(flutterwave, order);
    if (flutterwave_charge_card(flutterwave, visit, charge)) flutterwave_answer(visit, "Charge successful", charge, STR_NONE);
    else answer_decline(visit, charge);
}

/* --- What is asked first --- */

/* Nothing is remembered: the whole charge comes again, with what is asked for. */
static void ask_for(struct psp_visit *visit, const char *mode, const char *fields)
{
    str authorization = arena_format(visit->arena, "{\"mode\":\"%s\",\"fields\":%s}", mode, fields);
    flutterwave_answer(visit, "Charge authorization data required", NULL, authorization);
}

static void ask_for_otp(struct psp_visit *visit, const struct flutterwave_charge *order)
{
    struct flutterwave_charge *charge = flutterwave_begin(flutterwave_of(visit), order);
    charge->asks_otp = true;
    charge->auth_model = "PIN";
    charge->response = "Please enter the OTP sent to your mobile number";
    visit->desk.acted = true;
    flutterwave_answer(visit, "Charge initiated", charge, STR("{\"mode\":\"otp\",\"endpoint\":\"/v3/validate-charge\"}"));
}

static void send_to_bank(struct psp_visit *visit, const struct flutterwave_charge *order)
{
    struct flutterwave_charge *charge = flutterwave_begin(flutterwave_of(visit), order);
    charge->asks_bank = true;
    charge->auth_model = "VBVSECURECODE";
    charge->response = "Pending, validation";
    visit->desk.acted = true;
    str page = psp_url(visit, arena_format(visit->arena, "/pay/%.*s", STR_FORMAT(charge->flw_ref)));
    str authorization = arena_format(visit->arena, "{\"mode\":\"redirect\",\"redirect\":\"%.*s\"}", STR_FORMAT(page));
    flutterwave_answer(visit, "Charge initiated", charge, authorization);
}

static void charge_with_pin(struct psp_visit *visit, const struct json *said, const struct flutterwave_charge *order)
{
    str pin = given_text(said, "authorization.pin");
    bool is_right = str_equal(pin, STR(FLUTTERWAVE_PIN)) && result_of(&order->card) != FLUTTERWAVE_DISLIKES_PIN;
    if (str_is_empty(pin)) {
        ask_for(visit, "pin", "[\"pin\"]");
    } else if (is_right) {
        ask_for_otp(visit, order);
    } else {
        struct flutterwave_charge *charge = flutterwave_begin(flutterwave_of(visit), order);
        flutterwave_fail(flutterwave_of(visit), charge, "Incorrect PIN");
        answer_decline(visit, charge);
    }
}

static void charge_with_address(struct psp_visit *visit, const struct json *said, const struct flutterwave_charge *order)
{
    static const char *const names[] = { "authorization.city", "authorization.address", "authorization.state",
                                         "authorization.country", "authorization.zipcode", NULL };
    bool is_given = str_equal(given_text(said, "authorization.mode"), STR("avs_noauth"));
    if (!is_given) ask_for(visit, "avs_noauth", "[\"city\",\"address\",\"state\",\"country\",\"zipcode\"]");
    else if (flutterwave_has_all(visit, said, names)) send_to_bank(visit, order);
}

static void charge_by_result(struct psp_visit *visit, const struct json *said, const struct flutterwave_charge *order)
{
    str secured = given_text(said, "usesecureauth");
    bool is_secured = str_equal(secured, STR("true")) || str_equal(secured, STR("1"));
    switch (result_of(&order->card)) {
    case FLUTTERWAVE_ASKS_PIN:
    case FLUTTERWAVE_DISLIKES_PIN: charge_with_pin(visit, said, order); break;
    case FLUTTERWAVE_ASKS_ADDRESS: charge_with_address(visit, said, order); break;
    case FLUTTERWAVE_ASKS_BANK: send_to_bank(visit, order); break;
    case FLUTTERWAVE_PAYS:
        if (is_secured) send_to_bank(visit, order);
        else charge_now(visit, order);
        break;
    case FLUTTERWAVE_REFUSES:
    case FLUTTERWAVE_DECLINES: charge_now(visit, order); break;
    }
}

/* --- Card data --- */

/* The CVV of a test card that pays is known; others' is anything of three or four digits. */
static bool is_right_cvv(const struct psp_card *card, str cvv)
{
    int64_t digits;
    bool is_known = card->test && result_of(card) <= FLUTTERWAVE_ASKS_BANK;
    if (is_known) return str_equal(cvv, str_of(card->test->word));
    char padded[8];
    return (cvv.length == 3 || cvv.length == 4) && str_copy_to(cvv, padded, sizeof padded)
           && str_to_int64(str_equal(cvv, STR("000")) ? STR("0") : cvv, INT32_MAX, &digits);
}

/* Months and years have two digits, "09" among them. */
static bool read_two_digits(str text, int64_t *out)
{
    if (text.length != 2) return false;
    return str_to_int64(text.bytes[0] == '0' ? str_from(text, 1) : text, 99, out);
}

/* What is wrong with the card data; NULL: nothing. */
static const char *find_fault(struct psp_visit *visit, const struct json *said, struct psp_card *card)
{
    if (!psp_visit_card(visit, given_text(said, "card_number"), card)) return "Invalid card number";
    bool is_dated = read_two_digits(given_text(said, "expiry_month"), &card->expiry_month)
                    && read_two_digits(given_text(said, "expiry_year"), &card->expiry_year);
    if (!is_dated || card->expiry_month < 1 || card->expiry_month > 12) return "Invalid expiry date";
    if (psp_card_is_expired(card, psp_now(visit->psp))) return "Expired card";
    if (!is_right_cvv(card, given_text(said, "cvv"))) return "Invalid cvv";
    return NULL;
}

static void charge_card(struct psp_visit *visit)
{
    static const char *const required[] = { "card_number", "cvv", "expiry_month", "expiry_year", NULL };
    const struct json *said = flutterwave_client_read(visit);
    if (said == NULL || !flutterwave_has_all(visit, said, required)) return;
    struct flutterwave_charge *order = flutterwave_new_order(visit, said);
    if (order == NULL) return;
    order->has_card = true;
    const char *fault = find_fault(visit, said, &order->card);
    if (fault != NULL) flutterwave_refuse(visit, 400, fault);
    else charge_by_result(visit, said, order);
}

void flutterwave_charge(struct psp_visit *visit)
{
    const struct json *query;
    bool has_query = form_read(visit->arena, visit->desk.exchange->request.query, &query);
    str type = has_query ? given_text(query, "type") : STR_NONE;
    if (str_is_empty(type)) flutterwave_refuse(visit, 400, "type is required");
    else if (!str_equal(type, STR("card"))) flutterwave_charge_otherwise(visit, type);
    else if (!flutterwave_of(visit)->account.charges_cards) flutterwave_refuse(visit, 403, "Card charges are not enabled for this merchant");
    else charge_card(visit);
}

void flutterwave_validate(struct psp_visit *visit)
{
    static const char *const required[] = { "otp", "flw_ref", NULL };
    struct flutterwave *flutterwave = flutterwave_of(visit);
    if (!flutterwave_has_all(visit, visit->given, required)) return;
    struct flutterwave_charge *charge = flutterwave_find_flw(flutterwave, psp_given(visit, "flw_ref"));
    if (charge == NULL || !charge->asks_otp) {
        flutterwave_refuse(visit, 400, "Invalid flw_ref: no transaction waits for an OTP");
        return;
    }
    if (str_equal(psp_given(visit, "otp"), STR(FLUTTERWAVE_OTP))) {
        charge->asks_otp = false;
        flutterwave_succeed(flutterwave, visit, charge);
        flutterwave_answer(visit, "Charge validated", charge, STR_NONE);
        return;
    }
    charge->asks_otp = ++charge->wrong_otps < OTP_TRIES_MAX;
    if (!charge->asks_otp) flutterwave_fail(flutterwave, charge, "Incorrect OTP");
    flutterwave_refuse(visit, 400, "Incorrect OTP");
}

/* --- Saved cards --- */

void flutterwave_charge_token(struct psp_visit *visit)
{
    static const char *const required[] = { "token", NULL };
    struct flutterwave *flutterwave = flutterwave_of(visit);
    if (!flutterwave_has_all(visit, visit->given, required)) return;
    struct flutterwave_charge *order = flutterwave_new_order(visit, visit->given);
    if (order == NULL) return;
    struct flutterwave_token *token = psp_shelf_find(&flutterwave->tokens, psp_given(visit, "token"));
    if (token == NULL || !str_equal_ignoring_case(token->email, order->email)) {
        flutterwave_refuse(visit, 400, "Invalid token or email");
        return;
    }
    order->has_card = true;
    order->card = token->card;
    order->token = token;
    if (psp_card_is_expired(&token->card, psp_now(visit->psp))) flutterwave_refuse(visit, 400, "Expired card");
    else if (given_is_true(visit->given, "do_3ds")) send_to_bank(visit, order);
    else charge_now(visit, order);
}

void flutterwave_update_token(struct psp_visit *visit)
{
    static const char *const required[] = { "email", NULL };
    struct flutterwave_token *token = psp_shelf_find(&flutterwave_of(visit)->tokens, visit->ids[0]);
    if (token == NULL) {
        flutterwave_refuse(visit, 404, "No card was found for this token");
        return;
    }
    if (!flutterwave_has_all(visit, visit->given, required)) return;
    token->email = flutterwave_kept(visit, visit->given, "email");
    visit->desk.acted = true;
    struct text text = text_open(visit->arena, 256);
    json_open_object(&text);
    json_put_str(&text, "customer_email", token->email);
    json_put_str(&text, "token", token->item.id);
    json_close_object(&text);
    flutterwave_answer_data(visit, "Token details updated", text_str(&text));
}
