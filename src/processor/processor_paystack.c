/* SPDX-License-Identifier: Apache-2.0 */
/* processor_paystack: JSON to Paystack and back. It only sells: a charge takes the money at once, and is undone by a refund. Our reference is
 * taken once and nothing is repeated, so doubt is resolved by verifying it. How Paystack really behaves stands in docs/reference/paystack.md. */
#include "base/moment.h"
#include "processor/answer.h"
#include "processor/holes.h"
#include "processor/paystack.h"

enum { HUNDREDTHS = 100, REFUNDS_LISTED = 100 };

/* ---- asking ---- */

static struct text post(struct arena *arena, const char *path, struct processor_request *out)
{
    out->method = STR("POST");
    out->path = str_of(path);
    return text_open(arena, 512);
}

static void get(str path, struct processor_request *out) { *out = (struct processor_request){ STR("GET"), path, STR_NONE }; }

/* Sums are hundredths of the unit, also where a currency has none (XOF). */
static int64_t factor_of(currency c) { return currency_decimals(c) == 0 ? HUNDREDTHS : 1; }

static int64_t sum_of(money amount) { return amount.minor * factor_of(amount.currency); }

/* Month and year are texts here. */
static void put_card(struct text *body, bool has_cvv)
{
    json_name(body, "card");
    text_put(body, STR("{\"number\":"));
    hole_put(body, HOLE_CARD_NUMBER, HOLE_JSON_STRING);
    if (has_cvv) text_put(body, STR(",\"cvv\":"));
    if (has_cvv) hole_put(body, HOLE_CARD_CVV, HOLE_JSON_STRING);
    text_put(body, STR(",\"expiry_month\":\""));
    hole_put(body, HOLE_EXPIRY_MONTH, HOLE_RAW);
    text_put(body, STR("\",\"expiry_year\":\""));
    hole_put(body, HOLE_EXPIRY_YEAR, HOLE_RAW);
    text_put(body, STR("\"}"));
}

static void put_metadata(struct text *body, str payment_id)
{
    json_name(body, "metadata");
    json_open_object(body);
    json_put_str(body, "gateway_payment_id", payment_id);
    json_close_object(body);
}

/* With a card at once, or on Paystack's page with whatever it takes. */
static void ask_charge(struct arena *arena, const struct processor_call *call, struct processor_request *out)
{
    struct text body = post(arena, call->on_page ? "/transaction/initialize" : "/charge", out);
    json_open_object(&body);
    json_put_str(&body, "email", call->customer_email);
    json_put_int(&body, "amount", sum_of(call->amount));
    json_put_str(&body, "currency", currency_str(&call->amount.currency));
    json_put_str(&body, "reference", call->reference);
    if (call->on_page) json_put_str(&body, "callback_url", call->return_url);
    else put_card(&body, call->has_cvv);
    put_metadata(&body, call->payment_id);
    json_close_object(&body);
    out->body = text_str(&body);
}

/* Nothing keeps a refund from being made twice: the note is how we know ours again. */
static void ask_refund(struct arena *arena, const struct processor_call *call, struct processor_request *out)
{
    struct text body = post(arena, "/refund", out);
    json_open_object(&body);
    json_put_str(&body, "transaction", call->capture_ref);
    json_put_int(&body, "amount", sum_of(call->amount));
    json_put_str(&body, "currency", currency_str(&call->amount.currency));
    json_put_str(&body, "merchant_note", call->reference);
    json_close_object(&body);
    out->body = text_str(&body);
}

static void inquire_charge(struct arena *arena, const struct processor_call *call, struct processor_request *out)
{
    get(arena_format(arena, "/transaction/verify/%.*s", STR_FORMAT(call->reference)), out);
}

static void inquire_refund(struct arena *arena, const struct processor_call *call, struct processor_request *out)
{
    get(arena_format(arena, "/refund?transaction=%.*s&perPage=%d", STR_FORMAT(call->capture_ref), REFUNDS_LISTED), out);
}

static void look_up_hold(struct arena *arena, const struct processor_call *call, struct processor_request *out)
{
    get(arena_format(arena, "/transaction/%.*s", STR_FORMAT(call->authorization_ref)), out);
}

static void look_up_capture(struct arena *arena, const struct processor_call *call, struct processor_request *out)
{
    get(arena_format(arena, "/transaction/%.*s", STR_FORMAT(call->capture_ref)), out);
}

static void look_up_refund(struct arena *arena, const struct processor_call *call, struct processor_request *out)
{
    get(arena_format(arena, "/refund/%.*s", STR_FORMAT(call->refund_ref)), out);
}

/* ---- words ---- */

/* Why an issuer said no, in free text: the first row counts whose words are in it. What is not here is unknown. */
/* clang-format off */
static const struct decline_text {
    const char *part;
    enum decline_category category;
    bool shows_illness;
} decline_texts[] = {
    { "duplicate",                     CATEGORY_DUPLICATE,              false },
    { "insufficient funds",            CATEGORY_INSUFFICIENT_FUNDS,     false },
    { "exceeds withdrawal limit",      CATEGORY_INSUFFICIENT_FUNDS,     false },
    { "exceeds amount limit",          CATEGORY_INSUFFICIENT_FUNDS,     false },
    { "expired card",                  CATEGORY_EXPIRED_CARD,           false },
    { "incorrect pin",                 CATEGORY_PAYER_NEEDED,           false },
    { "pin tries exceeded",            CATEGORY_PAYER_NEEDED,           false },
    { "invalid pin",                   CATEGORY_PAYER_NEEDED,           false },
    { "cvv",                           CATEGORY_INVALID_CVC,            false },
    { "security code",                 CATEGORY_INVALID_CVC,            false },
    { "invalid card",                  CATEGORY_INVALID_CARD,           false },
    { "no card record",                CATEGORY_INVALID_CARD,           false },
    { "card not found",                CATEGORY_INVALID_CARD,           false },
    { "invalid account",               CATEGORY_INVALID_CARD,           false },
    { "fraud",                         CATEGORY_FRAUD_SUSPECTED,        false },
    { "lost card",                     CATEGORY_FRAUD_SUSPECTED,        false },
    { "stolen card",                   CATEGORY_FRAUD_SUSPECTED,        false },
    { "pick up",                       CATEGORY_FRAUD_SUSPECTED,        false },
    { "restricted card",               CATEGORY_FRAUD_SUSPECTED,        false },
    { "security violation",            CATEGORY_FRAUD_SUSPECTED,        false },
    { "authentication",                CATEGORY_AUTHENTICATION_REQUIRED, false },
    { "3d secure",                     CATEGORY_AUTHENTICATION_REQUIRED, false },
    { "otp",                           CATEGORY_AUTHENTICATION_REQUIRED, false },
    { "token not generated",           CATEGORY_AUTHENTICATION_REQUIRED, false },
    { "issuer or switch inoperative",  CATEGORY_ISSUER_UNAVAILABLE,     true  },
    { "timeout",                       CATEGORY_ISSUER_UNAVAILABLE,     true  },
    { "system malfunction",            CATEGORY_ISSUER_UNAVAILABLE,     true  },
    { "unable to process",             CATEGORY_ISSUER_UNAVAILABLE,     true  },
    { "try again",                     CATEGORY_ISSUER_UNAVAILABLE,     true  },
    { "not permitted",                 CATEGORY_NOT_ACCEPTED,           false },
    { "do not honor",                  CATEGORY_ISSUER_DECLINED,        false },
    { "do not honour",                 CATEGORY_ISSUER_DECLINED,        false },
    { "declined",                      CATEGORY_ISSUER_DECLINED,        false },
};

/* What a charge says of itself. */
enum charge_state { CHARGE_TAKEN, CHARGE_OVER, CHARGE_ASKS, CHARGE_SENDS_AWAY, CHARGE_LEFT, CHARGE_OPEN };

static const struct {
    const char *status;
    enum charge_state state;
} charge_words[] = {
    { "success",               CHARGE_TAKEN      },
    { "reversed",              CHARGE_TAKEN      }, /* and all of it went back later */
    { "failed",                CHARGE_OVER       },
    { "timeout",               CHARGE_OVER       },
    { "send_pin",              CHARGE_ASKS       },
    { "send_otp",              CHARGE_ASKS       },
    { "send_phone",            CHARGE_ASKS       },
    { "send_birthday",         CHARGE_ASKS       },
    { "send_address",          CHARGE_ASKS       },
    { "open_url",              CHARGE_SENDS_AWAY },
    { "abandoned",             CHARGE_LEFT       },
    { "ongoing",               CHARGE_OPEN       },
    { "pending",               CHARGE_OPEN       },
    { "processing",            CHARGE_OPEN       },
    { "queued",                CHARGE_OPEN       },
    { "pay_offline",           CHARGE_OPEN       },
    { "pending_bank_transfer", CHARGE_OPEN       },
};
/* clang-format on */

static str lower_case(struct arena *arena, str text)
{
    char *lower = arena_take(arena, text.length + 1);
    for (size_t i = 0; i < text.length; i++) {
        char byte = text.bytes[i];
        lower[i] = byte >= 'A' && byte <= 'Z' ? (char)(byte | 0x20) : byte;
    }
    return (str){ lower, text.length };
}

static bool says_somewhere(struct arena *arena, str text, const char *part) { return str_contains(lower_case(arena, text), str_of(part)); }

static const struct decline_text *find_decline(struct arena *arena, str text)
{
    for (size_t i = 0; i < COUNT_OF(decline_texts); i++) {
        if (says_somewhere(arena, text, decline_texts[i].part)) return &decline_texts[i];
    }
    return NULL;
}

static bool find_state(const struct json *data, enum charge_state *out)
{
    for (size_t i = 0; i < COUNT_OF(charge_words); i++) {
        *out = charge_words[i].state;
        if (answer_says(data, "status", str_of(charge_words[i].status))) return true;
    }
    return false;
}

/* ---- reading refusals ---- */

static bool is_absent(struct arena *arena, const struct processor_answer *answer, const struct json *body)
{
    bool is_of_that_kind = answer->status == 404 || answer->status == 400;
    return is_of_that_kind && json_find(body, "status") && says_somewhere(arena, json_string(json_find(body, "message")), "not found");
}

static void keep_code(const struct json *body, struct outcome *out)
{
    str code = json_string(json_find(body, "code"));
    outcome_keep_word(out, code.length > 0 ? code : json_string(json_find(body, "message")));
}

/* Taken before, by whom it does not say; else a fault of ours, with nothing done. */
static void read_fault(struct arena *arena, const struct json *body, struct outcome *out)
{
    bool is_taken = answer_says(body, "code", STR("duplicate_reference")) ||
                    says_somewhere(arena, json_string(json_find(body, "message")), "duplicate transaction reference");
    out->kind = is_taken ? OUTCOME_ALREADY : OUTCOME_REFUSED;
}

static void read_refusal(struct arena *arena, const struct processor_answer *answer, const struct json *body, struct outcome *out)
{
    bool is_its_own = json_kind_of(json_find(body, "status")) == JSON_BOOL && !json_is_true(json_find(body, "status"));
    if (!is_its_own) {
        outcome_keep_word(out, STR("not_understood"));
        out->shows_illness = true;
        return;
    }
    keep_code(body, out);
    if (answer->status == 400 || answer->status == 403 || answer->status == 404) {
        read_fault(arena, body, out);
    } else if (answer->status == 401 || answer->status == 429 || answer->status >= 500) { /* a key that opens no door is for a person to mend */
        out->kind = OUTCOME_BUSY;
        out->may_have_happened = answer->status >= 500;
        out->shows_illness = answer->status != 429;
    }
}

/* `data` of a good answer; else NULL, and the outcome says what it was. */
static const struct json *begin_reading(struct arena *arena, const struct processor_answer *answer, struct outcome *out)
{
    const struct json *body = answer_json(arena, answer), *data = json_find(body, "data");
    *out = (struct outcome){ .kind = OUTCOME_UNKNOWN };
    if (answer->status == 200 && json_is_true(json_find(body, "status")) && data) return data;
    read_refusal(arena, answer, body, out);
    return NULL;
}

/* ---- reading numbers ---- */

/* Sums come as numbers, and now and then as texts. */
static bool read_sum(const struct json *value, int64_t *out)
{
    return json_int64(value, out) || str_to_int64(json_string(value), INT64_MAX, out);
}

static bool currency_is(const struct json *data, currency wanted)
{
    return answer_says(data, "currency", currency_str(&wanted));
}

/* What was wanted, or more where the payer bears the fee. */
static bool is_paid(const struct json *data, money wanted)
{
    int64_t taken, requested;
    bool tells_both = read_sum(json_find(data, "requested_amount"), &requested);
    if (!read_sum(json_find(data, "amount"), &taken) || !currency_is(data, wanted.currency)) return false;
    return tells_both ? requested == sum_of(wanted) && taken >= requested : taken == sum_of(wanted);
}

/* Ids have up to twenty digits, and are no numbers to count with. */
static bool read_number(const struct json *value, struct processor_id *out)
{
    str digits = json_number(value);
    for (size_t i = 0; i < digits.length; i++) {
        if (digits.bytes[i] < '0' || digits.bytes[i] > '9') return false;
    }
    return digits.length > 0 && str_copy_to(digits, out->text, sizeof out->text);
}

/* ---- reading charges ---- */

static void need_payer(struct outcome *out, const struct json *data)
{
    outcome_keep_word(out, json_string(json_find(data, "status")));
    out->kind = OUTCOME_DECLINED;
    out->category = CATEGORY_AUTHENTICATION_REQUIRED;
}

static void read_decline(struct arena *arena, const struct json *data, struct outcome *out)
{
    str told = json_string(json_find(data, "gateway_response"));
    if (told.length == 0) told = json_string(json_find(data, "message"));
    const struct decline_text *row = find_decline(arena, told);
    outcome_keep_word(out, told);
    out->kind = OUTCOME_DECLINED;
    out->category = row ? row->category : CATEGORY_UNKNOWN;
    out->shows_illness = row && row->shows_illness;
}

static void read_taken(const struct json *data, const struct processor_call *call, struct outcome *out)
{
    bool fits = is_paid(data, call->amount) && answer_says(data, "reference", call->reference);
    outcome_conclude(read_number(json_find(data, "id"), &out->id), fits, out);
    if (out->kind == OUTCOME_DONE) out->kind = OUTCOME_SOLD;
}

/* Somewhere to go, for a payer who can be sent. */
static void read_sending(const struct json *data, const struct processor_call *call, struct outcome *out)
{
    out->action_url = json_string(json_find(data, "url"));
    bool can_go = call->return_url.length > 0 && out->action_url.length > 0 && str_copy_to(call->reference, out->id.text, sizeof out->id.text);
    if (can_go) out->kind = OUTCOME_ACTION;
    else need_payer(out, data);
}

/* A charge that asks for a word of its payer and never gets it takes nothing. */
static void read_state(struct arena *arena, const struct json *data, const struct processor_call *call, struct outcome *out)
{
    enum charge_state state;
    bool was_sent_away = call->authorization_ref.length > 0;
    if (!find_state(data, &state)) {
        outcome_keep_word(out, STR("not_understood"));
        return;
    }
    switch (state) {
    case CHARGE_TAKEN: read_taken(data, call, out); break;
    case CHARGE_OVER: read_decline(arena, data, out); break;
    case CHARGE_ASKS: need_payer(out, data); break;
    case CHARGE_SENDS_AWAY:
        if (was_sent_away) out->kind = OUTCOME_OPEN;
        else read_sending(data, call, out);
        break;
    case CHARGE_LEFT:
        if (was_sent_away) out->kind = OUTCOME_OPEN; /* he may still come back to the page */
        else if (call->on_page) out->kind = OUTCOME_REFUSED; /* a page whose address was lost: nobody can pay there */
        else need_payer(out, data);
        break;
    case CHARGE_OPEN: out->kind = OUTCOME_OPEN; break;
    }
}

/* A page is there, and nothing was tried on it. */
static void read_page(const struct json *data, const struct processor_call *call, struct outcome *out)
{
    out->action_url = json_string(json_find(data, "authorization_url"));
    bool fits = answer_says(data, "reference", call->reference) && str_copy_to(call->reference, out->id.text, sizeof out->id.text);
    if (fits && out->action_url.length > 0) out->kind = OUTCOME_ACTION;
    else outcome_keep_word(out, STR("not_understood"));
}

static void read_charge(struct arena *arena, const struct processor_call *call, const struct processor_answer *answer,
                        struct outcome *out)
{
    const struct json *data = begin_reading(arena, answer, out);
    if (data && call->on_page) read_page(data, call, out);
    else if (data) read_state(arena, data, call, out);
}

static void find_charge(struct arena *arena, const struct processor_call *call, const struct processor_answer *answer,
                        struct outcome *out)
{
    const struct json *body = answer_json(arena, answer);
    const struct json *data = begin_reading(arena, answer, out);
    if (data && answer_says(data, "reference", call->reference)) read_state(arena, data, call, out);
    else *out = (struct outcome){ .kind = is_absent(arena, answer, body) ? OUTCOME_ABSENT : OUTCOME_UNKNOWN };
}

/* ---- reading refunds ---- */

/* The charge is an object in the first answer and a number in the others. */
static bool is_of_ours(const struct json *refund, const struct processor_call *call)
{
    const struct json *charge = json_find(refund, "transaction");
    if (json_kind_of(charge) == JSON_OBJECT) charge = json_find(charge, "id");
    return charge && str_equal(json_number(charge), call->capture_ref);
}

/* Accepted is not done: one that is on its way is asked about until it has come to its end. */
static void read_refunded(const struct json *refund, const struct processor_call *call, struct outcome *out)
{
    static const char *const open_words[] = { "pending", "processing", "needs-attention" };
    int64_t sum;
    bool is_open = false, is_over = answer_says(refund, "status", STR("failed")), is_done = answer_says(refund, "status", STR("processed"));
    for (size_t i = 0; i < COUNT_OF(open_words); i++) is_open |= answer_says(refund, "status", str_of(open_words[i]));
    bool fits = is_of_ours(refund, call) && read_sum(json_find(refund, "amount"), &sum) && sum == sum_of(call->amount) &&
                currency_is(refund, call->amount.currency);
    outcome_conclude(read_number(json_find(refund, "id"), &out->id), fits && (is_open || is_over || is_done), out);
    if (out->kind != OUTCOME_DONE || is_done) return;
    outcome_keep_word(out, json_string(json_find(refund, "status")));
    out->kind = is_open ? OUTCOME_OPEN : OUTCOME_REFUSED;
}

static void read_refund(struct arena *arena, const struct processor_call *call, const struct processor_answer *answer,
                        struct outcome *out)
{
    const struct json *data = begin_reading(arena, answer, out);
    if (data) read_refunded(data, call, out);
}

/* The whole list, of our charge and no other: only then is what does not stand in it not there. */
static bool is_whole(const struct json *body, const struct processor_call *call)
{
    int64_t total;
    const struct json *list = json_find(body, "data");
    for (struct json_item item = json_first(list); item.value; item = json_next(item)) {
        if (!is_of_ours(item.value, call)) return false;
    }
    return json_int64(json_find(json_find(body, "meta"), "total"), &total) && total == (int64_t)json_length(list);
}

static void find_refund(struct arena *arena, const struct processor_call *call, const struct processor_answer *answer,
                        struct outcome *out)
{
    const struct json *list = begin_reading(arena, answer, out), *body = answer_json(arena, answer);
    *out = (struct outcome){ .kind = OUTCOME_UNKNOWN };
    if (json_kind_of(list) != JSON_LIST) return;
    for (struct json_item item = json_first(list); item.value; item = json_next(item)) {
        if (!answer_says(item.value, "merchant_note", call->reference)) continue;
        read_refunded(item.value, call, out);
        return;
    }
    if (is_whole(body, call)) out->kind = OUTCOME_ABSENT;
}

/* ---- reading look-ups ---- */

static const struct json *begin_look_up(struct arena *arena, const struct processor_answer *answer, struct processor_found *out)
{
    const struct json *body = answer_json(arena, answer), *data = json_find(body, "data");
    *out = (struct processor_found){ .kind = is_absent(arena, answer, body) ? FOUND_ABSENT : FOUND_NOTHING_SURE };
    return answer->status == 200 && json_is_true(json_find(body, "status")) && json_kind_of(data) == JSON_OBJECT ? data : NULL;
}

/* A sum that is no whole number of our unit equals nothing, and shows as drift; so does a currency that is none of ours. */
bool paystack_read_money(const struct json *data, const char *name, money *out)
{
    int64_t sum;
    if (!read_sum(json_find(data, name), &sum)) return false;
    out->currency = answer_currency(json_string(json_find(data, "currency")));
    int64_t factor = out->currency.code[0] ? factor_of(out->currency) : 1;
    out->minor = sum % factor == 0 ? sum / factor : sum;
    return true;
}

static void read_found(const struct json *data, const char *name, struct processor_found *out)
{
    if (paystack_read_money(data, name, &out->amount)) out->kind = FOUND_IT;
}

static bool was_taken(const struct json *data)
{
    enum charge_state state;
    return find_state(data, &state) && state == CHARGE_TAKEN;
}

static void read_found_hold(struct arena *arena, const struct processor_call *call, const struct processor_answer *answer,
                            struct processor_found *out)
{
    const struct json *data = begin_look_up(arena, answer, out);
    (void)call;
    if (data && was_taken(data)) read_found(data, json_find(data, "requested_amount") ? "requested_amount" : "amount", out);
}

/* Hold and capture are one charge. */
static void read_found_capture(struct arena *arena, const struct processor_call *call, const struct processor_answer *answer,
                               struct processor_found *out)
{
    const struct json *data = begin_look_up(arena, answer, out);
    read_found_hold(arena, call, answer, out);
    if (out->kind == FOUND_IT && !read_number(json_find(data, "id"), &out->parent)) out->kind = FOUND_NOTHING_SURE;
}

static void read_found_refund(struct arena *arena, const struct processor_call *call, const struct processor_answer *answer,
                              struct processor_found *out)
{
    const struct json *data = begin_look_up(arena, answer, out), *charge = json_find(data, "transaction");
    (void)call;
    if (data) read_found(data, "amount", out);
    if (json_kind_of(charge) == JSON_OBJECT) charge = json_find(charge, "id");
    if (out->kind == FOUND_IT && !read_number(charge, &out->parent)) out->kind = FOUND_NOTHING_SURE;
}

/* ---- disputes ---- */

static void look_up_dispute(struct arena *arena, const struct processor_call *call, struct processor_request *out)
{
    get(arena_format(arena, "/dispute/%.*s", STR_FORMAT(call->dispute_ref)), out);
}

static enum dispute_state dispute_state_of(const struct json *dispute)
{
    if (answer_says(dispute, "status", STR("awaiting-merchant-feedback"))) return DISPUTE_NEEDS_RESPONSE;
    if (!answer_says(dispute, "status", STR("resolved"))) return DISPUTE_UNDER_REVIEW;
    return answer_says(dispute, "resolution", STR("declined")) ? DISPUTE_WON : DISPUTE_LOST; /* by the merchant */
}

static void read_dispute(struct arena *arena, const struct processor_call *call, const struct processor_answer *answer,
                         struct processor_dispute *out)
{
    struct processor_found found;
    struct processor_id charge;
    const struct json *dispute = begin_look_up(arena, answer, &found);
    *out = (struct processor_dispute){ .kind = found.kind == FOUND_ABSENT ? DISPUTE_ABSENT : DISPUTE_NOTHING_SURE };
    bool is_ours = dispute && read_number(json_find(json_find(dispute, "transaction"), "id"), &charge) &&
                   str_equal(str_of(charge.text), call->capture_ref);
    if (!is_ours || !paystack_read_money(dispute, "refund_amount", &out->amount)) return;
    out->stage = DISPUTE_CHARGEBACK;
    out->state = dispute_state_of(dispute);
    out->reason = json_string(json_find(dispute, "category"));
    if (!moment_parse(json_string(json_find(dispute, "dueAt")), &out->due_at)) out->due_at = 0;
    out->kind = DISPUTE_FOUND;
}

extern const struct processor processor_paystack;
const struct processor processor_paystack = {
    .name = "paystack",
    .live_url = "https://api.paystack.co",
    .test_url = "https://api.paystack.co",
    .live_key_prefix = "sk_live_",
    .test_key_prefix = "sk_test_",
    .content_type = "application/json",
    .credential = CREDENTIAL_BEARER,
    .can = { .partial_refund = true, .needs_cvv = true, .needs_email = true, .only_sells = true, .page = PAGE_SELLS,
             .currencies = "NGN GHS ZAR KES USD XOF" },
    .operations = {
        [OPERATION_AUTHORIZE] = { ask_charge, read_charge },
        [OPERATION_REFUND] = { ask_refund, read_refund },
    },
    .protection = {
        [OPERATION_AUTHORIZE] = PROTECTED_BY_REFERENCE,
        [OPERATION_REFUND] = PROTECTED_BY_NOTHING,
    },
    .inquiries = {
        [OPERATION_AUTHORIZE] = { inquire_charge, find_charge },
        [OPERATION_REFUND] = { inquire_refund, find_refund },
    },
    .look_ups = {
        [OPERATION_AUTHORIZE] = { look_up_hold, read_found_hold },
        [OPERATION_CAPTURE] = { look_up_capture, read_found_capture },
        [OPERATION_REFUND] = { look_up_refund, read_found_refund },
    },
    .notices = &paystack_notices,
    .dispute = { look_up_dispute, read_dispute },
};
