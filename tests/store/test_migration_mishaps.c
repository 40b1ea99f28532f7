/* SPDX-License-Identifier: Apache-2.0 */
/* Something goes wrong at the first use of either end of a migration, and again at the second, the third ...: it says so, not both
 * stores are served, and the next try comes to the end with every row, once. */
#include "base/base_testing.h"

#include <stdio.h>
#include <unistd.h>

#include "base/log.h"
#include "simulation/folder.h"
#include "store/day.h"
#include "store/migration.h"
#include "store/shelf.h"
#include "store/store_internal.h"

enum { PAYMENTS = 2, SAYINGS = 17, DAYS_MAX = 5000, DAYS_MIN = 40 };

/* The two ends; each try begins with a copy of the old store and an empty database. */
struct ends {
    char folder[64], from[128], to[PLACE_URL_BYTES];
    struct shelf old;
};

/* ---- the old store ---- */

static void save_everything(struct store *store, void *context)
{
    struct payment_record payment = payment_of(*(int64_t *)context);
    struct operation_record operation = operation_of(*(int64_t *)context, &payment.id);
    struct request_record request = request_of(payment.id.text);
    store_save_event(store, MERCHANT, &payment, EVENT_AUTHORIZE_STARTED, STR("{}"));
    store_save_new_payment(store, MERCHANT, &payment);
    store_save_new_operation(store, MERCHANT, &operation);
    store_save_answer(store, MERCHANT, payment_id_str(&payment.id), operation_id_str(&operation.id), 200, STR("{}"));
    store_save_request(store, MERCHANT, &request);
}

/* A store may say much of itself. */
static void save_sayings(struct store *store, void *context)
{
    char name[24];
    (void)context;
    for (int i = 0; i < SAYINGS; i++) {
        snprintf(name, sizeof name, "said_%02d", i);
        store_save_meta(store, str_of(name), STR("of itself"));
    }
}

static void fill_old_store(struct shelf *shelf)
{
    struct error error = { "" };
    shelf->store = store_open(str_of(shelf->url), STORE_WRITES, &error);
    if (!shelf->store) fail_msg("%s", error.text);
    for (int64_t i = 1; i <= PAYMENTS; i++) assert_int_equal(shelf_do(shelf, save_everything, &i), WORK_DONE);
    assert_int_equal(shelf_do(shelf, save_sayings, NULL), WORK_DONE);
    store_finish(shelf->store);
    store_close(shelf->store);
    shelf->store = NULL;
}

static int set_up(void **state)
{
    if (place_is_file()) return 0;
    struct ends *ends = calloc(1, sizeof *ends);
    assert_non_null(ends);
    log_set_level(LOG_ERROR);
    snprintf(ends->folder, sizeof ends->folder, "/tmp/florin-store-XXXXXX");
    assert_non_null(mkdtemp(ends->folder));
    snprintf(ends->old.path, sizeof ends->old.path, "%s/old.db", ends->folder);
    snprintf(ends->old.url, sizeof ends->old.url, "sqlite:%s", ends->old.path);
    fill_old_store(&ends->old);
    *state = ends;
    return 0;
}

static int tear_down(void **state)
{
    struct ends *ends = *state;
    if (place_is_file()) return 0;
    place_give_back(ends->to);
    assert_true(folder_remove(ends->folder));
    free(ends);
    return 0;
}

static void copy_file(const char *from, const char *to)
{
    char bytes[64 * 1024];
    size_t length;
    FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
    assert_true(in && out);
    while ((length = fread(bytes, 1, sizeof bytes, in)) > 0) assert_int_equal(fwrite(bytes, 1, length, out), length);
    assert_int_equal(fclose(in) | fclose(out), 0);
}

static void take_new_ends(struct ends *ends)
{
    static int taken;
    char path[96];
    place_give_back(ends->to);
    place_take("", ends->to);
    snprintf(path, sizeof path, "%s/%d.db", ends->folder, ++taken);
    snprintf(ends->from, sizeof ends->from, "sqlite:%s", path);
    copy_file(ends->old.path, path);
}

/* ---- a try ---- */

static void tell_nobody(void *context, const struct migration_progress *progress) { (void)context, (void)progress; }

static bool move(const struct ends *ends, struct error *error)
{
    struct migration *migration = migration_open(str_of(ends->from), str_of(ends->to), STR("alone"), error);
    if (!migration) return false;
    bool moved = migration_was_complete(migration) ||
                 (migration_copy(migration, tell_nobody, NULL, error) && migration_compare(migration, tell_nobody, NULL, error) &&
                  migration_finish(migration, MERCHANT, STR("vault"), error));
    migration_close(migration);
    return moved;
}

static void try_to_move(void *ends)
{
    struct error error = { "" };
    day_goes_wrong();
    told->done = move(ends, &error);
    if (!told->done) day_insist_words(&error);
}

/* ---- what comes of it ---- */

static bool opens(const char *url, enum store_mode mode)
{
    struct error error = { "" };
    struct store *store = store_open(str_of(url), mode, &error);
    store_close(store);
    return store != NULL;
}

/* Where there is nothing yet, a gateway would begin a store of its own. */
static bool is_served(const char *url) { return opens(url, STORE_READS) && opens(url, STORE_WRITES); }

static void one_of_them_is_served_at_most(const struct ends *ends)
{
    bool old = is_served(ends->from), new = is_served(ends->to);
    assert_false(old && new);
    if (told->done) assert_true(new);
}

static void find_everything(struct store *store, void *shelf)
{
    struct operation_record *operations;
    struct event_record *events;
    struct request_record request;
    struct arena *arena = &((struct shelf *)shelf)->arena;
    size_t payments = 0;
    count_payments(store, &payments);
    assert_int_equal(payments, PAYMENTS);
    assert_int_equal(store_list_driven_operations(store, arena, MERCHANT, STR("alone"), STR_NONE, 10, &operations), PAYMENTS);
    for (int64_t i = 1; i <= PAYMENTS; i++) {
        struct payment_id id = payment_id_of(i);
        assert_int_equal(store_list_events(store, arena, MERCHANT, payment_id_str(&id), 0, 10, &events), 1);
        assert_true(store_load_request(store, arena, MERCHANT, STR("core"), payment_id_str(&id), &request));
    }
    assert_str(store_load_meta(store, arena, STR("said_00")), STR("of itself"));
    assert_str(store_load_meta(store, arena, STR("said_16")), STR("of itself"));
    assert_str(store_load_meta(store, arena, STR("vault")), STR("alone vault"));
}

static void the_next_try_comes_to_the_end(const struct ends *ends)
{
    struct error error = { "" };
    struct shelf new = { 0 };
    if (!move(ends, &error)) fail_msg("%s", error.text);
    assert_false(is_served(ends->from));
    new.store = store_open(str_of(ends->to), STORE_WRITES, &error);
    if (!new.store) fail_msg("%s", error.text);
    assert_int_equal(shelf_do(&new, find_everything, &new), WORK_DONE);
    store_close(new.store);
    arena_close(&new.arena);
}

static enum fate move_on_day(struct ends *ends, const struct mishaps *mishaps, int64_t number)
{
    take_new_ends(ends);
    enum fate fate = day_with(mishaps, number, try_to_move, ends);
    one_of_them_is_served_at_most(ends);
    the_next_try_comes_to_the_end(ends);
    return fate;
}

static void move_until_quiet(struct ends *ends, const struct mishaps *mishaps)
{
    int64_t number = 1;
    only_for_servers();
    while (move_on_day(ends, mishaps, number) != QUIET) assert_true(++number < DAYS_MAX);
    assert_true(number > DAYS_MIN);
}

static void try_to_move_there(void *ends)
{
    struct error error = { "" };
    day_goes_wrong();
    told->done = move(ends, &error);
    if (!error.text[0]) day_fail("nothing was said");
}

static enum fate move_to_what_is_theirs(struct ends *ends, int64_t number)
{
    take_new_ends(ends);
    place_tamper(ends->to, "CREATE TABLE theirs (number BIGINT)");
    enum fate fate = day_with(&mishaps_of_servers, number, try_to_move_there, ends);
    assert_int_equal(told->done, 0);
    place_tamper(ends->to, "CREATE TABLE meta (name TEXT)"); /* there is none yet */
    return fate;
}

/* An empty database is asked for, and nothing is made in another one, whatever keeps us from looking. */
static void what_is_somebody_elses_stays_as_it_is(void **state)
{
    int64_t number = 1;
    only_for_servers();
    while (move_to_what_is_theirs(*state, number) != QUIET) assert_true(++number < DAYS_MAX);
}

static void the_old_store_goes_wrong_anywhere(void **state) { move_until_quiet(*state, &mishaps_of_files); }
static void the_new_store_goes_wrong_anywhere(void **state) { move_until_quiet(*state, &mishaps_of_servers); }

/* ---- what somebody does there in between ---- */

static struct migration *open_migration(struct ends *ends)
{
    struct error error = { "" };
    take_new_ends(ends);
    struct migration *migration = migration_open(str_of(ends->from), str_of(ends->to), STR("alone"), &error);
    if (!migration) fail_msg("%s", error.text);
    return migration;
}

static const struct doing {
    const char *statement, *refusal;
} changes[] = {
    { "UPDATE payment SET amount_minor = amount_minor + 1", "amount_minor is not the same on both sides" },
    { "UPDATE payment SET description = 'another'", "description is not the same on both sides" },
    { "UPDATE payment SET description = NULL", "description is not the same on both sides" },
    { "DELETE FROM request", "request does not have the same rows on both sides" },
    { "INSERT INTO answer SELECT merchant_id, 'z' || payment_id, operation_id, status, body FROM answer", "answer does not have the same rows" },
};

static void what_was_changed_after_it_was_copied_is_found(void **state)
{
    only_for_servers();
    struct ends *ends = *state;
    for (size_t i = 0; i < COUNT_OF(changes); i++) {
        struct error error = { "" };
        struct migration *migration = open_migration(ends);
        assert_true(migration_copy(migration, tell_nobody, NULL, &error));
        place_tamper(ends->to, changes[i].statement);
        assert_row(!migration_compare(migration, tell_nobody, NULL, &error), i);
        assert_row(str_contains(str_of(error.text), str_of(changes[i].refusal)), i);
        migration_close(migration);
    }
}

static void add_a_cent(void *ends, const struct migration_progress *progress)
{
    if (strcmp(progress->table, "payment") == 0 && !progress->is_same) {
        place_tamper(((struct ends *)ends)->to, "UPDATE payment SET captured_minor = captured_minor + 1");
    }
}

/* The sums come from the databases themselves, and behind the rows. */
static void a_cent_that_comes_when_the_rows_were_compared_is_found(void **state)
{
    only_for_servers();
    struct error error = { "" };
    struct migration *migration = open_migration(*state);
    assert_true(migration_copy(migration, tell_nobody, NULL, &error));
    assert_false(migration_compare(migration, add_a_cent, *state, &error));
    assert_string_equal(error.text, "payment does not come to the same count and sums on both sides");
    migration_close(migration);
}

static const char *const other_marks[] = {
    "UPDATE meta SET value = 'another_store 0 copying' WHERE name = 'migration'",
    "UPDATE meta SET value = split_part(value, ' ', 1) || ' 4711 copying' WHERE name = 'migration'", /* a copy of it, from another day */
    "UPDATE meta SET value = replace(value, 'copying', 'complete') WHERE name = 'migration'",
    "UPDATE meta SET value = repeat('x', 100) || ' 0 copying' WHERE name = 'migration'",
    "UPDATE meta SET value = split_part(value, ' ', 1) || ' soon copying' WHERE name = 'migration'",
};

static void where_another_has_begun_nothing_is_written(void **state)
{
    only_for_servers();
    struct ends *ends = *state;
    for (size_t i = 0; i < COUNT_OF(other_marks); i++) {
        struct error error = { "" };
        size_t payments = 0;
        struct migration *migration = open_migration(ends);
        place_tamper(ends->to, other_marks[i]);
        assert_row(!migration_copy(migration, tell_nobody, NULL, &error), i);
        assert_row(str_contains(str_of(error.text), STR("another migration has begun")), i);
        count_payments(migration_target(migration), &payments);
        assert_row(payments == 0, i);
        migration_close(migration);
    }
}

/* PostgreSQL has no place for it, and nothing is made of a merchant's words. */
static void a_text_with_a_zero_in_it_does_not_move(void **state)
{
    only_for_servers();
    struct ends *ends = *state;
    struct error error = { "" };
    take_new_ends(ends);
    place_tamper(ends->from, "UPDATE payment SET description = 'one' || char(0) || 'two'");
    assert_false(move(ends, &error));
    assert_true(str_contains(str_of(error.text), STR("description is no text in UTF-8")));
    assert_true(opens(ends->from, STORE_WRITES));
}

#define migration_test(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        migration_test(what_is_somebody_elses_stays_as_it_is),
        migration_test(the_old_store_goes_wrong_anywhere),
        migration_test(the_new_store_goes_wrong_anywhere),
        migration_test(what_was_changed_after_it_was_copied_is_found),
        migration_test(a_cent_that_comes_when_the_rows_were_compared_is_found),
        migration_test(where_another_has_begun_nothing_is_written),
        migration_test(a_text_with_a_zero_in_it_does_not_move),
    };
    return cmocka_run_group_tests(tests, day_set_up, NULL);
}
