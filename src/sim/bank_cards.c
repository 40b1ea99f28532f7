/* SPDX-License-Identifier: Apache-2.0 */
/* bank_cards: public test numbers and made-up ones; no card here was ever anybody's. */
#include "sim/bank_cards.h"

#include <string.h>

enum { DIGITS_MIN = 13, DIGITS_MAX = 19 };

/* clang-format off */
const struct bank_card bank_cards[4] = {
    /* number            cvv    on file     cents                                 */
    { "4111111111111111", "123", 12, 2030, 1000000 }, /* the happy path           */
    { "4242424242424242", "456",  6, 2030,   50000 }, /* a limit                  */
    { "5555555555554444", "789",  9, 2030,       0 }, /* insufficient funds       */
    { "5105105105105100", "321",  3, 2020,  500000 }, /* an expired card          */
};
/* clang-format on */

static bool is_digit(char byte) { return byte >= '0' && byte <= '9'; }

/* The Luhn sum of digits, the last of which counts once. */
static int luhn_sum(const char *digits, size_t count)
{
    int sum = 0;
    for (size_t i = 0; i < count; i++) {
        int digit = digits[count - 1 - i] - '0';
        if (i % 2 == 1) digit *= 2;
        sum += digit / 10 + digit % 10;
    }
    return sum;
}

struct bank_card bank_further_card(uint32_t index, char number[BANK_CARD_DIGITS + 1])
{
    memcpy(number, "4000000000000000", BANK_CARD_DIGITS + 1);
    for (size_t at = BANK_CARD_DIGITS - 2; index > 0; at--, index /= 10) number[at] = (char)('0' + index % 10);
    number[BANK_CARD_DIGITS - 1] = (char)('0' + (10 - luhn_sum(number, BANK_CARD_DIGITS) % 10) % 10);
    return (struct bank_card){ number, "123", 12, 2049, 100LL * 1000 * 1000 * 1000 };
}

bool bank_card_number_is(str text)
{
    char digits[DIGITS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < text.length; i++) {
        if (!is_digit(text.bytes[i])) continue;
        if (count == DIGITS_MAX) return false;
        digits[count++] = text.bytes[i];
    }
    return count >= DIGITS_MIN && luhn_sum(digits, count) % 10 == 0;
}

bool bank_cvv_is(str text)
{
    if (text.length != 3 && text.length != 4) return false;
    for (size_t i = 0; i < text.length; i++) {
        if (!is_digit(text.bytes[i])) return false;
    }
    return true;
}
