/* SPDX-License-Identifier: Apache-2.0 */
/* Every call of libpq fails once, the first, the second and so on, as for want of memory or with the line: while a connection is made,
 * written, asked and told to commit. Nothing is kept that was not told, nor lost that was, and the connection can be made anew. */
#include "base/base_testing.h"

#include <dlfcn.h>
#include <libpq-fe.h>

#include "store/place.h"
#include "store/sql.h"

enum { CALLS_MAX = 200, CONNECTIONS_MAX = 5 };

static char url[PLACE_URL_BYTES];

/* ---- between us and libpq ---- */

static int64_t left; /* calls until one fails; 0: none does */
static bool has_failed;

static bool fails(void)
{
    if (left == 0 || --left > 0) return false;
    has_failed = true;
    return true;
}

static void plan(int64_t nth)
{
    left = nth;
    has_failed = false;
}

/* Stands in for libpq's function of that name, which comes after this program where symbols are looked up. */
#define STAND_IN(type, name, failure, parameters, values)                                                              \
    type name parameters                                                                                               \
    {                                                                                                                  \
        type(*real) parameters;                                                                                        \
        *(void **)&real = dlsym(RTLD_NEXT, #name);                                                                     \
        return fails() ? failure : real values;                                                                        \
    }

STAND_IN(PGconn *, PQconnectdbParams, NULL, (const char *const *words, const char *const *values, int expand), (words, values, expand))
STAND_IN(PGresult *, PQexec, NULL, (PGconn * connection, const char *query), (connection, query))
STAND_IN(PGresult *, PQexecParams, NULL,
         (PGconn * connection, const char *query, int count, const Oid *types, const char *const *values, const int *lengths,
          const int *formats, int format),
         (connection, query, count, types, values, lengths, formats, format))
STAND_IN(int, PQsendPrepare, 0, (PGconn * connection, const char *name, const char *query, int count, const Oid *types),
         (connection, name, query, count, types))
STAND_IN(int, PQsendQueryPrepared, 0,
         (PGconn * connection, const char *name, int count, const char *const *values, const int *lengths, const int *formats, int format),
         (connection, name, count, values, lengths, formats, format))
STAND_IN(int, PQpipelineSync, 0, (PGconn * connection), (connection))

/* libpq asks itself as well, outside of the pipeline, and believes what it hears. */
PGresult *PQgetResult(PGconn *connection)
{
    PGresult *(*real)(PGconn *);
    *(void **)&real = dlsym(RTLD_NEXT, "PQgetResult");
    return PQpipelineStatus(connection) == PQ_PIPELINE_ON && fails() ? NULL : real(connection);
}

/* ---- what is done ---- */

#define INSERT "INSERT INTO thing VALUES ($1, $2)"
#define ONE(number, words) (struct sql_value[]){ sql_of_int(number), sql_of_text(words) }, 2

static int64_t things(struct sql *sql)
{
    sql_ask(sql, "SELECT COUNT(*) FROM thing", NULL, 0);
    int64_t count = sql_next(sql) ? sql_int(sql, 0) : -1;
    sql_end(sql);
    return count;
}

/* Two rows, with a question between them. */
static enum sql_trouble write_two(struct sql *sql)
{
    sql_begin(sql, true);
    sql_save(sql, INSERT, ONE(1, STR("one")), 1);
    int64_t seen = things(sql);
    if (sql_trouble_of(sql) == SQL_FINE) assert_int_equal(seen, 1);
    sql_save(sql, INSERT, ONE(2, STR("two")), 1);
    sql_settle(sql);
    return sql_commit(sql);
}

static struct sql *open_again_and_again(void)
{
    struct error error = { "" };
    struct sql *sql = sql_open(url, false, &error);
    if (!sql) assert_true(has_failed && error.text[0]);
    return sql ? sql : sql_open(url, false, &error);
}

static void reach_again_and_again(struct sql *sql)
{
    struct error error = { "" };
    for (int tries = 0; !sql_reach(sql, &error); tries++) assert_true(tries < CONNECTIONS_MAX && error.text[0]);
}

static void write_with(int64_t nth)
{
    struct error error = { "" };
    place_tamper(url, "TRUNCATE thing");
    plan(nth);
    struct sql *sql = open_again_and_again();
    assert_non_null(sql);
    if (!sql_run_script(sql, "SELECT 1", &error)) assert_true(has_failed && error.text[0]);
    enum sql_trouble trouble = write_two(sql);
    assert_true(trouble == SQL_FINE || (has_failed && (trouble == SQL_AWAY || trouble == SQL_DOUBT)));
    reach_again_and_again(sql);
    left = 0; /* from here on all goes well */
    int64_t kept = things(sql);
    assert_true(kept == 2 || (kept == 0 && trouble != SQL_FINE));
    if (trouble == SQL_AWAY) assert_int_equal(kept, 0);
    sql_close(sql);
}

static void every_call_may_fail(void **state)
{
    (void)state;
    only_for_servers();
    struct error error = { "" };
    struct sql *sql = sql_open(url, false, &error);
    if (!sql) fail_msg("%s", error.text);
    assert_true(sql_run_script(sql, "CREATE TABLE thing (number BIGINT PRIMARY KEY, words TEXT)", &error));
    sql_close(sql);
    int64_t nth = 0;
    do {
        assert_true(++nth < CALLS_MAX);
        write_with(nth);
    } while (has_failed);
    assert_true(nth > 20);
}

static void where_nobody_listens_nothing_is_committed(void **state)
{
    (void)state;
    only_for_servers();
    struct error error = { "" };
    struct sql *sql = sql_open(url, false, &error);
    if (!sql) fail_msg("%s", error.text);
    plan(1);
    assert_false(sql_reach(sql, &error));
    assert_int_equal(sql_commit(sql), SQL_AWAY);
    reach_again_and_again(sql);
    sql_close(sql);
}

static int set_up(void **state)
{
    (void)state;
    if (!place_is_file()) place_take("", url);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    plan(0);
    place_give_back(url);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_call_may_fail, set_up, tear_down),
        cmocka_unit_test_setup_teardown(where_nobody_listens_nothing_is_committed, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
