/* SPDX-License-Identifier: Apache-2.0 */
/* Lists: who is in them, in which order, page by page; and each of them finds its rows by an index. */
#include "base/base_testing.h"

#include <sqlite3.h>
#include <stdio.h>

#include "store/shelf.h"

enum { PAYMENTS = 60, ORDERS = 4, CUSTOMERS = 3, STATES = 2, PAGE_MAX = 1000 };

/* ---- a book of payments that the test knows ---- */

static const enum payment_state states[STATES] = { PAYMENT_AUTHORIZED, PAYMENT_CAPTURED };
static const str orders[ORDERS] = { STR_CONSTANT("order-0"), STR_CONSTANT("order-1"), STR_CONSTANT("order-2"), STR_CONSTANT("order-3") };
static const str customers[CUSTOMERS] = { STR_CONSTANT("ann"), STR_CONSTANT("bob"), STR_CONSTANT("cem") };

static int order_of(int64_t number) { return (int)(number % ORDERS); }
static int customer_of(int64_t number) { return (int)(number / 5 % CUSTOMERS); }
static int state_of(int64_t number) { return (int)(number / 7 % STATES); }

static void save_numbered(struct store *store, str merchant, int64_t number)
{
    struct payment_record record = payment_of(number);
    record.order_id = orders[order_of(number)];
    record.customer_id = customers[customer_of(number)];
    record.payment.state = states[state_of(number)];
    record.payment.operation = (struct open_operation){ 0 };
    record.payment.expires_at = (1000 - number) * MICROS_PER_SECOND;
    store_save_new_payment(store, merchant, &record);
    store_save_payment(store, merchant, &record);
}

/* Odd numbers first, so that the order in which they came is not the order of their ids. */
static void fill(struct store *store, void *context)
{
    (void)context;
    for (int64_t number = 1; number <= PAYMENTS; number += 2) save_numbered(store, MERCHANT, number);
    for (int64_t number = 2; number <= PAYMENTS; number += 2) save_numbered(store, MERCHANT, number);
    for (int64_t number = 1; number <= PAYMENTS; number++) save_numbered(store, STR("m_2"), number);
}

static int set_up_filled(void **state)
{
    int done = shelf_set_up(state);
    assert_int_equal(shelf_do(*state, fill, NULL), WORK_DONE);
    return done;
}

#define filled_test(test) cmocka_unit_test_setup_teardown(test, set_up_filled, shelf_tear_down)

/* A list that was asked for. */
struct listing {
    struct arena *arena;
    struct payment_filter filter;
    str after;
    int64_t limit;
    micros before;
    struct payment_record *payments;
    struct operation_record *operations;
    struct payment_id *ids;
    size_t count;
};

static void list_payments(struct store *store, void *context)
{
    struct listing *listing = context;
    listing->count = store_list_payments(store, listing->arena, MERCHANT, &listing->filter, &listing->payments);
}

static void list_payments_after(struct store *store, void *context)
{
    struct listing *listing = context;
    listing->count = store_list_payments_after(store, listing->arena, MERCHANT, listing->after, listing->limit, &listing->payments);
}

static void list_expired(struct store *store, void *context)
{
    struct listing *listing = context;
    listing->count = store_list_expired(store, listing->arena, MERCHANT, listing->before, listing->limit, &listing->ids);
}

static void list_open(struct store *store, void *context)
{
    struct listing *listing = context;
    listing->count = store_list_open_operations(store, listing->arena, MERCHANT, listing->after, listing->limit, &listing->operations);
}

static void list_refunds(struct store *store, void *context)
{
    struct listing *listing = context;
    listing->count = store_list_refunds(store, listing->arena, MERCHANT, listing->after, &listing->operations);
}

/* ---- payments, newest first ---- */

/* -1: any. */
struct wanted {
    int order, customer, state;
};

static bool fits(const struct wanted *wanted, int64_t number)
{
    return (wanted->order < 0 || wanted->order == order_of(number)) && (wanted->customer < 0 || wanted->customer == customer_of(number)) &&
           (wanted->state < 0 || wanted->state == state_of(number));
}

static struct payment_filter filter_of(const struct wanted *wanted)
{
    return (struct payment_filter){
        .order_id = wanted->order < 0 ? STR_NONE : orders[wanted->order],
        .customer_id = wanted->customer < 0 ? STR_NONE : customers[wanted->customer],
        .state = wanted->state < 0 ? STR_NONE : payment_state_word(states[wanted->state]),
    };
}

/* Walks all pages and compares with the book. */
static void check_pages(struct shelf *shelf, const struct wanted *wanted, int64_t limit)
{
    struct listing listing = { .arena = &shelf->arena, .filter = filter_of(wanted) };
    struct payment_id last = { "" };
    size_t at = 0;
    listing.filter.limit = limit;
    for (int64_t number = PAYMENTS; number >= 1; number--) {
        if (!fits(wanted, number)) continue;
        if (at == listing.count) {
            listing.filter.before = payment_id_str(&last);
            assert_int_equal(shelf_do(shelf, list_payments, &listing), WORK_DONE);
            assert_true(listing.count > 0 && (int64_t)listing.count <= limit);
            at = 0;
        }
        last = payment_id_of(number);
        assert_string_equal(listing.payments[at++].id.text, last.text);
    }
    listing.filter.before = payment_id_str(&last);
    if (last.text[0]) assert_int_equal(shelf_do(shelf, list_payments, &listing), WORK_DONE);
    assert_int_equal(last.text[0] ? listing.count : 0, 0); /* nothing is left */
}

static void payments_come_newest_first_by_every_filter(void **state)
{
    struct shelf *shelf = *state;
    static const int64_t limits[] = { 1, 7, 100 };
    for (int i = 0; i < 8 * (int)COUNT_OF(limits); i++) {
        for (int n = 0; n < ORDERS * CUSTOMERS * STATES; n += 5) {
            struct wanted wanted = { i & 1 ? n % ORDERS : -1, i & 2 ? n / ORDERS % CUSTOMERS : -1, i & 4 ? n / (ORDERS * CUSTOMERS) : -1 };
            check_pages(shelf, &wanted, limits[i / 8]);
        }
    }
}

static void nobody_fits_an_unknown_filter(void **state)
{
    struct shelf *shelf = *state;
    const struct payment_filter filters[] = {
        { .order_id = STR("order"), .limit = 10 }, { .customer_id = STR("ANN"), .limit = 10 }, { .state = STR("voided"), .limit = 10 },
        { .state = STR("%"), .limit = 10 }, { .order_id = STR("' OR 1=1 --"), .limit = 10 },
    };
    for (size_t i = 0; i < COUNT_OF(filters); i++) {
        struct listing listing = { .arena = &shelf->arena, .filter = filters[i] };
        assert_int_equal(shelf_do(shelf, list_payments, &listing), WORK_DONE);
        assert_row(listing.count == 0, i);
    }
}

static void save_newer(struct store *store, void *context)
{
    (void)context;
    for (int64_t number = PAYMENTS + 1; number <= PAYMENTS + 10; number++) save_numbered(store, MERCHANT, number);
}

/* A page is continued where it ended, whatever came meanwhile. */
static void new_payments_do_not_shift_a_page(void **state)
{
    struct shelf *shelf = *state;
    struct listing listing = { .arena = &shelf->arena, .filter = { .limit = 10 } };
    struct payment_id last = payment_id_of(PAYMENTS - 9);
    assert_int_equal(shelf_do(shelf, list_payments, &listing), WORK_DONE);
    assert_string_equal(listing.payments[9].id.text, last.text);
    assert_int_equal(shelf_do(shelf, save_newer, NULL), WORK_DONE);
    listing.filter.before = payment_id_str(&last);
    assert_int_equal(shelf_do(shelf, list_payments, &listing), WORK_DONE);
    assert_string_equal(listing.payments[0].id.text, payment_id_of(PAYMENTS - 10).text);
}

static void all_payments_come_in_order_of_their_ids(void **state)
{
    struct shelf *shelf = *state;
    struct listing listing = { .arena = &shelf->arena, .limit = 13 };
    struct payment_id last = { "" };
    int64_t number = 0;
    do {
        listing.after = payment_id_str(&last);
        assert_int_equal(shelf_do(shelf, list_payments_after, &listing), WORK_DONE);
        for (size_t i = 0; i < listing.count; i++) {
            last = payment_id_of(++number);
            assert_string_equal(listing.payments[i].id.text, last.text);
        }
    } while (listing.count > 0);
    assert_int_equal(number, PAYMENTS);
}

/* ---- what is over, what is open ---- */

/* Payment n's hold ends at second 1000 - n: the last come first. */
static void holds_that_ended_come_oldest_first(void **state)
{
    struct shelf *shelf = *state;
    struct listing listing = { .arena = &shelf->arena, .limit = PAGE_MAX, .before = 980 * INT64_C(1000000) };
    assert_int_equal(shelf_do(shelf, list_expired, &listing), WORK_DONE);
    size_t at = 0;
    for (int64_t number = PAYMENTS; number > 20; number--) {
        if (states[state_of(number)] != PAYMENT_AUTHORIZED) continue;
        assert_true(at < listing.count);
        assert_string_equal(listing.ids[at++].text, payment_id_of(number).text);
    }
    assert_int_equal(listing.count, at);
    listing.limit = 3;
    assert_int_equal(shelf_do(shelf, list_expired, &listing), WORK_DONE);
    assert_int_equal(listing.count, 3);
}

static void open_one(struct store *store, void *context)
{
    struct payment_record record = payment_of(42);
    (void)context;
    record.payment.state = PAYMENT_AUTHORIZED;
    record.payment.expires_at = 1;
    record.payment.operation = (struct open_operation){ OPERATION_CAPTURE, OPERATION_RUNNING, 1, 1 };
    store_save_payment(store, MERCHANT, &record);
}

static void what_has_an_open_operation_does_not_expire(void **state)
{
    struct shelf *shelf = *state;
    struct listing listing = { .arena = &shelf->arena, .limit = PAGE_MAX, .before = 2 };
    assert_int_equal(shelf_do(shelf, open_one, NULL), WORK_DONE);
    assert_int_equal(shelf_do(shelf, list_expired, &listing), WORK_DONE);
    assert_int_equal(listing.count, 0);
}

static void save_operations(struct store *store, void *context)
{
    (void)context;
    for (int64_t number = 90; number > 0; number--) { /* every third has ended */
        struct payment_id payment = payment_id_of(number % 10);
        struct operation_record record = operation_of(number, &payment);
        record.kind = number % 2 ? OPERATION_REFUND : OPERATION_CAPTURE;
        record.ended_at = number % 3 ? 0 : 77;
        store_save_new_operation(store, MERCHANT, &record);
        store_save_new_operation(store, STR("m_2"), &record);
    }
}

static void open_operations_come_in_order_page_by_page(void **state)
{
    struct shelf *shelf = *state;
    struct listing listing = { .arena = &shelf->arena, .limit = 7, .after = STR_NONE };
    struct operation_id last;
    int64_t number = 0;
    assert_int_equal(shelf_do(shelf, save_operations, NULL), WORK_DONE);
    do {
        assert_int_equal(shelf_do(shelf, list_open, &listing), WORK_DONE);
        for (size_t i = 0; i < listing.count; i++) {
            number += number % 3 == 2 ? 2 : 1;
            last = operation_id_of(number);
            assert_string_equal(listing.operations[i].id.text, last.text);
        }
        listing.after = operation_id_str(&last);
    } while (listing.count > 0);
    assert_int_equal(number, 89);
}

static void refunds_come_oldest_first(void **state)
{
    struct shelf *shelf = *state;
    struct payment_id payment = payment_id_of(3);
    struct listing listing = { .arena = &shelf->arena, .after = payment_id_str(&payment) };
    assert_int_equal(shelf_do(shelf, save_operations, NULL), WORK_DONE);
    assert_int_equal(shelf_do(shelf, list_refunds, &listing), WORK_DONE);
    assert_int_equal(listing.count, 9); /* 3, 13, 23 ... 83: all odd */
    for (size_t i = 0; i < listing.count; i++) assert_string_equal(listing.operations[i].id.text, operation_id_of(3 + 10 * (int64_t)i).text);
}

struct find {
    struct arena *arena;
    const char *id;
    bool found;
    struct operation_record record;
};

static void find_open(struct store *store, void *context)
{
    struct find *find = context;
    find->found = store_find_open_operation(store, find->arena, MERCHANT, str_of(find->id), &find->record);
}

static void an_open_operation_is_found_by_its_own_id(void **state)
{
    struct shelf *shelf = *state;
    assert_int_equal(shelf_do(shelf, save_operations, NULL), WORK_DONE);
    for (int64_t number = 1; number <= 91; number++) {
        struct operation_id id = operation_id_of(number);
        struct find find = { .arena = &shelf->arena, .id = id.text };
        assert_int_equal(shelf_do(shelf, find_open, &find), WORK_DONE);
        assert_row(find.found == (number <= 90 && number % 3 != 0), number);
        if (find.found) assert_string_equal(find.record.payment_id.text, payment_id_of(number % 10).text);
    }
}

static void count_open(struct store *store, void *context) { store_count_open(store, MERCHANT, context); }

static void open_operations_are_counted(void **state)
{
    struct shelf *shelf = *state;
    struct open_count open;
    assert_int_equal(shelf_do(shelf, count_open, &open), WORK_DONE);
    assert_int_equal(open.oldest_doubt, 0);
    assert_int_equal(shelf_do(shelf, save_operations, NULL), WORK_DONE);
    assert_int_equal(shelf_do(shelf, count_open, &open), WORK_DONE);
    assert_int_equal(open.count[OPERATION_REFUND][OPERATION_REVIEW], 30);
    assert_int_equal(open.count[OPERATION_CAPTURE][OPERATION_REVIEW], 30);
    assert_int_equal(open.count[OPERATION_CAPTURE][OPERATION_RUNNING], 0);
    assert_int_equal(open.oldest_doubt, 41 * INT64_C(1000000));
}

/* ---- plans ---- */

static sqlite3 *newest_db;

/* SQLite calls this for each connection that is opened. */
static int remember_db(sqlite3 *db, const char **problem, const struct sqlite3_api_routines *routines)
{
    (void)problem;
    (void)routines;
    newest_db = db;
    return SQLITE_OK;
}

static bool is_question(const char *text)
{
    return strncmp(text, "SELECT", 6) == 0 || strncmp(text, "DELETE", 6) == 0 || strncmp(text, "UPDATE", 6) == 0;
}

/* Each line of the plan: by an index or by the key, and nothing is sorted by hand. */
static void check_plan(const char *text)
{
    char explain[4096];
    sqlite3_stmt *plan;
    assert_true(snprintf(explain, sizeof explain, "EXPLAIN QUERY PLAN %s", text) < (int)sizeof explain);
    assert_int_equal(sqlite3_prepare_v2(newest_db, explain, -1, &plan, NULL), SQLITE_OK);
    while (sqlite3_step(plan) == SQLITE_ROW) {
        const char *line = (const char *)sqlite3_column_text(plan, 3);
        bool scans = strncmp(line, "SCAN ", 5) == 0 && !strstr(line, "CONSTANT ROW") && !strstr(line, "LIST SUBQUERY");
        if (scans || strstr(line, "TEMP B-TREE FOR ORDER")) fail_msg("%s\n%s", line, text);
    }
    sqlite3_finalize(plan);
}

static void ask_of_notices(struct store *store, struct shelf *shelf)
{
    struct operation_record operation;
    struct dispute_record dispute, *due;
    struct payment_record payment = payment_of(1);
    struct notice_record notice = { .processor = STR("p"), .account = STR("a"), .event_id = STR("e") };
    assert_false(store_has_notice(store, MERCHANT, &notice));
    store_drop_notices(store, MERCHANT, 5, 5);
    assert_false(store_find_operation_by_reference(store, &shelf->arena, MERCHANT, STR("x"), &operation));
    assert_false(store_find_operation_by_ref(store, &shelf->arena, MERCHANT, STR("x"), &operation));
    assert_false(store_load_dispute(store, &shelf->arena, MERCHANT, STR("x"), STR("y"), &dispute));
    store_load_disputes(store, &shelf->arena, MERCHANT, &payment);
    assert_int_equal(store_list_dispute_looks(store, &shelf->arena, MERCHANT, 5, 5, &due), 0);
}

static void ask_everything(struct store *store, void *context)
{
    struct shelf *shelf = context;
    struct payment_filter filters[] = { { 0 }, { .order_id = STR("o") }, { .customer_id = STR("c") }, { .state = STR("s") } };
    struct listing listing = { .arena = &shelf->arena, .limit = 5, .after = STR("x"), .before = 5 };
    struct payment_record payment;
    struct operation_record operation;
    struct request_record request;
    struct event_record *events;
    struct find find = { .arena = &shelf->arena, .id = "x" };
    for (size_t i = 0; i < COUNT_OF(filters); i++) {
        listing.filter = filters[i];
        list_payments(store, &listing);
    }
    list_payments_after(store, &listing);
    list_expired(store, &listing);
    list_open(store, &listing);
    list_refunds(store, &listing);
    find_open(store, &find);
    assert_false(store_load_payment(store, &shelf->arena, MERCHANT, STR("x"), &payment));
    assert_false(store_load_operation(store, &shelf->arena, MERCHANT, STR("x"), STR("y"), &operation));
    assert_false(store_load_request(store, &shelf->arena, MERCHANT, STR("core"), STR("k"), &request));
    (void)store_list_events(store, &shelf->arena, MERCHANT, STR("x"), 0, 5, &events);
    (void)store_drop_requests(store, MERCHANT, 5, 5);
    ask_of_notices(store, shelf);
    struct open_count open;
    store_count_open(store, MERCHANT, &open);
}

static void every_question_is_answered_by_an_index(void **state)
{
    only_for_files("the plans are SQLite's");
    struct shelf *shelf = *state;
    int questions = 0;
    sqlite3_auto_extension((void (*)(void))(uintptr_t)remember_db);
    shelf_reopen(shelf);
    sqlite3_cancel_auto_extension((void (*)(void))(uintptr_t)remember_db);
    assert_int_equal(shelf_do(shelf, ask_everything, shelf), WORK_DONE);
    for (sqlite3_stmt *asked = sqlite3_next_stmt(newest_db, NULL); asked; asked = sqlite3_next_stmt(newest_db, asked)) {
        const char *text = sqlite3_sql(asked);
        bool of_the_schema = strstr(text, "sqlite_master") != NULL;
        if (!is_question(text) || of_the_schema) continue;
        check_plan(text);
        questions++;
    }
    assert_true(questions >= 21); /* every verb above, the filters each in words of their own */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        filled_test(payments_come_newest_first_by_every_filter),
        filled_test(nobody_fits_an_unknown_filter),
        filled_test(new_payments_do_not_shift_a_page),
        filled_test(all_payments_come_in_order_of_their_ids),
        filled_test(holds_that_ended_come_oldest_first),
        filled_test(what_has_an_open_operation_does_not_expire),
        shelf_test(open_operations_come_in_order_page_by_page),
        shelf_test(refunds_come_oldest_first),
        shelf_test(an_open_operation_is_found_by_its_own_id),
        shelf_test(open_operations_are_counted),
        filled_test(every_question_is_answered_by_an_index),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
