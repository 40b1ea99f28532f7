/* SPDX-License-Identifier: Apache-2.0 */
/* place: schemas are named by process and number, and the address leads there by its search_path. */
#include "store/place.h"

#include <libpq-fe.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/base_testing.h"
#include "base/str.h"

#define PATH_OF_SCHEMA "?options=-csearch_path%3D"

static const char *server(void) { return getenv("FLORIN_TEST_POSTGRES"); }

bool place_is_file(void) { return !server(); }

static void run_there(const char *url, const char *statement)
{
    PGconn *connection = PQconnectdb(url);
    if (PQstatus(connection) != CONNECTION_OK) fail_msg("%s: %s", url, PQerrorMessage(connection));
    PQclear(PQexec(connection, "SET client_min_messages = error"));
    PGresult *result = PQexec(connection, statement);
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) fail_msg("%s: %s", statement, PQerrorMessage(connection));
    PQclear(result);
    PQfinish(connection);
}

static void run_in_file(const char *path, const char *statement)
{
    sqlite3 *db;
    char *problem = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, statement, NULL, NULL, &problem) != SQLITE_OK) fail_msg("%s: %s", statement, problem);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

void place_take(const char *path, char url[PLACE_URL_BYTES])
{
    static int taken;
    char schema[64], statement[96];
    struct timespec now;
    if (place_is_file()) {
        snprintf(url, PLACE_URL_BYTES, "sqlite:%s", path);
        return;
    }
    clock_gettime(CLOCK_REALTIME, &now);
    snprintf(schema, sizeof schema, "t_%ld_%d_%lx", (long)getpid(), ++taken, (unsigned long)now.tv_nsec);
    snprintf(statement, sizeof statement, "CREATE SCHEMA %s", schema);
    run_there(server(), statement);
    snprintf(url, PLACE_URL_BYTES, "%s%s%s", server(), PATH_OF_SCHEMA, schema);
}

void place_give_back(const char *url)
{
    char statement[96];
    const char *schema = strstr(url, PATH_OF_SCHEMA);
    if (!schema) return;
    snprintf(statement, sizeof statement, "DROP SCHEMA %s CASCADE", schema + strlen(PATH_OF_SCHEMA));
    run_there(server(), statement);
}

void place_tamper(const char *url, const char *statement)
{
    str path = STR("sqlite:");
    if (str_starts_with(str_of(url), path)) run_in_file(url + path.length, statement);
    else run_there(url, statement);
}
