/* SPDX-License-Identifier: Apache-2.0 */
/* disk_folder: the names of files. A name that was made or removed is durable after a sync of its folder; a power loss before
 * that leaves some moment of the name's own history. */
#include <stdlib.h>
#include <string.h>

#include "world/disk_internal.h"

static bool has_name(const struct disk_file *file, const char *name) { return file->name && strcmp(file->name, name) == 0; }

struct disk_file *disk_folder_find(const struct disk *disk, const char *name)
{
    for (size_t i = 0; i < disk->files_count; i++) {
        if (has_name(disk->files[i], name) && !disk->files[i]->removed) return disk->files[i];
    }
    return NULL;
}

struct disk_file *disk_folder_make(struct disk *disk, const char *name)
{
    if (disk->files_count == disk->files_room) {
        disk->files_room = disk->files_room ? 2 * disk->files_room : 8;
        disk->files = realloc(disk->files, disk->files_room * sizeof(void *));
        INSIST(disk->files);
    }
    struct disk_file *file = disk_file_new(disk, name);
    disk->files[disk->files_count++] = file;
    return file;
}

static void take_out(struct disk_file *file)
{
    struct disk *disk = file->disk;
    size_t place = 0;
    while (disk->files[place] != file) place++;
    disk->files_count--;
    memmove(&disk->files[place], &disk->files[place + 1], (disk->files_count - place) * sizeof(void *));
    disk_file_free(file);
}

void disk_folder_remove(struct disk_file *file) { file->removed = true; }

void disk_folder_let_go(struct disk_file *file)
{
    if (!file->name && !file->handles) take_out(file);
}

/* ---- durable names ---- */

static size_t folder_length(const char *name)
{
    const char *slash = strrchr(name, '/');
    return slash ? (size_t)(slash - name) : 0;
}

static bool is_in_folder_of(const struct disk_file *file, const char *name)
{
    size_t length = folder_length(name);
    return file->name && folder_length(file->name) == length && strncmp(file->name, name, length) == 0;
}

/* It cannot come back; whoever has it open keeps it. */
static void lose_name(struct disk_file *file)
{
    free(file->name);
    file->name = NULL;
    disk_folder_let_go(file);
}

void disk_folder_sync(struct disk *disk, const char *name)
{
    for (size_t i = disk->files_count; i-- > 0;) {
        struct disk_file *file = disk->files[i];
        if (!is_in_folder_of(file, name)) continue;
        file->name_durable = true;
        if (file->removed) lose_name(file);
    }
}

/* ---- losing ---- */

void disk_folder_lose_process(struct disk *disk)
{
    for (size_t i = disk->files_count; i-- > 0;) {
        struct disk_file *file = disk->files[i];
        file->handles = NULL;
        file->shared = NULL;
        disk_folder_let_go(file);
    }
}

static size_t changes_of_name(const struct disk_file *file) { return (size_t)!file->name_durable + (size_t)file->removed; }

/* The file that has the name after so many of the changes; NULL: none. */
static struct disk_file *file_at_moment(const struct disk *disk, const char *name, size_t moment)
{
    size_t at = 0;
    for (size_t i = 0; i < disk->files_count; i++) {
        struct disk_file *file = disk->files[i];
        if (!has_name(file, name)) continue;
        bool made = file->name_durable || ++at <= moment;
        bool removed = file->removed && ++at <= moment;
        if (made && !removed) return file;
    }
    return NULL;
}

/* Files had this name one after the other. One of them has it now, or none. */
static void settle_name(struct disk *disk, size_t first)
{
    char *name = strdup(disk->files[first]->name);
    size_t changes = 0;
    INSIST(name);
    for (size_t i = first; i < disk->files_count; i++) changes += has_name(disk->files[i], name) ? changes_of_name(disk->files[i]) : 0;
    size_t moment = disk_chance(disk, changes + 1);
    struct disk_file *now = file_at_moment(disk, name, moment);
    for (size_t i = disk->files_count; i-- > first;) {
        if (has_name(disk->files[i], name) && disk->files[i] != now) take_out(disk->files[i]);
    }
    if (now) now->name_durable = true;
    if (now) now->removed = false;
    disk->counts.names_lost += (int64_t)(changes - moment);
    free(name);
}

void disk_folder_lose_power(struct disk *disk)
{
    for (size_t i = 0; i < disk->files_count;) {
        if (changes_of_name(disk->files[i]) == 0) i++;
        else settle_name(disk, i); /* another one may stand here afterwards */
    }
}

/* ---- room ---- */

int64_t disk_folder_bytes(const struct disk *disk)
{
    int64_t bytes = 0;
    for (size_t i = 0; i < disk->files_count; i++) bytes += disk->files[i]->removed ? 0 : disk->files[i]->size;
    return bytes;
}

int64_t disk_folder_room(const struct disk_file *file, int64_t offset, int64_t length)
{
    const struct disk *disk = file->disk;
    int64_t growth = offset + length - file->size;
    if (!disk->has_limit || growth <= 0) return length;
    int64_t room = disk->limit_bytes - disk_folder_bytes(disk);
    if (room < 0) room = 0;
    if (growth <= room) return length;
    int64_t fits = length - (growth - room);
    return fits > 0 ? fits : 0;
}
