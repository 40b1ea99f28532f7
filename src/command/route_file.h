/* SPDX-License-Identifier: Apache-2.0 */
/* route_file: the file with the rules that say which processor a payment goes to:
 *
 *     # name:  what must hold                             where it goes
 *     big:     amount USD 100000..                     -> stripe, bank
 *     euros:   currency EUR GBP, brand visa mastercard -> stripe
 *     trial:   bin 411111 400000..400099               -> 90% bank, 10% stripe
 *     rest:                                            -> bank
 *
 * A file is taken whole or not at all. docs/how-to/routing.md is the page for people. */
#ifndef FLORIN_COMMAND_ROUTE_FILE_H
#define FLORIN_COMMAND_ROUTE_FILE_H

#include "base/arena.h"
#include "base/error.h"
#include "domain/route.h"

/* Rules as read, with all that they point into. All zero is one without rules. */
struct route_file {
    struct arena arena;
    struct route_rules rules;
};

/* Reads the file. False: *error names the line and what would be right there, and nothing is left in *out. */
bool route_file_read(const char *path, struct route_file *out, struct error *error) MUST_CHECK;

/* The same with its text; `name` is what errors call it. The text may go afterwards. */
bool route_file_read_text(const char *name, str text, struct route_file *out, struct error *error) MUST_CHECK;

void route_file_close(struct route_file *file);

#endif
