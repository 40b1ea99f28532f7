/* SPDX-License-Identifier: Apache-2.0 */
/* route: which rule fits, who is passed over and why, and how a split falls. */
#include "base/base_testing.h"

#include <stdio.h>
#include <string.h>

#include "command/route_file.h"
#include "domain/route.h"
#include "processor/processor.h"

enum { BANK, STRIPE, PROCESSORS };

static const struct route_member tiers[] = { { STR_CONSTANT("tier"), STR_CONSTANT("gold") }, { STR_CONSTANT("empty"), STR_CONSTANT("") } };

/* A small payment in dollars on a Visa card; both processors are well. */
struct scene {
    struct route_candidate candidates[PROCESSORS];
    struct route_facts facts;
};

static void usual(struct scene *scene)
{
    *scene = (struct scene){
        .candidates = {
            [BANK] = { .processor = STR("bank"), .is_set_up = true, .captures = true, .can = { .needs_cvv = true, .currencies = "USD" } },
            [STRIPE] = { .processor = STR("stripe"), .is_set_up = true, .captures = true,
                         .can = { .partial_capture = true, .partial_refund = true, .currencies = "EUR USD" } },
        },
        .facts = { .payment_id = STR("pay_1"), .amount = { 5000, { "USD" } }, .has_cvv = true, .brand = STR("visa"), .bin = 41111111,
                   .customer_id = STR("c-1"), .metadata = tiers, .metadata_count = COUNT_OF(tiers), .asked_for = ROUTE_NOBODY,
                   .candidate_count = PROCESSORS },
    };
    scene->facts.candidates = scene->candidates;
}

/* "big: stripe, bank; bank breaker_open": rule, order, and who was passed over. */
static void tell(const struct scene *scene, const struct route_decision *decision, char out[240])
{
    size_t length = (size_t)snprintf(out, 240, "%.*s:", STR_FORMAT(decision->rule));
    if (decision->cannot_tell) length += (size_t)snprintf(out + length, 240 - length, " cannot tell");
    for (size_t i = 0; i < decision->order_count; i++) {
        str processor = scene->candidates[decision->order[i]].processor;
        length += (size_t)snprintf(out + length, 240 - length, "%s %.*s", i > 0 ? "," : "", STR_FORMAT(processor));
    }
    for (size_t i = 0; i < decision->passed_count; i++) {
        const struct route_passed *passed = &decision->passed[i];
        length += (size_t)snprintf(out + length, 240 - length, "; %.*s %.*s", STR_FORMAT(scene->candidates[passed->candidate].processor),
                                   STR_FORMAT(route_bar_word(passed->bar)));
    }
}

static void read_rules(const char *text, struct route_file *out)
{
    struct error error = { "" };
    if (!route_file_read_text("rules", str_of(text), out, &error)) fail_msg("%s", error.text);
}

static void assert_decides(const char *rules, const struct scene *scene, const char *expected)
{
    char told[240];
    struct route_file file;
    read_rules(rules, &file);
    struct route_decision decision = route_decide(&file.rules, &scene->facts);
    tell(scene, &decision, told);
    route_file_close(&file);
    if (strcmp(told, expected) != 0) fail_msg("%s decides \"%s\" and not \"%s\"", rules, told, expected);
}

/* ---- which rule fits ---- */

/* clang-format off */
static const struct condition_row {
    const char *condition;
    bool holds; /* of the usual payment: 5000 USD, visa, 4111 1111, c-1, manual, tier gold */
} conditions[] = {
    { "amount USD 5000",                true  },
    { "amount USD 5000..",              true  },
    { "amount USD ..5000",              true  },
    { "amount USD 1..4999",             false },
    { "amount USD 5001..9999",          false },
    { "amount EUR 1..9999",             false }, /* of another currency */
    { "amount EUR 1..9999 USD 4000..",  true  }, /* one of them is enough */
    { "currency USD",                   true  },
    { "currency EUR",                   false },
    { "currency EUR USD",               true  },
    { "brand visa",                     true  },
    { "brand mastercard amex",          false },
    { "bin 4",                          true  },
    { "bin 411111",                     true  },
    { "bin 41111111",                   true  },
    { "bin 41111112",                   false },
    { "bin 411110..411111",             true  },
    { "bin 411112..499999",             false },
    { "bin 5 411111",                   true  },
    { "customer c-1",                   true  },
    { "customer c-2 \"c 3\"",           false },
    { "customer c-11",                  false },
    { "metadata.tier gold",             true  },
    { "metadata.tier silver gold",      true  },
    { "metadata.tier Gold",             false },
    { "metadata.cart gold",             false }, /* it has none */
    { "metadata.empty \"\"",            true  },
    { "metadata.none \"\"",             false }, /* none is not an empty one */
    { "capture manual",                 true  },
    { "capture automatic",              false },
    { "currency USD, brand visa",       true  },
    { "currency USD, brand amex",       false }, /* all must hold */
    { "currency EUR, brand visa",       false },
    { "",                               true  },
};
/* clang-format on */

static void conditions_hold_or_do_not(void **state)
{
    (void)state;
    struct scene scene;
    usual(&scene);
    for (size_t i = 0; i < COUNT_OF(conditions); i++) {
        char rules[200];
        (void)snprintf(rules, sizeof rules, "it: %s -> stripe", conditions[i].condition);
        assert_decides(rules, &scene, conditions[i].holds ? "it: stripe" : "default: bank");
    }
}

static void a_rule_may_be_about_payments_that_capture_themselves(void **state)
{
    (void)state;
    struct scene scene;
    usual(&scene);
    scene.facts.captures_itself = true;
    assert_decides("it: capture automatic -> stripe", &scene, "it: stripe");
    assert_decides("it: capture manual -> stripe", &scene, "default: bank");
}

static void the_first_rule_that_fits_decides(void **state)
{
    (void)state;
    struct scene scene;
    usual(&scene);
    assert_decides("one: currency EUR -> bank\ntwo: currency USD -> stripe\nthree: brand visa -> bank", &scene, "two: stripe");
    assert_decides("one: brand visa -> stripe, bank\nrest: -> bank", &scene, "one: stripe, bank");
    assert_decides("# nothing\n", &scene, "default: bank");
}

static void what_is_not_known_cannot_be_told(void **state)
{
    (void)state;
    struct scene scene;
    usual(&scene);
    scene.facts.bin = ROUTE_BIN_UNKNOWN;
    assert_decides("one: bin 4 -> stripe\nrest: -> bank", &scene, "one: cannot tell");
    assert_decides("one: bin 4, currency EUR -> stripe\nrest: -> bank", &scene, "rest: bank"); /* it would not have mattered */
    assert_decides("one: currency EUR, bin 4 -> stripe\nrest: -> bank", &scene, "rest: bank");
    assert_decides("one: currency USD -> stripe\ntwo: bin 4 -> bank", &scene, "one: stripe"); /* nobody asks */
}

static void without_rules_the_default_takes_it(void **state)
{
    (void)state;
    char told[240];
    struct scene scene;
    usual(&scene);
    struct route_decision decision = route_decide(NULL, &scene.facts);
    tell(&scene, &decision, told);
    assert_string_equal(told, "default: bank");
}

static void the_request_beats_all_rules(void **state)
{
    (void)state;
    struct scene scene;
    usual(&scene);
    scene.facts.asked_for = STRIPE;
    assert_decides("all: -> bank", &scene, "request: stripe");
    scene.candidates[STRIPE].is_set_up = false; /* for the payment to refuse */
    assert_decides("all: -> bank", &scene, "request: stripe");
}

/* ---- who can take it ---- */

static void is_not_set_up(struct scene *scene) { scene->candidates[STRIPE].is_set_up = false; }
static void cannot_capture(struct scene *scene) { scene->candidates[STRIPE].captures = false; }
static void has_an_open_breaker(struct scene *scene) { scene->candidates[STRIPE].breaker_open = true; }
static void takes_no_dollars(struct scene *scene) { scene->candidates[STRIPE].can.currencies = "EUR"; }
static void takes_any_currency(struct scene *scene) { scene->candidates[STRIPE].can.currencies = NULL; }
static void brings_no_cvv(struct scene *scene) { scene->facts.has_cvv = false; }
static void only_sells(struct scene *scene) { scene->candidates[STRIPE].can.only_sells = true; }
static void needs_an_address(struct scene *scene) { scene->candidates[STRIPE].can.needs_email = true; }
static void is_on_a_page(struct scene *scene)
{
    scene->facts.on_page = true;
    scene->facts.has_cvv = false;
    scene->candidates[STRIPE].can.page = PAGE_HOLDS;
}
static void is_sold_on_a_page(struct scene *scene)
{
    is_on_a_page(scene);
    scene->candidates[STRIPE].can.page = PAGE_SELLS;
}
static void is_in_euros(struct scene *scene) { scene->facts.amount.currency = (currency){ "EUR" }; }
static void is_in_yen(struct scene *scene) { scene->facts.amount.currency = (currency){ "JPY" }; }
static void is_a_sale_there(struct scene *scene)
{
    only_sells(scene);
    scene->facts.captures_itself = true;
}

static void is_to_be_reviewed(struct scene *scene)
{
    is_a_sale_there(scene);
    scene->facts.risk = RISK_REVIEW;
}
static void is_to_be_proven(struct scene *scene)
{
    scene->facts.risk = RISK_STEP_UP;
    scene->facts.has_return_url = scene->candidates[STRIPE].can.steps_up = true;
}
static void cannot_be_sent_away(struct scene *scene)
{
    is_to_be_proven(scene);
    scene->facts.has_return_url = false;
}
static void is_to_be_proven_on_a_page(struct scene *scene)
{
    is_on_a_page(scene);
    scene->facts.risk = RISK_STEP_UP;
}

static void is_usual(struct scene *scene) { (void)scene; }

static void nobody_is_set_up(struct scene *scene) { scene->candidates[BANK].is_set_up = scene->candidates[STRIPE].is_set_up = false; }

static void all_breakers_are_open(struct scene *scene)
{
    scene->candidates[BANK].breaker_open = scene->candidates[STRIPE].breaker_open = true;
}

static void has_many_faults(struct scene *scene)
{
    takes_no_dollars(scene);
    has_an_open_breaker(scene);
}

/* clang-format off */
static const struct bar_row {
    void (*other)(struct scene *scene);
    const char *rules, *expected;
} bars[] = {
    { is_usual,              "a: -> stripe, bank",                               "a: stripe, bank" },
    { is_not_set_up,         "a: -> stripe, bank",                               "a: bank; stripe not_set_up" },
    { is_not_set_up,         "a: -> bank, stripe",                               "a: bank; stripe not_set_up" },
    { cannot_capture,        "a: -> stripe, bank",                               "a: bank; stripe capture_not_supported" },
    { has_an_open_breaker,   "a: -> stripe, bank",                               "a: bank; stripe breaker_open" },
    { takes_no_dollars,      "a: -> stripe, bank",                               "a: bank; stripe currency_not_supported" },
    { has_many_faults,       "a: -> stripe, bank",                               "a: bank; stripe currency_not_supported" },
    { takes_any_currency,    "a: -> stripe, bank",                               "a: stripe, bank" },
    { brings_no_cvv,         "a: -> bank, stripe",                               "a: stripe; bank cvv_required" },
    { needs_an_address,      "a: -> stripe, bank",                               "a: bank; stripe email_required" },
    { only_sells,            "a: -> stripe, bank",                               "a: bank; stripe hold_not_supported" },
    { is_a_sale_there,       "a: -> stripe, bank",                               "a: stripe, bank" },
    { is_on_a_page,          "a: -> bank, stripe",                               "a: stripe; bank payment_method_not_supported" },
    { is_sold_on_a_page,     "a: -> bank, stripe",                               "a:; bank payment_method_not_supported; stripe hold_not_supported" },
    { is_to_be_reviewed,     "a: -> stripe, bank",                               "a: bank; stripe hold_not_supported" },
    { is_to_be_proven,       "a: -> bank, stripe",                               "a: stripe; bank step_up_not_possible" },
    { cannot_be_sent_away,   "a: -> bank, stripe",                               "a:; bank step_up_not_possible; stripe step_up_not_possible" },
    { is_to_be_proven_on_a_page, "a: -> stripe",                                 "a: stripe" },
    { is_in_euros,           "a: -> bank, stripe",                               "a: stripe; bank currency_not_supported" },
    { is_in_yen,             "a: -> bank, stripe",                               "a:; bank currency_not_supported; stripe currency_not_supported" },
    { is_usual,              "a: needs partial_capture -> bank, stripe",         "a: stripe; bank partial_capture_not_supported" },
    { is_usual,              "a: needs partial_refund -> bank, stripe",          "a: stripe; bank partial_refund_not_supported" },
    { is_usual,              "a: needs partial_refund partial_capture -> bank",  "a:; bank partial_capture_not_supported" },
    { is_in_euros,           "a: currency USD -> stripe",                        "default:; bank currency_not_supported" },
    { has_an_open_breaker,   "a: -> 100% stripe",                                "a:; stripe breaker_open" },
    { has_an_open_breaker,   "a: -> 99% stripe, 1% bank",                        "a: bank; stripe breaker_open" },
    { all_breakers_are_open, "a: -> bank, stripe",                               "a:; bank breaker_open; stripe breaker_open" },
    { nobody_is_set_up,      "a: -> bank, stripe",                               "a:; bank not_set_up; stripe not_set_up" },
};
/* clang-format on */

static void who_cannot_take_it_is_passed_over(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(bars); i++) {
        struct scene scene;
        usual(&scene);
        bars[i].other(&scene);
        assert_decides(bars[i].rules, &scene, bars[i].expected);
    }
}

/* What passes is told before what stays: coming again may help. */
static void of_all_that_were_passed_over_the_nearest_is_told(void **state)
{
    (void)state;
    static const enum route_bar ordered[] = { ROUTE_NOT_SET_UP, ROUTE_NO_CAPTURE, ROUTE_NO_PAGE, ROUTE_NO_CURRENCY,
                                              ROUTE_NO_HOLD, ROUTE_NO_PARTIAL_CAPTURE, ROUTE_NO_PARTIAL_REFUND, ROUTE_NO_CVV,
                                              ROUTE_NO_EMAIL, ROUTE_NO_STEP_UP, ROUTE_BREAKER_OPEN };
    for (size_t far = 0; far < COUNT_OF(ordered); far++) {
        for (size_t near = far + 1; near < COUNT_OF(ordered); near++) {
            struct route_decision one = { .passed = { { BANK, ordered[far] }, { STRIPE, ordered[near] } }, .passed_count = 2 };
            struct route_decision other = { .passed = { { STRIPE, ordered[near] }, { BANK, ordered[far] } }, .passed_count = 2 };
            struct route_decision same = { .passed = { { BANK, ordered[far] }, { STRIPE, ordered[far] } }, .passed_count = 2 };
            assert_int_equal(route_nearest(&one)->candidate, STRIPE);
            assert_int_equal(route_nearest(&other)->candidate, STRIPE);
            assert_int_equal(route_nearest(&same)->candidate, BANK);
        }
    }
}

static void each_reason_has_a_word_of_its_own(void **state)
{
    (void)state;
    for (int one = ROUTE_CLEAR; one < ROUTE_BAR_COUNT; one++) {
        for (int other = one + 1; other < ROUTE_BAR_COUNT; other++) {
            assert_false(str_equal(route_bar_word((enum route_bar)one), route_bar_word((enum route_bar)other)));
        }
    }
}

/* ---- splits ---- */

/* Each point of the split belongs to one target, and to each so many as its share says. */
static void a_split_gives_each_exactly_its_share(void **state)
{
    (void)state;
    static const int splits[][3] = { { 10000, 0, 0 }, { 9000, 1000, 0 }, { 1, 9999, 0 }, { 9999, 1, 0 }, { 3333, 3333, 3334 }, { 25, 5000, 4975 } };
    for (size_t i = 0; i < COUNT_OF(splits); i++) {
        struct route_rule rule = { .target_count = 0 };
        int taken[3] = { 0 };
        for (size_t at = 0; at < 3 && splits[i][at] > 0; at++) rule.targets[rule.target_count++].share = splits[i][at];
        for (int point = 0; point < ROUTE_SHARES; point++) taken[route_drawn(&rule, point)]++;
        assert_memory_equal(taken, splits[i], sizeof taken);
    }
}

/* The nth id of a series that has nothing even about it but its numbers. */
static str id_number(int64_t number, char buffer[ID_TEXT_BYTES])
{
    uint8_t random[ID_RANDOM_BYTES] = { 0 };
    memcpy(random, &number, sizeof number);
    return id_format(buffer, STR("pay_"), INT64_C(1772357400000000) + number * 137, random);
}

/* A hundred thousand ids fall into ten equal parts: the sum of squares (chi-squared, 9 degrees) stays below its 99.99 % point. */
static void points_fall_evenly(void **state)
{
    (void)state;
    enum { IDS = 100000, PARTS = 10 };
    int64_t parts[PARTS] = { 0 }, squares = 0;
    char buffer[ID_TEXT_BYTES];
    for (int64_t i = 0; i < IDS; i++) {
        int point = route_point(id_number(i, buffer));
        assert_in_range(point, 0, ROUTE_SHARES - 1);
        parts[point * PARTS / ROUTE_SHARES]++;
    }
    for (size_t i = 0; i < PARTS; i++) squares += (parts[i] - IDS / PARTS) * (parts[i] - IDS / PARTS);
    assert_true(squares / (IDS / PARTS) < 34);
}

/* The same id, the same point: in this process, in the next one, and in `florin route --replay`. */
static void a_point_is_for_ever(void **state)
{
    (void)state;
    assert_int_equal(route_point(STR("pay_06dvk2vtgd9m3w5hq8zc1r7bnxe4tj0y2kfa")), 7471);
}

static void a_split_holds_its_shares_over_many_payments(void **state)
{
    (void)state;
    enum { IDS = 40000 };
    struct scene scene;
    struct route_file file;
    char buffer[ID_TEXT_BYTES];
    int first[PROCESSORS] = { 0 };
    usual(&scene);
    read_rules("a: -> 90% bank, 10% stripe", &file);
    for (int64_t i = 0; i < IDS; i++) {
        scene.facts.payment_id = id_number(i, buffer);
        struct route_decision decision = route_decide(&file.rules, &scene.facts), again = route_decide(&file.rules, &scene.facts);
        assert_int_equal(decision.order[0], again.order[0]);
        assert_int_equal(decision.order_count, 2); /* the other one is next, for when the first fails */
        first[decision.order[0]]++;
    }
    assert_in_range(first[STRIPE], IDS / 10 - 300, IDS / 10 + 300); /* five times the spread */
    route_file_close(&file);
}

/* Who was in a small share is in a larger one of the same processor, when it stands first: a trial only grows. */
static void a_larger_share_keeps_whom_it_had(void **state)
{
    (void)state;
    for (int share = 1; share < ROUTE_SHARES; share += 97) {
        struct route_rule small = { .targets = { { .share = share }, { .share = ROUTE_SHARES - share } }, .target_count = 2 };
        struct route_rule large = { .targets = { { .share = share + 1 }, { .share = ROUTE_SHARES - share - 1 } }, .target_count = 2 };
        for (int point = 0; point < ROUTE_SHARES; point++) assert_true(route_drawn(&small, point) == 1 || route_drawn(&large, point) == 0);
    }
}

/* ---- falling over ---- */

enum { A, B, C, D, FOUR };

/* Who is next behind A, B, ...; "-" when nobody is; and who was passed over. `down`: breakers that are open. `gone`: not set up. */
static const struct {
    const char *order, *down, *gone;
    char from;
    const char *next;
} onwards[] = {
    { "ABCD", "",    "",   'A', "B" },
    { "ABCD", "",    "",   'B', "C" },
    { "ABCD", "",    "",   'D', "-" },
    { "A",    "",    "",   'A', "-" },
    { "DBA",  "",    "",   'D', "B" },         /* the order that was recorded, not that of the processors */
    { "ABCD", "B",   "",   'A', "C; B breaker_open" },
    { "ABCD", "BC",  "",   'A', "D; B breaker_open; C breaker_open" },
    { "ABC",  "C",   "B",  'A', "-; B not_set_up; C breaker_open" },
    { "ABCD", "A",   "",   'B', "C" },         /* whoever stands before is not asked again */
    { "BC",   "",    "",   'A', "-" },         /* not in the order at all */
    { "",     "",    "",   'A', "-" },
};

static void tell_onward(const struct route_onward *onward, char out[80])
{
    size_t length = (size_t)snprintf(out, 80, "%c", onward->next == ROUTE_NOBODY ? '-' : 'A' + onward->next);
    for (size_t i = 0; i < onward->passed_count; i++) {
        length += (size_t)snprintf(out + length, 80 - length, "; %c %.*s", 'A' + onward->passed[i].candidate,
                                   STR_FORMAT(route_bar_word(onward->passed[i].bar)));
    }
}

static void the_next_of_the_order_is_asked(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(onwards); i++) {
        struct route_candidate candidates[FOUR];
        int order[FOUR];
        size_t count = strlen(onwards[i].order);
        char told[80];
        for (int at = 0; at < FOUR; at++) {
            candidates[at] = (struct route_candidate){ .is_set_up = !strchr(onwards[i].gone, 'A' + at),
                                                       .breaker_open = strchr(onwards[i].down, 'A' + at) };
        }
        for (size_t at = 0; at < count; at++) order[at] = onwards[i].order[at] - 'A';
        struct route_onward onward = route_go_on(candidates, order, count, onwards[i].from - 'A');
        tell_onward(&onward, told);
        if (strcmp(told, onwards[i].next) != 0) fail_msg("row %zu: %s", i, told);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conditions_hold_or_do_not),
        cmocka_unit_test(a_rule_may_be_about_payments_that_capture_themselves),
        cmocka_unit_test(the_first_rule_that_fits_decides),
        cmocka_unit_test(what_is_not_known_cannot_be_told),
        cmocka_unit_test(without_rules_the_default_takes_it),
        cmocka_unit_test(the_request_beats_all_rules),
        cmocka_unit_test(who_cannot_take_it_is_passed_over),
        cmocka_unit_test(of_all_that_were_passed_over_the_nearest_is_told),
        cmocka_unit_test(each_reason_has_a_word_of_its_own),
        cmocka_unit_test(a_split_gives_each_exactly_its_share),
        cmocka_unit_test(points_fall_evenly),
        cmocka_unit_test(a_point_is_for_ever),
        cmocka_unit_test(a_split_holds_its_shares_over_many_payments),
        cmocka_unit_test(a_larger_share_keeps_whom_it_had),
        cmocka_unit_test(the_next_of_the_order_is_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
