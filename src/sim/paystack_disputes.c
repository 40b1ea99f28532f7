/* SPDX-License-Identifier: Apache-2.0 */
/* paystack_disputes: a customer's bank wants the money back. Tests open a dispute by POST /sim/disputes; the merchant accepts it, which
 * costs him the sum, or declines it. */
#include <string.h>

#include "sim/paystack.h"

enum { DISPUTE_FIRST = 2866 };

static const micros due_after = 7LL * 24 * 3600 * MICROS_PER_SECOND;

static void tell(struct paystack_dispute *dispute, const char *event)
{
    paystack_tell(dispute->charge->psp, event, dispute->item.id, paystack_put_dispute, dispute);
}

static void enter(struct psp_visit *visit, const struct paystack_dispute *dispute, const char *kind)
{
    const struct paystack_charge *charge = dispute->charge;
    psp_enter(charge->psp, visit,
              &(struct psp_effect){ .kind = kind,
                                    .id = dispute->item.id,
                                    .parent = charge->item.id,
                                    .operation = dispute->item.id,
                                    .amount = dispute->amount,
                                    .currency = charge->currency,
                                    .fingerprint = str_of(charge->card.fingerprint) });
}

/* --- A test's control --- */

static void put_opened(struct desk_control *control, const struct paystack_dispute *dispute)
{
    struct text text = text_open(control->arena, 1024);
    paystack_put_dispute(&text, dispute);
    desk_control_reply(control, 200, text_str(&text));
}

static struct paystack_dispute *add_dispute(struct psp *psp, struct paystack_charge *charge, str category)
{
    struct psp_shelf *shelf = &paystack_in(psp)->disputes;
    long long number = DISPUTE_FIRST + 1LL + psp_shelf_count(shelf);
    struct paystack_dispute *dispute = psp_shelf_add(shelf, arena_format(&psp->arena, "%lld", number));
    dispute->charge = charge;
    dispute->amount = charge->amount;
    dispute->status = "awaiting-merchant-feedback";
    dispute->category = category.length > 0 ? psp_keep(psp, category) : STR("chargeback");
    dispute->created_at = psp_now(psp);
    dispute->due_at = dispute->created_at + due_after;
    return dispute;
}

void paystack_open_dispute(struct desk_control *control)
{
    struct psp *psp = psp_of(control->desk);
    str reference = json_string(json_find(control->body, "reference"));
    struct paystack_charge *charge = psp_shelf_find(&paystack_in(psp)->charges, reference);
    if (charge == NULL || charge->paid_at == 0) {
        desk_control_refuse(control, "there is no paid charge of that reference");
        return;
    }
    struct paystack_dispute *dispute = add_dispute(psp, charge, json_string(json_find(control->body, "category")));
    enter(NULL, dispute, "dispute");
    tell(dispute, "charge.dispute.create");
    put_opened(control, dispute);
}

/* --- The merchant's side --- */

static struct paystack_dispute *find_dispute(struct psp_visit *visit)
{
    struct paystack_dispute *dispute = psp_shelf_find(&paystack_of(visit)->disputes, visit->ids[0]);
    if (dispute == NULL) paystack_refuse(visit, PAYSTACK_NO_DISPUTE);
    return dispute;
}

static struct paystack_dispute *open_dispute(struct psp_visit *visit)
{
    struct paystack_dispute *dispute = find_dispute(visit);
    if (dispute == NULL || strcmp(dispute->status, "resolved") != 0) return dispute;
    paystack_refuse(visit, PAYSTACK_DISPUTE_OVER);
    return NULL;
}

static bool has_all(struct psp_visit *visit, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (psp_given(visit, names[i]).length > 0) continue;
        paystack_miss(visit, names[i]);
        return false;
    }
    return true;
}

/* What was accepted is gone; a charge of which nothing is left reads reversed. */
static void resolve(struct psp_visit *visit, struct paystack_dispute *dispute, str resolution, int64_t amount)
{
    struct paystack_charge *charge = dispute->charge;
    dispute->status = "resolved";
    dispute->resolution = psp_keep(visit->psp, resolution);
    dispute->resolved_at = psp_now(visit->psp);
    dispute->amount = amount;
    if (str_equal(resolution, STR("merchant-accepted"))) {
        charge->refund_reserved += amount;
        charge->refunded += amount;
        if (charge->refunded >= charge->amount) charge->status = "reversed";
        enter(visit, dispute, "chargeback");
    }
    tell(dispute, "charge.dispute.resolve");
    paystack_answer(visit, "Dispute successfully resolved", paystack_put_dispute, dispute);
}

void paystack_resolve_dispute(struct psp_visit *visit)
{
    static const char *const wanted[] = { "resolution", "message", "refund_amount", "uploaded_filename" };
    int64_t amount = 0;
    struct paystack_dispute *dispute = open_dispute(visit);
    if (dispute == NULL || !has_all(visit, wanted, COUNT_OF(wanted))) return;
    str resolution = psp_given(visit, "resolution");
    bool is_known = str_equal(resolution, STR("merchant-accepted")) || str_equal(resolution, STR("declined"));
    bool is_sum = psp_given_int(visit, "refund_amount", &amount) && amount >= 0
                  && amount <= dispute->charge->amount - dispute->charge->refund_reserved;
    if (!is_known) paystack_refuse(visit, PAYSTACK_INVALID_RESOLUTION);
    else if (!is_sum) paystack_refuse(visit, PAYSTACK_INVALID_AMOUNT);
    else resolve(visit, dispute, resolution, amount);
}

void paystack_add_evidence(struct psp_visit *visit)
{
    static const char *const wanted[] = { "customer_email", "customer_name", "customer_phone", "service_details" };
    struct paystack_dispute *dispute = open_dispute(visit);
    if (dispute == NULL || !has_all(visit, wanted, COUNT_OF(wanted))) return;
    dispute->evidence = psp_keep(visit->psp, psp_given(visit, "service_details"));
    paystack_answer(visit, "Evidence created", paystack_put_dispute, dispute);
}

void paystack_upload_url(struct psp_visit *visit)
{
    struct text data = text_open(visit->arena, 256);
    str name = psp_given(visit, "upload_filename");
    if (find_dispute(visit) == NULL) return;
    json_open_object(&data);
    json_put_str(&data, "signedUrl", psp_url(visit, STR("/checkout/upload")));
    json_put_str(&data, "fileName", name.length > 0 ? name : STR("evidence.pdf"));
    json_close_object(&data);
    paystack_answer_raw(visit, "Upload url generated", text_str(&data));
}

/* --- Looking --- */

void paystack_fetch_dispute(struct psp_visit *visit)
{
    struct paystack_dispute *dispute = find_dispute(visit);
    if (dispute) paystack_answer(visit, "Dispute retrieved", paystack_put_dispute, dispute);
}

static bool is_wanted(const struct psp_visit *visit, const void *item)
{
    const struct paystack_dispute *dispute = item;
    str status = psp_given(visit, "status"), transaction = psp_given(visit, "transaction");
    if (status.length > 0 && !str_equal(status, str_of(dispute->status))) return false;
    if (transaction.length > 0 && paystack_find_charge(visit, transaction) != dispute->charge) return false;
    return paystack_is_between(visit, dispute->created_at);
}

void paystack_list_disputes(struct psp_visit *visit)
{
    paystack_list(visit, "Disputes retrieved", &paystack_of(visit)->disputes, "perPage", is_wanted, paystack_put_dispute);
}
