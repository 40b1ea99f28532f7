/* SPDX-License-Identifier: Apache-2.0 */
/* money: whole minor units of one currency (ISO 4217). Checked; never rounded; no floating point anywhere. */
#ifndef FLORIN_DOMAIN_MONEY_H
#define FLORIN_DOMAIN_MONEY_H

#include "base/str.h"

/* The largest amount that any payment may have: fits every processor's limits and leaves room to add up a million of them. */
#define MONEY_MINOR_MAX INT64_C(999999999999)

/* Three capital letters of ISO 4217, terminated; all zero is none. */
typedef struct currency {
    char code[4];
} currency;

typedef struct money {
    int64_t minor; /* cents for USD */
    currency currency;
} money;

/* The currency of that code: exactly three capital letters that stand in ISO 4217's list of active currencies
 * (no funds, metals or test codes). */
bool currency_named(str code, currency *out) MUST_CHECK;
bool currency_equal(currency a, currency b);
str currency_str(const currency *c);

/* Decimal places of its minor unit by ISO 4217: 2 for USD, 0 for JPY, 3 for KWD. */
int currency_decimals(currency c);

money money_of(int64_t minor, currency c);
bool money_same_currency(money a, money b);
bool money_equal(money a, money b);

/* 1 to MONEY_MINOR_MAX. */
bool money_is_payable(money amount);

/* a + b, a - b: false when the currencies differ or the result leaves 0 to MONEY_MINOR_MAX. */
bool money_add(money a, money b, money *sum) MUST_CHECK;
bool money_subtract(money a, money b, money *difference) MUST_CHECK;

#endif
