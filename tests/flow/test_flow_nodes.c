/* SPDX-License-Identifier: Apache-2.0 */
/* One node of several, with its clock in hand. The other one is a row of the database that gives signs of life, or does not. */
#include "base/base_testing.h"

#include <stdio.h>

#include "flow/flows_internal.h"
#include "flow/shop.h"
#include "store/place.h"

#define QUIET (10 * SHOP_SECOND)

/* A file has one gateway: nothing to be seen there. */
static struct shop *open_node(void)
{
    if (place_is_file()) skip();
    return shop_open_with(&(struct shop_settings){ .is_node = true });
}

/* A capture that the bank took and did not answer, and which the other node drives. */
static const char *leave_to_other(struct shop *shop)
{
    const char *payment = shop_held(shop, "held");
    fake_bank_fault(shop->world, "\"path\": \"/api/v1/captures\", \"fault\": \"act_then_hang_up\"");
    shop_answered(shop, shop_capture(shop, "capture", payment));
    shop_lose(shop, true);
    place_tamper(shop->url, "INSERT INTO node (node, epoch, beats, life, holder) VALUES ('other', 7, 1, 'a life', 'nobody')");
    place_tamper(shop->url, "UPDATE operation SET node = 'other', node_epoch = 7 WHERE ended_at IS NULL");
    shop_begin(shop);
    return payment;
}

static void give_sign(struct shop *shop) { place_tamper(shop->url, "UPDATE node SET beats = beats + 1 WHERE node = 'other'"); }

static struct flows_view look(struct shop *shop)
{
    struct flows_view view;
    flows_look(shop->flows, &view);
    return view;
}

/* Nobody has it any more: this node goes on with it when it starts again. */
static void bring_back(struct shop *shop)
{
    place_tamper(shop->url, "UPDATE node SET life = '' WHERE node = 'other'");
    place_tamper(shop->url, "UPDATE operation SET node = 'alone', node_epoch = 0 WHERE ended_at IS NULL");
    shop_lose(shop, true);
    shop_begin(shop);
    shop_close(shop);
}

static void whoever_gives_signs_of_life_keeps_what_is_his(void **state)
{
    (void)state;
    struct shop *shop = open_node();
    leave_to_other(shop);
    for (int i = 0; i < 30; i++) {
        shop_pass(shop, 2 * SHOP_SECOND);
        give_sign(shop);
    }
    assert_int_equal(look(shop).running, 0);
    assert_int_equal(look(shop).nodes, 2);
    bring_back(shop);
}

static void whoever_does_not_is_taken_over(void **state)
{
    (void)state;
    struct shop *shop = open_node();
    const char *payment = leave_to_other(shop);
    shop_pass(shop, 49 * SHOP_SECOND / 10);
    assert_int_equal(look(shop).running, 0); /* not yet */
    shop_pass(shop, 21 * SHOP_SECOND / 10);
    assert_int_equal(look(shop).running, 1);

    int64_t requests = fake_bank_requests(shop->world);
    shop_pass(shop, QUIET - 2 * SHOP_SECOND);
    assert_int_equal(fake_bank_requests(shop->world), requests); /* the quiet time */
    shop_rest(shop);
    assert_int_equal(look(shop).nodes, 1);
    assert_told(shop_answered(shop, shop_capture(shop, "capture", payment)), 200, "done captured 5000/5000/0");
    assert_int_equal(fake_bank_count(shop->world, "captures"), 1);
    shop_close(shop);
}

/* The sign stands still, but this node was not there to see it: it looks for five seconds first. */
static void who_slept_has_seen_nothing(void **state)
{
    (void)state;
    struct shop *shop = open_node();
    leave_to_other(shop);
    shop_pass(shop, 3 * SHOP_SECOND);
    fake_world_skip(shop->world, 60 * SHOP_SECOND);
    shop_pass(shop, 4 * SHOP_SECOND);
    assert_int_equal(look(shop).running, 0);
    shop_pass(shop, 3 * SHOP_SECOND);
    assert_int_equal(look(shop).running, 1);
    shop_close(shop);
}

static void a_key_that_runs_elsewhere_is_refused(void **state)
{
    (void)state;
    struct shop *shop = open_node();
    const char *payment = leave_to_other(shop);
    assert_told(shop_answered(shop, shop_capture(shop, "capture", payment)), 409, "elsewhere");
    assert_told(shop_answered(shop, shop_void(shop, "void", payment)), 409, "refused operation_in_progress");
    shop_pass(shop, 30 * SHOP_SECOND);
    assert_told(shop_answered(shop, shop_capture(shop, "capture", payment)), 200, "done captured 5000/5000/0");
    shop_close(shop);
}

/* He asks whenever the node has something to do with its store, until the flow that loads what it took over has his waiter. */
static struct guest *join_what_is_taken_over(struct shop *shop, const char *payment)
{
    const struct operation_flow *loading = NULL;
    struct guest *guest = shop_answered(shop, shop_capture(shop, "capture", payment));
    micros until = fake_world_clock(shop->world) + 30 * SHOP_SECOND;
    while (!loading || loading->flow.step != RELOAD || !loading->waiters) {
        assert_true(fake_world_step(shop->world, until));
        if (guest->answered && fake_world_is_busy(shop->world)) guest = shop_capture(shop, "capture", payment);
        loading = find_by_payment(shop->flows, str_of(payment));
    }
    return guest;
}

/* This node slept between taking over and loading, and a third one has taken everything over from it. */
static void who_waits_for_what_a_third_one_took_comes_again(void **state)
{
    (void)state;
    struct shop *shop = open_node();
    const char *payment = leave_to_other(shop);
    struct guest *guest = join_what_is_taken_over(shop, payment);
    place_tamper(shop->url, "UPDATE operation SET node = 'third', node_epoch = 1 WHERE ended_at IS NULL");
    assert_told(shop_answered(shop, guest), 409, "elsewhere");
    assert_int_equal(look(shop).running, 0);
    bring_back(shop);
}

/* The repeat itself was about to go on with it. */
static void who_goes_on_with_what_a_third_one_took_comes_again(void **state)
{
    (void)state;
    struct shop *shop = open_node();
    const char *payment = leave_to_other(shop);
    place_tamper(shop->url, "UPDATE operation SET (node, node_epoch) = (SELECT node, epoch FROM node WHERE node <> 'other') WHERE ended_at IS NULL");
    struct guest *guest = shop_capture(shop, "capture", payment);
    micros until = fake_world_clock(shop->world) + SHOP_SECOND;
    while (!find_by_payment(shop->flows, str_of(payment))) assert_true(fake_world_step(shop->world, until));
    place_tamper(shop->url, "UPDATE operation SET node = 'third', node_epoch = 1 WHERE ended_at IS NULL");
    assert_told(shop_answered(shop, guest), 409, "elsewhere");
    bring_back(shop);
}

/* Its beats are not kept any more: nothing is begun, nothing is sent; a sleep does that, and a database that is away. */
static void without_its_lease_a_node_does_nothing(void **state)
{
    (void)state;
    struct shop *shop = open_node();
    shop_pass(shop, 2 * SHOP_SECOND);
    assert_true(look(shop).has_lease);
    fake_world_skip(shop->world, 5 * SHOP_SECOND);
    assert_false(look(shop).has_lease);
    assert_told(shop_answered(shop, shop_authorize(shop, "early", shop_rich_card, 5000, false)), 503, "no_lease");
    assert_int_equal(fake_bank_requests(shop->world), 0);
    shop_pass(shop, SHOP_SECOND);
    assert_true(look(shop).has_lease);
    shop_held(shop, "early");
    shop_close(shop);
}

/* A call that was about to go out when the lease ran out goes out when it is there again. */
static void a_call_waits_for_the_lease(void **state)
{
    (void)state;
    struct shop *shop = open_node();
    const char *payment = shop_held(shop, "held");
    fake_bank_fault(shop->world, "\"path\": \"/api/v1/captures\", \"fault\": \"fail\", \"times\": 1");
    struct guest *guest = shop_capture(shop, "capture", payment);
    while (look(shop).calls == 0) shop_pass(shop, MICROS_PER_MS);
    while (look(shop).calls > 0) shop_pass(shop, MICROS_PER_MS);
    int64_t requests = fake_bank_requests(shop->world);
    fake_world_skip(shop->world, 6 * SHOP_SECOND);
    assert_false(look(shop).has_lease);
    assert_int_equal(fake_bank_requests(shop->world), requests);
    assert_told(shop_answered(shop, guest), 200, "done captured 5000/5000/0");
    shop_close(shop);
}

/* Another node has been running for longer: this one's keys are dated as that one counts, or it would forget them early. */
static void nodes_count_the_age_of_keys_together(void **state)
{
    (void)state;
    if (place_is_file()) skip();
    struct shop *shop = shop_open_with(&(struct shop_settings){ .is_node = true, .request_kept = 600 * SHOP_SECOND });
    struct guest *old = shop_answered(shop, shop_authorize(shop, "old", shop_poor_card, 5000, false));
    shop_pass(shop, 20 * SHOP_SECOND);
    place_tamper(shop->url, "UPDATE meta SET value = '500000000' WHERE name = 'ran_us'");
    shop_pass(shop, 20 * SHOP_SECOND);
    struct guest *young = shop_answered(shop, shop_authorize(shop, "young", shop_poor_card, 5000, false));
    shop_pass(shop, 120 * SHOP_SECOND);
    assert_told(shop_answered(shop, shop_authorize(shop, "young", shop_poor_card, 5000, false)), 402, young->body);
    struct guest *later = shop_answered(shop, shop_authorize(shop, "old", shop_poor_card, 5000, false));
    assert_told(later, 402, "declined");
    assert_string_not_equal(guest_payment(later), guest_payment(old));
    shop_pass(shop, 420 * SHOP_SECOND);
    assert_told(shop_answered(shop, shop_authorize(shop, "young", shop_poor_card, 5000, false)), 402, young->body);
    shop_close(shop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whoever_gives_signs_of_life_keeps_what_is_his),
        cmocka_unit_test(whoever_does_not_is_taken_over),
        cmocka_unit_test(who_slept_has_seen_nothing),
        cmocka_unit_test(a_key_that_runs_elsewhere_is_refused),
        cmocka_unit_test(who_waits_for_what_a_third_one_took_comes_again),
        cmocka_unit_test(who_goes_on_with_what_a_third_one_took_comes_again),
        cmocka_unit_test(without_its_lease_a_node_does_nothing),
        cmocka_unit_test(a_call_waits_for_the_lease),
        cmocka_unit_test(nodes_count_the_age_of_keys_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
