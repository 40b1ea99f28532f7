/* SPDX-License-Identifier: Apache-2.0 */
/* Questions over a real store: receipts, pages, orders, histories that anybody can check, and what waits for a person. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "asking.h"
#include "fake_flows.h"

enum { MANY = 45 };

static struct asking house;
static struct store *writer;
static char folder[] = "/tmp/florin-api-XXXXXX";
static struct arena seeds;

/* ---- the store and what is in it ---- */

static int open_store(void **state)
{
    (void)state;
    struct error error;
    char url[64];
    assert_non_null(mkdtemp(folder));
    snprintf(url, sizeof url, "sqlite:%s/api.db", folder);
    writer = store_open(str_of(url), STORE_WRITES, &error);
    assert_non_null(writer);
    house = (struct asking){ 0 };
    house.store = store_open(str_of(url), STORE_READS, &error);
    assert_non_null(house.store);
    fake_open();
    asking_open(&house, (struct api_options){ .cards = true });
    return 0;
}

static int close_store(void **state)
{
    (void)state;
    static const char *const names[] = { "api.db", "api.db-wal", "api.db-shm", "api.db.lock", "api.db.reserve" };
    char path[64];
    asking_close(&house);
    store_close(house.store);
    store_close(writer);
    arena_close(&seeds);
    fake_close();
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    return rmdir(folder);
}

/* One payment and what happened to it. */
struct story {
    struct work work;
    struct payment_record record;
    struct event events[8];
    struct operation_record operation; /* saved as well when it has an id */
};

static void save_story(struct work *work, void *store)
{
    struct story *story = CONTAINER_OF(work, struct story, work);
    struct payment_record *record = &story->record;
    record->payment = (struct payment){ 0 };
    record->head_hash[0] = 0;
    for (size_t i = 0; i < COUNT_OF(story->events) && story->events[i].kind != EVENT_NONE; i++) {
        payment_apply(&record->payment, &story->events[i]);
        if (i == 0) store_save_new_payment(store, STR("default"), record);
        store_save_event(store, STR("default"), record, story->events[i].kind, i == 0 ? STR("{\"note\":\"\\\"caf\xc3\xa9\\\"\"}") : STR("{}"));
    }
    store_save_payment(store, STR("default"), record);
    if (story->operation.id.text[0]) store_save_new_operation(store, STR("default"), &story->operation);
}

static void tell(struct story *story)
{
    struct work *work = &story->work;
    work->run = save_story;
    store_run_batch(writer, &work, 1);
    assert_int_equal(work->result, WORK_DONE);
}

static struct story story_of(int number, const char *order, const char *customer)
{
    struct story story = { 0 };
    snprintf(story.record.id.text, sizeof story.record.id.text, "pay_06dvk2vtgd9m3w5hq8zc1r7bnxe4tj0y%04d", number);
    story.record.order_id = str_of(order);
    story.record.customer_id = str_of(customer);
    story.record.metadata = STR("{\"a\":\"1\"}");
    story.record.processor = STR("bank");
    memcpy(story.record.card_brand, "visa", sizeof "visa");
    memcpy(story.record.card_last4, "1111", sizeof "1111");
    story.events[0] = (struct event){ .kind = EVENT_AUTHORIZE_STARTED, .amount_minor = 5000, .at = house.now, .currency = { "USD" } };
    return story;
}

static void is_authorized(struct story *story, micros left)
{
    story->events[1] = (struct event){ .kind = EVENT_AUTHORIZED, .amount_minor = 5000, .at = house.now + 1, .expires_at = house.now + left };
    memcpy(story->record.authorization_ref.text, "auth_1", sizeof "auth_1");
}

#define MINUTES(n) ((micros)(n)*60 * MICROS_PER_SECOND)

static void assert_told(const char *path, const char *expected)
{
    str told = asking_told(&house, path);
    if (str_equal(told, str_of(expected))) return;
    fail_msg("%s is \"%.*s\", expected \"%s\" in %.*s", path, STR_FORMAT(told), expected, STR_FORMAT(house.body));
}

static void get(const char *target, int status)
{
    if (asking_get(&house, target) != status) fail_msg("%s: %d %.*s, expected %d", target, house.status, STR_FORMAT(house.body), status);
}

/* ---- receipts ---- */

#define REFUND_OP "op_06dvk9a4r8m3w5hq8zc1r7bnxe4tj0y2kfbc"

static void a_receipt(void **state)
{
    (void)state;
    struct story story = story_of(1, "order", "customer");
    is_authorized(&story, MINUTES(60));
    story.events[2] = (struct event){ .kind = EVENT_CAPTURE_STARTED, .amount_minor = 5000, .at = house.now + 2 };
    story.events[3] = (struct event){ .kind = EVENT_CAPTURED, .amount_minor = 5000, .at = house.now + 3, .id_known = true };
    story.events[4] = (struct event){ .kind = EVENT_REFUND_STARTED, .amount_minor = 2000, .at = house.now + 4 };
    memcpy(story.record.capture_ref.text, "cap_1", sizeof "cap_1");
    story.record.description = STR("Two \"tickets\"");
    story.operation = (struct operation_record){
        .payment_id = story.record.id, .kind = OPERATION_REFUND, .state = OPERATION_UNKNOWN, .amount_minor = 2000,
        .processor = STR("bank"), .processor_key = STR("k"), .method = STR("POST"), .path = STR("/"), .body = STR("{}"),
        .started_at = house.now + 4, .reason = STR(""), .answer_form = STR("core"),
    };
    memcpy(story.operation.id.text, REFUND_OP, sizeof REFUND_OP);
    memcpy(story.record.open_operation.text, REFUND_OP, sizeof REFUND_OP);
    tell(&story);

    get("/v1/payments/pay_06dvk2vtgd9m3w5hq8zc1r7bnxe4tj0y0001", 200);
    static const char *const expected[][2] = {
        { "object", "payment" }, { "state", "captured" }, { "amount", "5000" }, { "currency", "USD" },
        { "authorized_amount", "5000" }, { "captured_amount", "5000" }, { "refunded_amount", "0" },
        { "order_id", "order" }, { "customer_id", "customer" }, { "processor", "bank" },
        { "processor_refs.authorization_id", "auth_1" }, { "processor_refs.capture_id", "cap_1" },
        { "processor_refs.void_id", "null" }, { "processor_refs.refund_id", "null" },
        { "card.brand", "visa" }, { "card.last4", "1111" }, { "operation.kind", "refund" }, { "operation.state", "running" },
        { "operation.since", "2026-03-01T09:30:00.120Z" }, { "operation.next_try_at", "null" },
        { "refunds.0.operation_id", REFUND_OP }, { "refunds.0.amount", "2000" }, { "refunds.0.state", "pending" },
        { "refunds.0.refund_id", "null" }, { "refunds.0.created_at", "2026-03-01T09:30:00.120Z" },
        { "decline_code", "null" }, { "created_at", "2026-03-01T09:30:00.120Z" }, { "expires_at", "2026-03-01T10:30:00.120Z" },
        { "voided_at", "null" }, { "refunded_at", "null" }, { "description", "Two \"tickets\"" }, { "metadata.a", "1" },
    };
    for (size_t i = 0; i < COUNT_OF(expected); i++) assert_told(expected[i][0], expected[i][1]);
    get("/v1/payments/pay_06dvk2vtgd9m3w5hq8zc1r7bnxe4tj0y0999", 404);

    get("/metrics", 200);
    assert_true(str_contains(house.body, STR("\nflorin_open_operations{kind=\"refund\",state=\"unknown\"} 1\n")));
}

/* ---- pages ---- */

static void tell_many(void)
{
    for (int i = 0; i < MANY; i++) {
        struct story story = story_of(1000 + i, "many", i % 2 ? "odd" : "even");
        if (i % 3 == 0) is_authorized(&story, MINUTES(60));
        tell(&story);
    }
}

static size_t count_told(void)
{
    size_t count = 0;
    for (char path[32];; count++) {
        snprintf(path, sizeof path, "data.%zu.id", count);
        if (asking_told(&house, path).length == 0) return count;
    }
}

/* Walks all pages; the ids must go down without a repeat. */
static size_t walk(const char *query)
{
    char target[512], last[ID_TEXT_BYTES] = "pay_zzz";
    size_t all = 0;
    snprintf(target, sizeof target, "/v1/payments?%s", query);
    for (;;) {
        get(target, 200);
        size_t count = count_told();
        for (size_t i = 0; i < count; i++, all++) {
            char path[32];
            snprintf(path, sizeof path, "data.%zu.id", i);
            assert_true(str_compare(asking_told(&house, path), str_of(last)) < 0);
            assert_true(str_copy_to(asking_told(&house, path), last, sizeof last));
        }
        str cursor = asking_told(&house, "next_cursor");
        if (str_equal(cursor, STR("null"))) return all;
        snprintf(target, sizeof target, "/v1/payments?%s&cursor=%.*s", query, STR_FORMAT(cursor));
    }
}

static void pages_of_a_list(void **state)
{
    (void)state;
    tell_many();
    get("/v1/payments?order_id=many", 200);
    assert_int_equal(count_told(), 20);
    assert_int_equal(walk("order_id=many"), MANY);
    assert_int_equal(walk("order_id=many&limit=1"), MANY);
    assert_int_equal(walk("order_id=many&limit=45"), MANY);
    assert_int_equal(walk("customer_id=odd&limit=7"), MANY / 2);
    assert_int_equal(walk("order_id=many&state=authorized&limit=4"), MANY / 3);
    assert_int_equal(walk("order_id=nothing"), 0);
    assert_true(walk("limit=100") >= MANY);
}

static void a_cursor_fits_its_own_list_only(void **state)
{
    (void)state;
    char cursor[128], target[256];
    get("/v1/payments?order_id=many&limit=2", 200);
    assert_true(str_copy_to(asking_told(&house, "next_cursor"), cursor, sizeof cursor));

    static const char *const others[] = { "order_id=other", "customer_id=many", "order_id=many&state=authorized", "limit=2" };
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        snprintf(target, sizeof target, "/v1/payments?%s&cursor=%s", others[i], cursor);
        get(target, 400);
        assert_told("code", "cursor_invalid");
        assert_told("errors.0.pointer", "/cursor");
    }
    snprintf(target, sizeof target, "/v1/payments?limit=5&cursor=%s&order_id=many", cursor);
    get(target, 200);
    for (size_t i = 0; i < strlen(cursor); i++) {
        char was = cursor[i];
        cursor[i] = was == 'A' ? 'B' : 'A';
        snprintf(target, sizeof target, "/v1/payments?order_id=many&cursor=%s", cursor);
        get(target, 400);
        assert_told("code", "cursor_invalid");
        cursor[i] = was;
    }
}

/* ---- orders ---- */

static void may_i_ship(void **state)
{
    (void)state;
    struct story story = story_of(2, "ship/me \xc3\xa9", "c");
    tell(&story);
    get("/v1/orders/ship%2Fme%20%C3%A9", 200);
    assert_told("order_id", "ship/me \xc3\xa9");
    assert_told("ship", "false");
    assert_told("reason", "operation_in_progress");

    story = story_of(3, "ship/me \xc3\xa9", "c");
    is_authorized(&story, MINUTES(6));
    tell(&story);
    story = story_of(4, "ship/me \xc3\xa9", "c");
    story.events[1] = (struct event){ .kind = EVENT_DECLINED, .at = house.now, .decline = DECLINE_INSUFFICIENT_FUNDS };
    tell(&story);
    get("/v1/orders/ship%2Fme%20%C3%A9", 200);
    assert_told("ship", "true");
    assert_told("reason", "authorized");
    assert_told("payments.0.state", "declined");
    assert_told("payments.0.decline_code", "insufficient_funds");
    assert_told("payments.2.state", "pending");

    house.now += MINUTES(2);
    get("/v1/orders/ship%2Fme%20%C3%A9", 200);
    assert_told("ship", "false");
    assert_told("reason", "declined");
    house.now -= MINUTES(2);
    get("/v1/orders/unknown", 404);
}

/* ---- history ---- */

static void decode_event(size_t i, char type[32], int64_t *sequence, int64_t *at_us, str *text, char hash[HASH_HEX_BYTES + 1], str *previous)
{
    char path[48];
#define TOLD(name) (snprintf(path, sizeof path, "data.%zu." name, i), asking_told(&house, path))
    assert_true(str_to_int64(TOLD("sequence"), INT64_MAX, sequence));
    assert_true(str_to_int64(TOLD("at_us"), INT64_MAX, at_us));
    assert_true(str_copy_to(TOLD("type"), type, 32));
    assert_true(str_copy_to(TOLD("hash"), hash, HASH_HEX_BYTES + 1));
    *text = TOLD("data_text");
    *previous = TOLD("previous_hash");
#undef TOLD
}

/* From the answer alone, as the API's description says. */
static size_t verify_chain(const char *first_previous)
{
    char previous[HASH_HEX_BYTES + 1], hash[HASH_HEX_BYTES + 1], type[32], lines[512], hex[HASH_HEX_BYTES + 1];
    assert_true(str_copy_to(str_of(first_previous), previous, sizeof previous));
    size_t count = 0;
    for (char path[32]; snprintf(path, sizeof path, "data.%zu.hash", count), asking_told(&house, path).length > 0; count++) {
        int64_t sequence, at_us;
        str text, told_previous;
        decode_event(count, type, &sequence, &at_us, &text, hash, &told_previous);
        assert_true(str_equal(told_previous, str_of(previous)));
        snprintf(lines, sizeof lines, "%s\n%.*s\n%.*s\n%lld\n%s\n%lld\n%.*s", previous, STR_FORMAT(asking_told(&house, "merchant_id")),
                 STR_FORMAT(asking_told(&house, "payment_id")), (long long)sequence, type, (long long)at_us, STR_FORMAT(text));
        str all = str_of(lines);
        struct hash computed = hash_of(&all, 1);
        assert_string_equal(hash_hex(&computed, hex).bytes, hash);
        memcpy(previous, hash, sizeof previous);
    }
    return count;
}

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

static void a_history_that_can_be_checked(void **state)
{
    (void)state;
    char second[HASH_HEX_BYTES + 1];
    struct story story = story_of(5, "history", "c");
    is_authorized(&story, MINUTES(60));
    story.events[2] = (struct event){ .kind = EVENT_VOID_STARTED, .amount_minor = 5000, .at = house.now + 2 };
    story.events[3] = (struct event){ .kind = EVENT_VOIDED, .amount_minor = 5000, .at = house.now + 3 };
    tell(&story);
#define EVENTS "/v1/payments/pay_06dvk2vtgd9m3w5hq8zc1r7bnxe4tj0y0005/events"
    get(EVENTS, 200);
    assert_int_equal(verify_chain(ZEROS), 4);
    assert_told("data.0.data.note", "\"caf\xc3\xa9\"");
    assert_told("data.3.type", "voided");
    assert_told("next_after", "null");

    get(EVENTS "?limit=2", 200);
    assert_int_equal(verify_chain(ZEROS), 2);
    assert_told("next_after", "2");
    assert_true(str_copy_to(asking_told(&house, "data.1.hash"), second, sizeof second));
    get(EVENTS "?limit=2&after=2", 200);
    assert_int_equal(verify_chain(second), 2);
    assert_told("next_after", "null");
    get(EVENTS "?after=4", 200);
    assert_int_equal(verify_chain(ZEROS), 0);
    get(EVENTS "?after=1000", 200);
    get("/v1/payments/pay_06dvk2vtgd9m3w5hq8zc1r7bnxe4tj0y0999/events", 404);
    get("/v1/payments/pay_06dvk2vtgd9m3w5hq8zc1r7bnxe4tj0y0999/events?after=1", 404);
}

/* ---- what waits for a person ---- */

#define REVIEW_OP "op_06dvk9a4r8m3w5hq8zc1r7bnxe4tj0y2kfbd"

static void what_waits_for_a_person(void **state)
{
    (void)state;
    struct story story = story_of(6, "stuck", "somebody");
    story.operation = (struct operation_record){
        .payment_id = story.record.id, .kind = OPERATION_AUTHORIZE, .state = OPERATION_REVIEW, .amount_minor = 5000,
        .processor = STR("bank"), .processor_key = STR("k"), .method = STR("POST"), .path = STR("/"), .body = STR("{}"),
        .started_at = house.now, .reason = STR("card_gone"), .answer_form = STR("core"),
    };
    memcpy(story.operation.id.text, REVIEW_OP, sizeof REVIEW_OP);
    tell(&story);
    assert_int_equal(asking_control(&house, "GET", "/reviews", NULL), 200);
    static const char *const expected[][2] = {
        { "data.0.operation_id", REVIEW_OP }, { "data.0.payment_id", "pay_06dvk2vtgd9m3w5hq8zc1r7bnxe4tj0y0006" },
        { "data.0.kind", "authorize" }, { "data.0.amount", "5000" }, { "data.0.currency", "USD" }, { "data.0.reason", "card_gone" },
        { "data.0.since", "2026-03-01T09:30:00.120Z" }, { "data.0.order_id", "stuck" }, { "data.0.customer_id", "somebody" },
        { "data.1.operation_id", "" },
    };
    for (size_t i = 0; i < COUNT_OF(expected); i++) assert_told(expected[i][0], expected[i][1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_receipt),
        cmocka_unit_test(pages_of_a_list),
        cmocka_unit_test(a_cursor_fits_its_own_list_only),
        cmocka_unit_test(may_i_ship),
        cmocka_unit_test(a_history_that_can_be_checked),
        cmocka_unit_test(what_waits_for_a_person),
    };
    return cmocka_run_group_tests(tests, open_store, close_store);
}
