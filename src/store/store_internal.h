/* SPDX-License-Identifier: Apache-2.0 */
/* store_internal: what the files of this folder share. */
#ifndef FLORIN_STORE_STORE_INTERNAL_H
#define FLORIN_STORE_STORE_INTERNAL_H

#include "store/sql.h"
#include "store/store.h"

struct store {
    struct sql *sql;
    int lock; /* descriptor of the lock file; -1 when reading */
    int file; /* descriptor of the database itself, locked; -1 when reading */
    char path[1024];
    void (*tell)(micros duration, size_t works);
};

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
