/* SPDX-License-Identifier: Apache-2.0 */
/* A bank or a network that breaks: what is not known is told as open, asked again with the same bytes, and done once. */
#include "base/base_testing.h"

#include <stdio.h>

#include "flow/shop.h"

/* A shop that repeats lost calls after a second, so that the merchant hears the end within his ten. */
static struct shop *quick_shop(void) { return shop_open_with(&(struct shop_settings){ .resend_after = SHOP_SECOND }); }

#define ON_HOLDS "\"path\": \"/api/v1/authorizations\", "
#define ON_CAPTURES "\"path\": \"/api/v1/captures\", "
#define ON_VOIDS "\"path\": \"/api/v1/voids\", "
#define ON_REFUNDS "\"path\": \"/api/v1/refunds\", "

static struct guest *pay(struct shop *shop, const char *key) { return shop_authorize(shop, key, shop_rich_card, 5000, false); }

/* ---- lost answers ---- */

/* pay, the bank holds the money, the answer is lost, the same bytes again, the bank repeats its answer: one hold. */
static void a_lost_answer_is_asked_for_again(void **state)
{
    (void)state;
    struct shop *shop = quick_shop();
    fake_bank_fault(shop->world, ON_HOLDS "\"fault\": \"act_then_hang_up\"");
    struct guest *guest = shop_answered(shop, pay(shop, "k1"));
    assert_told(guest, 201, "done authorized 5000/0/0 operation=none");
    assert_int_equal(fake_bank_requests(shop->world), 2);
    assert_int_equal(fake_bank_count(shop->world, "holds"), 1);
    assert_int_equal(shop_payment(shop, guest_payment(guest))->stray_holds, 0);
    assert_true(fake_world_clock(shop->world) > 2 * SHOP_SECOND); /* not before a killed request can have ended */
    shop_close(shop);
}

static void every_kind_of_half_answer_is_asked_for_again(void **state)
{
    (void)state;
    static const char *const faults[] = { "act_then_hang_up", "hang_up_halfway", "truncate", "garbage", "empty_200" };
    for (size_t i = 0; i < COUNT_OF(faults); i++) {
        char order[80];
        struct shop *shop = quick_shop();
        snprintf(order, sizeof order, ON_HOLDS "\"fault\": \"%s\"", faults[i]);
        fake_bank_fault(shop->world, order);
        assert_told(shop_answered(shop, pay(shop, "k1")), 201, "done authorized 5000/0/0 operation=none");
        assert_int_equal(fake_bank_count(shop->world, "holds"), 1);
        shop_close(shop);
    }
}

/* ... and the bank has forgotten the key: a second hold. The first one can be found by nobody, and that is told. */
static void a_hold_that_nobody_can_find_is_reported(void **state)
{
    (void)state;
    struct shop *shop = quick_shop();
    fake_bank_fault(shop->world, ON_HOLDS "\"fault\": \"act_then_hang_up\", \"store_key\": false");
    struct guest *guest = shop_answered(shop, pay(shop, "k1"));
    assert_told(guest, 201, "done authorized 5000/0/0 operation=none");
    assert_int_equal(fake_bank_count(shop->world, "holds"), 2);
    assert_int_equal(shop_payment(shop, guest_payment(guest))->stray_holds, 1);
    assert_true(str_contains(str_of(shop_event(shop, guest_payment(guest), "authorized")), STR("\"possible_stray_holds\":1")));
    shop_close(shop);
}

/* The answer never comes: 202 when the merchant's time is over, and the end of it under the same key. */
static void an_open_outcome_is_told_and_its_end_kept_for_the_same_key(void **state)
{
    (void)state;
    struct shop *shop = shop_open();
    fake_bank_fault(shop->world, ON_HOLDS "\"fault\": \"act_then_hang_up\"");
    struct guest *guest = shop_answered(shop, pay(shop, "k1"));
    assert_told(guest, 202, "open pending 0/0/0 operation=authorize/unknown");
    assert_true(guest->answered_at <= 12 * SHOP_SECOND);
    struct guest *again = shop_answered(shop, pay(shop, "k1"));
    assert_told(again, 201, "done authorized 5000/0/0 operation=none");
    assert_string_equal(guest_payment(again), guest_payment(guest));
    struct guest *later = shop_answered(shop, pay(shop, "k1"));
    assert_told(later, 201, again->body);
    shop_close(shop);
}

/* Merchant's patience is shorter than the bank's answer takes: the connection stays open and the answer is taken. */
static void a_late_answer_is_taken(void **state)
{
    (void)state;
    struct shop *shop = shop_open();
    fake_bank_fault(shop->world, ON_HOLDS "\"fault\": \"slow\", \"latency_ms\": 14000");
    struct guest *guest = shop_answered(shop, pay(shop, "k1"));
    assert_told(guest, 202, "open pending 0/0/0 operation=authorize/running");
    shop_pass(shop, 5 * SHOP_SECOND);
    assert_told(shop_answered(shop, pay(shop, "k1")), 201, "done authorized 5000/0/0 operation=none");
    assert_int_equal(fake_bank_requests(shop->world), 1);
    shop_close(shop);
}

/* No answer within our own time-out: the connection is closed, and after the quiet time the same bytes go again. */
static void silence_ends_with_our_own_time_out(void **state)
{
    (void)state;
    struct shop *shop = shop_open();
    fake_bank_fault(shop->world, ON_HOLDS "\"fault\": \"silence\"");
    assert_told(shop_answered(shop, pay(shop, "k1")), 202, "open pending 0/0/0 operation=authorize/running");
    shop_rest(shop);
    assert_true(fake_world_clock(shop->world) > 40 * SHOP_SECOND);
    assert_told(shop_answered(shop, pay(shop, "k1")), 201, "done authorized 5000/0/0 operation=none");
    shop_close(shop);
}

/* Everybody who asks meanwhile joins, each with his own patience. */
static void who_joins_a_doubt_waits_for_its_end(void **state)
{
    (void)state;
    struct shop *shop = shop_open();
    fake_bank_fault(shop->world, ON_HOLDS "\"fault\": \"act_then_hang_up\"");
    struct guest *first = pay(shop, "k1");
    shop_pass(shop, 5 * SHOP_SECOND);
    struct guest *second = pay(shop, "k1");
    assert_told(shop_answered(shop, first), 202, "open pending");
    assert_told(shop_answered(shop, second), 201, "done authorized");
    assert_true(second->replayed);
    shop_close(shop);
}

/* ---- passing faults ---- */

static void a_fault_that_is_told_is_no_doubt(void **state)
{
    (void)state;
    struct shop *shop = quick_shop();
    fake_bank_fault(shop->world, ON_HOLDS "\"fault\": \"fail\", \"times\": 3");
    struct guest *guest = shop_answered(shop, pay(shop, "k1"));
    assert_told(guest, 201, "done authorized 5000/0/0 operation=none");
    assert_int_equal(fake_bank_requests(shop->world), 4);
    assert_string_equal(shop_event(shop, guest_payment(guest), "operation_doubted"), "");
    assert_int_equal(shop_payment(shop, guest_payment(guest))->stray_holds, 0);
    assert_true(fake_world_clock(shop->world) < 3 * SHOP_SECOND); /* with back-off, but without the quiet time */
    shop_close(shop);
}

/* 400 internal_error can hide a commit that worked: doubt, and here it did. */
static void a_fault_that_may_hide_a_success_is_doubt(void **state)
{
    (void)state;
    struct shop *shop = quick_shop();
    const char *payment = shop_held(shop, "k1");
    fake_bank_fault(shop->world, ON_CAPTURES "\"fault\": \"internal_400_done\"");
    struct guest *guest = shop_answered(shop, shop_capture(shop, "k2", payment));
    assert_told(guest, 200, "done captured 5000/5000/0 operation=none"); /* the hold is used, and only we can have used it */
    assert_int_equal(fake_bank_count(shop->world, "captures"), 1);
    assert_string_not_equal(shop_event(shop, payment, "operation_doubted"), "");
    shop_close(shop);
}

static void a_declined_card_may_be_the_banks_own_illness(void **state)
{
    (void)state;
    struct shop *shop = quick_shop();
    fake_bank_fault(shop->world, "\"fault\": \"internal_400\"");
    const char *payment = shop_held(shop, "k1"); /* it told of an illness on the way */
    assert_string_not_equal(payment, "");
    fake_bank_fault(shop->world, ON_HOLDS "\"fault\": \"not_found_400\"");
    assert_told(shop_answered(shop, pay(shop, "k2")), 201, "done authorized"); /* asked once more, the card is known */
    shop_close(shop);
}

/* ---- nothing left ---- */

/* The bank cannot be reached until the merchant's time is over: certain, so it has failed, and a new key tries again. */
static void an_unreachable_bank_fails_an_authorization(void **state)
{
    (void)state;
    struct shop *shop = shop_open();
    fake_world_set_network(shop->world, NETWORK_REFUSES);
    struct guest *guest = shop_answered(shop, pay(shop, "k1"));
    assert_told(guest, 503, "unavailable failed 0/0/0 operation=none");
    fake_world_set_network(shop->world, NETWORK_WORKS);
    struct guest *again = shop_answered(shop, pay(shop, "k1"));
    assert_told(again, 503, guest->body);
    assert_true(again->replayed);
    assert_told(shop_answered(shop, pay(shop, "k2")), 201, "done authorized");
    assert_int_equal(fake_bank_count(shop->world, "holds"), 1);
    shop_close(shop);
}

static void a_bank_that_comes_back_in_time_is_enough(void **state)
{
    (void)state;
    struct shop *shop = shop_open();
    fake_world_set_network(shop->world, NETWORK_REFUSES);
    struct guest *guest = pay(shop, "k1");
    shop_pass(shop, SHOP_SECOND);
    fake_world_set_network(shop->world, NETWORK_WORKS);
    assert_told(shop_answered(shop, guest), 201, "done authorized 5000/0/0 operation=none");
    shop_close(shop);
}

/* A capture is not given up: the money is held, so it goes on trying. */
static void a_capture_goes_on_trying(void **state)
{
    (void)state;
    struct shop *shop = shop_open();
    const char *payment = shop_held(shop, "k1");
    fake_world_set_network(shop->world, NETWORK_REFUSES);
    assert_told(shop_answered(shop, shop_capture(shop, "k2", payment)), 202, "open authorized 5000/0/0 operation=capture/running");
    shop_pass(shop, 5 * 60 * SHOP_SECOND);
    fake_world_set_network(shop->world, NETWORK_WORKS);
    shop_rest(shop);
    assert_told(shop_answered(shop, shop_capture(shop, "k2", payment)), 200, "done captured 5000/5000/0 operation=none");
    assert_int_equal(fake_bank_count(shop->world, "captures"), 1);
    shop_close(shop);
}

/* ---- done already, the id is lost ---- */

static void a_capture_whose_id_was_lost_cannot_be_refunded(void **state)
{
    (void)state;
    struct shop *shop = quick_shop();
    const char *payment = shop_held(shop, "k1");
    fake_bank_fault(shop->world, ON_CAPTURES "\"fault\": \"act_then_hang_up\", \"store_key\": false");
    assert_told(shop_answered(shop, shop_capture(shop, "k2", payment)), 200, "done captured 5000/5000/0 operation=none");
    assert_int_equal(fake_bank_count(shop->world, "captures"), 1);
    assert_string_equal(shop_payment(shop, payment)->capture_ref.text, "");
    assert_told(shop_answered(shop, shop_refund(shop, "k3", payment)), 409, "refused processor_reference_unknown");
    shop_close(shop);
}

static void a_void_or_refund_whose_id_was_lost_is_done_all_the_same(void **state)
{
    (void)state;
    struct shop *shop = quick_shop();
    const char *voided = shop_held(shop, "k1"), *refunded = shop_captured(shop, "k2");
    fake_bank_fault(shop->world, ON_VOIDS "\"fault\": \"act_then_hang_up\", \"store_key\": false");
    fake_bank_fault(shop->world, ON_REFUNDS "\"fault\": \"act_then_hang_up\", \"store_key\": false");
    assert_told(shop_answered(shop, shop_void(shop, "k3", voided)), 200, "done voided 5000/0/0 operation=none");
    assert_told(shop_answered(shop, shop_refund(shop, "k4", refunded)), 200, "done refunded 5000/5000/5000 operation=none");
    shop_close(shop);
}

/* Its memory of the key is only a moment late: the second try brings the id. */
static void a_late_memory_brings_the_id(void **state)
{
    (void)state;
    struct shop *shop = quick_shop();
    const char *payment = shop_held(shop, "k1");
    fake_bank_fault(shop->world, ON_CAPTURES "\"fault\": \"act_then_hang_up\"");
    fake_bank_fault(shop->world, ON_CAPTURES "\"fault\": \"ignore_key\"");
    assert_told(shop_answered(shop, shop_capture(shop, "k2", payment)), 200, "done captured 5000/5000/0 operation=none");
    assert_string_not_equal(shop_payment(shop, payment)->capture_ref.text, "");
    assert_told(shop_answered(shop, shop_refund(shop, "k3", payment)), 200, "done refunded");
    shop_close(shop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lost_answer_is_asked_for_again),
        cmocka_unit_test(every_kind_of_half_answer_is_asked_for_again),
        cmocka_unit_test(a_hold_that_nobody_can_find_is_reported),
        cmocka_unit_test(an_open_outcome_is_told_and_its_end_kept_for_the_same_key),
        cmocka_unit_test(a_late_answer_is_taken),
        cmocka_unit_test(silence_ends_with_our_own_time_out),
        cmocka_unit_test(who_joins_a_doubt_waits_for_its_end),
        cmocka_unit_test(a_fault_that_is_told_is_no_doubt),
        cmocka_unit_test(a_fault_that_may_hide_a_success_is_doubt),
        cmocka_unit_test(a_declined_card_may_be_the_banks_own_illness),
        cmocka_unit_test(an_unreachable_bank_fails_an_authorization),
        cmocka_unit_test(a_bank_that_comes_back_in_time_is_enough),
        cmocka_unit_test(a_capture_goes_on_trying),
        cmocka_unit_test(a_capture_whose_id_was_lost_cannot_be_refunded),
        cmocka_unit_test(a_void_or_refund_whose_id_was_lost_is_done_all_the_same),
        cmocka_unit_test(a_late_memory_brings_the_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
