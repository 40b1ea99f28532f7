/* SPDX-License-Identifier: Apache-2.0 */
/* disk_file: one file. It holds the bytes as they are read, and for each change since the last sync what was there before.
 * So a sync only forgets the list; a power loss goes back along it, and forward again with a part of the changes. What is very
 * old in a very long list has reached the disk by itself, as a kernel writes back what stays dirty. */
#include <stdlib.h>
#include <string.h>

#include "world/disk_internal.h"

enum {
    SECTOR_BYTES = 512, /* the smallest part of a write that reaches a disk whole or not at all */
    ROOM_FIRST = 64 * 1024,
    SWAP_BYTES = 4096,
    UNSYNCED_BYTES_MAX = 64 * 1024 * 1024, /* many times what a gateway writes between two syncs */
};

/* What a power loss does to one file. */
enum mood { LOSES_ALL, KEEPS_ALL, KEEPS_THE_OLDER, KEEPS_ANY, MOODS };
enum fate { LOST, KEPT, TORN };

struct disk_file *disk_file_new(struct disk *disk, const char *name)
{
    struct disk_file *file = calloc(1, sizeof *file);
    INSIST(file);
    file->disk = disk;
    file->name = name ? strdup(name) : NULL;
    INSIST(!name || file->name);
    return file;
}

void disk_file_free(struct disk_file *file)
{
    free(file->name);
    free(file->bytes);
    free(file->changes);
    free(file->saved);
    free(file);
}

static void *grow(void *memory, size_t *room, size_t wanted, size_t each)
{
    if (wanted <= *room) return memory;
    size_t bigger = *room ? *room : ROOM_FIRST / each;
    while (bigger < wanted) bigger *= 2;
    memory = realloc(memory, bigger * each);
    INSIST(memory);
    *room = bigger;
    return memory;
}

/* ---- changing ---- */

static void change_size(struct disk_file *file, int64_t size)
{
    if (size > file->size) {
        file->bytes = grow(file->bytes, &file->bytes_room, (size_t)size, 1);
        memset(file->bytes + file->size, 0, (size_t)(size - file->size));
    }
    file->size = size;
}

static void put(struct disk_file *file, int64_t offset, const void *bytes, int64_t length)
{
    int64_t end = offset + length;
    if (length == 0) return;
    if (offset > file->size) change_size(file, offset);
    file->bytes = grow(file->bytes, &file->bytes_room, (size_t)end, 1);
    memcpy(file->bytes + offset, bytes, (size_t)length);
    if (end > file->size) file->size = end;
}

/* How many of the saved bytes were there before. */
static int64_t old_bytes(const struct change *change)
{
    int64_t below_end = change->size_before - change->offset;
    if (below_end <= 0) return 0;
    return below_end < change->length ? below_end : change->length;
}

/* Before it happens. There is room for the new bytes, too: a power loss exchanges them. */
static void remember(struct disk_file *file, struct change change)
{
    change.size_before = file->size;
    change.saved_at = file->saved_length;
    file->saved = grow(file->saved, &file->saved_room, file->saved_length + (size_t)change.length, 1);
    if (old_bytes(&change) > 0) memcpy(file->saved + change.saved_at, file->bytes + change.offset, (size_t)old_bytes(&change));
    file->saved_length += (size_t)change.length;
    file->changes = grow(file->changes, &file->changes_room, file->changes_count + 1, sizeof change);
    file->changes[file->changes_count++] = change;
}

/* Whoever tries for hours on a full disk writes the same places over and over, and syncs none. */
static void write_back_older_half(struct disk_file *file)
{
    size_t gone = file->changes_count / 2, gone_bytes = file->changes[gone].saved_at;
    file->changes_count -= gone;
    file->saved_length -= gone_bytes;
    memmove(file->changes, file->changes + gone, file->changes_count * sizeof *file->changes);
    memmove(file->saved, file->saved + gone_bytes, file->saved_length);
    for (size_t i = 0; i < file->changes_count; i++) file->changes[i].saved_at -= gone_bytes;
}

void disk_file_write(struct disk_file *file, int64_t offset, const void *bytes, int64_t length)
{
    if (length == 0) return;
    /* After a failed sync the oldest are those that never get there. */
    if (file->saved_length > UNSYNCED_BYTES_MAX && file->forgotten == 0) write_back_older_half(file);
    remember(file, (struct change){ .offset = offset, .length = length });
    put(file, offset, bytes, length);
}

void disk_file_truncate(struct disk_file *file, int64_t size)
{
    remember(file, (struct change){ .offset = size, .length = size < file->size ? file->size - size : 0, .truncates = true });
    change_size(file, size);
}

/* ---- syncing ---- */

static void forget_changes(struct disk_file *file) { file->changes_count = file->saved_length = file->forgotten = 0; }

void disk_file_sync(struct disk_file *file)
{
    if (file->forgotten == 0) {
        forget_changes(file);
        return;
    }
    for (size_t i = file->forgotten; i < file->changes_count; i++) file->changes[i].durable = true;
}

void disk_file_fail_sync(struct disk_file *file) { file->forgotten = file->changes_count; }

/* ---- losing power ---- */

static void swap_bytes(uint8_t *a, uint8_t *b, size_t length)
{
    uint8_t between[SWAP_BYTES];
    for (size_t at = 0, part; at < length; at += part) {
        part = length - at < sizeof between ? length - at : sizeof between;
        memcpy(between, a + at, part);
        memcpy(a + at, b + at, part);
        memcpy(b + at, between, part);
    }
}

/* Now the new bytes are in `saved`. */
static void go_back(struct disk_file *file, const struct change *change)
{
    if (change->length > 0) swap_bytes(file->bytes + change->offset, file->saved + change->saved_at, (size_t)change->length);
    file->size = change->size_before;
}

static int64_t end_of_sector(int64_t offset, int64_t end)
{
    int64_t next = (offset / SECTOR_BYTES + 1) * SECTOR_BYTES;
    return next < end ? next : end;
}

/* Sector by sector; how it came out. */
static enum fate tear(struct disk_file *file, const struct change *change)
{
    int64_t kept = 0, lost = 0, end = change->offset + change->length;
    for (int64_t at = change->offset, next; at < end; at = next) {
        bool keep = disk_chance(file->disk, 2) == 0;
        next = end_of_sector(at, end);
        if (keep) put(file, at, file->saved + change->saved_at + (at - change->offset), next - at);
        *(keep ? &kept : &lost) += 1;
    }
    if (lost == 0) return KEPT;
    return kept > 0 ? TORN : LOST;
}

static void keep(struct disk_file *file, const struct change *change)
{
    if (change->truncates) change_size(file, change->offset);
    else put(file, change->offset, file->saved + change->saved_at, change->length);
}

/* The bytes are lost; now and then the file has grown nevertheless. */
static void lose(struct disk_file *file, const struct change *change)
{
    bool grows = !change->truncates && disk_chance(file->disk, 8) == 0;
    if (grows && change->offset + change->length > file->size) change_size(file, change->offset + change->length);
}

static enum fate fate_of(struct disk_file *file, size_t number, enum mood mood, size_t border)
{
    switch (mood) {
    case KEEPS_ALL: return KEPT;
    case KEEPS_THE_OLDER: return number < border ? KEPT : number == border ? TORN : LOST;
    case KEEPS_ANY: return (enum fate[]){ LOST, KEPT, TORN }[disk_chance(file->disk, 3)];
    case LOSES_ALL:
    case MOODS: break;
    }
    return LOST;
}

static enum fate come_to_pass(struct disk_file *file, const struct change *change, enum fate fate)
{
    if (fate == TORN && !change->truncates) return tear(file, change);
    if (fate == KEPT) keep(file, change);
    else lose(file, change);
    return fate == KEPT ? KEPT : LOST;
}

static void count_fate(struct disk_counts *counts, enum fate fate, bool older_lost)
{
    counts->writes_lost += fate == LOST;
    counts->writes_torn += fate == TORN;
    counts->writes_kept_early += fate != LOST && older_lost;
}

void disk_file_lose_power(struct disk_file *file)
{
    if (file->changes_count == 0) return;
    enum mood mood = disk_chance(file->disk, MOODS);
    size_t border = disk_chance(file->disk, file->changes_count);
    bool older_lost = false;
    for (size_t i = file->changes_count; i-- > 0;) go_back(file, &file->changes[i]);
    for (size_t i = 0; i < file->changes_count; i++) {
        bool durable = file->changes[i].durable;
        enum fate fate = come_to_pass(file, &file->changes[i], durable ? KEPT : fate_of(file, i, mood, border));
        if (!durable) count_fate(&file->disk->counts, fate, older_lost);
        older_lost |= fate != KEPT;
    }
    forget_changes(file);
}

/* ---- looking, and flipping ---- */

void disk_file_flip_bit(struct disk_file *file, uint64_t chance)
{
    int64_t at = (int64_t)(chance / 8 % (uint64_t)file->size);
    uint8_t bit = (uint8_t)(1 << chance % 8);
    file->bytes[at] ^= bit;
    for (size_t i = 0; i < file->changes_count; i++) {
        const struct change *change = &file->changes[i];
        if (at >= change->offset && at < change->offset + old_bytes(change)) file->saved[change->saved_at + (size_t)(at - change->offset)] ^= bit;
    }
}

static bool bytes_contain(const uint8_t *bytes, int64_t length, str text)
{
    return length > 0 && str_contains((str){ (const char *)bytes, (size_t)length }, text);
}

bool disk_file_contains(const struct disk_file *file, str text)
{
    bool contains = bytes_contain(file->bytes, file->size, text);
    for (size_t i = 0; i < file->changes_count && !contains; i++) {
        contains = bytes_contain(file->saved + file->changes[i].saved_at, old_bytes(&file->changes[i]), text);
    }
    return contains;
}
