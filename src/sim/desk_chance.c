/* SPDX-License-Identifier: Apache-2.0 */
/* desk_chance: xoshiro256** (Blackman and Vigna, 2018), its state filled by splitmix64. */
#include "sim/desk_chance.h"

static uint64_t split_mix(uint64_t *state)
{
    uint64_t mixed = (*state += 0x9e3779b97f4a7c15u);
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
    return mixed ^ (mixed >> 31);
}

struct desk_chance desk_chance_from(uint64_t seed)
{
    struct desk_chance chance;
    for (size_t i = 0; i < COUNT_OF(chance.state); i++) chance.state[i] = split_mix(&seed);
    return chance;
}

static uint64_t rotate_left(uint64_t value, int bits) { return (value << bits) | (value >> (64 - bits)); }

uint64_t desk_chance_next(struct desk_chance *chance)
{
    uint64_t *state = chance->state;
    uint64_t result = rotate_left(state[1] * 5, 7) * 9;
    uint64_t shifted = state[1] << 17;
    state[2] ^= state[0];
    state[3] ^= state[1];
    state[1] ^= state[2];
    state[0] ^= state[3];
    state[2] ^= shifted;
    state[3] = rotate_left(state[3], 45);
    return result;
}

uint64_t desk_chance_below(struct desk_chance *chance, uint64_t bound)
{
    INSIST(bound > 0);
    uint64_t uneven = UINT64_MAX - UINT64_MAX % bound; /* from here on a remainder would favor small numbers */
    uint64_t drawn;
    do drawn = desk_chance_next(chance);
    while (drawn >= uneven);
    return drawn % bound;
}
