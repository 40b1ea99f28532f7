/* SPDX-License-Identifier: Apache-2.0 */
/* Fraud checks: who has tried too often is turned away before any processor is asked; what a review holds is taken when it is approved and
 * goes back when it is not, whoever dies meanwhile. */
#include "base/base_testing.h"

#include <stdio.h>

#include "flow/shop.h"

#define HOME "203.0.113.7"
#define ELSEWHERE "198.51.100.1"
#define MINUTE (60 * SHOP_SECOND)

/* clang-format off */
static const struct risk_limit
    many_failures = { .counted = RISK_FAILURES, .by = RISK_IP, .count = 20, .within = SHOP_HOUR },
    some_tries    = { .counted = RISK_TRIES, .by = RISK_CARD, .count = 3, .within = 10 * MINUTE };
static const struct risk_rule
    testing  = { .name = "testing", .limits = &many_failures, .limit_count = 1, .decision = RISK_DENY },
    hurrying = { .name = "hurrying", .limits = &some_tries, .limit_count = 1, .decision = RISK_REVIEW },
    held     = { .name = "held", .decision = RISK_REVIEW },
    barred   = { .name = "barred", .decision = RISK_DENY },
    proven   = { .name = "proven", .decision = RISK_STEP_UP };
static const struct risk_rules
    no_testing = { .rules = &testing, .count = 1, .counts = { [RISK_IP] = true }, .longest = SHOP_HOUR },
    no_hurry   = { .rules = &hurrying, .count = 1, .counts = { [RISK_CARD] = true }, .longest = 10 * MINUTE },
    all_held   = { .rules = &held, .count = 1 },
    all_barred = { .rules = &barred, .count = 1 },
    all_proven = { .rules = &proven, .count = 1 };
/* clang-format on */

static struct shop *open_with(const struct risk_rules *rules)
{
    return shop_open_with(&(struct shop_settings){ .resend_after = 2 * SHOP_SECOND, .risks = rules });
}

static struct guest *pay(struct shop *shop, const char *key) { return shop_authorize(shop, key, shop_rich_card, 5000, false); }

/* Payments number `first` and so on from home with a card that has no money. */
static void fail_often(struct shop *shop, int first, int count)
{
    for (int i = first; i < first + count; i++) {
        char key[24];
        (void)snprintf(key, sizeof key, "fail-%d", i);
        struct guest *guest = shop_answered(shop, shop_authorize_from(shop, key, shop_poor_card, HOME, false));
        assert_told(guest, 402, "declined declined 0/0/0 operation=none decline=insufficient_funds");
    }
}

static void assert_tells(struct shop *shop, const struct guest *guest, const char *type, const char *what)
{
    str data = str_of(shop_event(shop, guest_payment(guest), type));
    if (!str_contains(data, str_of(what))) fail_msg("%s: %.*s does not tell %s", type, STR_FORMAT(data), what);
}

/* ---- limits ---- */

/* 1. Twenty cards fail from one client. 2. His next one goes to nobody, though it is good. 3. Others pay. 4. An hour later he may, too. */
static void the_twenty_first_goes_to_nobody(void **state)
{
    (void)state;
    struct shop *shop = open_with(&no_testing);
    fail_often(shop, 0, 20);
    int64_t requests = fake_bank_requests(shop->world);
    struct guest *denied = shop_answered(shop, shop_authorize_from(shop, "k1", shop_rich_card, HOME, false));
    assert_told(denied, 402, "declined declined 0/0/0 operation=none decline=fraud_suspected");
    assert_int_equal(fake_bank_requests(shop->world), requests);
    assert_tells(shop, denied, "authorize_started", "\"risk\":{\"decision\":\"deny\",\"rule\":\"testing\"}");
    assert_tells(shop, denied, "declined", "\"reason\":\"denied_by_risk\"");
    assert_string_equal(shop_payment(shop, guest_payment(denied))->risk_rule, "testing");

    struct guest *again = shop_answered(shop, shop_authorize_from(shop, "k1", shop_rich_card, HOME, false));
    assert_true(again->replayed);
    assert_string_equal(again->body, denied->body);

    struct guest *other = shop_answered(shop, shop_authorize_from(shop, "k2", shop_rich_card, ELSEWHERE, false));
    assert_told(other, 201, "done authorized");
    assert_tells(shop, other, "authorize_started", "\"risk\":{\"decision\":\"allow\",\"rule\":\"default\"}");
    assert_told(shop_answered(shop, pay(shop, "k3")), 201, "done authorized"); /* from nobody knows where */

    shop_pass(shop, SHOP_HOUR);
    assert_told(shop_answered(shop, shop_authorize_from(shop, "k4", shop_rich_card, HOME, false)), 201, "done authorized");
    shop_close(shop);
}

/* What was counted is on disk; and what has failed but was not told yet counts when it is known. */
static void windows_outlive_the_gateway(void **state)
{
    (void)state;
    struct shop *shop = open_with(&no_testing);
    fail_often(shop, 0, 19);
    fake_bank_fault(shop->world, "\"path\": \"/api/v1/authorizations\", \"fault\": \"act_then_hang_up\"");
    (void)shop_authorize_from(shop, "last", shop_poor_card, HOME, false);
    shop_pass(shop, SHOP_SECOND);
    shop_lose(shop, true);
    shop_begin(shop);
    shop_rest(shop); /* the recovery hears that it was declined */
    struct guest *denied = shop_answered(shop, shop_authorize_from(shop, "k1", shop_rich_card, HOME, false));
    assert_told(denied, 402, "declined declined 0/0/0 operation=none decline=fraud_suspected");
    shop_close(shop);
}

/* Tries count from the moment they are begun: a burst does not slip through while the first ones are on their way. */
static void a_burst_is_counted(void **state)
{
    (void)state;
    struct guest *burst[6];
    size_t reviewed = 0;
    struct shop *shop = open_with(&no_hurry);
    for (size_t i = 0; i < COUNT_OF(burst); i++) {
        char key[24];
        (void)snprintf(key, sizeof key, "burst-%zu", i);
        burst[i] = pay(shop, key);
    }
    shop_rest(shop);
    for (size_t i = 0; i < COUNT_OF(burst); i++) {
        assert_told(burst[i], 201, "done authorized 5000/0/0 operation=none");
        reviewed += shop_payment(shop, guest_payment(burst[i]))->payment.review == REVIEW_OPEN;
    }
    assert_int_equal(reviewed, 3);
    shop_close(shop);
}

/* Old tries go, with no more than a window's worth left. */
static void old_tries_are_forgotten(void **state)
{
    (void)state;
    struct shop *shop = open_with(&no_hurry);
    for (int i = 0; i < 3; i++) {
        char key[24];
        (void)snprintf(key, sizeof key, "k-%d", i);
        shop_answered(shop, pay(shop, key));
    }
    shop_pass(shop, 9 * MINUTE);
    struct guest *soon = shop_answered(shop, pay(shop, "soon"));
    assert_int_equal(shop_payment(shop, guest_payment(soon))->payment.review, REVIEW_OPEN);
    shop_pass(shop, 11 * MINUTE);
    struct guest *later = shop_answered(shop, pay(shop, "later"));
    assert_int_equal(shop_payment(shop, guest_payment(later))->payment.review, REVIEW_NONE);
    shop_close(shop);
}

static void without_rules_nothing_is_asked_or_told(void **state)
{
    (void)state;
    struct shop *shop = shop_open();
    struct guest *guest = shop_answered(shop, pay(shop, "k1"));
    assert_int_equal(shop_payment(shop, guest_payment(guest))->payment.risk, RISK_UNASKED);
    assert_false(str_contains(str_of(shop_event(shop, guest_payment(guest), "authorize_started")), STR("risk")));
    shop_close(shop);
}

/* The rules are exchanged while a payment is on its way to the store: those that it came under decide. */
static void rules_may_go_before_the_payment_is_begun(void **state)
{
    (void)state;
    struct shop *shop = open_with(&all_barred);
    struct guest *guest = pay(shop, "k1");
    flows_check_by(shop->flows, NULL, RISK_REVIEW);
    assert_told(shop_answered(shop, guest), 402, "declined declined 0/0/0 operation=none decline=fraud_suspected");
    assert_told(shop_answered(shop, pay(shop, "k2")), 201, "done authorized");
    shop_close(shop);
}

/* ---- reviews ---- */

static const char *held_payment(struct shop *shop, const char *key, bool automatic)
{
    struct guest *guest = shop_answered(shop, shop_authorize(shop, key, shop_rich_card, 5000, automatic));
    assert_told(guest, 201, "done authorized 5000/0/0 operation=none");
    assert_int_equal(shop_payment(shop, guest_payment(guest))->payment.review, REVIEW_OPEN);
    return guest_payment(guest);
}

static void approved_it_is_captured(void **state)
{
    (void)state;
    struct shop *shop = open_with(&all_held);
    const char *payment = held_payment(shop, "k1", false);
    assert_told(shop_answered(shop, shop_capture(shop, "k2", payment)), 409, "refused not_approved authorized");
    assert_told(shop_answered(shop, shop_review(shop, "k3", payment, true)), 200, "done authorized 5000/0/0 operation=none");
    assert_told(shop_answered(shop, shop_capture(shop, "k4", payment)), 200, "done captured 5000/5000/0 operation=none");
    assert_told(shop_answered(shop, shop_review(shop, "k5", payment, false)), 409, "refused no_open_review captured");
    struct guest *again = shop_answered(shop, shop_review(shop, "k3", payment, true));
    assert_true(again->replayed);
    assert_told(again, 200, "done authorized 5000/0/0 operation=none");
    shop_close(shop);
}

static void an_automatic_one_is_captured_by_the_approval(void **state)
{
    (void)state;
    struct shop *shop = open_with(&all_held);
    const char *payment = held_payment(shop, "k1", true);
    shop_rest(shop);
    assert_int_equal(fake_bank_count(shop->world, "captures"), 0);
    assert_told(shop_answered(shop, shop_review(shop, "k2", payment, true)), 200, "done captured 5000/5000/0 operation=none");
    shop_close(shop);
}

static void declined_it_is_voided(void **state)
{
    (void)state;
    struct shop *shop = open_with(&all_held);
    const char *payment = held_payment(shop, "k1", true);
    assert_told(shop_answered(shop, shop_review(shop, "k2", payment, false)), 200, "done voided 5000/0/0 operation=none");
    assert_int_equal(fake_bank_count(shop->world, "voids"), 1);
    assert_int_equal(fake_bank_count(shop->world, "captures"), 0);
    shop_close(shop);
}

/* Only one of two words is taken. */
static void two_say_different_things_at_once(void **state)
{
    (void)state;
    struct shop *shop = open_with(&all_held);
    const char *payment = held_payment(shop, "k1", false);
    struct guest *no = shop_review(shop, "k2", payment, false), *yes = shop_review(shop, "k3", payment, true);
    shop_rest(shop);
    assert_told(no, 200, "done voided");
    assert_int_equal(yes->status, 409);
    shop_close(shop);
}

/* The bank will not give it back: the money is not taken all the same. */
static void a_void_that_is_refused(void **state)
{
    (void)state;
    struct shop *shop = open_with(&all_held);
    const char *payment = held_payment(shop, "k1", false);
    fake_bank_fault(shop->world, "\"path\": \"/api/v1/voids\", \"fault\": \"plain_400\", \"times\": 0");
    struct guest *guest = shop_answered(shop, shop_review(shop, "k2", payment, false));
    assert_told(guest, 422, "processor_refused authorized 5000/0/0 operation=none");
    assert_told(shop_answered(shop, shop_capture(shop, "k3", payment)), 409, "refused not_approved");
    shop_close(shop);
}

/* A week's hold ends: an hour before, the money goes back by itself. */
static void nobody_reviews_it(void **state)
{
    (void)state;
    struct shop *shop = open_with(&all_held);
    const char *payment = held_payment(shop, "k1", true);
    shop_pass(shop, 7 * SHOP_DAY - SHOP_HOUR - MINUTE);
    assert_int_equal(shop_payment(shop, payment)->payment.review, REVIEW_OPEN);
    shop_pass(shop, 2 * MINUTE);
    assert_int_equal(shop_payment(shop, payment)->payment.state, PAYMENT_VOIDED);
    assert_int_equal(shop_payment(shop, payment)->payment.review, REVIEW_DECLINED);
    assert_true(str_contains(str_of(shop_event(shop, payment, "review_declined")), STR("\"by\":\"clock\"")));
    assert_told(shop_answered(shop, shop_review(shop, "k2", payment, true)), 409, "refused no_open_review voided");
    shop_close(shop);
}

/* Whoever approves hears it once: killed after each moment, the same key tells the same. */
static void a_crash_around_an_approval(void **state)
{
    (void)state;
    for (int64_t moments = 0; moments < 6; moments++) {
        struct shop *shop = open_with(&all_held);
        const char *payment = held_payment(shop, "k1", false);
        (void)shop_review(shop, "k2", payment, true);
        for (int64_t i = 0; i < moments; i++) (void)fake_world_step(shop->world, fake_world_clock(shop->world) + SHOP_SECOND);
        shop_lose(shop, false);
        shop_begin(shop);
        shop_rest(shop);
        assert_told(shop_answered(shop, shop_review(shop, "k2", payment, true)), 200, "done authorized 5000/0/0 operation=none");
        assert_int_equal(shop_payment(shop, payment)->payment.review, REVIEW_APPROVED);
        assert_int_equal(shop_payment(shop, payment)->payment.sequence, 3);
        shop_close(shop);
    }
}

/* ---- who can take it ---- */

static void a_processor_that_only_sells_takes_no_reviews(void **state)
{
    (void)state;
    struct processor seller = *processor_named(STR("bank"));
    seller.can.only_sells = true;
    struct shop *shop = shop_open_with(&(struct shop_settings){ .processor = &seller, .risks = &all_held });
    assert_told(shop_answered(shop, shop_authorize(shop, "k1", shop_rich_card, 5000, true)), 409, "refused hold_not_supported");
    assert_int_equal(fake_bank_requests(shop->world), 0);
    shop_close(shop);
}

/* He cannot prove himself there: it goes to nobody, and the answer says what would help. */
static void a_step_up_that_nobody_can_do(void **state)
{
    (void)state;
    struct shop *shop = open_with(&all_proven);
    struct guest *guest = shop_answered(shop, shop_authorize_away(shop, "k1", false));
    assert_told(guest, 402, "declined declined 0/0/0 operation=none decline=authentication_required");
    assert_tells(shop, guest, "declined", "\"reason\":\"step_up_not_possible\"");
    assert_int_equal(fake_bank_requests(shop->world), 0);
    shop_close(shop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_twenty_first_goes_to_nobody),
        cmocka_unit_test(windows_outlive_the_gateway),
        cmocka_unit_test(a_burst_is_counted),
        cmocka_unit_test(old_tries_are_forgotten),
        cmocka_unit_test(without_rules_nothing_is_asked_or_told),
        cmocka_unit_test(rules_may_go_before_the_payment_is_begun),
        cmocka_unit_test(approved_it_is_captured),
        cmocka_unit_test(an_automatic_one_is_captured_by_the_approval),
        cmocka_unit_test(declined_it_is_voided),
        cmocka_unit_test(two_say_different_things_at_once),
        cmocka_unit_test(a_void_that_is_refused),
        cmocka_unit_test(nobody_reviews_it),
        cmocka_unit_test(a_crash_around_an_approval),
        cmocka_unit_test(a_processor_that_only_sells_takes_no_reviews),
        cmocka_unit_test(a_step_up_that_nobody_can_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
