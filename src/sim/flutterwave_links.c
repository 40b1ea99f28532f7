/* SPDX-License-Identifier: Apache-2.0 */
/* flutterwave_links: pages for payers. On the hosted page each approval is a transaction of its own, all of them under the link's
 * reference, until one succeeds; who refuses only closes the page. On the page of his bank a payer answers once. */
#include "sim/flutterwave.h"

enum { LINK_CHARS = 20, SECONDS_PER_MINUTE = 60, SESSION_MINUTES_MAX = 1440, DONE = 200, GONE = 410, NOT_FOUND = 404 };

static const char paying_card[] = "5531886652142950"; /* when the payer names none */

static void answer_plainly(struct psp_visit *visit, int status, str sentence)
{
    visit->desk.answer.status = status;
    visit->desk.answer.content_type = STR("text/plain; charset=utf-8");
    visit->desk.answer.body = sentence;
}

/* Where a payer goes on to when he is done; it proves nothing to whom he comes to. */
static void send_back(struct psp_visit *visit, str redirect_url, const char *status, str tx_ref, const struct flutterwave_charge *charge)
{
    if (str_is_empty(redirect_url)) {
        answer_plainly(visit, DONE, STR("Done. This page can be closed.\n"));
        return;
    }
    str url = psp_url_with(visit->arena, redirect_url, "status", str_of(status));
    url = psp_url_with(visit->arena, url, "tx_ref", tx_ref);
    if (charge != NULL) url = psp_url_with(visit->arena, url, "transaction_id", charge->item.id);
    psp_answer_redirect(visit, url);
}

static bool approves(const struct psp_visit *visit)
{
    return str_equal(psp_given(visit, "choice"), STR("approve"));
}

static str sum_of(struct psp_visit *visit, int64_t amount, str currency)
{
    str text = flutterwave_amount_text(visit->arena, amount, currency);
    return arena_format(visit->arena, "%.*s %.*s", STR_FORMAT(text), STR_FORMAT(currency));
}

/* --- Links --- */

static void fill_link(struct psp_visit *visit, struct flutterwave_link *link, int64_t minutes)
{
    const struct json *meta = given_find(visit->given, "meta");
    link->tx_ref = flutterwave_kept(visit, visit->given, "tx_ref");
    link->currency = str_is_empty(psp_given(visit, "currency")) ? STR("NGN") : flutterwave_kept(visit, visit->given, "currency");
    link->redirect_url = flutterwave_kept(visit, visit->given, "redirect_url");
    link->email = flutterwave_kept(visit, visit->given, "customer.email");
    link->name = flutterwave_kept(visit, visit->given, "customer.name");
    link->phone = flutterwave_kept(visit, visit->given, "customer.phonenumber");
    link->meta = meta ? psp_keep(visit->psp, json_canonical(visit->arena, meta, NULL, NULL)) : STR_NONE;
    link->expires = minutes > 0 ? psp_now(visit->psp) + minutes * SECONDS_PER_MINUTE * MICROS_PER_SECOND : 0;
}

/* What is wrong; NULL: nothing. */
static const char *find_fault(struct psp_visit *visit, int64_t *amount, int64_t *minutes)
{
    str currency = psp_given(visit, "currency");
    if (str_is_empty(currency)) currency = STR("NGN");
    *minutes = 0;
    bool has_session = given_find(visit->given, "session_duration") != NULL;
    if (psp_given(visit, "tx_ref").length > FLUTTERWAVE_REFERENCE_CHARS_MAX) return "Invalid tx_ref: at most 100 characters";
    if (flutterwave_currency(currency) < 0) return "You can only charge in a currency that is supported";
    if (!flutterwave_amount_read(psp_given(visit, "amount"), currency, amount)) return "Invalid amount";
    if (has_session && (!psp_given_int(visit, "session_duration", minutes) || *minutes < 1 || *minutes > SESSION_MINUTES_MAX)) {
        return "Invalid session_duration";
    }
    return NULL;
}

void flutterwave_create_link(struct psp_visit *visit)
{
    static const char *const required[] = { "tx_ref", "amount", "redirect_url", "customer.email", NULL };
    int64_t amount, minutes;
    if (!flutterwave_has_all(visit, visit->given, required)) return;
    const char *fault = find_fault(visit, &amount, &minutes);
    if (fault != NULL) {
        flutterwave_refuse(visit, 400, fault);
        return;
    }
    struct flutterwave_link *link = psp_shelf_add(&flutterwave_of(visit)->links, psp_id(visit->psp, "flwlnk-", LINK_CHARS));
    fill_link(visit, link, minutes);
    link->amount = amount;
    visit->desk.acted = true;
    psp_visit_note(visit, link->tx_ref, amount);
    str url = psp_url(visit, arena_format(visit->arena, "/v3/hosted/pay/%.*s", STR_FORMAT(link->item.id)));
    flutterwave_answer_data(visit, "Hosted Link", arena_format(visit->arena, "{\"link\":\"%.*s\"}", STR_FORMAT(url)));
}

static str last_segment(str url)
{
    str rest = url, segment = url;
    while (rest.length > 0) segment = str_cut(rest, '/', &rest);
    return segment;
}

void flutterwave_disable_link(struct psp_visit *visit)
{
    struct flutterwave_link *link = psp_shelf_find(&flutterwave_of(visit)->links, last_segment(psp_given(visit, "link")));
    if (link == NULL) {
        flutterwave_refuse(visit, 400, "Invalid link");
        return;
    }
    link->is_disabled = true;
    visit->desk.acted = true;
    flutterwave_answer_data(visit, "Payment link disabled", STR("null"));
}

/* NULL: there is none any more, and an answer was given. */
static struct flutterwave_link *open_link(struct psp_visit *visit)
{
    struct flutterwave_link *link = psp_shelf_find(&flutterwave_of(visit)->links, visit->ids[0]);
    bool is_over = link && link->expires > 0 && psp_now(visit->psp) >= link->expires;
    if (link == NULL) answer_plainly(visit, NOT_FOUND, STR("There is no such page.\n"));
    else if (link->is_disabled || is_over) answer_plainly(visit, GONE, STR("This link has expired.\n"));
    else if (link->is_paid) answer_plainly(visit, GONE, STR("This was paid.\n"));
    else return link;
    return NULL;
}

void flutterwave_show_link(struct psp_visit *visit)
{
    const struct flutterwave_link *link = open_link(visit);
    if (link == NULL) return;
    psp_answer_page(visit, DONE,
                    &(struct psp_page){ .title = STR("Pay"),
                                        .lines = { sum_of(visit, link->amount, link->currency), link->tx_ref },
                                        .field = "card",
                                        .field_label = "A test card's number (none: one that pays)" });
}

static struct flutterwave_charge *charge_on_page(struct psp_visit *visit, const struct flutterwave_link *link,
                                                 const struct psp_card *card)
{
    struct flutterwave_charge order = {
        .tx_ref = link->tx_ref,
        .currency = link->currency,
        .email = link->email,
        .name = link->name,
        .phone = link->phone,
        .meta = link->meta,
        .amount = link->amount,
        .auth_model = "PIN",
        .payment_type = "card",
        .event_type = "CARD_TRANSACTION",
        .has_card = true,
        .card = *card,
    };
    struct flutterwave_charge *charge = flutterwave_begin(flutterwave_of(visit), &order);
    charge->card.expiry_month = 9;
    charge->card.expiry_year = 32;
    return charge;
}

void flutterwave_use_link(struct psp_visit *visit)
{
    struct psp_card card;
    struct flutterwave_link *link = open_link(visit);
    if (link == NULL) return;
    if (!approves(visit)) {
        send_back(visit, link->redirect_url, "cancelled", link->tx_ref, NULL);
        return;
    }
    str number = str_is_empty(psp_given(visit, "card")) ? str_of(paying_card) : psp_given(visit, "card");
    if (!psp_visit_card(visit, number, &card)) {
        answer_plainly(visit, 400, STR("This is no card number.\n"));
        return;
    }
    struct flutterwave_charge *charge = charge_on_page(visit, link, &card);
    link->is_paid = flutterwave_charge_card(flutterwave_of(visit), visit, charge);
    send_back(visit, link->redirect_url, link->is_paid ? "successful" : "failed", link->tx_ref, charge);
}

/* --- The payer's bank --- */

static struct flutterwave_charge *asked_charge(struct psp_visit *visit)
{
    struct flutterwave_charge *charge = flutterwave_find_flw(flutterwave_of(visit), visit->ids[0]);
    if (charge != NULL && charge->asks_bank) return charge;
    answer_plainly(visit, charge ? GONE : NOT_FOUND, STR("Nothing is asked here any more.\n"));
    return NULL;
}

void flutterwave_show_bank(struct psp_visit *visit)
{
    const struct flutterwave_charge *charge = asked_charge(visit);
    if (charge == NULL) return;
    psp_answer_page(visit, DONE,
                    &(struct psp_page){ .title = STR("Your bank asks: is it you who pays?"),
                                        .lines = { sum_of(visit, charge->amount, charge->currency), charge->tx_ref } });
}

void flutterwave_use_bank(struct psp_visit *visit)
{
    struct flutterwave *flutterwave = flutterwave_of(visit);
    struct flutterwave_charge *charge = asked_charge(visit);
    if (charge == NULL) return;
    charge->asks_bank = false;
    if (approves(visit)) flutterwave_succeed(flutterwave, visit, charge);
    else flutterwave_fail(flutterwave, charge, "3DS authentication failed");
    send_back(visit, charge->redirect_url, charge->status, charge->tx_ref, charge);
}
