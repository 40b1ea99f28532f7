/* SPDX-License-Identifier: Apache-2.0 */
/* A bank that works: what the merchant asks is done, declined or refused, and each key has one answer. */
#include "base/base_testing.h"

#include "flow/shop.h"

/* The same question again is the same answer, byte for byte, and nobody is asked. */
static void assert_same_again(struct shop *shop, const struct guest *first, struct guest *again)
{
    int64_t requests = fake_bank_requests(shop->world);
    shop_answered(shop, again);
    assert_int_equal(again->status, first->status);
    assert_string_equal(again->body, first->body);
    assert_true(again->replayed);
    assert_int_equal(fake_bank_requests(shop->world), requests);
}

static void an_order_is_paid_and_the_money_given_back(void **state)
{
    (void)state;
    struct shop *shop = shop_open();
    const char *payment = shop_captured(shop, "k1");
    struct guest *refund = shop_answered(shop, shop_refund(shop, "k2", payment));
    assert_told(refund, 200, "done refunded 5000/5000/5000 operation=none");
    assert_false(refund->replayed);
    assert_int_equal(fake_bank_requests(shop->world), 3);
    shop_close(shop);
}

static void a_hold_is_given_back(void **state)
{
    (void)state;
    struct shop *shop = shop_open();
    const char *payment = shop_held(shop, "k1");
    struct guest *voided = shop_answered(shop, shop_void(shop, "k2", payment));
    assert_told(voided, 200, "done voided 5000/0/0 operation=none");
    assert_int_equal(fake_bank_count(shop->world, "open_holds"), 0);
    assert_told(shop_answered(shop, shop_capture(shop, "k3", payment)), 409, "refused invalid_state voided");
    shop_close(shop);
}

static void a_card_without_money_is_declined(void **state)
{
    (void)state;
    struct shop *shop = shop_open();
    struct guest *guest = shop_answered(shop, shop_authorize(shop, "k1", shop_poor_card, 5000, false));
    assert_told(guest, 402, "declined declined 0/0/0 operation=none decline=insufficient_funds");
    assert_same_again(shop, guest, shop_authorize(shop, "k1", shop_poor_card, 5000, false));
    shop_close(shop);
}

/* By its own date: a decline of a payment of its own, without a call. */
static void a_card_past_its_date_is_declined_without_a_call(void **state)
{
    (void)state;
    struct shop *shop = shop_open();
    struct card card = shop_card(shop_rich_card);
    card.expiry_month = 2;
    card.expiry_year = 2026; /* it is March */
    struct guest *guest = shop_answered(shop, shop_authorize_card(shop, "k1", &card, 5000, false));
    assert_told(guest, 402, "declined declined 0/0/0 operation=none decline=expired_card");
    assert_int_equal(fake_bank_requests(shop->world), 0);
    assert_same_again(shop, guest, shop_authorize_card(shop, "k1", &card, 5000, false));
    shop_close(shop);
}

/* A replay stays a replay when the card has grown too old meanwhile. */
static void a_key_is_looked_up_before_the_clock(void **state)
{
    (void)state;
    struct shop *shop = shop_open();
    struct guest *first = shop_answered(shop, shop_authorize(shop, "k1", shop_rich_card, 5000, false));
    fake_world_jump(shop->world, 6 * 365 * SHOP_DAY);
    struct guest *again = shop_answered(shop, shop_authorize(shop, "k1", shop_rich_card, 5000, false));
    assert_told(again, 201, first->body);
    assert_true(again->replayed);
    shop_close(shop);
}

static void a_cvv_is_needed_before_the_wire(void **state)
{
    (void)state;
    struct shop *shop = shop_open();
    struct card card = shop_card(shop_rich_card);
    card.cvv[0] = 0;
    assert_told(shop_answered(shop, shop_authorize_card(shop, "k1", &card, 5000, false)), 409, "refused cvv_required");
    assert_int_equal(fake_bank_requests(shop->world), 0);
    assert_int_equal(shop_payments(shop), 0);
    shop_close(shop);
}

static void what_is_not_there_is_not_found(void **state)
{
    (void)state;
    struct shop *shop = shop_open();
    const char *payment = shop_held(shop, "k1");
    const char *strangers[] = { "", "nonsense", "pay_000000000000000000000000000000000000", "pay_0000000000000000000000000000000000000000000000000" };
    for (size_t i = 0; i < COUNT_OF(strangers); i++) assert_told(shop_answered(shop, shop_capture(shop, "k2", strangers[i])), 404, "not_found");
    /* Nothing was kept of it: the key is as good as new. */
    assert_told(shop_answered(shop, shop_capture(shop, "k2", payment)), 200, "done captured");
    shop_close(shop);
}

/* ---- keys ---- */

static void every_kind_of_request_is_replayed(void **state)
{
    (void)state;
    struct shop *shop = shop_open();
    struct guest *held = shop_answered(shop, shop_authorize(shop, "k1", shop_rich_card, 5000, false));
    const char *payment = guest_payment(held);
    struct guest *captured = shop_answered(shop, shop_capture(shop, "k2", payment));
    struct guest *refused = shop_answered(shop, shop_void(shop, "k3", payment));
    assert_told(refused, 409, "refused invalid_state captured");
    struct guest *refunded = shop_answered(shop, shop_refund(shop, "k4", payment));
    assert_same_again(shop, held, shop_authorize(shop, "k1", shop_rich_card, 5000, false)); /* as it was then */
    assert_same_again(shop, captured, shop_capture(shop, "k2", payment));
    assert_same_again(shop, refused, shop_void(shop, "k3", payment)); /* business refusals are answers too */
    assert_same_again(shop, refunded, shop_refund(shop, "k4", payment));
    assert_told(shop_answered(shop, shop_refund(shop, "k5", payment)), 409, "refused invalid_state refunded");
    shop_close(shop);
}

static void a_key_belongs_to_one_request(void **state)
{
    (void)state;
    struct shop *shop = shop_open();
    struct guest *first = shop_authorize(shop, "k1", shop_rich_card, 5000, false);
    struct guest *other_amount = shop_authorize(shop, "k1", shop_rich_card, 5001, false); /* while the first is running */
    assert_told(shop_answered(shop, other_amount), 422, "key_reused");
    assert_told(shop_answered(shop, first), 201, "done authorized 5000/0/0");
    assert_told(shop_answered(shop, shop_authorize(shop, "k1", shop_rich_card, 5001, false)), 422, "key_reused");
    assert_told(shop_answered(shop, shop_capture(shop, "k1", guest_payment(first))), 422, "key_reused");
    assert_int_equal(shop_payments(shop), 1);
    shop_close(shop);
}

/* Another request has the same key by mistake. It is running here while its key is looked up, but the key is not its own. */
static void a_key_stays_with_its_request_while_another_one_tries_it(void **state)
{
    (void)state;
    struct shop *shop = shop_open();
    const char *payment = shop_held(shop, "k1");
    struct guest *refused = shop_answered(shop, shop_refund(shop, "k2", payment));
    assert_told(refused, 409, "refused invalid_state authorized");
    struct guest *other = shop_capture(shop, "k2", payment);
    struct guest *again = shop_refund(shop, "k2", payment);
    assert_told(shop_answered(shop, again), 409, refused->body);
    assert_told(shop_answered(shop, other), 422, "key_reused");
    shop_close(shop);
}

static void equal_requests_join(void **state)
{
    (void)state;
    struct shop *shop = shop_open();
    struct guest *guests[5];
    for (size_t i = 0; i < COUNT_OF(guests); i++) {
        guests[i] = shop_authorize(shop, "k1", shop_rich_card, 5000, false);
        shop_pass(shop, 10 * MICROS_PER_MS); /* recording, on the way, at the bank, on the way back */
    }
    for (size_t i = 0; i < COUNT_OF(guests); i++) {
        assert_told(shop_answered(shop, guests[i]), 201, guests[0]->body);
        assert_int_equal(guests[i]->replayed, i > 0);
    }
    assert_int_equal(fake_bank_requests(shop->world), 1);
    shop_close(shop);
}

/* ---- one thing at a time ---- */

static void two_captures_at_once_are_one(void **state)
{
    (void)state;
    struct shop *shop = shop_open();
    const char *payment = shop_held(shop, "k1");
    struct guest *first = shop_capture(shop, "k2", payment), *second = shop_capture(shop, "k3", payment);
    assert_told(shop_answered(shop, second), 409, "refused operation_in_progress authorized 5000/0/0 operation=capture/running");
    assert_told(shop_answered(shop, first), 200, "done captured");
    /* That refusal asked to come back with the same key, so it was not kept. */
    assert_told(shop_answered(shop, shop_capture(shop, "k3", payment)), 409, "refused invalid_state captured");
    shop_close(shop);
}

static void a_void_does_not_overtake_a_capture(void **state)
{
    (void)state;
    struct shop *shop = shop_open();
    const char *payment = shop_held(shop, "k1");
    struct guest *capture = shop_capture(shop, "k2", payment);
    shop_pass(shop, 20 * MICROS_PER_MS);
    assert_told(shop_answered(shop, shop_void(shop, "k3", payment)), 409, "refused operation_in_progress");
    assert_told(shop_answered(shop, capture), 200, "done captured");
    assert_int_equal(fake_bank_count(shop->world, "voids"), 0);
    shop_close(shop);
}

static void payments_do_not_wait_for_each_other(void **state)
{
    (void)state;
    struct shop *shop = shop_open();
    struct guest *guests[20];
    char key[16] = "k00";
    for (size_t i = 0; i < COUNT_OF(guests); i++) {
        key[1] = (char)('a' + i);
        guests[i] = shop_authorize(shop, key, shop_rich_card, 100 + (int64_t)i, false);
    }
    shop_pass(shop, 60 * MICROS_PER_MS); /* one bank's time, not twenty */
    for (size_t i = 0; i < COUNT_OF(guests); i++) assert_told(guests[i], 201, "done authorized");
    shop_close(shop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_order_is_paid_and_the_money_given_back),
        cmocka_unit_test(a_hold_is_given_back),
        cmocka_unit_test(a_card_without_money_is_declined),
        cmocka_unit_test(a_card_past_its_date_is_declined_without_a_call),
        cmocka_unit_test(a_key_is_looked_up_before_the_clock),
        cmocka_unit_test(a_cvv_is_needed_before_the_wire),
        cmocka_unit_test(what_is_not_there_is_not_found),
        cmocka_unit_test(every_kind_of_request_is_replayed),
        cmocka_unit_test(a_key_belongs_to_one_request),
        cmocka_unit_test(a_key_stays_with_its_request_while_another_one_tries_it),
        cmocka_unit_test(equal_requests_join),
        cmocka_unit_test(two_captures_at_once_are_one),
        cmocka_unit_test(a_void_does_not_overtake_a_capture),
        cmocka_unit_test(payments_do_not_wait_for_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
