/* SPDX-License-Identifier: Apache-2.0 */
/* Amounts: what is read is the number that was written, sums are right or refused. The second opinions do not share the
 * product's arithmetic: numbers are compared as texts, and sums are made in 128 bits. */
#include <string.h>

#include "api/values.h"
#include "fuzz/fuzzing.h"

__extension__ typedef __int128 wide;

static struct arena arena;

static bool is_digits(str text)
{
    for (size_t i = 0; i < text.length; i++) {
        if (text.bytes[i] < '0' || text.bytes[i] > '9') return false;
    }
    return text.length > 0;
}

/* A number without leading zeros is as large as its text is long; of equal length the text decides. */
static bool is_at_most(str digits, str maximum)
{
    if (digits.length != maximum.length) return digits.length < maximum.length;
    return memcmp(digits.bytes, maximum.bytes, digits.length) <= 0;
}

static bool is_written_plainly(str text) { return is_digits(text) && (text.length == 1 || text.bytes[0] != '0'); }

static str written(int64_t number)
{
    struct text text = text_open(&arena, 0);
    text_put_int(&text, number);
    return text_str(&text);
}

static void check_reading(str text, int64_t maximum)
{
    int64_t number = -1;
    bool is_read = str_to_int64(text, maximum, &number);
    bool should_be = maximum >= 0 && is_written_plainly(text) && is_at_most(text, written(maximum));
    INSIST(is_read == should_be);
    if (is_read) INSIST(str_equal(written(number), text));
}

/* An amount in a body, which is JSON: minor units, in digits only. */
static void check_amount(str text)
{
    const struct json *value;
    int64_t minor = -1;
    if (json_read(&arena, text, &value) != JSON_FINE) return;
    enum problem_code problem = value_amount(value, &minor);
    if (json_kind_of(value) != JSON_NUMBER) INSIST(problem == PROBLEM_PARAM_INVALID);
    else if (!is_digits(json_number(value))) INSIST(problem == PROBLEM_AMOUNT_INVALID);
    else if (!is_at_most(json_number(value), STR("999999999999"))) INSIST(problem == PROBLEM_AMOUNT_TOO_LARGE);
    else if (str_equal(json_number(value), STR("0"))) INSIST(problem == PROBLEM_AMOUNT_INVALID);
    else INSIST(problem == PROBLEM_NONE && money_is_payable(money_of(minor, (currency){ "USD" })));
    if (problem == PROBLEM_NONE) INSIST(str_equal(written(minor), json_number(value)));
}

/* Large numbers, and also the ones near the borders. */
static int64_t take_minor(struct input *input)
{
    static const int64_t borders[] = { 0, MONEY_MINOR_MAX, INT64_MAX, INT64_MIN };
    unsigned way = input_below(input, 8);
    if (way >= COUNT_OF(borders)) return input_int64(input) >> (way * 8);
    int64_t border = borders[way], step = (int8_t)input_byte(input), sum;
    return __builtin_add_overflow(border, step, &sum) ? border : sum;
}

static void check_sum(bool is_fine, wide sum, bool same_currency, money result, money a)
{
    bool should_be = same_currency && sum >= 0 && sum <= MONEY_MINOR_MAX;
    INSIST(is_fine == should_be);
    if (is_fine) INSIST(result.minor == sum && strcmp(result.currency.code, a.currency.code) == 0);
}

static void check_sums(struct input *input)
{
    static const currency currencies[] = { { "USD" }, { "EUR" } };
    money result = { 0 };
    money a = money_of(take_minor(input), currencies[0]);
    money b = money_of(take_minor(input), currencies[input_below(input, 8) == 0]);
    bool same_currency = strcmp(a.currency.code, b.currency.code) == 0;
    bool is_fine = money_add(a, b, &result);
    check_sum(is_fine, (wide)a.minor + b.minor, same_currency, result, a);
    is_fine = money_subtract(a, b, &result);
    check_sum(is_fine, (wide)a.minor - b.minor, same_currency, result, a);
    INSIST(money_is_payable(a) == (a.minor > 0 && a.minor < INT64_C(1000000000000)));
}

/* Only three capital letters can be a currency, and each is told as it was named. */
static void check_currency(str code)
{
    currency named = { "" };
    if (!currency_named(code, &named)) return;
    INSIST(code.length == 3 && str_equal(currency_str(&named), code));
    for (int i = 0; i < 3; i++) INSIST(code.bytes[i] >= 'A' && code.bytes[i] <= 'Z');
    INSIST(currency_decimals(named) >= 0 && currency_decimals(named) <= 3);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = input_of(data, size);
    check_sums(&input);
    check_currency(input_text(&input, 3));
    int64_t maximum = take_minor(&input);
    str text = input_rest(&input);
    check_reading(text, maximum);
    check_reading(text, INT64_MAX);
    check_amount(text);
    arena_reset(&arena);
    return 0;
}
