/* SPDX-License-Identifier: Apache-2.0 */
/* Cursors: one that we wrote is read, for its own list only. Any other text is taken only if it is, letter for letter, what
 * we would have written, which nobody can make without our secret. */
#include <string.h>

#include "api/cursor.h"
#include "fuzz/fuzzing.h"

static struct arena arena;
static const struct hash secret = { { 3, 1, 4, 1, 5 } };
static const struct hash other_secret = { { 2, 7, 1, 8, 2 } };

static struct payment_filter take_filter(struct input *input)
{
    return (struct payment_filter){ .order_id = input_line(input, '\n'), .customer_id = input_line(input, '\n'),
                                    .state = input_line(input, '\n') };
}

static bool is_same_list(const struct payment_filter *a, const struct payment_filter *b)
{
    return str_equal(a->order_id, b->order_id) && str_equal(a->customer_id, b->customer_id) && str_equal(a->state, b->state);
}

static bool is_read(const struct hash *with, const struct payment_filter *filter, str cursor)
{
    str last_id;
    bool taken = cursor_read(&arena, with, filter, cursor, &last_id);
    if (taken) INSIST(id_is(last_id, STR("pay_")) && str_equal(cursor_write(&arena, with, filter, last_id), cursor));
    return taken;
}

/* One letter of it is another one. */
static str tampered(struct input *input, str cursor)
{
    str copy = arena_copy(&arena, cursor);
    char *letter = (char *)(uintptr_t)copy.bytes + input_byte(input) % copy.length;
    char instead = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[input_byte(input) % 64];
    *letter = *letter != instead ? instead : instead == 'A' ? 'B' : 'A';
    return copy;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = input_of(data, size);
    uint8_t random[ID_RANDOM_BYTES] = { input_byte(&input), input_byte(&input) };
    char buffer[ID_TEXT_BYTES];
    str tampering = input_text(&input, 2);
    struct payment_filter filter = take_filter(&input), other = take_filter(&input);
    struct input letters = input_of((const uint8_t *)tampering.bytes, tampering.length);
    str id = id_format(buffer, STR("pay_"), INT64_C(1772323200000000), random);
    str cursor = cursor_write(&arena, &secret, &filter, id), last_id = STR_NONE;

    INSIST(cursor_read(&arena, &secret, &filter, cursor, &last_id) && str_equal(last_id, id));
    INSIST(!is_read(&secret, &filter, tampered(&letters, cursor)));
    INSIST(is_read(&secret, &other, cursor) == is_same_list(&filter, &other));
    INSIST(!is_read(&other_secret, &filter, cursor));
    INSIST(!is_read(&secret, &filter, input_rest(&input)));
    arena_reset(&arena);
    return 0;
}
