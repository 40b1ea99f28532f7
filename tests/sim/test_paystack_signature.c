/* SPDX-License-Identifier: Apache-2.0 */
/* test_paystack_signature: the signature of news, by a vector that was made with other programs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sim/psp_hmac.h"

static void signs_as_published(void **state)
{
    struct arena arena = { 0 };
    str key = STR("sk_test_0123456789abcdef0123456789abcdef01234567");
    str body = STR("{\"event\":\"charge.success\",\"data\":{\"id\":302961,\"domain\":\"test\",\"status\":\"success\","
                   "\"reference\":\"ord-1001\",\"amount\":10000,\"currency\":\"NGN\",\"channel\":\"card\"}}");
    str expected = STR("1af0a8b84ad5ec14711ad6e367715a2398dd71d0a642f397bcf426109667ed86"
                       "987bc9a5b121bae8fc99428c002cfbe9b6dcba65a29ef3a58ed42e83eb9a9737");
    (void)state;
    assert_int_equal(body.length, 154);
    assert_true(str_equal(psp_hmac_sha512_hex(&arena, key, &body, 1), expected));
    arena_close(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(signs_as_published) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
