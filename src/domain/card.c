/* SPDX-License-Identifier: Apache-2.0 */
/* card: checks of form; nothing here keeps, prints or sends a card. */
#include "domain/card.h"

#include <string.h>

#include "base/moment.h"

static bool is_digit(char byte) { return byte >= '0' && byte <= '9'; }

static bool has_right_check_digit(const char *digits, size_t count)
{
    int sum = 0;
    for (size_t i = 0; i < count; i++) {
        int digit = digits[count - 1 - i] - '0';
        if (i % 2 == 1) digit *= 2;
        sum += digit > 9 ? digit - 9 : digit;
    }
    return sum % 10 == 0;
}

static bool is_all_digits(str text)
{
    for (size_t i = 0; i < text.length; i++) {
        if (!is_digit(text.bytes[i])) return false;
    }
    return true;
}

bool card_number_read(str text, struct card_number *out)
{
    memset(out, 0, sizeof *out);
    if (text.length < CARD_NUMBER_DIGITS_MIN || text.length > CARD_NUMBER_DIGITS_MAX) return false;
    if (!is_all_digits(text) || !has_right_check_digit(text.bytes, text.length)) return false;
    memcpy(out->digits, text.bytes, text.length);
    return true;
}

bool card_cvv_is(str text) { return (text.length == 3 || text.length == 4) && is_all_digits(text); }

bool card_expiry_is(int64_t month, int64_t year) { return month >= 1 && month <= 12 && year >= 2000 && year <= 2099; }

bool card_is_expired(int month, int year, micros now)
{
    struct calendar_day today = moment_day(now);
    return today.year > year || (today.year == year && today.month > month);
}

struct brand_row {
    const char *brand;
    int prefix_low, prefix_high; /* of the first prefix_digits digits */
    int prefix_digits;
    int length_min, length_max;
};

/* Issuer ranges as the brands publish them; the first row that fits wins. */
/* clang-format off */
static const struct brand_row brands[] = {
    { "visa",       4,    4,    1, 13, 19 },
    { "mastercard", 51,   55,   2, 16, 16 },
    { "mastercard", 2221, 2720, 4, 16, 16 },
    { "amex",       34,   34,   2, 15, 15 },
    { "amex",       37,   37,   2, 15, 15 },
    { "discover",   6011, 6011, 4, 16, 19 },
    { "discover",   644,  649,  3, 16, 19 },
    { "discover",   65,   65,   2, 16, 19 },
    { "diners",     300,  305,  3, 14, 19 },
    { "diners",     36,   36,   2, 14, 19 },
    { "diners",     38,   39,   2, 14, 19 },
    { "jcb",        3528, 3589, 4, 16, 19 },
    { "unionpay",   62,   62,   2, 16, 19 },
    { "maestro",    5018, 5018, 4, 13, 19 },
    { "maestro",    5020, 5020, 4, 13, 19 },
    { "maestro",    5038, 5038, 4, 13, 19 },
    { "maestro",    6304, 6304, 4, 13, 19 },
    { "verve",      5060, 5061, 4, 16, 19 },
};
/* clang-format on */

static int leading_number(const char *digits, int count)
{
    int number = 0;
    for (int i = 0; i < count; i++) number = number * 10 + (digits[i] - '0');
    return number;
}

static const char *brand_of(const char *digits, size_t count)
{
    for (size_t i = 0; i < COUNT_OF(brands); i++) {
        const struct brand_row *row = &brands[i];
        int prefix = leading_number(digits, row->prefix_digits);
        if (prefix < row->prefix_low || prefix > row->prefix_high) continue;
        if ((int)count < row->length_min || (int)count > row->length_max) continue;
        return row->brand;
    }
    return NULL;
}

struct card_face card_face_of(const struct card_number *number)
{
    size_t count = strlen(number->digits);
    const char *brand = brand_of(number->digits, count);
    struct card_face face = { .brand = brand ? brand : "unknown" };
    INSIST(count >= CARD_NUMBER_DIGITS_MIN);
    memcpy(face.last4, number->digits + count - 4, 4);
    return face;
}

bool card_brand_is(str word)
{
    for (size_t i = 0; i < COUNT_OF(brands); i++) {
        if (str_equal(word, str_of(brands[i].brand))) return true;
    }
    return str_equal(word, STR("unknown"));
}

int64_t card_bin(const struct card_number *number) { return leading_number(number->digits, CARD_BIN_DIGITS); }

static bool is_card(const char *digits, size_t count)
{
    return count >= 14 && brand_of(digits, count) && has_right_check_digit(digits, count);
}

/* Groups of digits with single spaces or dashes between them, from the group that begins at `at`: does the number
 * that ends with one of the groups make a card? Only whole groups count, so a long serial number is not cut into one. */
static bool card_begins_at(str text, size_t at)
{
    char digits[CARD_NUMBER_DIGITS_MAX] = { 0 };
    size_t count = 0;
    for (; at < text.length; at++) {
        if (!is_digit(text.bytes[at])) {
            if (is_card(digits, count)) return true;
            bool joins = (text.bytes[at] == ' ' || text.bytes[at] == '-') && is_digit(text.bytes[at - 1]);
            if (!joins) return false;
        } else {
            if (count == sizeof digits) return false;
            digits[count++] = text.bytes[at];
        }
    }
    return is_card(digits, count);
}

/* ---- names in hexadecimal: among so many random digits one in some thousands would pass for a card ---- */

enum { SHAPE_GROUPS_MAX = 5 };

/* Groups of hexadecimal digits with dashes between them: a UUID, and hashes and random names of 16, 20 and 32 bytes. */
static const size_t hex_shapes[][SHAPE_GROUPS_MAX] = { { 8, 4, 4, 4, 12 }, { 32 }, { 40 }, { 64 } };

static bool is_letter(char byte) { return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z'); }
static bool is_hex_letter(char byte) { return (byte >= 'a' && byte <= 'f') || (byte >= 'A' && byte <= 'F'); }

static bool is_word_at(str text, size_t at) { return at < text.length && (is_digit(text.bytes[at]) || is_letter(text.bytes[at])); }

/* The length of that shape when it stands at `at` as a word of its own, with a letter in it; else 0. */
static size_t shape_length(str text, size_t at, const size_t shape[SHAPE_GROUPS_MAX])
{
    size_t end = at;
    bool has_letter = false;
    for (size_t group = 0; group < SHAPE_GROUPS_MAX && shape[group] > 0; group++) {
        if (group > 0 && (end >= text.length || text.bytes[end++] != '-')) return 0;
        for (size_t i = 0; i < shape[group]; i++, end++) {
            if (end >= text.length || !(is_digit(text.bytes[end]) || is_hex_letter(text.bytes[end]))) return 0;
            has_letter |= is_hex_letter(text.bytes[end]);
        }
    }
    return has_letter && !is_word_at(text, end) ? end - at : 0;
}

static size_t hex_name_length(str text, size_t at)
{
    size_t length = 0;
    if (at > 0 && is_word_at(text, at - 1)) return 0;
    for (size_t i = 0; i < COUNT_OF(hex_shapes) && length == 0; i++) length = shape_length(text, at, hex_shapes[i]);
    return length;
}

bool card_is_in(str text)
{
    size_t at = 0;
    while (at < text.length) {
        bool begins_group = is_digit(text.bytes[at]) && (at == 0 || !is_digit(text.bytes[at - 1]));
        size_t hex_name = hex_name_length(text, at);
        if (hex_name == 0 && begins_group && card_begins_at(text, at)) return true;
        at += hex_name > 0 ? hex_name : 1;
    }
    return false;
}
