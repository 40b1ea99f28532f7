/* SPDX-License-Identifier: Apache-2.0 */
/* What follows by itself: the capture of an automatic payment, the release of a hold that nobody can use, the end by the clock. */
#include "base/base_testing.h"

#include "flow/shop.h"

#define ON_CAPTURES "\"path\": \"/api/v1/captures\", "
#define ON_VOIDS "\"path\": \"/api/v1/voids\", "
#define GRACE (5 * 60 * SHOP_SECOND)

static struct shop *quick_shop(void) { return shop_open_with(&(struct shop_settings){ .resend_after = SHOP_SECOND }); }

static struct guest *buy(struct shop *shop, const char *key) { return shop_authorize(shop, key, shop_rich_card, 5000, true); }

/* ---- automatic capture ---- */

static void an_automatic_payment_is_held_and_captured_in_one_request(void **state)
{
    (void)state;
    struct shop *shop = shop_open();
    struct guest *guest = shop_answered(shop, buy(shop, "k1"));
    assert_told(guest, 201, "done captured 5000/5000/0 operation=none");
    assert_told(shop_answered(shop, buy(shop, "k1")), 201, guest->body);
    assert_int_equal(fake_bank_requests(shop->world), 2);
    assert_told(shop_answered(shop, shop_refund(shop, "k2", guest_payment(guest))), 200, "done refunded");
    shop_close(shop);
}

static void a_declined_automatic_payment_ends_there(void **state)
{
    (void)state;
    struct shop *shop = shop_open();
    assert_told(shop_answered(shop, shop_authorize(shop, "k1", shop_poor_card, 5000, true)), 402, "declined declined");
    assert_int_equal(fake_bank_requests(shop->world), 1);
    shop_close(shop);
}

static void a_lost_capture_of_an_automatic_payment_is_found_again(void **state)
{
    (void)state;
    struct shop *shop = shop_open();
    fake_bank_fault(shop->world, ON_CAPTURES "\"fault\": \"act_then_hang_up\"");
    struct guest *guest = shop_answered(shop, buy(shop, "k1"));
    assert_told(guest, 202, "open authorized 5000/0/0 operation=capture/unknown");
    struct guest *again = shop_answered(shop, buy(shop, "k1"));
    assert_told(again, 201, "done captured 5000/5000/0 operation=none");
    assert_int_equal(fake_bank_count(shop->world, "captures"), 1);
    shop_close(shop);
}

/* Refused for good after the hold: the hold is given back, and that is a decline. */
static void what_cannot_be_captured_is_voided(void **state)
{
    (void)state;
    struct shop *shop = shop_open();
    fake_bank_fault(shop->world, ON_CAPTURES "\"fault\": \"plain_400\"");
    struct guest *guest = shop_answered(shop, buy(shop, "k1"));
    assert_told(guest, 402, "declined voided 5000/0/0 operation=none");
    assert_int_equal(fake_bank_count(shop->world, "open_holds"), 0);
    assert_told(shop_answered(shop, buy(shop, "k1")), 402, guest->body);
    shop_close(shop);
}

static void the_void_is_not_given_up_either(void **state)
{
    (void)state;
    struct shop *shop = shop_open();
    fake_bank_fault(shop->world, ON_CAPTURES "\"fault\": \"plain_400\"");
    fake_bank_fault(shop->world, ON_VOIDS "\"fault\": \"act_then_hang_up\"");
    struct guest *guest = shop_answered(shop, buy(shop, "k1"));
    assert_told(guest, 202, "open authorized 5000/0/0 operation=void/unknown");
    assert_told(shop_answered(shop, buy(shop, "k1")), 402, "declined voided 5000/0/0 operation=none");
    assert_int_equal(fake_bank_count(shop->world, "voids"), 1);
    shop_close(shop);
}

/* The bank ends holds at once: the automatic capture comes too late, the money is freed, nothing was paid. */
static void an_automatic_payment_can_expire_before_its_capture(void **state)
{
    (void)state;
    struct shop *shop = shop_open_with(&(struct shop_settings){ .bank_holds_end_at_once = true });
    struct guest *guest = shop_answered(shop, buy(shop, "k1"));
    assert_told(guest, 402, "declined expired 5000/0/0 operation=none");
    assert_int_equal(fake_bank_count(shop->world, "open_holds"), 0);
    shop_close(shop);
}

/* Its clock is an hour behind ours, or the other way round: the hold is over for us before we could capture it. */
static void a_hold_that_is_born_expired_is_given_back(void **state)
{
    (void)state;
    struct shop *shop = shop_open_with(&(struct shop_settings){ .bank_auth_expiry_hours = -1 });
    assert_told(shop_answered(shop, buy(shop, "k1")), 402, "declined voided 5000/0/0 operation=none");
    assert_int_equal(fake_bank_count(shop->world, "open_holds"), 0);
    shop_close(shop);
}

/* ---- a capture by hand of an automatic payment ---- */

/* Neither captured nor voided: the hold stands, and the merchant may try himself. */
static const char *left_standing(struct shop *shop)
{
    fake_bank_fault(shop->world, ON_CAPTURES "\"fault\": \"plain_400\"");
    fake_bank_fault(shop->world, ON_VOIDS "\"fault\": \"plain_400\"");
    struct guest *guest = shop_answered(shop, buy(shop, "k1"));
    assert_true(guest->status >= 400);
    assert_int_equal(shop_payment(shop, guest_payment(guest))->payment.state, PAYMENT_AUTHORIZED);
    return guest_payment(guest);
}

static void a_hold_that_stands_can_be_captured_by_hand(void **state)
{
    (void)state;
    struct shop *shop = quick_shop();
    const char *payment = left_standing(shop);
    assert_told(shop_answered(shop, shop_capture(shop, "k2", payment)), 200, "done captured 5000/5000/0 operation=none");
    shop_close(shop);
}

/* A capture that comes too late is never answered as done. */
static void a_capture_by_hand_that_comes_too_late_is_not_done(void **state)
{
    (void)state;
    struct shop *shop = quick_shop();
    const char *payment = left_standing(shop);
    fake_world_jump(shop->world, 7 * SHOP_DAY + 1);
    assert_told(shop_answered(shop, shop_capture(shop, "k2", payment)), 409, "expired expired 5000/0/0");
    shop_close(shop);
}

static void a_capture_by_hand_that_is_refused_is_not_done(void **state)
{
    (void)state;
    struct shop *shop = quick_shop();
    const char *payment = left_standing(shop);
    fake_bank_fault(shop->world, ON_CAPTURES "\"fault\": \"plain_400\"");
    struct guest *guest = shop_answered(shop, shop_capture(shop, "k2", payment));
    assert_int_equal(guest->status / 100, 4);
    shop_rest(shop);
    assert_int_equal(shop_payment(shop, payment)->payment.captured_minor, 0);
    shop_close(shop);
}

/* ---- the end of a hold ---- */

/* The sweep looks every fifteen seconds. */
static void our_clock_ends_a_hold_and_frees_the_money(void **state)
{
    (void)state;
    struct shop *shop = shop_open();
    const char *payment = shop_held(shop, "k1");
    fake_world_jump(shop->world, 7 * SHOP_DAY + GRACE - 60 * SHOP_SECOND);
    shop_pass(shop, 30 * SHOP_SECOND);
    assert_int_equal(shop_payment(shop, payment)->payment.state, PAYMENT_AUTHORIZED); /* not yet: clocks differ */
    shop_pass(shop, 60 * SHOP_SECOND);
    const struct payment_record *record = shop_payment(shop, payment);
    assert_int_equal(record->payment.state, PAYMENT_EXPIRED);
    assert_string_not_equal(record->void_ref.text, "");
    assert_int_equal(fake_bank_count(shop->world, "open_holds"), 0);
    assert_told(shop_answered(shop, shop_capture(shop, "k2", payment)), 409, "refused authorization_expired expired");
    assert_told(shop_answered(shop, shop_void(shop, "k3", payment)), 409, "refused authorization_expired expired");
    shop_close(shop);
}

/* Until our clock is sure the processor decides. His word ends the hold, and the money is freed without being asked for. */
static void the_processors_word_ends_a_hold(void **state)
{
    (void)state;
    struct shop *shop = shop_open();
    const char *payment = shop_held(shop, "k1");
    fake_world_jump(shop->world, 7 * SHOP_DAY + SHOP_SECOND);
    struct guest *guest = shop_answered(shop, shop_capture(shop, "k2", payment));
    assert_told(guest, 409, "expired expired 5000/0/0");
    shop_rest(shop);
    assert_int_equal(shop_payment(shop, payment)->payment.state, PAYMENT_EXPIRED);
    assert_int_equal(fake_bank_count(shop->world, "open_holds"), 0);
    assert_told(shop_answered(shop, shop_capture(shop, "k2", payment)), 409, guest->body);
    shop_close(shop);
}

/* Between the end of the grace and the next sweep our clock speaks for itself. */
static void a_capture_after_the_grace_is_refused_without_a_call(void **state)
{
    (void)state;
    struct shop *shop = shop_open();
    const char *payment = shop_held(shop, "k1");
    int64_t requests = fake_bank_requests(shop->world);
    fake_world_jump(shop->world, 7 * SHOP_DAY + GRACE + SHOP_SECOND);
    assert_told(shop_answered(shop, shop_capture(shop, "k2", payment)), 409, "refused authorization_expired authorized");
    assert_int_equal(fake_bank_requests(shop->world), requests);
    shop_pass(shop, 20 * SHOP_SECOND);
    shop_close(shop);
}

static void a_captured_payment_never_expires(void **state)
{
    (void)state;
    struct shop *shop = shop_open();
    const char *payment = shop_captured(shop, "k1");
    fake_world_jump(shop->world, 300 * SHOP_DAY);
    shop_pass(shop, 20 * SHOP_SECOND);
    assert_told(shop_answered(shop, shop_refund(shop, "k2", payment)), 200, "done refunded");
    shop_close(shop);
}

/* A capture in doubt when the clock strikes: the doubt comes first. */
static void the_clock_does_not_end_what_is_in_doubt(void **state)
{
    (void)state;
    struct shop *shop = shop_open();
    const char *payment = shop_held(shop, "k1");
    fake_bank_fault(shop->world, ON_CAPTURES "\"fault\": \"act_then_hang_up\"");
    struct guest *guest = shop_capture(shop, "k2", payment);
    shop_pass(shop, SHOP_SECOND);
    fake_world_jump(shop->world, 8 * SHOP_DAY);
    shop_pass(shop, 16 * SHOP_SECOND);
    shop_answered(shop, guest);
    shop_rest(shop);
    assert_told(shop_answered(shop, shop_capture(shop, "k2", payment)), 200, "done captured 5000/5000/0 operation=none");
    shop_close(shop);
}

/* Keys are kept for so long as the gateway runs that long: a clock that jumps makes none of them old. */
static void an_old_key_is_new_again(void **state)
{
    (void)state;
    struct shop *shop = shop_open_with(&(struct shop_settings){ .request_kept = 60 * SHOP_SECOND });
    struct guest *first = shop_answered(shop, shop_authorize(shop, "k1", shop_poor_card, 5000, false));
    fake_world_jump(shop->world, 40 * SHOP_DAY);
    shop_pass(shop, 40 * SHOP_SECOND);
    assert_told(shop_answered(shop, shop_authorize(shop, "k1", shop_poor_card, 5000, false)), 402, first->body);
    shop_pass(shop, 40 * SHOP_SECOND);
    struct guest *later = shop_answered(shop, shop_authorize(shop, "k1", shop_poor_card, 5000, false));
    assert_told(later, 402, "declined");
    assert_string_not_equal(guest_payment(later), guest_payment(first));
    shop_close(shop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_automatic_payment_is_held_and_captured_in_one_request),
        cmocka_unit_test(a_declined_automatic_payment_ends_there),
        cmocka_unit_test(a_lost_capture_of_an_automatic_payment_is_found_again),
        cmocka_unit_test(what_cannot_be_captured_is_voided),
        cmocka_unit_test(the_void_is_not_given_up_either),
        cmocka_unit_test(an_automatic_payment_can_expire_before_its_capture),
        cmocka_unit_test(a_hold_that_is_born_expired_is_given_back),
        cmocka_unit_test(a_hold_that_stands_can_be_captured_by_hand),
        cmocka_unit_test(a_capture_by_hand_that_comes_too_late_is_not_done),
        cmocka_unit_test(a_capture_by_hand_that_is_refused_is_not_done),
        cmocka_unit_test(our_clock_ends_a_hold_and_frees_the_money),
        cmocka_unit_test(the_processors_word_ends_a_hold),
        cmocka_unit_test(a_capture_after_the_grace_is_refused_without_a_call),
        cmocka_unit_test(a_captured_payment_never_expires),
        cmocka_unit_test(the_clock_does_not_end_what_is_in_doubt),
        cmocka_unit_test(an_old_key_is_new_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
