/* SPDX-License-Identifier: Apache-2.0 */
/* bank_id: UUIDs as text, in and out. */
#include "sim/bank_id.h"

#include <string.h>

enum { UUID_CHARS = 36, UUID_BARE_CHARS = 32 };

struct bank_id bank_id_draw(struct desk_chance *chance)
{
    struct bank_id id;
    uint64_t halves[2] = { desk_chance_next(chance), desk_chance_next(chance) };
    memcpy(id.bytes, halves, sizeof id.bytes);
    id.bytes[6] = (uint8_t)((id.bytes[6] & 0x0f) | 0x40);
    id.bytes[8] = (uint8_t)((id.bytes[8] & 0x3f) | 0x80);
    return id;
}

bool bank_id_equal(const struct bank_id *a, const struct bank_id *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

/* A dash stands before these bytes. */
static bool has_dash_before(size_t byte) { return byte == 4 || byte == 6 || byte == 8 || byte == 10; }

str bank_id_format(char buffer[BANK_ID_TEXT_BYTES], str prefix, const struct bank_id *id)
{
    static const char digits[] = "0123456789abcdef";
    size_t length = prefix.length;
    INSIST(length + UUID_CHARS < BANK_ID_TEXT_BYTES);
    memcpy(buffer, prefix.bytes, length);
    for (size_t i = 0; i < sizeof id->bytes; i++) {
        if (has_dash_before(i)) buffer[length++] = '-';
        buffer[length++] = digits[id->bytes[i] >> 4];
        buffer[length++] = digits[id->bytes[i] & 15];
    }
    buffer[length] = '\0';
    return (str){ buffer, length };
}

static int hex_value(char digit)
{
    if (digit >= '0' && digit <= '9') return digit - '0';
    if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
    return -1;
}

/* Takes off braces or the URN's beginning; what is left must be a UUID with or without dashes. */
static str without_wrapping(str text)
{
    static const str urn = { "urn:uuid:", 9 };
    bool is_braced = text.length == UUID_CHARS + 2 && text.bytes[0] == '{' && text.bytes[text.length - 1] == '}';
    if (is_braced) return (str){ text.bytes + 1, UUID_CHARS };
    if (text.length != urn.length + UUID_CHARS) return text;
    return str_equal_ignoring_case((str){ text.bytes, urn.length }, urn) ? str_from(text, urn.length) : text;
}

static bool read_uuid(str text, struct bank_id *out)
{
    bool has_dashes = text.length == UUID_CHARS;
    if (!has_dashes && text.length != UUID_BARE_CHARS) return false;
    size_t at = 0;
    for (size_t i = 0; i < sizeof out->bytes; i++) {
        if (has_dashes && has_dash_before(i) && text.bytes[at++] != '-') return false;
        int high = hex_value(text.bytes[at++]);
        int low = hex_value(text.bytes[at++]);
        if (high < 0 || low < 0) return false;
        out->bytes[i] = (uint8_t)(high * 16 + low);
    }
    return true;
}

bool bank_id_read(str text, str prefix, struct bank_id *out)
{
    return str_starts_with(text, prefix) && read_uuid(without_wrapping(str_from(text, prefix.length)), out);
}
