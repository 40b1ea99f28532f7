/* SPDX-License-Identifier: Apache-2.0 */
/* sql_driver: what a database has to offer behind sql.h. Sticking is sql.c's affair: a driver is not called while there is trouble,
 * but for closing, ending, rolling back and reaching. */
#ifndef FLORIN_STORE_SQL_DRIVER_H
#define FLORIN_STORE_SQL_DRIVER_H

#include "store/sql.h"

/* The slots promise what the functions of their names in sql.h do. */
struct sql_driver {
    struct sql_dialect dialect;
    const char *const *schemes; /* beginnings of addresses, up to NULL */

    struct sql *(*open)(const char *url, bool read_only, struct error *error);
    void (*close)(struct sql *sql);
    bool (*run_script)(struct sql *sql, const char *script, struct error *error);
    char *(*read_schema)(const char *schema); /* the schema in this database's words, freed with free; NULL: as it is */

    void (*begin)(struct sql *sql, bool writes);
    void (*savepoint)(struct sql *sql);
    void (*release)(struct sql *sql);
    bool (*rollback_to)(struct sql *sql);
    bool (*has_changed)(const struct sql *sql);
    enum sql_trouble (*commit)(struct sql *sql);
    void (*rollback)(struct sql *sql);
    bool (*reach)(struct sql *sql, struct error *error); /* this and the next one are NULL where there is no server */
    void (*bear)(struct sql *sql, const char *name);

    void (*save)(struct sql *sql, const char *text, const struct sql_value *values, size_t count, int64_t rows_expected);
    void (*settle)(struct sql *sql); /* NULL: nothing is ever queued */
    void (*ask)(struct sql *sql, const char *text, const struct sql_value *values, size_t count);
    bool (*next)(struct sql *sql);
    void (*end)(struct sql *sql);
    int64_t (*number_at)(struct sql *sql, int column);
    str (*text_at)(struct sql *sql, int column); /* valid until the next row */

    /* NULL where the database sees to its log and its copies itself. */
    int (*log_pages)(const struct sql *sql);
    bool (*checkpoint)(struct sql *sql);
    bool (*empty_log)(struct sql *sql);
    bool (*copy_to)(struct sql *sql, const char *path, struct error *error);
};

/* What every connection has; first in the driver's own struct. */
struct sql {
    const struct sql_driver *driver;
    enum sql_trouble trouble;
    char words[200];
};

enum {
    SQL_STATEMENTS_MAX = 256, /* a power of two, well above the number of texts in store_*.c */
    SQL_VALUES_MAX = 48,      /* the widest table has fewer columns */
};

/* The first trouble sticks, with the database's words for it. */
void sql_stick(struct sql *sql, enum sql_trouble trouble, const char *words);

/* Where in a cache of SQL_STATEMENTS_MAX a text is looked for first; then one further each time, round the end. */
static inline size_t sql_place_of(const char *text) { return ((uintptr_t)text >> 4) * 2654435761u; }

extern const struct sql_driver sql_sqlite;
extern const struct sql_driver sql_postgres;

#ifdef FLORIN_TEST_BUILD
/* Whatever is opened from now on is opened by the driver that this one gives for the real one. NULL: by the real one, as usual. */
void sql_stand_between(const struct sql_driver *(*between)(const struct sql_driver *real));
#endif

#endif
