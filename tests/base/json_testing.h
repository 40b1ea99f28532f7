/* SPDX-License-Identifier: Apache-2.0 */
/* json_testing: reading bodies in tests. */
#ifndef FLORIN_TESTS_JSON_TESTING_H
#define FLORIN_TESTS_JSON_TESTING_H

#include "base_testing.h"

#include "base/json.h"
#include "base/text.h"

static struct arena arena;

static inline int close_arena(void **state)
{
    (void)state;
    arena_close(&arena);
    return 0;
}

/* Reads from memory of exactly the body's size, which is gone afterwards: what was read must not point into it. */
static inline enum json_problem read_exactly(str body, const struct json **out)
{
    str copy = exact_copy(body);
    enum json_problem problem = json_read(&arena, copy, out);
    exact_free(copy);
    return problem;
}

static inline const struct json *read_fine(str body)
{
    const struct json *value = NULL;
    assert_int_equal(read_exactly(body, &value), JSON_FINE);
    assert_non_null(value);
    return value;
}

static inline str repeated(str piece, size_t times)
{
    struct text text = text_open(&arena, piece.length * times);
    while (times-- > 0) text_put(&text, piece);
    return text_str(&text);
}

static inline str joined(str a, str b, str c)
{
    return arena_format(&arena, "%.*s%.*s%.*s", STR_FORMAT(a), STR_FORMAT(b), STR_FORMAT(c));
}

/* A test of json ends with a fresh arena. */
#define json_unit_test(test) cmocka_unit_test_teardown(test, close_arena)

#endif
