/* SPDX-License-Identifier: Apache-2.0 */
/* /sim/: what it shows, what it changes, what it refuses; and that no card number ever leaves it. */
#include "sim/bank_stage.h"

#include <stdio.h>

#include "sim/bank_keys.h"
#include "sim/desk_requests.h"

static const struct sim_bank_options calm = { .auth_expiry_hours = 168, .seed = 13 };

static void the_book_tells_what_became_of_each_hold(void **state)
{
    (void)state;
    struct stage *stage = stage_open(&calm);
    const char *captured = client_member(stage_authorize(stage, "a", 100), "authorization_id");
    const char *voided = client_member(stage_authorize(stage, "b", 200), "authorization_id");
    const char *capture = client_member(stage_capture(stage, "c", captured, 100), "capture_id");
    const char *voiding = client_member(stage_void(stage, "d", voided), "void_id");
    const char *refund = client_member(stage_refund(stage, "e", capture, 100), "refund_id");
    (void)stage_authorize(stage, "open", 300);
    const char *parts[] = {
        "\"state\":\"captured\"", "\"state\":\"voided\"", "\"state\":\"open\"", "\"key\":\"open\"", "\"last4\":\"1111\"",
        captured, capture, voiding, refund,
        "\"holds\":{\"count\":3,\"cents\":600}", "\"open_holds\":{\"count\":1,\"cents\":300}",
        "\"captures\":{\"count\":1,\"cents\":100}", "\"voids\":{\"count\":1,\"cents\":200}",
        "\"refunds\":{\"count\":1,\"cents\":100}", "\"balanced\":true",
        "\"POST /api/v1/authorizations\":{\"200\":3}",
        "\"amount\":300,\"last4\":\"1111\",\"fingerprint\":\"6f7a451bd387ce8b\"", /* printf 'florin sim card 4111111111111111' | sha256sum */
    };
    struct client *book = stage_begin(stage, "GET", "/sim/book", NULL, "");
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        if (!strstr(book->body, parts[i])) fail_msg("%s is not in %s", parts[i], book->body);
    }
    assert_null(strstr(book->body, "4111111111111111"));
    stage_close(stage);
}

static void requests_are_shown_without_card_and_cvv(void **state)
{
    (void)state;
    struct stage *stage = stage_open(&calm);
    const char *card = "{\"card_number\":\"4242424242424242\",\"cvv\":\"456\",\"amount\":777}";
    (void)stage_post(stage, "/api/v1/authorizations", "k", card);
    (void)stage_post(stage, "/api/v1/authorizations", "k", card);
    const char *shown = stage_control(stage, "GET", "/sim/requests?last=2", "");
    assert_non_null(strstr(shown, "\"card\":\"424242******4242\""));
    assert_non_null(strstr(shown, "\"amount\":777"));
    assert_non_null(strstr(shown, "\"acted\":true,\"replayed\":false"));
    assert_non_null(strstr(shown, "\"acted\":false,\"replayed\":true"));
    assert_null(strstr(shown, "4242424242424242"));
    assert_null(strstr(shown, "456"));
    stage_close(stage);
}

static void a_drift_shows_in_get_only(void **state)
{
    (void)state;
    static const struct {
        const char *kind;
        int status;
        const char *shows;
    } rows[] = {
        { "amount",   200, "\"amount\":101" },
        { "currency", 200, "\"EUR\"" },
        { "forget",   404, "not_found" },
        { "none",     200, "\"amount\":100" },
    };
    struct stage *stage = stage_open(&calm);
    const char *hold = client_member(stage_authorize(stage, "a", 100), "authorization_id");
    const char *capture = client_member(stage_capture(stage, "b", hold, 100), "capture_id");
    char target[96], drift[128];
    (void)snprintf(target, sizeof target, "/api/v1/captures/%s", capture);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        (void)snprintf(drift, sizeof drift, "{\"kind\": \"%s\", \"capture_id\": \"%s\"}", rows[i].kind, capture);
        stage_control(stage, "POST", "/sim/drift", drift);
        struct client *client = stage_ask(stage, "GET", target, NULL, "");
        assert_int_equal(client->status, rows[i].status);
        assert_non_null(strstr(client->body, rows[i].shows));
        assert_non_null(strstr(stage_capture(stage, "b", hold, 100)->body, "\"amount\":100,")); /* a replay knows nothing of it */
    }
    (void)snprintf(drift, sizeof drift, "{\"kind\": \"parent\", \"capture_id\": \"%s\"}", capture);
    stage_control(stage, "POST", "/sim/drift", drift);
    assert_string_not_equal(client_member(stage_ask(stage, "GET", target, NULL, ""), "authorization_id"), hold);
    assert_int_equal(stage_refund(stage, "c", capture, 100)->status, 200);
    stage_close(stage);
}

static void refuses_what_it_does_not_understand(void **state)
{
    (void)state;
    static const struct {
        const char *method, *target, *body;
        int status;
    } rows[] = {
        { "POST", "/sim/faults", "{\"fault\": \"no such\"}", 400 },
        { "POST", "/sim/faults", "{}", 400 },
        { "POST", "/sim/faults", "not JSON", 400 },
        { "POST", "/sim/faults", "{\"fault\": \"fail\", \"times\": -1}", 400 },
        { "POST", "/sim/faults", "{\"fault\": \"fail\", \"path\": \"api\"}", 400 },
        { "POST", "/sim/faults", "{\"fault\": \"fail\", \"latency_ms\": \"5\"}", 400 },
        { "POST", "/sim/faults", "{\"fault\": \"fail\", \"acts\": 1}", 400 },
        { "POST", "/sim/clock", "{}", 400 },
        { "POST", "/sim/clock", "{\"advance_ms\": -1}", 400 },
        { "POST", "/sim/drift", "{\"kind\": \"amount\", \"capture_id\": \"cap_00000000-0000-4000-8000-000000000000\"}", 400 },
        { "POST", "/sim/settings", "{\"failure_rate\": 1.5}", 400 },
        { "POST", "/sim/settings", "{\"failure_rate\": 0.1234567}", 400 },
        { "POST", "/sim/settings", "{\"latency_ms\": \"5:4\"}", 400 },
        { "GET", "/sim/requests?last=many", "", 400 },
        { "GET", "/sim/nothing", "", 404 },
        { "DELETE", "/sim/book", "", 404 },
    };
    struct stage *stage = stage_open(&calm);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct client *client = stage_begin(stage, rows[i].method, rows[i].target, NULL, rows[i].body);
        if (client->status != rows[i].status) fail_msg("row %zu: %d %s", i, client->status, client->body);
    }
    stage_close(stage);
}

static void only_so_many_faults_are_planted(void **state)
{
    (void)state;
    struct stage *stage = stage_open(&calm);
    for (int i = 0; i < 64; i++) stage_control(stage, "POST", "/sim/faults", "{\"fault\": \"fail\"}");
    assert_int_equal(stage_begin(stage, "POST", "/sim/faults", NULL, "{\"fault\": \"fail\"}")->status, 400);
    stage_close(stage);
}

static void paths_and_methods_are_answered_as_go_does(void **state)
{
    (void)state;
    static const struct {
        const char *method, *target;
        int status;
        const char *allow;
    } rows[] = {
        { "GET",    "/",                                     301, "" },
        { "GET",    "/docs",                                 200, "" },
        { "GET",    "/health",                               200, "" },
        { "HEAD",   "/health",                               200, "" },
        { "POST",   "/health",                               405, "GET, HEAD" },
        { "GET",    "/api",                                  404, "" },
        { "GET",    "/api/v1/authorizations",                405, "POST" },
        { "DELETE", "/api/v1/voids",                         405, "POST" },
        { "POST",   "/api/v1/authorizations/x",              405, "GET, HEAD" },
        { "POST",   "/api/v1/authorizations/",               404, "" },
        { "GET",    "/api/v1/authorizations/",               404, "" },
        { "GET",    "/api/v1/authorizations/x/y",            404, "" },
        { "GET",    "/api/v1/authorizations/x",              404, "" },
        { "GET",    "/api/v1/refunds/ref_1",                 404, "" },
        { "GET",    "/api/v1/voids/void_1",                  404, "" },
        { "POST",   "/api/v2/authorizations",                404, "" },
    };
    struct stage *stage = stage_open(&calm);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct client *client = stage_ask(stage, rows[i].method, rows[i].target, "k", "{}");
        bool is_right = client->status == rows[i].status && strcmp(client->allow, rows[i].allow) == 0;
        if (!is_right) fail_msg("row %zu: %d, Allow %s", i, client->status, client->allow);
    }
    stage_close(stage);
}

/* --- Keys --- */

static void keeps_keys_of_255_characters_of_utf8(void **state)
{
    (void)state;
    char ascii[257], umlauts[2 * 256 + 1];
    memset(ascii, 'k', sizeof ascii);
    for (size_t i = 0; i < 256; i++) memcpy(umlauts + 2 * i, "\xc3\xbc", 2);
    const struct {
        str key;
        bool is_keepable;
    } rows[] = {
        { { ascii, 1 },                     true },
        { { ascii, 255 },                   true },
        { { ascii, 256 },                   false },
        { { umlauts, 2 * 255 },             true },
        { { umlauts, 2 * 256 },             false },
        { STR(""),                          false },
        { STR("\xe2\x82\xac\xf0\x9f\x92\xb6"), true },
        { STR("\xff"),                      false },
        { STR("a\xc3"),                     false },
        { STR("\xc0\xaf"),                  false }, /* overlong */
        { STR("\xed\xa0\x80"),              false }, /* a surrogate */
        { STR("\xf4\x90\x80\x80"),          false }, /* beyond Unicode */
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (bank_key_is_keepable(rows[i].key) != rows[i].is_keepable) fail_msg("row %zu", i);
    }
}

static void a_key_that_is_too_long_acts_each_time(void **state)
{
    (void)state;
    char key[257];
    memset(key, 'k', sizeof key - 1);
    key[256] = '\0';
    struct stage *stage = stage_open(&calm);
    for (int i = 0; i < 3; i++) assert_false(stage_authorize(stage, key, 5)->replayed);
    assert_int_equal(stage_count(stage, "holds"), 3);
    assert_false(stage_authorize(stage, "\xff", 5)->replayed);
    assert_false(stage_authorize(stage, "\xff", 5)->replayed);
    assert_int_equal(stage_count(stage, "holds"), 5);
    assert_non_null(strstr(stage_control(stage, "GET", "/sim/book", ""), "\"key\":\"?\"")); /* what is shown is UTF-8 */
    stage_close(stage);
}

static void many_keys_and_effects_are_found_again(void **state)
{
    (void)state;
    enum { MANY = 20000 };
    struct bank_book *book = bank_book_open(10, 1);
    struct bank_keys *keys = bank_keys_open(0);
    struct desk_chance chance = desk_chance_from(1);
    char key[32];
    for (int i = 0; i < MANY; i++) {
        struct bank_effect draft = { .id = bank_id_draw(&chance), .cents = i, .account = 1, .kind = (uint8_t)BANK_HOLD };
        uint32_t number = bank_book_enter(book, &draft);
        (void)snprintf(key, sizeof key, "key-%d", i);
        bank_keys_enter(keys, book, number, str_of(key));
        bank_keys_keep(keys, book, number, 0);
    }
    for (int i = 0; i < MANY; i++) {
        (void)snprintf(key, sizeof key, "key-%d", i);
        uint32_t number = bank_keys_find(keys, BANK_HOLD, str_of(key), 0);
        assert_int_equal(number, i + 1);
        assert_int_equal(bank_book_find(book, BANK_HOLD, &bank_book_effect(book, number)->id), number);
        assert_int_equal(bank_keys_find(keys, BANK_CAPTURE, str_of(key), 0), 0);
    }
    bank_keys_close(keys);
    bank_book_close(book);
}

/* --- The ring of requests --- */

static void a_note_that_was_overwritten_is_left_alone(void **state)
{
    (void)state;
    static struct desk_requests requests;
    struct desk_noted *first = desk_requests_note(&requests);
    assert_int_equal(first->number, 1);
    for (int i = 0; i < DESK_REQUESTS_KEPT; i++) (void)desk_requests_note(&requests);
    assert_int_equal(first->number, DESK_REQUESTS_KEPT + 1);
    struct arena arena = { 0 };
    struct text text = text_open(&arena, 64);
    desk_requests_put(&text, &requests, 1);
    assert_true(str_starts_with(text_str(&text), STR("[{\"number\":4097,")));
    arena_close(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_book_tells_what_became_of_each_hold),
        cmocka_unit_test(requests_are_shown_without_card_and_cvv),
        cmocka_unit_test(a_drift_shows_in_get_only),
        cmocka_unit_test(refuses_what_it_does_not_understand),
        cmocka_unit_test(only_so_many_faults_are_planted),
        cmocka_unit_test(paths_and_methods_are_answered_as_go_does),
        cmocka_unit_test(keeps_keys_of_255_characters_of_utf8),
        cmocka_unit_test(a_key_that_is_too_long_acts_each_time),
        cmocka_unit_test(many_keys_and_effects_are_found_again),
        cmocka_unit_test(a_note_that_was_overwritten_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
