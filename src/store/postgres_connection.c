/* SPDX-License-Identifier: Apache-2.0 */
/* postgres_connection: every setting that a promise of ours rests on is set by us on each connection, whatever the server's files, the
 * database or the role say, and those that cannot be set are looked at. */
#include "store/postgres_connection.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"

/* REPEATABLE READ: one snapshot a transaction, so that what is decided is decided from one moment, and an update of a row that
 * somebody changed since is 40001 instead of a lost update. READ COMMITTED would show two halves of another's work to one
 * decision. SERIALIZABLE would add the anomaly that is left, two transactions that each read what the other writes; for one
 * payment the event's primary key forbids that, and between payments there is no rule. Its price would be false alarms
 * that throw away batches of hundreds.
 *
 * No statement_timeout where we write: it would also cut short a COMMIT that waits for its standby, and that COMMIT then reports success
 * without one. A lock is waited for ten seconds at most; a transaction that we left standing (a cut cable, a node that was stopped) is
 * ended by the server after four, before anybody takes over what this node does, so that its locks are in nobody's way.
 *
 * Every statement of the payments' path has its index; a plan is made once and kept, and never on the word of a table that
 * was still empty. */
static const char common[] = "SET default_transaction_isolation = 'repeatable read'; SET default_transaction_deferrable = off;"
                             "SET lock_timeout = '10s'; SET idle_in_transaction_session_timeout = '4s';"
                             "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET jit = off;"
                             "SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3;";
static const char writing[] = "SET default_transaction_read_only = off; SET statement_timeout = 0;"
                              /* remote_apply promises more than on, and may be wanted */
                              "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') <> 'remote_apply';";
static const char reading[] = "SET default_transaction_read_only = on; SET statement_timeout = '30s';";

/* libpq's words end with a line feed, and may have several lines. */
static bool say(PGconn *connection, struct error *error)
{
    char words[300];
    snprintf(words, sizeof words, "%s", PQerrorMessage(connection));
    for (char *at = strchr(words, '\n'); at; at = strchr(at, '\n')) *at = at[1] ? ' ' : 0;
    return error_set(error, "PostgreSQL: %s", words[0] ? words : "the connection is gone");
}

bool postgres_run(PGconn *connection, const char *script, struct error *error)
{
    PGresult *result = PQexec(connection, script);
    ExecStatusType status = PQresultStatus(result);
    bool ran = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
    if (!ran) say(connection, error);
    PQclear(result);
    if (!ran && PQtransactionStatus(connection) != PQTRANS_IDLE) PQclear(PQexec(connection, "ROLLBACK"));
    return ran;
}

static bool setting_is(PGconn *connection, const char *name, const char *wanted, const char *also)
{
    const char *const values[] = { name };
    PGresult *result = PQexecParams(connection, "SELECT current_setting($1)", 1, NULL, values, NULL, NULL, 0);
    bool is_row = PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) == 1;
    bool fits = is_row && (strcmp(PQgetvalue(result, 0, 0), wanted) == 0 || strcmp(PQgetvalue(result, 0, 0), also) == 0);
    PQclear(result);
    return fits;
}

static bool check_server(PGconn *connection, struct error *error)
{
    if (!setting_is(connection, "server_encoding", "UTF8", "UTF8")) return error_set(error, "the database is not encoded in UTF8");
    if (!setting_is(connection, "fsync", "on", "on")) return error_set(error, "the server runs with fsync off: nothing there is durable");
    if (!setting_is(connection, "synchronous_commit", "on", "remote_apply")) return error_set(error, "synchronous_commit cannot be set to on");
    return true;
}

static bool set_up(PGconn *connection, bool read_only, struct error *error)
{
    if (!postgres_run(connection, common, error) || !postgres_run(connection, read_only ? reading : writing, error)) return false;
    return read_only || check_server(connection, error);
}

/* What comes before dbname is ours where the address is silent; what comes behind is ours whatever it says. Reads are answered by the
 * primary, too: a standby may not know yet what a merchant has been told. */
static PGconn *connect(const char *url, const char *name)
{
    const char *const words[] = { "connect_timeout", "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout",
                                  "target_session_attrs", "dbname", "client_encoding", "application_name", NULL };
    const char *const values[] = { "5", "10", "5", "3", "20000", "read-write", url, "UTF8", name[0] ? name : "florin", NULL };
    return PQconnectdbParams(words, values, true);
}

/* libpq would print them between the lines of our log. */
static void drop_notice(void *context, const PGresult *result)
{
    (void)context;
    (void)result;
}

PGconn *postgres_connect(const char *url, const char *name, bool read_only, struct error *error)
{
    PGconn *connection = connect(url, name);
    PQsetNoticeReceiver(connection, drop_notice, NULL);
    bool connected = PQstatus(connection) == CONNECTION_OK;
    if (!connected) say(connection, error);
    if (connected && set_up(connection, read_only, error)) return connection;
    PQfinish(connection);
    return NULL;
}
