/* SPDX-License-Identifier: Apache-2.0 */
/* str: text that somebody else owns, a pointer and a length. Never written through, never freed, not terminated. */
#ifndef FLORIN_BASE_STR_H
#define FLORIN_BASE_STR_H

#include "base/base.h"

typedef struct str {
    const char *bytes;
    size_t length;
} str;

#define STR(literal) ((str){ ("" literal), sizeof(literal) - 1 })
#define STR_NONE ((str){ NULL, 0 })

/* As STR, where C wants a constant: static const str greeting = STR_CONSTANT("hello"); */
#define STR_CONSTANT(literal)             \
    {                                     \
        ("" literal), sizeof(literal) - 1 \
    }

/* printf("%.*s", STR_FORMAT(text)) */
#define STR_FORMAT(text) (int)(text).length, str_printable(text)
static inline const char *str_printable(str text) { return text.bytes ? text.bytes : ""; }

/* The text of a terminated string; NULL is empty text. Points into it. */
str str_of(const char *terminated);

bool str_equal(str a, str b);
bool str_equal_ignoring_case(str a, str b); /* ASCII letters only, as HTTP header names are compared */
bool str_is_empty(str text);
bool str_is_name(str text); /* of ASCII letters, digits, '-' and '_', and not empty: plain in an address */
bool str_starts_with(str text, str prefix);
bool str_contains(str text, str part);

/* < 0, 0, > 0 by bytes. */
int str_compare(str a, str b);

/* The bytes from `from` on; empty when the text is shorter. */
str str_from(str text, size_t from);

/* The part before the first `separator` (the whole text when there is none); *rest is what follows it. */
str str_cut(str text, char separator, str *rest);

/* Without spaces and tabs at both ends. */
str str_trim(str text);

/* A whole decimal number without sign, spaces or leading zeros ("0" is fine), at most `maximum`. */
bool str_to_int64(str text, int64_t maximum, int64_t *out) MUST_CHECK;

/* Copies into a fixed buffer and terminates it. False (and an empty buffer) when it does not fit. */
bool str_copy_to(str text, char *buffer, size_t buffer_bytes) MUST_CHECK;

/* How many bytes at the start of a text that is not empty are one character of well-formed UTF-8 (RFC 3629); 0 when they are not. */
size_t str_character_bytes(str text);

/* Equal in a time that depends on the lengths only: for secrets and signatures. */
bool str_equal_secret(str a, str b);

#endif
