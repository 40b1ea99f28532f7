/* SPDX-License-Identifier: Apache-2.0 */
/* simulation: a whole shop in one thread, on one seed: merchants, the gateway (its real API, flows, rules, translators, store and
 * vault), a disk that forgets, a network that breaks, a bank and payment companies that fail, payers who come or do not, and
 * somebody who looks whether what was promised holds.
 *
 *     merchants ──▶ gateway ──▶ wire ──▶ network ──▶ bank and companies (each with its book) ◀── payers
 *        │             │          │                    │
 *        │           disk         ╰── watched: I2, I22 │
 *        ╰── what they were told ──▶ books ◀───────────╯     I1 I3 I4 I5 I6 I8 I12 I15 I23 I24
 *
 * A run has four phases: chaos (the script), heal (nothing fails any more), drain (everybody asks until he is told the end), and
 * check. Its trace is hashed, so that two builds can be compared. */
#ifndef FLORIN_TESTS_SIMULATION_SIMULATION_H
#define FLORIN_TESTS_SIMULATION_SIMULATION_H

#include "command/route_file.h"
#include "world/chance.h"
#include "simulation/gateway.h"
#include "simulation/merchants.h"
#include "simulation/script.h"
#include "simulation/tally.h"
#include "simulation/wire.h"
#include "world/disk.h"
#include "world/fake_world.h"

struct simulation {
    const struct script *script;
    struct tally *tally;
    bool loud; /* every line of the trace is printed */
    const char *folder; /* a real one on tmpfs: lock files, the vault */
    struct chance chance;
    struct fake_world *world;
    struct disk *disk;
    struct gateway gateway;
    struct merchants merchants;
    struct wire wire;
    struct route_file routes;
};

/* The one that lives in this process: crash points and findings have no other way to it. */
extern struct simulation *simulation;

/* Runs the whole script. Returns when every promise held; a broken one ends the process after it stands in the tally. */
void simulation_run(struct simulation *simulation);

/* One event, or the clock goes on to `until`; false: nothing happened until then. */
bool simulation_step(struct simulation *simulation, micros until);
void simulation_pass(struct simulation *simulation, micros span);

/* A promise is broken: says which and ends the process. */
_Noreturn void finding(const char *check, const char *format, ...) FORMAT_LIKE_PRINTF(2, 3);

void mark(const char *group, const char *what);
void mark_times(const char *group, const char *what, int64_t times);

/* Something happened: it goes into the hash; with --trace into the print. */
void trace(const char *who, str what);
void trace_format(const char *who, const char *format, ...) FORMAT_LIKE_PRINTF(2, 3);

/* ---- books.c: when everything is over ---- */

/* A person looks at the bank's book and settles what is in review; how many. */
size_t books_settle(struct simulation *simulation);
/* What the store says, what the bank says, and what merchants were told. */
void books_check(struct simulation *simulation);

#endif
