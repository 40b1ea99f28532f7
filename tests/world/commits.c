/* SPDX-License-Identifier: Apache-2.0 */
/* commits: see commits.h. Each transaction n has 1 to 5 parts of up to 3,000 bytes, and the last 40 are kept. */
#include "world/commits.h"

#include <stdio.h>
#include <string.h>

enum { PARTS_MAX = 5, BODY_BYTES_MAX = 3000, KEPT = 40 };

const char commits_full[] = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0";
const char commits_off[] = "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA wal_autocheckpoint=0";

static const char tables[] = "BEGIN IMMEDIATE;"
                             "CREATE TABLE IF NOT EXISTS part (number INTEGER, place INTEGER, body BLOB, PRIMARY KEY (number, place));"
                             "CREATE TABLE IF NOT EXISTS last (number INTEGER);"
                             "INSERT INTO last SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM last); COMMIT";

static int run(struct commits *commits, const char *script) { return sqlite3_exec(commits->db, script, NULL, NULL, NULL); }

int commits_open(struct commits *commits)
{
    int code = sqlite3_open_v2(commits->path, &commits->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
    if (code == SQLITE_OK) code = run(commits, commits->pragmas);
    return code == SQLITE_OK ? run(commits, tables) : code;
}

void commits_close(struct commits *commits)
{
    sqlite3_close(commits->db);
    commits->db = NULL;
}

/* ---- making ---- */

static int64_t parts_of(int64_t number) { return 1 + number % PARTS_MAX; }
static int body_length(int64_t number, int64_t place) { return (int)((number * 701 + place * 397) % BODY_BYTES_MAX); }
static int body_byte(int64_t number, int64_t place) { return (int)((number * 31 + place) & 0xff); }

static int make_part(struct commits *commits, int64_t number, int64_t place)
{
    static char body[BODY_BYTES_MAX];
    sqlite3_stmt *statement;
    int code = sqlite3_prepare_v2(commits->db, "INSERT INTO part VALUES (?, ?, ?)", -1, &statement, NULL);
    if (code != SQLITE_OK) return code;
    memset(body, body_byte(number, place), sizeof body);
    sqlite3_bind_int64(statement, 1, number);
    sqlite3_bind_int64(statement, 2, place);
    sqlite3_bind_blob(statement, 3, body, body_length(number, place), SQLITE_STATIC);
    sqlite3_step(statement);
    return sqlite3_finalize(statement);
}

static int make_all(struct commits *commits, int64_t number)
{
    char script[160];
    int code = run(commits, "BEGIN IMMEDIATE");
    for (int64_t place = 0; place < parts_of(number) && code == SQLITE_OK; place++) code = make_part(commits, number, place);
    snprintf(script, sizeof script, "DELETE FROM part WHERE number <= %lld; UPDATE last SET number = %lld; COMMIT",
             (long long)(number - KEPT), (long long)number);
    return code == SQLITE_OK ? run(commits, script) : code;
}

int commits_make(struct commits *commits)
{
    commits->begun++;
    int code = make_all(commits, commits->begun);
    if (code == SQLITE_OK) commits->acknowledged = commits->begun;
    else if (!sqlite3_get_autocommit(commits->db)) run(commits, "ROLLBACK");
    if (code == SQLITE_FULL) commits->begun--; /* certainly not there */
    return code;
}

/* ---- looking ---- */

static bool is_whole(struct commits *commits)
{
    sqlite3_stmt *check;
    if (sqlite3_prepare_v2(commits->db, "PRAGMA integrity_check", -1, &check, NULL) != SQLITE_OK) return false;
    bool whole = sqlite3_step(check) == SQLITE_ROW && strcmp((const char *)sqlite3_column_text(check, 0), "ok") == 0;
    return sqlite3_finalize(check) == SQLITE_OK && whole;
}

static bool is_part(sqlite3_stmt *row, int64_t number, int64_t place)
{
    const uint8_t *body = sqlite3_column_blob(row, 2);
    int length = sqlite3_column_bytes(row, 2);
    if (sqlite3_column_int64(row, 0) != number || sqlite3_column_int64(row, 1) != place || length != body_length(number, place)) return false;
    for (int i = 0; i < length; i++) {
        if (body[i] != body_byte(number, place)) return false;
    }
    return true;
}

/* Exactly the parts of the last ones, in their order. */
static bool are_parts_there(sqlite3_stmt *rows, int64_t last)
{
    for (int64_t number = last > KEPT ? last - KEPT + 1 : 1; number <= last; number++) {
        for (int64_t place = 0; place < parts_of(number); place++) {
            if (sqlite3_step(rows) != SQLITE_ROW || !is_part(rows, number, place)) return false;
        }
    }
    return sqlite3_step(rows) == SQLITE_DONE;
}

static int64_t last_number(struct commits *commits)
{
    sqlite3_stmt *ask;
    int64_t number = COMMITS_DAMAGED;
    if (sqlite3_prepare_v2(commits->db, "SELECT number FROM last", -1, &ask, NULL) != SQLITE_OK) return number;
    if (sqlite3_step(ask) == SQLITE_ROW) number = sqlite3_column_int64(ask, 0);
    sqlite3_finalize(ask);
    return number;
}

int64_t commits_find_last(struct commits *commits)
{
    sqlite3_stmt *rows;
    int64_t last = is_whole(commits) ? last_number(commits) : COMMITS_DAMAGED;
    if (last < 0 || sqlite3_prepare_v2(commits->db, "SELECT * FROM part ORDER BY 1, 2", -1, &rows, NULL) != SQLITE_OK) return COMMITS_DAMAGED;
    bool there = are_parts_there(rows, last);
    sqlite3_finalize(rows);
    return there ? last : COMMITS_DAMAGED;
}

bool commits_survive(struct commits *commits)
{
    commits_close(commits);
    if (commits_open(commits) != SQLITE_OK) return false;
    int64_t last = commits_find_last(commits);
    bool right = last >= commits->acknowledged && last <= commits->begun;
    commits->begun = last;
    return right;
}
