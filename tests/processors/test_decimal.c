/* SPDX-License-Identifier: Apache-2.0 */
/* decimal: amounts in major units, there and back, and what is none. */
#include "base/base_testing.h"

#include "processor/decimal.h"

static void an_amount_as_a_decimal(void **state)
{
    (void)state;
    const struct {
        money amount;
        str written;
    } rows[] = {
        { { 10050, { "NGN" } }, STR("100.50") }, { { 5, { "USD" } }, STR("0.05") },       { { 100, { "USD" } }, STR("1.00") },
        { { 7, { "UGX" } }, STR("7") },          { { 10050, { "KWD" } }, STR("10.050") }, { { MONEY_MINOR_MAX, { "EUR" } }, STR("9999999999.99") },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct arena arena = { 0 };
        int64_t minor = 0;
        str written = decimal_of(&arena, rows[i].amount);
        assert_str(written, rows[i].written);
        assert_true(decimal_minor(written, rows[i].amount.currency, &minor));
        assert_int_equal(minor, rows[i].amount.minor);
        arena_close(&arena);
    }
}

static void a_decimal_as_an_amount(void **state)
{
    (void)state;
    const struct {
        str written;
        currency currency;
        int64_t minor; /* negative: it is none */
    } rows[] = {
        { STR("100"), { "NGN" }, 10000 },  { STR("98.6"), { "NGN" }, 9860 },  { STR("100.500"), { "NGN" }, 10050 }, { STR("0"), { "NGN" }, 0 },
        { STR("1.0005"), { "KWD" }, -1 },  { STR("100.501"), { "NGN" }, -1 }, { STR("7.0"), { "UGX" }, 7 },         { STR("7.5"), { "UGX" }, -1 },
        { STR("-1"), { "NGN" }, -1 },      { STR("+1"), { "NGN" }, -1 },      { STR("1e2"), { "NGN" }, -1 },        { STR("1."), { "NGN" }, -1 },
        { STR(".5"), { "NGN" }, -1 },      { STR(""), { "NGN" }, -1 },        { STR("1,5"), { "NGN" }, -1 },        { STR("1.5.5"), { "NGN" }, -1 },
        { STR("01"), { "NGN" }, -1 },      { STR(" 1"), { "NGN" }, -1 },      { STR("1.5 "), { "NGN" }, -1 },       { STR_NONE, { "NGN" }, -1 },
        { STR("99999999999999999999"), { "NGN" }, -1 }, { STR("999999999999"), { "NGN" }, -1 }, { STR("999999999999"), { "UGX" }, MONEY_MINOR_MAX },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        int64_t minor = -1;
        bool is_one = decimal_minor(rows[i].written, rows[i].currency, &minor);
        assert_row(is_one == (rows[i].minor >= 0), i);
        if (is_one) assert_row(minor == rows[i].minor, i);
    }
}

static void numbers_and_texts_are_compared(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    const struct json *body;
    const money wanted = { 10050, { "NGN" } };
    assert_int_equal(json_read(&arena, STR("{\"a\":100.5,\"b\":\"100.50\",\"c\":100.51,\"d\":true,\"e\":null}"), &body), JSON_FINE);
    assert_true(decimal_is(json_find(body, "a"), wanted));
    assert_true(decimal_is(json_find(body, "b"), wanted));
    const char *const others[] = { "c", "d", "e", "f" };
    for (size_t i = 0; i < COUNT_OF(others); i++) assert_row(!decimal_is(json_find(body, others[i]), wanted), i);
    arena_close(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_amount_as_a_decimal),
        cmocka_unit_test(a_decimal_as_an_amount),
        cmocka_unit_test(numbers_and_texts_are_compared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
