/* SPDX-License-Identifier: Apache-2.0 */
/* str: looking at text that somebody else owns; nothing here allocates, and absent text is empty text. */
#include "base/str.h"

#include <openssl/crypto.h>
#include <string.h>

str str_of(const char *terminated)
{
    return terminated ? (str){ terminated, strlen(terminated) } : STR_NONE;
}

/* The C library must not be handed a NULL, even for no bytes at all. */
static bool same_bytes(const char *a, const char *b, size_t length)
{
    return length == 0 || memcmp(a, b, length) == 0;
}

bool str_equal(str a, str b)
{
    return a.length == b.length && same_bytes(a.bytes, b.bytes, a.length);
}

static char lower(char byte)
{
    return byte >= 'A' && byte <= 'Z' ? (char)(byte + ('a' - 'A')) : byte;
}

bool str_equal_ignoring_case(str a, str b)
{
    if (a.length != b.length) return false;
    for (size_t i = 0; i < a.length; i++) {
        if (lower(a.bytes[i]) != lower(b.bytes[i])) return false;
    }
    return true;
}

bool str_is_name(str text)
{
    for (size_t i = 0; i < text.length; i++) {
        char c = text.bytes[i];
        bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
        if (!is_plain) return false;
    }
    return text.length > 0;
}

bool str_is_empty(str text)
{
    return text.length == 0;
}

bool str_starts_with(str text, str prefix)
{
    return text.length >= prefix.length && same_bytes(text.bytes, prefix.bytes, prefix.length);
}

bool str_contains(str text, str part)
{
    if (part.length == 0) return true;
    return text.length >= part.length && memmem(text.bytes, text.length, part.bytes, part.length) != NULL;
}

int str_compare(str a, str b)
{
    size_t shorter = a.length < b.length ? a.length : b.length;
    int order = shorter > 0 ? memcmp(a.bytes, b.bytes, shorter) : 0;
    if (order != 0) return order;
    return (a.length > b.length) - (a.length < b.length);
}

str str_from(str text, size_t from)
{
    if (text.bytes == NULL) return STR_NONE;
    if (from > text.length) from = text.length;
    return (str){ text.bytes + from, text.length - from };
}

str str_cut(str text, char separator, str *rest)
{
    const char *found = text.length > 0 ? memchr(text.bytes, separator, text.length) : NULL;
    size_t length = found ? (size_t)(found - text.bytes) : text.length;
    *rest = str_from(text, found ? length + 1 : length);
    return (str){ text.bytes, length };
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

str str_trim(str text)
{
    while (text.length > 0 && is_blank(text.bytes[text.length - 1])) text.length--;
    size_t blanks = 0;
    while (blanks < text.length && is_blank(text.bytes[blanks])) blanks++;
    return str_from(text, blanks);
}

bool str_to_int64(str text, int64_t maximum, int64_t *out)
{
    if (text.length == 0) return false;
    if (text.bytes[0] == '0' && text.length > 1) return false;
    int64_t number = 0;
    for (size_t i = 0; i < text.length; i++) {
        char byte = text.bytes[i];
        if (byte < '0' || byte > '9') return false;
        if (__builtin_mul_overflow(number, 10, &number)) return false;
        if (__builtin_add_overflow(number, byte - '0', &number)) return false;
    }
    if (number > maximum) return false;
    *out = number;
    return true;
}

bool str_copy_to(str text, char *buffer, size_t buffer_bytes)
{
    INSIST(buffer_bytes > 0);
    bool fits = text.length < buffer_bytes;
    size_t length = fits ? text.length : 0;
    if (length > 0) memcpy(buffer, text.bytes, length);
    buffer[length] = '\0';
    return fits;
}

bool str_equal_secret(str a, str b)
{
    return a.length == b.length && (a.length == 0 || CRYPTO_memcmp(a.bytes, b.bytes, a.length) == 0);
}

/* ---- UTF-8 ---- */

static size_t length_from_first_byte(unsigned char byte)
{
    if (byte < 0x80) return 1;
    if (byte < 0xc2) return 0; /* a byte from the middle, or an overlong form */
    if (byte < 0xe0) return 2;
    if (byte < 0xf0) return 3;
    return byte < 0xf5 ? 4 : 0;
}

size_t str_character_bytes(str text)
{
    const unsigned char *at = (const unsigned char *)text.bytes;
    size_t length = length_from_first_byte(at[0]);
    if (length > text.length) return 0;
    for (size_t i = 1; i < length; i++) {
        if ((at[i] & 0xc0) != 0x80) return 0;
    }
    bool is_overlong = (at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xf0 && at[1] < 0x90);
    bool is_no_character = (at[0] == 0xed && at[1] >= 0xa0) || (at[0] == 0xf4 && at[1] >= 0x90);
    return is_overlong || is_no_character ? 0 : length;
}
