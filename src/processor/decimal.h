/* SPDX-License-Identifier: Apache-2.0 */
/* decimal: amounts as some processors write them, decimals in major units. Digits only, no floating point. */
#ifndef FLORIN_PROCESSOR_DECIMAL_H
#define FLORIN_PROCESSOR_DECIMAL_H

#include "base/json.h"
#include "domain/money.h"

/* With all decimals of the currency: "10.50", "7" of JPY. It is a JSON number as well. */
str decimal_of(struct arena *arena, money amount);

/* The minor units of a decimal that the currency can have; more decimals than it has must be zeros. False: a sign, an exponent, anything
 * else. */
bool decimal_minor(str text, currency c, int64_t *minor) MUST_CHECK;

/* Is this number, or this text, exactly that amount? Of the currency nothing is said. */
bool decimal_is(const struct json *value, money wanted);

#endif
