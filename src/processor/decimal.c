/* SPDX-License-Identifier: Apache-2.0 */
/* decimal: the digits before the point and those behind it are one whole number of minor units. */
#include "processor/decimal.h"

#include <inttypes.h>

enum { DECIMAL_DIGITS_MAX = 12 /* those of MONEY_MINOR_MAX */ };

static int64_t units_of(int decimals)
{
    int64_t units = 1;
    for (int i = 0; i < decimals; i++) units *= 10;
    return units;
}

str decimal_of(struct arena *arena, money amount)
{
    int decimals = currency_decimals(amount.currency);
    int64_t units = units_of(decimals);
    if (decimals == 0) return arena_format(arena, "%" PRId64, amount.minor);
    return arena_format(arena, "%" PRId64 ".%0*" PRId64, amount.minor / units, decimals, amount.minor % units);
}

/* The first decimals of a fraction as a number; what is behind them must be zeros. */
static bool read_fraction(str fraction, int decimals, int64_t *out)
{
    *out = 0;
    for (size_t i = 0; i < fraction.length || i < (size_t)decimals; i++) {
        char digit = i < fraction.length ? fraction.bytes[i] : '0';
        if (digit < '0' || digit > '9' || (i >= (size_t)decimals && digit != '0')) return false;
        if (i < (size_t)decimals) *out = *out * 10 + (digit - '0');
    }
    return true;
}

bool decimal_minor(str text, currency c, int64_t *minor)
{
    str fraction;
    int64_t whole, rest;
    int decimals = currency_decimals(c);
    str ones = str_cut(text, '.', &fraction);
    bool ends_in_point = fraction.length == 0 && ones.length < text.length;
    if (ends_in_point || ones.length > DECIMAL_DIGITS_MAX || !str_to_int64(ones, MONEY_MINOR_MAX / units_of(decimals), &whole)) return false;
    if (!read_fraction(fraction, decimals, &rest)) return false;
    *minor = whole * units_of(decimals) + rest;
    return true;
}

bool decimal_is(const struct json *value, money wanted)
{
    int64_t minor;
    str text = json_kind_of(value) == JSON_NUMBER ? json_number(value) : json_string(value);
    return decimal_minor(text, wanted.currency, &minor) && minor == wanted.minor;
}
