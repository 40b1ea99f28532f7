/* SPDX-License-Identifier: Apache-2.0 */
/* paystack_holds: preauthorizations, in rands only.
 *
 *     abandoned ──page opened──▶ ongoing ──yes──▶ authorized ──capture (once, up to all of it)──▶ captured: a transaction
 *         ▲                        │  │                │ ╰──release, or the end of its days──▶ released
 *         ╰──────payer leaves──────╯  ╰──no──▶ failed  ╰──the end, where it was asked for──▶ captured
 */
#include <string.h>

#include "sim/paystack.h"

enum { DAYS_MAX = 30, HOURS_A_DAY = 24, SECONDS_A_DAY = 24 * 3600 };

/* --- What becomes of it --- */

static void tell(struct paystack_charge *charge, const char *event)
{
    paystack_tell(charge->psp, event, charge->item.id, paystack_put_news_of_hold, charge);
}

static void enter(struct psp_visit *visit, const struct paystack_charge *charge, const char *kind)
{
    psp_enter(charge->psp, visit,
              &(struct psp_effect){ .kind = kind,
                                    .id = charge->item.id,
                                    .parent = charge->item.id,
                                    .operation = charge->operation,
                                    .amount = charge->requested,
                                    .currency = charge->currency,
                                    .fingerprint = str_of(charge->card.fingerprint) });
}

static void capture(struct psp_visit *visit, struct paystack_charge *charge, int64_t amount)
{
    charge->hold->status = "captured";
    charge->hold->captured = amount;
    charge->channel = "preauth";
    paystack_take(visit, charge, amount);
    charge->gateway_response = "Approved";
    tell(charge, "preauthorization.capture.success");
}

static void release(struct psp_visit *visit, struct paystack_charge *charge)
{
    charge->hold->status = "released";
    enter(visit, charge, visit ? "void" : "expiry");
    tell(charge, "preauthorization.release.success");
}

static void expire(void *thing)
{
    struct paystack_charge *charge = thing;
    if (strcmp(charge->hold->status, "authorized") != 0) return;
    if (charge->hold->is_captured_at_its_end) capture(NULL, charge, charge->requested);
    else release(NULL, charge);
}

void paystack_hold_decide(struct psp_visit *visit, struct paystack_charge *charge)
{
    struct paystack_hold *hold = charge->hold;
    bool is_too_little = charge->has >= 0 && charge->has < charge->requested;
    if (charge->declines || is_too_little) {
        hold->status = "failed";
        charge->gateway_response = charge->declines ? charge->declines : "Insufficient Funds";
        tell(charge, "preauthorization.reserve.failed");
        return;
    }
    hold->status = "authorized";
    charge->gateway_response = "Approved";
    hold->expires_at = psp_now(charge->psp) + hold->days * SECONDS_A_DAY * MICROS_PER_SECOND;
    paystack_save_card(charge);
    enter(visit, charge, "authorization");
    psp_later(charge->psp, hold->days * SECONDS_A_DAY * MICROS_PER_SECOND, expire, charge);
    tell(charge, "preauthorization.reserve.success");
}

/* --- Beginning --- */

static bool read_days(struct psp_visit *visit, int64_t *days, bool *is_captured)
{
    str action = psp_given(visit, "expire_action"), text = psp_given(visit, "expire_after_days");
    int64_t usual = visit->psp->options.hold_hours / HOURS_A_DAY;
    *days = usual > 0 ? usual : 5;
    *is_captured = str_equal(action, STR("capture"));
    bool is_action = action.length == 0 || *is_captured || str_equal(action, STR("release"));
    bool are_days = text.length == 0 || (psp_given_int(visit, "expire_after_days", days) && *days >= 1 && *days <= DAYS_MAX);
    if (!is_action || !are_days) paystack_refuse(visit, PAYSTACK_INVALID_EXPIRY);
    return is_action && are_days;
}

static bool is_in_rands(struct psp_visit *visit)
{
    bool is = str_equal(psp_given(visit, "currency"), STR("ZAR"));
    if (!is) paystack_refuse(visit, PAYSTACK_HOLD_ZAR_ONLY);
    return is;
}

static struct paystack_charge *begin(struct psp_visit *visit, const struct paystack_wish *wish, int64_t days, bool is_captured)
{
    struct paystack_charge *charge = paystack_charge_new(visit, wish);
    struct paystack_hold *hold = arena_take(&visit->psp->arena, sizeof *hold);
    hold->charge = charge;
    hold->status = "abandoned";
    hold->days = days;
    hold->is_captured_at_its_end = is_captured;
    charge->hold = hold;
    charge->channel = "preauth";
    return charge;
}

void paystack_hold_initialize(struct psp_visit *visit)
{
    int64_t days;
    bool is_captured;
    struct paystack_wish wish;
    if (!is_in_rands(visit) || !paystack_read_wish(visit, &wish) || !read_days(visit, &days, &is_captured)) return;
    paystack_send_to_page(visit, begin(visit, &wish, days, is_captured));
}

void paystack_hold_reserve(struct psp_visit *visit)
{
    int64_t days;
    bool is_captured;
    struct paystack_wish wish;
    struct paystack_saved *saved;
    if (!is_in_rands(visit) || !paystack_read_wish(visit, &wish) || !read_days(visit, &days, &is_captured)) return;
    if (!paystack_use_saved(visit, &wish, &saved)) return;
    struct paystack_charge *charge = begin(visit, &wish, days, is_captured);
    charge->saved = saved;
    charge->card = saved->card;
    paystack_meet_issuer(charge);
    paystack_hold_decide(visit, charge);
    bool is_held = strcmp(charge->hold->status, "authorized") == 0;
    paystack_answer(visit, is_held ? "Preauthorization successful" : "Preauthorization attempted", paystack_put_hold, charge);
}

/* --- Ending --- */

/* The hold that a request is about, as long as something can be done with it; else it was refused. */
static struct paystack_charge *usable_hold(struct psp_visit *visit)
{
    str reference = psp_given(visit, "reference");
    struct paystack_charge *charge = psp_shelf_find(&paystack_of(visit)->charges, reference);
    psp_visit_note(visit, reference, charge ? charge->requested : 0);
    if (reference.length == 0) paystack_miss(visit, "reference");
    else if (charge == NULL || charge->hold == NULL) paystack_refuse(visit, PAYSTACK_NO_HOLD);
    else if (strcmp(charge->hold->status, "authorized") != 0) paystack_refuse(visit, PAYSTACK_HOLD_OVER);
    else return charge;
    return NULL;
}

/* True when tests ordered that this one shall fail; the hold stays as it is. */
static bool is_ordered_to_fail(struct psp_visit *visit, struct paystack_charge *charge)
{
    charge->declines = NULL;
    paystack_meet_issuer(charge);
    if (charge->declines == NULL || paystack_of(visit)->issuer.says.length == 0) return false;
    tell(charge, "preauthorization.capture.failed");
    return true;
}

static void put_failed_capture(struct text *text, const void *object)
{
    const struct paystack_charge *charge = object;
    json_open_object(text);
    json_put_str(text, "status", STR("failed"));
    json_put_str(text, "reference", charge->item.id);
    json_put_str(text, "currency", charge->currency);
    json_put_str(text, "gateway_response", str_of(charge->declines));
    json_put_str(text, "channel", STR("preauth"));
    json_close_object(text);
}

void paystack_hold_capture(struct psp_visit *visit)
{
    int64_t amount = 0;
    bool is_amount = paystack_read_amount(visit, "amount", &amount);
    if (!is_in_rands(visit)) return;
    struct paystack_charge *charge = usable_hold(visit);
    if (charge == NULL) return;
    if (!is_amount) paystack_refuse(visit, PAYSTACK_INVALID_AMOUNT);
    else if (amount > charge->requested) paystack_refuse(visit, PAYSTACK_CAPTURE_TOO_MUCH);
    else if (is_ordered_to_fail(visit, charge)) paystack_answer(visit, "Capture attempted", put_failed_capture, charge);
    else capture(visit, charge, amount);
    if (charge->paid_at > 0) paystack_answer(visit, "Capture attempted", paystack_put_charge, charge);
}

void paystack_hold_release(struct psp_visit *visit)
{
    struct paystack_charge *charge = usable_hold(visit);
    if (charge == NULL) return;
    release(visit, charge);
    paystack_answer(visit, "Successfully released", paystack_put_hold, charge);
}

/* --- Looking --- */

void paystack_hold_verify(struct psp_visit *visit)
{
    struct paystack_charge *charge = psp_shelf_find(&paystack_of(visit)->charges, visit->ids[0]);
    psp_visit_note(visit, visit->ids[0], charge ? charge->requested : 0);
    if (charge && charge->hold) paystack_answer(visit, "Preauthorization retrieved", paystack_put_hold, charge);
    else paystack_refuse(visit, PAYSTACK_NO_HOLD);
}

static bool is_wanted(const struct psp_visit *visit, const void *item)
{
    const struct paystack_charge *charge = item;
    str status = psp_given(visit, "status");
    if (charge->hold == NULL || !paystack_is_between(visit, charge->created_at)) return false;
    return status.length == 0 || str_equal(status, str_of(charge->hold->status));
}

void paystack_hold_list(struct psp_visit *visit)
{
    paystack_list(visit, "Preauthorizations retrieved", &paystack_of(visit)->charges, "perPage", is_wanted, paystack_put_hold);
}
