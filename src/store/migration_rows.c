/* SPDX-License-Identifier: Apache-2.0 */
/* migration_rows: a table at a time, a page at a time, in the order of keys: copied from the old store to the new one, or held against
 * each other. */
#include <string.h>

#include "base/crash.h"
#include "base/text.h"
#include "store/migration_internal.h"

/* ---- walking over all tables ---- */

/* One table's turn: what has been done, and whom to tell. */
struct turn {
    struct migration *migration;
    const struct migration_table *table;
    struct migration_progress progress;
    migration_tell *tell;
    void *context;
};

static void tell(struct turn *turn, int64_t more)
{
    turn->progress.rows += more;
    turn->progress.whole += more;
    turn->tell(turn->context, &turn->progress);
}

static bool walk(struct migration *migration, bool (*take)(struct turn *turn, struct error *error), migration_tell *teller, void *context,
                 struct error *error)
{
    struct turn turn = { .migration = migration, .tell = teller, .context = context };
    bool taken = true;
    for (size_t i = 0; i < migration->table_count; i++) turn.progress.whole_of += migration->tables[i].rows;
    for (size_t i = 0; taken && i < migration->table_count; i++) {
        turn.table = &migration->tables[i];
        turn.progress.table = turn.table->name;
        turn.progress.rows = 0;
        turn.progress.is_same = false;
        taken = take(&turn, error);
    }
    return taken;
}

/* ---- copying ---- */

static void copy_page(struct work *work, void *target)
{
    struct migration_writing *writing = CONTAINER_OF(work, struct migration_writing, work);
    if (migration_goes_on(writing, target)) table_save_page(target, writing->table, writing->page);
}

/* What the new database takes as a text. */
static bool is_text(str text)
{
    size_t bytes = 1;
    while (text.length > 0 && bytes > 0 && text.bytes[0] != 0) {
        bytes = str_character_bytes(text);
        text = str_from(text, bytes);
    }
    return text.length == 0;
}

static const char *wrong_text(const struct migration_table *table, const struct sql_value *row)
{
    for (size_t i = 0; i < table->column_count; i++) {
        if (row[i].kind == SQL_TEXT && !is_text(row[i].text)) return table->columns[i].name;
    }
    return NULL;
}

/* Behind the merchant, the keys of all our tables begin with what names the thing. */
static bool say_row(const struct migration_table *table, const struct sql_value *row, const char *column, const char *problem,
                    struct error *error)
{
    str name = table->key_count > 1 && row[1].kind == SQL_TEXT ? row[1].text : STR("");
    return error_set(error, "%s %.*s: %s %s", table->name, STR_FORMAT(name), column, problem);
}

static bool check_texts(const struct migration_table *table, const struct migration_page *page, struct error *error)
{
    for (size_t row = 0; row < page->rows; row++) {
        const char *column = wrong_text(table, page_row(table, page, row));
        if (column) return say_row(table, page_row(table, page, row), column, "is no text in UTF-8", error);
    }
    return true;
}

static const struct sql_value *last_of(const struct migration_table *table, const struct migration_page *page)
{
    return page_row(table, page, page->rows - 1);
}

static bool copy_next(struct turn *turn, const struct sql_value *key, struct migration_page *page, struct error *error)
{
    struct migration_writing writing = { .work = { .run = copy_page }, .migration = turn->migration, .table = turn->table, .page = page };
    if (!table_load_page(turn->migration->source, turn->table, key, page)) return store_unreadable(turn->migration->source, error);
    if (page->rows == 0) return true;
    if (!check_texts(turn->table, page, error) || !migration_write(&writing, error)) return false;
    crash_point("mi.page_copied");
    tell(turn, (int64_t)page->rows);
    return true;
}

static bool find_end(struct turn *turn, struct arena *arena, struct sql_value *key, struct error *error)
{
    struct migration_totals totals;
    struct store *target = turn->migration->target;
    bool found = table_last_key(target, turn->table, arena, key) && table_load_totals(target, turn->table, &totals);
    if (!found) return store_unreadable(target, error);
    tell(turn, totals.rows);
    return true;
}

/* Two pages take turns, since the key of the next one is the end of the last. */
static bool copy_table(struct turn *turn, struct error *error)
{
    struct sql_value key[MIGRATION_KEY_MAX];
    struct migration_page pages[2] = { 0 };
    bool copied = find_end(turn, &pages[1].arena, key, error);
    size_t at = 0;
    do {
        copied = copied && copy_next(turn, key, &pages[at], error);
        if (copied && pages[at].rows > 0) memcpy(key, last_of(turn->table, &pages[at]), turn->table->key_count * sizeof *key);
        at = 1 - at;
    } while (copied && pages[1 - at].rows == MIGRATION_ROWS);
    arena_close(&pages[0].arena);
    arena_close(&pages[1].arena);
    return copied;
}

bool migration_copy(struct migration *migration, migration_tell *teller, void *context, struct error *error)
{
    return walk(migration, copy_table, teller, context, error);
}

/* ---- comparing ---- */

static bool same_value(const struct sql_value *one, const struct sql_value *other)
{
    if (one->kind != other->kind) return false;
    return one->kind == SQL_TEXT ? str_equal(one->text, other->text) : one->kind == SQL_NULL || one->number == other->number;
}

static bool compare_row(const struct migration_table *table, const struct sql_value *ours, const struct sql_value *theirs, struct error *error)
{
    for (size_t i = 0; i < table->column_count; i++) {
        if (!same_value(&ours[i], &theirs[i])) return say_row(table, ours, table->columns[i].name, "is not the same on both sides", error);
    }
    return true;
}

static bool compare_pages(const struct migration_table *table, const struct migration_page *ours, const struct migration_page *theirs,
                          struct error *error)
{
    for (size_t row = 0; row < ours->rows && row < theirs->rows; row++) {
        if (!compare_row(table, page_row(table, ours, row), page_row(table, theirs, row), error)) return false;
    }
    return ours->rows == theirs->rows || error_set(error, "%s does not have the same rows on both sides", table->name);
}

/* The source's page and the target's, and the last ones before: their end is the key. */
struct sides {
    struct migration_page ours[2], theirs;
};

static bool compare_next(struct turn *turn, const struct sql_value *key, struct migration_page *ours, struct migration_page *theirs,
                         struct error *error)
{
    if (!table_load_page(turn->migration->source, turn->table, key, ours)) return store_unreadable(turn->migration->source, error);
    if (!table_load_page(turn->migration->target, turn->table, key, theirs)) return store_unreadable(turn->migration->target, error);
    if (!compare_pages(turn->table, ours, theirs, error)) return false;
    tell(turn, (int64_t)ours->rows);
    return true;
}

static bool compare_rows(struct turn *turn, struct error *error)
{
    struct sql_value key[MIGRATION_KEY_MAX];
    struct sides sides = { 0 };
    bool same = true;
    size_t at = 0;
    table_first_key(turn->table, key);
    do {
        same = compare_next(turn, key, &sides.ours[at], &sides.theirs, error);
        if (same && sides.ours[at].rows > 0) memcpy(key, last_of(turn->table, &sides.ours[at]), turn->table->key_count * sizeof *key);
        at = 1 - at;
    } while (same && sides.ours[1 - at].rows == MIGRATION_ROWS);
    arena_close(&sides.ours[0].arena);
    arena_close(&sides.ours[1].arena);
    arena_close(&sides.theirs.arena);
    return same;
}

/* "amount_minor 4711, captured_minor 4000" */
static str sums_words(struct arena *arena, const struct migration_table *table, const struct migration_totals *totals)
{
    struct text text = text_open(arena, 256);
    for (size_t i = 0, sum = 0; i < table->column_count; i++) {
        if (!table->columns[i].is_money) continue;
        int64_t millions = totals->millions[sum] + totals->rest[sum] / 1000000, rest = totals->rest[sum] % 1000000;
        text_put_format(&text, "%s%s ", sum++ ? ", " : "", table->columns[i].name);
        if (millions) text_put_format(&text, "%lld%06lld", (long long)millions, (long long)rest);
        else text_put_int(&text, rest);
    }
    return text.length ? text_str(&text) : STR_NONE;
}

/* Told by each database itself, over all of its rows. */
static bool compare_totals(struct turn *turn, struct error *error)
{
    struct migration_totals ours, theirs;
    if (!table_load_totals(turn->migration->source, turn->table, &ours)) return store_unreadable(turn->migration->source, error);
    if (!table_load_totals(turn->migration->target, turn->table, &theirs)) return store_unreadable(turn->migration->target, error);
    if (memcmp(&ours, &theirs, sizeof ours) != 0) {
        return error_set(error, "%s does not come to the same count and sums on both sides", turn->table->name);
    }
    struct arena arena = { 0 };
    turn->progress.is_same = true;
    turn->progress.sums = sums_words(&arena, turn->table, &ours);
    tell(turn, 0);
    arena_close(&arena);
    return true;
}

static bool compare_table(struct turn *turn, struct error *error)
{
    return compare_rows(turn, error) && compare_totals(turn, error);
}

bool migration_compare(struct migration *migration, migration_tell *teller, void *context, struct error *error)
{
    return walk(migration, compare_table, teller, context, error);
}
