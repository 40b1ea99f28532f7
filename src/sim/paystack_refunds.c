/* SPDX-License-Identifier: Apache-2.0 */
/* paystack_refunds: a refund is accepted at once and done later; nothing keeps the same refund from being asked for twice.
 *
 *     pending ──▶ processing ──▶ processed
 *        ▲            │ ╰──────▶ failed
 *        │            ╰────────▶ needs-attention
 *        ╰──the customer's account──╯
 */
#include <string.h>

#include "sim/paystack.h"

enum { REFUND_FIRST = 3018283 };

static void tell(struct paystack_refund *refund)
{
    char event[64] = "refund.";
    INSIST(str_copy_to(str_of(refund->status), event + strlen(event), sizeof event - strlen(event)));
    paystack_tell(refund->charge->psp, event, refund->item.id, paystack_put_news_of_refund, refund);
}

static void enter(struct psp_visit *visit, const struct paystack_refund *refund, const char *kind)
{
    const struct paystack_charge *charge = refund->charge;
    psp_enter(charge->psp, visit,
              &(struct psp_effect){ .kind = kind,
                                    .id = refund->item.id,
                                    .parent = charge->item.id,
                                    .operation = refund->merchant_note,
                                    .amount = refund->amount,
                                    .currency = charge->currency,
                                    .fingerprint = str_of(charge->card.fingerprint) });
}

/* --- What becomes of it --- */

static void finish(void *thing)
{
    struct paystack_refund *refund = thing;
    struct paystack_charge *charge = refund->charge;
    refund->status = refund->ends_as;
    if (strcmp(refund->status, "failed") == 0) {
        charge->refund_reserved -= refund->amount;
        enter(NULL, refund, "refund_failure");
    } else if (strcmp(refund->status, "processed") == 0) {
        charge->refunded += refund->amount;
        if (charge->refunded >= charge->amount) charge->status = "reversed";
    }
    tell(refund);
}

static void begin_processing(void *thing)
{
    struct paystack_refund *refund = thing;
    struct psp *psp = refund->charge->psp;
    refund->status = "processing";
    tell(refund);
    psp_later(psp, paystack_in(psp)->refund_ms[1] * MICROS_PER_MS, finish, refund);
}

static void set_going(struct paystack_refund *refund)
{
    struct psp *psp = refund->charge->psp;
    refund->status = "pending";
    tell(refund);
    psp_later(psp, paystack_in(psp)->refund_ms[0] * MICROS_PER_MS, begin_processing, refund);
}

/* --- Beginning --- */

static const char *end_of(const struct paystack_charge *charge)
{
    const char *end = paystack_rule_of(&charge->card)->refund;
    return end ? end : "processed";
}

static struct paystack_refund *add_refund(struct psp_visit *visit, struct paystack_charge *charge, int64_t amount)
{
    struct paystack *paystack = paystack_of(visit);
    struct psp *psp = visit->psp;
    long long number = REFUND_FIRST + 1LL + psp_shelf_count(&paystack->refunds);
    struct paystack_refund *refund = psp_shelf_add(&paystack->refunds, arena_format(&psp->arena, "%lld", number));
    refund->charge = charge;
    refund->amount = amount;
    refund->ends_as = end_of(charge);
    refund->merchant_note = psp_keep(psp, psp_given(visit, "merchant_note"));
    refund->customer_note = psp_keep(psp, psp_given(visit, "customer_note"));
    refund->created_at = psp_now(psp);
    charge->refund_reserved += amount;
    return refund;
}

/* The sum that is wanted back; 0: it was refused. */
static int64_t read_sum(struct psp_visit *visit, const struct paystack_charge *charge)
{
    int64_t left = charge->amount - charge->refund_reserved, amount = left;
    bool says_amount = psp_given(visit, "amount").length > 0;
    if (charge->paid_at == 0) paystack_refuse(visit, PAYSTACK_NOT_PAID);
    else if (left <= 0) paystack_refuse(visit, PAYSTACK_REVERSED);
    else if (says_amount && !paystack_read_amount(visit, "amount", &amount)) paystack_refuse(visit, PAYSTACK_INVALID_AMOUNT);
    else if (amount > left) paystack_refuse(visit, PAYSTACK_REFUND_TOO_MUCH);
    else return amount;
    return 0;
}

static bool is_of_its_currency(struct psp_visit *visit, const struct paystack_charge *charge)
{
    str currency = psp_given(visit, "currency");
    bool is = currency.length == 0 || str_equal(currency, charge->currency);
    if (!is) paystack_refuse(visit, PAYSTACK_CURRENCY);
    return is;
}

static struct paystack_charge *charge_to_refund(struct psp_visit *visit)
{
    str name = psp_given(visit, "transaction");
    struct paystack_charge *charge = name.length > 0 ? paystack_find_charge(visit, name) : NULL;
    if (name.length == 0) paystack_miss(visit, "transaction");
    else if (charge == NULL) paystack_refuse(visit, PAYSTACK_NO_TRANSACTION);
    return charge;
}

void paystack_create_refund(struct psp_visit *visit)
{
    struct paystack_charge *charge = charge_to_refund(visit);
    if (charge == NULL || !is_of_its_currency(visit, charge)) return;
    int64_t amount = read_sum(visit, charge);
    if (amount == 0) return;
    struct paystack_refund *refund = add_refund(visit, charge, amount);
    psp_visit_note(visit, charge->item.id, amount);
    enter(visit, refund, "refund");
    set_going(refund);
    paystack_answer(visit, "Refund has been queued for processing", paystack_put_new_refund, refund);
}

/* With the customer's account a refund that waited for it ends well. */
void paystack_retry_refund(struct psp_visit *visit)
{
    static const char *const wanted[] = { "currency", "account_number", "bank_id" };
    struct paystack_refund *refund = psp_shelf_find(&paystack_of(visit)->refunds, visit->ids[0]);
    const struct json *account = given_find(visit->given, "refund_account_details");
    for (size_t i = 0; i < COUNT_OF(wanted); i++) {
        if (given_text(account, wanted[i]).length > 0) continue;
        paystack_miss(visit, "refund_account_details");
        return;
    }
    if (refund == NULL) {
        paystack_refuse(visit, PAYSTACK_NO_REFUND);
    } else if (strcmp(refund->status, "needs-attention") != 0) {
        paystack_refuse(visit, PAYSTACK_REFUND_NEEDS_NOTHING);
    } else {
        refund->ends_as = "processed";
        set_going(refund);
        paystack_answer(visit, "Refund retried and has been queued for processing", paystack_put_refund, refund);
    }
}

/* --- Looking --- */

void paystack_fetch_refund(struct psp_visit *visit)
{
    struct paystack_refund *refund = psp_shelf_find(&paystack_of(visit)->refunds, visit->ids[0]);
    if (refund) paystack_answer(visit, "Refund retrieved", paystack_put_refund, refund);
    else paystack_refuse(visit, PAYSTACK_NO_REFUND);
}

static bool is_wanted(const struct psp_visit *visit, const void *item)
{
    const struct paystack_refund *refund = item;
    str transaction = psp_given(visit, "transaction");
    if (transaction.length > 0 && paystack_find_charge(visit, transaction) != refund->charge) return false;
    return paystack_is_between(visit, refund->created_at);
}

void paystack_list_refunds(struct psp_visit *visit)
{
    paystack_list(visit, "Refunds retrieved", &paystack_of(visit)->refunds, "perPage", is_wanted, paystack_put_refund);
}
