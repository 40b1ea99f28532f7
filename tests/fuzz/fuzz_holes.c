/* SPDX-License-Identifier: Apache-2.0 */
/* Holes: a stranger's text, once escaped, has none, whatever it is; and a card is filled in where a hole is and nowhere
 * else, as replacing one by one on paper would do it. */
#include <stdio.h>
#include <string.h>

#include "fuzz/fuzzing.h"
#include "processor/holes.h"

enum { PIECES_MAX = 12, PIECE_BYTES_MAX = 40 };

static struct arena arena;

static const char digits[] = "4242424242424242424";

static struct card take_card(struct input *input)
{
    struct card card = { .expiry_month = 1 + (int)input_below(input, 12), .expiry_year = 2000 + (int)input_below(input, 100) };
    (void)snprintf(card.number.digits, sizeof card.number.digits, "%.*s", 13 + (int)input_below(input, 7), digits);
    (void)snprintf(card.cvv, sizeof card.cvv, "%.*s", (int)input_below(input, 5), digits);
    return card;
}

static void expect_filled(struct text *expected, enum hole hole, bool is_quoted, const struct card *card)
{
    const char *quote = is_quoted ? "\"" : "";
    if (hole == HOLE_CARD_NUMBER) text_put_format(expected, "%s%s%s", quote, card->number.digits, quote);
    if (hole == HOLE_CARD_CVV) text_put_format(expected, "%s%s%s", quote, card->cvv, quote);
    if (hole == HOLE_EXPIRY_MONTH) text_put_format(expected, "%s%d%s", quote, card->expiry_month, quote);
    if (hole == HOLE_EXPIRY_YEAR) text_put_format(expected, "%s%d%s", quote, card->expiry_year, quote);
}

static void put_stranger(struct text *frozen, struct text *expected, str piece)
{
    struct text escaped = text_open(&arena, piece.length);
    text_put_json(&escaped, piece);
    INSIST(!holes_are_in(text_str(&escaped)));
    text_put(frozen, text_str(&escaped));
    text_put(expected, text_str(&escaped));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = input_of(data, size);
    struct card card = take_card(&input);
    size_t padded = 4u * input_byte(&input), holes = 0;
    struct text frozen = text_open(&arena, 128), expected = text_open(&arena, 128);
    for (int i = 0; i < PIECES_MAX && input.left > 0; i++) {
        enum hole hole = (enum hole)input_below(&input, HOLE_COUNT + 2);
        bool is_quoted = input_flag(&input);
        if (hole >= HOLE_COUNT) {
            put_stranger(&frozen, &expected, input_text(&input, input_below(&input, PIECE_BYTES_MAX)));
            continue;
        }
        holes++;
        hole_put(&frozen, hole, is_quoted ? HOLE_JSON_STRING : HOLE_RAW);
        expect_filled(&expected, hole, is_quoted, &card);
    }
    while (expected.length < padded) text_put_char(&expected, ' ');
    str filled = holes_fill(&arena, text_str(&frozen), holes > 0 ? &card : NULL, padded);
    INSIST(holes_are_in(text_str(&frozen)) == (holes > 0) && !holes_are_in(filled));
    INSIST(str_equal(filled, text_str(&expected)));
    arena_reset(&arena);
    return 0;
}
