/* SPDX-License-Identifier: Apache-2.0 */
/* sqlite_gather: see the header. All but the log is opened by the default file system itself, in the place that SQLite gave us. */
#include "store/sqlite_gather.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"

enum {
    GATHER_BYTES = 128 * 1024, /* more saves nothing: the kernel's work is by page then */
    REAL_FILE_BYTES = 1024,    /* for what the default file system keeps of a file: SQLite's own for Unix takes 120 */
};

struct gather_file {
    sqlite3_file known; /* what SQLite knows us by */
    char *bytes;        /* NULL: nothing was written yet */
    size_t length;      /* of what waits */
    sqlite3_int64 at;   /* where it belongs */
    _Alignas(8) char real[REAL_FILE_BYTES]; /* as SQLite aligns its files */
};

static struct gather_file *gather_of(sqlite3_file *file) { return CONTAINER_OF(file, struct gather_file, known); }
static sqlite3_file *real_of(sqlite3_file *file) { return (void *)gather_of(file)->real; }

/* ---- what waits ---- */

/* After a failure it is gone, and whoever hears of it takes back the whole transaction: the trouble of sql_sqlite sticks. */
static int write_out(sqlite3_file *file)
{
    struct gather_file *gather = gather_of(file);
    int length = (int)gather->length;
    if (length == 0) return SQLITE_OK;
    gather->length = 0;
    return real_of(file)->pMethods->xWrite(real_of(file), gather->bytes, length, gather->at);
}

static bool continues(const struct gather_file *gather, size_t count, sqlite3_int64 at)
{
    return at == gather->at + (sqlite3_int64)gather->length && gather->length + count <= GATHER_BYTES;
}

static int gather_write(sqlite3_file *file, const void *bytes, int count, sqlite3_int64 at)
{
    struct gather_file *gather = gather_of(file);
    if (!continues(gather, (size_t)count, at)) {
        int code = write_out(file);
        if (code != SQLITE_OK) return code;
        gather->at = at;
    }
    if (count > GATHER_BYTES) return real_of(file)->pMethods->xWrite(real_of(file), bytes, count, at);
    if (!gather->bytes) gather->bytes = memory_take(GATHER_BYTES);
    memcpy(gather->bytes + gather->length, bytes, (size_t)count);
    gather->length += (size_t)count;
    return SQLITE_OK;
}

/* ---- what has to wait for it ---- */

static int gather_close(sqlite3_file *file)
{
    int written = write_out(file);
    int closed = real_of(file)->pMethods->xClose(real_of(file));
    free(gather_of(file)->bytes);
    return written == SQLITE_OK ? closed : written;
}

static int gather_read(sqlite3_file *file, void *out, int count, sqlite3_int64 at)
{
    int code = write_out(file);
    return code == SQLITE_OK ? real_of(file)->pMethods->xRead(real_of(file), out, count, at) : code;
}

static int gather_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    int code = write_out(file);
    return code == SQLITE_OK ? real_of(file)->pMethods->xTruncate(real_of(file), size) : code;
}

static int gather_sync(sqlite3_file *file, int flags)
{
    int code = write_out(file);
    return code == SQLITE_OK ? real_of(file)->pMethods->xSync(real_of(file), flags) : code;
}

static int gather_size(sqlite3_file *file, sqlite3_int64 *out)
{
    int code = write_out(file);
    return code == SQLITE_OK ? real_of(file)->pMethods->xFileSize(real_of(file), out) : code;
}

/* ---- what does not concern it ---- */

static int gather_lock(sqlite3_file *file, int level) { return real_of(file)->pMethods->xLock(real_of(file), level); }
static int gather_unlock(sqlite3_file *file, int level) { return real_of(file)->pMethods->xUnlock(real_of(file), level); }
static int gather_reserved(sqlite3_file *file, int *out) { return real_of(file)->pMethods->xCheckReservedLock(real_of(file), out); }
static int gather_control(sqlite3_file *file, int what, void *with) { return real_of(file)->pMethods->xFileControl(real_of(file), what, with); }
static int gather_sector(sqlite3_file *file) { return real_of(file)->pMethods->xSectorSize(real_of(file)); }
static int gather_device(sqlite3_file *file) { return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file)); }

static const sqlite3_io_methods gather_methods = {
    .iVersion = 1, /* a log is never mapped or shared by itself */
    .xClose = gather_close,
    .xRead = gather_read,
    .xWrite = gather_write,
    .xTruncate = gather_truncate,
    .xSync = gather_sync,
    .xFileSize = gather_size,
    .xLock = gather_lock,
    .xUnlock = gather_unlock,
    .xCheckReservedLock = gather_reserved,
    .xFileControl = gather_control,
    .xSectorSize = gather_sector,
    .xDeviceCharacteristics = gather_device,
};

/* ---- the file system ---- */

static sqlite3_vfs *below(void) { return sqlite3_vfs_find(NULL); }

static int gather_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out_flags)
{
    (void)vfs;
    INSIST(below()->szOsFile <= REAL_FILE_BYTES);
    if (!(flags & SQLITE_OPEN_WAL)) return below()->xOpen(below(), name, file, flags, out_flags);
    memset(gather_of(file), 0, sizeof(struct gather_file));
    int code = below()->xOpen(below(), name, real_of(file), flags, out_flags);
    file->pMethods = code == SQLITE_OK ? &gather_methods : NULL;
    return code;
}

static int gather_delete(sqlite3_vfs *vfs, const char *name, int syncs) { return (void)vfs, below()->xDelete(below(), name, syncs); }

static int gather_access(sqlite3_vfs *vfs, const char *name, int what, int *out)
{
    return (void)vfs, below()->xAccess(below(), name, what, out);
}

static int gather_full_name(sqlite3_vfs *vfs, const char *name, int bytes, char *out)
{
    return (void)vfs, below()->xFullPathname(below(), name, bytes, out);
}

static int gather_random(sqlite3_vfs *vfs, int bytes, char *out) { return (void)vfs, below()->xRandomness(below(), bytes, out); }
static int gather_sleep(sqlite3_vfs *vfs, int us) { return (void)vfs, below()->xSleep(below(), us); }
static int gather_time(sqlite3_vfs *vfs, sqlite3_int64 *out) { return (void)vfs, below()->xCurrentTimeInt64(below(), out); }

void sqlite_gather_register(void)
{
    static sqlite3_vfs gather = {
        .iVersion = 2,
        .szOsFile = sizeof(struct gather_file),
        .zName = SQLITE_GATHER_NAME,
        .xOpen = gather_open,
        .xDelete = gather_delete,
        .xAccess = gather_access,
        .xFullPathname = gather_full_name,
        .xRandomness = gather_random,
        .xSleep = gather_sleep,
        .xCurrentTimeInt64 = gather_time,
    };
    gather.mxPathname = below()->mxPathname;
    int code = sqlite3_vfs_register(&gather, 0);
    INSIST(code == SQLITE_OK);
}
