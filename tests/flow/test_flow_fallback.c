/* SPDX-License-Identifier: Apache-2.0 */
/* Two processors, and a rule that names one after the other: a payment goes on at the second when it is certain that the first has
 * nothing of it, and never while that is in doubt. Behind both lives the same bank, whose one book counts the holds. */
#include "base/base_testing.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "flow/shop.h"

/* The first is called that and speaks as the bank does. */
static struct processor first;

static const struct route_rule both[] = { { .name = STR_CONSTANT("both"), .targets = { { .processor = STR_CONSTANT("first") },
                                                                                       { .processor = STR_CONSTANT("bank") } },
                                            .target_count = 2 } };
static const struct route_rules first_then_bank = { .rules = both, .count = 1 };

static struct shop *open_two(enum protection protection)
{
    first = *processor_named(STR("bank"));
    first.name = "first";
    first.protection[OPERATION_AUTHORIZE] = protection;
    struct shop *shop = shop_open_with(&(struct shop_settings){ .resend_after = SHOP_SECOND, .beside = &first });
    flows_route_by(shop->flows, &first_then_bank);
    return shop;
}

static void set_first(struct shop *shop, enum fake_network network, int status, const char *says)
{
    fake_world_set_neighbor(shop->world, &(struct fake_neighbor){ SHOP_BESIDE, network, status, says });
}

static void heal_first(struct shop *shop) { set_first(shop, NETWORK_WORKS, 0, NULL); }

static struct guest *pay(struct shop *shop, const char *key) { return shop_authorize(shop, key, shop_rich_card, 5000, false); }

static void assert_event(struct shop *shop, const struct guest *guest, const char *type, const char *part)
{
    const char *data = shop_event(shop, guest_payment(guest), type);
    if (!strstr(data, part)) fail_msg("%s does not tell %s: %s", type, part, data);
}

static void assert_is_at(struct shop *shop, const struct guest *guest, const char *processor)
{
    assert_str(shop_payment(shop, guest_payment(guest))->processor, str_of(processor));
}

#define DECLINED(code) NETWORK_WORKS, 400, "{\"error\":\"" code "\"}"

/* ---- what the first does, and how it ends ---- */

/* clang-format off */
static const struct {
    const char *what;
    enum fake_network network;
    int status;
    const char *says;
    int told;
    const char *with, *at, *why; /* why: as the fall tells it; NULL: there is none */
} firsts[] = {
    { "does not know the card", DECLINED("invalid_card"),        201, "done authorized",    "bank",  "\"category\":\"card_not_taken\",\"advice\":\"other_processor\",\"reason\":\"card_not_taken\"" },
    { "refuses connections",    NETWORK_REFUSES, 0, NULL,        201, "done authorized",    "bank",  "\"reason\":\"processor_unavailable\"" },
    { "is busy",                NETWORK_WORKS, 500, "{\"error\":\"internal_error\"}", 201, "done authorized", "bank", "\"reason\":\"processor_busy\"" },
    { "finds too little money", NETWORK_WORKS, 402, "{\"error\":\"insufficient_funds\"}", 402, "declined declined 0/0/0 operation=none decline=insufficient_funds", "first", NULL },
    { "finds a wrong CVV",      DECLINED("invalid_cvv"),         402, "declined declined 0/0/0 operation=none decline=invalid_cvc", "first", NULL },
    { "finds an old card",      DECLINED("card_expired"),        402, "declined declined",  "first", NULL },
    { "finds fault with us",    DECLINED("invalid_amount"),      422, "processor_refused",  "first", NULL },
    { "works",                  NETWORK_WORKS, 0, NULL,          201, "done authorized",    "first", NULL },
};
/* clang-format on */

static void it_ends_by_what_the_first_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(firsts); i++) {
        struct shop *shop = open_two(PROTECTED_BY_KEY);
        set_first(shop, firsts[i].network, firsts[i].status, firsts[i].says);
        micros asked_at = fake_world_clock(shop->world);
        struct guest *guest = shop_answered(shop, pay(shop, "k1"));
        assert_told(guest, firsts[i].told, firsts[i].with);
        assert_true(guest->answered_at - asked_at < SHOP_SECOND); /* nobody waits for a deadline */
        assert_is_at(shop, guest, firsts[i].at);
        if (firsts[i].why) {
            assert_event(shop, guest, "fell_over", firsts[i].why);
            assert_event(shop, guest, "fell_over", "\"processor\":\"first\"");
            assert_event(shop, guest, "fell_over", "\"next\":{\"processor\":\"bank\",\"operation_id\":\"op_");
        } else {
            assert_string_equal(shop_event(shop, guest_payment(guest), "fell_over"), "");
        }
        assert_int_equal(fake_bank_count(shop->world, "holds"), firsts[i].told == 201);
        struct guest *again = shop_answered(shop, pay(shop, "k1"));
        assert_told(again, guest->status, guest->body); /* one key, one answer */
        assert_int_equal(shop_payments(shop), 1);
        shop_close(shop);
    }
}

/* Whoever holds the money is asked for it, also by the next life of the gateway, which has other rules or none. */
static void what_follows_goes_where_the_money_is(void **state)
{
    (void)state;
    struct shop *shop = open_two(PROTECTED_BY_KEY);
    set_first(shop, DECLINED("invalid_card"));
    struct guest *guest = shop_answered(shop, pay(shop, "k1"));
    int64_t calls = fake_neighbor_calls(shop->world);
    shop_restart(shop);
    assert_told(shop_answered(shop, shop_capture(shop, "k2", guest_payment(guest))), 200, "done captured 5000/5000/0 operation=none");
    assert_told(shop_answered(shop, shop_refund(shop, "k3", guest_payment(guest))), 200, "done refunded 5000/5000/5000 operation=none");
    flows_route_by(shop->flows, &first_then_bank);
    guest = shop_answered(shop, pay(shop, "k4"));
    assert_told(shop_answered(shop, shop_void(shop, "k5", guest_payment(guest))), 200, "done voided 5000/0/0 operation=none");
    assert_int_equal(fake_neighbor_calls(shop->world), calls + 1);
    shop_close(shop);
}

static void an_automatic_payment_is_captured_where_it_came_to(void **state)
{
    (void)state;
    struct shop *shop = open_two(PROTECTED_BY_KEY);
    set_first(shop, NETWORK_REFUSES, 0, NULL);
    struct guest *guest = shop_answered(shop, shop_authorize(shop, "k1", shop_rich_card, 5000, true));
    assert_told(guest, 201, "done captured 5000/5000/0 operation=none");
    assert_is_at(shop, guest, "bank");
    shop_close(shop);
}

/* The last one's word is the payment's. */
static void the_second_says_no_as_well(void **state)
{
    (void)state;
    struct shop *shop = open_two(PROTECTED_BY_KEY);
    set_first(shop, DECLINED("invalid_card"));
    struct guest *guest = shop_answered(shop, shop_authorize(shop, "k1", shop_poor_card, 5000, false));
    assert_told(guest, 402, "declined declined 0/0/0 operation=none decline=insufficient_funds");
    assert_is_at(shop, guest, "bank");

    fake_world_set_network(shop->world, NETWORK_REFUSES);
    guest = shop_answered(shop, pay(shop, "k2")); /* at his deadline */
    assert_told(guest, 503, "unavailable failed 0/0/0 operation=none");
    assert_is_at(shop, guest, "bank");
    assert_int_equal(fake_bank_count(shop->world, "holds"), 0);
    fake_world_set_network(shop->world, NETWORK_WORKS);
    shop_close(shop);
}

/* A request that names its processor is for that one. */
static void whoever_was_named_is_the_only_one(void **state)
{
    (void)state;
    struct shop *shop = open_two(PROTECTED_BY_KEY);
    flows_route_by(shop->flows, NULL);
    fake_world_set_network(shop->world, NETWORK_REFUSES);
    struct guest *guest = shop_answered(shop, pay(shop, "k1"));
    assert_told(guest, 503, "unavailable failed 0/0/0 operation=none");
    assert_int_equal(fake_neighbor_calls(shop->world), 0);
    fake_world_set_network(shop->world, NETWORK_WORKS);
    shop_close(shop);
}

/* ---- doubt ---- */

/* What the first may have is its own until it is settled, whatever becomes of the merchant's patience. */
static void nothing_falls_over_in_doubt(void **state)
{
    (void)state;
    const enum fake_network troubles[] = { NETWORK_LOSES_CALL, NETWORK_LOSES_ANSWER, NETWORK_SWALLOWS };
    for (size_t i = 0; i < COUNT_OF(troubles); i++) {
        struct shop *shop = open_two(PROTECTED_BY_KEY);
        set_first(shop, troubles[i], 0, NULL);
        struct guest *guest = shop_answered(shop, pay(shop, "k1"));
        assert_int_equal(guest->status, 202);
        shop_pass(shop, 2 * 60 * SHOP_SECOND);
        set_first(shop, NETWORK_REFUSES, 0, NULL); /* this one leaves nothing; those before it may have */
        shop_pass(shop, 2 * 60 * SHOP_SECOND);
        assert_string_equal(shop_event(shop, guest_payment(guest), "fell_over"), "");
        heal_first(shop);
        shop_rest(shop);
        assert_told(shop_answered(shop, pay(shop, "k1")), 201, "done authorized 5000/0/0 operation=none");
        assert_is_at(shop, guest, "first");
        assert_int_equal(fake_bank_count(shop->world, "holds"), 1);
        shop_close(shop);
    }
}

/* A decline that comes after a lost try does not say what became of that. */
static void a_decline_after_a_lost_try_is_the_end(void **state)
{
    (void)state;
    struct shop *shop = open_two(PROTECTED_BY_KEY);
    set_first(shop, NETWORK_LOSES_ANSWER, 0, NULL);
    struct guest *guest = pay(shop, "k1");
    shop_pass(shop, SHOP_SECOND / 2);
    set_first(shop, DECLINED("invalid_card"));
    assert_told(shop_answered(shop, guest), 402, "declined declined 0/0/0");
    assert_int_equal(shop_payment(shop, guest_payment(guest))->stray_holds, 1);
    assert_is_at(shop, guest, "first");
    shop_close(shop);
}

/* ---- a first that can be asked what became of a try ---- */

static void ask_by_reference(struct arena *arena, const struct processor_call *call, struct processor_request *out)
{
    *out = (struct processor_request){ STR("GET"), arena_format(arena, "/sim/book?key=%.*s", STR_FORMAT(call->reference)), STR_NONE };
}

static void read_book(struct arena *arena, const struct processor_call *call, const struct processor_answer *answer, struct outcome *out)
{
    const struct json *body = NULL;
    (void)call;
    if (answer->status != 200 || json_read(arena, answer->body, &body) != JSON_FINE) return;
    const struct json *hold = json_first(json_find(body, "authorizations")).value;
    out->kind = hold ? OUTCOME_DONE : OUTCOME_ABSENT;
    out->expires_at = INT64_MAX / 2;
    if (hold) assert_true(str_copy_to(json_string(json_find(hold, "id")), out->id.text, sizeof out->id.text));
}

static struct shop *open_careful(void)
{
    struct shop *shop = open_two(PROTECTED_BY_REFERENCE);
    first.inquiries[OPERATION_AUTHORIZE] = (struct processor_inquiry){ ask_by_reference, read_book };
    return shop;
}

/* What the first is sent is lost on the way, or its answer is; then all is well. */
static struct guest *lose_one(struct shop *shop, enum fake_network network)
{
    set_first(shop, network, 0, NULL);
    struct guest *guest = pay(shop, "k1");
    shop_pass(shop, SHOP_SECOND / 2);
    heal_first(shop);
    return guest;
}

static void assert_held_once(struct shop *shop, const struct guest *guest, const char *processor)
{
    assert_told(guest, 201, "done authorized 5000/0/0 operation=none");
    assert_is_at(shop, guest, processor);
    assert_int_equal(fake_bank_count(shop->world, "holds"), 1);
}

static void a_lost_try_that_is_not_there_falls_over(void **state)
{
    (void)state;
    struct shop *shop = open_careful();
    struct guest *guest = shop_answered(shop, lose_one(shop, NETWORK_LOSES_CALL));
    assert_held_once(shop, guest, "bank");
    assert_event(shop, guest, "fell_over", "\"reason\":\"processor_has_nothing\"");
    shop_close(shop);
}

static void a_lost_try_that_is_there_stays(void **state)
{
    (void)state;
    struct shop *shop = open_careful();
    assert_held_once(shop, shop_answered(shop, lose_one(shop, NETWORK_LOSES_ANSWER)), "first");
    shop_close(shop);
}

/* 1. The call is lost, and the card with the machine. 2. The first has nothing, but without the card nobody else can be asked. 3. The
 * merchant's repeat brings it: for the first. */
static void without_its_card_it_stays(void **state)
{
    (void)state;
    struct shop *shop = open_careful();
    (void)lose_one(shop, NETWORK_LOSES_CALL);
    shop_lose(shop, true);
    shop_lose_memory(shop);
    shop_begin(shop);
    shop_rest(shop);
    assert_int_equal(shop_open_operations(shop), 1); /* in review */
    assert_held_once(shop, shop_answered(shop, pay(shop, "k1")), "first");
    shop_close(shop);
}

/* The next life knows the order from the history: it has no rules. */
static void a_restart_keeps_the_order(void **state)
{
    (void)state;
    struct shop *shop = open_careful();
    (void)lose_one(shop, NETWORK_LOSES_CALL);
    shop_lose(shop, true);
    shop_begin(shop);
    assert_held_once(shop, shop_answered(shop, pay(shop, "k1")), "bank");
    shop_close(shop);
}

/* "We have it and do not know yet." */
static void read_pending(struct arena *arena, const struct processor_call *call, const struct processor_answer *answer, struct outcome *out)
{
    if (answer->status == 202) *out = (struct outcome){ .kind = OUTCOME_OPEN };
    else processor_named(STR("bank"))->operations[OPERATION_AUTHORIZE].read(arena, call, answer, out);
}

/* What it has said counts in the next life, too: a list in which nothing stands yet sends the payment nowhere else. */
static void what_was_acknowledged_stays_after_a_restart(void **state)
{
    (void)state;
    struct shop *shop = open_careful();
    first.operations[OPERATION_AUTHORIZE].read = read_pending;
    set_first(shop, NETWORK_WORKS, 202, "{}");
    (void)pay(shop, "k1");
    shop_pass(shop, SHOP_SECOND / 2);
    shop_lose(shop, true);
    heal_first(shop);
    shop_begin(shop);
    struct guest *guest = shop_answered(shop, pay(shop, "k1"));
    assert_int_equal(guest->status, 202);
    shop_pass(shop, 20 * SHOP_SECOND);
    assert_is_at(shop, guest, "first");
    assert_string_equal(shop_event(shop, guest_payment(guest), "fell_over"), "");
    assert_int_equal(fake_bank_count(shop->world, "holds"), 0);
    shop_close(shop);
}

/* ---- the breaker ---- */

enum { FAILURES = 20 };

static const char *key_of(int number)
{
    static char key[16];
    snprintf(key, sizeof key, "k-%d", number);
    return key;
}

/* 1. Each payment finds the first away, and goes on at the bank. 2. After twenty the first is not asked any more. 3. It is well again, and
 * so are the payments that go there. */
static void traffic_leaves_and_returns(void **state)
{
    (void)state;
    struct shop *shop = open_two(PROTECTED_BY_KEY);
    set_first(shop, NETWORK_REFUSES, 0, NULL);
    for (int i = 0; i < FAILURES + 5; i++) {
        struct guest *guest = shop_answered(shop, pay(shop, key_of(i)));
        assert_told(guest, 201, "done authorized 5000/0/0 operation=none");
        assert_is_at(shop, guest, "bank");
    }
    assert_int_equal(fake_neighbor_calls(shop->world), FAILURES);
    heal_first(shop);
    shop_pass(shop, 2 * SHOP_SECOND);
    struct guest *guest = shop_answered(shop, pay(shop, "after"));
    assert_told(guest, 201, "done authorized 5000/0/0 operation=none");
    assert_is_at(shop, guest, "first");
    shop_close(shop);
}

/* All of them are on their way when it opens: those that have not left go to the bank at once. */
static void whoever_waits_at_an_open_breaker_goes_on(void **state)
{
    (void)state;
    struct shop *shop = open_two(PROTECTED_BY_KEY);
    set_first(shop, NETWORK_WORKS, 500, "{\"error\":\"internal_error\"}");
    struct guest *guests[2 * FAILURES];
    for (int i = 0; i < 2 * FAILURES; i++) guests[i] = pay(shop, key_of(i));
    for (int i = 0; i < 2 * FAILURES; i++) {
        assert_told(shop_answered(shop, guests[i]), 201, "done authorized 5000/0/0 operation=none");
        assert_is_at(shop, guests[i], "bank");
    }
    assert_true(fake_neighbor_calls(shop->world) < 3 * 2 * FAILURES); /* some were spared further tries */
    assert_int_equal(fake_bank_count(shop->world, "holds"), 2 * FAILURES);
    shop_close(shop);
}

/* Both are away: nobody is asked in vain, and the history says who was passed over. */
static void nobody_is_left(void **state)
{
    (void)state;
    struct shop *shop = open_two(PROTECTED_BY_KEY);
    flows_route_by(shop->flows, NULL); /* only the bank, until its breaker opens */
    fake_world_set_network(shop->world, NETWORK_REFUSES);
    for (int i = 0; i < FAILURES; i++) (void)pay(shop, key_of(i));
    shop_pass(shop, 500 * MICROS_PER_MS);
    flows_route_by(shop->flows, &first_then_bank);
    set_first(shop, DECLINED("invalid_card"));
    struct guest *guest = shop_answered(shop, pay(shop, "last"));
    assert_told(guest, 402, "declined declined 0/0/0 operation=none decline=invalid_card");
    assert_event(shop, guest, "declined", "\"advice\":\"other_processor\"");
    assert_event(shop, guest, "authorize_started", "\"passed_over\":[{\"processor\":\"bank\",\"reason\":\"breaker_open\"}]");
    fake_world_set_network(shop->world, NETWORK_WORKS);
    shop_close(shop);
}

/* 1. The first is busy. 2. Meanwhile the bank's breaker opens. 3. The first declines: there was another one, and why it is not asked is
 * told. */
static void the_next_is_passed_over_when_it_comes_to_it(void **state)
{
    (void)state;
    struct shop *shop = open_two(PROTECTED_BY_KEY);
    set_first(shop, NETWORK_WORKS, 500, "{\"error\":\"internal_error\"}");
    struct guest *guest = pay(shop, "k");
    shop_pass(shop, 5 * MICROS_PER_MS);
    flows_route_by(shop->flows, NULL);
    fake_world_set_network(shop->world, NETWORK_REFUSES);
    for (int i = 0; i < FAILURES; i++) (void)pay(shop, key_of(i));
    shop_pass(shop, 5 * MICROS_PER_MS);
    set_first(shop, DECLINED("invalid_card"));
    assert_told(shop_answered(shop, guest), 402, "declined declined 0/0/0 operation=none decline=invalid_card");
    assert_event(shop, guest, "declined", "\"passed_over\":[{\"processor\":\"bank\",\"reason\":\"breaker_open\"}]");
    fake_world_set_network(shop->world, NETWORK_WORKS);
    shop_close(shop);
}

/* Every place for a sealed card is taken: the first one's word is the last one. */
static void no_room_for_the_card_of_another_try(void **state)
{
    (void)state;
    struct shop *shop = open_two(PROTECTED_BY_KEY);
    fake_world_set_network(shop->world, NETWORK_SWALLOWS);
    flows_route_by(shop->flows, NULL);
    for (int i = 0; i < SHOP_VAULT_SLOTS - 1; i++) (void)pay(shop, key_of(i));
    shop_pass(shop, 5 * MICROS_PER_MS);
    flows_route_by(shop->flows, &first_then_bank);
    set_first(shop, DECLINED("invalid_card"));
    struct guest *guest = shop_answered(shop, pay(shop, "last"));
    assert_told(guest, 402, "declined declined 0/0/0 operation=none decline=invalid_card");
    assert_is_at(shop, guest, "first");
    fake_world_set_network(shop->world, NETWORK_WORKS);
    shop_close(shop);
}

/* ---- a crash after every moment ---- */

static const struct story {
    const char *name;
    enum fake_network network;
    int status;
    const char *says;
    bool automatic;
    bool careful; /* the first can be asked what became of a try */
    bool heals;   /* while the gateway is down: else it would wait for the first for ever */
    int status_told;
    const char *told;
    int or_status; /* a crash is a lost try, and what comes after that is the first's word */
    const char *or_told;
} stories[] = {
    { "declined", DECLINED("invalid_card"), false, false, false, 201, "done authorized 5000/0/0 operation=none", 402, "declined declined 0/0/0" },
    { "refused", NETWORK_REFUSES, 0, NULL, false, false, true, 201, "done authorized 5000/0/0 operation=none", 0, NULL },
    { "refused, automatic", NETWORK_REFUSES, 0, NULL, true, false, true, 201, "done captured 5000/5000/0 operation=none", 0, NULL },
    { "lost, and found absent", NETWORK_LOSES_CALL, 0, NULL, false, true, true, 201, "done authorized 5000/0/0 operation=none", 0, NULL },
};

static struct guest *ask(struct shop *shop, const struct story *story)
{
    return shop_authorize(shop, "k", shop_rich_card, 5000, story->automatic);
}

static bool is_final(const struct guest *guest) { return guest->answered && guest->status != 202 && guest->status != 409; }

static struct guest *ask_until_told(struct shop *shop, const struct story *story)
{
    for (int i = 0; i < 8; i++) {
        struct guest *guest = shop_answered(shop, ask(shop, story));
        if (is_final(guest)) return guest;
    }
    fail_msg("%s: he is never told the end", story->name);
    return NULL;
}

/* False: the story was over before. */
static bool crash_after(const struct story *story, int64_t moments, bool arrives)
{
    struct shop *shop = story->careful ? open_careful() : open_two(PROTECTED_BY_KEY);
    set_first(shop, story->network, story->status, story->says);
    struct guest *guest = ask(shop, story);
    int64_t until = fake_world_moments(shop->world) + moments;
    bool over = false;
    while (!over && fake_world_moments(shop->world) < until) {
        over = guest->answered && !fake_world_is_busy(shop->world);
        if (!over) (void)fake_world_step(shop->world, INT64_MAX);
    }
    shop_lose(shop, arrives);
    if (story->heals) heal_first(shop);
    shop_begin(shop);
    shop_rest(shop);
    struct guest *told = ask_until_told(shop, story);
    bool other = told->status == story->or_status;
    assert_told(told, other ? story->or_status : story->status_told, other ? story->or_told : story->told);
    if (is_final(guest)) assert_told(told, guest->status, guest->body);
    assert_int_equal(shop_payments(shop), 1);
    assert_int_equal(shop_open_operations(shop), 0);
    assert_true(fake_bank_count(shop->world, "open_holds") <= 1 || shop_payment(shop, guest_payment(told))->stray_holds > 0);
    shop_close(shop);
    return !over;
}

static void a_crash_after_every_moment(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(stories); i++) {
        int64_t moments = 0;
        while (crash_after(&stories[i], moments, moments % 2)) moments++;
        assert_row(moments >= 6, i); /* intent, told, answer, fall, told, answer */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_ends_by_what_the_first_says),
        cmocka_unit_test(what_follows_goes_where_the_money_is),
        cmocka_unit_test(an_automatic_payment_is_captured_where_it_came_to),
        cmocka_unit_test(the_second_says_no_as_well),
        cmocka_unit_test(whoever_was_named_is_the_only_one),
        cmocka_unit_test(nothing_falls_over_in_doubt),
        cmocka_unit_test(a_decline_after_a_lost_try_is_the_end),
        cmocka_unit_test(a_lost_try_that_is_not_there_falls_over),
        cmocka_unit_test(a_lost_try_that_is_there_stays),
        cmocka_unit_test(without_its_card_it_stays),
        cmocka_unit_test(a_restart_keeps_the_order),
        cmocka_unit_test(what_was_acknowledged_stays_after_a_restart),
        cmocka_unit_test(traffic_leaves_and_returns),
        cmocka_unit_test(whoever_waits_at_an_open_breaker_goes_on),
        cmocka_unit_test(nobody_is_left),
        cmocka_unit_test(the_next_is_passed_over_when_it_comes_to_it),
        cmocka_unit_test(no_room_for_the_card_of_another_try),
        cmocka_unit_test(a_crash_after_every_moment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
