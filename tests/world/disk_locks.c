/* SPDX-License-Identifier: Apache-2.0 */
/* disk_locks: SQLite's locks on a file, and the shared memory of its log with the locks on that. Several connections of one
 * process take turns on one thread, so a conflict is answered at once: SQLITE_BUSY.
 *
 *     NONE < SHARED (many) < RESERVED (one, beside SHARED) < PENDING (one, no new SHARED) < EXCLUSIVE (alone)
 */
#include <stdlib.h>

#include "world/disk_internal.h"

/* ---- the file ---- */

/* The highest lock that another connection holds. */
static int lock_of_others(const struct handle *handle)
{
    int highest = SQLITE_LOCK_NONE;
    for (const struct handle *other = handle->file->handles; other; other = other->next) {
        if (other != handle && other->lock > highest) highest = other->lock;
    }
    return highest;
}

static int lock_exclusively(struct handle *handle, int others)
{
    if (others >= SQLITE_LOCK_RESERVED) return SQLITE_BUSY;
    handle->lock = others == SQLITE_LOCK_NONE ? SQLITE_LOCK_EXCLUSIVE : SQLITE_LOCK_PENDING;
    return others == SQLITE_LOCK_NONE ? SQLITE_OK : SQLITE_BUSY;
}

int disk_lock(sqlite3_file *base, int level)
{
    struct handle *handle = disk_living_handle(base);
    if (!handle) return SQLITE_IOERR_LOCK;
    if (handle->lock >= level) return SQLITE_OK;
    int others = lock_of_others(handle);
    if (level == SQLITE_LOCK_EXCLUSIVE) return lock_exclusively(handle, others);
    if (others >= (level == SQLITE_LOCK_SHARED ? SQLITE_LOCK_PENDING : SQLITE_LOCK_RESERVED)) return SQLITE_BUSY;
    handle->lock = level;
    return SQLITE_OK;
}

int disk_unlock(sqlite3_file *base, int level)
{
    struct handle *handle = disk_living_handle(base);
    if (!handle) return SQLITE_IOERR_UNLOCK;
    if (handle->lock > level) handle->lock = level;
    return SQLITE_OK;
}

int disk_check_reserved(sqlite3_file *base, int *out)
{
    struct handle *handle = disk_living_handle(base);
    if (!handle) return SQLITE_IOERR_CHECKRESERVEDLOCK;
    *out = handle->lock >= SQLITE_LOCK_RESERVED || lock_of_others(handle) >= SQLITE_LOCK_RESERVED;
    return SQLITE_OK;
}

/* ---- shared memory ---- */

struct shared_memory {
    int users;
    int regions_count;
    void **regions;
};

/* Of a process: after its end the next one begins with an empty memory, while the dead connections keep theirs. */
static struct shared_memory *shared_of(struct handle *handle)
{
    if (handle->shared) return handle->shared;
    if (!handle->file->shared) handle->file->shared = calloc(1, sizeof *handle->shared);
    handle->shared = handle->file->shared;
    INSIST(handle->shared);
    handle->shared->users++;
    return handle->shared;
}

static void add_region(struct shared_memory *shared, int bytes)
{
    shared->regions = realloc(shared->regions, (size_t)(shared->regions_count + 1) * sizeof *shared->regions);
    INSIST(shared->regions);
    void *region = calloc(1, (size_t)bytes);
    INSIST(region);
    shared->regions[shared->regions_count++] = region;
}

int disk_shared_map(sqlite3_file *base, int number, int bytes, int extend, void volatile **out)
{
    struct handle *handle = disk_living_handle(base);
    *out = NULL;
    if (!handle) return SQLITE_IOERR_SHMMAP;
    struct shared_memory *shared = shared_of(handle);
    while (extend && shared->regions_count <= number) add_region(shared, bytes);
    if (number < shared->regions_count) *out = shared->regions[number];
    return SQLITE_OK;
}

static bool is_locked_by_another(const struct handle *handle, unsigned locks, bool exclusively)
{
    for (const struct handle *other = handle->file->handles; other; other = other->next) {
        unsigned against = other->exclusive_locks | (exclusively ? other->shared_locks : 0);
        if (other != handle && (against & locks)) return true;
    }
    return false;
}

int disk_shared_lock(sqlite3_file *base, int first, int count, int flags)
{
    struct handle *handle = disk_living_handle(base);
    if (!handle) return SQLITE_IOERR_SHMLOCK;
    unsigned locks = ((1u << count) - 1) << first;
    unsigned *held = flags & SQLITE_SHM_EXCLUSIVE ? &handle->exclusive_locks : &handle->shared_locks;
    if (flags & SQLITE_SHM_UNLOCK) {
        *held &= ~locks;
        return SQLITE_OK;
    }
    if (is_locked_by_another(handle, locks, flags & SQLITE_SHM_EXCLUSIVE)) return SQLITE_BUSY;
    *held |= locks;
    return SQLITE_OK;
}

/* One thread sees its own writes. */
void disk_shared_barrier(sqlite3_file *base) { (void)base; }

void disk_shared_let_go(struct handle *handle)
{
    struct shared_memory *shared = handle->shared;
    handle->shared = NULL;
    handle->shared_locks = handle->exclusive_locks = 0;
    if (!shared || --shared->users > 0) return;
    if (handle->life == handle->disk->life) handle->file->shared = NULL;
    for (int i = 0; i < shared->regions_count; i++) free(shared->regions[i]);
    free(shared->regions);
    free(shared);
}

int disk_shared_unmap(sqlite3_file *base, int also_remove)
{
    (void)also_remove; /* what nobody uses is gone anyway */
    disk_shared_let_go((struct handle *)base);
    return SQLITE_OK;
}
