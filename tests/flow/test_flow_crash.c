/* SPDX-License-Identifier: Apache-2.0 */
/* Every story is told once without a crash, and then again and again with one after each of its moments. The merchant asks
 * again with the same key until he is told the end: each thing is done once, and what he was told stays true. */
#include "base/base_testing.h"

#include <stdio.h>

#include "flow/shop.h"

#define ON_HOLDS "\"path\": \"/api/v1/authorizations\", "
#define ON_CAPTURES "\"path\": \"/api/v1/captures\", "
#define ON_VOIDS "\"path\": \"/api/v1/voids\", "
#define ON_REFUNDS "\"path\": \"/api/v1/refunds\", "

enum { REPEATS_MAX = 8 };

/* ---- stories ---- */

enum ask { ASK_NOTHING, ASK_PAY, ASK_BUY, ASK_PAY_POOR, ASK_CAPTURE, ASK_VOID, ASK_REFUND, ASK_APPROVE, ASK_DECLINE };

/* Everything is held for a review. */
static const struct risk_rule all_reviewed = { .name = "all", .decision = RISK_REVIEW };
static const struct risk_rules reviews = { .rules = &all_reviewed, .count = 1 };

/* What is done before in peace, then a fault, then what the crash interrupts, and how it ends. */
static const struct story {
    const char *name;
    enum ask before[2];
    const char *fault;
    enum ask asked;
    int status;
    const char *told;
    bool holds_may_stray; /* what a crash interrupts may leave a hold that nobody can find, and then that is told */
    bool may_need_a_person;
    int or_status; /* what he may find: done by the try that was lost */
    const char *or_told;
    const struct risk_rules *risks;
} stories[] = {
    { "authorize", { 0 }, NULL, ASK_PAY, 201, "done authorized 5000/0/0 operation=none", true },
    { "decline", { 0 }, NULL, ASK_PAY_POOR, 402, "declined declined 0/0/0", false },
    { "automatic", { 0 }, NULL, ASK_BUY, 201, "done captured 5000/5000/0 operation=none", true },
    { "capture", { ASK_PAY }, NULL, ASK_CAPTURE, 200, "done captured 5000/5000/0 operation=none", false },
    { "void", { ASK_PAY }, NULL, ASK_VOID, 200, "done voided 5000/0/0 operation=none", false },
    { "refund", { ASK_PAY, ASK_CAPTURE }, NULL, ASK_REFUND, 200, "done refunded 5000/5000/5000 operation=none", false },
    { "authorize, lost", { 0 }, ON_HOLDS "\"fault\": \"act_then_hang_up\"", ASK_PAY, 201, "done authorized 5000/0/0 operation=none", true },
    { "authorize, busy", { 0 }, ON_HOLDS "\"fault\": \"fail\", \"times\": 2", ASK_PAY, 201, "done authorized 5000/0/0 operation=none", true },
    { "capture, lost", { ASK_PAY }, ON_CAPTURES "\"fault\": \"act_then_hang_up\"", ASK_CAPTURE, 200,
      "done captured 5000/5000/0 operation=none", false },
    { "capture, its id lost", { ASK_PAY }, ON_CAPTURES "\"fault\": \"act_then_hang_up\", \"store_key\": false", ASK_CAPTURE, 200,
      "done captured 5000/5000/0 operation=none", false },
    { "void, its id lost", { ASK_PAY }, ON_VOIDS "\"fault\": \"act_then_hang_up\", \"store_key\": false", ASK_VOID, 200,
      "done voided 5000/0/0 operation=none", false },
    { "refund, lost", { ASK_PAY, ASK_CAPTURE }, ON_REFUNDS "\"fault\": \"act_then_hang_up\", \"store_key\": false", ASK_REFUND, 200,
      "done refunded 5000/5000/5000 operation=none", false },
    { "automatic, voided", { 0 }, ON_CAPTURES "\"fault\": \"plain_400\", \"times\": 0", ASK_BUY, 402, "declined voided 5000/0/0 operation=none",
      true, true, 201, "done captured 5000/5000/0 operation=none" },
    { "automatic, held for a review", { 0 }, NULL, ASK_BUY, 201, "done authorized 5000/0/0 operation=none", true, .risks = &reviews },
    { "approved", { ASK_BUY }, NULL, ASK_APPROVE, 200, "done captured 5000/5000/0 operation=none", .risks = &reviews },
    { "approved, lost", { ASK_BUY }, ON_CAPTURES "\"fault\": \"act_then_hang_up\"", ASK_APPROVE, 200,
      "done captured 5000/5000/0 operation=none", .risks = &reviews },
    { "declined by a review", { ASK_PAY }, NULL, ASK_DECLINE, 200, "done voided 5000/0/0 operation=none", .risks = &reviews },
    { "declined by a review, lost", { ASK_BUY }, ON_VOIDS "\"fault\": \"act_then_hang_up\"", ASK_DECLINE, 200,
      "done voided 5000/0/0 operation=none", .risks = &reviews },
};

static struct guest *ask(struct shop *shop, enum ask what, const char *key, const char *payment)
{
    switch (what) {
    case ASK_PAY: return shop_authorize(shop, key, shop_rich_card, 5000, false);
    case ASK_BUY: return shop_authorize(shop, key, shop_rich_card, 5000, true);
    case ASK_PAY_POOR: return shop_authorize(shop, key, shop_poor_card, 5000, false);
    case ASK_CAPTURE: return shop_capture(shop, key, payment);
    case ASK_VOID: return shop_void(shop, key, payment);
    case ASK_REFUND: return shop_refund(shop, key, payment);
    case ASK_APPROVE:
    case ASK_DECLINE: return shop_review(shop, key, payment, what == ASK_APPROVE);
    case ASK_NOTHING: break;
    }
    return NULL;
}

/* ---- telling one ---- */

struct telling {
    const struct story *story;
    struct shop *shop;
    char payment[ID_TEXT_BYTES];
    const struct guest *told; /* the first final answer that the merchant has heard */
};

static void begin(struct telling *telling)
{
    telling->shop = shop_open_with(&(struct shop_settings){ .resend_after = SHOP_SECOND, .risks = telling->story->risks });
    for (size_t i = 0; i < COUNT_OF(telling->story->before) && telling->story->before[i]; i++) {
        char key[16];
        snprintf(key, sizeof key, "before-%zu", i);
        struct guest *guest = shop_answered(telling->shop, ask(telling->shop, telling->story->before[i], key, telling->payment));
        assert_true(str_copy_to(str_of(guest_payment(guest)), telling->payment, sizeof telling->payment));
    }
    if (telling->story->fault) fake_bank_fault(telling->shop->world, telling->story->fault);
}

/* I5: what was told once as the end is told again, byte for byte. */
static void hear(struct telling *telling, const struct guest *guest)
{
    bool final = guest->answered && guest->status != 202 && guest->status != 409;
    if (!final) return;
    if (!telling->told) telling->told = guest;
    assert_string_equal(guest->body, telling->told->body);
    assert_int_equal(guest->status, telling->told->status);
}

/* A refusal after a crash does not say what became of the capture before it. A person looks at the bank. */
static void settle(struct shop *shop)
{
    bool happened = fake_bank_count(shop->world, "captures") > 0;
    shop_answered(shop, shop_settle(shop, shop_first_open_operation(shop), happened, NULL));
    shop_rest(shop);
}

static void ask_until_told(struct telling *telling)
{
    for (int i = 0; i < REPEATS_MAX; i++) {
        const struct guest *guest = shop_answered(telling->shop, ask(telling->shop, telling->story->asked, "k", telling->payment));
        hear(telling, guest);
        if (telling->told) return;
        if (telling->story->may_need_a_person && str_contains(str_of(guest->body), STR("/review"))) settle(telling->shop);
    }
    fail_msg("%s: he is never told the end", telling->story->name);
}

/* Nothing that was done before comes undone, and the answers of then are still the answers. */
static void end(struct telling *telling)
{
    struct shop *shop = telling->shop;
    ask_until_told(telling);
    bool other = telling->told->status == telling->story->or_status;
    assert_told(telling->told, telling->told->status, other ? telling->story->or_told : telling->story->told);
    assert_int_equal(telling->told->status, other ? telling->story->or_status : telling->story->status);
    hear(telling, shop_answered(shop, ask(shop, telling->story->asked, "k", telling->payment)));
    if (telling->story->before[0] && telling->story->before[0] == ASK_PAY) {
        assert_told(shop_answered(shop, ask(shop, ASK_PAY, "before-0", "")), 201, "done authorized 5000/0/0");
    }
    assert_int_equal(fake_bank_counter(shop->world, "acted_twice") > 0 && !telling->story->holds_may_stray, false);
    assert_int_equal(shop_open_operations(shop), 0);
    shop_close(shop); /* checks that each thing was done once */
}

/* Runs until so many moments have passed; false when the story was over before. */
static bool live(struct telling *telling, struct guest *guest, int64_t moments)
{
    int64_t until = fake_world_moments(telling->shop->world) + moments;
    while (fake_world_moments(telling->shop->world) < until) {
        if (guest->answered && !fake_world_is_busy(telling->shop->world)) return false;
        (void)fake_world_step(telling->shop->world, INT64_MAX);
    }
    return true;
}

/* What a crash met. */
struct met {
    bool the_end; /* the story was over before */
    bool a_call;  /* in the air */
};

static struct met crash_after(const struct story *story, int64_t moments, bool arrives)
{
    struct telling telling = { .story = story };
    begin(&telling);
    struct guest *guest = ask(telling.shop, story->asked, "k", telling.payment);
    struct met met = { .the_end = !live(&telling, guest, moments) };
    met.a_call = fake_world_calls(telling.shop->world) > 0;
    hear(&telling, guest);
    shop_lose(telling.shop, arrives);
    shop_begin(telling.shop);
    shop_rest(telling.shop);
    end(&telling);
    return met;
}

/* ---- all of them ---- */

/* A call that was in the air is lost on the way, and the next time arrives all the same. */
static void a_crash_after_every_moment_of_every_story(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(stories); i++) {
        struct met met = { 0 };
        int64_t moments = 0;
        for (; !met.the_end; moments++) {
            met = crash_after(&stories[i], moments, false);
            if (met.a_call) (void)crash_after(&stories[i], moments, true);
        }
        assert_row(moments >= 4, i); /* at the least: intent, told, outcome, told */
    }
}

static void the_stories_without_a_crash(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(stories); i++) {
        struct telling telling = { .story = &stories[i] };
        begin(&telling);
        end(&telling);
    }
}

/* The recovery dies as well, again and again, a moment later each time. */
static void a_gateway_that_crashes_while_it_recovers(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(stories); i++) {
        struct telling telling = { .story = &stories[i] };
        begin(&telling);
        struct guest *guest = ask(telling.shop, stories[i].asked, "k", telling.payment);
        for (int64_t moments = 1; moments < 16; moments++) {
            (void)live(&telling, guest, moments);
            hear(&telling, guest);
            shop_lose(telling.shop, moments % 2);
            shop_begin(telling.shop);
        }
        shop_rest(telling.shop);
        end(&telling);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_stories_without_a_crash),
        cmocka_unit_test(a_crash_after_every_moment_of_every_story),
        cmocka_unit_test(a_gateway_that_crashes_while_it_recovers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
