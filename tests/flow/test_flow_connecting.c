/* SPDX-License-Identifier: Apache-2.0 */
/* A connection that takes its time. While there is none it may still turn out that nothing left, so whoever waited long enough is let wait
 * a moment longer: "nothing happened" is a better answer than "we do not know". */
#include "base/base_testing.h"

#include <stdio.h>

#include "flow/shop.h"

/* ---- a door that opens slowly ---- */

enum { CALLS_MAX = 16 };

struct slow_call {
    struct world_timer timer;
    struct http_call *call;
};

static struct slow_door {
    const struct world_doors *real;
    struct world_doors doors;
    struct world *world;
    micros connecting; /* how long it takes */
    bool fails;        /* and there is no connection in the end */
    struct slow_call calls[CALLS_MAX];
    size_t count;
} door;

static void connected(struct world_timer *timer)
{
    struct slow_call *slow = CONTAINER_OF(timer, struct slow_call, timer);
    if (!door.fails) {
        door.real->send(door.world, slow->call);
        return;
    }
    slow->call->result = HTTP_CALL_NOT_SENT;
    slow->call->done(slow->call);
}

static void send_slowly(struct world *world, struct http_call *call)
{
    assert_true(door.count < CALLS_MAX);
    struct slow_call *slow = &door.calls[door.count++];
    *slow = (struct slow_call){ .timer = { .fire = connected }, .call = call };
    call->sent_at = 0;
    world_timer_start(world, &slow->timer, door.connecting);
}

static struct shop *shop_behind_slow_door(micros connecting, bool fails)
{
    struct shop *shop = shop_open_with(&(struct shop_settings){ .resend_after = SHOP_SECOND });
    struct world *world = fake_world_of_gateway(shop->world);
    door = (struct slow_door){ .real = world->doors, .doors = *world->doors, .world = world, .connecting = connecting, .fails = fails };
    door.doors.send = send_slowly;
    world->doors = &door.doors;
    return shop;
}

static void close_shop(struct shop *shop)
{
    door.world->doors = door.real;
    shop_close(shop);
}

/* How long the merchant waited, in milliseconds. He is let wait for ten seconds as a rule. */
static int64_t waited_ms(struct shop *shop, struct guest *guest, micros asked_at)
{
    return (shop_answered(shop, guest)->answered_at - asked_at) / MICROS_PER_MS;
}

static struct guest *pay(struct shop *shop) { return shop_authorize(shop, "k1", shop_rich_card, 5000, false); }

/* ---- stories ---- */

static void a_connection_that_comes_late_brings_the_answer(void **state)
{
    (void)state;
    struct shop *shop = shop_behind_slow_door(10500 * MICROS_PER_MS, false);
    micros asked_at = fake_world_clock(shop->world);
    struct guest *guest = pay(shop);
    int64_t waited = waited_ms(shop, guest, asked_at);
    assert_told(guest, 201, "done authorized 5000/0/0");
    assert_true(waited > 10500 && waited < 10700);
    close_shop(shop);
}

/* Try after try: the first pause behind his deadline ends it, and nothing happened for certain. */
static void no_connection_is_a_certain_answer_a_moment_later(void **state)
{
    (void)state;
    struct shop *shop = shop_behind_slow_door(1900 * MICROS_PER_MS, true);
    micros asked_at = fake_world_clock(shop->world);
    struct guest *guest = pay(shop);
    int64_t waited = waited_ms(shop, guest, asked_at);
    assert_told(guest, 503, "unavailable failed 0/0/0 operation=none");
    assert_true(waited >= 10000 && waited < 15000);
    assert_int_equal(fake_bank_requests(shop->world), 0);
    close_shop(shop);
}

/* It is connected when his time is over: the bytes have left, and only the bank knows. */
static void a_connection_that_was_made_leaves_a_doubt(void **state)
{
    (void)state;
    struct shop *shop = shop_behind_slow_door(9000 * MICROS_PER_MS, false);
    micros asked_at = fake_world_clock(shop->world);
    fake_bank_fault(shop->world, "\"path\": \"/api/v1/authorizations\", \"fault\": \"late\", \"latency_ms\": 3000");
    struct guest *guest = pay(shop);
    int64_t waited = waited_ms(shop, guest, asked_at);
    assert_told(guest, 202, "open pending 0/0/0 operation=authorize/");
    assert_int_equal(waited, 10000);
    shop_rest(shop);
    assert_told(shop_answered(shop, pay(shop)), 201, "done authorized 5000/0/0");
    close_shop(shop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_connection_that_comes_late_brings_the_answer),
        cmocka_unit_test(no_connection_is_a_certain_answer_a_moment_later),
        cmocka_unit_test(a_connection_that_was_made_leaves_a_doubt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
