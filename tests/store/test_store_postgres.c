/* SPDX-License-Identifier: Apache-2.0 */
/* Several connections that write at once: decisions on one payment collide, run again, and none is lost or written twice. */
#include "base/base_testing.h"

#include <pthread.h>
#include <stdatomic.h>

#include "store/shelf.h"

enum { CONNECTIONS = 4, ROUNDS = 60 };

#define only_for_a_server()                                                                                            \
    do {                                                                                                               \
        if (place_is_file()) {                                                                                         \
            print_message("left out on SQLite: one connection writes\n");                                              \
            skip();                                                                                                    \
        }                                                                                                              \
    } while (0)

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
        struct errand errand = errand_of(decide, &id);
        struct work *works[] = { &errand.work };
        store_run_batch(store, works, 1);
        if (errand.work.result != WORK_DONE) return store;
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
    only_for_a_server();
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
    assert_int_equal(reading.count, CONNECTIONS * ROUNDS + 1);
    assert_int_equal(reading.payment.payment.sequence, CONNECTIONS * ROUNDS + 1);
    assert_int_equal(reading.payment.payment.captured_minor, CONNECTIONS * ROUNDS);
    assert_true(runs > CONNECTIONS * ROUNDS); /* some collided */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        shelf_test(decisions_from_several_connections_are_one_history),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
