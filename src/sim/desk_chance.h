/* SPDX-License-Identifier: Apache-2.0 */
/* desk_chance: all chance of a simulator, from one seed, so that a run can be replayed. Not for secrets. */
#ifndef FLORIN_SIM_DESK_CHANCE_H
#define FLORIN_SIM_DESK_CHANCE_H

#include "base/base.h"

struct desk_chance {
    uint64_t state[4];
};

struct desk_chance desk_chance_from(uint64_t seed);

uint64_t desk_chance_next(struct desk_chance *chance);

/* 0 to bound - 1, evenly; bound > 0. */
uint64_t desk_chance_below(struct desk_chance *chance, uint64_t bound);

#endif
