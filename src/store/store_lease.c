/* SPDX-License-Identifier: Apache-2.0 */
/* store_lease: who writes to a database on a server, and what became of a commit whose answer was lost. Each gateway there is a node
 * with a row of its own, and rows of meta for its connections:
 *
 *     node                   shop-1   epoch 3   life 4fb1...90   "process 4711 on shop-1"
 *     meta commits.shop-1.0  4fb1...90 1093     its first writing connection has committed 1093 times in this life
 *     meta commits.shop-1.1  4fb1...90 988      ...
 *
 * Every commit moves its connection's row on from the number that was there: the fence. Whoever begins a new life of the node, or
 * takes its work over, writes all of these rows: who lived before finds his changed, whatever he believed, and none of his commits
 * comes through any more. No clock has a say in it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "store/store_internal.h"

enum {
    PAUSE_LEAST_MS = 50,
    PAUSE_MOST_MS = 2000,  /* while the database is away */
    TAKE_TRIES_MAX = 60,   /* three seconds: the connections of a gateway that was killed end sooner */
    VALUE_BYTES = STORE_ID_BYTES + 24,
    ROW_BYTES = NODE_NAME_BYTES + 16,
};

struct store_lease {
    struct node_life life;
    char name[STORE_ID_BYTES]; /* of this life: nobody had it before */
    char row[ROW_BYTES];       /* this connection's */
};

void store_pause(micros span)
{
    struct timespec time = { span / MICROS_PER_SECOND, (long)(span % MICROS_PER_SECOND) * 1000 };
    nanosleep(&time, NULL);
}

/* ---- reaching ---- */

void store_reach(struct store *store)
{
    struct error error = { "" };
    int64_t pause = PAUSE_LEAST_MS;
    if (!sql_reach(store->sql, &error)) {
        store->is_away = true;
        log_error("the database is away; trying again until it is back", LOG_TEXT("problem", str_of(error.text)));
        do {
            store_pause(pause * MICROS_PER_MS);
            if (pause < PAUSE_MOST_MS) pause *= 2;
        } while (!sql_reach(store->sql, &error));
    }
    store->is_away = false;
    log_info("connected to the database anew", LOG_NUMBER("connection", store->connection));
}

bool store_is_away(const struct store *store) { return store->is_away; }

/* ---- a new life ---- */

static void commits_row(const char *node, int connection, char row[ROW_BYTES]) { snprintf(row, ROW_BYTES, "commits.%s.%d", node, connection); }

static void commits_value(const struct store_lease *lease, int64_t commits, char value[VALUE_BYTES])
{
    snprintf(value, VALUE_BYTES, "%s %lld", lease->name, (long long)commits);
}

/* So that another life's rows say whose doing it is, and where this one's own begin. */
void lease_fence(struct store *store, const char *node)
{
    char row[ROW_BYTES], value[VALUE_BYTES];
    commits_value(store->lease, 0, value);
    for (int i = 0; i < STORE_CONNECTIONS_MAX; i++) {
        commits_row(node, i, row);
        store_save_meta(store, str_of(row), str_of(value));
    }
}

static bool make_name(struct store *store, char name[STORE_ID_BYTES])
{
    sql_ask(store->sql, sql_dialect_of(store->sql)->ask_random_name, NULL, 0);
    bool made = sql_next(store->sql);
    if (made) sql_text_to(store->sql, 0, name, STORE_ID_BYTES);
    sql_end(store->sql);
    return made;
}

static bool is_connected(struct store *store, str name)
{
    sql_ask(store->sql, sql_dialect_of(store->sql)->connections_named, (struct sql_value[]){ TEXT(name) }, 1);
    bool connected = sql_next(store->sql);
    sql_end(store->sql);
    return connected;
}

/* The life before ours, by the node's row. */
struct former {
    int64_t epoch; /* 0: there was none */
    str life, holder;
};

static struct former load_former(struct store *store, struct arena *arena)
{
    struct former former = { .life = STR(""), .holder = STR("") };
    sql_ask(store->sql, "SELECT epoch, life, holder FROM node WHERE node = $1", (struct sql_value[]){ TEXT(store_node(store)) }, 1);
    if (sql_next(store->sql)) {
        former.epoch = sql_int(store->sql, 0);
        former.life = sql_text(store->sql, 1, arena);
        former.holder = sql_text(store->sql, 2, arena);
    }
    sql_end(store->sql);
    return former;
}

static void save_life(struct store *store, const struct former *former)
{
    char holder[HOLDER_BYTES];
    struct store_lease *lease = store->lease;
    store_holder_words(holder);
    lease->life.epoch = former->epoch + 1;
    struct sql_value values[] = { TEXT(store_node(store)), INT(lease->life.epoch), TEXT(str_of(lease->name)), TEXT(str_of(holder)),
                                  INT(former->epoch) };
    if (former->epoch > 0) sql_save(store->sql, "UPDATE node SET epoch = $2, life = $3, holder = $4 WHERE node = $1 AND epoch = $5", values, 5, 1);
    else sql_save(store->sql, "INSERT INTO node (node, epoch, beats, life, holder) VALUES ($1, $2, 0, $3, $4)", values, 4, 1);
}

/* A collision: somebody else was faster. */
static enum sql_trouble begin_life(struct store *store, const struct former *former)
{
    sql_begin(store->sql, true);
    save_life(store, former);
    lease_fence(store, store->lease->life.node);
    return sql_commit(store->sql);
}

enum taking { TAKEN, TAKE_AGAIN, NOT_TAKEN };

static enum taking try_to_take(struct store *store, struct error *error)
{
    struct arena arena = { 0 };
    struct former former = load_former(store, &arena);
    bool lives = former.life.length > 0 && is_connected(store, former.life);
    if (lives) {
        error_set(error, "another gateway, %.*s, is node %s of this database: each needs a name of its own", STR_FORMAT(former.holder),
                  store->lease->life.node);
    }
    enum sql_trouble trouble = sql_trouble_of(store->sql);
    if (!lives && trouble == SQL_FINE) trouble = begin_life(store, &former);
    else sql_rollback(store->sql); /* fine again for the next try */
    arena_close(&arena);
    if (lives || trouble == SQL_COLLISION) return TAKE_AGAIN;
    if (trouble == SQL_FINE) return TAKEN;
    error_set(error, "node %s cannot be taken: %s", store->lease->life.node, sql_words(store->sql));
    return NOT_TAKEN;
}

static bool is_node_name(str name)
{
    for (size_t i = 0; i < name.length; i++) {
        char c = name.bytes[i];
        bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
        if (!fits) return false;
    }
    return name.length > 0 && name.length < NODE_NAME_BYTES;
}

static struct store_lease *new_lease(const char *node, int connection)
{
    struct store_lease *lease = memory_take(sizeof *lease);
    snprintf(lease->life.node, sizeof lease->life.node, "%s", node);
    commits_row(node, connection, lease->row);
    return lease;
}

bool lease_take(struct store *store, str node, struct error *error)
{
    char name[NODE_NAME_BYTES];
    enum taking taking = TAKE_AGAIN;
    if (!is_node_name(node) || !str_copy_to(node, name, sizeof name)) {
        return error_set(error, "the name of a node is 1 to %d letters, digits, dots, dashes and underscores", NODE_NAME_BYTES - 1);
    }
    store->lease = new_lease(name, store->connection);
    if (!make_name(store, store->lease->name)) return store_unreadable(store, error);
    sql_bear(store->sql, store->lease->name);
    error_set(error, "node %s of the database is being taken by others", name);
    for (int tries = 0; taking == TAKE_AGAIN && tries < TAKE_TRIES_MAX; tries++) {
        if (tries > 0) store_pause((tries < 5 ? 10 : PAUSE_LEAST_MS) * MICROS_PER_MS); /* one that has just ended is gone in a moment */
        taking = try_to_take(store, error);
    }
    return taking == TAKEN;
}

void lease_share(struct store *store, const struct store *first)
{
    store->lease = new_lease(first->lease->life.node, store->connection);
    store->lease->life.epoch = first->lease->life.epoch;
    memcpy(store->lease->name, first->lease->name, sizeof store->lease->name);
    sql_bear(store->sql, store->lease->name);
}

struct node_life store_life(const struct store *store) { return store->lease ? store->lease->life : (struct node_life){ "", 0 }; }

str store_node(const struct store *store) { return store->lease ? str_of(store->lease->life.node) : STR(""); }

/* ---- every commit ---- */

void lease_number_commit(struct store *store)
{
    char before[VALUE_BYTES], after[VALUE_BYTES];
    commits_value(store->lease, store->commits, before);
    commits_value(store->lease, store->commits + 1, after);
    sql_save(store->sql, "UPDATE meta SET value = $1 WHERE name = $2 AND value = $3",
             (struct sql_value[]){ TEXT(str_of(after)), TEXT(str_of(store->lease->row)), TEXT(str_of(before)) }, 3, 1);
}

/* Writes the row without changing it. That waits for a transaction of ours that may still be running there, so that its fate is
 * decided; and when this commit is durable, with a standby where one is waited for, all that is seen in it is, too. */
static bool ask_for_good(struct store *store, char found[VALUE_BYTES])
{
    found[0] = 0;
    store_reach(store);
    sql_begin(store->sql, true);
    sql_ask(store->sql, "UPDATE meta SET value = value WHERE name = $1 RETURNING value",
            (struct sql_value[]){ TEXT(str_of(store->lease->row)) }, 1);
    if (sql_next(store->sql)) sql_text_to(store->sql, 0, found, VALUE_BYTES);
    sql_end(store->sql);
    return sql_commit(store->sql) == SQL_FINE;
}

bool lease_kept_commit(struct store *store)
{
    char found[VALUE_BYTES], before[VALUE_BYTES], after[VALUE_BYTES];
    log_warn("a commit was not answered; asking the database what became of it", LOG_TEXT("problem", str_of(sql_words(store->sql))));
    commits_value(store->lease, store->commits, before);
    commits_value(store->lease, store->commits + 1, after);
    while (!ask_for_good(store, found)) store_pause(PAUSE_LEAST_MS * MICROS_PER_MS);
    bool kept = str_equal(str_of(found), str_of(after));
    if (!kept && !str_equal(str_of(found), str_of(before))) store_stop(store, store_taken_over);
    log_info(kept ? "the commit was kept" : "the commit was not kept; it is done again", LOG_NUMBER("connection", store->connection));
    return kept;
}

bool lease_is_ours(struct store *store)
{
    struct arena arena = { 0 };
    struct former row = load_former(store, &arena);
    bool is_ours = str_equal(row.life, str_of(store->lease->name));
    bool was_told = sql_trouble_of(store->sql) == SQL_FINE;
    arena_close(&arena);
    return is_ours || !was_told;
}
