/* SPDX-License-Identifier: Apache-2.0 */
/* arena: what it gives is zero, aligned and apart from all else; what it takes back is wiped. */
#include "base_testing.h"

#include "base/arena.h"

static const size_t sizes[] = { 0, 1, 15, 16, 17, 100, 1000, 1023, 1024, 1025, 2047, 2048, 2049, 70000, 1 << 20 };

static bool is_filled(const unsigned char *bytes, size_t length, unsigned char with)
{
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] != with) return false;
    }
    return true;
}

/* Takes one of each size after one of each other size, fills each with its own byte, and looks again at the end. */
static void pieces_are_zero_aligned_and_apart(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    unsigned char *pieces[COUNT_OF(sizes) * COUNT_OF(sizes)];
    for (size_t i = 0; i < COUNT_OF(pieces); i++) {
        size_t bytes = sizes[i % 2 ? i / COUNT_OF(sizes) : i % COUNT_OF(sizes)];
        pieces[i] = arena_take(&arena, bytes);
        assert_true((uintptr_t)pieces[i] % _Alignof(max_align_t) == 0);
        assert_true(is_filled(pieces[i], bytes, 0));
        memset(pieces[i], (int)(i % 255 + 1), bytes);
    }
    for (size_t i = 0; i < COUNT_OF(pieces); i++) {
        size_t bytes = sizes[i % 2 ? i / COUNT_OF(sizes) : i % COUNT_OF(sizes)];
        assert_row(is_filled(pieces[i], bytes, (unsigned char)(i % 255 + 1)), i);
    }
    arena_close(&arena);
    assert_null(arena.newest);
}

static void empty_pieces_differ(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    assert_ptr_not_equal(arena_take(&arena, 0), arena_take(&arena, 0));
    arena_close(&arena);
}

static void a_big_piece_leaves_the_small_room_in_use(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    char *first = arena_take(&arena, 16);
    (void)arena_take(&arena, 100000);
    assert_ptr_equal(arena_take(&arena, 16), first + 16);
    arena_close(&arena);
}

static void reset_wipes_and_keeps_a_block(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        unsigned char *secret = arena_take(&arena, 500);
        memset(secret, 'x', 500);
        memset(arena_take(&arena, sizes[i]), 'y', sizes[i]);
        arena_reset(&arena);
        unsigned char *again = arena_take(&arena, 900);
        assert_row(is_filled(again, 900, 0), i);
        arena_reset(&arena);
        assert_row(arena_take(&arena, 500) == (void *)again, i);
        arena_reset(&arena);
    }
    arena_close(&arena);
}

static void a_fresh_arena_may_be_closed_and_reset(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    arena_close(&arena);
    arena_reset(&arena);
    arena_close(&arena);
    assert_null(arena.newest);
}

static void copies_are_terminated(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    char bytes[] = { 'a', '\0', 'b', 'X' };
    str copy = arena_copy(&arena, (str){ bytes, 3 });
    bytes[0] = 'Y';
    assert_str(copy, STR("a\0b"));
    assert_int_equal(copy.bytes[3], '\0');
    assert_string_equal(arena_copy(&arena, STR("")).bytes, "");
    assert_null(arena_copy(&arena, STR_NONE).bytes);
    arena_close(&arena);
}

/* Every length around the end of a block, from every place in it that matters. */
static void formats_across_the_end_of_a_block(void **state)
{
    (void)state;
    for (int room = 0; room < 40; room++) {
        for (int length = 0; length < 80; length++) {
            struct arena arena = { 0 };
            (void)arena_take(&arena, (size_t)(1024 - room / 16 * 16));
            str text = arena_format(&arena, "%0*d", length, 0);
            assert_int_equal(text.length, length > 0 ? length : 1);
            assert_int_equal(strlen(text.bytes), text.length);
            unsigned char *next = arena_take(&arena, 1000);
            assert_true(is_filled(next, 1000, 0));
            arena_close(&arena);
        }
    }
}

static void formats_what_is_bigger_than_a_block(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    str text = arena_format(&arena, "%s%50000d", "pay_", 7);
    assert_int_equal(text.length, 50004);
    assert_int_equal(text.bytes[50003], '7');
    assert_true(str_starts_with(text, STR("pay_ ")));
    arena_close(&arena);
}

/* Small pieces, full blocks and pieces that stand apart: all that came after the mark goes, what was before stays, and what is
 * taken next is zero again. */
static void goes_back_to_a_mark(void **state)
{
    (void)state;
    static const size_t before[] = { 0, 16, 700, 1024, 30000 }, after[] = { 16, 700, 2048, 30000 };
    for (size_t i = 0; i < COUNT_OF(before); i++) {
        struct arena arena = { 0 };
        unsigned char *kept = before[i] ? arena_take(&arena, before[i]) : NULL;
        if (kept) memset(kept, 7, before[i]);
        struct arena_mark mark = arena_mark_of(&arena);
        for (int round = 0; round < 3; round++) {
            for (size_t j = 0; j < COUNT_OF(after); j++) memset(arena_take(&arena, after[j]), 9, after[j]);
            arena_back_to(&arena, &mark);
            assert_ptr_equal(arena.newest, mark.newest);
            assert_int_equal(arena.used_bytes, mark.used_bytes);
            if (kept) assert_true(is_filled(kept, before[i], 7));
        }
        assert_true(is_filled(arena_take(&arena, 100), 100, 0));
        arena_close(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_zero_aligned_and_apart),
        cmocka_unit_test(empty_pieces_differ),
        cmocka_unit_test(a_big_piece_leaves_the_small_room_in_use),
        cmocka_unit_test(reset_wipes_and_keeps_a_block),
        cmocka_unit_test(a_fresh_arena_may_be_closed_and_reset),
        cmocka_unit_test(copies_are_terminated),
        cmocka_unit_test(formats_across_the_end_of_a_block),
        cmocka_unit_test(formats_what_is_bigger_than_a_block),
        cmocka_unit_test(goes_back_to_a_mark),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
