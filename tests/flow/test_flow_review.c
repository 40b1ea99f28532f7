/* SPDX-License-Identifier: Apache-2.0 */
/* What cannot be found out goes to a person, or waits for the card that a restart of the machine has taken. */
#include "base/base_testing.h"

#include "flow/shop.h"

#define ON_HOLDS "\"path\": \"/api/v1/authorizations\", "
#define ON_CAPTURES "\"path\": \"/api/v1/captures\", "
#define ON_VOIDS "\"path\": \"/api/v1/voids\", "
#define FOR_EVER "\"times\": 0, "

static struct shop *quick_shop(void) { return shop_open_with(&(struct shop_settings){ .resend_after = SHOP_SECOND }); }

static struct guest *pay(struct shop *shop, const char *key) { return shop_authorize(shop, key, shop_rich_card, 5000, false); }

/* An authorization whose answer speaks of another amount, however often it is asked for. */
static struct guest *in_review(struct shop *shop)
{
    fake_bank_fault(shop->world, ON_HOLDS FOR_EVER "\"fault\": \"wrong_amount\"");
    struct guest *guest = shop_answered(shop, pay(shop, "k1"));
    assert_told(guest, 202, "open pending 0/0/0 operation=authorize/review");
    assert_true(str_contains(str_of(shop_event(shop, guest_payment(guest), "operation_review")), STR("\"reason\":\"answer_mismatched\"")));
    return guest;
}

/* ---- a person's word ---- */

static void a_person_says_that_it_happened(void **state)
{
    (void)state;
    struct shop *shop = quick_shop();
    struct guest *guest = in_review(shop);
    const char *payment = guest_payment(guest), *id = shop_open_operation(shop, payment, OPERATION_REVIEW);
    struct processor_id hold;
    fake_bank_hold(shop->world, 0, &hold);

    assert_told(shop_answered(shop, shop_settle(shop, id, true, NULL)), 422, "id_needed"); /* without it nothing can be captured */
    assert_told(shop_answered(shop, shop_settle(shop, id, true, "two words")), 400, "id_invalid");
    struct guest *settled = shop_answered(shop, shop_settle(shop, id, true, hold.text));
    assert_told(settled, 201, "done authorized 5000/0/0 operation=none");
    assert_true(str_contains(str_of(shop_event(shop, payment, "authorized")), STR("\"by\":\"olga\"")));
    assert_told(shop_answered(shop, shop_settle(shop, id, true, hold.text)), 409, "not_in_review");

    /* The merchant's key has its end, and the hold works. */
    assert_told(shop_answered(shop, pay(shop, "k1")), 201, "done authorized 5000/0/0 operation=none");
    assert_told(shop_answered(shop, shop_capture(shop, "k2", payment)), 200, "done captured");
    shop_close(shop);
}

static void a_person_says_that_it_did_not_happen(void **state)
{
    (void)state;
    struct shop *shop = quick_shop();
    const char *held = shop_held(shop, "k0");
    const char *id;
    fake_bank_fault(shop->world, ON_CAPTURES FOR_EVER "\"fault\": \"already_used\"");
    assert_told(shop_answered(shop, shop_capture(shop, "k1", held)), 202, "open authorized 5000/0/0 operation=capture/review");
    assert_true(str_contains(str_of(shop_event(shop, held, "operation_review")), STR("\"reason\":\"used_by_another\"")));
    assert_told(shop_answered(shop, shop_void(shop, "k2", held)), 409, "refused operation_in_progress");
    id = shop_open_operation(shop, held, OPERATION_REVIEW);
    assert_told(shop_answered(shop, shop_settle(shop, id, false, NULL)), 200, "done authorized 5000/0/0 operation=none"); /* his word is taken */
    assert_int_equal(shop_answered(shop, shop_capture(shop, "k1", held))->status / 100, 4); /* the merchant hears that nothing happened */
    assert_int_equal(shop_payment(shop, held)->payment.state, PAYMENT_AUTHORIZED);
    assert_told(shop_answered(shop, shop_void(shop, "k2", held)), 200, "done voided 5000/0/0 operation=none");
    shop_close(shop);
}

static void only_what_is_in_review_is_settled(void **state)
{
    (void)state;
    struct shop *shop = quick_shop();
    const char *payment = shop_held(shop, "k1");
    assert_string_not_equal(payment, "");
    assert_told(shop_answered(shop, shop_settle(shop, "op_000000000000000000000000000000000000", true, "auth_1")), 409, "not_in_review");
    assert_told(shop_answered(shop, shop_settle(shop, "", false, NULL)), 409, "not_in_review");
    struct guest *running = shop_capture(shop, "k2", payment);
    shop_pass(shop, 10 * MICROS_PER_MS);
    const char *id;
    id = shop_open_operation(shop, payment, OPERATION_RUNNING);
    assert_told(shop_answered(shop, shop_settle(shop, id, false, NULL)), 409, "not_in_review");
    assert_told(shop_answered(shop, running), 200, "done captured");
    shop_close(shop);
}

/* After a person's "it did not happen" a used hold may be the work of that operation after all: no guessing. */
static void a_rival_makes_used_ambiguous(void **state)
{
    (void)state;
    struct shop *shop = quick_shop();
    const char *payment = shop_held(shop, "k1");
    const char *id;
    fake_bank_fault(shop->world, ON_CAPTURES FOR_EVER "\"fault\": \"already_used\"");
    shop_answered(shop, shop_capture(shop, "k2", payment));
    id = shop_open_operation(shop, payment, OPERATION_REVIEW);
    shop_answered(shop, shop_settle(shop, id, false, NULL));
    fake_bank_fault(shop->world, ON_VOIDS "\"fault\": \"act_then_hang_up\", \"store_key\": false");
    assert_told(shop_answered(shop, shop_void(shop, "k3", payment)), 202, "open authorized 5000/0/0 operation=void/review");
    assert_true(str_contains(str_of(shop_event(shop, payment, "operation_review")), STR("\"reason\":\"used_by_another_operation\"")));
    id = shop_open_operation(shop, payment, OPERATION_REVIEW);
    assert_told(shop_answered(shop, shop_settle(shop, id, true, NULL)), 200, "done voided 5000/0/0");
    shop_close(shop);
}

/* Eight times with back-off it denies what it gave us itself. */
static void an_object_that_is_denied_for_long_needs_a_person(void **state)
{
    (void)state;
    struct shop *shop = quick_shop();
    const char *payment = shop_held(shop, "k1");
    fake_bank_fault(shop->world, ON_CAPTURES "\"times\": 7, \"fault\": \"not_found_400\"");
    shop_answered(shop, shop_capture(shop, "k2", payment));
    shop_rest(shop);
    assert_told(shop_answered(shop, shop_capture(shop, "k2", payment)), 200, "done captured"); /* seven were its illness */
    const char *other = shop_held(shop, "k3");
    fake_bank_fault(shop->world, ON_CAPTURES "\"times\": 8, \"fault\": \"not_found_400\"");
    shop_answered(shop, shop_capture(shop, "k4", other));
    shop_rest(shop);
    assert_told(shop_answered(shop, shop_capture(shop, "k4", other)), 202, "open authorized 5000/0/0 operation=capture/review");
    shop_close(shop);
}

/* The key would be too old to protect: nothing is sent any more. */
static void a_doubt_that_outlives_the_key_needs_a_person(void **state)
{
    (void)state;
    struct shop *shop = quick_shop();
    fake_bank_fault(shop->world, ON_HOLDS "\"fault\": \"act_then_hang_up\"");
    struct guest *guest = pay(shop, "k1");
    shop_pass(shop, 500 * MICROS_PER_MS);
    int64_t requests = fake_bank_requests(shop->world);
    fake_world_jump(shop->world, 24 * SHOP_HOUR - 24 * SHOP_HOUR / 10);
    shop_answered(shop, guest);
    shop_rest(shop);
    assert_told(shop_answered(shop, pay(shop, "k1")), 202, "open pending 0/0/0 operation=authorize/review");
    assert_true(str_contains(str_of(shop_event(shop, guest_payment(guest), "operation_review")), STR("\"reason\":\"key_window_over\"")));
    assert_int_equal(fake_bank_requests(shop->world), requests);
    shop_close(shop);
}

/* ---- the card that a restart took ---- */

/* pay, the answer is lost, the machine goes down and its memory with it: the card is gone, and the doubt stays. */
static struct guest *without_its_card(struct shop *shop, const char *fault)
{
    fake_bank_fault(shop->world, fault);
    struct guest *guest = pay(shop, "k1");
    shop_pass(shop, 500 * MICROS_PER_MS);
    assert_int_equal(fake_bank_count(shop->world, "holds"), 1);
    shop_lose(shop, true);
    shop_lose_memory(shop);
    shop_begin(shop);
    shop_rest(shop);
    assert_int_equal(shop_open_operations(shop), 1);
    return guest;
}

/* The merchant asks again with the same key, and brings the card: the same bytes can go once more. */
static void the_merchants_repeat_brings_the_card(void **state)
{
    (void)state;
    struct shop *shop = quick_shop();
    without_its_card(shop, ON_HOLDS "\"fault\": \"act_then_hang_up\"");
    assert_int_equal(vault_used(shop->vault), 0);
    struct guest *again = shop_answered(shop, pay(shop, "k1"));
    assert_told(again, 201, "done authorized 5000/0/0 operation=none");
    assert_string_not_equal(shop_event(shop, guest_payment(again), "operation_resumed"), "");
    assert_int_equal(fake_bank_count(shop->world, "holds"), 1);
    assert_told(shop_answered(shop, pay(shop, "k1")), 201, again->body);
    shop_close(shop);
}

/* Two of them at once: one card is enough. */
static void two_repeats_bring_one_card(void **state)
{
    (void)state;
    struct shop *shop = quick_shop();
    without_its_card(shop, ON_HOLDS "\"fault\": \"act_then_hang_up\"");
    struct guest *first = pay(shop, "k1"), *second = pay(shop, "k1");
    assert_told(shop_answered(shop, first), 201, "done authorized 5000/0/0 operation=none");
    assert_told(shop_answered(shop, second), 201, first->body);
    shop_close(shop);
}

/* Killed after each moment of it, the last time with the card sealed again and no row that knows: it is brought once more, and
 * closing the shop finds no card left behind. */
static void a_kill_while_it_is_brought_leaves_no_card_behind(void **state)
{
    (void)state;
    for (int moments = 0; moments < 10; moments++) {
        struct shop *shop = quick_shop();
        without_its_card(shop, ON_HOLDS "\"fault\": \"act_then_hang_up\"");
        (void)pay(shop, "k1");
        for (int i = 0; i < moments; i++) (void)fake_world_step(shop->world, fake_world_clock(shop->world));
        shop_lose(shop, false);
        shop_begin(shop);
        shop_rest(shop);
        assert_told(shop_answered(shop, pay(shop, "k1")), 201, "done authorized 5000/0/0 operation=none");
        shop_close(shop);
    }
}

static void another_card_under_the_same_key_is_another_request(void **state)
{
    (void)state;
    struct shop *shop = quick_shop();
    without_its_card(shop, ON_HOLDS "\"fault\": \"act_then_hang_up\"");
    assert_told(shop_answered(shop, shop_authorize(shop, "k1", "4242424242424242", 5000, false)), 422, "key_reused");
    assert_told(shop_answered(shop, pay(shop, "k1")), 201, "done authorized");
    shop_close(shop);
}

/* Nobody comes back: the bank may have held the money, so it stays open and a person finds out. */
static void a_card_that_never_comes_back_needs_a_person(void **state)
{
    (void)state;
    struct shop *shop = quick_shop();
    without_its_card(shop, ON_HOLDS "\"fault\": \"act_then_hang_up\"");
    struct processor_id hold;
    fake_bank_hold(shop->world, 0, &hold);
    struct guest *settled = shop_answered(shop, shop_settle(shop, shop_first_open_operation(shop), true, hold.text));
    assert_told(settled, 201, "done authorized 5000/0/0 operation=none");
    shop_close(shop);
}

/* A crash of the process alone takes no card. */
static void a_crash_takes_no_card(void **state)
{
    (void)state;
    struct shop *shop = quick_shop();
    fake_bank_fault(shop->world, ON_HOLDS "\"fault\": \"act_then_hang_up\"");
    (void)pay(shop, "k1");
    shop_pass(shop, 500 * MICROS_PER_MS);
    shop_lose(shop, true);
    shop_begin(shop);
    assert_int_equal(vault_used(shop->vault), 1);
    shop_rest(shop);
    assert_told(shop_answered(shop, pay(shop, "k1")), 201, "done authorized 5000/0/0 operation=none");
    assert_int_equal(fake_bank_count(shop->world, "holds"), 1);
    shop_close(shop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_person_says_that_it_happened),
        cmocka_unit_test(a_person_says_that_it_did_not_happen),
        cmocka_unit_test(only_what_is_in_review_is_settled),
        cmocka_unit_test(a_rival_makes_used_ambiguous),
        cmocka_unit_test(an_object_that_is_denied_for_long_needs_a_person),
        cmocka_unit_test(a_doubt_that_outlives_the_key_needs_a_person),
        cmocka_unit_test(the_merchants_repeat_brings_the_card),
        cmocka_unit_test(two_repeats_bring_one_card),
        cmocka_unit_test(a_kill_while_it_is_brought_leaves_no_card_behind),
        cmocka_unit_test(another_card_under_the_same_key_is_another_request),
        cmocka_unit_test(a_card_that_never_comes_back_needs_a_person),
        cmocka_unit_test(a_crash_takes_no_card),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
