/* SPDX-License-Identifier: Apache-2.0 */
/* risk_http: what a company that judges payments is told, and what is made of its answers. */
#include "base/base_testing.h"

#include "processor/risk_provider.h"

static struct risk_call usual(void)
{
    return (struct risk_call){ .payment_id = STR("pay_1"), .amount = { 5000, { "USD" } }, .order_id = STR("o-1"), .customer_id = STR("c \"1\""),
                               .email = STR("joe@shop.example"), .ip_address = STR("203.0.113.7"), .brand = STR("visa"), .bin = STR("411111"),
                               .last4 = STR("1111"), .metadata = STR("{\"cart\":\"17\"}") };
}

static void assert_asks(const struct risk_call *call, const char *expected)
{
    struct arena arena = { 0 };
    struct processor_request request;
    risk_provider_http.ask(&arena, call, &request);
    assert_str(request.method, STR("POST"));
    assert_str(request.path, STR("/v1/assessments"));
    assert_str(request.body, str_of(expected));
    arena_close(&arena);
}

static void a_new_payment_is_told(void **state)
{
    (void)state;
    struct risk_call call = usual();
    assert_asks(&call, "{\"stage\":\"new\",\"payment_id\":\"pay_1\",\"amount\":5000,\"currency\":\"USD\",\"capture\":\"manual\",\"order_id\":\"o-1\","
                       "\"customer\":{\"id\":\"c \\\"1\\\"\",\"email\":\"joe@shop.example\",\"ip_address\":\"203.0.113.7\"},"
                       "\"card\":{\"brand\":\"visa\",\"bin\":\"411111\",\"last4\":\"1111\"},\"metadata\":{\"cart\":\"17\"}}");
}

/* After a restart the address and the first digits are not known any more. */
static void a_hold_is_told_as_far_as_it_is_known(void **state)
{
    (void)state;
    struct risk_call call = usual();
    call.is_held = call.captures_itself = true;
    call.email = call.ip_address = STR_NONE;
    call.bin = STR("");
    call.processor = STR("bank");
    assert_asks(&call, "{\"stage\":\"held\",\"payment_id\":\"pay_1\",\"amount\":5000,\"currency\":\"USD\",\"capture\":\"automatic\","
                       "\"order_id\":\"o-1\",\"customer\":{\"id\":\"c \\\"1\\\"\"},\"card\":{\"brand\":\"visa\",\"last4\":\"1111\"},"
                       "\"processor\":\"bank\",\"metadata\":{\"cart\":\"17\"}}");
}

static void who_pays_on_a_page_has_no_card(void **state)
{
    (void)state;
    struct risk_call call = usual();
    call.brand = call.bin = call.last4 = call.email = call.ip_address = STR("");
    assert_asks(&call, "{\"stage\":\"new\",\"payment_id\":\"pay_1\",\"amount\":5000,\"currency\":\"USD\",\"capture\":\"manual\",\"order_id\":\"o-1\","
                       "\"customer\":{\"id\":\"c \\\"1\\\"\"},\"metadata\":{\"cart\":\"17\"}}");
}

/* clang-format off */
static const struct answer_row {
    int status;
    bool is_held;
    const char *body;
    enum risk_decision decision; /* RISK_UNASKED: it makes no sense */
    const char *reason;
} answers[] = {
    { 200, false, "{\"decision\":\"allow\"}",                              RISK_ALLOW,   ""           },
    { 200, false, "{\"decision\":\"step_up\",\"reason\":\"new_device\"}",  RISK_STEP_UP, "new_device" },
    { 200, false, "{\"decision\":\"review\",\"score\":70,\"reason\":\"A-1.b\"}", RISK_REVIEW, "A-1.b" },
    { 200, false, "{\"decision\":\"deny\",\"reason\":\"two words\"}",      RISK_DENY,    ""           }, /* no word that may be told */
    { 200, false, "{\"decision\":\"deny\",\"reason\":\"a234567890123456789012345678901234567890\"}", RISK_DENY, "a234567890123456789012345678901234567890" },
    { 200, false, "{\"decision\":\"deny\",\"reason\":\"a2345678901234567890123456789012345678901\"}", RISK_DENY, "" },
    { 200, false, "{\"decision\":\"deny\",\"reason\":7}",                  RISK_DENY,    ""           },
    { 200, true,  "{\"decision\":\"allow\"}",                              RISK_ALLOW,   ""           },
    { 200, true,  "{\"decision\":\"review\"}",                             RISK_REVIEW,  ""           },
    { 200, true,  "{\"decision\":\"deny\"}",                               RISK_DENY,    ""           },
    { 200, true,  "{\"decision\":\"step_up\"}",                            RISK_UNASKED, ""           }, /* too late for that */
    { 200, false, "{\"decision\":\"\"}",                                   RISK_UNASKED, ""           },
    { 200, false, "{\"decision\":\"ALLOW\"}",                              RISK_UNASKED, ""           },
    { 200, false, "{\"decision\":true}",                                   RISK_UNASKED, ""           },
    { 200, false, "{}",                                                    RISK_UNASKED, ""           },
    { 200, false, "[\"allow\"]",                                           RISK_UNASKED, ""           },
    { 200, false, "allow",                                                 RISK_UNASKED, ""           },
    { 200, false, "",                                                      RISK_UNASKED, ""           },
    { 200, false, "{\"decision\":\"allow\"",                               RISK_UNASKED, ""           },
    { 201, false, "{\"decision\":\"allow\"}",                              RISK_UNASKED, ""           },
    { 500, false, "{\"decision\":\"allow\"}",                              RISK_UNASKED, ""           },
};
/* clang-format on */

static void answers_are_read_or_are_none(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(answers); i++) {
        struct arena arena = { 0 };
        struct risk_call call = usual();
        struct risk_answer answer;
        str body = exact_copy(str_of(answers[i].body));
        call.is_held = answers[i].is_held;
        bool is_read = risk_provider_http.read(&arena, &call, &(struct processor_answer){ answers[i].status, body, false }, &answer);
        assert_row(is_read == (answers[i].decision != RISK_UNASKED), i);
        if (is_read) assert_row(answer.decision == answers[i].decision && strcmp(answer.reason, answers[i].reason) == 0, i);
        exact_free(body);
        arena_close(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_payment_is_told),
        cmocka_unit_test(a_hold_is_told_as_far_as_it_is_known),
        cmocka_unit_test(who_pays_on_a_page_has_no_card),
        cmocka_unit_test(answers_are_read_or_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
