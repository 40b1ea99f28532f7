/* SPDX-License-Identifier: Apache-2.0 */
/* paypal_notices: PayPal's events, signed with a certificate that they name the address of:
 *
 *     <transmission id>|<transmission time>|<id of our webhook>|<CRC-32 of the body, in decimal digits>
 *
 * The id of the webhook is what makes the signature ours: PayPal signs everybody's with one key. There is no window of time, and
 * of the body no more than its CRC-32 is signed: whoever has seen a notice can make another body of it. It makes us ask, and no more. */
#include "processor/paypal_notices.h"

#include "base/hash.h"
#include "processor/answer.h"
#include "processor/decimal.h"
#include "processor/notice.h"

enum { TRANSMISSION_ID, TRANSMISSION_TIME, TRANSMISSION_SIG, CERT_URL, AUTH_ALGO };

enum { SIG_CHARS_MIN = 256, SIG_CHARS_MAX = 1024 }; /* base64 of RSA with 1,536 to 6,144 bits */

/* ---- proof ---- */

static bool prove(struct arena *arena, const struct processor_notice *notice)
{
    const str *headers = notice->headers;
    const char *webhook_id = notice->keys->webhook_secret;
    size_t sig = headers[TRANSMISSION_SIG].length;
    if (!webhook_id || !notice->certificate || !str_equal(headers[AUTH_ALGO], STR("SHA256withRSA"))) return false;
    if (sig < SIG_CHARS_MIN || sig > SIG_CHARS_MAX) return false; /* before the body is looked at */
    str text = arena_format(arena, "%.*s|%.*s|%s|%u", STR_FORMAT(headers[TRANSMISSION_ID]), STR_FORMAT(headers[TRANSMISSION_TIME]), webhook_id,
                            crc32_of(notice->body));
    return certificate_has_signed(notice->certificate, text, headers[TRANSMISSION_SIG]);
}

/* ---- what it is about ---- */

static void hear_amount(const struct json *object, struct processor_news *out)
{
    const struct json *amount = json_find(object, "amount");
    out->amount.currency = answer_currency(json_string(json_find(amount, "currency_code")));
    bool is_told = decimal_minor(json_string(json_find(amount, "value")), out->amount.currency, &out->amount.minor);
    if (!is_told) out->amount.minor = -1; /* equals nothing */
}

/* The one unit of an order, and its hold, bear our reference as `custom_id`. */
static void hear_hold(const struct json *unit, struct processor_news *out)
{
    out->subject = NEWS_OF_PAYMENT;
    out->reference = notice_reference(json_string(json_find(unit, "custom_id")));
    if (out->reference.length > 0) hear_amount(unit, out);
}

/* A capture, or a refund, bears its own as `invoice_id`; `custom_id` is that of the hold. */
static void hear_movement(const struct json *object, struct processor_news *out)
{
    str own = notice_reference(json_string(json_find(object, "invoice_id")));
    out->subject = NEWS_OF_PAYMENT;
    out->reference = own.length > 0 ? own : notice_reference(json_string(json_find(object, "custom_id")));
    if (own.length > 0) hear_amount(object, out);
}

/* The capture that it is about. */
static void hear_dispute(const struct json *dispute, struct processor_news *out)
{
    const struct json *capture = json_first(json_find(dispute, "disputed_transactions")).value;
    out->subject = NEWS_OF_DISPUTE;
    out->dispute_ref = json_string(json_find(dispute, "dispute_id"));
    out->processor_ref = json_string(json_find(capture, "seller_transaction_id"));
    out->reference = notice_reference(json_string(json_find(capture, "invoice_number")));
}

static void hear_order(const struct json *order, struct processor_news *out)
{
    hear_hold(json_first(json_find(order, "purchase_units")).value, out);
}

/* clang-format off */
static const struct {
    const char *begins; /* the type */
    void (*hear)(const struct json *resource, struct processor_news *out);
} kinds[] = {
    { "CHECKOUT.ORDER.",        hear_order    },
    { "PAYMENT.AUTHORIZATION.", hear_hold     },
    { "PAYMENT.CAPTURE.",       hear_movement }, /* PAYMENT.CAPTURE.REFUNDED is about a refund */
    { "PAYMENT.REFUND.",        hear_movement },
    { "CUSTOMER.DISPUTE.",      hear_dispute  },
};
/* clang-format on */

static void hear_resource(const struct json *resource, struct processor_news *out)
{
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        if (str_starts_with(out->type, str_of(kinds[i].begins))) kinds[i].hear(resource, out);
    }
}

/* Which mode it is of, the host of its certificate has told. */
static bool hear(struct arena *arena, const struct processor_notice *notice, struct processor_news *out)
{
    const struct json *event = notice_json(arena, notice);
    *out = (struct processor_news){ .event_id = json_string(json_find(event, "id")), .type = json_string(json_find(event, "event_type")) };
    if (out->event_id.length == 0 || out->type.length == 0) return false;
    hear_resource(json_find(event, "resource"), out);
    return true;
}

static const struct processor_certificates certificates = {
    .header = CERT_URL,
    .path = "/v1/notifications/certs/",
    .live_origins = "https://api.paypal.com https://api-m.paypal.com",
    .test_origins = "https://api.sandbox.paypal.com https://api-m.sandbox.paypal.com",
    .names = "messageverificationcerts.paypal.com messageverificationcerts.sandbox.paypal.com",
};

const struct processor_notices paypal_notices = {
    .headers = { [TRANSMISSION_ID] = "PAYPAL-TRANSMISSION-ID", [TRANSMISSION_TIME] = "PAYPAL-TRANSMISSION-TIME",
                 [TRANSMISSION_SIG] = "PAYPAL-TRANSMISSION-SIG", [CERT_URL] = "PAYPAL-CERT-URL", [AUTH_ALGO] = "PAYPAL-AUTH-ALGO" },
    .certificates = &certificates,
    .prove = prove,
    .hear = hear,
};
