/* SPDX-License-Identifier: Apache-2.0 */
/* paypal_payments: what authorizations, captures and refunds have in common: the book, outcomes that were ordered, amounts.
 *
 *     authorization  CREATED ──▶ PARTIALLY_CAPTURED ──▶ CAPTURED      capture  COMPLETED ──▶ PARTIALLY_REFUNDED ──▶ REFUNDED
 *                       ╰──void, or its time is over──▶ VOIDED                 PENDING ──▶ COMPLETED or DECLINED
 *                    DENIED                                                    DECLINED
 *
 * A refund is COMPLETED at once, unless a test ordered it to wait or to fail. */
#include "sim/paypal.h"

bool paypal_is(const char *word, const char *other)
{
    return word != NULL && str_equal(str_of(word), str_of(other));
}

bool paypal_check(struct psp_visit *visit, const char *issue, const char *field)
{
    if (issue != NULL) paypal_refuse(visit, issue, field);
    return issue == NULL;
}

bool paypal_is_refused_by_bank(const char *response_code)
{
    return response_code != NULL && !paypal_is(response_code, "0000");
}

void paypal_enter(struct paypal *paypal, struct psp_visit *visit, const char *kind, str id, str parent, str operation,
                  const struct paypal_money *amount, int64_t minor, const struct paypal_order *order)
{
    psp_enter(paypal->psp, visit,
              &(struct psp_effect){ .kind = kind, .id = id, .parent = parent, .operation = operation, .amount = minor,
                                    .currency = str_of(amount->currency), .fingerprint = str_of(order->source.card.fingerprint) });
}

const struct paypal_plan *paypal_plan_next(struct paypal *paypal, const char *kind)
{
    for (size_t i = 0; i < paypal->plan_count; i++) {
        struct paypal_plan *plan = &paypal->plans[i];
        if (!paypal_is(plan->kind, kind) || plan->times == 0) continue;
        plan->times--;
        return plan;
    }
    return NULL;
}

bool paypal_invoice_was_used(const struct paypal *paypal, str invoice_id)
{
    if (!paypal->refuses_equal_invoices || invoice_id.bytes == NULL) return false;
    for (uint32_t i = 1; i <= psp_shelf_count(&paypal->captures); i++) {
        const struct paypal_capture *capture = psp_shelf_at(&paypal->captures, i);
        if (str_equal(capture->invoice_id, invoice_id) && !paypal_is(capture->status, "DECLINED")) return true;
    }
    return false;
}

void paypal_wait_for(struct paypal *paypal, const struct paypal_plan *plan, void (*happen)(void *late), void *object)
{
    if (plan == NULL || plan->then == NULL) return;
    struct paypal_late *late = arena_take(&paypal->psp->arena, sizeof *late);
    *late = (struct paypal_late){ paypal, plan, object };
    psp_later(paypal->psp, plan->after, happen, late);
}

const char *paypal_read_amount(const struct psp_visit *visit, const struct paypal_money *whole, int64_t used, struct paypal_money *out)
{
    *out = *whole;
    out->minor -= used;
    return given_find(visit->given, "amount") ? paypal_money_read(visit, "amount", out) : NULL;
}

void paypal_order_pay(struct psp_visit *visit, struct paypal_order *order)
{
    order->status = "COMPLETED";
    order->updated = psp_now(visit->psp);
    bool is_paid = order->authorizes ? paypal_hold(visit, order) : paypal_capture_whole(visit, order);
    if (is_paid && order->source.wants_saving) order->saved = paypal_save(visit, &order->source);
    paypal_tell_order(paypal_of(visit), "CHECKOUT.ORDER.COMPLETED", order);
}
