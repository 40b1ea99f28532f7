/* SPDX-License-Identifier: Apache-2.0 */
/* stripe_refunds: money that goes back, at once, later, or after all not.
 *
 *     succeeded ──(a card that lets refunds fail)──▶ failed          pending ──▶ succeeded */
#include <string.h>

#include "sim/stripe.h"

static const micros settles_after = 60LL * MICROS_PER_SECOND; /* tests turn the clock, people can wait */

static const char *const reasons[] = { "duplicate", "fraudulent", "requested_by_customer", NULL };

/* --- What follows by itself --- */

static void enter(struct stripe_refund *refund, struct psp_visit *visit, const char *kind)
{
    const struct stripe_intent *intent = refund->charge->intent;
    struct arena scratch = { 0 };
    struct psp_effect effect = {
        .kind = kind,
        .id = refund->object.item.id,
        .parent = intent->object.item.id,
        .operation = stripe_operation(&scratch, &refund->object),
        .amount = refund->amount,
        .currency = intent->currency,
        .fingerprint = str_of(refund->charge->method->card.fingerprint),
    };
    psp_enter(refund->stripe->psp, visit, &effect);
    arena_close(&scratch);
}

static void succeed(void *thing)
{
    struct stripe_refund *refund = thing;
    refund->status = "succeeded";
    stripe_tell(refund->stripe, NULL, "charge.refund.updated", stripe_put_refund, refund);
}

static void fail(void *thing)
{
    struct stripe_refund *refund = thing;
    refund->status = "failed";
    refund->failure_reason = "lost_or_stolen_card";
    refund->charge->refunded -= refund->amount;
    enter(refund, NULL, "refund_failure");
    stripe_tell(refund->stripe, NULL, "charge.refund.updated", stripe_put_refund, refund);
}

static void settle(struct stripe_refund *refund)
{
    const struct psp_test_card *test = refund->charge->method->card.test;
    refund->status = "succeeded";
    if (test && test->result == STRIPE_REFUNDS_LATER) {
        refund->status = "pending";
        psp_later(refund->stripe->psp, settles_after, succeed, refund);
    } else if (test && test->result == STRIPE_REFUND_FAILS) {
        psp_later(refund->stripe->psp, settles_after, fail, refund);
    }
}

/* --- What was asked --- */

static struct stripe_charge *charge_of(struct psp_visit *visit, const char *param, str id, struct psp_shelf *intents,
                                       struct psp_shelf *charges)
{
    const struct stripe_intent *intent = intents ? psp_shelf_find(intents, id) : NULL;
    struct stripe_charge *charge = charges ? psp_shelf_find(charges, id) : intent ? intent->charge : NULL;
    if (charge != NULL) return charge;
    if (intent == NULL) stripe_not_found(visit, param, param, id);
    else stripe_invalid(visit, NULL, str_of(param), "This PaymentIntent does not have a successful charge to refund.");
    return NULL;
}

static struct stripe_charge *given_charge(struct psp_visit *visit)
{
    struct stripe *stripe = stripe_of(visit);
    str intent = psp_given(visit, "payment_intent"), charge = psp_given(visit, "charge");
    if (charge.length > 0) return charge_of(visit, "charge", charge, NULL, &stripe->charges);
    if (intent.length > 0) return charge_of(visit, "payment_intent", intent, &stripe->intents, NULL);
    stripe_invalid(visit, "parameter_missing", STR("payment_intent"), "One of the following params should be provided: "
                                                                      "payment_intent or charge.");
    return NULL;
}

static void refuse(struct psp_visit *visit, const char *code, const char *message)
{
    struct stripe_error error = { .status = 400, .type = "invalid_request_error", .code = code, .message = message };
    stripe_refuse(visit, &error);
}

/* Refused in this order. */
static bool may_refund(struct psp_visit *visit, const struct stripe_charge *charge, int64_t *amount)
{
    int64_t rest = charge->captured - charge->refunded;
    bool is_given = given_find(visit->given, "amount") != NULL;
    *amount = rest;
    if (is_given && (!psp_given_int(visit, "amount", amount) || *amount < 1)) {
        stripe_invalid(visit, "parameter_invalid_integer", STR("amount"), "Invalid positive integer.");
    } else if (!charge->is_captured) {
        refuse(visit, NULL, "This PaymentIntent does not have a successful charge to refund.");
    } else if (charge->dispute && strncmp(charge->dispute->status, "warning_", 8) != 0 && strcmp(charge->dispute->status, "won") != 0) {
        refuse(visit, "charge_disputed", "The charge has been charged back: it cannot be refunded.");
    } else if (rest == 0) {
        refuse(visit, "charge_already_refunded", "The charge has already been refunded.");
    } else if (*amount > rest) {
        refuse(visit, "amount_too_large", "Refund amount is greater than the unrefunded amount on the charge.");
    } else {
        return true;
    }
    return false;
}

static struct stripe_refund *make_refund(struct psp_visit *visit, struct stripe_charge *charge, int64_t amount)
{
    struct stripe *stripe = stripe_of(visit);
    struct stripe_refund *refund = stripe_make(stripe, &stripe->refunds, "re_", visit);
    refund->stripe = stripe;
    refund->charge = charge;
    refund->amount = amount;
    refund->reason = word_among(psp_given(visit, "reason"), reasons);
    charge->refunded += amount;
    settle(refund);
    enter(refund, visit, "refund");
    psp_visit_note(visit, charge->intent->object.item.id, amount);
    stripe_tell(stripe, visit, "charge.refunded", stripe_put_charge, charge);
    return refund;
}

void stripe_create_refund(struct psp_visit *visit)
{
    int64_t amount;
    struct stripe_charge *charge = given_charge(visit);
    if (charge == NULL || !may_refund(visit, charge, &amount)) return;
    str reason = psp_given(visit, "reason");
    if (reason.length > 0 && word_among(reason, reasons) == NULL) {
        stripe_invalid(visit, NULL, STR("reason"), "Invalid reason: must be one of duplicate, fraudulent, or requested_by_customer.");
        return;
    }
    stripe_answer(visit, stripe_put_refund, make_refund(visit, charge, amount));
}

static struct stripe_refund *named_refund(struct psp_visit *visit)
{
    struct stripe_refund *refund = psp_shelf_find(&stripe_of(visit)->refunds, visit->ids[0]);
    if (refund == NULL) stripe_not_found(visit, "refund", "id", visit->ids[0]);
    return refund;
}

void stripe_get_refund(struct psp_visit *visit)
{
    struct stripe_refund *refund = named_refund(visit);
    if (refund) stripe_answer(visit, stripe_put_refund, refund);
}

void stripe_update_refund(struct psp_visit *visit)
{
    struct stripe_refund *refund = named_refund(visit);
    if (refund == NULL) return;
    stripe_merge_metadata(visit, &refund->object);
    stripe_answer(visit, stripe_put_refund, refund);
}

/* Only a refund that waits for the payer could be canceled, and no card's does. */
void stripe_cancel_refund(struct psp_visit *visit)
{
    if (named_refund(visit)) refuse(visit, NULL, "This refund cannot be canceled: it is not in requires_action.");
}
