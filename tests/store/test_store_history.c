/* SPDX-License-Identifier: Apache-2.0 */
/* The history: a row a change in a chain of hashes that shows any later change; and keys that grow old. */
#include "base/base_testing.h"

#include <stdio.h>

#include "store/shelf.h"

enum { EVENTS = 12 };

static const char zeros[] = "0000000000000000000000000000000000000000000000000000000000000000";

/* ---- the chain ---- */

/* Reckoned elsewhere: SHA-256 of the seven texts joined by line feeds. */
static void the_rule_of_the_chain(void **state)
{
    (void)state;
    char hex[HASH_HEX_BYTES + 1];
    struct hash hash = event_hash(str_of(zeros), STR("m_1"), STR("pay_1"), 1, STR("authorize_started"), INT64_C(1772323200000000), STR("{}"));
    assert_str(hash_hex(&hash, hex), STR("0c58df34f0aa5a72aa1085cbcee07b2d5d4f014965abd471a55374ad4ef64974"));
}

static void save_history(struct store *store, void *context)
{
    struct payment_record *record = context;
    *record = payment_of(1);
    record->head_hash[0] = 0;
    for (int i = 1; i <= EVENTS; i++) {
        char data[64];
        snprintf(data, sizeof data, "{\"amount\":%d,\"note\":\"it's \\u20ac\"}", i);
        record->payment.sequence = i;
        record->payment.changed_at = 1000 + i;
        store_save_event(store, MERCHANT, record, (enum event_kind)(1 + i % (EVENT_KIND_COUNT - 1)), str_of(data));
    }
    store_save_new_payment(store, MERCHANT, record);
}

static int set_up_history(void **state)
{
    struct payment_record record;
    int done = shelf_set_up(state);
    assert_int_equal(shelf_do(*state, save_history, &record), WORK_DONE);
    return done;
}

#define history_test(test) cmocka_unit_test_setup_teardown(test, set_up_history, shelf_tear_down)

struct reading {
    struct arena *arena;
    int64_t after, limit;
    struct event_record *events;
    size_t count;
    struct payment_record payment;
};

static void read_history(struct store *store, void *context)
{
    struct reading *reading = context;
    struct payment_id id = payment_id_of(1);
    reading->count = store_list_events(store, reading->arena, MERCHANT, payment_id_str(&id), reading->after, reading->limit, &reading->events);
    assert_true(store_load_payment(store, reading->arena, MERCHANT, payment_id_str(&id), &reading->payment));
}

/* The number of the first event that does not fit what was before it; 0: all fit, and the payment knows the last. */
static int64_t first_break(struct shelf *shelf)
{
    char hex[HASH_HEX_BYTES + 1];
    struct payment_id id = payment_id_of(1);
    struct reading reading = { .arena = &shelf->arena, .limit = 1000 };
    str previous = str_of(zeros);
    assert_int_equal(shelf_do(shelf, read_history, &reading), WORK_DONE);
    for (size_t i = 0; i < reading.count; i++) {
        const struct event_record *event = &reading.events[i];
        struct hash hash = event_hash(previous, MERCHANT, payment_id_str(&id), event->sequence, event->type, event->at, event->data);
        if (event->sequence != (int64_t)i + 1 || !str_equal(event->hash, hash_hex(&hash, hex))) return (int64_t)i + 1;
        previous = event->hash;
    }
    return str_equal(previous, str_of(reading.payment.head_hash)) ? 0 : (int64_t)reading.count + 1;
}

static void a_history_is_whole(void **state)
{
    struct shelf *shelf = *state;
    assert_int_equal(first_break(shelf), 0);
    shelf_reopen(shelf);
    assert_int_equal(first_break(shelf), 0);
}

/* Whatever is changed, added or taken away afterwards is found, and where. */
static void every_later_change_is_found(void **state)
{
    struct shelf *shelf = *state;
    static const struct {
        const char *change;
        int64_t found_at;
    } rows[] = {
        { "UPDATE event SET data = replace(data, '\"amount\":5', '\"amount\":6') WHERE sequence = 5", 5 },
        { "UPDATE event SET at = at + 1 WHERE sequence = 1", 1 },
        { "UPDATE event SET type = 'captured' WHERE sequence = 12", 12 },
        { "UPDATE event SET hash = replace(hash, substr(hash, 1, 1), 'x') WHERE sequence = 7", 7 },
        { "DELETE FROM event WHERE sequence = 3", 3 },
        { "DELETE FROM event WHERE sequence = 12", 12 },
        { "DELETE FROM event", 1 },
        { "INSERT INTO event SELECT merchant_id, payment_id, 13, type, at, data, hash FROM event WHERE sequence = 12", 13 },
        { "UPDATE event SET sequence = -sequence WHERE sequence IN (4, 5);"
          "UPDATE event SET sequence = 5 WHERE sequence = -4; UPDATE event SET sequence = 4 WHERE sequence = -5", 4 },
        { "UPDATE payment SET head_hash = replace(head_hash, substr(head_hash, 1, 1), 'x')", 13 },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        void *fresh = NULL;
        set_up_history(&fresh);
        struct shelf *other = fresh;
        store_close(other->store);
        shelf_tamper(other, rows[i].change);
        other->store = NULL;
        shelf_reopen(other);
        if (first_break(other) != rows[i].found_at) fail_msg("%s: found at %d", rows[i].change, (int)first_break(other));
        shelf_tear_down(&fresh);
    }
    (void)shelf;
}

static void a_history_comes_in_order_page_by_page(void **state)
{
    struct shelf *shelf = *state;
    struct reading reading = { .arena = &shelf->arena, .limit = 5 };
    int64_t sequence = 0;
    do {
        assert_int_equal(shelf_do(shelf, read_history, &reading), WORK_DONE);
        for (size_t i = 0; i < reading.count; i++) {
            assert_int_equal(reading.events[i].sequence, ++sequence);
            assert_int_equal(reading.events[i].at, 1000 + sequence);
            assert_str(reading.events[i].type, event_kind_word((enum event_kind)(1 + sequence % (EVENT_KIND_COUNT - 1))));
        }
        reading.after = sequence;
    } while (reading.count > 0);
    assert_int_equal(sequence, EVENTS);
}

/* ---- keys that grow old ---- */

/* Answered here, waiting for its operation, answered by its operation; each made at that second. */
static void save_keys(struct store *store, void *context)
{
    struct payment_id payment = payment_id_of(1);
    (void)context;
    for (int64_t i = 0; i < 10; i++) {
        char key[3][16];
        const char *kinds[] = { "refused", "waiting", "done" };
        for (int kind = 0; kind < 3; kind++) {
            snprintf(key[kind], sizeof key[kind], "%s-%d", kinds[kind], (int)i);
            struct request_record request = request_of(key[kind]);
            struct operation_record operation = operation_of(10 * i + kind, &payment);
            request.created_at = i * MICROS_PER_SECOND;
            if (kind > 0) {
                request.payment_id = payment_id_str(&payment);
                request.operation_id = operation_id_str(&operation.id);
                request.status = 0;
                store_save_new_operation(store, MERCHANT, &operation);
            }
            store_save_request(store, MERCHANT, &request);
            store_save_request(store, STR("m_2"), &request);
            if (kind == 2) store_save_answer(store, MERCHANT, payment_id_str(&payment), operation_id_str(&operation.id), 200, STR("{}"));
        }
    }
}

struct drop {
    micros before;
    int64_t limit, dropped;
};

static void drop_keys(struct store *store, void *context)
{
    struct drop *drop = context;
    drop->dropped = store_drop_requests(store, MERCHANT, drop->before, drop->limit);
}

struct look {
    struct arena *arena;
    const char *key;
    str merchant;
    bool found;
};

static void look_for_key(struct store *store, void *context)
{
    struct look *look = context;
    struct request_record record;
    look->found = store_load_request(store, look->arena, look->merchant, STR("core"), str_of(look->key), &record);
}

static bool is_there(struct shelf *shelf, str merchant, const char *kind, int number)
{
    char key[32];
    struct look look = { .arena = &shelf->arena, .key = key, .merchant = merchant };
    snprintf(key, sizeof key, "%s-%d", kind, number);
    assert_int_equal(shelf_do(shelf, look_for_key, &look), WORK_DONE);
    return look.found;
}

/* Never one whose end is not known. */
static void old_answered_keys_are_dropped(void **state)
{
    struct shelf *shelf = *state;
    struct drop drop = { .before = 5 * INT64_C(1000000), .limit = 1000 };
    assert_int_equal(shelf_do(shelf, save_keys, NULL), WORK_DONE);
    assert_int_equal(shelf_do(shelf, drop_keys, &drop), WORK_DONE);
    assert_int_equal(drop.dropped, 10);
    for (int i = 0; i < 10; i++) {
        assert_row(is_there(shelf, MERCHANT, "refused", i) == (i >= 5), i);
        assert_row(is_there(shelf, MERCHANT, "done", i) == (i >= 5), i);
        assert_row(is_there(shelf, MERCHANT, "waiting", i), i);
        assert_row(is_there(shelf, STR("m_2"), "refused", i), i);
    }
}

static void a_few_keys_are_dropped_at_a_time(void **state)
{
    struct shelf *shelf = *state;
    struct drop drop = { .before = INT64_MAX, .limit = 7 };
    const int64_t each[] = { 7, 7, 6, 0 };
    assert_int_equal(shelf_do(shelf, save_keys, NULL), WORK_DONE);
    for (size_t i = 0; i < COUNT_OF(each); i++) {
        assert_int_equal(shelf_do(shelf, drop_keys, &drop), WORK_DONE);
        assert_int_equal(drop.dropped, each[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_rule_of_the_chain),
        history_test(a_history_is_whole),
        shelf_test(every_later_change_is_found),
        history_test(a_history_comes_in_order_page_by_page),
        shelf_test(old_answered_keys_are_dropped),
        shelf_test(a_few_keys_are_dropped_at_a_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
