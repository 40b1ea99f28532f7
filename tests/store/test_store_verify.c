/* SPDX-License-Identifier: Apache-2.0 */
/* Verification: a store in which everything follows from its history is called fine; one change behind its back, of any kind, is
 * found, and the record is named. */
#include "base/base_testing.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "store/shelf.h"

#define START (INT64_C(1772323200) * MICROS_PER_SECOND)

/* ---- a small shop: one payment in each kind of end ---- */

struct teller {
    struct store *store;
    struct payment_record record;
    struct operation_record operation; /* the open one */
    int64_t operations;                /* begun so far, of all payments */
};

static void tell(struct teller *teller, enum event_kind kind, int64_t amount, const char *more)
{
    char data[240];
    struct payment *payment = &teller->record.payment;
    struct event event = { .kind = kind, .amount_minor = amount, .at = payment->changed_at + 1000, .expires_at = START * 2, .id_known = true,
                           .currency = { "USD" }, .decline = kind == EVENT_DECLINED ? DECLINE_INSUFFICIENT_FUNDS : DECLINE_NONE };
    assert_true(payment_can(payment, &event));
    payment_apply(payment, &event);
    snprintf(data, sizeof data, "{\"operation_id\":\"%s\",\"amount\":%lld,\"currency\":\"USD\"%s}", teller->operation.id.text,
             (long long)amount, more);
    store_save_event(teller->store, MERCHANT, &teller->record, kind, str_of(data));
}

static void begin(struct teller *teller, enum event_kind kind, int64_t amount)
{
    struct payment_record *record = &teller->record;
    bool is_new = record->payment.state == PAYMENT_NEW;
    teller->operation = operation_of(++teller->operations, &record->id);
    if (is_new) record->payment.changed_at = START;
    tell(teller, kind, amount, "");
    teller->operation.kind = record->payment.operation.kind;
    teller->operation.state = OPERATION_RUNNING;
    teller->operation.amount_minor = amount;
    teller->operation.started_at = record->payment.changed_at;
    teller->operation.answer_operation_id = teller->operation.id;
    record->open_operation = teller->operation.id;
    store_save_new_operation(teller->store, MERCHANT, &teller->operation);
    if (is_new) store_save_new_payment(teller->store, MERCHANT, record);
    else store_save_payment(teller->store, MERCHANT, record);
}

static struct processor_id *reference_of(struct teller *teller)
{
    struct payment_record *record = &teller->record;
    switch (teller->operation.kind) {
    case OPERATION_AUTHORIZE: return &record->authorization_ref;
    case OPERATION_CAPTURE: return &record->capture_ref;
    case OPERATION_VOID: return &record->void_ref;
    default: return &record->refund_ref;
    }
}

static void end(struct teller *teller, enum event_kind kind, enum operation_state state)
{
    char ref[80] = "";
    if (state == OPERATION_DONE) {
        snprintf(reference_of(teller)->text, PROCESSOR_ID_BYTES, "id_%lld", (long long)teller->operations);
        snprintf(ref, sizeof ref, ",\"processor_ref\":\"id_%lld\"", (long long)teller->operations);
        teller->operation.processor_ref = *reference_of(teller);
    } else {
        teller->operation.processor_ref.text[0] = 0;
    }
    tell(teller, kind, teller->operation.amount_minor, kind == EVENT_DECLINED ? ",\"decline_code\":\"insufficient_funds\"" : ref);
    teller->operation.state = state;
    teller->operation.ended_at = teller->record.payment.changed_at;
    teller->record.open_operation.text[0] = 0;
    store_save_operation(teller->store, MERCHANT, &teller->operation);
    store_save_answer(teller->store, MERCHANT, str_of(teller->record.id.text), str_of(teller->operation.id.text), 200, STR("{}"));
    store_save_payment(teller->store, MERCHANT, &teller->record);
}

static void begin_payment(struct teller *teller, int64_t number)
{
    struct payment_record like = payment_of(number);
    teller->record = (struct payment_record){ .id = like.id, .order_id = like.order_id, .customer_id = like.customer_id,
                                              .description = like.description, .metadata = like.metadata, .processor = like.processor,
                                              .card_brand = "visa", .card_last4 = "1111" };
    begin(teller, EVENT_AUTHORIZE_STARTED, 5000);
}

static void doubt(struct teller *teller)
{
    teller->operation.processor_ref.text[0] = 0;
    tell(teller, EVENT_OPERATION_DOUBTED, 0, ",\"reason\":\"no_answer\"");
    teller->operation.state = OPERATION_UNKNOWN;
    store_save_operation(teller->store, MERCHANT, &teller->operation);
    store_save_payment(teller->store, MERCHANT, &teller->record);
}

static void keep_request(struct teller *teller, const char *key)
{
    struct request_record request = request_of(key);
    request.payment_id = str_of(teller->record.id.text);
    request.operation_id = str_of(teller->operation.id.text);
    request.status = 0;
    request.body = STR_NONE;
    store_save_request(teller->store, MERCHANT, &request);
}

/* 1: captured, a part of it refunded. 2: declined. 3: voided. 4: its capture is in doubt. And two keys. */
static void open_shop(struct store *store, void *context)
{
    struct teller teller = { .store = store };
    struct request_record refused = request_of("refused");
    (void)context;
    begin_payment(&teller, 1);
    keep_request(&teller, "asked");
    end(&teller, EVENT_AUTHORIZED, OPERATION_DONE);
    begin(&teller, EVENT_CAPTURE_STARTED, 4000);
    end(&teller, EVENT_CAPTURED, OPERATION_DONE);
    begin(&teller, EVENT_REFUND_STARTED, 1000);
    end(&teller, EVENT_REFUNDED, OPERATION_DONE);
    begin_payment(&teller, 2);
    end(&teller, EVENT_DECLINED, OPERATION_DECLINED);
    begin_payment(&teller, 3);
    end(&teller, EVENT_AUTHORIZED, OPERATION_DONE);
    begin(&teller, EVENT_VOID_STARTED, 5000);
    end(&teller, EVENT_VOIDED, OPERATION_DONE);
    begin_payment(&teller, 4);
    end(&teller, EVENT_AUTHORIZED, OPERATION_DONE);
    begin(&teller, EVENT_CAPTURE_STARTED, 5000);
    doubt(&teller);
    store_save_request(store, MERCHANT, &refused);
}

static int set_up_shop(void **state)
{
    int done = shelf_set_up(state);
    struct shelf *shelf = *state;
    assert_int_equal(shelf_do(shelf, open_shop, NULL), WORK_DONE);
    return done;
}

#define shop_test(test) cmocka_unit_test_setup_teardown(test, set_up_shop, shelf_tear_down)

/* ---- what is fine ---- */

static struct verify_report verified(struct shelf *shelf)
{
    struct error error = { "" };
    struct verify_report report = { 0 };
    struct store *reader = store_open(str_of(shelf->url), STORE_READS, &error);
    if (!reader || !store_verify(reader, MERCHANT, &report, &error)) fail_msg("%s", error.text);
    store_close(reader);
    return report;
}

static void insist_fine(const struct verify_report *report)
{
    for (size_t kind = 0; kind < VERIFY_KIND_COUNT; kind++) {
        if (report->findings[kind].count) fail_msg("kind %zu: %s", kind, report->findings[kind].first);
    }
    assert_int_equal(verify_report_findings(report), 0);
}

static void what_follows_from_its_history_is_fine(void **state)
{
    struct verify_report report = verified(*state);
    insist_fine(&report);
    assert_int_equal(report.payments, 4);
    assert_int_equal(report.operations, 8);
    assert_int_equal(report.events, 16);
    assert_int_equal(report.requests, 2);
}

static void an_empty_store_is_fine(void **state)
{
    struct verify_report report = verified(*state);
    insist_fine(&report);
    assert_int_equal(report.payments + report.events + report.operations + report.requests, 0);
}

/* More than a page of everything. */
static void open_many(struct store *store, void *context)
{
    struct teller teller = { .store = store };
    (void)context;
    for (int64_t number = 1; number <= 650; number++) {
        char key[32];
        begin_payment(&teller, number);
        snprintf(key, sizeof key, "key-%lld", (long long)number);
        keep_request(&teller, key);
        end(&teller, EVENT_AUTHORIZED, OPERATION_DONE);
    }
    for (int i = 0; i < 2500; i++) {
        char key[32];
        snprintf(key, sizeof key, "refused-%d", i);
        struct request_record refused = request_of(key);
        store_save_request(store, MERCHANT, &refused);
    }
}

static void all_pages_are_walked(void **state)
{
    struct shelf *shelf = *state;
    assert_int_equal(shelf_do(shelf, open_many, NULL), WORK_DONE);
    struct verify_report report = verified(shelf);
    insist_fine(&report);
    assert_int_equal(report.payments, 650);
    assert_int_equal(report.events, 1300);
    assert_int_equal(report.operations, 650);
    assert_int_equal(report.requests, 3150);
}

/* The last payment of a page, the first of the next one, and what belongs to nobody between and behind them. */
static void a_change_on_any_page_is_found(void **state)
{
    struct shelf *shelf = *state;
    assert_int_equal(shelf_do(shelf, open_many, NULL), WORK_DONE);
    store_close(shelf->store);
    shelf->store = NULL;
    static const int64_t numbers[] = { 1, 199, 200, 201, 400, 401, 600, 650 };
    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        char change[160];
        struct payment_id id = payment_id_of(numbers[i]);
        snprintf(change, sizeof change, "DELETE FROM payment WHERE payment_id = '%s'", id.text);
        shelf_tamper(shelf, change);
        struct verify_report report = verified(shelf);
        assert_int_equal(report.payments, 650 - (int64_t)i - 1);
        assert_int_equal(report.events, 1300);
        assert_int_equal(report.findings[VERIFY_CHAIN].count, 2 * ((int64_t)i + 1));
        assert_int_equal(report.findings[VERIFY_OPERATION].count, (int64_t)i + 1);
        assert_int_equal(report.findings[VERIFY_REQUEST].count, (int64_t)i + 1);
    }
}

/* ---- what is not ---- */

#define PAY(n) "payment_id = 'pay_00000000000000000000000000000000000" #n "'"
#define OP(n) "operation_id = 'op_00000000000000000000000000000000000" #n "'"

/* clang-format off */
static const struct damage {
    const char *change;
    enum verify_kind kind;
    const char *words;
} damages[] = {
    /* the chain */
    { "UPDATE event SET data = replace(data, '5000', '4999') WHERE sequence = 2 AND " PAY(1), VERIFY_CHAIN, "00001, event 2: its hash" },
    { "UPDATE event SET at = at + 1 WHERE sequence = 3 AND " PAY(1), VERIFY_CHAIN, "00001, event 3: its hash" },
    { "UPDATE event SET at = 0 WHERE sequence = 3 AND " PAY(1), VERIFY_CHAIN, "00001, event 3: its time lies before" },
    { "UPDATE event SET type = 'voided' WHERE sequence = 3 AND " PAY(1), VERIFY_CHAIN, "00001, event 3: its hash" },
    { "UPDATE event SET hash = 'x' || substr(hash, 2) WHERE sequence = 1 AND " PAY(4), VERIFY_CHAIN, "00004, event 1: its hash" },
    { "DELETE FROM event WHERE sequence = 3 AND " PAY(1), VERIFY_CHAIN, "00001: event 3 is not there" },
    { "DELETE FROM event WHERE sequence = 1 AND " PAY(2), VERIFY_CHAIN, "00002: event 1 is not there" },
    { "DELETE FROM event WHERE sequence = 6 AND " PAY(1), VERIFY_CHAIN, "00001: it knows event 6 as its newest, and its history ends with  event 5" },
    { "DELETE FROM event WHERE " PAY(3), VERIFY_CHAIN, "00003: it knows event 4" },
    { "INSERT INTO event SELECT merchant_id, payment_id, 7, type, at, data, hash FROM event WHERE sequence = 6 AND " PAY(1), VERIFY_CHAIN,
      "00001, event 7: its hash" },
    { "UPDATE payment SET head_hash = 'x' || substr(head_hash, 2) WHERE " PAY(4), VERIFY_CHAIN, "00004: it knows event 4" },
    { "UPDATE payment SET sequence = 5 WHERE " PAY(4), VERIFY_CHAIN, "00004: it knows event 5" },
    { "DELETE FROM payment WHERE " PAY(3), VERIFY_CHAIN, "00003: it has an event 1 and is not there itself" },
    { "DELETE FROM payment WHERE " PAY(4), VERIFY_CHAIN, "00004: it has an event 1 and is not there itself" },
    /* the payment */
    { "UPDATE payment SET state = 'authorized' WHERE " PAY(1), VERIFY_PAYMENT, "00001: state is \"authorized\", by its history \"captured\"" },
    { "UPDATE payment SET state = 'nonsense' WHERE " PAY(1), VERIFY_PAYMENT, "state is \"nonsense\"" },
    { "UPDATE payment SET amount_minor = 4999 WHERE " PAY(2), VERIFY_PAYMENT, "00002: amount_minor is 4999, by its history 5000" },
    { "UPDATE payment SET currency = 'EUR' WHERE " PAY(2), VERIFY_PAYMENT, "currency is \"EUR\"" },
    { "UPDATE payment SET authorized_minor = 5001 WHERE " PAY(1), VERIFY_PAYMENT, "authorized_minor is 5001" },
    { "UPDATE payment SET captured_minor = 4001 WHERE " PAY(1), VERIFY_PAYMENT, "captured_minor is 4001, by its history 4000" },
    { "UPDATE payment SET refunded_minor = 0 WHERE " PAY(1), VERIFY_PAYMENT, "refunded_minor is 0, by its history 1000" },
    { "UPDATE payment SET decline = '' WHERE " PAY(2), VERIFY_PAYMENT, "decline is \"\", by its history \"insufficient_funds\"" },
    { "UPDATE payment SET stray_holds = 1 WHERE " PAY(2), VERIFY_PAYMENT, "stray_holds is 1" },
    { "UPDATE payment SET created_at = 1 WHERE " PAY(1), VERIFY_PAYMENT, "created_at is 1" },
    { "UPDATE payment SET authorized_at = 1 WHERE " PAY(1), VERIFY_PAYMENT, "authorized_at is 1" },
    { "UPDATE payment SET captured_at = 1 WHERE " PAY(1), VERIFY_PAYMENT, "captured_at is 1" },
    { "UPDATE payment SET refunded_at = 1 WHERE " PAY(1), VERIFY_PAYMENT, "refunded_at is 1" },
    { "UPDATE payment SET voided_at = 1 WHERE " PAY(3), VERIFY_PAYMENT, "voided_at is 1" },
    { "UPDATE payment SET changed_at = 1 WHERE " PAY(1), VERIFY_PAYMENT, "changed_at is 1" },
    { "UPDATE payment SET authorization_ref = NULL WHERE " PAY(1), VERIFY_PAYMENT, "authorization_ref is \"\", by its history \"id_1\"" },
    { "UPDATE payment SET capture_ref = 'id_x' WHERE " PAY(1), VERIFY_PAYMENT, "capture_ref is \"id_x\"" },
    { "UPDATE payment SET refund_ref = 'id_x' WHERE " PAY(1), VERIFY_PAYMENT, "refund_ref is" },
    { "UPDATE payment SET void_ref = 'id_x' WHERE " PAY(1), VERIFY_PAYMENT, "void_ref is" },
    { "UPDATE payment SET operation_id = NULL WHERE " PAY(4), VERIFY_PAYMENT, "00004: operation_id is \"\"" },
    { "UPDATE payment SET operation_id = 'op_x' WHERE " PAY(1), VERIFY_PAYMENT, "00001: operation_id is \"op_x\", by its history \"\"" },
    { "UPDATE payment SET operation_kind = '' WHERE " PAY(4), VERIFY_PAYMENT, "operation_kind is \"\", by its history \"capture\"" },
    { "UPDATE payment SET operation_state = 'running' WHERE " PAY(4), VERIFY_PAYMENT, "operation_state is \"running\", by its history \"unknown\"" },
    { "UPDATE payment SET operation_amount_minor = 1 WHERE " PAY(4), VERIFY_PAYMENT, "operation_amount_minor is 1" },
    { "UPDATE payment SET operation_since = 1 WHERE " PAY(4), VERIFY_PAYMENT, "operation_since is 1" },
    /* money */
    { "UPDATE payment SET captured_minor = 5001 WHERE " PAY(1), VERIFY_MONEY, "00001: more is captured than was authorized (authorized 5000, captured 5001" },
    { "UPDATE payment SET refunded_minor = 4001 WHERE " PAY(1), VERIFY_MONEY, "more is refunded than was captured" },
    { "UPDATE payment SET voided_at = 5 WHERE " PAY(1), VERIFY_MONEY, "captured and voided" },
    { "UPDATE payment SET captured_minor = -1 WHERE " PAY(3), VERIFY_MONEY, "more is captured" },
    { "UPDATE payment SET refunded_minor = -1 WHERE " PAY(3), VERIFY_MONEY, "more is refunded" },
    { "UPDATE payment SET amount_minor = 0 WHERE " PAY(3), VERIFY_MONEY, "outside" },
    { "UPDATE payment SET amount_minor = 9223372036854775807 WHERE " PAY(3), VERIFY_MONEY, "outside" },
    { "UPDATE payment SET authorized_minor = -1 WHERE " PAY(3), VERIFY_MONEY, "outside" },
    { "UPDATE payment SET authorized_minor = 9223372036854775807 WHERE " PAY(3), VERIFY_MONEY, "outside" },
    /* operations */
    { "DELETE FROM operation WHERE " OP(2), VERIFY_OPERATION, "00001: its capture, operation op_000000000000000000000000000000000002, is not there" },
    { "DELETE FROM operation WHERE " OP(8), VERIFY_OPERATION, "00004: its capture, operation" },
    { "UPDATE operation SET kind = 'refund' WHERE " OP(2), VERIFY_OPERATION, "kind is \"refund\"" },
    { "UPDATE operation SET state = 'failed' WHERE " OP(2), VERIFY_OPERATION, "state is \"failed\", by its history \"done\"" },
    { "UPDATE operation SET state = 'running' WHERE " OP(8), VERIFY_OPERATION, "state is \"running\", by its history \"unknown\"" },
    { "UPDATE operation SET amount_minor = 4001 WHERE " OP(2), VERIFY_OPERATION, "amount_minor is 4001, by its history 4000" },
    { "UPDATE operation SET started_at = 1 WHERE " OP(2), VERIFY_OPERATION, "started_at is 1" },
    { "UPDATE operation SET ended_at = NULL WHERE " OP(2), VERIFY_OPERATION, "ended_at is 0" },
    { "UPDATE operation SET ended_at = 1 WHERE " OP(8), VERIFY_OPERATION, "ended_at is 1, by its history 0" },
    { "UPDATE operation SET processor_ref = 'id_x' WHERE " OP(2), VERIFY_OPERATION, "processor_ref is \"id_x\"" },
    { "DELETE FROM answer WHERE " OP(2), VERIFY_OPERATION, "it is over and was never answered" },
    { "INSERT INTO answer SELECT merchant_id, payment_id, operation_id, 200, '{}' FROM operation WHERE " OP(8), VERIFY_OPERATION, "it was answered while it was still open" },
    { "UPDATE operation SET answer_operation_id = 'op_x' WHERE " OP(2), VERIFY_OPERATION, "the operation that keeps its answer is not there" },
    { "UPDATE operation SET operation_id = 'op_x' WHERE " OP(1), VERIFY_OPERATION, "00001: its authorize" },
    { "UPDATE operation SET payment_id = 'pay_x' WHERE " OP(2), VERIFY_OPERATION, "its capture" },
    { "UPDATE operation SET payment_id = 'pay_x' WHERE " OP(4), VERIFY_OPERATION, "its authorize" },
    { "UPDATE payment SET payment_id = 'pay_x' WHERE " PAY(4), VERIFY_OPERATION, "its payment pay_000000000000000000000000000000000004 is not there" },
    { "INSERT INTO operation SELECT merchant_id, payment_id, 'op_x', kind, 'running', amount_minor, processor, processor_key, method, path, body, "
      "card_sealed, card_slot, sends, lost, already, denied, mismatched, started_at, NULL, processor_ref, reason, '', answer_form, node, node_epoch "
      "FROM operation WHERE " OP(2), VERIFY_OPERATION, "operation op_x: no event of payment" },
    /* requests */
    { "UPDATE request SET operation_id = 'op_x' WHERE request_key = 'asked'", VERIFY_REQUEST, "key asked: its operation op_x is not there" },
    { "UPDATE request SET payment_id = 'pay_x' WHERE request_key = 'asked'", VERIFY_REQUEST, "key asked: its payment pay_x is not there" },
    { "UPDATE request SET status = 0 WHERE request_key = 'refused'", VERIFY_REQUEST, "key refused: it has neither" },
    { "UPDATE request SET body = NULL WHERE request_key = 'refused'", VERIFY_REQUEST, "key refused: it has neither" },
};
/* clang-format on */

static void every_change_is_found_and_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(damages); i++) {
        void *fresh = NULL;
        set_up_shop(&fresh);
        struct shelf *shelf = fresh;
        store_close(shelf->store);
        shelf->store = NULL;
        shelf_tamper(shelf, damages[i].change);
        struct verify_report report = verified(shelf);
        const struct verify_finding *finding = &report.findings[damages[i].kind];
        bool named = finding->count > 0 && str_contains(str_of(finding->first), str_of(damages[i].words));
        if (!named) fail_msg("%s: %lld findings, the first: %s", damages[i].change, (long long)finding->count, finding->first);
        shelf_tear_down(&fresh);
    }
}

/* Somebody who knows the rule of the chain and reckons the hashes anew is still held to the rules of payments. */
/* clang-format off */
static const struct forgery {
    enum event_kind kind;
    const char *data;
    const char *words;
} forgeries[] = {
    { EVENT_CAPTURED, "{\"operation_id\":\"op_000000000000000000000000000000000001\",\"amount\":5000}", "event 3 (captured): the rules do not allow it" },
    { EVENT_VOID_FAILED, "{}", "the rules do not allow it" },
    { EVENT_NONE, "{}", "the rules do not allow it" },
    { EVENT_CAPTURE_STARTED, "{\"operation_id\":\"op_x\",\"amount\":5001}", "the rules do not allow it" },
    { EVENT_CAPTURE_STARTED, "{\"operation_id\":\"op_x\",\"amount\":9223372036854775807}", "cannot be understood" },
    { EVENT_CAPTURE_STARTED, "{\"operation_id\":\"op_x\",\"amount\":-1}", "cannot be understood" },
    { EVENT_CAPTURE_STARTED, "{\"operation_id\":\"op_x\",\"amount\":\"5000\"}", "cannot be understood" },
    { EVENT_CAPTURE_STARTED, "not JSON", "cannot be understood" },
    { EVENT_CAPTURE_STARTED, "{\"amount\":5000,\"currency\":\"DOLLARS\"}", "cannot be understood" },
    { EVENT_CAPTURE_STARTED, "{\"amount\":5000,\"decline_code\":\"bad mood\"}", "cannot be understood" },
};
/* clang-format on */

static void forge(struct store *store, void *context)
{
    const struct forgery *forgery = context;
    struct teller teller = { .store = store };
    begin_payment(&teller, 1);
    end(&teller, EVENT_AUTHORIZED, OPERATION_DONE);
    teller.record.payment.sequence++;
    store_save_event(store, MERCHANT, &teller.record, forgery->kind, str_of(forgery->data));
    store_save_payment(store, MERCHANT, &teller.record);
}

static void forged_histories_are_held_to_the_rules(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(forgeries); i++) {
        void *fresh = NULL;
        struct forgery forgery = forgeries[i];
        shelf_set_up(&fresh);
        assert_int_equal(shelf_do(fresh, forge, &forgery), WORK_DONE);
        struct verify_report report = verified(fresh);
        if (report.findings[VERIFY_PATH].count != 1 || !str_contains(str_of(report.findings[VERIFY_PATH].first), str_of(forgeries[i].words))) {
            fail_msg("%zu: %s", i, report.findings[VERIFY_PATH].first);
        }
        assert_int_equal(report.findings[VERIFY_CHAIN].count, 0);
        shelf_tear_down(&fresh);
    }
}

/* An index that lacks a row is seen by the database's own check only. */
static void a_damaged_file_is_found(void **state)
{
    only_for_files("a server has tools of its own for damaged pages and indexes");
    struct shelf *shelf = *state;
    store_close(shelf->store);
    shelf->store = NULL;
    shelf_tamper(shelf, "PRAGMA writable_schema=ON;"
                        "DELETE FROM sqlite_master WHERE name = 'payment_by_order';");
    struct error error = { "" };
    struct verify_report report;
    struct store *reader = store_open(str_of(shelf->url), STORE_READS, &error);
    assert_non_null(reader);
    assert_true(store_verify(reader, MERCHANT, &report, &error));
    assert_true(report.findings[VERIFY_FILE].count > 0);
    store_close(reader);
}

/* ---- copies ---- */

static void a_copy_is_whole_one_file_and_of_one_moment(void **state)
{
    only_for_files("a server is copied with tools of its own");
    struct shelf *shelf = *state;
    struct error error = { "" };
    struct store_mark mark, own;
    struct stat about;
    struct shelf copy = { 0 };
    char beside[sizeof copy.path + 8];
    assert_true(store_load_mark(shelf->store, &own, &error));
    snprintf(copy.path, sizeof copy.path, "%.60s/copy", shelf->folder);
    snprintf(copy.url, sizeof copy.url, "sqlite:%s", copy.path);
    assert_true(file_replace(copy.path, STR("")));
    struct store *reader = store_open(str_of(shelf->url), STORE_READS, &error);
    if (!store_copy(reader, copy.path, &mark, &error)) fail_msg("%s", error.text);
    store_close(reader);
    assert_int_equal(mark.commits, own.commits);
    assert_string_equal(mark.store_id, own.store_id);
    struct verify_report report = verified(&copy);
    insist_fine(&report);
    assert_int_equal(report.payments, 4);
    snprintf(beside, sizeof beside, "%s-wal", copy.path);
    assert_int_not_equal(stat(beside, &about), 0); /* looking at it has made no log */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        shop_test(what_follows_from_its_history_is_fine),
        shelf_test(an_empty_store_is_fine),
        shelf_test(all_pages_are_walked),
        shelf_test(a_change_on_any_page_is_found),
        cmocka_unit_test(every_change_is_found_and_named),
        cmocka_unit_test(forged_histories_are_held_to_the_rules),
        shop_test(a_damaged_file_is_found),
        shop_test(a_copy_is_whole_one_file_and_of_one_moment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
