/* SPDX-License-Identifier: Apache-2.0 */
/* The seam over PostgreSQL when the connection breaks: before COMMIT nothing was kept, behind it that has to be asked. */
#include "base/base_testing.h"

#include <stdio.h>

#include "store/place.h"
#include "store/sql.h"

static char url[PLACE_URL_BYTES];

#define INSERT "INSERT INTO thing VALUES ($1, $2)"
#define ONE(number, words) (struct sql_value[]){ sql_of_int(number), sql_of_text(words) }, 2

static int set_up(void **state)
{
    struct error error = { "" };
    if (place_is_file()) return 0;
    place_take("", url);
    struct sql *sql = sql_open(url, false, &error);
    if (!sql) fail_msg("%s", error.text);
    assert_true(sql_run_script(sql, "CREATE TABLE thing (number BIGINT PRIMARY KEY, words TEXT)", &error));
    *state = sql;
    return 0;
}

static int tear_down(void **state)
{
    if (place_is_file()) return 0;
    sql_close(*state);
    place_give_back(url);
    return 0;
}

static int64_t ask_one(struct sql *sql, const char *text)
{
    sql_ask(sql, text, NULL, 0);
    int64_t number = sql_next(sql) ? sql_int(sql, 0) : -1;
    sql_end(sql);
    return number;
}

static int64_t things(struct sql *sql) { return ask_one(sql, "SELECT COUNT(*) FROM thing"); }

/* As an operator ends a connection; it is gone when this returns. */
static void cut(int64_t backend)
{
    char statement[80];
    snprintf(statement, sizeof statement, "SELECT pg_terminate_backend(%lld, 5000)", (long long)backend);
    place_tamper(url, statement);
}

static int64_t backend_of(struct sql *sql) { return ask_one(sql, "SELECT pg_backend_pid()"); }

static void before_commit_nothing_is_kept(void **state)
{
    only_for_servers();
    struct sql *sql = *state;
    struct error error = { "" };
    int64_t backend = backend_of(sql);
    sql_begin(sql, true);
    sql_save(sql, INSERT, ONE(1, STR("one")), 1);
    cut(backend);
    assert_int_equal(sql_commit(sql), SQL_AWAY);
    sql_begin(sql, true); /* nobody is there to hear it */
    assert_int_equal(sql_trouble_of(sql), SQL_AWAY);
    assert_int_equal(sql_commit(sql), SQL_AWAY);
    assert_false(sql_run_script(sql, "SELECT 1", &error));
    sql_rollback(sql);
    assert_true(sql_reach(sql, &error));
    assert_int_equal(things(sql), 0);
}

static void a_question_learns_it_as_well(void **state)
{
    only_for_servers();
    struct sql *sql = *state;
    struct error error = { "" };
    int64_t backend = backend_of(sql);
    sql_begin(sql, true);
    sql_save(sql, INSERT, ONE(1, STR("one")), 1);
    cut(backend);
    assert_int_equal(things(sql), -1);
    assert_int_equal(sql_trouble_of(sql), SQL_AWAY);
    sql_rollback(sql);
    assert_true(sql_reach(sql, &error));
    sql_begin(sql, true);
    sql_save(sql, INSERT, ONE(1, STR("one")), 1); /* prepared anew */
    assert_int_equal(sql_commit(sql), SQL_FINE);
    assert_true(sql_reach(sql, &error)); /* also one that is not lost */
    assert_int_equal(things(sql), 1);
}

static void behind_commit_it_is_not_known(void **state)
{
    only_for_servers();
    struct sql *sql = *state;
    struct error error = { "" };
    int64_t backend = backend_of(sql);
    sql_begin(sql, true);
    sql_save(sql, INSERT, ONE(1, STR("one")), 1);
    assert_int_equal(things(sql), 1); /* all that was queued is answered */
    cut(backend);
    assert_int_equal(sql_commit(sql), SQL_DOUBT);
    assert_true(sql_reach(sql, &error));
    assert_int_equal(things(sql), 0);
}

/* A server that warns while it commits has not done what was asked for. */
static void a_warning_at_commit_is_a_doubt(void **state)
{
    only_for_servers();
    struct sql *sql = *state;
    sql_begin(sql, true);
    sql_save(sql, INSERT, ONE(1, STR("one")), 1);
    sql_save(sql, "ROLLBACK", NULL, 0, -1);
    assert_int_equal(sql_commit(sql), SQL_DOUBT);
    assert_int_equal(things(sql), 0);
}

static void raise_at_commit(struct sql *sql, const char *severity)
{
    char script[400];
    struct error error = { "" };
    snprintf(script, sizeof script,
             "CREATE FUNCTION say() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE %s 'said at commit'; RETURN NULL; END $$;"
             "CREATE CONSTRAINT TRIGGER saying AFTER INSERT ON thing DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION say()",
             severity);
    if (!sql_run_script(sql, script, &error)) fail_msg("%s", error.text);
}

/* What was kept is seen when it is asked for. */
static void whatever_is_warned_of_at_commit_is_a_doubt(void **state)
{
    only_for_servers();
    struct sql *sql = *state;
    raise_at_commit(sql, "WARNING");
    sql_begin(sql, true);
    sql_save(sql, INSERT, ONE(1, STR("one")), 1);
    assert_int_equal(sql_commit(sql), SQL_DOUBT);
    assert_int_equal(things(sql), 1);
}

static void what_is_less_than_a_warning_is_none(void **state)
{
    only_for_servers();
    struct sql *sql = *state;
    raise_at_commit(sql, "NOTICE");
    sql_begin(sql, true);
    sql_save(sql, INSERT, ONE(1, STR("one")), 1);
    assert_int_equal(sql_commit(sql), SQL_FINE);
    assert_int_equal(things(sql), 1);
}

/* Its snapshot is older than what it collided with: all of it has to run again. */
static void there_is_no_way_back_to_a_savepoint(void **state)
{
    only_for_servers();
    struct sql *sql = *state;
    sql_begin(sql, true);
    sql_save(sql, INSERT, ONE(1, STR("one")), 1);
    sql_savepoint(sql);
    sql_save(sql, INSERT, ONE(2, STR("two")), 1);
    sql_release(sql);
    assert_false(sql_rollback_to(sql));
    sql_rollback(sql);
    assert_int_equal(things(sql), 0);
}

static void more_than_a_queue_holds_is_written(void **state)
{
    only_for_servers();
    struct sql *sql = *state;
    sql_begin(sql, true);
    for (int64_t i = 0; i < 3000; i++) sql_save(sql, INSERT, ONE(i, STR("many")), 1);
    assert_int_equal(sql_commit(sql), SQL_FINE);
    assert_int_equal(things(sql), 3000);
}

static void what_the_server_does_itself_is_said(void **state)
{
    only_for_servers();
    struct sql *sql = *state;
    struct error error = { "" };
    assert_int_equal(sql_log_pages(sql), 0);
    assert_true(sql_checkpoint(sql) && sql_empty_log(sql));
    assert_false(sql_copy_to(sql, "elsewhere", &error));
    assert_true(str_contains(str_of(error.text), STR("tools of its own")));
    assert_false(sql_dialect_of(sql)->is_file);
    assert_null(sql_dialect_of(sql)->check_files);
}

#define sql_test(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        sql_test(before_commit_nothing_is_kept),
        sql_test(a_question_learns_it_as_well),
        sql_test(behind_commit_it_is_not_known),
        sql_test(a_warning_at_commit_is_a_doubt),
        sql_test(whatever_is_warned_of_at_commit_is_a_doubt),
        sql_test(what_is_less_than_a_warning_is_none),
        sql_test(there_is_no_way_back_to_a_savepoint),
        sql_test(more_than_a_queue_holds_is_written),
        sql_test(what_the_server_does_itself_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
