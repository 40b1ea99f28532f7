/* SPDX-License-Identifier: Apache-2.0 */
/* The bank's answers, byte for byte: members in alphabetical order, times in two spellings, errors in JSON and in plain text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sim/bank_answers.h"

static const int64_t second_ns = 1000 * 1000 * 1000;

static void a_time_has_the_digits_that_it_needs(void **state)
{
    (void)state;
    const struct {
        int64_t ns;
        const char *text;
    } rows[] = {
        { 0,                                    "1970-01-01T00:00:00Z" },
        { 1,                                    "1970-01-01T00:00:00.000000001Z" },
        { 500 * 1000 * 1000,                    "1970-01-01T00:00:00.5Z" },
        { 1772323200 * second_ns,               "2026-03-01T00:00:00Z" },
        { 1772323200 * second_ns + 120,         "2026-03-01T00:00:00.00000012Z" },
        { 1772409599 * second_ns + 999999999,   "2026-03-01T23:59:59.999999999Z" },
        { 1709164799 * second_ns,               "2024-02-28T23:59:59Z" },
        { 1709164800 * second_ns,               "2024-02-29T00:00:00Z" },
        { -1,                                   "1969-12-31T23:59:59.999999999Z" },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char buffer[BANK_TIME_BYTES];
        assert_string_equal(bank_time_format(buffer, rows[i].ns).bytes, rows[i].text);
    }
}

static const struct bank_told told = {
    .id = { { 0x11, 0x11, 0x11, 0x11, 0x22, 0x22, 0x43, 0x33, 0x84, 0x44, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55 } },
    .parent = { { 0xaa, 0xaa, 0xaa, 0xaa, 0xbb, 0xbb, 0x4c, 0xcc, 0x8d, 0xdd, 0xee, 0xee, 0xee, 0xee, 0xee, 0xee } },
    .cents = 9999,
    .at_ns = 1772323200LL * 1000 * 1000 * 1000 + 123456789,
    .expires_ns = 1772928000LL * 1000 * 1000 * 1000 + 123456789,
    .currency = "USD",
};

#define ID "11111111-2222-4333-8444-555555555555"
#define PARENT "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"

static void answers_have_their_members_in_alphabetical_order(void **state)
{
    (void)state;
    static const char *const posts[BANK_KINDS] = {
        [BANK_HOLD] = "{\"amount\":9999,\"authorization_id\":\"auth_" ID "\",\"created_at\":\"2026-03-01T00:00:00.123456789Z\","
                      "\"currency\":\"USD\",\"expires_at\":\"2026-03-08T00:00:00.123456789Z\",\"status\":\"approved\"}\n",
        [BANK_CAPTURE] = "{\"amount\":9999,\"authorization_id\":\"auth_" PARENT "\",\"capture_id\":\"cap_" ID "\","
                         "\"captured_at\":\"2026-03-01T00:00:00.123456789Z\",\"currency\":\"USD\",\"status\":\"captured\"}\n",
        [BANK_VOID] = "{\"authorization_id\":\"auth_" PARENT "\",\"status\":\"voided\",\"void_id\":\"void_" ID "\","
                      "\"voided_at\":\"2026-03-01T00:00:00.123456789Z\"}\n",
        [BANK_REFUND] = "{\"amount\":9999,\"capture_id\":\"cap_" PARENT "\",\"currency\":\"USD\",\"refund_id\":\"ref_" ID "\","
                        "\"refunded_at\":\"2026-03-01T00:00:00.123456789Z\",\"status\":\"refunded\"}\n",
    };
    struct arena arena = { 0 };
    for (enum bank_kind kind = 0; kind < BANK_KINDS; kind++) {
        struct http_answer answer = { 0 };
        struct bank_told copy = told;
        copy.kind = kind;
        bank_answer_post(&arena, &copy, &answer);
        assert_int_equal(answer.status, 200);
        assert_string_equal(arena_copy(&arena, answer.body).bytes, posts[kind]);
        assert_true(str_equal(answer.content_type, STR("application/json")));
    }
    arena_close(&arena);
}

static void get_rounds_times_to_microseconds(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    struct http_answer answer = { 0 };
    bank_answer_get(&arena, &told, &answer);
    const char *body = arena_copy(&arena, answer.body).bytes;
    assert_non_null(strstr(body, "\"created_at\":\"2026-03-01T00:00:00.123457Z\""));
    assert_non_null(strstr(body, "\"expires_at\":\"2026-03-08T00:00:00.123457Z\""));
    arena_close(&arena);
}

static void each_refusal_has_its_code(void **state)
{
    (void)state;
    static const struct {
        enum bank_refusal refusal;
        int status;
        const char *code;
    } rows[] = {
        { BANK_CARD_MALFORMED,       400, "invalid_card" },
        { BANK_CARD_UNKNOWN,         400, "invalid_card" },
        { BANK_CVV_MALFORMED,        400, "invalid_cvv" },
        { BANK_CVV_WRONG,            400, "invalid_cvv" },
        { BANK_AMOUNT_NOT_POSITIVE,  400, "invalid_amount" },
        { BANK_CARD_EXPIRED,         400, "card_expired" },
        { BANK_FUNDS_INSUFFICIENT,   402, "insufficient_funds" },
        { BANK_HOLD_ID_MALFORMED,    400, "authorization_not_found" },
        { BANK_HOLD_UNKNOWN,         400, "authorization_not_found" },
        { BANK_HOLD_USED,            400, "authorization_already_used" },
        { BANK_HOLD_EXPIRED,         400, "authorization_expired" },
        { BANK_AMOUNT_DIFFERS,       400, "amount_mismatch" },
        { BANK_CAPTURE_ID_MALFORMED, 400, "capture_not_found" },
        { BANK_CAPTURE_UNKNOWN,      400, "capture_not_found" },
        { BANK_CAPTURE_REFUNDED,     400, "already_refunded" },
    };
    struct arena arena = { 0 };
    assert_int_equal(COUNT_OF(rows), BANK_REFUSALS - 1);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct http_answer answer = { 0 };
        bank_answer_refusal(&arena, rows[i].refusal, &answer);
        str start = arena_format(&arena, "{\"error\":\"%s\",\"message\":\"", rows[i].code);
        assert_int_equal(answer.status, rows[i].status);
        assert_true(str_starts_with(answer.body, start));
    }
    arena_close(&arena);
}

static void plain_text_is_what_go_writes(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    struct http_answer answer = { 0 };
    bank_answer_plain(&arena, 404, "404 page not found", &answer);
    assert_int_equal(answer.status, 404);
    assert_true(str_equal(answer.body, STR("404 page not found\n")));
    assert_true(str_equal(answer.content_type, STR("text/plain; charset=utf-8")));
    assert_true(str_equal(answer.headers[0].name, STR("X-Content-Type-Options")));
    arena_close(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_time_has_the_digits_that_it_needs),
        cmocka_unit_test(answers_have_their_members_in_alphabetical_order),
        cmocka_unit_test(get_rounds_times_to_microseconds),
        cmocka_unit_test(each_refusal_has_its_code),
        cmocka_unit_test(plain_text_is_what_go_writes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
