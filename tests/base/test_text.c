/* SPDX-License-Identifier: Apache-2.0 */
/* text: what is put is what stands there; JSON strings are escaped wherever the byte stands. */
#include "base_testing.h"

#include <stdio.h>

#include "base/text.h"

static void puts_pieces_one_after_the_other(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    struct text text = text_open(&arena, 0);
    assert_str(text_str(&text), STR(""));
    assert_non_null(text_str(&text).bytes);
    text_put(&text, STR("a"));
    text_put(&text, STR_NONE);
    text_put(&text, STR("b\0c"));
    text_put_char(&text, '-');
    text_put_int(&text, 42);
    text_put_format(&text, "<%s %d>", "x", 7);
    assert_str(text_str(&text), STR("ab\0c-42<x 7>"));
    arena_close(&arena);
}

static void grows_from_any_size(void **state)
{
    (void)state;
    for (size_t capacity = 0; capacity < 200; capacity += 7) {
        struct arena arena = { 0 };
        struct text text = text_open(&arena, capacity);
        for (int i = 0; i < 3000; i++) text_put_format(&text, "%d,", i % 10);
        assert_int_equal(text.length, 6000);
        for (size_t i = 0; i < 3000; i++) assert_int_equal(text.bytes[2 * i], '0' + i % 10);
        arena_close(&arena);
    }
}

static void may_put_a_part_of_itself(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    struct text text = text_open(&arena, 3);
    text_put(&text, STR("abc"));
    text_put(&text, text_str(&text));
    assert_str(text_str(&text), STR("abcabc"));
    arena_close(&arena);
}

static void puts_whole_numbers(void **state)
{
    (void)state;
    static const int64_t numbers[] = { 0, 1, -1, 9, 10, -10, 1234567890123, INT64_MAX, INT64_MIN, INT64_MIN + 1 };
    struct arena arena = { 0 };
    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        struct text text = text_open(&arena, 1);
        text_put_int(&text, numbers[i]);
        assert_str(text_str(&text), arena_format(&arena, "%lld", (long long)numbers[i]));
    }
    arena_close(&arena);
}

static const char *escape_of(unsigned char byte, char buffer[8])
{
    switch (byte) {
    case '"': return "\\\"";
    case '\\': return "\\\\";
    case '\b': return "\\b";
    case '\f': return "\\f";
    case '\n': return "\\n";
    case '\r': return "\\r";
    case '\t': return "\\t";
    default: break;
    }
    (void)snprintf(buffer, 8, byte < 0x20 ? "\\u%04x" : "%c", byte);
    return buffer;
}

static void assert_escaped(str value)
{
    struct arena arena = { 0 };
    char buffer[8];
    struct text expected = text_open(&arena, 100), text = text_open(&arena, 1);
    text_put_char(&expected, '"');
    for (size_t i = 0; i < value.length; i++) text_put(&expected, str_of(escape_of((unsigned char)value.bytes[i], buffer)));
    text_put_char(&expected, '"');
    str copy = exact_copy(value);
    text_put_json(&text, copy);
    exact_free(copy);
    assert_str(text_str(&text), text_str(&expected));
    arena_close(&arena);
}

/* Eight bytes are looked at together: no neighbor may hide a byte or be taken for one. */
static void escapes_every_pair_of_bytes(void **state)
{
    (void)state;
    for (int first = 1; first < 256; first++) {
        for (int second = 1; second < 256; second++) {
            char bytes[] = { 'a', (char)first, (char)second, 'b', 'c', 'd', 'e', 'f', 'g' };
            assert_escaped((str){ bytes, sizeof bytes });
        }
    }
}

static void escapes_every_byte_at_every_place(void **state)
{
    (void)state;
    for (size_t length = 1; length < 20; length++) {
        for (size_t at = 0; at < length; at++) {
            for (int byte = 1; byte < 0x80; byte++) {
                char bytes[20];
                memset(bytes, 'a', sizeof bytes);
                bytes[at] = (char)byte;
                assert_escaped((str){ bytes, length });
            }
        }
    }
}

static void escapes_a_zero_byte(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    struct text text = text_open(&arena, 10);
    text_put_json(&text, STR("a\0b\x1f"));
    text_put_json(&text, STR(""));
    text_put_json(&text, STR_NONE);
    assert_str(text_str(&text), STR("\"a\\u0000b\\u001f\"\"\"\"\""));
    arena_close(&arena);
}

static void members_have_commas_between_them(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    struct text text = text_open(&arena, 10);
    json_open_object(&text);
    json_put_str(&text, "id", STR("pay_1"));
    json_put_str(&text, "void_id", STR_NONE);
    json_put_str(&text, "empty", STR(""));
    json_put_str(&text, "brace", STR("{"));
    json_put_int(&text, "amount", -5);
    json_put_bool(&text, "yes", true);
    json_put_bool(&text, "no", false);
    json_put_null(&text, "nothing");
    json_put_raw(&text, "raw", STR("[1]"));
    json_put_time(&text, "at", 1772357400123456);
    json_put_time(&text, "never", 0);
    json_name(&text, "list");
    json_open_list(&text);
    for (int i = 0; i < 2; i++) {
        json_comma(&text);
        json_open_object(&text);
        json_put_int(&text, "i", i);
        json_close_object(&text);
    }
    json_close_list(&text);
    json_name(&text, "none");
    json_open_list(&text);
    json_close_list(&text);
    json_close_object(&text);
    assert_str(text_str(&text),
               STR("{\"id\":\"pay_1\",\"void_id\":null,\"empty\":\"\",\"brace\":\"{\",\"amount\":-5,\"yes\":true,\"no\":false,"
                   "\"nothing\":null,\"raw\":[1],\"at\":\"2026-03-01T09:30:00.123Z\",\"never\":null,"
                   "\"list\":[{\"i\":0},{\"i\":1}],\"none\":[]}"));
    arena_close(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(puts_pieces_one_after_the_other),
        cmocka_unit_test(grows_from_any_size),
        cmocka_unit_test(may_put_a_part_of_itself),
        cmocka_unit_test(puts_whole_numbers),
        cmocka_unit_test(escapes_every_pair_of_bytes),
        cmocka_unit_test(escapes_every_byte_at_every_place),
        cmocka_unit_test(escapes_a_zero_byte),
        cmocka_unit_test(members_have_commas_between_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
