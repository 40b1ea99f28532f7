/* SPDX-License-Identifier: Apache-2.0 */
/* Percent-decoding: what comes out is UTF-8 without a zero, by a second opinion that computes each character, and fully
 * escaped it decodes to itself. */
#include <string.h>

#include "base/text.h"
#include "fuzz/fuzzing.h"
#include "world/http.h"

static struct arena arena;

/* Whether character `at` is written in its shortest form and is one; moves behind it. */
static bool take_character(const unsigned char **at, const unsigned char *end)
{
    static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
    unsigned char first = *(*at)++;
    int bytes = first < 0x80 ? 1 : first < 0xc0 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf8 ? 4 : 0;
    if (bytes == 0 || end - *at < bytes - 1) return false;
    uint32_t character = bytes == 1 ? first : first & (0xffu >> (bytes + 1));
    for (int i = 1; i < bytes; i++) {
        if ((**at & 0xc0) != 0x80) return false;
        character = character << 6 | (*(*at)++ & 0x3f);
    }
    return character >= least[bytes] && character <= 0x10ffff && (character < 0xd800 || character > 0xdfff);
}

static bool is_utf8(str text)
{
    const unsigned char *at = (const unsigned char *)text.bytes, *end = at + text.length;
    while (at < end) {
        if (!take_character(&at, end)) return false;
    }
    return true;
}

/* The other way to decode: each escape becomes a byte, or the whole is wrong. */
static bool decode_simply(str text, bool plus_is_space, char *out, size_t *length)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    *length = 0;
    for (size_t i = 0; i < text.length; i++) {
        char byte = text.bytes[i];
        if (byte == '%') {
            const char *high = i + 2 < text.length ? memchr(digits, text.bytes[i + 1], 32) : NULL;
            const char *low = high ? memchr(digits, text.bytes[i + 2], 32) : NULL;
            if (!low) return false;
            byte = (char)((high - digits) % 16 * 16 + (low - digits) % 16);
            i += 2;
        } else if (byte == '+' && plus_is_space) {
            byte = ' ';
        }
        if (byte == 0) return false;
        out[(*length)++] = byte;
    }
    return is_utf8((str){ out, *length });
}

static str escape_all(str text)
{
    struct text escaped = text_open(&arena, 3 * text.length);
    for (size_t i = 0; i < text.length; i++) {
        text_put_char(&escaped, '%');
        text_put_char(&escaped, "0123456789ABCDEF"[(unsigned char)text.bytes[i] >> 4]);
        text_put_char(&escaped, "0123456789abcdef"[text.bytes[i] & 15]);
    }
    return text_str(&escaped);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = input_of(data, size);
    bool plus_is_space = input_flag(&input);
    str text = input_rest(&input), decoded, again;
    size_t length;
    char *simply = arena_take(&arena, text.length + 1);
    bool is_read = http_decode(&arena, text, plus_is_space, &decoded);
    INSIST(is_read == decode_simply(text, plus_is_space, simply, &length));
    if (is_read) {
        INSIST(str_equal(decoded, (str){ simply, length }));
        INSIST(http_decode(&arena, escape_all(decoded), plus_is_space, &again) && str_equal(again, decoded));
    }
    arena_reset(&arena);
    return 0;
}
