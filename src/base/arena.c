/* SPDX-License-Identifier: Apache-2.0 */
/* arena: a list of blocks, the newest first. What was not taken yet is always zero, so that taking costs an addition
 * and wiping touches only what was used. Blocks of the usual sizes wait in their thread, zero again, for the next arena.
 *
 *     arena ──▶ newest [ taken | zero ] ──▶ older [ taken | zero ] ──▶ ...
 */
#include "base/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

enum {
    FIRST_BYTES = 1024,          /* thousands of operations wait at once, with several arenas each */
    BLOCK_BYTES = 2 * 1024,      /* of each further block */
    BIG_BYTES = BLOCK_BYTES / 2, /* from here on a piece gets a block of its own */
    KEPT_BYTES = 64 * 1024,      /* a reset arena does not hold on to more than this */
    SPARES_MAX = 1024,           /* of each size and thread */
};

struct arena_block {
    struct arena_block *older;
    size_t capacity;
    size_t used_bytes; /* of a block that is not the newest */
    alignas(max_align_t) char bytes[];
};

/* Blocks that were given back, wiped: zero, as a new one is. */
static _Thread_local struct spares {
    struct arena_block *first;
    size_t count;
} first_spares, further_spares;

/* NULL: blocks of that size are not kept; where a sanitizer watches, none are. */
static struct spares *spares_of(size_t capacity)
{
#ifdef FLORIN_SANITIZED
    return (void)capacity, NULL;
#endif
    if (capacity == FIRST_BYTES) return &first_spares;
    if (capacity == BLOCK_BYTES) return &further_spares;
    return NULL;
}

static struct arena_block *block_open(size_t capacity)
{
    struct spares *kept = spares_of(capacity);
    struct arena_block *block = kept ? kept->first : NULL;
    if (block) {
        kept->first = block->older;
        kept->count--;
    } else {
        block = memory_take(sizeof *block + capacity);
    }
    block->older = NULL;
    block->capacity = capacity;
    return block;
}

static void block_wipe(struct arena_block *block, size_t used_bytes)
{
    secret_wipe(block->bytes, used_bytes);
    block->used_bytes = 0;
}

static void block_close(struct arena_block *block, size_t used_bytes)
{
    struct spares *kept = spares_of(block->capacity);
    block_wipe(block, used_bytes);
    if (kept && kept->count < SPARES_MAX) {
        block->older = kept->first;
        kept->first = block;
        kept->count++;
    } else {
        free(block);
    }
}

static size_t room_left(const struct arena *arena)
{
    return arena->newest ? arena->newest->capacity - arena->used_bytes : 0;
}

static void push_block(struct arena *arena, size_t capacity)
{
    struct arena_block *block = block_open(capacity);
    block->older = arena->newest;
    if (block->older) block->older->used_bytes = arena->used_bytes;
    arena->newest = block;
    arena->used_bytes = 0;
}

/* A big piece stands behind the newest block, whose room stays in use. */
static void *take_apart(struct arena *arena, size_t bytes)
{
    struct arena_block *block = block_open(bytes);
    block->used_bytes = bytes;
    block->older = arena->newest->older;
    arena->newest->older = block;
    return block->bytes;
}

/* Even of no bytes at all, two pieces are not the same. */
static size_t align_up(size_t bytes)
{
    const size_t alignment = alignof(max_align_t);
    return bytes == 0 ? alignment : (bytes + alignment - 1) / alignment * alignment;
}

void *arena_take(struct arena *arena, size_t bytes)
{
    INSIST(bytes < SIZE_MAX / 2);
    size_t aligned = align_up(bytes);
    if (aligned > room_left(arena)) {
        if (arena->newest && aligned >= BIG_BYTES) return take_apart(arena, aligned);
        size_t usual = arena->newest ? BLOCK_BYTES : FIRST_BYTES;
        push_block(arena, aligned > usual ? aligned : usual);
    }
    char *taken = arena->newest->bytes + arena->used_bytes;
    arena->used_bytes += aligned;
    return taken;
}

str arena_copy(struct arena *arena, str text)
{
    if (text.bytes == NULL) return STR_NONE;
    char *copy = arena_take(arena, text.length + 1);
    memcpy(copy, text.bytes, text.length);
    return (str){ copy, text.length };
}

/* Prints into the room that is left, and takes it afterwards when that was enough. */
FORMAT_LIKE_PRINTF(2, 0)
static size_t print_in_place(struct arena *arena, const char *format, va_list values, char **out)
{
    size_t room = room_left(arena);
    char *at = room > 0 ? arena->newest->bytes + arena->used_bytes : NULL;
    int printed = vsnprintf(at, room, format, values);
    INSIST(printed >= 0);
    bool fits = (size_t)printed < room;
    if (!fits && room > 0) secret_wipe(at, room);
    *out = fits ? arena_take(arena, (size_t)printed + 1) : NULL;
    return (size_t)printed;
}

str arena_format(struct arena *arena, const char *format, ...)
{
    va_list values, again;
    va_start(values, format);
    va_copy(again, values);
    char *bytes = NULL;
    size_t length = print_in_place(arena, format, values, &bytes);
    if (bytes == NULL) {
        bytes = arena_take(arena, length + 1);
        (void)vsnprintf(bytes, length + 1, format, again);
    }
    va_end(again);
    va_end(values);
    return (str){ bytes, length };
}

/* Frees the blocks from that one on, up to but not with the last. */
static void close_between(struct arena_block *block, const struct arena_block *last)
{
    while (block != last) {
        struct arena_block *older = block->older;
        block_close(block, block->used_bytes);
        block = older;
    }
}

struct arena_mark arena_mark_of(const struct arena *arena)
{
    return (struct arena_mark){ arena->newest, arena->newest ? arena->newest->older : NULL, arena->used_bytes };
}

void arena_back_to(struct arena *arena, const struct arena_mark *mark)
{
    if (arena->newest == NULL) return;
    arena->newest->used_bytes = arena->used_bytes;
    close_between(arena->newest, mark->newest);
    arena->newest = mark->newest;
    arena->used_bytes = mark->used_bytes;
    if (mark->newest == NULL) return;
    close_between(mark->newest->older, mark->older); /* pieces that stand apart */
    mark->newest->older = mark->older;
    secret_wipe(mark->newest->bytes + mark->used_bytes, mark->newest->used_bytes - mark->used_bytes);
}

void arena_close(struct arena *arena)
{
    if (arena->newest == NULL) return;
    close_between(arena->newest->older, NULL);
    block_close(arena->newest, arena->used_bytes);
    *arena = (struct arena){ 0 };
}

void arena_reset(struct arena *arena)
{
    if (arena->newest == NULL) return;
    if (arena->newest->capacity > KEPT_BYTES) {
        arena_close(arena);
        return;
    }
    close_between(arena->newest->older, NULL);
    block_wipe(arena->newest, arena->used_bytes);
    arena->newest->older = NULL;
    arena->used_bytes = 0;
}
