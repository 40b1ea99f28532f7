/* SPDX-License-Identifier: Apache-2.0 */
/* flutterwave_books: a charge succeeds or fails, once. Money and fees, saved cards, holds that end by themselves, and news of all that. */
#include "sim/flutterwave.h"

enum { FEE_THOUSANDTHS = 14, THOUSAND = 1000, SECONDS_PER_HOUR = 3600, TOKEN_CHARS = 32 };

int64_t flutterwave_fee(int64_t amount)
{
    return (amount * FEE_THOUSANDTHS + THOUSAND - 1) / THOUSAND;
}

int64_t *flutterwave_balance(struct flutterwave *flutterwave, const struct flutterwave_charge *charge)
{
    int place = flutterwave_currency(charge->currency);
    INSIST(place >= 0);
    return &flutterwave->account.balances[place];
}

void flutterwave_enter(struct flutterwave *flutterwave, struct psp_visit *visit, const struct flutterwave_charge *charge,
                       const char *kind, str id, int64_t amount)
{
    psp_enter(flutterwave->psp, visit,
              &(struct psp_effect){ .kind = kind,
                                    .id = id,
                                    .parent = charge->item.id,
                                    .operation = charge->tx_ref,
                                    .amount = amount,
                                    .currency = charge->currency,
                                    .fingerprint = charge->has_card ? str_of(charge->card.fingerprint) : STR_NONE });
}

/* --- Saved cards --- */

static struct flutterwave_token *find_token(const struct flutterwave *flutterwave, const struct flutterwave_charge *charge)
{
    for (uint32_t i = 1; i <= psp_shelf_count(&flutterwave->tokens); i++) {
        struct flutterwave_token *token = psp_shelf_at(&flutterwave->tokens, i);
        bool is_card = str_equal(str_of(token->card.fingerprint), str_of(charge->card.fingerprint));
        if (is_card && str_equal_ignoring_case(token->email, charge->email)) return token;
    }
    return NULL;
}

/* One token for each card and e-mail address. */
static struct flutterwave_token *save_card(struct flutterwave *flutterwave, const struct flutterwave_charge *charge)
{
    struct flutterwave_token *token = find_token(flutterwave, charge);
    if (token != NULL) return token;
    token = psp_shelf_add(&flutterwave->tokens, psp_id(flutterwave->psp, "flw-t1nf-", TOKEN_CHARS));
    token->email = charge->email;
    token->name = charge->name;
    token->card = charge->card;
    return token;
}

/* --- Holds --- */

/* Which hold ends, and where. */
struct hold_end {
    struct flutterwave *flutterwave;
    struct flutterwave_charge *charge;
};

static void end_hold(void *thing)
{
    struct hold_end *end = thing;
    if (!end->charge->is_open) return;
    end->charge->is_open = false;
    flutterwave_enter(end->flutterwave, NULL, end->charge, "expiry", end->charge->flw_ref, end->charge->amount);
}

static void begin_hold(struct flutterwave *flutterwave, struct psp_visit *visit, struct flutterwave_charge *charge)
{
    struct hold_end *end = arena_take(&flutterwave->psp->arena, sizeof *end);
    *end = (struct hold_end){ flutterwave, charge };
    charge->is_open = true;
    flutterwave_enter(flutterwave, visit, charge, "authorization", charge->item.id, charge->amount);
    psp_later(flutterwave->psp, flutterwave->psp->options.hold_hours * SECONDS_PER_HOUR * MICROS_PER_SECOND, end_hold, end);
}

/* --- The end of a charge --- */

static void take_money(struct flutterwave *flutterwave, struct psp_visit *visit, struct flutterwave_charge *charge)
{
    charge->is_captured = true;
    charge->fee = flutterwave_fee(charge->charged);
    *flutterwave_balance(flutterwave, charge) += charge->charged - charge->fee;
    flutterwave_enter(flutterwave, visit, charge, "capture", charge->item.id, charge->charged);
}

void flutterwave_succeed(struct flutterwave *flutterwave, struct psp_visit *visit, struct flutterwave_charge *charge)
{
    charge->status = "successful";
    charge->response = "Approved by Financial Institution";
    if (charge->has_card) charge->token = save_card(flutterwave, charge);
    if (charge->is_hold) begin_hold(flutterwave, visit, charge);
    else take_money(flutterwave, visit, charge);
    flutterwave_tell_charge(flutterwave, charge);
}

void flutterwave_fail(struct flutterwave *flutterwave, struct flutterwave_charge *charge, const char *response)
{
    charge->status = "failed";
    charge->response = response;
    charge->asks_otp = charge->asks_bank = false;
    flutterwave_tell_charge(flutterwave, charge);
}
