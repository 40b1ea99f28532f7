/* SPDX-License-Identifier: Apache-2.0 */
/* go_between: a copy of the real driver in which every slot counts, and passes on. */
#include "store/go_between.h"

#include <stddef.h>

#include "base/base.h"
#include "store/sql_driver.h"

enum { ALIKE_MAX = 2 }; /* rows of one question, and saves by one statement: the first, and one with a part done; the rest are like it */

static const char words[] = "a mishap that a test has planned";

static struct {
    bool of_files;
    enum mishap mishap;
    int64_t left; /* uses until it strikes; 0: it has, or none is planned */
    bool has_struck;
    const struct sql *cut; /* the connection that is gone */
    const char *text;      /* of the newest statement */
    int alike;             /* rows that it has given, or times that it was run in a row */
    int refusals;          /* tries to reach it anew that will fail */
    void (*meanwhile)(const void *context);
    const void *context;
} plan;

struct between {
    struct sql_driver driver; /* what the store sees */
    const struct sql_driver *real;
};

static const struct sql_driver *real_of(const struct sql *sql) { return CONTAINER_OF(sql->driver, struct between, driver)->real; }

/* ---- striking ---- */

static bool is_cut_off(void) { return plan.mishap == MISHAP_CUT || plan.mishap == MISHAP_UNANSWERED; }

static bool is_its_turn(const struct sql_driver *driver)
{
    if (driver->dialect.is_file != plan.of_files || plan.left == 0 || --plan.left > 0) return false;
    plan.has_struck = true;
    return true;
}

static enum sql_trouble trouble_of_mishap(void)
{
    static const enum sql_trouble troubles[MISHAP_COUNT] = { [MISHAP_COLLISION] = SQL_COLLISION, [MISHAP_FULL] = SQL_FULL,
                                                             [MISHAP_BROKEN] = SQL_BROKEN, [MISHAP_CUT] = SQL_AWAY,
                                                             [MISHAP_UNANSWERED] = SQL_AWAY };
    return troubles[plan.mishap];
}

/* A server takes back what a connection that breaks had begun. */
static void cut(struct sql *sql)
{
    real_of(sql)->rollback(sql);
    plan.cut = sql;
    plan.refusals = plan.mishap == MISHAP_CUT;
}

static void pass_time(void)
{
    if (plan.meanwhile) plan.meanwhile(plan.context);
}

/* Does this use go wrong? Then the trouble sticks. */
static bool strikes(struct sql *sql)
{
    if (plan.cut == sql) {
        sql_stick(sql, SQL_AWAY, words);
        return true;
    }
    if (!is_its_turn(sql->driver)) return false;
    if (is_cut_off()) cut(sql);
    pass_time();
    sql_stick(sql, trouble_of_mishap(), words);
    return true;
}

static bool is_like_the_last(const struct sql *sql) { return plan.alike >= ALIKE_MAX && plan.cut != sql; }

/* ---- the slots ---- */

static struct sql *open_between(const struct between *between, const char *url, bool read_only, struct error *error)
{
    if (is_its_turn(&between->driver)) {
        error_set(error, "%s", words);
        return NULL;
    }
    struct sql *sql = between->real->open(url, read_only, error);
    if (sql) sql->driver = &between->driver;
    return sql;
}

static void close_between(struct sql *sql)
{
    if (plan.cut == sql) plan.cut = NULL;
    real_of(sql)->close(sql);
}

static bool run_script(struct sql *sql, const char *script, struct error *error)
{
    bool was_cut = plan.cut == sql;
    if (!strikes(sql)) return real_of(sql)->run_script(sql, script, error);
    sql->trouble = SQL_FINE; /* a script says it, and nothing sticks */
    if (!was_cut && plan.mishap == MISHAP_UNANSWERED && !real_of(sql)->run_script(sql, script, error)) return false;
    return error_set(error, "%s", words);
}

static void begin(struct sql *sql, bool writes)
{
    if (!strikes(sql)) real_of(sql)->begin(sql, writes);
}

static void savepoint(struct sql *sql)
{
    if (!strikes(sql)) real_of(sql)->savepoint(sql);
}

static void release(struct sql *sql)
{
    if (!strikes(sql)) real_of(sql)->release(sql);
}

static bool rollback_to(struct sql *sql)
{
    bool gone = strikes(sql) || !real_of(sql)->rollback_to(sql);
    if (gone) real_of(sql)->rollback(sql);
    return !gone;
}

/* Behind a COMMIT that a server did not answer, nobody knows; but for a constraint, it says nothing else that is certain. */
static enum sql_trouble commit(struct sql *sql)
{
    bool is_turn = plan.cut != sql && is_its_turn(sql->driver);
    if (!is_turn) return strikes(sql) ? sql->trouble : real_of(sql)->commit(sql);
    bool in_doubt = !sql->driver->dialect.is_file && plan.mishap != MISHAP_COLLISION;
    if (plan.mishap == MISHAP_UNANSWERED && real_of(sql)->commit(sql) != SQL_FINE) return sql->trouble;
    if (is_cut_off()) cut(sql);
    else real_of(sql)->rollback(sql);
    pass_time();
    sql_stick(sql, in_doubt ? SQL_DOUBT : trouble_of_mishap(), words);
    return sql->trouble;
}

static bool reach(struct sql *sql, struct error *error)
{
    if (plan.refusals > 0 && plan.refusals--) return error_set(error, "%s", words);
    if (plan.cut == sql) plan.cut = NULL;
    return real_of(sql)->reach(sql, error);
}

static void bear(struct sql *sql, const char *name)
{
    if (!strikes(sql)) real_of(sql)->bear(sql, name);
}

static void save(struct sql *sql, const char *text, const struct sql_value *values, size_t count, int64_t rows_expected)
{
    plan.alike = text == plan.text ? plan.alike + 1 : 0;
    plan.text = text;
    if (is_like_the_last(sql) || !strikes(sql)) real_of(sql)->save(sql, text, values, count, rows_expected);
}

static void settle(struct sql *sql)
{
    if (!strikes(sql)) real_of(sql)->settle(sql);
}

static void ask(struct sql *sql, const char *text, const struct sql_value *values, size_t count)
{
    plan.alike = 0;
    plan.text = text;
    if (!strikes(sql)) real_of(sql)->ask(sql, text, values, count);
}

static bool next(struct sql *sql)
{
    bool passes = is_like_the_last(sql) || !strikes(sql);
    plan.alike++;
    if (passes) return real_of(sql)->next(sql);
    real_of(sql)->end(sql);
    return false;
}

static bool checkpoint(struct sql *sql) { return !strikes(sql) && real_of(sql)->checkpoint(sql); }
static bool empty_log(struct sql *sql) { return !strikes(sql) && real_of(sql)->empty_log(sql); }

static bool copy_to(struct sql *sql, const char *path, struct error *error)
{
    if (!is_its_turn(sql->driver)) return real_of(sql)->copy_to(sql, path, error);
    return error_set(error, "%s", words);
}

/* ---- the two drivers ---- */

static struct between file, server;

static struct sql *open_file(const char *url, bool read_only, struct error *error) { return open_between(&file, url, read_only, error); }
static struct sql *open_server(const char *url, bool read_only, struct error *error) { return open_between(&server, url, read_only, error); }

static void stand_before(struct between *between, const struct sql_driver *real)
{
    struct sql_driver driver = *real;
    driver.open = real->dialect.is_file ? open_file : open_server;
    driver.close = close_between;
    driver.run_script = run_script;
    driver.begin = begin;
    driver.savepoint = savepoint;
    driver.release = release;
    driver.rollback_to = rollback_to;
    driver.commit = commit;
    driver.save = save;
    driver.ask = ask;
    driver.next = next;
    if (real->reach) driver.reach = reach;
    if (real->bear) driver.bear = bear;
    if (real->settle) driver.settle = settle;
    if (real->checkpoint) driver.checkpoint = checkpoint;
    if (real->empty_log) driver.empty_log = empty_log;
    if (real->copy_to) driver.copy_to = copy_to;
    *between = (struct between){ driver, real };
}

static const struct sql_driver *between_of(const struct sql_driver *real) { return real->dialect.is_file ? &file.driver : &server.driver; }

void go_between_begin(void)
{
    stand_before(&file, &sql_sqlite);
    stand_before(&server, &sql_postgres);
    sql_stand_between(between_of);
}

void go_between_plan(bool of_files, enum mishap mishap, int64_t nth)
{
    plan.of_files = of_files;
    plan.mishap = mishap;
    plan.left = nth;
    plan.has_struck = false;
    plan.cut = NULL;
}

void go_between_meanwhile(void (*doing)(const void *context), const void *context)
{
    plan.meanwhile = doing;
    plan.context = context;
}

bool go_between_has_struck(void) { return plan.has_struck; }
