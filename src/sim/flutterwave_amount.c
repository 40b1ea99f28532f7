/* SPDX-License-Identifier: Apache-2.0 */
/* flutterwave_amount: decimals in major units, without any floating point. */
#include "sim/flutterwave.h"

enum { WHOLE_MAX_DIGITS = 12, CENTS = 100 };

static const struct {
    const char *code;
    bool is_whole; /* without a smaller unit */
} currencies[FLUTTERWAVE_CURRENCIES] = {
    { "NGN", false }, { "GHS", false }, { "KES", false }, { "ZAR", false }, { "ZMW", false }, { "TZS", false }, { "USD", false },
    { "EUR", false }, { "GBP", false }, { "RWF", true },  { "UGX", true },  { "XAF", true },  { "XOF", true },
};

int flutterwave_currency(str currency)
{
    for (int i = 0; i < FLUTTERWAVE_CURRENCIES; i++) {
        if (str_equal(str_of(currencies[i].code), currency)) return i;
    }
    return -1;
}

const char *flutterwave_currency_at(int place)
{
    return currencies[place].code;
}

static bool is_whole(str currency)
{
    int place = flutterwave_currency(currency);
    return place >= 0 && currencies[place].is_whole;
}

/* Up to two decimals in hundredths: "5" is 50. Zeros behind them change nothing. */
static bool read_cents(str decimals, int64_t *cents)
{
    *cents = 0;
    for (size_t i = 0; i < decimals.length || i < 2; i++) {
        char digit = i < decimals.length ? decimals.bytes[i] : '0';
        if (digit < '0' || digit > '9' || (i >= 2 && digit != '0')) return false;
        if (i < 2) *cents = *cents * 10 + (digit - '0');
    }
    return true;
}

bool flutterwave_amount_read(str text, str currency, int64_t *out)
{
    str decimals;
    int64_t whole, cents;
    str ones = str_cut(text, '.', &decimals);
    bool ends_in_point = decimals.length == 0 && ones.length != text.length;
    if (ends_in_point || ones.length > WHOLE_MAX_DIGITS || !str_to_int64(ones, INT64_MAX, &whole)) return false;
    if (!read_cents(decimals, &cents)) return false;
    if (is_whole(currency) && cents != 0) return false;
    *out = is_whole(currency) ? whole : whole * CENTS + cents;
    return *out > 0;
}

str flutterwave_amount_text(struct arena *arena, int64_t amount, str currency)
{
    if (is_whole(currency) || amount % CENTS == 0) {
        return arena_format(arena, "%lld", (long long)(is_whole(currency) ? amount : amount / CENTS));
    }
    long long whole = amount / CENTS, cents = amount % CENTS;
    return cents % 10 == 0 ? arena_format(arena, "%lld.%lld", whole, cents / 10) : arena_format(arena, "%lld.%02lld", whole, cents);
}
