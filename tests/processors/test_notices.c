/* SPDX-License-Identifier: Apache-2.0 */
/* What processors send by themselves: the published vector of each scheme, and whatever comes near it; what is made of an event. */
#include "base/base_testing.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "processor/processor.h"
#include "processors/paypal_vector.h"

#define SECOND ((micros)MICROS_PER_SECOND)

static const struct processor_notices *notices_of(const char *name) { return processor_named(str_of(name))->notices; }

/* ---- HMAC and the plain secret: rows that differ from the vector in one thing ---- */

static const struct processor_keys keys = { .secret_key = "sk_test_0123456789abcdef0123456789abcdef01234567",
                                            .webhook_secret = "whsec_test_secret_0001" };
static const struct processor_keys flutterwave_keys = { .webhook_secret = "flw-webhook-secret" };
static const struct processor_keys no_keys = { 0 };

#define STRIPE_BODY                                                                                                          \
    "{\"id\":\"evt_1\",\"object\":\"event\",\"api_version\":\"2023-08-16\",\"type\":\"payment_intent.succeeded\",\"data\":"   \
    "{\"object\":{\"id\":\"pi_1\",\"object\":\"payment_intent\",\"amount\":1099,\"currency\":\"usd\",\"status\":\"succeeded\"}}}"
#define STRIPE_CODE "0634bd992745b6b01ec5837c71a7d83ee687dfe942317d3422baac0925f5ba75"
#define STRIPE_EMPTY "3215b12b44f015a1c3f820d65060149d2d7eaff063babd2ede82966273887b2b"
#define PAYSTACK_BODY                                                                                                        \
    "{\"event\":\"charge.success\",\"data\":{\"id\":302961,\"domain\":\"test\",\"status\":\"success\",\"reference\":\"ord-1001\"," \
    "\"amount\":10000,\"currency\":\"NGN\",\"channel\":\"card\"}}"
#define PAYSTACK_CODE                                                                                                        \
    "1af0a8b84ad5ec14711ad6e367715a2398dd71d0a642f397bcf426109667ed86987bc9a5b121bae8fc99428c002cfbe9b6dcba65a29ef3a58ed42e83eb9a9737"

/* clang-format off */
static const struct {
    const char *processor, *header, *body;
    const struct processor_keys *keys;
    int64_t age_s; /* of Stripe's vector */
    bool is_proven;
} rows[] = {
    { "stripe", "t=1700000000,v1=" STRIPE_CODE, STRIPE_BODY, &keys, 0, true },
    { "stripe", "t=1700000000,v1=" STRIPE_EMPTY, "", &keys, 0, true },
    { "stripe", "t=1700000000,v1=" STRIPE_EMPTY ",v1=" STRIPE_CODE, STRIPE_BODY, &keys, 0, true }, /* while a secret is changed */
    { "stripe", "t=1700000000, v1=" STRIPE_CODE ",v0=00", STRIPE_BODY, &keys, 0, true },
    { "stripe", "t=1700000000,v1=" STRIPE_CODE, STRIPE_BODY, &keys, 300, true },
    { "stripe", "t=1700000000,v1=" STRIPE_CODE, STRIPE_BODY, &keys, -300, true },
    { "stripe", "t=1700000000,v1=" STRIPE_CODE, STRIPE_BODY, &keys, 301, false },
    { "stripe", "t=1700000000,v1=" STRIPE_CODE, STRIPE_BODY, &keys, -301, false },
    { "stripe", "t=1700000001,v1=" STRIPE_CODE, STRIPE_BODY, &keys, 0, false },
    { "stripe", "t=1700000000,v0=" STRIPE_CODE, STRIPE_BODY, &keys, 0, false },
    { "stripe", "t=1700000000", STRIPE_BODY, &keys, 0, false },
    { "stripe", "t=1700000000,v1=", STRIPE_BODY, &keys, 0, false },
    { "stripe", "v1=" STRIPE_CODE ",t=1700000000", STRIPE_BODY, &keys, 0, false },
    { "stripe", "t=,v1=" STRIPE_CODE, STRIPE_BODY, &keys, 0, false },
    { "stripe", "t=99999999999999999999,v1=" STRIPE_CODE, STRIPE_BODY, &keys, 0, false },
    { "stripe", "t=-1700000000,v1=" STRIPE_CODE, STRIPE_BODY, &keys, 0, false },
    { "stripe", "t=1700000000,v1=" STRIPE_CODE, STRIPE_BODY " ", &keys, 0, false },
    { "stripe", "t=1700000000,v1=" STRIPE_CODE, "", &keys, 0, false },
    { "stripe", "t=1700000000,v1=" STRIPE_CODE, STRIPE_BODY, &no_keys, 0, false },
    { "stripe", NULL, STRIPE_BODY, &keys, 0, false },
    { "stripe", "", STRIPE_BODY, &keys, 0, false },
    { "paystack", PAYSTACK_CODE, PAYSTACK_BODY, &keys, 0, true },
    { "paystack", PAYSTACK_CODE, PAYSTACK_BODY "\n", &keys, 0, false },
    { "paystack", PAYSTACK_CODE "0", PAYSTACK_BODY, &keys, 0, false },
    { "paystack", "1AF0A8B8", PAYSTACK_BODY, &keys, 0, false },
    { "paystack", NULL, PAYSTACK_BODY, &keys, 0, false },
    { "paystack", PAYSTACK_CODE, PAYSTACK_BODY, &no_keys, 0, false },
    { "flutterwave", "flw-webhook-secret", "{}", &flutterwave_keys, 0, true },
    { "flutterwave", "FLW-webhook-secret", "{}", &flutterwave_keys, 0, false },
    { "flutterwave", "flw-webhook-secre", "{}", &flutterwave_keys, 0, false },
    { "flutterwave", "", "{}", &flutterwave_keys, 0, false },
    { "flutterwave", NULL, "{}", &flutterwave_keys, 0, false },
    { "flutterwave", "", "{}", &no_keys, 0, false },
    { "flutterwave", NULL, "{}", &no_keys, 0, false },
};
/* clang-format on */

static void only_the_processors_own_are_proven(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct arena arena = { 0 };
        str body = exact_copy(str_of(rows[i].body));
        struct processor_notice notice = { .headers = { rows[i].header ? str_of(rows[i].header) : STR_NONE }, .body = body, .keys = rows[i].keys,
                                           .now = (INT64_C(1700000000) + rows[i].age_s) * SECOND };
        assert_row(notices_of(rows[i].processor)->prove(&arena, &notice) == rows[i].is_proven, i);
        exact_free(body);
        arena_close(&arena);
    }
}

/* ---- PayPal: a certificate ---- */

static const char pem[] = PAYPAL_CERTIFICATE;

#define YEAR_2024 (INT64_C(1704164646) * SECOND)
#define YEAR_2051 (INT64_C(2556144000) * SECOND)
#define YEAR_2019 (INT64_C(1546300800) * SECOND)

static char anchor_path[] = "/tmp/florin-anchor-XXXXXX";

static int write_anchor(void **state)
{
    (void)state;
    int file = mkstemp(anchor_path);
    bool is_written = file >= 0 && write(file, pem, sizeof pem - 1) == (ssize_t)(sizeof pem - 1);
    return is_written && close(file) == 0 ? 0 : -1;
}

static int remove_anchor(void **state)
{
    (void)state;
    return unlink(anchor_path);
}

static struct certificate *read_anchored(str text, micros now, const char *names)
{
    struct error error = { "" };
    struct certificate_trust trust = { .ca_file = anchor_path, .names = names, .now = now };
    struct certificate *certificate = certificate_read(text, &trust, &error);
    assert_true((certificate != NULL) != (error.text[0] != 0));
    return certificate;
}

static const struct processor_keys paypal_keys = { .webhook_secret = PAYPAL_WEBHOOK_ID };
static const struct processor_keys other_webhook = { .webhook_secret = "1JE4291016473214D" };

/* clang-format off */
static const struct {
    str headers[PROCESSOR_NOTICE_HEADERS_MAX];
    const char *body;
    const struct processor_keys *keys;
    bool is_proven;
} paypal_rows[] = {
#define ID STR_CONSTANT(PAYPAL_TRANSMISSION_ID)
#define TIME STR_CONSTANT(PAYPAL_TRANSMISSION_TIME)
#define SIGNATURE STR_CONSTANT(PAYPAL_SIGNATURE)
#define URL STR_CONSTANT("https://api.paypal.com/v1/notifications/certs/CERT-1")
#define ALGORITHM STR_CONSTANT("SHA256withRSA")
    { { ID, TIME, SIGNATURE, URL, ALGORITHM }, PAYPAL_BODY, &paypal_keys, true },
    { { ID, TIME, SIGNATURE, URL, ALGORITHM }, PAYPAL_BODY " ", &paypal_keys, false },
    { { ID, TIME, SIGNATURE, URL, ALGORITHM }, PAYPAL_BODY, &other_webhook, false }, /* somebody else's, signed by the same PayPal */
    { { ID, TIME, SIGNATURE, URL, ALGORITHM }, PAYPAL_BODY, &no_keys, false },
    { { ID, STR_CONSTANT("2024-01-02T03:04:07Z"), SIGNATURE, URL, ALGORITHM }, PAYPAL_BODY, &paypal_keys, false },
    { { STR_CONSTANT("x"), TIME, SIGNATURE, URL, ALGORITHM }, PAYPAL_BODY, &paypal_keys, false },
    { { ID, TIME, SIGNATURE, URL, STR_CONSTANT("none") }, PAYPAL_BODY, &paypal_keys, false },
    { { ID, TIME, SIGNATURE, URL, { NULL, 0 } }, PAYPAL_BODY, &paypal_keys, false },
    { { ID, TIME, { NULL, 0 }, URL, ALGORITHM }, PAYPAL_BODY, &paypal_keys, false },
    { { ID, TIME, STR_CONSTANT("Z6Ly"), URL, ALGORITHM }, PAYPAL_BODY, &paypal_keys, false },
    { { ID, TIME, STR_CONSTANT("===="), URL, ALGORITHM }, PAYPAL_BODY, &paypal_keys, false },
    { { ID, TIME, STR_CONSTANT("Z6L"), URL, ALGORITHM }, PAYPAL_BODY, &paypal_keys, false },
};
/* clang-format on */

static void only_what_paypal_signed_for_us(void **state)
{
    (void)state;
    struct certificate *certificate = read_anchored(str_of(pem), YEAR_2024, NULL);
    assert_non_null(certificate);
    for (size_t i = 0; i < COUNT_OF(paypal_rows); i++) {
        struct arena arena = { 0 };
        struct processor_notice notice = { .body = str_of(paypal_rows[i].body), .keys = paypal_rows[i].keys, .certificate = certificate };
        memcpy(notice.headers, paypal_rows[i].headers, sizeof notice.headers);
        assert_row(notices_of("paypal")->prove(&arena, &notice) == paypal_rows[i].is_proven, i);
        notice.certificate = NULL;
        assert_row(!notices_of("paypal")->prove(&arena, &notice), i);
        arena_close(&arena);
    }
    certificate_close(certificate);
}

static void a_certificate_leads_to_an_anchor_is_valid_and_bears_its_name(void **state)
{
    (void)state;
    struct error error;
    struct certificate_trust system = { .now = YEAR_2024 };
    assert_null(certificate_read(str_of(pem), &system, &error)); /* it vouches for itself */
    assert_null(read_anchored(str_of(pem), YEAR_2019, NULL));
    assert_null(read_anchored(str_of(pem), YEAR_2051, NULL));
    assert_null(read_anchored(STR(""), YEAR_2024, NULL));
    assert_null(read_anchored(STR("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), YEAR_2024, NULL));
    assert_null(read_anchored(str_of(pem), YEAR_2024, notices_of("paypal")->certificates->names));
    struct certificate *named = read_anchored(str_of(pem), YEAR_2024, "a.example messageverificationcerts.example.test");
    assert_non_null(named);
    certificate_close(named);
    struct certificate_trust nowhere = { .ca_file = "/nowhere", .now = YEAR_2024 };
    assert_null(certificate_read(str_of(pem), &nowhere, &error));
}

/* ---- what is made of an event ---- */

#define REFERENCE "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define EVENT(object) "{\"id\":\"evt_1\",\"object\":\"event\",\"livemode\":false,\"type\":\"a.b\",\"data\":{\"object\":{" object "}}}"
#define RESOURCE(type, resource) "{\"id\":\"WH-1\",\"event_type\":\"" type "\",\"resource\":{" resource "}}"
#define USD(value) "\"amount\":{\"currency_code\":\"USD\",\"value\":\"" value "\"}"

enum { UNREAD, NOTHING, PAYMENT, DISPUTE };

/* clang-format off */
static const struct {
    const char *processor, *body;
    int means;
    const char *event_id, *reference, *processor_ref;
    money amount;
    bool is_of_another_mode, is_of_another_account;
} events[] = {
    { "stripe", EVENT("\"id\":\"pi_1\",\"object\":\"payment_intent\",\"amount\":1099,\"currency\":\"usd\",\"metadata\":{\"florin_reference\":\"" REFERENCE "\"}"),
      PAYMENT, "evt_1", REFERENCE, "pi_1", { 1099, { "USD" } }, false, false },
    { "stripe", EVENT("\"id\":\"pi_1\",\"object\":\"payment_intent\",\"amount\":1099,\"currency\":\"usd\",\"metadata\":{}"),
      PAYMENT, "evt_1", "", "pi_1", { 0, { "" } }, false, false },
    { "stripe", EVENT("\"id\":\"ch_1\",\"object\":\"charge\",\"payment_intent\":\"pi_1\",\"amount\":5,\"currency\":\"jpy\",\"metadata\":{\"florin_reference\":\"" REFERENCE "\"}"),
      PAYMENT, "evt_1", REFERENCE, "pi_1", { 5, { "JPY" } }, false, false },
    { "stripe", EVENT("\"id\":\"re_1\",\"object\":\"refund\",\"payment_intent\":\"pi_1\",\"amount\":5,\"currency\":\"usd\",\"metadata\":{\"florin_reference\":\"ord-1\"}"),
      PAYMENT, "evt_1", "", "pi_1", { 0, { "" } }, false, false },
    { "stripe", EVENT("\"id\":\"cus_1\",\"object\":\"customer\""), NOTHING, "evt_1", "", "", { 0, { "" } }, false, false },
    { "stripe", "{\"id\":\"evt_1\",\"object\":\"event\",\"livemode\":true,\"account\":\"acct_1\",\"type\":\"a.b\",\"data\":{}}",
      NOTHING, "evt_1", "", "", { 0, { "" } }, true, true },
    { "stripe", "{\"id\":\"pi_1\",\"object\":\"payment_intent\",\"type\":\"x\"}", UNREAD, "", "", "", { 0, { "" } }, false, false },
    { "stripe", "", UNREAD, "", "", "", { 0, { "" } }, false, false },
    { "stripe", "[]", UNREAD, "", "", "", { 0, { "" } }, false, false },
    { "paystack", "{\"event\":\"charge.success\",\"data\":{\"id\":1,\"domain\":\"test\",\"reference\":\"" REFERENCE "\",\"amount\":10000,\"currency\":\"NGN\"}}",
      PAYMENT, "", REFERENCE, "", { 10000, { "NGN" } }, false, false },
    { "paystack", "{\"event\":\"charge.success\",\"data\":{\"domain\":\"live\",\"reference\":\"ord-1\",\"amount\":\"10150\",\"requested_amount\":10000,\"currency\":\"XOF\"}}",
      PAYMENT, "", "", "", { 100, { "XOF" } }, true, false },
    { "paystack", "{\"event\":\"refund.processed\",\"data\":{\"domain\":\"test\",\"transaction_reference\":\"" REFERENCE "\",\"amount\":\"500\",\"currency\":\"NGN\"}}",
      PAYMENT, "", REFERENCE, "", { 0, { "" } }, false, false },
    { "paystack", "{\"event\":\"refund.failed\",\"data\":{\"domain\":\"test\",\"transaction_reference\":\"x\",\"merchant_note\":\"" REFERENCE "\",\"amount\":\"500\",\"currency\":\"NGN\"}}",
      PAYMENT, "", REFERENCE, "", { 500, { "NGN" } }, false, false },
    { "paystack", "{\"event\":\"subscription.expiring_cards\",\"data\":[{\"domain\":\"live\"}]}", NOTHING, "", "", "", { 0, { "" } }, false, false },
    { "paystack", "{\"event\":\"charge.success\"}", UNREAD, "", "", "", { 0, { "" } }, false, false },
    { "flutterwave", "{\"event\":\"charge.completed\",\"data\":{\"id\":285959875,\"tx_ref\":\"" REFERENCE "\",\"flw_ref\":\"FLW1\",\"amount\":100.5,\"currency\":\"NGN\"}}",
      PAYMENT, "", REFERENCE, "", { 10050, { "NGN" } }, false, false },
    { "flutterwave", "{\"event\":\"charge.completed\",\"data\":{\"tx_ref\":\"ord-1\",\"amount\":\"x\",\"currency\":\"NGN\"}}",
      PAYMENT, "", "", "", { -1, { "NGN" } }, false, false },
    { "flutterwave", "{\"event\":\"refund.completed\",\"data\":{\"id\":1,\"tx_id\":285959875,\"flw_ref\":\"FLW1\",\"amount_refunded\":5}}",
      PAYMENT, "", "", "285959875:FLW1", { 0, { "" } }, false, false },
    { "flutterwave", "{\"event\":\"transfer.completed\",\"data\":{}}", NOTHING, "", "", "", { 0, { "" } }, false, false },
    { "flutterwave", "{\"data\":{}}", UNREAD, "", "", "", { 0, { "" } }, false, false },
    { "paypal", RESOURCE("CHECKOUT.ORDER.APPROVED", "\"id\":\"5O1\",\"purchase_units\":[{\"custom_id\":\"" REFERENCE "\"," USD("10.99") "}]"),
      PAYMENT, "WH-1", REFERENCE, "", { 1099, { "USD" } }, false, false },
    { "paypal", RESOURCE("PAYMENT.AUTHORIZATION.VOIDED", "\"id\":\"0VF\",\"custom_id\":\"" REFERENCE "\"," USD("10.99")),
      PAYMENT, "WH-1", REFERENCE, "", { 1099, { "USD" } }, false, false },
    { "paypal", RESOURCE("PAYMENT.CAPTURE.COMPLETED", "\"id\":\"2GG\",\"custom_id\":\"" REFERENCE "\"," USD("5.00")),
      PAYMENT, "WH-1", REFERENCE, "", { 0, { "" } }, false, false },
    { "paypal", RESOURCE("PAYMENT.CAPTURE.REFUNDED", "\"id\":\"1JU\",\"invoice_id\":\"" REFERENCE "\",\"custom_id\":\"x\"," USD("5.00")),
      PAYMENT, "WH-1", REFERENCE, "", { 500, { "USD" } }, false, false },
    { "paypal", RESOURCE("PAYMENT.REFUND.FAILED", "\"id\":\"1JU\",\"invoice_id\":\"" REFERENCE "\"," USD("five")),
      PAYMENT, "WH-1", REFERENCE, "", { -1, { "USD" } }, false, false },
    { "paypal", RESOURCE("VAULT.PAYMENT-TOKEN.CREATED", ""), NOTHING, "WH-1", "", "", { 0, { "" } }, false, false },
    { "paypal", RESOURCE("CUSTOMER.DISPUTE.CREATED", "\"dispute_id\":\"PP-D-1\",\"disputed_transactions\":[{\"seller_transaction_id\":\"2GG\"}]"),
      DISPUTE, "WH-1", "", "2GG", { 0, { "" } }, false, false },
    { "stripe", EVENT("\"id\":\"dp_1\",\"object\":\"dispute\",\"payment_intent\":\"pi_1\",\"amount\":5,\"currency\":\"usd\",\"metadata\":{}"),
      DISPUTE, "evt_1", "", "pi_1", { 0, { "" } }, false, false },
    { "paystack", "{\"event\":\"charge.dispute.create\",\"data\":{\"id\":2867,\"domain\":\"test\",\"transaction\":{\"reference\":\"" REFERENCE "\"}}}",
      DISPUTE, "", REFERENCE, "", { 0, { "" } }, false, false },
    { "flutterwave", "{\"event\":\"chargeback.updated\",\"data\":{\"id\":1,\"transaction_id\":5,\"flw_ref\":\"FLW1\"}}",
      DISPUTE, "", "", "5:FLW1", { 0, { "" } }, false, false },
    { "paypal", "{\"id\":\"WH-1\"}", UNREAD, "", "", "", { 0, { "" } }, false, false },
};
/* clang-format on */

static void check_event(size_t row, const struct processor_news *news)
{
    assert_row((news->subject == NEWS_OF_PAYMENT) == (events[row].means == PAYMENT), row);
    assert_row((news->subject == NEWS_OF_DISPUTE) == (events[row].means == DISPUTE), row);
    assert_row((news->dispute_ref.length > 0) == (events[row].means == DISPUTE), row);
    assert_str(news->event_id, str_of(events[row].event_id));
    assert_str(news->reference, str_of(events[row].reference));
    assert_str(news->processor_ref, str_of(events[row].processor_ref));
    assert_row(news->amount.minor == events[row].amount.minor && currency_equal(news->amount.currency, events[row].amount.currency), row);
    assert_row(news->is_of_another_mode == events[row].is_of_another_mode, row);
    assert_row(news->is_of_another_account == events[row].is_of_another_account, row);
}

static void events_are_hints(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(events); i++) {
        struct arena arena = { 0 };
        struct processor_news news;
        struct processor_notice notice = { .body = str_of(events[i].body), .keys = &keys };
        bool is_read = notices_of(events[i].processor)->hear(&arena, &notice, &news);
        assert_row(is_read == (events[i].means != UNREAD), i);
        if (is_read) check_event(i, &news);
        arena_close(&arena);
    }
}

/* ---- disputes: what is asked, and what is made of the answer ---- */

#define STRIPE_DISPUTE(status)                                                                                               \
    "{\"id\":\"dp_1\",\"object\":\"dispute\",\"payment_intent\":\"pi_1\",\"amount\":5000,\"currency\":\"usd\",\"reason\":\"fraudulent\"," \
    "\"evidence_details\":{\"due_by\":1700000000},\"status\":\"" status "\"}"
#define PAYPAL_DISPUTE(status, outcome, stage)                                                                               \
    "{\"dispute_id\":\"PP-D-1\",\"disputed_transactions\":[{\"seller_transaction_id\":\"2GG\"}],\"reason\":\"UNAUTHORISED\",\"status\":\"" status \
    "\",\"dispute_amount\":{\"currency_code\":\"USD\",\"value\":\"50.00\"}" outcome ",\"dispute_life_cycle_stage\":\"" stage                \
    "\",\"seller_response_due_date\":\"2023-11-14T22:13:20.000Z\"}"
#define PAYPAL_OUTCOME(code) ",\"dispute_outcome\":{\"outcome_code\":\"" code "\"}"
#define PAYSTACK_DISPUTE(status, resolution)                                                                                 \
    "{\"status\":true,\"message\":\"ok\",\"data\":{\"id\":2867,\"refund_amount\":5000,\"currency\":\"NGN\",\"status\":\"" status           \
    "\",\"resolution\":" resolution ",\"category\":\"fraud\",\"dueAt\":\"2023-11-14T22:13:20.000Z\",\"transaction\":{\"id\":9007199254740993}}}"
#define FLUTTERWAVE_DISPUTE(status)                                                                                          \
    "{\"status\":\"success\",\"meta\":{\"page_info\":{\"total_pages\":1}},\"data\":[{\"id\":7,\"flw_ref\":\"FLW1\"},{\"id\":1,\"amount\":50," \
    "\"currency\":\"NGN\",\"flw_ref\":\"FLW1\",\"comment\":\"no\",\"due_date\":\"2023-11-14T22:13:20.000Z\",\"status\":\"" status "\"}]}"

static const struct processor_call stripe_call = { .authorization_ref = STR_CONSTANT("pi_1"), .dispute_ref = STR_CONSTANT("dp_1") };
static const struct processor_call paypal_call = { .capture_ref = STR_CONSTANT("2GG"), .dispute_ref = STR_CONSTANT("PP-D-1") };
static const struct processor_call paystack_call = { .capture_ref = STR_CONSTANT("9007199254740993"), .dispute_ref = STR_CONSTANT("2867") };
static const struct processor_call flutterwave_call = { .authorization_ref = STR_CONSTANT("5:FLW1"), .dispute_ref = STR_CONSTANT("1") };
static const struct processor_call others_call = { .authorization_ref = STR_CONSTANT("9:x"), .capture_ref = STR_CONSTANT("x"),
                                                   .dispute_ref = STR_CONSTANT("1") };

enum { UNSURE = DISPUTE_NOTHING_SURE, FOUND = DISPUTE_FOUND, ABSENT = DISPUTE_ABSENT };

/* clang-format off */
static const struct {
    const char *processor;
    const struct processor_call *call;
    const char *asks;
    int status;
    const char *body;
    int kind;
    enum dispute_stage stage;
    enum dispute_state state;
} answers[] = {
    { "stripe", &stripe_call, "/v1/disputes/dp_1", 200, STRIPE_DISPUTE("warning_needs_response"), FOUND, DISPUTE_INQUIRY, DISPUTE_NEEDS_RESPONSE },
    { "stripe", &stripe_call, "/v1/disputes/dp_1", 200, STRIPE_DISPUTE("warning_closed"), FOUND, DISPUTE_INQUIRY, DISPUTE_WON },
    { "stripe", &stripe_call, "/v1/disputes/dp_1", 200, STRIPE_DISPUTE("under_review"), FOUND, DISPUTE_CHARGEBACK, DISPUTE_UNDER_REVIEW },
    { "stripe", &stripe_call, "/v1/disputes/dp_1", 200, STRIPE_DISPUTE("lost"), FOUND, DISPUTE_CHARGEBACK, DISPUTE_LOST },
    { "stripe", &stripe_call, "/v1/disputes/dp_1", 200, STRIPE_DISPUTE("a_word_of_tomorrow"), UNSURE, 0, 0 },
    { "stripe", &stripe_call, "/v1/disputes/dp_1", 404, "{\"error\":{\"code\":\"resource_missing\"}}", ABSENT, 0, 0 },
    { "stripe", &stripe_call, "/v1/disputes/dp_1", 500, "", UNSURE, 0, 0 },
    { "stripe", &others_call, "/v1/disputes/1", 200, STRIPE_DISPUTE("lost"), UNSURE, 0, 0 },
    { "paypal", &paypal_call, "/v1/customer/disputes/PP-D-1", 200, PAYPAL_DISPUTE("OPEN", "", "INQUIRY"), FOUND, DISPUTE_INQUIRY, DISPUTE_NEEDS_RESPONSE },
    { "paypal", &paypal_call, "/v1/customer/disputes/PP-D-1", 200, PAYPAL_DISPUTE("UNDER_REVIEW", "", "PRE_ARBITRATION"), FOUND, DISPUTE_PRE_ARBITRATION, DISPUTE_UNDER_REVIEW },
    { "paypal", &paypal_call, "/v1/customer/disputes/PP-D-1", 200, PAYPAL_DISPUTE("RESOLVED", PAYPAL_OUTCOME("RESOLVED_WITH_PAYOUT"), "CHARGEBACK"), FOUND, DISPUTE_CHARGEBACK, DISPUTE_WON },
    { "paypal", &paypal_call, "/v1/customer/disputes/PP-D-1", 200, PAYPAL_DISPUTE("RESOLVED", PAYPAL_OUTCOME("ACCEPTED"), "CHARGEBACK"), FOUND, DISPUTE_CHARGEBACK, DISPUTE_LOST },
    { "paypal", &paypal_call, "/v1/customer/disputes/PP-D-1", 200, PAYPAL_DISPUTE("RESOLVED", "", "ARBITRATION"), FOUND, DISPUTE_ARBITRATION, DISPUTE_UNDER_REVIEW },
    { "paypal", &paypal_call, "/v1/customer/disputes/PP-D-1", 200, PAYPAL_DISPUTE("OPEN", "", "TOMORROW"), UNSURE, 0, 0 },
    { "paypal", &others_call, "/v1/customer/disputes/1", 200, PAYPAL_DISPUTE("OPEN", "", "INQUIRY"), UNSURE, 0, 0 },
    { "paystack", &paystack_call, "/dispute/2867", 200, PAYSTACK_DISPUTE("awaiting-merchant-feedback", "null"), FOUND, DISPUTE_CHARGEBACK, DISPUTE_NEEDS_RESPONSE },
    { "paystack", &paystack_call, "/dispute/2867", 200, PAYSTACK_DISPUTE("awaiting-bank-feedback", "null"), FOUND, DISPUTE_CHARGEBACK, DISPUTE_UNDER_REVIEW },
    { "paystack", &paystack_call, "/dispute/2867", 200, PAYSTACK_DISPUTE("resolved", "\"declined\""), FOUND, DISPUTE_CHARGEBACK, DISPUTE_WON },
    { "paystack", &paystack_call, "/dispute/2867", 200, PAYSTACK_DISPUTE("resolved", "\"merchant-accepted\""), FOUND, DISPUTE_CHARGEBACK, DISPUTE_LOST },
    { "paystack", &others_call, "/dispute/1", 200, PAYSTACK_DISPUTE("resolved", "null"), UNSURE, 0, 0 },
    { "flutterwave", &flutterwave_call, "/v3/chargebacks?flw_ref=FLW1", 200, FLUTTERWAVE_DISPUTE("initiated"), FOUND, DISPUTE_CHARGEBACK, DISPUTE_NEEDS_RESPONSE },
    { "flutterwave", &flutterwave_call, "/v3/chargebacks?flw_ref=FLW1", 200, FLUTTERWAVE_DISPUTE("declined"), FOUND, DISPUTE_CHARGEBACK, DISPUTE_UNDER_REVIEW },
    { "flutterwave", &flutterwave_call, "/v3/chargebacks?flw_ref=FLW1", 200, FLUTTERWAVE_DISPUTE("accepted"), FOUND, DISPUTE_CHARGEBACK, DISPUTE_LOST },
    { "flutterwave", &flutterwave_call, "/v3/chargebacks?flw_ref=FLW1", 200, FLUTTERWAVE_DISPUTE("tomorrow"), UNSURE, 0, 0 },
    { "flutterwave", &flutterwave_call, "/v3/chargebacks?flw_ref=FLW1", 200, "{\"status\":\"success\",\"meta\":{\"page_info\":{\"total_pages\":1}},\"data\":[]}", ABSENT, 0, 0 },
    { "flutterwave", &flutterwave_call, "/v3/chargebacks?flw_ref=FLW1", 200, "{\"status\":\"success\",\"meta\":{\"page_info\":{\"total_pages\":2}},\"data\":[]}", UNSURE, 0, 0 },
    { "flutterwave", &others_call, "/v3/chargebacks?flw_ref=x", 200, FLUTTERWAVE_DISPUTE("lost"), UNSURE, 0, 0 },
};
/* clang-format on */

static void check_dispute(size_t row, const struct processor_dispute *found)
{
    assert_row((int)found->kind == answers[row].kind, row);
    if (answers[row].kind != FOUND) return;
    assert_row(found->stage == answers[row].stage && found->state == answers[row].state, row);
    assert_row(found->amount.minor == 5000 && found->due_at == INT64_C(1700000000) * SECOND && found->reason.length > 0, row);
}

static void disputes_are_what_the_processor_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(answers); i++) {
        struct arena arena = { 0 };
        struct processor_request request;
        struct processor_dispute found;
        const struct processor_dispute_look_up *look_up = &processor_named(str_of(answers[i].processor))->dispute;
        struct processor_answer answer = { .status = answers[i].status, .body = str_of(answers[i].body) };
        look_up->ask(&arena, answers[i].call, &request);
        assert_str(request.method, STR("GET"));
        assert_str(request.path, str_of(answers[i].asks));
        look_up->read(&arena, answers[i].call, &answer, &found);
        check_dispute(i, &found);
        arena_close(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_processors_own_are_proven),
        cmocka_unit_test(only_what_paypal_signed_for_us),
        cmocka_unit_test(a_certificate_leads_to_an_anchor_is_valid_and_bears_its_name),
        cmocka_unit_test(events_are_hints),
        cmocka_unit_test(disputes_are_what_the_processor_says),
    };
    return cmocka_run_group_tests_name("notices", tests, write_anchor, remove_anchor);
}
