/* SPDX-License-Identifier: Apache-2.0 */
/* store_meta: what a store says of itself. */
#include "store/store_internal.h"

str store_load_meta(struct store *store, struct arena *arena, str name)
{
    sql_ask(store->sql, "SELECT value FROM meta WHERE name = $1", (struct sql_value[]){ TEXT(name) }, 1);
    str value = sql_next(store->sql) ? sql_text(store->sql, 0, arena) : STR_NONE;
    sql_end(store->sql);
    return value;
}

bool mark_in_transaction(struct store *store, struct store_mark *out)
{
    struct arena arena = { 0 };
    *out = (struct store_mark){ 0 };
    str id = store_load_meta(store, &arena, STR("store_id")), commits = store_load_meta(store, &arena, STR("commits"));
    bool fits = !id.bytes || (str_copy_to(id, out->store_id, sizeof out->store_id) && str_to_int64(commits, INT64_MAX, &out->commits));
    arena_close(&arena);
    return fits && sql_trouble_of(store->sql) == SQL_FINE;
}

bool store_load_mark(struct store *store, struct store_mark *out, struct error *error)
{
    sql_begin(store->sql, false); /* both values from one moment */
    bool loaded = mark_in_transaction(store, out) || store_unreadable(store, error);
    sql_rollback(store->sql);
    return loaded;
}

void store_save_meta(struct store *store, str name, str value)
{
    sql_save(store->sql, "INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = $2",
             (struct sql_value[]){ TEXT(name), TEXT(value) }, 2, 1);
}
