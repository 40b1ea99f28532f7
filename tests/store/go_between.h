/* SPDX-License-Identifier: Apache-2.0 */
/* go_between: stands between a store and its database, passes everything on, and lets one use of it go wrong: the first, the second, the
 * third ... whichever a test wants. */
#ifndef FLORIN_TESTS_STORE_GO_BETWEEN_H
#define FLORIN_TESTS_STORE_GO_BETWEEN_H

#include <stdbool.h>
#include <stdint.h>

enum mishap {
    MISHAP_COLLISION,  /* somebody was first, or a lock was not to be had */
    MISHAP_FULL,       /* no room */
    MISHAP_BROKEN,     /* an error that nobody expected */
    MISHAP_CUT,        /* the connection breaks, what was being asked for was not done, and the first try to reach it anew fails */
    MISHAP_UNANSWERED, /* it breaks, and a commit or a script was done */
    MISHAP_COUNT,
};

/* From now on whatever is opened is opened through it. */
void go_between_begin(void);

/* The nth use (from 1) from now on goes wrong: of files, or of servers. What was cut stays cut until it is reached anew. */
void go_between_plan(bool of_files, enum mishap mishap, int64_t nth);

/* When it has gone wrong, and before anybody knows, this is done. */
void go_between_meanwhile(void (*doing)(const void *context), const void *context);

/* Has it gone wrong? */
bool go_between_has_struck(void);

#endif
