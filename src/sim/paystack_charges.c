/* SPDX-License-Identifier: Apache-2.0 */
/* paystack_charges: a charge from its first step to its end.
 *
 *     meet_issuer ──▶ proceed ──step left──▶ send_pin, send_otp, ..., open_url ──the payer's answer──╮
 *                        ▲ │                                                                         │
 *                        │ ╰──none left──▶ (pending for a time) ──▶ decide ──▶ success: news         │
 *                        │                                            ╰──────▶ failed: no news       │
 *                        ╰───────────────────────────────────────────────────────────────────────────╯
 */
#include <string.h>

#include "sim/paystack.h"

enum { ACCESS_CHARS = 15 };

static const int64_t first_number = INT64_C(9007199254740992); /* from here on a double cannot tell a number from its neighbor */

/* What the merchant would do once only: the payment that he names, else the reference. */
static str operation_of(const struct psp_visit *visit, str reference)
{
    str payment = psp_given(visit, "metadata.gateway_payment_id");
    return payment.length > 0 ? payment : reference;
}

static void fill_charge(struct psp_visit *visit, struct paystack_charge *charge, const struct paystack_wish *wish)
{
    struct psp *psp = visit->psp;
    charge->psp = psp;
    charge->status = "abandoned";
    charge->gateway_response = "The transaction was not completed";
    charge->requested = charge->amount = wish->amount;
    charge->currency = psp_keep(psp, wish->currency);
    charge->metadata = psp_keep(psp, wish->metadata);
    charge->callback_url = psp_keep(psp, wish->callback_url);
    charge->operation = psp_keep(psp, operation_of(visit, wish->reference));
    charge->access_code = psp_id(psp, "", ACCESS_CHARS);
    charge->host = psp_keep(psp, http_header(&visit->desk.exchange->request, STR("Host")));
    charge->created_at = psp_now(psp);
    charge->has = -1;
    charge->customer = paystack_customer(psp, wish->email);
}

struct paystack_charge *paystack_charge_new(struct psp_visit *visit, const struct paystack_wish *wish)
{
    struct psp_shelf *shelf = &paystack_of(visit)->charges;
    struct paystack_charge *charge = psp_shelf_add(shelf, psp_keep(visit->psp, wish->reference));
    fill_charge(visit, charge, wish);
    psp_shelf_name(shelf, charge, arena_format(&visit->psp->arena, "%lld", (long long)paystack_charge_number(charge)));
    psp_shelf_name(shelf, charge, charge->access_code);
    return charge;
}

int64_t paystack_charge_number(const struct paystack_charge *charge)
{
    return first_number + charge->item.number;
}

struct paystack_charge *paystack_find_charge(const struct psp_visit *visit, str name)
{
    struct paystack_charge *charge = psp_shelf_find(&paystack_of(visit)->charges, name);
    bool is_a_hold_only = charge && charge->hold && charge->paid_at == 0;
    return is_a_hold_only ? NULL : charge;
}

/* --- Cards --- */

static bool is_all_digits(str text)
{
    for (size_t i = 0; i < text.length; i++) {
        if (text.bytes[i] < '0' || text.bytes[i] > '9') return false;
    }
    return text.length > 0;
}

/* What is wrong with the card itself, as its issuer says it. */
static const char *fault_of(const struct psp_visit *visit, const struct psp_card *card, str cvv)
{
    const struct paystack_rule *rule = paystack_rule_of(card);
    if (psp_card_is_expired(card, psp_now(visit->psp))) return "Expired Card";
    if (rule->cvv && !str_equal(cvv, str_of(rule->cvv))) return "Incorrect CVV";
    return NULL;
}

/* "01" is a month. */
static bool read_month(const struct psp_visit *visit, int64_t *out)
{
    str text = psp_given(visit, "card.expiry_month");
    if (text.length == 2 && text.bytes[0] == '0') text = str_from(text, 1);
    return str_to_int64(text, 12, out) && *out >= 1;
}

bool paystack_read_card(struct psp_visit *visit, struct psp_card *card, const char **declines)
{
    str cvv = psp_given(visit, "card.cvv");
    bool is_card = psp_visit_card(visit, psp_given(visit, "card.number"), card)
                   && read_month(visit, &card->expiry_month) && psp_given_int(visit, "card.expiry_year", &card->expiry_year)
                   && is_all_digits(cvv);
    if (is_card) *declines = fault_of(visit, card, cvv);
    else paystack_refuse(visit, PAYSTACK_INVALID_CARD);
    return is_card;
}

/* --- What is in store for it --- */

static void obey(struct paystack_issuer *issuer, struct paystack_charge *charge)
{
    if (issuer->left == 0) return;
    if (issuer->left > 0) issuer->left--;
    if (issuer->asks.length > 0) charge->steps = issuer->asks;
    if (issuer->says.length > 0) charge->declines = issuer->says.bytes;
    charge->pends_ms = issuer->pends_ms;
    charge->has = issuer->has;
}

void paystack_meet_issuer(struct paystack_charge *charge)
{
    const struct paystack_rule *rule = paystack_rule_of(&charge->card);
    charge->steps = str_of(rule->steps);
    charge->right_pin = rule->pin ? rule->pin : "1234";
    if (charge->declines == NULL) charge->declines = rule->declines;
    obey(&paystack_in(charge->psp)->issuer, charge);
}

/* --- Its end --- */

bool paystack_is_over(const struct paystack_charge *charge)
{
    static const char *const ends[] = { "success", "failed", "reversed", "timeout" };
    for (size_t i = 0; i < COUNT_OF(ends); i++) {
        if (strcmp(charge->status, ends[i]) == 0) return true;
    }
    return false;
}

void paystack_fail(struct paystack_charge *charge, const char *gateway_response)
{
    charge->status = "failed";
    charge->gateway_response = gateway_response;
}

void paystack_take(struct psp_visit *visit, struct paystack_charge *charge, int64_t amount)
{
    charge->status = "success";
    charge->gateway_response = "Successful";
    charge->amount = amount;
    charge->paid_at = psp_now(charge->psp);
    psp_enter(charge->psp, visit,
              &(struct psp_effect){ .kind = "capture",
                                    .id = charge->item.id,
                                    .parent = charge->item.id,
                                    .operation = charge->operation,
                                    .amount = amount,
                                    .currency = charge->currency,
                                    .fingerprint = str_of(charge->card.fingerprint) });
    paystack_tell(charge->psp, "charge.success", charge->item.id, paystack_put_charge, charge);
}

/* What can be taken: all, or what is there when that is enough. */
static int64_t takeable(const struct paystack_charge *charge)
{
    if (charge->has < 0 || charge->has >= charge->requested) return charge->requested;
    return charge->least > 0 && charge->has >= charge->least ? charge->has : 0;
}

void paystack_decide(struct psp_visit *visit, struct paystack_charge *charge)
{
    if (charge->hold) {
        paystack_hold_decide(visit, charge);
    } else if (charge->declines) {
        paystack_fail(charge, charge->declines);
    } else if (takeable(charge) == 0) {
        paystack_fail(charge, "Insufficient Funds");
    } else {
        paystack_save_card(charge);
        paystack_take(visit, charge, takeable(charge));
    }
}

static void decide_later(void *thing)
{
    struct paystack_charge *charge = thing;
    if (!paystack_is_over(charge)) paystack_decide(NULL, charge);
}

/* --- Its steps --- */

static const struct step {
    const char *word, *status, *member, *display_text;
} steps[] = {
    { "pin", "send_pin", "pin", "Please enter your card PIN" },
    { "otp", "send_otp", "otp", "Please enter the OTP sent to your phone" },
    { "phone", "send_phone", "phone", "Please enter your phone number" },
    { "birthday", "send_birthday", "birthday", "Please enter your date of birth" },
    { "address", "send_address", "address", "Please enter your billing address" },
    { "page", "open_url", NULL, NULL },
};

static const struct step *step_of(str word)
{
    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        if (str_equal(word, str_of(steps[i].word))) return &steps[i];
    }
    return NULL;
}

void paystack_proceed(struct psp_visit *visit, struct paystack_charge *charge)
{
    const struct step *step = charge->steps.length > 0 ? step_of(str_cut(charge->steps, ' ', &charge->steps)) : NULL;
    if (step) {
        charge->status = step->status;
        charge->display_text = step->display_text;
        if (step->member == NULL) charge->page = PAYSTACK_PAGE_BANK;
    } else if (charge->pends_ms > 0) {
        charge->status = "pending";
        psp_later(charge->psp, charge->pends_ms * MICROS_PER_MS, decide_later, charge);
    } else {
        paystack_decide(visit, charge);
    }
}

/* --- The payer's answers --- */

static bool is_right(const struct paystack_charge *charge, const struct step *step, str answer)
{
    if (strcmp(step->word, "pin") == 0) return str_equal(answer, str_of(charge->right_pin));
    if (strcmp(step->word, "otp") != 0) return true;
    return str_equal(answer, STR("123456")) || str_equal(answer, STR("1234"));
}

static void take_answer(struct psp_visit *visit, struct paystack_charge *charge, const struct step *step)
{
    static const char *const wrong[] = { "Incorrect PIN", "Incorrect OTP" };
    str answer = psp_given(visit, step->member);
    if (is_right(charge, step, answer)) paystack_proceed(visit, charge);
    else paystack_fail(charge, wrong[strcmp(step->word, "pin") != 0]);
    paystack_answer(visit, "Charge attempted", paystack_put_step, charge);
}

static void submit(struct psp_visit *visit, const char *word)
{
    const struct step *step = step_of(str_of(word));
    str reference = psp_given(visit, "reference");
    struct paystack_charge *charge = psp_shelf_find(&paystack_of(visit)->charges, reference);
    psp_visit_note(visit, reference, charge ? charge->requested : 0);
    if (psp_given(visit, step->member).length == 0) paystack_miss(visit, step->member);
    else if (charge == NULL) paystack_refuse(visit, PAYSTACK_NO_TRANSACTION);
    else if (strcmp(charge->status, step->status) != 0) paystack_refuse(visit, PAYSTACK_NOT_WAITING);
    else take_answer(visit, charge, step);
}

void paystack_submit_pin(struct psp_visit *visit)
{
    submit(visit, "pin");
}

void paystack_submit_otp(struct psp_visit *visit)
{
    submit(visit, "otp");
}

void paystack_submit_phone(struct psp_visit *visit)
{
    submit(visit, "phone");
}

void paystack_submit_birthday(struct psp_visit *visit)
{
    submit(visit, "birthday");
}

void paystack_submit_address(struct psp_visit *visit)
{
    static const char *const also[] = { "city", "state", "zip_code" };
    for (size_t i = 0; i < COUNT_OF(also); i++) {
        if (psp_given(visit, also[i]).length > 0) continue;
        paystack_miss(visit, also[i]);
        return;
    }
    submit(visit, "address");
}
