/* SPDX-License-Identifier: Apache-2.0 */
/* risk_file: what a file of fraud checks may say, and what is answered to one that does not. */
#include "base/base_testing.h"

#include <stdio.h>

#include "command/risk_file.h"

static bool read_text(const char *text, struct risk_file *out, struct error *error)
{
    str copy = exact_copy(str_of(text)); /* it may go at once */
    bool is_read = risk_file_read_text("risk", copy, out, error);
    exact_free(copy);
    return is_read;
}

static void a_file_is_read_whole(void **state)
{
    (void)state;
    struct error error = { "" };
    struct risk_file file;
    bool is_read = read_text("# who may not\n"
                             "friends:\tcustomer c-1 \"c 2, jr\", ip 192.0.2.0/24 2001:db8::/32 -> allow  # first\r\n"
                             "stolen: card 0123456789abcdef0123456789abcdef, bin 4..5 -> deny\n"
                             "testing: 20 failures by ip in 1h, 3 tries by card in 90s -> step_up\n"
                             "large: amount USD 100000.. EUR 90000..99999,email @worse.example -> review",
                             &file, &error);
    if (!is_read) fail_msg("%s", error.text);
    const struct risk_rule *rules = file.rules.rules;
    assert_int_equal(file.rules.count, 4);
    assert_true(file.rules.lists_cards);
    assert_true(file.rules.counts[RISK_IP] && file.rules.counts[RISK_CARD] && !file.rules.counts[RISK_EMAIL]);
    assert_int_equal(file.rules.longest, INT64_C(3600) * MICROS_PER_SECOND);

    assert_string_equal(rules[0].name, "friends");
    assert_int_equal(rules[0].decision, RISK_ALLOW);
    assert_int_equal(rules[0].list_count, 2);
    assert_str(rules[0].lists[0].values[1].text, STR("c 2, jr"));
    assert_int_equal(rules[0].lists[1].subject, RISK_IP);
    assert_int_equal(rules[0].lists[1].values[1].network.bits, 32);

    assert_str(rules[1].lists[0].values[0].text, STR("0123456789abcdef0123456789abcdef"));
    assert_int_equal(rules[1].lists[1].values[0].least, 40000000);
    assert_int_equal(rules[1].lists[1].values[0].most, 59999999);

    assert_int_equal(rules[2].limit_count, 2);
    assert_int_equal(rules[2].limits[0].counted, RISK_FAILURES);
    assert_int_equal(rules[2].limits[0].by, RISK_IP);
    assert_int_equal(rules[2].limits[0].count, 20);
    assert_int_equal(rules[2].limits[1].counted, RISK_TRIES);
    assert_int_equal(rules[2].limits[1].within, INT64_C(90) * MICROS_PER_SECOND);
    assert_int_equal(rules[2].decision, RISK_STEP_UP);

    assert_true(rules[3].lists[0].is_of_amounts);
    assert_int_equal(rules[3].lists[0].values[1].most, 99999);
    assert_str(rules[3].lists[1].values[0].text, STR("@worse.example"));
    risk_file_close(&file);
    assert_int_equal(file.rules.count, 0);
}

static void a_file_may_be_empty(void **state)
{
    (void)state;
    struct error error;
    struct risk_file file;
    assert_true(read_text("", &file, &error) && file.rules.count == 0 && !file.rules.lists_cards && file.rules.longest == 0);
    risk_file_close(&file);
}

#define LIMIT "a limit is `20 failures by ip in 1h`"

/* clang-format off */
static const struct bad_row {
    const char *text;
    const char *why; /* what the error begins with */
} bad_ones[] = {
    { "customer c-1 -> deny",                     "risk line 1: a rule is NAME: CONDITION, CONDITION -> DECISION" },
    { "a/b: -> deny",                             "risk line 1: the name of a rule is 1 to 40 letters, digits" },
    { "default: -> deny",                         "risk line 1: no rule is called default, other, provider or provider_down" },
    { "other: -> deny",                           "risk line 1: no rule is called default, other" },
    { "provider: -> deny",                        "risk line 1: no rule is called default, other" },
    { "provider_down: -> deny",                   "risk line 1: no rule is called default, other" },
    { "a: bin 4 -> deny\n\na: -> deny",           "risk line 3: there is a rule \"a\" above" },
    { "a: -> deny\nb: bin 4 -> deny",             "risk line 2: this rule is never asked, since \"a\" above takes every payment" },
    { "a: bin 4",                                 "risk line 1: `->` and the decision are missing" },
    { "a: bin 4 ->",                              "risk line 1: behind `->` stands one decision: allow, step_up, review or deny" },
    { "a: bin 4 -> refuse",                       "risk line 1: behind `->` stands one decision" },
    { "a: bin 4 -> deny, review",                 "risk line 1: behind `->` stands one decision" },
    { "a: bin 4 -> deny review",                  "risk line 1: behind `->` stands one decision" },
    { "a: bin 4, -> deny",                        "risk line 1: a comma stands between two conditions" },
    { "a: colour red -> deny",                    "risk line 1: \"colour\" is nothing that can be asked; right are amount, card, bin" },
    { "a: brand visa -> deny",                    "risk line 1: \"brand\" is nothing that can be asked" },
    { "a: bin -> deny",                           "risk line 1: behind `bin` stands nothing; right are the first digits" },
    { "a: card 4111 -> deny",                     "risk line 1: behind `card` stand fingerprints of cards" },
    { "a: card 0123456789ABCDEF0123456789abcdef -> deny", "risk line 1: behind `card` stand fingerprints" },
    { "a: bin 123456789 -> deny",                 "risk line 1: behind `bin` stand the first digits" },
    { "a: email joe -> deny",                     "risk line 1: behind `email` stand addresses and domains" },
    { "a: email joe@ -> deny",                    "risk line 1: behind `email` stand" },
    { "a: email a@b@c -> deny",                   "risk line 1: behind `email` stand" },
    { "a: ip 192.0.2.1/24 -> deny",               "risk line 1: behind `ip` stand addresses and networks" },
    { "a: ip shop.example -> deny",               "risk line 1: behind `ip` stand" },
    { "a: amount 5 -> deny",                      "risk line 1: behind `amount` stand a currency and minor units" },
    { "a: amount USD -> deny",                    "risk line 1: behind `amount` stand" },
    { "a: amount USD, bin 4 -> deny",             "risk line 1: behind `amount` stand" },
    { "a: 20 failures by ip in 1h bin 4 -> deny", "risk line 1: " LIMIT },
    { "a: 20 failures by ip -> deny",             "risk line 1: " LIMIT },
    { "a: 20 failures, by ip in 1h -> deny",      "risk line 1: " LIMIT },
    { "a: 20 luck by ip in 1h -> deny",           "risk line 1: " LIMIT },
    { "a: 20 failures per ip in 1h -> deny",      "risk line 1: " LIMIT },
    { "a: 20 failures by brand in 1h -> deny",    "risk line 1: " LIMIT },
    { "a: 20 failures by ip within 1h -> deny",   "risk line 1: " LIMIT },
    { "a: 20 failures by ip in 1w -> deny",       "risk line 1: " LIMIT },
    { "a: 20 failures by ip in 0h -> deny",       "risk line 1: " LIMIT },
    { "a: 20 failures by ip in h -> deny",        "risk line 1: " LIMIT },
    { "a: 20 failures by ip in 31d -> deny",      "risk line 1: " LIMIT },
    { "a: 0 failures by ip in 1h -> deny",        "risk line 1: " LIMIT },
    { "a: 10001 failures by ip in 1h -> deny",    "risk line 1: " LIMIT },
};
/* clang-format on */

static void a_mistake_is_told_with_what_would_be_right(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad_ones); i++) {
        struct error error = { "" };
        struct risk_file file;
        if (read_text(bad_ones[i].text, &file, &error)) fail_msg("%s is taken", bad_ones[i].text);
        if (!str_starts_with(str_of(error.text), str_of(bad_ones[i].why))) fail_msg("%s: %s", bad_ones[i].text, error.text);
        assert_row(file.rules.count == 0, i);
    }
}

static void there_are_not_more_rules_than_can_be_asked(void **state)
{
    (void)state;
    static char text[RISK_RULES_MAX * 24 + 100];
    struct error error;
    struct risk_file file;
    size_t length = 0;
    for (int i = 0; i < RISK_RULES_MAX; i++) length += (size_t)snprintf(text + length, sizeof text - length, "r%d: bin 4 -> deny\n", i);
    assert_true(read_text(text, &file, &error) && file.rules.count == RISK_RULES_MAX);
    risk_file_close(&file);
    (void)snprintf(text + length, sizeof text - length, "more: bin 4 -> deny\n");
    assert_false(read_text(text, &file, &error));
    assert_true(str_contains(str_of(error.text), STR("line 201: a file has at most 200 rules")));
}

static void a_file_that_is_not_there(void **state)
{
    (void)state;
    struct error error = { "" };
    struct risk_file file;
    assert_false(risk_file_read("/nowhere/risk.conf", &file, &error));
    assert_true(str_starts_with(str_of(error.text), STR("the rules in /nowhere/risk.conf cannot be read: ")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_read_whole),
        cmocka_unit_test(a_file_may_be_empty),
        cmocka_unit_test(a_mistake_is_told_with_what_would_be_right),
        cmocka_unit_test(there_are_not_more_rules_than_can_be_asked),
        cmocka_unit_test(a_file_that_is_not_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
