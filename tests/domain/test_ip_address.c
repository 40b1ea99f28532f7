/* SPDX-License-Identifier: Apache-2.0 */
/* ip_address: spellings of one address, and networks that hold it or not. */
#include "base/base_testing.h"

#include "domain/ip_address.h"

static void one_address_has_one_spelling(void **state)
{
    (void)state;
    const struct {
        str given;
        const char *told; /* NULL: it is none */
    } rows[] = {
        { STR("192.0.2.1"),                  "192.0.2.1"            },
        { STR("::ffff:192.0.2.1"),           "192.0.2.1"            }, /* as servers with one socket for both see it */
        { STR("2001:DB8::1"),                "2001:db8::1"          },
        { STR("2001:db8:0:0:0:0:0:1"),       "2001:db8::1"          },
        { STR("::"),                         "::"                   },
        { STR("255.255.255.255"),            "255.255.255.255"      },
        { STR("192.0.2"),                    NULL                   },
        { STR("192.0.2.256"),                NULL                   },
        { STR("192.0.2.01"),                 NULL                   },
        { STR("192.0.2.1:80"),               NULL                   },
        { STR("192.0.2.1 "),                 NULL                   },
        { STR("192.0.2.1\0"),                NULL                   },
        { STR("fe80::1%eth0"),               NULL                   },
        { STR("[2001:db8::1]"),              NULL                   },
        { STR("2001:db8:::1"),               NULL                   },
        { STR("shop.example"),               NULL                   },
        { STR(""),                           NULL                   },
        { STR("0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000"), NULL },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct ip_address address;
        char buffer[IP_TEXT_BYTES];
        str copy = exact_copy(rows[i].given);
        assert_row(ip_address_read(copy, &address) == (rows[i].told != NULL), i);
        if (rows[i].told) assert_str(ip_address_format(&address, buffer), str_of(rows[i].told));
        exact_free(copy);
    }
}

static void networks_hold_their_addresses(void **state)
{
    (void)state;
    const struct {
        const char *network, *address;
        bool is_in;
    } rows[] = {
        { "203.0.113.7",     "203.0.113.7",          true  },
        { "203.0.113.7",     "203.0.113.8",          false },
        { "203.0.113.0/24",  "203.0.113.255",        true  },
        { "203.0.113.0/24",  "203.0.114.0",          false },
        { "203.0.113.8/30",  "203.0.113.11",         true  },
        { "203.0.113.8/30",  "203.0.113.12",         false },
        { "0.0.0.0/0",       "198.51.100.1",         true  },
        { "0.0.0.0/0",       "2001:db8::1",          false }, /* all of IPv4 and nothing else */
        { "2001:db8::/32",   "2001:db8:ffff::1",     true  },
        { "2001:db8::/32",   "2001:db9::1",          false },
        { "2001:db8::/33",   "2001:db8:8000::",      false },
        { "2001:db8::1",     "2001:db8::1",          true  },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct ip_network network;
        struct ip_address address;
        assert_row(ip_network_read(str_of(rows[i].network), &network), i);
        assert_row(ip_address_read(str_of(rows[i].address), &address), i);
        assert_row(ip_network_holds(&network, &address) == rows[i].is_in, i);
    }
}

static void what_is_no_network_is_refused(void **state)
{
    (void)state;
    const char *const rows[] = { "203.0.113.7/24", "203.0.113.0/33", "203.0.113.0/", "203.0.113.0/-1",
                                 "2001:db8::/129", "2001:db8::1/64", "/8",           "x/8" };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct ip_network network;
        assert_row(!ip_network_read(str_of(rows[i]), &network), i);
    }
}

/* Who has an IPv6 line has 2 to the 64th addresses. */
static void a_client_is_one_address_or_one_line(void **state)
{
    (void)state;
    const struct {
        const char *one, *other;
        bool are_one;
    } rows[] = {
        { "2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true  },
        { "2001:db8:1:2::1", "2001:db8:1:3::1",      false },
        { "192.0.2.1",       "192.0.2.2",            false },
        { "192.0.2.1",       "::ffff:192.0.2.1",     true  },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct ip_address one, other;
        assert_row(ip_address_read(str_of(rows[i].one), &one) && ip_address_read(str_of(rows[i].other), &other), i);
        struct ip_network client = ip_client(&one), again = ip_client(&other);
        assert_row((memcmp(client.first.bytes, again.first.bytes, IP_BYTES) == 0) == rows[i].are_one, i);
        assert_row(ip_network_holds(&client, &other) == rows[i].are_one, i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_address_has_one_spelling),
        cmocka_unit_test(networks_hold_their_addresses),
        cmocka_unit_test(what_is_no_network_is_refused),
        cmocka_unit_test(a_client_is_one_address_or_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
