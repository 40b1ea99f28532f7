/* SPDX-License-Identifier: Apache-2.0 */
/* The fifteen facts about the bank that a gateway has to be designed for, one test each. */
#include "sim/bank_stage.h"

#include <stdio.h>

static const struct sim_bank_options calm = { .auth_expiry_hours = 168, .seed = 7 };

/* Runs the test on a bank of its own. */
static void on_stage(const struct sim_bank_options *options, void (*play)(struct stage *stage))
{
    struct stage *stage = stage_open(options);
    play(stage);
    stage_close(stage);
}

static void play_chance_comes_first(struct stage *stage)
{
    for (int i = 0; i < 5; i++) {
        struct client *failed = stage_authorize(stage, "k", 500);
        assert_refused(failed, 500, "internal_error");
        assert_string_equal(client_member(failed, "message"), "Random failure injection");
    }
    assert_int_equal(stage_count(stage, "holds"), 0);
    stage_control(stage, "POST", "/sim/settings", "{\"failure_rate\": 0}");
    struct client *client = stage_authorize(stage, "k", 500);
    assert_int_equal(client->status, 200);
    assert_false(client->replayed);
    assert_int_equal(stage_count(stage, "holds"), 1);
}

static void fact_1_chance_strikes_before_the_operation_and_is_never_kept(void **state)
{
    (void)state;
    on_stage(&(struct sim_bank_options){ .failure_millionths = 1000000, .auth_expiry_hours = 1 }, play_chance_comes_first);
}

static void play_only_success_is_kept(struct stage *stage)
{
    assert_refused(stage_authorize(stage, "k", 1000001), 402, "insufficient_funds");
    assert_refused(stage_authorize(stage, "k", 0), 400, "invalid_amount");
    struct client *client = stage_authorize(stage, "k", 5);
    assert_int_equal(client->status, 200);
    assert_false(client->replayed);
}

static void fact_2_only_success_is_kept(void **state)
{
    (void)state;
    on_stage(&calm, play_only_success_is_kept);
}

static void play_body_is_not_compared(struct stage *stage)
{
    struct client *first = stage_authorize(stage, "k", 500);
    struct client *second = stage_authorize(stage, "k", 900);
    struct client *garbage = stage_post(stage, "/api/v1/authorizations", "k", "not JSON");
    assert_true(second->replayed && garbage->replayed);
    assert_string_equal(second->body, first->body);
    assert_string_equal(garbage->body, first->body);
    const char *id = client_member(first, "authorization_id");
    assert_false(stage_capture(stage, "k", id, 500)->replayed); /* another path is another key */
    assert_int_equal(stage_count(stage, "holds"), 1);
    assert_int_equal(stage_count(stage, "captures"), 1);
}

static void fact_3_a_key_is_compared_with_its_path_and_never_with_its_body(void **state)
{
    (void)state;
    on_stage(&calm, play_body_is_not_compared);
}

static void play_no_lock_on_a_key(struct stage *stage)
{
    const char *body = "{\"card_number\":\"4111111111111111\",\"cvv\":\"123\",\"amount\":5}";
    struct client *one = stage_begin(stage, "POST", "/api/v1/authorizations", "k", body);
    struct client *other = stage_begin(stage, "POST", "/api/v1/authorizations", "k", body);
    stage_pass_ms(stage, 100);
    assert_int_equal(one->status, 200);
    assert_int_equal(other->status, 200);
    assert_string_not_equal(client_member(one, "authorization_id"), client_member(other, "authorization_id"));
    assert_int_equal(stage_count(stage, "holds"), 2);
    assert_string_equal(stage_authorize(stage, "k", 5)->body, one->body); /* the first to finish is kept */
    struct client *effects = stage_begin(stage, "GET", "/sim/book?key=k", NULL, "");
    assert_non_null(strstr(effects->body, client_member(one, "authorization_id")));
    assert_non_null(strstr(effects->body, client_member(other, "authorization_id")));
}

static void fact_4_two_requests_with_one_key_in_flight_both_run(void **state)
{
    (void)state;
    on_stage(&(struct sim_bank_options){ .auth_expiry_hours = 1, .latency_ms = { 100, 100 } }, play_no_lock_on_a_key);
}

/* A client who leaves while the bank sleeps, his body padded with that many spaces. */
static void leave_early(struct stage *stage, const char *key, size_t padding)
{
    char body[2048];
    int length = snprintf(body, sizeof body, "{\"card_number\":\"4111111111111111\",\"cvv\":\"123\",\"amount\":5}");
    memset(body + length, ' ', padding);
    body[(size_t)length + padding] = '\0';
    struct client *client = stage_begin(stage, "POST", "/api/v1/authorizations", key, body);
    client->exchange.client_gone = true;
    stage_pass_ms(stage, 10);
}

static void play_client_leaves(struct stage *stage)
{
    char key[32];
    for (int i = 0; i < 100; i++) {
        (void)snprintf(key, sizeof key, "small-%d", i);
        leave_early(stage, key, 0);
    }
    int64_t done = stage_count(stage, "holds");
    assert_in_range(done, 1, 25); /* about one in ten, by the seed */
    for (int i = 0; i < 100; i += 10) {
        (void)snprintf(key, sizeof key, "small-%d", i);
        assert_false(stage_authorize(stage, key, 5)->replayed); /* done or not, the key is not kept */
    }
    leave_early(stage, "large", 1024);
    assert_int_equal(stage_count(stage, "holds"), done + 10 + 1);
    assert_true(stage_authorize(stage, "large", 5)->replayed);
}

static void fact_5_a_client_who_leaves_may_have_acted_without_a_key(void **state)
{
    (void)state;
    on_stage(&(struct sim_bank_options){ .auth_expiry_hours = 1, .latency_ms = { 10, 10 } }, play_client_leaves);
}

static void play_keys_die(struct stage *stage)
{
    const int64_t hour = 3600 * 1000;
    stage_pass_ms(stage, 10);
    stage_authorize(stage, "k", 5);
    stage_pass_ms(stage, 24 * hour);
    assert_true(stage_authorize(stage, "k", 5)->replayed); /* a day old, but not swept yet */
    stage_pass_ms(stage, hour);
    assert_false(stage_authorize(stage, "k", 5)->replayed);
    assert_int_equal(stage_count(stage, "holds"), 2);
    stage_control(stage, "POST", "/sim/clock", "{\"advance_ms\": 90000000}"); /* 25 hours of its own clock */
    assert_false(stage_authorize(stage, "k", 5)->replayed);
    assert_int_equal(stage_count(stage, "holds"), 3);
}

static void fact_6_keys_die_after_a_day(void **state)
{
    (void)state;
    on_stage(&calm, play_keys_die);
}

static void play_replays_are_calm(struct stage *stage)
{
    assert_int_equal(stage_authorize(stage, "k", 5)->status, 200);
    stage_control(stage, "POST", "/sim/settings", "{\"failure_rate\": \"1.0\", \"latency_ms\": \"500:1500\"}");
    struct client *client = stage_begin(stage, "POST", "/api/v1/authorizations", "k", "{}");
    assert_true(client->answered && client->replayed); /* no time has passed */
    assert_int_equal(client->status, 200);
    assert_int_equal(stage_authorize(stage, "other", 5)->status, 500);
}

static void fact_7_a_replay_neither_waits_nor_fails(void **state)
{
    (void)state;
    on_stage(&calm, play_replays_are_calm);
}

static void play_already_used(struct stage *stage)
{
    const char *captured = client_member(stage_authorize(stage, "a", 5), "authorization_id");
    const char *voided = client_member(stage_authorize(stage, "b", 5), "authorization_id");
    assert_int_equal(stage_capture(stage, "c", captured, 5)->status, 200);
    assert_int_equal(stage_void(stage, "d", voided)->status, 200);
    assert_refused(stage_capture(stage, "e", captured, 5), 400, "authorization_already_used");
    assert_refused(stage_capture(stage, "f", voided, 5), 400, "authorization_already_used");
    assert_refused(stage_void(stage, "g", captured), 400, "authorization_already_used");
    assert_refused(stage_void(stage, "h", voided), 400, "authorization_already_used");
}

static void fact_8_one_code_for_captured_and_voided(void **state)
{
    (void)state;
    on_stage(&calm, play_already_used);
}

static void play_no_search(struct stage *stage)
{
    char target[96];
    const char *id = client_member(stage_authorize(stage, "a", 5), "authorization_id");
    (void)snprintf(target, sizeof target, "/api/v1/authorizations/%s", id);
    assert_string_equal(client_member(stage_ask(stage, "GET", target, NULL, ""), "status"), "approved");
    struct client *voided = stage_void(stage, "b", id);
    assert_string_equal(client_member(stage_ask(stage, "GET", target, NULL, ""), "status"), "approved"); /* for ever */
    assert_int_equal(stage_ask(stage, "GET", "/api/v1/authorizations", NULL, "")->status, 405);
    assert_int_equal(stage_ask(stage, "GET", "/api/v1/authorizations?key=a", NULL, "")->status, 405);
    (void)snprintf(target, sizeof target, "/api/v1/voids/%s", client_member(voided, "void_id"));
    assert_int_equal(stage_ask(stage, "GET", target, NULL, "")->status, 404);
    assert_int_equal(stage_ask(stage, "GET", "/api/v1/accounts", NULL, "")->status, 404);
}

static void fact_9_there_is_no_list_and_no_search(void **state)
{
    (void)state;
    on_stage(&calm, play_no_search);
}

static void play_refund_needs_capture_id(struct stage *stage)
{
    const char *hold = client_member(stage_authorize(stage, "a", 5), "authorization_id");
    const char *capture = client_member(stage_capture(stage, "b", hold, 5), "capture_id");
    assert_refused(stage_refund(stage, "c", hold, 5), 400, "capture_not_found");
    assert_int_equal(stage_refund(stage, "d", capture, 5)->status, 200);
    assert_refused(stage_refund(stage, "e", capture, 5), 400, "already_refunded");
}

static void fact_10_a_refund_needs_the_capture_id(void **state)
{
    (void)state;
    on_stage(&calm, play_refund_needs_capture_id);
}

static void play_expiry(struct stage *stage)
{
    const char *hold = client_member(stage_authorize(stage, "a", 5), "authorization_id");
    const char *captured = client_member(stage_authorize(stage, "b", 5), "authorization_id");
    const char *capture = client_member(stage_capture(stage, "c", captured, 5), "capture_id");
    stage_pass_ms(stage, 3600 * 1000 + 1);
    assert_refused(stage_capture(stage, "d", hold, 5), 400, "authorization_expired");
    assert_int_equal(stage_count(stage, "open_holds"), 1); /* nothing releases it */
    assert_int_equal(stage_void(stage, "e", hold)->status, 200);
    assert_int_equal(stage_count(stage, "open_holds"), 0);
    assert_int_equal(stage_refund(stage, "f", capture, 5)->status, 200);
}

static void fact_11_only_a_capture_looks_at_expiry(void **state)
{
    (void)state;
    on_stage(&(struct sim_bank_options){ .auth_expiry_hours = 1 }, play_expiry);
    on_stage(&(struct sim_bank_options){ .auth_expiry_hours = 1, .seed = 3 }, play_expiry);
}

static void play_internal_400(struct stage *stage)
{
    stage_control(stage, "POST", "/sim/faults", "{\"fault\": \"internal_400\"}");
    assert_refused(stage_authorize(stage, "k", 5), 400, "internal_error");
    assert_int_equal(stage_count(stage, "holds"), 0);
    stage_control(stage, "POST", "/sim/faults", "{\"fault\": \"internal_400_done\"}");
    assert_refused(stage_authorize(stage, "k", 5), 400, "internal_error");
    assert_int_equal(stage_count(stage, "holds"), 1);
    assert_false(stage_authorize(stage, "k", 5)->replayed);
    assert_int_equal(stage_count(stage, "holds"), 2);
}

static void fact_12_a_400_internal_error_tells_nothing(void **state)
{
    (void)state;
    on_stage(&calm, play_internal_400);
}

static void play_masked_faults(struct stage *stage)
{
    char target[96];
    const char *hold = client_member(stage_authorize(stage, "a", 5), "authorization_id");
    const char *capture = client_member(stage_capture(stage, "b", hold, 5), "capture_id");
    (void)snprintf(target, sizeof target, "/api/v1/captures/%s", capture);
    stage_control(stage, "POST", "/sim/faults", "{\"fault\": \"not_found_400\", \"times\": 0}");
    assert_refused(stage_authorize(stage, "c", 5), 400, "invalid_card");
    assert_refused(stage_capture(stage, "d", hold, 5), 400, "authorization_not_found");
    assert_refused(stage_void(stage, "e", hold), 400, "authorization_not_found");
    assert_refused(stage_refund(stage, "f", capture, 5), 400, "capture_not_found");
    assert_refused(stage_ask(stage, "GET", target, NULL, ""), 404, "not_found");
    stage_control(stage, "DELETE", "/sim/faults", "");
    assert_int_equal(stage_ask(stage, "GET", target, NULL, "")->status, 200);
    assert_int_equal(stage_refund(stage, "f", capture, 5)->status, 200);
}

static void fact_13_a_database_fault_may_look_like_not_found(void **state)
{
    (void)state;
    on_stage(&calm, play_masked_faults);
}

static void play_plain_text(struct stage *stage)
{
    struct client *clients[] = {
        stage_post(stage, "/api/v1/authorizations", NULL, "{}"),
        stage_post(stage, "/api/v1/authorizations", "", "{}"),
        stage_post(stage, "/api/v1/captures", "k", "{"),
        stage_post(stage, "/api/v1/captures", "k", ""),
        stage_post(stage, "/api/v1/captures", "k", "{\"amount\": \"5\"}"),
    };
    for (size_t i = 0; i < COUNT_OF(clients); i++) {
        assert_int_equal(clients[i]->status, 400);
        assert_string_equal(clients[i]->content_type, "text/plain; charset=utf-8");
        assert_int_equal(clients[i]->body[clients[i]->body_length - 1], '\n');
    }
}

static void fact_14_some_400s_are_plain_text(void **state)
{
    (void)state;
    on_stage(&calm, play_plain_text);
}

static void play_expiry_of_card(struct stage *stage)
{
    const char *path = "/api/v1/authorizations";
    const char *past = "{\"card_number\":\"4111111111111111\",\"cvv\":\"123\",\"expiry_month\":1,\"expiry_year\":1999,\"amount\":5}";
    const char *expired = "{\"card_number\":\"5105105105105100\",\"cvv\":\"321\",\"expiry_month\":12,\"expiry_year\":2099,\"amount\":5}";
    assert_int_equal(stage_post(stage, path, "a", past)->status, 200);
    assert_refused(stage_post(stage, path, "b", expired), 400, "card_expired");
}

static void fact_15_the_expiry_in_the_request_is_ignored(void **state)
{
    (void)state;
    on_stage(&calm, play_expiry_of_card);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fact_1_chance_strikes_before_the_operation_and_is_never_kept),
        cmocka_unit_test(fact_2_only_success_is_kept),
        cmocka_unit_test(fact_3_a_key_is_compared_with_its_path_and_never_with_its_body),
        cmocka_unit_test(fact_4_two_requests_with_one_key_in_flight_both_run),
        cmocka_unit_test(fact_5_a_client_who_leaves_may_have_acted_without_a_key),
        cmocka_unit_test(fact_6_keys_die_after_a_day),
        cmocka_unit_test(fact_7_a_replay_neither_waits_nor_fails),
        cmocka_unit_test(fact_8_one_code_for_captured_and_voided),
        cmocka_unit_test(fact_9_there_is_no_list_and_no_search),
        cmocka_unit_test(fact_10_a_refund_needs_the_capture_id),
        cmocka_unit_test(fact_11_only_a_capture_looks_at_expiry),
        cmocka_unit_test(fact_12_a_400_internal_error_tells_nothing),
        cmocka_unit_test(fact_13_a_database_fault_may_look_like_not_found),
        cmocka_unit_test(fact_14_some_400s_are_plain_text),
        cmocka_unit_test(fact_15_the_expiry_in_the_request_is_ignored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
