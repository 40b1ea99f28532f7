/* SPDX-License-Identifier: Apache-2.0 */
/* paystack_page: where a payer says yes or no: the hosted page, the page of his bank, and, for ways that have none in truth, what he
 * does elsewhere. /checkout/ takes an access code or a reference. A charge of the hosted page that he left stays open. */
#include <string.h>

#include "sim/paystack.h"

static const char default_card[] = "4084084084084081";

void paystack_send_to_page(struct psp_visit *visit, struct paystack_charge *charge)
{
    charge->page = PAYSTACK_PAGE_CARD;
    struct text data = text_open(visit->arena, 256);
    json_open_object(&data);
    str path = arena_format(visit->arena, "/checkout/%.*s", STR_FORMAT(charge->access_code));
    json_put_str(&data, "authorization_url", psp_url(visit, path));
    json_put_str(&data, "access_code", charge->access_code);
    json_put_str(&data, "reference", charge->item.id);
    json_close_object(&data);
    paystack_answer_raw(visit, "Authorization URL created", text_str(&data));
}

void paystack_initialize(struct psp_visit *visit)
{
    struct paystack_wish wish;
    if (paystack_read_wish(visit, &wish)) paystack_send_to_page(visit, paystack_charge_new(visit, &wish));
}

/* --- What he sees --- */

static const char *const titles[] = {
    [PAYSTACK_NO_PAGE] = "Nothing to do here",
    [PAYSTACK_PAGE_CARD] = "Pay with a card",
    [PAYSTACK_PAGE_BANK] = "Your bank asks",
    [PAYSTACK_PAGE_PHONE] = "Pay on your phone",
    [PAYSTACK_PAGE_TRANSFER] = "Transfer to the account",
};

static const struct {
    const char *field, *label;
} fields[] = {
    [PAYSTACK_NO_PAGE] = { NULL, NULL },
    [PAYSTACK_PAGE_CARD] = { "card", "Card number (empty: a test card that pays)" },
    [PAYSTACK_PAGE_BANK] = { NULL, NULL },
    [PAYSTACK_PAGE_PHONE] = { NULL, NULL },
    [PAYSTACK_PAGE_TRANSFER] = { "amount", "Sum, in hundredths (empty: the right one)" },
};

static bool has_timed_out(const struct paystack_charge *charge)
{
    int64_t seconds = paystack_in(charge->psp)->session_seconds;
    return seconds > 0 && psp_now(charge->psp) >= charge->created_at + seconds * MICROS_PER_SECOND;
}

static bool is_decided(const struct paystack_charge *charge)
{
    if (charge->hold) return strcmp(charge->hold->status, "abandoned") != 0 && strcmp(charge->hold->status, "ongoing") != 0;
    return paystack_is_over(charge);
}

static void show(struct psp_visit *visit, struct paystack_charge *charge, int status, const char *remark)
{
    bool is_open = !is_decided(charge) && !has_timed_out(charge) && charge->page != PAYSTACK_NO_PAGE;
    enum paystack_page kind = is_open ? charge->page : PAYSTACK_NO_PAGE;
    struct psp_page page = {
        .title = str_of(titles[kind]),
        .lines = { arena_format(visit->arena, "%lld.%02d %.*s", (long long)(charge->requested / 100), (int)(charge->requested % 100),
                                STR_FORMAT(charge->currency)),
                   charge->customer->email, str_of(remark) },
        .field = fields[kind].field,
        .field_label = fields[kind].label,
    };
    psp_answer_page(visit, status, &page);
}

static struct paystack_charge *charge_of(const struct psp_visit *visit)
{
    return psp_shelf_find(&paystack_of(visit)->charges, visit->ids[0]);
}

void paystack_show_page(struct psp_visit *visit)
{
    struct paystack_charge *charge = charge_of(visit);
    if (charge == NULL) {
        paystack_refuse(visit, PAYSTACK_NO_TRANSACTION);
        return;
    }
    const char **status = charge->hold ? &charge->hold->status : &charge->status;
    if (charge->page == PAYSTACK_PAGE_CARD && strcmp(*status, "abandoned") == 0) *status = "ongoing";
    show(visit, charge, 200, "");
}

/* --- Where he goes then --- */

static void go_back(struct psp_visit *visit, const struct paystack_charge *charge, str to)
{
    if (to.length == 0) {
        show(visit, charge_of(visit), 200, "You may close this page.");
        return;
    }
    str url = psp_url_with(visit->arena, to, "trxref", charge->item.id);
    psp_answer_redirect(visit, psp_url_with(visit->arena, url, "reference", charge->item.id));
}

static str cancel_url(const struct psp_visit *visit, const struct paystack_charge *charge)
{
    const struct json *metadata;
    str url = body_read(visit->arena, charge->metadata, &metadata) ? given_text(metadata, "cancel_action") : STR_NONE;
    return url.length > 0 ? url : charge->callback_url;
}

/* Who leaves the hosted page may come back; a bank that was told no has decided. */
static void take_no(struct psp_visit *visit, struct paystack_charge *charge)
{
    bool may_come_back = charge->page == PAYSTACK_PAGE_CARD;
    const char **status = charge->hold ? &charge->hold->status : &charge->status;
    if (may_come_back) *status = "abandoned";
    else paystack_fail(charge, charge->page == PAYSTACK_PAGE_BANK ? "Authentication failed" : "Declined");
    go_back(visit, charge, may_come_back ? cancel_url(visit, charge) : charge->callback_url);
}

/* --- Yes --- */

/* At the hosted page he is asked for the rest right there, and answers it. */
static bool choose_card(struct psp_visit *visit, struct paystack_charge *charge)
{
    enum { EXPIRY_MONTH = 12, EXPIRY_YEAR = 2049 };
    str number = psp_given(visit, "card");
    if (!psp_visit_card(visit, number.length > 0 ? number : str_of(default_card), &charge->card)) return false;
    charge->card.expiry_month = EXPIRY_MONTH;
    charge->card.expiry_year = EXPIRY_YEAR;
    charge->channel = "card";
    paystack_meet_issuer(charge);
    charge->steps = STR("");
    return true;
}

static void put_rejection(struct text *text, const void *object)
{
    const struct paystack_charge *charge = object;
    json_open_object(text);
    json_name(text, "bank_transfer");
    json_open_object(text);
    json_put_str(text, "amount", arena_format(text->arena, "%lld", (long long)charge->transferred));
    json_put_str(text, "message", STR("Incorrect amount sent"));
    json_put_str(text, "message_type", charge->transferred < charge->requested ? STR("UNDERPAYMENT") : STR("OVERPAYMENT"));
    json_put_str(text, "transaction_id", arena_format(text->arena, "%lld", (long long)paystack_charge_number(charge)));
    json_close_object(text);
    json_name(text, "customer");
    paystack_put_customer(text, charge->customer);
    json_close_object(text);
}

/* A wrong sum goes back, and the account waits on. */
static bool is_right_sum(struct psp_visit *visit, struct paystack_charge *charge)
{
    int64_t sum;
    if (!psp_given_int(visit, "amount", &sum) || sum == charge->requested) return true;
    charge->transferred = sum;
    paystack_tell(charge->psp, "bank.transfer.rejected", charge->item.id, put_rejection, charge);
    return false;
}

static void take_yes(struct psp_visit *visit, struct paystack_charge *charge)
{
    if (charge->page == PAYSTACK_PAGE_CARD && !choose_card(visit, charge)) {
        show(visit, charge, 400, "This is not the number of a card.");
    } else if (charge->page == PAYSTACK_PAGE_TRANSFER && !is_right_sum(visit, charge)) {
        show(visit, charge, 400, "The sum is wrong and goes back.");
    } else {
        paystack_proceed(visit, charge);
        go_back(visit, charge, charge->callback_url);
    }
}

void paystack_take_word(struct psp_visit *visit)
{
    struct paystack_charge *charge = charge_of(visit);
    str choice = psp_given(visit, "choice");
    if (charge == NULL) paystack_refuse(visit, PAYSTACK_NO_TRANSACTION);
    else if (is_decided(charge) || has_timed_out(charge) || charge->page == PAYSTACK_NO_PAGE) show(visit, charge, 409, "It is over.");
    else if (str_equal(choice, STR("approve"))) take_yes(visit, charge);
    else if (str_equal(choice, STR("refuse"))) take_no(visit, charge);
    else show(visit, charge, 400, "Approve or refuse?");
}
