/* SPDX-License-Identifier: Apache-2.0 */
/* store_schema: the tables, their version, and the name that tells this store from others. */
#include <stdio.h>

#include "store/migration_internal.h"

extern const char florin_schema_sql[];

/* Raised with each change of schema.sql, with a script that brings an older store up to it. */
enum { SCHEMA_VERSION = 2 };

bool tables_exist(struct sql *sql)
{
    sql_ask(sql, sql_dialect_of(sql)->has_tables, NULL, 0);
    bool exist = sql_next(sql);
    sql_end(sql);
    return exist;
}

static bool is_taken(struct sql *sql)
{
    const char *has_others = sql_dialect_of(sql)->has_others;
    if (has_others) sql_ask(sql, has_others, NULL, 0);
    bool taken = sql_next(sql);
    sql_end(sql);
    return taken;
}

/* What is made for a migration is half filled from its first moment on. */
static bool make_schema(struct sql *sql, enum store_mode mode, struct error *error)
{
    char first[160];
    bool migrates = mode == STORE_MIGRATES;
    if (migrates && is_taken(sql)) return error_set(error, "the database holds something else already: take an empty one");
    snprintf(first, sizeof first, "INSERT INTO meta VALUES ('schema_version', '%d')%s", SCHEMA_VERSION, migrates ? MIGRATION_FIRST_ROW : "");
    return sql_make_schema(sql, florin_schema_sql, first, error);
}

static bool check_version(struct store *store, struct error *error)
{
    struct arena arena = { 0 };
    int64_t version = 0;
    str text = store_load_meta(store, &arena, STR("schema_version"));
    bool readable = str_to_int64(text, INT32_MAX, &version);
    arena_close(&arena);
    if (!readable) return error_set(error, "this is not a store of florin: it has no schema version");
    if (version > SCHEMA_VERSION) {
        return error_set(error, "the store has schema version %d, this florin knows %d: use the newer florin that wrote it", (int)version,
                         SCHEMA_VERSION);
    }
    if (version < SCHEMA_VERSION) {
        return error_set(error, "the store has schema version %d, from before the first release: this florin cannot bring it along", (int)version);
    }
    return true;
}

/* So that a witness can tell this store from others, and how far it has come. The database's own chance is good enough for a name. */
static bool number_store(struct store *store, struct error *error)
{
    char script[200];
    struct store_mark mark;
    snprintf(script, sizeof script, "INSERT INTO meta VALUES ('store_id', %s), ('commits', '0') ON CONFLICT DO NOTHING",
             sql_dialect_of(store->sql)->random_name);
    if (!sql_run_script(store->sql, script, error)) return false;
    bool loaded = store_load_mark(store, &mark);
    store->commits = mark.commits;
    return loaded || store_unreadable(store, error);
}

bool schema_prepare(struct store *store, enum store_mode mode, struct error *error)
{
    bool exists = tables_exist(store->sql);
    if (sql_trouble_of(store->sql) != SQL_FINE) return store_unreadable(store, error);
    if (!exists && mode == STORE_READS) return error_set(error, "this is not a store of florin: it is empty");
    if (!exists && !make_schema(store->sql, mode, error)) return false;
    return check_version(store, error) && (mode == STORE_READS || (migration_allows(store, mode, error) && number_store(store, error)));
}
