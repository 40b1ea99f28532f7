/* SPDX-License-Identifier: Apache-2.0 */
/* flutterwave_orders: what every request for a charge says, whatever it is paid with, and the shelf of charges. */
#include "sim/flutterwave.h"

enum { FIRST_ID = 285959875, FLW_REF_CHARS = 20 };

/* --- Reading --- */

bool flutterwave_has_all(struct psp_visit *visit, const struct json *said, const char *const *names)
{
    for (; *names; names++) {
        if (given_text(said, *names).length > 0) continue;
        bool is_card = str_equal(str_of(*names), STR("card_number"));
        flutterwave_refuse(visit, 400, arena_format(visit->arena, "%s is required", is_card ? "Cardno" : *names).bytes);
        return false;
    }
    return true;
}

/* What is wrong with the reference, the currency or the amount; NULL: nothing. */
static const char *find_fault(const struct json *said, int64_t *amount)
{
    str currency = given_text(said, "currency");
    if (given_text(said, "tx_ref").length > FLUTTERWAVE_REFERENCE_CHARS_MAX) return "Invalid tx_ref: at most 100 characters";
    if (flutterwave_currency(currency) < 0) return "You can only charge in a currency that is supported";
    if (!flutterwave_amount_read(given_text(said, "amount"), currency, amount)) return "Invalid amount";
    if (!str_contains(given_text(said, "email"), STR("@"))) return "Invalid email";
    return NULL;
}

/* null when the payer gave none. */
static str kept_meta(struct psp_visit *visit, const struct json *said)
{
    const struct json *meta = given_find(said, "meta");
    return meta ? psp_keep(visit->psp, json_canonical(visit->arena, meta, NULL, NULL)) : STR_NONE;
}

static void fill_order(struct psp_visit *visit, const struct json *said, struct flutterwave_charge *order)
{
    order->tx_ref = flutterwave_kept(visit, said, "tx_ref");
    order->currency = flutterwave_kept(visit, said, "currency");
    order->email = flutterwave_kept(visit, said, "email");
    order->name = flutterwave_kept(visit, said, "fullname");
    order->phone = flutterwave_kept(visit, said, "phone_number");
    order->narration = flutterwave_kept(visit, said, "narration");
    order->redirect_url = flutterwave_kept(visit, said, "redirect_url");
    order->meta = kept_meta(visit, said);
    order->is_hold = given_is_true(said, "preauthorize");
    order->payment_type = "card";
    order->event_type = "CARD_TRANSACTION";
    order->auth_model = "noauth";
}

struct flutterwave_charge *flutterwave_order(struct psp_visit *visit, const struct json *said)
{
    static const char *const required[] = { "tx_ref", "amount", "currency", "email", NULL };
    struct flutterwave_charge *order = arena_take(visit->arena, sizeof *order);
    if (!flutterwave_has_all(visit, said, required)) return NULL;
    const char *fault = find_fault(said, &order->amount);
    if (fault != NULL) {
        flutterwave_refuse(visit, 400, fault);
        return NULL;
    }
    psp_visit_note(visit, given_text(said, "tx_ref"), order->amount);
    fill_order(visit, said, order);
    return order;
}

struct flutterwave_charge *flutterwave_new_order(struct psp_visit *visit, const struct json *said)
{
    struct flutterwave *flutterwave = flutterwave_of(visit);
    struct flutterwave_charge *order = flutterwave_order(visit, said);
    if (order == NULL) return NULL;
    if (!flutterwave->account.takes_duplicates && flutterwave_find_reference(flutterwave, order->tx_ref) != NULL) {
        flutterwave_refuse(visit, 400, "Duplicate transaction reference");
        return NULL;
    }
    if (order->is_hold && !flutterwave->account.preauthorizes) {
        flutterwave_refuse(visit, 403, "Preauthorization is not enabled for this merchant");
        return NULL;
    }
    return order;
}

/* --- The shelf --- */

static str tx_name(struct arena *arena, str tx_ref)
{
    return arena_format(arena, "tx %.*s", STR_FORMAT(tx_ref));
}

static str flw_name(struct arena *arena, str flw_ref)
{
    return arena_format(arena, "flw %.*s", STR_FORMAT(flw_ref));
}

struct flutterwave_charge *flutterwave_begin(struct flutterwave *flutterwave, const struct flutterwave_charge *order)
{
    struct psp *psp = flutterwave->psp;
    long long number = FIRST_ID + psp_shelf_count(&flutterwave->charges);
    struct flutterwave_charge *charge = psp_shelf_add(&flutterwave->charges, arena_format(&psp->arena, "%lld", number));
    struct psp_item item = charge->item;
    *charge = *order;
    charge->item = item;
    charge->flw_ref = psp_id(psp, "FLW-MOCK-", FLW_REF_CHARS);
    charge->status = "pending";
    charge->charged = charge->amount;
    charge->created = psp_now(psp);
    psp_shelf_name(&flutterwave->charges, charge, tx_name(&psp->arena, charge->tx_ref));
    psp_shelf_name(&flutterwave->charges, charge, flw_name(&psp->arena, charge->flw_ref));
    return charge;
}

static struct flutterwave_charge *find_named(const struct flutterwave *flutterwave, str (*name_of)(struct arena *, str), str reference)
{
    struct arena arena = { 0 };
    struct flutterwave_charge *charge = psp_shelf_find(&flutterwave->charges, name_of(&arena, reference));
    arena_close(&arena);
    return charge;
}

struct flutterwave_charge *flutterwave_find_reference(const struct flutterwave *flutterwave, str tx_ref)
{
    return find_named(flutterwave, tx_name, tx_ref);
}

struct flutterwave_charge *flutterwave_find_flw(const struct flutterwave *flutterwave, str flw_ref)
{
    return find_named(flutterwave, flw_name, flw_ref);
}
