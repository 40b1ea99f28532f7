/* SPDX-License-Identifier: Apache-2.0 */
/* id: 10 characters of time, 26 of chance, five bits a character, the highest first. Reads no clock and draws no chance.
 *
 *     pay_ 01jq3v8x2m 7d0k...          48 bits of milliseconds in 50, 128 random bits in 130
 */
#include "base/id.h"

#include <string.h>

enum { TIME_CHARS = 10,
       RANDOM_CHARS = ID_BODY_CHARS - TIME_CHARS };

static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz"; /* Crockford: no i, l, o, u */

static void put_time(char *at, uint64_t milliseconds)
{
    for (int i = TIME_CHARS - 1; i >= 0; i--, milliseconds >>= 5) at[i] = alphabet[milliseconds & 31];
}

static void put_random(char *at, const uint8_t random[ID_RANDOM_BYTES])
{
    uint32_t bits = 0;
    int waiting = RANDOM_CHARS * 5 - ID_RANDOM_BYTES * 8; /* two zero bits come first */
    for (int i = 0; i < ID_RANDOM_BYTES; i++) {
        bits = bits << 8 | random[i];
        for (waiting += 8; waiting >= 5; waiting -= 5) *at++ = alphabet[bits >> (waiting - 5) & 31];
    }
}

str id_format(char buffer[ID_TEXT_BYTES], str prefix, micros now, const uint8_t random[ID_RANDOM_BYTES])
{
    INSIST(prefix.length + ID_BODY_CHARS < ID_TEXT_BYTES);
    INSIST(now >= 0);
    if (prefix.length > 0) memcpy(buffer, prefix.bytes, prefix.length);
    char *body = buffer + prefix.length;
    put_time(body, (uint64_t)(now / MICROS_PER_MS) & 0xffffffffffff);
    put_random(body + TIME_CHARS, random);
    body[ID_BODY_CHARS] = '\0';
    return (str){ buffer, prefix.length + ID_BODY_CHARS };
}

bool id_is(str text, str prefix)
{
    if (text.length != prefix.length + ID_BODY_CHARS || !str_starts_with(text, prefix)) return false;
    for (size_t i = prefix.length; i < text.length; i++) {
        if (memchr(alphabet, text.bytes[i], sizeof alphabet - 1) == NULL) return false;
    }
    return true;
}
