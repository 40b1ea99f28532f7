/* SPDX-License-Identifier: Apache-2.0 */
/* sql: the seam to a database: one connection, texts with $1 $2 ..., values, rows. The first trouble sticks until it is cleared. */
#ifndef FLORIN_STORE_SQL_H
#define FLORIN_STORE_SQL_H

#include "base/arena.h"
#include "base/error.h"

struct sql;

enum sql_trouble {
    SQL_FINE,
    SQL_COLLISION, /* somebody else was first: certain, nothing was kept; the same work run again will see it */
    SQL_FULL,      /* no room: certain, nothing of the transaction was kept */
    SQL_AWAY,      /* the database cannot be reached: certain, nothing of the transaction was kept */
    SQL_DOUBT,     /* it went away while it committed: whether it kept it has to be asked there */
    SQL_BROKEN,    /* anything else: what is on disk is not known */
};

struct sql_value {
    enum { SQL_NULL, SQL_INT, SQL_TEXT } kind;
    int64_t number;
    str text;
};

/* A text without bytes is NULL. */
static inline struct sql_value sql_of_text(str text) { return (struct sql_value){ text.bytes ? SQL_TEXT : SQL_NULL, 0, text }; }
static inline struct sql_value sql_of_int(int64_t number) { return (struct sql_value){ SQL_INT, number, STR_NONE }; }
/* An empty text is NULL: for ids that are not known yet. */
static inline struct sql_value sql_of_known(str text) { return sql_of_text(text.length ? text : STR_NONE); }

/* What one database says otherwise than another. */
struct sql_dialect {
    const char *name;           /* for people */
    const char *has_tables;     /* asks for a row when the table meta is there */
    const char *has_others;     /* asks for a row when there is anything of somebody else's where our tables would be; NULL: nothing can be */
    const char *random_name;    /* an expression: 32 hex digits that nobody else has */
    const char *ask_random_name;   /* a question for one: where there is a server */
    const char *connections_named; /* asks for a row when somebody is connected by the name $1; NULL: it has no server */
    const char *end_connections_named; /* the same: ends them, and what they had not committed */
    const char *check_files;    /* asks for rows of what is damaged, or one that says "ok"; NULL: it has tools of its own for that */
    bool is_file;               /* it lives in one file, which one process writes on one connection */
};

/* The database that such an address is of; NULL for none. */
const struct sql_dialect *sql_dialect_named(str url);
const struct sql_dialect *sql_dialect_of(const struct sql *sql);

/* Opens the database at that address. A file is made when absent, unless read only. */
struct sql *sql_open(const char *url, bool read_only, struct error *error);
void sql_close(struct sql *sql);

/* The name that this connection bears at its server, also after sql_reach. */
void sql_bear(struct sql *sql, const char *name);

/* Runs a script of statements without values. */
bool sql_run_script(struct sql *sql, const char *script, struct error *error) MUST_CHECK;

/* Runs the schema, as this database reads it, and `last` in one transaction. */
bool sql_make_schema(struct sql *sql, const char *schema, const char *last, struct error *error) MUST_CHECK;

/* The next four take part in sticking: after a trouble they do nothing. The address of `text` is its name in the cache: a literal, or one
 * that stays until the connection is closed. */
void sql_begin(struct sql *sql, bool writes);
void sql_savepoint(struct sql *sql);
void sql_release(struct sql *sql);

/* Has this transaction changed any row so far (also one that was rolled back to a savepoint)? May be true of one that only tried. */
bool sql_has_changed(const struct sql *sql);

/* Changes rows. Another number of changed rows than `rows_expected` (when it is not negative) is a collision. It may be told late: at
 * the next question, or at the commit. */
void sql_save(struct sql *sql, const char *text, const struct sql_value *values, size_t count, int64_t rows_expected);

/* Asks for rows: while (sql_next(sql)) ...; one question at a time, and sql_end when left early. */
void sql_ask(struct sql *sql, const char *text, const struct sql_value *values, size_t count);
bool sql_next(struct sql *sql);
void sql_end(struct sql *sql);
int64_t sql_int(struct sql *sql, int column);                       /* 0 for NULL */
str sql_text(struct sql *sql, int column, struct arena *arena);     /* a copy; STR_NONE for NULL */
bool sql_is_null(struct sql *sql, int column);
void sql_text_to(struct sql *sql, int column, char *buffer, size_t bytes); /* "" for NULL; cut is a mistake */

/* Waits for what was queued, so that its trouble is known. */
void sql_settle(struct sql *sql);

/* What went wrong since it was last fine, and the database's words for it. */
enum sql_trouble sql_trouble_of(const struct sql *sql);
const char *sql_words(const struct sql *sql);

/* Back to the savepoint and fine again. False: the whole transaction is gone (a full disk does that, and so does every trouble of a
 * database whose transactions cannot see what they collided with). */
bool sql_rollback_to(struct sql *sql) MUST_CHECK;

/* Makes it durable. SQL_FINE: it is. SQL_COLLISION, SQL_FULL, SQL_AWAY: certainly not. SQL_DOUBT, SQL_BROKEN: not known. */
enum sql_trouble sql_commit(struct sql *sql);

/* Forgets the whole transaction, if one is left, and is fine again. */
void sql_rollback(struct sql *sql);

/* After SQL_AWAY or SQL_DOUBT: connects anew, once. False: not yet; *error says why. */
bool sql_reach(struct sql *sql, struct error *error) MUST_CHECK;

/* Pages in the write-ahead log after the newest commit; always 0 where the database sees to its log itself. */
int sql_log_pages(const struct sql *sql);

/* Moves what the log holds into the database as far as readers allow; false, with trouble, on an I/O error. Between transactions. */
bool sql_checkpoint(struct sql *sql) MUST_CHECK;

/* As sql_checkpoint, and the log is cut to nothing, unless somebody reads it: then it keeps its pages. Closing leaves the log as it is. */
bool sql_empty_log(struct sql *sql) MUST_CHECK;

/* Copies the whole database, as the transaction that is running sees it, into an existing empty file. Not synced. Refused, with
 * a sentence, by a database that is copied with tools of its own. */
bool sql_copy_to(struct sql *sql, const char *path, struct error *error) MUST_CHECK;

#endif
