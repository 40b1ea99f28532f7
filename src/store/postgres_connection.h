/* SPDX-License-Identifier: Apache-2.0 */
/* postgres_connection: a connection to PostgreSQL on which a commit is what we take it for. */
#ifndef FLORIN_STORE_POSTGRES_CONNECTION_H
#define FLORIN_STORE_POSTGRES_CONNECTION_H

#include <libpq-fe.h>

#include "base/error.h"

enum { POSTGRES_NAME_BYTES = 64 };

/* Connects to the primary among the hosts of that address, under that name ("" for none), and sets the session up. Refuses, with a
 * sentence, a server that does not make commits durable or does not store UTF-8. Not in pipeline mode. NULL: not connected. */
PGconn *postgres_connect(const char *url, const char *name, bool read_only, struct error *error);

/* Runs statements without values, outside of the pipeline; on failure nothing of an explicit transaction is left. */
bool postgres_run(PGconn *connection, const char *script, struct error *error) MUST_CHECK;

#endif
