/* SPDX-License-Identifier: Apache-2.0 */
/* psp_cards: check digits, brands by their first digits, fingerprints. */
#include "sim/psp_cards.h"

#include <string.h>

#include "base/hash.h"
#include "base/moment.h"

enum { DIGITS_MIN = 13, DIGITS_MAX = 19, LAST = 4, FIRST = 6 };

/* Numbers from `least` to `most` in their first digits; the first row that fits counts. */
struct brand_range {
    int digits;
    int64_t least, most;
    const char *brand;
};

static const struct brand_range brands[] = {
    { 4, 5060, 5061, "verve" },    { 6, 507850, 507964, "verve" },   { 6, 650002, 650027, "verve" },
    { 2, 34, 34, "amex" },             { 2, 37, 37, "amex" },            { 4, 2221, 2720, "mastercard" },
    { 2, 51, 55, "mastercard" },       { 2, 30, 30, "diners" },          { 2, 36, 36, "diners" },
    { 2, 38, 39, "diners" },           { 2, 35, 35, "jcb" },             { 2, 62, 62, "unionpay" },
    { 4, 6011, 6011, "discover" },     { 2, 64, 65, "discover" },        { 1, 4, 4, "visa" },
};

static int64_t first_digits(str number, int digits)
{
    int64_t value = 0;
    for (int i = 0; i < digits; i++) value = value * 10 + (number.bytes[i] - '0');
    return value;
}

static const char *brand_of(str number)
{
    for (size_t i = 0; i < COUNT_OF(brands); i++) {
        int64_t start = first_digits(number, brands[i].digits);
        if (start >= brands[i].least && start <= brands[i].most) return brands[i].brand;
    }
    return "unknown";
}

static bool is_card_number(str number)
{
    int sum = 0;
    if (number.length < DIGITS_MIN || number.length > DIGITS_MAX) return false;
    for (size_t i = 0; i < number.length; i++) {
        char byte = number.bytes[number.length - 1 - i];
        if (byte < '0' || byte > '9') return false;
        int digit = (byte - '0') * (i % 2 == 1 ? 2 : 1);
        sum += digit / 10 + digit % 10;
    }
    return sum % 10 == 0;
}

static const struct psp_test_card *find_number(const struct psp_test_card *table, str number)
{
    for (; table && table->number; table++) {
        if (str_equal(str_of(table->number), number)) return table;
    }
    return NULL;
}

const struct psp_test_card *psp_test_card_named(const struct psp_test_card *table, str name)
{
    for (; table && table->number; table++) {
        if (table->name && str_equal(str_of(table->name), name)) return table;
    }
    return NULL;
}

bool psp_card_read(str number, const struct psp_test_card *table, struct psp_card *out)
{
    char hex[HASH_HEX_BYTES + 1];
    *out = (struct psp_card){ .test = find_number(table, number) };
    if (!is_card_number(number)) return false;
    const str pieces[] = { STR("florin sim card "), number };
    struct hash hash = hash_of(pieces, COUNT_OF(pieces));
    memcpy(out->fingerprint, hash_hex(&hash, hex).bytes, PSP_FINGERPRINT_CHARS);
    memcpy(out->first6, number.bytes, FIRST);
    memcpy(out->last4, number.bytes + number.length - LAST, LAST);
    out->brand = brand_of(number);
    return true;
}

bool psp_card_is_expired(const struct psp_card *card, micros now)
{
    struct calendar_day today = moment_day(now);
    int64_t year = card->expiry_year < 100 ? card->expiry_year + 2000 : card->expiry_year;
    return year < today.year || (year == today.year && card->expiry_month < today.month);
}
