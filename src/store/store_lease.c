/* SPDX-License-Identifier: Apache-2.0 */
/* store_lease: which gateway writes to a database on a server, and what became of a commit whose answer was lost. Rows of meta:
 *
 *     gateway     4fb1...90 process 4711 on shop-1      whose lease it is: a name that nobody had before, and words for people
 *     commits.0   4fb1...90 1093                        its first writing connection has committed 1093 times
 *     commits.1   4fb1...90 988                         ...
 *
 * Every commit moves its connection's row on from the number that was there. A gateway that takes the lease writes all of these
 * rows: who had it before finds his changed, whatever he believed, and none of his commits comes through any more. Whether he is
 * gone is asked by his name: no connection bears it. No clock has a say in it. */
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
    VALUE_BYTES = 240,
};

struct store_lease {
    char name[STORE_ID_BYTES];
    char row[24]; /* this connection's */
};

static void pause_ms(int64_t ms)
{
    struct timespec time = { ms / 1000, (long)(ms % 1000) * 1000000 };
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
            pause_ms(pause);
            if (pause < PAUSE_MOST_MS) pause *= 2;
        } while (!sql_reach(store->sql, &error));
    }
    store->is_away = false;
    log_info("connected to the database anew", LOG_NUMBER("connection", store->connection));
}

bool store_is_away(const struct store *store) { return store->is_away; }

/* ---- taking ---- */

static void commits_row(int connection, char row[24]) { snprintf(row, 24, "commits.%d", connection); }

static void commits_value(const struct store_lease *lease, int64_t commits, char value[VALUE_BYTES])
{
    snprintf(value, VALUE_BYTES, "%s %lld", lease->name, (long long)commits);
}

static struct store_lease *new_lease(int connection)
{
    struct store_lease *lease = memory_take(sizeof *lease);
    commits_row(connection, lease->row);
    return lease;
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

static void save_lease(struct store *store, str held, str value)
{
    struct sql_value values[] = { TEXT(value), TEXT(held) };
    if (held.bytes) sql_save(store->sql, "UPDATE meta SET value = $1 WHERE name = 'gateway' AND value = $2", values, 2, 1);
    else sql_save(store->sql, "INSERT INTO meta (name, value) VALUES ('gateway', $1)", values, 1, 1);
}

/* From `held` (none: nobody ever had it) to us. A collision: somebody else was faster. */
static enum sql_trouble write_lease(struct store *store, str held)
{
    char holder[HOLDER_BYTES], value[VALUE_BYTES], row[24];
    store_holder_words(holder);
    snprintf(value, sizeof value, "%s %s", store->lease->name, holder);
    sql_begin(store->sql, true);
    save_lease(store, held, str_of(value));
    commits_value(store->lease, 0, value);
    for (int i = 0; i < STORE_CONNECTIONS_MAX; i++) {
        commits_row(i, row);
        store_save_meta(store, str_of(row), str_of(value));
    }
    return sql_commit(store->sql);
}

enum taking { TAKEN, TAKE_AGAIN, NOT_TAKEN };

static enum taking try_to_take(struct store *store, struct error *error)
{
    struct arena arena = { 0 };
    str words, held = store_load_meta(store, &arena, STR("gateway"));
    str name = str_cut(held, ' ', &words);
    bool is_held = held.bytes && is_connected(store, name);
    if (is_held) error_set(error, "the database is held by another gateway: %.*s", STR_FORMAT(words));
    enum sql_trouble trouble = sql_trouble_of(store->sql);
    if (!is_held && trouble == SQL_FINE) trouble = write_lease(store, held);
    arena_close(&arena);
    if (is_held || trouble == SQL_COLLISION) return TAKE_AGAIN;
    if (trouble == SQL_FINE) return TAKEN;
    store_unreadable(store, error);
    return NOT_TAKEN;
}

bool lease_take(struct store *store, struct error *error)
{
    enum taking taking = TAKE_AGAIN;
    store->lease = new_lease(store->connection);
    if (!make_name(store, store->lease->name)) return store_unreadable(store, error);
    sql_bear(store->sql, store->lease->name);
    error_set(error, "the database is being taken by other gateways");
    for (int tries = 0; taking == TAKE_AGAIN && tries < TAKE_TRIES_MAX; tries++) {
        if (tries > 0) pause_ms(tries < 5 ? 10 : PAUSE_LEAST_MS); /* one that has just ended is gone in a moment */
        taking = try_to_take(store, error);
    }
    return taking == TAKEN;
}

void lease_share(struct store *store, const struct store *first)
{
    store->lease = new_lease(store->connection);
    memcpy(store->lease->name, first->lease->name, sizeof store->lease->name);
    sql_bear(store->sql, store->lease->name);
}

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
    while (!ask_for_good(store, found)) pause_ms(PAUSE_LEAST_MS);
    bool kept = str_equal(str_of(found), str_of(after));
    if (!kept && !str_equal(str_of(found), str_of(before))) store_stop(store, "another gateway has taken this store over; stopping");
    log_info(kept ? "the commit was kept" : "the commit was not kept; it is done again", LOG_NUMBER("connection", store->connection));
    return kept;
}

bool lease_is_ours(struct store *store)
{
    struct arena arena = { 0 };
    str held = store_load_meta(store, &arena, STR("gateway"));
    bool is_ours = !held.bytes || str_starts_with(held, str_of(store->lease->name));
    bool was_told = sql_trouble_of(store->sql) == SQL_FINE;
    sql_rollback(store->sql);
    arena_close(&arena);
    return is_ours || !was_told;
}
