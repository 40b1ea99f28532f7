/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "world/http.h"
#include "world/http_write.h"

struct decode_row {
    const char *text;
    bool plus_is_space;
    const char *decoded; /* NULL: refused */
};

static void test_decoding(void **state)
{
    (void)state;
    static const struct decode_row rows[] = {
        { "", false, "" },
        { "/a/b", false, "/a/b" },
        { "%2Fa%2fb", false, "/a/b" },
        { "a+b", false, "a+b" },
        { "a+b%2B", true, "a b+" },
        { "%C3%A9", false, "\xc3\xa9" },
        { "%f0%9f%92%b6", false, "\xf0\x9f\x92\xb6" },
        { "%", false, NULL },
        { "%a", false, NULL },
        { "%zz", false, NULL },
        { "%0g", false, NULL },
        { "%00", false, NULL },
        { "a%", false, NULL },
        { "%c0%af", false, NULL },         /* overlong slash */
        { "%e0%80%af", false, NULL },      /* the same, longer */
        { "%f0%80%80%af", false, NULL },
        { "%ed%a0%80", false, NULL },      /* half of a surrogate pair */
        { "%f4%90%80%80", false, NULL },   /* beyond Unicode */
        { "%f5%80%80%80", false, NULL },
        { "%ff", false, NULL },
        { "%80", false, NULL },
        { "%c3", false, NULL },
        { "%c3a", false, NULL },
        { "%e2%82", false, NULL },
    };
    struct arena arena = { 0 };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        str out;
        bool works = http_decode(&arena, str_of(rows[i].text), rows[i].plus_is_space, &out);
        if (works != (rows[i].decoded != NULL)) fail_msg("%s", rows[i].text);
        if (works) assert_true(str_equal(out, str_of(rows[i].decoded)));
    }
    arena_close(&arena);
}

static void test_headers_of_a_request(void **state)
{
    (void)state;
    const struct http_header headers[] = {
        { STR("Accept"), STR("a") }, { STR("ACCEPT"), STR("b") }, { STR("Empty"), STR("") },
    };
    const struct http_request request = { .headers = headers, .header_count = COUNT_OF(headers) };
    assert_true(str_equal(http_header(&request, STR("accept")), STR("a")));
    assert_int_equal(http_header_count(&request, STR("accept")), 2);
    assert_int_equal(http_header_count(&request, STR("accep")), 0);
    assert_non_null(http_header(&request, STR("empty")).bytes);
    assert_null(http_header(&request, STR("none")).bytes);
}

static void test_reasons(void **state)
{
    (void)state;
    assert_string_equal(http_reason(200), "OK");
    assert_string_equal(http_reason(402), "Payment Required");
    assert_string_equal(http_reason(299), "Unknown");
}

static void test_an_answer_in_bytes(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    struct text text = text_open(&arena, 0);
    struct http_answer answer = { .status = 201, .content_type = STR("application/json"), .body = STR("{}") };
    http_answer_header(&answer, STR("Retry-After"), STR("1"));
    http_write_head(&text, &answer, (struct http_write_frame){ .date = STR("now"), .close = true });
    assert_true(str_equal(text_str(&text), STR("HTTP/1.1 201 Created\r\nDate: now\r\nContent-Type: application/json\r\n"
                                               "Content-Length: 2\r\nRetry-After: 1\r\nConnection: close\r\n\r\n")));
    text = text_open(&arena, 0);
    http_write_head(&text, &(struct http_answer){ .status = 204 }, (struct http_write_frame){ .date = STR("now") });
    assert_true(str_equal(text_str(&text), STR("HTTP/1.1 204 No Content\r\nDate: now\r\n\r\n")));
    arena_close(&arena);
}

static void test_dates(void **state)
{
    (void)state;
    char buffer[HTTP_DATE_BYTES];
    assert_true(str_equal(http_write_date(buffer, 784111777LL * MICROS_PER_SECOND), STR("Sun, 06 Nov 1994 08:49:37 GMT")));
    assert_true(str_equal(http_write_date(buffer, 0), STR("Thu, 01 Jan 1970 00:00:00 GMT")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decoding),
        cmocka_unit_test(test_headers_of_a_request),
        cmocka_unit_test(test_reasons),
        cmocka_unit_test(test_an_answer_in_bytes),
        cmocka_unit_test(test_dates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
