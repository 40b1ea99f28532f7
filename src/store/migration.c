/* SPDX-License-Identifier: Apache-2.0 */
/* migration: both ends are held, rows are copied a page a transaction, everything is compared, and then the marks are set: the old
 * store has moved, and only behind that the new one is complete. Killed between the two, neither is served; a further try, which
 * finds nothing left to copy, sets the second. */
#include "store/migration.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crash.h"
#include "base/text.h"
#include "store/migration_internal.h"

struct store *migration_source(const struct migration *migration) { return migration->source; }
struct store *migration_target(const struct migration *migration) { return migration->target; }
str migration_address(const struct migration *migration) { return migration->address; }
bool migration_was_complete(const struct migration *migration) { return migration->was_complete; }
bool migration_began_again(const struct migration *migration) { return migration->began_again; }

/* Does the target hold rows of the source, as it stands? */
static bool has_begun(const struct migration *migration) { return migration->found.source_id[0] && !migration->began_again; }

/* ---- writing to the target ---- */

static bool same_id(const char *one, const char *other) { return str_equal(str_of(one), str_of(other)); }

static bool say_overtaken(struct error *error)
{
    return error_set(error, "another migration has begun on this database meanwhile; this one stops");
}

bool migration_write(struct migration_writing *writing, struct error *error)
{
    struct work *works[] = { &writing->work };
    store_run_batch(writing->migration->target, works, 1);
    if (writing->is_overtaken) return say_overtaken(error);
    return writing->work.result == WORK_DONE || error_set(error, "the database has no room for it");
}

/* Writing the mark makes whoever begins at the same moment collide, and look again. */
static bool go_from_mark(struct migration_writing *writing, struct store *target, const struct migration_mark *expected)
{
    struct migration_mark mark;
    bool is_marked = migration_load_mark(target, &mark);
    writing->is_overtaken = is_marked && !migration_same_mark(&mark, expected);
    if (!is_marked || writing->is_overtaken) return false;
    migration_save_mark(target, &writing->migration->mark);
    return true;
}

bool migration_goes_on(struct migration_writing *writing, struct store *target)
{
    return go_from_mark(writing, target, &writing->migration->mark);
}

/* What another store, or this one at another time, has left there goes; what this one has copied before stays. */
static void begin(struct work *work, void *target)
{
    struct migration_writing *writing = CONTAINER_OF(work, struct migration_writing, work);
    const struct migration *migration = writing->migration;
    if (!go_from_mark(writing, target, &migration->found) || has_begun(migration)) return;
    for (size_t i = 0; i < migration->table_count; i++) sql_save(migration->target->sql, migration->tables[i].empty, NULL, 0, -1);
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

/* What a newer florin added to the old store would have no place in tables that this one makes. */
static bool same_schema(const struct migration *migration, struct error *error)
{
    struct arena arena = { 0 };
    str name = STR("schema_version");
    bool same = str_equal(store_load_meta(migration->source, &arena, name), store_load_meta(migration->target, &arena, name));
    arena_close(&arena);
    if (!store_was_read(migration->source, error) || !store_was_read(migration->target, error)) return false;
    return same || error_set(error, "the two stores do not have the same schema version: use the newest florin that wrote to one of them");
}

static bool load_marks(struct migration *migration, struct error *error)
{
    return store_load_mark(migration->source, &migration->source_mark, error) &&
           store_load_mark(migration->target, &migration->target_mark, error);
}

/* A store that has moved is copied, and completed, nowhere else. */
static bool fits_target(const struct migration *migration, const struct migration_mark *mark, str moved_to, struct error *error)
{
    bool is_ours = same_id(mark->source_id, migration->source_mark.store_id);
    if (moved_to.bytes && !str_equal(moved_to, str_of(migration->target_mark.store_id))) return !store_has_moved(migration->source, error);
    if (mark->source_id[0] && !is_ours) return error_set(error, "the database holds what another store was copied to: take an empty one");
    if (!mark->is_complete || moved_to.bytes) return true;
    return error_set(error, "the database holds what became of this store: %s is an older copy of it", migration->source->path);
}

static struct migration_mark own_mark(const struct migration *migration)
{
    struct migration_mark mark = { .commits = migration->source_mark.commits };
    struct node_life life = store_life(migration->target);
    memcpy(mark.source_id, migration->source_mark.store_id, sizeof mark.source_id);
    snprintf(mark.by, sizeof mark.by, "%s/%lld", life.node, (long long)life.epoch);
    return mark;
}

static bool find_beginning(struct migration *migration, struct error *error)
{
    str address;
    struct arena arena = { 0 };
    struct migration_mark *found = &migration->found;
    if (!same_schema(migration, error) || !load_marks(migration, error)) return false;
    str moved_to = migration_moved_to(migration->source, &arena, &address);
    bool is_marked = migration_load_mark(migration->target, found) || store_unreadable(migration->target, error);
    bool fits = is_marked && store_was_read(migration->source, error) && fits_target(migration, found, moved_to, error);
    migration->source_has_moved = moved_to.bytes != NULL;
    arena_close(&arena);
    if (!fits) return false;
    migration->was_complete = found->is_complete;
    migration->began_again = found->source_id[0] && found->commits != migration->source_mark.commits;
    migration->mark = own_mark(migration);
    return migration->was_complete || migration_write(&(struct migration_writing){ .work = { .run = begin }, .migration = migration }, error);
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

/* ---- the end ---- */

/* What each store says of itself alone stays with it. */
static bool moves_along(str name)
{
    static const char *const stays[] = { "schema_version", "schema_oldest", "store_id", "commits", "moved_to" };
    for (size_t i = 0; i < COUNT_OF(stays); i++) {
        if (str_equal(name, str_of(stays[i]))) return false;
    }
    return true;
}

/* Loaded before anything is marked: a store that cannot be read has not moved. */
static bool load_said(struct migration *migration, struct migration_writing *writing, struct error *error)
{
    size_t capacity = 0;
    struct sql *sql = migration->source->sql;
    sql_ask(sql, "SELECT name, value FROM meta ORDER BY name", NULL, 0);
    while (sql_next(sql)) {
        struct migration_said said = { sql_text(sql, 0, &migration->arena), sql_text(sql, 1, &migration->arena) };
        if (!moves_along(said.name)) continue;
        LIST_MORE(&migration->arena, writing->said, writing->said_count, capacity);
        writing->said[writing->said_count++] = said;
    }
    return store_was_read(migration->source, error);
}

/* In a file nobody is said to drive an operation: there is one gateway. Here it is the node that we are, or whoever takes over from it. */
static void complete(struct work *work, void *target)
{
    struct migration_writing *writing = CONTAINER_OF(work, struct migration_writing, work);
    struct migration_mark mark = writing->migration->mark;
    struct operation_record *open;
    struct arena arena = { 0 };
    str node = store_node(target);
    if (!migration_goes_on(writing, target)) return;
    for (size_t i = 0; i < writing->said_count; i++) store_save_meta(target, writing->said[i].name, writing->said[i].value);
    store_save_meta(target, STR("vault"), arena_format(&arena, "%.*s %.*s", STR_FORMAT(node), STR_FORMAT(writing->vault)));
    (void)operations_take(target, &arena, writing->merchant, STR(""), &open);
    mark.is_complete = true;
    migration_save_mark(target, &mark);
    arena_close(&arena);
}

/* Before the old store is told that it has moved. */
static bool is_still_ours(const struct migration *migration, struct error *error)
{
    struct migration_mark mark;
    if (!migration_load_mark(migration->target, &mark)) return store_unreadable(migration->target, error);
    return migration_same_mark(&mark, &migration->mark) || say_overtaken(error);
}

bool migration_finish(struct migration *migration, str merchant, str vault, struct error *error)
{
    struct migration_writing writing = { .work = { .run = complete }, .migration = migration, .merchant = merchant, .vault = vault };
    str id = str_of(migration->target_mark.store_id);
    crash_point("mi.compared");
    if (!load_said(migration, &writing, error) || !is_still_ours(migration, error)) return false;
    if (!migration->source_has_moved && !migration_save_moved(migration->source, id, migration->address, error)) return false;
    crash_point("mi.source_moved");
    if (!migration_write(&writing, error)) return false;
    crash_point("mi.complete");
    return true;
}
