/* SPDX-License-Identifier: Apache-2.0 */
/* json: strict texts and kept limits; and whatever a stranger sends, an answer and no harm. */
#include "json_testing.h"

static void takes_json_and_nothing_else(void **state)
{
    (void)state;
    const struct {
        str body;
        enum json_problem problem;
    } rows[] = {
        { STR("{}"),                                    JSON_FINE },
        { STR(" \t\r\n{ \"a\" : [ 1 , true ] } \n"),    JSON_FINE },
        { STR("0"),                                     JSON_FINE },
        { STR("null"),                                  JSON_FINE },
        { STR("\"\""),                                  JSON_FINE },
        { STR("-0.5e+10"),                              JSON_FINE },
        { STR("\"\\u0001\\uD83D\\uDE00\\/\""),          JSON_FINE },
        { STR("\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\""), JSON_FINE },
        { STR("\"\xf4\x8f\xbf\xbf\x7f\""),              JSON_FINE },
        { STR("{\"\":1}"),                              JSON_FINE },
        { STR("{\"a\":{\"a\":1},\"b\":{\"a\":1}}"),     JSON_FINE },
        { STR("{\"a\":1,\"A\":1}"),                     JSON_FINE },

        { STR(""),                                      JSON_INVALID },
        { STR(" "),                                     JSON_INVALID },
        { STR("\xef\xbb\xbf{}"),                        JSON_INVALID }, /* a byte order mark */
        { STR("{\0}"),                                  JSON_INVALID },
        { STR("{}\0"),                                  JSON_INVALID },
        { STR("{} {}"),                                 JSON_INVALID },
        { STR("{}x"),                                   JSON_INVALID },
        { STR("]"),                                     JSON_INVALID },
        { STR("{}}"),                                   JSON_INVALID },
        { STR("[}"),                                    JSON_INVALID },
        { STR("[1,]"),                                  JSON_INVALID },
        { STR("[,]"),                                   JSON_INVALID },
        { STR("[1,,2]"),                                JSON_INVALID },
        { STR("[1 2]"),                                 JSON_INVALID },
        { STR("{\"a\":1,}"),                            JSON_INVALID },
        { STR("{\"a\"}"),                               JSON_INVALID },
        { STR("{\"a\":}"),                              JSON_INVALID },
        { STR("{a:1}"),                                 JSON_INVALID },
        { STR("{'a':1}"),                               JSON_INVALID },
        { STR("{1:1}"),                                 JSON_INVALID },
        { STR("{null:1}"),                              JSON_INVALID },
        { STR("{\"a\":1 /* why */}"),                   JSON_INVALID },
        { STR("{\"a\":1} // why"),                      JSON_INVALID },
        { STR("# why\n{}"),                             JSON_INVALID },
        { STR("NaN"),                                   JSON_INVALID },
        { STR("[NaN]"),                                 JSON_INVALID },
        { STR("[Infinity]"),                            JSON_INVALID },
        { STR("[-Infinity]"),                           JSON_INVALID },
        { STR("[nan]"),                                 JSON_INVALID },
        { STR("[inf]"),                                 JSON_INVALID },
        { STR("True"),                                  JSON_INVALID },
        { STR("tru"),                                   JSON_INVALID },
        { STR("truee"),                                 JSON_INVALID },
        { STR("nul"),                                   JSON_INVALID },
        { STR("[01]"),                                  JSON_INVALID },
        { STR("[-01]"),                                 JSON_INVALID },
        { STR("[+1]"),                                  JSON_INVALID },
        { STR("[.5]"),                                  JSON_INVALID },
        { STR("[5.]"),                                  JSON_INVALID },
        { STR("[-]"),                                   JSON_INVALID },
        { STR("[1e]"),                                  JSON_INVALID },
        { STR("[1e+]"),                                 JSON_INVALID },
        { STR("[0x10]"),                                JSON_INVALID },
        { STR("[1_000]"),                               JSON_INVALID },
        { STR("[1\xc2\xa0]"),                           JSON_INVALID }, /* a no-break space */
        { STR("\"a"),                                   JSON_INVALID },
        { STR("\"a\\\""),                               JSON_INVALID },
        { STR("\"a\\"),                                 JSON_INVALID },
        { STR("\xff"),                                  JSON_INVALID },

        { STR("\"\\u0000\""),                           JSON_INVALID_TEXT },
        { STR("{\"a\\u0000b\":1}"),                     JSON_INVALID_TEXT },
        { STR("\"\0\""),                                JSON_INVALID_TEXT },
        { STR("\"\x80\""),                              JSON_INVALID_TEXT },
        { STR("\"\xc3\""),                              JSON_INVALID_TEXT },
        { STR("\"\xc0\xaf\""),                          JSON_INVALID_TEXT }, /* overlong */
        { STR("\"\xe0\x80\xaf\""),                      JSON_INVALID_TEXT },
        { STR("\"\xed\xa0\x80\""),                      JSON_INVALID_TEXT }, /* a surrogate as UTF-8 */
        { STR("\"\xf4\x90\x80\x80\""),                  JSON_INVALID_TEXT }, /* beyond U+10FFFF */
        { STR("\"\xff\""),                              JSON_INVALID_TEXT },
        { STR("{\"\xff\":1}"),                          JSON_INVALID_TEXT },
        { STR("\"\\ud83d\""),                           JSON_INVALID_TEXT }, /* half a pair */
        { STR("\"\\ude00\""),                           JSON_INVALID_TEXT },
        { STR("\"\\ud83d\\u0041\""),                    JSON_INVALID_TEXT },
        { STR("\"\\ude00\\ud83d\""),                    JSON_INVALID_TEXT },
        { STR("\"\\x41\""),                             JSON_INVALID_TEXT },
        { STR("\"\\u12G4\""),                           JSON_INVALID_TEXT },
        { STR("\"\\u12\""),                             JSON_INVALID_TEXT },
        { STR("\"\\'\""),                               JSON_INVALID_TEXT },
        { STR("\"a\nb\""),                              JSON_INVALID },

        { STR("\"\\\\u0000\""),                         JSON_FINE }, /* a backslash and "u0000" */
        { STR("\"\\\\\\u0000\""),                       JSON_INVALID_TEXT },

        { STR("{\"a\":1,\"a\":1}"),                     JSON_DUPLICATE_NAME },
        { STR("{\"a\":1,\"b\":2,\"a\":null}"),          JSON_DUPLICATE_NAME },
        { STR("{\"a\":1,\"\\u0061\":1}"),               JSON_DUPLICATE_NAME },
        { STR("{\"\":1,\"\":1}"),                       JSON_DUPLICATE_NAME },
        { STR("[0,[{\"x\":[{\"a\":{},\"a\":{}}]}]]"),   JSON_DUPLICATE_NAME },
        { STR("{\"a\":[{},{}],\"b\":{\"c\":1,\"c\":1}}"), JSON_DUPLICATE_NAME },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct json *value = NULL;
        enum json_problem problem = read_exactly(rows[i].body, &value);
        if (problem != rows[i].problem) fail_msg("%.*s: problem %d", STR_FORMAT(rows[i].body), problem);
        assert_row((value != NULL) == (problem == JSON_FINE), i);
    }
}

static void refuses_every_bare_control_character(void **state)
{
    (void)state;
    for (int byte = 0; byte < 0x20; byte++) {
        char in_string[] = { '"', 'a', (char)byte, '"' };
        char outside[] = { '[', (char)byte, ']' };
        const struct json *value;
        bool is_space = byte == '\t' || byte == '\r' || byte == '\n';
        enum json_problem problem = read_exactly((str){ in_string, sizeof in_string }, &value);
        assert_row(problem == (byte == 0 ? JSON_INVALID_TEXT : JSON_INVALID), byte);
        assert_row(read_exactly((str){ outside, sizeof outside }, &value) == (is_space ? JSON_FINE : JSON_INVALID), byte);
    }
}

static void keeps_the_depth(void **state)
{
    (void)state;
    const struct json *value;
    for (size_t depth = 1; depth < 40; depth++) {
        str lists = joined(repeated(STR("["), depth), STR(""), repeated(STR("]"), depth));
        str objects = joined(repeated(STR("{\"a\":"), depth), STR("1"), repeated(STR("}"), depth));
        enum json_problem expected = depth <= JSON_DEPTH_MAX ? JSON_FINE : JSON_TOO_DEEP;
        assert_row(read_exactly(lists, &value) == expected, depth);
        assert_row(read_exactly(objects, &value) == expected, depth);
    }
    assert_int_equal(read_exactly(repeated(STR("["), 100000), &value), JSON_TOO_DEEP);
    assert_int_equal(read_exactly(repeated(STR("{\"a\":"), 100000), &value), JSON_TOO_DEEP);
    assert_int_equal(read_exactly(repeated(STR("[]"), 100000), &value), JSON_INVALID);
    assert_int_equal(read_exactly(repeated(STR("]"), 100000), &value), JSON_INVALID);
}

static void brackets_in_texts_are_no_depth(void **state)
{
    (void)state;
    (void)read_fine(joined(STR("\""), repeated(STR("[{"), 1000), STR("\"")));
    (void)read_fine(joined(STR("\""), repeated(STR("\\\"["), 1000), STR("\"")));
    (void)read_fine(joined(STR("\""), repeated(STR(",\\\\"), 1000), STR("\"")));
}

static enum json_problem read_members(size_t count, size_t members_max)
{
    const struct json *value;
    struct text list = text_open(&arena, count * 2 + 2), object = text_open(&arena, count * 10 + 2);
    json_open_list(&list);
    json_open_object(&object);
    for (size_t i = 0; i < count; i++) {
        json_comma(&list);
        text_put_char(&list, '0');
        json_put_null(&object, arena_format(&arena, "n%zu", i).bytes);
    }
    json_close_list(&list);
    json_close_object(&object);
    enum json_problem problem = json_read_up_to(&arena, text_str(&list), members_max, &value);
    assert_int_equal(json_read_up_to(&arena, text_str(&object), members_max, &value), problem);
    return problem;
}

static void keeps_the_number_of_members(void **state)
{
    (void)state;
    assert_int_equal(read_members(JSON_MEMBERS_MAX, JSON_MEMBERS_MAX), JSON_FINE);
    assert_int_equal(read_members(JSON_MEMBERS_MAX + 1, JSON_MEMBERS_MAX), JSON_TOO_LARGE);
    assert_int_equal(read_members(JSON_MEMBERS_MAX + 1, JSON_MEMBERS_MAX + 1), JSON_FINE);
    assert_int_equal(read_members(50000, JSON_MEMBERS_MAX), JSON_TOO_LARGE);
    assert_int_equal(read_members(50000, 50000), JSON_FINE);
    assert_int_equal(read_members(0, 0), JSON_FINE);
    assert_int_equal(read_members(1, 0), JSON_TOO_LARGE);
}

/* All levels count together: an element of a list, and each of the lists and objects in it. */
static void counts_members_of_all_levels(void **state)
{
    (void)state;
    const struct json *value;
    str element = STR("[0,{\"a\":[]}],"), last = STR("[0,{\"a\":[]}]"); /* four with itself */
    str fits = joined(STR("["), joined(repeated(element, 127), last, STR("")), STR("]"));
    str over = joined(STR("["), joined(repeated(element, 127), last, STR(",1")), STR("]"));
    assert_int_equal(json_read(&arena, fits, &value), JSON_FINE);
    assert_int_equal(json_read(&arena, over, &value), JSON_TOO_LARGE);
}

/* The name that comes twice is found at any distance, in small objects and in those that are sorted. */
static void finds_the_name_that_comes_twice(void **state)
{
    (void)state;
    for (size_t count = 2; count < 60; count++) {
        for (size_t twin = 0; twin < count - 1; twin++) {
            struct text object = text_open(&arena, 1000);
            json_open_object(&object);
            for (size_t i = 0; i < count; i++) {
                json_put_int(&object, arena_format(&arena, "%zu", (i == count - 1 ? twin : i) * 7919 % 1000).bytes, 1);
            }
            json_close_object(&object);
            const struct json *value;
            assert_row(read_exactly(text_str(&object), &value) == JSON_DUPLICATE_NAME, count);
        }
        arena_reset(&arena);
    }
}

static const char request[] =
    "{\"amount\":5000,\"currency\":\"USD\",\"order_id\":\"o-\\u20ac\\\\\",\"card\":{\"number\":\"4111 1111\",\"cvv\":\"123\","
    "\"expiry_month\":12},\"tags\":[\"\xc3\xa9\",-0.50,1e9,true,false,null,{},[]],\"nested\":{\"a\":{\"b\":[1,2]}}}";

static void every_shortening_is_invalid(void **state)
{
    (void)state;
    str whole = str_of(request);
    (void)read_fine(whole);
    for (size_t length = 0; length < whole.length; length++) {
        const struct json *value = NULL;
        assert_row(read_exactly((str){ whole.bytes, length }, &value) == JSON_INVALID, length);
        assert_null(value);
    }
}

/* Each byte in turn becomes each other byte. What is still JSON is written and read again to the same. */
static void every_changed_byte_does_no_harm(void **state)
{
    (void)state;
    char changed[sizeof request];
    for (size_t at = 0; at < sizeof request - 1; at++) {
        for (int byte = 0; byte < 256; byte++) {
            memcpy(changed, request, sizeof request);
            changed[at] = (char)byte;
            const struct json *value;
            if (read_exactly((str){ changed, sizeof request - 1 }, &value) == JSON_FINE) {
                str canonical = json_canonical(&arena, value, NULL, NULL);
                assert_str(json_canonical(&arena, read_fine(canonical), NULL, NULL), canonical);
            }
            arena_reset(&arena);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        json_unit_test(takes_json_and_nothing_else),
        json_unit_test(refuses_every_bare_control_character),
        json_unit_test(keeps_the_depth),
        json_unit_test(brackets_in_texts_are_no_depth),
        json_unit_test(keeps_the_number_of_members),
        json_unit_test(counts_members_of_all_levels),
        json_unit_test(finds_the_name_that_comes_twice),
        json_unit_test(every_shortening_is_invalid),
        json_unit_test(every_changed_byte_does_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
