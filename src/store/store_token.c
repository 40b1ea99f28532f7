/* SPDX-License-Identifier: Apache-2.0 */
/* store_token: stored cards. What they hold is sealed before it comes here. */
#include "store/store_internal.h"

#define TOKEN_COLUMNS                                                                                                  \
    "token_id, key_id, card_sealed, brand, last4, expiry_month, expiry_year, fingerprint, single_use, created_at, "    \
    "expires_at, used_at, used_by, deleted_at, cvv_sealed, cvv_slot, cvv_until"

static void read_token(struct sql *sql, struct arena *arena, struct token_record *record)
{
    int n = 0;
    record->id = sql_text(sql, n++, arena);
    record->key_id = sql_text(sql, n++, arena);
    record->card_sealed = sql_text(sql, n++, arena);
    record->brand = sql_text(sql, n++, arena);
    record->last4 = sql_text(sql, n++, arena);
    record->expiry_month = sql_int(sql, n++);
    record->expiry_year = sql_int(sql, n++);
    record->fingerprint = sql_text(sql, n++, arena);
    record->token.single_use = sql_int(sql, n++) != 0;
    record->token.created_at = sql_int(sql, n++);
    record->token.expires_at = sql_int(sql, n++);
    record->token.used_at = sql_int(sql, n++);
    record->used_by = sql_text(sql, n++, arena);
    record->token.deleted_at = sql_int(sql, n++);
    record->cvv_sealed = sql_text(sql, n++, arena);
    record->cvv_slot = sql_int(sql, n++);
    record->cvv_until = sql_int(sql, n++);
}

bool store_load_token(struct store *store, struct arena *arena, str merchant, str token_id, struct token_record *out)
{
    *out = (struct token_record){ 0 };
    sql_ask(store->sql, "SELECT " TOKEN_COLUMNS " FROM token WHERE merchant_id = $1 AND token_id = $2",
            (struct sql_value[]){ TEXT(merchant), TEXT(token_id) }, 2);
    bool found = sql_next(store->sql);
    if (found) read_token(store->sql, arena, out);
    sql_end(store->sql);
    return found;
}

void store_save_new_token(struct store *store, str merchant, const struct token_record *record)
{
    struct sql_value values[] = {
        TEXT(merchant),
        TEXT(record->id),
        TEXT(record->key_id),
        TEXT(record->card_sealed),
        TEXT(record->brand),
        TEXT(record->last4),
        INT(record->expiry_month),
        INT(record->expiry_year),
        TEXT(record->fingerprint),
        INT(record->token.single_use),
        INT(record->token.created_at),
        INT(record->token.expires_at),
        INT(record->token.used_at),
        TEXT(record->used_by),
        INT(record->token.deleted_at),
        TEXT(record->cvv_sealed),
        INT(record->cvv_slot),
        INT(record->cvv_until),
    };
    sql_save(store->sql,
             "INSERT INTO token (merchant_id, " TOKEN_COLUMNS
             ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)",
             values, COUNT_OF(values), 1);
}

void store_save_token_use(struct store *store, str merchant, const struct token_record *record, str payment_id, micros now)
{
    struct sql_value values[] = { TEXT(merchant), TEXT(record->id), INT(now), TEXT(payment_id) };
    if (record->token.single_use) {
        sql_save(store->sql,
                 "UPDATE token SET used_at = $3, used_by = $4, cvv_sealed = NULL "
                 "WHERE merchant_id = $1 AND token_id = $2 AND used_at = 0 AND deleted_at = 0",
                 values, COUNT_OF(values), 1);
    } else if (record->cvv_sealed.bytes) {
        sql_save(store->sql, "UPDATE token SET cvv_sealed = NULL WHERE merchant_id = $1 AND token_id = $2", values, 2, 1);
    }
}

/* The row stays, so that the name is never given again and a payment by it learns why not. */
void store_save_token_deletion(struct store *store, str merchant, str token_id, micros now)
{
    sql_save(store->sql,
             "UPDATE token SET deleted_at = $3, card_sealed = NULL, cvv_sealed = NULL, fingerprint = '', brand = '', last4 = '', "
             "expiry_month = 0, expiry_year = 0 WHERE merchant_id = $1 AND token_id = $2 AND deleted_at = 0",
             (struct sql_value[]){ TEXT(merchant), TEXT(token_id), INT(now) }, 3, 1);
}

void store_save_token_seal(struct store *store, str merchant, const struct token_record *record, str key_id_before)
{
    struct sql_value values[] = { TEXT(merchant), TEXT(record->id), TEXT(record->key_id), TEXT(record->card_sealed), TEXT(key_id_before) };
    sql_save(store->sql,
             "UPDATE token SET key_id = $3, card_sealed = $4 WHERE merchant_id = $1 AND token_id = $2 AND key_id = $5 "
             "AND card_sealed IS NOT NULL",
             values, COUNT_OF(values), -1);
}

void store_erase_expired_tokens(struct store *store, str merchant, micros now, int64_t limit)
{
    struct sql_value values[] = { TEXT(merchant), INT(now), INT(limit) };
    sql_save(store->sql,
             "UPDATE token SET card_sealed = NULL, cvv_sealed = NULL WHERE merchant_id = $1 AND token_id IN "
             "(SELECT t.token_id FROM token t WHERE t.merchant_id = $1 AND t.card_sealed IS NOT NULL AND t.expires_at > 0 "
             "AND t.expires_at <= $2 ORDER BY t.expires_at LIMIT $3)",
             values, COUNT_OF(values), -1);
    sql_save(store->sql,
             "UPDATE token SET cvv_sealed = NULL WHERE merchant_id = $1 AND token_id IN "
             "(SELECT t.token_id FROM token t WHERE t.merchant_id = $1 AND t.cvv_sealed IS NOT NULL AND t.cvv_until <= $2 "
             "ORDER BY t.cvv_until LIMIT $3)",
             values, COUNT_OF(values), -1);
}

size_t store_list_sealed_tokens(struct store *store, struct arena *arena, str merchant, str key_id, str after, int64_t limit,
                                struct token_record **out)
{
    size_t count = 0;
    *out = arena_take(arena, (size_t)limit * sizeof **out);
    sql_ask(store->sql,
            "SELECT " TOKEN_COLUMNS " FROM token WHERE merchant_id = $1 AND key_id = $2 AND card_sealed IS NOT NULL AND token_id > $3 "
            "ORDER BY token_id LIMIT $4",
            (struct sql_value[]){ TEXT(merchant), TEXT(key_id), TEXT(after.bytes ? after : STR("")), INT(limit) }, 4);
    while (sql_next(store->sql)) read_token(store->sql, arena, &(*out)[count++]);
    return count;
}

int64_t store_count_sealed_tokens(struct store *store, str merchant, str key_id)
{
    sql_ask(store->sql, "SELECT count(*) FROM token WHERE merchant_id = $1 AND key_id = $2 AND card_sealed IS NOT NULL",
            (struct sql_value[]){ TEXT(merchant), TEXT(key_id) }, 2);
    int64_t count = sql_next(store->sql) ? sql_int(store->sql, 0) : 0;
    sql_end(store->sql);
    return count;
}
