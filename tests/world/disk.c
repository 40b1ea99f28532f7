/* SPDX-License-Identifier: Apache-2.0 */
/* disk: opening and closing, chance, faults, and looking at what there is. */
#include "world/disk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "world/disk_internal.h"

enum { PATH_BYTES = 1024 };

/* ---- chance ---- */

uint64_t disk_chance(struct disk *disk, uint64_t limit) { return chance_next(&disk->chance) % limit; }

void disk_random_bytes(struct disk *disk, void *bytes, size_t length)
{
    uint8_t *out = bytes;
    for (size_t i = 0; i < length; i++) out[i] = (uint8_t)(chance_next(&disk->chance) >> 32);
}

/* ---- opening ---- */

struct disk *disk_open(uint64_t seed)
{
    struct disk *disk = calloc(1, sizeof *disk);
    INSIST(disk);
    disk->chance = chance_from(seed ^ UINT64_C(0x6469736b)); /* "disk": not the numbers that others draw from this seed */
    disk_vfs_fill(disk);
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); /* as the store does it; refused when SQLite is at work already, which is as well */
    int code = sqlite3_vfs_register(&disk->vfs, 1);
    INSIST(code == SQLITE_OK);
    sqlite3_randomness(0, NULL); /* begins anew, from our numbers */
    return disk;
}

void disk_close(struct disk *disk)
{
    if (!disk) return;
    INSIST(disk->handles == 0);
    sqlite3_vfs_unregister(&disk->vfs);
    sqlite3_randomness(0, NULL);
    for (size_t i = 0; i < disk->files_count; i++) disk_file_free(disk->files[i]);
    free(disk->files);
    free(disk);
}

/* ---- losing ---- */

void disk_lose_process(struct disk *disk)
{
    disk->life++;
    disk->stopped = false;
    disk->changes_left = 0;
    disk_folder_lose_process(disk);
    sqlite3_randomness(0, NULL);
}

void disk_lose_power(struct disk *disk)
{
    disk_lose_process(disk);
    disk->counts.power_losses++;
    for (size_t i = 0; i < disk->files_count; i++) disk_file_lose_power(disk->files[i]);
    disk_folder_lose_power(disk);
}

void disk_stop_at(struct disk *disk, int64_t nth) { disk->changes_left = nth; }
bool disk_has_stopped(const struct disk *disk) { return disk->stopped; }

bool disk_change_stops(struct disk *disk)
{
    if (disk->changes_left > 0 && --disk->changes_left == 0) disk->stopped = true;
    return disk->stopped;
}

/* ---- faults ---- */

void disk_fail(struct disk *disk, enum disk_method method, int64_t nth, bool sticky)
{
    INSIST(nth > 0);
    disk->faults[method] = (struct fault){ nth, sticky };
}

bool disk_use_fails(struct disk *disk, enum disk_method method)
{
    struct fault *fault = &disk->faults[method];
    if (fault->uses_left == 0 || --fault->uses_left > 0) return false;
    fault->uses_left = fault->sticky ? 1 : 0;
    disk->counts.errors[method]++;
    return true;
}

void disk_heal(struct disk *disk)
{
    memset(disk->faults, 0, sizeof disk->faults);
    disk->has_limit = false;
}

void disk_limit_room(struct disk *disk, int64_t bytes)
{
    disk->has_limit = bytes >= 0;
    disk->limit_bytes = disk_folder_bytes(disk) + bytes;
}

static bool ends_with(const char *name, const char *end)
{
    size_t length = strlen(name), end_length = strlen(end);
    return length >= end_length && strcmp(name + length - end_length, end) == 0;
}

bool disk_flip_bit(struct disk *disk, const char *name_end, uint64_t chance)
{
    for (size_t i = 0; i < disk->files_count; i++) {
        struct disk_file *file = disk->files[i];
        if (!file->name || file->removed || file->size == 0 || !ends_with(file->name, name_end)) continue;
        disk_file_flip_bit(file, chance);
        return true;
    }
    return false;
}

/* ---- looking ---- */

struct disk_counts disk_counts(const struct disk *disk) { return disk->counts; }

bool disk_contains(const struct disk *disk, str text)
{
    for (size_t i = 0; i < disk->files_count; i++) {
        if (disk_file_contains(disk->files[i], text)) return true;
    }
    return false;
}

static bool copy_out(const struct disk_file *file, const char *folder)
{
    char path[PATH_BYTES];
    const char *slash = strrchr(file->name, '/');
    int length = snprintf(path, sizeof path, "%s/%s", folder, slash ? slash + 1 : file->name);
    FILE *out = length < (int)sizeof path ? fopen(path, "wb") : NULL;
    if (!out) return false;
    bool written = file->size == 0 || fwrite(file->bytes, (size_t)file->size, 1, out) == 1;
    return fclose(out) == 0 && written;
}

bool disk_copy_out(const struct disk *disk, const char *folder)
{
    for (size_t i = 0; i < disk->files_count; i++) {
        const struct disk_file *file = disk->files[i];
        if (file->name && !file->removed && !copy_out(file, folder)) return false;
    }
    return true;
}
