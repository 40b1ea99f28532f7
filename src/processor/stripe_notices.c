/* SPDX-License-Identifier: Apache-2.0 */
/* stripe_notices: Stripe's events, and the header that signs them:
 *
 *     Stripe-Signature: t=<seconds>,v1=<HMAC-SHA256 of "<seconds>.<body>" under the whole whsec_ text>,v1=...
 *
 * There are two of v1 while a secret is changed; other schemes are not looked at. */
#include "base/signature.h"
#include "processor/answer.h"
#include "processor/notice.h"
#include "processor/stripe.h"

#define TOLERANCE (INT64_C(300) * MICROS_PER_SECOND)

/* ---- proof ---- */

/* The time under which it was signed, as it is written; each v1 is held against it. */
static bool is_timely(str header, micros now, str *moment)
{
    int64_t seconds;
    str rest, first = str_cut(header, ',', &rest);
    if (!str_starts_with(first, STR("t="))) return false;
    *moment = str_from(first, 2);
    if (!str_to_int64(*moment, INT64_MAX / MICROS_PER_SECOND, &seconds)) return false;
    micros age = now - seconds * MICROS_PER_SECOND;
    return age <= TOLERANCE && age >= -TOLERANCE;
}

/* The code is computed once, however many a stranger writes. */
static bool prove(struct arena *arena, const struct processor_notice *notice)
{
    str header = notice->headers[0], moment;
    const char *secret = notice->keys->webhook_secret;
    bool is_proven = false;
    if (!secret || !is_timely(header, notice->now, &moment)) return false;
    const str pieces[] = { moment, STR("."), notice->body };
    str code = hmac_hex(arena, SIGNATURE_SHA256, str_of(secret), pieces, COUNT_OF(pieces));
    while (header.length > 0) {
        str one = str_trim(str_cut(header, ',', &header));
        is_proven |= str_starts_with(one, STR("v1=")) && str_equal_secret(str_from(one, 3), code);
    }
    return is_proven;
}

/* ---- what it is about ---- */

/* The kinds of objects that an event can carry, and where in them our payment is named. */
static const struct kind {
    const char *object;
    const char *intent; /* the member with the intent's id, by which we know the hold */
} kinds[] = {
    { "payment_intent", "id" },
    { "charge", "payment_intent" },
    { "refund", "payment_intent" },
    { "dispute", "payment_intent" },
};

static const struct kind *kind_of(const struct json *object)
{
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        if (answer_says(object, "object", str_of(kinds[i].object))) return &kinds[i];
    }
    return NULL;
}

/* A charge has the metadata of its intent, a refund its own, a dispute none of ours. The sum is that of whatever the reference names. */
static void hear_object(const struct json *object, struct processor_news *out)
{
    const struct kind *kind = kind_of(object);
    if (!kind) return;
    bool is_dispute = str_equal(str_of(kind->object), STR("dispute"));
    out->subject = is_dispute ? NEWS_OF_DISPUTE : NEWS_OF_PAYMENT;
    if (is_dispute) out->dispute_ref = json_string(json_find(object, "id"));
    out->reference = notice_reference(json_string(json_find(json_find(object, "metadata"), "florin_reference")));
    out->processor_ref = json_string(json_find(object, kind->intent));
    bool tells_sum = out->reference.length > 0 && stripe_read_sum(object, "amount", &out->amount);
    if (!tells_sum) out->amount = (money){ 0 };
}

static bool hear(struct arena *arena, const struct processor_notice *notice, struct processor_news *out)
{
    const struct json *event = notice_json(arena, notice);
    *out = (struct processor_news){ .event_id = json_string(json_find(event, "id")), .type = json_string(json_find(event, "type")) };
    if (!answer_says(event, "object", STR("event")) || out->event_id.length == 0 || out->type.length == 0) return false;
    out->is_of_another_mode = json_is_true(json_find(event, "livemode")) != notice->live;
    out->is_of_another_account = json_string(json_find(event, "account")).length > 0; /* one that is connected to ours */
    hear_object(json_find(json_find(event, "data"), "object"), out);
    return true;
}

const struct processor_notices stripe_notices = { .headers = { "Stripe-Signature" }, .prove = prove, .hear = hear };
