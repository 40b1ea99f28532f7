/* SPDX-License-Identifier: Apache-2.0 */
/* store_request: idempotency keys and where their answers are kept. */
#include "store/store_internal.h"

static void read_request(struct sql *sql, struct arena *arena, struct request_record *record)
{
    record->fingerprint = sql_text(sql, 0, arena);
    record->payment_id = sql_text(sql, 1, arena);
    record->operation_id = sql_text(sql, 2, arena);
    record->status = sql_int(sql, 3);
    record->body = sql_text(sql, 4, arena);
    record->created_at = sql_int(sql, 5);
}

/* An operation keeps the answer of the request that began it. */
static void load_answer_of_operation(struct store *store, struct arena *arena, str merchant, struct request_record *record)
{
    sql_ask(store->sql,
            "SELECT status, body FROM answer WHERE merchant_id = $1 AND payment_id = $2 AND operation_id = $3",
            (struct sql_value[]){ TEXT(merchant), TEXT(record->payment_id), TEXT(record->operation_id) }, 3);
    if (sql_next(store->sql)) {
        record->status = sql_int(store->sql, 0);
        record->body = sql_text(store->sql, 1, arena);
    }
    sql_end(store->sql);
}

bool store_load_request(struct store *store, struct arena *arena, str merchant, str scope, str key, struct request_record *out)
{
    *out = (struct request_record){ .scope = scope, .key = key };
    sql_ask(store->sql,
            "SELECT fingerprint, payment_id, operation_id, status, body, created_at FROM request "
            "WHERE merchant_id = $1 AND scope = $2 AND request_key = $3",
            (struct sql_value[]){ TEXT(merchant), TEXT(scope), TEXT(key) }, 3);
    bool found = sql_next(store->sql);
    if (found) read_request(store->sql, arena, out);
    sql_end(store->sql);
    if (found && out->operation_id.bytes) load_answer_of_operation(store, arena, merchant, out);
    return found;
}

void store_save_request(struct store *store, str merchant, const struct request_record *record)
{
    struct sql_value values[] = {
        TEXT(merchant),           TEXT(record->scope),        TEXT(record->key),   TEXT(record->fingerprint),
        TEXT(record->payment_id), TEXT(record->operation_id), INT(record->status), TEXT(record->body),
        INT(record->created_at),
    };
    sql_save(store->sql,
             "INSERT INTO request (merchant_id, scope, request_key, fingerprint, payment_id, operation_id, status, body, created_at) "
             "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
             values, COUNT_OF(values), 1);
}

int64_t store_drop_requests(struct store *store, str merchant, micros before, int64_t limit)
{
    int64_t dropped = 0;
    sql_ask(store->sql,
            "DELETE FROM request WHERE merchant_id = $1 AND (scope, request_key) IN "
            "(SELECT r.scope, r.request_key FROM request r WHERE r.merchant_id = $1 AND r.created_at < $2 AND (r.operation_id IS NULL OR EXISTS "
            "(SELECT 1 FROM answer a WHERE a.merchant_id = r.merchant_id AND a.payment_id = r.payment_id "
            "AND a.operation_id = r.operation_id)) LIMIT $3) RETURNING 1",
            (struct sql_value[]){ TEXT(merchant), INT(before), INT(limit) }, 3);
    while (sql_next(store->sql)) dropped++;
    return dropped;
}
