/* SPDX-License-Identifier: Apache-2.0 */
/* id: fixed in size, in the order of time, and every random bit counts. */
#include "base_testing.h"

#include "base/id.h"

static const uint8_t zeros[ID_RANDOM_BYTES];

static void has_a_prefix_and_36_characters(void **state)
{
    (void)state;
    uint8_t ones[ID_RANDOM_BYTES];
    memset(ones, 0xff, sizeof ones);
    char buffer[ID_TEXT_BYTES];
    assert_str(id_format(buffer, STR("pay_"), 0, zeros), STR("pay_000000000000000000000000000000000000"));
    assert_str(id_format(buffer, STR("pay_"), 999, zeros), STR("pay_000000000000000000000000000000000000"));
    assert_str(id_format(buffer, STR("pay_"), 31 * MICROS_PER_MS, zeros), STR("pay_000000000z00000000000000000000000000"));
    assert_str(id_format(buffer, STR("pay_"), 32 * MICROS_PER_MS, zeros), STR("pay_000000001000000000000000000000000000"));
    assert_str(id_format(buffer, STR(""), 0, ones), STR("00000000007zzzzzzzzzzzzzzzzzzzzzzzzz"));
    assert_str(id_format(buffer, STR("elevenchars"), 0, zeros), STR("elevenchars000000000000000000000000000000000000"));
    assert_int_equal(strlen(buffer), ID_TEXT_BYTES - 1);
}

/* 01ARZ3NDEK is the time in the example that ULID's specification gives. */
static void tells_time_as_ulids_do(void **state)
{
    (void)state;
    char buffer[ID_TEXT_BYTES];
    str id = id_format(buffer, STR(""), 1469922850259 * MICROS_PER_MS, zeros);
    assert_true(str_starts_with(id, STR("01arz3ndek")));
}

static void sorts_by_time(void **state)
{
    (void)state;
    uint8_t ones[ID_RANDOM_BYTES];
    memset(ones, 0xff, sizeof ones);
    for (int bit = 0; bit < 47; bit++) {
        micros later = ((micros)1 << bit) * MICROS_PER_MS;
        char first[ID_TEXT_BYTES], second[ID_TEXT_BYTES];
        str before = id_format(first, STR("pay_"), later - 1, ones), after = id_format(second, STR("pay_"), later, zeros);
        assert_true(str_compare(before, after) < 0);
    }
}

/* Flips each of the 128 bits: 128 ids, none like another. */
static void every_random_bit_counts(void **state)
{
    (void)state;
    char ids[ID_RANDOM_BYTES * 8][ID_TEXT_BYTES];
    for (size_t bit = 0; bit < COUNT_OF(ids); bit++) {
        uint8_t random[ID_RANDOM_BYTES] = { 0 };
        random[bit / 8] = (uint8_t)(1u << bit % 8);
        (void)id_format(ids[bit], STR("pay_"), 0, random);
        for (size_t other = 0; other < bit; other++) assert_string_not_equal(ids[bit], ids[other]);
    }
}

static void knows_its_own_shape(void **state)
{
    (void)state;
    const struct {
        str text;
        bool is_id;
    } rows[] = {
        { STR("pay_01jq3v8x2m7d0kzzzzzzzzzzzzzzzzzzzzzz"),   true },
        { STR("pay_01jq3v8x2m7d0kzzzzzzzzzzzzzzzzzzzzz"),    false }, /* one less */
        { STR("pay_01jq3v8x2m7d0kzzzzzzzzzzzzzzzzzzzzzzz"),  false }, /* one more */
        { STR("ref_01jq3v8x2m7d0kzzzzzzzzzzzzzzzzzzzzzz"),   false },
        { STR("PAY_01jq3v8x2m7d0kzzzzzzzzzzzzzzzzzzzzzz"),   false },
        { STR("pay_01JQ3V8X2M7D0KZZZZZZZZZZZZZZZZZZZZZZ"),   false },
        { STR("pay_01jq3v8x2m7d0kzzzzzzzzzzzzzzzzzzzzzi"),   false }, /* i, l, o and u are not in the alphabet */
        { STR("pay_01jq3v8x2m7d0kzzzzzzzzzzzzzzzzzzzzzl"),   false },
        { STR("pay_01jq3v8x2m7d0kzzzzzzzzzzzzzzzzzzzzzo"),   false },
        { STR("pay_01jq3v8x2m7d0kzzzzzzzzzzzzzzzzzzzzzu"),   false },
        { STR("pay_01jq3v8x2m7d0kzzzzzzzzzzzzzzzzzzzzz\0"),  false },
        { STR("pay_01jq3v8x2m7d0kzzzzzzzzzzzzzzzzzzz../"),   false },
        { STR("pay_01jq3v8x2m7d0kzzzzzzzzzzzzzzzzzzzzz\xff"), false },
        { STR(""),                                           false },
        { STR("pay_"),                                       false },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        str text = exact_copy(rows[i].text);
        assert_row(id_is(text, STR("pay_")) == rows[i].is_id, i);
        exact_free(text);
    }
    assert_false(id_is(STR_NONE, STR("pay_")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(has_a_prefix_and_36_characters),
        cmocka_unit_test(tells_time_as_ulids_do),
        cmocka_unit_test(sorts_by_time),
        cmocka_unit_test(every_random_bit_counts),
        cmocka_unit_test(knows_its_own_shape),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
