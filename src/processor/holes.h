/* SPDX-License-Identifier: Apache-2.0 */
/* holes: where a card goes in frozen bytes. What is stored, logged or replayed has the hole; the card is filled in at the
 * moment of sending, into memory that is wiped afterwards. */
#ifndef FLORIN_PROCESSOR_HOLES_H
#define FLORIN_PROCESSOR_HOLES_H

#include "base/text.h"
#include "domain/card.h"

enum hole {
    HOLE_CARD_NUMBER,
    HOLE_CARD_CVV,
    HOLE_EXPIRY_MONTH, /* a number without a leading zero */
    HOLE_EXPIRY_YEAR,  /* four digits */
    HOLE_COUNT,
};

/* How the filling is written. All four fillings are digits only, so raw and form look alike; JSON adds quotes. */
enum hole_encoding {
    HOLE_RAW,
    HOLE_JSON_STRING,
    HOLE_JSON_TWO_DIGITS, /* of a month or year: "06", "32" */
    HOLE_JSON_YEAR_MONTH, /* of a year: with the month, "2030-06" */
};

/* Marks are made of control bytes, which no escaped text from outside can contain. */
void hole_put(struct text *text, enum hole hole, enum hole_encoding encoding);
bool holes_are_in(str bytes);

/* Fills all holes and then pads with spaces up to `padded` bytes. The result lives in the text's arena. */
str holes_fill(struct arena *arena, str bytes, const struct card *card, size_t padded);

#endif
