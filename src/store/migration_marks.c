/* SPDX-License-Identifier: Apache-2.0 */
/* migration_marks: what the two stores of a migration say in meta, and who may open them because of it:
 *
 *     new   migration   begun                            its tables are there, nobody's rows yet
 *           migration   0f5c...21 4711 copying shop-1/3  rows of that store, which stood at that commit; by that life of that node
 *           migration   0f5c...21 4711 complete          all of them: may be served
 *     old   moved_to    9ac2...07 postgres://...         to the store with that id: is not served any more
 */
#include <string.h>

#include "store/migration_internal.h"

static const str row_name = STR_CONSTANT("migration"), moved_name = STR_CONSTANT("moved_to");

/* ---- of the new store ---- */

/* What cannot be read is half filled, and by no store that there is. */
static void read_mark(str text, struct migration_mark *out)
{
    str rest, by, id = str_cut(text, ' ', &rest), commits = str_cut(rest, ' ', &rest), state = str_cut(rest, ' ', &by);
    *out = (struct migration_mark){ 0 };
    if (str_equal(text, STR("begun"))) return;
    bool fits = str_copy_to(id, out->source_id, sizeof out->source_id) && str_to_int64(commits, INT64_MAX, &out->commits) &&
                str_copy_to(by, out->by, sizeof out->by);
    if (fits) out->is_complete = str_equal(state, STR("complete"));
    else *out = (struct migration_mark){ .source_id = "?" };
}

bool migration_load_mark(struct store *target, struct migration_mark *out)
{
    struct arena arena = { 0 };
    str text = store_load_meta(target, &arena, row_name);
    read_mark(text, out);
    arena_close(&arena);
    return text.bytes != NULL;
}

void migration_save_mark(struct store *target, const struct migration_mark *mark)
{
    struct arena arena = { 0 };
    str text = mark->is_complete ? arena_format(&arena, "%s %lld complete", mark->source_id, (long long)mark->commits)
                                 : arena_format(&arena, "%s %lld copying %s", mark->source_id, (long long)mark->commits, mark->by);
    store_save_meta(target, row_name, text);
    arena_close(&arena);
}

bool migration_same_mark(const struct migration_mark *one, const struct migration_mark *other)
{
    return strcmp(one->source_id, other->source_id) == 0 && one->commits == other->commits && one->is_complete == other->is_complete &&
           strcmp(one->by, other->by) == 0;
}

/* ---- of the old store ---- */

str migration_moved_to(struct store *source, struct arena *arena, str *address)
{
    str text = store_load_meta(source, arena, moved_name);
    *address = STR_NONE;
    return text.bytes ? str_cut(text, ' ', address) : STR_NONE;
}

/* Its number of commits stays: what was copied is what it holds. */
bool migration_save_moved(struct store *source, str target_id, str address, struct error *error)
{
    struct arena arena = { 0 };
    sql_begin(source->sql, true);
    store_save_meta(source, moved_name, arena_format(&arena, "%.*s %.*s", STR_FORMAT(target_id), STR_FORMAT(address)));
    bool saved = sql_commit(source->sql) == SQL_FINE && sql_empty_log(source->sql);
    arena_close(&arena);
    return saved || error_set(error, "the old store cannot be marked: %s", sql_words(source->sql));
}

bool store_has_moved(struct store *store, struct error *error)
{
    str address;
    struct arena arena = { 0 };
    bool moved = migration_moved_to(store, &arena, &address).bytes != NULL;
    if (moved) error_set(error, "%s has moved to %.*s: it is not served from here any more", store->path, STR_FORMAT(address));
    arena_close(&arena);
    return moved;
}

/* ---- who may open them ---- */

static bool may_be_target(bool is_marked, struct error *error)
{
    return is_marked || error_set(error, "the database holds a store of its own already: take an empty one");
}

static bool may_be_served(struct store *store, bool is_marked, const struct migration_mark *mark, struct error *error)
{
    if (store_has_moved(store, error)) return false;
    if (!is_marked || mark->is_complete) return true;
    return error_set(error, "the store is half filled: `florin migrate` has not come to its end; run it again, it goes on where it was");
}

bool migration_allows(struct store *store, enum store_mode mode, struct error *error)
{
    struct migration_mark mark;
    bool is_marked = migration_load_mark(store, &mark);
    bool is_file = store->path[0] != 0;
    if (!store_was_read(store, error)) return false;
    bool allowed = mode == STORE_MIGRATES ? is_file || may_be_target(is_marked, error) : may_be_served(store, is_marked, &mark, error);
    return allowed && store_was_read(store, error);
}

/* ---- addresses ---- */

/* As libpq reads it: an @ before the first slash ends who connects, and what stands behind a colon there is a password. */
str migration_address_of(struct arena *arena, str url)
{
    str rest, place, parameters, database, password, scheme = str_cut(url, ':', &rest);
    rest = str_from(rest, STR("//").length);
    bool says_who = str_contains(str_cut(rest, '/', &database), STR("@"));
    str who = says_who ? str_cut(rest, '@', &place) : STR("");
    place = str_cut(says_who ? place : rest, '?', &parameters);
    return arena_format(arena, "%.*s://%.*s%s%.*s", STR_FORMAT(scheme), STR_FORMAT(str_cut(who, ':', &password)), says_who ? "@" : "",
                        STR_FORMAT(place));
}
