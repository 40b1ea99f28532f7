/* SPDX-License-Identifier: Apache-2.0 */
/* risk: who is on a list, how often he may try, and which rule decides. */
#include "base/base_testing.h"

#include <stdio.h>

#include "command/risk_file.h"
#include "domain/risk.h"

#define FINGERPRINT "0123456789abcdef0123456789abcdef"
#define OTHER_FINGERPRINT "ffffffffffffffffffffffffffffffff"

/* 50.00 dollars by Visa 4111 1111, from Joe at home. */
static struct risk_facts usual(void)
{
    struct risk_facts facts = { .amount = { 5000, { "USD" } }, .has_card = true, .bin = 41111111, .card_fingerprint = STR(FINGERPRINT),
                                .when_unknown = RISK_REVIEW, .email = STR("Joe@Shop.example"), .customer_id = STR("c-1"), .has_address = true };
    assert_true(ip_address_read(STR("203.0.113.7"), &facts.address));
    return facts;
}

/* What there was before, whoever asks: tries and failures by each subject, and since when. */
struct past {
    int64_t tries[RISK_SUBJECT_COUNT], failures[RISK_SUBJECT_COUNT];
    size_t questions;
};

static int64_t count(void *context, const struct risk_limit *limit)
{
    struct past *past = context;
    past->questions++;
    return limit->counted == RISK_FAILURES ? past->failures[limit->by] : past->tries[limit->by];
}

/* "testing: deny"; "default: allow". */
static void decide(const char *text, const struct risk_facts *facts, struct past *past, char out[80])
{
    struct error error = { "" };
    struct risk_file file;
    struct risk_candidates found;
    struct risk_rule rules[RISK_RULES_MAX];
    if (!risk_file_read_text("rules", str_of(text), &file, &error)) fail_msg("%s", error.text);
    risk_find(&file.rules, facts, &found);
    for (size_t i = 0; i < found.count; i++) {
        rules[i] = *found.rules[i];
        if (found.cannot_tell[i]) rules[i].decision = facts->when_unknown;
    }
    const struct risk_rule *rule = risk_decide(rules, found.count, count, past);
    (void)snprintf(out, 80, "%s: %s", rule ? rule->name : "default", risk_decision_word(rule ? rule->decision : RISK_ALLOW).bytes);
    risk_file_close(&file);
}

static void assert_decides(const char *text, const struct risk_facts *facts, struct past *past, const char *expected)
{
    char told[80];
    decide(text, facts, past, told);
    if (strcmp(told, expected) != 0) fail_msg("%s decides \"%s\" and not \"%s\"", text, told, expected);
}

/* ---- lists ---- */

/* clang-format off */
static const struct list_row {
    const char *condition;
    bool holds; /* of the usual payment */
} lists[] = {
    { "card " FINGERPRINT,                         true  },
    { "card " OTHER_FINGERPRINT,                   false },
    { "card " OTHER_FINGERPRINT " " FINGERPRINT,   true  },
    { "bin 411111",                                true  },
    { "bin 41111111",                              true  },
    { "bin 400000..411110",                        false },
    { "email joe@shop.example",                    true  }, /* small and capital letters are one */
    { "email Joe@SHOP.example",                    true  },
    { "email jo@shop.example",                     false },
    { "email @shop.example",                       true  },
    { "email @SHOP.EXAMPLE",                       true  },
    { "email @example",                            false }, /* the whole domain */
    { "email @other.shop.example",                 false },
    { "customer c-1",                              true  },
    { "customer C-1",                              false },
    { "customer \"c 2\" c-1",                      true  },
    { "ip 203.0.113.7",                            true  },
    { "ip 203.0.113.0/24",                         true  },
    { "ip 198.51.100.0/24 2001:db8::/32",          false },
    { "amount USD 5000..",                         true  },
    { "amount USD ..4999",                         false },
    { "amount EUR 1.. USD 5000",                   true  },
    { "amount EUR 1..",                            false },
    { "bin 4, customer c-1",                       true  },
    { "bin 4, customer c-2",                       false }, /* all must hold */
    { "",                                          true  },
};
/* clang-format on */

static void lists_name_somebody_or_do_not(void **state)
{
    (void)state;
    struct past past = { { 0 } };
    struct risk_facts facts = usual();
    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        char rules[200];
        (void)snprintf(rules, sizeof rules, "it: %s -> deny", lists[i].condition);
        assert_decides(rules, &facts, &past, lists[i].holds ? "it: deny" : "default: allow");
    }
    assert_int_equal(past.questions, 0);
}

static void who_is_not_told_is_on_no_list(void **state)
{
    (void)state;
    struct past past = { { 0 } };
    struct risk_facts facts = usual();
    facts.email = STR_NONE;
    facts.has_address = false;
    assert_decides("a: email @shop.example -> deny\nb: ip 0.0.0.0/0 ::/0 -> deny\nc: 1 tries by email in 1h -> deny\nd: 1 tries by ip in 1h -> deny",
                   &facts, &past, "default: allow");
    assert_int_equal(past.questions, 0);
    facts = usual();
    facts.has_card = false; /* he pays on a page */
    facts.card_fingerprint = STR_NONE;
    assert_decides("a: card " FINGERPRINT " -> deny\nb: bin 4 -> deny\nc: 1 tries by card in 1h -> deny\nd: 1 tries by bin in 1h -> deny", &facts,
                   &past, "default: allow");
    assert_int_equal(past.questions, 0);
}

/* The vault is sealed: what was declared for that stands. */
static void a_fingerprint_that_cannot_be_had(void **state)
{
    (void)state;
    const char *const rules = "friends: card " FINGERPRINT ", amount EUR 1.. -> allow\nstolen: card " FINGERPRINT " -> deny\nrest: -> step_up";
    struct past past = { { 0 } };
    struct risk_facts facts = usual();
    assert_decides(rules, &facts, &past, "stolen: deny");
    facts.card_fingerprint = STR_NONE;
    assert_decides(rules, &facts, &past, "stolen: review");
    facts.when_unknown = RISK_DENY;
    assert_decides(rules, &facts, &past, "stolen: deny");
    facts.when_unknown = RISK_ALLOW; /* open: as if the rule were not there, but no more */
    assert_decides(rules, &facts, &past, "rest: step_up");
}

/* ---- limits ---- */

static void a_limit_is_reached_by_so_many_before(void **state)
{
    (void)state;
    const char *const rules = "testing: 20 failures by ip in 1h -> deny";
    struct risk_facts facts = usual();
    struct past past = { .failures[RISK_IP] = 19, .tries[RISK_IP] = 1000, .failures[RISK_CARD] = 1000 };
    assert_decides(rules, &facts, &past, "default: allow");
    past.failures[RISK_IP] = 20;
    assert_decides(rules, &facts, &past, "testing: deny");
}

static void limits_and_lists_hold_together(void **state)
{
    (void)state;
    const char *const rules = "both: 5 tries by card in 10m, 2 failures by email in 1d, amount USD 1000.. -> review";
    struct risk_facts facts = usual();
    struct past past = { .tries[RISK_CARD] = 5, .failures[RISK_EMAIL] = 2 };
    assert_decides(rules, &facts, &past, "both: review");
    past.failures[RISK_EMAIL] = 1;
    assert_decides(rules, &facts, &past, "default: allow");
    past.failures[RISK_EMAIL] = 2;
    facts.amount.minor = 999;
    past.questions = 0;
    assert_decides(rules, &facts, &past, "default: allow");
    assert_int_equal(past.questions, 0); /* nobody is counted for a rule that does not fit */
}

/* ---- which rule decides ---- */

static void the_first_that_fits_decides(void **state)
{
    (void)state;
    const char *const rules = "friends: customer c-1 -> allow\ntesting: 1 tries by ip in 1h -> deny\nrest: -> review\n";
    struct risk_facts facts = usual();
    struct past past = { .tries[RISK_IP] = 1 };
    assert_decides(rules, &facts, &past, "friends: allow");
    assert_int_equal(past.questions, 0); /* and what stands below is not asked */
    facts.customer_id = STR("c-2");
    assert_decides(rules, &facts, &past, "testing: deny");
    past.tries[RISK_IP] = 0;
    assert_decides(rules, &facts, &past, "rest: review");
    assert_decides("", &facts, &past, "default: allow");
}

static void subjects_have_words(void **state)
{
    (void)state;
    const char *const words[RISK_SUBJECT_COUNT] = { "card", "bin", "email", "customer", "ip" };
    enum risk_subject back;
    for (int i = 0; i < RISK_SUBJECT_COUNT; i++) {
        assert_str(risk_subject_word((enum risk_subject)i), str_of(words[i]));
        assert_row(risk_subject_named(str_of(words[i]), &back) && back == (enum risk_subject)i, i);
    }
    assert_false(risk_subject_named(STR("amount"), &back));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_name_somebody_or_do_not),
        cmocka_unit_test(who_is_not_told_is_on_no_list),
        cmocka_unit_test(a_fingerprint_that_cannot_be_had),
        cmocka_unit_test(a_limit_is_reached_by_so_many_before),
        cmocka_unit_test(limits_and_lists_hold_together),
        cmocka_unit_test(the_first_that_fits_decides),
        cmocka_unit_test(subjects_have_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
