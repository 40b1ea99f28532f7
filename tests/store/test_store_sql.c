/* SPDX-License-Identifier: Apache-2.0 */
/* The seam to the database: the first trouble sticks, nothing is done or seen after it, and a rollback takes all of it back. */
#include "base/base_testing.h"

#include <stdio.h>
#include <unistd.h>

#include "store/place.h"
#include "store/sql.h"

static char path[64], url[PLACE_URL_BYTES];

#define INSERT "INSERT INTO thing VALUES ($1, $2)"
#define ONE(number, words) (struct sql_value[]){ sql_of_int(number), sql_of_text(words) }, 2

static int set_up(void **state)
{
    struct error error = { "" };
    snprintf(path, sizeof path, "/tmp/florin-sql-XXXXXX");
    close(mkstemp(path));
    place_take(path, url);
    struct sql *sql = sql_open(url, false, &error);
    if (!sql) fail_msg("%s", error.text);
    assert_true(sql_run_script(sql, "CREATE TABLE thing (number BIGINT PRIMARY KEY, words TEXT)", &error));
    *state = sql;
    return 0;
}

static int tear_down(void **state)
{
    static const char *const endings[] = { "", "-wal", "-shm" };
    sql_close(*state);
    place_give_back(url);
    for (size_t i = 0; i < COUNT_OF(endings); i++) {
        char name[80];
        snprintf(name, sizeof name, "%s%s", path, endings[i]);
        (void)unlink(name);
    }
    return 0;
}

static int64_t things(struct sql *sql)
{
    sql_ask(sql, "SELECT COUNT(*) FROM thing", NULL, 0);
    int64_t count = sql_next(sql) ? sql_int(sql, 0) : -1;
    sql_end(sql);
    return count;
}

static void the_first_trouble_sticks_until_the_rollback(void **state)
{
    struct sql *sql = *state;
    sql_begin(sql, true);
    sql_save(sql, INSERT, ONE(1, STR("one")), 1);
    sql_save(sql, INSERT, ONE(1, STR("again")), 1);
    assert_int_equal(things(sql), -1);
    assert_int_equal(sql_trouble_of(sql), SQL_COLLISION);
    sql_save(sql, INSERT, ONE(2, STR("two")), 1);
    sql_save(sql, "no statement at all", NULL, 0, 0);
    assert_int_equal(things(sql), -1);
    assert_true(str_contains(str_of(sql_words(sql)), place_is_file() ? STR("UNIQUE") : STR("unique")));
    assert_int_equal(sql_commit(sql), SQL_COLLISION);

    assert_int_equal(sql_trouble_of(sql), SQL_FINE);
    assert_int_equal(things(sql), 0);
}

static void another_number_of_rows_is_a_collision(void **state)
{
    struct sql *sql = *state;
    sql_begin(sql, true);
    sql_save(sql, INSERT, ONE(1, STR_NONE), 1);
    sql_save(sql, "UPDATE thing SET words = 'x'", NULL, 0, -1); /* as many as there are */
    assert_int_equal(sql_trouble_of(sql), SQL_FINE);
    sql_save(sql, "UPDATE thing SET words = 'y' WHERE number = 7", NULL, 0, 1);
    assert_int_equal(sql_commit(sql), SQL_COLLISION); /* told at the commit at the latest, and then nothing was kept */
    assert_int_equal(things(sql), 0);
}

static void a_savepoint_takes_back_its_own_part(void **state)
{
    only_for_files("a transaction there cannot see what it collided with; all of it runs again");
    struct sql *sql = *state;
    sql_begin(sql, true);
    sql_save(sql, INSERT, ONE(1, STR("kept")), 1);
    sql_savepoint(sql);
    sql_save(sql, INSERT, ONE(2, STR("not")), 1);
    sql_save(sql, INSERT, ONE(1, STR("collides")), 1);
    assert_true(sql_rollback_to(sql));
    assert_int_equal(sql_commit(sql), SQL_FINE);
    assert_int_equal(things(sql), 1);
}

/* A full disk ends a transaction by itself; then there is no savepoint to go back to. */
static void without_a_transaction_there_is_no_way_back(void **state)
{
    struct sql *sql = *state;
    assert_false(sql_rollback_to(sql));
    sql_rollback(sql);
    assert_int_equal(sql_trouble_of(sql), SQL_FINE);
}

static void what_the_database_does_not_understand_is_broken(void **state)
{
    struct sql *sql = *state;
    struct error error = { "" };
    sql_ask(sql, "SELECT nonsense FROM nowhere", NULL, 0);
    assert_false(sql_next(sql));
    assert_int_equal(sql_trouble_of(sql), SQL_BROKEN);
    sql_rollback(sql);
    sql_save(sql, "UPDATE nowhere SET nonsense = 1", NULL, 0, 1);
    assert_int_equal(sql_trouble_of(sql), SQL_BROKEN);
    sql_savepoint(sql);
    sql_release(sql);
    assert_false(sql_run_script(sql, "nonsense", &error));
    assert_true(error.text[0] != 0);
}

/* However far it came. */
static void a_script_that_fails_leaves_nothing_behind(void **state)
{
    struct sql *sql = *state;
    struct error error = { "" };
    assert_false(sql_run_script(sql, "BEGIN; INSERT INTO thing VALUES (1, 'one'); nonsense; COMMIT", &error));
    assert_int_equal(things(sql), 0);
    sql_begin(sql, true);
    sql_save(sql, INSERT, ONE(2, STR("two")), 1);
    assert_int_equal(sql_commit(sql), SQL_FINE);
    assert_int_equal(things(sql), 1);
}

/* Never cut. */
static void a_text_that_is_too_long_is_refused(void **state)
{
    only_for_files("so much does not go over the wire");
    struct sql *sql = *state;
    str much = { "", (size_t)INT32_MAX + 1 }; /* nobody gets to look at its bytes */
    sql_save(sql, INSERT, ONE(1, much), 1);
    assert_int_equal(sql_trouble_of(sql), SQL_BROKEN);
    sql_rollback(sql);
    sql_ask(sql, "SELECT number FROM thing WHERE words = $1", (struct sql_value[]){ sql_of_text(much) }, 1);
    assert_false(sql_next(sql));
    assert_int_equal(sql_trouble_of(sql), SQL_BROKEN);
    sql_rollback(sql);
    assert_int_equal(things(sql), 0);
}

static void a_text_without_bytes_is_null_and_comes_back_as_none(void **state)
{
    struct sql *sql = *state;
    struct arena arena = { 0 };
    char words[8] = "before";
    sql_save(sql, INSERT, ONE(1, STR_NONE), 1);
    sql_save(sql, INSERT, ONE(2, STR("")), 1);
    sql_ask(sql, "SELECT words FROM thing ORDER BY number", NULL, 0);
    assert_true(sql_next(sql));
    assert_null(sql_text(sql, 0, &arena).bytes);
    sql_text_to(sql, 0, words, sizeof words);
    assert_string_equal(words, "");
    assert_int_equal(sql_int(sql, 0), 0);
    assert_true(sql_next(sql));
    assert_non_null(sql_text(sql, 0, &arena).bytes);
    assert_false(sql_next(sql));
    arena_close(&arena);
}

#define sql_test(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        sql_test(the_first_trouble_sticks_until_the_rollback),
        sql_test(another_number_of_rows_is_a_collision),
        sql_test(a_savepoint_takes_back_its_own_part),
        sql_test(without_a_transaction_there_is_no_way_back),
        sql_test(what_the_database_does_not_understand_is_broken),
        sql_test(a_script_that_fails_leaves_nothing_behind),
        sql_test(a_text_that_is_too_long_is_refused),
        sql_test(a_text_without_bytes_is_null_and_comes_back_as_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
