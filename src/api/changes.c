/* SPDX-License-Identifier: Apache-2.0 */
/* changes: POST /v1/payments/{id}/capture, /void, /refund and /review. */
#include "api/call.h"
#include "api/fingerprint.h"
#include "api/values.h"

static enum problem_code read_amount(struct reading *reading, const struct json *value, void *into)
{
    struct change_wish *wish = into;
    (void)reading;
    wish->whole = false;
    return value_amount(value, &wish->amount_minor);
}

static enum problem_code read_currency(struct reading *reading, const struct json *value, void *into)
{
    struct change_wish *wish = into;
    (void)reading;
    wish->has_currency = true;
    return value_currency(value, &wish->currency);
}

static const struct member money_members[] = {
    { "amount", false, read_amount },
    { "currency", false, read_currency },
};

static enum problem_code read_decision(struct reading *reading, const struct json *value, void *into)
{
    struct change_wish *wish = into;
    bool approves = str_equal(json_string(value), STR("approve"));
    (void)reading;
    wish->command = approves ? COMMAND_APPROVE : COMMAND_DECLINE;
    return approves || str_equal(json_string(value), STR("decline")) ? PROBLEM_NONE : PROBLEM_PARAM_INVALID;
}

static const struct member review_members[] = {
    { "decision", true, read_decision },
};

static void begin(struct api_call *call, const struct change_wish *wish)
{
    const struct api_options *options = &call->api->options;
    str fingerprint = fingerprint_of(&call->api->reading, &options->fingerprint_secret, &call->exchange->request, call->body);
    struct request_name name = call_name(call, fingerprint);
    call_wait(call);
    flows_change(options->flows, &name, wish, &call->waiter);
}

static void change(struct api_call *call, enum command_kind command, const struct member *members, size_t count)
{
    struct change_wish wish = { .command = command, .payment_id = call->param, .whole = true };
    struct reading reading = reading_open(&call->api->reading);
    reading_members(&reading, call->body, members, count, &wish);
    /* A currency without an amount says nothing about money. */
    if (wish.has_currency && wish.whole) reading_note(&reading, STR("amount"), PROBLEM_PARAM_MISSING);

    if (reading.error_count > 0) call_refuse_errors(call, &reading);
    else if (!id_is(call->param, STR("pay_"))) call_refuse(call, PROBLEM_NOT_FOUND);
    else begin(call, &wish);
}

void payments_capture(struct api_call *call)
{
    change(call, COMMAND_CAPTURE, money_members, COUNT_OF(money_members));
}

void payments_void(struct api_call *call)
{
    change(call, COMMAND_VOID, NULL, 0);
}

void payments_refund(struct api_call *call)
{
    change(call, COMMAND_REFUND, money_members, COUNT_OF(money_members));
}

void payments_review(struct api_call *call)
{
    change(call, COMMAND_DECLINE, review_members, COUNT_OF(review_members));
}
