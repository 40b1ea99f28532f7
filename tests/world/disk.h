/* SPDX-License-Identifier: Apache-2.0 */
/* disk: a disk in memory, for SQLite. It forgets what was not synced when the power goes: a part that the seed decides, not
 * always the newest, some of it torn between two sectors. It can fail, fill up and flip bits. All of it in one thread, on one seed.
 *
 *     written  --sync-->  durable          a kill of the process loses nothing of either
 *                                          a power loss keeps what is durable, and some of what was written since
 */
#ifndef FLORIN_TESTS_WORLD_DISK_H
#define FLORIN_TESTS_WORLD_DISK_H

#include "base/str.h"

struct disk;

/* Registers itself as SQLite's default file system until it is closed; one at a time. SQLite's random numbers and its clock
 * come from the seed, too. Connections, living or dead, are closed before the disk is. */
struct disk *disk_open(uint64_t seed);
void disk_close(struct disk *disk);

/* The process that had files open is gone: its locks and shared memory are free, what it wrote stays. Its connections
 * can no longer change anything, and closing them is harmless. */
void disk_lose_process(struct disk *disk);

/* The same for the machine. What was not synced is lost, kept, torn or kept although older writes are lost, as the seed decides;
 * a file whose name was never synced may be gone, a removed one be back. */
void disk_lose_power(struct disk *disk);

/* The nth (from 1) change from now on, of whatever file, does not happen and nothing after it: every use reports an I/O error,
 * as in a process that is no more. Then say which of the two above it was. For losses in the middle of a commit or checkpoint. */
void disk_stop_at(struct disk *disk, int64_t nth);
bool disk_has_stopped(const struct disk *disk);

/* ---- faults ---- */

enum disk_method { DISK_READ, DISK_WRITE, DISK_SYNC, DISK_TRUNCATE, DISK_OPEN, DISK_REMOVE, DISK_METHOD_COUNT };

/* The nth (from 1) use of that method from now on reports an I/O error; `sticky`: and every later one too. A failed write may
 * have written a part. After a failed sync, what it should have made durable can be read, but no later sync makes it durable:
 * as on Linux, which reports a failure once and takes the pages for clean. */
void disk_fail(struct disk *disk, enum disk_method method, int64_t nth, bool sticky);
/* All faults that were ordered are over; there is room again. */
void disk_heal(struct disk *disk);

/* From now on files may grow by so many bytes in all; then the disk is full: a write that does not fit writes the part that does.
 * What is cut off or removed makes room again. Negative: without limit. */
void disk_limit_room(struct disk *disk, int64_t bytes);

/* One bit of the file whose name ends so is turned over, in what is durable and in what is read: bit chance % 8 of byte
 * chance / 8, counted around. False when it has no bytes. */
bool disk_flip_bit(struct disk *disk, const char *name_end, uint64_t chance);

/* ---- looking ---- */

struct disk_counts {
    int64_t writes, syncs, power_losses;
    /* By power losses. Kept early: although an older one of the file is lost; names: files that were made or removed. */
    int64_t writes_lost, writes_kept_early, writes_torn, names_lost;
    int64_t errors[DISK_METHOD_COUNT]; /* reported */
    int64_t full;                      /* writes refused for want of room */
};
struct disk_counts disk_counts(const struct disk *disk);

/* Is that text anywhere in the bytes of any file, or in what a power loss may bring back? */
bool disk_contains(const struct disk *disk, str text);

/* Copies all files into a real folder, under the last part of their names: for other programs to open. */
bool disk_copy_out(const struct disk *disk, const char *folder) MUST_CHECK;

#endif
