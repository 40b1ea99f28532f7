/* SPDX-License-Identifier: Apache-2.0 */
/* What is kept and told of where a store has moved to: never a password, however libpq takes it. And what does not
 * move. */
#include "base/base_testing.h"

#include <stdio.h>

#include "base/text.h"
#include "store/migration_internal.h"
#include "store/shelf.h"

static const struct address {
    const char *url, *told;
} addresses[] = {
    { "postgres://florin@db-1/florin", "postgres://florin@db-1/florin" },
    { "postgres://florin:secret@db-1:5433/florin", "postgres://florin@db-1:5433/florin" },
    { "postgresql://florin:se:cr:et@one,two/florin?sslmode=verify-full", "postgresql://florin@one,two/florin" },
    { "postgres://florin:sec?ret@db-1/florin", "postgres://florin@db-1/florin" },
    { "postgres://florin:sec%40ret@[::1]:5432/florin", "postgres://florin@[::1]:5432/florin" },
    { "postgres://:secret@db-1/florin", "postgres://@db-1/florin" },
    { "postgres://db-1/florin?user=florin&password=secret@", "postgres://db-1/florin" },
    { "postgres://db-1?password=secret", "postgres://db-1" },
    { "postgres:///florin?host=/run/postgresql&password=secret", "postgres:///florin" },
    { "postgres://", "postgres://" },
};

static void test_an_address_is_told_without_a_password(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(addresses); i++) {
        struct arena arena = { 0 };
        str told = migration_address_of(&arena, str_of(addresses[i].url));
        assert_string_equal(arena_copy(&arena, told).bytes, addresses[i].told);
        arena_close(&arena);
    }
}

/* ---- ways ---- */

static void test_a_store_moves_from_a_file_to_a_server_and_no_other_way(void **state)
{
    char too_long[STORE_URL_BYTES + 16];
    struct shelf *shelf = *state;
    snprintf(too_long, sizeof too_long, "sqlite:%0*d", STORE_PATH_BYTES, 0);
    const char *const ways[][2] = {
        { "sqlite:", "postgres://florin@db-1/florin" }, { "postgres://florin@db-1/florin", "postgres://florin@db-1/florin" },
        { too_long, "postgres://florin@db-1/florin" },  { shelf->url, shelf->url },
        { shelf->url, "mysql://florin@db-1/florin" },
    };
    for (size_t i = 0; i < COUNT_OF(ways); i++) {
        struct error error = { "" };
        assert_row(!migration_open(str_of(ways[i][0]), str_of(ways[i][1]), STR("alone"), &error), i);
        assert_row(str_contains(str_of(error.text), STR("moves from sqlite:PATH to postgres://USER@HOST/DATABASE")), i);
    }
}

/* ---- tables ---- */

static const struct odd_table {
    const char *statement, *refusal; /* NULL: it is the house's own, and stays */
} odd_tables[] = {
    { "CREATE TABLE odd (number BIGINT, merchant_id TEXT)", NULL },
    { "CREATE TABLE odd (merchant_id TEXT, number BIGINT)", "the table odd does not begin with its primary key" },
    { "CREATE TABLE odd (merchant_id TEXT, number BIGINT, PRIMARY KEY (number, merchant_id))", "the table odd does not begin with" },
    { "CREATE TABLE odd (merchant_id TEXT, two BIGINT, one BIGINT, PRIMARY KEY (one, two))", "the table odd does not begin with" },
    { "CREATE TABLE odd (merchant_id TEXT, b, c, d, e, f, g, h, i, PRIMARY KEY (merchant_id, b, c, d, e, f, g, h, i))", "the table odd does not" },
};

/* The tables that move, or -1 and *error. */
static int tables_that_move(struct shelf *shelf, struct error *error)
{
    struct arena arena = { 0 };
    struct migration_table tables[MIGRATION_TABLES_MAX];
    size_t count = 0;
    shelf_reopen(shelf);
    bool loaded = tables_load(shelf->store, &arena, tables, &count, error);
    store_close(shelf->store);
    shelf->store = NULL;
    arena_close(&arena);
    return loaded ? (int)count : -1;
}

static void test_a_table_that_cannot_be_copied_in_order_is_refused(void **state)
{
    struct shelf *shelf = *state;
    struct error error = { "" };
    int ours = tables_that_move(shelf, &error);
    for (size_t i = 0; i < COUNT_OF(odd_tables); i++) {
        const char *refusal = odd_tables[i].refusal;
        shelf_tamper(shelf, odd_tables[i].statement);
        assert_row(tables_that_move(shelf, &error) == (refusal ? -1 : ours), i);
        assert_row(!refusal || str_contains(str_of(error.text), str_of(refusal)), i);
        shelf_tamper(shelf, "DROP TABLE odd");
    }
}

/* One more than there is room for, of columns and of tables. */
static void test_more_than_there_is_room_for_is_refused(void **state)
{
    char statement[80];
    struct shelf *shelf = *state;
    struct error error = { "" };
    struct text wide = text_open(&shelf->arena, 1024);
    int ours = tables_that_move(shelf, &error);
    text_put(&wide, STR("CREATE TABLE odd (merchant_id TEXT PRIMARY KEY"));
    for (int i = 1; i <= SQL_VALUES_MAX; i++) text_put_format(&wide, ", column_%d", i);
    text_put_format(&wide, ")%c", 0);
    shelf_tamper(shelf, wide.bytes);
    assert_int_equal(tables_that_move(shelf, &error), -1);
    assert_string_equal(error.text, "the table odd has more than 48 columns");
    shelf_tamper(shelf, "DROP TABLE odd");
    for (int i = ours; i <= MIGRATION_TABLES_MAX; i++) {
        snprintf(statement, sizeof statement, "CREATE TABLE odd_%d (merchant_id TEXT PRIMARY KEY)", i);
        shelf_tamper(shelf, statement);
    }
    assert_int_equal(tables_that_move(shelf, &error), -1);
    assert_string_equal(error.text, "the store has more than 32 tables of merchants");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_address_is_told_without_a_password),
        shelf_test(test_a_store_moves_from_a_file_to_a_server_and_no_other_way),
        shelf_test(test_a_table_that_cannot_be_copied_in_order_is_refused),
        shelf_test(test_more_than_there_is_room_for_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
