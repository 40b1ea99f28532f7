/* SPDX-License-Identifier: Apache-2.0 */
/* Tries that the fraud checks count: each where it belongs, since when it is asked for, and forgotten when it is old. */
#include "base/base_testing.h"

#include "store/shelf.h"

#define AT(second) ((micros)(second) * MICROS_PER_SECOND)

static void save_try(struct store *store, void *context) { store_save_new_try(store, MERCHANT, context); }

/* Payment number `number` at that second, from one of two clients. */
static void save(struct shelf *shelf, int64_t number, int64_t second, const char *client, bool failed)
{
    struct payment_id id = payment_id_of(number);
    struct try_record record = { .payment_id = payment_id_str(&id), .at = AT(second), .failed = failed };
    record.subjects[RISK_IP] = str_of(client);
    record.subjects[RISK_CARD] = STR("one card");
    assert_int_equal(shelf_do(shelf, save_try, &record), WORK_DONE);
}

struct asked {
    str merchant;
    enum risk_counted counted;
    enum risk_subject by;
    str subject;
    micros after;
    int64_t most, count;
};

static void count(struct store *store, void *context)
{
    struct asked *asked = context;
    asked->count = store_count_tries(store, asked->merchant, asked->counted, asked->by, asked->subject, asked->after, asked->most);
}

static int64_t counted(struct shelf *shelf, enum risk_counted what, enum risk_subject by, const char *subject, int64_t after, int64_t most)
{
    struct asked asked = { .merchant = MERCHANT, .counted = what, .by = by, .subject = str_of(subject), .after = AT(after), .most = most };
    assert_int_equal(shelf_do(shelf, count, &asked), WORK_DONE);
    return asked.count;
}

static void tries_are_counted_by_whom_and_since_when(void **state)
{
    struct shelf *shelf = *state;
    save(shelf, 1, 10, "a", false);
    save(shelf, 2, 20, "a", true);
    save(shelf, 3, 30, "a", false);
    save(shelf, 4, 30, "b", true);
    const struct {
        enum risk_counted what;
        enum risk_subject by;
        const char *subject;
        int64_t after, most, count;
    } rows[] = {
        { RISK_TRIES,    RISK_IP,    "a",        0,  100, 3 },
        { RISK_FAILURES, RISK_IP,    "a",        0,  100, 1 },
        { RISK_TRIES,    RISK_IP,    "b",        0,  100, 1 },
        { RISK_TRIES,    RISK_IP,    "c",        0,  100, 0 },
        { RISK_TRIES,    RISK_CARD,  "one card", 0,  100, 4 },
        { RISK_TRIES,    RISK_EMAIL, "a",        0,  100, 0 }, /* it is not counted by that */
        { RISK_TRIES,    RISK_IP,    "a",        10, 100, 2 },
        { RISK_TRIES,    RISK_IP,    "a",        9,  100, 3 },
        { RISK_FAILURES, RISK_IP,    "a",        20, 100, 0 },
        { RISK_TRIES,    RISK_CARD,  "one card", 0,  3,   3 }, /* no further than anybody wants to know */
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_row(counted(shelf, rows[i].what, rows[i].by, rows[i].subject, rows[i].after, rows[i].most) == rows[i].count, i);
    }
    struct asked elsewhere = { .merchant = STR("m_2"), .by = RISK_IP, .subject = STR("a"), .most = 100, .count = -1 };
    assert_int_equal(shelf_do(shelf, count, &elsewhere), WORK_DONE);
    assert_int_equal(elsewhere.count, 0);
}

static void fail_first(struct store *store, void *context)
{
    struct payment_id id = payment_id_of(1), nobody = payment_id_of(99);
    (void)context;
    store_save_failed_try(store, MERCHANT, payment_id_str(&id));
    store_save_failed_try(store, MERCHANT, payment_id_str(&nobody)); /* it was never counted */
}

static void what_fails_later_is_counted_as_that(void **state)
{
    struct shelf *shelf = *state;
    save(shelf, 1, 10, "a", false);
    assert_int_equal(shelf_do(shelf, fail_first, NULL), WORK_DONE);
    shelf_reopen(shelf);
    assert_int_equal(counted(shelf, RISK_FAILURES, RISK_IP, "a", 0, 100), 1);
    assert_int_equal(counted(shelf, RISK_TRIES, RISK_IP, "a", 0, 100), 1);
}

/* One transaction sees what it has saved itself: the members of a batch do not slip past a limit together. */
static void save_and_count(struct store *store, void *context)
{
    struct payment_id id = payment_id_of(7);
    struct try_record record = { .payment_id = payment_id_str(&id), .at = AT(50) };
    record.subjects[RISK_IP] = STR("a");
    store_save_new_try(store, MERCHANT, &record);
    count(store, context);
}

static void a_transaction_sees_its_own(void **state)
{
    struct shelf *shelf = *state;
    struct asked asked = { .merchant = MERCHANT, .by = RISK_IP, .subject = STR("a"), .most = 100 };
    save(shelf, 1, 10, "a", false);
    assert_int_equal(shelf_do(shelf, save_and_count, &asked), WORK_DONE);
    assert_int_equal(asked.count, 2);
}

static void forget(struct store *store, void *context)
{
    struct payment_id from = payment_id_of(3);
    store_drop_tries(store, MERCHANT, payment_id_str(&from), *(int64_t *)context);
}

static void old_ones_are_forgotten_some_at_a_time(void **state)
{
    struct shelf *shelf = *state;
    int64_t one = 1, many = 100;
    for (int64_t number = 1; number <= 4; number++) save(shelf, number, number, "a", number % 2);
    assert_int_equal(shelf_do(shelf, forget, &one), WORK_DONE);
    assert_int_equal(counted(shelf, RISK_TRIES, RISK_IP, "a", 0, 100), 3);
    assert_int_equal(shelf_do(shelf, forget, &many), WORK_DONE);
    assert_int_equal(counted(shelf, RISK_TRIES, RISK_IP, "a", 0, 100), 2);
}

/* ---- reviews that nobody has ended ---- */

struct reviews {
    struct arena *arena;
    micros before;
    struct payment_id *ids;
    size_t count;
};

static void list_reviews(struct store *store, void *context)
{
    struct reviews *reviews = context;
    reviews->count = store_list_open_reviews(store, reviews->arena, MERCHANT, reviews->before, 100, &reviews->ids);
}

static void keep_payment(struct shelf *shelf, int64_t number, enum payment_state state, enum review review, int64_t expires, bool busy)
{
    struct payment_record record = payment_of(number);
    record.payment.state = state;
    record.payment.review = review;
    if (!busy) record.payment.operation = (struct open_operation){ 0 };
    assert_int_equal(shelf_do(shelf, save_new_payment, &record), WORK_DONE);
    record.payment.expires_at = AT(expires);
    assert_int_equal(shelf_do(shelf, save_payment, &record), WORK_DONE);
}

static void open_reviews_are_found_by_the_end_of_their_holds(void **state)
{
    struct shelf *shelf = *state;
    struct reviews reviews = { .arena = &shelf->arena, .before = AT(100) };
    keep_payment(shelf, 1, PAYMENT_AUTHORIZED, REVIEW_OPEN, 99, false);
    keep_payment(shelf, 2, PAYMENT_AUTHORIZED, REVIEW_OPEN, 100, false);
    keep_payment(shelf, 3, PAYMENT_AUTHORIZED, REVIEW_OPEN, 50, false);
    keep_payment(shelf, 4, PAYMENT_AUTHORIZED, REVIEW_OPEN, 50, true); /* one thing at a time */
    keep_payment(shelf, 5, PAYMENT_AUTHORIZED, REVIEW_APPROVED, 50, false);
    keep_payment(shelf, 6, PAYMENT_VOIDED, REVIEW_CLOSED, 50, false);
    assert_int_equal(shelf_do(shelf, list_reviews, &reviews), WORK_DONE);
    assert_int_equal(reviews.count, 2);
    struct payment_id first = payment_id_of(3), second = payment_id_of(1);
    assert_string_equal(reviews.ids[0].text, first.text);
    assert_string_equal(reviews.ids[1].text, second.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        shelf_test(tries_are_counted_by_whom_and_since_when),
        shelf_test(what_fails_later_is_counted_as_that),
        shelf_test(a_transaction_sees_its_own),
        shelf_test(old_ones_are_forgotten_some_at_a_time),
        shelf_test(open_reviews_are_found_by_the_end_of_their_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
