/* SPDX-License-Identifier: Apache-2.0 */
/* companies: the table. Where the bank stands alone its row has but a name. */
#include "simulation/companies.h"

#include <stdio.h>
#include <string.h>

#include "sim/flutterwave.h"
#include "sim/paystack.h"

/* ---- ids ---- */

static void keep(str id, struct processor_id *out) { INSIST(str_copy_to(id, out->text, sizeof out->text)); }

static void name_own(const struct psp *psp, const struct psp_effect *effect, struct processor_id *out)
{
    (void)psp;
    keep(effect->id, out);
}

/* Stripe: the intent, whose charge is the effect. */
static void name_parent(const struct psp *psp, const struct psp_effect *effect, struct processor_id *out)
{
    (void)psp;
    keep(effect->parent, out);
}

/* PayPal: the order and what hangs on it. */
static void name_pair(const struct psp *psp, const struct psp_effect *effect, struct processor_id *out)
{
    (void)psp;
    snprintf(out->text, sizeof out->text, "%.*s:%.*s", STR_FORMAT(effect->parent), STR_FORMAT(effect->id));
}

/* Paystack: the charge's number, which its book calls by its reference. */
static void name_number(const struct psp *psp, const struct psp_effect *effect, struct processor_id *out)
{
    const struct paystack *paystack = psp->state;
    const struct paystack_charge *charge = psp_shelf_find(&paystack->charges, effect->id);
    snprintf(out->text, sizeof out->text, "%lld", (long long)paystack_charge_number(charge));
}

/* Flutterwave: the number of the charge and its flw_ref. */
static void name_charge(const struct psp *psp, const struct psp_effect *effect, struct processor_id *out)
{
    const struct flutterwave *flutterwave = psp->state;
    const struct flutterwave_charge *charge = psp_shelf_find(&flutterwave->charges, effect->parent);
    snprintf(out->text, sizeof out->text, "%.*s:%.*s", STR_FORMAT(charge->item.id), STR_FORMAT(charge->flw_ref));
}

/* ---- the table ---- */

static const struct company_facts facts[COMPANY_COUNT] = {
    [COMPANY_BANK] = { .name = "bank", .keyed = { "/api/v1/authorizations" } },
    [COMPANY_STRIPE] = {
        .name = "stripe",
        .places = { "/v1/*", "/v1/payment_methods", "/v1/payment_intents", "/v1/payment_intents/*", "/v1/refunds" },
        .asking_card = "4000000000003220",
        .asking_cvv = "123",
        .keeps_failures = true,
        .keyed = { "/v1/payment_methods", "/v1/payment_intents", "/v1/refunds" },
        .name_hold = name_parent,
        .name_void = name_parent,
    },
    [COMPANY_PAYPAL] = {
        .name = "paypal",
        .places = { "/v2/*", "/v1/oauth2/token", "/v2/checkout/orders", "/v2/checkout/orders/*", "/v2/payments/*" },
        .asking_card = "4000000000003220",
        .asking_cvv = "123",
        .keyed = { "/v2/checkout/orders" },
        .name_hold = name_pair,
    },
    [COMPANY_PAYSTACK] = {
        .name = "paystack",
        .places = { "/charge", "/refund", "/transaction/*" },
        .asking_card = "5192602720584796",
        .asking_cvv = "123",
        .sells = true,
        .name_capture = name_number,
    },
    [COMPANY_FLUTTERWAVE] = {
        .name = "flutterwave",
        .places = { "/v3/*", "/v3/charges", "/v3/charges/*", "/v3/transactions/*" },
        .asking_card = "5438898014560229",
        .asking_cvv = "564",
        .name_hold = name_charge,
        .name_void = name_charge,
        .name_capture = name_charge,
    },
};

const struct company_facts *company_facts(enum company company) { return &facts[company]; }

const char *company_word(enum company company) { return company == COMPANY_ANY ? "by the rules" : facts[company].name; }

enum company company_named(str name)
{
    for (int company = 0; company < COMPANY_COUNT; company++) {
        if (str_equal(name, str_of(facts[company].name))) return (enum company)company;
    }
    INSIST(!"a processor of that name");
    return COMPANY_ANY;
}

void company_name_effect(enum company company, const struct psp *psp, const struct psp_effect *effect, struct processor_id *out)
{
    const struct company_facts *own = &facts[company];
    bool is_hold = strcmp(effect->kind, "authorization") == 0, is_void = strcmp(effect->kind, "void") == 0;
    bool is_capture = strcmp(effect->kind, "capture") == 0;
    void (*name)(const struct psp *, const struct psp_effect *, struct processor_id *) =
        is_hold ? own->name_hold : is_void  ? own->name_void
                               : is_capture ? own->name_capture
                                            : NULL;
    (name ? name : name_own)(psp, effect, out);
}
