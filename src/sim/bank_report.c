/* SPDX-License-Identifier: Apache-2.0 */
/* bank_report: the book as JSON, for tests that compare it with what a gateway believes. */
#include "base/hash.h"
#include "base/text.h"
#include "sim/bank_audit.h"
#include "sim/bank_state.h"

enum {
    REPORT_BYTES = 4096,
    FINGERPRINT_CHARS = 16,
    LAST_DIGITS = 4,
};

static void put_id(struct text *text, const char *name, const struct bank_effect *effect)
{
    char buffer[BANK_ID_TEXT_BYTES];
    json_put_str(text, name, bank_id_format(buffer, bank_kind_prefix(effect->kind), &effect->id));
}

static void put_time(struct text *text, const char *name, int64_t ns)
{
    char buffer[BANK_TIME_BYTES];
    json_put_str(text, name, bank_time_format(buffer, ns));
}

/* The same at all simulators: the start of SHA-256 over "florin sim card " and the number. */
static void put_fingerprint(struct text *text, const struct bank_account *account)
{
    char hex[HASH_HEX_BYTES + 1];
    const str pieces[] = { STR("florin sim card "), str_of(account->number) };
    struct hash hash = hash_of(pieces, COUNT_OF(pieces));
    json_put_str(text, "fingerprint", (str){ hash_hex(&hash, hex).bytes, FINGERPRINT_CHARS });
}

static str last4_of(const struct bank_account *account)
{
    str number = str_of(account->number);
    return str_from(number, number.length - LAST_DIGITS);
}

/* A key came as it pleased its sender; a report must be UTF-8. */
static void put_key(struct text *text, const struct sim_bank *bank, const struct bank_effect *effect)
{
    str key = bank_keys_text(bank->keys, effect);
    char *copy = arena_take(text->arena, key.length + 1);
    desk_noted_copy(copy, key.length + 1, key);
    json_put_str(text, "key", key.length > 0 ? str_of(copy) : STR_NONE);
}

/* --- Totals --- */

static void put_sum(struct text *text, const char *name, struct bank_sum sum)
{
    json_name(text, name);
    json_open_object(text);
    json_put_int(text, "count", sum.count);
    json_put_int(text, "cents", sum.cents);
    json_close_object(text);
}

static void put_totals(struct text *text, const struct sim_bank *bank)
{
    struct bank_totals totals = bank_book_audit(bank->book);
    put_sum(text, "holds", totals.of[BANK_HOLD]);
    put_sum(text, "open_holds", totals.open_holds);
    put_sum(text, "captures", totals.of[BANK_CAPTURE]);
    put_sum(text, "voids", totals.of[BANK_VOID]);
    put_sum(text, "refunds", totals.of[BANK_REFUND]);
    json_put_bool(text, "balanced", totals.is_balanced);
}

static void put_counters(struct text *text, const struct sim_bank *bank)
{
    const struct bank_counters *counters = &bank->counters;
    json_name(text, "counters");
    json_open_object(text);
    json_name(text, "requests");
    desk_requests_put_counts(text, &bank->desk.requests, bank_endpoint_names, BANK_ENDPOINTS);
    json_put_int(text, "chance_failures", bank->desk.counters.chance_failures);
    json_put_int(text, "replays", bank->desk.counters.replays);
    json_put_int(text, "faults", bank->desk.counters.faults);
    json_put_int(text, "acted_twice", counters->acted_twice);
    json_put_int(text, "gone_undone", counters->gone_undone);
    json_put_int(text, "gone_done", counters->gone_done);
    json_put_int(text, "answers_discarded", bank->desk.counters.answers_discarded);
    json_close_object(text);
}

str bank_report_summary(const struct sim_bank *bank, struct arena *arena)
{
    struct text text = text_open(arena, REPORT_BYTES);
    json_open_object(&text);
    put_totals(&text, bank);
    put_counters(&text, bank);
    json_close_object(&text);
    return text_str(&text);
}

/* --- Everything --- */

static void put_account(struct text *text, const struct bank_account *account)
{
    json_comma(text);
    json_open_object(text);
    json_put_str(text, "last4", last4_of(account));
    put_fingerprint(text, account);
    json_put_int(text, "balance", account->balance_cents);
    json_put_int(text, "available", account->available_cents);
    json_close_object(text);
}

static void put_accounts(struct text *text, const struct sim_bank *bank)
{
    json_name(text, "accounts");
    json_open_list(text);
    for (uint32_t i = 1; i <= bank_book_account_count(bank->book); i++) put_account(text, bank_book_account(bank->book, i));
    json_close_list(text);
}

static void put_uses(struct text *text, const struct bank_book *book, const struct bank_effect *hold)
{
    const struct bank_effect *used_by = hold->used_by ? bank_book_effect(book, hold->used_by) : NULL;
    bool is_captured = used_by != NULL && used_by->kind == BANK_CAPTURE;
    json_put_str(text, "state", used_by == NULL ? STR("open") : is_captured ? STR("captured")
                                                                            : STR("voided"));
    if (is_captured) put_id(text, "capture_id", used_by);
    else json_put_null(text, "capture_id");
    if (used_by != NULL && !is_captured) put_id(text, "void_id", used_by);
    else json_put_null(text, "void_id");
    if (is_captured && used_by->used_by != 0) put_id(text, "refund_id", bank_book_effect(book, used_by->used_by));
    else json_put_null(text, "refund_id");
}

static void put_hold(struct text *text, const struct sim_bank *bank, const struct bank_effect *hold)
{
    const struct bank_account *account = bank_book_account(bank->book, hold->account);
    json_comma(text);
    json_open_object(text);
    put_id(text, "id", hold);
    json_put_int(text, "amount", hold->cents);
    json_put_str(text, "last4", last4_of(account));
    put_fingerprint(text, account);
    put_time(text, "created_at", hold->at_ns);
    put_time(text, "expires_at", bank_book_expiry_ns(bank->book, hold));
    put_key(text, bank, hold);
    put_uses(text, bank->book, hold);
    json_close_object(text);
}

static void put_holds(struct text *text, const struct sim_bank *bank)
{
    json_name(text, "authorizations");
    json_open_list(text);
    for (uint32_t i = 1; i <= bank_book_count(bank->book); i++) {
        const struct bank_effect *effect = bank_book_effect(bank->book, i);
        if (effect->kind == BANK_HOLD) put_hold(text, bank, effect);
    }
    json_close_list(text);
}

str bank_report_book(const struct sim_bank *bank, struct arena *arena)
{
    struct text text = text_open(arena, REPORT_BYTES);
    json_open_object(&text);
    put_totals(&text, bank);
    put_counters(&text, bank);
    put_accounts(&text, bank);
    put_holds(&text, bank);
    json_close_object(&text);
    return text_str(&text);
}

/* --- One key --- */

static void put_effect(struct text *text, const struct sim_bank *bank, const struct bank_effect *effect)
{
    json_comma(text);
    json_open_object(text);
    put_id(text, "id", effect);
    json_put_int(text, "amount", effect->cents);
    put_time(text, "at", effect->at_ns);
    if (effect->parent != 0) put_id(text, "parent_id", bank_book_effect(bank->book, effect->parent));
    json_close_object(text);
}

/* Newest first. */
static void put_effects_of_key(struct text *text, const struct sim_bank *bank, enum bank_kind kind, str key)
{
    json_open_list(text);
    for (uint32_t number = bank_keys_newest_effect(bank->keys, kind, key); number != 0;) {
        const struct bank_effect *effect = bank_book_effect(bank->book, number);
        put_effect(text, bank, effect);
        number = effect->older_of_key;
    }
    json_close_list(text);
}

str bank_report_key(const struct sim_bank *bank, struct arena *arena, str key)
{
    static const char *const names[BANK_KINDS] = {
        [BANK_HOLD] = "authorizations",
        [BANK_CAPTURE] = "captures",
        [BANK_VOID] = "voids",
        [BANK_REFUND] = "refunds",
    };
    struct text text = text_open(arena, REPORT_BYTES);
    json_open_object(&text);
    json_put_str(&text, "key", key);
    for (enum bank_kind kind = 0; kind < BANK_KINDS; kind++) {
        json_name(&text, names[kind]);
        put_effects_of_key(&text, bank, kind, key);
    }
    json_close_object(&text);
    return text_str(&text);
}
