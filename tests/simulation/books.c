/* SPDX-License-Identifier: Apache-2.0 */
/* books: two books about the same money, kept by two who do not know each other. When everything is over they must agree. */
#include <string.h>

#include "simulation/books.h"
#include "simulation/simulation.h"
#include "store/store_internal.h"

enum { PAYMENTS_MAX = 4096 };

static const str merchant = STR_CONSTANT("merchant");

/* ---- our book ---- */

static void read_keys(struct ours *ours, struct store *store)
{
    static const char question[] = "SELECT processor_key, payment_id FROM operation WHERE merchant_id = $1 AND kind = 'authorize'";
    ours->keys = arena_take(&ours->arena, PAYMENTS_MAX * sizeof *ours->keys);
    sql_ask(store->sql, question, (struct sql_value[]){ TEXT(merchant) }, 1);
    while (sql_next(store->sql)) {
        INSIST(ours->key_count < PAYMENTS_MAX);
        ours->keys[ours->key_count++] = (struct key_of_payment){ sql_text(store->sql, 0, &ours->arena), sql_text(store->sql, 1, &ours->arena) };
    }
}

static void read_all(struct work *work, void *store)
{
    struct ours *ours = CONTAINER_OF(work, struct ours, work);
    ours->payment_count = store_list_payments_after(store, &ours->arena, merchant, STR_NONE, PAYMENTS_MAX, &ours->payments);
    ours->open_count = store_list_open_operations(store, &ours->arena, merchant, STR_NONE, PAYMENTS_MAX, &ours->open);
    read_keys(ours, store);
}

/* False: the disk does not let itself be read now. */
static bool read_ours(struct simulation *sim, struct ours *ours)
{
    struct work *works[] = { &ours->work };
    *ours = (struct ours){ .work = { .run = read_all } };
    store_run_questions(sim->gateway.reader, works, 1);
    return ours->work.result == WORK_DONE;
}

struct payment_record *ours_named(const struct ours *ours, str payment_id)
{
    for (size_t i = 0; i < ours->payment_count; i++) {
        if (str_equal(payment_id, str_of(ours->payments[i].id.text))) return &ours->payments[i];
    }
    return NULL;
}

/* ---- a person ---- */

/* A card that is in doubt survives everything but the machine. */
static void check_cause(const struct simulation *sim, const struct operation_record *operation)
{
    if (!str_equal(operation->reason, STR("card_gone")) || disk_counts(sim->disk).power_losses > 0) return;
    finding("I13", "operation %s has lost its card, and the machine was never down", operation->id.text);
}

static bool settle(struct simulation *sim, const struct ours *ours, const struct operation_record *operation)
{
    struct processor_id effect = { "" };
    bool at_bank = str_equal(operation->processor, STR("bank"));
    check_cause(sim, operation);
    bool happened = at_bank ? bank_has_done(sim, operation, &effect) : company_has_done(sim, ours, operation, &effect);
    bool taken = merchants_settle(sim, operation_id_str(&operation->id), happened, str_of(effect.text));
    if (taken) mark("end", at_bank ? "settled_by_a_person" : "settled_at_a_company");
    return taken;
}

size_t books_settle(struct simulation *sim)
{
    struct ours ours;
    size_t settled = 0;
    /* What the bank is still at work on it cannot tell yet (docs/how-to/review.md). */
    if (!sim->gateway.is_up || !fake_world_is_calm(sim->world)) return 0;
    bool readable = read_ours(sim, &ours);
    for (size_t i = 0; readable && i < ours.open_count && sim->gateway.is_up; i++) {
        if (ours.open[i].state == OPERATION_REVIEW) settled += settle(sim, &ours, &ours.open[i]);
    }
    arena_close(&ours.arena);
    return settled;
}

static const struct intent *intent_of(const struct simulation *sim, const struct payment_record *record)
{
    const struct merchants *merchants = &sim->merchants;
    for (size_t i = 0; i < merchants->purchase_count; i++) {
        if (str_equal(record->order_id, str_of(merchants->purchases[i].order))) return &merchants->intents[merchants->purchases[i].intent];
    }
    finding("I1", "payment %s was made for nobody's order", record->id.text);
}

/* What was to be captured by itself is captured, or was given back, or the merchant was told (422) that the bank refused both. */
static void check_wish(const struct simulation *sim, const struct payment_record *record)
{
    if (!record->payment.captures_itself || record->payment.state != PAYMENT_AUTHORIZED) return;
    if (intent_of(sim, record)->status == 422) return;
    finding("I8", "payment %s was to be captured by itself and is only authorized at the end", record->id.text);
}

static void check_amounts(const struct payment_record *record)
{
    const struct payment *payment = &record->payment;
    bool fits = payment->captured_minor <= payment->authorized_minor && payment->refunded_minor <= payment->captured_minor &&
                payment->authorized_minor <= payment->amount.minor && !(payment->voided_at && payment->captured_minor > 0);
    if (!fits) finding("I3", "payment %s: the amounts do not fit", record->id.text);
    mark("end", payment_state_word(payment->state).bytes);
}

/* ---- our book against itself ---- */

/* I3, I6, I7, I17: what `florin verify` looks at, by the same walk. */
static void check_store(struct simulation *sim)
{
    static const char *const checks[VERIFY_KIND_COUNT] = {
        [VERIFY_FILE] = "I7", [VERIFY_CHAIN] = "I7", [VERIFY_PATH] = "I6",  [VERIFY_PAYMENT] = "I6",
        [VERIFY_MONEY] = "I3", [VERIFY_OPERATION] = "I6", [VERIFY_REQUEST] = "I5",
    };
    struct verify_report report;
    struct error error;
    if (!store_verify(sim->gateway.reader, merchant, &report, &error)) finding("I15", "the store cannot be read to its end: %s", error.text);
    for (size_t i = 0; i < VERIFY_KIND_COUNT; i++) {
        bool goes_back = strstr(report.findings[i].first, "its time lies before") != NULL;
        if (report.findings[i].count > 0) finding(goes_back ? "I17" : checks[i], "%s", report.findings[i].first);
    }
}

/* ---- all of it ---- */

/* I1: each wish made one payment at most. */
static void check_orders(const struct ours *ours)
{
    for (size_t i = 1; i < ours->payment_count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (str_equal(ours->payments[i].order_id, ours->payments[j].order_id)) {
                finding("I1", "one wish made two payments: %s and %s", ours->payments[j].id.text, ours->payments[i].id.text);
            }
        }
    }
}

/* Only a payer may be waited for. */
static void check_open(const struct ours *ours)
{
    for (size_t i = 0; i < ours->open_count; i++) {
        if (ours->open[i].state != OPERATION_WAITING) finding("I15", "operation %s is still open at the end", ours->open[i].id.text);
    }
}

void books_check(struct simulation *sim)
{
    struct ours ours;
    if (!read_ours(sim, &ours)) finding("I15", "the store cannot be read when nothing fails any more");
    check_open(&ours);
    for (size_t i = 0; i < ours.payment_count; i++) {
        check_amounts(&ours.payments[i]);
        check_wish(sim, &ours.payments[i]);
    }
    check_orders(&ours);
    bank_check(sim, &ours);
    for (int company = COMPANY_BANK + 1; company < COMPANY_COUNT; company++) {
        if (sim->script->settings.takes_part[company]) company_check(sim, &ours, (enum company)company);
    }
    check_store(sim);
    arena_close(&ours.arena);
}
