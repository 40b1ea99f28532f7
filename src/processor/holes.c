/* SPDX-License-Identifier: Apache-2.0 */
/* holes: marks of three bytes: 0x01, which hole, which encoding. */
#include "processor/holes.h"

#include <string.h>

enum { MARK = 0x01, MARK_BYTES = 3, CARD_BYTES_MAX = 64 };

void hole_put(struct text *text, enum hole hole, enum hole_encoding encoding)
{
    text_put_char(text, MARK);
    text_put_char(text, (char)('a' + (int)hole));
    text_put_char(text, (char)('A' + (int)encoding));
}

bool holes_are_in(str bytes) { return bytes.length > 0 && memchr(bytes.bytes, MARK, bytes.length) != NULL; }

static void put_filling(struct text *text, enum hole hole, const struct card *card)
{
    switch (hole) {
    case HOLE_CARD_NUMBER: text_put(text, str_of(card->number.digits)); break;
    case HOLE_CARD_CVV: text_put(text, str_of(card->cvv)); break;
    case HOLE_EXPIRY_MONTH: text_put_int(text, card->expiry_month); break;
    case HOLE_EXPIRY_YEAR: text_put_int(text, card->expiry_year); break;
    case HOLE_COUNT: INSIST(!"a hole that exists"); break;
    }
}

static void put_two_digits(struct text *text, enum hole hole, const struct card *card)
{
    INSIST(hole == HOLE_EXPIRY_MONTH || hole == HOLE_EXPIRY_YEAR);
    int number = hole == HOLE_EXPIRY_MONTH ? card->expiry_month : card->expiry_year % 100;
    text_put_format(text, "\"%02d\"", number);
}

static void put_year_month(struct text *text, enum hole hole, const struct card *card)
{
    INSIST(hole == HOLE_EXPIRY_YEAR);
    text_put_format(text, "\"%04d-%02d\"", card->expiry_year, card->expiry_month);
}

static void fill_one(struct text *text, const char *mark, const struct card *card)
{
    if (mark[2] == 'A' + HOLE_JSON_TWO_DIGITS) {
        put_two_digits(text, (enum hole)(mark[1] - 'a'), card);
        return;
    }
    if (mark[2] == 'A' + HOLE_JSON_YEAR_MONTH) {
        put_year_month(text, (enum hole)(mark[1] - 'a'), card);
        return;
    }
    bool quoted = mark[2] == 'A' + HOLE_JSON_STRING;
    if (quoted) text_put_char(text, '"');
    put_filling(text, (enum hole)(mark[1] - 'a'), card);
    if (quoted) text_put_char(text, '"');
}

static void pad(struct text *text, size_t padded)
{
    static const char spaces[] = "                                                                ";
    while (text->length < padded) {
        size_t missing = padded - text->length;
        text_put(text, (str){ spaces, missing < sizeof spaces - 1 ? missing : sizeof spaces - 1 });
    }
}

str holes_fill(struct arena *arena, str bytes, const struct card *card, size_t padded)
{
    size_t room = bytes.length + CARD_BYTES_MAX;
    struct text text = text_open(arena, room > padded ? room : padded + 1);
    while (holes_are_in(bytes)) {
        const char *mark = memchr(bytes.bytes, MARK, bytes.length);
        size_t before = (size_t)(mark - bytes.bytes);
        INSIST(card && before + MARK_BYTES <= bytes.length);
        text_put(&text, (str){ bytes.bytes, before });
        fill_one(&text, mark, card);
        bytes = str_from(bytes, before + MARK_BYTES);
    }
    text_put(&text, bytes);
    pad(&text, padded);
    return text_str(&text);
}
