/* SPDX-License-Identifier: Apache-2.0 */
/* Bad input: every row of what a merchant can get wrong, and what he is told. Nothing of it reaches the flows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "asking.h"
#include "fake_flows.h"

static struct asking house;

static int open_house(void **state)
{
    (void)state;
    house = (struct asking){ 0 };
    fake_open();
    asking_open(&house, (struct api_options){ .cards = true });
    return 0;
}

static int close_house(void **state)
{
    (void)state;
    asking_close(&house);
    fake_close();
    return 0;
}

#define CARD "\"card\":{\"number\":\"4111111111111111\",\"cvv\":\"123\",\"expiry_month\":12,\"expiry_year\":2030}"
#define NAMES "\"order_id\":\"o1\",\"customer_id\":\"c1\""
#define WITH(members) "{" members "," NAMES "," CARD "}"
#define TOKEN "tok_06dvk2vtgd9m3w5hq8zc1r7bnxe4tj0y2kfa"
#define BY_TOKEN(token) "{\"amount\":5000,\"order_id\":\"o1\",\"customer_id\":\"c1\",\"token\":" token "}"
#define WITH_AMOUNT(members) WITH("\"amount\":5000," members)
#define WITH_CARD(card) "{\"amount\":5000," NAMES ",\"card\":" card "}"
#define CARD_OF(number, cvv, month, year) \
    WITH_CARD("{\"number\":" number ",\"cvv\":" cvv ",\"expiry_month\":" month ",\"expiry_year\":" year "}")

struct body_row {
    const char *body;
    const char *code;
    const char *pointer; /* NULL: no errors are listed */
};

#define A40 "aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd"
#define A200 A40 A40 A40 A40 A40
#define A500 A200 A200 A40 A40 "aaaaaaaaaabbbbbbbbbb"

/* clang-format off */
static const struct body_row bodies[] = {
    /* JSON */
    { "",                                                   "json_invalid",         NULL },
    { "{",                                                  "json_invalid",         NULL },
    { "{\"amount\":1,}",                                    "json_invalid",         NULL },
    { "{\"amount\":1} /* no */",                            "json_invalid",         NULL },
    { "{\"amount\":NaN}",                                   "json_invalid",         NULL },
    { "{} {}",                                              "json_invalid",         NULL },
    { "{}x",                                                "json_invalid",         NULL },
    { "\xef\xbb\xbf{}",                                     "json_invalid",         NULL },
    { "[]",                                                 "json_invalid",         NULL },
    { "\"text\"",                                           "json_invalid",         NULL },
    { "null",                                               "json_invalid",         NULL },
    { "[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]",                 "json_too_deep",        NULL },
    { "{\"amount\":1,\"amount\":1}",                        "json_duplicate_name",  NULL },
    { "{\"a\":\"\xff\"}",                                   "json_invalid_text",    NULL },
    { "{\"a\":\"\\ud800\"}",                                "json_invalid_text",    NULL },
    { "{\"a\":\"\\u0000\"}",                                "json_invalid_text",    NULL },

    /* members */
    { WITH_AMOUNT("\"foo\":1"),                             "param_unknown",        "/foo" },
    { WITH_AMOUNT("\"stranger\":{\"email\":\"a@b\"}"),      "param_unknown",        "/stranger" },
    { WITH_AMOUNT("\"customer\":{\"email\":\"a@b\"}"),      "param_invalid",        "/customer/email" },
    { WITH_AMOUNT("\"customer\":{\"email\":\"a@b.c@d\"}"),  "param_invalid",        "/customer/email" },
    { WITH_AMOUNT("\"customer\":{\"phone\":\"1\"}"),        "param_unknown",        "/customer/phone" },
    { WITH_AMOUNT("\"customer\":\"John\""),                 "param_invalid",        "/customer" },
    { WITH_AMOUNT("\"return_url\":\"http://shop.example/\""), "param_invalid",      "/return_url" },
    { WITH_AMOUNT("\"return_url\":\"javascript:alert(1)\""), "param_invalid",       "/return_url" },
    { WITH_AMOUNT("\"return_url\":\"https://a@shop.example/\""), "param_invalid",   "/return_url" },
    { WITH_AMOUNT("\"return_url\":\"http://127.0.0.1.evil.example/\""), "param_invalid", "/return_url" },
    { WITH_AMOUNT("\"4111111111111111\":1"),                "param_unknown",        "" },
    { WITH_AMOUNT("\"a b\":1"),                             "param_unknown",        "" },
    { "{" NAMES "," CARD "}",                               "param_missing",        "/amount" },
    { WITH("\"amount\":null"),                              "param_missing",        "/amount" },
    { WITH_AMOUNT("\"currency\":null"),                     "param_missing",        "/currency" },
    { "{\"amount\":5000," NAMES "}",                        "param_missing",        "/card" },
    { "{\"amount\":5000,\"customer_id\":\"c\"," CARD "}",   "param_missing",        "/order_id" },
    { "{\"amount\":5000,\"order_id\":\"o\"," CARD "}",      "param_missing",        "/customer_id" },
    { WITH_AMOUNT("\"capture\":\"later\""),                 "param_invalid",        "/capture" },
    { WITH_AMOUNT("\"capture\":true"),                      "param_invalid",        "/capture" },
    { WITH_AMOUNT("\"processor\":\"nobody\""),              "param_invalid",        "/processor" },
    { WITH_AMOUNT("\"description\":7"),                     "param_invalid",        "/description" },
    { WITH_AMOUNT("\"description\":\"" A500 "x\""),         "param_invalid",        "/description" },
    { WITH_AMOUNT("\"description\":\"a\\nb\""),             "param_invalid",        "/description" },
    { WITH_AMOUNT("\"description\":\"a\\u202eb\""),         "param_invalid",        "/description" },
    { WITH_AMOUNT("\"description\":\"a\\u0085b\""),         "param_invalid",        "/description" },

    /* money */
    { WITH("\"amount\":0"),                                 "amount_invalid",       "/amount" },
    { WITH("\"amount\":-1"),                                "amount_invalid",       "/amount" },
    { WITH("\"amount\":-0"),                                "amount_invalid",       "/amount" },
    { WITH("\"amount\":50.5"),                              "amount_invalid",       "/amount" },
    { WITH("\"amount\":50.0"),                              "amount_invalid",       "/amount" },
    { WITH("\"amount\":1e3"),                               "amount_invalid",       "/amount" },
    { WITH("\"amount\":\"50\""),                            "param_invalid",        "/amount" },
    { WITH("\"amount\":true"),                              "param_invalid",        "/amount" },
    { WITH("\"amount\":[50]"),                              "param_invalid",        "/amount" },
    { WITH("\"amount\":1000000000000"),                     "amount_too_large",     "/amount" },
    { WITH("\"amount\":9223372036854775808"),               "amount_too_large",     "/amount" },
    { WITH("\"amount\":9999999999" "9999999999" "9999999999" "9999999999"), "amount_too_large", "/amount" },
    { WITH_AMOUNT("\"currency\":\"usd\""),                  "currency_invalid",     "/currency" },
    { WITH_AMOUNT("\"currency\":\"US\""),                   "currency_invalid",     "/currency" },
    { WITH_AMOUNT("\"currency\":\"XXX\""),                  "currency_invalid",     "/currency" },
    { WITH_AMOUNT("\"currency\":840"),                      "currency_invalid",     "/currency" },

    /* the card */
    { WITH_CARD("\"4111111111111111\""),                    "param_invalid",        "/card" },
    { WITH_CARD("null"),                                    "param_missing",        "/card" },
    { WITH_CARD("{}"),                                      "param_missing",        "/card/number" },
    { CARD_OF("\"4111111111111112\"", "\"123\"", "12", "2030"),      "card_number_invalid", "/card/number" },
    { CARD_OF("\"411111111111\"", "\"123\"", "12", "2030"),          "card_number_invalid", "/card/number" },
    { CARD_OF("\"41111111111111111111\"", "\"123\"", "12", "2030"),  "card_number_invalid", "/card/number" },
    { CARD_OF("\"4111 1111 1111 1111\"", "\"123\"", "12", "2030"),   "card_number_invalid", "/card/number" },
    { CARD_OF("\"４111111111111111\"", "\"123\"", "12", "2030"),     "card_number_invalid", "/card/number" },
    { CARD_OF("\"\"", "\"123\"", "12", "2030"),                      "card_number_invalid", "/card/number" },
    { CARD_OF("4111111111111111", "\"123\"", "12", "2030"),          "param_invalid",       "/card/number" },
    { CARD_OF("\"4111111111111111\"", "\"12\"", "12", "2030"),       "card_cvv_invalid",    "/card/cvv" },
    { CARD_OF("\"4111111111111111\"", "\"12345\"", "12", "2030"),    "card_cvv_invalid",    "/card/cvv" },
    { CARD_OF("\"4111111111111111\"", "\"12a\"", "12", "2030"),      "card_cvv_invalid",    "/card/cvv" },
    { CARD_OF("\"4111111111111111\"", "123", "12", "2030"),          "param_invalid",       "/card/cvv" },
    { CARD_OF("\"4111111111111111\"", "\"123\"", "13", "2030"),      "card_expiry_invalid", "/card/expiry_month" },
    { CARD_OF("\"4111111111111111\"", "\"123\"", "0", "2030"),       "card_expiry_invalid", "/card/expiry_month" },
    { CARD_OF("\"4111111111111111\"", "\"123\"", "1.5", "2030"),     "card_expiry_invalid", "/card/expiry_month" },
    { CARD_OF("\"4111111111111111\"", "\"123\"", "12", "30"),        "card_expiry_invalid", "/card/expiry_year" },
    { CARD_OF("\"4111111111111111\"", "\"123\"", "\"12\"", "2030"),  "param_invalid",       "/card/expiry_month" },
    { CARD_OF("\"4111111111111111\"", "\"123\"", "12", "\"2030\""),  "param_invalid",       "/card/expiry_year" },
    { WITH_CARD("{\"number\":\"4111111111111111\",\"pin\":\"1\",\"expiry_month\":1,\"expiry_year\":2030}"), "param_unknown", "/card/pin" },

    /* a token in its place */
    { WITH_AMOUNT("\"token\":\"tok_1\""),                   "param_invalid",        "/token" },
    { WITH_AMOUNT("\"token\":\"" TOKEN "\""),               "param_invalid",        "/token" }, /* beside a card */
    { WITH_AMOUNT("\"cvv\":\"123\""),                       "param_unknown",        "/cvv" },
    { BY_TOKEN("\"tok_1\""),                                "param_invalid",        "/token" },
    { BY_TOKEN("\"4111111111111111\""),                     "param_invalid",        "/token" },
    { BY_TOKEN("17"),                                       "param_invalid",        "/token" },
    { BY_TOKEN("null"),                                     "param_missing",        "/token" },
    { BY_TOKEN("\"" TOKEN "\",\"cvv\":\"12\""),             "card_cvv_invalid",     "/cvv" },
    { BY_TOKEN("\"" TOKEN "\",\"cvv\":123"),                "param_invalid",        "/cvv" },

    /* card numbers where none belong */
    { "{\"amount\":5000,\"order_id\":\"4111111111111111\",\"customer_id\":\"c\"," CARD "}",    "card_data_not_allowed", "/order_id" },
    { "{\"amount\":5000,\"order_id\":\"o\",\"customer_id\":\"x 4111-1111-1111-1111\"," CARD "}", "card_data_not_allowed", "/customer_id" },
    { WITH_AMOUNT("\"description\":\"card 5555 5555 5555 4444!\""),                            "card_data_not_allowed", "/description" },
    { WITH_AMOUNT("\"metadata\":{\"n\":\"378282246310005\"}"),                                 "card_data_not_allowed", "/metadata" },
    { WITH_AMOUNT("\"metadata\":{\"4242424242424242\":\"n\"}"),                                "card_data_not_allowed", "/metadata" },

    /* names and metadata */
    { "{\"amount\":5000,\"order_id\":\"\",\"customer_id\":\"c\"," CARD "}",                    "param_invalid",      "/order_id" },
    { "{\"amount\":5000,\"order_id\":\"" A200 A40 "0123456789abcdef\",\"customer_id\":\"c\"," CARD "}", "param_invalid", "/order_id" },
    { WITH_AMOUNT("\"metadata\":[]"),                                                          "param_invalid",      "/metadata" },
    { WITH_AMOUNT("\"metadata\":{\"a\":1}"),                                                   "param_invalid",      "/metadata" },
    { WITH_AMOUNT("\"metadata\":{\"\":\"x\"}"),                                                "param_invalid",      "/metadata" },
    { WITH_AMOUNT("\"metadata\":{\"" A40 "x\":\"x\"}"),                                        "metadata_too_large", "/metadata" },
    { WITH_AMOUNT("\"metadata\":{\"a\":\"" A500 "x\"}"),                                       "metadata_too_large", "/metadata" },
};
/* clang-format on */

static void is_refused(int status, const char *code, const char *pointer, const char *what)
{
    bool has_code = str_equal(asking_told(&house, "code"), str_of(code));
    bool has_pointer = pointer == NULL || str_equal(asking_told(&house, "errors.0.pointer"), str_of(pointer));
    bool lists_errors = asking_told(&house, "errors").length > 0;
    if (house.status == status && has_code && has_pointer && lists_errors == (pointer != NULL)) return;
    fail_msg("%s\n   expected %d %s %s, got %d %.*s", what, status, code, pointer ? pointer : "", house.status, STR_FORMAT(house.body));
}

static void bodies_that_are_wrong(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(bodies); i++) {
        asking_post(&house, "/v1/payments", bodies[i].body);
        is_refused(400, bodies[i].code, bodies[i].pointer, bodies[i].body);
        assert_true(str_equal(house.content_type, STR("application/problem+json")));
        assert_false(str_contains(house.body, STR("4111111")));
    }
    assert_int_equal(fake.authorizations, 0);
}

static void bodies_with_too_many_members(void **state)
{
    (void)state;
    struct text body = text_open(&house.arena, 8192);
    text_put(&body, STR("[1"));
    for (int i = 0; i < 512; i++) text_put(&body, STR(",1"));
    text_put(&body, STR("]"));
    char copy[8192];
    assert_true(str_copy_to(text_str(&body), copy, sizeof copy));
    asking_post(&house, "/v1/payments", copy);
    is_refused(400, "json_too_large", NULL, "513 elements");
}

static void metadata_with_too_many_names(void **state)
{
    (void)state;
    char body[4096];
    int at = snprintf(body, sizeof body, "{\"amount\":5000," NAMES "," CARD ",\"metadata\":{\"n\":\"\"");
    for (int i = 0; i < 50; i++) at += snprintf(body + at, sizeof body - (size_t)at, ",\"n%d\":\"\"", i);
    snprintf(body + at, sizeof body - (size_t)at, "}}");
    asking_post(&house, "/v1/payments", body);
    is_refused(400, "metadata_too_large", "/metadata", "51 names");
}

static void all_errors_are_told_in_the_order_of_the_members(void **state)
{
    (void)state;
    asking_post(&house, "/v1/payments", "{\"card\":{\"number\":\"1\"},\"zip\":1,\"currency\":\"x\"}");
    const char *expected[] = { "/zip", "/amount", "/currency", "/order_id", "/customer_id", "/card/number", "/card/expiry_month" };
    is_refused(400, "param_unknown", "/zip", "many errors");
    for (size_t i = 0; i < COUNT_OF(expected); i++) {
        char path[32];
        snprintf(path, sizeof path, "errors.%zu.pointer", i);
        assert_true(str_equal(asking_told(&house, path), str_of(expected[i])));
    }
}

/* ---- headers ---- */

#define JSON "Content-Type: application/json"
#define KEY "Idempotency-Key: k1"
#define A64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

struct header_row {
    const char *headers[4];
    int status;
    const char *code;
};

/* clang-format off */
static const struct header_row headers[] = {
    { { KEY },                                                        415, "unsupported_media_type" },
    { { "Content-Type: text/plain", KEY },                            415, "unsupported_media_type" },
    { { "Content-Type: application/json-patch+json", KEY },           415, "unsupported_media_type" },
    { { "Content-Type: application/x-www-form-urlencoded", KEY },     415, "unsupported_media_type" },
    { { "Content-Type: application/json; charset=iso-8859-1", KEY },  415, "unsupported_media_type" },
    { { "Content-Type: application/json; boundary=x", KEY },          415, "unsupported_media_type" },
    { { JSON, JSON, KEY },                                            415, "unsupported_media_type" },
    { { JSON, "Content-Encoding: gzip", KEY },                        415, "unsupported_media_type" },
    { { JSON, "Accept: image/png", KEY },                             406, "not_acceptable" },
    { { JSON, "Accept: text/html, application/json;q=0", KEY },       406, "not_acceptable" },
    { { JSON, "Accept: */*, application/json;q=0.0", KEY },           406, "not_acceptable" },
    { { JSON },                                                       400, "idempotency_key_missing" },
    { { JSON, "Idempotency-Key:" },                                   400, "idempotency_key_invalid" },
    { { JSON, KEY, KEY },                                             400, "idempotency_key_invalid" },
    { { JSON, "Idempotency-Key: a b" },                               400, "idempotency_key_invalid" },
    { { JSON, "Idempotency-Key: k1, k2" },                            400, "idempotency_key_invalid" },
    { { JSON, "Idempotency-Key: k\xc3\xa9" },                         400, "idempotency_key_invalid" },
    { { JSON, "Idempotency-Key: \"" },                                400, "idempotency_key_invalid" },
    { { JSON, "Idempotency-Key: \"\"" },                              400, "idempotency_key_invalid" },
    { { JSON, "Idempotency-Key: \"a" },                               400, "idempotency_key_invalid" },
    { { JSON, "Idempotency-Key: \"a\\" },                             400, "idempotency_key_invalid" },
    { { JSON, "Idempotency-Key: \"a\\b\"" },                          400, "idempotency_key_invalid" },
    { { JSON, "Idempotency-Key: \"a\";x=1" },                         400, "idempotency_key_invalid" },
    { { JSON, "Idempotency-Key: 4111111111111111" },                  400, "idempotency_key_invalid" },
    { { JSON, "Idempotency-Key: pay-4111-1111-1111-1111" },           400, "idempotency_key_invalid" },
    { { JSON, "Idempotency-Key: " A64 A64 A64 A64 },                  400, "idempotency_key_invalid" },
    { { JSON, "Idempotency-Key: \"" A64 A64 A64 A64 "\"" },           400, "idempotency_key_invalid" },

    { { JSON, KEY },                                                  201, NULL },
    { { "content-type: Application/JSON ; Charset=\"UTF-8\"", KEY },  201, NULL },
    { { "Content-Type: application/json;", KEY },                     201, NULL },
    { { JSON, "Accept: application/*;q=0.1, text/html", KEY },        201, NULL },
    { { JSON, "Accept: text/html, */*;q=0.001", KEY },                201, NULL },
    { { JSON, "Accept: ", KEY },                                      201, NULL },
    { { JSON, "Idempotency-Key: \"a\\\"\\\\b\"" },                    201, NULL },
    { { JSON, "Idempotency-Key: 0123!#$%&'*+-.^_`|~/:=@()[]{}<>?" },  201, NULL },
};
/* clang-format on */

static void headers_that_are_wrong(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(headers); i++) {
        const struct header_row *row = &headers[i];
        int status = asking_send(&house, "POST", "/v1/payments", row->headers, STR(WITH("\"amount\":5000")));
        if (row->code) is_refused(row->status, row->code, NULL, row->headers[1] ? row->headers[1] : row->headers[0]);
        if (status != row->status) fail_msg("row %zu: %d, expected %d", i, status, row->status);
    }
}

static void both_spellings_of_a_key_are_one(void **state)
{
    (void)state;
    const char *spellings[][3] = { { JSON, "Idempotency-Key: abc", NULL }, { JSON, "Idempotency-Key: \"abc\"", NULL } };
    for (size_t i = 0; i < COUNT_OF(spellings); i++) {
        assert_int_equal(asking_send(&house, "POST", "/v1/payments", spellings[i], STR(WITH("\"amount\":5000"))), 201);
        assert_true(str_equal(fake.name.key, STR("abc")));
    }
}

static void a_key_of_255_characters_is_taken(void **state)
{
    (void)state;
    const char *longest[] = { JSON, "Idempotency-Key: " A64 A64 A64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde", NULL };
    assert_int_equal(asking_send(&house, "POST", "/v1/payments", longest, STR(WITH("\"amount\":5000"))), 201);
    assert_int_equal(fake.name.key.length, 255);
}

/* ---- addresses ---- */

struct address_row {
    const char *method, *target;
    int status;
    const char *code;
    const char *allow; /* or the pointer, with a slash */
};

#define PAY "pay_06dvk2vtgd9m3w5hq8zc1r7bnxe4tj0y2kfa"

/* clang-format off */
static const struct address_row addresses[] = {
    { "GET",     "/",                                      404, "not_found",          NULL },
    { "GET",     "/v1",                                    404, "not_found",          NULL },
    { "GET",     "/v1/payments/",                          404, "not_found",          NULL },
    { "GET",     "/v1/payments/" PAY "/",                  404, "not_found",          NULL },
    { "GET",     "/v1/payments/" PAY "/nothing",           404, "not_found",          NULL },
    { "GET",     "/V1/payments",                           404, "not_found",          NULL },
    { "GET",     "/v1/payments/pay_1",                     404, "not_found",          NULL },
    { "GET",     "/v1/payments/" PAY "x",                  404, "not_found",          NULL },
    { "GET",     "/v1/payments/pay_1/events",              404, "not_found",          NULL },
    { "GET",     "/reviews",                               404, "not_found",          NULL },
    { "GET",     "/v1/orders/a%0Ab",                       404, "not_found",          NULL },
    { "POST",    "/v1/payments/pay_1/capture",             404, "not_found",          NULL },

    { "DELETE",  "/v1/payments",                           405, "method_not_allowed", "POST, GET, HEAD" },
    { "PUT",     "/v1/payments/" PAY,                      405, "method_not_allowed", "GET, HEAD" },
    { "GET",     "/v1/payments/" PAY "/capture",           405, "method_not_allowed", "POST" },
    { "POST",    "/healthz",                               405, "method_not_allowed", "GET, HEAD" },
    { "TRACE",   "/v1/payments",                           405, "method_not_allowed", "POST, GET, HEAD" },
    { "OPTIONS", "*",                                      405, "method_not_allowed", "GET, HEAD, POST" },
    { "CONNECT", "example.org:443",                        405, "method_not_allowed", "GET, HEAD, POST" },

    { "GET",     "/v1/payments/%zz",                       400, "malformed_request",  NULL },
    { "GET",     "/v1/payments/%00",                       400, "malformed_request",  NULL },
    { "GET",     "/v1/payments/%c0%af",                    400, "malformed_request",  NULL },
    { "GET",     "/v1/payments/..",                        400, "malformed_request",  NULL },
    { "GET",     "/v1/payments/%2e%2e/x",                  400, "malformed_request",  NULL },
    { "GET",     "/v1/orders/..%2fx",                      400, "malformed_request",  NULL },
    { "GET",     "/v1/payments?order_id=%ff",              400, "malformed_request",  NULL },

    { "GET",     "/v1/payments/4111111111111111",          400, "card_data_in_url",   NULL },
    { "GET",     "/v1/orders/4111-1111-1111-1111",         400, "card_data_in_url",   NULL },
    { "GET",     "/v1/orders/%34111111111111111",          400, "card_data_in_url",   NULL },
    { "GET",     "/4111-1111-1111-1111",                   400, "card_data_in_url",   NULL },
    { "DELETE",  "/v1/payments/4111111111111111",          400, "card_data_in_url",   NULL },
    { "GET",     "/v1/payments?order_id=4111111111111111", 400, "card_data_in_url",   NULL },
    { "GET",     "/v1/payments?x=4111+1111+1111+1111",     400, "card_data_in_url",   NULL },
    { "POST",    "/v1/payments/4111111111111111/void",     400, "card_data_in_url",   NULL },
    { "POST",    "/v1/payments?card=4111111111111111",     400, "card_data_in_url",   NULL },
    { "POST",    "/v1/payments?x=1",                       400, "param_unknown",      NULL },

    { "GET",     "/v1/payments?limit=0",                   400, "param_invalid",      "/limit" },
    { "GET",     "/v1/payments?limit=101",                 400, "param_invalid",      "/limit" },
    { "GET",     "/v1/payments?limit=ten",                 400, "param_invalid",      "/limit" },
    { "GET",     "/v1/payments?limit=-1",                  400, "param_invalid",      "/limit" },
    { "GET",     "/v1/payments?limit=",                    400, "param_invalid",      "/limit" },
    { "GET",     "/v1/payments?limit=5&limit=5",           400, "param_invalid",      "/limit" },
    { "GET",     "/v1/payments?state=new",                 400, "param_invalid",      "/state" },
    { "GET",     "/v1/payments?state=paid",                400, "param_invalid",      "/state" },
    { "GET",     "/v1/payments?order_id=",                 400, "param_invalid",      "/order_id" },
    { "GET",     "/v1/payments?colour=red",                400, "param_unknown",      "/colour" },
    { "GET",     "/v1/payments?cursor=",                   400, "cursor_invalid",     "/cursor" },
    { "GET",     "/v1/payments?cursor=abc",                400, "cursor_invalid",     "/cursor" },
    { "GET",     "/v1/payments?cursor=%2F",                400, "cursor_invalid",     "/cursor" },
    { "GET",     "/v1/payments/" PAY "?x=1",               400, "param_unknown",      "/x" },
    { "GET",     "/v1/payments/" PAY "/events?after=-1",   400, "param_invalid",      "/after" },
    { "GET",     "/v1/orders/o1?x=1",                      400, "param_unknown",      "/x" },
};
/* clang-format on */

static void addresses_that_are_wrong(void **state)
{
    (void)state;
    const char *fine[] = { JSON, KEY, NULL };
    for (size_t i = 0; i < COUNT_OF(addresses); i++) {
        const struct address_row *row = &addresses[i];
        bool has_pointer = row->allow && row->allow[0] == '/';
        asking_send(&house, row->method, row->target, fine, STR("{}"));
        is_refused(row->status, row->code, has_pointer ? row->allow : NULL, row->target);
        if (row->allow && !has_pointer) assert_true(str_equal(asking_header(&house, "Allow"), str_of(row->allow)));
        assert_false(str_contains(house.body, STR("1111")));
    }
    assert_int_equal(fake.changes + fake.authorizations, 0);
}

/* ---- changes ---- */

struct change_row {
    const char *target, *body, *code, *pointer;
};

#define CAPTURE "/v1/payments/" PAY "/capture"

static const struct change_row changes[] = {
    { CAPTURE, "[]", "json_invalid", NULL },
    { CAPTURE, "{\"amount\":0}", "amount_invalid", "/amount" },
    { CAPTURE, "{\"amount\":\"5\"}", "param_invalid", "/amount" },
    { CAPTURE, "{\"amount\":1000000000000}", "amount_too_large", "/amount" },
    { CAPTURE, "{\"amount\":null}", "param_missing", "/amount" },
    { CAPTURE, "{\"amount\":5,\"currency\":\"usd\"}", "currency_invalid", "/currency" },
    { CAPTURE, "{\"currency\":\"USD\"}", "param_missing", "/amount" },
    { CAPTURE, "{\"reason\":\"x\"}", "param_unknown", "/reason" },
    { "/v1/payments/" PAY "/refund", "{\"amount\":1.5}", "amount_invalid", "/amount" },
    { "/v1/payments/" PAY "/void", "{\"amount\":5}", "param_unknown", "/amount" },
    { "/v1/payments/" PAY "/void", "{\"currency\":\"USD\"}", "param_unknown", "/currency" },
};

static void changes_that_are_wrong(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(changes); i++) {
        asking_post(&house, changes[i].target, changes[i].body);
        is_refused(400, changes[i].code, changes[i].pointer, changes[i].body);
    }
    const char *no_type[] = { KEY, NULL }, *no_key[] = { NULL };
    assert_int_equal(asking_send(&house, "POST", CAPTURE, no_type, STR("{}")), 415);
    assert_int_equal(asking_send(&house, "POST", CAPTURE, no_key, STR_NONE), 400);
    is_refused(400, "idempotency_key_missing", NULL, "no key");
    assert_int_equal(fake.changes, 0);
}

static void cards_can_be_switched_off(void **state)
{
    (void)state;
    asking_close(&house);
    asking_open(&house, (struct api_options){ .cards = false });
    asking_post(&house, "/v1/payments", WITH("\"amount\":5000"));
    is_refused(403, "cards_off", NULL, "cards off");
    asking_post(&house, "/v1/payments", "{\"amount\":5000," NAMES "}");
    is_refused(400, "param_missing", "/card", "cards off and none given");
    assert_int_equal(fake.authorizations, 0);
}

/* ---- what the server could not read ---- */

static void requests_that_cannot_be_read(void **state)
{
    (void)state;
    static const struct { enum http_fault fault; int status; const char *code; } faults[] = {
        { HTTP_FAULT_MALFORMED, 400, "malformed_request" },
        { HTTP_FAULT_URI_TOO_LONG, 414, "uri_too_long" },
        { HTTP_FAULT_HEADERS_TOO_LARGE, 431, "headers_too_large" },
        { HTTP_FAULT_BODY_TOO_LARGE, 413, "content_too_large" },
        { HTTP_FAULT_LENGTH_REQUIRED, 411, "length_required" },
        { HTTP_FAULT_TIMEOUT, 408, "request_timeout" },
        { HTTP_FAULT_NOT_IMPLEMENTED, 501, "not_implemented" },
        { HTTP_FAULT_VERSION, 505, "http_version_not_supported" },
        { HTTP_FAULT_EXPECTATION, 417, "expectation_failed" },
        { HTTP_FAULT_BUSY, 503, "overloaded" },
    };
    for (size_t i = 0; i < COUNT_OF(faults); i++) {
        struct http_answer answer = { 0 };
        api_refuse(house.api, faults[i].fault, &house.arena, &answer);
        house.body = answer.body;
        assert_int_equal(answer.status, faults[i].status);
        assert_true(str_equal(asking_told(&house, "code"), str_of(faults[i].code)));
        assert_true(str_starts_with(asking_told(&house, "request_id"), STR("req_")));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(bodies_that_are_wrong, open_house, close_house),
        cmocka_unit_test_setup_teardown(bodies_with_too_many_members, open_house, close_house),
        cmocka_unit_test_setup_teardown(metadata_with_too_many_names, open_house, close_house),
        cmocka_unit_test_setup_teardown(all_errors_are_told_in_the_order_of_the_members, open_house, close_house),
        cmocka_unit_test_setup_teardown(headers_that_are_wrong, open_house, close_house),
        cmocka_unit_test_setup_teardown(both_spellings_of_a_key_are_one, open_house, close_house),
        cmocka_unit_test_setup_teardown(a_key_of_255_characters_is_taken, open_house, close_house),
        cmocka_unit_test_setup_teardown(addresses_that_are_wrong, open_house, close_house),
        cmocka_unit_test_setup_teardown(changes_that_are_wrong, open_house, close_house),
        cmocka_unit_test_setup_teardown(cards_can_be_switched_off, open_house, close_house),
        cmocka_unit_test_setup_teardown(requests_that_cannot_be_read, open_house, close_house),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
