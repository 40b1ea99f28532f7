/* SPDX-License-Identifier: Apache-2.0 */
/* stripe_disputes: payers who take their money back, and what a merchant can say.
 *
 *     needs_response ──evidence──▶ won or lost          warning_needs_response ──evidence──▶ warning_closed
 *            ╰────────closed────▶ lost */
#include <string.h>

#include "sim/stripe.h"

static const micros begins_after = 5LL * MICROS_PER_SECOND;

enum { DUE_SECONDS = 7 * 24 * 3600 };

static void enter(struct stripe_dispute *dispute, struct psp_visit *visit, const char *kind)
{
    const struct stripe_charge *charge = dispute->charge;
    struct psp_effect effect = {
        .kind = kind,
        .id = dispute->object.item.id,
        .parent = charge->intent->object.item.id,
        .amount = dispute->amount,
        .currency = charge->intent->currency,
        .fingerprint = str_of(charge->method->card.fingerprint),
    };
    psp_enter(charge->stripe->psp, visit, &effect);
}

static void begin(void *thing)
{
    struct stripe_charge *charge = thing;
    struct stripe *stripe = charge->stripe;
    bool is_inquiry = charge->method->card.test->result == STRIPE_INQUIRES;
    struct stripe_dispute *dispute = stripe_make(stripe, &stripe->disputes, "dp_", NULL);
    dispute->charge = charge;
    dispute->amount = charge->captured;
    dispute->reason = charge->method->card.test->word;
    dispute->status = is_inquiry ? "warning_needs_response" : "needs_response";
    dispute->due_by = dispute->object.created + DUE_SECONDS;
    charge->dispute = dispute;
    stripe_tell(stripe, NULL, "charge.dispute.created", stripe_put_dispute, dispute);
    if (is_inquiry) return;
    enter(dispute, NULL, "dispute");
    stripe_tell(stripe, NULL, "charge.dispute.funds_withdrawn", stripe_put_dispute, dispute);
}

static void put_warning(struct text *text, struct psp_visit *visit, const void *object)
{
    const struct stripe_charge *charge = object;
    (void)visit;
    json_open_object(text);
    json_put_str(text, "id", arena_format(text->arena, "issfr_%.*s", STR_FORMAT(str_from(charge->object.item.id, 3))));
    json_put_str(text, "object", STR("radar.early_fraud_warning"));
    json_put_bool(text, "actionable", true);
    json_put_str(text, "charge", charge->object.item.id);
    json_put_int(text, "created", psp_now_seconds(charge->stripe->psp));
    json_put_str(text, "fraud_type", STR("made_with_stolen_card"));
    json_put_bool(text, "livemode", false);
    json_put_str(text, "payment_intent", charge->intent->object.item.id);
    json_close_object(text);
}

static void warn(void *thing)
{
    struct stripe_charge *charge = thing;
    stripe_tell(charge->stripe, NULL, "radar.early_fraud_warning.created", put_warning, charge);
}

void stripe_dispute_begin(struct stripe *stripe, struct stripe_charge *charge)
{
    const struct psp_test_card *test = charge->method->card.test;
    bool disputes = test && (test->result == STRIPE_DISPUTES || test->result == STRIPE_INQUIRES);
    if (disputes) psp_later(stripe->psp, begins_after, begin, charge);
    else if (test && test->result == STRIPE_WARNS) psp_later(stripe->psp, begins_after, warn, charge);
}

/* --- What the merchant says --- */

static struct stripe_dispute *named_dispute(struct psp_visit *visit)
{
    struct stripe_dispute *dispute = psp_shelf_find(&stripe_of(visit)->disputes, visit->ids[0]);
    if (dispute == NULL) stripe_not_found(visit, "dispute", "id", visit->ids[0]);
    return dispute;
}

static bool is_open(const struct stripe_dispute *dispute)
{
    return str_contains(str_of(dispute->status), STR("needs_response"));
}

static bool is_inquiry(const struct stripe_dispute *dispute)
{
    return str_starts_with(str_of(dispute->status), STR("warning_"));
}

static void end(struct psp_visit *visit, struct stripe_dispute *dispute, bool is_won)
{
    struct stripe *stripe = stripe_of(visit);
    bool was_inquiry = is_inquiry(dispute);
    dispute->status = was_inquiry ? "warning_closed" : is_won ? "won" : "lost";
    stripe_tell(stripe, visit, "charge.dispute.closed", stripe_put_dispute, dispute);
    if (was_inquiry || !is_won) return;
    enter(dispute, visit, "dispute_reversal");
    stripe_tell(stripe, visit, "charge.dispute.funds_reinstated", stripe_put_dispute, dispute);
}

static void refuse_closed(struct psp_visit *visit)
{
    struct stripe_error error = { .status = 400, .type = "invalid_request_error", .message = "This dispute is already closed." };
    stripe_refuse(visit, &error);
}

static void submit(struct psp_visit *visit, struct stripe_dispute *dispute)
{
    dispute->submissions++;
    if (str_equal(dispute->evidence, STR("winning_evidence"))) end(visit, dispute, true);
    else if (str_equal(dispute->evidence, STR("losing_evidence"))) end(visit, dispute, false);
    else dispute->status = is_inquiry(dispute) ? "warning_under_review" : "under_review";
}

void stripe_update_dispute(struct psp_visit *visit)
{
    struct stripe_dispute *dispute = named_dispute(visit);
    if (dispute == NULL) return;
    bool changes = given_find(visit->given, "evidence") || given_is_true(visit->given, "submit");
    if (changes && !is_open(dispute)) {
        refuse_closed(visit);
        return;
    }
    if (psp_given(visit, "evidence.uncategorized_text").bytes) dispute->evidence = stripe_kept(visit, "evidence.uncategorized_text");
    stripe_merge_metadata(visit, &dispute->object);
    bool is_held_back = str_equal(psp_given(visit, "submit"), STR("false"));
    if (given_find(visit->given, "evidence") && !is_held_back) submit(visit, dispute);
    stripe_tell(stripe_of(visit), visit, "charge.dispute.updated", stripe_put_dispute, dispute);
    stripe_answer(visit, stripe_put_dispute, dispute);
}

void stripe_close_dispute(struct psp_visit *visit)
{
    struct stripe_dispute *dispute = named_dispute(visit);
    if (dispute == NULL) return;
    if (!is_open(dispute)) {
        refuse_closed(visit);
        return;
    }
    end(visit, dispute, false);
    stripe_answer(visit, stripe_put_dispute, dispute);
}

void stripe_get_dispute(struct psp_visit *visit)
{
    struct stripe_dispute *dispute = named_dispute(visit);
    if (dispute) stripe_answer(visit, stripe_put_dispute, dispute);
}
