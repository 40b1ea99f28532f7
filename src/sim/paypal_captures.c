/* SPDX-License-Identifier: Apache-2.0 */
/* paypal_captures: money that is taken, with an order or of an authorization. */
#include "sim/paypal.h"

enum {
    CAPTURES_MAX = 10, /* of one authorization */
    OVER_PERCENT = 115,
    PERCENT = 100,
    OVER_MINOR_USD = 7500,
};

/* --- Made, and what becomes of them --- */

/* What the merchant would do once only: what he calls it, else the payment. */
static str operation_of(str invoice_id, const struct paypal_order *order)
{
    if (invoice_id.bytes != NULL) return invoice_id;
    return order->custom_id;
}

static const char *event_of(const struct paypal_capture *capture)
{
    if (paypal_is(capture->status, "PENDING")) return "PAYMENT.CAPTURE.PENDING";
    return paypal_is(capture->status, "DECLINED") || paypal_is(capture->status, "FAILED") ? "PAYMENT.CAPTURE.DECLINED"
                                                                                          : "PAYMENT.CAPTURE.COMPLETED";
}

static void capture_later(void *thing)
{
    const struct paypal_late *late = thing;
    struct paypal_capture *capture = late->object;
    if (!paypal_is(capture->status, "PENDING")) return;
    capture->status = late->plan->then;
    capture->reason = NULL;
    capture->updated = psp_now(late->paypal->psp);
    if (!paypal_is(capture->status, "COMPLETED")) {
        paypal_enter(late->paypal, NULL, "capture_failed", capture->item.id, capture->order->item.id,
                     operation_of(capture->invoice_id, capture->order), &capture->amount, capture->amount.minor, capture->order);
    }
    paypal_tell_capture(late->paypal, event_of(capture), capture);
}

/* The status of a new one: as the card's bank says, as was ordered, or done. */
static const struct paypal_plan *judge(struct paypal *paypal, struct paypal_capture *capture)
{
    capture->status = "COMPLETED";
    if (paypal_is_refused_by_bank(capture->response_code)) capture->status = "DECLINED";
    if (paypal_is_refused_by_bank(capture->response_code)) return NULL;
    const struct paypal_plan *plan = paypal_plan_next(paypal, "capture");
    if (plan) capture->status = plan->status;
    if (plan) capture->reason = plan->reason;
    return plan;
}

bool paypal_has_money(const struct paypal_capture *capture)
{
    return !paypal_is(capture->status, "DECLINED") && !paypal_is(capture->status, "FAILED");
}

static struct paypal_capture *capture_money(struct psp_visit *visit, struct paypal_order *order, const struct paypal_capture *draft)
{
    struct paypal *paypal = paypal_of(visit);
    struct paypal_capture *capture = psp_shelf_add(&paypal->captures, paypal_id(paypal));
    struct psp_item item = capture->item;
    *capture = *draft;
    capture->item = item;
    capture->order = order;
    capture->older = order->captures;
    order->captures = capture;
    capture->created = capture->updated = psp_now(paypal->psp);
    const struct paypal_plan *plan = judge(paypal, capture);
    if (paypal_has_money(capture)) {
        paypal_enter(paypal, visit, "capture", capture->item.id, order->item.id, operation_of(capture->invoice_id, order),
                     &capture->amount, capture->amount.minor, order);
    }
    paypal_tell_capture(paypal, event_of(capture), capture);
    paypal_wait_for(paypal, plan, capture_later, capture);
    return capture;
}

bool paypal_capture_whole(struct psp_visit *visit, struct paypal_order *order)
{
    struct paypal_capture draft = { .amount = order->amount, .is_final = true, .invoice_id = order->invoice_id };
    if (order->source.kind == PAYPAL_CARD) draft.response_code = order->source.response_code;
    return paypal_has_money(capture_money(visit, order, &draft));
}

/* --- Endpoints --- */

/* 115 %, but for dollars not more than 75 of them above. */
static int64_t capture_limit(const struct paypal_money *amount)
{
    int64_t limit = amount->minor / PERCENT * OVER_PERCENT + amount->minor % PERCENT * OVER_PERCENT / PERCENT;
    int64_t over = amount->minor + OVER_MINOR_USD;
    return paypal_is(amount->currency, "USD") && over < limit ? over : limit;
}

static const char *check_capture(struct psp_visit *visit, const struct paypal_authorization *authorization, struct paypal_capture *draft)
{
    const char *issue = paypal_check_hold(authorization);
    if (issue == NULL) issue = paypal_read_amount(visit, &authorization->amount, authorization->captured, &draft->amount);
    if (issue != NULL) return issue;
    if (!paypal_is(draft->amount.currency, authorization->amount.currency)) return "AUTH_CAPTURE_CURRENCY_MISMATCH";
    if (authorization->captures >= CAPTURES_MAX) return "MAX_CAPTURE_COUNT_EXCEEDED";
    if (draft->amount.minor > capture_limit(&authorization->amount) - authorization->captured) return "MAX_CAPTURE_AMOUNT_EXCEEDED";
    return paypal_invoice_was_used(paypal_of(visit), draft->invoice_id) ? "DUPLICATE_INVOICE_ID" : NULL;
}

static void answer_capture(struct psp_visit *visit, int status, const struct paypal_capture *capture, enum paypal_detail detail)
{
    struct text text = text_open(visit->arena, 1024);
    psp_visit_note(visit, capture->order->custom_id, capture->amount.minor);
    paypal_put_capture(&text, paypal_of(visit), capture, detail);
    psp_answer_text(visit, status, &text);
}

static void count_capture(struct paypal_authorization *authorization, const struct paypal_capture *capture)
{
    if (!paypal_has_money(capture)) return;
    authorization->captures++;
    authorization->captured += capture->amount.minor;
    authorization->is_closed |= capture->is_final;
    bool is_done = authorization->is_closed || authorization->captured >= authorization->amount.minor;
    authorization->status = is_done ? "CAPTURED" : "PARTIALLY_CAPTURED";
    authorization->updated = capture->created;
}

void paypal_capture_authorization(struct psp_visit *visit)
{
    if (paypal_is_mocked(visit)) return;
    struct paypal_authorization *authorization = paypal_find_authorization(visit);
    if (authorization == NULL) return;
    struct paypal_capture draft = { .authorization = authorization, .is_final = given_is_true(visit->given, "final_capture") };
    draft.invoice_id = paypal_kept(visit, "invoice_id");
    if (draft.invoice_id.bytes == NULL) draft.invoice_id = authorization->order->invoice_id;
    if (!paypal_check(visit, check_capture(visit, authorization, &draft), NULL)) return;
    const struct paypal_capture *capture = capture_money(visit, authorization->order, &draft);
    count_capture(authorization, capture);
    answer_capture(visit, 201, capture, paypal_detail_of(visit));
}

struct paypal_capture *paypal_find_capture(struct psp_visit *visit)
{
    struct paypal_capture *found = psp_shelf_find(&paypal_of(visit)->captures, visit->ids[0]);
    if (found == NULL) paypal_refuse_not_found(visit);
    return found;
}

void paypal_get_capture(struct psp_visit *visit)
{
    if (paypal_is_mocked(visit)) return;
    const struct paypal_capture *capture = paypal_find_capture(visit);
    if (capture) answer_capture(visit, 200, capture, PAYPAL_WHOLE);
}
