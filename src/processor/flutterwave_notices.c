/* SPDX-License-Identifier: Apache-2.0 */
/* flutterwave_notices: Flutterwave's events. `verif-hash` is the secret itself, which covers no byte of them: whoever has seen one can
 * write others. They have no id: one that comes again is known by its bytes. */
#include "processor/answer.h"
#include "processor/decimal.h"
#include "processor/flutterwave.h"
#include "processor/notice.h"

static bool prove(struct arena *arena, const struct processor_notice *notice)
{
    const char *secret = notice->keys->webhook_secret;
    (void)arena;
    return secret && str_equal_secret(notice->headers[0], str_of(secret));
}

static void hear_charge(const struct json *data, struct processor_news *out)
{
    out->reference = notice_reference(json_string(json_find(data, "tx_ref")));
    out->amount.currency = answer_currency(json_string(json_find(data, "currency")));
    str amount = flutterwave_number(json_find(data, "amount"));
    if (!decimal_minor(amount, out->amount.currency, &out->amount.minor)) out->amount.minor = -1; /* equals nothing */
}

/* A refund, or a chargeback: they name the charge. */
static void hear_of_charge(struct arena *arena, const struct json *data, const char *number, struct processor_news *out)
{
    struct processor_id id;
    bool is_named = flutterwave_read_id(flutterwave_number(json_find(data, number)), json_string(json_find(data, "flw_ref")), &id);
    if (is_named) out->processor_ref = arena_copy(arena, str_of(id.text));
}

static bool hear(struct arena *arena, const struct processor_notice *notice, struct processor_news *out)
{
    const struct json *event = notice_json(arena, notice), *data = json_find(event, "data");
    *out = (struct processor_news){ .type = json_string(json_find(event, "event")) };
    if (out->type.length == 0 || !data) return false;
    bool is_charge = str_equal(out->type, STR("charge.completed")), is_refund = str_starts_with(out->type, STR("refund."));
    bool is_dispute = str_starts_with(out->type, STR("chargeback."));
    out->subject = is_charge || is_refund ? NEWS_OF_PAYMENT : is_dispute ? NEWS_OF_DISPUTE : NEWS_OF_NOTHING;
    if (is_charge) hear_charge(data, out);
    if (is_refund) hear_of_charge(arena, data, "tx_id", out);
    if (is_dispute) hear_of_charge(arena, data, "transaction_id", out);
    if (is_dispute) out->dispute_ref = arena_copy(arena, flutterwave_number(json_find(data, "id")));
    return true;
}

const struct processor_notices flutterwave_notices = { .headers = { "verif-hash" }, .prove = prove, .hear = hear };
