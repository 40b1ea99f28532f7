/* SPDX-License-Identifier: Apache-2.0 */
/* json: exact numbers, strict texts, kept limits; and whatever a stranger sends, an answer and no harm. */
#include "base_testing.h"

#include "base/json.h"
#include "base/text.h"

static struct arena arena;

static int close_arena(void **state)
{
    (void)state;
    arena_close(&arena);
    return 0;
}

/* Reads from memory of exactly the body's size, which is gone afterwards: what was read must not point into it. */
static enum json_problem read_exactly(str body, const struct json **out)
{
    str copy = exact_copy(body);
    enum json_problem problem = json_read(&arena, copy, out);
    exact_free(copy);
    return problem;
}

static const struct json *read_fine(str body)
{
    const struct json *value = NULL;
    assert_int_equal(read_exactly(body, &value), JSON_FINE);
    assert_non_null(value);
    return value;
}

static str repeated(str piece, size_t times)
{
    struct text text = text_open(&arena, piece.length * times);
    while (times-- > 0) text_put(&text, piece);
    return text_str(&text);
}

static str joined(str a, str b, str c)
{
    return arena_format(&arena, "%.*s%.*s%.*s", STR_FORMAT(a), STR_FORMAT(b), STR_FORMAT(c));
}

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
        { STR("\"a\nb\""),                              JSON_INVALID_TEXT },

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
        assert_row(read_exactly((str){ in_string, sizeof in_string }, &value) == JSON_INVALID_TEXT, byte);
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

static void finds_members(void **state)
{
    (void)state;
    const struct json *body = read_fine(STR("{\"amount\":50.00,\"card\":{\"cvv\":\"1\\n2\"},"
                                            "\"yes\":true,\"none\":null,\"list\":[7],\"\":8}"));
    assert_str(json_number(json_find(body, "amount")), STR("50.00"));
    assert_str(json_string(json_find(json_find(body, "card"), "cvv")), STR("1\n2"));
    assert_true(json_is_true(json_find(body, "yes")));
    assert_str(json_number(json_find(body, "")), STR("8"));
    assert_null(json_find(body, "Amount"));
    assert_null(json_find(body, "amoun"));
    assert_null(json_find(json_find(body, "list"), "0"));
    assert_null(json_find(json_find(body, "amount"), "x"));
    assert_null(json_find(NULL, "x"));
    assert_non_null(json_find(body, "none"));
}

static void tells_kinds_apart(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum json_kind kind;
    } rows[] = {
        { "null",   JSON_NULL },
        { "true",   JSON_BOOL },
        { "false",  JSON_BOOL },
        { "5.0",    JSON_NUMBER },
        { "\"5\"",  JSON_STRING },
        { "[5]",    JSON_LIST },
        { "{}",     JSON_OBJECT },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct json *value = read_fine(str_of(rows[i].text));
        assert_row(json_kind_of(value) == rows[i].kind, i);
        assert_row((json_string(value).bytes != NULL) == (rows[i].kind == JSON_STRING), i);
        assert_row((json_number(value).bytes != NULL) == (rows[i].kind == JSON_NUMBER), i);
        assert_row(json_is_true(value) == (i == 1), i);
        assert_row(json_length(value) == (rows[i].kind == JSON_LIST), i);
    }
    assert_null(json_string(NULL).bytes);
    assert_null(json_number(NULL).bytes);
    assert_false(json_is_true(NULL));
    assert_int_equal(json_length(NULL), 0);
    assert_int_equal(json_kind_of(NULL), JSON_NULL);
}

static void numbers_stay_as_they_were_written(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool is_whole;
        int64_t whole;
    } rows[] = {
        { "0",                    true,  0 },
        { "5000",                 true,  5000 },
        { "-5000",                true,  -5000 },
        { "9007199254740993",     true,  9007199254740993 }, /* a double would make it ...992 */
        { "9223372036854775807",  true,  INT64_MAX },
        { "-9223372036854775808", true,  INT64_MIN },
        { "9223372036854775808",  false, 0 },
        { "-9223372036854775809", false, 0 },
        { "18446744073709551616", false, 0 },
        { "-0",                   false, 0 },
        { "5.0",                  false, 0 },
        { "50.00",                false, 0 },
        { "0.1",                  false, 0 },
        { "1e3",                  false, 0 },
        { "1E3",                  false, 0 },
        { "1e400",                false, 0 },
        { "-0.0",                 false, 0 },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        int64_t whole = -7;
        const struct json *value = json_find(read_fine(arena_format(&arena, "{\"n\": %s }", rows[i].text)), "n");
        assert_str(json_number(value), str_of(rows[i].text));
        assert_row(json_int64(value, &whole) == rows[i].is_whole, i);
        assert_row(whole == (rows[i].is_whole ? rows[i].whole : -7), i);
        assert_str(json_number(read_fine(str_of(rows[i].text))), str_of(rows[i].text)); /* alone, too */
    }
}

static void a_number_of_400_digits_stays_text(void **state)
{
    (void)state;
    int64_t whole;
    str digits = repeated(STR("9"), 400), fraction = joined(STR("0."), digits, STR("e-12"));
    assert_str(json_number(read_fine(digits)), digits);
    assert_str(json_number(read_fine(fraction)), fraction);
    assert_false(json_int64(read_fine(digits), &whole));
}

static void only_numbers_are_whole_numbers(void **state)
{
    (void)state;
    static const char *const texts[] = { "\"5\"", "true", "null", "[5]", "{\"a\":5}", "\"\"" };
    int64_t whole;
    for (size_t i = 0; i < COUNT_OF(texts); i++) assert_row(!json_int64(read_fine(str_of(texts[i])), &whole), i);
    assert_false(json_int64(NULL, &whole));
}

/* Writes "name=number " for each; nested values are stepped over. */
static str walked(str body)
{
    struct text text = text_open(&arena, 100);
    for (struct json_item item = json_first(read_fine(body)); item.value; item = json_next(item)) {
        text_put_format(&text, "%.*s=%.*s ", STR_FORMAT(item.name), STR_FORMAT(json_number(item.value)));
    }
    return text_str(&text);
}

static void walks_members_and_elements_in_order(void **state)
{
    (void)state;
    assert_str(walked(STR("{\"b\":1,\"a\":{\"x\":[1,2]},\"\":[[],{}],\"c\":4}")), STR("b=1 a= = c=4 "));
    assert_str(walked(STR("[1,[2,[3]],{\"x\":4},5]")), STR("=1 = = =5 "));
    assert_str(walked(STR("{}")), STR(""));
    assert_str(walked(STR("[]")), STR(""));
    assert_str(walked(STR("5")), STR(""));
    assert_null(json_first(NULL).value);
    assert_int_equal(json_length(read_fine(STR("{\"a\":{\"x\":1,\"y\":2},\"b\":2}"))), 2);
    assert_null(json_first(read_fine(STR("[1]"))).name.bytes);
    assert_non_null(json_first(read_fine(STR("{\"\":1}"))).name.bytes);
}

static bool leave_out_one(void *context, str path)
{
    return str_equal(path, *(str *)context);
}

static void canonical_form_is_one_for_all_spellings(void **state)
{
    (void)state;
    const struct {
        str body, canonical;
    } rows[] = {
        { STR(" { \"b\" : 1 ,\n\"a\" : [ true , null , false ] } "), STR("{\"a\":[true,null,false],\"b\":1}") },
        { STR("{\"b\":{\"d\":1,\"c\":2},\"a\":{}}"),                STR("{\"a\":{},\"b\":{\"c\":2,\"d\":1}}") },
        { STR("[50.00,-0,1E5]"),                                    STR("[50.00,-0,1E5]") },
        { STR("\"\\u0061\\/\\u001f\\u000a\\\"\\\\\\u00e9\""),       STR("\"a/\\u001f\\n\\\"\\\\\xc3\xa9\"") },
        { STR("{\"aa\":1,\"a\":2,\"\":3,\"B\":4,\"\xc3\xa9\":5}"),  STR("{\"\":3,\"B\":4,\"a\":2,\"aa\":1,\"\xc3\xa9\":5}") },
        { STR("{\"b\\\"\":1,\"a\\n\":2}"),                          STR("{\"a\\n\":2,\"b\\\"\":1}") },
        { STR("{}"),                                                STR("{}") },
        { STR("[[],[{}]]"),                                         STR("[[],[{}]]") },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_str(json_canonical(&arena, read_fine(rows[i].body), NULL, NULL), rows[i].canonical);
    }
}

static void canonical_form_leaves_out_what_it_is_told_to(void **state)
{
    (void)state;
    const struct json *body = read_fine(STR("{\"cvv\":1,\"card\":{\"number\":2,\"cvv\":3},"
                                            "\"items\":[{\"name\":4,\"id\":5},{\"name\":6}],\"z\":7}"));
    const struct {
        str path, canonical;
    } rows[] = {
        { STR("card.cvv"),   STR("{\"card\":{\"number\":2},\"cvv\":1,\"items\":[{\"id\":5,\"name\":4},{\"name\":6}],\"z\":7}") },
        { STR("cvv"),        STR("{\"card\":{\"cvv\":3,\"number\":2},\"items\":[{\"id\":5,\"name\":4},{\"name\":6}],\"z\":7}") },
        { STR("card"),       STR("{\"cvv\":1,\"items\":[{\"id\":5,\"name\":4},{\"name\":6}],\"z\":7}") },
        { STR("items.name"), STR("{\"card\":{\"cvv\":3,\"number\":2},\"cvv\":1,\"items\":[{\"id\":5},{}],\"z\":7}") },
        { STR("nothing"),    STR("{\"card\":{\"cvv\":3,\"number\":2},\"cvv\":1,\"items\":[{\"id\":5,\"name\":4},{\"name\":6}],\"z\":7}") },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        str path = rows[i].path;
        assert_str(json_canonical(&arena, body, leave_out_one, &path), rows[i].canonical);
    }
}

#define json_unit_test(test) cmocka_unit_test_teardown(test, close_arena)

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
        json_unit_test(finds_members),
        json_unit_test(tells_kinds_apart),
        json_unit_test(numbers_stay_as_they_were_written),
        json_unit_test(a_number_of_400_digits_stays_text),
        json_unit_test(only_numbers_are_whole_numbers),
        json_unit_test(walks_members_and_elements_in_order),
        json_unit_test(canonical_form_is_one_for_all_spellings),
        json_unit_test(canonical_form_leaves_out_what_it_is_told_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
