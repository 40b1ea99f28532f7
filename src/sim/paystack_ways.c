/* SPDX-License-Identifier: Apache-2.0 */
/* paystack_ways: the ways to charge. Each says how it begins: with a step, with a page, or with something to do elsewhere. */
#include <string.h>

#include "sim/paystack.h"

static const micros agrees_after = 2LL * MICROS_PER_SECOND; /* the owner of a test phone */

enum { ACCOUNT_FIRST = 1234567890 };

/* --- A card that was saved --- */

/* Without its owner nobody is there to type anything: whatever is asked becomes a page for him. */
static void begin_saved(struct psp_visit *visit, struct paystack_charge *charge, struct paystack_saved *saved)
{
    charge->saved = saved;
    charge->card = saved->card;
    charge->channel = "card";
    paystack_meet_issuer(charge);
    bool asks_for_him = str_contains(charge->steps, STR("page")) || paystack_of(visit)->issuer.asks.length > 0;
    charge->steps = asks_for_him && charge->steps.length > 0 ? STR("page") : STR("");
    paystack_proceed(visit, charge);
    bool is_queued = charge->pends_ms > 0 && given_is_true(visit->given, "queue");
    if (is_queued && !paystack_is_over(charge)) charge->status = "queued";
}

static void put_paused(struct text *text, struct psp_visit *visit, const struct paystack_charge *charge)
{
    str path = arena_format(visit->arena, "/checkout/%.*s", STR_FORMAT(charge->access_code));
    json_open_object(text);
    json_put_str(text, "authorization_url", psp_url(visit, path));
    json_put_str(text, "reference", charge->item.id);
    json_put_str(text, "access_code", charge->access_code);
    json_put_bool(text, "paused", true);
    json_close_object(text);
}

static void answer_saved(struct psp_visit *visit, const struct paystack_charge *charge)
{
    if (strcmp(charge->status, "open_url") != 0) {
        paystack_answer(visit, "Charge attempted", paystack_put_charge, charge);
        return;
    }
    struct text data = text_open(visit->arena, 256);
    put_paused(&data, visit, charge);
    paystack_answer_raw(visit, "Please, redirect your customer to the authorization url provided", text_str(&data));
}

static void charge_saved(struct psp_visit *visit, int64_t least)
{
    struct paystack_wish wish;
    struct paystack_saved *saved;
    if (!paystack_read_wish(visit, &wish) || !paystack_use_saved(visit, &wish, &saved)) return;
    struct paystack_charge *charge = paystack_charge_new(visit, &wish);
    charge->least = least;
    begin_saved(visit, charge, saved);
    answer_saved(visit, charge);
}

void paystack_charge_authorization(struct psp_visit *visit)
{
    charge_saved(visit, 0);
}

void paystack_partial_debit(struct psp_visit *visit)
{
    int64_t least = 0;
    bool says_least = psp_given(visit, "at_least").length > 0;
    if (psp_given(visit, "currency").length == 0) paystack_miss(visit, "currency");
    else if (says_least && !paystack_read_amount(visit, "at_least", &least)) paystack_refuse(visit, PAYSTACK_INVALID_AMOUNT);
    else charge_saved(visit, says_least ? least : 1);
}

/* --- Ways that begin elsewhere --- */

static void agree(void *thing)
{
    struct paystack_charge *charge = thing;
    if (!paystack_is_over(charge)) paystack_decide(NULL, charge);
}

static void wait_offline(struct paystack_charge *charge, const char *status, enum paystack_page page, const char *display_text)
{
    paystack_meet_issuer(charge);
    charge->steps = STR("");
    charge->status = status;
    charge->page = page;
    charge->display_text = display_text;
}

static void begin_ussd(struct psp_visit *visit, struct paystack_charge *charge)
{
    str type = psp_given(visit, "ussd.type");
    wait_offline(charge, "pay_offline", PAYSTACK_PAGE_PHONE, "Please dial the code on your mobile phone to complete the transaction");
    charge->ussd_code = psp_keep(visit->psp, arena_format(visit->arena, "*%.*s*000*%u#", STR_FORMAT(type), charge->item.number));
}

/* The public test phones agree by themselves; one of them wants a code typed first. */
static void begin_phone(struct psp_visit *visit, struct paystack_charge *charge)
{
    str phone = psp_given(visit, "mobile_money.phone");
    bool agrees = str_equal(phone, STR("0551234987")) || str_equal(phone, STR("+254710000000"));
    wait_offline(charge, "pay_offline", PAYSTACK_PAGE_PHONE, "Please complete authorization process on your mobile phone");
    if (agrees) psp_later(charge->psp, agrees_after, agree, charge);
    if (!str_equal(phone, STR("0700000000"))) return;
    charge->steps = STR("otp");
    paystack_proceed(visit, charge);
}

static void begin_transfer(struct psp_visit *visit, struct paystack_charge *charge)
{
    long long account = ACCOUNT_FIRST + (long long)charge->item.number;
    wait_offline(charge, "pending_bank_transfer", PAYSTACK_PAGE_TRANSFER, "Please make a transfer to the account specified");
    charge->account_number = psp_keep(visit->psp, arena_format(visit->arena, "%lld", account));
    charge->expires_text = psp_keep(visit->psp, psp_given(visit, "bank_transfer.account_expires_at"));
}

/* Kuda's clients bring a token of their own; others are asked for their birthday and a code. */
static void begin_bank(struct psp_visit *visit, struct paystack_charge *charge)
{
    str token = psp_given(visit, "bank.token");
    paystack_meet_issuer(charge);
    if (charge->steps.length == 0) charge->steps = psp_given(visit, "birthday").length > 0 ? STR("otp") : STR("birthday otp");
    if (token.length > 0) charge->steps = STR("");
    if (token.length > 0 && !str_equal(token, STR("123456"))) charge->declines = "Token Not Generated";
    paystack_proceed(visit, charge);
}

static void begin_code(struct psp_visit *visit, struct paystack_charge *charge)
{
    (void)visit;
    wait_offline(charge, "pay_offline", PAYSTACK_PAGE_PHONE, "Please scan the code to complete the transaction");
}

static const struct way {
    const char *member;
    const char *channel;
    void (*begin)(struct psp_visit *visit, struct paystack_charge *charge);
} ways[] = {
    { "ussd", "ussd", begin_ussd },  { "mobile_money", "mobile_money", begin_phone }, { "bank_transfer", "bank_transfer", begin_transfer },
    { "bank", "bank", begin_bank },  { "qr", "qr", begin_code },                      { "eft", "eft", begin_code },
    { "capitec_pay", "capitec_pay", begin_code },
};

static const struct way *find_way(const struct psp_visit *visit)
{
    for (size_t i = 0; i < COUNT_OF(ways); i++) {
        if (given_find(visit->given, ways[i].member)) return &ways[i];
    }
    return NULL;
}

static void begin_way(struct psp_visit *visit, const struct paystack_wish *wish, const struct way *way)
{
    struct paystack_charge *charge = paystack_charge_new(visit, wish);
    charge->channel = way->channel;
    way->begin(visit, charge);
    paystack_answer(visit, "Charge attempted", paystack_put_step, charge);
}

/* A PIN that came along is not asked for again. */
static void skip_given_pin(struct psp_visit *visit, struct paystack_charge *charge)
{
    str pin = psp_given(visit, "pin");
    if (pin.length == 0 || !str_starts_with(charge->steps, STR("pin"))) return;
    (void)str_cut(charge->steps, ' ', &charge->steps);
    if (!str_equal(pin, str_of(charge->right_pin))) charge->declines = "Incorrect PIN";
}

static void charge_card(struct psp_visit *visit, const struct paystack_wish *wish)
{
    struct psp_card card;
    const char *declines;
    if (!paystack_read_card(visit, &card, &declines)) return;
    struct paystack_charge *charge = paystack_charge_new(visit, wish);
    charge->channel = "card";
    charge->card = card;
    charge->declines = declines;
    paystack_meet_issuer(charge);
    skip_given_pin(visit, charge);
    paystack_proceed(visit, charge);
    paystack_answer(visit, "Charge attempted", paystack_put_step, charge);
}

static void charge_code(struct psp_visit *visit, const struct paystack_wish *wish)
{
    struct paystack_saved *saved;
    if (!paystack_use_saved(visit, wish, &saved)) return;
    struct paystack_charge *charge = paystack_charge_new(visit, wish);
    begin_saved(visit, charge, saved);
    paystack_answer(visit, "Charge attempted", paystack_put_step, charge);
}

void paystack_charge(struct psp_visit *visit)
{
    struct paystack_wish wish;
    const struct way *way = find_way(visit);
    if (!paystack_read_wish(visit, &wish)) return;
    if (given_find(visit->given, "card")) charge_card(visit, &wish);
    else if (given_find(visit->given, "authorization_code")) charge_code(visit, &wish);
    else if (way) begin_way(visit, &wish, way);
    else paystack_refuse(visit, PAYSTACK_NO_WAY);
}

/* --- What became of it --- */

static void answer_charge(struct psp_visit *visit, str name, const char *message, paystack_put *put)
{
    struct paystack_charge *charge = paystack_find_charge(visit, name);
    psp_visit_note(visit, name, charge ? charge->amount : 0);
    if (charge) paystack_answer(visit, message, put, charge);
    else paystack_refuse(visit, PAYSTACK_NO_TRANSACTION);
}

void paystack_verify(struct psp_visit *visit)
{
    answer_charge(visit, visit->ids[0], "Verification successful", paystack_put_charge);
}

void paystack_fetch_charge(struct psp_visit *visit)
{
    answer_charge(visit, visit->ids[0], "Transaction retrieved", paystack_put_charge);
}

void paystack_check_charge(struct psp_visit *visit)
{
    answer_charge(visit, visit->ids[0], "Reference check successful", paystack_put_step);
}

static bool is_wanted(const struct psp_visit *visit, const void *item)
{
    const struct paystack_charge *charge = item;
    str status = psp_given(visit, "status");
    if (charge->hold && charge->paid_at == 0) return false;
    if (status.length > 0 && !str_equal(status, str_of(charge->status))) return false;
    return paystack_is_between(visit, charge->created_at);
}

void paystack_list_charges(struct psp_visit *visit)
{
    paystack_list(visit, "Transactions retrieved", &paystack_of(visit)->charges, "per_page", is_wanted, paystack_put_charge);
}
