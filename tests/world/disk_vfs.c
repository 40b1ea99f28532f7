/* SPDX-License-Identifier: Apache-2.0 */
/* disk_vfs: SQLite's methods for files, as its own for Unix behave: what they promise of durable bytes and names, and how they
 * answer. */
#include <string.h>

#include "world/disk_internal.h"

enum {
    NAME_BYTES_MAX = 1024,
    SECTOR_BYTES_TOLD = 4096, /* as SQLite's own for Unix */
    MS_PER_DAY = 24 * 60 * 60 * 1000,
    DAY_OF_OPENING = 2461042, /* Julian: the first of 2026, at noon; any would do */
};

struct handle *disk_living_handle(sqlite3_file *base)
{
    struct handle *handle = (struct handle *)base;
    return handle->life == handle->disk->life && !handle->disk->stopped ? handle : NULL;
}

/* ---- one file ---- */

static int file_read(sqlite3_file *base, void *out, int length, sqlite3_int64 offset)
{
    struct handle *handle = disk_living_handle(base);
    if (!handle || disk_use_fails(handle->disk, DISK_READ)) return SQLITE_IOERR_READ;
    int64_t there = handle->file->size - offset;
    if (there > length) there = length;
    if (there > 0) memcpy(out, handle->file->bytes + offset, (size_t)there);
    if (there == length) return SQLITE_OK;
    if (there < 0) there = 0;
    memset((char *)out + there, 0, (size_t)(length - there));
    return SQLITE_IOERR_SHORT_READ;
}

static int file_write(sqlite3_file *base, const void *bytes, int length, sqlite3_int64 offset)
{
    struct handle *handle = disk_living_handle(base);
    if (!handle || disk_change_stops(handle->disk)) return SQLITE_IOERR_WRITE;
    struct disk *disk = handle->disk;
    int64_t fits = disk_folder_room(handle->file, offset, length);
    bool fails = disk_use_fails(disk, DISK_WRITE);
    disk->counts.writes++;
    disk_file_write(handle->file, offset, bytes, fails ? (int64_t)disk_chance(disk, (uint64_t)fits + 1) : fits);
    if (fails) return SQLITE_IOERR_WRITE;
    disk->counts.full += fits < length;
    return fits < length ? SQLITE_FULL : SQLITE_OK;
}

static int file_truncate(sqlite3_file *base, sqlite3_int64 size)
{
    struct handle *handle = disk_living_handle(base);
    if (!handle || disk_change_stops(handle->disk)) return SQLITE_IOERR_TRUNCATE;
    if (disk_use_fails(handle->disk, DISK_TRUNCATE)) return SQLITE_IOERR_TRUNCATE;
    disk_file_truncate(handle->file, size);
    return SQLITE_OK;
}

static int file_sync(sqlite3_file *base, int flags)
{
    struct handle *handle = disk_living_handle(base);
    (void)flags; /* all kinds are made alike */
    if (!handle || disk_change_stops(handle->disk)) return SQLITE_IOERR_FSYNC;
    handle->disk->counts.syncs++;
    if (disk_use_fails(handle->disk, DISK_SYNC)) {
        disk_file_fail_sync(handle->file);
        return SQLITE_IOERR_FSYNC;
    }
    disk_file_sync(handle->file);
    if (handle->syncs_folder && handle->file->name) disk_folder_sync(handle->disk, handle->file->name);
    handle->syncs_folder = false;
    return SQLITE_OK;
}

static int file_size(sqlite3_file *base, sqlite3_int64 *out)
{
    struct handle *handle = disk_living_handle(base);
    if (!handle) return SQLITE_IOERR_FSTAT;
    *out = handle->file->size;
    return SQLITE_OK;
}

static int file_control(sqlite3_file *base, int operation, void *argument)
{
    (void)base;
    (void)operation;
    (void)argument;
    return SQLITE_NOTFOUND;
}

static int sector_size(sqlite3_file *base)
{
    (void)base;
    return SECTOR_BYTES_TOLD;
}

/* A write never harms the bytes beside it. */
static int device_characteristics(sqlite3_file *base)
{
    (void)base;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static void take_out_of_list(struct handle *handle)
{
    struct handle **place = &handle->file->handles;
    while (*place != handle) place = &(*place)->next;
    *place = handle->next;
}

static int file_close(sqlite3_file *base)
{
    struct handle *handle = (struct handle *)base;
    disk_shared_let_go(handle);
    if (handle->life == handle->disk->life) {
        take_out_of_list(handle);
        if (handle->removed_at_close && !handle->disk->stopped) disk_folder_remove(handle->file);
        disk_folder_let_go(handle->file);
    }
    handle->disk->handles--;
    return SQLITE_OK;
}

const sqlite3_io_methods disk_io_methods = {
    .iVersion = 2, /* with shared memory, without mapped files */
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = disk_lock,
    .xUnlock = disk_unlock,
    .xCheckReservedLock = disk_check_reserved,
    .xFileControl = file_control,
    .xSectorSize = sector_size,
    .xDeviceCharacteristics = device_characteristics,
    .xShmMap = disk_shared_map,
    .xShmLock = disk_shared_lock,
    .xShmBarrier = disk_shared_barrier,
    .xShmUnmap = disk_shared_unmap,
};

/* ---- the file system ---- */

static struct disk *disk_of(sqlite3_vfs *vfs) { return vfs->pAppData; }

static struct disk_file *find_or_make(struct disk *disk, const char *name, int flags)
{
    struct disk_file *file = name ? disk_folder_find(disk, name) : NULL;
    if (file) return flags & SQLITE_OPEN_EXCLUSIVE ? NULL : file;
    if (!(flags & SQLITE_OPEN_CREATE) || disk_change_stops(disk)) return NULL;
    return disk_folder_make(disk, name);
}

static void begin_handle(struct handle *handle, struct disk *disk, struct disk_file *file, int flags)
{
    const int of_a_transaction = SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL | SQLITE_OPEN_WAL;
    *handle = (struct handle){ .base.pMethods = &disk_io_methods, .disk = disk, .file = file, .life = disk->life };
    handle->syncs_folder = (flags & SQLITE_OPEN_CREATE) && (flags & of_a_transaction);
    handle->removed_at_close = flags & SQLITE_OPEN_DELETEONCLOSE;
    handle->next = file->handles;
    file->handles = handle;
    disk->handles++;
}

static int vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *base, int flags, int *out_flags)
{
    struct disk *disk = disk_of(vfs);
    base->pMethods = NULL;
    if (disk->stopped || disk_use_fails(disk, DISK_OPEN)) return SQLITE_CANTOPEN;
    struct disk_file *file = find_or_make(disk, name, flags);
    if (!file) return SQLITE_CANTOPEN;
    begin_handle((struct handle *)base, disk, file, flags);
    if (out_flags) *out_flags = flags;
    return SQLITE_OK;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *name, int sync_folder)
{
    struct disk *disk = disk_of(vfs);
    struct disk_file *file = disk_folder_find(disk, name);
    if (disk->stopped || disk_change_stops(disk) || disk_use_fails(disk, DISK_REMOVE)) return SQLITE_IOERR_DELETE;
    if (!file) return SQLITE_IOERR_DELETE_NOENT;
    disk_folder_remove(file);
    if (sync_folder) disk_folder_sync(disk, name);
    return SQLITE_OK;
}

/* An empty file does not exist: an empty journal says nothing. */
static int vfs_access(sqlite3_vfs *vfs, const char *name, int flags, int *out)
{
    struct disk_file *file = disk_folder_find(disk_of(vfs), name);
    if (disk_of(vfs)->stopped) return SQLITE_IOERR_ACCESS;
    *out = file && (flags != SQLITE_ACCESS_EXISTS || file->size > 0);
    return SQLITE_OK;
}

static int vfs_full_name(sqlite3_vfs *vfs, const char *name, int bytes, char *out)
{
    (void)vfs;
    return str_copy_to(str_of(name), out, (size_t)bytes) ? SQLITE_OK : SQLITE_CANTOPEN;
}

static int vfs_randomness(sqlite3_vfs *vfs, int bytes, char *out)
{
    disk_random_bytes(disk_of(vfs), out, (size_t)bytes);
    return bytes;
}

/* Nobody else runs meanwhile, so waiting is only time that passes. */
static int vfs_sleep(sqlite3_vfs *vfs, int us)
{
    disk_of(vfs)->slept_us += us;
    return us;
}

static int vfs_time(sqlite3_vfs *vfs, sqlite3_int64 *out)
{
    *out = (sqlite3_int64)DAY_OF_OPENING * MS_PER_DAY + disk_of(vfs)->slept_us / MICROS_PER_MS;
    return SQLITE_OK;
}

void disk_vfs_fill(struct disk *disk)
{
    disk->vfs = (sqlite3_vfs){
        .iVersion = 2,
        .szOsFile = sizeof(struct handle),
        .mxPathname = NAME_BYTES_MAX,
        .zName = "florin-disk",
        .pAppData = disk,
        .xOpen = vfs_open,
        .xDelete = vfs_delete,
        .xAccess = vfs_access,
        .xFullPathname = vfs_full_name,
        .xRandomness = vfs_randomness,
        .xSleep = vfs_sleep,
        .xCurrentTimeInt64 = vfs_time,
    };
}
