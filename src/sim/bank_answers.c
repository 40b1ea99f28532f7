/* SPDX-License-Identifier: Apache-2.0 */
/* bank_answers: the answers of each kind, the table of refusals, and the two spellings of a time. */
#include "sim/bank_answers.h"

#include <stdio.h>

#include "base/moment.h"
#include "base/text.h"

enum {
    NS_PER_MICRO = 1000,
    NS_PER_SECOND = 1000 * 1000 * 1000,
    SECONDS_PER_DAY = 24 * 3600,
    NS_DIGITS = 9,
    ANSWER_BYTES = 320, /* the longest 200 has about 280 */
};

struct bank_told bank_told_of(const struct bank_book *book, const struct bank_effect *effect)
{
    struct bank_told told = {
        .kind = effect->kind,
        .id = effect->id,
        .cents = effect->cents,
        .at_ns = effect->at_ns,
        .currency = "USD",
    };
    if (effect->kind == BANK_HOLD) told.expires_ns = bank_book_expiry_ns(book, effect);
    else told.parent = bank_book_effect(book, effect->parent)->id;
    return told;
}

/* --- Times --- */

/* Floors, so that times before 1970 (a very negative expiry) still have a positive fraction. */
static int64_t floor_divide(int64_t number, int64_t by)
{
    return number / by - (number % by < 0);
}

str bank_time_format(char buffer[BANK_TIME_BYTES], int64_t ns)
{
    int64_t seconds = floor_divide(ns, NS_PER_SECOND);
    int fraction = (int)(ns - seconds * NS_PER_SECOND);
    int second_of_day = (int)(seconds - floor_divide(seconds, SECONDS_PER_DAY) * SECONDS_PER_DAY);
    struct calendar_day day = moment_day(seconds * MICROS_PER_SECOND);
    int length = snprintf(buffer, BANK_TIME_BYTES, "%04d-%02d-%02dT%02d:%02d:%02d", day.year, day.month, day.day,
                          second_of_day / 3600, second_of_day / 60 % 60, second_of_day % 60);
    if (fraction > 0) {
        length += snprintf(buffer + length, (size_t)(BANK_TIME_BYTES - length), ".%0*d", NS_DIGITS, fraction);
        while (buffer[length - 1] == '0') length--;
    }
    buffer[length++] = 'Z';
    buffer[length] = '\0';
    return (str){ buffer, (size_t)length };
}

static int64_t round_to_micros(int64_t ns)
{
    return floor_divide(ns + NS_PER_MICRO / 2, NS_PER_MICRO) * NS_PER_MICRO;
}

static void put_time(struct text *text, const char *name, int64_t ns)
{
    char buffer[BANK_TIME_BYTES];
    json_put_str(text, name, bank_time_format(buffer, ns));
}

/* --- Effects --- */

static void put_id(struct text *text, const char *name, enum bank_kind kind, const struct bank_id *id)
{
    char buffer[BANK_ID_TEXT_BYTES];
    json_put_str(text, name, bank_id_format(buffer, bank_kind_prefix(kind), id));
}

static void put_hold(struct text *text, const struct bank_told *told)
{
    json_put_int(text, "amount", told->cents);
    put_id(text, "authorization_id", BANK_HOLD, &told->id);
    put_time(text, "created_at", told->at_ns);
    json_put_str(text, "currency", str_of(told->currency));
    put_time(text, "expires_at", told->expires_ns);
    json_put_str(text, "status", STR("approved"));
}

static void put_capture(struct text *text, const struct bank_told *told)
{
    json_put_int(text, "amount", told->cents);
    put_id(text, "authorization_id", BANK_HOLD, &told->parent);
    put_id(text, "capture_id", BANK_CAPTURE, &told->id);
    put_time(text, "captured_at", told->at_ns);
    json_put_str(text, "currency", str_of(told->currency));
    json_put_str(text, "status", STR("captured"));
}

static void put_void(struct text *text, const struct bank_told *told)
{
    put_id(text, "authorization_id", BANK_HOLD, &told->parent);
    json_put_str(text, "status", STR("voided"));
    put_id(text, "void_id", BANK_VOID, &told->id);
    put_time(text, "voided_at", told->at_ns);
}

static void put_refund(struct text *text, const struct bank_told *told)
{
    json_put_int(text, "amount", told->cents);
    put_id(text, "capture_id", BANK_CAPTURE, &told->parent);
    json_put_str(text, "currency", str_of(told->currency));
    put_id(text, "refund_id", BANK_REFUND, &told->id);
    put_time(text, "refunded_at", told->at_ns);
    json_put_str(text, "status", STR("refunded"));
}

static void answer_json(const struct text *text, int status, struct http_answer *answer)
{
    answer->status = status;
    answer->content_type = STR("application/json");
    answer->body = text_str(text);
}

void bank_answer_post(struct arena *arena, const struct bank_told *told, struct http_answer *answer)
{
    static void (*const put[BANK_KINDS])(struct text *, const struct bank_told *) = {
        [BANK_HOLD] = put_hold,
        [BANK_CAPTURE] = put_capture,
        [BANK_VOID] = put_void,
        [BANK_REFUND] = put_refund,
    };
    struct text text = text_open(arena, ANSWER_BYTES);
    json_open_object(&text);
    put[told->kind](&text, told);
    json_close_object(&text);
    text_put_char(&text, '\n');
    answer_json(&text, 200, answer);
}

void bank_answer_get(struct arena *arena, const struct bank_told *told, struct http_answer *answer)
{
    struct bank_told stored = *told;
    stored.at_ns = round_to_micros(told->at_ns);
    stored.expires_ns = round_to_micros(told->expires_ns);
    bank_answer_post(arena, &stored, answer);
}

/* --- Errors --- */

void bank_answer_error(struct arena *arena, int status, const char *code, const char *message, struct http_answer *answer)
{
    struct text text = text_open(arena, ANSWER_BYTES);
    json_open_object(&text);
    json_put_str(&text, "error", str_of(code));
    json_put_str(&text, "message", str_of(message));
    json_close_object(&text);
    text_put_char(&text, '\n');
    answer_json(&text, status, answer);
}

struct refusal_words {
    int status;
    const char *code;
    const char *message;
};

/* clang-format off */
static const struct refusal_words refusals[BANK_REFUSALS] = {
    [BANK_CARD_MALFORMED]       = { 400, "invalid_card",               "invalid card number" },
    [BANK_CARD_UNKNOWN]         = { 400, "invalid_card",               "card not found" },
    [BANK_CVV_MALFORMED]        = { 400, "invalid_cvv",                "CVV must have 3 or 4 digits" },
    [BANK_CVV_WRONG]            = { 400, "invalid_cvv",                "CVV does not match" },
    [BANK_AMOUNT_NOT_POSITIVE]  = { 400, "invalid_amount",             "amount must be positive" },
    [BANK_CARD_EXPIRED]         = { 400, "card_expired",               "card has expired" },
    [BANK_FUNDS_INSUFFICIENT]   = { 402, "insufficient_funds",         "available balance is less than the amount" },
    [BANK_HOLD_ID_MALFORMED]    = { 400, "authorization_not_found",    "invalid authorization ID format" },
    [BANK_HOLD_UNKNOWN]         = { 400, "authorization_not_found",    "authorization not found" },
    [BANK_HOLD_USED]            = { 400, "authorization_already_used", "authorization was captured or voided" },
    [BANK_HOLD_EXPIRED]         = { 400, "authorization_expired",      "authorization has expired" },
    [BANK_AMOUNT_DIFFERS]       = { 400, "amount_mismatch",            "amount differs" },
    [BANK_CAPTURE_ID_MALFORMED] = { 400, "capture_not_found",          "invalid capture ID format" },
    [BANK_CAPTURE_UNKNOWN]      = { 400, "capture_not_found",          "capture not found" },
    [BANK_CAPTURE_REFUNDED]     = { 400, "already_refunded",           "capture was refunded" },
};
/* clang-format on */

void bank_answer_refusal(struct arena *arena, enum bank_refusal refusal, struct http_answer *answer)
{
    INSIST(refusal > BANK_AGREED && refusal < BANK_REFUSALS);
    const struct refusal_words *words = &refusals[refusal];
    bank_answer_error(arena, words->status, words->code, words->message, answer);
}

void bank_answer_plain(struct arena *arena, int status, const char *sentence, struct http_answer *answer)
{
    answer->status = status;
    answer->content_type = STR("text/plain; charset=utf-8");
    answer->body = arena_format(arena, "%s\n", sentence);
    http_answer_header(answer, STR("X-Content-Type-Options"), STR("nosniff"));
}
