/* SPDX-License-Identifier: Apache-2.0 */
/* card: what a card number, a CVV and an expiry may look like, and how to notice a card number where none belongs. */
#ifndef FLORIN_DOMAIN_CARD_H
#define FLORIN_DOMAIN_CARD_H

#include "base/str.h"

enum { CARD_NUMBER_DIGITS_MIN = 13, CARD_NUMBER_DIGITS_MAX = 19, CARD_CVV_DIGITS_MAX = 4 };

/* A primary account number. Only card_last4 may be shown (PCI DSS 3.4.1). */
struct card_number {
    char digits[CARD_NUMBER_DIGITS_MAX + 1];
};

/* Everything that a processor needs of a card. Lives in secret memory and is wiped. */
struct card {
    struct card_number number;
    char cvv[CARD_CVV_DIGITS_MAX + 1]; /* empty: none was given */
    int expiry_month;                  /* 1 to 12 */
    int expiry_year;                   /* four digits */
};

/* What may be shown and kept of a card. */
struct card_face {
    const char *brand; /* "visa", "mastercard", "amex", "discover", "diners", "jcb", "unionpay", "maestro", "verve", "unknown" */
    char last4[5];
};

/* Exactly 13 to 19 ASCII digits with a right check digit (ISO/IEC 7812-1, Luhn). */
bool card_number_read(str text, struct card_number *out) MUST_CHECK;

/* 3 or 4 ASCII digits. */
bool card_cvv_is(str text);

/* A month from 1 to 12 and a year from 2000 to 2099. */
bool card_expiry_is(int64_t month, int64_t year);

/* The card is good through the last moment of its month, UTC. */
bool card_is_expired(int month, int year, micros now);

struct card_face card_face_of(const struct card_number *number);

/* Is that one of the words of card_face's brand? */
bool card_brand_is(str word);

/* The first CARD_BIN_DIGITS digits as a number: who has issued it. For deciding, never to be kept: with the last four they are most of a
 * short number. */
enum { CARD_BIN_DIGITS = 8 };
int64_t card_bin(const struct card_number *number);

/* The text holds a run of 14 to 19 digits (single spaces or dashes between them allowed) with a known brand's
 * prefix and length and a right check digit: somebody put a card where none belongs. UUIDs and long hexadecimal names
 * that stand alone are passed over: their digits are chance. */
bool card_is_in(str text);

#endif
