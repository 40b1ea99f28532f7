/* SPDX-License-Identifier: Apache-2.0 */
/* What is kept and told of where a store has moved to: never a password, however libpq takes it. */
#include "base/base_testing.h"

#include "store/migration_internal.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_an_address_is_told_without_a_password) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
