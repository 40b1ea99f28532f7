/* SPDX-License-Identifier: Apache-2.0 */
/* verify: the walk over a store, as the commands that trust or copy one take it. */
#ifndef FLORIN_COMMAND_VERIFY_H
#define FLORIN_COMMAND_VERIFY_H

#include <stdio.h>

#include "store/store.h"

/* Exit statuses of the commands that verify. */
enum {
    EXIT_FINE = 0,
    EXIT_BAD = 1,        /* something is wrong with what is stored; also: it was refused */
    EXIT_USAGE = 2,
    EXIT_UNREADABLE = 3, /* it could not be looked at, or not be written */
};

/* Opens that file as a store for reading; NULL with a sentence. */
struct store *verify_open(const char *path, struct error *error);

/* Prints the first bad record of each kind, a line each. */
void verify_print(FILE *to, const struct verify_report *report);

/* Walks over a store. EXIT_FINE or EXIT_BAD (told on standard error), or EXIT_UNREADABLE with a sentence. */
int verify_copy(struct store *store, struct verify_report *out, struct error *error);

#endif
