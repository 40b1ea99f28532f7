/* SPDX-License-Identifier: Apache-2.0 */
/* paypal_signature: the published vector, and what the simulator signs itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "processors/paypal_vector.h"
#include "sim/paypal_signature.h"

static const char certificate[] = PAYPAL_CERTIFICATE;
static const str id = STR_CONSTANT(PAYPAL_TRANSMISSION_ID), time_sent = STR_CONSTANT(PAYPAL_TRANSMISSION_TIME),
                 webhook = STR_CONSTANT(PAYPAL_WEBHOOK_ID), body = STR_CONSTANT(PAYPAL_BODY), signature = STR_CONSTANT(PAYPAL_SIGNATURE);
static const str message = STR_CONSTANT(PAYPAL_TRANSMISSION_ID "|" PAYPAL_TRANSMISSION_TIME "|" PAYPAL_WEBHOOK_ID "|" PAYPAL_BODY_CRC32);

static void test_the_published_vector(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    assert_int_equal(body.length, 285);
    assert_true(str_equal(paypal_signed_text(&arena, id, time_sent, webhook, body), message));
    assert_true(paypal_signature_is_right(&arena, str_of(certificate), message, signature));
    arena_close(&arena);
}

static void test_what_is_no_signature_of_it(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    str other = STR("69cd13f0-d67a-11e5-baa3-778b53f4ae55|2024-01-02T03:04:06Z|1JE4291016473214C|1614739436");
    assert_false(paypal_signature_is_right(&arena, str_of(certificate), other, signature));
    assert_false(paypal_signature_is_right(&arena, str_of(certificate), message, STR("")));
    assert_false(paypal_signature_is_right(&arena, str_of(certificate), message, STR("Zm9v")));
    assert_false(paypal_signature_is_right(&arena, str_of(certificate), message, STR("not base64!!")));
    assert_false(paypal_signature_is_right(&arena, STR("no certificate"), message, signature));
    arena_close(&arena);
}

static void test_what_it_signs_is_right_by_its_own_certificate_alone(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    struct paypal_signer *signer = paypal_signer_make();
    str own = paypal_signer_certificate(signer), signed_by_it = paypal_signer_sign(signer, &arena, message);
    assert_true(paypal_signature_is_right(&arena, own, message, signed_by_it));
    assert_false(paypal_signature_is_right(&arena, str_of(certificate), message, signed_by_it));
    assert_true(str_equal(signed_by_it, paypal_signer_sign(signer, &arena, message)));
    paypal_signer_close(signer);
    arena_close(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_published_vector),
        cmocka_unit_test(test_what_is_no_signature_of_it),
        cmocka_unit_test(test_what_it_signs_is_right_by_its_own_certificate_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
