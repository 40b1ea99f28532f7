/* SPDX-License-Identifier: Apache-2.0 */
/* http_head: what a request line and headers must look like, and what they say about the body. */
#include <string.h>

#include "world/http_reader.h"

/* GET to DELETE are asked for; TRACE and CONNECT are known so that somebody can answer that they are not allowed. */
static const char *const methods[] = { "GET",    "POST",    "HEAD",  "PUT",    "PATCH",
                                       "DELETE", "OPTIONS", "TRACE", "CONNECT" };

static bool is_known_method(str method)
{
    for (size_t i = 0; i < COUNT_OF(methods); i++) {
        if (str_equal(method, str_of(methods[i]))) return true;
    }
    return false;
}

static bool is_alphanumeric(char byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

static bool is_made_of(str text, const char *further)
{
    for (size_t i = 0; i < text.length; i++) {
        char byte = text.bytes[i];
        if (!is_alphanumeric(byte) && (byte == 0 || strchr(further, byte) == NULL)) return false;
    }
    return text.length > 0;
}

/* RFC 9110: a token; RFC 3986: a host with its port. There is no user in ours. */
static bool is_token(str text)
{
    return is_made_of(text, "!#$%&'*+-.^_`|~");
}

static bool is_host(str text)
{
    return is_made_of(text, "-._~%!$&'()*+,;=:[]");
}

static bool is_visible(str text)
{
    for (size_t i = 0; i < text.length; i++) {
        unsigned char byte = (unsigned char)text.bytes[i];
        if (byte <= 0x20 || byte >= 0x7f || byte == '#') return false;
    }
    return text.length > 0;
}

/* "http://host/path": the part from the path on. */
static bool cut_absolute(str target, str *out)
{
    str rest;
    if (str_starts_with(target, STR("http://"))) rest = str_from(target, strlen("http://"));
    else if (str_starts_with(target, STR("https://"))) rest = str_from(target, strlen("https://"));
    else return false;

    size_t host_bytes = 0;
    while (host_bytes < rest.length && rest.bytes[host_bytes] != '/' && rest.bytes[host_bytes] != '?') host_bytes++;
    if (!is_host((str){ rest.bytes, host_bytes })) return false;
    *out = str_from(rest, host_bytes);
    if (out->length == 0) *out = STR("/");
    return out->bytes[0] == '/';
}

/* The target of CONNECT is a host, of OPTIONS perhaps a star, of all others a path (RFC 9112, 3.2). */
static bool take_target(struct http_reader *reader, str target)
{
    struct http_request *request = &reader->request;
    request->target = target;
    if (!is_visible(target)) return false;

    bool is_host_only = str_equal(request->method, STR("CONNECT"));
    bool is_star = str_equal(request->method, STR("OPTIONS")) && str_equal(target, STR("*"));
    if (is_host_only || is_star) {
        request->path = target;
        return is_star || is_host(target);
    }
    str path = target;
    if (target.bytes[0] != '/' && !cut_absolute(target, &path)) return false;
    request->path = str_cut(path, '?', &request->query);
    if (request->path.length == path.length) request->query = STR_NONE;
    return true;
}

/* Two versions are ours; another HTTP gets its own answer, and anything else is no HTTP. */
static bool take_version(struct http_reader *reader, str version)
{
    reader->is_http_1_0 = str_equal(version, STR("HTTP/1.0"));
    if (reader->is_http_1_0 || str_equal(version, STR("HTTP/1.1"))) return true;
    bool is_other = str_starts_with(version, STR("HTTP/")) && is_made_of(str_from(version, 5), ".");
    return http_reader_refuse(reader, is_other ? HTTP_FAULT_VERSION : HTTP_FAULT_MALFORMED);
}

bool http_head_take_request_line(struct http_reader *reader, str line)
{
    str rest;
    str version;
    reader->request.method = str_cut(line, ' ', &rest);
    str target = str_cut(rest, ' ', &version);
    if (!is_token(reader->request.method)) return http_reader_refuse(reader, HTTP_FAULT_MALFORMED);

    bool is_http_0_9 = version.length == 0 && target.length > 0 && target.length == rest.length;
    if (is_http_0_9) return http_reader_refuse(reader, HTTP_FAULT_VERSION);
    if (!take_version(reader, version)) return false;
    if (!is_known_method(reader->request.method)) return http_reader_refuse(reader, HTTP_FAULT_NOT_IMPLEMENTED);
    if (!take_target(reader, target)) return http_reader_refuse(reader, HTTP_FAULT_MALFORMED);
    return true;
}

/* What stands in the headers that decide where this request ends. */
struct framing {
    size_t hosts;
    size_t lengths;
    size_t codings;
    size_t expectations;
    bool host_is_fine;
    str length;
    str coding;
    str expectation;
};

static void frame_by(struct framing *framing, const struct http_header *header)
{
    if (str_equal_ignoring_case(header->name, STR("host"))) {
        framing->hosts++;
        framing->host_is_fine = is_host(header->value);
    } else if (str_equal_ignoring_case(header->name, STR("content-length"))) {
        framing->lengths++;
        framing->length = header->value;
    } else if (str_equal_ignoring_case(header->name, STR("transfer-encoding"))) {
        framing->codings++;
        framing->coding = header->value;
    } else if (str_equal_ignoring_case(header->name, STR("expect"))) {
        framing->expectations++;
        framing->expectation = header->value;
    }
}

static struct framing frame(struct http_reader *reader)
{
    struct framing framing = { 0 };
    for (size_t i = 0; i < reader->request.header_count; i++) {
        struct http_header *header = &reader->headers[i];
        header->value = str_trim(header->value);
        if (header->value.bytes == NULL) header->value = STR("");
        frame_by(&framing, header);
    }
    return framing;
}

/* Digits and nothing else, below 2^63. */
static bool read_length(str text, size_t *out)
{
    uint64_t length = 0;
    for (size_t i = 0; i < text.length; i++) {
        char digit = text.bytes[i];
        if (digit < '0' || digit > '9' || length > (INT64_MAX - 9) / 10) return false;
        length = length * 10 + (uint64_t)(digit - '0');
    }
    *out = length;
    return text.length > 0;
}

static bool host_is_fine(const struct http_reader *reader, const struct framing *framing)
{
    if (framing->hosts == 0) return reader->is_http_1_0;
    return framing->hosts == 1 && framing->host_is_fine;
}

static bool lengths_are_fine(struct http_reader *reader, const struct framing *framing)
{
    if (framing->lengths == 0) return true;
    return framing->lengths == 1 && framing->codings == 0 && read_length(framing->length, &reader->body_length);
}

static bool needs_length(const struct http_reader *reader)
{
    if (reader->request.has_body || reader->lenient_length) return false;
    str method = reader->request.method;
    return str_equal(method, STR("POST")) || str_equal(method, STR("PUT")) || str_equal(method, STR("PATCH"));
}

/* A tunnel that we do not open: whatever follows would not be HTTP. */
static bool is_tunnel(const struct http_reader *reader)
{
    return str_equal(reader->request.method, STR("CONNECT"));
}

static bool take_framing(struct http_reader *reader, const struct framing *framing)
{
    bool has_coding = framing->codings > 0;
    bool coding_is_fine = framing->codings == 1 && str_equal_ignoring_case(framing->coding, STR("chunked"));
    bool has_expectation = framing->expectations > 0 && !reader->is_http_1_0;
    bool expectation_is_fine =
        framing->expectations == 1 && str_equal_ignoring_case(framing->expectation, STR("100-continue"));
    bool must_not_be_coded = reader->is_http_1_0 || is_tunnel(reader); /* llhttp would not read the chunks of a CONNECT */

    if (!host_is_fine(reader, framing)) return http_reader_refuse(reader, HTTP_FAULT_MALFORMED);
    if (!lengths_are_fine(reader, framing)) return http_reader_refuse(reader, HTTP_FAULT_MALFORMED);
    if (has_coding && must_not_be_coded) return http_reader_refuse(reader, HTTP_FAULT_MALFORMED);
    if (has_coding && !coding_is_fine) return http_reader_refuse(reader, HTTP_FAULT_NOT_IMPLEMENTED);
    if (has_expectation && !expectation_is_fine) return http_reader_refuse(reader, HTTP_FAULT_EXPECTATION);

    reader->chunked = has_coding;
    reader->wants_continue = has_expectation;
    reader->request.has_body = has_coding || framing->lengths > 0;
    if (needs_length(reader)) return http_reader_refuse(reader, HTTP_FAULT_LENGTH_REQUIRED);
    return http_reader_has_room(reader, 0);
}

static void take_persistence(struct http_reader *reader)
{
    bool close = (reader->parser.flags & F_CONNECTION_CLOSE) != 0;
    bool keep = (reader->parser.flags & F_CONNECTION_KEEP_ALIVE) != 0;
    reader->keep_alive = !close && (keep || !reader->is_http_1_0) && !is_tunnel(reader);
}

bool http_head_take_headers(struct http_reader *reader)
{
    take_persistence(reader);
    struct framing framing = frame(reader);
    return take_framing(reader, &framing);
}
