/* SPDX-License-Identifier: Apache-2.0 */
/* Several connections that write at once: decisions on one payment collide, run again, and none is lost or written twice. */
#include "base/base_testing.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "store/shelf.h"
#include "store/store_internal.h"

enum { CONNECTIONS = 4, ROUNDS = 20, TOGETHER = 3 };

static _Atomic int runs;

static void decide(struct store *store, void *context)
{
    struct payment_id *id = context;
    struct arena arena = { 0 };
    struct payment_record record;
    runs++;
    bool loaded = store_load_payment(store, &arena, MERCHANT, payment_id_str(id), &record);
    if (store_must_have(store, loaded)) {
        record.payment.sequence++;
        record.payment.captured_minor++;
        store_save_event(store, MERCHANT, &record, EVENT_CAPTURED, STR("{}"));
        store_save_payment(store, MERCHANT, &record);
    }
    arena_close(&arena);
}

static void begin_history(struct store *store, void *context)
{
    struct payment_record *record = context;
    record->payment.sequence = 1;
    record->payment.captured_minor = 0;
    record->head_hash[0] = 0;
    store_save_event(store, MERCHANT, record, EVENT_AUTHORIZE_STARTED, STR("{}"));
    store_save_new_payment(store, MERCHANT, record);
    record->payment.captured_minor = 0;
    store_save_payment(store, MERCHANT, record);
}

static void *decide_again_and_again(void *store)
{
    struct payment_id id = payment_id_of(1);
    for (int i = 0; i < ROUNDS; i++) {
        struct errand errands[TOGETHER];
        struct work *works[TOGETHER];
        for (int j = 0; j < TOGETHER; j++) {
            errands[j] = errand_of(decide, &id);
            works[j] = &errands[j].work;
        }
        store_run_batch(store, works, TOGETHER);
        for (int j = 0; j < TOGETHER; j++) {
            if (errands[j].work.result != WORK_DONE) return store;
        }
    }
    return NULL;
}

struct reading {
    struct arena *arena;
    struct payment_record payment;
    struct event_record *events;
    size_t count;
};

static void read_all(struct store *store, void *context)
{
    struct reading *reading = context;
    struct payment_id id = payment_id_of(1);
    reading->count = store_list_events(store, reading->arena, MERCHANT, payment_id_str(&id), 0, 10000, &reading->events);
    assert_true(store_load_payment(store, reading->arena, MERCHANT, payment_id_str(&id), &reading->payment));
}

static void decisions_from_several_connections_are_one_history(void **state)
{
    only_for_servers();
    struct shelf *shelf = *state;
    struct error error = { "" };
    struct store *stores[CONNECTIONS] = { shelf->store };
    pthread_t threads[CONNECTIONS];
    struct payment_record record = payment_of(1);
    struct reading reading = { .arena = &shelf->arena };
    void *failed = NULL;
    assert_int_equal(shelf_do(shelf, begin_history, &record), WORK_DONE);
    for (int i = 1; i < CONNECTIONS; i++) {
        stores[i] = store_open_beside(shelf->store, str_of(shelf->url), i, &error);
        if (!stores[i]) fail_msg("%s", error.text);
    }
    for (int i = 0; i < CONNECTIONS; i++) assert_int_equal(pthread_create(&threads[i], NULL, decide_again_and_again, stores[i]), 0);
    for (int i = 0; i < CONNECTIONS; i++) {
        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
    for (int i = 1; i < CONNECTIONS; i++) store_close(stores[i]);
    assert_int_equal(shelf_do(shelf, read_all, &reading), WORK_DONE);
    assert_int_equal(reading.count, CONNECTIONS * ROUNDS * TOGETHER + 1);
    assert_int_equal(reading.payment.payment.sequence, CONNECTIONS * ROUNDS * TOGETHER + 1);
    assert_int_equal(reading.payment.payment.captured_minor, CONNECTIONS * ROUNDS * TOGETHER);
    assert_true(runs > CONNECTIONS * ROUNDS * TOGETHER); /* some collided */
}

/* ---- connections that are cut ---- */

static void cut(struct shelf *shelf, struct store *store)
{
    char statement[80];
    sql_ask(store->sql, "SELECT pg_backend_pid()", NULL, 0);
    assert_true(sql_next(store->sql));
    snprintf(statement, sizeof statement, "SELECT pg_terminate_backend(%lld, 5000)", (long long)sql_int(store->sql, 0));
    sql_end(store->sql);
    place_tamper(shelf->url, statement);
}

static void what_was_cut_is_done_all_the_same(void **state)
{
    only_for_servers();
    struct shelf *shelf = *state;
    struct error error = { "" };
    struct payment_record record = payment_of(1);
    struct store *reader = store_open(str_of(shelf->url), STORE_READS, &error);
    size_t count = 0;
    assert_non_null(reader);
    cut(shelf, shelf->store);
    assert_int_equal(shelf_do(shelf, save_new_payment, &record), WORK_DONE);
    assert_false(store_is_away(shelf->store));
    cut(shelf, reader);
    assert_int_equal(shelf_ask(reader, count_payments, &count), WORK_DONE);
    assert_int_equal(count, 1);
    store_close(reader);
}

static void a_second_one_is_refused_while_the_first_is_there(void **state)
{
    only_for_servers();
    struct shelf *shelf = *state;
    struct error error = { "" };
    assert_null(store_open(str_of(shelf->url), STORE_WRITES, &error));
    assert_true(str_contains(str_of(error.text), STR("another gateway, process ")));
    shelf_reopen(shelf); /* and taken as soon as it is gone */
    assert_int_equal(payments_in(shelf), 0);
}

static void what_cannot_be_taken_is_told(void **state)
{
    only_for_servers();
    struct shelf *shelf = *state;
    struct error error = { "" };
    store_close(shelf->store);
    shelf->store = NULL;
    shelf_tamper(shelf, "ALTER TABLE node RENAME COLUMN holder TO words");
    assert_null(store_open(str_of(shelf->url), STORE_WRITES, &error));
    assert_true(str_contains(str_of(error.text), STR("node alone cannot be taken: column \"holder\"")));
    shelf_tamper(shelf, "ALTER TABLE meta RENAME COLUMN value TO words");
    assert_null(store_open(str_of(shelf->url), STORE_WRITES, &error));
    assert_true(str_contains(str_of(error.text), STR("column \"value\" does not exist")));
}

static const struct node_name {
    const char *name;
    bool fits;
} node_names[] = {
    { "shop-1.Example_09", true }, { "azAZ09", true }, { "", false },   { "two words", false }, { "shop/1", false },
    { "shop:1", false },           { "[1]", false },   { "{1}", false }, { "caf\xc3\xa9", false }, { "'; --", false },
    { "123456789_123456789_123456789_123456789_123456789_123456789_123", true },
    { "123456789_123456789_123456789_123456789_123456789_123456789_1234", false },
};

/* It stands in names of rows, between dots and blanks. */
static void a_node_has_a_plain_name(void **state)
{
    only_for_servers();
    struct shelf *shelf = *state;
    for (size_t i = 0; i < COUNT_OF(node_names); i++) {
        struct error error = { "" };
        struct store *store = store_open_node(str_of(shelf->url), str_of(node_names[i].name), &error);
        assert_row((store != NULL) == node_names[i].fits, i);
        assert_row(store || str_contains(str_of(error.text), STR("the name of a node is 1 to 63 letters")), i);
        store_close(store);
    }
}

/* ---- a node that was stopped in the midst of a transaction ---- */

/* Its connection's row is locked, as it is from the first commit that it was about to make. */
static void stop_in_the_midst(struct store *store)
{
    sql_begin(store->sql, true);
    lease_number_commit(store);
    sql_ask(store->sql, "SELECT 1", NULL, 0);
    assert_true(sql_next(store->sql));
    sql_end(store->sql);
}

static struct store *open_other_node(struct shelf *shelf)
{
    struct error error = { "" };
    struct store *other = store_open_as(str_of(shelf->url), STORE_WRITES, STR("other"), &error);
    if (!other) fail_msg("%s", error.text);
    return other;
}

/* So that its time-out can come. */
static void it_is_known_to_stand_idle(void **state)
{
    only_for_servers();
    struct shelf *shelf = *state;
    struct store *other = open_other_node(shelf);
    stop_in_the_midst(shelf->store);
    sql_ask(other->sql, "SELECT 1 FROM pg_stat_activity a JOIN node n ON n.life = a.application_name WHERE n.node = $1 AND a.state = $2",
            (struct sql_value[]){ sql_of_text(store_node(shelf->store)), sql_of_text(STR("idle in transaction")) }, 2);
    assert_true(sql_next(other->sql));
    sql_end(other->sql);
    sql_rollback(other->sql);
    sql_rollback(shelf->store->sql);
    store_close(other);
}

static void take_over(struct store *store, void *context)
{
    struct arena arena = { 0 };
    struct operation_record *taken;
    size_t count;
    assert_true(store_take_over(store, &arena, MERCHANT, context, &taken, &count));
    arena_close(&arena);
}

static void its_locks_keep_nobody_waiting(void **state)
{
    only_for_servers();
    struct shelf *shelf = *state;
    struct error error = { "" };
    struct store *other = open_other_node(shelf);
    struct node_sign dead = { .life = store_life(shelf->store) };
    struct errand errand = errand_of(take_over, &dead);
    struct work *works[] = { &errand.work };
    assert_true(sql_run_script(shelf->store->sql, "SET idle_in_transaction_session_timeout = 0", &error));
    stop_in_the_midst(shelf->store);
    store_run_batch(other, works, 1);
    assert_int_equal(errand.work.result, WORK_DONE);
    assert_int_equal(errand.runs, 1);
    assert_int_equal(sql_commit(shelf->store->sql), SQL_DOUBT);
    sql_rollback(shelf->store->sql);
    store_close(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        shelf_test(decisions_from_several_connections_are_one_history),
        shelf_test(what_was_cut_is_done_all_the_same),
        shelf_test(a_second_one_is_refused_while_the_first_is_there),
        shelf_test(what_cannot_be_taken_is_told),
        shelf_test(a_node_has_a_plain_name),
        shelf_test(it_is_known_to_stand_idle),
        shelf_test(its_locks_keep_nobody_waiting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
