/* SPDX-License-Identifier: Apache-2.0 */
/* The verifier of histories: a chain that the store would have written is found unbroken, and after any single change it is
 * not: a field, a missing row, two rows swapped, another head. Whatever the rows say, the verifier tells of it and does
 * not stop; and a history that it could follow to its end keeps the money in bounds. */
#include <string.h>

#include "base/text.h"
#include "fuzz/fuzzing.h"
#include "store/verifying.h"

enum { ROWS_MAX = 8, DAMAGES = 9 };

static struct arena arena;
static struct verify_report report;

/* ---- a history ---- */

static str take_type(struct input *input)
{
    unsigned kind = input_below(input, EVENT_KIND_COUNT + 4);
    return kind < EVENT_KIND_COUNT ? event_kind_word((enum event_kind)kind) : input_line(input, '|');
}

/* What flows write, or anything. */
static str take_data(struct input *input)
{
    unsigned form = input_below(input, 8);
    if (form == 0) return input_line(input, '\n');
    struct text data = text_open(&arena, 96);
    json_open_object(&data);
    json_put_str(&data, "operation_id", form & 1 ? STR("op_1") : STR("op_2"));
    json_put_int(&data, "amount", 1 + input_below(input, 4));
    json_put_str(&data, "currency", STR("USD"));
    if (form & 4) json_put_str(&data, "processor_ref", STR("cap_1"));
    json_close_object(&data);
    return text_str(&data);
}

static str hash_after(str before, str merchant, const struct event_row *row)
{
    struct hash hash = event_hash(before, merchant, row->payment_id, row->sequence, row->type, row->at, row->data);
    return hash_hex(&hash, arena_take(&arena, HASH_HEX_BYTES + 1));
}

static size_t take_history(struct input *input, str merchant, struct event_row *rows)
{
    size_t count = 0;
    for (; count < ROWS_MAX && (count == 0 || input->left > 0); count++) {
        struct event_row *row = &rows[count];
        *row = (struct event_row){ .payment_id = STR("pay_1"), .sequence = (int64_t)count + 1, .at = (int64_t)count * 1000 + input_byte(input) };
        row->type = take_type(input);
        row->data = take_data(input);
        row->hash = hash_after(count > 0 ? rows[count - 1].hash : str_of(event_first_hash), merchant, row);
    }
    return count;
}

/* ---- the verifier ---- */

static int64_t broken_links(str merchant, const struct payment_row *payment, const struct event_row *rows, size_t count)
{
    struct verifier verifier = { .merchant = merchant, .report = &report };
    struct history history;
    memset(&report, 0, sizeof report);
    verifier.arena = arena;
    verify_history(&verifier, payment, rows, count, &history);
    arena = verifier.arena;
    const struct payment *end = &history.payment;
    INSIST(history.whole == (verify_report_findings(&report) == 0));
    INSIST(end->captured_minor <= end->authorized_minor && end->refunded_minor <= end->captured_minor);
    INSIST(!(end->captured_minor > 0 && end->voided_at != 0) && history.operation_count <= count);
    if (history.whole) INSIST(end->sequence == (int64_t)count);
    return report.findings[VERIFY_CHAIN].count;
}

/* ---- what may happen to it ---- */

static str changed(str text, unsigned at)
{
    if (text.length == 0) return STR("x");
    str copy = arena_copy(&arena, text);
    ((char *)(uintptr_t)copy.bytes)[at % copy.length] ^= 1;
    return copy;
}

static bool swap(struct event_row *a, struct event_row *b)
{
    struct event_row kept = *a;
    *a = *b;
    *b = kept;
    return a != b;
}

/* False: with so few rows it changes nothing. */
static bool damage(struct payment_row *payment, struct event_row *rows, size_t *count, unsigned how, unsigned where)
{
    struct event_row *row = &rows[where % *count];
    switch (how % DAMAGES) {
    case 0: row->type = changed(row->type, where); return true;
    case 1: row->data = changed(row->data, where); return true;
    case 2: row->at++; return true;
    case 3: row->sequence++; return true;
    case 4: row->payment_id = STR("pay_2"); return true;
    case 5: row->hash = changed(row->hash, where); return true;
    case 6: payment->head_hash = changed(payment->head_hash, where); return true;
    case 7: (*count)--; return true; /* the newest is gone */
    default: return swap(row, &rows[(where + 1) % *count]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct event_row rows[ROWS_MAX];
    struct input input = input_of(data, size);
    str merchant = STR("m_1");
    unsigned how = input_byte(&input), where = input_byte(&input);
    size_t count = take_history(&input, merchant, rows);
    struct payment_row payment = { .id = STR("pay_1"), .sequence = (int64_t)count, .head_hash = rows[count - 1].hash };

    INSIST(broken_links(merchant, &payment, rows, count) == 0);
    INSIST(broken_links(STR("m_2"), &payment, rows, count) > 0);
    if (damage(&payment, rows, &count, how, where)) INSIST(broken_links(merchant, &payment, rows, count) > 0);
    arena_reset(&arena);
    return 0;
}
