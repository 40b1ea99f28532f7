/* SPDX-License-Identifier: Apache-2.0 */
/* bank_audit: the two invariants of section 9 of the bank's contract, counted again from nothing. */
#include "sim/bank_audit.h"

#include <stdlib.h>

/* What one account should show. */
struct recount {
    int64_t open_cents;
    int64_t captured_cents;
    int64_t refunded_cents;
};

static void count_in(struct bank_sum *sum, int64_t cents)
{
    sum->count++;
    sum->cents += cents;
}

static void count_effect(const struct bank_effect *effect, struct recount *recount, struct bank_totals *totals)
{
    count_in(&totals->of[effect->kind], effect->cents);
    if (effect->kind == BANK_CAPTURE) recount->captured_cents += effect->cents;
    if (effect->kind == BANK_REFUND) recount->refunded_cents += effect->cents;
    if (effect->kind != BANK_HOLD || effect->used_by != 0) return;
    recount->open_cents += effect->cents;
    count_in(&totals->open_holds, effect->cents);
}

static bool account_is_balanced(const struct bank_account *account, const struct recount *recount)
{
    int64_t expected = account->start_cents - recount->captured_cents + recount->refunded_cents;
    return account->balance_cents - account->available_cents == recount->open_cents
           && account->balance_cents == expected;
}

struct bank_totals bank_book_audit(const struct bank_book *book)
{
    struct bank_totals totals = { .is_balanced = true };
    uint32_t accounts = bank_book_account_count(book);
    struct recount *recounts = calloc((size_t)accounts + 1, sizeof *recounts);
    INSIST(recounts != NULL);
    for (uint32_t i = 1; i <= bank_book_count(book); i++) {
        const struct bank_effect *effect = bank_book_effect(book, i);
        count_effect(effect, &recounts[effect->account], &totals);
    }
    for (uint32_t i = 1; i <= accounts; i++) {
        if (!account_is_balanced(bank_book_account(book, i), &recounts[i])) totals.is_balanced = false;
    }
    free(recounts);
    return totals;
}
