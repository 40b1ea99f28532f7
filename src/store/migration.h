/* SPDX-License-Identifier: Apache-2.0 */
/* migration: a store in a file moves to a database on a server, with all of its rows, and is never served from both:
 *
 *     old store    serves  ─────────────────────────────▶  has moved
 *     new store             half filled ── all compared ─────────────▶  complete: serves
 *
 * Every step may be killed, and the next try goes on from what the new store holds. */
#ifndef FLORIN_STORE_MIGRATION_H
#define FLORIN_STORE_MIGRATION_H

#include "store/store.h"

struct migration;

/* How far copying or comparing is. */
struct migration_progress {
    const char *table;
    int64_t rows;            /* of this table */
    int64_t whole, whole_of; /* rows of all tables */
    bool is_same;           /* this table has been compared to its end */
    str sums;               /* then those of its money columns, for people; STR_NONE when it has none */
};
typedef void migration_tell(void *context, const struct migration_progress *progress);

/* Holds the file against gateways, and the server as that node, which drives what is open when all is done; makes the tables there.
 * Refuses a store that is not there or has moved elsewhere, and a database that holds anything but what this store was copied to
 * before. What was copied before the store was served again is emptied. Another migration that is filling the database writes nothing
 * more from here on, and neither does this one once another has begun. */
struct migration *migration_open(str from, str to, str node, struct error *error);
void migration_close(struct migration *migration);

struct store *migration_source(const struct migration *migration);
struct store *migration_target(const struct migration *migration);

/* Where the store goes, without a password. */
str migration_address(const struct migration *migration);

/* Was everything done already, by a migration before this one? Then there is nothing left to call but migration_close. */
bool migration_was_complete(const struct migration *migration);

/* Was the target emptied, since the store was served after it had been copied? */
bool migration_began_again(const struct migration *migration);

/* Copies all rows that are missing, in the order of their keys. The rows themselves say how far it came. */
bool migration_copy(struct migration *migration, migration_tell *tell, void *context, struct error *error) MUST_CHECK;

/* Holds every value of every row against the other side, and both databases' own counts and sums of money. */
bool migration_compare(struct migration *migration, migration_tell *tell, void *context, struct error *error) MUST_CHECK;

/* After all was compared: the old store has moved, then the new one is complete, with what the old one said of itself. `vault` is
 * how the file of sealed cards' keys is named, which are of use to that node alone. */
bool migration_finish(struct migration *migration, str merchant, str vault, struct error *error) MUST_CHECK;

/* Has that store moved away? Then *error says where to. */
bool store_has_moved(struct store *store, struct error *error) MUST_CHECK;

#endif
