/* SPDX-License-Identifier: Apache-2.0 */
/* Chance: shops with many payments at once, a bank that fails in every way it can without lying, a network that breaks, and a
 * gateway that crashes, each run decided by its seed alone. Then all heals, and what must hold is looked at. */
#include "base/base_testing.h"

#include <stdio.h>

#include "flow/shop.h"

enum { SEEDS = 40, TICKS = 120, INTENTS_MAX = 120, REPEATS_MAX = 12 };

/* ---- what the merchant wants ---- */

enum what { PAY, BUY, CAPTURE, VOID, REFUND };

struct intent {
    enum what what;
    char key[24];
    char payment[ID_TEXT_BYTES]; /* capture, void, refund */
    int card;
    int64_t minor;
    struct guest *newest;        /* the last time that he asked */
    struct guest *told;          /* the first end that he was told */
};

struct merchant {
    struct shop *shop;
    struct intent intents[INTENTS_MAX];
    size_t count;
    uint64_t chance;
};

static uint64_t draw(struct merchant *merchant, uint64_t bound)
{
    merchant->chance ^= merchant->chance << 13;
    merchant->chance ^= merchant->chance >> 7;
    merchant->chance ^= merchant->chance << 17;
    return (merchant->chance >> 20) % bound;
}

/* The cards that the bank has issued besides the four: 400000, a number, the check digit. */
static struct card further_card(int number)
{
    char digits[48];
    struct card card = { .cvv = "123", .expiry_month = 12, .expiry_year = 2049 };
    for (int check = 0; check < 10; check++) {
        snprintf(digits, sizeof digits, "400000%09d%d", number, check);
        if (card_number_read(str_of(digits), &card.number)) break;
    }
    return card;
}

static void ask(struct merchant *merchant, struct intent *intent)
{
    struct card card = further_card(intent->card);
    switch (intent->what) {
    case PAY:
    case BUY: intent->newest = shop_authorize_card(merchant->shop, intent->key, &card, intent->minor, intent->what == BUY); break;
    case CAPTURE: intent->newest = shop_capture(merchant->shop, intent->key, intent->payment); break;
    case VOID: intent->newest = shop_void(merchant->shop, intent->key, intent->payment); break;
    case REFUND: intent->newest = shop_refund(merchant->shop, intent->key, intent->payment); break;
    }
}

/* An end is told once and for all; these ask him to come back, and are none. */
static bool is_end(const struct guest *guest)
{
    static const char *const not_ends[] = { "open", "refused operation_in_progress", "overloaded", "stopping", "storage_low" };
    if (!guest || !guest->answered) return false;
    for (size_t i = 0; i < COUNT_OF(not_ends); i++) {
        if (str_starts_with(str_of(guest->body), str_of(not_ends[i]))) return false;
    }
    return strcmp(guest->body, "unavailable") != 0; /* without a payment: nothing was begun */
}

static void hear(struct intent *intent)
{
    if (!is_end(intent->newest)) return;
    if (!intent->told) intent->told = intent->newest;
    assert_int_equal(intent->newest->status, intent->told->status);
    assert_string_equal(intent->newest->body, intent->told->body); /* I5 */
}

static struct intent *enter(struct merchant *merchant, enum what what, const char *payment)
{
    struct intent *intent = &merchant->intents[merchant->count];
    if (merchant->count == INTENTS_MAX) return NULL;
    *intent = (struct intent){ .what = what, .card = (int)draw(merchant, 20), .minor = 100 + (int64_t)draw(merchant, 1000) };
    snprintf(intent->key, sizeof intent->key, "key-%zu", merchant->count++);
    assert_true(str_copy_to(str_of(payment), intent->payment, sizeof intent->payment));
    return intent;
}

/* ---- what happens by chance ---- */

/* Everything that the bank can do wrong, but saying what is not so. */
static const char *const faults[] = {
    "fail", "internal_500", "act_then_hang_up", "hang_up", "hang_up_halfway", "truncate", "late", "slow", "twice", "internal_400",
    "internal_400_done", "garbage", "html_502", "empty_200", "not_found_400", "forget_key", "silence", "wrong_currency", "plain_400",
};

static void plant_fault(struct merchant *merchant)
{
    static const char *const paths[] = { "/api/v1/authorizations", "/api/v1/captures", "/api/v1/voids", "/api/v1/refunds" };
    char order[200];
    snprintf(order, sizeof order, "\"fault\": \"%s\", \"path\": \"%s\", \"times\": %d, \"latency_ms\": %d", faults[draw(merchant, COUNT_OF(faults))],
             paths[draw(merchant, COUNT_OF(paths))], 1 + (int)draw(merchant, 3), (int)draw(merchant, 14000));
    fake_bank_fault(merchant->shop->world, order);
}

static void crash(struct merchant *merchant)
{
    for (size_t i = 0; i < merchant->count; i++) hear(&merchant->intents[i]);
    shop_lose(merchant->shop, draw(merchant, 2));
    if (draw(merchant, 6) == 0) shop_lose_memory(merchant->shop);
    shop_begin(merchant->shop);
}

/* Something that follows from an end, sensible or not. */
static void follow_up(struct merchant *merchant)
{
    if (merchant->count == 0) return;
    const struct intent *before = &merchant->intents[draw(merchant, merchant->count)];
    if (!before->told || !guest_payment(before->told)[0]) return;
    struct intent *intent = enter(merchant, (enum what)(CAPTURE + draw(merchant, 3)), guest_payment(before->told));
    if (intent) ask(merchant, intent);
}

static void repeat(struct merchant *merchant)
{
    if (merchant->count == 0) return;
    struct intent *intent = &merchant->intents[draw(merchant, merchant->count)];
    hear(intent);
    if (!intent->newest || intent->newest->answered || intent->newest->lost) ask(merchant, intent);
}

static void tick(struct merchant *merchant)
{
    uint64_t what = draw(merchant, 100);
    if (what < 25) {
        struct intent *intent = enter(merchant, draw(merchant, 2) ? PAY : BUY, "");
        if (intent) ask(merchant, intent);
    } else if (what < 45) follow_up(merchant);
    else if (what < 60) repeat(merchant);
    else if (what < 75) plant_fault(merchant);
    else if (what < 79) crash(merchant);
    else if (what < 83) fake_world_set_network(merchant->shop->world, (enum fake_network)draw(merchant, 3));
    else if (what < 88) fake_world_set_network(merchant->shop->world, NETWORK_WORKS);
    else shop_pass(merchant->shop, (micros)draw(merchant, 20 * 1000) * MICROS_PER_MS);
    shop_pass(merchant->shop, (micros)draw(merchant, 200) * MICROS_PER_MS);
    for (size_t i = 0; i < merchant->count; i++) hear(&merchant->intents[i]);
}

/* ---- and then all heals ---- */

static void ask_until_told(struct merchant *merchant, struct intent *intent)
{
    for (int i = 0; i < REPEATS_MAX && !intent->told; i++) {
        ask(merchant, intent);
        shop_answered(merchant->shop, intent->newest);
        hear(intent);
        if (!intent->told) shop_pass(merchant->shop, 5 * SHOP_SECOND); /* "come back later" */
        if (!intent->told) shop_rest(merchant->shop);
        if (!intent->told) (void)shop_settle_truly(merchant->shop);
    }
    if (!intent->told) fail_msg("%s is never told the end: %s", intent->key, intent->newest->body);
}

static void heal(struct merchant *merchant)
{
    fake_world_set_network(merchant->shop->world, NETWORK_WORKS);
    fake_bank_heal(merchant->shop->world);
    shop_rest(merchant->shop);
    for (size_t i = 0; i < merchant->count; i++) ask_until_told(merchant, &merchant->intents[i]);
    shop_rest(merchant->shop);
    (void)shop_settle_truly(merchant->shop);
    for (size_t i = 0; i < merchant->count; i++) { /* once more, and nothing has changed */
        ask(merchant, &merchant->intents[i]);
        shop_answered(merchant->shop, merchant->intents[i].newest);
        hear(&merchant->intents[i]);
    }
}

static void live_one_life(uint64_t seed)
{
    static struct merchant merchant;
    merchant = (struct merchant){ .chance = 88172645463325252u ^ (seed * 0x9e3779b97f4a7c15u) };
    merchant.shop = shop_open_with(&(struct shop_settings){ .resend_after = SHOP_SECOND, .seed = seed });
    for (int i = 0; i < TICKS; i++) tick(&merchant);
    heal(&merchant);
    shop_close(merchant.shop);
}

static void many_lives(void **state)
{
    const char *first = getenv("FLORIN_SEED"), *count = getenv("FLORIN_SEEDS");
    int64_t from = 1, seeds = SEEDS;
    (void)state;
    if (first) assert_true(str_to_int64(str_of(first), INT64_MAX, &from));
    if (count) assert_true(str_to_int64(str_of(count), INT64_MAX, &seeds));
    for (int64_t seed = from; seed < from + seeds; seed++) {
        if (first || count) print_message("seed %d\n", (int)seed);
        live_one_life((uint64_t)seed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_lives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
