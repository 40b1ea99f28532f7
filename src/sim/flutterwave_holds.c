/* SPDX-License-Identifier: Apache-2.0 */
/* flutterwave_holds: what was charged with preauthorize is held only, until it is captured (once, all of it or less) or given back. All
 * of it goes by flw_ref, and the charge's status stays "successful" throughout. */
#include "sim/flutterwave.h"

/* The charge of the path when it is an open hold; NULL: it is not, and an answer was given. */
static struct flutterwave_charge *open_hold(struct psp_visit *visit)
{
    struct flutterwave_charge *charge = flutterwave_find_flw(flutterwave_of(visit), visit->ids[0]);
    if (charge != NULL && charge->is_open) return charge;
    str message = arena_format(visit->arena, "Transaction with ref %.*s either does not exist or is not a valid preauth transaction",
                               STR_FORMAT(visit->ids[0]));
    flutterwave_refuse(visit, 400, message.bytes);
    return NULL;
}

/* The amount of the body, at most so much. */
static bool read_amount(struct psp_visit *visit, const struct flutterwave_charge *charge, int64_t most, int64_t *amount)
{
    static const char *const required[] = { "amount", NULL };
    if (!flutterwave_has_all(visit, visit->given, required)) return false;
    bool is_read = flutterwave_amount_read(psp_given(visit, "amount"), charge->currency, amount);
    if (is_read) psp_visit_note(visit, charge->tx_ref, *amount);
    if (!is_read) flutterwave_refuse(visit, 400, "Invalid amount");
    else if (*amount > most) flutterwave_refuse(visit, 400, "Invalid amount: it is more than what is left of the transaction");
    return is_read && *amount <= most;
}

void flutterwave_capture(struct psp_visit *visit)
{
    int64_t amount;
    struct flutterwave *flutterwave = flutterwave_of(visit);
    struct flutterwave_charge *charge = open_hold(visit);
    if (charge == NULL || !read_amount(visit, charge, charge->amount, &amount)) return;
    int64_t rest = charge->amount - amount;
    charge->is_open = false;
    charge->is_captured = true;
    charge->charged = amount;
    charge->fee = flutterwave_fee(amount);
    *flutterwave_balance(flutterwave, charge) += amount - charge->fee;
    flutterwave_enter(flutterwave, visit, charge, "capture", charge->item.id, amount);
    if (rest > 0) flutterwave_enter(flutterwave, visit, charge, "release", charge->flw_ref, rest);
    flutterwave_answer(visit, "Charge captured", charge, STR_NONE);
}

void flutterwave_void(struct psp_visit *visit)
{
    struct flutterwave_charge *charge = open_hold(visit);
    if (charge == NULL) return;
    charge->is_open = false;
    flutterwave_enter(flutterwave_of(visit), visit, charge, "void", charge->item.id, charge->amount);
    flutterwave_answer(visit, "Charge voided", charge, STR_NONE);
}

/* It answers with the charge; the refund itself is seen in the list of refunds only. */
void flutterwave_refund_hold(struct psp_visit *visit)
{
    static const char *const required[] = { "amount", NULL };
    struct flutterwave_charge *charge = flutterwave_find_flw(flutterwave_of(visit), visit->ids[0]);
    if (charge == NULL || !charge->is_hold || !charge->is_captured) {
        str message = arena_format(visit->arena, "Transaction with ref %.*s either does not exist or has not been captured",
                                   STR_FORMAT(visit->ids[0]));
        flutterwave_refuse(visit, 400, message.bytes);
        return;
    }
    if (!flutterwave_has_all(visit, visit->given, required)) return;
    if (flutterwave_refund_make(visit, charge, "completed-preauth") == NULL) return;
    flutterwave_answer(visit, "Charge refunded", charge, STR_NONE);
}
