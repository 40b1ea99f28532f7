/* SPDX-License-Identifier: Apache-2.0 */
/* id: fixed-size ids in time order: a prefix, 48 bits of milliseconds and 128 random bits in Crockford's base 32. */
#ifndef FLORIN_BASE_ID_H
#define FLORIN_BASE_ID_H

#include "base/str.h"

enum { ID_RANDOM_BYTES = 16, ID_BODY_CHARS = 36, ID_TEXT_BYTES = 48 };

/* Writes prefix + 36 characters (lower case, sorts by time to the millisecond) and a zero. */
str id_format(char buffer[ID_TEXT_BYTES], str prefix, micros now, const uint8_t random[ID_RANDOM_BYTES]);

/* The shape is right: that prefix and 36 characters of the alphabet. */
bool id_is(str text, str prefix);

#endif
