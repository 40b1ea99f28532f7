/* SPDX-License-Identifier: Apache-2.0 */
/* sqlite_log: through SQLite's own file system, so that a test's disk is asked as the real one is. */
#include "store/sqlite_log.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

enum { PIECE_BYTES = 64 * 1024, PATH_BYTES_MAX = 4096 };

static int write_piece_again(sqlite3_file *file, sqlite3_int64 at, sqlite3_int64 left)
{
    char piece[PIECE_BYTES];
    int length = left < PIECE_BYTES ? (int)left : PIECE_BYTES;
    int code = file->pMethods->xRead(file, piece, length, at);
    return code == SQLITE_OK ? file->pMethods->xWrite(file, piece, length, at) : code;
}

static int write_all_again(sqlite3_file *file)
{
    sqlite3_int64 size = 0;
    int code = file->pMethods->xFileSize(file, &size);
    for (sqlite3_int64 at = 0; code == SQLITE_OK && at < size; at += PIECE_BYTES) code = write_piece_again(file, at, size - at);
    return code == SQLITE_OK ? file->pMethods->xSync(file, SQLITE_SYNC_NORMAL) : code;
}

static int open_and_write_again(sqlite3_vfs *vfs, const char *path)
{
    sqlite3_file *file = memory_take((size_t)vfs->szOsFile);
    int code = vfs->xOpen(vfs, path, file, SQLITE_OPEN_READWRITE | SQLITE_OPEN_WAL, NULL);
    if (code == SQLITE_OK) code = write_all_again(file);
    if (file->pMethods) (void)file->pMethods->xClose(file);
    free(file);
    return code;
}

bool sqlite_log_write_again(const char *database, struct error *error)
{
    char path[PATH_BYTES_MAX];
    int exists = 0, length = snprintf(path, sizeof path, "%s-wal", database);
    sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
    INSIST(vfs && length > 0 && length < PATH_BYTES_MAX);
    if (vfs->xAccess(vfs, path, SQLITE_ACCESS_EXISTS, &exists) != SQLITE_OK) return error_set(error, "%s cannot be looked for", path);
    int code = exists ? open_and_write_again(vfs, path) : SQLITE_OK;
    return code == SQLITE_OK || error_set(error, "%s cannot be made durable: %s (%d)", path, sqlite3_errstr(code), code);
}
