/* SPDX-License-Identifier: Apache-2.0 */
/* migration: both ends are held, rows are copied a page a transaction, everything is compared, and then the marks are set: the old
 * store has moved, and only behind that the new one is complete. Killed between the two, neither is served; a further try, which
 * finds nothing left to copy, sets the second. */
#include "store/migration.h"

#include <stdlib.h>
#include <string.h>

#include "base/crash.h"
#include "base/text.h"
#include "store/migration_internal.h"

enum { META_MAX = 64 };

struct migration {
    struct store *source, *target;
    struct arena arena; /* statements, by whose addresses the connections know them: closed last */
    struct migration_table tables[MIGRATION_TABLES_MAX];
    size_t table_count;
    struct store_mark source_mark, target_mark;
    str address;
    bool source_has_moved, was_complete, began_again;
};

struct store *migration_source(const struct migration *migration) { return migration->source; }
struct store *migration_target(const struct migration *migration) { return migration->target; }
str migration_address(const struct migration *migration) { return migration->address; }
bool migration_was_complete(const struct migration *migration) { return migration->was_complete; }
bool migration_began_again(const struct migration *migration) { return migration->began_again; }

/* ---- writing to the target ---- */

/* A transaction of the target; a server that goes away is waited for, and asked what became of it. */
struct writing {
    struct work work;
    const struct migration *migration;
    const struct migration_table *table;
    const struct migration_page *page;
    str merchant, vault;
};

static bool write_target(struct writing *writing, struct error *error)
{
    struct work *works[] = { &writing->work };
    store_run_batch(writing->migration->target, works, 1);
    return writing->work.result == WORK_DONE || error_set(error, "the database has no room for it");
}

static void begin_anew(struct work *work, void *target)
{
    const struct migration *migration = CONTAINER_OF(work, struct writing, work)->migration;
    struct migration_mark mark = { .commits = migration->source_mark.commits };
    memcpy(mark.source_id, migration->source_mark.store_id, sizeof mark.source_id);
    for (size_t i = 0; i < migration->table_count; i++) sql_save(migration->target->sql, migration->tables[i].empty, NULL, 0, -1);
    migration_save_mark(target, &mark);
}

static void copy_page(struct work *work, void *target)
{
    const struct writing *writing = CONTAINER_OF(work, struct writing, work);
    table_save_page(target, writing->table, writing->page);
}

/* ---- beginning ---- */

static bool open_ends(struct migration *migration, str from, str to, str node, struct error *error)
{
    char path[STORE_PATH_BYTES];
    if (!str_copy_to(store_url_path(from), path, sizeof path) || !path[0] || !store_is_on_server(to)) {
        return error_set(error, "a store moves from sqlite:PATH to postgres://USER@HOST/DATABASE, and no other way");
    }
    if (store_is_empty(path)) return error_set(error, "there is no store at %s", path);
    migration->address = migration_address_of(&migration->arena, to);
    migration->source = store_open(from, STORE_MIGRATES, error);
    if (migration->source) migration->target = store_open_as(to, STORE_MIGRATES, node, error);
    return migration->target != NULL;
}

static bool load_marks(struct migration *migration, struct error *error)
{
    if (!store_load_mark(migration->source, &migration->source_mark)) return store_unreadable(migration->source, error);
    return store_load_mark(migration->target, &migration->target_mark) || store_unreadable(migration->target, error);
}

static bool same_id(const char *one, const char *other) { return str_equal(str_of(one), str_of(other)); }

/* A store that has moved is copied, and completed, nowhere else. */
static bool fits_target(const struct migration *migration, const struct migration_mark *mark, str moved_to, struct error *error)
{
    bool is_ours = same_id(mark->source_id, migration->source_mark.store_id);
    if (moved_to.bytes && !str_equal(moved_to, str_of(migration->target_mark.store_id))) return !store_has_moved(migration->source, error);
    if (mark->source_id[0] && !is_ours) return error_set(error, "the database holds what another store was copied to: take an empty one");
    if (!mark->is_complete || moved_to.bytes) return true;
    return error_set(error, "the database holds what became of this store: %s is an older copy of it", migration->source->path);
}

static bool find_beginning(struct migration *migration, struct error *error)
{
    str address;
    struct arena arena = { 0 };
    struct migration_mark mark;
    if (!load_marks(migration, error)) return false;
    str moved_to = migration_moved_to(migration->source, &arena, &address);
    bool is_marked = migration_load_mark(migration->target, &mark);
    bool fits = is_marked && fits_target(migration, &mark, moved_to, error);
    migration->source_has_moved = moved_to.bytes != NULL;
    arena_close(&arena);
    if (!is_marked) store_unreadable(migration->target, error);
    if (!fits) return false;
    migration->was_complete = mark.is_complete;
    migration->began_again = mark.source_id[0] && mark.commits != migration->source_mark.commits;
    return migration->was_complete || (mark.source_id[0] && !migration->began_again) ||
           write_target(&(struct writing){ .work = { .run = begin_anew }, .migration = migration }, error);
}

struct migration *migration_open(str from, str to, str node, struct error *error)
{
    struct migration *migration = memory_take(sizeof *migration);
    bool opened = open_ends(migration, from, to, node, error) &&
                  tables_load(migration->source, &migration->arena, migration->tables, &migration->table_count, error) &&
                  find_beginning(migration, error);
    crash_point("mi.begun");
    if (opened) return migration;
    migration_close(migration);
    return NULL;
}

void migration_close(struct migration *migration)
{
    if (!migration) return;
    store_close(migration->target);
    store_close(migration->source);
    arena_close(&migration->arena);
    free(migration);
}

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
        turn.progress.rows_of = turn.table->rows;
        turn.progress.is_same = false;
        taken = take(&turn, error);
    }
    return taken;
}

/* ---- copying ---- */

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
    struct writing writing = { .work = { .run = copy_page }, .migration = turn->migration, .table = turn->table, .page = page };
    if (!table_load_page(turn->migration->source, turn->table, key, page)) return store_unreadable(turn->migration->source, error);
    if (page->rows == 0) return true;
    if (!check_texts(turn->table, page, error) || !write_target(&writing, error)) return false;
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

/* ---- the end ---- */

/* What each store says of itself alone stays with it. */
static bool moves_along(str name)
{
    static const str stays[] = { STR_CONSTANT("schema_version"), STR_CONSTANT("schema_oldest"), STR_CONSTANT("store_id"), STR_CONSTANT("commits"), STR_CONSTANT("moved_to") };
    for (size_t i = 0; i < COUNT_OF(stays); i++) {
        if (str_equal(name, stays[i])) return false;
    }
    return true;
}

static void move_meta(struct store *source, struct store *target, struct arena *arena)
{
    sql_ask(source->sql, "SELECT name, value FROM meta ORDER BY name", NULL, 0);
    while (sql_next(source->sql)) {
        str name = sql_text(source->sql, 0, arena), value = sql_text(source->sql, 1, arena);
        if (moves_along(name)) store_save_meta(target, name, value);
    }
}

/* In a file nobody is said to drive an operation: there is one gateway. Here it is the node that we are, or whoever takes over from it. */
static void complete(struct work *work, void *target)
{
    const struct writing *writing = CONTAINER_OF(work, struct writing, work);
    struct migration_mark mark;
    struct operation_record *open;
    struct arena arena = { 0 };
    str node = store_node(target);
    bool is_marked = migration_load_mark(target, &mark);
    move_meta(writing->migration->source, target, &arena);
    store_save_meta(target, STR("vault"), arena_format(&arena, "%.*s %.*s", STR_FORMAT(node), STR_FORMAT(writing->vault)));
    (void)operations_take(target, &arena, writing->merchant, STR(""), &open);
    mark.is_complete = is_marked;
    migration_save_mark(target, &mark);
    arena_close(&arena);
}

bool migration_finish(struct migration *migration, str merchant, str vault, struct error *error)
{
    struct writing writing = { .work = { .run = complete }, .migration = migration, .merchant = merchant, .vault = vault };
    str id = str_of(migration->target_mark.store_id);
    crash_point("mi.compared");
    if (!migration->source_has_moved && !migration_save_moved(migration->source, id, migration->address, error)) return false;
    crash_point("mi.source_moved");
    if (!write_target(&writing, error)) return false;
    crash_point("mi.complete");
    return true;
}
