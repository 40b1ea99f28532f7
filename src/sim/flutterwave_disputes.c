/* SPDX-License-Identifier: Apache-2.0 */
/* flutterwave_disputes: chargebacks. A test begins one and decides it, by POST /sim/chargebacks:
 *
 *     {"tx_ref": "ord-1", "amount": "40"}    the payer's bank takes the money back; without an amount all of it
 *     {"id": 1, "status": "won"}             or "lost": the bank's word on a declined one
 *
 *     initiated ──accept──▶ accepted        initiated ──decline──▶ declined ──the bank──▶ won, lost */
#include "sim/flutterwave.h"

static const micros answer_within = INT64_C(3) * 24 * 3600 * MICROS_PER_SECOND;

static bool has_status(const struct flutterwave_dispute *dispute, str status)
{
    return str_equal(str_of(dispute->status), status);
}

static void tell(struct flutterwave *flutterwave, const struct flutterwave_dispute *dispute)
{
    struct arena arena = { 0 };
    struct text text = text_open(&arena, 512);
    flutterwave_put_dispute(&text, dispute);
    flutterwave_tell(flutterwave, "chargeback.updated", "CHARGEBACK", dispute->item.id, dispute->status, text_str(&text));
    arena_close(&arena);
}

static void become(struct flutterwave *flutterwave, struct psp_visit *visit, struct flutterwave_dispute *dispute, const char *status,
                   const char *effect)
{
    dispute->status = status;
    if (effect) flutterwave_enter(flutterwave, visit, dispute->charge, effect, dispute->item.id, dispute->amount);
    tell(flutterwave, dispute);
}

/* --- The merchant's answer --- */

void flutterwave_answer_dispute(struct psp_visit *visit)
{
    struct flutterwave *flutterwave = flutterwave_of(visit);
    struct flutterwave_dispute *dispute = psp_shelf_find(&flutterwave->disputes, visit->ids[0]);
    bool accepts = str_equal(psp_given(visit, "action"), STR("accept"));
    if (dispute == NULL) {
        flutterwave_refuse(visit, 404, "Chargeback not found");
    } else if (!accepts && !str_equal(psp_given(visit, "action"), STR("decline"))) {
        flutterwave_refuse(visit, 400, "Invalid action");
    } else if (!has_status(dispute, STR("initiated")) || psp_now(visit->psp) > dispute->due) {
        flutterwave_refuse(visit, 400, "Invalid action: the chargeback was answered or is overdue");
    } else {
        dispute->comment = flutterwave_kept(visit, visit->given, "comment");
        visit->desk.acted = true;
        become(flutterwave, visit, dispute, accepts ? "accepted" : "declined", accepts ? "dispute_lost" : NULL);
        struct text text = text_open(visit->arena, 512);
        flutterwave_put_dispute(&text, dispute);
        flutterwave_answer_data(visit, "Chargeback updated", text_str(&text));
    }
}

/* --- /sim/chargebacks --- */

static void reply(struct desk_control *control, const struct flutterwave_dispute *dispute)
{
    struct text text = text_open(control->arena, 512);
    flutterwave_put_dispute(&text, dispute);
    desk_control_reply(control, 200, text_str(&text));
}

static void begin(struct desk_control *control, struct flutterwave *flutterwave, struct flutterwave_charge *charge)
{
    struct psp *psp = flutterwave->psp;
    int64_t amount = charge->charged;
    str given = given_text(control->body, "amount");
    if (given.bytes && (!flutterwave_amount_read(given, charge->currency, &amount) || amount > charge->charged)) {
        desk_control_refuse(control, "amount is a decimal, at most what was charged");
        return;
    }
    unsigned number = psp_shelf_count(&flutterwave->disputes) + 1;
    struct flutterwave_dispute *dispute = psp_shelf_add(&flutterwave->disputes, arena_format(&psp->arena, "%u", number));
    dispute->charge = charge;
    dispute->amount = amount;
    dispute->created = psp_now(psp);
    dispute->due = dispute->created + answer_within;
    become(flutterwave, NULL, dispute, "initiated", "dispute");
    *flutterwave_balance(flutterwave, charge) -= amount;
    reply(control, dispute);
}

static void decide(struct desk_control *control, struct flutterwave *flutterwave, struct flutterwave_dispute *dispute)
{
    bool is_won = str_equal(given_text(control->body, "status"), STR("won"));
    bool is_word = is_won || str_equal(given_text(control->body, "status"), STR("lost"));
    if (!is_word || has_status(dispute, STR("accepted")) || has_status(dispute, STR("won")) || has_status(dispute, STR("lost"))) {
        desk_control_refuse(control, "status is won or lost, of a chargeback that is still open");
        return;
    }
    if (is_won) *flutterwave_balance(flutterwave, dispute->charge) += dispute->amount;
    become(flutterwave, NULL, dispute, is_won ? "won" : "lost", is_won ? "dispute_won" : "dispute_lost");
    reply(control, dispute);
}

void flutterwave_change_disputes(struct desk_control *control)
{
    struct flutterwave *flutterwave = psp_of(control->desk)->state;
    struct flutterwave_charge *charge = flutterwave_find_reference(flutterwave, given_text(control->body, "tx_ref"));
    struct flutterwave_dispute *dispute = psp_shelf_find(&flutterwave->disputes, given_text(control->body, "id"));
    if (dispute) decide(control, flutterwave, dispute);
    else if (charge && charge->is_captured) begin(control, flutterwave, charge);
    else desk_control_refuse(control, "tx_ref is that of a charge, or id that of a chargeback");
}
