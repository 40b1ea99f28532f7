/* SPDX-License-Identifier: Apache-2.0 */
/* books: two books about the same money, kept by two who do not know each other. When everything is over they must agree. */
#include <string.h>

#include "simulation/simulation.h"
#include "store/store_internal.h"

enum { PAYMENTS_MAX = 4096 };

static const str merchant = STR_CONSTANT("merchant");

/* ---- our book ---- */

/* By which key the bank knows the authorization of a payment. */
struct key_of_payment {
    str key, payment_id;
};

struct ours {
    struct work work;
    struct arena arena;
    struct payment_record *payments;
    struct operation_record *open;
    struct key_of_payment *keys;
    size_t payment_count, open_count, key_count;
};

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

/* ---- a person ---- */

/* A card that is in doubt survives everything but the machine. */
static void check_cause(const struct simulation *sim, const struct operation_record *operation)
{
    if (!str_equal(operation->reason, STR("card_gone")) || disk_counts(sim->disk).power_losses > 0) return;
    finding("I13", "operation %s has lost its card, and the machine was never down", operation->id.text);
}

static bool settle(struct simulation *sim, const struct operation_record *operation)
{
    struct processor_id effect;
    check_cause(sim, operation);
    size_t effects = fake_bank_effect(sim->world, operation->processor_key, &effect);
    bool taken = merchants_settle(sim, operation_id_str(&operation->id), effects > 0, str_of(effect.text));
    if (taken) mark("end", "settled_by_a_person");
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
        if (ours.open[i].state == OPERATION_REVIEW) settled += settle(sim, &ours.open[i]);
    }
    arena_close(&ours.arena);
    return settled;
}

/* ---- one payment against the bank ---- */

/* A hold in the bank's book, with what became of it. */
struct hold {
    str id, key, capture_id, void_id, refund_id;
    int64_t cents;
    bool is_ours;
};

struct theirs {
    struct arena arena;
    struct hold *holds;
    size_t count;
};

static str text_of(const struct json *hold, const char *name) { return json_string(json_find(hold, name)); }

static void read_theirs(struct simulation *sim, struct theirs *theirs)
{
    *theirs = (struct theirs){ 0 };
    const struct json *book = fake_bank_book(sim->world, &theirs->arena);
    const struct json *holds = json_find(book, "authorizations");
    if (!json_is_true(json_find(book, "balanced"))) finding("I8", "the bank's book does not balance");
    theirs->holds = arena_take(&theirs->arena, (json_length(holds) + 1) * sizeof *theirs->holds);
    for (struct json_item item = json_first(holds); item.value; item = json_next(item)) {
        struct hold *hold = &theirs->holds[theirs->count++];
        *hold = (struct hold){ .id = text_of(item.value, "id"), .key = text_of(item.value, "key"), .capture_id = text_of(item.value, "capture_id"),
                               .void_id = text_of(item.value, "void_id"), .refund_id = text_of(item.value, "refund_id") };
        INSIST(json_int64(json_find(item.value, "amount"), &hold->cents));
    }
}

static struct hold *hold_named(struct theirs *theirs, const char *id)
{
    for (size_t i = 0; i < theirs->count; i++) {
        if (str_equal(theirs->holds[i].id, str_of(id))) return &theirs->holds[i];
    }
    return NULL;
}

/* An id that the bank gave and we did not hear of (a person's word, a conflict read as done) is empty here. */
static void compare(const struct payment_record *record, const char *what, bool happened, const struct processor_id *ours, str theirs)
{
    if (happened != (theirs.length > 0)) {
        finding("I8", "payment %s: %s %s here and %s at the bank", record->id.text, what, happened ? "happened" : "did not happen",
                theirs.length > 0 ? "happened" : "did not happen");
    }
    if (ours->text[0] && !str_equal(str_of(ours->text), theirs)) {
        finding("I8", "payment %s: %s is %s here and %.*s at the bank", record->id.text, what, ours->text, STR_FORMAT(theirs));
    }
}

/* The bank takes no parts: nothing, or all of it. */
static void compare_amounts(const struct payment_record *record, const struct hold *hold)
{
    long long held = record->payment.authorized_minor, captured = record->payment.captured_minor, refunded = record->payment.refunded_minor;
    bool whole = (captured == 0 || captured == hold->cents) && (refunded == 0 || refunded == hold->cents);
    if (held == hold->cents && whole) return;
    finding("I8", "payment %s: %lld held, %lld captured, %lld refunded here; the bank's hold is %lld", record->id.text, held, captured, refunded,
            (long long)hold->cents);
}

static void check_hold(struct theirs *theirs, const struct payment_record *record)
{
    const struct payment *payment = &record->payment;
    struct hold *hold = hold_named(theirs, record->authorization_ref.text);
    if (!hold) finding("I8", "payment %s: there is no hold %s at the bank", record->id.text, record->authorization_ref.text);
    if (hold->is_ours) finding("I1", "two payments have the hold %s", record->authorization_ref.text);
    hold->is_ours = true;
    compare_amounts(record, hold);
    compare(record, "the capture", payment->captured_minor > 0, &record->capture_ref, hold->capture_id);
    compare(record, "the void", payment->voided_at != 0, &record->void_ref, hold->void_id);
    compare(record, "the refund", payment->refunded_minor > 0, &record->refund_ref, hold->refund_id);
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

static struct payment_record *payment_of_key(const struct ours *ours, str key)
{
    for (size_t i = 0; i < ours->key_count; i++) {
        for (size_t j = 0; str_equal(ours->keys[i].key, key) && j < ours->payment_count; j++) {
            if (str_equal(ours->keys[i].payment_id, str_of(ours->payments[j].id.text))) return &ours->payments[j];
        }
    }
    return NULL;
}

/* Holds that no payment has: lost tries of its authorization may have left them, and then that was told. I1, or I23 when it
 * was said that nothing had happened. */
static void check_strays(const struct ours *ours, const struct theirs *theirs)
{
    for (size_t i = 0; i < theirs->count; i++) {
        const struct hold *hold = &theirs->holds[i];
        if (hold->is_ours) continue;
        struct payment_record *payment = payment_of_key(ours, hold->key);
        mark("end", "stray_hold");
        if (!payment) finding("I1", "hold %.*s was made for no payment of ours", STR_FORMAT(hold->id));
        if (hold->capture_id.length > 0) finding("I1", "hold %.*s is nobody's and was captured", STR_FORMAT(hold->id));
        if (payment->stray_holds-- > 0) continue;
        finding(payment->payment.state == PAYMENT_FAILED ? "I23" : "I1", "payment %s is %s, and nothing was told of its hold %.*s", payment->id.text,
                payment_state_word(payment->payment.state).bytes, STR_FORMAT(hold->id));
    }
}

void books_check(struct simulation *sim)
{
    struct ours ours;
    struct theirs theirs;
    if (!read_ours(sim, &ours)) finding("I15", "the store cannot be read when nothing fails any more");
    read_theirs(sim, &theirs);
    if (ours.open_count > 0) finding("I15", "operation %s is still open at the end", ours.open[0].id.text);
    for (size_t i = 0; i < ours.payment_count; i++) {
        const struct payment_record *record = &ours.payments[i];
        if (record->payment.authorized_minor > 0) check_hold(&theirs, record);
        check_amounts(record);
        check_wish(sim, record);
    }
    check_orders(&ours);
    check_strays(&ours, &theirs);
    check_store(sim);
    arena_close(&theirs.arena);
    arena_close(&ours.arena);
}
