/* SPDX-License-Identifier: Apache-2.0 */
/* card: what a number, a CVV and an expiry may look like, and noticing a number where none belongs.
 * Every number here is a public test number or made up. */
#include "base/base_testing.h"

#include <stdio.h>

#include "base/moment.h"
#include "domain/card.h"

/* ---- numbers ---- */

/* clang-format off */
static const struct number_row {
    str text;
    const char *brand; /* NULL: not a card number */
} numbers[] = {
    { STR_CONSTANT("4111111111111111"),     "visa"       },
    { STR_CONSTANT("4242424242424242"),     "visa"       },
    { STR_CONSTANT("4222222222222"),        "visa"       }, /* 13 digits, the least */
    { STR_CONSTANT("4100000000000000004"),  "visa"       }, /* 19 digits, the most */
    { STR_CONSTANT("5105105105105100"),     "mastercard" },
    { STR_CONSTANT("5555555555554444"),     "mastercard" },
    { STR_CONSTANT("2221000000000009"),     "mastercard" }, /* 2221 to 2720 */
    { STR_CONSTANT("2223003122003222"),     "mastercard" },
    { STR_CONSTANT("2720999999999996"),     "mastercard" },
    { STR_CONSTANT("2220999999999991"),     "unknown"    },
    { STR_CONSTANT("2721000000000004"),     "unknown"    },
    { STR_CONSTANT("5099999999999992"),     "unknown"    },
    { STR_CONSTANT("378282246310005"),      "amex"       },
    { STR_CONSTANT("341111111111111"),      "amex"       },
    { STR_CONSTANT("6011111111111117"),     "discover"   },
    { STR_CONSTANT("6440000000000005"),     "discover"   },
    { STR_CONSTANT("6499999999999996"),     "discover"   },
    { STR_CONSTANT("6500000000000002"),     "discover"   },
    { STR_CONSTANT("30569309025904"),       "diners"     }, /* 14 digits */
    { STR_CONSTANT("36227206271667"),       "diners"     },
    { STR_CONSTANT("38520000023237"),       "diners"     },
    { STR_CONSTANT("3528000000000007"),     "jcb"        }, /* 3528 to 3589 */
    { STR_CONSTANT("3566002020360505"),     "jcb"        },
    { STR_CONSTANT("3589999999999994"),     "jcb"        },
    { STR_CONSTANT("3527999999999999"),     "unknown"    },
    { STR_CONSTANT("3590000000000000"),     "unknown"    },
    { STR_CONSTANT("6200000000000005"),     "unionpay"   },
    { STR_CONSTANT("6205500000000000004"),  "unionpay"   },
    { STR_CONSTANT("6304000000000000"),     "maestro"    },
    { STR_CONSTANT("5018000000000009"),     "maestro"    },
    { STR_CONSTANT("5060666666666666666"),  "verve"      },
    { STR_CONSTANT("9999999999999995"),     "unknown"    },
    { STR_CONSTANT("0000000000000000"),     "unknown"    },

    { STR_CONSTANT("4111111111111112"),     NULL }, /* check digit */
    { STR_CONSTANT("4111111111111121"),     NULL }, /* two digits swapped */
    { STR_CONSTANT("411111111116"),         NULL }, /* 12 digits */
    { STR_CONSTANT("41000000000000000009"), NULL }, /* 20 digits */
    { STR_CONSTANT("4111 1111 1111 1111"),  NULL },
    { STR_CONSTANT("4111-1111-1111-1111"),  NULL },
    { STR_CONSTANT(" 4111111111111111"),    NULL },
    { STR_CONSTANT("4111111111111111\n"),   NULL },
    { STR_CONSTANT("4111111111111111\0"),   NULL },
    { STR_CONSTANT("+411111111111111"),     NULL },
    { STR_CONSTANT("41111111111111.1"),     NULL },
    { STR_CONSTANT("411111111111111a"),     NULL },
    { STR_CONSTANT("\xef\xbc\x94\xef\xbc\x91\xef\xbc\x91\xef\xbc\x91\xef\xbc\x91"), NULL }, /* full-width digits */
    { STR_CONSTANT(""),                     NULL },
};
/* clang-format on */

static void numbers_have_a_brand_and_a_last_four(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        struct card_number number;
        str text = exact_copy(numbers[i].text);
        assert_row(card_number_read(text, &number) == (numbers[i].brand != NULL), i);
        if (numbers[i].brand) {
            struct card_face face = card_face_of(&number);
            assert_str(str_of(number.digits), text);
            assert_str(str_of(face.brand), str_of(numbers[i].brand));
            assert_str(str_of(face.last4), str_from(text, text.length - 4));
        }
        exact_free(text);
    }
    struct card_number number;
    assert_false(card_number_read(STR_NONE, &number));
}

/* What was not taken leaves nothing behind. */
static void a_refused_number_is_not_kept(void **state)
{
    (void)state;
    struct card_number number;
    memset(&number, '4', sizeof number);
    assert_false(card_number_read(STR("4111111111111112"), &number));
    for (size_t i = 0; i < sizeof number.digits; i++) assert_int_equal(number.digits[i], 0);
}

/* Luhn's promise: any one wrong digit is noticed. */
static void any_single_wrong_digit_is_noticed(void **state)
{
    (void)state;
    for (size_t place = 0; place < 16; place++) {
        for (char digit = '0'; digit <= '9'; digit++) {
            char text[] = "4242424242424242";
            struct card_number number;
            bool same = text[place] == digit;
            text[place] = digit;
            assert_row(card_number_read(str_of(text), &number) == same, place);
        }
    }
}

static void a_cvv_has_three_or_four_digits(void **state)
{
    (void)state;
    const struct {
        str text;
        bool is_cvv;
    } rows[] = {
        { STR("123"), true }, { STR("000"), true }, { STR("1234"), true }, { STR("12"), false }, { STR("12345"), false },
        { STR(""), false }, { STR("12a"), false }, { STR(" 123"), false }, { STR("-12"), false }, { STR("12\0"), false },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        str text = exact_copy(rows[i].text);
        assert_row(card_cvv_is(text) == rows[i].is_cvv, i);
        exact_free(text);
    }
    assert_false(card_cvv_is(STR_NONE));
}

/* ---- expiry ---- */

static void an_expiry_is_a_month_of_this_century(void **state)
{
    (void)state;
    const struct {
        int64_t month, year;
        bool is_expiry;
    } rows[] = {
        { 1, 2000, true },  { 12, 2099, true },  { 6, 2030, true },         { 0, 2030, false },         { 13, 2030, false },
        { 6, 1999, false }, { 6, 2100, false },  { 6, 30, false },          { -1, 2030, false },        { 6, -2030, false },
        { 6, 0, false },    { 2030, 6, false },  { INT64_MAX, 2030, false }, { 6, INT64_MIN, false },   { 4294967297, 2030, false },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) assert_row(card_expiry_is(rows[i].month, rows[i].year) == rows[i].is_expiry, i);
}

static micros moment_of(const char *text)
{
    micros moment;
    assert_true(moment_parse(str_of(text), &moment));
    return moment;
}

static void a_card_is_good_through_the_last_moment_of_its_month(void **state)
{
    (void)state;
    const struct {
        int month, year;
        const char *now;
        bool expired;
    } rows[] = {
        { 12, 2030, "2026-03-01T00:00:00Z", false },
        { 3, 2026, "2026-03-01T00:00:00Z", false },
        { 3, 2026, "2026-03-31T23:59:59.999999Z", false },
        { 3, 2026, "2026-04-01T00:00:00Z", true },
        { 2, 2026, "2026-03-01T00:00:00Z", true },
        { 12, 2025, "2025-12-31T23:59:59.999999Z", false },
        { 12, 2025, "2026-01-01T00:00:00Z", true },
        { 1, 2026, "2025-12-31T23:59:59Z", false },
        { 2, 2028, "2028-02-29T23:59:59Z", false }, /* a leap year */
        { 2, 2028, "2028-03-01T00:00:00Z", true },
        { 3, 2020, "2026-03-15T12:00:00Z", true },
        { 3, 2026, "2026-04-01T00:30:00+02:00", false }, /* in UTC it is still March */
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_row(card_is_expired(rows[i].month, rows[i].year, moment_of(rows[i].now)) == rows[i].expired, i);
    }
}

/* ---- noticing a card where none belongs ---- */

static const str with_a_card[] = {
    STR_CONSTANT("4111111111111111"),
    STR_CONSTANT("my card is 4111111111111111, thanks"),
    STR_CONSTANT("4111 1111 1111 1111"),
    STR_CONSTANT("4111-1111-1111-1111"),
    STR_CONSTANT("4111 1111-11111111"),
    STR_CONSTANT("4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1"),
    STR_CONSTANT("order-4111111111111111"),
    STR_CONSTANT("order4111111111111111x"),
    STR_CONSTANT("x4111111111111111y"),
    STR_CONSTANT("2026-4111111111111111"),    /* a group before it */
    STR_CONSTANT("4111 1111 1111 1111 12 30"), /* the expiry behind it */
    STR_CONSTANT("4111111111111111 123"),
    STR_CONSTANT("4111111111111111-"),
    STR_CONSTANT("4111111111111111  5555"),
    STR_CONSTANT("  -4111111111111111"),
    STR_CONSTANT("number=4111111111111111&cvv=123"),
    STR_CONSTANT("{\"pan\":\"5555555555554444\"}"),
    STR_CONSTANT("378282246310005"),
    STR_CONSTANT("3782 822463 10005"),
    STR_CONSTANT("30569309025904"), /* 14 digits, the least */
    STR_CONSTANT("6205500000000000004"),
    STR_CONSTANT("5060666666666666666"),
    STR_CONSTANT("\xe2\x82\xac" "4111111111111111"),
    STR_CONSTANT("4111111111111112 4111111111111111"), /* the second one */
    STR_CONSTANT("41111111-1111-1111-1111-111111111111"), /* shaped like a UUID, but of digits only */
    STR_CONSTANT("9f86d081884c7d65-4111111111111111"),    /* not the shape of a UUID, nor a hash's length */
    STR_CONSTANT("d4098536-3832-480b-87f6-1eaba0275758 4111111111111111"),
    STR_CONSTANT("9f86d081 4111111111111111 884c7d65"),
};

static const str without_a_card[] = {
    STR_CONSTANT(""),
    STR_CONSTANT("order-2026-000123"),
    STR_CONSTANT("4111111111111112"),     /* check digit */
    STR_CONSTANT("9999999999999995"),     /* check digit right, but no brand's */
    STR_CONSTANT("4222222222222"),        /* 13 digits: too many other things have them */
    STR_CONSTANT("94111111111111111"),    /* part of a longer number */
    STR_CONSTANT("41111111111111110"),    /* as well, and 17 digits with a wrong check digit */
    STR_CONSTANT("41111111111111111111"), /* 20 digits */
    STR_CONSTANT("1234567890123456789012345678901234567890"),
    STR_CONSTANT("4111  1111 1111 1111"), /* two spaces: not one number */
    STR_CONSTANT("4111--1111-1111-1111"),
    STR_CONSTANT("4111.1111.1111.1111"), /* as an address of version 4, or a sum */
    STR_CONSTANT("4111a1111b1111c1111"),
    STR_CONSTANT("+49 30 1234567"), STR_CONSTANT("+1 (415) 555-2671"),
    STR_CONSTANT("1772323200000000"), /* microseconds since 1970 */
    STR_CONSTANT("2026-03-01T09:30:00.123456Z"), STR_CONSTANT("20260301093000123"),
    STR_CONSTANT("DE89370400440532013000"), STR_CONSTANT("GB29 NWBK 6016 1331 9268 19"),
    STR_CONSTANT("9780306406157"), STR_CONSTANT("353879234252633"), /* a book, a telephone */
    STR_CONSTANT("pay_01jq3v8x2m7d0kzzzzzzzzzzzzzzzzzzzzzz"),
    STR_CONSTANT("00000000-0000-0000-0000-000000000000"),
    STR_CONSTANT("550e8400-e29b-41d4-a716-446655440000"),
    STR_CONSTANT("d4098536-3832-480b-87f6-1eaba0275758"), /* 3832480 would be the beginning of a card's digits */
    STR_CONSTANT("42cdcc48-25c5-4385-9844-7620687395b9"), STR_CONSTANT("D64B74DB-4017-4657-8196-282363CD2834"),
    STR_CONSTANT("order-42cdcc48-25c5-4385-9844-7620687395b9/1"), STR_CONSTANT("{42cdcc48-25c5-4385-9844-7620687395b9}"),
    STR_CONSTANT("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"), /* traceparent */
};

static void rows_of_cards(const str *rows, size_t count, bool is_in)
{
    for (size_t i = 0; i < count; i++) {
        str text = exact_copy(rows[i]);
        assert_row(card_is_in(text) == is_in, i);
        exact_free(text);
    }
}

static void a_card_is_noticed_where_none_belongs(void **state)
{
    (void)state;
    rows_of_cards(with_a_card, COUNT_OF(with_a_card), true);
}

static void what_only_looks_like_a_card_is_left_alone(void **state)
{
    (void)state;
    rows_of_cards(without_a_card, COUNT_OF(without_a_card), false);
    assert_false(card_is_in(STR_NONE));
}

/* Of the numbers above, exactly those that a known brand issues, 14 digits and more. */
static void what_is_noticed_is_what_a_brand_issues(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        bool known = numbers[i].brand && strcmp(numbers[i].brand, "unknown") != 0;
        if (numbers[i].brand) assert_row(card_is_in(numbers[i].text) == (known && numbers[i].text.length >= 14), i);
    }
}

/* Idempotency keys and order numbers are mostly random: no merchant may be refused by chance. */
static void random_names_are_never_taken_for_a_card(void **state)
{
    (void)state;
    static const int lengths[] = { 32, 40, 64 };
    uint64_t chance = 88172645463325252u;
    for (int i = 0; i < 100000; i++) {
        char hex[65], uuid[37];
        for (int place = 0; place < 64; place++) {
            chance ^= chance << 13;
            chance ^= chance >> 7;
            chance ^= chance << 17;
            hex[place] = "0123456789abcdef"[chance % 16];
        }
        hex[lengths[i % 3]] = 0;
        snprintf(uuid, sizeof uuid, "%.8s-%.4s-4%.3s-9%.3s-%.12s", hex, hex + 8, hex + 12, hex + 15, hex + 18);
        if (card_is_in(str_of(hex))) fail_msg("%s is no card", hex);
        if (card_is_in(str_of(uuid))) fail_msg("%s is no card", uuid);
    }
}

/* Who has issued it: the first eight digits, of long numbers and short ones. */
static void first_digits_are_a_number(void **state)
{
    (void)state;
    struct card_number number;
    assert_true(card_number_read(STR("4111111111111111"), &number));
    assert_int_equal(card_bin(&number), 41111111);
    assert_true(card_number_read(STR("4222222222222"), &number));
    assert_int_equal(card_bin(&number), 42222222);
    assert_true(card_number_read(STR("0000000000000000"), &number));
    assert_int_equal(card_bin(&number), 0);
}

static void brands_are_those_that_a_card_can_have(void **state)
{
    (void)state;
    assert_true(card_brand_is(STR("visa")) && card_brand_is(STR("verve")) && card_brand_is(STR("unknown")));
    assert_false(card_brand_is(STR("Visa")) || card_brand_is(STR("vis")) || card_brand_is(STR("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_digits_are_a_number),
        cmocka_unit_test(brands_are_those_that_a_card_can_have),
        cmocka_unit_test(numbers_have_a_brand_and_a_last_four),
        cmocka_unit_test(a_refused_number_is_not_kept),
        cmocka_unit_test(any_single_wrong_digit_is_noticed),
        cmocka_unit_test(a_cvv_has_three_or_four_digits),
        cmocka_unit_test(an_expiry_is_a_month_of_this_century),
        cmocka_unit_test(a_card_is_good_through_the_last_moment_of_its_month),
        cmocka_unit_test(a_card_is_noticed_where_none_belongs),
        cmocka_unit_test(what_only_looks_like_a_card_is_left_alone),
        cmocka_unit_test(what_is_noticed_is_what_a_brand_issues),
        cmocka_unit_test(random_names_are_never_taken_for_a_card),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
