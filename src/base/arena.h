/* SPDX-License-Identifier: Apache-2.0 */
/* arena: memory with one lifetime. Taken piece by piece, given back at once, wiped before it goes (a card may have passed). */
#ifndef FLORIN_BASE_ARENA_H
#define FLORIN_BASE_ARENA_H

#include "base/str.h"

struct arena_block;

/* All zero is a fresh, empty arena. */
struct arena {
    struct arena_block *newest;
    size_t used_bytes; /* in the newest block */
};

/* Zeroed memory, aligned for anything, valid until arena_close. Never NULL: without memory the process stops. */
void *arena_take(struct arena *arena, size_t bytes);

/* A copy that lives as long as the arena. It is also terminated by a zero byte, for libraries that want that.
 * A copy of STR_NONE is STR_NONE. */
str arena_copy(struct arena *arena, str text);

/* printf into the arena; terminated as well. */
str arena_format(struct arena *arena, const char *format, ...) FORMAT_LIKE_PRINTF(2, 3);

/* How far an arena was filled. */
struct arena_mark {
    struct arena_block *newest, *older;
    size_t used_bytes;
};
struct arena_mark arena_mark_of(const struct arena *arena);

/* Wipes and frees what was taken since that mark; what was taken before stays where it is. */
void arena_back_to(struct arena *arena, const struct arena_mark *mark);

/* Wipes and frees everything; the arena is fresh again. */
void arena_close(struct arena *arena);

/* As arena_close, but keeps one (wiped) block for the next use. */
void arena_reset(struct arena *arena);

#endif
