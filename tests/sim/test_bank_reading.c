/* SPDX-License-Identifier: Apache-2.0 */
/* The bank reads JSON as Go does: what is taken, what is ignored, what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sim/bank_reading.h"

enum { REFUSED = 0, READ = 1 };

static str text_of(enum bank_kind kind, const struct bank_request *request)
{
    if (kind == BANK_HOLD) return request->card_number;
    return kind == BANK_REFUND ? request->capture_id : request->authorization_id;
}

static const struct {
    enum bank_kind kind;
    const char *body;
    int is_read;
    int64_t cents;
    const char *text; /* card_number, authorization_id or capture_id */
} bodies[] = {
    { BANK_HOLD,    "{\"card_number\":\"4111\",\"amount\":5}",              READ, 5, "4111" },
    { BANK_HOLD,    "{\"CARD_Number\":\"4111\",\"Amount\":5}",              READ, 5, "4111" },
    { BANK_HOLD,    "{}",                                                    READ, 0, "" },
    { BANK_HOLD,    "null",                                                  READ, 0, "" },
    { BANK_HOLD,    " \n{\"amount\":5}",                                     READ, 5, "" },
    { BANK_HOLD,    "{\"amount\":5}{\"amount\":6}",                          READ, 5, "" },
    { BANK_HOLD,    "{\"amount\":5} and more",                               READ, 5, "" },
    { BANK_HOLD,    "{\"amount\":5}                                     ",   READ, 5, "" },
    { BANK_HOLD,    "{\"amount\":5,\"AMOUNT\":6}",                           READ, 6, "" },
    { BANK_HOLD,    "{\"amount\":5,\"amount\":null}",                        READ, 5, "" },
    { BANK_HOLD,    "{\"amount\":-0}",                                       READ, 0, "" },
    { BANK_HOLD,    "{\"amount\":9223372036854775807}",                      READ, INT64_MAX, "" },
    { BANK_HOLD,    "{\"amount\":-9223372036854775808}",                     READ, INT64_MIN, "" },
    { BANK_HOLD,    "{\"surprise\":{\"amount\":[1.5,true]},\"amount\":5}",   READ, 5, "" },
    { BANK_HOLD,    "{\"capture_id\":7,\"amount\":5}",                       READ, 5, "" }, /* a refund's member */
    { BANK_HOLD,    "{\"card_number\":\"\\u0034\\/\"}",                      READ, 0, "4/" },
    { BANK_CAPTURE, "{\"authorization_id\":\"a\",\"amount\":5}",             READ, 5, "a" },
    { BANK_VOID,    "{\"authorization_id\":\"a\",\"amount\":\"not looked at\"}", READ, 0, "a" },
    { BANK_REFUND,  "{\"capture_id\":\"c\",\"amount\":5}",                   READ, 5, "c" },
    { BANK_HOLD,    "",                                                      REFUSED, 0, NULL },
    { BANK_HOLD,    "  ",                                                    REFUSED, 0, NULL },
    { BANK_HOLD,    "{",                                                     REFUSED, 0, NULL },
    { BANK_HOLD,    "{\"amount\":5",                                         REFUSED, 0, NULL },
    { BANK_HOLD,    "{'amount':5}",                                          REFUSED, 0, NULL },
    { BANK_HOLD,    "{\"amount\":5,}",                                       REFUSED, 0, NULL },
    { BANK_HOLD,    "[{\"amount\":5}]",                                      REFUSED, 0, NULL },
    { BANK_HOLD,    "5",                                                     REFUSED, 0, NULL },
    { BANK_HOLD,    "\"amount\"",                                            REFUSED, 0, NULL },
    { BANK_HOLD,    "true",                                                  REFUSED, 0, NULL },
    { BANK_HOLD,    "{\"amount\":5.0}",                                      REFUSED, 0, NULL },
    { BANK_HOLD,    "{\"amount\":5e2}",                                      REFUSED, 0, NULL },
    { BANK_HOLD,    "{\"amount\":05}",                                       REFUSED, 0, NULL },
    { BANK_HOLD,    "{\"amount\":+5}",                                       REFUSED, 0, NULL },
    { BANK_HOLD,    "{\"amount\":\"5\"}",                                    REFUSED, 0, NULL },
    { BANK_HOLD,    "{\"amount\":true}",                                     REFUSED, 0, NULL },
    { BANK_HOLD,    "{\"amount\":[5]}",                                      REFUSED, 0, NULL },
    { BANK_HOLD,    "{\"amount\":9223372036854775808}",                      REFUSED, 0, NULL },
    { BANK_HOLD,    "{\"amount\":-9223372036854775809}",                     REFUSED, 0, NULL },
    { BANK_HOLD,    "{\"amount\":99999999999999999999999}",                  REFUSED, 0, NULL },
    { BANK_HOLD,    "{\"expiry_month\":\"12\"}",                             REFUSED, 0, NULL },
    { BANK_HOLD,    "{\"card_number\":4111}",                                REFUSED, 0, NULL },
    { BANK_HOLD,    "{\"cvv\":{}}",                                          REFUSED, 0, NULL },
    { BANK_REFUND,  "{\"capture_id\":1}",                                    REFUSED, 0, NULL },
};

static void reads_leniently(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(bodies); i++) {
        struct arena arena = { 0 };
        struct bank_request request;
        bool is_read = bank_request_read(&arena, bodies[i].kind, str_of(bodies[i].body), &request);
        if (is_read != (bodies[i].is_read == READ)) fail_msg("row %zu: %s", i, bodies[i].body);
        if (is_read) {
            str text = text_of(bodies[i].kind, &request);
            if (request.cents != bodies[i].cents || !str_equal(text, str_of(bodies[i].text))) fail_msg("row %zu: %s", i, bodies[i].body);
        }
        arena_close(&arena);
    }
}

static void takes_bytes_that_are_not_utf8(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    struct bank_request request;
    assert_true(bank_request_read(&arena, BANK_HOLD, STR("{\"card_number\":\"\xff\",\"amount\":5}"), &request));
    assert_int_equal(request.cents, 5);
    arena_close(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_leniently),
        cmocka_unit_test(takes_bytes_that_are_not_utf8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
