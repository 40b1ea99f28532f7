/* SPDX-License-Identifier: Apache-2.0 */
/* store_payer: who pays, and what he has to do. */
#include "store/store_internal.h"

/* What was not told is empty. */
#define TOLD(value) TEXT((value).bytes ? (value) : STR(""))

bool store_load_payer(struct store *store, struct arena *arena, str merchant, str payment_id, struct payer_record *out)
{
    struct sql *sql = store->sql;
    *out = (struct payer_record){ .email = STR(""), .name = STR(""), .return_url = STR(""), .action_url = STR("") };
    sql_ask(sql, "SELECT email, name, return_url, action_url, look_at FROM payer WHERE merchant_id = $1 AND payment_id = $2",
            (struct sql_value[]){ TEXT(merchant), TEXT(payment_id) }, 2);
    bool found = sql_next(sql);
    if (found) {
        *out = (struct payer_record){ sql_text(sql, 0, arena), sql_text(sql, 1, arena), sql_text(sql, 2, arena), sql_text(sql, 3, arena),
                                      sql_int(sql, 4) };
    }
    sql_end(sql);
    return found;
}

void store_load_action(struct store *store, struct arena *arena, str merchant, struct payment_record *record)
{
    struct payer_record payer;
    bool waits = record->payment.state == PAYMENT_REQUIRES_ACTION;
    if (waits && store_load_payer(store, arena, merchant, payment_id_str(&record->id), &payer)) record->action_url = payer.action_url;
}

void store_save_new_payer(struct store *store, str merchant, str payment_id, const struct payer_record *record)
{
    sql_save(store->sql,
             "INSERT INTO payer (merchant_id, payment_id, email, name, return_url, action_url, look_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
             (struct sql_value[]){ TEXT(merchant), TEXT(payment_id), TOLD(record->email), TOLD(record->name), TOLD(record->return_url),
                                   TOLD(record->action_url), INT(record->look_at) },
             7, 1);
}

void store_save_action(struct store *store, str merchant, str payment_id, str action_url, micros look_at)
{
    sql_save(store->sql,
             "INSERT INTO payer (merchant_id, payment_id, email, name, return_url, action_url, look_at) VALUES ($1, $2, '', '', '', $3, $4) "
             "ON CONFLICT (merchant_id, payment_id) DO UPDATE SET action_url = excluded.action_url, look_at = excluded.look_at",
             (struct sql_value[]){ TEXT(merchant), TEXT(payment_id), TEXT(action_url), INT(look_at) }, 4, 1);
}

void store_hasten_look(struct store *store, str merchant, str payment_id, micros look_at)
{
    sql_save(store->sql,
             "INSERT INTO payer (merchant_id, payment_id, email, name, return_url, action_url, look_at) VALUES ($1, $2, '', '', '', '', $3) "
             "ON CONFLICT (merchant_id, payment_id) DO UPDATE SET look_at = excluded.look_at "
             "WHERE payer.look_at = 0 OR payer.look_at > excluded.look_at",
             (struct sql_value[]){ TEXT(merchant), TEXT(payment_id), INT(look_at) }, 3, -1);
}

void store_drop_look(struct store *store, str merchant, str payment_id, micros due)
{
    sql_save(store->sql, "UPDATE payer SET look_at = 0 WHERE merchant_id = $1 AND payment_id = $2 AND look_at > 0 AND look_at <= $3",
             (struct sql_value[]){ TEXT(merchant), TEXT(payment_id), INT(due) }, 3, -1);
}

size_t store_list_looks(struct store *store, struct arena *arena, str merchant, micros before, int64_t limit, struct payment_id **out)
{
    size_t count = 0;
    *out = arena_take(arena, (size_t)limit * sizeof **out);
    sql_ask(store->sql,
            "SELECT payment_id FROM payer WHERE merchant_id = $1 AND look_at > 0 AND look_at < $2 ORDER BY look_at LIMIT $3",
            (struct sql_value[]){ TEXT(merchant), INT(before), INT(limit) }, 3);
    while (sql_next(store->sql)) sql_text_to(store->sql, 0, (*out)[count++].text, sizeof(*out)->text);
    sql_end(store->sql);
    return count;
}
