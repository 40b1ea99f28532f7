/* SPDX-License-Identifier: Apache-2.0 */
/* flutterwave_lists: verify, which is the only proof of a payment, and lists by days, twenty a page, the newest first. */
#include <string.h>

#include "base/moment.h"
#include "sim/flutterwave.h"

enum { PAGE_ROWS = 20, DAY_CHARS = 10, PAGES_MAX = 100000 };

/* --- Verify --- */

static void answer_verified(struct psp_visit *visit, const struct flutterwave_charge *charge, int missing)
{
    if (charge == NULL) {
        flutterwave_refuse(visit, missing, "No transaction was found for this id");
        return;
    }
    psp_visit_note(visit, charge->tx_ref, charge->amount);
    struct text text = text_open(visit->arena, 1024);
    flutterwave_put_charge(&text, charge, FLUTTERWAVE_VERIFIED);
    flutterwave_answer_data(visit, "Transaction fetched successfully", text_str(&text));
}

static struct flutterwave_charge *find_numbered(struct psp_visit *visit)
{
    struct flutterwave_charge *charge = psp_shelf_find(&flutterwave_of(visit)->charges, visit->ids[0]);
    return charge && str_equal(charge->item.id, visit->ids[0]) ? charge : NULL;
}

void flutterwave_verify(struct psp_visit *visit)
{
    answer_verified(visit, find_numbered(visit), 400);
}

void flutterwave_verify_reference(struct psp_visit *visit)
{
    answer_verified(visit, flutterwave_find_reference(flutterwave_of(visit), psp_given(visit, "tx_ref")), 404);
}

void flutterwave_resend(struct psp_visit *visit)
{
    const struct flutterwave_charge *charge = find_numbered(visit);
    if (charge == NULL) {
        flutterwave_refuse(visit, 400, "No transaction was found for this id");
        return;
    }
    flutterwave_tell_charge(flutterwave_of(visit), charge);
    flutterwave_answer_data(visit, "hook sent", STR("null"));
}

/* --- Lists --- */

/* One kind of rows: which of them are wanted, and how they are put. */
struct list {
    const struct psp_shelf *shelf;
    bool (*wants)(struct psp_visit *visit, const void *item);
    void (*put)(struct text *text, const void *item);
    const char *message;
};

/* Is what was asked for by that name absent, or this? */
static bool fits(const struct psp_visit *visit, const char *name, str value)
{
    str wanted = psp_given(visit, name);
    return str_is_empty(wanted) || str_equal(wanted, value);
}

/* From one day up to and with another. */
static bool fits_days(const struct psp_visit *visit, micros moment)
{
    char buffer[MOMENT_TEXT_BYTES];
    str day = { moment_format(moment, buffer).bytes, DAY_CHARS };
    str from = psp_given(visit, "from"), to = psp_given(visit, "to");
    return (str_is_empty(from) || str_compare(day, from) >= 0) && (str_is_empty(to) || str_compare(day, to) <= 0);
}

static void put_page_info(struct text *text, int64_t total, int64_t page)
{
    json_name(text, "meta");
    json_open_object(text);
    json_name(text, "page_info");
    json_open_object(text);
    json_put_int(text, "total", total);
    json_put_int(text, "current_page", page);
    json_put_int(text, "total_pages", (total + PAGE_ROWS - 1) / PAGE_ROWS);
    json_close_object(text);
    json_close_object(text);
}

static int64_t put_rows(struct psp_visit *visit, const struct list *list, int64_t page, struct text *text)
{
    int64_t total = 0;
    json_open_list(text);
    for (uint32_t number = psp_shelf_count(list->shelf); number >= 1; number--) {
        const void *item = psp_shelf_at(list->shelf, number);
        if (!list->wants(visit, item)) continue;
        bool is_on_page = total / PAGE_ROWS == page - 1;
        total++;
        if (!is_on_page) continue;
        json_comma(text);
        list->put(text, item);
    }
    json_close_list(text);
    return total;
}

static void answer_list(struct psp_visit *visit, const struct list *list)
{
    int64_t page = 1;
    bool has_page = !str_is_empty(psp_given(visit, "page"));
    if (has_page && (!psp_given_int(visit, "page", &page) || page < 1 || page > PAGES_MAX)) {
        flutterwave_refuse(visit, 400, "Invalid page");
        return;
    }
    struct text rows = text_open(visit->arena, 4096);
    int64_t total = put_rows(visit, list, page, &rows);
    struct text text = text_open(visit->arena, rows.length + 256);
    json_open_object(&text);
    json_put_str(&text, "status", STR("success"));
    json_put_str(&text, "message", str_of(list->message));
    put_page_info(&text, total, page);
    json_put_raw(&text, "data", text_str(&rows));
    json_close_object(&text);
    psp_answer_text(visit, 200, &text);
}

/* --- Their kinds --- */

static bool wants_charge(struct psp_visit *visit, const void *item)
{
    const struct flutterwave_charge *charge = item;
    return fits(visit, "tx_ref", charge->tx_ref) && fits(visit, "status", str_of(charge->status))
           && fits(visit, "currency", charge->currency) && fits(visit, "customer_email", charge->email)
           && fits(visit, "customer_fullname", charge->name) && fits_days(visit, charge->created);
}

static void put_charge(struct text *text, const void *item)
{
    flutterwave_put_charge(text, item, FLUTTERWAVE_LISTED);
}

void flutterwave_list_charges(struct psp_visit *visit)
{
    answer_list(visit, &(struct list){ &flutterwave_of(visit)->charges, wants_charge, put_charge, "Transactions fetched" });
}

static bool wants_refund(struct psp_visit *visit, const void *item)
{
    const struct flutterwave_refund *refund = item;
    return fits(visit, "id", refund->item.id) && fits(visit, "status", str_of(refund->status))
           && fits(visit, "currency", refund->charge->currency) && fits_days(visit, refund->created);
}

static void put_refund(struct text *text, const void *item)
{
    flutterwave_put_refund(text, item);
}

void flutterwave_list_refunds(struct psp_visit *visit)
{
    answer_list(visit, &(struct list){ &flutterwave_of(visit)->refunds, wants_refund, put_refund, "Refunds fetched" });
}

static bool wants_dispute(struct psp_visit *visit, const void *item)
{
    const struct flutterwave_dispute *dispute = item;
    return fits(visit, "id", dispute->item.id) && fits(visit, "status", str_of(dispute->status))
           && fits(visit, "flw_ref", dispute->charge->flw_ref) && fits(visit, "currency", dispute->charge->currency)
           && fits_days(visit, dispute->created);
}

static void put_dispute(struct text *text, const void *item)
{
    flutterwave_put_dispute(text, item);
}

void flutterwave_list_disputes(struct psp_visit *visit)
{
    answer_list(visit, &(struct list){ &flutterwave_of(visit)->disputes, wants_dispute, put_dispute, "Chargebacks fetched" });
}

void flutterwave_list_balances(struct psp_visit *visit)
{
    const struct flutterwave *flutterwave = flutterwave_of(visit);
    struct text text = text_open(visit->arena, 1024);
    json_open_list(&text);
    for (int place = 0; place < FLUTTERWAVE_CURRENCIES; place++) {
        str currency = str_of(flutterwave_currency_at(place));
        int64_t amount = flutterwave->account.balances[place];
        json_comma(&text);
        json_open_object(&text);
        json_put_str(&text, "currency", currency);
        json_put_raw(&text, "available_balance", flutterwave_amount_text(visit->arena, amount, currency));
        json_put_raw(&text, "ledger_balance", flutterwave_amount_text(visit->arena, amount, currency));
        json_close_object(&text);
    }
    json_close_list(&text);
    flutterwave_answer_data(visit, "Wallet balances fetched", text_str(&text));
}
