/* SPDX-License-Identifier: Apache-2.0 */
/* book_of_company: our payments against the book of a payment company. Each of its effects is somebody's: by what the merchant called
 * it, else by what it hangs on. */
#include <stdio.h>
#include <string.h>

#include "simulation/books.h"
#include "simulation/simulation.h"

/* ---- whose an effect is ---- */

struct claim {
    const struct psp_effect *effect;
    struct payment_record *owner;
};

struct claims {
    enum company company;
    const struct psp *psp;
    struct arena arena;
    struct claim *list;
    size_t count;
};

static bool is_kind(const struct psp_effect *effect, const char *kind) { return strcmp(effect->kind, kind) == 0; }

/* The key of a further exchange ends with its number. */
static str reference_in(str key)
{
    str number;
    return str_cut(key, '-', &number);
}

/* A company is told either our reference or the payment's id. */
static struct payment_record *owner_by_name(const struct ours *ours, str name)
{
    if (name.length == 0) return NULL;
    for (size_t i = 0; i < ours->key_count; i++) {
        bool is_it = str_equal(reference_in(ours->keys[i].key), name) || str_equal(ours->keys[i].payment_id, name);
        if (is_it) return ours_named(ours, ours->keys[i].payment_id);
    }
    return NULL;
}

static struct payment_record *owner_by_parent(const struct claims *claims, str parent)
{
    for (size_t i = 0; i < claims->count; i++) {
        const struct psp_effect *effect = claims->list[i].effect;
        if (str_equal(effect->parent, parent) || str_equal(effect->id, parent)) return claims->list[i].owner;
    }
    return NULL;
}

static void read_claims(struct simulation *sim, const struct ours *ours, enum company company, struct claims *claims)
{
    *claims = (struct claims){ .company = company, .psp = fake_company(sim->world, company_word(company)) };
    const struct psp_book *book = &claims->psp->book;
    claims->list = arena_take(&claims->arena, (psp_book_count(book) + 1) * sizeof *claims->list);
    for (uint32_t i = 1; i <= psp_book_count(book); i++) {
        const struct psp_effect *effect = psp_book_at(book, i);
        struct payment_record *owner = owner_by_name(ours, effect->operation);
        if (!owner) owner = owner_by_parent(claims, effect->parent);
        claims->list[claims->count++] = (struct claim){ effect, owner };
    }
}

/* ---- a person ---- */

static bool is_of_operation(const struct claim *claim, const struct operation_record *operation, bool sells)
{
    const char *kind = operation_kind_word(operation->kind).bytes;
    bool is_one_of_several = operation->kind == OPERATION_REFUND && claim->effect->operation.length > 0;
    if (operation->kind == OPERATION_AUTHORIZE) kind = sells ? "capture" : "authorization";
    if (!claim->owner || !is_kind(claim->effect, kind)) return false;
    if (!str_equal(str_of(claim->owner->id.text), payment_id_str(&operation->payment_id))) return false;
    return !is_one_of_several || str_equal(claim->effect->operation, reference_in(operation->processor_key));
}

bool company_has_done(struct simulation *sim, const struct ours *ours, const struct operation_record *operation, struct processor_id *out)
{
    struct claims claims;
    bool found = false;
    enum company company = company_named(operation->processor);
    read_claims(sim, ours, company, &claims);
    for (size_t i = 0; i < claims.count; i++) {
        if (!is_of_operation(&claims.list[i], operation, company_facts(company)->sells)) continue;
        company_name_effect(company, claims.psp, claims.list[i].effect, out);
        found = true;
    }
    arena_close(&claims.arena);
    return found;
}

/* ---- one payment ---- */

/* What became of it there. */
struct sums {
    int64_t held, captured, refunded;
    bool is_voided;
    struct processor_id hold, capture, voiding, refund; /* the newest of each, as ours */
};

static void add(const struct claims *claims, const struct psp_effect *effect, struct sums *sums)
{
    struct processor_id id;
    company_name_effect(claims->company, claims->psp, effect, &id);
    bool is_sale = is_kind(effect, "capture") && company_facts(claims->company)->sells;
    if (is_kind(effect, "authorization") || is_sale) {
        sums->held += effect->amount;
        sums->hold = id;
    }
    if (is_kind(effect, "capture")) {
        sums->captured += effect->amount;
        sums->capture = id;
    } else if (is_kind(effect, "refund")) {
        sums->refunded += effect->amount;
        sums->refund = id;
    } else if (is_kind(effect, "void")) {
        sums->is_voided = true;
        sums->voiding = id;
    } else if (is_kind(effect, "expiry")) {
        sums->is_voided = true;
    }
}

static struct sums sum_up(const struct claims *claims, const struct payment_record *record)
{
    struct sums sums = { .held = 0 };
    for (size_t i = 0; i < claims->count; i++) {
        if (claims->list[i].owner == record) add(claims, claims->list[i].effect, &sums);
    }
    return sums;
}

/* An id that we did not hear of (a person's word, a conflict read as done) is empty here. */
static void compare_ids(const struct payment_record *record, const char *what, const struct processor_id *ours, const struct processor_id *theirs)
{
    if (ours->text[0] && strcmp(ours->text, theirs->text) != 0) {
        finding("I8", "payment %s: %s is %s here and %s at %.*s", record->id.text, what, ours->text, theirs->text, STR_FORMAT(record->processor));
    }
}

static void compare(const struct payment_record *record, const struct sums *sums)
{
    const struct payment *payment = &record->payment;
    bool fits = payment->authorized_minor == sums->held && payment->captured_minor == sums->captured && payment->refunded_minor == sums->refunded;
    if (!fits) {
        finding(payment->authorized_minor == 0 ? "I23" : "I8", "payment %s is %s, %lld/%lld/%lld held, captured, refunded; %.*s has %lld/%lld/%lld",
                record->id.text, payment_state_word(payment->state).bytes, (long long)payment->authorized_minor, (long long)payment->captured_minor,
                (long long)payment->refunded_minor, STR_FORMAT(record->processor), (long long)sums->held, (long long)sums->captured,
                (long long)sums->refunded);
    }
    if ((payment->voided_at != 0) != sums->is_voided) finding("I8", "payment %s: the void happened on one side only", record->id.text);
    if (payment->authorized_minor > 0) compare_ids(record, "the hold", &record->authorization_ref, &sums->hold);
    if (payment->captured_minor > 0) compare_ids(record, "the capture", &record->capture_ref, &sums->capture);
    if (payment->voided_at != 0) compare_ids(record, "the void", &record->void_ref, &sums->voiding);
    if (payment->refunded_minor > 0) compare_ids(record, "the refund", &record->refund_ref, &sums->refund);
}

/* I1: a company that remembers keys and references, or is asked before a second try, does nothing twice. A payment has money at one
 * processor only. */
static void check_claim(const struct claims *claims, const struct claim *claim)
{
    const struct psp_effect *effect = claim->effect;
    const char *where = company_word(claims->company);
    char name[MARK_BYTES];
    snprintf(name, sizeof name, "%s_%s", where, effect->kind);
    mark("effect", name);
    if (!claim->owner) finding("I1", "%s %.*s at %s is of no payment of ours", effect->kind, STR_FORMAT(effect->id), where);
    if (effect->repeats_key || effect->repeats_operation) {
        finding("I1", "payment %s: %s %.*s at %s was made a second time", claim->owner->id.text, effect->kind, STR_FORMAT(effect->id), where);
    }
    if (!str_equal(claim->owner->processor, str_of(where))) {
        finding("I1", "payment %s is at %.*s, and has %s %.*s at %s", claim->owner->id.text, STR_FORMAT(claim->owner->processor), effect->kind,
                STR_FORMAT(effect->id), where);
    }
}

void company_check(struct simulation *sim, const struct ours *ours, enum company company)
{
    struct claims claims;
    read_claims(sim, ours, company, &claims);
    for (size_t i = 0; i < claims.count; i++) check_claim(&claims, &claims.list[i]);
    for (size_t i = 0; i < ours->payment_count; i++) {
        const struct payment_record *record = &ours->payments[i];
        if (!str_equal(record->processor, str_of(company_word(company)))) continue;
        struct sums sums = sum_up(&claims, record);
        compare(record, &sums);
    }
    arena_close(&claims.arena);
}
