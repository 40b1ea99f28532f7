/* SPDX-License-Identifier: Apache-2.0 */
/* bank_chance: all chance of the simulated bank, from one seed, so that a run can be replayed. Not for secrets. */
#ifndef FLORIN_SIM_BANK_CHANCE_H
#define FLORIN_SIM_BANK_CHANCE_H

#include "base/base.h"

struct bank_chance {
    uint64_t state[4];
};

struct bank_chance bank_chance_from(uint64_t seed);

uint64_t bank_chance_next(struct bank_chance *chance);

/* 0 to bound - 1, evenly; bound > 0. */
uint64_t bank_chance_below(struct bank_chance *chance, uint64_t bound);

#endif
