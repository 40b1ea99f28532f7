/* SPDX-License-Identifier: Apache-2.0 */
/* Something goes wrong at the first use of the database, and again at the second, the third ... in the days of a store: while it is opened,
 * written and asked, and while it takes over from a node that died. Each call says so in words, or the process ends; what was told
 * is there, once, and the next day begins as if nothing had been. */
#include "base/base_testing.h"

#include <stdio.h>

#include "store/day.h"
#include "store/shelf.h"
#include "store/store_internal.h"

enum { BATCH = 3, BATCHES = 2, DAYS_MAX = 5000, DAYS_MIN = 30 };

/* ---- a counter: what was done twice or never shows ---- */

static int64_t load_counter(struct store *store)
{
    struct arena arena = { 0 };
    int64_t counter = 0;
    str text = store_load_meta(store, &arena, STR("counter"));
    if (text.bytes && !str_to_int64(text, INT64_MAX, &counter)) counter = -1;
    arena_close(&arena);
    return counter;
}

static void read_counter(struct store *store, void *counter) { *(int64_t *)counter = load_counter(store); }

static void count_up(struct store *store, void *context)
{
    char text[24];
    (void)context;
    snprintf(text, sizeof text, "%lld", (long long)load_counter(store) + 1);
    store_save_meta(store, STR("counter"), str_of(text));
}

static void count_up_together(struct store *store)
{
    struct errand errands[BATCH];
    struct work *works[BATCH];
    for (int i = 0; i < BATCH; i++) {
        errands[i] = errand_of(count_up, NULL);
        works[i] = &errands[i].work;
    }
    store_run_batch(store, works, BATCH);
    for (int i = 0; i < BATCH; i++) told->done += works[i]->result == WORK_DONE;
}

/* ---- a day of writing and asking ---- */

static struct store *open_or_end(const struct shelf *shelf, enum store_mode mode, const char *node)
{
    struct error error = { "" };
    struct store *store = store_open_as(str_of(shelf->url), mode, str_of(node), &error);
    if (store) return store;
    day_insist_words(&error);
    day_end();
}

static void write_beside(const struct shelf *shelf, const struct store *first)
{
    struct error error = { "" };
    if (place_is_file()) return;
    struct store *beside = store_open_beside(first, str_of(shelf->url), 1, &error);
    if (beside) count_up_together(beside);
    else day_insist_words(&error);
    store_close(beside);
}

/* An answer is right, or there is none. */
static void ask_about(const struct shelf *shelf)
{
    int64_t counter = 0;
    struct store *reader = open_or_end(shelf, STORE_READS, "alone");
    if (shelf_ask(reader, read_counter, &counter) == WORK_DONE && counter != told->done) day_fail("a wrong answer");
    store_close(reader);
}

/* By the connection that writes: there is nothing to keep, and no doubt about it. */
static void only_look(struct store *store)
{
    int64_t counter = 0;
    struct errand errand = errand_of(read_counter, &counter);
    struct work *works[] = { &errand.work };
    store_run_batch(store, works, 1);
    if (errand.work.result == WORK_DONE && counter != told->done) day_fail("a wrong answer to a look");
}

static void write_and_ask(void *shelf)
{
    day_goes_wrong();
    struct store *store = open_or_end(shelf, STORE_WRITES, "alone");
    for (int i = 0; i < BATCHES; i++) count_up_together(store);
    only_look(store);
    write_beside(shelf, store);
    ask_about(shelf);
    store_finish(store);
    store_close(store);
}

/* ---- the next one ---- */

static void close_shelf(struct shelf *shelf)
{
    store_close(shelf->store);
    shelf->store = NULL;
}

static void take_empty_place(struct shelf *shelf)
{
    static int taken;
    close_shelf(shelf);
    place_give_back(shelf->url);
    snprintf(shelf->path, sizeof shelf->path, "%s/%d.db", shelf->folder, ++taken);
    place_take(shelf->path, shelf->url);
}

static void find_what_was_told(struct shelf *shelf, enum fate fate)
{
    int64_t counter = -1, after = -1;
    shelf_reopen(shelf);
    assert_int_equal(shelf_do(shelf, read_counter, &counter), WORK_DONE);
    assert_in_range(counter, told->done, told->done + (fate == ENDED ? BATCH : 0)); /* it may have ended before it could tell */
    assert_int_equal(shelf_do(shelf, count_up, NULL), WORK_DONE);
    assert_int_equal(shelf_do(shelf, read_counter, &after), WORK_DONE);
    assert_int_equal(after, counter + 1);
}

static const struct mishaps *mishaps(void) { return place_is_file() ? &mishaps_of_files : &mishaps_of_servers; }

static void leave_empty(struct shelf *shelf) { (void)shelf; }

static void make_store(struct shelf *shelf)
{
    shelf_reopen(shelf);
    close_shelf(shelf);
}

static void make_older_store(struct shelf *shelf)
{
    make_store(shelf);
    shelf_make_older(shelf);
}

static void write_and_ask_until_quiet(struct shelf *shelf, void (*prepare)(struct shelf *shelf))
{
    int64_t number = 0;
    enum fate fate;
    do {
        assert_true(++number < DAYS_MAX);
        take_empty_place(shelf);
        prepare(shelf);
        fate = day_with(mishaps(), number, write_and_ask, shelf);
        find_what_was_told(shelf, fate);
    } while (fate != QUIET);
    assert_true(number > DAYS_MIN);
}

static void a_new_store_goes_wrong_anywhere(void **state) { write_and_ask_until_quiet(*state, leave_empty); }
static void an_old_store_goes_wrong_anywhere(void **state) { write_and_ask_until_quiet(*state, make_store); }
static void one_that_comes_along_goes_wrong_anywhere(void **state) { write_and_ask_until_quiet(*state, make_older_store); }

/* ---- a day of taking over ---- */

static struct store *open_node(const struct shelf *shelf, const char *node)
{
    struct error error = { "" };
    struct store *store = store_open_node(str_of(shelf->url), str_of(node), &error);
    if (!store) fail_msg("%s", error.text);
    return store;
}

static void save_driven(struct store *store, void *context)
{
    struct payment_record payment = payment_of(1);
    struct operation_record operation = operation_of(1, &payment.id);
    struct node_life life = store_life(store);
    (void)context;
    operation.node = str_of(life.node);
    operation.node_epoch = life.epoch;
    store_save_new_payment(store, MERCHANT, &payment);
    store_save_new_operation(store, MERCHANT, &operation);
}

/* A node of that name lived, began an operation, and is no more. */
static void leave_a_dead_node(struct shelf *shelf)
{
    take_empty_place(shelf);
    shelf->store = open_node(shelf, "dead");
    assert_int_equal(shelf_do(shelf, save_driven, NULL), WORK_DONE);
    close_shelf(shelf);
}

/* What a node sees and does about another one. */
struct heir {
    struct node_sign signs[NODES_MAX];
    size_t count;
    bool took;
    size_t operations;
};

static void look_for_signs(struct store *store, void *heir)
{
    ((struct heir *)heir)->count = store_beat(store, ((struct heir *)heir)->signs);
}

static void take_over(struct store *store, void *context)
{
    struct heir *heir = context;
    struct operation_record *operations;
    struct arena arena = { 0 };
    heir->took = store_take_over(store, &arena, MERCHANT, &heir->signs[0], &operations, &heir->operations);
    arena_close(&arena);
}

static void look_and_take_over(struct shelf *shelf)
{
    struct heir heir = { 0 };
    bool looked = shelf_do(shelf, look_for_signs, &heir) == WORK_DONE;
    if (!looked || heir.count == 0) return;
    bool done = shelf_do(shelf, take_over, &heir) == WORK_DONE && heir.took;
    told->done += done ? (int64_t)heir.operations : 0;
}

static void inherit(void *context)
{
    struct shelf shelf = *(struct shelf *)context;
    day_goes_wrong();
    shelf.store = open_or_end(&shelf, STORE_WRITES, "heir");
    look_and_take_over(&shelf);
    store_close(shelf.store);
}

/* What the rows say of it. */
struct found {
    int64_t epoch;
    size_t dead, heir;
};

static void read_found(struct store *store, void *context)
{
    struct found *found = context;
    struct arena arena = { 0 };
    struct operation_record *operations;
    found->dead = store_list_driven_operations(store, &arena, MERCHANT, STR("dead"), STR_NONE, 10, &operations);
    found->heir = store_list_driven_operations(store, &arena, MERCHANT, STR("heir"), STR_NONE, 10, &operations);
    sql_ask(store->sql, "SELECT epoch FROM node WHERE node = $1", (struct sql_value[]){ TEXT(STR("dead")) }, 1);
    if (sql_next(store->sql)) found->epoch = sql_int(store->sql, 0);
    sql_end(store->sql);
    arena_close(&arena);
}

/* By one of them at each time, whatever was told; and taken over once, however often it is tried. */
static void find_one_driver(struct shelf *shelf)
{
    struct found found = { 0 };
    bool was_told = told->done > 0;
    shelf->store = open_node(shelf, "heir");
    assert_int_equal(shelf_do(shelf, read_found, &found), WORK_DONE);
    assert_int_equal(found.dead + found.heir, 1);
    assert_int_equal(found.epoch, 1 + (int64_t)found.heir);
    if (was_told) assert_int_equal(found.heir, 1);
    look_and_take_over(shelf);
    assert_int_equal(shelf_do(shelf, read_found, &found), WORK_DONE);
    assert_true(found.dead == 0 && found.heir == 1 && found.epoch == 2);
    close_shelf(shelf);
}

static void taking_over_goes_wrong_anywhere(void **state)
{
    only_for_servers();
    int64_t number = 0;
    enum fate fate;
    do {
        assert_true(++number < DAYS_MAX);
        leave_a_dead_node(*state);
        fate = day_with(&mishaps_of_servers, number, inherit, *state);
        find_one_driver(*state);
    } while (fate != QUIET);
    assert_true(number > DAYS_MIN);
}

/* ---- a day on which it is taken over itself ---- */

static void be_taken_over(const void *url)
{
    place_tamper(url, "UPDATE node SET epoch = epoch + 1, life = '' WHERE node = 'alone'");
    place_tamper(url, "UPDATE meta SET value = 'another life 0' WHERE name LIKE 'commits.alone.%'");
}

static void write_and_be_taken_over(void *context)
{
    const struct shelf *shelf = context;
    struct store *store = open_or_end(shelf, STORE_WRITES, "alone");
    go_between_meanwhile(be_taken_over, shelf->url);
    day_goes_wrong();
    count_up_together(store);
    store_close(store);
}

/* Whatever it believes when the connection is back: the work is another's now, and it stops before it tells anybody. */
static void taken_over_while_it_was_cut_off_it_ends(void **state)
{
    only_for_servers();
    int64_t number = 0;
    enum fate fate;
    do {
        assert_true(++number < DAYS_MAX);
        take_empty_place(*state);
        fate = day_with(&mishaps_of_cables, number, write_and_be_taken_over, *state);
        if (fate != QUIET) assert_true(fate == ENDED && told->done == 0);
    } while (fate != QUIET);
    assert_true(number > BATCH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        shelf_test(a_new_store_goes_wrong_anywhere),
        shelf_test(an_old_store_goes_wrong_anywhere),
        shelf_test(one_that_comes_along_goes_wrong_anywhere),
        shelf_test(taking_over_goes_wrong_anywhere),
        shelf_test(taken_over_while_it_was_cut_off_it_ends),
    };
    return cmocka_run_group_tests(tests, day_set_up, NULL);
}
