/* SPDX-License-Identifier: Apache-2.0 */
/* paypal_page: /checkoutnow?token=, where a payer approves or refuses an order or the saving of a method. */
#include "sim/paypal.h"

/* The token stands in the address, also when the form is posted. */
static str token_of(struct psp_visit *visit)
{
    const struct json *query;
    bool is_read = form_read(visit->arena, visit->desk.exchange->request.query, &query);
    return is_read ? given_text(query, "token") : STR_NONE;
}

static struct paypal_token *find_setup(struct psp_visit *visit)
{
    struct paypal_token *token = psp_shelf_find(&paypal_of(visit)->tokens, token_of(visit));
    return token && token->is_setup ? token : NULL;
}

void paypal_show_page(struct psp_visit *visit)
{
    struct psp_page page = { .title = STR("PayPal (simulated)") };
    if (find_setup(visit) != NULL) {
        page.lines[0] = STR("Save this payment method with the merchant?");
        psp_answer_page(visit, 200, &page);
        return;
    }
    const struct paypal_order *order = paypal_find_order(visit, token_of(visit));
    if (order == NULL) return;
    str amount = paypal_money_text(visit->arena, order->amount.minor, order->amount.currency);
    page.lines[0] = arena_format(visit->arena, "Pay %.*s %s?", STR_FORMAT(amount), order->amount.currency);
    page.lines[1] = order->description;
    psp_answer_page(visit, 200, &page);
}

static void send_back(struct psp_visit *visit, const struct paypal_source *source, bool approves, str token, str payer)
{
    str url = approves ? source->return_url : source->cancel_url;
    if (url.length == 0) {
        psp_answer_page(visit, 200, &(struct psp_page){ .title = approves ? STR("Approved") : STR("Refused") });
        return;
    }
    url = psp_url_with(visit->arena, url, "token", token);
    if (approves && payer.length > 0) url = psp_url_with(visit->arena, url, "PayerID", payer);
    psp_answer_redirect(visit, url);
}

void paypal_take_word(struct psp_visit *visit)
{
    bool approves = str_equal(psp_given(visit, "choice"), STR("approve"));
    struct paypal_token *setup = find_setup(visit);
    if (setup != NULL) {
        paypal_token_answered(visit, setup, approves);
        send_back(visit, &setup->source, approves, setup->item.id, STR_NONE);
        return;
    }
    struct paypal_order *order = paypal_find_order(visit, token_of(visit));
    if (order == NULL) return;
    paypal_order_answered(visit, order, approves);
    send_back(visit, &order->source, approves, order->item.id, order->payer_id);
}
