/* SPDX-License-Identifier: Apache-2.0 */
/* caller: what a direct call on this machine looks like. */
#include "api/caller.h"

/* The host of "host" and "host:8080"; nothing when something else follows it. */
static str without_port(str text)
{
    str rest;
    int64_t port;
    bool is_bracketed = str_starts_with(text, STR("["));
    str host = str_cut(text, is_bracketed ? ']' : ':', &rest);
    if (is_bracketed && host.length < text.length) host.length++;
    str behind = str_from(text, host.length);
    bool is_port = str_starts_with(behind, STR(":")) && str_to_int64(str_from(behind, 1), UINT16_MAX, &port);
    return is_port || behind.length == 0 ? host : STR_NONE;
}

/* 127.0.0.0/8 in its usual spelling (RFC 1122, 3.2.1.3). */
static bool is_loopback_address(str host)
{
    int64_t number;
    bool ends_with_dot = host.length > 0 && host.bytes[host.length - 1] == '.';
    for (int part = 0; part < 4; part++) {
        if (!str_to_int64(str_cut(host, '.', &host), 255, &number) || (part == 0 && number != 127)) return false;
    }
    return host.length == 0 && !ends_with_dot;
}

static bool is_loopback_host(str host)
{
    host = without_port(host);
    return str_equal_ignoring_case(host, STR("localhost")) || str_equal(host, STR("[::1]")) || is_loopback_address(host);
}

/* http://localhost:3000 is a page of this machine. */
static bool is_loopback_origin(str origin)
{
    str http = STR("http://"), https = STR("https://");
    if (str_starts_with(origin, http)) return is_loopback_host(str_from(origin, http.length));
    return str_starts_with(origin, https) && is_loopback_host(str_from(origin, https.length));
}

static bool tells_of_a_proxy(const struct http_request *request)
{
    static const char *const names[] = { "Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Via" };
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (http_header_count(request, str_of(names[i])) > 0) return true;
    }
    return false;
}

bool caller_is_local(const struct http_request *request)
{
    str host = http_header(request, STR("Host")), origin = http_header(request, STR("Origin"));
    bool host_is_fine = !host.bytes || is_loopback_host(str_trim(host)); /* HTTP/1.0 may come without one */
    bool origin_is_fine = !origin.bytes || is_loopback_origin(str_trim(origin));
    return host_is_fine && origin_is_fine && !tells_of_a_proxy(request);
}
