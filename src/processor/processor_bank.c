/* SPDX-License-Identifier: Apache-2.0 */
/* processor_bank: the bank's JSON over HTTP. Full amounts only, US dollars only, no list and no look-up by key.
 * How it really behaves stands in docs/reference/bank.md; the numbers in brackets are that page's facts. */
#include "base/moment.h"
#include "processor/answer.h"
#include "processor/holes.h"

/* ---- asking ---- */

static struct text post(struct arena *arena, const char *path, struct processor_request *out)
{
    out->method = STR("POST");
    out->path = str_of(path);
    return text_open(arena, 192);
}

static void ask_authorize(struct arena *arena, const struct processor_call *call, struct processor_request *out)
{
    struct text body = post(arena, "/api/v1/authorizations", out);
    text_put(&body, STR("{\"card_number\":"));
    hole_put(&body, HOLE_CARD_NUMBER, HOLE_JSON_STRING);
    text_put(&body, STR(",\"cvv\":"));
    hole_put(&body, HOLE_CARD_CVV, HOLE_JSON_STRING);
    text_put(&body, STR(",\"expiry_month\":"));
    hole_put(&body, HOLE_EXPIRY_MONTH, HOLE_RAW);
    text_put(&body, STR(",\"expiry_year\":"));
    hole_put(&body, HOLE_EXPIRY_YEAR, HOLE_RAW);
    text_put(&body, STR(",\"amount\":"));
    text_put_int(&body, call->amount.minor);
    text_put_char(&body, '}');
    out->body = text_str(&body);
}

static void ask_capture(struct arena *arena, const struct processor_call *call, struct processor_request *out)
{
    struct text body = post(arena, "/api/v1/captures", out);
    json_open_object(&body);
    json_put_str(&body, "authorization_id", call->authorization_ref);
    json_put_int(&body, "amount", call->amount.minor);
    json_close_object(&body);
    out->body = text_str(&body);
}

static void ask_void(struct arena *arena, const struct processor_call *call, struct processor_request *out)
{
    struct text body = post(arena, "/api/v1/voids", out);
    json_open_object(&body);
    json_put_str(&body, "authorization_id", call->authorization_ref);
    json_close_object(&body);
    out->body = text_str(&body);
}

static void ask_refund(struct arena *arena, const struct processor_call *call, struct processor_request *out)
{
    struct text body = post(arena, "/api/v1/refunds", out);
    json_open_object(&body);
    json_put_str(&body, "capture_id", call->capture_ref);
    json_put_int(&body, "amount", call->amount.minor);
    json_close_object(&body);
    out->body = text_str(&body);
}

static void get(struct arena *arena, const char *folder, str id, struct processor_request *out)
{
    out->method = STR("GET");
    out->path = arena_format(arena, "/api/v1/%s/%.*s", folder, STR_FORMAT(id));
    out->body = STR_NONE;
}

static void ask_for_authorization(struct arena *arena, const struct processor_call *call, struct processor_request *out)
{
    get(arena, "authorizations", call->authorization_ref, out);
}

static void ask_for_capture(struct arena *arena, const struct processor_call *call, struct processor_request *out)
{
    get(arena, "captures", call->capture_ref, out);
}

static void ask_for_refund(struct arena *arena, const struct processor_call *call, struct processor_request *out)
{
    get(arena, "refunds", call->refund_ref, out);
}

/* ---- reading refusals ---- */

enum { PATH_AUTHORIZE = 1, PATH_CAPTURE = 2, PATH_VOID = 4, PATH_REFUND = 8, PATH_ALL = 15 };

struct bank_word {
    const char *word;
    int status;
    int paths; /* where it can come from; elsewhere it is not understood */
    enum outcome_kind kind;
    enum decline_category category;
    bool may_have_happened, shows_illness, hides_illness;
};

/* clang-format off */
static const struct bank_word bank_words[] = {
    /* word                         status  paths                       means              category                      happened? ill?   hides? */
    { "insufficient_funds",         402, PATH_AUTHORIZE,             OUTCOME_DECLINED, CATEGORY_INSUFFICIENT_FUNDS,    false, false, false },
    { "card_expired",               400, PATH_AUTHORIZE,             OUTCOME_DECLINED, CATEGORY_EXPIRED_CARD,          false, false, false },
    { "invalid_cvv",                400, PATH_AUTHORIZE,             OUTCOME_DECLINED, CATEGORY_INVALID_CVC,           false, false, false },
    { "invalid_card",               400, PATH_AUTHORIZE,             OUTCOME_DECLINED, CATEGORY_CARD_NOT_TAKEN,       false, false, true  }, /* (13) */
    { "invalid_amount",             400, PATH_AUTHORIZE,             OUTCOME_REFUSED,  CATEGORY_NONE,                  false, false, false },
    { "amount_mismatch",            400, PATH_CAPTURE | PATH_REFUND, OUTCOME_REFUSED,  CATEGORY_NONE,                  false, false, false },
    { "authorization_expired",      400, PATH_CAPTURE,               OUTCOME_EXPIRED,  CATEGORY_NONE,                  false, false, false }, /* (11) */
    { "authorization_already_used", 400, PATH_CAPTURE | PATH_VOID,   OUTCOME_ALREADY,  CATEGORY_NONE,                  false, false, false }, /* (8) */
    { "already_captured",           400, PATH_CAPTURE | PATH_VOID,   OUTCOME_ALREADY,  CATEGORY_NONE,                  false, false, false },
    { "already_voided",             400, PATH_VOID,                  OUTCOME_ALREADY,  CATEGORY_NONE,                  false, false, false },
    { "already_refunded",           400, PATH_REFUND,                OUTCOME_ALREADY,  CATEGORY_NONE,                  false, false, false },
    { "authorization_not_found",    400, PATH_CAPTURE | PATH_VOID,   OUTCOME_DENIED,   CATEGORY_NONE,                  false, true,  true  }, /* (13) */
    { "capture_not_found",          400, PATH_REFUND,                OUTCOME_DENIED,   CATEGORY_NONE,                  false, true,  true  }, /* (13) */
    { "internal_error",             400, PATH_ALL,                   OUTCOME_BUSY,     CATEGORY_NONE,                  true,  true,  false }, /* (12) */
    { "internal_error",             500, PATH_ALL,                   OUTCOME_BUSY,     CATEGORY_NONE,                  false, false, false }, /* (1) */
};
/* clang-format on */

static const struct bank_word *find_word(str word, int status, int path)
{
    for (size_t i = 0; i < COUNT_OF(bank_words); i++) {
        const struct bank_word *row = &bank_words[i];
        if (row->status == status && (row->paths & path) && str_equal(word, str_of(row->word))) return row;
    }
    return NULL;
}

/* Plain text behind a 400, 404 or 405: the bank could not make sense of the request (14), so it did nothing. */
static bool is_plain_refusal(const struct processor_answer *answer)
{
    bool plain = answer->body.length > 0 && answer->body.bytes[0] != '{' && answer->body.bytes[0] != '<';
    return plain && (answer->status == 400 || answer->status == 404 || answer->status == 405);
}

static void read_refusal(const struct processor_answer *answer, const struct json *body, int path, struct outcome *out)
{
    str word = json_string(json_find(body, "error"));
    const struct bank_word *row = find_word(word, answer->status, path);
    if (row) {
        outcome_keep_word(out, word);
        out->kind = row->kind;
        out->category = row->category;
        out->may_have_happened = row->may_have_happened;
        out->shows_illness = row->shows_illness;
        out->hides_illness = row->hides_illness;
    } else if (is_plain_refusal(answer)) {
        outcome_keep_word(out, STR("plain_text_refusal"));
        out->kind = OUTCOME_REFUSED;
    } else {
        outcome_keep_word(out, STR("not_understood"));
        out->shows_illness = true;
    }
}

/* ---- reading successes ---- */

static bool amount_is(const struct json *body, money wanted)
{
    int64_t minor;
    return json_int64(json_find(body, "amount"), &minor) && minor == wanted.minor &&
           str_equal(json_string(json_find(body, "currency")), currency_str(&wanted.currency));
}

static const struct json *begin_reading(struct arena *arena, const struct processor_answer *answer, int path, struct outcome *out)
{
    const struct json *body = answer_json(arena, answer);
    *out = (struct outcome){ .kind = OUTCOME_UNKNOWN, .replayed = answer->replayed };
    if (answer->status == 200 && body) return body;
    read_refusal(answer, body, path, out);
    return NULL;
}

static void read_authorize(struct arena *arena, const struct processor_call *call, const struct processor_answer *answer,
                           struct outcome *out)
{
    const struct json *body = begin_reading(arena, answer, PATH_AUTHORIZE, out);
    if (!body) return;
    bool dated = moment_parse(json_string(json_find(body, "expires_at")), &out->expires_at);
    bool has_id = answer_id(json_find(body, "authorization_id"), STR("auth_"), &out->id);
    outcome_conclude(has_id, dated && amount_is(body, call->amount) && answer_says(body, "status", STR("approved")), out);
}

static void read_capture(struct arena *arena, const struct processor_call *call, const struct processor_answer *answer,
                         struct outcome *out)
{
    const struct json *body = begin_reading(arena, answer, PATH_CAPTURE, out);
    if (!body) return;
    bool fits = amount_is(body, call->amount) && answer_says(body, "authorization_id", call->authorization_ref);
    outcome_conclude(answer_id(json_find(body, "capture_id"), STR("cap_"), &out->id), fits && answer_says(body, "status", STR("captured")), out);
}

static void read_void(struct arena *arena, const struct processor_call *call, const struct processor_answer *answer, struct outcome *out)
{
    const struct json *body = begin_reading(arena, answer, PATH_VOID, out);
    if (!body) return;
    bool fits = answer_says(body, "authorization_id", call->authorization_ref);
    outcome_conclude(answer_id(json_find(body, "void_id"), STR("void_"), &out->id), fits && answer_says(body, "status", STR("voided")), out);
}

static void read_refund(struct arena *arena, const struct processor_call *call, const struct processor_answer *answer,
                        struct outcome *out)
{
    const struct json *body = begin_reading(arena, answer, PATH_REFUND, out);
    if (!body) return;
    bool fits = amount_is(body, call->amount) && answer_says(body, "capture_id", call->capture_ref);
    outcome_conclude(answer_id(json_find(body, "refund_id"), STR("ref_"), &out->id), fits && answer_says(body, "status", STR("refunded")), out);
}

/* ---- reading look-ups ---- */

/* What an object is called there, and what it came from. */
struct bank_names {
    const char *own, *parent; /* parent NULL: it has none */
};

static void read_found(struct arena *arena, const struct bank_names *names, str wanted, const struct processor_answer *answer,
                       struct processor_found *out)
{
    const struct json *body = answer_json(arena, answer);
    *out = (struct processor_found){ .kind = FOUND_NOTHING_SURE };
    if (answer->status == 404 && str_equal(json_string(json_find(body, "error")), STR("not_found"))) out->kind = FOUND_ABSENT;
    bool is_it = answer->status == 200 && answer_says(body, names->own, wanted);
    if (!is_it || !json_int64(json_find(body, "amount"), &out->amount.minor)) return;
    out->amount.currency = answer_currency(json_string(json_find(body, "currency")));
    if (names->parent && !str_copy_to(json_string(json_find(body, names->parent)), out->parent.text, sizeof out->parent.text)) return;
    out->kind = FOUND_IT;
}

static void read_found_authorization(struct arena *arena, const struct processor_call *call, const struct processor_answer *answer,
                                     struct processor_found *out)
{
    read_found(arena, &(struct bank_names){ "authorization_id", NULL }, call->authorization_ref, answer, out);
}

static void read_found_capture(struct arena *arena, const struct processor_call *call, const struct processor_answer *answer,
                               struct processor_found *out)
{
    read_found(arena, &(struct bank_names){ "capture_id", "authorization_id" }, call->capture_ref, answer, out);
}

static void read_found_refund(struct arena *arena, const struct processor_call *call, const struct processor_answer *answer,
                              struct processor_found *out)
{
    read_found(arena, &(struct bank_names){ "refund_id", "capture_id" }, call->refund_ref, answer, out);
}

extern const struct processor processor_bank;
const struct processor processor_bank = {
    .name = "bank",
    .content_type = "application/json",
    .key_header = "Idempotency-Key",
    .replayed_header = "X-Idempotent-Replayed",
    .key_window = INT64_C(24) * 3600 * MICROS_PER_SECOND, /* (6) */
    .body_bytes_padded = 1024, /* above 512 bytes the bank does not notice a lost connection and finishes the work */
    .can = { .partial_capture = false, .partial_refund = false, .needs_cvv = true, .currencies = "USD" },
    .protection = {
        [OPERATION_AUTHORIZE] = PROTECTED_BY_KEY,
        [OPERATION_CAPTURE] = PROTECTED_BY_STATE, /* (8) */
        [OPERATION_VOID] = PROTECTED_BY_STATE,
        [OPERATION_REFUND] = PROTECTED_BY_STATE, /* one refund, of the whole capture */
    },
    .operations = {
        [OPERATION_AUTHORIZE] = { ask_authorize, read_authorize },
        [OPERATION_CAPTURE] = { ask_capture, read_capture },
        [OPERATION_VOID] = { ask_void, read_void },
        [OPERATION_REFUND] = { ask_refund, read_refund },
    },
    .look_ups = {
        [OPERATION_AUTHORIZE] = { ask_for_authorization, read_found_authorization },
        [OPERATION_CAPTURE] = { ask_for_capture, read_found_capture },
        [OPERATION_REFUND] = { ask_for_refund, read_found_refund },
    },
};
