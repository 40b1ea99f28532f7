/* SPDX-License-Identifier: Apache-2.0 */
/* sql_sqlite: the seam over SQLite: WAL, synchronous=FULL, no automatic checkpoint, statements prepared once. */
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "base/crash.h"
#include "store/sql_driver.h"
#include "store/sqlite_gather.h"
#include "store/sqlite_log.h"

enum {
    LOOKASIDE_BYTES = 1200, /* SQLite's own choice, but more of them: the statements stay prepared */
    LOOKASIDE_SLOTS = 500,
    BUSY_WAIT_MS = 5000,  /* readers never block us; this is for a slow open beside a backup */
    COPY_PAGES = 1024,    /* 4 MiB between two looks at the crash point */
};

#define SCHEME "sqlite:"

struct statement {
    const char *text;
    sqlite3_stmt *handle;
    int parameter[SQL_VALUES_MAX + 1]; /* place of $n: in SQLite $n is a name, not a position */
};

struct sqlite {
    struct sql base;
    sqlite3 *db;
    sqlite3_stmt *asked;
    int log_pages;
    sqlite3_int64 changes_before; /* this transaction */
    struct statement statements[SQL_STATEMENTS_MAX];
};

static struct sqlite *sqlite_of(const struct sql *sql) { return CONTAINER_OF(sql, struct sqlite, base); }

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

static bool stick(struct sqlite *sqlite, int code)
{
    char words[200];
    enum sql_trouble trouble = trouble_of(code);
    if (trouble == SQL_FINE) return true;
    sqlite3_snprintf(sizeof words, words, "%s (%d)", sqlite3_errmsg(sqlite->db), sqlite3_extended_errcode(sqlite->db));
    sql_stick(&sqlite->base, trouble, words);
    return false;
}

/* ---- statements ---- */

static struct statement *statement_place(struct sqlite *sqlite, const char *text)
{
    size_t at = sql_place_of(text);
    for (size_t tries = 0; tries < SQL_STATEMENTS_MAX; tries++, at++) {
        struct statement *place = &sqlite->statements[at & (SQL_STATEMENTS_MAX - 1)];
        if (place->text == text || !place->text) return place;
    }
    INSIST(!"room for every statement");
    return NULL;
}

static void find_parameters(struct statement *statement)
{
    char name[8];
    for (int n = 1; n <= SQL_VALUES_MAX; n++) {
        sqlite3_snprintf(sizeof name, name, "$%d", n);
        statement->parameter[n] = sqlite3_bind_parameter_index(statement->handle, name);
    }
}

static struct statement *statement_for(struct sqlite *sqlite, const char *text)
{
    struct statement *statement = statement_place(sqlite, text);
    if (statement->handle) return statement;
    if (!stick(sqlite, sqlite3_prepare_v3(sqlite->db, text, -1, SQLITE_PREPARE_PERSISTENT, &statement->handle, NULL))) return NULL;
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

static bool bind_all(struct sqlite *sqlite, struct statement *statement, const struct sql_value *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int place = statement->parameter[i + 1];
        INSIST(place > 0);
        if (!stick(sqlite, bind_value(statement->handle, place, &values[i]))) return false;
    }
    return true;
}

static void run_plain(struct sqlite *sqlite, const char *text)
{
    struct statement *statement = statement_for(sqlite, text);
    if (!statement) return;
    stick(sqlite, sqlite3_step(statement->handle));
    sqlite3_reset(statement->handle);
}

static void save(struct sql *sql, const char *text, const struct sql_value *values, size_t count, int64_t rows_expected)
{
    struct sqlite *sqlite = sqlite_of(sql);
    struct statement *statement = statement_for(sqlite, text);
    if (!statement || !bind_all(sqlite, statement, values, count)) return;
    bool ran = stick(sqlite, sqlite3_step(statement->handle));
    sqlite3_reset(statement->handle);
    bool fits = rows_expected < 0 || sqlite3_changes64(sqlite->db) == rows_expected;
    if (ran && !fits) sql_stick(sql, SQL_COLLISION, "another number of rows changed");
}

static void ask(struct sql *sql, const char *text, const struct sql_value *values, size_t count)
{
    struct sqlite *sqlite = sqlite_of(sql);
    INSIST(!sqlite->asked);
    struct statement *statement = statement_for(sqlite, text);
    if (statement && bind_all(sqlite, statement, values, count)) sqlite->asked = statement->handle;
}

static void end(struct sql *sql)
{
    struct sqlite *sqlite = sqlite_of(sql);
    if (sqlite->asked) sqlite3_reset(sqlite->asked);
    sqlite->asked = NULL;
}

static bool next(struct sql *sql)
{
    struct sqlite *sqlite = sqlite_of(sql);
    if (!sqlite->asked) return false;
    int code = sqlite3_step(sqlite->asked);
    if (code == SQLITE_ROW) return true;
    stick(sqlite, code);
    end(sql);
    return false;
}

static int64_t number_at(struct sql *sql, int column) { return sqlite3_column_int64(sqlite_of(sql)->asked, column); }

static str text_at(struct sql *sql, int column)
{
    sqlite3_stmt *asked = sqlite_of(sql)->asked;
    const char *bytes = (const char *)sqlite3_column_text(asked, column);
    return (str){ bytes, bytes ? (size_t)sqlite3_column_bytes(asked, column) : 0 };
}

/* ---- transactions ---- */

static void begin(struct sql *sql, bool writes)
{
    struct sqlite *sqlite = sqlite_of(sql);
    run_plain(sqlite, writes ? "BEGIN IMMEDIATE" : "BEGIN");
    sqlite->changes_before = sqlite3_total_changes64(sqlite->db);
}

static bool has_changed(const struct sql *sql)
{
    const struct sqlite *sqlite = sqlite_of(sql);
    return sqlite3_total_changes64(sqlite->db) != sqlite->changes_before;
}

static void savepoint(struct sql *sql) { run_plain(sqlite_of(sql), "SAVEPOINT one"); }
static void release(struct sql *sql) { run_plain(sqlite_of(sql), "RELEASE one"); }

static bool rollback_to(struct sql *sql)
{
    struct sqlite *sqlite = sqlite_of(sql);
    if (sqlite3_get_autocommit(sqlite->db)) return false;
    run_plain(sqlite, "ROLLBACK TO one");
    if (sql->trouble == SQL_FINE) run_plain(sqlite, "RELEASE one");
    return sql->trouble == SQL_FINE;
}

static void rollback(struct sql *sql)
{
    struct sqlite *sqlite = sqlite_of(sql);
    if (!sqlite3_get_autocommit(sqlite->db)) run_plain(sqlite, "ROLLBACK");
}

static enum sql_trouble commit(struct sql *sql)
{
    crash_point("op.commit_called");
    run_plain(sqlite_of(sql), "COMMIT");
    crash_point("op.commit_synced");
    return sql->trouble;
}

/* ---- opening ---- */

static int count_log_pages(void *context, sqlite3 *db, const char *schema, int pages)
{
    struct sqlite *sqlite = context;
    (void)db;
    (void)schema;
    sqlite->log_pages = pages;
    return SQLITE_OK;
}

static int log_pages(const struct sql *sql) { return sqlite_of(sql)->log_pages; }

static bool say(struct sqlite *sqlite, struct error *error, const char *doing)
{
    return error_set(error, "%s: %s", doing, sqlite->db ? sqlite3_errmsg(sqlite->db) : "out of memory");
}

static bool run_script(struct sql *sql, const char *script, struct error *error)
{
    struct sqlite *sqlite = sqlite_of(sql);
    if (sqlite3_exec(sqlite->db, script, NULL, NULL, NULL) == SQLITE_OK) return true;
    say(sqlite, error, "the database refused a script");
    rollback(sql); /* what it began, it leaves standing */
    return false;
}

static bool set_up(struct sqlite *sqlite, bool read_only, struct error *error)
{
    const char *common = "PRAGMA foreign_keys=ON; PRAGMA trusted_schema=OFF; PRAGMA temp_store=MEMORY;"
                         "PRAGMA cache_size=-4096; PRAGMA wal_autocheckpoint=0;";
    const char *writing = "PRAGMA cache_size=-8192; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;";
    sqlite3_busy_timeout(sqlite->db, BUSY_WAIT_MS);
    sqlite3_db_config(sqlite->db, SQLITE_DBCONFIG_LOOKASIDE, NULL, LOOKASIDE_BYTES, LOOKASIDE_SLOTS);
    sqlite3_db_config(sqlite->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL); /* it would tell nobody when that fails */
    if (!run_script(&sqlite->base, common, error)) return false;
    if (!read_only && !run_script(&sqlite->base, writing, error)) return false;
    sqlite3_wal_hook(sqlite->db, count_log_pages, sqlite); /* after wal_autocheckpoint, which sets a hook of its own */
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
    sqlite_gather_register();
}

static void close_sqlite(struct sql *sql)
{
    struct sqlite *sqlite = sqlite_of(sql);
    for (size_t i = 0; i < SQL_STATEMENTS_MAX; i++) sqlite3_finalize(sqlite->statements[i].handle);
    sqlite3_close(sqlite->db);
    free(sqlite);
}

static struct sql *open_sqlite(const char *url, bool read_only, struct error *error)
{
    const char *path = url + strlen(SCHEME);
    struct sqlite *sqlite = memory_take(sizeof *sqlite);
    int flags = (read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE) | SQLITE_OPEN_NOMUTEX;
    sqlite->base.driver = &sql_sqlite;
    configure_once();
    if (!read_only && !sqlite_log_write_again(path, error)) {
        free(sqlite);
        return NULL;
    }
    if (sqlite3_open_v2(path, &sqlite->db, flags, SQLITE_GATHER_NAME) != SQLITE_OK) {
        say(sqlite, error, path);
    } else if (set_up(sqlite, read_only, error)) {
        return &sqlite->base;
    }
    close_sqlite(&sqlite->base);
    return NULL;
}

/* A reader that is in the way, or a full disk, is no harm: what was not moved stays in the log. */
static bool move_log(struct sqlite *sqlite, int mode)
{
    crash_point("st.ckpt_begin");
    int code = sqlite3_wal_checkpoint_v2(sqlite->db, NULL, mode, NULL, NULL);
    if (mode != SQLITE_CHECKPOINT_TRUNCATE || code == SQLITE_OK) sqlite->log_pages = 0;
    crash_point("st.ckpt_done");
    return stick(sqlite, code == SQLITE_BUSY || code == SQLITE_FULL ? SQLITE_OK : code);
}

static bool checkpoint(struct sql *sql) { return move_log(sqlite_of(sql), SQLITE_CHECKPOINT_PASSIVE); }

static bool empty_log(struct sql *sql)
{
    struct sqlite *sqlite = sqlite_of(sql);
    sqlite3_busy_timeout(sqlite->db, 0);
    bool fine = move_log(sqlite, SQLITE_CHECKPOINT_TRUNCATE);
    sqlite3_busy_timeout(sqlite->db, BUSY_WAIT_MS);
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

static bool copy_to(struct sql *sql, const char *path, struct error *error)
{
    sqlite3 *to = NULL;
    int code = sqlite3_open_v2(path, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    if (code == SQLITE_OK) code = sqlite3_exec(to, "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF", NULL, NULL, NULL);
    if (code == SQLITE_OK) code = copy_pages(sqlite_of(sql)->db, to);
    if (code == SQLITE_OK) code = make_one_file(path, &to);
    sqlite3_close(to);
    return code == SQLITE_OK || error_set(error, "%s cannot be written: %s", path, sqlite3_errstr(code));
}

/* ---- the driver ---- */

static const char *const schemes[] = { SCHEME, NULL };

const struct sql_driver sql_sqlite = {
    .dialect = { .name = "SQLite",
                 .has_tables = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'meta'",
                 .random_name = "lower(hex(randomblob(16)))",
                 .check_files = "PRAGMA integrity_check",
                 .is_file = true },
    .schemes = schemes,
    .open = open_sqlite,
    .close = close_sqlite,
    .run_script = run_script,
    .begin = begin,
    .savepoint = savepoint,
    .release = release,
    .rollback_to = rollback_to,
    .has_changed = has_changed,
    .commit = commit,
    .rollback = rollback,
    .save = save,
    .ask = ask,
    .next = next,
    .end = end,
    .number_at = number_at,
    .text_at = text_at,
    .log_pages = log_pages,
    .checkpoint = checkpoint,
    .empty_log = empty_log,
    .copy_to = copy_to,
};
