/* SPDX-License-Identifier: Apache-2.0 */
/* json: what was read is found again, numbers to the digit, and told in one canonical form. */
#include "json_testing.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
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
