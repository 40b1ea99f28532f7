/* SPDX-License-Identifier: Apache-2.0 */
/* stripe_errors: refusals in Stripe's words. */
#include "sim/stripe.h"

static const char invalid_request[] = "invalid_request_error";

void stripe_refuse_with(struct psp_visit *visit, const struct stripe_error *error, struct stripe_intent *intent,
                        struct stripe_setup *setup)
{
    struct text text = text_open(visit->arena, 512);
    json_open_object(&text);
    json_name(&text, "error");
    stripe_put_error(&text, error, intent, setup);
    json_close_object(&text);
    psp_answer_text(visit, error->status, &text);
}

void stripe_refuse(struct psp_visit *visit, const struct stripe_error *error)
{
    stripe_refuse_with(visit, error, NULL, NULL);
}

str stripe_param(struct arena *arena, str path)
{
    struct text text = text_open(arena, path.length + 8);
    str rest;
    text_put(&text, str_cut(path, '.', &rest));
    while (rest.length > 0) {
        str part = str_cut(rest, '.', &rest);
        text_put_format(&text, "[%.*s]", STR_FORMAT(part));
    }
    return text_str(&text);
}

/* What was wrong with the parameters alone is not kept for a key. */
void stripe_invalid(struct psp_visit *visit, const char *code, str param, const char *message)
{
    str bracketed = param.bytes ? stripe_param(visit->arena, param) : STR_NONE;
    struct stripe_error error = { .status = 400, .type = invalid_request, .code = code, .message = message, .param = bracketed };
    visit->keeps_nothing = true;
    stripe_refuse(visit, &error);
}

void stripe_missing(struct psp_visit *visit, const char *param)
{
    str bracketed = stripe_param(visit->arena, str_of(param));
    str message = arena_format(visit->arena, "Missing required param: %.*s.", STR_FORMAT(bracketed));
    stripe_invalid(visit, "parameter_missing", str_of(param), message.bytes);
}

/* What a path names is not there: 404; what a parameter names: 400. */
void stripe_not_found(struct psp_visit *visit, const char *what, const char *param, str id)
{
    str message = arena_format(visit->arena, "No such %s: '%.*s'", what, STR_FORMAT(id));
    struct stripe_error error = { .status = id.bytes == visit->ids[0].bytes ? 404 : 400,
                                  .type = invalid_request,
                                  .code = "resource_missing",
                                  .message = message.bytes,
                                  .param = str_of(param) };
    visit->keeps_nothing = true;
    stripe_refuse(visit, &error);
}

/* --- Before anything was looked at --- */

static const struct stripe_error early[] = {
    [PSP_NO_SUCH_PATH] = { .status = 404, .type = invalid_request, .message = "Unrecognized request URL." },
    [PSP_WRONG_METHOD] = { .status = 404, .type = invalid_request, .message = "Unrecognized request URL." },
    [PSP_UNAUTHORIZED] = { .status = 401, .type = invalid_request, .message = "Invalid API Key provided." },
    [PSP_UNREADABLE] = { .status = 400, .type = invalid_request, .message = "Invalid request: the body cannot be read as a form." },
    [PSP_KEY_IN_USE] = { .status = 409,
                         .type = "idempotency_error",
                         .code = "idempotency_key_in_use",
                         .message = "There is currently another in-progress request using this Idempotent Key." },
    [PSP_KEY_REUSED] = { .status = 400,
                         .type = "idempotency_error",
                         .message = "Keys for idempotent requests can only be used with the same parameters they were first used with." },
    [PSP_RATE_LIMITED] = { .status = 429, .type = invalid_request, .code = "rate_limit", .message = "Too many requests." },
    [PSP_FAILED] = { .status = 500, .type = "api_error", .message = "An unknown error occurred." },
};

static bool may_try_again(enum psp_refusal why)
{
    return why == PSP_KEY_IN_USE || why == PSP_RATE_LIMITED || why == PSP_FAILED;
}

void stripe_refuse_early(struct psp_visit *visit, enum psp_refusal why)
{
    if (why == PSP_UNKNOWN_PARAMETER) {
        str bracketed = stripe_param(visit->arena, visit->culprit);
        str message = arena_format(visit->arena, "Received unknown parameter: %.*s", STR_FORMAT(bracketed));
        stripe_invalid(visit, "parameter_unknown", visit->culprit, message.bytes);
        return;
    }
    stripe_refuse(visit, &early[why]);
    if (why != PSP_NO_SUCH_PATH && why != PSP_WRONG_METHOD) {
        psp_answer_header(visit, "Stripe-Should-Retry", may_try_again(why) ? STR("true") : STR("false"));
    }
}

/* --- Cards --- */

static const struct {
    const char *decline_code, *code, *message;
} declines[] = {
    { "insufficient_funds", "card_declined", "Your card has insufficient funds." },
    { "lost_card", "card_declined", "Your card was declined." },
    { "stolen_card", "card_declined", "Your card was declined." },
    { "fraudulent", "card_declined", "Your card was declined." },
    { "card_velocity_exceeded", "card_declined", "Your card was declined for making repeated attempts too frequently." },
    { "expired_card", "expired_card", "Your card has expired." },
    { "incorrect_cvc", "incorrect_cvc", "Your card's security code is incorrect." },
    { "processing_error", "processing_error", "An error occurred while processing your card. Try again in a little bit." },
    { "incorrect_number", "incorrect_number", "Your card number is incorrect." },
    { "invalid_expiry_month", "invalid_expiry_month", "Your card's expiration month is invalid." },
    { "invalid_expiry_year", "invalid_expiry_year", "Your card's expiration year is invalid." },
    { "invalid_cvc", "invalid_cvc", "Your card's security code is invalid." },
    { "authentication_required", "authentication_required", "Your card was declined. This transaction requires authentication." },
    { "generic_decline", "card_declined", "Your card was declined." },
};

struct stripe_error stripe_decline(const char *decline_code)
{
    size_t i = 0;
    while (i + 1 < COUNT_OF(declines) && !str_equal(str_of(declines[i].decline_code), str_of(decline_code))) i++;
    return (struct stripe_error){ .status = 402,
                                  .type = "card_error",
                                  .code = declines[i].code,
                                  .decline_code = decline_code,
                                  .message = declines[i].message };
}
