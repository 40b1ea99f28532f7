/* SPDX-License-Identifier: Apache-2.0 */
/* Rules, and the requests that come under them: what was decided is durable with the intent, and what was begun before is
 * answered whatever the rules say now. */
#include "base/base_testing.h"

#include "flow/shop.h"

/* Stripe is known here, but not set up. */
static const struct route_rule
    stripe_first[] = { { .name = STR_CONSTANT("both"), .targets = { { .processor = STR_CONSTANT("stripe") }, { .processor = STR_CONSTANT("bank") } },
                         .target_count = 2 } },
    stripe_only[] = { { .name = STR_CONSTANT("away"), .targets = { { .processor = STR_CONSTANT("stripe") } }, .target_count = 1 } },
    in_parts[] = { { .name = STR_CONSTANT("parts"), .needs_partial_capture = true,
                     .targets = { { .processor = STR_CONSTANT("bank") } }, .target_count = 1 } };

static const struct route_value gold = { .text = STR_CONSTANT("gold") };
static const struct route_condition for_gold = { .asks = ROUTE_METADATA, .member = STR_CONSTANT("tier"), .values = &gold, .value_count = 1 };
static const struct route_rule of_gold[] = { { .name = STR_CONSTANT("gold"), .conditions = &for_gold, .condition_count = 1,
                                               .targets = { { .processor = STR_CONSTANT("stripe") } }, .target_count = 1 } };

static const struct route_rules
    prefer_stripe = { .rules = stripe_first, .count = 1 },
    send_away = { .rules = stripe_only, .count = 1 },
    need_parts = { .rules = in_parts, .count = 1 },
    ask_metadata = { .rules = of_gold, .count = 1, .ask_metadata = true };

static struct guest *pay(struct shop *shop, const char *key) { return shop_authorize(shop, key, shop_rich_card, 5000, false); }

static void assert_route(struct shop *shop, const struct guest *guest, const char *route)
{
    str data = str_of(shop_event(shop, guest_payment(guest), "authorize_started"));
    if (!str_contains(data, str_of(route))) fail_msg("%.*s does not tell %s", STR_FORMAT(data), route);
}

static void the_history_tells_how_a_processor_was_found(void **state)
{
    (void)state;
    struct shop *shop = shop_open();
    struct guest *guest = shop_answered(shop, pay(shop, "k1"));
    assert_route(shop, guest, "\"route\":{\"rule\":\"default\"}}");

    flows_route_by(shop->flows, &prefer_stripe);
    guest = shop_answered(shop, pay(shop, "k2"));
    assert_told(guest, 201, "done authorized 5000/0/0 operation=none");
    assert_route(shop, guest, "\"route\":{\"rule\":\"both\",\"passed_over\":[{\"processor\":\"stripe\",\"reason\":\"not_set_up\"}]}}");

    flows_route_by(shop->flows, &ask_metadata); /* the payment has none */
    guest = shop_answered(shop, pay(shop, "k3"));
    assert_route(shop, guest, "\"route\":{\"rule\":\"default\"}}");
    shop_close(shop);
}

/* Nothing was begun: the same key works once the rules let it. */
static void nobody_is_set_up_for_it(void **state)
{
    (void)state;
    struct shop *shop = shop_open();
    flows_route_by(shop->flows, &send_away);
    assert_told(shop_answered(shop, pay(shop, "k1")), 422, "not_set_up");
    assert_int_equal(shop_payments(shop), 0);
    flows_route_by(shop->flows, NULL);
    assert_told(shop_answered(shop, pay(shop, "k1")), 201, "done authorized 5000/0/0 operation=none");
    shop_close(shop);
}

/* A refusal by the rules is kept as any other. */
static void nobody_can_do_what_the_rule_needs(void **state)
{
    (void)state;
    struct shop *shop = shop_open();
    flows_route_by(shop->flows, &need_parts);
    assert_told(shop_answered(shop, pay(shop, "k1")), 409, "refused partial_not_supported");
    flows_route_by(shop->flows, NULL);
    struct guest *again = shop_answered(shop, pay(shop, "k1"));
    assert_told(again, 409, "refused partial_not_supported");
    assert_true(again->replayed);
    assert_int_equal(shop_payments(shop), 0);
    assert_int_equal(fake_bank_requests(shop->world), 0);
    shop_close(shop);
}

static void what_was_answered_stays_whatever_the_rules_say_now(void **state)
{
    (void)state;
    struct shop *shop = shop_open();
    struct guest *first = shop_answered(shop, pay(shop, "k1"));
    flows_route_by(shop->flows, &send_away);
    struct guest *again = shop_answered(shop, pay(shop, "k1"));
    assert_told(again, 201, first->body);
    assert_true(again->replayed);
    assert_told(shop_answered(shop, shop_capture(shop, "k2", guest_payment(first))), 200, "done captured 5000/5000/0 operation=none");
    shop_close(shop);
}

/* 1. The answer of the bank is lost, and the card with the machine. 2. The rules change. 3. The merchant's repeat brings the card: it is
 * for the payment that waits for it, which stays where it was begun. */
static void a_card_that_is_brought_goes_where_the_payment_is(void **state)
{
    (void)state;
    struct shop *shop = shop_open_with(&(struct shop_settings){ .resend_after = 2 * SHOP_SECOND });
    fake_bank_fault(shop->world, "\"path\": \"/api/v1/authorizations\", \"fault\": \"act_then_hang_up\"");
    (void)pay(shop, "k1");
    shop_pass(shop, 500 * MICROS_PER_MS);
    shop_lose(shop, true);
    shop_lose_memory(shop);
    shop_begin(shop);
    shop_rest(shop);
    assert_int_equal(shop_open_operations(shop), 1);

    flows_route_by(shop->flows, &send_away);
    struct guest *again = shop_answered(shop, pay(shop, "k1"));
    assert_told(again, 201, "done authorized 5000/0/0 operation=none");
    assert_string_equal(shop_payment(shop, guest_payment(again))->processor.bytes, "bank");
    assert_int_equal(fake_bank_count(shop->world, "holds"), 1);
    shop_close(shop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_history_tells_how_a_processor_was_found),
        cmocka_unit_test(nobody_is_set_up_for_it),
        cmocka_unit_test(nobody_can_do_what_the_rule_needs),
        cmocka_unit_test(what_was_answered_stays_whatever_the_rules_say_now),
        cmocka_unit_test(a_card_that_is_brought_goes_where_the_payment_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
