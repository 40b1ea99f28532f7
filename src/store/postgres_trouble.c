/* SPDX-License-Identifier: Apache-2.0 */
/* postgres_trouble: a table of SQLSTATEs and their classes (PostgreSQL's manual, appendix A). */
#include "store/postgres_trouble.h"

#include "base/str.h"

/* clang-format off */
static const struct meaning {
    const char *beginning;
    enum sql_trouble trouble;
} meanings[] = {
    { "08",    SQL_AWAY },      /* the connection */
    { "23",    SQL_COLLISION }, /* a constraint: somebody's row is there already */
    { "25006", SQL_AWAY },      /* read only: it was demoted, and somebody else is the primary now */
    { "25P03", SQL_AWAY },      /* idle in transaction for too long: we were stopped, and are no longer wanted */
    { "40001", SQL_COLLISION }, /* serialization */
    { "40P01", SQL_COLLISION }, /* deadlock */
    { "53",    SQL_FULL },      /* 53100 disk, 53200 memory */
    { "55P03", SQL_COLLISION }, /* lock_timeout: somebody holds the row for long */
    { "57014", SQL_COLLISION }, /* an operator cancelled the statement */
    { "57P",   SQL_AWAY },      /* it shuts down, crashed, or cannot take connections now */
};
/* clang-format on */

enum sql_trouble postgres_trouble_of(const char *state)
{
    if (!state) return SQL_AWAY;
    for (size_t i = 0; i < COUNT_OF(meanings); i++) {
        if (str_starts_with(str_of(state), str_of(meanings[i].beginning))) return meanings[i].trouble;
    }
    return SQL_BROKEN;
}

/* Only what is checked before the transaction is written counts as certain. */
enum sql_trouble postgres_trouble_of_commit(const char *state)
{
    bool was_checked = state && (str_starts_with(str_of(state), STR("23")) || str_starts_with(str_of(state), STR("40")));
    return was_checked && postgres_trouble_of(state) == SQL_COLLISION ? SQL_COLLISION : SQL_DOUBT;
}
