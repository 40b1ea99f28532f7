/* SPDX-License-Identifier: Apache-2.0 */
/* The chain of hashes over a payment's history: a true history checks, and no single change of it does: a field, a
 * missing row, two rows swapped, a row of another payment. An input is rows of `type|data` lines behind what to damage. */
#include "fuzz/fuzzing.h"
#include "store/store.h"

enum { ROWS_MAX = 4, DAMAGES = 9 };

struct row {
    str merchant, payment;
    int64_t sequence;
    str type;
    micros at;
    str data;
    char hash[HASH_HEX_BYTES + 1];
};

static const str before_first = STR_CONSTANT("0000000000000000000000000000000000000000000000000000000000000000");

static struct hash hash_of_row(str previous, const struct row *row)
{
    return event_hash(previous, row->merchant, row->payment, row->sequence, row->type, row->at, row->data);
}

static size_t take_history(struct input *input, struct row *rows)
{
    size_t count = 0;
    str previous = before_first;
    for (; count < ROWS_MAX && (count == 0 || input->left > 0); count++) {
        struct row *row = &rows[count];
        *row = (struct row){ STR("m_1"), STR("pay_1"), (int64_t)count + 1, STR_NONE, (int64_t)count * 1000 + input_byte(input), STR_NONE, "" };
        row->type = input_line(input, '|');
        row->data = input_line(input, '\n');
        struct hash hash = hash_of_row(previous, row);
        previous = hash_hex(&hash, row->hash);
    }
    return count;
}

/* Which of the rows is the first that does not fit; `count` when all do and the head is the last one's. */
static size_t first_bad(const struct row *rows, size_t count, str head)
{
    char hex[HASH_HEX_BYTES + 1];
    str previous = before_first;
    for (size_t i = 0; i < count; i++) {
        struct hash hash = hash_of_row(previous, &rows[i]);
        if (rows[i].sequence != (int64_t)i + 1 || !str_equal(hash_hex(&hash, hex), str_of(rows[i].hash))) return i;
        previous = str_of(rows[i].hash);
    }
    return str_equal(previous, head) ? count : count - 1;
}

static str changed(struct arena *arena, str text, unsigned at)
{
    if (text.length == 0) return STR("x");
    str copy = arena_copy(arena, text);
    ((char *)(uintptr_t)copy.bytes)[at % copy.length] ^= 1;
    return copy;
}

/* Gives how many rows there are now. */
static size_t damage(struct arena *arena, struct row *rows, size_t count, unsigned how, unsigned where)
{
    struct row *row = &rows[where % count], kept = *row;
    switch (how % DAMAGES) {
    case 0: row->type = changed(arena, row->type, where); break;
    case 1: row->data = changed(arena, row->data, where); break;
    case 2: row->at++; break;
    case 3: row->sequence++; break;
    case 4: row->merchant = STR("m_2"); break;
    case 5: row->payment = STR("pay_2"); break;
    case 6: row->hash[where % HASH_HEX_BYTES] ^= 1; break;
    case 7: return count - 1; /* the newest is gone */
    default:
        *row = rows[(where + 1) % count];
        rows[(where + 1) % count] = kept;
        return count > 1 ? count : 0;
    }
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct arena arena;
    struct row rows[ROWS_MAX];
    char head[HASH_HEX_BYTES + 1];
    struct input input = input_of(data, size);
    unsigned how = input_byte(&input), where = input_byte(&input);
    size_t count = take_history(&input, rows), left;
    INSIST(str_copy_to(str_of(rows[count - 1].hash), head, sizeof head));
    INSIST(first_bad(rows, count, str_of(head)) == count);
    left = damage(&arena, rows, count, how, where);
    if (left > 0) INSIST(first_bad(rows, left, str_of(head)) < left);
    arena_reset(&arena);
    return 0;
}
