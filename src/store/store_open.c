/* SPDX-License-Identifier: Apache-2.0 */
/* store_open: opening, the lock that keeps a second process out, the schema and its version. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "store/store_internal.h"

extern const char florin_schema_sql[];

/* Raised with each change of schema.sql, with a script that brings an older store up to it. */
enum { SCHEMA_VERSION = 2 };

str store_url_path(str url) { return str_starts_with(url, STR("sqlite:")) ? str_from(url, 7) : STR_NONE; }

/* ---- the lock ---- */

static bool say_who_holds(int lock, const char *path, struct error *error)
{
    char holder[160] = "";
    ssize_t length = pread(lock, holder, sizeof holder - 1, 0);
    if (length <= 0) holder[0] = 0;
    return error_set(error, "%s is held by another process%s%s", path, holder[0] ? ": " : "", holder);
}

static void write_holder(int lock)
{
    char holder[160], host[64] = "";
    gethostname(host, sizeof host - 1);
    int length = snprintf(holder, sizeof holder, "process %ld on %s", (long)getpid(), host);
    if (ftruncate(lock, 0) != 0 || pwrite(lock, holder, (size_t)length, 0) != length) {
        /* Only a courtesy to the next reader: the lock holds without it. */
        return;
    }
}

static int take_lock(const char *path, struct error *error)
{
    char name[PATH_MAX];
    snprintf(name, sizeof name, "%s.lock", path);
    int lock = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock < 0) {
        error_set(error, "%s cannot be opened: %s", name, strerror(errno));
        return -1;
    }
    if (flock(lock, LOCK_EX | LOCK_NB) != 0) {
        say_who_holds(lock, path, error);
        close(lock);
        return -1;
    }
    write_holder(lock);
    return lock;
}

/* The name can be removed, and a link has another name: the file itself is locked too. SQLite's own locks (fcntl) do not mind
 * flock, but closing any descriptor of the file would drop them, so this one is closed last. */
static int take_file(const char *path, struct error *error)
{
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) {
        error_set(error, "%s cannot be opened: %s", path, strerror(errno));
        return -1;
    }
    if (flock(file, LOCK_EX | LOCK_NB) != 0) {
        error_set(error, "%s is held by another process, which opened it by another name or whose lock file was removed", path);
        close(file);
        return -1;
    }
    return file;
}

bool store_hold(const char *path, struct store_hold *out, struct error *error)
{
    *out = (struct store_hold){ .lock = take_lock(path, error), .file = -1 };
    if (out->lock >= 0) out->file = take_file(path, error);
    if (out->file >= 0) return true;
    store_release(out);
    return false;
}

void store_release(struct store_hold *hold)
{
    if (hold->file >= 0) close(hold->file);
    if (hold->lock >= 0) close(hold->lock);
    *hold = (struct store_hold){ -1, -1 };
}

bool store_unreadable(const struct store *store, struct error *error)
{
    bool is_fine = sql_trouble_of(store->sql) == SQL_FINE;
    return error_set(error, "the store cannot be read: %s", is_fine ? "what it says of itself is damaged" : sql_words(store->sql));
}

/* ---- the schema ---- */

static bool table_exists(struct sql *sql)
{
    sql_ask(sql, "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'meta'", NULL, 0);
    bool exists = sql_next(sql);
    sql_end(sql);
    return exists;
}

static bool make_schema(struct sql *sql, struct error *error)
{
    size_t bytes = strlen(florin_schema_sql) + 200;
    char *script = memory_take(bytes);
    snprintf(script, bytes, "BEGIN IMMEDIATE; %s; INSERT INTO meta VALUES ('schema_version', '%d'); COMMIT;", florin_schema_sql,
             SCHEMA_VERSION);
    bool made = sql_run_script(sql, script, error);
    free(script);
    return made;
}

static bool check_version(struct store *store, struct error *error)
{
    struct arena arena = { 0 };
    int64_t version = 0;
    str text = store_load_meta(store, &arena, STR("schema_version"));
    bool readable = str_to_int64(text, INT32_MAX, &version);
    arena_close(&arena);
    if (!readable) return error_set(error, "this is not a store of florin: it has no schema version");
    if (version > SCHEMA_VERSION) {
        return error_set(error, "the store has schema version %d, this florin knows %d: use the newer florin that wrote it", (int)version,
                         SCHEMA_VERSION);
    }
    if (version < SCHEMA_VERSION) {
        return error_set(error, "the store has schema version %d, from before the first release: this florin cannot bring it along", (int)version);
    }
    return true;
}

/* So that a witness can tell this store from others, and how far it has come. SQLite's own chance is good enough for a name. */
static bool number_store(struct store *store, struct error *error)
{
    struct store_mark mark;
    if (!sql_run_script(store->sql,
                        "INSERT INTO meta VALUES ('store_id', lower(hex(randomblob(16)))), ('commits', '0') ON CONFLICT DO NOTHING", error)) {
        return false;
    }
    bool loaded = store_load_mark(store, &mark);
    store->commits = mark.commits;
    return loaded || store_unreadable(store, error);
}

static bool prepare_schema(struct store *store, enum store_mode mode, struct error *error)
{
    bool exists = table_exists(store->sql);
    if (sql_trouble_of(store->sql) != SQL_FINE) return store_unreadable(store, error);
    if (!exists && mode == STORE_READS) return error_set(error, "this is not a store of florin: it is empty");
    if (!exists && !make_schema(store->sql, error)) return false;
    return check_version(store, error) && (mode == STORE_READS || number_store(store, error));
}

/* ---- opening ---- */

static bool open_into(struct store *store, enum store_mode mode, struct error *error)
{
    if (mode == STORE_WRITES && !store_hold(store->path, &store->hold, error)) return false;
    store->sql = sql_open(store->path, mode == STORE_READS, error);
    if (!store->sql || !prepare_schema(store, mode, error)) return false;
    if (mode == STORE_WRITES) reserve_take(store->path);
    return true;
}

bool store_is_empty(const char *path)
{
    struct error error;
    if (access(path, F_OK) != 0) return errno == ENOENT;
    struct sql *sql = sql_open(path, true, &error);
    bool empty = sql && !table_exists(sql) && sql_trouble_of(sql) == SQL_FINE;
    sql_close(sql);
    return empty;
}

struct store *store_open(str url, enum store_mode mode, struct error *error)
{
    struct store *store = memory_take(sizeof *store);
    store->hold = (struct store_hold){ -1, -1 };
    if (!str_copy_to(store_url_path(url), store->path, sizeof store->path) || !store->path[0]) error_set(error, "a store is written sqlite:PATH");
    else if (open_into(store, mode, error)) return store;
    store_close(store);
    return NULL;
}

void store_close(struct store *store)
{
    if (!store) return;
    keeper_close(store->keeper);
    sql_close(store->sql);
    store_release(&store->hold);
    free(store);
}

str store_load_meta(struct store *store, struct arena *arena, str name)
{
    sql_ask(store->sql, "SELECT value FROM meta WHERE name = $1", (struct sql_value[]){ TEXT(name) }, 1);
    str value = sql_next(store->sql) ? sql_text(store->sql, 0, arena) : STR_NONE;
    sql_end(store->sql);
    return value;
}

bool mark_in_transaction(struct store *store, struct store_mark *out)
{
    struct arena arena = { 0 };
    *out = (struct store_mark){ 0 };
    str id = store_load_meta(store, &arena, STR("store_id")), commits = store_load_meta(store, &arena, STR("commits"));
    bool fits = !id.bytes || (str_copy_to(id, out->store_id, sizeof out->store_id) && str_to_int64(commits, INT64_MAX, &out->commits));
    arena_close(&arena);
    return fits && sql_trouble_of(store->sql) == SQL_FINE;
}

bool store_load_mark(struct store *store, struct store_mark *out)
{
    sql_begin(store->sql, false); /* both values from one moment */
    bool loaded = mark_in_transaction(store, out);
    sql_rollback(store->sql);
    return loaded;
}

void store_save_meta(struct store *store, str name, str value)
{
    sql_save(store->sql, "INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = $2",
             (struct sql_value[]){ TEXT(name), TEXT(value) }, 2, 1);
}
