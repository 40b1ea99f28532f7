/* SPDX-License-Identifier: Apache-2.0 */
/* psp_cards: cards at a simulator. Any number with a right check digit is taken; public test numbers have results of their own, by
 * each simulator's table. A number is never kept: what stays is the card's fingerprint, the same at all simulators. */
#ifndef FLORIN_SIM_PSP_CARDS_H
#define FLORIN_SIM_PSP_CARDS_H

#include "base/str.h"

enum { PSP_FINGERPRINT_CHARS = 16 };

/* A test card: what it brings about is the simulator's own number, a word that goes with it, and a name without digits. */
struct psp_test_card {
    const char *number; /* NULL ends a table */
    int result;
    const char *word;
    const char *name; /* "pm_card_visa"; NULL: none */
};

/* A card as it is remembered. All zero is none. */
struct psp_card {
    char fingerprint[PSP_FINGERPRINT_CHARS + 1]; /* the start of SHA-256 over "florin sim card " and the number */
    char first6[6 + 1];
    char last4[4 + 1];
    const char *brand; /* "visa", "mastercard", "amex", "discover", "diners", "jcb", "unionpay", "verve", "unknown" */
    int64_t expiry_month, expiry_year;
    const struct psp_test_card *test; /* NULL: an ordinary card */
};

/* False: no card number (13 to 19 digits, the last of them right). The expiry is left 0. */
bool psp_card_read(str number, const struct psp_test_card *table, struct psp_card *out) MUST_CHECK;

/* The test card of that name; NULL when there is none. */
const struct psp_test_card *psp_test_card_named(const struct psp_test_card *table, str name);

/* Has it expired by the end of that month? Years may have two digits. */
bool psp_card_is_expired(const struct psp_card *card, micros now);

#endif
