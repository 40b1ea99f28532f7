/* SPDX-License-Identifier: Apache-2.0 */
/* paypal_errors: refusals in PayPal's words. */
#include "sim/paypal.h"

enum { DEBUG_MIX = 0x2545f491 /* so that ids do not look like counting */ };

/* --- Words --- */

struct status_words {
    int status;
    const char *name, *message;
};

static const struct status_words words[] = {
    { 400, "INVALID_REQUEST", "Request is not well-formed, syntactically incorrect, or violates schema." },
    { 401, "AUTHENTICATION_FAILURE",
      "Authentication failed due to missing authorization header, or invalid authentication credentials." },
    { 403, "NOT_AUTHORIZED", "Authorization failed due to insufficient permissions." },
    { 404, "RESOURCE_NOT_FOUND", "The specified resource does not exist." },
    { 409, "RESOURCE_CONFLICT", "The server has detected a conflict while processing this request." },
    { 415, "UNSUPPORTED_MEDIA_TYPE", "The server does not support the request payload's media type." },
    { 422, "UNPROCESSABLE_ENTITY",
      "The requested action could not be performed, semantically incorrect, or failed business validation." },
    { 429, "RATE_LIMIT_REACHED", "Too many requests. Blocked due to rate limiting." },
    { 503, "SERVICE_UNAVAILABLE", "Service Unavailable." },
    { 500, "INTERNAL_SERVER_ERROR", "An internal server error occurred." },
};

static const struct status_words *words_of(int status)
{
    size_t i = 0;
    while (i + 1 < COUNT_OF(words) && words[i].status != status) i++;
    return &words[i];
}

/* Issues that are not told by 422, or have a sentence that is the same wherever they come up. */
static const struct issue {
    const char *name;
    int status;
    const char *description; /* NULL: none is told */
} issues[] = {
    { "MISSING_REQUIRED_PARAMETER", 400, NULL },
    { "INVALID_PARAMETER_VALUE", 400, NULL },
    { "INVALID_PARAMETER_SYNTAX", 400, NULL },
    { "INVALID_STRING_LENGTH", 400, NULL },
    { "INVALID_ARRAY_MAX_ITEMS", 400, "The number of items in an array parameter is too large." },
    { "MALFORMED_REQUEST_JSON", 400, "The request JSON is not well formed." },
    { "PAYPAL_REQUEST_ID_REQUIRED", 400, NULL },
    { "PERMISSION_DENIED", 403, "You do not have permission to access or perform operations on this resource." },
    { "INVALID_RESOURCE_ID", 404, "Specified resource ID does not exist. Please check the resource ID and try again." },
    { "PREVIOUS_REQUEST_IN_PROGRESS", 409, NULL },
    { "UNSUPPORTED_MEDIA_TYPE", 415, NULL },
    { "INTERNAL_SERVER_ERROR", 500, NULL },
    { "SERVICE_UNAVAILABLE", 503, NULL },
    { "RATE_LIMIT_REACHED", 429, NULL },
    { "AUTHORIZATION_ALREADY_CAPTURED", 422, "Authorization has previously been captured." },
    { "AUTHORIZATION_EXPIRED", 422, "An expired authorization cannot be captured." },
    { "CAPTURE_FULLY_REFUNDED", 422, "The capture has already been fully refunded" },
    { "CARD_EXPIRED", 422, "The card is expired" },
    { "INSTRUMENT_DECLINED", 422,
      "The instrument presented  was either declined by the processor or bank, or it can't be used for this payment." },
    { "NOT_PATCHABLE", 422, "Cannot be patched." },
    { "PREVIOUSLY_CAPTURED", 422, "Authorization has been previously captured and hence cannot be voided." },
    { "PREVIOUSLY_VOIDED", 422, "Authorization has been previously voided and hence cannot be voided again." },
    { "REFUND_AMOUNT_EXCEEDED", 422,
      "The refund amount must be less than or equal to the capture amount that has not yet been refunded." },
};

static struct issue issue_named(str name)
{
    for (size_t i = 0; i < COUNT_OF(issues); i++) {
        if (str_equal(str_of(issues[i].name), name)) return issues[i];
    }
    return (struct issue){ .status = 422 };
}

/* --- Bodies --- */

str paypal_debug_id(struct psp_visit *visit)
{
    return arena_format(visit->arena, "f%012llx", (unsigned long long)(visit->desk.number * DEBUG_MIX & 0xffffffffffffULL));
}

static void put_details(struct text *text, str issue, const char *description, const char *field)
{
    json_name(text, "details");
    json_open_list(text);
    json_comma(text);
    json_open_object(text);
    json_put_str(text, "issue", issue);
    if (description) json_put_str(text, "description", str_of(description));
    if (field) json_put_str(text, "field", str_of(field));
    if (field) json_put_str(text, "location", STR("body"));
    json_close_object(text);
    json_close_list(text);
}

static void answer(struct psp_visit *visit, int status, str issue, const char *description, const char *field)
{
    struct text text = text_open(visit->arena, 512);
    json_open_object(&text);
    json_put_str(&text, "name", str_of(words_of(status)->name));
    json_put_str(&text, "message", str_of(words_of(status)->message));
    json_put_str(&text, "debug_id", paypal_debug_id(visit));
    if (issue.length > 0) put_details(&text, issue, description, field);
    json_name(&text, "links");
    json_open_list(&text);
    json_close_list(&text);
    json_close_object(&text);
    psp_answer_text(visit, status, &text);
}

static void refuse(struct psp_visit *visit, str name, const char *field)
{
    struct issue issue = issue_named(name);
    bool has_details = issue.status < 500 && issue.status != 429 && issue.status != 415;
    answer(visit, issue.status, has_details ? name : STR_NONE, issue.description, field);
}

void paypal_refuse(struct psp_visit *visit, const char *issue, const char *field)
{
    refuse(visit, str_of(issue), field);
}

void paypal_refuse_not_found(struct psp_visit *visit)
{
    refuse(visit, STR("INVALID_RESOURCE_ID"), NULL);
}

/* --- Before anything was looked at --- */

static void refuse_twin(struct psp_visit *visit)
{
    bool is_order = str_starts_with(visit->desk.path, STR("/v2/checkout/"));
    refuse(visit, is_order ? STR("ORDER_COMPLETION_IN_PROGRESS") : STR("PREVIOUS_REQUEST_IN_PROGRESS"), NULL);
}

/* Whatever the body is this time: the key has an answer. */
static void answer_as_before(struct psp_visit *visit)
{
    visit->desk.answer.status = visit->key->status == 201 ? 200 : visit->key->status;
    visit->desk.answer.content_type = visit->key->content_type;
    visit->desk.answer.body = visit->key->body;
}

void paypal_refuse_early(struct psp_visit *visit, enum psp_refusal why)
{
    switch (why) {
    case PSP_NO_SUCH_PATH:
    case PSP_WRONG_METHOD: answer(visit, 404, STR_NONE, NULL, NULL); break;
    case PSP_UNAUTHORIZED: answer(visit, 401, STR_NONE, NULL, NULL); break;
    case PSP_UNREADABLE: refuse(visit, STR("MALFORMED_REQUEST_JSON"), NULL); break;
    case PSP_UNKNOWN_PARAMETER: refuse(visit, STR("INVALID_PARAMETER_VALUE"), NULL); break;
    case PSP_KEY_IN_USE: refuse_twin(visit); break;
    case PSP_KEY_REUSED:
        if (visit->key->is_running) refuse_twin(visit);
        else answer_as_before(visit);
        break;
    case PSP_RATE_LIMITED: answer(visit, 429, STR_NONE, NULL, NULL); break;
    case PSP_FINE:
    case PSP_FAILED: answer(visit, 500, STR_NONE, NULL, NULL); break;
    }
}

bool paypal_is_mocked(struct psp_visit *visit)
{
    const struct json *asked;
    str header = http_header(&visit->desk.exchange->request, STR("PayPal-Mock-Response"));
    if (header.length == 0 || !body_read(visit->arena, header, &asked)) return false;
    str code = given_text(asked, "mock_application_codes");
    if (code.length == 0) return false;
    refuse(visit, code, NULL);
    return true;
}
