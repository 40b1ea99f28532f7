/* SPDX-License-Identifier: Apache-2.0 */
/* paystack_notices: Paystack's events. `x-paystack-signature` is the HMAC-SHA512 of the body under the secret key of the API, which tells
 * test from live as well. There is no time in it and no id: one that comes again is known by its bytes. */
#include "processor/answer.h"
#include "processor/notice.h"
#include "processor/paystack.h"

static bool prove(struct arena *arena, const struct processor_notice *notice)
{
    return notice_has_code(arena, notice->headers[0], SIGNATURE_SHA512, notice->keys->secret_key, &notice->body, 1);
}

/* A charge is told with our reference; where its payer bears the fee, what was wanted stands beside what he gave. */
static void hear_charge(const struct json *data, struct processor_news *out)
{
    const char *sum = json_find(data, "requested_amount") ? "requested_amount" : "amount";
    out->subject = NEWS_OF_PAYMENT;
    out->reference = notice_reference(json_string(json_find(data, "reference")));
    if (!paystack_read_money(data, sum, &out->amount)) out->amount = (money){ 0 };
}

/* One that has our note is ours; another one only touches the charge. */
static void hear_refund(const struct json *data, struct processor_news *out)
{
    str note = notice_reference(json_string(json_find(data, "merchant_note")));
    out->subject = NEWS_OF_PAYMENT;
    out->reference = note.length > 0 ? note : notice_reference(json_string(json_find(data, "transaction_reference")));
    bool tells_sum = note.length > 0 && paystack_read_money(data, "amount", &out->amount);
    if (!tells_sum) out->amount = (money){ 0 };
}

/* It hangs on the charge. */
static void hear_dispute(struct arena *arena, const struct json *data, struct processor_news *out)
{
    out->subject = NEWS_OF_DISPUTE;
    out->reference = notice_reference(json_string(json_find(json_find(data, "transaction"), "reference")));
    out->dispute_ref = arena_copy(arena, json_number(json_find(data, "id")));
}

static bool hear(struct arena *arena, const struct processor_notice *notice, struct processor_news *out)
{
    const struct json *event = notice_json(arena, notice), *data = json_find(event, "data");
    str domain = json_string(json_find(data, "domain"));
    *out = (struct processor_news){ .type = json_string(json_find(event, "event")) };
    if (out->type.length == 0 || !data) return false;
    out->is_of_another_mode = domain.length > 0 && !str_equal(domain, notice->live ? STR("live") : STR("test"));
    if (str_starts_with(out->type, STR("refund."))) hear_refund(data, out);
    else if (str_starts_with(out->type, STR("charge.dispute."))) hear_dispute(arena, data, out);
    else if (str_equal(out->type, STR("charge.success"))) hear_charge(data, out);
    return true;
}

const struct processor_notices paystack_notices = { .headers = { "x-paystack-signature" }, .prove = prove, .hear = hear };
