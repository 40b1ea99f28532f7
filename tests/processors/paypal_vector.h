/* SPDX-License-Identifier: Apache-2.0 */
/* paypal_vector: a notice with its signature and the certificate that it was made with, for whoever checks such and whoever makes them. */
#ifndef FLORIN_TESTS_PROCESSORS_PAYPAL_VECTOR_H
#define FLORIN_TESTS_PROCESSORS_PAYPAL_VECTOR_H

#define PAYPAL_TRANSMISSION_ID "69cd13f0-d67a-11e5-baa3-778b53f4ae55"
#define PAYPAL_TRANSMISSION_TIME "2024-01-02T03:04:06Z"
#define PAYPAL_WEBHOOK_ID "1JE4291016473214C"
#define PAYPAL_BODY_CRC32 "1614739435"
#define PAYPAL_BODY                                                                                                          \
    "{\"id\":\"WH-1A-2B\",\"event_version\":\"1.0\",\"create_time\":\"2024-01-02T03:04:05.000Z\",\"resource_type\":\"capture\"," \
    "\"event_type\":\"PAYMENT.CAPTURE.COMPLETED\",\"summary\":\"Payment completed\",\"resource\":{\"id\":\"3C679366HH908993F\"," \
    "\"status\":\"COMPLETED\",\"amount\":{\"currency_code\":\"USD\",\"value\":\"10.99\"}}}"
#define PAYPAL_SIGNATURE                                                                                                     \
    "Z6LyiCyNMarsxJrrjJ7k93IeUQj/UtnoViX+aIAHmIqcTvxaJ/v3GVjd/4ST68ok34qUFDk1klNXVaJL+b+JRGvFjNf+SH/hvPh/jNSVJwRQnimRoiZXTGZ7" \
    "Y2sNeLzS/Iqbmsdu1fjNY2ucR/EmJ4FOeF3eQr9dCJK/cIuHC/r4XhR/Ine7tdwlVt8Rl1eKV14RZbCSGVV2bipRGx0nIgl7notsyy/ubqy4unx0E7j0kDYs"   \
    "pf1PML9vsVU2STebvYB977bAD+bnaOGCovxMWjAB1gAGiCOcL/ld96hxp6LP4S3cQT0D/kj59khiiwG483fNiQNRqxf76MgRJVqUnw=="
#define PAYPAL_CERTIFICATE \
    "-----BEGIN CERTIFICATE-----\n" \
    "MIIDbjCCAlagAwIBAgIBATANBgkqhkiG9w0BAQsFADBZMRowGAYDVQQKDBFFeGFt\n" \
    "cGxlIFNpbXVsYXRvcjEuMCwGA1UEAwwlbWVzc2FnZXZlcmlmaWNhdGlvbmNlcnRz\n" \
    "LmV4YW1wbGUudGVzdDELMAkGA1UEBhMCVVMwIBcNMjAwMTAxMDAwMDAwWhgPMjA1\n" \
    "MDAxMDEwMDAwMDBaMFkxGjAYBgNVBAoMEUV4YW1wbGUgU2ltdWxhdG9yMS4wLAYD\n" \
    "VQQDDCVtZXNzYWdldmVyaWZpY2F0aW9uY2VydHMuZXhhbXBsZS50ZXN0MQswCQYD\n" \
    "VQQGEwJVUzCCASIwDQYJKoZIhvcNAQEBBQADggEPADCCAQoCggEBALq4FhKppLsw\n" \
    "DIToMay7Fv7xuhWkMmBi9Ve8/bbbiUnr3zVgczyZ158N4EM9tbOXk3ME50HZbw2k\n" \
    "eqlq3s+98tfMJXG2VmDq2S2ejnW4x7fcc6f7CZL0+x0+uDabYYagMmJ7SSrhgDGq\n" \
    "pNKoX/h83u+BISi28qjTT1lvYvxmufxjZtKDwxBRePxDNISOy9A3dovPrhfrGHN4\n" \
    "TYqy1jmrFVg7Mlf3pjQKzqNsj5SHQnoVYWf5duUR55SmQa4szk0Aaj8YKipp5fWd\n" \
    "dW9i2MKwpP85hA5W0kZA466S+/KT4/6wP31bUBfzGchO2Y3L68RLdb5WjFr2D9CB\n" \
    "57ROb48n/hMCAwEAAaM/MD0wDAYDVR0TAQH/BAIwADAOBgNVHQ8BAf8EBAMCB4Aw\n" \
    "HQYDVR0OBBYEFMulbXd0APnXv57TnNGDtx47Lxn6MA0GCSqGSIb3DQEBCwUAA4IB\n" \
    "AQADDKZM7Fyik38K3t/9AWH98jrg9oax6bshoPZ9qgji3rCM2T5u2ZNFZjOGAQV9\n" \
    "QRXjFLuI8NyK8KSQwkPPTRnOYqzYYq0BwpptN/48/YSqWcR1iLaZiwjPwPL4bCQm\n" \
    "SsjC0WXDynL7j3Xm/Tj/xKYXcJGHzgg5GgpYZPlyT8nUOGN7C3rDC9kKpObOTKFB\n" \
    "GtJO//07ScJ6QM85EQGWhu0ez8XOKlAZu9ANbXz/AnD44pzs5KoYzqn+BySSSDbW\n" \
    "zga4AB53p6JJRzzdkdAdw/mH4ZwhMB1zIlXw75Ghto+IXz989aR7DCLvLxFjpvI+\n" \
    "s8bT0ynUr6r0qs95Aj/g6D/G\n" \
    "-----END CERTIFICATE-----\n"

#endif
