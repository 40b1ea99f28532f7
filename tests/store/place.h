/* SPDX-License-Identifier: Apache-2.0 */
/* place: where a test's store is: a file, or with FLORIN_TEST_POSTGRES=postgres://... a schema of its own in that database. */
#ifndef FLORIN_TESTS_STORE_PLACE_H
#define FLORIN_TESTS_STORE_PLACE_H

#include <stdbool.h>
#include <stddef.h>

enum { PLACE_URL_BYTES = 256 };

/* Does this run keep its stores in files? */
bool place_is_file(void);

/* For a test that concerns the file: left out elsewhere, and says why. */
#define only_for_files(reason)                                                                                         \
    do {                                                                                                               \
        if (!place_is_file()) {                                                                                        \
            print_message("left out on PostgreSQL: %s\n", reason);                                                     \
            skip();                                                                                                    \
        }                                                                                                              \
    } while (0)

/* For one that is about a server. */
#define only_for_servers()                                                                                             \
    do {                                                                                                               \
        if (place_is_file()) {                                                                                         \
            print_message("left out on SQLite: it is about a server\n");                                               \
            skip();                                                                                                    \
        }                                                                                                              \
    } while (0)

/* The address of a new, empty store: that file, or a new schema. */
void place_take(const char *path, char url[PLACE_URL_BYTES]);
/* Takes the schema away again; a file is its folder's affair. */
void place_give_back(const char *url);

/* A statement on a connection of its own, behind the store's back. */
void place_tamper(const char *url, const char *statement);

#endif
