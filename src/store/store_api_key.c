/* SPDX-License-Identifier: Apache-2.0 */
/* store_api_key: the keys of callers, as hashes. */
#include <string.h>

#include "store/store_internal.h"

static void read_key(struct sql *sql, struct arena *arena, struct api_key *out)
{
    *out = (struct api_key){ .is_publishable = sql_int(sql, 2) != 0, .created_at = sql_int(sql, 5), .revoked_at = sql_int(sql, 6) };
    sql_text_to(sql, 0, out->id, sizeof out->id);
    sql_text_to(sql, 1, out->name, sizeof out->name);
    bool is_read = scopes_read(sql_text(sql, 3, arena), &out->scopes) && hex_decode(sql_text(sql, 4, arena), out->hash.bytes, HASH_BYTES);
    if (!is_read) out->scopes = SCOPE_NONE; /* a row that was changed by hand opens nothing */
}

size_t store_list_api_keys(struct store *store, struct arena *arena, str merchant, struct api_key **out)
{
    size_t count = 0, capacity = 0;
    *out = NULL;
    sql_ask(store->sql,
            "SELECT key_id, name, is_publishable, scopes, hash, created_at, revoked_at FROM api_key WHERE merchant_id = $1 "
            "ORDER BY created_at, key_id",
            (struct sql_value[]){ TEXT(merchant) }, 1);
    while (sql_next(store->sql)) {
        LIST_MORE(arena, *out, count, capacity);
        read_key(store->sql, arena, &(*out)[count++]);
    }
    return count;
}

void store_save_new_api_key(struct store *store, str merchant, const struct api_key *key)
{
    char scopes[SCOPES_TEXT_BYTES], hex[HASH_HEX_BYTES + 1];
    struct sql_value values[] = { TEXT(merchant), TEXT(str_of(key->id)), TEXT(str_of(key->name)), INT(key->is_publishable),
                                  TEXT(scopes_text(key->scopes, scopes)), TEXT(hash_hex(&key->hash, hex)), INT(key->created_at), INT(0) };
    sql_save(store->sql,
             "INSERT INTO api_key (merchant_id, key_id, name, is_publishable, scopes, hash, created_at, revoked_at) "
             "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
             values, COUNT_OF(values), 1);
}

bool store_revoke_api_key(struct store *store, str merchant, str key_id, micros now)
{
    struct sql_value values[] = { TEXT(merchant), TEXT(key_id), INT(now) };
    sql_ask(store->sql, "SELECT 1 FROM api_key WHERE merchant_id = $1 AND key_id = $2 AND revoked_at = 0", values, 2);
    bool holds = sql_next(store->sql);
    sql_end(store->sql);
    if (holds) {
        sql_save(store->sql, "UPDATE api_key SET revoked_at = $3 WHERE merchant_id = $1 AND key_id = $2 AND revoked_at = 0", values,
                 COUNT_OF(values), 1);
    }
    return holds;
}
