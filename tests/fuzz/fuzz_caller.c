/* SPDX-License-Identifier: Apache-2.0 */
/* Who passes for a caller on this machine, against a second statement of the rule, which is read from the back: nothing a
 * browser or a proxy sends for somebody else may pass (DNS rebinding, requests across sites). An input is a Host line, an
 * Origin line and the name of a further header. */
#include <string.h>

#include "api/caller.h"
#include "fuzz/fuzzing.h"

static bool has_only_digits(str text)
{
    for (size_t i = 0; i < text.length; i++) {
        if (text.bytes[i] < '0' || text.bytes[i] > '9') return false;
    }
    return text.length > 0;
}

/* A number without leading zeros, of at most as many digits as the largest. */
static bool is_number_up_to(str text, str largest)
{
    bool fits = has_only_digits(text) && text.length <= largest.length && (text.length == 1 || text.bytes[0] != '0');
    return fits && (text.length < largest.length || memcmp(text.bytes, largest.bytes, largest.length) <= 0);
}

/* ":8080" at the end is left away. */
static str without_port(str text)
{
    const char *colon = text.length > 0 ? memrchr(text.bytes, ':', text.length) : NULL;
    size_t before = colon ? (size_t)(colon - text.bytes) : text.length;
    return is_number_up_to(str_from(text, before + 1), STR("65535")) ? (str){ text.bytes, before } : text;
}

static bool is_byte(str text) { return is_number_up_to(text, STR("255")); }

static bool is_of_this_machine(str host)
{
    str a, b, c, d, first;
    host = without_port(host);
    if (str_equal_ignoring_case(host, STR("localhost")) || str_equal(host, STR("[::1]"))) return true;
    first = str_cut(host, '.', &a);
    b = str_cut(a, '.', &c);
    c = str_cut(c, '.', &d);
    return str_equal(first, STR("127")) && is_byte(b) && is_byte(c) && is_byte(d);
}

static bool is_page_of_this_machine(str origin)
{
    if (str_starts_with(origin, STR("http://"))) return is_of_this_machine(str_from(origin, 7));
    return str_starts_with(origin, STR("https://")) && is_of_this_machine(str_from(origin, 8));
}

static bool is_of_a_proxy(str name)
{
    return str_equal_ignoring_case(name, STR("via")) || str_equal_ignoring_case(name, STR("forwarded")) ||
           str_equal_ignoring_case(name, STR("x-forwarded-for")) || str_equal_ignoring_case(name, STR("x-forwarded-host")) ||
           str_equal_ignoring_case(name, STR("x-forwarded-proto")) || str_equal_ignoring_case(name, STR("x-real-ip"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = input_of(data, size);
    str host = input_line(&input, '\n'), origin = input_line(&input, '\n'), further = input_rest(&input);
    struct http_header headers[] = { { STR("Host"), host }, { further, STR("a") }, { STR("origin"), origin } };
    struct http_request request = { .headers = headers, .header_count = origin.length > 0 ? 3 : 2 };
    bool should_be = is_of_this_machine(str_trim(host)) && !is_of_a_proxy(further);
    if (origin.length > 0) should_be = should_be && is_page_of_this_machine(str_trim(origin));
    if (str_equal_ignoring_case(further, STR("host")) || str_equal_ignoring_case(further, STR("origin"))) return 0; /* twice */
    INSIST(caller_is_local(&request) == should_be);
    return 0;
}
