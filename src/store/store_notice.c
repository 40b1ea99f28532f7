/* SPDX-License-Identifier: Apache-2.0 */
/* store_notice: what processors told by themselves, and what it is about. */
#include "store/store_internal.h"

bool store_has_notice(struct store *store, str merchant, const struct notice_record *notice)
{
    sql_ask(store->sql, "SELECT 1 FROM notice WHERE merchant_id = $1 AND processor = $2 AND account = $3 AND event_id = $4",
            (struct sql_value[]){ TEXT(merchant), TEXT(notice->processor), TEXT(notice->account), TEXT(notice->event_id) }, 4);
    bool found = sql_next(store->sql);
    sql_end(store->sql);
    return found;
}

void store_save_new_notice(struct store *store, str merchant, const struct notice_record *record)
{
    struct sql_value values[] = {
        TEXT(merchant),          TEXT(record->processor), TEXT(record->account), TEXT(record->event_id),   TEXT(record->type),
        TEXT(record->body_hash), TEXT(record->result),    TEXT(record->reason),  TEXT(record->payment_id), INT(record->came_at),
    };
    sql_save(store->sql,
             "INSERT INTO notice (merchant_id, processor, account, event_id, type, body_hash, result, reason, payment_id, came_at) "
             "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
             values, COUNT_OF(values), 1);
}

void store_drop_notices(struct store *store, str merchant, micros before, int64_t limit)
{
    sql_save(store->sql,
             "DELETE FROM notice WHERE merchant_id = $1 AND (processor, account, event_id) IN (SELECT n.processor, n.account, n.event_id "
             "FROM notice n WHERE n.merchant_id = $1 AND n.came_at < $2 LIMIT $3)",
             (struct sql_value[]){ TEXT(merchant), INT(before), INT(limit) }, 3, -1);
}
