/* SPDX-License-Identifier: Apache-2.0 */
/* flutterwave_refunds: money goes back from the merchant's balance. "completed" says that it was begun; later it is settled, or it fails
 * and the money is the merchant's again. There are no keys: the same request twice is two refunds. */
#include "sim/flutterwave.h"

enum { FIRST_ID = 8612 };

/* NULL: it cannot be. What of it is refunded when no amount is given is all that is left. */
static const char *find_fault(struct psp_visit *visit, struct flutterwave_charge *charge, int64_t *amount)
{
    int64_t left = charge->charged - charge->refunded;
    str given = psp_given(visit, "amount");
    *amount = left;
    if (given.length > 0 && !flutterwave_amount_read(given, charge->currency, amount)) return "Invalid amount";
    if (*amount > left || left == 0) return "Invalid amount: it is more than what is left of the transaction";
    if (*amount > *flutterwave_balance(flutterwave_of(visit), charge)) return "Insufficient balance";
    return NULL;
}

static str operation_of(struct psp_visit *visit, const struct flutterwave_refund *refund)
{
    return refund->comments.length > 0 ? arena_format(visit->arena, "refund %.*s", STR_FORMAT(refund->comments)) : STR_NONE;
}

static void enter_refund(struct psp_visit *visit, const struct flutterwave_refund *refund)
{
    psp_enter(visit->psp, visit,
              &(struct psp_effect){ .kind = "refund",
                                    .id = refund->item.id,
                                    .parent = refund->charge->item.id,
                                    .operation = operation_of(visit, refund),
                                    .amount = refund->amount,
                                    .currency = refund->charge->currency });
}

static void tell(const struct flutterwave_refund *refund)
{
    struct arena arena = { 0 };
    struct text text = text_open(&arena, 512);
    flutterwave_put_refund(&text, refund);
    flutterwave_tell(refund->flutterwave, "refund.completed", "REFUND", refund->item.id, refund->status, text_str(&text));
    arena_close(&arena);
}

/* The money was given out, or comes back. */
static void settle(void *thing)
{
    struct flutterwave_refund *refund = thing;
    const char *become = refund->flutterwave->account.refunds_become;
    if (str_is_empty(str_of(become))) return;
    refund->status = become;
    if (str_equal(str_of(become), STR("failed"))) {
        refund->charge->refunded -= refund->amount;
        *flutterwave_balance(refund->flutterwave, refund->charge) += refund->amount;
        flutterwave_enter(refund->flutterwave, NULL, refund->charge, "refund_failure", refund->item.id, refund->amount);
    }
    tell(refund);
}

struct flutterwave_refund *flutterwave_refund_make(struct psp_visit *visit, struct flutterwave_charge *charge, const char *status)
{
    int64_t amount;
    struct flutterwave *flutterwave = flutterwave_of(visit);
    const char *fault = find_fault(visit, charge, &amount);
    if (fault != NULL) {
        flutterwave_refuse(visit, 400, fault);
        return NULL;
    }
    long long number = FIRST_ID + psp_shelf_count(&flutterwave->refunds);
    struct flutterwave_refund *refund = psp_shelf_add(&flutterwave->refunds, arena_format(&visit->psp->arena, "%lld", number));
    refund->flutterwave = flutterwave;
    refund->charge = charge;
    refund->amount = amount;
    refund->status = status;
    refund->comments = flutterwave_kept(visit, visit->given, "comments");
    refund->created = psp_now(visit->psp);
    charge->refunded += amount;
    *flutterwave_balance(flutterwave, charge) -= amount;
    psp_visit_note(visit, charge->tx_ref, amount);
    enter_refund(visit, refund);
    return refund;
}

static void answer_refund(struct psp_visit *visit, const char *message, const struct flutterwave_refund *refund)
{
    struct text text = text_open(visit->arena, 512);
    flutterwave_put_refund(&text, refund);
    flutterwave_answer_data(visit, message, text_str(&text));
}

void flutterwave_refund(struct psp_visit *visit)
{
    struct flutterwave *flutterwave = flutterwave_of(visit);
    struct flutterwave_charge *charge = psp_shelf_find(&flutterwave->charges, visit->ids[0]);
    bool is_paid = charge && str_equal(charge->item.id, visit->ids[0]) && str_equal(str_of(charge->status), STR("successful"));
    if (!is_paid) {
        flutterwave_refuse(visit, 400, "No transaction was found for this id");
        return;
    }
    if (charge->is_hold) {
        flutterwave_refuse(visit, 400, "Invalid transaction: it was preauthorized, and is refunded by its flw_ref");
        return;
    }
    struct flutterwave_refund *refund = flutterwave_refund_make(visit, charge, "completed");
    if (refund == NULL) return;
    psp_later(visit->psp, flutterwave->account.settle_ms * MICROS_PER_MS, settle, refund);
    answer_refund(visit, "Transaction refund initiated", refund);
}

void flutterwave_get_refund(struct psp_visit *visit)
{
    struct flutterwave_refund *refund = psp_shelf_find(&flutterwave_of(visit)->refunds, visit->ids[0]);
    if (refund == NULL) flutterwave_refuse(visit, 404, "Refund not found");
    else answer_refund(visit, "Refund fetched", refund);
}
