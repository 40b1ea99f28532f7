/* SPDX-License-Identifier: Apache-2.0 */
/* Batches: many works and one commit. A collision runs again and takes nobody with it; nobody sees anything before it is
 * committed. */
#include "base/base_testing.h"

#include "store/shelf.h"

static void all_of_a_batch_are_kept(void **state)
{
    struct shelf *shelf = *state;
    struct many *many = many_of(save_new_payment);
    store_run_batch(shelf->store, many->works, MANY);
    for (size_t i = 0; i < MANY; i++) assert_row(many->errands[i].work.result == WORK_DONE && many->errands[i].runs == 1, i);
    shelf_reopen(shelf);
    assert_int_equal(payments_in(shelf), MANY);
    free(many);
}

static void an_empty_batch_is_nothing(void **state)
{
    struct shelf *shelf = *state;
    store_run_batch(shelf->store, NULL, 0);
    assert_int_equal(payments_in(shelf), 0);
}

/* ---- collisions ---- */

/* A decision that finds a state, and writes the event that follows it. */
struct decision_work {
    struct payment_record *record;
    int64_t believes; /* the sequence that it decided from, at its first run: another has been there before it */
    int runs;
};

static void decide(struct store *store, void *context)
{
    struct decision_work *decision = context;
    struct arena arena = { 0 };
    struct payment_record record;
    bool loaded = store_load_payment(store, &arena, MERCHANT, payment_id_str(&decision->record->id), &record);
    if (!store_must_have(store, loaded)) return; /* what went before it collided, and all will run again */
    if (decision->runs++ == 0) record.payment.sequence = decision->believes;
    record.payment.sequence++;
    store_save_event(store, MERCHANT, &record, EVENT_CAPTURED, STR("{}"));
    store_save_payment(store, MERCHANT, &record);
    arena_close(&arena);
}

static void begin_history(struct store *store, void *context)
{
    struct payment_record *record = context;
    record->payment.sequence = 1;
    record->head_hash[0] = 0;
    store_save_event(store, MERCHANT, record, EVENT_AUTHORIZE_STARTED, STR("{}"));
    store_save_new_payment(store, MERCHANT, record);
}

static int64_t sequence_of(struct shelf *shelf, const struct payment_record *record)
{
    struct arena arena = { 0 };
    struct payment_record now;
    /* Outside a batch: only for looking. */
    assert_true(store_load_payment(shelf->store, &arena, MERCHANT, payment_id_str(&record->id), &now));
    arena_close(&arena);
    return now.payment.sequence;
}

/* Two that decide from one state: the second collides, runs again, and decides from what the first has made. */
static void a_second_decision_from_one_state_runs_again(void **state)
{
    struct shelf *shelf = *state;
    struct payment_record record = payment_of(1);
    assert_int_equal(shelf_do(shelf, begin_history, &record), WORK_DONE);
    struct decision_work decisions[] = { { &record, 1, 0 }, { &record, 1, 0 }, { &record, 1, 0 } };
    struct errand errands[COUNT_OF(decisions)];
    struct work *works[COUNT_OF(decisions)];
    for (size_t i = 0; i < COUNT_OF(decisions); i++) {
        errands[i] = errand_of(decide, &decisions[i]);
        works[i] = &errands[i].work;
    }
    store_run_batch(shelf->store, works, COUNT_OF(works));
    for (size_t i = 0; i < COUNT_OF(decisions); i++) assert_int_equal(errands[i].work.result, WORK_DONE);
    assert_int_equal(sequence_of(shelf, &record), 4);
    assert_true(decisions[1].runs > 1 && decisions[2].runs > 1);
}

/* One of 512 collides once: all are kept, and what it had written before it collided is written once. */
static void one_collision_takes_nobody_with_it(void **state)
{
    struct shelf *shelf = *state;
    struct many *many = many_of(save_new_payment);
    struct payment_record record = payment_of(9999);
    assert_int_equal(shelf_do(shelf, begin_history, &record), WORK_DONE);
    struct decision_work decision = { &record, 0, 0 };
    many->errands[100] = errand_of(decide, &decision);
    store_run_batch(shelf->store, many->works, MANY);
    for (size_t i = 0; i < MANY; i++) assert_row(many->errands[i].work.result == WORK_DONE, i);
    shelf_reopen(shelf);
    assert_int_equal(payments_in(shelf), MANY); /* 511, and the one of the history */
    assert_int_equal(sequence_of(shelf, &record), 2);
    free(many);
}

/* Each of the guards is noticed as a collision: the work runs again, and the second time does not repeat its mistake. */
struct guarded {
    int runs;
    void (*mistake)(struct store *store);
};

static void run_guarded(struct store *store, void *context)
{
    struct guarded *guarded = context;
    if (guarded->runs++ < 2) guarded->mistake(store);
    store_save_meta(store, STR("guarded"), STR("done"));
}

static void save_a_stranger(struct store *store)
{
    struct payment_record record = payment_of(404);
    store_save_payment(store, MERCHANT, &record); /* no such row */
}

static void save_a_strange_operation(struct store *store)
{
    struct payment_id payment = payment_id_of(404);
    struct operation_record record = operation_of(404, &payment);
    store_save_operation(store, MERCHANT, &record);
}

static void save_twice(struct store *store)
{
    struct payment_record record = payment_of(1);
    store_save_new_payment(store, MERCHANT, &record);
    store_save_new_payment(store, MERCHANT, &record);
}

static void save_an_operation_twice(struct store *store)
{
    struct payment_id payment = payment_id_of(1);
    struct operation_record record = operation_of(1, &payment);
    store_save_new_operation(store, MERCHANT, &record);
    store_save_new_operation(store, MERCHANT, &record);
}

static void save_a_key_twice(struct store *store)
{
    struct request_record record = request_of("k1");
    store_save_request(store, MERCHANT, &record);
    store_save_request(store, MERCHANT, &record);
}

static void answer_twice(struct store *store)
{
    struct payment_id payment = payment_id_of(1);
    struct operation_record record = operation_of(1, &payment);
    store_save_new_operation(store, MERCHANT, &record);
    for (int i = 0; i < 2; i++) store_save_answer(store, MERCHANT, payment_id_str(&payment), operation_id_str(&record.id), 200, STR("{}"));
}

static void every_guard_is_a_collision(void **state)
{
    struct shelf *shelf = *state;
    void (*const mistakes[])(struct store *store) = { save_a_stranger,         save_a_strange_operation, save_twice,
                                                      save_an_operation_twice, save_a_key_twice,         answer_twice };
    for (size_t i = 0; i < COUNT_OF(mistakes); i++) {
        struct guarded guarded = { 0, mistakes[i] };
        assert_row(shelf_do(shelf, run_guarded, &guarded) == WORK_DONE, i);
        assert_row(guarded.runs == 3, i);
        assert_row(payments_in(shelf) == 0, i); /* what the mistaken runs wrote is gone */
    }
}

/* ---- who sees what, and when ---- */

struct watch {
    struct store *reader;
    size_t seen;
};

static void look_while_writing(struct store *store, void *context)
{
    struct watch *watch = context;
    size_t own = 0;
    struct payment_record record = payment_of(1);
    store_save_new_payment(store, MERCHANT, &record);
    count_payments(store, &own);
    assert_true(own > 0);
    assert_int_equal(shelf_ask(watch->reader, count_payments, &watch->seen), WORK_DONE);
}

static void readers_see_what_is_committed_and_nothing_else(void **state)
{
    struct shelf *shelf = *state;
    struct error error = { "" };
    struct watch watch = { .reader = store_open(str_of(shelf->url), STORE_READS, &error), .seen = 99 };
    assert_non_null(watch.reader);
    struct many *many = many_of(save_new_payment);
    many->records[0] = payment_of(5000);
    many->errands[MANY - 1] = errand_of(look_while_writing, &watch);
    store_run_batch(shelf->store, many->works, MANY);
    assert_int_equal(many->errands[MANY - 1].work.result, WORK_DONE);
    assert_int_equal(watch.seen, 0); /* 512 were written, none was committed */
    assert_int_equal(shelf_ask(watch.reader, count_payments, &watch.seen), WORK_DONE);
    assert_int_equal(watch.seen, MANY);
    store_close(watch.reader);
    free(many);
}

static void write_by_the_reader(struct store *store, void *context)
{
    save_new_payment(store, context);
}

static void a_reader_cannot_write(void **state)
{
    struct shelf *shelf = *state;
    struct error error = { "" };
    struct payment_record record = payment_of(1);
    struct store *reader = store_open(str_of(shelf->url), STORE_READS, &error);
    size_t count = 99;
    assert_int_equal(shelf_ask(reader, write_by_the_reader, &record), WORK_FAILED);
    assert_int_equal(shelf_ask(reader, count_payments, &count), WORK_DONE); /* and works on */
    assert_int_equal(count, 0);
    store_close(reader);
}

static size_t told_works;
static void tell(micros duration, size_t works)
{
    assert_true(duration >= 0);
    told_works += works;
}

static void each_commit_is_told(void **state)
{
    struct shelf *shelf = *state;
    struct many *many = many_of(save_new_payment);
    told_works = 0;
    store_on_commit(shelf->store, tell);
    store_run_batch(shelf->store, many->works, 500);
    store_run_batch(shelf->store, many->works + 500, 12);
    assert_int_equal(told_works, 512);
    free(many);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        shelf_test(all_of_a_batch_are_kept),
        shelf_test(an_empty_batch_is_nothing),
        shelf_test(a_second_decision_from_one_state_runs_again),
        shelf_test(one_collision_takes_nobody_with_it),
        shelf_test(every_guard_is_a_collision),
        shelf_test(readers_see_what_is_committed_and_nothing_else),
        shelf_test(a_reader_cannot_write),
        shelf_test(each_commit_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
