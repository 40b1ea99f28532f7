/* SPDX-License-Identifier: Apache-2.0 */
/* Card numbers: which texts are one, which texts hold one. A text without hexadecimal letters has no names whose digits
 * are passed over: there both looks find the same. */
#include <string.h>

#include "domain/card.h"
#include "fuzz/card_looking.h"
#include "fuzz/fuzzing.h"

static size_t count_digits(str text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.length; i++) count += text.bytes[i] >= '0' && text.bytes[i] <= '9';
    return count;
}

static void check_number(str text)
{
    struct card_number number;
    bool is_all_digits = count_digits(text) == text.length;
    bool should_be = is_all_digits && text.length >= 13 && text.length <= 19 && looking_check_digit_is_right(text);
    INSIST(card_number_read(text, &number) == should_be);
    if (!should_be) {
        INSIST(number.digits[0] == 0);
        return;
    }
    struct card_face face = card_face_of(&number);
    INSIST(str_equal(str_of(number.digits), text) && str_equal(str_of(face.last4), str_from(text, text.length - 4)));
    INSIST((strcmp(face.brand, "unknown") != 0) == looking_has_brand(text));
}

static void check_cvv(str text)
{
    INSIST(card_cvv_is(text) == (count_digits(text) == text.length && (text.length == 3 || text.length == 4)));
}

static bool is_branded(void *context, str digits, size_t begin, size_t end)
{
    (void)context;
    (void)begin;
    (void)end;
    return looking_has_brand(digits);
}

static bool has_hex_letter(str text)
{
    for (size_t i = 0; i < text.length; i++) {
        if (text.bytes[i] && strchr("abcdefABCDEF", text.bytes[i])) return true;
    }
    return false;
}

static void check_text(str text)
{
    bool is_there = looking_for_numbers(text, 14, is_branded, NULL), is_found = card_is_in(text);
    if (is_found) INSIST(is_there);
    if (is_there && !has_hex_letter(text)) INSIST(is_found);
    check_number(text);
    check_cvv(text);
}

/* A number of these digits, its last one right: chance alone hardly finds one of a brand. */
static str make_number(struct input *input, char digits[CARD_NUMBER_DIGITS_MAX])
{
    size_t length = 12 + input_below(input, 8);
    for (size_t i = 0; i < length; i++) digits[i] = (char)('0' + input_below(input, 10));
    for (digits[length - 1] = '0'; !looking_check_digit_is_right((str){ digits, length });) digits[length - 1]++;
    return (str){ digits, length };
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char digits[CARD_NUMBER_DIGITS_MAX];
    struct input input = input_of(data, size);
    check_text((str){ (const char *)data, size });
    check_text(make_number(&input, digits));
    return 0;
}
