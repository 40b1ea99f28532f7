/* SPDX-License-Identifier: Apache-2.0 */
/* store_payment: payments, saved and loaded whole. */
#include <string.h>

#include "store/store_internal.h"

#define PAYMENT_COLUMNS                                                                                                \
    "payment_id, sequence, head_hash, state, amount_minor, currency, authorized_minor, captured_minor, "               \
    "refunded_minor, captures_itself, order_id, customer_id, description, metadata, processor, authorization_ref, "    \
    "capture_ref, void_ref, refund_ref, card_brand, card_last4, decline, stray_holds, rival_possible, operation_id, "  \
    "operation_kind, operation_state, operation_amount_minor, operation_since, operation_next_try_at, created_at, "    \
    "authorized_at, captured_at, voided_at, refunded_at, expires_at, changed_at, risk, risk_rule, risk_review"

/* ---- reading a row, in the order of PAYMENT_COLUMNS ---- */

static void insist_known(bool known) { INSIST(known); }

bool store_must_have(const struct store *store, bool loaded)
{
    INSIST(loaded || sql_trouble_of(store->sql) != SQL_FINE);
    return loaded;
}

static void read_words(struct sql *sql, struct payment *payment)
{
    char word[32];
    sql_text_to(sql, 3, word, sizeof word);
    insist_known(payment_state_named(str_of(word), &payment->state));
    sql_text_to(sql, 21, word, sizeof word);
    insist_known(decline_named(str_of(word), &payment->decline));
    sql_text_to(sql, 25, word, sizeof word);
    insist_known(operation_kind_named(str_of(word), &payment->operation.kind));
    sql_text_to(sql, 26, word, sizeof word);
    insist_known(operation_state_named(str_of(word), &payment->operation.state));
    sql_text_to(sql, 37, word, sizeof word);
    insist_known(risk_decision_named(str_of(word), &payment->risk));
    sql_text_to(sql, 39, word, sizeof word);
    insist_known(review_named(str_of(word), &payment->review));
}

static void read_state(struct sql *sql, struct payment *payment)
{
    read_words(sql, payment);
    payment->sequence = sql_int(sql, 1);
    payment->amount.minor = sql_int(sql, 4);
    sql_text_to(sql, 5, payment->amount.currency.code, sizeof payment->amount.currency.code);
    payment->authorized_minor = sql_int(sql, 6);
    payment->captured_minor = sql_int(sql, 7);
    payment->refunded_minor = sql_int(sql, 8);
    payment->captures_itself = sql_int(sql, 9) != 0;
    payment->operation.amount_minor = sql_int(sql, 27);
    payment->operation.since = sql_int(sql, 28);
    payment->created_at = sql_int(sql, 30);
    payment->authorized_at = sql_int(sql, 31);
    payment->captured_at = sql_int(sql, 32);
    payment->voided_at = sql_int(sql, 33);
    payment->refunded_at = sql_int(sql, 34);
    payment->expires_at = sql_int(sql, 35);
    payment->changed_at = sql_int(sql, 36);
}

static void read_references(struct sql *sql, struct payment_record *record)
{
    sql_text_to(sql, 15, record->authorization_ref.text, sizeof record->authorization_ref.text);
    sql_text_to(sql, 16, record->capture_ref.text, sizeof record->capture_ref.text);
    sql_text_to(sql, 17, record->void_ref.text, sizeof record->void_ref.text);
    sql_text_to(sql, 18, record->refund_ref.text, sizeof record->refund_ref.text);
    record->payment.capture_id_known = record->capture_ref.text[0] != 0;
}

static void read_payment(struct sql *sql, struct arena *arena, struct payment_record *record)
{
    *record = (struct payment_record){ 0 };
    sql_text_to(sql, 0, record->id.text, sizeof record->id.text);
    sql_text_to(sql, 2, record->head_hash, sizeof record->head_hash);
    read_state(sql, &record->payment);
    record->order_id = sql_text(sql, 10, arena);
    record->customer_id = sql_text(sql, 11, arena);
    record->description = sql_text(sql, 12, arena);
    record->metadata = sql_text(sql, 13, arena);
    record->processor = sql_text(sql, 14, arena);
    read_references(sql, record);
    sql_text_to(sql, 19, record->card_brand, sizeof record->card_brand);
    sql_text_to(sql, 20, record->card_last4, sizeof record->card_last4);
    record->stray_holds = sql_int(sql, 22);
    record->rival_possible = sql_int(sql, 23) != 0;
    sql_text_to(sql, 24, record->open_operation.text, sizeof record->open_operation.text);
    record->next_try_at = sql_int(sql, 29);
    sql_text_to(sql, 38, record->risk_rule, sizeof record->risk_rule);
}

bool store_load_payment(struct store *store, struct arena *arena, str merchant, str payment_id, struct payment_record *out)
{
    sql_ask(store->sql, "SELECT " PAYMENT_COLUMNS " FROM payment WHERE merchant_id = $1 AND payment_id = $2",
            (struct sql_value[]){ TEXT(merchant), TEXT(payment_id) }, 2);
    bool found = sql_next(store->sql);
    if (found) read_payment(store->sql, arena, out);
    sql_end(store->sql);
    return found;
}

/* ---- writing ---- */

void store_save_new_payment(struct store *store, str merchant, const struct payment_record *record)
{
    const struct payment *payment = &record->payment;
    struct sql_value values[] = {
        TEXT(merchant),
        TEXT(str_of(record->id.text)),
        INT(payment->sequence),
        TEXT(str_of(record->head_hash)),
        TEXT(payment_state_word(payment->state)),
        INT(payment->amount.minor),
        TEXT(currency_str(&payment->amount.currency)),
        INT(payment->captures_itself),
        TEXT(record->order_id),
        TEXT(record->customer_id),
        TEXT(record->description),
        TEXT(record->metadata),
        TEXT(record->processor),
        TEXT(str_of(record->card_brand)),
        TEXT(str_of(record->card_last4)),
        TEXT(decline_word(payment->decline)),
        KNOWN(str_of(record->open_operation.text)),
        TEXT(operation_kind_word(payment->operation.kind)),
        TEXT(operation_state_word(payment->operation.state)),
        INT(payment->operation.amount_minor),
        INT(payment->operation.since),
        INT(payment->created_at),
        INT(payment->changed_at),
        TEXT(risk_decision_word(payment->risk)),
        TEXT(str_of(record->risk_rule)),
        TEXT(review_word(payment->review)),
    };
    sql_save(store->sql,
             "INSERT INTO payment (merchant_id, payment_id, sequence, head_hash, state, amount_minor, currency, "
             "authorized_minor, captured_minor, refunded_minor, captures_itself, order_id, customer_id, description, "
             "metadata, processor, card_brand, card_last4, decline, stray_holds, rival_possible, operation_id, "
             "operation_kind, operation_state, operation_amount_minor, operation_since, operation_next_try_at, "
             "created_at, authorized_at, captured_at, voided_at, refunded_at, expires_at, changed_at, risk, risk_rule, risk_review) "
             "VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 0, 0, $8, $9, $10, $11, $12, $13, $14, $15, $16, 0, 0, $17, $18, "
             "$19, $20, $21, 0, $22, 0, 0, 0, 0, 0, $23, $24, $25, $26)",
             values, COUNT_OF(values), 1);
}

void store_save_payment(struct store *store, str merchant, const struct payment_record *record)
{
    const struct payment *payment = &record->payment;
    struct sql_value values[] = {
        TEXT(merchant),
        TEXT(str_of(record->id.text)),
        INT(payment->sequence),
        TEXT(str_of(record->head_hash)),
        TEXT(payment_state_word(payment->state)),
        INT(payment->authorized_minor),
        INT(payment->captured_minor),
        INT(payment->refunded_minor),
        KNOWN(str_of(record->authorization_ref.text)),
        KNOWN(str_of(record->capture_ref.text)),
        KNOWN(str_of(record->void_ref.text)),
        KNOWN(str_of(record->refund_ref.text)),
        TEXT(decline_word(payment->decline)),
        INT(record->stray_holds),
        INT(record->rival_possible),
        KNOWN(str_of(record->open_operation.text)),
        TEXT(operation_kind_word(payment->operation.kind)),
        TEXT(operation_state_word(payment->operation.state)),
        INT(payment->operation.amount_minor),
        INT(payment->operation.since),
        INT(record->next_try_at),
        INT(payment->authorized_at),
        INT(payment->captured_at),
        INT(payment->voided_at),
        INT(payment->refunded_at),
        INT(payment->expires_at),
        INT(payment->changed_at),
        TEXT(risk_decision_word(payment->risk)),
        TEXT(str_of(record->risk_rule)),
        TEXT(review_word(payment->review)),
        TEXT(record->processor),
    };
    sql_save(store->sql,
             "UPDATE payment SET sequence = $3, head_hash = $4, state = $5, authorized_minor = $6, captured_minor = $7, "
             "refunded_minor = $8, authorization_ref = $9, capture_ref = $10, void_ref = $11, refund_ref = $12, "
             "decline = $13, stray_holds = $14, rival_possible = $15, operation_id = $16, operation_kind = $17, "
             "operation_state = $18, operation_amount_minor = $19, operation_since = $20, operation_next_try_at = $21, "
             "authorized_at = $22, captured_at = $23, voided_at = $24, refunded_at = $25, expires_at = $26, "
             "changed_at = $27, risk = $28, risk_rule = $29, risk_review = $30, processor = $31 WHERE merchant_id = $1 AND payment_id = $2 "
             "AND sequence <= $3",
             values, COUNT_OF(values), 1);
}

/* ---- lists ---- */

static size_t collect(struct store *store, struct arena *arena, struct payment_record **out)
{
    struct payment_record *list = NULL;
    size_t count = 0, capacity = 0;
    while (sql_next(store->sql)) {
        LIST_MORE(arena, list, count, capacity);
        read_payment(store->sql, arena, &list[count++]);
    }
    *out = list;
    return count;
}

/* One text a filter, so that each has its own plan: by order and by customer their index, by state the third. */
static const char *list_text(const struct payment_filter *filter)
{
    if (filter->review.length > 0) {
        return "SELECT " PAYMENT_COLUMNS " FROM payment WHERE merchant_id = $1 AND risk_review = 'open' AND payment_id < $5 "
               "AND ($2 = '' OR order_id = $2) AND ($3 = '' OR customer_id = $3) AND ($4 = '' OR state = $4) ORDER BY payment_id DESC LIMIT $6";
    }
    if (filter->order_id.length > 0) {
        return "SELECT " PAYMENT_COLUMNS " FROM payment WHERE merchant_id = $1 AND order_id = $2 AND order_id <> '' AND payment_id < $5 "
               "AND ($3 = '' OR customer_id = $3) AND ($4 = '' OR state = $4) ORDER BY payment_id DESC LIMIT $6";
    }
    if (filter->customer_id.length > 0) {
        return "SELECT " PAYMENT_COLUMNS " FROM payment WHERE merchant_id = $1 AND customer_id = $3 AND customer_id <> '' AND payment_id < $5 "
               "AND ($2 = '' OR order_id = $2) AND ($4 = '' OR state = $4) ORDER BY payment_id DESC LIMIT $6";
    }
    if (filter->state.length > 0) {
        return "SELECT " PAYMENT_COLUMNS " FROM payment WHERE merchant_id = $1 AND state = $4 AND state <> '' AND payment_id < $5 "
               "AND ($2 = '' OR order_id = $2) AND ($3 = '' OR customer_id = $3) ORDER BY payment_id DESC LIMIT $6";
    }
    return "SELECT " PAYMENT_COLUMNS " FROM payment WHERE merchant_id = $1 AND payment_id < $5 "
           "AND ($2 = '' OR order_id = $2) AND ($3 = '' OR customer_id = $3) AND ($4 = '' OR state = $4) "
           "ORDER BY payment_id DESC LIMIT $6";
}

static str or_empty(str text) { return text.bytes ? text : STR(""); }

size_t store_list_payments(struct store *store, struct arena *arena, str merchant, const struct payment_filter *filter,
                           struct payment_record **out)
{
    str after_all_ids = STR("pay`"); /* '`' follows '_' */
    struct sql_value values[] = {
        TEXT(merchant),
        TEXT(or_empty(filter->order_id)),
        TEXT(or_empty(filter->customer_id)),
        TEXT(or_empty(filter->state)),
        TEXT(filter->before.length > 0 ? filter->before : after_all_ids),
        INT(filter->limit),
    };
    sql_ask(store->sql, list_text(filter), values, COUNT_OF(values));
    return collect(store, arena, out);
}

size_t store_list_payments_after(struct store *store, struct arena *arena, str merchant, str after, int64_t limit,
                                 struct payment_record **out)
{
    sql_ask(store->sql,
            "SELECT " PAYMENT_COLUMNS " FROM payment WHERE merchant_id = $1 AND payment_id > $2 ORDER BY payment_id LIMIT $3",
            (struct sql_value[]){ TEXT(merchant), TEXT(or_empty(after)), INT(limit) }, 3);
    return collect(store, arena, out);
}

static size_t collect_ids(struct store *store, struct arena *arena, struct payment_id **out)
{
    struct payment_id *list = NULL;
    size_t count = 0, capacity = 0;
    while (sql_next(store->sql)) {
        LIST_MORE(arena, list, count, capacity);
        sql_text_to(store->sql, 0, list[count].text, sizeof list[count].text);
        count++;
    }
    *out = list;
    return count;
}

size_t store_list_expired(struct store *store, struct arena *arena, str merchant, micros before, int64_t limit, struct payment_id **out)
{
    sql_ask(store->sql,
            "SELECT payment_id FROM payment WHERE merchant_id = $1 AND state = 'authorized' AND expires_at < $2 "
            "AND operation_kind = '' ORDER BY expires_at LIMIT $3",
            (struct sql_value[]){ TEXT(merchant), INT(before), INT(limit) }, 3);
    return collect_ids(store, arena, out);
}

/* With nothing open on it, a payment under review is held. Its state is not asked for: that would lead to the index of all holds. */
size_t store_list_open_reviews(struct store *store, struct arena *arena, str merchant, micros before, int64_t limit, struct payment_id **out)
{
    sql_ask(store->sql,
            "SELECT payment_id FROM payment WHERE merchant_id = $1 AND risk_review = 'open' AND operation_kind = '' AND expires_at > 0 "
            "AND expires_at < $2 ORDER BY expires_at LIMIT $3",
            (struct sql_value[]){ TEXT(merchant), INT(before), INT(limit) }, 3);
    return collect_ids(store, arena, out);
}
