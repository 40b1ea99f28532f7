/* SPDX-License-Identifier: Apache-2.0 */
/* sql_sqlite: the seam over SQLite: WAL, synchronous=FULL, no automatic checkpoint, statements prepared once. */
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "base/crash.h"
#include "store/sql.h"
#include "store/sqlite_log.h"

enum {
    STATEMENTS_MAX = 256, /* a power of two, well above the number of texts in store_*.c */
    VALUES_MAX = 48,      /* the widest table has fewer columns */
    LOOKASIDE_BYTES = 1200, /* SQLite's own choice, but more of them: the statements stay prepared */
    LOOKASIDE_SLOTS = 500,
    BUSY_WAIT_MS = 5000,  /* readers never block us; this is for a slow open beside a backup */
    COPY_PAGES = 1024,    /* 4 MiB between two looks at the crash point */
};

struct statement {
    const char *text;
    sqlite3_stmt *handle;
    int parameter[VALUES_MAX + 1]; /* place of $n: in SQLite $n is a name, not a position */
};

struct sql {
    sqlite3 *db;
    enum sql_trouble trouble;
    char words[200];
    sqlite3_stmt *asked;
    int log_pages;
    sqlite3_int64 changes_before; /* this transaction */
    struct statement statements[STATEMENTS_MAX];
};

/* ---- trouble ---- */

static enum sql_trouble trouble_of(int code)
{
    switch (code & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE: return SQL_FINE;
    case SQLITE_CONSTRAINT: return SQL_COLLISION;
    case SQLITE_FULL: return SQL_FULL;
    default: return SQL_BROKEN;
    }
}

static bool stick(struct sql *sql, int code)
{
    enum sql_trouble trouble = trouble_of(code);
    if (trouble == SQL_FINE) return true;
    if (sql->trouble != SQL_FINE) return false;
    sql->trouble = trouble;
    sqlite3_snprintf(sizeof sql->words, sql->words, "%s (%d)", sqlite3_errmsg(sql->db), sqlite3_extended_errcode(sql->db));
    return false;
}

static void stick_collision(struct sql *sql, const char *words)
{
    if (sql->trouble != SQL_FINE) return;
    sql->trouble = SQL_COLLISION;
    sqlite3_snprintf(sizeof sql->words, sql->words, "%s", words);
}

enum sql_trouble sql_trouble_of(const struct sql *sql) { return sql->trouble; }
const char *sql_words(const struct sql *sql) { return sql->words; }

/* ---- statements ---- */

static struct statement *statement_place(struct sql *sql, const char *text)
{
    size_t at = ((uintptr_t)text >> 4) * 2654435761u;
    for (size_t tries = 0; tries < STATEMENTS_MAX; tries++, at++) {
        struct statement *place = &sql->statements[at & (STATEMENTS_MAX - 1)];
        if (place->text == text || !place->text) return place;
    }
    INSIST(!"room for every statement");
    return NULL;
}

static void find_parameters(struct statement *statement)
{
    char name[8];
    for (int n = 1; n <= VALUES_MAX; n++) {
        sqlite3_snprintf(sizeof name, name, "$%d", n);
        statement->parameter[n] = sqlite3_bind_parameter_index(statement->handle, name);
    }
}

static struct statement *statement_for(struct sql *sql, const char *text)
{
    struct statement *statement = statement_place(sql, text);
    if (statement->handle) return statement;
    if (!stick(sql, sqlite3_prepare_v3(sql->db, text, -1, SQLITE_PREPARE_PERSISTENT, &statement->handle, NULL))) return NULL;
    statement->text = text;
    find_parameters(statement);
    return statement;
}

static int bind_value(sqlite3_stmt *handle, int place, const struct sql_value *value)
{
    switch (value->kind) {
    case SQL_INT: return sqlite3_bind_int64(handle, place, value->number);
    case SQL_TEXT: return sqlite3_bind_text64(handle, place, value->text.bytes, value->text.length, SQLITE_STATIC, SQLITE_UTF8);
    case SQL_NULL: break;
    }
    return sqlite3_bind_null(handle, place);
}

static bool bind_all(struct sql *sql, struct statement *statement, const struct sql_value *values, size_t count)
{
    INSIST(count <= VALUES_MAX);
    for (size_t i = 0; i < count; i++) {
        int place = statement->parameter[i + 1];
        INSIST(place > 0);
        if (!stick(sql, bind_value(statement->handle, place, &values[i]))) return false;
    }
    return true;
}

static void run_plain(struct sql *sql, const char *text)
{
    struct statement *statement = sql->trouble == SQL_FINE ? statement_for(sql, text) : NULL;
    if (!statement) return;
    stick(sql, sqlite3_step(statement->handle));
    sqlite3_reset(statement->handle);
}

void sql_save(struct sql *sql, const char *text, const struct sql_value *values, size_t count, int64_t rows_expected)
{
    struct statement *statement = sql->trouble == SQL_FINE ? statement_for(sql, text) : NULL;
    if (!statement || !bind_all(sql, statement, values, count)) return;
    bool ran = stick(sql, sqlite3_step(statement->handle));
    sqlite3_reset(statement->handle);
    if (ran && rows_expected >= 0 && sqlite3_changes64(sql->db) != rows_expected) stick_collision(sql, "another number of rows changed");
}

void sql_ask(struct sql *sql, const char *text, const struct sql_value *values, size_t count)
{
    INSIST(!sql->asked);
    struct statement *statement = sql->trouble == SQL_FINE ? statement_for(sql, text) : NULL;
    if (statement && bind_all(sql, statement, values, count)) sql->asked = statement->handle;
}

bool sql_next(struct sql *sql)
{
    if (!sql->asked) return false;
    int code = sqlite3_step(sql->asked);
    if (code == SQLITE_ROW) return true;
    stick(sql, code);
    sql_end(sql);
    return false;
}

void sql_end(struct sql *sql)
{
    if (sql->asked) sqlite3_reset(sql->asked);
    sql->asked = NULL;
}

int64_t sql_int(struct sql *sql, int column) { return sqlite3_column_int64(sql->asked, column); }

static str column_text(struct sql *sql, int column)
{
    const char *bytes = (const char *)sqlite3_column_text(sql->asked, column);
    return (str){ bytes, bytes ? (size_t)sqlite3_column_bytes(sql->asked, column) : 0 };
}

str sql_text(struct sql *sql, int column, struct arena *arena)
{
    str text = column_text(sql, column);
    return text.bytes ? arena_copy(arena, text) : STR_NONE;
}

void sql_text_to(struct sql *sql, int column, char *buffer, size_t bytes)
{
    bool fits = str_copy_to(column_text(sql, column), buffer, bytes);
    INSIST(fits);
}

/* ---- transactions ---- */

void sql_begin(struct sql *sql, bool writes)
{
    run_plain(sql, writes ? "BEGIN IMMEDIATE" : "BEGIN");
    sql->changes_before = sqlite3_total_changes64(sql->db);
}

bool sql_has_changed(const struct sql *sql) { return sqlite3_total_changes64(sql->db) != sql->changes_before; }

void sql_savepoint(struct sql *sql) { run_plain(sql, "SAVEPOINT one"); }
void sql_release(struct sql *sql) { run_plain(sql, "RELEASE one"); }

static void become_fine(struct sql *sql)
{
    sql_end(sql);
    sql->trouble = SQL_FINE;
}

bool sql_rollback_to(struct sql *sql)
{
    become_fine(sql);
    if (sqlite3_get_autocommit(sql->db)) return false;
    run_plain(sql, "ROLLBACK TO one");
    run_plain(sql, "RELEASE one");
    return sql->trouble == SQL_FINE;
}

void sql_rollback(struct sql *sql)
{
    become_fine(sql);
    if (sqlite3_get_autocommit(sql->db)) return;
    run_plain(sql, "ROLLBACK");
    become_fine(sql);
}

enum sql_trouble sql_commit(struct sql *sql)
{
    if (sql->trouble == SQL_FINE) {
        crash_point("op.commit_called");
        run_plain(sql, "COMMIT");
        crash_point("op.commit_synced");
    }
    enum sql_trouble result = sql->trouble;
    if (result != SQL_FINE) sql_rollback(sql);
    return result;
}

/* ---- opening ---- */

static int count_log_pages(void *context, sqlite3 *db, const char *schema, int pages)
{
    struct sql *sql = context;
    (void)db;
    (void)schema;
    sql->log_pages = pages;
    return SQLITE_OK;
}

int sql_log_pages(const struct sql *sql) { return sql->log_pages; }

static bool say(struct sql *sql, struct error *error, const char *doing)
{
    return error_set(error, "%s: %s", doing, sql->db ? sqlite3_errmsg(sql->db) : "out of memory");
}

bool sql_run_script(struct sql *sql, const char *script, struct error *error)
{
    if (sqlite3_exec(sql->db, script, NULL, NULL, NULL) == SQLITE_OK) return true;
    return say(sql, error, "the database refused a script");
}

static bool set_up(struct sql *sql, bool read_only, struct error *error)
{
    const char *common = "PRAGMA foreign_keys=ON; PRAGMA trusted_schema=OFF; PRAGMA temp_store=MEMORY;"
                         "PRAGMA cache_size=-16384; PRAGMA wal_autocheckpoint=0;";
    const char *writing = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;";
    sqlite3_busy_timeout(sql->db, BUSY_WAIT_MS);
    sqlite3_db_config(sql->db, SQLITE_DBCONFIG_LOOKASIDE, NULL, LOOKASIDE_BYTES, LOOKASIDE_SLOTS);
    sqlite3_db_config(sql->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL); /* it would tell nobody when that fails */
    if (!sql_run_script(sql, common, error)) return false;
    if (!read_only && !sql_run_script(sql, writing, error)) return false;
    sqlite3_wal_hook(sql->db, count_log_pages, sql); /* after wal_autocheckpoint, which sets a hook of its own */
    return true;
}

/* Before the first connection: nobody asks SQLite how much memory it uses, and counting takes a lock each time. Refused as a
 * misuse where SQLite is at work already, with the file system of a simulation: that costs only time. */
static void configure_once(void)
{
    static bool configured;
    if (configured) return;
    configured = true;
    int code = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    INSIST(code == SQLITE_OK || code == SQLITE_MISUSE);
}

struct sql *sql_open(const char *path, bool read_only, struct error *error)
{
    struct sql *sql = memory_take(sizeof *sql);
    int flags = (read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE) | SQLITE_OPEN_NOMUTEX;
    configure_once();
    if (!read_only && !sqlite_log_write_again(path, error)) {
        free(sql);
        return NULL;
    }
    if (sqlite3_open_v2(path, &sql->db, flags, NULL) != SQLITE_OK) {
        say(sql, error, path);
    } else if (set_up(sql, read_only, error)) {
        return sql;
    }
    sql_close(sql);
    return NULL;
}

void sql_close(struct sql *sql)
{
    if (!sql) return;
    for (size_t i = 0; i < STATEMENTS_MAX; i++) sqlite3_finalize(sql->statements[i].handle);
    sqlite3_close(sql->db);
    free(sql);
}

/* A reader that is in the way, or a full disk, is no harm: what was not moved stays in the log. */
static bool checkpoint(struct sql *sql, int mode)
{
    crash_point("st.ckpt_begin");
    int code = sqlite3_wal_checkpoint_v2(sql->db, NULL, mode, NULL, NULL);
    sql->log_pages = 0;
    crash_point("st.ckpt_done");
    return stick(sql, code == SQLITE_BUSY || code == SQLITE_FULL ? SQLITE_OK : code);
}

bool sql_checkpoint(struct sql *sql) { return checkpoint(sql, SQLITE_CHECKPOINT_PASSIVE); }

bool sql_empty_log(struct sql *sql)
{
    sqlite3_busy_timeout(sql->db, 0);
    bool fine = checkpoint(sql, SQLITE_CHECKPOINT_TRUNCATE);
    sqlite3_busy_timeout(sql->db, BUSY_WAIT_MS);
    return fine;
}

/* ---- copying ---- */

static int copy_pages(sqlite3 *from, sqlite3 *to)
{
    sqlite3_backup *copying = sqlite3_backup_init(to, "main", from, "main");
    if (!copying) return sqlite3_errcode(to);
    int code = SQLITE_OK;
    while (code == SQLITE_OK) {
        code = sqlite3_backup_step(copying, COPY_PAGES);
        crash_point("st.backup_mid");
    }
    int finished = sqlite3_backup_finish(copying);
    return code == SQLITE_DONE ? finished : code;
}

/* The copy has taken over that there is a log beside it: opened anew, it learns that it is one file and nothing else. */
static int make_one_file(const char *path, sqlite3 **to)
{
    sqlite3_close(*to);
    int code = sqlite3_open_v2(path, to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    return code == SQLITE_OK ? sqlite3_exec(*to, "PRAGMA journal_mode=DELETE", NULL, NULL, NULL) : code;
}

bool sql_copy_to(struct sql *sql, const char *path, struct error *error)
{
    sqlite3 *to = NULL;
    int code = sqlite3_open_v2(path, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    if (code == SQLITE_OK) code = sqlite3_exec(to, "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF", NULL, NULL, NULL);
    if (code == SQLITE_OK) code = copy_pages(sql->db, to);
    if (code == SQLITE_OK) code = make_one_file(path, &to);
    sqlite3_close(to);
    return code == SQLITE_OK || error_set(error, "%s cannot be written: %s", path, sqlite3_errstr(code));
}
