/* SPDX-License-Identifier: Apache-2.0 */
/* text: puts pieces one after the other into arena memory, which doubles when it is full; and writes JSON. */
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/moment.h"

enum {
    GROW_BYTES_MIN = 64,
    INT64_CHARS_MAX = 20, /* a minus sign and 19 digits */
    ESCAPE_CHARS_MAX = 6, /* \u001f */
};

struct text text_open(struct arena *arena, size_t capacity)
{
    struct text text = { .arena = arena };
    if (capacity > 0) text.bytes = arena_take(arena, capacity);
    text.capacity = capacity;
    return text;
}

static void grow(struct text *text, size_t wanted)
{
    INSIST(wanted < SIZE_MAX / 4 - text->length);
    size_t capacity = text->capacity * 2;
    if (capacity < text->length + wanted) capacity = text->length + wanted;
    if (capacity < GROW_BYTES_MIN) capacity = GROW_BYTES_MIN;
    char *bytes = arena_take(text->arena, capacity);
    if (text->length > 0) memcpy(bytes, text->bytes, text->length);
    text->bytes = bytes;
    text->capacity = capacity;
}

/* Where the next `wanted` bytes may be written. */
static char *room_for(struct text *text, size_t wanted)
{
    if (wanted > text->capacity - text->length) grow(text, wanted);
    return text->bytes + text->length;
}

void text_put(struct text *text, str piece)
{
    if (piece.length == 0) return;
    memcpy(room_for(text, piece.length), piece.bytes, piece.length);
    text->length += piece.length;
}

void text_put_char(struct text *text, char byte)
{
    *room_for(text, 1) = byte;
    text->length++;
}

void text_put_int(struct text *text, int64_t number)
{
    char digits[INT64_CHARS_MAX];
    size_t at = sizeof digits;
    uint64_t left = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    do {
        digits[--at] = (char)('0' + left % 10);
        left /= 10;
    } while (left > 0);
    if (number < 0) digits[--at] = '-';
    text_put(text, (str){ digits + at, sizeof digits - at });
}

void text_put_format(struct text *text, const char *format, ...)
{
    va_list values, again;
    va_start(values, format);
    va_copy(again, values);
    size_t room = text->capacity - text->length;
    int printed = vsnprintf(room > 0 ? text->bytes + text->length : NULL, room, format, values);
    INSIST(printed >= 0);
    size_t length = (size_t)printed;
    if (length >= room) (void)vsnprintf(room_for(text, length + 1), length + 1, format, again);
    text->length += length;
    va_end(again);
    va_end(values);
}

str text_str(const struct text *text)
{
    return (str){ text->bytes ? text->bytes : "", text->length };
}

static bool needs_escape(char byte)
{
    return (unsigned char)byte < 0x20 || byte == '"' || byte == '\\';
}

/* Non-zero when one of eight bytes needs an escape; the three terms are: below 0x20, a quote, a backslash. */
static uint64_t eight_need_escape(const char *bytes)
{
    const uint64_t ones = 0x0101010101010101u, tops = 0x8080808080808080u;
    uint64_t eight;
    memcpy(&eight, bytes, sizeof eight);
    uint64_t quotes = eight ^ (ones * '"'), backslashes = eight ^ (ones * '\\');
    return (((eight - ones * 0x20) & ~eight) | ((quotes - ones) & ~quotes) | ((backslashes - ones) & ~backslashes)) & tops;
}

/* How many bytes at the start can be put as they are. */
static size_t plain_run(str value)
{
    size_t run = 0;
    while (run + sizeof(uint64_t) <= value.length && eight_need_escape(value.bytes + run) == 0) run += sizeof(uint64_t);
    while (run < value.length && !needs_escape(value.bytes[run])) run++;
    return run;
}

static void put_escape(struct text *text, char byte)
{
    static const char short_escapes[0x20] = { ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't' };
    char letter = (unsigned char)byte < 0x20 ? short_escapes[(unsigned char)byte] : byte;
    char *at = room_for(text, ESCAPE_CHARS_MAX);
    if (letter != '\0') {
        memcpy(at, (char[]){ '\\', letter }, 2);
        text->length += 2;
        return;
    }
    memcpy(at, (char[]){ '\\', 'u', '0', '0', (char)('0' + byte / 16), "0123456789abcdef"[byte % 16] }, ESCAPE_CHARS_MAX);
    text->length += ESCAPE_CHARS_MAX;
}

void text_put_json(struct text *text, str value)
{
    text_put_char(text, '"');
    while (value.length > 0) {
        size_t run = plain_run(value);
        text_put(text, (str){ value.bytes, run });
        if (run < value.length) put_escape(text, value.bytes[run++]);
        value = str_from(value, run);
    }
    text_put_char(text, '"');
}

void json_open_object(struct text *text)
{
    text_put_char(text, '{');
}

void json_close_object(struct text *text)
{
    text_put_char(text, '}');
}

void json_open_list(struct text *text)
{
    text_put_char(text, '[');
}

void json_close_list(struct text *text)
{
    text_put_char(text, ']');
}

void json_comma(struct text *text)
{
    char last = text->length > 0 ? text->bytes[text->length - 1] : '{';
    if (last != '{' && last != '[' && last != ':' && last != ',') text_put_char(text, ',');
}

void json_name(struct text *text, const char *name)
{
    json_comma(text);
    text_put_char(text, '"');
    text_put(text, str_of(name));
    text_put(text, STR("\":"));
}

void json_put_str(struct text *text, const char *name, str value)
{
    json_name(text, name);
    if (value.bytes != NULL) text_put_json(text, value);
    else text_put(text, STR("null"));
}

void json_put_int(struct text *text, const char *name, int64_t value)
{
    json_name(text, name);
    text_put_int(text, value);
}

void json_put_bool(struct text *text, const char *name, bool value)
{
    json_put_raw(text, name, value ? STR("true") : STR("false"));
}

void json_put_null(struct text *text, const char *name)
{
    json_put_raw(text, name, STR("null"));
}

void json_put_raw(struct text *text, const char *name, str json)
{
    json_name(text, name);
    text_put(text, json);
}

void json_put_time(struct text *text, const char *name, micros moment)
{
    char buffer[MOMENT_TEXT_BYTES];
    json_put_str(text, name, moment == 0 ? STR_NONE : moment_format(moment, buffer));
}
