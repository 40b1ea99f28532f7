/* SPDX-License-Identifier: Apache-2.0 */
/* error: a sentence that always ends, and a false to return. */
#include "base_testing.h"

#include "base/error.h"

static void keeps_the_sentence(void **state)
{
    (void)state;
    struct error error;
    assert_false(error_set(&error, "cannot open %s: %d", "florin.db", 7));
    assert_string_equal(error.text, "cannot open florin.db: 7");
    assert_false(error_set(NULL, "nobody listens to %d", 7));
}

static void cuts_what_is_too_long(void **state)
{
    (void)state;
    struct error error;
    assert_false(error_set(&error, "%01000d", 0));
    assert_int_equal(strlen(error.text), sizeof error.text - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_the_sentence),
        cmocka_unit_test(cuts_what_is_too_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
