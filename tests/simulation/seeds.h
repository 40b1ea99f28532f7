/* SPDX-License-Identifier: Apache-2.0 */
/* seeds: runs in processes of their own, so that a broken promise, a crash or a lost byte of one ends none of the others. */
#ifndef FLORIN_TESTS_SIMULATION_SEEDS_H
#define FLORIN_TESTS_SIMULATION_SEEDS_H

#include "simulation/script.h"
#include "simulation/tally.h"

/* Runs one script in a process of its own and fills in the tally. True: it came to its end and every promise held. */
bool seeds_run(const struct script *script, const char *folder, bool loud, struct tally *out) MUST_CHECK;

/* Leaves out actions for as long as the same check still fails, by halves (delta debugging, Zeller 2002). The runs it took. */
size_t seeds_shrink(struct script *script, const char *folder, const char *check, struct tally *run);

#endif
