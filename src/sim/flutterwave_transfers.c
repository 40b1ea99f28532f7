/* SPDX-License-Identifier: Apache-2.0 */
/* flutterwave_transfers: ways of paying without a card. The payer acts elsewhere: by a transfer, a code on his phone, an app. He does
 * so by himself after settle_ms, as he does in the company's own test mode. A bank transfer has no transaction before it came. */
#include <string.h>

#include "sim/flutterwave.h"

enum { PERCENT = 100, EXPIRES_SECONDS = 3600 };

/* How a way of paying asks the payer; the first that fits counts. */
enum asking { BY_TRANSFER, BY_CODE, BY_PAGE, BY_CALL };

static const struct way {
    const char *type; /* a beginning */
    const char *payment_type, *event_type;
    enum asking asking;
} ways[] = {
    { "bank_transfer", "bank_transfer", "BANK_TRANSFER_TRANSACTION", BY_TRANSFER },
    { "ussd", "ussd", "USSD_TRANSACTION", BY_CODE },
    { "mobile_money_", "mobilemoney", "MOBILEMONEY_TRANSACTION", BY_PAGE },
    { "mpesa", "mpesa", "MPESA_TRANSACTION", BY_CALL },
};

static const struct way *find_way(str type)
{
    for (size_t i = 0; i < COUNT_OF(ways); i++) {
        if (str_starts_with(type, str_of(ways[i].type))) return &ways[i];
    }
    return NULL;
}

/* A payment that the payer makes later. */
struct coming {
    struct flutterwave *flutterwave;
    struct flutterwave_charge order;
    struct flutterwave_charge *charge; /* NULL: it has no transaction yet */
};

/* What was transferred is what the charge is of: less than was asked, if the payer sent less. */
static void arrive(void *thing)
{
    struct coming *coming = thing;
    struct flutterwave_charge *charge = coming->charge;
    if (charge == NULL) {
        coming->order.amount = coming->order.amount * coming->flutterwave->account.transfer_percent / PERCENT;
        charge = flutterwave_begin(coming->flutterwave, &coming->order);
    }
    flutterwave_succeed(coming->flutterwave, NULL, charge);
}

static void expect(struct psp_visit *visit, const struct flutterwave_charge *order, struct flutterwave_charge *charge)
{
    struct coming *coming = arena_take(&visit->psp->arena, sizeof *coming);
    *coming = (struct coming){ flutterwave_of(visit), *order, charge };
    visit->desk.acted = true;
    psp_later(visit->psp, flutterwave_of(visit)->account.settle_ms * MICROS_PER_MS, arrive, coming);
}

static void ask_for_transfer(struct psp_visit *visit, const struct flutterwave_charge *order)
{
    struct text text = text_open(visit->arena, 512);
    str reference = psp_id(visit->psp, "MockFLWRef-", 12);
    int64_t good_until = psp_now_seconds(visit->psp) + EXPIRES_SECONDS;
    str amount = flutterwave_amount_text(visit->arena, order->amount, order->currency);
    json_open_object(&text);
    json_put_str(&text, "transfer_reference", reference);
    json_put_str(&text, "transfer_account", STR("0067100155"));
    json_put_str(&text, "transfer_bank", STR("Mock Bank"));
    json_put_int(&text, "account_expiration", good_until * 1000);
    json_put_str(&text, "transfer_note", STR("Mock note"));
    json_put_str(&text, "transfer_amount", amount);
    json_put_str(&text, "mode", STR("banktransfer"));
    json_close_object(&text);
    expect(visit, order, NULL);
    flutterwave_answer(visit, "Charge initiated", NULL, text_str(&text));
}

static void ask_with_charge(struct psp_visit *visit, const struct flutterwave_charge *order, enum asking asking)
{
    struct flutterwave_charge *charge = flutterwave_begin(flutterwave_of(visit), order);
    charge->response = "Transaction in progress";
    str authorization = STR("{\"mode\":\"callback\"}");
    if (asking == BY_CODE) authorization = STR("{\"mode\":\"ussd\",\"note\":\"*889*767*1234#\"}");
    if (asking == BY_PAGE) {
        charge->asks_bank = true;
        str page = psp_url(visit, arena_format(visit->arena, "/pay/%.*s", STR_FORMAT(charge->flw_ref)));
        authorization = arena_format(visit->arena, "{\"mode\":\"redirect\",\"redirect\":\"%.*s\"}", STR_FORMAT(page));
    } else {
        expect(visit, order, charge);
    }
    visit->desk.acted = true;
    flutterwave_answer(visit, "Charge initiated", charge, authorization);
}

void flutterwave_charge_otherwise(struct psp_visit *visit, str type)
{
    const struct way *way = find_way(type);
    if (way == NULL) {
        flutterwave_refuse(visit, 403, "This payment option is not enabled for this merchant");
        return;
    }
    struct flutterwave_charge *order = flutterwave_new_order(visit, visit->given);
    if (order == NULL) return;
    order->payment_type = way->payment_type;
    order->event_type = way->event_type;
    order->auth_model = "AUTH";
    order->is_hold = false;
    if (way->asking == BY_TRANSFER) ask_for_transfer(visit, order);
    else ask_with_charge(visit, order, way->asking);
}
