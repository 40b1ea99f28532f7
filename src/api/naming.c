/* SPDX-License-Identifier: Apache-2.0 */
/* naming: request ids and traces. */
#include "api/naming.h"

#include "base/hash.h"
#include "base/id.h"
#include "base/text.h"
#include "domain/card.h"

enum {
    REQUEST_ID_BYTES_MAX = 64,
    TRACE_ID_BYTES = 16,
    SPAN_ID_BYTES = 8,
    TRACE_ID_AT = 3, /* "00-", then the trace's id */
    SPAN_ID_AT = TRACE_ID_AT + 2 * TRACE_ID_BYTES + 1,
    FLAGS_AT = SPAN_ID_AT + 2 * SPAN_ID_BYTES + 1,
    TRACE_CHARS = FLAGS_AT + 2,
};

/* ---- request ids ---- */

static bool is_sane(str id)
{
    if (id.length == 0 || id.length > REQUEST_ID_BYTES_MAX) return false;
    for (size_t i = 0; i < id.length; i++) {
        char byte = id.bytes[i];
        bool is_letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
        bool is_other = (byte >= '0' && byte <= '9') || byte == '.' || byte == '_' || byte == '-';
        if (!is_letter && !is_other) return false;
    }
    return !card_is_in(id);
}

str name_unread(struct world *world, struct arena *arena)
{
    uint8_t random[ID_RANDOM_BYTES];
    world_random(world, random, sizeof random);
    return id_format(arena_take(arena, ID_TEXT_BYTES), STR("req_"), world_now(world), random);
}

str name_request(struct world *world, struct arena *arena, const struct http_request *request)
{
    str given = http_header(request, STR("X-Request-Id"));
    return is_sane(given) ? given : name_unread(world, arena);
}

/* ---- traces ---- */

static bool is_hex(str text)
{
    bool has_other_than_zero = false;
    for (size_t i = 0; i < text.length; i++) {
        char byte = text.bytes[i];
        if ((byte < '0' || byte > '9') && (byte < 'a' || byte > 'f')) return false;
        if (byte != '0') has_other_than_zero = true;
    }
    return has_other_than_zero;
}

static str part(str text, size_t from, size_t bytes)
{
    return (str){ text.bytes + from, bytes };
}

/* Version 00, or a later one that begins like it: "00-<32 hex>-<16 hex>-<2 hex>", ids that are not all zeros. */
static bool is_traceparent(str text)
{
    if (text.length < TRACE_CHARS) return false;
    bool is_first_version = str_starts_with(text, STR("00-"));
    if (is_first_version && text.length != TRACE_CHARS) return false;
    if (!is_first_version && (!is_hex(part(text, 0, 2)) || str_starts_with(text, STR("ff")))) return false;
    if (text.length > TRACE_CHARS && text.bytes[TRACE_CHARS] != '-') return false;
    if (text.bytes[2] != '-' || text.bytes[SPAN_ID_AT - 1] != '-' || text.bytes[FLAGS_AT - 1] != '-') return false;
    bool has_flags = is_hex(part(text, FLAGS_AT, 2)) || str_equal(part(text, FLAGS_AT, 2), STR("00"));
    return has_flags && is_hex(part(text, TRACE_ID_AT, 2 * TRACE_ID_BYTES)) && is_hex(part(text, SPAN_ID_AT, 2 * SPAN_ID_BYTES));
}

str trace_id_of(str trace) { return part(trace, TRACE_ID_AT, 2 * TRACE_ID_BYTES); }

str name_trace(struct world *world, struct arena *arena, const struct http_request *request)
{
    uint8_t random[TRACE_ID_BYTES + SPAN_ID_BYTES];
    world_random(world, random, sizeof random);
    random[0] |= 1; /* never all zeros */
    random[TRACE_ID_BYTES] |= 1;
    str given = http_header_count(request, STR("traceparent")) == 1 ? http_header(request, STR("traceparent")) : STR_NONE;
    bool continues = is_traceparent(given);

    struct text trace = text_open(arena, TRACE_CHARS);
    text_put(&trace, STR("00-"));
    text_put(&trace, continues ? trace_id_of(given) : hex_encode(arena, random, TRACE_ID_BYTES));
    text_put_char(&trace, '-');
    text_put(&trace, hex_encode(arena, random + TRACE_ID_BYTES, SPAN_ID_BYTES));
    text_put_char(&trace, '-');
    text_put(&trace, continues ? part(given, FLAGS_AT, 2) : STR("01"));
    return text_str(&trace);
}
