/* SPDX-License-Identifier: Apache-2.0 */
/* stripe_charges: what a card says to a payment, and what follows by itself.
 *
 *     asked? ──▶ declined ──▶ requires_payment_method
 *       ├─ manual ──▶ requires_capture ──hold_hours──▶ canceled (automatic)
 *       ╰─ automatic ──▶ succeeded ──▶ perhaps a dispute */
#include "sim/stripe.h"

static enum stripe_result result_of(const struct stripe_method *method)
{
    return method->card.test ? (enum stripe_result)method->card.test->result : STRIPE_PAYS;
}

bool stripe_asks_payer(const struct stripe_method *method, bool is_off_session)
{
    switch (result_of(method)) {
    case STRIPE_ASKS_ALWAYS: return true;
    case STRIPE_ASKS_ONCE: return !method->is_set_up;
    case STRIPE_ASKS_ON_SESSION: return !is_off_session;
    default: return false;
    }
}

/* Why the issuer does not pay; NULL: he does. */
static const char *refusal_of(const struct stripe_method *method, bool is_authenticated)
{
    switch (result_of(method)) {
    case STRIPE_DECLINES:
    case STRIPE_DECLINES_LATER:
    case STRIPE_BLOCKS: return method->card.test->word;
    case STRIPE_ASKS_ALWAYS: return is_authenticated ? method->card.test->word : NULL;
    default: return NULL;
    }
}

static struct stripe_charge *make_charge(struct stripe *stripe, struct stripe_intent *intent)
{
    struct stripe_charge *charge = stripe_make(stripe, &stripe->charges, "ch_", NULL);
    charge->object.metadata = intent->object.metadata;
    charge->intent = intent;
    charge->method = intent->method;
    charge->amount = intent->amount;
    intent->charge = charge;
    return charge;
}

static struct stripe_error decline(struct stripe *stripe, struct psp_visit *visit, struct stripe_charge *charge, const char *why)
{
    struct stripe_intent *intent = charge->intent;
    struct stripe_error error = stripe_decline(why);
    error.charge = charge->object.item.id;
    charge->is_blocked = result_of(charge->method) == STRIPE_BLOCKS;
    charge->failure_code = error.code;
    charge->failure_message = error.message;
    charge->decline_code = error.decline_code;
    intent->status = "requires_payment_method";
    intent->last_error = error;
    intent->method = NULL;
    stripe_tell(stripe, visit, "charge.failed", stripe_put_charge, charge);
    stripe_tell(stripe, visit, "payment_intent.payment_failed", stripe_put_intent, intent);
    return error;
}

static void enter(struct stripe *stripe, struct psp_visit *visit, const char *kind, const struct stripe_charge *charge,
                  int64_t amount)
{
    const struct stripe_intent *intent = charge->intent;
    struct arena scratch = { 0 };
    struct psp_effect effect = {
        .kind = kind,
        .id = charge->object.item.id,
        .parent = intent->object.item.id,
        .operation = stripe_operation(&scratch, &intent->object),
        .amount = amount,
        .currency = intent->currency,
        .fingerprint = str_of(charge->method->card.fingerprint),
    };
    psp_enter(stripe->psp, visit, &effect);
    arena_close(&scratch);
}

/* --- Holds --- */

static void expire(void *thing)
{
    struct stripe_charge *charge = thing;
    struct stripe *stripe = charge->stripe;
    if (charge->intent->charge != charge || !str_equal(str_of(charge->intent->status), STR("requires_capture"))) return;
    stripe_cancel_intent(stripe, NULL, charge->intent, "automatic");
}

static void hold(struct stripe *stripe, struct psp_visit *visit, struct stripe_charge *charge)
{
    struct stripe_intent *intent = charge->intent;
    const micros hour = 3600LL * MICROS_PER_SECOND;
    intent->status = "requires_capture";
    intent->capturable = intent->amount;
    stripe_tell(stripe, visit, "charge.succeeded", stripe_put_charge, charge);
    stripe_tell(stripe, visit, "payment_intent.amount_capturable_updated", stripe_put_intent, intent);
    psp_later(stripe->psp, stripe->psp->options.hold_hours * hour, expire, charge);
}

void stripe_cancel_intent(struct stripe *stripe, struct psp_visit *visit, struct stripe_intent *intent, const char *reason)
{
    struct stripe_charge *charge = intent->charge;
    bool is_held = intent->capturable > 0;
    bool is_expired = visit == NULL;
    intent->status = "canceled";
    intent->cancellation_reason = reason;
    intent->canceled_at = psp_now_seconds(stripe->psp);
    intent->capturable = 0;
    if (is_held) {
        charge->is_voided = true;
        enter(stripe, visit, is_expired ? "expiry" : "void", charge, charge->amount);
        stripe_tell(stripe, visit, is_expired ? "charge.expired" : "charge.refunded", stripe_put_charge, charge);
    }
    stripe_tell(stripe, visit, "payment_intent.canceled", stripe_put_intent, intent);
}

/* --- Captures --- */

void stripe_take(struct stripe *stripe, struct psp_visit *visit, struct stripe_intent *intent, int64_t amount)
{
    struct stripe_charge *charge = intent->charge;
    bool was_held = intent->capturable > 0;
    intent->status = "succeeded";
    intent->capturable = 0;
    intent->received = amount;
    charge->is_captured = true;
    charge->captured = amount;
    enter(stripe, visit, "capture", charge, amount);
    if (amount < charge->amount) enter(stripe, visit, "release", charge, charge->amount - amount);
    stripe_tell(stripe, visit, was_held ? "charge.captured" : "charge.succeeded", stripe_put_charge, charge);
    stripe_tell(stripe, visit, "payment_intent.succeeded", stripe_put_intent, intent);
    stripe_dispute_begin(stripe, charge);
}

/* --- The question --- */

/* A method that was used with the payer there, and is to be used again, is saved. */
static void save_method(struct stripe_intent *intent)
{
    if (intent->setup_future_usage == NULL) return;
    intent->method->is_set_up = true;
    if (intent->customer && !intent->method->customer) intent->method->customer = intent->customer;
}

struct stripe_error stripe_charge(struct stripe *stripe, struct psp_visit *visit, struct stripe_intent *intent, bool is_authenticated)
{
    struct stripe_charge *charge = make_charge(stripe, intent);
    const char *why = refusal_of(intent->method, is_authenticated);
    charge->stripe = stripe;
    if (why != NULL) return decline(stripe, visit, charge, why);
    charge->is_paid = true;
    charge->is_authenticated = is_authenticated;
    intent->last_error = (struct stripe_error){ 0 };
    save_method(intent);
    enter(stripe, visit, "authorization", charge, charge->amount);
    if (intent->is_manual) hold(stripe, visit, charge);
    else stripe_take(stripe, visit, intent, intent->amount);
    return (struct stripe_error){ 0 };
}
