/* SPDX-License-Identifier: Apache-2.0 */
/* store_risk: tries, one row a payment, and how many there were of somebody. Rows are only added and marked, never shared, so that no two
 * transactions wait for each other. */
#include "store/store_internal.h"

void store_save_new_try(struct store *store, str merchant, const struct try_record *record)
{
    struct sql_value values[] = {
        TEXT(merchant),
        TEXT(record->payment_id),
        INT(record->at),
        INT(record->failed),
        TEXT(record->subjects[RISK_CARD]),
        TEXT(record->subjects[RISK_BIN]),
        TEXT(record->subjects[RISK_EMAIL]),
        TEXT(record->subjects[RISK_CUSTOMER]),
        TEXT(record->subjects[RISK_IP]),
    };
    sql_save(store->sql,
             "INSERT INTO risk_try (merchant_id, payment_id, at, failed, card, bin, email, customer, ip) "
             "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
             values, COUNT_OF(values), 1);
}

void store_save_failed_try(struct store *store, str merchant, str payment_id)
{
    sql_save(store->sql, "UPDATE risk_try SET failed = 1 WHERE merchant_id = $1 AND payment_id = $2",
             (struct sql_value[]){ TEXT(merchant), TEXT(payment_id) }, 2, -1);
}

#define FAILURES_BY(column)                                                                                             \
    "SELECT count(*) FROM (SELECT 1 FROM risk_try WHERE merchant_id = $1 AND " column " = $2 AND failed = 1 AND at > $3 " \
    "LIMIT $4) AS counted"
#define TRIES_BY(column)                                                                                                \
    "SELECT count(*) FROM (SELECT 1 FROM risk_try WHERE merchant_id = $1 AND " column " = $2 AND failed IN (0, 1) AND at > $3 " \
    "LIMIT $4) AS counted"

/* clang-format off */
static const char *const questions[RISK_SUBJECT_COUNT][RISK_COUNTED_COUNT] = {
    [RISK_CARD]     = { [RISK_TRIES] = TRIES_BY("card"),     [RISK_FAILURES] = FAILURES_BY("card")     },
    [RISK_BIN]      = { [RISK_TRIES] = TRIES_BY("bin"),      [RISK_FAILURES] = FAILURES_BY("bin")      },
    [RISK_EMAIL]    = { [RISK_TRIES] = TRIES_BY("email"),    [RISK_FAILURES] = FAILURES_BY("email")    },
    [RISK_CUSTOMER] = { [RISK_TRIES] = TRIES_BY("customer"), [RISK_FAILURES] = FAILURES_BY("customer") },
    [RISK_IP]       = { [RISK_TRIES] = TRIES_BY("ip"),       [RISK_FAILURES] = FAILURES_BY("ip")       },
};
/* clang-format on */

int64_t store_count_tries(struct store *store, str merchant, enum risk_counted counted, enum risk_subject by, str subject, micros after, int64_t most)
{
    sql_ask(store->sql, questions[by][counted], (struct sql_value[]){ TEXT(merchant), TEXT(subject), INT(after), INT(most) }, 4);
    int64_t count = sql_next(store->sql) ? sql_int(store->sql, 0) : 0;
    sql_end(store->sql);
    return count;
}

/* Ids are in the order of time, and the key of the table. */
void store_drop_tries(struct store *store, str merchant, str before, int64_t limit)
{
    sql_save(store->sql,
             "DELETE FROM risk_try WHERE merchant_id = $1 AND payment_id IN (SELECT t.payment_id FROM risk_try t "
             "WHERE t.merchant_id = $1 AND t.payment_id < $2 ORDER BY t.payment_id LIMIT $3)",
             (struct sql_value[]){ TEXT(merchant), TEXT(before), INT(limit) }, 3, -1);
}
