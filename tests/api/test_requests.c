/* SPDX-License-Identifier: Apache-2.0 */
/* Requests that are fine: what reaches the flows, how their answers leave, and when a full or closing house refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "asking.h"
#include "fake_flows.h"

#include "api/shedding.h"

static struct asking house;

static size_t store_queue_now;
static size_t store_queue(void *context) { return (void)context, store_queue_now; }

static int open_house(void **state)
{
    (void)state;
    house = (struct asking){ 0 };
    fake_open();
    store_queue_now = 0;
    asking_open(&house, (struct api_options){ .cards = true, .requests_max = 10, .store_queue = store_queue });
    return 0;
}

static int close_house(void **state)
{
    (void)state;
    asking_close(&house);
    fake_close();
    return 0;
}

#define PAY "pay_06dvk2vtgd9m3w5hq8zc1r7bnxe4tj0y2kfa"
#define PAYMENT(number, cvv, rest)                                                                                   \
    "{\"amount\":5000,\"order_id\":\"o1\",\"customer_id\":\"c1\",\"card\":{\"number\":\"" number "\",\"cvv\":\"" cvv \
    "\",\"expiry_month\":12,\"expiry_year\":2030}" rest "}"
#define PLAIN PAYMENT("4111111111111111", "123", "")

static void assert_text(str text, const char *expected)
{
    if (!str_equal(text, str_of(expected))) fail_msg("\"%.*s\", expected \"%s\"", STR_FORMAT(text), expected);
}

/* ---- what reaches the flows ---- */

static void a_payment_with_everything(void **state)
{
    (void)state;
    const char *body = PAYMENT("4111111111111111", "0123",
                               ",\"currency\":\"JPY\",\"capture\":\"automatic\",\"processor\":\"bank\",\"description\":\"Z\\u00fcrich\","
                               "\"metadata\":{\"b\":\"2\",\"a\":\"<script>\"}");
    assert_int_equal(asking_post(&house, "/v1/payments", body), 201);
    assert_int_equal(fake.payment.amount.minor, 5000);
    assert_text(currency_str(&fake.payment.amount.currency), "JPY");
    assert_true(fake.payment.captures_itself);
    assert_ptr_equal(fake.payment.processor, processor_named(STR("bank")));
    assert_text(fake.payment.order_id, "o1");
    assert_text(fake.payment.customer_id, "c1");
    assert_text(fake.payment.description, "Z\xc3\xbcrich");
    assert_text(fake.payment.metadata, "{\"a\":\"<script>\",\"b\":\"2\"}");
    assert_string_equal(fake.card.number.digits, "4111111111111111");
    assert_string_equal(fake.card.cvv, "0123");
    assert_int_equal(fake.card.expiry_month, 12);
    assert_int_equal(fake.card.expiry_year, 2030);
    assert_text(fake.name.scope, "core");
    assert_text(fake.name.key, "k1");
    assert_ptr_equal(fake.name.form, &api_core_form);
}

static void a_payment_with_the_least(void **state)
{
    (void)state;
    const char *body = "{\"amount\":999999999999,\"order_id\":\"o\",\"customer_id\":\"c\","
                       "\"card\":{\"number\":\"4111111111111111\",\"expiry_month\":1,\"expiry_year\":2020}}";
    assert_int_equal(asking_post(&house, "/v1/payments", body), 201);
    assert_int_equal(fake.payment.amount.minor, 999999999999);
    assert_text(currency_str(&fake.payment.amount.currency), "USD");
    assert_false(fake.payment.captures_itself);
    assert_null(fake.payment.processor);
    assert_null(fake.payment.description.bytes);
    assert_text(fake.payment.metadata, "{}");
    assert_string_equal(fake.card.cvv, "");
}

static void changes_of_a_payment(void **state)
{
    (void)state;
    const char *no_body[] = { "Idempotency-Key: k1", NULL };
    fake.reply.status = 200;
    assert_int_equal(asking_send(&house, "POST", "/v1/payments/" PAY "/capture", no_body, STR_NONE), 200);
    assert_int_equal(fake.change.command, COMMAND_CAPTURE);
    assert_true(fake.change.whole);
    assert_text(fake.change.payment_id, PAY);

    assert_int_equal(asking_send(&house, "POST", "/v1/payments/" PAY "/void", no_body, STR("")), 200);
    assert_int_equal(fake.change.command, COMMAND_VOID);

    assert_int_equal(asking_post(&house, "/v1/payments/" PAY "/refund", "{\"amount\":17,\"currency\":\"EUR\"}"), 200);
    assert_int_equal(fake.change.command, COMMAND_REFUND);
    assert_false(fake.change.whole);
    assert_int_equal(fake.change.amount_minor, 17);
    assert_true(fake.change.has_currency);
    assert_text(currency_str(&fake.change.currency), "EUR");
}

/* ---- fingerprints ---- */

static void fingerprint_after(char copy[HASH_HEX_BYTES + 1], const char *target, const char *body)
{
    asking_post(&house, target, body);
    assert_true(str_copy_to(fake.name.fingerprint, copy, HASH_HEX_BYTES + 1));
}

static void fingerprints_tell_requests_apart(void **state)
{
    (void)state;
    char first[HASH_HEX_BYTES + 1], other[HASH_HEX_BYTES + 1];
    fingerprint_after(first, "/v1/payments", PLAIN);
    assert_int_equal(strlen(first), HASH_HEX_BYTES);

    const char *same[] = {
        PLAIN,
        PAYMENT("4111111111111111", "999", ""),
        ("{ \"card\":{\"expiry_year\":2030,\"expiry_month\":12,\"number\":\"411111111111111\\u0031\"},\n"
         "  \"order_id\":\"o1\", \"customer_id\":\"c1\", \"amount\":5000 }"),
    };
    for (size_t i = 0; i < COUNT_OF(same); i++) {
        fingerprint_after(other, "/v1/payments", same[i]);
        assert_string_equal(first, other);
    }
    const char *different[] = {
        PAYMENT("4242424242424242", "123", ""),
        PAYMENT("4111111111111111", "123", ",\"currency\":\"USD\""),
        PAYMENT("4111111111111111", "123", ",\"metadata\":{\"card.cvv\":\"1\"}"),
        PAYMENT("4111111111111111", "123", ",\"metadata\":{\"card.cvv\":\"2\"}"),
    };
    for (size_t i = 0; i < COUNT_OF(different); i++) {
        fingerprint_after(other, "/v1/payments", different[i]);
        assert_string_not_equal(first, other);
        memcpy(first, other, sizeof first);
    }
}

static void fingerprints_of_changes(void **state)
{
    (void)state;
    char capture[HASH_HEX_BYTES + 1], other[HASH_HEX_BYTES + 1];
    fingerprint_after(capture, "/v1/payments/" PAY "/capture", "");
    fingerprint_after(other, "/v1/payments/" PAY "/capture", "{ }");
    assert_string_equal(capture, other);
    fingerprint_after(other, "/v1/payments/" PAY "/void", "");
    assert_string_not_equal(capture, other);
    fingerprint_after(other, "/v1/payments/" PAY "/capture", "{\"amount\":5000}");
    assert_string_not_equal(capture, other);
}

/* ---- how answers leave ---- */

static void answers_carry_what_all_carry(void **state)
{
    (void)state;
    asking_get(&house, "/healthz");
    assert_int_equal(house.status, 200);
    assert_text(house.body, "{\"status\":\"ok\"}");
    assert_text(house.content_type, "application/json");
    assert_text(asking_header(&house, "X-Content-Type-Options"), "nosniff");
    assert_text(asking_header(&house, "Cache-Control"), "no-store");
    assert_true(id_is(asking_header(&house, "X-Request-Id"), STR("req_")));
    asking_send(&house, "HEAD", "/healthz", NULL, STR_NONE);
    assert_int_equal(house.status, 200);
}

static void flows_answers_leave_as_they_are(void **state)
{
    (void)state;
    fake.reply = (struct reply){ .status = 402, .body = STR("{\"code\":\"card_declined\"}"), .replayed = true };
    asking_post(&house, "/v1/payments", PLAIN);
    assert_text(house.content_type, "application/problem+json");
    assert_text(house.body, "{\"code\":\"card_declined\"}");
    assert_text(asking_header(&house, "Idempotent-Replayed"), "true");
    assert_null(asking_header(&house, "Retry-After").bytes);

    fake.reply = (struct reply){ .status = 202, .body = STR("{}"), .retry_after_s = 12 };
    asking_post(&house, "/v1/payments", PLAIN);
    assert_text(house.content_type, "application/json");
    assert_text(asking_header(&house, "Retry-After"), "12");
    assert_null(asking_header(&house, "Idempotent-Replayed").bytes);
}

static void problems_name_the_request(void **state)
{
    (void)state;
    const char *named[] = { "X-Request-Id: mine.1-2_3", NULL };
    asking_send(&house, "GET", "/nowhere", named, STR_NONE);
    assert_text(asking_header(&house, "X-Request-Id"), "mine.1-2_3");
    assert_text(asking_told(&house, "request_id"), "mine.1-2_3");
    assert_text(asking_told(&house, "instance"), "urn:request:mine.1-2_3");
    assert_text(asking_told(&house, "type"), "/problems/not_found");
    assert_text(asking_told(&house, "status"), "404");
    assert_text(asking_told(&house, "retryable"), "false");
}

static void odd_request_ids_are_replaced(void **state)
{
    (void)state;
    const char *odd[] = {
        "X-Request-Id: a b", "X-Request-Id: <x>", "X-Request-Id:", "X-Request-Id: 4111111111111111", "X-Request-Id: 4111-1111-1111-1111",
        "X-Request-Id: 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdefx",
    };
    for (size_t i = 0; i < COUNT_OF(odd); i++) {
        asking_send(&house, "GET", "/healthz", (const char *[]){ odd[i], NULL }, STR_NONE);
        assert_true(id_is(asking_header(&house, "X-Request-Id"), STR("req_")));
    }
}

#define TRACE_ID "4bf92f3577b34da6a3ce929d0e0e4736"
#define SPAN_ID "00f067aa0ba902b7"

static str trace_after(const char *header)
{
    const char *headers[] = { "Content-Type: application/json", "Idempotency-Key: k1", header, NULL };
    asking_send(&house, "POST", "/v1/payments", headers, STR(PLAIN));
    return fake.name.trace;
}

static void traces_go_on(void **state)
{
    (void)state;
    const char *valid[] = { "traceparent: 00-" TRACE_ID "-" SPAN_ID "-00", "traceparent: 01-" TRACE_ID "-" SPAN_ID "-00-more" };
    for (size_t i = 0; i < COUNT_OF(valid); i++) {
        str trace = trace_after(valid[i]);
        assert_int_equal(trace.length, 55);
        assert_true(str_starts_with(trace, STR("00-" TRACE_ID "-")));
        assert_false(str_contains(trace, STR(SPAN_ID)));
        assert_text(str_from(trace, 52), "-00");
    }
    const char *invalid[] = {
        NULL,
        "traceparent: 00-" TRACE_ID "-" SPAN_ID "-00-more",
        "traceparent: ff-" TRACE_ID "-" SPAN_ID "-00",
        "traceparent: 00-00000000000000000000000000000000-" SPAN_ID "-00",
        "traceparent: 00-" TRACE_ID "-0000000000000000-00",
        "traceparent: 00-4BF92F3577B34DA6A3CE929D0E0E4736-" SPAN_ID "-00",
        "traceparent: 00-" TRACE_ID "x" SPAN_ID "-00",
        "traceparent: 00-" TRACE_ID,
    };
    for (size_t i = 0; i < COUNT_OF(invalid); i++) {
        str trace = trace_after(invalid[i]);
        assert_int_equal(trace.length, 55);
        assert_false(str_contains(trace, STR(TRACE_ID)));
        assert_text(str_from(trace, 52), "-01");
    }
}

/* ---- a full house, a closing one ---- */

static void finish_all(struct waiter **waiters, size_t count)
{
    for (size_t i = 0; i < count; i++) waiters[i]->answered(waiters[i], &fake.reply);
    assert_int_equal(api_pending(house.api), 0);
}

static void a_full_house_refuses_new_payments_first(void **state)
{
    (void)state;
    struct waiter *waiters[10];
    fake.keeps_waiters = true;
    for (size_t i = 0; i < 8; i++) {
        assert_int_equal(asking_post(&house, "/v1/payments", PLAIN), 0);
        waiters[i] = fake.waiter;
    }
    assert_int_equal(api_pending(house.api), 8);
    assert_int_equal(asking_post(&house, "/v1/payments", PLAIN), 503);
    assert_text(asking_told(&house, "code"), "overloaded");
    assert_text(asking_told(&house, "retryable"), "true");
    assert_text(asking_header(&house, "Retry-After"), "1");
    assert_int_equal(asking_get(&house, "/v1/payments"), 503);
    assert_text(asking_told(&house, "code"), "overloaded");

    fake.running_key = STR("k1");
    assert_int_equal(asking_post(&house, "/v1/payments", PLAIN), 0); /* a repeat, which joins its first request */
    waiters[8] = fake.waiter;
    assert_int_equal(asking_post(&house, "/v1/payments/" PAY "/capture", ""), 0);
    waiters[9] = fake.waiter;
    assert_int_equal(asking_post(&house, "/v1/payments", PLAIN), 503);
    assert_int_equal(asking_post(&house, "/v1/payments/" PAY "/capture", ""), 503);
    assert_int_equal(asking_get(&house, "/healthz"), 200);
    assert_int_equal(asking_get(&house, "/readyz"), 200);
    finish_all(waiters, 10);
}

/* Two full commits before it for a while: what would begin is refused, and what was begun goes on. */
static void a_crowd_before_the_store_refuses_new_payments(void **state)
{
    (void)state;
    fake.reply = (struct reply){ .status = 201, .body = STR("{}") };
    store_queue_now = SHEDDING_QUEUE_MAX - 1;
    assert_int_equal(asking_post(&house, "/v1/payments", PLAIN), 201);
    store_queue_now = SHEDDING_QUEUE_MAX;
    assert_int_equal(asking_post(&house, "/v1/payments", PLAIN), 201);
    for (int i = 1; i < 4; i++) {
        house.now += SHEDDING_SPAN / 4;
        assert_int_equal(asking_post(&house, "/v1/payments", PLAIN), 201);
    }
    house.now += SHEDDING_SPAN / 4;
    assert_int_equal(asking_post(&house, "/v1/payments", PLAIN), 503);
    assert_text(asking_told(&house, "code"), "overloaded");
    assert_text(asking_header(&house, "Retry-After"), "1");
    assert_int_equal(asking_post(&house, "/v1/payments/" PAY "/capture", ""), 201);
    assert_int_equal(asking_get(&house, "/healthz"), 200);
    assert_int_equal(fake.authorizations, 5);
}

/* A repeat of what is running here makes no queue longer. */
static void a_repeat_joins_its_first_request_whatever_the_crowd(void **state)
{
    (void)state;
    fake.reply = (struct reply){ .status = 201, .body = STR("{}") };
    store_queue_now = SHEDDING_QUEUE_MAX;
    for (int i = 0; i < 4; i++) {
        assert_int_equal(asking_post(&house, "/v1/payments", PLAIN), 201);
        house.now += SHEDDING_SPAN / 4;
    }
    fake.running_key = STR("another");
    assert_int_equal(asking_post(&house, "/v1/payments", PLAIN), 503);
    fake.running_key = STR("k1");
    assert_int_equal(asking_post(&house, "/v1/payments", PLAIN), 201);
    const char *no_key[] = { "Content-Type: application/json", NULL };
    assert_int_equal(asking_send(&house, "POST", "/v1/payments", no_key, STR(PLAIN)), 503);
}

static void a_closing_house_begins_nothing(void **state)
{
    (void)state;
    api_stop_taking(house.api);
    assert_int_equal(asking_post(&house, "/v1/payments", PLAIN), 503);
    assert_text(asking_told(&house, "code"), "shutting_down");
    assert_int_equal(asking_post(&house, "/v1/payments/" PAY "/void", ""), 503);
    assert_int_equal(asking_get(&house, "/readyz"), 503);
    assert_text(asking_told(&house, "code"), "shutting_down");
    assert_int_equal(asking_get(&house, "/healthz"), 200);
    assert_int_equal(fake.authorizations + fake.changes, 0);
}

static void not_ready_before_recovery(void **state)
{
    (void)state;
    fake.view.recovered = false;
    assert_int_equal(asking_get(&house, "/readyz"), 503);
    assert_text(asking_told(&house, "code"), "not_ready");
    fake.view.recovered = true;
    assert_int_equal(asking_get(&house, "/readyz"), 200);
}

static void without_a_store_questions_are_refused(void **state)
{
    (void)state;
    const char *targets[] = { "/v1/payments", "/v1/payments/" PAY, "/v1/payments/" PAY "/events", "/v1/orders/o1" };
    for (size_t i = 0; i < COUNT_OF(targets); i++) {
        assert_int_equal(asking_get(&house, targets[i]), 503);
        assert_text(asking_told(&house, "code"), "storage_unavailable");
    }
    assert_int_equal(asking_get(&house, "/metrics"), 200);
}

/* ---- pages ---- */

static void pages_about_the_api(void **state)
{
    (void)state;
    assert_int_equal(asking_get(&house, "/openapi.json"), 200);
    assert_true(str_starts_with(house.body, STR("{\n  \"openapi\": \"3.1.0\"")));
    assert_int_equal(asking_get(&house, "/docs"), 200);
    assert_text(house.content_type, "text/html; charset=utf-8");
    assert_true(str_starts_with(asking_header(&house, "Content-Security-Policy"), STR("default-src 'none'; style-src 'sha256-")));
    assert_false(str_contains(house.body, STR("<script")));
    assert_false(str_contains(house.body, STR("http://")));
    assert_int_equal(asking_get(&house, "/problems/card_declined"), 200);
    assert_text(asking_told(&house, "code"), "card_declined");
    assert_text(asking_told(&house, "status"), "402");
    assert_int_equal(asking_get(&house, "/problems/nothing"), 404);
}

static void figures_are_told(void **state)
{
    (void)state;
    fake.view = (struct flows_view){ .running = 3, .calls = 2, .recovered = true, .lines = { { "bank", true } }, .line_count = 1,
                                     .oldest_card = 9 * MICROS_PER_SECOND };
    asking_get(&house, "/nowhere");
    assert_int_equal(asking_get(&house, "/metrics"), 200);
    assert_text(house.content_type, "text/plain; version=0.0.4");
    const char *expected[] = {
        "\nflorin_flows_running 3\n",
        "\nflorin_processor_calls_in_air 2\n",
        "\nflorin_breaker_open{processor=\"bank\"} 1\n",
        "\nflorin_oldest_sealed_card_seconds 9\n",
        "\nflorin_open_operations{kind=\"capture\",state=\"unknown\"} 0\n",
        "florin_http_requests_total{method=\"\",route=\"\",status=\"4xx\"} ",
        "florin_http_request_seconds_bucket{method=\"POST\",route=\"/v1/payments\",le=\"+Inf\"} ",
    };
    for (size_t i = 0; i < COUNT_OF(expected); i++) {
        if (!str_contains(house.body, str_of(expected[i]))) fail_msg("%s is not told", expected[i]);
    }
}

/* ---- the operator's door ---- */

#define OP "op_06dvk9a4r8m3w5hq8zc1r7bnxe4tj0y2kfbc"

static int settle(const char *body) { return asking_control(&house, "POST", "/operations/" OP "/settle", body); }

static void a_person_settles(void **state)
{
    (void)state;
    fake.reply.status = 200;
    assert_int_equal(settle("{\"happened\":true,\"processor_ref\":\"auth_1\",\"by\":\"ann\"}"), 200);
    assert_text(fake.settle.operation_id, OP);
    assert_true(fake.settle.happened);
    assert_text(fake.settle.processor_ref, "auth_1");
    assert_text(fake.settle.by, "ann");
    assert_ptr_equal(fake.settle.form, &api_core_form);
    assert_true(id_is(fake.settle.request_id, STR("req_")));

    assert_int_equal(settle("{\"happened\":false,\"processor_ref\":null,\"by\":\"ann\"}"), 200);
    assert_false(fake.settle.happened);
    assert_null(fake.settle.processor_ref.bytes);
}

static void a_person_errs(void **state)
{
    (void)state;
    static const struct { const char *target, *body; int status; const char *code; } rows[] = {
        { "/operations/" OP "/settle", "{\"happened\":true}", 400, "param_missing" },
        { "/operations/" OP "/settle", "{\"by\":\"ann\"}", 400, "param_missing" },
        { "/operations/" OP "/settle", "{\"happened\":\"yes\",\"by\":\"ann\"}", 400, "param_invalid" },
        { "/operations/" OP "/settle", "{\"happened\":true,\"by\":\"\"}", 400, "param_invalid" },
        { "/operations/" OP "/settle", "{\"happened\":true,\"by\":\"ann\",\"why\":\"\"}", 400, "param_unknown" },
        { "/operations/op_1/settle", "{\"happened\":true,\"by\":\"ann\"}", 409, "not_in_review" },
        { "/v1/payments", "{}", 404, "not_found" },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_int_equal(asking_control(&house, "POST", rows[i].target, rows[i].body), rows[i].status);
        assert_text(asking_told(&house, "code"), rows[i].code);
    }
    assert_int_equal(fake.settlements, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_payment_with_everything, open_house, close_house),
        cmocka_unit_test_setup_teardown(a_payment_with_the_least, open_house, close_house),
        cmocka_unit_test_setup_teardown(changes_of_a_payment, open_house, close_house),
        cmocka_unit_test_setup_teardown(fingerprints_tell_requests_apart, open_house, close_house),
        cmocka_unit_test_setup_teardown(fingerprints_of_changes, open_house, close_house),
        cmocka_unit_test_setup_teardown(answers_carry_what_all_carry, open_house, close_house),
        cmocka_unit_test_setup_teardown(flows_answers_leave_as_they_are, open_house, close_house),
        cmocka_unit_test_setup_teardown(problems_name_the_request, open_house, close_house),
        cmocka_unit_test_setup_teardown(odd_request_ids_are_replaced, open_house, close_house),
        cmocka_unit_test_setup_teardown(traces_go_on, open_house, close_house),
        cmocka_unit_test_setup_teardown(a_full_house_refuses_new_payments_first, open_house, close_house),
        cmocka_unit_test_setup_teardown(a_crowd_before_the_store_refuses_new_payments, open_house, close_house),
        cmocka_unit_test_setup_teardown(a_repeat_joins_its_first_request_whatever_the_crowd, open_house, close_house),
        cmocka_unit_test_setup_teardown(a_closing_house_begins_nothing, open_house, close_house),
        cmocka_unit_test_setup_teardown(not_ready_before_recovery, open_house, close_house),
        cmocka_unit_test_setup_teardown(without_a_store_questions_are_refused, open_house, close_house),
        cmocka_unit_test_setup_teardown(pages_about_the_api, open_house, close_house),
        cmocka_unit_test_setup_teardown(figures_are_told, open_house, close_house),
        cmocka_unit_test_setup_teardown(a_person_settles, open_house, close_house),
        cmocka_unit_test_setup_teardown(a_person_errs, open_house, close_house),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
