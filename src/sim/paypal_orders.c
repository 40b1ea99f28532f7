/* SPDX-License-Identifier: Apache-2.0 */
/* paypal_orders: orders.
 *
 *     PAYER_ACTION_REQUIRED or CREATED ──the payer agrees──▶ APPROVED ──capture or authorize──▶ COMPLETED
 *               │                                             │                                  ▲
 *               ╰── three hours pass: 404 ◀───────────────────╯      a card, a saved method: at once
 *
 * COMPLETED does not mean paid: the capture or the authorization says that. */
#include <string.h>

#include "sim/paypal.h"

static const micros approval_within = 3LL * 3600 * MICROS_PER_SECOND;

/* --- Making one --- */

static bool is_open_to_payer(const struct paypal_order *order)
{
    return paypal_is(order->status, "CREATED") || paypal_is(order->status, "PAYER_ACTION_REQUIRED");
}

static void keep_texts(struct psp_visit *visit, struct paypal_order *order)
{
    order->reference_id = paypal_kept(visit, "purchase_units.0.reference_id");
    order->custom_id = paypal_kept(visit, "purchase_units.0.custom_id");
    order->invoice_id = paypal_kept(visit, "purchase_units.0.invoice_id");
    order->description = paypal_kept(visit, "purchase_units.0.description");
    order->soft_descriptor = paypal_kept(visit, "purchase_units.0.soft_descriptor");
    if (order->reference_id.bytes == NULL) order->reference_id = STR("default");
    order->completes_on_approval =
        str_equal(psp_given(visit, "processing_instruction"), STR("ORDER_COMPLETE_ON_PAYMENT_APPROVAL"));
}

static const char *check_intent(const struct psp_visit *visit, struct paypal_order *order)
{
    str intent = psp_given(visit, "intent");
    if (intent.bytes == NULL) return "MISSING_REQUIRED_PARAMETER";
    order->authorizes = str_equal(intent, STR("AUTHORIZE"));
    return order->authorizes || str_equal(intent, STR("CAPTURE")) ? NULL : "INVALID_PARAMETER_VALUE";
}

/* One unit only: several are not simulated. */
static const char *check_units(const struct psp_visit *visit)
{
    size_t count = json_length(given_find(visit->given, "purchase_units"));
    return count == 0 ? "MISSING_REQUIRED_PARAMETER" : count > 1 ? "INVALID_ARRAY_MAX_ITEMS" : NULL;
}

static bool read_order(struct psp_visit *visit, struct paypal_order *draft)
{
    if (!paypal_check(visit, check_intent(visit, draft), "/intent")) return false;
    if (!paypal_check(visit, check_units(visit), "/purchase_units")) return false;
    const char *issue = paypal_money_read(visit, "purchase_units.0.amount", &draft->amount);
    if (!paypal_check(visit, issue, "/purchase_units/0/amount")) return false;
    keep_texts(visit, draft);
    return paypal_read_source(visit, &draft->source);
}

/* A card, whether it has to be asked about or not, and what was saved. */
static bool needs_key(const struct paypal_source *source)
{
    return source->is_saved || source->kind == PAYPAL_CARD;
}

static struct paypal_order *keep_order(struct psp_visit *visit, const struct paypal_order *draft)
{
    struct paypal *paypal = paypal_of(visit);
    struct paypal_order *order = psp_shelf_add(&paypal->orders, paypal_id(paypal));
    struct psp_item item = order->item;
    *order = *draft;
    order->item = item;
    order->created = order->updated = psp_now(visit->psp);
    order->status = draft->source.kind == PAYPAL_NO_SOURCE ? "CREATED" : "PAYER_ACTION_REQUIRED";
    order->payer_id = paypal_draw(paypal, "23456789ABCDEFGHJKLMNPQRSTUVWXYZ", 13);
    return order;
}

static void answer_order(struct psp_visit *visit, int status, const struct paypal_order *order, enum paypal_detail detail)
{
    struct text text = text_open(visit->arena, 2048);
    psp_visit_note(visit, order->custom_id, order->amount.minor);
    paypal_put_order(&text, paypal_of(visit), order, detail);
    psp_answer_text(visit, status, &text);
}

void paypal_create_order(struct psp_visit *visit)
{
    struct paypal_order draft = { 0 };
    if (paypal_is_mocked(visit) || !read_order(visit, &draft)) return;
    if (needs_key(&draft.source) && str_is_empty(visit->desk.key)) {
        paypal_refuse(visit, "PAYPAL_REQUEST_ID_REQUIRED", NULL);
        return;
    }
    bool pays_now = !draft.source.asks_payer;
    if (pays_now && paypal_invoice_was_used(paypal_of(visit), draft.invoice_id)) {
        paypal_refuse(visit, "DUPLICATE_INVOICE_ID", NULL);
        return;
    }
    struct paypal_order *order = keep_order(visit, &draft);
    if (pays_now) paypal_order_pay(visit, order);
    answer_order(visit, 201, order, paypal_detail_of(visit));
}

/* --- Reading and changing one --- */

static bool is_over(const struct paypal_order *order, micros now)
{
    bool is_approved = paypal_is(order->status, "APPROVED");
    return (is_open_to_payer(order) && now >= order->created + approval_within)
           || (is_approved && now >= order->approved + approval_within);
}

struct paypal_order *paypal_find_order(struct psp_visit *visit, str id)
{
    struct paypal_order *order = psp_shelf_find(&paypal_of(visit)->orders, id);
    if (order != NULL && !is_over(order, psp_now(visit->psp))) return order;
    paypal_refuse_not_found(visit);
    return NULL;
}

void paypal_get_order(struct psp_visit *visit)
{
    if (paypal_is_mocked(visit)) return;
    const struct paypal_order *order = paypal_find_order(visit, visit->ids[0]);
    if (order) answer_order(visit, 200, order, PAYPAL_WHOLE);
}

/* "/purchase_units/@reference_id=='p1'/amount" and its kin. */
static bool ends_with(str text, const char *end)
{
    size_t length = strlen(end);
    return text.length >= length && str_equal(str_from(text, text.length - length), str_of(end));
}

/* NULL, or the issue. */
static const char *change(struct psp_visit *visit, struct paypal_order *order, size_t number)
{
    const char *value = arena_format(visit->arena, "%zu.value", number).bytes;
    str path = psp_given(visit, arena_format(visit->arena, "%zu.path", number).bytes);
    if (path.bytes == NULL) return "PATCH_PATH_REQUIRED";
    if (ends_with(path, "/amount")) return paypal_money_read(visit, value, &order->amount);
    str *text = ends_with(path, "/custom_id")     ? &order->custom_id
                : ends_with(path, "/invoice_id")  ? &order->invoice_id
                : ends_with(path, "/description") ? &order->description
                                                  : NULL;
    if (text == NULL) return "NOT_PATCHABLE";
    *text = paypal_kept(visit, value);
    return NULL;
}

/* All of them or none. */
void paypal_patch_order(struct psp_visit *visit)
{
    if (paypal_is_mocked(visit)) return;
    struct paypal_order *order = paypal_find_order(visit, visit->ids[0]);
    if (order == NULL) return;
    struct paypal_order changed = *order;
    const char *issue = paypal_is(order->status, "COMPLETED") ? "ORDER_ALREADY_COMPLETED" : NULL;
    for (size_t i = 0; issue == NULL && i < json_length(visit->given); i++) issue = change(visit, &changed, i);
    if (!paypal_check(visit, issue, NULL)) return;
    *order = changed;
    order->updated = psp_now(visit->psp);
    paypal_answer_nothing(visit);
}

/* --- The payer's word --- */

void paypal_order_answered(struct psp_visit *visit, struct paypal_order *order, bool approves)
{
    bool is_card = order->source.kind == PAYPAL_CARD;
    order->was_authenticated = is_card && approves;
    order->failed_authentication = is_card && !approves;
    if (!approves || !is_open_to_payer(order)) return;
    order->status = "APPROVED";
    order->approved = order->updated = psp_now(visit->psp);
    paypal_tell_order(paypal_of(visit), "CHECKOUT.ORDER.APPROVED", order);
    if (order->completes_on_approval) paypal_order_pay(visit, order);
}

/* --- Paying an approved one --- */

/* Why it cannot be done now; NULL: it can. */
static const char *check_approval(const struct paypal *paypal, const struct paypal_order *order)
{
    if (is_open_to_payer(order) && order->source.kind == PAYPAL_CARD) return "PAYER_ACTION_REQUIRED";
    if (is_open_to_payer(order)) return "ORDER_NOT_APPROVED";
    return paypal_invoice_was_used(paypal, order->invoice_id) ? "DUPLICATE_INVOICE_ID" : NULL;
}

static void pay(struct psp_visit *visit, bool authorizes, const char *done_already)
{
    if (paypal_is_mocked(visit)) return;
    struct paypal_order *order = paypal_find_order(visit, visit->ids[0]);
    if (order == NULL) return;
    const char *issue = order->authorizes != authorizes                          ? "ACTION_DOES_NOT_MATCH_INTENT"
                        : paypal_is(order->status, "COMPLETED") ? done_already
                                                                : check_approval(paypal_of(visit), order);
    if (!paypal_check(visit, issue, NULL)) return;
    paypal_order_pay(visit, order);
    answer_order(visit, 201, order, paypal_detail_of(visit));
}

void paypal_authorize_order(struct psp_visit *visit)
{
    pay(visit, true, "ORDER_ALREADY_AUTHORIZED");
}

void paypal_capture_order(struct psp_visit *visit)
{
    pay(visit, false, "ORDER_ALREADY_CAPTURED");
}
