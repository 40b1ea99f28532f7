/* SPDX-License-Identifier: Apache-2.0 */
/* desk_table: the simulator's memory: a pool of numbered items that never move, and an index that finds a number by a hash. */
#ifndef FLORIN_SIM_DESK_TABLE_H
#define FLORIN_SIM_DESK_TABLE_H

#include "base/str.h"

/* Items of one size, numbered from 1; 0 is no item. All zero but for item_bytes is an empty pool. */
struct desk_pool {
    size_t item_bytes;
    uint32_t count;
    size_t chunks;
    void **chunk;
};

/* A zeroed new item; *number is its number. */
void *desk_pool_take(struct desk_pool *pool, uint32_t *number);
void *desk_pool_at(const struct desk_pool *pool, uint32_t number);
void desk_pool_close(struct desk_pool *pool);

struct desk_slot {
    uint32_t hash;
    uint32_t item; /* 0: empty */
};

/* Finds items by hash, with open addressing. Nothing is ever taken out. All zero is an empty index. */
struct desk_index {
    struct desk_slot *slots;
    size_t capacity; /* a power of two */
    size_t count;
};

void desk_index_add(struct desk_index *index, uint32_t hash, uint32_t item);

/* Walks the items of a hash: *at begins as 0; returns 0 behind the last one. Some may have been added under equal hashes. */
uint32_t desk_index_next(const struct desk_index *index, uint32_t hash, size_t *at);
void desk_index_close(struct desk_index *index);

/* A hash that spreads any text well enough for a table (not against an enemy). */
uint32_t desk_hash(str text, uint32_t salt);

#endif
