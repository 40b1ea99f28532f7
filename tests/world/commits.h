/* SPDX-License-Identifier: Apache-2.0 */
/* commits: numbered transactions on a plain SQLite connection, and which of them are still there. Each number writes rows of its
 * own shape and removes those of an old one, so that a lost, doubled or half transaction is seen. */
#ifndef FLORIN_TESTS_WORLD_COMMITS_H
#define FLORIN_TESTS_WORLD_COMMITS_H

#include <sqlite3.h>

#include "base/base.h"

struct commits {
    sqlite3 *db;
    const char *path;
    const char *pragmas;
    int64_t acknowledged; /* the last one of which SQLite said so */
    int64_t begun;        /* the last one that may be there */
};

extern const char commits_full[]; /* pragmas: as the gateway has them */
extern const char commits_off[];  /* nothing is ever synced */

/* Opens the database, with its tables when they are absent; SQLite's answer. */
int commits_open(struct commits *commits);
void commits_close(struct commits *commits);

/* The next one; SQLite's answer. After SQLITE_OK it is acknowledged. */
int commits_make(struct commits *commits);

/* The number of the last one that is there, when all that should be there is and nothing else; -1: damaged. */
enum { COMMITS_DAMAGED = -1 };
int64_t commits_find_last(struct commits *commits);
/* Closes, opens and looks: all acknowledged ones are there, and at most the one that was under way beside them. That one is not
 * acknowledged by being seen: after a kill it may be seen and not be durable yet. */
bool commits_survive(struct commits *commits);

#endif
