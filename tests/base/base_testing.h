/* SPDX-License-Identifier: Apache-2.0 */
/* base_testing: what the tests of plain values share. */
#ifndef FLORIN_TESTS_BASE_TESTING_H
#define FLORIN_TESTS_BASE_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"

#define assert_str(actual, expected) assert_same_text((actual), (expected), __FILE__, __LINE__)

static inline void assert_same_text(str actual, str expected, const char *file, int line)
{
    if (str_equal(actual, expected)) return;
    print_error("is:        %.*s\nshould be: %.*s\n", STR_FORMAT(actual), STR_FORMAT(expected));
    _fail(file, line);
}

/* Says which row of a table is wrong. */
#define assert_row(claim, row)                                   \
    do {                                                         \
        if (!(claim)) fail_msg("%s: row %zu", #claim, (size_t)(row)); \
    } while (0)

/* A copy in memory of exactly its size, so that the sanitizer sees every byte read past its end. */
static inline str exact_copy(str text)
{
    char *bytes = malloc(text.length > 0 ? text.length : 1);
    if (text.length > 0) memcpy(bytes, text.bytes, text.length);
    return (str){ bytes, text.length };
}

static inline void exact_free(str copy)
{
    free((void *)(uintptr_t)copy.bytes);
}

/* The path of what lies beside that source file, which the compiler knows (__FILE__) relative to where the program was built. */
void path_beside(const char *source, const char *name, char *out, size_t bytes);

#endif
