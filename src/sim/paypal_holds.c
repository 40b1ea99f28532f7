/* SPDX-License-Identifier: Apache-2.0 */
/* paypal_holds: authorizations: made, renewed, voided, and over when their time is. */
#include "sim/paypal.h"

static const micros hour = 3600LL * MICROS_PER_SECOND;

/* --- Made, and over --- */

static void release(struct paypal *paypal, struct psp_visit *visit, struct paypal_authorization *authorization, const char *kind)
{
    int64_t held = authorization->amount.minor - authorization->captured;
    authorization->updated = psp_now(paypal->psp);
    paypal_enter(paypal, visit, kind, authorization->item.id, authorization->order->item.id, authorization->order->custom_id,
                 &authorization->amount, held > 0 ? held : 0, authorization->order);
}

static bool is_held(const struct paypal_authorization *authorization)
{
    return paypal_is(authorization->status, "CREATED") || paypal_is(authorization->status, "PENDING")
           || (paypal_is(authorization->status, "PARTIALLY_CAPTURED") && !authorization->is_closed);
}

static void expire(void *thing)
{
    const struct paypal_late *late = thing;
    struct paypal_authorization *authorization = late->object;
    if (!is_held(authorization)) return;
    authorization->is_expired = true;
    release(late->paypal, NULL, authorization, "expiry");
    if (authorization->captures > 0) return;
    authorization->status = "VOIDED";
    paypal_tell_authorization(late->paypal, "PAYMENT.AUTHORIZATION.VOIDED", authorization);
}

static void authorization_later(void *thing)
{
    const struct paypal_late *late = thing;
    struct paypal_authorization *authorization = late->object;
    if (!paypal_is(authorization->status, "PENDING")) return;
    authorization->status = late->plan->then;
    authorization->reason = NULL;
    authorization->updated = psp_now(late->paypal->psp);
    bool is_denied = paypal_is(authorization->status, "DENIED");
    if (is_denied) release(late->paypal, NULL, authorization, "denial");
    paypal_tell_authorization(late->paypal, is_denied ? "PAYMENT.AUTHORIZATION.DENIED" : "PAYMENT.AUTHORIZATION.CREATED", authorization);
}

static void begin_hold(struct paypal *paypal, struct psp_visit *visit, struct paypal_authorization *authorization)
{
    struct paypal_late *late = arena_take(&paypal->psp->arena, sizeof *late);
    *late = (struct paypal_late){ paypal, NULL, authorization };
    psp_later(paypal->psp, authorization->expires - authorization->created, expire, late);
    paypal_enter(paypal, visit, authorization->renewed_from ? "reauthorization" : "authorization", authorization->item.id,
                 authorization->order->item.id, authorization->order->custom_id, &authorization->amount, authorization->amount.minor,
                 authorization->order);
    paypal_tell_authorization(paypal, "PAYMENT.AUTHORIZATION.CREATED", authorization);
}

static struct paypal_authorization *make_authorization(struct paypal *paypal, struct paypal_order *order,
                                                       const struct paypal_money *amount)
{
    struct paypal_authorization *made = psp_shelf_add(&paypal->authorizations, paypal_id(paypal));
    made->created = made->updated = psp_now(paypal->psp);
    made->expires = made->created + paypal->psp->options.hold_hours * hour;
    made->order = order;
    made->older = order->authorizations;
    order->authorizations = made;
    made->amount = *amount;
    made->status = "CREATED";
    made->response_code = order->source.kind == PAYPAL_CARD ? order->source.response_code : NULL;
    return made;
}

bool paypal_hold(struct psp_visit *visit, struct paypal_order *order)
{
    struct paypal *paypal = paypal_of(visit);
    struct paypal_authorization *made = make_authorization(paypal, order, &order->amount);
    if (paypal_is_refused_by_bank(made->response_code)) {
        made->status = "DENIED";
        return false;
    }
    const struct paypal_plan *plan = paypal_plan_next(paypal, "authorization");
    if (plan) made->status = plan->status;
    if (plan) made->reason = plan->reason;
    if (paypal_is(made->status, "DENIED")) return false;
    begin_hold(paypal, visit, made);
    paypal_wait_for(paypal, plan, authorization_later, made);
    return true;
}

/* --- Endpoints --- */

struct paypal_authorization *paypal_find_authorization(struct psp_visit *visit)
{
    struct paypal_authorization *found = psp_shelf_find(&paypal_of(visit)->authorizations, visit->ids[0]);
    if (found == NULL) paypal_refuse_not_found(visit);
    return found;
}

static void answer_authorization(struct psp_visit *visit, int status, const struct paypal_authorization *authorization,
                                 enum paypal_detail detail)
{
    struct text text = text_open(visit->arena, 1024);
    paypal_put_authorization(&text, paypal_of(visit), authorization, detail);
    psp_answer_text(visit, status, &text);
}

void paypal_get_authorization(struct psp_visit *visit)
{
    if (paypal_is_mocked(visit)) return;
    const struct paypal_authorization *authorization = paypal_find_authorization(visit);
    if (authorization) answer_authorization(visit, 200, authorization, PAYPAL_WHOLE);
}

const char *paypal_check_hold(const struct paypal_authorization *authorization)
{
    if (authorization->is_expired) return "AUTHORIZATION_EXPIRED";
    if (paypal_is(authorization->status, "VOIDED")) return "AUTHORIZATION_VOIDED";
    if (paypal_is(authorization->status, "DENIED")) return "AUTHORIZATION_DENIED";
    if (paypal_is(authorization->status, "PENDING")) return "TRANSACTION_REFUSED";
    return paypal_is(authorization->status, "CAPTURED") ? "AUTHORIZATION_ALREADY_CAPTURED" : NULL;
}

static const char *check_renewal(struct psp_visit *visit, const struct paypal_authorization *authorization, struct paypal_money *out)
{
    const char *issue = paypal_check_hold(authorization);
    if (issue == NULL) issue = paypal_read_amount(visit, &authorization->amount, 0, out);
    if (issue != NULL) return issue;
    if (!paypal_is(out->currency, authorization->amount.currency)) return "AUTH_CURRENCY_MISMATCH";
    bool is_wallet = authorization->order->source.kind != PAYPAL_CARD;
    return is_wallet && authorization->renewed_from == NULL ? NULL : "REAUTHORIZATION_NOT_SUPPORTED";
}

/* The old one is released: its hold is the new one's now. */
void paypal_reauthorize(struct psp_visit *visit)
{
    struct paypal_money amount;
    if (paypal_is_mocked(visit)) return;
    struct paypal_authorization *old = paypal_find_authorization(visit);
    if (old == NULL || !paypal_check(visit, check_renewal(visit, old, &amount), NULL)) return;
    struct paypal_authorization *made = make_authorization(paypal_of(visit), old->order, &amount);
    made->renewed_from = old;
    old->status = "VOIDED";
    release(paypal_of(visit), visit, old, "renewal");
    begin_hold(paypal_of(visit), visit, made);
    answer_authorization(visit, 201, made, paypal_detail_of(visit));
}

static const char *check_void(const struct paypal_authorization *authorization)
{
    if (authorization->captures > 0) return "PREVIOUSLY_CAPTURED";
    if (paypal_is(authorization->status, "DENIED")) return "CANNOT_BE_VOIDED";
    return paypal_is(authorization->status, "VOIDED") ? "PREVIOUSLY_VOIDED" : NULL;
}

void paypal_void_authorization(struct psp_visit *visit)
{
    if (paypal_is_mocked(visit)) return;
    struct paypal_authorization *authorization = paypal_find_authorization(visit);
    if (authorization == NULL || !paypal_check(visit, check_void(authorization), NULL)) return;
    authorization->status = "VOIDED";
    release(paypal_of(visit), visit, authorization, "void");
    paypal_tell_authorization(paypal_of(visit), "PAYMENT.AUTHORIZATION.VOIDED", authorization);
    if (paypal_detail_of(visit) == PAYPAL_WHOLE) answer_authorization(visit, 200, authorization, PAYPAL_WHOLE);
    else paypal_answer_nothing(visit);
}
