/* SPDX-License-Identifier: Apache-2.0 */
/* processor_toy: a company that nobody has: the smallest processor there can be. test_new_processor.py moves this file among the others, adds
 * a line to processors.list, and has a processor; nothing else knows it. */
#include "base/moment.h"
#include "processor/answer.h"
#include "processor/holes.h"

/* ---- asking ---- */

static struct text post(struct arena *arena, str path, struct processor_request *out)
{
    out->method = STR("POST");
    out->path = path;
    return text_open(arena, 128);
}

static void put_sum(struct text *body, money amount)
{
    json_put_int(body, "cents", amount.minor);
    json_put_str(body, "currency", currency_str(&amount.currency));
}

static void ask_hold(struct arena *arena, const struct processor_call *call, struct processor_request *out)
{
    struct text body = post(arena, STR("/holds"), out);
    json_open_object(&body);
    json_name(&body, "card");
    hole_put(&body, HOLE_CARD_NUMBER, HOLE_JSON_STRING);
    json_name(&body, "until");
    hole_put(&body, HOLE_EXPIRY_YEAR, HOLE_JSON_YEAR_MONTH);
    put_sum(&body, call->amount);
    json_close_object(&body);
    out->body = text_str(&body);
}

static void ask_about(struct arena *arena, str object, const char *verb, money amount, struct processor_request *out)
{
    struct text body = post(arena, arena_format(arena, "/%.*s/%s", STR_FORMAT(object), verb), out);
    json_open_object(&body);
    put_sum(&body, amount);
    json_close_object(&body);
    out->body = text_str(&body);
}

static void ask_take(struct arena *arena, const struct processor_call *call, struct processor_request *out)
{
    ask_about(arena, call->authorization_ref, "take", call->amount, out);
}

static void ask_drop(struct arena *arena, const struct processor_call *call, struct processor_request *out)
{
    ask_about(arena, call->authorization_ref, "drop", call->amount, out);
}

static void ask_return(struct arena *arena, const struct processor_call *call, struct processor_request *out)
{
    ask_about(arena, call->capture_ref, "return", call->amount, out);
}

/* ---- reading ---- */

static bool sum_is(const struct json *body, money wanted)
{
    int64_t cents;
    return json_int64(json_find(body, "cents"), &cents) && cents == wanted.minor &&
           answer_says(body, "currency", currency_str(&wanted.currency));
}

static void read_answer(struct arena *arena, const struct processor_call *call, const struct processor_answer *answer, struct outcome *out)
{
    const struct json *body = answer_json(arena, answer);
    *out = (struct outcome){ .kind = OUTCOME_UNKNOWN, .replayed = answer->replayed };
    if (answer->status == 402 && answer_says(body, "error", STR("no_money"))) {
        *out = (struct outcome){ .kind = OUTCOME_DECLINED, .category = CATEGORY_INSUFFICIENT_FUNDS };
        outcome_keep_word(out, STR("no_money"));
    } else if (answer->status == 503) {
        out->kind = OUTCOME_BUSY;
        out->may_have_happened = true;
    } else if (answer->status == 200) {
        bool has_id = answer_id(json_find(body, "id"), STR(""), &out->id) && out->id.text[0];
        outcome_conclude(has_id, sum_is(body, call->amount), out);
    }
}

/* A hold without an end is none that we know. */
static void read_hold(struct arena *arena, const struct processor_call *call, const struct processor_answer *answer, struct outcome *out)
{
    read_answer(arena, call, answer, out);
    if (out->kind != OUTCOME_DONE) return;
    bool ends = moment_parse(json_string(json_find(answer_json(arena, answer), "ends_at")), &out->expires_at);
    outcome_conclude(true, ends, out);
}

extern const struct processor processor_toy;
const struct processor processor_toy = {
    .name = "toy",
    .test_key_prefix = "toy_test_",
    .live_key_prefix = "toy_live_",
    .credential = CREDENTIAL_BEARER,
    .content_type = "application/json",
    .key_header = "Once",
    .key_window = INT64_C(24) * 3600 * MICROS_PER_SECOND,
    .can = { .partial_capture = true, .partial_refund = true, .currencies = "EUR USD" },
    .operations = {
        [OPERATION_AUTHORIZE] = { ask_hold, read_hold },
        [OPERATION_CAPTURE] = { ask_take, read_answer },
        [OPERATION_VOID] = { ask_drop, read_answer },
        [OPERATION_REFUND] = { ask_return, read_answer },
    },
};
