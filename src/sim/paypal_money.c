/* SPDX-License-Identifier: Apache-2.0 */
/* paypal_money: decimal texts in major units, read and written without floating point. */
#include <string.h>

#include "sim/paypal.h"

enum {
    DIGITS_MAX = 15, /* before the point; "less than or equal to 999999999999999.99" */
    PATH_BYTES = 128,
    FEE_BASIS_POINTS = 349,
    FEE_FIXED_MINOR = 49,
    BASIS_POINTS = 10000,
};

struct currency {
    const char *code;
    int decimals;
};

static const struct currency currencies[] = {
    { "USD", 2 }, { "EUR", 2 }, { "GBP", 2 }, { "AUD", 2 }, { "BRL", 2 }, { "CAD", 2 }, { "CHF", 2 }, { "CNY", 2 }, { "CZK", 2 },
    { "DKK", 2 }, { "HKD", 2 }, { "HUF", 0 }, { "ILS", 2 }, { "JPY", 0 }, { "MXN", 2 }, { "MYR", 2 }, { "NOK", 2 }, { "NZD", 2 },
    { "PHP", 2 }, { "PLN", 2 }, { "SEK", 2 }, { "SGD", 2 }, { "THB", 2 }, { "TWD", 0 },
};

static const struct currency *find_currency(str code)
{
    for (size_t i = 0; i < COUNT_OF(currencies); i++) {
        if (str_equal(str_of(currencies[i].code), code)) return &currencies[i];
    }
    return NULL;
}

int paypal_decimals(const char *currency)
{
    const struct currency *found = find_currency(str_of(currency));
    return found ? found->decimals : 2;
}

static bool are_digits(str text)
{
    for (size_t i = 0; i < text.length; i++) {
        if (text.bytes[i] < '0' || text.bytes[i] > '9') return false;
    }
    return true;
}

/* "10.99" into 1099; the decimals have been counted. */
static int64_t to_minor(str whole, str fraction, int decimals)
{
    int64_t minor = 0;
    for (size_t i = 0; i < whole.length; i++) minor = minor * 10 + (whole.bytes[i] - '0');
    for (size_t i = 0; i < (size_t)decimals; i++) minor = minor * 10 + (i < fraction.length ? fraction.bytes[i] - '0' : 0);
    return minor;
}

static const char *read_value(str value, int decimals, int64_t *out)
{
    str fraction, whole = str_cut(value, '.', &fraction);
    bool has_point = whole.length<value.length, is_negative = value.length> 0 && value.bytes[0] == '-';
    if (is_negative) whole = str_from(whole, 1);
    if (!are_digits(whole) || !are_digits(fraction)) return "INVALID_PARAMETER_SYNTAX";
    if (has_point ? fraction.length == 0 : whole.length == 0) return "INVALID_PARAMETER_SYNTAX";
    if (has_point && decimals == 0) return "DECIMALS_NOT_SUPPORTED";
    if (fraction.length > (size_t)decimals) return "DECIMAL_PRECISION";
    if (whole.length > DIGITS_MAX) return "MAX_VALUE_EXCEEDED";
    *out = to_minor(whole, fraction, decimals);
    return is_negative || *out == 0 ? "CANNOT_BE_ZERO_OR_NEGATIVE" : NULL;
}

static str given_below(const struct psp_visit *visit, const char *path, const char *name)
{
    return psp_given(visit, arena_format(visit->arena, "%s.%s", path, name).bytes);
}

const char *paypal_money_read(const struct psp_visit *visit, const char *path, struct paypal_money *out)
{
    str code = given_below(visit, path, "currency_code"), value = given_below(visit, path, "value");
    if (code.bytes == NULL || value.bytes == NULL) return "MISSING_REQUIRED_PARAMETER";
    const struct currency *currency = find_currency(code);
    if (currency == NULL) return "INVALID_CURRENCY_CODE";
    memcpy(out->currency, currency->code, sizeof out->currency);
    return read_value(value, currency->decimals, &out->minor);
}

/* --- Writing --- */

str paypal_money_text(struct arena *arena, int64_t minor, const char *currency)
{
    const char *sign = minor < 0 ? "-" : "";
    int64_t size = minor < 0 ? -minor : minor;
    if (paypal_decimals(currency) == 0) return arena_format(arena, "%s%lld", sign, (long long)size);
    return arena_format(arena, "%s%lld.%02lld", sign, (long long)(size / 100), (long long)(size % 100));
}

void paypal_put_money(struct text *text, const char *name, int64_t minor, const char *currency)
{
    json_name(text, name);
    json_open_object(text);
    json_put_str(text, "currency_code", str_of(currency));
    json_put_str(text, "value", paypal_money_text(text->arena, minor, currency));
    json_close_object(text);
}

/* 3.49 % and 0.49, as to a merchant in the United States; never more than the payment. */
int64_t paypal_fee(const struct paypal_money *amount)
{
    int64_t share = amount->minor / BASIS_POINTS * FEE_BASIS_POINTS
                    + (amount->minor % BASIS_POINTS * FEE_BASIS_POINTS + BASIS_POINTS / 2) / BASIS_POINTS;
    int64_t fee = share + (paypal_decimals(amount->currency) == 0 ? 0 : FEE_FIXED_MINOR);
    return fee < amount->minor ? fee : amount->minor;
}
