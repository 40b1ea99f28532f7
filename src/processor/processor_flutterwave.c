/* SPDX-License-Identifier: Apache-2.0 */
/* processor_flutterwave: JSON to Flutterwave's API v3 and back. A card is charged with `preauthorize`, encrypted as a whole; the hold is
 * captured, voided and refunded by its flw_ref. Verify tells of a charge by its number or by our reference. How Flutterwave really
 * behaves stands in docs/reference/flutterwave.md; the numbers in brackets are that page's facts. */
#include <stdio.h>

#include "base/moment.h"
#include "processor/answer.h"
#include "processor/decimal.h"
#include "processor/flutterwave.h"
#include "processor/holes.h"
#include "processor/span.h"

#define HOLD_SPAN (INT64_C(7) * 24 * 3600 * MICROS_PER_SECOND) /* (7) */

/* A charge needs an address. When the merchant gave none, or one that is too long, it is one that nobody can have (RFC 2606). */
#define NO_EMAIL "payer@florin.invalid"
enum { EMAIL_BYTES_MAX = 100, NAME_BYTES_MAX = 100 };

/* ---- ids: "NUMBER:FLW_REF", because some calls want the one and some the other (6) ---- */

static str number_in(str id)
{
    str rest;
    return str_cut(id, ':', &rest);
}

static str flw_ref_in(str id)
{
    str rest;
    (void)str_cut(id, ':', &rest);
    return rest;
}

static bool is_plain(str text)
{
    for (size_t i = 0; i < text.length; i++) {
        char c = text.bytes[i];
        bool is_letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        if (!is_letter && !(c >= '0' && c <= '9') && c != '-' && c != '_') return false;
    }
    return text.length > 0;
}

/* Lists tell numbers as texts (10). */
str flutterwave_number(const struct json *value)
{
    return json_kind_of(value) == JSON_NUMBER ? json_number(value) : json_string(value);
}

bool flutterwave_read_id(str number, str flw_ref, struct processor_id *out)
{
    *out = (struct processor_id){ "" };
    if (!is_plain(number) || !is_plain(flw_ref) || number.length + flw_ref.length + 1 >= sizeof out->text) return false;
    snprintf(out->text, sizeof out->text, "%.*s:%.*s", STR_FORMAT(number), STR_FORMAT(flw_ref));
    return true;
}

static bool read_id(const struct json *charge, struct processor_id *out)
{
    return flutterwave_read_id(flutterwave_number(json_find(charge, "id")), json_string(json_find(charge, "flw_ref")), out);
}

/* ---- asking ---- */

static void post(str path, str body, struct processor_request *out) { *out = (struct processor_request){ STR("POST"), path, body }; }
static void get(str path, struct processor_request *out) { *out = (struct processor_request){ STR("GET"), path, STR_NONE }; }

static void put_hole(struct text *text, const char *name, enum hole hole, enum hole_encoding encoding)
{
    json_name(text, name);
    hole_put(text, hole, encoding);
}

static void put_payer(struct text *text, const struct processor_call *call)
{
    bool has_email = call->customer_email.length > 0 && call->customer_email.length <= EMAIL_BYTES_MAX;
    bool has_name = call->customer_name.length > 0 && call->customer_name.length <= NAME_BYTES_MAX;
    json_put_str(text, "email", has_email ? call->customer_email : STR(NO_EMAIL));
    if (has_name) json_put_str(text, "fullname", call->customer_name);
    if (call->return_url.length > 0) json_put_str(text, "redirect_url", call->return_url);
}

/* What is encrypted (5). */
static void put_card_charge(struct text *text, const struct processor_call *call)
{
    json_open_object(text);
    put_hole(text, "card_number", HOLE_CARD_NUMBER, HOLE_JSON_STRING);
    put_hole(text, "cvv", HOLE_CARD_CVV, HOLE_JSON_STRING);
    put_hole(text, "expiry_month", HOLE_EXPIRY_MONTH, HOLE_JSON_TWO_DIGITS);
    put_hole(text, "expiry_year", HOLE_EXPIRY_YEAR, HOLE_JSON_TWO_DIGITS);
    json_put_raw(text, "amount", decimal_of(text->arena, call->amount));
    json_put_str(text, "currency", currency_str(&call->amount.currency));
    put_payer(text, call);
    json_put_str(text, "tx_ref", call->reference);
    json_put_bool(text, "preauthorize", true);
    json_close_object(text);
}

static void ask_authorize(struct arena *arena, const struct processor_call *call, struct processor_request *out)
{
    struct text body = text_open(arena, 512);
    text_put(&body, STR("{\"client\":\""));
    span_open(&body);
    put_card_charge(&body, call);
    span_close(&body);
    text_put(&body, STR("\"}"));
    post(STR("/v3/charges?type=card"), text_str(&body), out);
}

static str charge_path(struct arena *arena, const struct processor_call *call, const char *verb)
{
    return arena_format(arena, "/v3/charges/%.*s/%s", STR_FORMAT(flw_ref_in(call->authorization_ref)), verb);
}

static str amount_body(struct arena *arena, money amount)
{
    return arena_format(arena, "{\"amount\":\"%.*s\"}", STR_FORMAT(decimal_of(arena, amount)));
}

static void ask_capture(struct arena *arena, const struct processor_call *call, struct processor_request *out)
{
    post(charge_path(arena, call, "capture"), amount_body(arena, call->amount), out);
}

static void ask_void(struct arena *arena, const struct processor_call *call, struct processor_request *out)
{
    post(charge_path(arena, call, "void"), STR(""), out);
}

static void ask_refund(struct arena *arena, const struct processor_call *call, struct processor_request *out)
{
    post(charge_path(arena, call, "refund"), amount_body(arena, call->amount), out);
}

static void look_up_authorize(struct arena *arena, const struct processor_call *call, struct processor_request *out)
{
    get(arena_format(arena, "/v3/transactions/%.*s/verify", STR_FORMAT(number_in(call->authorization_ref))), out);
}

/* Its number is known since the payer was sent away. */
static void inquire_authorize(struct arena *arena, const struct processor_call *call, struct processor_request *out)
{
    if (call->authorization_ref.length > 0) look_up_authorize(arena, call, out);
    else get(arena_format(arena, "/v3/transactions/verify_by_reference?tx_ref=%.*s", STR_FORMAT(call->reference)), out);
}

static void inquire_refund(struct arena *arena, const struct processor_call *call, struct processor_request *out)
{
    get(arena_format(arena, "/v3/refunds?currency=%.*s", STR_FORMAT(currency_str(&call->amount.currency))), out);
}

/* ---- reading refusals ---- */

/* There are no codes, only texts (12): the first row whose part stands in one counts, in any case. */
struct flutterwave_text {
    const char *part;
    enum outcome_kind kind; /* of a request that was refused before there was a charge */
    enum decline_category category;   /* of a charge */
};

/* clang-format off */
static const struct flutterwave_text texts[] = {
    { "duplicate",                    OUTCOME_ALREADY,  CATEGORY_DUPLICATE },
    { "an error occurred",            OUTCOME_BUSY,     CATEGORY_UNKNOWN },
    { "service unavailable",          OUTCOME_BUSY,     CATEGORY_UNKNOWN },
    { "timed out",                    OUTCOME_BUSY,     CATEGORY_UNKNOWN },
    { "issuer or switch inoperative", OUTCOME_BUSY,     CATEGORY_ISSUER_UNAVAILABLE },
    { "insufficient funds",           OUTCOME_DECLINED, CATEGORY_INSUFFICIENT_FUNDS },
    { "insufficient balance",         OUTCOME_DECLINED, CATEGORY_INSUFFICIENT_FUNDS },
    { "exceeds withdrawal limit",     OUTCOME_DECLINED, CATEGORY_INSUFFICIENT_FUNDS },
    { "expired card",                 OUTCOME_DECLINED, CATEGORY_EXPIRED_CARD },
    { "invalid card number",          OUTCOME_DECLINED, CATEGORY_INVALID_CARD },
    { "invalid expiry",               OUTCOME_DECLINED, CATEGORY_INVALID_CARD },
    { "no such issuer",               OUTCOME_DECLINED, CATEGORY_INVALID_CARD },
    { "card not found",               OUTCOME_DECLINED, CATEGORY_INVALID_CARD },
    { "invalid account",              OUTCOME_DECLINED, CATEGORY_INVALID_CARD },
    { "cvv",                          OUTCOME_DECLINED, CATEGORY_INVALID_CVC },
    { "security code",                OUTCOME_DECLINED, CATEGORY_INVALID_CVC },
    { "fraud",                        OUTCOME_DECLINED, CATEGORY_FRAUD_SUSPECTED },
    { "flagged",                      OUTCOME_DECLINED, CATEGORY_FRAUD_SUSPECTED },
    { "pick up",                      OUTCOME_DECLINED, CATEGORY_FRAUD_SUSPECTED },
    { "lost",                         OUTCOME_DECLINED, CATEGORY_FRAUD_SUSPECTED },
    { "stolen",                       OUTCOME_DECLINED, CATEGORY_FRAUD_SUSPECTED },
    { "restricted card",              OUTCOME_DECLINED, CATEGORY_FRAUD_SUSPECTED },
    { "security violation",           OUTCOME_DECLINED, CATEGORY_FRAUD_SUSPECTED },
    { "authentication",               OUTCOME_DECLINED, CATEGORY_AUTHENTICATION_REQUIRED },
    { "3ds",                          OUTCOME_DECLINED, CATEGORY_AUTHENTICATION_REQUIRED },
    { "otp",                          OUTCOME_DECLINED, CATEGORY_AUTHENTICATION_REQUIRED },
    { "incorrect pin",                OUTCOME_DECLINED, CATEGORY_AUTHENTICATION_REQUIRED },
    { "not permitted",                OUTCOME_DECLINED, CATEGORY_NOT_ACCEPTED },
    { "do not honor",                 OUTCOME_DECLINED, CATEGORY_ISSUER_DECLINED },
    { "do not honour",                OUTCOME_DECLINED, CATEGORY_ISSUER_DECLINED },
    { "declined",                     OUTCOME_DECLINED, CATEGORY_ISSUER_DECLINED },
    { "is required",                  OUTCOME_REFUSED,  CATEGORY_UNKNOWN },
    { "invalid",                      OUTCOME_REFUSED,  CATEGORY_UNKNOWN },
    { "you can only charge",          OUTCOME_REFUSED,  CATEGORY_UNKNOWN },
    { "",                             OUTCOME_DECLINED, CATEGORY_UNKNOWN },
};
/* clang-format on */

static bool stands_in(str part, str text)
{
    for (; text.length >= part.length; text = str_from(text, 1)) {
        if (str_equal_ignoring_case((str){ text.bytes, part.length }, part)) return true;
        if (text.length == 0) break;
    }
    return false;
}

/* The last row fits every text. */
static const struct flutterwave_text *find_text(str said)
{
    const struct flutterwave_text *row = texts;
    while (!stands_in(str_of(row->part), said)) row++;
    return row;
}

static void read_decline(str said, struct outcome *out)
{
    outcome_keep_word(out, said);
    out->kind = OUTCOME_DECLINED;
    out->category = find_text(said)->category;
}

static void read_illness(str said, struct outcome *out)
{
    outcome_keep_word(out, said);
    out->kind = OUTCOME_BUSY;
    out->may_have_happened = true;
    out->shows_illness = true;
}

/* A request for a charge: what failed as a charge is declined, whatever it failed of. */
static void read_charge_fault(str said, const struct json *data, struct outcome *out)
{
    const struct flutterwave_text *row = find_text(said);
    if (json_find(data, "err_tx") || row->kind == OUTCOME_DECLINED) {
        read_decline(said, out);
    } else if (row->kind == OUTCOME_BUSY) {
        read_illness(said, out);
    } else {
        outcome_keep_word(out, said);
        out->kind = row->kind;
    }
}

/* A request about a charge. That a hold is none (any more) is said of captured, voided, expired and unknown ones alike (8). */
static void read_change_fault(str said, struct outcome *out)
{
    outcome_keep_word(out, said);
    out->kind = OUTCOME_REFUSED;
    if (stands_in(STR("not a valid preauth transaction"), said)) out->kind = OUTCOME_ALREADY;
    if (find_text(said)->kind == OUTCOME_BUSY) read_illness(said, out);
}

/* Our key does not open the door, or we were too fast: it has not been looked at. */
static void read_turned_away(str said, bool is_ours, struct outcome *out)
{
    outcome_keep_word(out, said);
    out->kind = OUTCOME_BUSY;
    out->shows_illness = is_ours;
}

static void read_refusal(const struct processor_answer *answer, const struct json *body, bool is_charge, struct outcome *out)
{
    str said = json_string(json_find(body, "message"));
    if (said.bytes == NULL) {
        outcome_keep_word(out, STR("not_understood"));
        out->shows_illness = true;
    } else if (answer->status >= 500) {
        read_illness(said, out);
    } else if (answer->status == 401 || answer->status == 429) {
        read_turned_away(said, answer->status == 401, out);
    } else if (answer->status == 403) { /* it is not enabled for us, and will not be by asking */
        outcome_keep_word(out, said);
        out->kind = OUTCOME_REFUSED;
    } else if (answer->status == 404) {
        outcome_keep_word(out, said);
        out->kind = OUTCOME_DENIED;
    } else if (answer->status == 400 && is_charge) {
        read_charge_fault(said, json_find(body, "data"), out);
    } else if (answer->status == 400) {
        read_change_fault(said, out);
    }
}

/* ---- reading successes ---- */

/* The body of a success; NULL when it was none, and the outcome says so. */
static const struct json *begin_reading(struct arena *arena, const struct processor_answer *answer, bool is_charge, struct outcome *out)
{
    const struct json *body = answer_json(arena, answer);
    *out = (struct outcome){ .kind = OUTCOME_UNKNOWN };
    if (answer->status == 200 && answer_says(body, "status", STR("success"))) return body;
    read_refusal(answer, body, is_charge, out);
    return NULL;
}

static bool money_is(const struct json *charge, money wanted)
{
    return decimal_is(json_find(charge, "amount"), wanted) && answer_says(charge, "currency", currency_str(&wanted.currency));
}

/* Without its time it is asked about: verify tells that. "normal" would be taken money, which was not asked for. */
static void read_held(const struct json *charge, const struct processor_call *call, struct outcome *out)
{
    micros created;
    bool has_id = read_id(charge, &out->id);
    bool is_hold = answer_says(charge, "status", STR("successful")) && !answer_says(charge, "charge_type", STR("normal"));
    outcome_conclude(has_id, is_hold && answer_says(charge, "tx_ref", call->reference) && money_is(charge, call->amount), out);
    if (out->kind != OUTCOME_DONE) return;
    if (moment_parse(json_string(json_find(charge, "created_at")), &created)) out->expires_at = created + HOLD_SPAN;
    else out->kind = OUTCOME_OPEN;
}

/* What the payer is asked for; it stands beside the data or in them (9). NULL: nothing. */
static const struct json *asked_of_payer(const struct json *body)
{
    const struct json *beside = json_find(json_find(body, "meta"), "authorization");
    const struct json *inside = json_find(json_find(json_find(body, "data"), "meta"), "authorization");
    return beside ? beside : inside;
}

/* Nobody is asked for a PIN or an address, or sent away without a way back: what would need it never comes about. */
static void read_asking(str mode, struct outcome *out)
{
    outcome_keep_word(out, mode);
    out->kind = OUTCOME_DECLINED;
    out->category = CATEGORY_AUTHENTICATION_REQUIRED;
}

/* To the page of his bank. */
static void read_sending(str url, const struct json *charge, const struct processor_call *call, struct outcome *out)
{
    bool is_ours = read_id(charge, &out->id) && answer_says(charge, "tx_ref", call->reference);
    out->action_url = url;
    if (is_ours && url.length > 0) out->kind = OUTCOME_ACTION;
    else outcome_keep_word(out, STR("not_understood"));
}

static void read_charge(const struct json *charge, const struct processor_call *call, struct outcome *out)
{
    if (answer_says(charge, "status", STR("failed"))) read_decline(json_string(json_find(charge, "processor_response")), out);
    else if (answer_says(charge, "status", STR("pending"))) out->kind = OUTCOME_OPEN;
    else read_held(charge, call, out);
}

static void read_authorize(struct arena *arena, const struct processor_call *call, const struct processor_answer *answer,
                           struct outcome *out)
{
    const struct json *body = begin_reading(arena, answer, true, out);
    if (!body) return;
    const struct json *asked = asked_of_payer(body), *charge = json_find(body, "data");
    str mode = json_string(json_find(asked, "mode"));
    bool can_be_sent = str_equal(mode, STR("redirect")) && call->return_url.length > 0;
    if (can_be_sent) read_sending(json_string(json_find(asked, "redirect")), charge, call, out);
    else if (mode.length > 0) read_asking(mode, out);
    else read_charge(charge, call, out);
}

/* The published sample answers with another flw_ref than was asked about, so that neither id is compared (8). */
static void read_changed(const struct json *body, const char *message, bool fits, struct outcome *out)
{
    const struct json *charge = json_find(body, "data");
    bool has_id = read_id(charge, &out->id);
    outcome_conclude(has_id, fits && answer_says(body, "message", str_of(message)) && answer_says(charge, "status", STR("successful")), out);
}

static void read_capture(struct arena *arena, const struct processor_call *call, const struct processor_answer *answer,
                         struct outcome *out)
{
    const struct json *body = begin_reading(arena, answer, false, out);
    if (body) read_changed(body, "Charge captured", money_is(json_find(body, "data"), call->amount), out);
}

static void read_void(struct arena *arena, const struct processor_call *call, const struct processor_answer *answer, struct outcome *out)
{
    const struct json *body = begin_reading(arena, answer, false, out);
    (void)call;
    if (body) read_changed(body, "Charge voided", true, out);
}

/* It was begun; the refund itself, its id and what became of it stand in the list only (11). */
static void read_refund(struct arena *arena, const struct processor_call *call, const struct processor_answer *answer,
                        struct outcome *out)
{
    const struct json *body = begin_reading(arena, answer, false, out);
    (void)call;
    if (body && answer_says(body, "message", STR("Charge refunded"))) out->kind = OUTCOME_OPEN;
    else if (body) outcome_keep_word(out, STR("not_understood"));
}

/* ---- reading what became of it ---- */

static bool is_unknown_there(const struct processor_answer *answer, const struct json *body)
{
    bool is_refusal = answer->status == 400 || answer->status == 404;
    return is_refusal && stands_in(STR("no transaction was found"), json_string(json_find(body, "message")));
}

/* Does it wait for a payer who is never asked? Where he was to go was in the answer, and verify does not tell it. */
static bool waits_in_vain(const struct json *charge, const struct processor_call *call)
{
    str model = json_string(json_find(charge, "auth_model"));
    bool asks = stands_in(STR("pin"), model) || stands_in(STR("vbv"), model) || stands_in(STR("avs"), model);
    bool was_sent = call->authorization_ref.length > 0;
    return asks && !was_sent && answer_says(charge, "status", STR("pending"));
}

static void find_authorize(struct arena *arena, const struct processor_call *call, const struct processor_answer *answer,
                           struct outcome *out)
{
    const struct json *body = answer_json(arena, answer), *charge = json_find(body, "data");
    *out = (struct outcome){ .kind = OUTCOME_UNKNOWN };
    if (is_unknown_there(answer, body)) out->kind = OUTCOME_ABSENT;
    if (answer->status != 200 || !answer_says(charge, "tx_ref", call->reference)) return;
    if (waits_in_vain(charge, call)) read_asking(json_string(json_find(charge, "auth_model")), out);
    else read_charge(charge, call, out);
}

static bool has_failed(const struct json *refund) { return answer_says(refund, "status", STR("failed")); }

/* The refund of our charge; there is one, of all of it, unless one has failed before. NULL: none. */
static const struct json *find_ours(const struct json *list, const struct processor_call *call)
{
    const struct json *ours = NULL;
    for (struct json_item item = json_first(list); item.value; item = json_next(item)) {
        if (!answer_says(item.value, "flw_ref", flw_ref_in(call->authorization_ref))) continue;
        if (!ours || (has_failed(ours) && !has_failed(item.value))) ours = item.value;
    }
    return ours;
}

/* "completed" is begun, "completed-" and a way is done (11). */
static void read_refunded(const struct json *refund, const struct processor_call *call, struct outcome *out)
{
    str status = json_string(json_find(refund, "status")), number = flutterwave_number(json_find(refund, "id"));
    bool has_id = is_plain(number) && str_copy_to(number, out->id.text, sizeof out->id.text);
    bool is_begun = str_equal(status, STR("completed")) || str_starts_with(status, STR("pending"));
    bool is_done = str_starts_with(status, STR("completed-"));
    outcome_conclude(has_id, decimal_is(json_find(refund, "amount_refunded"), call->amount), out);
    outcome_keep_word(out, status);
    if (out->kind != OUTCOME_DONE || is_done) return;
    out->kind = is_begun ? OUTCOME_OPEN : has_failed(refund) ? OUTCOME_REFUSED : OUTCOME_UNKNOWN;
}

/* It is certainly not there only when the list has no further page. */
static bool is_whole(const struct json *body)
{
    int64_t pages;
    const struct json *info = json_find(json_find(body, "meta"), "page_info");
    return json_int64(json_find(info, "total_pages"), &pages) && pages <= 1;
}

static void find_refund(struct arena *arena, const struct processor_call *call, const struct processor_answer *answer,
                        struct outcome *out)
{
    const struct json *body = answer_json(arena, answer), *list = json_find(body, "data");
    *out = (struct outcome){ .kind = OUTCOME_UNKNOWN };
    if (answer->status != 200 || !list || json_kind_of(list) != JSON_LIST) return;
    const struct json *refund = find_ours(list, call);
    if (refund) read_refunded(refund, call, out);
    else if (is_whole(body)) out->kind = OUTCOME_ABSENT;
}

/* ---- reading look-ups ---- */

/* Of a hold only: verify does not tell whether it was captured, voided or refunded (8). */
static void read_found_hold(struct arena *arena, const struct processor_call *call, const struct processor_answer *answer,
                            struct processor_found *out)
{
    const struct json *body = answer_json(arena, answer), *charge = json_find(body, "data");
    str amount = flutterwave_number(json_find(charge, "amount"));
    (void)call;
    *out = (struct processor_found){ .kind = FOUND_NOTHING_SURE };
    if (is_unknown_there(answer, body)) out->kind = FOUND_ABSENT;
    if (answer->status != 200 || !answer_says(charge, "status", STR("successful"))) return;
    out->amount.currency = answer_currency(json_string(json_find(charge, "currency")));
    if (decimal_minor(amount, out->amount.currency, &out->amount.minor)) out->kind = FOUND_IT;
}

/* ---- chargebacks: there is only a list, by what they are about ---- */

static void look_up_dispute(struct arena *arena, const struct processor_call *call, struct processor_request *out)
{
    get(arena_format(arena, "/v3/chargebacks?flw_ref=%.*s", STR_FORMAT(flw_ref_in(call->authorization_ref))), out);
}

/* clang-format off */
static const struct {
    const char *status;
    enum dispute_state state;
} dispute_words[] = {
    { "initiated", DISPUTE_NEEDS_RESPONSE },
    { "declined",  DISPUTE_UNDER_REVIEW   }, /* by the merchant: his bank decides */
    { "accepted",  DISPUTE_LOST           }, /* by the merchant */
    { "won",       DISPUTE_WON            },
    { "lost",      DISPUTE_LOST           },
};
/* clang-format on */

static bool read_dispute_state(const struct json *dispute, enum dispute_state *out)
{
    for (size_t i = 0; i < COUNT_OF(dispute_words); i++) {
        *out = dispute_words[i].state;
        if (answer_says(dispute, "status", str_of(dispute_words[i].status))) return true;
    }
    return false;
}

static const struct json *find_dispute(const struct json *list, str id)
{
    for (struct json_item item = json_first(list); item.value; item = json_next(item)) {
        if (str_equal(flutterwave_number(json_find(item.value, "id")), id)) return item.value;
    }
    return NULL;
}

static void read_dispute(struct arena *arena, const struct processor_call *call, const struct processor_answer *answer,
                         struct processor_dispute *out)
{
    const struct json *body = answer_json(arena, answer), *list = json_find(body, "data"), *dispute = find_dispute(list, call->dispute_ref);
    *out = (struct processor_dispute){ .kind = DISPUTE_NOTHING_SURE };
    if (answer->status != 200 || json_kind_of(list) != JSON_LIST) return;
    if (!dispute && is_whole(body)) out->kind = DISPUTE_ABSENT;
    if (!dispute || !answer_says(dispute, "flw_ref", flw_ref_in(call->authorization_ref))) return;
    out->stage = DISPUTE_CHARGEBACK;
    out->reason = json_string(json_find(dispute, "comment"));
    out->amount.currency = answer_currency(json_string(json_find(dispute, "currency")));
    bool is_told = read_dispute_state(dispute, &out->state) &&
                   decimal_minor(flutterwave_number(json_find(dispute, "amount")), out->amount.currency, &out->amount.minor);
    if (!moment_parse(json_string(json_find(dispute, "due_date")), &out->due_at)) out->due_at = 0;
    if (is_told) out->kind = DISPUTE_FOUND;
}

extern const struct processor processor_flutterwave;
const struct processor processor_flutterwave = {
    .name = "flutterwave",
    .live_url = "https://api.flutterwave.com",
    .test_url = "https://api.flutterwave.com",
    .live_key_prefix = "FLWSECK-",
    .test_key_prefix = "FLWSECK_TEST-",
    .content_type = "application/json",
    .credential = CREDENTIAL_BEARER,
    .encryption_key_bytes = SPAN_KEY_BYTES,
    /* Refunds of holds carry no mark of ours, so that two partial ones of one amount could not be told apart (11). */
    .can = { .partial_capture = true, .partial_refund = false, .needs_cvv = true,
             .currencies = "NGN GHS KES ZAR ZMW TZS USD EUR GBP RWF UGX XAF XOF" },
    .protection = {
        [OPERATION_AUTHORIZE] = PROTECTED_BY_NOTHING, /* not every way of paying refuses a reference that was used (3) */
        [OPERATION_CAPTURE] = PROTECTED_BY_STATE, /* one capture, or one void */
        [OPERATION_VOID] = PROTECTED_BY_STATE,
        [OPERATION_REFUND] = PROTECTED_BY_NOTHING,
    },
    .operations = {
        [OPERATION_AUTHORIZE] = { ask_authorize, read_authorize },
        [OPERATION_CAPTURE] = { ask_capture, read_capture },
        [OPERATION_VOID] = { ask_void, read_void },
        [OPERATION_REFUND] = { ask_refund, read_refund },
    },
    .inquiries = {
        [OPERATION_AUTHORIZE] = { inquire_authorize, find_authorize },
        [OPERATION_REFUND] = { inquire_refund, find_refund },
    },
    .look_ups = {
        [OPERATION_AUTHORIZE] = { look_up_authorize, read_found_hold },
    },
    .notices = &flutterwave_notices,
    .dispute = { look_up_dispute, read_dispute },
};
