/* SPDX-License-Identifier: Apache-2.0 */
/* bank_cards: the cards that the simulated bank has issued: four of its own and as many more as a load test wants. */
#ifndef FLORIN_SIM_BANK_CARDS_H
#define FLORIN_SIM_BANK_CARDS_H

#include "base/str.h"

enum {
    BANK_CARDS_MAX = 1000 * 1000, /* further cards; a load test wants thousands */
    BANK_CARD_DIGITS = 16,
};

struct bank_card {
    const char *number;
    const char *cvv;
    int month, year; /* of expiry, on file */
    int64_t cents;   /* balance and available at the start */
};

/* The four cards that the bank starts with. */
extern const struct bank_card bank_cards[4];

/* Further card number `index`: 400000, the index in nine digits, the check digit. CVV 123, 12/2049, rich. */
struct bank_card bank_further_card(uint32_t index, char number[BANK_CARD_DIGITS + 1]);

/* Digits are picked out of the text; there are 13 to 19 and the last is right (Luhn). */
bool bank_card_number_is(str text);

/* 3 or 4 digits. */
bool bank_cvv_is(str text);

#endif
