/* SPDX-License-Identifier: Apache-2.0 */
/* reading_card: a card out of a body, into memory of its own. */
#ifndef FLORIN_API_READING_CARD_H
#define FLORIN_API_READING_CARD_H

#include "api/reading.h"
#include "domain/card.h"

/* The object `card`, member by member. The caller wipes the card, whatever was found. */
enum problem_code reading_card(struct reading *reading, const struct json *value, struct card *card);
/* A CVV by itself. */
enum problem_code reading_cvv(const struct json *value, struct card *card);

#endif
