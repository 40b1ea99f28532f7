/* SPDX-License-Identifier: Apache-2.0 */
/* store_open: opening and closing. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "store/store_internal.h"

str store_url_path(str url) { return str_starts_with(url, STR("sqlite:")) ? str_from(url, 7) : STR_NONE; }

bool store_is_on_server(str url)
{
    const struct sql_dialect *dialect = sql_dialect_named(url);
    return dialect && !dialect->is_file;
}

bool store_say_urls(struct error *error) { return error_set(error, "a store is written sqlite:PATH or postgres://USER@HOST/DATABASE"); }

bool store_unreadable(const struct store *store, struct error *error)
{
    bool is_fine = sql_trouble_of(store->sql) == SQL_FINE;
    return error_set(error, "the store cannot be read: %s", is_fine ? "what it says of itself is damaged" : sql_words(store->sql));
}

bool store_was_read(const struct store *store, struct error *error)
{
    return sql_trouble_of(store->sql) == SQL_FINE || store_unreadable(store, error);
}

static bool open_into(struct store *store, const char *url, enum store_mode mode, str node, struct error *error)
{
    bool takes_file = mode != STORE_READS && store->path[0];
    if (takes_file && !store_hold(store->path, &store->hold, error)) return false;
    store->sql = sql_open(url, mode == STORE_READS, error);
    if (!store->sql || !schema_prepare(store, mode, error)) return false;
    if (takes_file) reserve_take(store->path);
    return mode == STORE_READS || takes_file || lease_take(store, node, error);
}

bool store_is_empty(const char *path)
{
    char url[STORE_URL_BYTES];
    struct error error;
    if (access(path, F_OK) != 0) return errno == ENOENT;
    snprintf(url, sizeof url, "sqlite:%s", path);
    struct sql *sql = sql_open(url, true, &error);
    bool empty = sql && !tables_exist(sql) && sql_trouble_of(sql) == SQL_FINE;
    sql_close(sql);
    return empty;
}

/* An address that can be used: of a database that we know, with a path where that is a file. */
static bool read_url(struct store *store, str url, char out[STORE_URL_BYTES])
{
    const struct sql_dialect *dialect = sql_dialect_named(url);
    if (!dialect || !str_copy_to(url, out, STORE_URL_BYTES)) return false;
    return !dialect->is_file || (str_copy_to(store_url_path(url), store->path, sizeof store->path) && store->path[0]);
}

struct store *store_open_as(str url, enum store_mode mode, str node, struct error *error)
{
    char text[STORE_URL_BYTES];
    struct store *store = memory_take(sizeof *store);
    store->hold = (struct store_hold){ -1, -1 };
    if (!read_url(store, url, text)) store_say_urls(error);
    else if (open_into(store, text, mode, node, error)) return store;
    store_close(store);
    return NULL;
}

struct store *store_open(str url, enum store_mode mode, struct error *error) { return store_open_as(url, mode, STR("alone"), error); }

struct store *store_open_node(str url, str node, struct error *error) { return store_open_as(url, STORE_WRITES, node, error); }

struct store *store_open_beside(const struct store *first, str url, int number, struct error *error)
{
    char text[STORE_URL_BYTES];
    struct store *store = memory_take(sizeof *store);
    INSIST(first->lease && number > 0 && number < STORE_CONNECTIONS_MAX);
    store->hold = (struct store_hold){ -1, -1 };
    store->connection = number;
    bool usable = read_url(store, url, text);
    INSIST(usable);
    store->sql = sql_open(text, false, error);
    if (store->sql) {
        lease_share(store, first);
        return store;
    }
    store_close(store);
    return NULL;
}

void store_close(struct store *store)
{
    if (!store) return;
    keeper_close(store->keeper);
    sql_close(store->sql);
    store_release(&store->hold);
    free(store->lease);
    free(store);
}
