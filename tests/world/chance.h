/* SPDX-License-Identifier: Apache-2.0 */
/* chance: what a seed decides. The same on every compiler and machine (xorshift64*, Vigna 2014). Not for secrets. */
#ifndef FLORIN_TESTS_WORLD_CHANCE_H
#define FLORIN_TESTS_WORLD_CHANCE_H

#include "base/base.h"

struct chance {
    uint64_t state;
};

/* Neighboring seeds have nothing in common (splitmix64). */
static inline struct chance chance_from(uint64_t seed)
{
    seed += UINT64_C(0x9e3779b97f4a7c15);
    seed = (seed ^ (seed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    seed = (seed ^ (seed >> 27)) * UINT64_C(0x94d049bb133111eb);
    seed ^= seed >> 31;
    return (struct chance){ seed ? seed : 1 };
}

static inline uint64_t chance_next(struct chance *chance)
{
    chance->state ^= chance->state >> 12;
    chance->state ^= chance->state << 25;
    chance->state ^= chance->state >> 27;
    return chance->state * UINT64_C(2685821657736338717);
}

/* 0 to bound - 1; bound > 0. */
static inline uint32_t chance_below(struct chance *chance, uint32_t bound)
{
    return (uint32_t)(((chance_next(chance) >> 32) * bound) >> 32);
}

/* True once in n. */
static inline bool chance_one_in(struct chance *chance, uint32_t n) { return chance_below(chance, n) == 0; }

#endif
