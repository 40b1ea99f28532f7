/* SPDX-License-Identifier: Apache-2.0 */
/* store_internal: what the files of this folder share. */
#ifndef FLORIN_STORE_STORE_INTERNAL_H
#define FLORIN_STORE_STORE_INTERNAL_H

#include "store/sql.h"
#include "store/store.h"

struct store {
    struct sql *sql;
    struct store_hold hold; /* when writing; all -1 when reading */
    char path[STORE_PATH_BYTES]; /* empty: it is no file */
    int64_t commits; /* durable ones; when writing */
    struct witness_keeper *keeper; /* NULL: nobody asked for a witness */
    void (*tell)(micros duration, size_t works);
};

/* What stands for the hash before the first event. */
extern const char event_first_hash[HASH_HEX_BYTES + 1];

/* Says why the store cannot be read, in the database's words, or that what it holds makes no sense; always false. */
bool store_unreadable(const struct store *store, struct error *error);

/* Is there anything of ours in the database? Look at its trouble before you believe a no. */
bool tables_exist(struct sql *sql);

/* Makes the tables where there are none and may be some, and refuses those that are newer than we are. */
bool schema_prepare(struct store *store, enum store_mode mode, struct error *error) MUST_CHECK;

/* store_load_mark for whoever has a transaction. */
bool mark_in_transaction(struct store *store, struct store_mark *out) MUST_CHECK;

/* A thread that writes the witness of a store: that it stands at `mark` now, and that the file tells of commit `written`. */
struct witness_keeper *keeper_open(const char *path, const struct store_mark *mark, int64_t written, struct error *error);
void keeper_tell(struct witness_keeper *keeper, int64_t commits); /* those are durable now */
void keeper_hurry(struct witness_keeper *keeper);                 /* write it now, not within a second */
void keeper_close(struct witness_keeper *keeper);                 /* writes what is not yet told */

/* A file beside the store that only takes up room, and its end: the room is needed. */
void reserve_take(const char *path);
void reserve_give_up(const char *path);

/* A list that grows in an arena while rows come. */
#define LIST_MORE(arena, list, count, capacity)                                                                        \
    do {                                                                                                               \
        if ((count) == (capacity)) {                                                                                   \
            size_t more_ = (capacity) ? (capacity)*2 : 16;                                                             \
            void *grown_ = arena_take((arena), more_ * sizeof *(list));                                                \
            if (count) memcpy(grown_, (list), (count) * sizeof *(list));                                               \
            (list) = grown_;                                                                                           \
            (capacity) = more_;                                                                                        \
        }                                                                                                              \
    } while (0)

#define TEXT(value) sql_of_text(value)
#define KNOWN(value) sql_of_known(value)
#define INT(value) sql_of_int(value)

#endif
