/* SPDX-License-Identifier: Apache-2.0 */
/* book_of_bank: our payments against the bank's book. */
#include "simulation/books.h"
#include "simulation/simulation.h"

bool bank_has_done(struct simulation *sim, const struct operation_record *operation, struct processor_id *out)
{
    return fake_bank_effect(sim->world, operation->processor_key, out) > 0;
}

/* ---- its book ---- */

/* A hold, with what became of it. */
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

/* ---- one payment ---- */

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

/* ---- what is nobody's ---- */

static struct payment_record *payment_of_key(const struct ours *ours, str key)
{
    for (size_t i = 0; i < ours->key_count; i++) {
        if (str_equal(ours->keys[i].key, key)) return ours_named(ours, ours->keys[i].payment_id);
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

void bank_check(struct simulation *sim, const struct ours *ours)
{
    struct theirs theirs;
    read_theirs(sim, &theirs);
    for (size_t i = 0; i < ours->payment_count; i++) {
        const struct payment_record *record = &ours->payments[i];
        bool is_held = record->payment.authorized_minor > 0 && str_equal(record->processor, STR("bank"));
        if (is_held) check_hold(&theirs, record);
    }
    check_strays(ours, &theirs);
    arena_close(&theirs.arena);
}
