/* SPDX-License-Identifier: Apache-2.0 */
/* route_file: what a file of rules may say, and what is answered to one that does not. */
#include "base/base_testing.h"

#include <stdio.h>
#include <unistd.h>

#include "command/route_file.h"

static bool read_text(const char *text, struct route_file *out, struct error *error)
{
    str copy = exact_copy(str_of(text)); /* it may go at once */
    bool is_read = route_file_read_text("routes", copy, out, error);
    exact_free(copy);
    return is_read;
}

static void a_file_is_read_whole(void **state)
{
    (void)state;
    struct error error = { "" };
    struct route_file file;
    bool is_read = read_text("# who takes what\n"
                             "\n"
                             "big:\tamount USD 100000.. EUR 90000..99999 -> stripe, bank   # first those who can\r\n"
                             "parts: metadata.ships \"in, parts #1\" later, needs partial_capture partial_refund -> stripe\n"
                             "trial: bin 411111 4..5,customer a:b -> 99.5% bank ,0.5% stripe\n"
                             "rest: -> bank",
                             &file, &error);
    if (!is_read) fail_msg("%s", error.text);
    const struct route_rule *rules = file.rules.rules;
    assert_int_equal(file.rules.count, 4);
    assert_true(file.rules.ask_metadata);

    assert_str(rules[0].name, STR("big"));
    assert_int_equal(rules[0].condition_count, 1);
    assert_int_equal(rules[0].conditions[0].value_count, 2);
    assert_int_equal(rules[0].conditions[0].values[0].least, 100000);
    assert_int_equal(rules[0].conditions[0].values[0].most, MONEY_MINOR_MAX);
    assert_string_equal(rules[0].conditions[0].values[1].currency.code, "EUR");
    assert_int_equal(rules[0].conditions[0].values[1].most, 99999);
    assert_str(rules[0].targets[0].processor, STR("stripe"));
    assert_int_equal(rules[0].targets[1].share, 0);

    assert_str(rules[1].conditions[0].member, STR("ships"));
    assert_str(rules[1].conditions[0].values[0].text, STR("in, parts #1"));
    assert_str(rules[1].conditions[0].values[1].text, STR("later"));
    assert_int_equal(rules[1].condition_count, 1); /* what it needs is no condition */
    assert_true(rules[1].needs_partial_capture && rules[1].needs_partial_refund);

    assert_int_equal(rules[2].conditions[0].values[0].least, 41111100);
    assert_int_equal(rules[2].conditions[0].values[0].most, 41111199);
    assert_int_equal(rules[2].conditions[0].values[1].least, 40000000);
    assert_int_equal(rules[2].conditions[0].values[1].most, 59999999);
    assert_str(rules[2].conditions[1].values[0].text, STR("a:b"));
    assert_int_equal(rules[2].targets[0].share, 9950);
    assert_int_equal(rules[2].targets[1].share, 50);

    assert_int_equal(rules[3].condition_count, 0);
    assert_false(rules[3].needs_partial_capture);
    route_file_close(&file);
    assert_int_equal(file.rules.count, 0);
}

static void a_file_may_be_empty(void **state)
{
    (void)state;
    struct error error;
    struct route_file file;
    assert_true(read_text("", &file, &error) && file.rules.count == 0 && !file.rules.ask_metadata);
    route_file_close(&file);
    assert_true(read_text("\n  # only words\n\n", &file, &error) && file.rules.count == 0);
    route_file_close(&file);
}

#define SHAPE "NAME: CONDITION, CONDITION -> PROCESSOR, PROCESSOR"

/* clang-format off */
static const struct bad_row {
    const char *text;
    const char *why; /* what the error begins with */
} bad_ones[] = {
    { "currency USD -> bank",                          "routes line 1: a rule is " SHAPE },
    { "a : -> bank",                                   "routes line 1: a rule is " SHAPE },
    { "\"a:\" -> bank",                                "routes line 1: a rule is " SHAPE },
    { ", a: -> bank",                                  "routes line 1: a rule does not begin with a comma" },
    { "\n\n: -> bank",                                 "routes line 3: the name of a rule is 1 to 40 letters, digits" },
    { "a/b: -> bank",                                  "routes line 1: the name of a rule is" },
    { "a2345678901234567890123456789012345678901: -> bank", "routes line 1: the name of a rule is" },
    { "default: -> bank",                              "routes line 1: no rule is called request, default or other" },
    { "request: -> bank",                              "routes line 1: no rule is called" },
    { "other: -> bank",                                "routes line 1: no rule is called" },
    { "a: brand visa -> bank\na: -> bank",             "routes line 2: there is a rule \"a\" above" },
    { "a: -> bank\nb: brand visa -> bank",             "routes line 2: this rule is never asked, since \"a\" above takes every payment" },
    { "a: needs partial_capture -> bank\nb: -> bank",  "routes line 2: this rule is never asked" },
    { "a:",                                            "routes line 1: `->` and the processors are missing: " SHAPE },
    { "a: brand visa",                                 "routes line 1: `->` and the processors are missing" },
    { "a: brand visa ->",                              "routes line 1: behind `->` stand processors" },
    { "a: -> ",                                        "routes line 1: behind `->` stand processors" },
    { "a: brand visa \"-> bank",                       "routes line 1: a quote has no end" },
    { "a: customer \"b\"\"c\" -> bank",                "routes line 1: a quote begins and ends a word" },
    { "a: brand visa,, currency USD -> bank",          "routes line 1: a comma stands between" },
    { "a: brand visa, -> bank",                        "routes line 1: a comma stands between two conditions" },
    { "a: -> bank,",                                   "routes line 1: a comma stands between two processors" },
    { "a: -> bank stripe",                             "routes line 1: between two processors stands a comma" },
    { "a: -> bank, bank",                              "routes line 1: bank stands there twice" },
    { "a: -> paypall",                                 "routes line 1: \"paypall\" is no processor; right are bank" },
    { "a: colour red -> bank",                         "routes line 1: \"colour\" is nothing that can be asked; right are amount, currency" },
    { "a: country DE -> bank",                         "routes line 1: the country of a card is not known to this gateway" },
    { "a: metadata. x -> bank",                        "routes line 1: \"metadata.\" is nothing that can be asked" },
    { "a: brand -> bank",                              "routes line 1: behind `brand` stands nothing; right is brands: visa" },
    { "a: brand, currency USD -> bank",                "routes line 1: behind `brand` stands nothing" },
    { "a: needs -> bank",                              "routes line 1: behind `needs` stands nothing" },
    { "a: needs luck -> bank",                         "routes line 1: behind `needs` stand partial_capture and partial_refund" },
    { "a: brand visa vista -> bank",                   "routes line 1: behind `brand` stand brands: visa, mastercard" },
    { "a: currency usd -> bank",                       "routes line 1: behind `currency` stand currencies by their ISO 4217 codes" },
    { "a: capture later -> bank",                      "routes line 1: behind `capture` stand `capture manual`" },
    { "a: amount 1..5 -> bank",                        "routes line 1: behind `amount` stand a currency and minor units" },
    { "a: amount USD -> bank",                         "routes line 1: behind `amount` stand" },
    { "a: amount USD, brand visa -> bank",             "routes line 1: behind `amount` stand" },
    { "a: amount USD .. -> bank",                      "routes line 1: behind `amount` stand" },
    { "a: amount USD 5..4 -> bank",                    "routes line 1: behind `amount` stand" },
    { "a: amount USD 50.00 -> bank",                   "routes line 1: behind `amount` stand" },
    { "a: amount USD 1000000000000 -> bank",           "routes line 1: behind `amount` stand" },
    { "a: amount USD 1..2..3 -> bank",                 "routes line 1: behind `amount` stand" },
    { "a: bin 411111x -> bank",                        "routes line 1: behind `bin` stand the first digits of cards" },
    { "a: bin 411111111 -> bank",                      "routes line 1: behind `bin` stand" },
    { "a: bin 5..4 -> bank",                           "routes line 1: behind `bin` stand" },
    { "a: bin 4.. -> bank",                            "routes line 1: behind `bin` stand" },
    { "a: -> 90% bank",                                "routes line 1: the shares are 90.00% together; 100% is right" },
    { "a: -> 60% bank, 50.5% stripe",                  "routes line 1: the shares are 110.50% together" },
    { "a: -> 90% bank, stripe",                        "routes line 1: either all processors have a share or none has" },
    { "a: -> 0% bank, 100% stripe",                    "routes line 1: \"0%\" is no share; right is 90% or 0.25%" },
    { "a: -> % bank",                                  "routes line 1: \"%\" is no share" },
    { "a: -> 1.% bank",                                "routes line 1: \"1.%\" is no share" },
    { "a: -> 1.123% bank",                             "routes line 1: \"1.123%\" is no share" },
    { "a: -> 1.x% bank",                               "routes line 1: \"1.x%\" is no share" },
    { "a: -> 101% bank",                               "routes line 1: \"101%\" is no share" },
    { "a: -> 100%, bank",                              "routes line 1: behind a share stands its processor" },
    { "a: -> 100%",                                    "routes line 1: behind a share stands its processor" },
};
/* clang-format on */

static void a_bad_file_is_refused_with_its_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad_ones); i++) {
        struct error error = { "" };
        struct route_file file;
        if (read_text(bad_ones[i].text, &file, &error)) fail_msg("\"%s\" is taken", bad_ones[i].text);
        if (!str_starts_with(str_of(error.text), str_of(bad_ones[i].why))) fail_msg("\"%s\": %s", bad_ones[i].text, error.text);
        assert_int_equal(file.rules.count, 0);
    }
}

static void a_zero_byte_is_refused(void **state)
{
    (void)state;
    struct error error = { "" };
    struct route_file file;
    assert_false(route_file_read_text("routes", STR("a: -> bank\n\0"), &file, &error));
    assert_str(str_of(error.text), STR("routes line 2: a zero byte stands there"));
}

static void there_are_limits(void **state)
{
    (void)state;
    enum { BYTES = 40000 };
    struct error error = { "" };
    struct route_file file;
    char *text = malloc(BYTES);
    size_t length = 0;
    for (int i = 0; i < 1001; i++) length += (size_t)snprintf(text + length, BYTES - length, "r%d: brand visa -> bank\n", i);
    assert_false(read_text(text, &file, &error));
    assert_str(str_of(error.text), STR("routes line 1001: a file has at most 1000 rules"));
    length = (size_t)snprintf(text, BYTES, "a: customer");
    for (int i = 0; i < 256; i++) length += (size_t)snprintf(text + length, BYTES - length, " c%d", i);
    assert_false(read_text(text, &file, &error));
    assert_str(str_of(error.text), STR("routes line 1: a rule has at most 256 words"));
    free(text);
}

static void files_are_read_from_the_disk(void **state)
{
    (void)state;
    struct error error = { "" };
    struct route_file file;
    char path[] = "/tmp/florin-routes-XXXXXX";
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    assert_int_equal(write(descriptor, "a: -> bank\n", 11), 11);
    close(descriptor);
    assert_true(route_file_read(path, &file, &error) && file.rules.count == 1);
    route_file_close(&file);
    unlink(path);
    assert_false(route_file_read(path, &file, &error));
    assert_true(str_contains(str_of(error.text), STR("cannot be read: No such file or directory")));
    assert_false(route_file_read("/tmp", &file, &error)); /* a folder */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_read_whole),
        cmocka_unit_test(a_file_may_be_empty),
        cmocka_unit_test(a_bad_file_is_refused_with_its_line),
        cmocka_unit_test(a_zero_byte_is_refused),
        cmocka_unit_test(there_are_limits),
        cmocka_unit_test(files_are_read_from_the_disk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
