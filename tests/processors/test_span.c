/* SPDX-License-Identifier: Apache-2.0 */
/* span: what is between the marks is encrypted, what is around them stays, and frozen bytes hold no card. */
#include "base/base_testing.h"

#include "processor/holes.h"
#include "processor/processor.h"
#include "processor/span.h"

static const char key[] = "FLWSECK_TEST0123456789ab";

static str spanned(struct arena *arena, const char *before, const char *plain, const char *behind)
{
    struct text text = text_open(arena, 64);
    text_put(&text, str_of(before));
    span_open(&text);
    text_put(&text, str_of(plain));
    span_close(&text);
    text_put(&text, str_of(behind));
    return text_str(&text);
}

/* Plain text and encryption as they are published. */
static void the_published_example(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    static const char plain[] = "{\"card_number\":\"5531886652142950\",\"cvv\":\"564\",\"expiry_month\":\"09\",\"expiry_year\":\"32\",\"currency\":"
                                "\"NGN\",\"amount\":100,\"email\":\"a@example.test\",\"tx_ref\":\"ord-1001\"}";
    str sent = spans_encrypt(&arena, spanned(&arena, "{\"client\":\"", plain, "\"}"), key);
    assert_str(sent, STR("{\"client\":\"ZYlMxM1hI/KQ3JMv5GQbOGdhMRBygschW8sa6niAMGxB6v2TSd0vVHxkRjmL2UbJ+n+KJHWgMgsxj5m9vCMMQYH1S3xtiKWAjCeGSmMI"
                         "iw22BWlrNnq8BcKT6ofLB/oi8DBsvwfr2J7PbdoXpt4cA5q5p2QHqkXbc84Mk7pJmFFdpq/U1kQNaAQNj0PUPcqg0wHI1zp96ZcsJIGopLlVyE9N"
                         "QwzQTjbe\"}"));
    arena_close(&arena);
}

/* Lengths around the eight bytes of a block; computed with the openssl program. */
static void padding_by_length(void **state)
{
    (void)state;
    const struct {
        const char *plain;
        str secret;
    } rows[] = {
        { "", STR("T01DDNBONt4=") },
        { "a", STR("28L0FmlW0LE=") },
        { "1234567", STR("BMiGiY9mTUw=") },
        { "12345678", STR("rMQHYv7tGC9PTUMM0E423g==") },
        { "123456789", STR("rMQHYv7tGC+F3/r+AiwjwA==") },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct arena arena = { 0 };
        assert_str(spans_encrypt(&arena, spanned(&arena, "", rows[i].plain, ""), key), rows[i].secret);
        arena_close(&arena);
    }
}

static void bytes_without_spans_need_no_key(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    assert_str(spans_encrypt(&arena, STR("{\"a\":1}"), NULL), STR("{\"a\":1}"));
    assert_str(spans_encrypt(&arena, STR(""), NULL), STR(""));
    assert_null(spans_encrypt(&arena, STR_NONE, NULL).bytes);
    arena_close(&arena);
}

static void several_spans(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    struct text text = text_open(&arena, 64);
    text_put(&text, spanned(&arena, "<", "a", "|"));
    text_put(&text, spanned(&arena, "", "a", ">"));
    str one = spans_encrypt(&arena, spanned(&arena, "", "a", ""), key);
    assert_str(spans_encrypt(&arena, text_str(&text), key), arena_format(&arena, "<%.*s|%.*s>", STR_FORMAT(one), STR_FORMAT(one)));
    arena_close(&arena);
}

/* What is frozen of a charge has holes in its span; filled and encrypted it shows nothing of the card. */
static void a_card_is_nowhere_in_the_clear(void **state)
{
    (void)state;
    static const struct card card = { .number = { "5377283645077450" }, .cvv = "789", .expiry_month = 9, .expiry_year = 2031 };
    struct arena arena = { 0 };
    struct processor_request request;
    struct processor_call call = { .amount = { 5000, { "NGN" } }, .reference = STR("r1"), .exchange = 1, .has_cvv = true };
    processor_named(STR("flutterwave"))->operations[OPERATION_AUTHORIZE].ask(&arena, &call, &request);
    assert_true(holes_are_in(request.body));
    str sent = spans_encrypt(&arena, holes_fill(&arena, request.body, &card, 0), key);
    const str secrets[] = { STR("5377"), STR("7450"), STR("789"), STR("card_number"), STR("cvv"), STR("\x01"), STR("\x02"), STR("\x03") };
    for (size_t i = 0; i < COUNT_OF(secrets); i++) assert_row(!str_contains(sent, secrets[i]), i);
    assert_true(str_starts_with(sent, STR("{\"client\":\"")));
    arena_close(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_example),
        cmocka_unit_test(padding_by_length),
        cmocka_unit_test(bytes_without_spans_need_no_key),
        cmocka_unit_test(several_spans),
        cmocka_unit_test(a_card_is_nowhere_in_the_clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
