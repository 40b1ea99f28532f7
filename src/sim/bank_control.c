/* SPDX-License-Identifier: Apache-2.0 */
/* bank_control: /sim/, where tests order faults, read the book and turn the clock. No bank has such a thing. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sim/bank_state.h"

enum {
    REQUESTS_SHOWN = 100, /* when nobody says how many */
    LATENCY_MS_MAX = 10 * 60 * 1000,
    SHARE_DIGITS = 6,
};

/* A control request on its way to its answer. */
struct control {
    struct sim_bank *bank;
    struct arena *arena;
    const struct http_request *request;
    const struct json *body; /* of a POST */
    struct http_answer answer;
};

static void reply(struct control *control, int status, str json)
{
    control->answer.status = status;
    control->answer.content_type = STR("application/json");
    control->answer.body = json;
}

static void refuse(struct control *control, const char *sentence)
{
    reply(control, 400, arena_format(control->arena, "{\"error\":\"%s\"}\n", sentence));
}

/* The decoded value of a parameter of the query; STR_NONE without one. */
static str parameter(const struct control *control, str name)
{
    str rest = control->request->query;
    while (rest.length > 0) {
        str value;
        str pair = str_cut(rest, '&', &rest);
        if (!str_equal(str_cut(pair, '=', &value), name)) continue;
        return http_decode(control->arena, value, true, &value) ? value : STR_NONE;
    }
    return STR_NONE;
}

/* A whole number between two limits; `otherwise` when the member is missing. */
static bool read_number(const struct json *value, int64_t least, int64_t most, int64_t otherwise, int64_t *out)
{
    *out = otherwise;
    return value == NULL || (json_int64(value, out) && *out >= least && *out <= most);
}

static bool read_choice(const struct json *value, enum bank_choice *out)
{
    *out = BANK_AS_USUAL;
    if (value == NULL) return true;
    *out = json_is_true(value) ? BANK_YES : BANK_NO;
    return json_kind_of(value) == JSON_BOOL;
}

/* --- Faults --- */

static void list_faults(struct control *control)
{
    struct text text = text_open(control->arena, 512);
    json_open_object(&text);
    json_name(&text, "faults");
    bank_faults_put(&text, &control->bank->faults);
    json_close_object(&text);
    reply(control, 200, text_str(&text));
}

static void clear_faults(struct control *control)
{
    bank_faults_clear(&control->bank->faults);
    list_faults(control);
}

static bool read_text(const struct json *value, char *buffer, size_t bytes)
{
    buffer[0] = '\0';
    if (value == NULL || json_kind_of(value) == JSON_NULL) return true;
    return json_kind_of(value) == JSON_STRING && str_copy_to(json_string(value), buffer, bytes);
}

/* "*" is every endpoint of the API. */
static bool read_path(const struct json *value, struct bank_fault *out)
{
    str path = value == NULL ? STR("*") : json_string(value);
    if (str_equal(path, STR("*"))) path = STR("/api/*");
    return str_starts_with(path, STR("/")) && str_copy_to(path, out->path, sizeof out->path);
}

static const char *read_fault(const struct json *body, struct bank_fault *out)
{
    *out = (struct bank_fault){ .kind = bank_fault_kind_named(json_string(json_find(body, "fault"))) };
    if (out->kind == NULL) return "there is no such fault";
    if (!read_path(json_find(body, "path"), out)) return "path begins with / or is *";
    if (!read_text(json_find(body, "key"), out->key, sizeof out->key)) return "key is a text of at most 256 bytes";
    if (!read_text(json_find(body, "card"), out->card, sizeof out->card)) return "card is a text of digits";
    if (!read_number(json_find(body, "times"), 0, INT32_MAX, 1, &out->times)) return "times is a number, 0 for ever";
    if (!read_number(json_find(body, "after"), 0, INT32_MAX, 0, &out->after)) return "after is a number";
    if (!read_number(json_find(body, "latency_ms"), 0, LATENCY_MS_MAX, -1, &out->latency_ms)) return "latency_ms is a number";
    if (!read_choice(json_find(body, "acts"), &out->acts)) return "acts is true or false";
    if (!read_choice(json_find(body, "store_key"), &out->keeps_key)) return "store_key is true or false";
    return NULL;
}

static void plant_fault(struct control *control)
{
    struct bank_fault fault;
    if (str_equal(json_string(json_find(control->body, "fault")), STR("forget_keys"))) {
        bank_keys_forget_all(control->bank->keys);
        list_faults(control);
        return;
    }
    const char *problem = read_fault(control->body, &fault);
    if (problem == NULL && !bank_faults_plant(&control->bank->faults, &fault)) problem = "too many faults are planted";
    if (problem != NULL) refuse(control, problem);
    else list_faults(control);
}

/* --- Questions --- */

static void show_book(struct control *control)
{
    str key = parameter(control, STR("key"));
    str summary = parameter(control, STR("summary"));
    if (key.bytes != NULL) reply(control, 200, bank_report_key(control->bank, control->arena, key));
    else if (str_equal(summary, STR("1"))) reply(control, 200, bank_report_summary(control->bank, control->arena));
    else reply(control, 200, bank_report_book(control->bank, control->arena));
}

static void show_requests(struct control *control)
{
    int64_t limit = REQUESTS_SHOWN;
    str last = parameter(control, STR("last"));
    if (last.bytes != NULL && !str_to_int64(last, BANK_REQUESTS_KEPT, &limit)) {
        refuse(control, "last is a number up to 4096");
        return;
    }
    struct text text = text_open(control->arena, 4096);
    json_open_object(&text);
    json_put_int(&text, "count", (int64_t)control->bank->requests.count);
    json_name(&text, "requests");
    bank_requests_put(&text, &control->bank->requests, (uint64_t)limit);
    json_close_object(&text);
    reply(control, 200, text_str(&text));
}

/* --- Changes --- */

static void show_clock(struct control *control)
{
    struct text text = text_open(control->arena, 128);
    json_open_object(&text);
    json_put_time(&text, "now", bank_now(control->bank));
    json_put_int(&text, "advanced_ms", control->bank->advanced / MICROS_PER_MS);
    json_close_object(&text);
    reply(control, 200, text_str(&text));
}

static void turn_clock(struct control *control)
{
    const int64_t century_ms = 100LL * 365 * 24 * 3600 * 1000;
    int64_t advance_ms;
    const struct json *value = json_find(control->body, "advance_ms");
    if (value == NULL || !read_number(value, 0, century_ms, 0, &advance_ms)) {
        refuse(control, "advance_ms is a number, at least 0");
        return;
    }
    control->bank->advanced += advance_ms * MICROS_PER_MS;
    show_clock(control);
}

static enum bank_drift drift_named(str name)
{
    static const char *const names[] = {
        [BANK_DRIFT_NONE] = "none",
        [BANK_DRIFT_FORGET] = "forget",
        [BANK_DRIFT_AMOUNT] = "amount",
        [BANK_DRIFT_CURRENCY] = "currency",
        [BANK_DRIFT_PARENT] = "parent",
    };
    size_t i = 0;
    while (i < COUNT_OF(names) && !str_equal(str_of(names[i]), name)) i++;
    return (enum bank_drift)i;
}

static uint32_t find_named_effect(const struct control *control)
{
    static const char *const names[BANK_KINDS] = { "authorization_id", "capture_id", "void_id", "refund_id" };
    for (enum bank_kind kind = 0; kind < BANK_KINDS; kind++) {
        struct bank_id id;
        const struct json *value = json_find(control->body, names[kind]);
        if (value == NULL || !bank_id_read(json_string(value), bank_kind_prefix(kind), &id)) continue;
        return bank_book_find(control->bank->book, kind, &id);
    }
    return 0;
}

static void plant_drift(struct control *control)
{
    enum bank_drift drift = drift_named(json_string(json_find(control->body, "kind")));
    uint32_t number = find_named_effect(control);
    if (drift > BANK_DRIFT_PARENT) {
        refuse(control, "kind is none, forget, amount, currency or parent");
    } else if (number == 0) {
        refuse(control, "there is no such effect");
    } else {
        bank_book_effect(control->bank->book, number)->drift = (uint8_t)drift;
        reply(control, 200, STR("{}\n"));
    }
}

/* 0 to 1 with up to six decimals, as a number or a text, in millionths. */
static bool read_share(str text, int64_t *out)
{
    str fraction;
    int64_t whole, decimals = 0;
    str ones = str_cut(text, '.', &fraction);
    if (fraction.length > SHARE_DIGITS || !str_to_int64(ones, 1, &whole)) return false;
    for (size_t i = 0; i < SHARE_DIGITS; i++) {
        char digit = i < fraction.length ? fraction.bytes[i] : '0';
        if (digit < '0' || digit > '9') return false;
        decimals = decimals * 10 + (digit - '0');
    }
    *out = whole * BANK_MILLION + decimals;
    return *out <= BANK_MILLION;
}

/* "least:most", or one number for both. */
static bool read_latency(str text, int64_t out[2])
{
    str most;
    str least = str_cut(text, ':', &most);
    if (least.length == text.length) most = least;
    return str_to_int64(least, LATENCY_MS_MAX, &out[0]) && str_to_int64(most, LATENCY_MS_MAX, &out[1]) && out[0] <= out[1];
}

static str text_or_number(const struct json *value)
{
    return json_kind_of(value) == JSON_NUMBER ? json_number(value) : json_string(value);
}

static void change_settings(struct control *control)
{
    struct sim_bank_options options = control->bank->options;
    const struct json *failure_rate = json_find(control->body, "failure_rate");
    const struct json *latency_ms = json_find(control->body, "latency_ms");
    if (failure_rate != NULL && !read_share(text_or_number(failure_rate), &options.failure_millionths)) {
        refuse(control, "failure_rate is 0 to 1 with at most six decimals");
    } else if (latency_ms != NULL && !read_latency(text_or_number(latency_ms), options.latency_ms)) {
        refuse(control, "latency_ms is least:most");
    } else {
        control->bank->options = options;
        reply(control, 200, STR("{}\n"));
    }
}

/* --- Which is asked for --- */

struct control_route {
    const char *method;
    const char *path;
    void (*handle)(struct control *control);
};

static const struct control_route routes[] = {
    { "GET", "/sim/book", show_book },
    { "GET", "/sim/requests", show_requests },
    { "GET", "/sim/faults", list_faults },
    { "POST", "/sim/faults", plant_fault },
    { "DELETE", "/sim/faults", clear_faults },
    { "GET", "/sim/clock", show_clock },
    { "POST", "/sim/clock", turn_clock },
    { "POST", "/sim/drift", plant_drift },
    { "POST", "/sim/settings", change_settings },
};

static const struct control_route *find_control(const struct http_request *request)
{
    for (size_t i = 0; i < COUNT_OF(routes); i++) {
        bool fits = str_equal(request->method, str_of(routes[i].method)) && str_equal(request->path, str_of(routes[i].path));
        if (fits) return &routes[i];
    }
    return NULL;
}

static void answer_control(struct control *control)
{
    const struct control_route *route = find_control(control->request);
    bool has_body = str_equal(control->request->method, STR("POST"));
    if (route == NULL) {
        reply(control, 404, STR("{\"error\":\"no such control\"}\n"));
    } else if (has_body && json_read(control->arena, control->request->body, &control->body) != JSON_FINE) {
        refuse(control, "the body is not JSON");
    } else {
        route->handle(control);
    }
}

void bank_control_handle(struct sim_bank *bank, struct http_exchange *exchange)
{
    struct control control = { .bank = bank, .arena = exchange->arena, .request = &exchange->request };
    answer_control(&control);
    http_answer(exchange, &control.answer);
}
