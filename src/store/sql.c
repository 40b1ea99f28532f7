/* SPDX-License-Identifier: Apache-2.0 */
/* sql: which driver, and the trouble that sticks; the rest is the driver's. */
#include "store/sql.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/sql_driver.h"

static const struct sql_driver *const drivers[] = { &sql_sqlite, &sql_postgres };

/* ---- which ---- */

static bool speaks(const struct sql_driver *driver, str url)
{
    for (const char *const *scheme = driver->schemes; *scheme; scheme++) {
        if (str_starts_with(url, str_of(*scheme))) return true;
    }
    return false;
}

static const struct sql_driver *driver_named(str url)
{
    for (size_t i = 0; i < COUNT_OF(drivers); i++) {
        if (speaks(drivers[i], url)) return drivers[i];
    }
    return NULL;
}

const struct sql_dialect *sql_dialect_named(str url)
{
    const struct sql_driver *driver = driver_named(url);
    return driver ? &driver->dialect : NULL;
}

#ifdef FLORIN_TEST_BUILD
static const struct sql_driver *(*stands_between)(const struct sql_driver *real);

void sql_stand_between(const struct sql_driver *(*between)(const struct sql_driver *real)) { stands_between = between; }

static const struct sql_driver *opening(const struct sql_driver *driver) { return stands_between ? stands_between(driver) : driver; }
#else
static const struct sql_driver *opening(const struct sql_driver *driver) { return driver; }
#endif

const struct sql_dialect *sql_dialect_of(const struct sql *sql) { return &sql->driver->dialect; }

struct sql *sql_open(const char *url, bool read_only, struct error *error)
{
    const struct sql_driver *driver = driver_named(str_of(url));
    INSIST(driver);
    return opening(driver)->open(url, read_only, error);
}

void sql_close(struct sql *sql)
{
    if (sql) sql->driver->close(sql);
}

/* ---- trouble ---- */

void sql_stick(struct sql *sql, enum sql_trouble trouble, const char *words)
{
    if (trouble == SQL_FINE || sql->trouble != SQL_FINE) return;
    sql->trouble = trouble;
    snprintf(sql->words, sizeof sql->words, "%s", words);
}

enum sql_trouble sql_trouble_of(const struct sql *sql) { return sql->trouble; }
const char *sql_words(const struct sql *sql) { return sql->words; }

static bool is_fine(const struct sql *sql) { return sql->trouble == SQL_FINE; }

/* ---- scripts ---- */

bool sql_run_script(struct sql *sql, const char *script, struct error *error) { return sql->driver->run_script(sql, script, error); }

bool sql_make_schema(struct sql *sql, const char *schema, const char *last, struct error *error)
{
    char *tables = sql->driver->read_schema ? sql->driver->read_schema(schema) : NULL;
    const char *text = tables ? tables : schema;
    size_t bytes = strlen(text) + strlen(last) + 32;
    char *script = memory_take(bytes);
    snprintf(script, bytes, "BEGIN; %s; %s; COMMIT;", text, last);
    bool made = sql_run_script(sql, script, error);
    free(script);
    free(tables);
    return made;
}

/* ---- transactions ---- */

void sql_begin(struct sql *sql, bool writes)
{
    if (is_fine(sql)) sql->driver->begin(sql, writes);
}

void sql_savepoint(struct sql *sql)
{
    if (is_fine(sql)) sql->driver->savepoint(sql);
}

void sql_release(struct sql *sql)
{
    if (is_fine(sql)) sql->driver->release(sql);
}

bool sql_has_changed(const struct sql *sql) { return sql->driver->has_changed(sql); }

static void become_fine(struct sql *sql)
{
    sql_end(sql);
    sql->trouble = SQL_FINE;
}

bool sql_rollback_to(struct sql *sql)
{
    become_fine(sql);
    return sql->driver->rollback_to(sql);
}

void sql_rollback(struct sql *sql)
{
    become_fine(sql);
    sql->driver->rollback(sql);
    sql->trouble = SQL_FINE;
}

enum sql_trouble sql_commit(struct sql *sql)
{
    enum sql_trouble result = is_fine(sql) ? sql->driver->commit(sql) : sql->trouble;
    if (result != SQL_FINE) sql_rollback(sql);
    return result;
}

bool sql_reach(struct sql *sql, struct error *error)
{
    INSIST(sql->driver->reach);
    become_fine(sql);
    return sql->driver->reach(sql, error);
}

void sql_bear(struct sql *sql, const char *name)
{
    INSIST(sql->driver->bear);
    if (is_fine(sql)) sql->driver->bear(sql, name);
}

/* ---- rows ---- */

void sql_save(struct sql *sql, const char *text, const struct sql_value *values, size_t count, int64_t rows_expected)
{
    INSIST(count <= SQL_VALUES_MAX);
    if (is_fine(sql)) sql->driver->save(sql, text, values, count, rows_expected);
}

void sql_ask(struct sql *sql, const char *text, const struct sql_value *values, size_t count)
{
    INSIST(count <= SQL_VALUES_MAX);
    if (is_fine(sql)) sql->driver->ask(sql, text, values, count);
}

void sql_settle(struct sql *sql)
{
    if (is_fine(sql) && sql->driver->settle) sql->driver->settle(sql);
}

bool sql_next(struct sql *sql) { return sql->driver->next(sql); }
void sql_end(struct sql *sql) { sql->driver->end(sql); }
int64_t sql_int(struct sql *sql, int column) { return sql->driver->number_at(sql, column); }

str sql_text(struct sql *sql, int column, struct arena *arena)
{
    str text = sql->driver->text_at(sql, column);
    return text.bytes ? arena_copy(arena, text) : STR_NONE;
}

bool sql_is_null(struct sql *sql, int column) { return !sql->driver->text_at(sql, column).bytes; }

void sql_text_to(struct sql *sql, int column, char *buffer, size_t bytes)
{
    bool fits = str_copy_to(sql->driver->text_at(sql, column), buffer, bytes);
    INSIST(fits);
}

/* ---- the log, and copies ---- */

int sql_log_pages(const struct sql *sql) { return sql->driver->log_pages ? sql->driver->log_pages(sql) : 0; }
bool sql_checkpoint(struct sql *sql) { return !sql->driver->checkpoint || sql->driver->checkpoint(sql); }
bool sql_empty_log(struct sql *sql) { return !sql->driver->empty_log || sql->driver->empty_log(sql); }

bool sql_copy_to(struct sql *sql, const char *path, struct error *error)
{
    if (sql->driver->copy_to) return sql->driver->copy_to(sql, path, error);
    return error_set(error, "%s is copied with tools of its own, not into %s", sql->driver->dialect.name, path);
}
