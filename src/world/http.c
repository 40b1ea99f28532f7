/* SPDX-License-Identifier: Apache-2.0 */
/* http: small questions about requests and answers. */
#include "world/http.h"

#include "base/hash.h"

str http_header(const struct http_request *request, str name)
{
    for (size_t i = 0; i < request->header_count; i++) {
        if (str_equal_ignoring_case(request->headers[i].name, name)) return request->headers[i].value;
    }
    return STR_NONE;
}

size_t http_header_count(const struct http_request *request, str name)
{
    size_t count = 0;
    for (size_t i = 0; i < request->header_count; i++) {
        if (str_equal_ignoring_case(request->headers[i].name, name)) count++;
    }
    return count;
}

void http_forget_body(struct http_exchange *exchange)
{
    str *body = &exchange->request.body;
    secret_wipe((char *)(uintptr_t)body->bytes, body->length);
    *body = STR("");
}

void http_answer_header(struct http_answer *answer, str name, str value)
{
    INSIST(answer->header_count < COUNT_OF(answer->headers));
    answer->headers[answer->header_count++] = (struct http_header){ name, value };
}

struct reason_row {
    int status;
    const char *reason;
};

static const struct reason_row reasons[] = {
    { 200, "OK" },
    { 201, "Created" },
    { 202, "Accepted" },
    { 204, "No Content" },
    { 301, "Moved Permanently" },
    { 302, "Found" },
    { 303, "See Other" },
    { 304, "Not Modified" },
    { 307, "Temporary Redirect" },
    { 308, "Permanent Redirect" },
    { 400, "Bad Request" },
    { 401, "Unauthorized" },
    { 402, "Payment Required" },
    { 403, "Forbidden" },
    { 404, "Not Found" },
    { 405, "Method Not Allowed" },
    { 406, "Not Acceptable" },
    { 408, "Request Timeout" },
    { 409, "Conflict" },
    { 410, "Gone" },
    { 411, "Length Required" },
    { 412, "Precondition Failed" },
    { 413, "Content Too Large" },
    { 414, "URI Too Long" },
    { 415, "Unsupported Media Type" },
    { 417, "Expectation Failed" },
    { 422, "Unprocessable Content" },
    { 423, "Locked" },
    { 425, "Too Early" },
    { 426, "Upgrade Required" },
    { 428, "Precondition Required" },
    { 429, "Too Many Requests" },
    { 431, "Request Header Fields Too Large" },
    { 451, "Unavailable For Legal Reasons" },
    { 500, "Internal Server Error" },
    { 501, "Not Implemented" },
    { 502, "Bad Gateway" },
    { 503, "Service Unavailable" },
    { 504, "Gateway Timeout" },
    { 505, "HTTP Version Not Supported" },
    { 507, "Insufficient Storage" },
};

const char *http_reason(int status)
{
    for (size_t i = 0; i < COUNT_OF(reasons); i++) {
        if (reasons[i].status == status) return reasons[i].reason;
    }
    return "Unknown";
}

static int hex_value(char digit)
{
    if (digit >= '0' && digit <= '9') return digit - '0';
    if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
    return -1;
}

/* Reads the byte at *at, an escape or a plain one, and moves behind it; -1 for a bad escape and for zero. */
static int decode_byte(str text, size_t *at, bool plus_is_space)
{
    char byte = text.bytes[(*at)++];
    if (byte == '+' && plus_is_space) return ' ';
    if (byte != '%') return byte == 0 ? -1 : (unsigned char)byte;
    if (text.length - *at < 2) return -1;
    int high = hex_value(text.bytes[*at]);
    int low = hex_value(text.bytes[*at + 1]);
    *at += 2;
    if (high < 0 || low < 0 || high + low == 0) return -1;
    return high * 16 + low;
}

/* How long the UTF-8 character is that starts here, and between which bytes its second one lies (RFC 3629, table 3-7
 * of Unicode); 0 when nothing may start so. */
static size_t utf8_length(unsigned char first, unsigned char *low, unsigned char *high)
{
    *low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    *high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (first < 0x80) return 1;
    if (first >= 0xc2 && first <= 0xdf) return 2;
    if (first >= 0xe0 && first <= 0xef) return 3;
    if (first >= 0xf0 && first <= 0xf4) return 4;
    return 0;
}

static bool is_utf8(str text)
{
    const unsigned char *bytes = (const unsigned char *)text.bytes;
    for (size_t at = 0; at < text.length;) {
        unsigned char low, high;
        size_t length = utf8_length(bytes[at], &low, &high);
        if (length == 0 || length > text.length - at) return false;
        for (size_t i = 1; i < length; i++) {
            if (bytes[at + i] < low || bytes[at + i] > high) return false;
            low = 0x80;
            high = 0xbf;
        }
        at += length;
    }
    return true;
}

bool http_decode(struct arena *arena, str text, bool plus_is_space, str *out)
{
    char *bytes = arena_take(arena, text.length + 1);
    size_t length = 0;
    for (size_t at = 0; at < text.length;) {
        int byte = decode_byte(text, &at, plus_is_space);
        if (byte < 0) return false;
        bytes[length++] = (char)byte;
    }
    *out = (str){ bytes, length };
    return is_utf8(*out);
}
