/* SPDX-License-Identifier: Apache-2.0 */
/* store_event: the history of a payment, a chain of hashes that shows any later change. */
#include <stdio.h>
#include <string.h>

#include "store/store_internal.h"

const char event_first_hash[HASH_HEX_BYTES + 1] = "0000000000000000000000000000000000000000000000000000000000000000";

struct hash event_hash(str previous, str merchant, str payment_id, int64_t sequence, str type, micros at, str data)
{
    char sequence_text[24], at_text[24];
    snprintf(sequence_text, sizeof sequence_text, "%lld", (long long)sequence);
    snprintf(at_text, sizeof at_text, "%lld", (long long)at);
    str line = STR("\n");
    str pieces[] = { previous, line, merchant, line, payment_id,      line, str_of(sequence_text), line,
                     type,     line, str_of(at_text), line, data };
    return hash_of(pieces, COUNT_OF(pieces));
}

void store_save_event(struct store *store, str merchant, struct payment_record *record, enum event_kind kind, str data)
{
    const struct payment *payment = &record->payment;
    str previous = record->head_hash[0] ? str_of(record->head_hash) : str_of(event_first_hash);
    struct hash hash = event_hash(previous, merchant, str_of(record->id.text), payment->sequence, event_kind_word(kind),
                                  payment->changed_at, data);
    hash_hex(&hash, record->head_hash);
    struct sql_value values[] = {
        TEXT(merchant),
        TEXT(str_of(record->id.text)),
        INT(payment->sequence),
        TEXT(event_kind_word(kind)),
        INT(payment->changed_at),
        TEXT(data),
        TEXT(str_of(record->head_hash)),
    };
    sql_save(store->sql,
             "INSERT INTO event (merchant_id, payment_id, sequence, type, at, data, hash) VALUES ($1, $2, $3, $4, $5, $6, $7)",
             values, COUNT_OF(values), 1);
}

size_t store_list_events(struct store *store, struct arena *arena, str merchant, str payment_id, int64_t after, int64_t limit,
                         struct event_record **out)
{
    struct event_record *list = NULL;
    size_t count = 0, capacity = 0;
    sql_ask(store->sql,
            "SELECT sequence, type, at, data, hash FROM event WHERE merchant_id = $1 AND payment_id = $2 AND sequence > $3 "
            "ORDER BY sequence LIMIT $4",
            (struct sql_value[]){ TEXT(merchant), TEXT(payment_id), INT(after), INT(limit) }, 4);
    while (sql_next(store->sql)) {
        LIST_MORE(arena, list, count, capacity);
        struct event_record *event = &list[count++];
        event->sequence = sql_int(store->sql, 0);
        event->type = sql_text(store->sql, 1, arena);
        event->at = sql_int(store->sql, 2);
        event->data = sql_text(store->sql, 3, arena);
        event->hash = sql_text(store->sql, 4, arena);
    }
    *out = list;
    return count;
}
