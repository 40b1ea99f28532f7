/* SPDX-License-Identifier: Apache-2.0 */
/* money: whole minor units of a currency that exists, and sums that are refused before they are wrong. */
#include "base/base_testing.h"

#include "domain/money.h"

/* ISO 4217, list one: the active currencies of countries, by the decimal places of their minor unit. */
static const char *const by_decimals[] = {
    [0] = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF",
    [2] = "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP CVE CZK "
          "DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD "
          "KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP "
          "PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH "
          "USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG",
    [3] = "BHD IQD JOD KWD LYD OMR TND",
};

enum { CURRENCIES = 155 };

static currency named(const char *code)
{
    currency found = { "" };
    assert_true(currency_named(str_of(code), &found));
    return found;
}

static void every_active_currency_has_its_decimals(void **state)
{
    (void)state;
    int count = 0;
    for (size_t decimals = 0; decimals < COUNT_OF(by_decimals); decimals++) {
        str rest = str_of(by_decimals[decimals]);
        while (rest.length > 0) {
            currency found;
            str code = str_cut(rest, ' ', &rest);
            if (!currency_named(code, &found)) fail_msg("%.*s is a currency", STR_FORMAT(code));
            assert_str(currency_str(&found), code);
            if (currency_decimals(found) != (int)decimals) fail_msg("%.*s has %zu decimals", STR_FORMAT(code), decimals);
            count++;
        }
    }
    assert_int_equal(count, CURRENCIES);
}

static void no_other_three_letters_are_a_currency(void **state)
{
    (void)state;
    int count = 0;
    for (int i = 0; i < 26 * 26 * 26; i++) {
        char code[4] = { (char)('A' + i / 676), (char)('A' + i / 26 % 26), (char)('A' + i % 26), 0 };
        currency found;
        count += currency_named(str_of(code), &found);
    }
    assert_int_equal(count, CURRENCIES);
}

static void what_is_not_a_currency(void **state)
{
    (void)state;
    static const str rows[] = {
        STR_CONSTANT("usd"), STR_CONSTANT("Usd"), STR_CONSTANT("US"), STR_CONSTANT("USDX"), STR_CONSTANT(" USD"), STR_CONSTANT("USD "),
        STR_CONSTANT("840"), STR_CONSTANT("$"), STR_CONSTANT(""), STR_CONSTANT("USD\0"), STR_CONSTANT("US\0"), STR_CONSTANT("\0\0\0"),
        STR_CONSTANT("XXX"), STR_CONSTANT("XTS"),                                           /* none, and the one for tests */
        STR_CONSTANT("XAU"), STR_CONSTANT("XAG"), STR_CONSTANT("XPT"), STR_CONSTANT("XDR"), /* metals and drawing rights */
        STR_CONSTANT("CLF"), STR_CONSTANT("USN"), STR_CONSTANT("CHE"), STR_CONSTANT("MXV"), /* funds */
        STR_CONSTANT("DEM"), STR_CONSTANT("HRK"), STR_CONSTANT("BGN"), STR_CONSTANT("ANG"), STR_CONSTANT("ZWL"), /* no more */
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        currency found;
        str code = exact_copy(rows[i]);
        assert_row(!currency_named(code, &found), i);
        exact_free(code);
    }
    currency found;
    assert_false(currency_named(STR_NONE, &found));
}

static void payable_is_from_one_cent_to_the_limit(void **state)
{
    (void)state;
    const struct {
        int64_t minor;
        bool payable;
    } rows[] = {
        { INT64_MIN, false }, { -1, false }, { 0, false }, { 1, true }, { 5000, true },
        { 999999999999, true }, { 1000000000000, false }, { INT64_MAX, false },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) assert_row(money_is_payable(money_of(rows[i].minor, named("USD"))) == rows[i].payable, i);
}

static const int64_t limit = 999999999999;

/* clang-format off */
static const struct sum_row {
    int64_t a, b;
    bool adds;        int64_t sum;
    bool subtracts;   int64_t difference;
} sums[] = {
    /* a               b                a + b               a - b            */
    { 5000,            1050,            true,  6050,        true,  3950      },
    { 0,               0,               true,  0,           true,  0         },
    { 1,               2,               true,  3,           false, 0         }, /* below nothing */
    { limit,           0,               true,  limit,       true,  limit     },
    { limit,           1,               false, 0,           true,  limit - 1 },
    { limit - 1,       1,               true,  limit,       true,  limit - 2 },
    { limit,           limit,           false, 0,           true,  0         },
    { INT64_MAX,       1,               false, 0,           false, 0         }, /* would wrap */
    { INT64_MAX,       INT64_MAX,       false, 0,           true,  0         },
    { INT64_MIN,       1,               false, 0,           false, 0         },
    { INT64_MIN,       INT64_MIN,       false, 0,           true,  0         },
    { 0,               INT64_MIN,       false, 0,           false, 0         },
    { -1,              2,               true,  1,           false, 0         },
    { 5,               -3,              true,  2,           true,  8         },
};
/* clang-format on */

static void sums_are_checked(void **state)
{
    (void)state;
    currency usd = named("USD");
    for (size_t i = 0; i < COUNT_OF(sums); i++) {
        const struct sum_row *row = &sums[i];
        money sum = money_of(-7, named("EUR")), difference = sum;
        assert_row(money_add(money_of(row->a, usd), money_of(row->b, usd), &sum) == row->adds, i);
        assert_row(money_equal(sum, row->adds ? money_of(row->sum, usd) : money_of(-7, named("EUR"))), i);
        assert_row(money_subtract(money_of(row->a, usd), money_of(row->b, usd), &difference) == row->subtracts, i);
        assert_row(money_equal(difference, row->subtracts ? money_of(row->difference, usd) : money_of(-7, named("EUR"))), i);
    }
}

static void currencies_do_not_mix(void **state)
{
    (void)state;
    money dollars = money_of(5000, named("USD")), euros = money_of(5000, named("EUR")), out;
    assert_false(money_add(dollars, euros, &out));
    assert_false(money_subtract(dollars, euros, &out));
    assert_false(money_equal(dollars, euros));
    assert_false(money_same_currency(dollars, euros));
    assert_true(money_same_currency(dollars, money_of(1, named("USD"))));
    assert_false(money_equal(dollars, money_of(5001, named("USD"))));
    assert_false(money_same_currency(dollars, (money){ 5000, { "" } })); /* no currency is none of ours */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_active_currency_has_its_decimals),
        cmocka_unit_test(no_other_three_letters_are_a_currency),
        cmocka_unit_test(what_is_not_a_currency),
        cmocka_unit_test(payable_is_from_one_cent_to_the_limit),
        cmocka_unit_test(sums_are_checked),
        cmocka_unit_test(currencies_do_not_mix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
