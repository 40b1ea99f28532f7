/* SPDX-License-Identifier: Apache-2.0 */
/* paypal_refunds: money that goes back. A capture's sum counts refunds that have not failed. */
#include "sim/paypal.h"

static const micros refund_within = 180LL * 24 * 3600 * MICROS_PER_SECOND;

static const char *check_refundable(const struct paypal_capture *capture, micros now)
{
    bool is_disputed = capture->dispute && capture->dispute->outcome == NULL;
    if (paypal_is(capture->status, "PENDING")) return "PENDING_CAPTURE";
    if (!paypal_has_money(capture)) return "REFUND_NOT_ALLOWED";
    if (capture->dispute && paypal_is(capture->dispute->stage, "CHARGEBACK")) return "REFUND_NOT_PERMITTED_DUE_TO_CHARGEBACK";
    if (is_disputed) return "TRANSACTION_DISPUTED";
    if (now > capture->created + refund_within) return "REFUND_TIME_LIMIT_EXCEEDED";
    return capture->refunded >= capture->amount.minor ? "CAPTURE_FULLY_REFUNDED" : NULL;
}

static bool refund_was_told(const struct paypal *paypal, str invoice_id)
{
    if (!paypal->refuses_equal_invoices || invoice_id.bytes == NULL) return false;
    for (uint32_t i = 1; i <= psp_shelf_count(&paypal->refunds); i++) {
        const struct paypal_refund *refund = psp_shelf_at(&paypal->refunds, i);
        if (str_equal(refund->invoice_id, invoice_id)) return true;
    }
    return false;
}

static const char *check_refund(struct psp_visit *visit, const struct paypal_capture *capture, struct paypal_money *amount)
{
    const char *issue = check_refundable(capture, psp_now(visit->psp));
    if (issue == NULL) issue = paypal_read_amount(visit, &capture->amount, capture->refunded, amount);
    if (issue != NULL) return issue;
    if (!paypal_is(amount->currency, capture->amount.currency)) return "REFUND_CAPTURE_CURRENCY_MISMATCH";
    if (amount->minor > capture->amount.minor - capture->refunded) return "REFUND_AMOUNT_EXCEEDED";
    return refund_was_told(paypal_of(visit), psp_given(visit, "invoice_id")) ? "DUPLICATE_INVOICE_ID" : NULL;
}

/* Sums are of refunds that have not failed. */
static void count_refund(struct paypal_capture *capture, int64_t minor, micros now)
{
    capture->refunded += minor;
    capture->updated = now;
    capture->status = capture->refunded == 0                       ? "COMPLETED"
                      : capture->refunded < capture->amount.minor ? "PARTIALLY_REFUNDED"
                                                                  : "REFUNDED";
}

static bool has_failed(const struct paypal_refund *refund)
{
    return paypal_is(refund->status, "FAILED") || paypal_is(refund->status, "CANCELLED");
}

static void enter_refund(struct paypal *paypal, struct psp_visit *visit, const char *kind, const struct paypal_refund *refund)
{
    str operation = refund->invoice_id.bytes ? refund->invoice_id : refund->custom_id;
    paypal_enter(paypal, visit, kind, refund->item.id, refund->capture->item.id, operation, &refund->amount, refund->amount.minor,
                 refund->capture->order);
}

static void tell_refund(struct paypal *paypal, const struct paypal_refund *refund)
{
    const char *type = paypal_is(refund->status, "PENDING") ? "PAYMENT.REFUND.PENDING"
                       : has_failed(refund)          ? "PAYMENT.REFUND.FAILED"
                                                            : "PAYMENT.CAPTURE.REFUNDED";
    paypal_tell_refund(paypal, type, refund);
}

static void refund_later(void *thing)
{
    const struct paypal_late *late = thing;
    struct paypal_refund *refund = late->object;
    refund->status = late->plan->then;
    refund->reason = NULL;
    refund->updated = psp_now(late->paypal->psp);
    if (has_failed(refund)) {
        count_refund(refund->capture, -refund->amount.minor, refund->updated);
        enter_refund(late->paypal, NULL, "refund_failed", refund);
    }
    tell_refund(late->paypal, refund);
}

static struct paypal_refund *make_refund(struct paypal *paypal, struct paypal_capture *capture, const struct paypal_money *amount)
{
    struct paypal_refund *refund = psp_shelf_add(&paypal->refunds, paypal_id(paypal));
    refund->created = refund->updated = psp_now(paypal->psp);
    refund->capture = capture;
    refund->older = capture->refunds;
    capture->refunds = refund;
    refund->amount = *amount;
    refund->status = "COMPLETED";
    return refund;
}

static void begin_refund(struct psp_visit *visit, struct paypal_refund *refund)
{
    struct paypal *paypal = paypal_of(visit);
    const struct paypal_plan *plan = paypal_plan_next(paypal, "refund");
    if (plan) refund->status = plan->status;
    if (plan) refund->reason = plan->reason;
    if (!has_failed(refund)) {
        count_refund(refund->capture, refund->amount.minor, refund->created);
        enter_refund(paypal, visit, "refund", refund);
    }
    tell_refund(paypal, refund);
    if (!has_failed(refund)) paypal_wait_for(paypal, plan, refund_later, refund);
}

static void answer_refund(struct psp_visit *visit, int status, const struct paypal_refund *refund, enum paypal_detail detail)
{
    struct text text = text_open(visit->arena, 1024);
    psp_visit_note(visit, refund->invoice_id, refund->amount.minor);
    paypal_put_refund(&text, paypal_of(visit), refund, detail);
    psp_answer_text(visit, status, &text);
}

void paypal_refund_capture(struct psp_visit *visit)
{
    struct paypal_money amount;
    if (paypal_is_mocked(visit)) return;
    struct paypal_capture *capture = paypal_find_capture(visit);
    if (capture == NULL || !paypal_check(visit, check_refund(visit, capture, &amount), NULL)) return;
    struct paypal_refund *refund = make_refund(paypal_of(visit), capture, &amount);
    refund->invoice_id = paypal_kept(visit, "invoice_id");
    refund->custom_id = paypal_kept(visit, "custom_id");
    refund->note = paypal_kept(visit, "note_to_payer");
    begin_refund(visit, refund);
    answer_refund(visit, 201, refund, paypal_detail_of(visit));
}

void paypal_get_refund(struct psp_visit *visit)
{
    if (paypal_is_mocked(visit)) return;
    const struct paypal_refund *refund = psp_shelf_find(&paypal_of(visit)->refunds, visit->ids[0]);
    if (refund == NULL) paypal_refuse_not_found(visit);
    else answer_refund(visit, 200, refund, PAYPAL_WHOLE);
}

void paypal_capture_reversed(struct paypal *paypal, struct psp_visit *visit, struct paypal_capture *capture, int64_t minor,
                             const char *reason)
{
    capture->reason = reason;
    count_refund(capture, minor, psp_now(paypal->psp));
    paypal_enter(paypal, visit, "reversal", capture->item.id, capture->order->item.id, STR_NONE, &capture->amount, minor, capture->order);
    paypal_tell_capture(paypal, "PAYMENT.CAPTURE.REVERSED", capture);
}
