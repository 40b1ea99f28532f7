/* SPDX-License-Identifier: Apache-2.0 */
/* card_looking: a second way to find card numbers in a text. It shares no code with domain/card.c and base/log.c: numbers
 * are put together group by group, the check digit is looked up, and brands are compared as texts. */
#ifndef FLORIN_TESTS_FUZZ_CARD_LOOKING_H
#define FLORIN_TESTS_FUZZ_CARD_LOOKING_H

#include "base/str.h"

/* Its check digit is right (ISO/IEC 7812-1). The text is digits. */
bool looking_check_digit_is_right(str digits);

/* It has the prefix and length of one of the brands that domain/card.c knows. The text is digits. */
bool looking_has_brand(str digits);

/* What to do with a number: its digits, and where it stands in the text. True ends the search. */
typedef bool looking_found(void *context, str digits, size_t begin, size_t end);

/* Every number of `least` to 19 digits whose check digit is right: whole groups of digits with single spaces or dashes
 * between them. True when `found` said so of one. */
bool looking_for_numbers(str text, size_t least, looking_found *found, void *context);

#endif
