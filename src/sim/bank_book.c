/* SPDX-License-Identifier: Apache-2.0 */
/* bank_book: the bank's rules, in the order in which it checks them, and the money they move.
 *
 *     event        balance     available
 *     hold            .        - cents
 *     capture      - cents        .          only of an open hold that has not expired
 *     void            .        + cents       of any open hold
 *     refund       + cents     + cents       once for each capture
 *
 * An expired hold stays held until it is voided. */
#include "sim/bank_book.h"

#include <stdlib.h>
#include <string.h>

#include "base/moment.h"
#include "sim/desk_table.h"

static const int64_t ns_per_hour = 3600LL * 1000 * 1000 * 1000;

enum { NS_PER_MICRO = 1000 };

/* A further card's number, kept beside its account. */
struct numbered_account {
    struct bank_account account;
    char number[BANK_CARD_DIGITS + 1];
};

struct bank_book {
    int64_t auth_expiry_hours;
    struct desk_pool accounts;
    struct desk_index account_by_number;
    struct desk_pool effects;
    struct desk_index effect_by_id;
};

/* --- Accounts --- */

static struct bank_account *account_at(const struct bank_book *book, uint32_t number)
{
    return &((struct numbered_account *)desk_pool_at(&book->accounts, number))->account;
}

static void issue_card(struct bank_book *book, const struct bank_card *card)
{
    uint32_t number;
    struct numbered_account *place = desk_pool_take(&book->accounts, &number);
    memcpy(place->number, card->number, sizeof place->number);
    place->account = (struct bank_account){
        .number = place->number,
        .cvv = card->cvv,
        .month = card->month,
        .year = card->year,
        .start_cents = card->cents,
        .balance_cents = card->cents,
        .available_cents = card->cents,
    };
    desk_index_add(&book->account_by_number, desk_hash(str_of(place->number), 0), number);
}

static uint32_t find_account(const struct bank_book *book, str number)
{
    size_t at = 0;
    uint32_t found;
    uint32_t hash = desk_hash(number, 0);
    while ((found = desk_index_next(&book->account_by_number, hash, &at)) != 0) {
        if (str_equal(str_of(account_at(book, found)->number), number)) return found;
    }
    return 0;
}

struct bank_book *bank_book_open(uint32_t further_cards, int64_t auth_expiry_hours)
{
    struct bank_book *book = memory_take(sizeof *book);
    book->auth_expiry_hours = auth_expiry_hours;
    book->accounts.item_bytes = sizeof(struct numbered_account);
    book->effects.item_bytes = sizeof(struct bank_effect);
    for (size_t i = 0; i < COUNT_OF(bank_cards); i++) issue_card(book, &bank_cards[i]);
    for (uint32_t i = 0; i < further_cards; i++) {
        char number[BANK_CARD_DIGITS + 1];
        struct bank_card card = bank_further_card(i, number);
        issue_card(book, &card);
    }
    return book;
}

void bank_book_close(struct bank_book *book)
{
    desk_pool_close(&book->accounts);
    desk_index_close(&book->account_by_number);
    desk_pool_close(&book->effects);
    desk_index_close(&book->effect_by_id);
    free(book);
}

const struct bank_account *bank_book_account(const struct bank_book *book, uint32_t number)
{
    return account_at(book, number);
}

uint32_t bank_book_account_count(const struct bank_book *book) { return book->accounts.count; }

/* --- Effects --- */

str bank_kind_prefix(enum bank_kind kind)
{
    static const str prefixes[] = {
        [BANK_HOLD] = { "auth_", 5 },
        [BANK_CAPTURE] = { "cap_", 4 },
        [BANK_VOID] = { "void_", 5 },
        [BANK_REFUND] = { "ref_", 4 },
    };
    INSIST(kind < COUNT_OF(prefixes));
    return prefixes[kind];
}

struct bank_effect *bank_book_effect(const struct bank_book *book, uint32_t number)
{
    return desk_pool_at(&book->effects, number);
}

uint32_t bank_book_count(const struct bank_book *book) { return book->effects.count; }

/* UUIDs are random, so any part of one is a good hash. */
static uint32_t hash_of_id(const struct bank_id *id)
{
    uint32_t hash;
    memcpy(&hash, id->bytes, sizeof hash);
    return hash;
}

uint32_t bank_book_find(const struct bank_book *book, enum bank_kind kind, const struct bank_id *id)
{
    size_t at = 0;
    uint32_t found;
    while ((found = desk_index_next(&book->effect_by_id, hash_of_id(id), &at)) != 0) {
        const struct bank_effect *effect = bank_book_effect(book, found);
        if (effect->kind == kind && bank_id_equal(&effect->id, id)) return found;
    }
    return 0;
}

int64_t bank_book_expiry_ns(const struct bank_book *book, const struct bank_effect *hold)
{
    return hold->at_ns + book->auth_expiry_hours * ns_per_hour;
}

/* --- The rules --- */

static bool is_past_its_month(const struct bank_account *account, int64_t now_ns)
{
    struct calendar_day today = moment_day(now_ns / NS_PER_MICRO);
    return today.year > account->year || (today.year == account->year && today.month > account->month);
}

static enum bank_refusal decide_hold(const struct bank_book *book, const struct bank_request *request,
                                     struct bank_effect *draft)
{
    if (!bank_card_number_is(request->card_number)) return BANK_CARD_MALFORMED;
    if (!bank_cvv_is(request->cvv)) return BANK_CVV_MALFORMED;
    if (request->cents <= 0) return BANK_AMOUNT_NOT_POSITIVE;
    uint32_t number = find_account(book, request->card_number);
    if (number == 0) return BANK_CARD_UNKNOWN;
    const struct bank_account *account = account_at(book, number);
    if (!str_equal(str_of(account->cvv), request->cvv)) return BANK_CVV_WRONG;
    if (is_past_its_month(account, draft->at_ns)) return BANK_CARD_EXPIRED;
    if (account->available_cents < request->cents) return BANK_FUNDS_INSUFFICIENT;

    draft->account = number;
    draft->cents = request->cents;
    return BANK_AGREED;
}

/* The open hold that a capture or void names. Agreed: it is the draft's parent. */
static enum bank_refusal find_open_hold(const struct bank_book *book, str id_text, struct bank_effect *draft)
{
    struct bank_id id;
    if (!bank_id_read(id_text, bank_kind_prefix(BANK_HOLD), &id)) return BANK_HOLD_ID_MALFORMED;
    uint32_t number = bank_book_find(book, BANK_HOLD, &id);
    if (number == 0) return BANK_HOLD_UNKNOWN;
    const struct bank_effect *hold = bank_book_effect(book, number);
    if (hold->used_by != 0) return BANK_HOLD_USED;

    draft->parent = number;
    draft->account = hold->account;
    draft->cents = hold->cents;
    return BANK_AGREED;
}

static enum bank_refusal decide_capture(const struct bank_book *book, const struct bank_request *request,
                                        struct bank_effect *draft)
{
    enum bank_refusal refusal = find_open_hold(book, request->authorization_id, draft);
    if (refusal != BANK_AGREED) return refusal;
    const struct bank_effect *hold = bank_book_effect(book, draft->parent);
    if (draft->at_ns > bank_book_expiry_ns(book, hold)) return BANK_HOLD_EXPIRED;
    if (request->cents != hold->cents) return BANK_AMOUNT_DIFFERS;
    return BANK_AGREED;
}

static enum bank_refusal decide_refund(const struct bank_book *book, const struct bank_request *request,
                                       struct bank_effect *draft)
{
    struct bank_id id;
    if (!bank_id_read(request->capture_id, bank_kind_prefix(BANK_CAPTURE), &id)) return BANK_CAPTURE_ID_MALFORMED;
    uint32_t number = bank_book_find(book, BANK_CAPTURE, &id);
    if (number == 0) return BANK_CAPTURE_UNKNOWN;
    const struct bank_effect *capture = bank_book_effect(book, number);
    if (request->cents != capture->cents) return BANK_AMOUNT_DIFFERS;
    if (capture->used_by != 0) return BANK_CAPTURE_REFUNDED;

    draft->parent = number;
    draft->account = capture->account;
    draft->cents = capture->cents;
    return BANK_AGREED;
}

enum bank_refusal bank_book_decide(const struct bank_book *book, enum bank_kind kind, const struct bank_request *request,
                                   int64_t now_ns, struct bank_effect *draft)
{
    INSIST(kind < BANK_KINDS);
    *draft = (struct bank_effect){ .kind = (uint8_t)kind, .at_ns = now_ns };
    switch (kind) {
    case BANK_HOLD: return decide_hold(book, request, draft);
    case BANK_CAPTURE: return decide_capture(book, request, draft);
    case BANK_VOID: return find_open_hold(book, request->authorization_id, draft);
    case BANK_REFUND: return decide_refund(book, request, draft);
    case BANK_KINDS: break;
    }
    return BANK_REFUSALS;
}

/* --- The money --- */

static void move_money(struct bank_account *account, const struct bank_effect *effect)
{
    switch ((enum bank_kind)effect->kind) {
    case BANK_HOLD: account->available_cents -= effect->cents; break;
    case BANK_CAPTURE: account->balance_cents -= effect->cents; break;
    case BANK_VOID: account->available_cents += effect->cents; break;
    case BANK_REFUND:
        account->balance_cents += effect->cents;
        account->available_cents += effect->cents;
        break;
    case BANK_KINDS: break;
    }
}

uint32_t bank_book_enter(struct bank_book *book, const struct bank_effect *draft)
{
    uint32_t number;
    struct bank_effect *effect = desk_pool_take(&book->effects, &number);
    *effect = *draft;
    desk_index_add(&book->effect_by_id, hash_of_id(&effect->id), number);
    move_money(account_at(book, effect->account), effect);
    if (effect->parent != 0) {
        struct bank_effect *parent = bank_book_effect(book, effect->parent);
        INSIST(parent->used_by == 0);
        parent->used_by = number;
    }
    return number;
}
