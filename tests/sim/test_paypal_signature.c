/* SPDX-License-Identifier: Apache-2.0 */
/* paypal_signature: the published vector, and what the simulator signs itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sim/paypal_signature.h"

static const char certificate[] = "-----BEGIN CERTIFICATE-----\n"
                                  "MIIDbjCCAlagAwIBAgIBATANBgkqhkiG9w0BAQsFADBZMRowGAYDVQQKDBFFeGFt\n"
                                  "cGxlIFNpbXVsYXRvcjEuMCwGA1UEAwwlbWVzc2FnZXZlcmlmaWNhdGlvbmNlcnRz\n"
                                  "LmV4YW1wbGUudGVzdDELMAkGA1UEBhMCVVMwIBcNMjAwMTAxMDAwMDAwWhgPMjA1\n"
                                  "MDAxMDEwMDAwMDBaMFkxGjAYBgNVBAoMEUV4YW1wbGUgU2ltdWxhdG9yMS4wLAYD\n"
                                  "VQQDDCVtZXNzYWdldmVyaWZpY2F0aW9uY2VydHMuZXhhbXBsZS50ZXN0MQswCQYD\n"
                                  "VQQGEwJVUzCCASIwDQYJKoZIhvcNAQEBBQADggEPADCCAQoCggEBALq4FhKppLsw\n"
                                  "DIToMay7Fv7xuhWkMmBi9Ve8/bbbiUnr3zVgczyZ158N4EM9tbOXk3ME50HZbw2k\n"
                                  "eqlq3s+98tfMJXG2VmDq2S2ejnW4x7fcc6f7CZL0+x0+uDabYYagMmJ7SSrhgDGq\n"
                                  "pNKoX/h83u+BISi28qjTT1lvYvxmufxjZtKDwxBRePxDNISOy9A3dovPrhfrGHN4\n"
                                  "TYqy1jmrFVg7Mlf3pjQKzqNsj5SHQnoVYWf5duUR55SmQa4szk0Aaj8YKipp5fWd\n"
                                  "dW9i2MKwpP85hA5W0kZA466S+/KT4/6wP31bUBfzGchO2Y3L68RLdb5WjFr2D9CB\n"
                                  "57ROb48n/hMCAwEAAaM/MD0wDAYDVR0TAQH/BAIwADAOBgNVHQ8BAf8EBAMCB4Aw\n"
                                  "HQYDVR0OBBYEFMulbXd0APnXv57TnNGDtx47Lxn6MA0GCSqGSIb3DQEBCwUAA4IB\n"
                                  "AQADDKZM7Fyik38K3t/9AWH98jrg9oax6bshoPZ9qgji3rCM2T5u2ZNFZjOGAQV9\n"
                                  "QRXjFLuI8NyK8KSQwkPPTRnOYqzYYq0BwpptN/48/YSqWcR1iLaZiwjPwPL4bCQm\n"
                                  "SsjC0WXDynL7j3Xm/Tj/xKYXcJGHzgg5GgpYZPlyT8nUOGN7C3rDC9kKpObOTKFB\n"
                                  "GtJO//07ScJ6QM85EQGWhu0ez8XOKlAZu9ANbXz/AnD44pzs5KoYzqn+BySSSDbW\n"
                                  "zga4AB53p6JJRzzdkdAdw/mH4ZwhMB1zIlXw75Ghto+IXz989aR7DCLvLxFjpvI+\n"
                                  "s8bT0ynUr6r0qs95Aj/g6D/G\n"
                                  "-----END CERTIFICATE-----\n";

static const str id = STR_CONSTANT("69cd13f0-d67a-11e5-baa3-778b53f4ae55");
static const str time_sent = STR_CONSTANT("2024-01-02T03:04:06Z");
static const str webhook = STR_CONSTANT("1JE4291016473214C");
static const str body = STR_CONSTANT(
    "{\"id\":\"WH-1A-2B\",\"event_version\":\"1.0\",\"create_time\":\"2024-01-02T03:04:05.000Z\",\"resource_type\":\"cap"
    "ture\",\"event_type\":\"PAYMENT.CAPTURE.COMPLETED\",\"summary\":\"Payment completed\",\"resource\":{\"id\":\"3C679"
    "366HH908993F\",\"status\":\"COMPLETED\",\"amount\":{\"currency_code\":\"USD\",\"value\":\"10.99\"}}}");
static const str message = STR_CONSTANT("69cd13f0-d67a-11e5-baa3-778b53f4ae55|2024-01-02T03:04:06Z|1JE4291016473214C|1614739435");
static const str signature = STR_CONSTANT(
    "Z6LyiCyNMarsxJrrjJ7k93IeUQj/UtnoViX+aIAHmIqcTvxaJ/v3GVjd/4ST68ok34qUFDk1klNXVaJL+b+JRGvFjNf+SH/hvPh/jNSVJwRQnimRoiZXTGZ7"
    "Y2sNeLzS/Iqbmsdu1fjNY2ucR/EmJ4FOeF3eQr9dCJK/cIuHC/r4XhR/Ine7tdwlVt8Rl1eKV14RZbCSGVV2bipRGx0nIgl7notsyy/ubqy4unx0E7j0kDYs"
    "pf1PML9vsVU2STebvYB977bAD+bnaOGCovxMWjAB1gAGiCOcL/ld96hxp6LP4S3cQT0D/kj59khiiwG483fNiQNRqxf76MgRJVqUnw==");

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
