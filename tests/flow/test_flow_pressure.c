/* SPDX-License-Identifier: Apache-2.0 */
/* A dead bank, a full house, a full disk, a going-down: nothing new is begun, and what was begun is kept and finished. */
#include "base/base_testing.h"

#include <malloc.h>
#include <stdio.h>

#include "flow/shop.h"
#include "store/store_internal.h"

#define ON_HOLDS "\"path\": \"/api/v1/authorizations\", "

static struct guest *pay(struct shop *shop, int number)
{
    char key[16];
    snprintf(key, sizeof key, "k%d", number);
    return shop_authorize(shop, key, shop_rich_card, 5000, false);
}

/* ---- the breaker ---- */

/* Thirty ask a bank that cannot be reached: the breaker opens. */
static void open_breaker(struct shop *shop, struct guest *guests[30])
{
    struct flows_view view;
    fake_world_set_network(shop->world, NETWORK_REFUSES);
    for (int i = 0; i < 30; i++) guests[i] = pay(shop, i);
    shop_pass(shop, SHOP_SECOND);
    flows_look(shop->flows, &view);
    assert_true(view.lines[0].breaker_open);
}

static void a_dead_bank_is_not_asked_for_new_payments(void **state)
{
    (void)state;
    struct shop *shop = shop_open();
    struct guest *guests[30];
    open_breaker(shop, guests);
    size_t payments = shop_payments(shop);
    struct guest *late = pay(shop, 99);
    shop_pass(shop, MICROS_PER_MS);
    assert_told(late, 503, "unavailable"); /* at once */
    assert_string_equal(guest_payment(late), "");
    assert_int_equal(shop_payments(shop), payments);

    /* The first thirty hear the end of their time: certain, nothing was sent. */
    for (int i = 0; i < 30; i++) assert_told(shop_answered(shop, guests[i]), 503, "unavailable failed 0/0/0");
    fake_world_set_network(shop->world, NETWORK_WORKS);
    shop_pass(shop, 60 * SHOP_SECOND);
    assert_told(shop_answered(shop, pay(shop, 99)), 201, "done authorized"); /* nothing was kept of its refusal */
    shop_close(shop);
}

static void who_waits_behind_the_breaker_is_served_when_the_bank_is_back(void **state)
{
    (void)state;
    struct shop *shop = shop_open();
    struct guest *guests[30];
    open_breaker(shop, guests);
    shop_pass(shop, SHOP_SECOND);
    fake_world_set_network(shop->world, NETWORK_WORKS);
    for (int i = 0; i < 30; i++) assert_told(shop_answered(shop, guests[i]), 201, "done authorized");
    assert_int_equal(fake_bank_count(shop->world, "holds"), 30);
    shop_close(shop);
}

/* An earlier answer is given whatever the weather. */
static void an_answer_is_repeated_while_the_bank_is_dead(void **state)
{
    (void)state;
    struct shop *shop = shop_open();
    struct guest *guests[30];
    struct guest *first = shop_answered(shop, pay(shop, 77));
    open_breaker(shop, guests);
    assert_told(shop_answered(shop, pay(shop, 77)), 201, first->body);
    fake_world_set_network(shop->world, NETWORK_WORKS);
    shop_close(shop);
}

/* The machine restarts while the bank is dead. When it is the turn of a payment whose card is gone to try whether the bank
 * lives, it has nothing to send: nobody must wait for what comes of that. */
static void a_card_that_is_gone_does_not_keep_the_breaker_open(void **state)
{
    (void)state;
    struct shop *shop = shop_open_with(&(struct shop_settings){ .resend_after = 20 * 60 * SHOP_SECOND });
    const char *held = guest_payment(shop_answered(shop, pay(shop, 1)));
    fake_bank_fault(shop->world, ON_HOLDS "\"fault\": \"hang_up\"");
    struct guest *lost = pay(shop, 2);
    shop_pass(shop, SHOP_SECOND);
    shop_lose(shop, false);
    shop_lose_memory(shop);
    shop_begin(shop);

    fake_world_set_network(shop->world, NETWORK_REFUSES);
    struct guest *capture = shop_capture(shop, "c", held); /* opens the breaker by and by, alone */
    shop_pass(shop, 2 * SHOP_HOUR);
    assert_false(lost->answered);
    assert_told(capture, 202, "open authorized 5000/0/0 operation=capture/running");
    fake_world_set_network(shop->world, NETWORK_WORKS);
    shop_pass(shop, 5 * 60 * SHOP_SECOND);
    assert_told(shop_answered(shop, shop_capture(shop, "c", held)), 200, "done captured");
    assert_told(shop_answered(shop, pay(shop, 2)), 201, "done authorized"); /* and the card comes back */
    shop_close(shop);
}

/* ---- a full house ---- */

static void a_full_house_says_so_at_once(void **state)
{
    (void)state;
    struct shop *shop = shop_open_with(&(struct shop_settings){ .flows_max = 3 });
    struct guest *guests[3];
    for (int i = 0; i < 3; i++) guests[i] = pay(shop, i);
    assert_told(pay(shop, 9), 503, "overloaded");
    struct guest *joining = pay(shop, 1); /* joins: that is no new work */
    for (int i = 0; i < 3; i++) assert_told(shop_answered(shop, guests[i]), 201, "done authorized");
    assert_told(shop_answered(shop, joining), 201, guests[1]->body);
    assert_told(shop_answered(shop, pay(shop, 9)), 201, "done authorized");
    shop_close(shop);
}

/* As many cards as the vault has slots; the next one waits outside, and an answer of before is still given. */
static void a_full_vault_takes_no_card(void **state)
{
    (void)state;
    struct shop *shop = shop_open();
    struct guest *first = shop_answered(shop, pay(shop, 100)), *guests[SHOP_VAULT_SLOTS];
    for (int i = 0; i < SHOP_VAULT_SLOTS; i++) guests[i] = pay(shop, i);
    struct guest *outside = pay(shop, 200), *again = pay(shop, 100);
    assert_told(shop_answered(shop, outside), 503, "overloaded");
    assert_told(shop_answered(shop, again), 201, first->body);
    for (int i = 0; i < SHOP_VAULT_SLOTS; i++) assert_told(shop_answered(shop, guests[i]), 201, "done authorized");
    assert_told(shop_answered(shop, pay(shop, 200)), 201, "done authorized");
    shop_close(shop);
}

/* ---- a full disk ---- */

static void little_room_takes_no_new_payment(void **state)
{
    (void)state;
    struct shop *shop = shop_open_with(&(struct shop_settings){ .storage_least_bytes = INT64_MAX });
    struct flows_view view;
    flows_look(shop->flows, &view);
    assert_true(view.storage_low);
    assert_told(shop_answered(shop, pay(shop, 1)), 503, "storage_low");
    assert_int_equal(fake_bank_requests(shop->world), 0);
    assert_int_equal(shop_payments(shop), 0);
    shop_close(shop);
}

/* No page more than there are now; 0: as many as it likes. */
static void limit_pages(struct shop *shop, bool full)
{
    struct error error;
    assert_true(sql_run_script(shop->store->sql, full ? "PRAGMA max_page_count=1" : "PRAGMA max_page_count=1000000", &error));
}

static void nothing_is_sent_that_could_not_be_recorded(void **state)
{
    only_for_files("its pages are counted by SQLite");
    (void)state;
    struct shop *shop = shop_open();
    limit_pages(shop, true);
    int refused = 0;
    for (int i = 0; i < 60 && refused == 0; i++) {
        struct guest *guest = shop_answered(shop, pay(shop, i)); /* the last free bytes of the last pages still take some */
        refused += guest->status == 503;
    }
    assert_int_equal(refused, 1);
    int64_t holds = fake_bank_count(shop->world, "holds");
    limit_pages(shop, false);
    shop_pass(shop, 2 * SHOP_SECOND);
    assert_told(shop_answered(shop, pay(shop, 99)), 201, "done authorized");
    assert_int_equal(fake_bank_count(shop->world, "holds"), holds + 1);
    shop_close(shop);
}

/* The bank has acted, and there is no room for its word: it is kept and written when there is. */
static void an_outcome_waits_for_room(void **state)
{
    only_for_files("its pages are counted by SQLite");
    (void)state;
    struct shop *shop = shop_open();
    enum { GUESTS = 40 };
    struct guest *guests[GUESTS];
    for (int i = 0; i < GUESTS; i++) guests[i] = pay(shop, i);
    shop_pass(shop, 20 * MICROS_PER_MS);
    limit_pages(shop, true);
    shop_pass(shop, 30 * SHOP_SECOND);
    assert_int_equal(fake_bank_count(shop->world, "holds"), GUESTS);
    limit_pages(shop, false);
    shop_pass(shop, SHOP_SECOND);
    assert_int_equal(fake_bank_requests(shop->world), GUESTS);
    for (int i = 0; i < GUESTS; i++) assert_told(shop_answered(shop, pay(shop, i)), 201, "done authorized 5000/0/0 operation=none");
    for (int i = 0; i < GUESTS; i++) assert_true(guests[i]->status == 201 || guests[i]->status == 202);
    shop_close(shop);
}

#ifdef FLORIN_SANITIZED
size_t __sanitizer_get_current_allocated_bytes(void);
static size_t allocated_bytes(void) { return __sanitizer_get_current_allocated_bytes(); }
#else
static size_t allocated_bytes(void) { return mallinfo2().uordblks; }
#endif

/* Whatever tries to write in vain, twice a second, needs no more memory after hours. */
static void a_disk_may_be_full_for_hours(void **state)
{
    only_for_files("its pages are counted by SQLite");
    (void)state;
    struct shop *shop = shop_open();
    for (int i = 0; i < 40; i++) pay(shop, i);
    shop_pass(shop, 20 * MICROS_PER_MS);
    limit_pages(shop, true);
    shop_pass(shop, 30 * SHOP_SECOND);
    size_t before = allocated_bytes();
    shop_pass(shop, SHOP_HOUR);
    assert_in_range(allocated_bytes(), 1, before + 64 * 1024);
    limit_pages(shop, false);
    shop_pass(shop, SHOP_SECOND);
    assert_told(shop_answered(shop, pay(shop, 39)), 201, "done authorized 5000/0/0 operation=none");
    shop_close(shop);
}

/* ---- going down ---- */

static void who_goes_down_begins_nothing_and_finishes_what_runs(void **state)
{
    (void)state;
    struct shop *shop = shop_open();
    struct guest *running = pay(shop, 1);
    shop_pass(shop, 10 * MICROS_PER_MS);
    flows_stop_taking(shop->flows);
    assert_false(flows_are_quiet(shop->flows));
    assert_told(shop_answered(shop, pay(shop, 2)), 503, "stopping");
    struct guest *joining = pay(shop, 1);
    assert_told(shop_answered(shop, running), 201, "done authorized");
    assert_told(shop_answered(shop, joining), 201, running->body);
    assert_true(flows_are_quiet(shop->flows));
    shop_close(shop);
}

/* What is in doubt when it goes down is taken up at the next start. */
static void a_doubt_survives_an_orderly_stop(void **state)
{
    (void)state;
    struct shop *shop = shop_open();
    fake_bank_fault(shop->world, ON_HOLDS "\"fault\": \"act_then_hang_up\"");
    struct guest *guest = pay(shop, 1);
    shop_pass(shop, SHOP_SECOND);
    flows_stop_taking(shop->flows);
    assert_told(shop_answered(shop, guest), 202, "open pending 0/0/0 operation=authorize/unknown");
    shop_pass(shop, 60 * SHOP_SECOND);
    assert_int_equal(fake_bank_requests(shop->world), 1); /* nothing more is sent */
    shop_restart(shop);
    shop_rest(shop);
    assert_told(shop_answered(shop, pay(shop, 1)), 201, "done authorized 5000/0/0 operation=none");
    assert_int_equal(fake_bank_count(shop->world, "holds"), 1);
    shop_close(shop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dead_bank_is_not_asked_for_new_payments),
        cmocka_unit_test(who_waits_behind_the_breaker_is_served_when_the_bank_is_back),
        cmocka_unit_test(an_answer_is_repeated_while_the_bank_is_dead),
        cmocka_unit_test(a_card_that_is_gone_does_not_keep_the_breaker_open),
        cmocka_unit_test(a_full_house_says_so_at_once),
        cmocka_unit_test(a_full_vault_takes_no_card),
        cmocka_unit_test(little_room_takes_no_new_payment),
        cmocka_unit_test(nothing_is_sent_that_could_not_be_recorded),
        cmocka_unit_test(an_outcome_waits_for_room),
        cmocka_unit_test(a_disk_may_be_full_for_hours),
        cmocka_unit_test(who_goes_down_begins_nothing_and_finishes_what_runs),
        cmocka_unit_test(a_doubt_survives_an_orderly_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
