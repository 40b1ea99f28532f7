/* SPDX-License-Identifier: Apache-2.0 */
/* signature: the published vectors. */
#include "base_testing.h"

#include "base/signature.h"

/* RFC 4231, test cases 2 and 6. */
static void codes_as_rfc_4231_says(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    char long_key[131];
    memset(long_key, 0xaa, sizeof long_key);
    const str halves[] = { STR("what do ya want "), STR("for nothing?") };
    const str long_text = STR("Test Using Larger Than Block-Size Key - Hash Key First");
    assert_str(hmac_hex(&arena, SIGNATURE_SHA256, STR("Jefe"), halves, 2),
               STR("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"));
    assert_str(hmac_hex(&arena, SIGNATURE_SHA512, STR("Jefe"), halves, 2),
               STR("164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fd"
                   "caeab1a34d4a6b4b636e070a38bce737"));
    assert_str(hmac_hex(&arena, SIGNATURE_SHA256, (str){ long_key, sizeof long_key }, &long_text, 1),
               STR("60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"));
    arena_close(&arena);
}

static void nothing_has_a_code_too(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    assert_str(hmac_hex(&arena, SIGNATURE_SHA256, STR_NONE, NULL, 0),
               STR("b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"));
    arena_close(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(codes_as_rfc_4231_says), cmocka_unit_test(nothing_has_a_code_too) };
    return cmocka_run_group_tests_name("signature", tests, NULL, NULL);
}
