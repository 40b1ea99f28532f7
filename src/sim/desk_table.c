/* SPDX-License-Identifier: Apache-2.0 */
/* desk_table: pools of numbered items and the hash index over them; without memory the process stops. */
#include "sim/desk_table.h"

#include <stdlib.h>
#include <string.h>

enum {
    CHUNK_ITEMS = 4096,
    INDEX_SLOTS_FIRST = 1024,
};

static void *take_zeroed(size_t count, size_t bytes)
{
    void *memory = calloc(count, bytes);
    INSIST(memory != NULL);
    return memory;
}

static void grow_pool(struct desk_pool *pool)
{
    void **chunk = take_zeroed(pool->chunks + 1, sizeof *chunk);
    if (pool->chunks > 0) memcpy(chunk, pool->chunk, pool->chunks * sizeof *chunk);
    free(pool->chunk);
    pool->chunk = chunk;
    pool->chunk[pool->chunks++] = take_zeroed(CHUNK_ITEMS, pool->item_bytes);
}

void *desk_pool_take(struct desk_pool *pool, uint32_t *number)
{
    INSIST(pool->count < UINT32_MAX);
    if (pool->count == pool->chunks * CHUNK_ITEMS) grow_pool(pool);
    *number = ++pool->count;
    return desk_pool_at(pool, *number);
}

void *desk_pool_at(const struct desk_pool *pool, uint32_t number)
{
    INSIST(number >= 1 && number <= pool->count);
    size_t at = number - 1;
    return (char *)pool->chunk[at / CHUNK_ITEMS] + at % CHUNK_ITEMS * pool->item_bytes;
}

void desk_pool_close(struct desk_pool *pool)
{
    for (size_t i = 0; i < pool->chunks; i++) free(pool->chunk[i]);
    free(pool->chunk);
    *pool = (struct desk_pool){ .item_bytes = pool->item_bytes };
}

static void put_slot(struct desk_index *index, struct desk_slot slot)
{
    size_t at = slot.hash & (index->capacity - 1);
    while (index->slots[at].item != 0) at = (at + 1) & (index->capacity - 1);
    index->slots[at] = slot;
}

static void grow_index(struct desk_index *index)
{
    struct desk_index larger = { .count = index->count };
    larger.capacity = index->capacity == 0 ? INDEX_SLOTS_FIRST : index->capacity * 2;
    larger.slots = take_zeroed(larger.capacity, sizeof *larger.slots);
    for (size_t i = 0; i < index->capacity; i++) {
        if (index->slots[i].item != 0) put_slot(&larger, index->slots[i]);
    }
    free(index->slots);
    *index = larger;
}

void desk_index_add(struct desk_index *index, uint32_t hash, uint32_t item)
{
    INSIST(item != 0);
    if ((index->count + 1) * 4 > index->capacity * 3) grow_index(index);
    put_slot(index, (struct desk_slot){ hash, item });
    index->count++;
}

/* *at counts the slots that were looked at, so that it can begin as 0 for every hash. */
uint32_t desk_index_next(const struct desk_index *index, uint32_t hash, size_t *at)
{
    if (index->capacity == 0) return 0;
    for (;;) {
        const struct desk_slot *slot = &index->slots[(hash + *at) & (index->capacity - 1)];
        if (slot->item == 0) return 0;
        ++*at;
        if (slot->hash == hash) return slot->item;
    }
}

void desk_index_close(struct desk_index *index)
{
    free(index->slots);
    *index = (struct desk_index){ 0 };
}

uint32_t desk_hash(str text, uint32_t salt)
{
    uint64_t hash = 0xcbf29ce484222325u ^ salt; /* FNV-1a, then mixed so that the low bits know all of it */
    for (size_t i = 0; i < text.length; i++) hash = (hash ^ (uint8_t)text.bytes[i]) * 0x100000001b3u;
    hash ^= hash >> 32;
    hash *= 0xd6e8feb86659fd93u;
    return (uint32_t)(hash >> 32);
}
