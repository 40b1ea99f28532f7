/* SPDX-License-Identifier: Apache-2.0 */
/* store_internal: what the files of this folder share. */
#ifndef FLORIN_STORE_STORE_INTERNAL_H
#define FLORIN_STORE_STORE_INTERNAL_H

#include "store/sql.h"
#include "store/store.h"

enum { HOLDER_BYTES = 160 };

struct store {
    struct sql *sql;
    struct store_hold hold; /* when writing; all -1 when reading */
    char path[STORE_PATH_BYTES]; /* empty: it is no file */
    int64_t commits; /* durable ones; when writing */
    struct store_lease *lease; /* when writing to a server; NULL: a file, which is held */
    int connection; /* which one of the writing ones of this gateway */
    _Atomic bool is_away; /* when writing to a server */
    bool scrubs_log; /* what was overwritten is to leave the log, too, and has not yet */
    struct witness_keeper *keeper; /* NULL: nobody asked for a witness */
    void (*tell)(micros duration, size_t works);
};

/* What stands for the hash before the first event. */
extern const char event_first_hash[HASH_HEX_BYTES + 1];

/* store_open for a node by its name. */
struct store *store_open_as(str url, enum store_mode mode, str node, struct error *error);

/* Says why the store cannot be read, in the database's words, or that what it holds makes no sense; always false. */
bool store_unreadable(const struct store *store, struct error *error);
/* Was all that has been asked of it answered? Else a sentence says why not. Look before you believe that something is not there. */
bool store_was_read(const struct store *store, struct error *error) MUST_CHECK;

/* Who we are, for whoever finds a store held: "process 4711 on shop-1". */
void store_holder_words(char out[HOLDER_BYTES]);

/* What is on disk is not known, or not ours to change: nothing more may be sent or told. Starting again reads what is there. */
_Noreturn void store_stop(struct store *store, const char *message);
#define store_taken_over "another node has taken over what this one was doing; stopping"

/* Connects a store on a server anew, however long that takes. */
void store_reach(struct store *store);

/* The store's thread sleeps for that span. */
void store_pause(micros span);

/* ---- the lease: who writes to a database on a server (docs/decisions/0025-nodes.md) ---- */

/* Begins a new life of that node, or refuses with a sentence that says who else lives by its name. */
bool lease_take(struct store *store, str node, struct error *error) MUST_CHECK;
/* A further connection under the lease of `first`. */
void lease_share(struct store *store, const struct store *first);

/* Writes the number of the commit that is coming into this connection's row, if that is as we left it: a collision otherwise. */
void lease_number_commit(struct store *store);
/* After SQL_DOUBT: asks until the database says whether it kept that commit, and all before it, for good. */
bool lease_kept_commit(struct store *store) MUST_CHECK;
/* In a transaction: is it, by what this transaction sees? Also true when it could not be asked; the trouble sticks. */
bool lease_is_ours(struct store *store) MUST_CHECK;

/* Our node's name; empty: a file. */
str store_node(const struct store *store);
/* Fences a life off, in a transaction: none of that node's connections commits any more before it begins a new one. */
void lease_fence(struct store *store, const char *node);
/* What that node has open is ours. */
size_t operations_take(struct store *store, struct arena *arena, str merchant, str from, struct operation_record **out);

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
