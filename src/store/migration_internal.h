/* SPDX-License-Identifier: Apache-2.0 */
/* migration_internal: what the files of the migration share: marks in the two stores, and tables as the catalog tells them. */
#ifndef FLORIN_STORE_MIGRATION_INTERNAL_H
#define FLORIN_STORE_MIGRATION_INTERNAL_H

#include "store/migration.h"
#include "store/sql_driver.h"
#include "store/store_internal.h"

/* ---- marks ---- */

/* Of tables that were made for a migration, in one transaction with them; what else it says follows (migration_marks.c). */
#define MIGRATION_FIRST_ROW "; INSERT INTO meta VALUES ('migration', 'begun')"

/* May this store be opened so? A sentence when it has moved, is half filled, or holds something else than a migration. */
bool migration_allows(struct store *store, enum store_mode mode, struct error *error) MUST_CHECK;

enum { MIGRATION_BY_BYTES = NODE_NAME_BYTES + 24 };

/* What a target says of its migration. */
struct migration_mark {
    char source_id[STORE_ID_BYTES]; /* whose rows it holds; empty: nobody's yet */
    int64_t commits;                /* where that store stood when copying began */
    bool is_complete;
    char by[MIGRATION_BY_BYTES];    /* the life of the node that fills it: whoever finds another one here writes no more */
};
/* Is there one? */
bool migration_load_mark(struct store *target, struct migration_mark *out) MUST_CHECK;
void migration_save_mark(struct store *target, const struct migration_mark *mark);
bool migration_same_mark(const struct migration_mark *one, const struct migration_mark *other) MUST_CHECK;

/* The id of the store that this one has moved to, and its address; STR_NONE: it has not moved. */
str migration_moved_to(struct store *source, struct arena *arena, str *address);
/* Durable when it returns true. */
bool migration_save_moved(struct store *source, str target_id, str address, struct error *error) MUST_CHECK;

/* An address for people: up to its parameters, and without a password. */
str migration_address_of(struct arena *arena, str url);

/* ---- tables ---- */

enum { MIGRATION_ROWS = 2000, MIGRATION_TABLES_MAX = 32, MIGRATION_KEY_MAX = 8 };

struct migration_column {
    const char *name;
    bool is_number;
    bool is_money;
};

struct migration_table {
    const char *name;
    struct migration_column columns[SQL_VALUES_MAX];
    size_t column_count, key_count; /* the key's columns come first */
    const char *read, *insert, *empty, *last, *totals;
    int64_t rows; /* of the source */
};

/* Rows that follow each other in the order of their keys. */
struct migration_page {
    struct arena arena;
    struct sql_value *values;
    size_t rows;
};

/* How many rows there are, and the sum of each money column, split so that no sum is too large. */
struct migration_totals {
    int64_t rows;
    size_t count;
    int64_t millions[SQL_VALUES_MAX], rest[SQL_VALUES_MAX];
};

/* The tables of that store that move, with their statements; these live as long as the arena. */
bool tables_load(struct store *store, struct arena *arena, struct migration_table *tables, size_t *count, struct error *error) MUST_CHECK;

/* Loads the page behind that key. */
bool table_load_page(struct store *store, const struct migration_table *table, const struct sql_value *key, struct migration_page *out) MUST_CHECK;

/* The key before all others, and that of the last row that a store has; their texts live in the arena. */
void table_first_key(const struct migration_table *table, struct sql_value *key);
bool table_last_key(struct store *store, const struct migration_table *table, struct arena *arena, struct sql_value *key) MUST_CHECK;

void table_save_page(struct store *store, const struct migration_table *table, const struct migration_page *page);

bool table_load_totals(struct store *store, const struct migration_table *table, struct migration_totals *out) MUST_CHECK;

static inline const struct sql_value *page_row(const struct migration_table *table, const struct migration_page *page, size_t row)
{
    return page->values + row * table->column_count;
}

/* ---- the whole ---- */

struct migration {
    struct store *source, *target;
    struct arena arena; /* statements, by whose addresses the connections know them: closed last */
    struct migration_table tables[MIGRATION_TABLES_MAX];
    size_t table_count;
    struct store_mark source_mark, target_mark;
    struct migration_mark found, mark; /* what the target said before, and what it says as long as it is this migration's */
    str address;
    bool source_has_moved, was_complete, began_again;
};

/* What a store says of itself. */
struct migration_said {
    str name, value;
};

/* A transaction of the target; a server that goes away is waited for, and asked what became of it. */
struct migration_writing {
    struct work work;
    const struct migration *migration;
    const struct migration_table *table;
    const struct migration_page *page;
    str merchant, vault;
    struct migration_said *said;
    size_t said_count;
    bool is_overtaken; /* another migration has begun there meanwhile; nothing was written */
};

/* Runs it in a transaction of its own. False: there was no room, or it was overtaken. */
bool migration_write(struct migration_writing *writing, struct error *error) MUST_CHECK;

/* In its transaction, before anything else: is it still this migration that fills the target? False: write nothing. */
bool migration_goes_on(struct migration_writing *writing, struct store *target) MUST_CHECK;

#endif
