/* SPDX-License-Identifier: Apache-2.0 */
/* store_vault: the keys of stored cards, as they lie here: sealed. */
#include <string.h>

#include "store/store_internal.h"

size_t store_list_vault_keys(struct store *store, struct arena *arena, str merchant, struct vault_key_record **out)
{
    size_t count = 0, capacity = 0;
    *out = NULL;
    sql_ask(store->sql,
            "SELECT key_id, state, master_id, sealed, created_at FROM vault_key WHERE merchant_id = $1 ORDER BY created_at, key_id",
            (struct sql_value[]){ TEXT(merchant) }, 1);
    while (sql_next(store->sql)) {
        LIST_MORE(arena, *out, count, capacity);
        (*out)[count++] = (struct vault_key_record){ .key_id = sql_text(store->sql, 0, arena),
                                                     .state = sql_text(store->sql, 1, arena),
                                                     .master_id = sql_text(store->sql, 2, arena),
                                                     .sealed = sql_text(store->sql, 3, arena),
                                                     .created_at = sql_int(store->sql, 4) };
    }
    return count;
}

void store_save_new_vault_key(struct store *store, str merchant, const struct vault_key_record *record)
{
    struct sql_value values[] = { TEXT(merchant),          TEXT(record->key_id), TEXT(record->state),
                                  TEXT(record->master_id), TEXT(record->sealed), INT(record->created_at) };
    sql_save(store->sql, "INSERT INTO vault_key (merchant_id, key_id, state, master_id, sealed, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
             values, COUNT_OF(values), 1);
}

void store_save_vault_key(struct store *store, str merchant, const struct vault_key_record *record, str master_before)
{
    struct sql_value values[] = { TEXT(merchant),          TEXT(record->key_id), TEXT(record->state),
                                  TEXT(record->master_id), TEXT(record->sealed), TEXT(master_before) };
    sql_save(store->sql,
             "UPDATE vault_key SET state = $3, master_id = $4, sealed = $5 WHERE merchant_id = $1 AND key_id = $2 AND master_id = $6",
             values, COUNT_OF(values), 1);
}

bool store_vault_key_is_active(struct store *store, str merchant, str key_id)
{
    sql_ask(store->sql, "SELECT 1 FROM vault_key WHERE merchant_id = $1 AND key_id = $2 AND state = 'active'",
            (struct sql_value[]){ TEXT(merchant), TEXT(key_id) }, 2);
    bool is_active = sql_next(store->sql);
    sql_end(store->sql);
    return is_active;
}
