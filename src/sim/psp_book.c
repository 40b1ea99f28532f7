/* SPDX-License-Identifier: Apache-2.0 */
/* psp_book: a pool of effects, two indexes that find repetitions, and both as JSON. */
#include "sim/psp_book.h"

#include <string.h>

enum { SUMS_MAX = 64 }; /* kinds times currencies that a test uses */

void psp_book_open(struct psp_book *book)
{
    book->effects.item_bytes = sizeof(struct psp_effect);
}

void psp_book_close(struct psp_book *book)
{
    desk_pool_close(&book->effects);
    desk_index_close(&book->by_key);
    desk_index_close(&book->by_operation);
}

uint32_t psp_book_count(const struct psp_book *book)
{
    return book->effects.count;
}

const struct psp_effect *psp_book_at(const struct psp_book *book, uint32_t number)
{
    return desk_pool_at(&book->effects, number);
}

/* --- Repetitions --- */

static bool has_key(const struct psp_effect *effect, str key)
{
    return str_equal(effect->key, key);
}

static bool has_operation(const struct psp_effect *effect, str operation)
{
    return str_equal(effect->operation, operation);
}

/* Is there one of that kind and name before it? It is entered in any case. */
static bool repeats(struct psp_book *book, struct desk_index *index, uint32_t number, str name,
                    bool (*has_name)(const struct psp_effect *effect, str name))
{
    if (str_is_empty(name)) return false;
    size_t at = 0;
    bool found = false;
    uint32_t other;
    uint32_t hash = desk_hash(name, 0);
    const char *kind = psp_book_at(book, number)->kind;
    while (!found && (other = desk_index_next(index, hash, &at)) != 0) {
        const struct psp_effect *effect = psp_book_at(book, other);
        found = strcmp(effect->kind, kind) == 0 && has_name(effect, name);
    }
    desk_index_add(index, hash, number);
    return found;
}

const struct psp_effect *psp_book_enter(struct psp_book *book, const struct psp_effect *effect)
{
    uint32_t number;
    struct psp_effect *entered = desk_pool_take(&book->effects, &number);
    *entered = *effect;
    entered->repeats_key = repeats(book, &book->by_key, number, entered->key, has_key);
    entered->repeats_operation = repeats(book, &book->by_operation, number, entered->operation, has_operation);
    book->keys_repeated += entered->repeats_key;
    book->operations_repeated += entered->repeats_operation;
    return entered;
}

/* --- As JSON --- */

struct sum {
    const char *kind;
    str currency;
    int64_t count, amount;
};

struct sums {
    struct sum list[SUMS_MAX];
    size_t count;
};

static struct sum *sum_of(struct sums *sums, const struct psp_effect *effect)
{
    size_t i = 0;
    while (i < sums->count
           && !(strcmp(sums->list[i].kind, effect->kind) == 0 && str_equal(sums->list[i].currency, effect->currency))) {
        i++;
    }
    INSIST(i < SUMS_MAX);
    if (i == sums->count) sums->list[sums->count++] = (struct sum){ effect->kind, effect->currency, 0, 0 };
    return &sums->list[i];
}

static struct sums count_all(const struct psp_book *book)
{
    struct sums sums = { .count = 0 };
    for (uint32_t i = 1; i <= psp_book_count(book); i++) {
        const struct psp_effect *effect = psp_book_at(book, i);
        struct sum *sum = sum_of(&sums, effect);
        sum->count++;
        sum->amount += effect->amount;
    }
    return sums;
}

/* A name that is no literal. */
static void put_name(struct text *text, str name)
{
    json_comma(text);
    text_put_json(text, name);
    text_put_char(text, ':');
}

static void put_sum(struct text *text, const struct sum *sum)
{
    put_name(text, sum->currency);
    json_open_object(text);
    json_put_int(text, "count", sum->count);
    json_put_int(text, "amount", sum->amount);
    json_close_object(text);
}

static bool is_first_of_kind(const struct sums *sums, size_t at)
{
    for (size_t i = 0; i < at; i++) {
        if (strcmp(sums->list[i].kind, sums->list[at].kind) == 0) return false;
    }
    return true;
}

static void put_kind(struct text *text, const struct sums *sums, const char *kind)
{
    json_name(text, kind);
    json_open_object(text);
    for (size_t i = 0; i < sums->count; i++) {
        if (strcmp(sums->list[i].kind, kind) == 0) put_sum(text, &sums->list[i]);
    }
    json_close_object(text);
}

void psp_book_put_totals(struct text *text, const struct psp_book *book)
{
    struct sums sums = count_all(book);
    json_name(text, "totals");
    json_open_object(text);
    for (size_t i = 0; i < sums.count; i++) {
        if (is_first_of_kind(&sums, i)) put_kind(text, &sums, sums.list[i].kind);
    }
    json_close_object(text);
    json_put_int(text, "keys_repeated", book->keys_repeated);
    json_put_int(text, "operations_repeated", book->operations_repeated);
}

static void put_effect(struct text *text, const struct psp_effect *effect)
{
    json_comma(text);
    json_open_object(text);
    json_put_str(text, "kind", str_of(effect->kind));
    json_put_str(text, "id", effect->id);
    json_put_str(text, "parent", effect->parent);
    json_put_int(text, "amount", effect->amount);
    json_put_str(text, "currency", effect->currency);
    json_put_str(text, "fingerprint", effect->fingerprint);
    json_put_str(text, "operation", effect->operation);
    json_put_str(text, "key", effect->key);
    json_put_int(text, "request", (int64_t)effect->request);
    json_put_time(text, "at", effect->at);
    json_put_bool(text, "repeats_key", effect->repeats_key);
    json_put_bool(text, "repeats_operation", effect->repeats_operation);
    json_close_object(text);
}

static bool is_wanted(str wanted, str given)
{
    return wanted.bytes == NULL || str_equal(wanted, given);
}

void psp_book_put_effects(struct text *text, const struct psp_book *book, str key, str operation)
{
    json_name(text, "effects");
    json_open_list(text);
    for (uint32_t i = 1; i <= psp_book_count(book); i++) {
        const struct psp_effect *effect = psp_book_at(book, i);
        if (is_wanted(key, effect->key) && is_wanted(operation, effect->operation)) put_effect(text, effect);
    }
    json_close_list(text);
}
