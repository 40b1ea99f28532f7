/* SPDX-License-Identifier: Apache-2.0 */
/* postgres_trouble: what PostgreSQL's error codes are worth. */
#ifndef FLORIN_STORE_POSTGRES_TROUBLE_H
#define FLORIN_STORE_POSTGRES_TROUBLE_H

#include "store/sql.h"

/* What an error before COMMIT means for the transaction, by its SQLSTATE; NULL: the connection broke without a word. Never
 * SQL_DOUBT: nothing is kept before COMMIT. */
enum sql_trouble postgres_trouble_of(const char *state);

/* The same for an error that answers COMMIT, on a connection that is still there: SQL_DOUBT unless it is certain. */
enum sql_trouble postgres_trouble_of_commit(const char *state);

#endif
