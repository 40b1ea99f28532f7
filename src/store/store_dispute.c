/* SPDX-License-Identifier: Apache-2.0 */
/* store_dispute: disputes of payments, and when their processors are to be asked. */
#include <string.h>

#include "store/store_internal.h"

#define DISPUTE_COLUMNS "payment_id, dispute_id, state, stage, amount_minor, currency, reason, due_at, opened_at, changed_at, look_at"

static void read_dispute(struct sql *sql, struct arena *arena, struct dispute_record *record)
{
    *record = (struct dispute_record){ .id = sql_text(sql, 1, arena), .reason = sql_text(sql, 6, arena) };
    sql_text_to(sql, 0, record->payment_id.text, sizeof record->payment_id.text);
    str state = sql_text(sql, 2, arena);
    record->is_known = state.length > 0;
    bool are_words = !record->is_known ||
                     (dispute_state_named(state, &record->state) && dispute_stage_named(sql_text(sql, 3, arena), &record->stage));
    INSIST(are_words);
    record->amount.minor = sql_int(sql, 4);
    sql_text_to(sql, 5, record->amount.currency.code, sizeof record->amount.currency.code);
    record->due_at = sql_int(sql, 7);
    record->opened_at = sql_int(sql, 8);
    record->changed_at = sql_int(sql, 9);
    record->look_at = sql_int(sql, 10);
}

bool store_load_dispute(struct store *store, struct arena *arena, str merchant, str payment_id, str dispute_id, struct dispute_record *out)
{
    sql_ask(store->sql, "SELECT " DISPUTE_COLUMNS " FROM dispute WHERE merchant_id = $1 AND payment_id = $2 AND dispute_id = $3",
            (struct sql_value[]){ TEXT(merchant), TEXT(payment_id), TEXT(dispute_id) }, 3);
    bool found = sql_next(store->sql);
    if (found) read_dispute(store->sql, arena, out);
    sql_end(store->sql);
    return found;
}

void store_save_dispute_news(struct store *store, str merchant, str payment_id, str dispute_id, micros look_at)
{
    sql_save(store->sql,
             "INSERT INTO dispute (merchant_id, " DISPUTE_COLUMNS ") VALUES ($1, $2, $3, '', '', 0, '', '', 0, $4, $4, $4) "
             "ON CONFLICT (merchant_id, payment_id, dispute_id) DO UPDATE SET look_at = excluded.look_at",
             (struct sql_value[]){ TEXT(merchant), TEXT(payment_id), TEXT(dispute_id), INT(look_at) }, 4, 1);
}

void store_save_dispute(struct store *store, str merchant, const struct dispute_record *record, micros look_before)
{
    struct sql_value values[] = {
        TEXT(merchant),
        TEXT(str_of(record->payment_id.text)),
        TEXT(record->id),
        TEXT(record->is_known ? dispute_state_word(record->state) : STR("")),
        TEXT(record->is_known ? dispute_stage_word(record->stage) : STR("")),
        INT(record->amount.minor),
        TEXT(str_of(record->amount.currency.code)),
        TEXT(record->reason),
        INT(record->due_at),
        INT(record->changed_at),
        INT(record->look_at),
        INT(look_before),
    };
    sql_save(store->sql,
             "UPDATE dispute SET state = $4, stage = $5, amount_minor = $6, currency = $7, reason = $8, due_at = $9, changed_at = $10, "
             "look_at = $11 WHERE merchant_id = $1 AND payment_id = $2 AND dispute_id = $3 AND look_at = $12",
             values, COUNT_OF(values), 1);
}

void store_drop_dispute(struct store *store, str merchant, const struct dispute_record *record)
{
    sql_save(store->sql, "DELETE FROM dispute WHERE merchant_id = $1 AND payment_id = $2 AND dispute_id = $3 AND look_at = $4",
             (struct sql_value[]){ TEXT(merchant), TEXT(str_of(record->payment_id.text)), TEXT(record->id), INT(record->look_at) }, 4, 1);
}

/* ---- lists ---- */

static size_t collect(struct store *store, struct arena *arena, struct dispute_record **out)
{
    struct dispute_record *list = NULL;
    size_t count = 0, capacity = 0;
    while (sql_next(store->sql)) {
        LIST_MORE(arena, list, count, capacity);
        read_dispute(store->sql, arena, &list[count++]);
    }
    sql_end(store->sql);
    *out = list;
    return count;
}

static size_t list_known(struct store *store, struct arena *arena, str merchant, const struct payment_id *payment_id, struct dispute_record **out)
{
    sql_ask(store->sql,
            "SELECT " DISPUTE_COLUMNS " FROM dispute WHERE merchant_id = $1 AND payment_id = $2 AND state <> '' ORDER BY dispute_id",
            (struct sql_value[]){ TEXT(merchant), TEXT(payment_id_str(payment_id)) }, 2);
    return collect(store, arena, out);
}

void store_load_disputes(struct store *store, struct arena *arena, str merchant, struct payment_record *record)
{
    record->dispute_count = list_known(store, arena, merchant, &record->id, &record->disputes);
}

bool store_has_blocking_dispute(struct store *store, struct arena *arena, str merchant, const struct payment_id *payment_id)
{
    struct dispute_record *disputes;
    bool blocks = false;
    size_t count = list_known(store, arena, merchant, payment_id, &disputes);
    for (size_t i = 0; i < count; i++) blocks |= dispute_blocks_refunds(disputes[i].stage, disputes[i].state);
    return blocks;
}

size_t store_list_dispute_looks(struct store *store, struct arena *arena, str merchant, micros before, int64_t limit, struct dispute_record **out)
{
    sql_ask(store->sql,
            "SELECT " DISPUTE_COLUMNS " FROM dispute WHERE merchant_id = $1 AND look_at > 0 AND look_at < $2 ORDER BY look_at LIMIT $3",
            (struct sql_value[]){ TEXT(merchant), INT(before), INT(limit) }, 3);
    return collect(store, arena, out);
}
