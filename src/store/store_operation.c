/* SPDX-License-Identifier: Apache-2.0 */
/* store_operation: operations with their frozen bytes, and the answers that merchants were given. */
#include <string.h>

#include "store/store_internal.h"

/* A record that nobody drives was made for a file. */
#define NODE(value) TEXT((value).bytes ? (value) : STR(""))

#define OPERATION_COLUMNS                                                                                              \
    "payment_id, operation_id, kind, state, amount_minor, processor, processor_key, method, path, body, card_sealed, " \
    "card_slot, sends, lost, already, denied, mismatched, started_at, ended_at, processor_ref, reason, "               \
    "answer_operation_id, answer_form, node, node_epoch"

static void read_words(struct sql *sql, struct operation_record *record)
{
    char word[32];
    sql_text_to(sql, 2, word, sizeof word);
    bool kind_known = operation_kind_named(str_of(word), &record->kind);
    INSIST(kind_known);
    sql_text_to(sql, 3, word, sizeof word);
    bool state_known = operation_state_named(str_of(word), &record->state);
    INSIST(state_known);
}

static void read_tries(struct sql *sql, struct operation_record *record)
{
    record->sends = sql_int(sql, 12);
    record->lost = sql_int(sql, 13);
    record->already = sql_int(sql, 14);
    record->denied = sql_int(sql, 15);
    record->mismatched = sql_int(sql, 16);
    record->started_at = sql_int(sql, 17);
    record->ended_at = sql_int(sql, 18);
}

static void read_operation(struct sql *sql, struct arena *arena, struct operation_record *record)
{
    *record = (struct operation_record){ 0 };
    sql_text_to(sql, 0, record->payment_id.text, sizeof record->payment_id.text);
    sql_text_to(sql, 1, record->id.text, sizeof record->id.text);
    read_words(sql, record);
    record->amount_minor = sql_int(sql, 4);
    record->processor = sql_text(sql, 5, arena);
    record->processor_key = sql_text(sql, 6, arena);
    record->method = sql_text(sql, 7, arena);
    record->path = sql_text(sql, 8, arena);
    record->body = sql_text(sql, 9, arena);
    record->card_sealed = sql_text(sql, 10, arena);
    record->card_slot = sql_int(sql, 11);
    read_tries(sql, record);
    sql_text_to(sql, 19, record->processor_ref.text, sizeof record->processor_ref.text);
    record->reason = sql_text(sql, 20, arena);
    sql_text_to(sql, 21, record->answer_operation_id.text, sizeof record->answer_operation_id.text);
    record->answer_form = sql_text(sql, 22, arena);
    record->node = sql_text(sql, 23, arena);
    record->node_epoch = sql_int(sql, 24);
}

static bool find_operation(struct store *store, struct arena *arena, const char *question, const struct sql_value *values, size_t count,
                           struct operation_record *out)
{
    sql_ask(store->sql, question, values, count);
    bool found = sql_next(store->sql);
    if (found) read_operation(store->sql, arena, out);
    sql_end(store->sql);
    return found;
}

bool store_load_operation(struct store *store, struct arena *arena, str merchant, str payment_id, str operation_id,
                          struct operation_record *out)
{
    return find_operation(store, arena,
                          "SELECT " OPERATION_COLUMNS " FROM operation WHERE merchant_id = $1 AND payment_id = $2 AND operation_id = $3",
                          (struct sql_value[]){ TEXT(merchant), TEXT(payment_id), TEXT(operation_id) }, 3, out);
}

/* Further exchanges have the reference with their number behind it; there is no third one anywhere. */
bool store_find_operation_by_reference(struct store *store, struct arena *arena, str merchant, str reference, struct operation_record *out)
{
    if (reference.length == 0) return false;
    str second = arena_format(arena, "%.*s-2", STR_FORMAT(reference));
    return find_operation(store, arena,
                          "SELECT " OPERATION_COLUMNS " FROM operation WHERE merchant_id = $1 AND processor_key IN ($2, $3) AND "
                          "processor <> 'bank'",
                          (struct sql_value[]){ TEXT(merchant), TEXT(reference), TEXT(second) }, 3, out);
}

/* A payment that is sold has its hold and its capture under one id: either leads to it. */
bool store_find_operation_by_ref(struct store *store, struct arena *arena, str merchant, str processor_ref, struct operation_record *out)
{
    if (processor_ref.length == 0) return false;
    return find_operation(store, arena,
                          "SELECT " OPERATION_COLUMNS " FROM operation WHERE merchant_id = $1 AND processor_ref = $2 AND "
                          "processor <> 'bank'",
                          (struct sql_value[]){ TEXT(merchant), TEXT(processor_ref) }, 2, out);
}

void store_save_new_operation(struct store *store, str merchant, const struct operation_record *record)
{
    struct sql_value values[] = {
        TEXT(merchant),
        TEXT(str_of(record->payment_id.text)),
        TEXT(str_of(record->id.text)),
        TEXT(operation_kind_word(record->kind)),
        TEXT(operation_state_word(record->state)),
        INT(record->amount_minor),
        TEXT(record->processor),
        TEXT(record->processor_key),
        TEXT(record->method),
        TEXT(record->path),
        TEXT(record->body),
        TEXT(record->card_sealed),
        INT(record->card_slot),
        INT(record->started_at),
        record->ended_at ? INT(record->ended_at) : TEXT(STR_NONE),
        TEXT(record->reason),
        TEXT(str_of(record->answer_operation_id.text)),
        TEXT(record->answer_form),
        NODE(record->node),
        INT(record->node_epoch),
    };
    sql_save(store->sql,
             "INSERT INTO operation (merchant_id, payment_id, operation_id, kind, state, amount_minor, processor, "
             "processor_key, method, path, body, card_sealed, card_slot, sends, lost, already, denied, mismatched, "
             "started_at, ended_at, reason, answer_operation_id, answer_form, node, node_epoch) "
             "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 0, 0, 0, 0, 0, $14, $15, $16, $17, $18, $19, $20)",
             values, COUNT_OF(values), 1);
}

void store_save_exchange(struct store *store, str merchant, const struct operation_record *record)
{
    struct sql_value values[] = {
        TEXT(merchant), TEXT(str_of(record->payment_id.text)), TEXT(str_of(record->id.text)), TEXT(record->processor_key),
        TEXT(record->method), TEXT(record->path), TEXT(record->body), NODE(record->node), INT(record->node_epoch),
    };
    sql_save(store->sql,
             "UPDATE operation SET processor_key = $4, method = $5, path = $6, body = $7, sends = 0, lost = 0, already = 0, denied = 0, "
             "mismatched = 0 WHERE merchant_id = $1 AND payment_id = $2 AND operation_id = $3 AND node = $8 AND node_epoch = $9",
             values, COUNT_OF(values), 1);
}

/* What can change of an operation between its exchanges; its bytes and its key cannot. */
void store_save_operation(struct store *store, str merchant, const struct operation_record *record)
{
    struct sql_value values[] = {
        TEXT(merchant),
        TEXT(str_of(record->payment_id.text)),
        TEXT(str_of(record->id.text)),
        TEXT(operation_state_word(record->state)),
        TEXT(record->card_sealed),
        INT(record->card_slot),
        INT(record->sends),
        INT(record->lost),
        INT(record->already),
        INT(record->denied),
        INT(record->mismatched),
        record->ended_at ? INT(record->ended_at) : TEXT(STR_NONE),
        KNOWN(str_of(record->processor_ref.text)),
        TEXT(record->reason),
        NODE(record->node),
        INT(record->node_epoch),
    };
    sql_save(store->sql,
             "UPDATE operation SET state = $4, card_sealed = $5, card_slot = $6, sends = $7, lost = $8, already = $9, "
             "denied = $10, mismatched = $11, ended_at = $12, processor_ref = $13, reason = $14 "
             "WHERE merchant_id = $1 AND payment_id = $2 AND operation_id = $3 AND node = $15 AND node_epoch = $16",
             values, COUNT_OF(values), 1);
}

void store_save_answered(struct store *store, str merchant, const struct operation_record *record)
{
    sql_save(store->sql,
             "UPDATE operation SET answer_operation_id = '' WHERE merchant_id = $1 AND payment_id = $2 AND operation_id = $3 AND node = $4 "
             "AND node_epoch = $5",
             (struct sql_value[]){ TEXT(merchant), TEXT(str_of(record->payment_id.text)), TEXT(str_of(record->id.text)), NODE(record->node),
                                   INT(record->node_epoch) },
             5, 1);
}

void store_give_operation(struct store *store, str merchant, struct operation_record *record, const struct node_life *driver)
{
    struct sql_value values[] = {
        TEXT(merchant), TEXT(str_of(record->payment_id.text)), TEXT(str_of(record->id.text)),
        TEXT(str_of(driver->node)), INT(driver->epoch), NODE(record->node), INT(record->node_epoch),
    };
    sql_save(store->sql,
             "UPDATE operation SET node = $4, node_epoch = $5 "
             "WHERE merchant_id = $1 AND payment_id = $2 AND operation_id = $3 AND node = $6 AND node_epoch = $7",
             values, COUNT_OF(values), 1);
    record->node = str_of(driver->node);
    record->node_epoch = driver->epoch;
}

void store_save_answer(struct store *store, str merchant, str payment_id, str operation_id, int64_t status, str body)
{
    sql_save(store->sql,
             "INSERT INTO answer (merchant_id, payment_id, operation_id, status, body) VALUES ($1, $2, $3, $4, $5)",
             (struct sql_value[]){ TEXT(merchant), TEXT(payment_id), TEXT(operation_id), INT(status), TEXT(body) }, 5, 1);
}

static size_t collect(struct store *store, struct arena *arena, struct operation_record **out)
{
    struct operation_record *list = NULL;
    size_t count = 0, capacity = 0;
    while (sql_next(store->sql)) {
        LIST_MORE(arena, list, count, capacity);
        read_operation(store->sql, arena, &list[count++]);
    }
    *out = list;
    return count;
}

size_t store_list_open_operations(struct store *store, struct arena *arena, str merchant, str after, int64_t limit,
                                  struct operation_record **out)
{
    sql_ask(store->sql,
            "SELECT " OPERATION_COLUMNS " FROM operation WHERE merchant_id = $1 AND ended_at IS NULL AND operation_id > $2 "
            "ORDER BY operation_id LIMIT $3",
            (struct sql_value[]){ TEXT(merchant), TEXT(after.bytes ? after : STR("")), INT(limit) }, 3);
    return collect(store, arena, out);
}

size_t store_list_driven_operations(struct store *store, struct arena *arena, str merchant, str node, str after, int64_t limit,
                                    struct operation_record **out)
{
    sql_ask(store->sql,
            "SELECT " OPERATION_COLUMNS " FROM operation WHERE merchant_id = $1 AND ended_at IS NULL AND operation_id > $2 AND node = $4 "
            "ORDER BY operation_id LIMIT $3",
            (struct sql_value[]){ TEXT(merchant), TEXT(after.bytes ? after : STR("")), INT(limit), NODE(node) }, 4);
    return collect(store, arena, out);
}

/* ---- who drives them ---- */

size_t operations_take(struct store *store, struct arena *arena, str merchant, str from, struct operation_record **out)
{
    struct node_life life = store_life(store);
    sql_ask(store->sql,
            "UPDATE operation SET node = $3, node_epoch = $4 WHERE merchant_id = $1 AND ended_at IS NULL AND node = $2 "
            "RETURNING " OPERATION_COLUMNS,
            (struct sql_value[]){ TEXT(merchant), NODE(from), TEXT(store_node(store)), INT(life.epoch) }, 4);
    return collect(store, arena, out);
}

void store_take_up(struct store *store, str merchant)
{
    struct node_life life = store_life(store);
    struct sql_value values[] = { TEXT(merchant), TEXT(store_node(store)), INT(life.epoch) };
    if (!store->lease) return;
    sql_save(store->sql,
             "UPDATE operation SET node_epoch = $3 WHERE merchant_id = $1 AND ended_at IS NULL AND node = $2 "
             "AND node_epoch <> $3",
             values, COUNT_OF(values), -1);
}

bool store_find_open_operation(struct store *store, struct arena *arena, str merchant, str operation_id, struct operation_record *out)
{
    return find_operation(store, arena,
                          "SELECT " OPERATION_COLUMNS " FROM operation WHERE merchant_id = $1 AND ended_at IS NULL AND operation_id = $2",
                          (struct sql_value[]){ TEXT(merchant), TEXT(operation_id) }, 2, out);
}

static void count_row(struct sql *sql, struct open_count *out)
{
    char word[32];
    enum operation_kind kind = OPERATION_NONE;
    enum operation_state state = OPERATION_RUNNING;
    sql_text_to(sql, 0, word, sizeof word);
    bool kind_known = operation_kind_named(str_of(word), &kind);
    sql_text_to(sql, 1, word, sizeof word);
    bool state_known = operation_state_named(str_of(word), &state);
    INSIST(kind_known && state_known);
    out->count[kind][state] = sql_int(sql, 2);
    micros oldest = sql_int(sql, 3);
    bool in_doubt = state == OPERATION_UNKNOWN || state == OPERATION_REVIEW;
    if (in_doubt && (out->oldest_doubt == 0 || oldest < out->oldest_doubt)) out->oldest_doubt = oldest;
}

void store_count_open(struct store *store, str merchant, struct open_count *out)
{
    *out = (struct open_count){ 0 };
    sql_ask(store->sql,
            "SELECT kind, state, COUNT(*), MIN(started_at) FROM operation WHERE merchant_id = $1 AND ended_at IS NULL "
            "GROUP BY kind, state",
            (struct sql_value[]){ TEXT(merchant) }, 1);
    while (sql_next(store->sql)) count_row(store->sql, out);
    sql_ask(store->sql, "SELECT COUNT(*) FROM payment WHERE merchant_id = $1 AND risk_review = 'open'", (struct sql_value[]){ TEXT(merchant) }, 1);
    if (sql_next(store->sql)) out->reviews = sql_int(store->sql, 0);
    sql_end(store->sql);
}

size_t store_list_refunds(struct store *store, struct arena *arena, str merchant, str payment_id, struct operation_record **out)
{
    sql_ask(store->sql,
            "SELECT " OPERATION_COLUMNS " FROM operation WHERE merchant_id = $1 AND payment_id = $2 AND kind = 'refund' "
            "ORDER BY operation_id",
            (struct sql_value[]){ TEXT(merchant), TEXT(payment_id) }, 2);
    return collect(store, arena, out);
}
