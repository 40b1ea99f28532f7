/* SPDX-License-Identifier: Apache-2.0 */
/* str: absent text is empty text, and nothing reads past the end. */
#include "base_testing.h"

static void absent_text_is_empty_text(void **state)
{
    (void)state;
    str rest = STR("old");
    char buffer[4] = "old";
    int64_t number = 0;
    assert_true(str_is_empty(str_of(NULL)));
    assert_true(str_equal(STR_NONE, STR("")));
    assert_true(str_equal_ignoring_case(STR_NONE, STR("")));
    assert_true(str_equal_secret(STR_NONE, STR("")));
    assert_false(str_equal(STR_NONE, STR("a")));
    assert_true(str_starts_with(STR("a"), STR_NONE));
    assert_true(str_starts_with(STR_NONE, STR("")));
    assert_false(str_starts_with(STR_NONE, STR("a")));
    assert_true(str_contains(STR_NONE, STR_NONE));
    assert_false(str_contains(STR_NONE, STR("a")));
    assert_int_equal(str_compare(STR_NONE, STR("")), 0);
    assert_true(str_compare(STR_NONE, STR("a")) < 0);
    assert_true(str_is_empty(str_from(STR_NONE, 3)));
    assert_true(str_is_empty(str_cut(STR_NONE, ',', &rest)));
    assert_true(str_is_empty(rest));
    assert_true(str_is_empty(str_trim(STR_NONE)));
    assert_false(str_to_int64(STR_NONE, 9, &number));
    assert_true(str_copy_to(STR_NONE, buffer, sizeof buffer));
    assert_string_equal(buffer, "");
}

static void compares_by_bytes(void **state)
{
    (void)state;
    const struct {
        str a, b;
        int order;
    } rows[] = {
        { STR("a"),    STR("a"),    0 },
        { STR("a"),    STR("b"),    -1 },
        { STR("a"),    STR("ab"),   -1 },
        { STR("Z"),    STR("a"),    -1 },
        { STR("z"),    STR("\xc3"), -1 },
        { STR("a\0b"), STR("a\0c"), -1 },
        { STR("a"),    STR("a\0"),  -1 },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        int there = str_compare(rows[i].a, rows[i].b), back = str_compare(rows[i].b, rows[i].a);
        assert_row((there > 0) - (there < 0) == rows[i].order, i);
        assert_row((back > 0) - (back < 0) == -rows[i].order, i);
        assert_row(str_equal(rows[i].a, rows[i].b) == (rows[i].order == 0), i);
        assert_row(str_equal_secret(rows[i].a, rows[i].b) == (rows[i].order == 0), i);
    }
}

static void ignores_case_of_ascii_letters_only(void **state)
{
    (void)state;
    assert_true(str_equal_ignoring_case(STR("Content-TYPE"), STR("content-type")));
    assert_true(str_equal_ignoring_case(STR("AZaz"), STR("azAZ")));
    assert_false(str_equal_ignoring_case(STR("a"), STR("ab")));
    assert_false(str_equal_ignoring_case(STR("@["), STR("`{")));     /* next to the letters, 32 apart */
    assert_false(str_equal_ignoring_case(STR("\xc4"), STR("\xe4"))); /* letters in Latin-1, not in ASCII */
}

static void finds_parts(void **state)
{
    (void)state;
    assert_true(str_contains(STR("authorized"), STR("rized")));
    assert_true(str_contains(STR("a\0b"), STR("\0b")));
    assert_false(str_contains(STR("author"), STR("authorized")));
    assert_true(str_starts_with(STR("pay_1"), STR("pay_")));
    assert_false(str_starts_with(STR("pay"), STR("pay_")));
    assert_str(str_from(STR("abc"), 1), STR("bc"));
    assert_str(str_from(STR("abc"), 3), STR(""));
    assert_str(str_from(STR("abc"), SIZE_MAX), STR(""));
}

static void cuts_at_the_first_separator(void **state)
{
    (void)state;
    const struct {
        str text, before, rest;
    } rows[] = {
        { STR("a=b"),   STR("a"),   STR("b") },
        { STR("a=b=c"), STR("a"),   STR("b=c") },
        { STR("=b"),    STR(""),    STR("b") },
        { STR("a="),    STR("a"),   STR("") },
        { STR("abc"),   STR("abc"), STR("") },
        { STR(""),      STR(""),    STR("") },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        str rest, text = exact_copy(rows[i].text);
        assert_row(str_equal(str_cut(text, '=', &rest), rows[i].before), i);
        assert_row(str_equal(rest, rows[i].rest), i);
        exact_free(text);
    }
    str text = STR("a,b");
    str first = str_cut(text, ',', &text); /* may cut itself */
    assert_str(first, STR("a"));
    assert_str(text, STR("b"));
}

static void trims_spaces_and_tabs(void **state)
{
    (void)state;
    assert_str(str_trim(STR(" \t a b\t ")), STR("a b"));
    assert_str(str_trim(STR("a")), STR("a"));
    assert_str(str_trim(STR(" \t ")), STR(""));
    assert_str(str_trim(STR("a\n")), STR("a\n"));
}

static void reads_whole_numbers_only(void **state)
{
    (void)state;
    const struct {
        str text;
        int64_t maximum;
        bool is_number;
        int64_t number;
    } rows[] = {
        { STR("0"),                    INT64_MAX, true,  0 },
        { STR("5000"),                 INT64_MAX, true,  5000 },
        { STR("9223372036854775807"),  INT64_MAX, true,  INT64_MAX },
        { STR("9223372036854775808"),  INT64_MAX, false, 0 },
        { STR("92233720368547758070"), INT64_MAX, false, 0 },
        { STR("99999999999999999999"), INT64_MAX, false, 0 },
        { STR("100"),                  100,       true,  100 },
        { STR("101"),                  100,       false, 0 },
        { STR(""),                     100,       false, 0 },
        { STR("00"),                   100,       false, 0 },
        { STR("05"),                   100,       false, 0 },
        { STR("-5"),                   100,       false, 0 },
        { STR("+5"),                   100,       false, 0 },
        { STR(" 5"),                   100,       false, 0 },
        { STR("5 "),                   100,       false, 0 },
        { STR("5\0"),                  100,       false, 0 },
        { STR("5.0"),                  100,       false, 0 },
        { STR("1e1"),                  100,       false, 0 },
        { STR("\xd9\xa5"),             100,       false, 0 }, /* an Arabic five */
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        int64_t number = -7;
        str text = exact_copy(rows[i].text);
        assert_row(str_to_int64(text, rows[i].maximum, &number) == rows[i].is_number, i);
        assert_row(number == (rows[i].is_number ? rows[i].number : -7), i);
        exact_free(text);
    }
}

static void a_number_of_400_digits_is_refused(void **state)
{
    (void)state;
    char digits[400];
    int64_t number;
    memset(digits, '9', sizeof digits);
    assert_false(str_to_int64((str){ digits, sizeof digits }, INT64_MAX, &number));
}

static void copies_what_fits_or_nothing(void **state)
{
    (void)state;
    char buffer[4] = "xxx";
    assert_true(str_copy_to(STR("abc"), buffer, sizeof buffer));
    assert_string_equal(buffer, "abc");
    assert_false(str_copy_to(STR("abcd"), buffer, sizeof buffer));
    assert_string_equal(buffer, "");
}

static void a_name_is_plain(void **state)
{
    static const char *const names[] = { "a", "CERT-360caa42-fca2a594", "PP_D-1", "9" };
    static const char *const others[] = { "", "a/b", "a?b", "a b", "a.b", "a%2f", "\xc3\xa9" };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++) assert_row(str_is_name(str_of(names[i])), i);
    for (size_t i = 0; i < COUNT_OF(others); i++) assert_row(!str_is_name(str_of(others[i])), i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_is_plain),
        cmocka_unit_test(absent_text_is_empty_text),
        cmocka_unit_test(compares_by_bytes),
        cmocka_unit_test(ignores_case_of_ascii_letters_only),
        cmocka_unit_test(finds_parts),
        cmocka_unit_test(cuts_at_the_first_separator),
        cmocka_unit_test(trims_spaces_and_tabs),
        cmocka_unit_test(reads_whole_numbers_only),
        cmocka_unit_test(a_number_of_400_digits_is_refused),
        cmocka_unit_test(copies_what_fits_or_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
