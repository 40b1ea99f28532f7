/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the disk share.
 *
 *     disk.c         opening, faults, looking
 *     disk_file.c    one file: what is written, what of it is durable, what a power loss leaves
 *     disk_folder.c  the names of files, and which of them are durable
 *     disk_vfs.c     SQLite's methods
 *     disk_locks.c   SQLite's locks and shared memory
 */
#ifndef FLORIN_TESTS_WORLD_DISK_INTERNAL_H
#define FLORIN_TESTS_WORLD_DISK_INTERNAL_H

#include <sqlite3.h>

#include "world/chance.h"
#include "world/disk.h"

struct fault {
    int64_t uses_left; /* until it strikes; 0: not ordered */
    bool sticky;
};

struct disk {
    sqlite3_vfs vfs;
    struct chance chance;
    int64_t life; /* of the process: handles of an earlier one are dead */
    int64_t handles;
    struct disk_file **files; /* in the order of their making */
    size_t files_count, files_room;
    struct fault faults[DISK_METHOD_COUNT];
    int64_t changes_left; /* until it stops; 0: it does not */
    bool stopped;
    bool has_limit;
    int64_t limit_bytes; /* of all files together */
    int64_t slept_us;    /* the only time that passes here */
    struct disk_counts counts;
};

/* A number below `limit`. */
uint64_t disk_chance(struct disk *disk, uint64_t limit);
void disk_random_bytes(struct disk *disk, void *bytes, size_t length);
/* Is it this use that fails? */
bool disk_use_fails(struct disk *disk, enum disk_method method);
/* Is this change the one at which everything stops? */
bool disk_change_stops(struct disk *disk);

/* ---- one file ---- */

/* Something written or cut off that no sync has made durable yet. */
struct change {
    int64_t offset, length; /* what was written over, or cut off */
    int64_t size_before;
    size_t saved_at; /* in `saved`: so many bytes, of which those below size_before are the old ones */
    bool truncates;  /* to the size `offset` */
    bool durable;    /* although older ones are not: a sync has failed in between */
};

struct disk_file {
    struct disk *disk;
    char *name; /* NULL: SQLite's own, gone when it is closed */
    bool name_durable;
    bool removed; /* but the removal is not durable: the file may come back */

    uint8_t *bytes; /* as they are read */
    int64_t size;
    size_t bytes_room;

    struct change *changes; /* oldest first */
    size_t changes_count, changes_room;
    size_t forgotten; /* the oldest so many: a failed sync has reported them, and no later one makes them durable */
    uint8_t *saved;
    size_t saved_length, saved_room;

    struct handle *handles; /* of living connections */
    struct shared_memory *shared;
};

struct disk_file *disk_file_new(struct disk *disk, const char *name);
void disk_file_free(struct disk_file *file);

void disk_file_write(struct disk_file *file, int64_t offset, const void *bytes, int64_t length);
void disk_file_truncate(struct disk_file *file, int64_t size);
/* All of it is durable. */
void disk_file_sync(struct disk_file *file);
/* A sync that failed. As on Linux, a later sync that succeeds says nothing of what was written before. */
void disk_file_fail_sync(struct disk_file *file);
void disk_file_lose_power(struct disk_file *file);

void disk_file_flip_bit(struct disk_file *file, uint64_t chance);
bool disk_file_contains(const struct disk_file *file, str text);

/* ---- names ---- */

/* NULL when there is none. */
struct disk_file *disk_folder_find(const struct disk *disk, const char *name);
struct disk_file *disk_folder_make(struct disk *disk, const char *name);
void disk_folder_remove(struct disk_file *file);
/* A sync of the folder in which that name stands: all changes of names there are durable. */
void disk_folder_sync(struct disk *disk, const char *name);
void disk_folder_lose_process(struct disk *disk);
void disk_folder_lose_power(struct disk *disk);
/* Nobody has it open any more: frees what cannot be reached or come back. */
void disk_folder_let_go(struct disk_file *file);
/* Of all files that have not been removed. */
int64_t disk_folder_bytes(const struct disk *disk);
/* How many of the bytes of that write there is room for. */
int64_t disk_folder_room(const struct disk_file *file, int64_t offset, int64_t length);

/* ---- SQLite's methods ---- */

/* Stands in memory of SQLite's. */
struct handle {
    sqlite3_file base;
    struct disk *disk;
    struct disk_file *file; /* not to be touched when the handle is dead */
    struct handle *next;    /* of the same file */
    int64_t life;
    int lock;
    struct shared_memory *shared; /* lives as long as any handle, dead ones too, uses it */
    unsigned shared_locks, exclusive_locks;
    bool syncs_folder; /* at its first sync, as SQLite does for a new journal or log */
    bool removed_at_close;
};

/* NULL when its process is gone or everything has stopped. */
struct handle *disk_living_handle(sqlite3_file *base);

extern const sqlite3_io_methods disk_io_methods;
void disk_vfs_fill(struct disk *disk);

int disk_lock(sqlite3_file *base, int level);
int disk_unlock(sqlite3_file *base, int level);
int disk_check_reserved(sqlite3_file *base, int *out);
int disk_shared_map(sqlite3_file *base, int number, int bytes, int extend, void volatile **out);
int disk_shared_lock(sqlite3_file *base, int first, int count, int flags);
void disk_shared_barrier(sqlite3_file *base);
int disk_shared_unmap(sqlite3_file *base, int also_remove);
/* Of a living handle or a dead one. */
void disk_shared_let_go(struct handle *handle);

#endif
