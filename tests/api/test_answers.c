/* SPDX-License-Identifier: Apache-2.0 */
/* Endings as a merchant hears them: status, code, and what stands beside it. And: the tables say what the API's
 * description says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <yyjson.h>

#include "api/api.h"
#include "api/endpoints.h"
#include "base/json.h"

extern const char florin_openapi_json[];
extern const size_t florin_openapi_json_length;

static struct arena arena;

static int forget(void **state)
{
    (void)state;
    arena_close(&arena);
    return 0;
}

struct ending_row {
    enum ending_kind kind;
    enum refusal refusal;
    enum operation_kind asked;
    bool has_record;
    int status;
    int retry_after;
    const char *code;         /* NULL: a receipt */
    const char *decline_code; /* NULL: none */
};

/* clang-format off */
static const struct ending_row endings[] = {
    { ENDING_DONE,     REFUSED_NOT, OPERATION_AUTHORIZE, true,  201, 0, NULL, NULL },
    { ENDING_DONE,     REFUSED_NOT, OPERATION_CAPTURE,   true,  200, 0, NULL, NULL },
    { ENDING_DONE,     REFUSED_NOT, OPERATION_NONE,      true,  200, 0, NULL, NULL },
    { ENDING_OPEN,     REFUSED_NOT, OPERATION_AUTHORIZE, true,  202, 1, NULL, NULL },
    { ENDING_OPEN,     REFUSED_NOT, OPERATION_REFUND,    true,  202, 1, NULL, NULL },
    { ENDING_DECLINED, REFUSED_NOT, OPERATION_AUTHORIZE, true,  402, 0, "card_declined", "insufficient_funds" },
    { ENDING_DECLINED, REFUSED_NOT, OPERATION_AUTHORIZE, false, 402, 0, "card_declined", "card_declined" },
    { ENDING_REFUSED,  REFUSED_CARD_EXPIRED,              OPERATION_AUTHORIZE, false, 402, 0, "card_declined", "expired_card" },
    { ENDING_REFUSED,  REFUSED_OPERATION_IN_PROGRESS,     OPERATION_CAPTURE,   true,  409, 1, "operation_in_progress", NULL },
    { ENDING_REFUSED,  REFUSED_INVALID_STATE,             OPERATION_CAPTURE,   true,  409, 0, "invalid_state", NULL },
    { ENDING_REFUSED,  REFUSED_AUTHORIZATION_EXPIRED,     OPERATION_CAPTURE,   true,  409, 0, "authorization_expired", NULL },
    { ENDING_REFUSED,  REFUSED_AMOUNT_EXCEEDS_AUTHORIZED, OPERATION_CAPTURE,   true,  422, 0, "amount_exceeds_authorized", NULL },
    { ENDING_REFUSED,  REFUSED_AMOUNT_EXCEEDS_CAPTURED,   OPERATION_REFUND,    true,  422, 0, "amount_exceeds_captured", NULL },
    { ENDING_REFUSED,  REFUSED_CURRENCY_MISMATCH,         OPERATION_CAPTURE,   true,  422, 0, "currency_mismatch", NULL },
    { ENDING_REFUSED,  REFUSED_CURRENCY_NOT_SUPPORTED,    OPERATION_AUTHORIZE, false, 422, 0, "currency_not_supported", NULL },
    { ENDING_REFUSED,  REFUSED_PARTIAL_NOT_SUPPORTED,     OPERATION_CAPTURE,   true,  422, 0, "partial_not_supported", NULL },
    { ENDING_REFUSED,  REFUSED_PAGE_NOT_SUPPORTED,        OPERATION_AUTHORIZE, false, 422, 0, "payment_method_not_supported", NULL },
    { ENDING_REFUSED,  REFUSED_EMAIL_REQUIRED,            OPERATION_AUTHORIZE, false, 422, 0, "email_required", NULL },
    { ENDING_REFUSED,  REFUSED_HOLD_NOT_SUPPORTED,        OPERATION_AUTHORIZE, false, 422, 0, "hold_not_supported", NULL },
    { ENDING_REFUSED,  REFUSED_NOT_APPROVED,              OPERATION_CAPTURE,   true,  409, 0, "not_approved", NULL },
    { ENDING_REFUSED,  REFUSED_NO_OPEN_REVIEW,            OPERATION_VOID,      true,  409, 0, "no_open_review", NULL },
    { ENDING_REFUSED,  REFUSED_CVV_REQUIRED,              OPERATION_AUTHORIZE, false, 422, 0, "cvv_required", NULL },
    { ENDING_REFUSED,  REFUSED_DISPUTE_OPEN,              OPERATION_REFUND,    true,  409, 0, "dispute_open", NULL },
    { ENDING_REFUSED,  REFUSED_REFERENCE_UNKNOWN,         OPERATION_REFUND,    true,  422, 0, "processor_reference_unknown", NULL },
    { ENDING_EXPIRED,           REFUSED_NOT, OPERATION_CAPTURE,   true,  409, 0,  "authorization_expired", NULL },
    { ENDING_NOT_SET_UP,        REFUSED_NOT, OPERATION_AUTHORIZE, false, 422, 0,  "processor_not_set_up", NULL },
    { ENDING_UNAVAILABLE,       REFUSED_NOT, OPERATION_AUTHORIZE, true,  503, 5,  "processor_unavailable", NULL },
    { ENDING_UNAVAILABLE,       REFUSED_NOT, OPERATION_AUTHORIZE, false, 503, 5,  "processor_unavailable", NULL },
    { ENDING_PROCESSOR_REFUSED, REFUSED_NOT, OPERATION_AUTHORIZE, true,  422, 0,  "processor_refused", NULL },
    { ENDING_NOT_FOUND,         REFUSED_NOT, OPERATION_CAPTURE,   false, 404, 0,  "not_found", NULL },
    { ENDING_KEY_REUSED,        REFUSED_NOT, OPERATION_CAPTURE,   false, 422, 0,  "idempotency_key_reused", NULL },
    { ENDING_STORAGE_LOW,       REFUSED_NOT, OPERATION_AUTHORIZE, false, 503, 10, "storage_low", NULL },
    { ENDING_OVERLOADED,        REFUSED_NOT, OPERATION_AUTHORIZE, false, 503, 1,  "overloaded", NULL },
    { ENDING_STOPPING,          REFUSED_NOT, OPERATION_AUTHORIZE, false, 503, 1,  "shutting_down", NULL },
    { ENDING_NOT_IN_REVIEW,     REFUSED_NOT, OPERATION_NONE,      false, 409, 0,  "not_in_review", NULL },
    { ENDING_ID_NEEDED,         REFUSED_NOT, OPERATION_NONE,      false, 422, 0,  "processor_ref_needed", NULL },
    { ENDING_ID_INVALID,        REFUSED_NOT, OPERATION_NONE,      false, 400, 0,  "processor_ref_invalid", NULL },
};
/* clang-format on */

#define PAY "pay_06dvk2vtgd9m3w5hq8zc1r7bnxe4tj0y2kfa"

static struct payment_record record_of(void)
{
    return (struct payment_record){
        .id = { PAY },
        .payment = { .state = PAYMENT_DECLINED, .amount = { 5000, { "USD" } }, .decline = DECLINE_INSUFFICIENT_FUNDS, .created_at = 1 },
        .order_id = STR("o"), .customer_id = STR("c"), .processor = STR("bank"), .metadata = STR("{}"),
        .card_brand = "visa", .card_last4 = "1111",
    };
}

static void assert_member(const struct json *body, const char *name, const char *expected)
{
    const struct json *value = json_find(body, name);
    if (!expected) assert_null(value);
    else if (!str_equal(json_string(value), str_of(expected))) fail_msg("%s is %.*s, expected %s", name, STR_FORMAT(json_string(value)), expected);
}

static void check_ending(const struct ending_row *row)
{
    struct payment_record record = record_of();
    struct ending ending = { row->kind, row->refusal, row->asked, row->has_record ? &record : NULL, NULL, 0, STR("req_1") };
    struct reply reply = { 0 };
    const struct json *body;
    api_core_form.write(&arena, &ending, &reply);
    assert_int_equal(json_read(&arena, reply.body, &body), JSON_FINE);
    assert_int_equal(reply.status, row->status);
    assert_int_equal(reply.retry_after_s, row->retry_after);
    if (!row->code) {
        assert_member(body, "id", PAY);
        return;
    }
    assert_member(body, "code", row->code);
    assert_member(body, "request_id", "req_1");
    assert_member(body, "decline_code", row->decline_code);
    assert_member(body, "payment_id", row->has_record ? PAY : NULL);
    assert_member(body, "state", row->has_record ? "declined" : NULL);
}

static void endings_as_they_are_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(endings); i++) check_ending(&endings[i]);
}

static void the_same_ending_gives_the_same_bytes(void **state)
{
    (void)state;
    struct payment_record record = record_of();
    struct ending ending = { .kind = ENDING_DONE, .asked = OPERATION_AUTHORIZE, .record = &record, .request_id = STR("r") };
    struct reply first = { 0 }, second = { 0 };
    api_core_form.write(&arena, &ending, &first);
    api_core_form.write(&arena, &ending, &second);
    assert_true(str_equal(first.body, second.body));
    assert_true(str_equal(str_of(api_core_form.name), STR("core")));
}

/* ---- the description ---- */

static yyjson_doc *description;

static int open_description(void **state)
{
    (void)state;
    description = yyjson_read(florin_openapi_json, florin_openapi_json_length, 0);
    return description == NULL;
}

static int close_description(void **state)
{
    (void)state;
    yyjson_doc_free(description);
    return 0;
}

static const char *text_of(yyjson_val *row, const char *name) { return yyjson_get_str(yyjson_obj_get(row, name)); }

static void the_description_has_every_problem(void **state)
{
    (void)state;
    static const enum problem_code for_operators[] = { PROBLEM_NOT_IN_REVIEW, PROBLEM_PROCESSOR_REF_NEEDED, PROBLEM_PROCESSOR_REF_INVALID,
                                                       PROBLEM_SHARE_INVALID, PROBLEM_VAULT_BUSY, PROBLEM_VAULT_OPEN,
                                                       PROBLEM_VAULT_KEY_WRONG, PROBLEM_VAULT_KEY_NOT_HERE };
    yyjson_val *rows = yyjson_obj_get(yyjson_doc_get_root(description), "x-problems"), *row;
    yyjson_val *words = yyjson_doc_ptr_get(description, "/components/schemas/ProblemCode/enum");
    size_t i, count;
    yyjson_arr_foreach(rows, i, count, row)
    {
        enum problem_code code = problem_named(str_of(text_of(row, "code")));
        if (code == PROBLEM_NONE) fail_msg("%s is not in the table", text_of(row, "code"));
        const struct problem_kind *kind = problem_kind_of(code);
        assert_int_equal(yyjson_get_int(yyjson_obj_get(row, "status")), kind->status);
        assert_int_equal(yyjson_get_bool(yyjson_obj_get(row, "retryable")), kind->retryable);
        assert_string_equal(text_of(row, "title"), kind->title);
        assert_string_equal(text_of(row, "detail"), kind->detail);
    }
    assert_int_equal(yyjson_arr_size(rows), PROBLEM_CODE_COUNT - 1 - COUNT_OF(for_operators));
    assert_int_equal(yyjson_arr_size(words), yyjson_arr_size(rows));
}

static yyjson_val *operation_of(const char *path, const char *method)
{
    char lower[8] = "";
    for (size_t i = 0; method[i]; i++) lower[i] = (char)(method[i] | 0x20);
    return yyjson_obj_get(yyjson_obj_get(yyjson_obj_get(yyjson_doc_get_root(description), "paths"), path), lower);
}

static bool names_key(yyjson_val *operation)
{
    yyjson_val *parameter;
    size_t i, count;
    yyjson_arr_foreach(yyjson_obj_get(operation, "parameters"), i, count, parameter)
    {
        const char *reference = text_of(parameter, "$ref");
        if (reference && strcmp(reference, "#/components/parameters/IdempotencyKey") == 0) return true;
    }
    return false;
}

static void the_description_has_every_endpoint(void **state)
{
    (void)state;
    size_t count, ours = 0, described = 0, i, size;
    const struct endpoint *endpoints = endpoint_all(&count);
    for (size_t row = 0; row < count; row++) {
        if (endpoints[row].door != DOOR_MERCHANTS) continue;
        yyjson_val *operation = operation_of(endpoints[row].path, endpoints[row].method);
        if (!operation) fail_msg("%s %s is not described", endpoints[row].method, endpoints[row].path);
        assert_int_equal(names_key(operation), endpoints[row].needs_key);
        assert_int_equal(yyjson_obj_get(operation, "requestBody") != NULL, endpoints[row].body != BODY_NONE);
        ours++;
    }
    yyjson_val *path, *methods;
    yyjson_obj_foreach(yyjson_obj_get(yyjson_doc_get_root(description), "paths"), i, size, path, methods)
    {
        described += yyjson_obj_size(methods);
    }
    assert_int_equal(ours, described);
}

static void every_problem_is_told_in_full(void **state)
{
    (void)state;
    for (int code = PROBLEM_NONE + 1; code < PROBLEM_CODE_COUNT; code++) {
        const struct json *body;
        struct text text = text_open(&arena, 0);
        problem_put(&text, &(struct problem){ .code = (enum problem_code)code, .request_id = STR("r") });
        assert_int_equal(json_read(&arena, text_str(&text), &body), JSON_FINE);
        assert_true(json_string(json_find(body, "title")).length > 10);
        assert_true(json_string(json_find(body, "detail")).length > 10);
        assert_true(problem_kind_of((enum problem_code)code)->status >= 400);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(endings_as_they_are_told, forget),
        cmocka_unit_test_teardown(the_same_ending_gives_the_same_bytes, forget),
        cmocka_unit_test_teardown(every_problem_is_told_in_full, forget),
        cmocka_unit_test_setup_teardown(the_description_has_every_problem, open_description, close_description),
        cmocka_unit_test_setup_teardown(the_description_has_every_endpoint, open_description, close_description),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
