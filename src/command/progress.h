/* SPDX-License-Identifier: Apache-2.0 */
/* progress: how far something long is: a bar on a terminal, now and then a plain line elsewhere. */
#ifndef FLORIN_COMMAND_PROGRESS_H
#define FLORIN_COMMAND_PROGRESS_H

#include "base/base.h"

/* All zero but `what` is a fresh one. */
struct progress {
    const char *what;      /* "copying" */
    micros began, shown;
    int64_t at_beginning;  /* what had been done before, and says nothing about how fast it goes */
};

/* Shows on standard output that `done` of `all` are done, not more often than a reader follows. `where` is a word for the part that it
 * is at. */
void progress_show(struct progress *progress, const char *where, int64_t done, int64_t all);

/* Makes room for a line of words: the bar, if there is one, goes. */
void progress_clear(const struct progress *progress);

#endif
