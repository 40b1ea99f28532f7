/* SPDX-License-Identifier: Apache-2.0 */
/* card_looking: groups of digits, every row of them that could be a number, and what brands look like, as texts. */
#include "fuzz/card_looking.h"

#include <string.h>

enum { DIGITS_MAX = 19 };

bool looking_check_digit_is_right(str digits)
{
    static const int doubled[] = { 0, 2, 4, 6, 8, 1, 3, 5, 7, 9 };
    int sum = 0;
    bool is_second = false;
    for (const char *at = digits.bytes + digits.length; at > digits.bytes; is_second = !is_second) {
        int digit = *--at - '0';
        sum += is_second ? doubled[digit] : digit;
    }
    return sum % 10 == 0;
}

bool looking_has_brand(str digits)
{
    static const struct {
        const char *first, *last; /* between these prefixes, as texts */
        size_t least, most;
    } brands[] = {
        { "4", "4", 13, 19 },       { "51", "55", 16, 16 },     { "2221", "2720", 16, 16 }, { "34", "34", 15, 15 },
        { "37", "37", 15, 15 },     { "6011", "6011", 16, 19 }, { "644", "649", 16, 19 },   { "65", "65", 16, 19 },
        { "300", "305", 14, 19 },   { "36", "36", 14, 19 },     { "38", "39", 14, 19 },     { "3528", "3589", 16, 19 },
        { "62", "62", 16, 19 },     { "5018", "5018", 13, 19 }, { "5020", "5020", 13, 19 }, { "5038", "5038", 13, 19 },
        { "6304", "6304", 13, 19 }, { "5060", "5061", 16, 19 },
    };
    for (size_t i = 0; i < COUNT_OF(brands); i++) {
        size_t prefix = strlen(brands[i].first);
        bool fits = digits.length >= brands[i].least && digits.length <= brands[i].most;
        bool is_after = fits && memcmp(digits.bytes, brands[i].first, prefix) >= 0;
        if (is_after && memcmp(digits.bytes, brands[i].last, prefix) <= 0) return true;
    }
    return false;
}

static bool is_digit(str text, size_t at) { return at < text.length && text.bytes[at] >= '0' && text.bytes[at] <= '9'; }

static size_t group_end(str text, size_t at)
{
    while (is_digit(text, at)) at++;
    return at;
}

/* Where the next group begins that belongs to the same number; 0 when none does. */
static size_t next_group(str text, size_t end)
{
    bool joins = end < text.length && (text.bytes[end] == ' ' || text.bytes[end] == '-');
    return joins && is_digit(text, end + 1) ? end + 1 : 0;
}

/* All numbers that begin with the group at `begin`, a group longer each time. */
static bool look_from(str text, size_t begin, size_t least, looking_found *found, void *context)
{
    char digits[DIGITS_MAX];
    size_t count = 0, at = begin;
    do {
        size_t end = group_end(text, at);
        if (count + (end - at) > DIGITS_MAX) return false;
        memcpy(digits + count, text.bytes + at, end - at);
        count += end - at;
        str number = { digits, count };
        if (count >= least && looking_check_digit_is_right(number) && found(context, number, begin, end)) return true;
        at = next_group(text, end);
    } while (at > 0);
    return false;
}

bool looking_for_numbers(str text, size_t least, looking_found *found, void *context)
{
    for (size_t begin = 0; begin < text.length; begin++) {
        bool begins = is_digit(text, begin) && (begin == 0 || !is_digit(text, begin - 1));
        if (begins && look_from(text, begin, least, found, context)) return true;
    }
    return false;
}
