/* SPDX-License-Identifier: Apache-2.0 */
/* paystack_customers: who paid, and the cards that he may be charged with again without being there. */
#include "sim/paystack.h"

enum { CODE_CHARS = 10 };

struct paystack_customer *paystack_customer(struct psp *psp, str email)
{
    struct psp_shelf *shelf = &paystack_in(psp)->customers;
    struct paystack_customer *customer = psp_shelf_find(shelf, email);
    if (customer != NULL) return customer;
    customer = psp_shelf_add(shelf, psp_id(psp, "CUS_", CODE_CHARS));
    customer->email = psp_keep(psp, email);
    psp_shelf_name(shelf, customer, customer->email);
    return customer;
}

/* --- Saved cards --- */

static struct paystack_saved *find_saved(const struct paystack_charge *charge)
{
    struct paystack_saved *saved = charge->customer->newest;
    while (saved && (saved->is_off || !str_equal(str_of(saved->card.fingerprint), str_of(charge->card.fingerprint)))) saved = saved->older;
    return saved;
}

/* The same card of the same customer is the same authorization, as long as nobody forgot it. */
void paystack_save_card(struct paystack_charge *charge)
{
    struct psp *psp = charge->psp;
    struct psp_shelf *shelf = &paystack_in(psp)->saved;
    if (charge->saved != NULL || charge->card.brand == NULL) return;
    charge->saved = find_saved(charge);
    if (charge->saved != NULL) return;
    charge->saved = psp_shelf_add(shelf, psp_id(psp, "AUTH_", CODE_CHARS));
    charge->saved->customer = charge->customer;
    charge->saved->older = charge->customer->newest;
    charge->customer->newest = charge->saved;
    charge->saved->card = charge->card;
    charge->saved->channel = "card";
    charge->saved->signature = psp_keep(psp, arena_format(&psp->arena, "SIG_%s", charge->card.fingerprint));
    charge->saved->is_reusable = !paystack_rule_of(&charge->card)->once_only;
}

bool paystack_use_saved(struct psp_visit *visit, const struct paystack_wish *wish, struct paystack_saved **out)
{
    str code = psp_given(visit, "authorization_code");
    if (code.length == 0) {
        paystack_miss(visit, "authorization_code");
        return false;
    }
    struct paystack_saved *saved = psp_shelf_find(&paystack_of(visit)->saved, code);
    bool is_good = saved && !saved->is_off && saved->is_reusable && str_equal(saved->customer->email, wish->email);
    if (!is_good) paystack_refuse(visit, PAYSTACK_NO_AUTHORIZATION);
    *out = saved;
    return is_good;
}

/* --- Routes --- */

static void keep_if_given(struct psp_visit *visit, const char *name, str *to)
{
    str given = psp_given(visit, name);
    if (given.length > 0) *to = psp_keep(visit->psp, given);
}

void paystack_create_customer(struct psp_visit *visit)
{
    str email = psp_given(visit, "email");
    if (email.length == 0 || !str_contains(email, STR("@"))) {
        paystack_refuse(visit, email.length == 0 ? PAYSTACK_MISSING_EMAIL : PAYSTACK_INVALID_EMAIL);
        return;
    }
    struct paystack_customer *customer = paystack_customer(visit->psp, email);
    keep_if_given(visit, "first_name", &customer->first_name);
    keep_if_given(visit, "last_name", &customer->last_name);
    keep_if_given(visit, "phone", &customer->phone);
    paystack_answer(visit, "Customer created", paystack_put_customer, customer);
}

void paystack_fetch_customer(struct psp_visit *visit)
{
    struct paystack_customer *customer = psp_shelf_find(&paystack_of(visit)->customers, visit->ids[0]);
    if (customer == NULL) {
        paystack_refuse(visit, PAYSTACK_NO_CUSTOMER);
        return;
    }
    struct text data = text_open(visit->arena, 2048);
    json_open_object(&data);
    paystack_put_customer_facts(&data, customer);
    json_name(&data, "authorizations");
    json_open_list(&data);
    for (const struct paystack_saved *saved = customer->newest; saved; saved = saved->older) {
        if (saved->is_off) continue;
        json_comma(&data);
        paystack_put_saved(&data, saved);
    }
    json_close_list(&data);
    json_close_object(&data);
    paystack_answer_raw(visit, "Customer retrieved", text_str(&data));
}

void paystack_deactivate(struct psp_visit *visit)
{
    str code = psp_given(visit, "authorization_code");
    struct paystack_saved *saved = psp_shelf_find(&paystack_of(visit)->saved, code);
    if (code.length == 0) {
        paystack_miss(visit, "authorization_code");
    } else if (saved == NULL || saved->is_off) {
        paystack_refuse(visit, PAYSTACK_NO_AUTHORIZATION);
    } else {
        saved->is_off = true;
        paystack_answer_raw(visit, "Authorization has been deactivated", STR(""));
    }
}
