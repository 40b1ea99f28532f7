/* SPDX-License-Identifier: Apache-2.0 */
/* child: another florin, started from the same binary, or another program; for commands that show or measure whole set-ups. */
#ifndef FLORIN_COMMAND_CHILD_H
#define FLORIN_COMMAND_CHILD_H

#include <sys/types.h>

#include "base/error.h"
#include "base/str.h"

struct child {
    pid_t pid;        /* 0: not running */
    char address[64]; /* "127.0.0.1:40123", from its ready line */
    int ended_by;     /* the signal that ended it unasked, as child_is_running found */
};

/* Starts `florin words...` (terminated by NULL) with standard error to `log_path` (NULL: ours), and waits for its ready line,
 * at most ten seconds. It is killed when this process dies. */
bool child_start(struct child *child, const char *const *words, const char *log_path, struct error *error) MUST_CHECK;

/* Starts a program found in PATH, whose words begin with its own name, with all that it says to `log_path`; waits for nothing and knows no
 * address. It is interrupted (SIGINT) when this process dies, so that it can end children of its own. */
bool child_spawn(struct child *child, const char *const *words, const char *log_path, struct error *error) MUST_CHECK;

/* The same, and waits for its end; false when that was not with status 0. */
bool child_run(const char *const *words, const char *log_path, struct error *error) MUST_CHECK;

/* It has not ended by itself. */
bool child_is_running(struct child *child);

/* SIGTERM, and waits for its end. True: it ended by itself with status 0. */
bool child_stop(struct child *child);

/* SIGKILL, and waits for its end. */
void child_kill(struct child *child);

/* SIGSTOP: it stays where it is. */
void child_freeze(const struct child *child);

#endif
