/* SPDX-License-Identifier: Apache-2.0 */
/* What PostgreSQL's error codes are worth, before COMMIT and in answer to it. */
#include "base/base_testing.h"

#include "store/postgres_trouble.h"

/* clang-format off */
static const struct {
    const char *state;
    enum sql_trouble before, commit;
} rows[] = {
    { NULL,    SQL_AWAY,      SQL_DOUBT },     /* the connection broke without a word */
    { "08006", SQL_AWAY,      SQL_DOUBT },
    { "57P01", SQL_AWAY,      SQL_DOUBT },     /* an operator ended the connection */
    { "57P02", SQL_AWAY,      SQL_DOUBT },     /* another one crashed */
    { "57P03", SQL_AWAY,      SQL_DOUBT },     /* it starts up, or goes down */
    { "25006", SQL_AWAY,      SQL_DOUBT },     /* it is no longer the primary */
    { "25P03", SQL_AWAY,      SQL_DOUBT },     /* idle in transaction */
    { "23505", SQL_COLLISION, SQL_COLLISION }, /* unique */
    { "40001", SQL_COLLISION, SQL_COLLISION }, /* serialization */
    { "40P01", SQL_COLLISION, SQL_COLLISION }, /* deadlock */
    { "40003", SQL_BROKEN,    SQL_DOUBT },     /* says itself that it does not know */
    { "55P03", SQL_COLLISION, SQL_DOUBT },
    { "57014", SQL_COLLISION, SQL_DOUBT },
    { "53100", SQL_FULL,      SQL_DOUBT },     /* in answer to COMMIT it is not certain any more */
    { "53200", SQL_FULL,      SQL_DOUBT },
    { "42601", SQL_BROKEN,    SQL_DOUBT },     /* syntax */
    { "XX001", SQL_BROKEN,    SQL_DOUBT },     /* a damaged page */
};
/* clang-format on */

static void every_code_has_its_worth(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_row(postgres_trouble_of(rows[i].state) == rows[i].before, i);
        assert_row(postgres_trouble_of_commit(rows[i].state) == rows[i].commit, i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_has_its_worth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
