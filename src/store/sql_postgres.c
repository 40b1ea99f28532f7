/* SPDX-License-Identifier: Apache-2.0 */
/* sql_postgres: the seam over libpq's pipeline. What changes rows is only queued, BEGIN as well; a question, and the end of a
 * transaction, send the queue and read all answers.
 *
 *     BEGIN  INSERT  UPDATE  SELECT ──▶ one packet        INSERT  UPDATE ──▶ one packet        COMMIT ──▶
 *                                   ◀── four answers                     ◀── checked                 ◀── durable
 *
 * Every answer has been read, and every row that was to change counted, before COMMIT is sent. Nothing that happens before that is
 * in doubt: an error, or a connection that breaks, leaves nothing behind. */
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crash.h"
#include "base/hash.h"
#include "store/postgres_connection.h"
#include "store/postgres_trouble.h"
#include "store/sql_driver.h"

enum { QUEUE_MAX = 1024, /* answers that are owed to us; then they are read, so that neither side grows */
       BINARY = 1 };

struct statement {
    const char *text;
    bool is_prepared;
};

/* An answer that the server owes us. */
struct owed {
    enum { OWED_PREPARED, OWED_CHANGE, OWED_ROWS, OWED_COMMIT, OWED_SYNC } kind;
    struct statement *statement;
    int64_t rows_expected; /* of a change; negative: any number */
};

struct postgres {
    struct sql base;
    PGconn *connection; /* NULL: away */
    char *url;
    char name[POSTGRES_NAME_BYTES];
    bool read_only;
    bool in_transaction;
    bool has_changed;
    bool committing;  /* COMMIT is on its way */
    bool was_warned;  /* while it was: what it reports is less than we asked for */
    PGresult *rows;   /* of the question */
    int row;
    size_t owed_count;
    struct owed owed[QUEUE_MAX];
    struct statement statements[SQL_STATEMENTS_MAX];
};

static struct postgres *postgres_of(const struct sql *sql) { return CONTAINER_OF(sql, struct postgres, base); }

/* ---- trouble ---- */

static void forget_statements(struct postgres *postgres)
{
    for (size_t i = 0; i < SQL_STATEMENTS_MAX; i++) postgres->statements[i].is_prepared = false;
}

/* The connection is gone, and with it all that it owed. */
static void lose(struct postgres *postgres, const char *words)
{
    sql_stick(&postgres->base, postgres->committing ? SQL_DOUBT : SQL_AWAY, words);
    PQfinish(postgres->connection);
    postgres->connection = NULL;
    postgres->owed_count = 0;
    forget_statements(postgres);
}

static void lose_with_its_words(struct postgres *postgres)
{
    char words[200];
    const char *said = PQerrorMessage(postgres->connection);
    snprintf(words, sizeof words, "%.*s", (int)strcspn(said, "\n"), said);
    lose(postgres, words);
}

static void stick_error(struct postgres *postgres, const PGresult *result)
{
    char words[200];
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE), *said = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    bool commits = postgres->committing;
    snprintf(words, sizeof words, "%s (%s)", said ? said : "the connection is gone", state ? state : "no SQLSTATE");
    sql_stick(&postgres->base, commits ? postgres_trouble_of_commit(state) : postgres_trouble_of(state), words);
}

/* A standby that was not waited for (an operator cancelled that, or ends the server) is told in a warning, behind which COMMIT
 * succeeds. */
static void hear_notice(void *context, const PGresult *result)
{
    struct postgres *postgres = context;
    const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
    if (postgres->committing && severity && strcmp(severity, "WARNING") == 0) postgres->was_warned = true;
}

/* ---- sending ---- */

static void owe(struct postgres *postgres, struct owed owed)
{
    INSIST(postgres->owed_count < QUEUE_MAX);
    postgres->owed[postgres->owed_count++] = owed;
}

static struct statement *statement_place(struct postgres *postgres, const char *text)
{
    size_t at = sql_place_of(text);
    for (size_t tries = 0; tries < SQL_STATEMENTS_MAX; tries++, at++) {
        struct statement *place = &postgres->statements[at & (SQL_STATEMENTS_MAX - 1)];
        if (place->text == text || !place->text) return place;
    }
    INSIST(!"room for every statement");
    return NULL;
}

static void name_statement(const struct postgres *postgres, const struct statement *statement, char name[16])
{
    snprintf(name, 16, "s%d", (int)(statement - postgres->statements));
}

/* The statement by its text, prepared behind what is queued when it is new to this connection. */
static struct statement *statement_for(struct postgres *postgres, const char *text)
{
    char name[16];
    struct statement *statement = statement_place(postgres, text);
    statement->text = text;
    if (statement->is_prepared) return statement;
    name_statement(postgres, statement, name);
    if (!PQsendPrepare(postgres->connection, name, text, 0, NULL)) return NULL;
    owe(postgres, (struct owed){ .kind = OWED_PREPARED, .statement = statement });
    statement->is_prepared = true;
    return statement;
}

/* Values as they go over the wire: numbers in the network's order, texts as they are. */
struct sent_values {
    const char *bytes[SQL_VALUES_MAX];
    int lengths[SQL_VALUES_MAX];
    int formats[SQL_VALUES_MAX];
    uint64_t numbers[SQL_VALUES_MAX];
};

static void put_value(struct sent_values *sent, size_t at, const struct sql_value *value)
{
    sent->formats[at] = BINARY;
    sent->numbers[at] = htobe64((uint64_t)value->number);
    sent->bytes[at] = value->kind == SQL_INT ? (const char *)&sent->numbers[at] : value->kind == SQL_TEXT ? value->text.bytes
                                                                                                          : NULL;
    sent->lengths[at] = value->kind == SQL_INT ? (int)sizeof sent->numbers[at] : (int)value->text.length;
}

static bool send_values(struct postgres *postgres, const struct statement *statement, const struct sql_value *values, size_t count)
{
    char name[16];
    struct sent_values sent;
    for (size_t i = 0; i < count; i++) put_value(&sent, i, &values[i]);
    name_statement(postgres, statement, name);
    return PQsendQueryPrepared(postgres->connection, name, (int)count, sent.bytes, sent.lengths, sent.formats, BINARY) == 1;
}

/* Queues a statement. What is owed for it is asked for with the next one that is waited for. */
static void queue(struct postgres *postgres, const char *text, const struct sql_value *values, size_t count, struct owed owed)
{
    if (!postgres->connection) {
        sql_stick(&postgres->base, SQL_AWAY, "the database is away");
        return;
    }
    struct statement *statement = statement_for(postgres, text);
    if (statement && send_values(postgres, statement, values, count)) owe(postgres, owed);
    else lose_with_its_words(postgres);
}

/* ---- reading what is owed ---- */

static void read_rows(struct postgres *postgres, PGresult *result)
{
    postgres->rows = result;
    postgres->row = -1;
    if (!str_starts_with(str_of(PQcmdStatus(result)), STR("SELECT"))) postgres->has_changed = true;
}

static void read_change(struct postgres *postgres, const struct owed *owed, PGresult *result)
{
    int64_t changed = 0;
    bool is_counted = str_to_int64(str_of(PQcmdTuples(result)), INT64_MAX, &changed);
    if (owed->rows_expected >= 0 && is_counted && changed != owed->rows_expected) {
        sql_stick(&postgres->base, SQL_COLLISION, "another number of rows changed");
    }
}

/* It answers ROLLBACK when there was nothing left to commit. */
static void read_commit(struct postgres *postgres, PGresult *result)
{
    bool committed = strcmp(PQcmdStatus(result), "COMMIT") == 0 && !postgres->was_warned;
    if (!committed) sql_stick(&postgres->base, SQL_DOUBT, "the commit was answered with a warning: a standby that was not waited for");
}

/* One answer. It keeps rows, and gives back nothing. */
static void read_answer(struct postgres *postgres, const struct owed *owed, PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);
    bool is_fine = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
    if (!is_fine && owed->kind == OWED_PREPARED) owed->statement->is_prepared = false;
    if (status == PGRES_FATAL_ERROR) stick_error(postgres, result);
    if (is_fine && owed->kind == OWED_CHANGE) read_change(postgres, owed, result);
    if (is_fine && owed->kind == OWED_COMMIT) read_commit(postgres, result);
    if (is_fine && owed->kind == OWED_ROWS) read_rows(postgres, result);
    else PQclear(result);
}

static void take_answer(struct postgres *postgres, const struct owed *owed)
{
    PGresult *result = PQgetResult(postgres->connection);
    bool ends_itself = owed->kind == OWED_SYNC;
    if (result) read_answer(postgres, owed, result);
    if (result && !ends_itself) PQclear(PQgetResult(postgres->connection)); /* NULL: the end of this answer */
    if (!result || PQstatus(postgres->connection) == CONNECTION_BAD) lose_with_its_words(postgres);
}

static void take_answers(struct postgres *postgres)
{
    for (size_t i = 0; i < postgres->owed_count; i++) {
        struct owed owed = postgres->owed[i];
        take_answer(postgres, &owed); /* when the connection goes, nothing is owed any more */
    }
    postgres->owed_count = 0;
}

/* Sends the queue, with a full stop, and reads all answers. Without the stop the server would take us for somebody who is about to say
 * more, however long we were silent, and its time-out for a transaction that stands idle would never come. A transaction that was begun
 * goes on behind it. */
static void wait_for(struct postgres *postgres)
{
    if (!postgres->connection || postgres->owed_count == 0) return;
    if (PQpipelineSync(postgres->connection)) {
        owe(postgres, (struct owed){ .kind = OWED_SYNC });
        take_answers(postgres);
    } else {
        lose_with_its_words(postgres);
    }
}

static void settle_now(struct sql *sql) { wait_for(postgres_of(sql)); }

/* ---- statements ---- */

static void save(struct sql *sql, const char *text, const struct sql_value *values, size_t count, int64_t rows_expected)
{
    struct postgres *postgres = postgres_of(sql);
    queue(postgres, text, values, count, (struct owed){ .kind = OWED_CHANGE, .rows_expected = rows_expected });
    postgres->has_changed = true;
    if (!postgres->in_transaction || postgres->owed_count > QUEUE_MAX - 8) wait_for(postgres);
}

static void end(struct sql *sql)
{
    struct postgres *postgres = postgres_of(sql);
    PQclear(postgres->rows);
    postgres->rows = NULL;
}

static void ask(struct sql *sql, const char *text, const struct sql_value *values, size_t count)
{
    struct postgres *postgres = postgres_of(sql);
    INSIST(!postgres->rows);
    queue(postgres, text, values, count, (struct owed){ .kind = OWED_ROWS });
    wait_for(postgres);
    if (sql->trouble != SQL_FINE) end(sql);
}

static bool next(struct sql *sql)
{
    struct postgres *postgres = postgres_of(sql);
    if (!postgres->rows) return false;
    if (++postgres->row < PQntuples(postgres->rows)) return true;
    end(sql);
    return false;
}

/* A number has eight bytes, four when it is a literal of the statement's, one when it is a truth. */
static int64_t number_at(struct sql *sql, int column)
{
    const struct postgres *postgres = postgres_of(sql);
    const char *bytes = PQgetvalue(postgres->rows, postgres->row, column);
    uint64_t eight = 0;
    uint32_t four = 0;
    if (PQgetisnull(postgres->rows, postgres->row, column)) return 0;
    switch (PQgetlength(postgres->rows, postgres->row, column)) {
    case 8: return (int64_t)be64toh(*(uint64_t *)memcpy(&eight, bytes, sizeof eight));
    case 4: return (int32_t)be32toh(*(uint32_t *)memcpy(&four, bytes, sizeof four));
    case 1: return bytes[0];
    default: INSIST(!"a column that is a number"); return 0;
    }
}

static str text_at(struct sql *sql, int column)
{
    const struct postgres *postgres = postgres_of(sql);
    if (PQgetisnull(postgres->rows, postgres->row, column)) return STR_NONE;
    return (str){ PQgetvalue(postgres->rows, postgres->row, column), (size_t)PQgetlength(postgres->rows, postgres->row, column) };
}

/* ---- transactions ---- */

static void begin(struct sql *sql, bool writes)
{
    struct postgres *postgres = postgres_of(sql);
    (void)writes; /* the connection knows */
    postgres->in_transaction = true;
    postgres->has_changed = false;
    queue(postgres, "BEGIN", NULL, 0, (struct owed){ .kind = OWED_CHANGE, .rows_expected = -1 });
}

static bool has_changed(const struct sql *sql) { return postgres_of(sql)->has_changed; }

/* A transaction's snapshot is older than what it collided with: run again within it, a work would see the same and collide for
 * ever. So there is no way back to a savepoint, and none is set. */
static void no_savepoint(struct sql *sql) { (void)sql; }
static bool no_way_back(struct sql *sql)
{
    (void)sql;
    return false;
}

static void rollback(struct sql *sql)
{
    struct postgres *postgres = postgres_of(sql);
    bool left = postgres->in_transaction;
    postgres->in_transaction = false;
    wait_for(postgres);
    end(sql);
    if (!postgres->connection || !left) return;
    sql->trouble = SQL_FINE;
    queue(postgres, "ROLLBACK", NULL, 0, (struct owed){ .kind = OWED_CHANGE, .rows_expected = -1 });
    wait_for(postgres);
}

static void send_commit(struct postgres *postgres)
{
    postgres->committing = true;
    postgres->was_warned = false;
    queue(postgres, "COMMIT", NULL, 0, (struct owed){ .kind = OWED_COMMIT });
    wait_for(postgres);
    postgres->committing = false;
    postgres->in_transaction = false;
}

static enum sql_trouble commit(struct sql *sql)
{
    struct postgres *postgres = postgres_of(sql);
    wait_for(postgres);
    if (sql->trouble == SQL_FINE) {
        crash_point("op.commit_called");
        send_commit(postgres);
        crash_point("op.commit_synced");
    }
    return sql->trouble;
}

/* ---- opening ---- */

static bool reach(struct sql *sql, struct error *error)
{
    struct postgres *postgres = postgres_of(sql);
    if (postgres->connection) lose(postgres, "");
    sql->trouble = SQL_FINE;
    postgres->in_transaction = false;
    postgres->connection = postgres_connect(postgres->url, postgres->name, postgres->read_only, error);
    if (!postgres->connection) return false;
    PQsetNoticeReceiver(postgres->connection, hear_notice, postgres);
    INSIST(PQenterPipelineMode(postgres->connection) == 1);
    return true;
}

static void close_postgres(struct sql *sql)
{
    struct postgres *postgres = postgres_of(sql);
    end(sql);
    PQfinish(postgres->connection);
    secret_wipe(postgres->url, strlen(postgres->url)); /* it may hold a password */
    free(postgres->url);
    free(postgres);
}

static struct sql *open_postgres(const char *url, bool read_only, struct error *error)
{
    struct postgres *postgres = memory_take(sizeof *postgres);
    size_t bytes = strlen(url) + 1;
    postgres->base.driver = &sql_postgres;
    postgres->url = memcpy(memory_take(bytes), url, bytes);
    postgres->read_only = read_only;
    if (reach(&postgres->base, error)) return &postgres->base;
    close_postgres(&postgres->base);
    return NULL;
}

static bool run_script(struct sql *sql, const char *script, struct error *error)
{
    PGconn *connection = postgres_of(sql)->connection;
    if (!connection) return error_set(error, "the database is away");
    INSIST(PQexitPipelineMode(connection) == 1);
    bool ran = postgres_run(connection, script, error);
    if (PQstatus(connection) == CONNECTION_OK) INSIST(PQenterPipelineMode(connection) == 1);
    return ran;
}

/* Texts are compared byte for byte, as SQLite does, whatever language the database sorts by. */
static char *read_schema(const char *schema)
{
    static const char text[] = " TEXT ", by_bytes[] = " TEXT COLLATE \"C\" ";
    size_t count = 0;
    for (const char *at = strstr(schema, text); at; at = strstr(at + 1, text)) count++;
    char *script = memory_take(strlen(schema) + count * sizeof by_bytes + 1), *to = script;
    for (const char *at = strstr(schema, text); at; at = strstr(schema, text)) {
        to = mempcpy(to, schema, (size_t)(at - schema));
        to = mempcpy(to, by_bytes, sizeof by_bytes - 1);
        schema = at + sizeof text - 1;
    }
    memcpy(to, schema, strlen(schema) + 1);
    return script;
}

static void bear(struct sql *sql, const char *name)
{
    struct postgres *postgres = postgres_of(sql);
    snprintf(postgres->name, sizeof postgres->name, "%s", name);
    ask(sql, "SELECT set_config('application_name', $1, false)", (struct sql_value[]){ sql_of_text(str_of(name)) }, 1);
    end(sql);
}

/* ---- the driver ---- */

#define RANDOM_NAME "replace(gen_random_uuid()::text, '-', '')"

static const char *const schemes[] = { "postgres://", "postgresql://", NULL };

const struct sql_driver sql_postgres = {
    .dialect = { .name = "PostgreSQL",
                 .has_tables = "SELECT 1 FROM pg_class WHERE oid = to_regclass('meta') AND relkind IN ('r', 'p')",
                 .has_others = "SELECT 1 FROM pg_class c WHERE relnamespace = current_schema()::regnamespace AND NOT EXISTS "
                               "(SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')",
                 .random_name = RANDOM_NAME,
                 .ask_random_name = "SELECT " RANDOM_NAME,
                 .connections_named = "SELECT 1 FROM pg_stat_activity WHERE application_name = $1",
                 .end_connections_named = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                                          "WHERE application_name = $1 AND usename = current_user" },
    .schemes = schemes,
    .open = open_postgres,
    .close = close_postgres,
    .run_script = run_script,
    .read_schema = read_schema,
    .begin = begin,
    .savepoint = no_savepoint,
    .release = no_savepoint,
    .rollback_to = no_way_back,
    .has_changed = has_changed,
    .commit = commit,
    .rollback = rollback,
    .reach = reach,
    .bear = bear,
    .save = save,
    .settle = settle_now,
    .ask = ask,
    .next = next,
    .end = end,
    .number_at = number_at,
    .text_at = text_at,
};
