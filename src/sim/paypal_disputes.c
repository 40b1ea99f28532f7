/* SPDX-License-Identifier: Apache-2.0 */
/* paypal_disputes: what payers object to. A test begins and ends them (paypal_control.c); the merchant gives in or gives evidence. */
#include "sim/paypal.h"

static const micros answer_within = 10LL * 24 * 3600 * MICROS_PER_SECOND;

/* --- As JSON --- */

static void put_transaction(struct text *text, const struct paypal_capture *capture)
{
    json_name(text, "disputed_transactions");
    json_open_list(text);
    json_comma(text);
    json_open_object(text);
    json_put_str(text, "seller_transaction_id", capture->item.id);
    json_put_time(text, "create_time", capture->created);
    json_put_str(text, "transaction_status", STR("COMPLETED"));
    paypal_put_money(text, "gross_amount", capture->amount.minor, capture->amount.currency);
    if (capture->invoice_id.bytes) json_put_str(text, "invoice_number", capture->invoice_id);
    if (capture->order->custom_id.bytes) json_put_str(text, "custom", capture->order->custom_id);
    json_close_object(text);
    json_close_list(text);
}

static void put_outcome(struct text *text, const struct paypal_dispute *dispute)
{
    if (dispute->outcome == NULL) return;
    json_name(text, "dispute_outcome");
    json_open_object(text);
    json_put_str(text, "outcome_code", str_of(dispute->outcome));
    json_close_object(text);
}

static const char *state_of(const struct paypal_dispute *dispute)
{
    if (paypal_is(dispute->status, "RESOLVED")) return "RESOLVED";
    if (paypal_is(dispute->status, "UNDER_REVIEW")) return "UNDER_PAYPAL_REVIEW";
    return paypal_is(dispute->stage, "INQUIRY") ? "OPEN_INQUIRIES" : "REQUIRED_ACTION";
}

static void put_links(struct text *text, struct paypal *paypal, const struct paypal_dispute *dispute)
{
    json_name(text, "links");
    json_open_list(text);
    paypal_put_link(text, paypal, "self", "GET", "/v1/customer/disputes/", dispute->item.id, "");
    if (!paypal_is(dispute->status, "RESOLVED")) {
        paypal_put_link(text, paypal, "accept_claim", "POST", "/v1/customer/disputes/", dispute->item.id, "/accept-claim");
        paypal_put_link(text, paypal, "provide_evidence", "POST", "/v1/customer/disputes/", dispute->item.id, "/provide-evidence");
    }
    json_close_list(text);
}

static void put_dispute(struct text *text, struct paypal *paypal, const struct paypal_dispute *dispute, bool in_list)
{
    json_open_object(text);
    json_put_str(text, "dispute_id", dispute->item.id);
    json_put_time(text, "create_time", dispute->created);
    json_put_time(text, "update_time", dispute->updated);
    if (in_list) json_put_str(text, "dispute_state", str_of(state_of(dispute)));
    else put_transaction(text, dispute->capture);
    json_put_str(text, "reason", dispute->reason);
    json_put_str(text, "status", str_of(dispute->status));
    paypal_put_money(text, "dispute_amount", dispute->amount.minor, dispute->amount.currency);
    if (!in_list) put_outcome(text, dispute);
    json_put_str(text, "dispute_life_cycle_stage", str_of(dispute->stage));
    json_put_str(text, "dispute_channel", STR("INTERNAL"));
    json_put_time(text, "seller_response_due_date", dispute->created + answer_within);
    put_links(text, paypal, dispute);
    json_close_object(text);
}

static void tell(struct paypal *paypal, const char *type, const struct paypal_dispute *dispute)
{
    struct arena arena = { 0 };
    struct text text = text_open(&arena, 1024);
    put_dispute(&text, paypal, dispute, false);
    paypal_tell(paypal, type, "dispute", dispute->item.id, text_str(&text));
    arena_close(&arena);
}

/* --- Their life --- */

struct paypal_dispute *paypal_dispute_begin(struct paypal *paypal, struct paypal_capture *capture, str reason, const char *stage)
{
    str id = psp_keep(paypal->psp, arena_format(&paypal->psp->arena, "PP-D-%u", psp_shelf_count(&paypal->disputes) + 1));
    struct paypal_dispute *dispute = psp_shelf_add(&paypal->disputes, id);
    dispute->created = dispute->updated = psp_now(paypal->psp);
    dispute->capture = capture;
    dispute->amount = capture->amount;
    dispute->reason = psp_keep(paypal->psp, reason);
    dispute->status = "WAITING_FOR_SELLER_RESPONSE";
    dispute->stage = stage;
    capture->dispute = dispute;
    capture->reason = paypal_is(stage, "CHARGEBACK") ? "CHARGEBACK" : "BUYER_COMPLAINT";
    tell(paypal, "CUSTOMER.DISPUTE.CREATED", dispute);
    return dispute;
}

/* For the payer: what is left of the payment goes back to him. */
void paypal_dispute_end(struct paypal *paypal, struct psp_visit *visit, struct paypal_dispute *dispute, const char *outcome)
{
    struct paypal_capture *capture = dispute->capture;
    bool payer_wins = paypal_is(outcome, "RESOLVED_BUYER_FAVOUR") || paypal_is(outcome, "ACCEPTED");
    int64_t left = capture->amount.minor - capture->refunded;
    dispute->status = "RESOLVED";
    dispute->outcome = outcome;
    dispute->updated = psp_now(paypal->psp);
    if (payer_wins && left > 0) {
        paypal_capture_reversed(paypal, visit, capture, left, paypal_is(dispute->stage, "CHARGEBACK") ? "CHARGEBACK" : "BUYER_COMPLAINT");
    }
    if (!payer_wins) capture->reason = NULL;
    tell(paypal, "CUSTOMER.DISPUTE.RESOLVED", dispute);
}

/* --- Endpoints --- */

static struct paypal_dispute *find(struct psp_visit *visit)
{
    struct paypal_dispute *found = psp_shelf_find(&paypal_of(visit)->disputes, visit->ids[0]);
    if (found == NULL) paypal_refuse_not_found(visit);
    return found;
}

void paypal_get_dispute(struct psp_visit *visit)
{
    const struct paypal_dispute *dispute = find(visit);
    if (dispute == NULL) return;
    struct text text = text_open(visit->arena, 1024);
    put_dispute(&text, paypal_of(visit), dispute, false);
    psp_answer_text(visit, 200, &text);
}

static bool is_wanted(const struct psp_visit *visit, const struct paypal_dispute *dispute)
{
    str transaction = psp_given(visit, "disputed_transaction_id"), state = psp_given(visit, "dispute_state");
    return (transaction.bytes == NULL || str_equal(transaction, dispute->capture->item.id))
           && (state.bytes == NULL || str_equal(state, str_of(state_of(dispute))));
}

static bool any_is_wanted(const struct psp_visit *visit)
{
    const struct psp_shelf *shelf = &paypal_of(visit)->disputes;
    for (uint32_t i = 1; i <= psp_shelf_count(shelf); i++) {
        if (is_wanted(visit, psp_shelf_at(shelf, i))) return true;
    }
    return false;
}

static void put_wanted(struct text *text, struct psp_visit *visit)
{
    struct paypal *paypal = paypal_of(visit);
    json_name(text, "items");
    json_open_list(text);
    for (uint32_t i = 1; i <= psp_shelf_count(&paypal->disputes); i++) {
        const struct paypal_dispute *dispute = psp_shelf_at(&paypal->disputes, i);
        if (!is_wanted(visit, dispute)) continue;
        json_comma(text);
        put_dispute(text, paypal, dispute, true);
    }
    json_close_list(text);
}

/* Without any there is no list of them. */
void paypal_list_disputes(struct psp_visit *visit)
{
    struct text text = text_open(visit->arena, 1024);
    json_open_object(&text);
    if (any_is_wanted(visit)) put_wanted(&text, visit);
    json_name(&text, "links");
    json_open_list(&text);
    paypal_put_link(&text, paypal_of(visit), "self", "GET", "/v1/customer/disputes", STR(""), "");
    json_close_list(&text);
    json_close_object(&text);
    psp_answer_text(visit, 200, &text);
}

static void answer_action(struct psp_visit *visit, const struct paypal_dispute *dispute)
{
    struct text text = text_open(visit->arena, 256);
    json_open_object(&text);
    json_name(&text, "links");
    json_open_list(&text);
    paypal_put_link(&text, paypal_of(visit), "self", "GET", "/v1/customer/disputes/", dispute->item.id, "");
    json_close_list(&text);
    json_close_object(&text);
    psp_answer_text(visit, 200, &text);
}

static struct paypal_dispute *find_open(struct psp_visit *visit)
{
    struct paypal_dispute *dispute = find(visit);
    if (dispute == NULL || dispute->outcome == NULL) return dispute;
    paypal_refuse(visit, "ACTION_NOT_ALLOWED_IN_CURRENT_DISPUTE_STATE", NULL);
    return NULL;
}

void paypal_accept_claim(struct psp_visit *visit)
{
    struct paypal_dispute *dispute = find_open(visit);
    if (dispute == NULL) return;
    paypal_dispute_end(paypal_of(visit), visit, dispute, "ACCEPTED");
    answer_action(visit, dispute);
}

void paypal_provide_evidence(struct psp_visit *visit)
{
    struct paypal_dispute *dispute = find_open(visit);
    if (dispute == NULL) return;
    dispute->status = "UNDER_REVIEW";
    dispute->updated = psp_now(visit->psp);
    tell(paypal_of(visit), "CUSTOMER.DISPUTE.UPDATED", dispute);
    answer_action(visit, dispute);
}
