/* SPDX-License-Identifier: Apache-2.0 */
/* problem: the table of all problems, and the document that tells one. */
#include "api/problem.h"

/* Grouped by status. The API description lists the same (x-problems), and a test compares them. */
/* clang-format off */
static const struct problem_kind kinds[PROBLEM_CODE_COUNT] = {
    [PROBLEM_MALFORMED_REQUEST] = { "malformed_request", 400, false, 0,
        "The request is not well-formed HTTP",
        "The request line, a header, or an escape in the path or query cannot be read." },
    [PROBLEM_CARD_DATA_IN_URL] = { "card_data_in_url", 400, false, 0,
        "There is a card number in the address",
        "Card numbers may never stand in a path or a query: addresses are logged along the way." },
    [PROBLEM_IDEMPOTENCY_KEY_MISSING] = { "idempotency_key_missing", 400, false, 0,
        "The Idempotency-Key header is missing",
        "Send a key of your own with every request that moves money, and the same key when you repeat it." },
    [PROBLEM_IDEMPOTENCY_KEY_INVALID] = { "idempotency_key_invalid", 400, false, 0,
        "The Idempotency-Key header cannot be used",
        "Send it once, as 1 to 255 visible ASCII characters, bare or as a quoted string, and without a card number in it." },
    [PROBLEM_JSON_INVALID] = { "json_invalid", 400, false, 0,
        "The body is not JSON",
        "The body must be one JSON object and nothing else." },
    [PROBLEM_JSON_TOO_DEEP] = { "json_too_deep", 400, false, 0,
        "The body is nested too deeply",
        "JSON may be nested at most 16 levels deep." },
    [PROBLEM_JSON_TOO_LARGE] = { "json_too_large", 400, false, 0,
        "The body has too many members",
        "JSON may hold at most 512 members and elements in all." },
    [PROBLEM_JSON_DUPLICATE_NAME] = { "json_duplicate_name", 400, false, 0,
        "A name stands twice in one object",
        "Which of the two was meant cannot be known." },
    [PROBLEM_JSON_INVALID_TEXT] = { "json_invalid_text", 400, false, 0,
        "A text in the body is not valid Unicode",
        "Texts must be UTF-8, without NUL and without lone surrogates." },
    [PROBLEM_PARAM_UNKNOWN] = { "param_unknown", 400, false, 0,
        "There is no such member or parameter",
        "See errors for where it stands." },
    [PROBLEM_PARAM_MISSING] = { "param_missing", 400, false, 0,
        "A required member is missing or null",
        "See errors for which one." },
    [PROBLEM_PARAM_INVALID] = { "param_invalid", 400, false, 0,
        "A member or parameter has a wrong type or value",
        "See errors for which one." },
    [PROBLEM_AMOUNT_INVALID] = { "amount_invalid", 400, false, 0,
        "The amount is not a positive whole number",
        "Amounts are whole minor units (cents for USD), written in digits only." },
    [PROBLEM_AMOUNT_TOO_LARGE] = { "amount_too_large", 400, false, 0,
        "The amount is too large",
        "An amount may be at most 999999999999 minor units." },
    [PROBLEM_CURRENCY_INVALID] = { "currency_invalid", 400, false, 0,
        "That is no currency",
        "Use the three capital letters of an active ISO 4217 currency." },
    [PROBLEM_CARD_NUMBER_INVALID] = { "card_number_invalid", 400, false, 0,
        "The card number is not one",
        "It must have 13 to 19 digits, nothing between them, and a right check digit." },
    [PROBLEM_CARD_CVV_INVALID] = { "card_cvv_invalid", 400, false, 0,
        "The CVV is not one",
        "It must have 3 or 4 digits." },
    [PROBLEM_CARD_EXPIRY_INVALID] = { "card_expiry_invalid", 400, false, 0,
        "The expiry is not a date",
        "The month must be from 1 to 12, the year from 2000 to 2099." },
    [PROBLEM_CARD_DATA_NOT_ALLOWED] = { "card_data_not_allowed", 400, false, 0,
        "There is a card number where none belongs",
        "Card numbers are taken in card.number and nowhere else." },
    [PROBLEM_METADATA_TOO_LARGE] = { "metadata_too_large", 400, false, 0,
        "The metadata is too large",
        "At most 50 names of 40 characters, each with a text of at most 500 characters." },
    [PROBLEM_CURSOR_INVALID] = { "cursor_invalid", 400, false, 0,
        "The cursor cannot be used here",
        "Use next_cursor as it was given, with the same filters." },
    [PROBLEM_SHARE_INVALID] = { "share_invalid", 400, false, 0,
        "That is no share of a master key",
        "It was mistyped, or is the one that was given before. Both custodians begin again." },
    [PROBLEM_PROCESSOR_REF_INVALID] = { "processor_ref_invalid", 400, false, 0,
        "That id cannot be a processor's",
        "It is too long or has characters that cannot be printed." },
    [PROBLEM_AUTHENTICATION_REQUIRED] = { "authentication_required", 401, false, 0,
        "A key is needed",
        "Send Authorization: Bearer with a key of this gateway. Only while it has none, direct calls on a loopback address need none." },
    [PROBLEM_API_KEY_INVALID] = { "api_key_invalid", 401, false, 0,
        "That key is not valid",
        "It is none of this gateway's, it was revoked, or it is for test where this is live, or the other way round." },
    [PROBLEM_PERMISSION_DENIED] = { "permission_denied", 403, false, 0,
        "That key may not do this",
        "It holds, and is made for other calls: its scopes are seen with florin keys list." },
    [PROBLEM_SIGNATURE_INVALID] = { "signature_invalid", 401, false, 0,
        "Nothing shows that this comes from the processor",
        "The signature is missing, too old, or not made with the secret that is set up here: docs/how-to/notices.md." },
    [PROBLEM_CARD_DECLINED] = { "card_declined", 402, false, 0,
        "The card was declined",
        "The payment was not made. See decline_code for the reason." },
    [PROBLEM_CARDS_OFF] = { "cards_off", 403, false, 0,
        "Card data is not taken here",
        "This gateway is set up to refuse card data (cards = off)." },
    [PROBLEM_NOT_FOUND] = { "not_found", 404, false, 0,
        "There is nothing here",
        "There is no such path, or no object with that id." },
    [PROBLEM_METHOD_NOT_ALLOWED] = { "method_not_allowed", 405, false, 0,
        "The method is not allowed here",
        "See the Allow header for the methods of this path." },
    [PROBLEM_NOT_ACCEPTABLE] = { "not_acceptable", 406, false, 0,
        "The answer would be JSON",
        "The Accept header must admit application/json." },
    [PROBLEM_REQUEST_TIMEOUT] = { "request_timeout", 408, true, 1,
        "The request took too long to arrive",
        "It was not looked at. Send it again." },
    [PROBLEM_OPERATION_IN_PROGRESS] = { "operation_in_progress", 409, true, 1,
        "Something else is being done on this payment",
        "One thing at a time: try again when its operation has ended." },
    [PROBLEM_IDEMPOTENCY_IN_PROGRESS] = { "idempotency_in_progress", 409, true, 1,
        "The first request with this key is still running",
        "Another node is at work on it: repeat it with the same key in a moment." },
    [PROBLEM_INVALID_STATE] = { "invalid_state", 409, false, 0,
        "The payment is not in a state for this",
        "See state for the one it is in." },
    [PROBLEM_AUTHORIZATION_EXPIRED] = { "authorization_expired", 409, false, 0,
        "The hold has expired",
        "The hold can no longer be captured; Florin has it released." },
    [PROBLEM_NOT_APPROVED] = { "not_approved", 409, false, 0,
        "No review has approved the payment",
        "The fraud checks have it reviewed: its money is held, and taken only after POST /v1/payments/{id}/review approves it." },
    [PROBLEM_NO_OPEN_REVIEW] = { "no_open_review", 409, false, 0,
        "The payment is not under review",
        "Nobody has to review it, or the review is over. See risk in the receipt." },
    [PROBLEM_DISPUTE_OPEN] = { "dispute_open", 409, false, 0,
        "The payer has taken his money back, or may do so",
        "While a dispute is open, or once it is lost, a refund would give the money back twice. See disputes." },
    [PROBLEM_NOT_IN_REVIEW] = { "not_in_review", 409, false, 0,
        "The operation is not in review",
        "Only an operation that waits for a person can be settled by one." },
    [PROBLEM_VAULT_BUSY] = { "vault_busy", 409, true, 5,
        "The vault is at work on its keys",
        "One thing at a time: look at its state, and try again when it is done." },
    [PROBLEM_VAULT_OPEN] = { "vault_open", 409, false, 0,
        "The vault is open already",
        "There is nothing to unlock." },
    [PROBLEM_LENGTH_REQUIRED] = { "length_required", 411, false, 0,
        "The length of the body is missing",
        "Send Content-Length or a chunked body." },
    [PROBLEM_CONTENT_TOO_LARGE] = { "content_too_large", 413, false, 0,
        "The body is too large",
        "A body may have at most 64 KiB, that of a notice 1 MiB." },
    [PROBLEM_URI_TOO_LONG] = { "uri_too_long", 414, false, 0,
        "The address is too long",
        "The request line may have at most 8 KiB." },
    [PROBLEM_UNSUPPORTED_MEDIA_TYPE] = { "unsupported_media_type", 415, false, 0,
        "The body must be plain JSON",
        "Send Content-Type: application/json in UTF-8, without a Content-Encoding." },
    [PROBLEM_EXPECTATION_FAILED] = { "expectation_failed", 417, false, 0,
        "The expectation cannot be met",
        "Only Expect: 100-continue is understood." },
    [PROBLEM_AMOUNT_EXCEEDS_AUTHORIZED] = { "amount_exceeds_authorized", 422, false, 0,
        "More than was authorized",
        "A capture may take at most what is held and not yet captured." },
    [PROBLEM_AMOUNT_EXCEEDS_CAPTURED] = { "amount_exceeds_captured", 422, false, 0,
        "More than was captured",
        "A refund may give back at most what was captured and not yet refunded." },
    [PROBLEM_CURRENCY_MISMATCH] = { "currency_mismatch", 422, false, 0,
        "The payment has another currency",
        "An amount must be in the currency of its payment." },
    [PROBLEM_CURRENCY_NOT_SUPPORTED] = { "currency_not_supported", 422, false, 0,
        "The processor does not take this currency",
        "Use another currency or another processor." },
    [PROBLEM_PARTIAL_NOT_SUPPORTED] = { "partial_not_supported", 422, false, 0,
        "The processor takes full amounts only",
        "Leave the amount out, or name all of it." },
    [PROBLEM_CVV_REQUIRED] = { "cvv_required", 422, false, 0,
        "The processor needs the CVV",
        "Send card.cvv as well, or cvv beside token." },
    [PROBLEM_EMAIL_REQUIRED] = { "email_required", 422, false, 0,
        "The processor needs the payer's e-mail address",
        "Send customer.email as well." },
    [PROBLEM_PAYMENT_METHOD_NOT_SUPPORTED] = { "payment_method_not_supported", 422, false, 0,
        "The processor does not take this way of paying",
        "It has no page of its own on which a payer pays: name another processor, or send a card." },
    [PROBLEM_HOLD_NOT_SUPPORTED] = { "hold_not_supported", 422, false, 0,
        "The processor cannot hold money",
        "It only sells: send capture: automatic, or use another processor." },
    [PROBLEM_PROCESSOR_REFERENCE_UNKNOWN] = { "processor_reference_unknown", 422, false, 0,
        "The processor's id for this was lost",
        "The processor needs an id that was never learnt: this can only be done there, by hand." },
    [PROBLEM_PROCESSOR_REFUSED] = { "processor_refused", 422, false, 0,
        "The processor will not do this",
        "It found fault with the request. Nothing has happened." },
    [PROBLEM_PROCESSOR_REF_NEEDED] = { "processor_ref_needed", 422, false, 0,
        "The processor's id is needed",
        "An authorization that happened can be used only with the processor's id for it." },
    [PROBLEM_PROCESSOR_NOT_SET_UP] = { "processor_not_set_up", 422, false, 0,
        "That processor is not set up here",
        "Nothing was begun. Name another one, or set it up: docs/how-to/processors.md." },
    [PROBLEM_TOKEN_UNKNOWN] = { "token_unknown", 422, false, 0,
        "There is no such token",
        "No card was ever stored under that id." },
    [PROBLEM_TOKEN_DELETED] = { "token_deleted", 422, false, 0,
        "The token was deleted",
        "Its card is gone. Store the card again, or send it with the payment." },
    [PROBLEM_TOKEN_USED] = { "token_used", 422, false, 0,
        "The token was used",
        "It was good for one payment. Make another one." },
    [PROBLEM_TOKEN_EXPIRED] = { "token_expired", 422, false, 0,
        "The token has expired",
        "Its time to live is over. Make another one." },
    [PROBLEM_TOKEN_UNREADABLE] = { "token_unreadable", 422, false, 0,
        "The stored card cannot be read",
        "What is stored was changed. Nothing was sent. Store the card again; the operator has been told." },
    [PROBLEM_VAULT_KEY_WRONG] = { "vault_key_wrong", 422, false, 0,
        "That is not the master key of this store",
        "The stored keys are sealed under another one, or were changed. Nothing was done; both shares are forgotten." },
    [PROBLEM_VAULT_KEY_NOT_HERE] = { "vault_key_not_here", 422, false, 0,
        "The master key does not come this way",
        "Where it lies in a file, the gateway makes the next one and writes it there; else two custodians bring it." },
    [PROBLEM_IDEMPOTENCY_KEY_REUSED] = { "idempotency_key_reused", 422, false, 0,
        "The key belongs to another request",
        "This Idempotency-Key was used for a request with other content. Take a new key for a new request." },
    [PROBLEM_HEADERS_TOO_LARGE] = { "headers_too_large", 431, false, 0,
        "The headers are too large",
        "At most 64 headers of 16 KiB in all." },
    [PROBLEM_NOT_IMPLEMENTED] = { "not_implemented", 501, false, 0,
        "The method or transfer coding is not known",
        "See the API description for what can be asked." },
    [PROBLEM_NOT_READY] = { "not_ready", 503, true, 1,
        "Not ready yet",
        "Open operations of the last run are being read, or the database is away. Try again in a moment." },
    [PROBLEM_SHUTTING_DOWN] = { "shutting_down", 503, true, 1,
        "Shutting down",
        "Nothing was begun. Try again in a moment." },
    [PROBLEM_OVERLOADED] = { "overloaded", 503, true, 1,
        "Too much is running",
        "Nothing was begun. Try again in a moment." },
    [PROBLEM_STORAGE_LOW] = { "storage_low", 503, true, 10,
        "The disk is nearly full",
        "Nothing was begun. Try again later." },
    [PROBLEM_STORAGE_UNAVAILABLE] = { "storage_unavailable", 503, true, 1,
        "The store cannot be read now",
        "Try again in a moment." },
    [PROBLEM_PROCESSOR_UNAVAILABLE] = { "processor_unavailable", 503, true, 5,
        "The processor cannot be reached",
        "Nothing has happened. Try again: with the same key, or with a new one when this answer names a payment, "
        "since that payment has failed." },
    [PROBLEM_VAULT_SEALED] = { "vault_sealed", 503, true, 10,
        "The vault of stored cards is sealed",
        "Nothing was begun. The operator has to set it up or to unlock it. Payments with a card go on." },
    [PROBLEM_HTTP_VERSION_NOT_SUPPORTED] = { "http_version_not_supported", 505, false, 0,
        "That version of HTTP is not spoken here",
        "Use HTTP/1.1." },
};
/* clang-format on */

const struct problem_kind *problem_kind_of(enum problem_code code)
{
    INSIST(code > PROBLEM_NONE && code < PROBLEM_CODE_COUNT);
    return &kinds[code];
}

enum problem_code problem_named(str word)
{
    for (int code = PROBLEM_NONE + 1; code < PROBLEM_CODE_COUNT; code++) {
        if (str_equal(word, str_of(kinds[code].word))) return (enum problem_code)code;
    }
    return PROBLEM_NONE;
}

void problem_put_kind(struct text *text, enum problem_code code)
{
    const struct problem_kind *kind = problem_kind_of(code);
    text_put(text, STR("\"type\":\"/problems/"));
    text_put(text, str_of(kind->word));
    text_put_char(text, '"');
    json_put_str(text, "title", str_of(kind->title));
    json_put_int(text, "status", kind->status);
    json_put_str(text, "detail", str_of(kind->detail));
    json_put_str(text, "code", str_of(kind->word));
    json_put_bool(text, "retryable", kind->retryable);
}

static void put_errors(struct text *text, const struct problem *problem)
{
    json_name(text, "errors");
    json_open_list(text);
    for (size_t i = 0; i < problem->error_count; i++) {
        json_comma(text);
        json_open_object(text);
        json_put_str(text, "pointer", problem->errors[i].pointer);
        json_put_str(text, "code", str_of(problem_kind_of(problem->errors[i].code)->word));
        json_close_object(text);
    }
    json_close_list(text);
}

static void put_unless_empty(struct text *text, const char *name, str value)
{
    if (!str_is_empty(value)) json_put_str(text, name, value);
}

void problem_put(struct text *text, const struct problem *problem)
{
    json_open_object(text);
    problem_put_kind(text, problem->code);
    text_put(text, STR(",\"instance\":\"urn:request:"));
    text_put(text, problem->request_id); /* of letters, digits and . _ - only */
    text_put_char(text, '"');
    json_put_str(text, "request_id", problem->request_id);
    if (problem->error_count > 0) put_errors(text, problem);
    put_unless_empty(text, "decline_code", problem->decline_code);
    put_unless_empty(text, "payment_id", problem->payment_id);
    put_unless_empty(text, "state", problem->state);
    json_close_object(text);
}
