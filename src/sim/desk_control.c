/* SPDX-License-Identifier: Apache-2.0 */
/* desk_control: /sim/, where tests order faults, read what came, and turn the clock. Nobody real has such a thing. */
#include "sim/desk.h"

enum {
    REQUESTS_SHOWN = 100, /* when nobody says how many */
    LATENCY_MS_MAX = 10 * 60 * 1000,
    SHARE_DIGITS = 6,
};

void desk_control_reply(struct desk_control *control, int status, str json)
{
    control->answer.status = status;
    control->answer.content_type = STR("application/json");
    control->answer.body = json;
}

void desk_control_refuse(struct desk_control *control, const char *sentence)
{
    desk_control_reply(control, 400, arena_format(control->arena, "{\"error\":\"%s\"}\n", sentence));
}

str desk_control_parameter(const struct desk_control *control, str name)
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

bool desk_control_number(const struct json *value, int64_t least, int64_t most, int64_t otherwise, int64_t *out)
{
    *out = otherwise;
    return value == NULL || (json_int64(value, out) && *out >= least && *out <= most);
}

static bool read_choice(const struct json *value, enum desk_choice *out)
{
    *out = DESK_AS_USUAL;
    if (value == NULL) return true;
    *out = json_is_true(value) ? DESK_YES : DESK_NO;
    return json_kind_of(value) == JSON_BOOL;
}

/* --- Faults --- */

static void list_faults(struct desk_control *control)
{
    struct text text = text_open(control->arena, 512);
    json_open_object(&text);
    json_name(&text, "faults");
    desk_faults_put(&text, &control->desk->faults);
    json_close_object(&text);
    desk_control_reply(control, 200, text_str(&text));
}

static void clear_faults(struct desk_control *control)
{
    desk_faults_clear(&control->desk->faults);
    list_faults(control);
}

static bool read_text(const struct json *value, char *buffer, size_t bytes)
{
    buffer[0] = '\0';
    if (value == NULL || json_kind_of(value) == JSON_NULL) return true;
    return json_kind_of(value) == JSON_STRING && str_copy_to(json_string(value), buffer, bytes);
}

/* "*" is every endpoint of the API. */
static bool read_path(const struct desk_trade *trade, const struct json *value, struct desk_fault *out)
{
    str path = value == NULL ? STR("*") : json_string(value);
    if (str_equal(path, STR("*"))) path = str_of(trade->everything);
    return str_starts_with(path, STR("/")) && str_copy_to(path, out->path, sizeof out->path);
}

static const struct desk_fault_kind *kind_named(const struct desk_trade *trade, str name)
{
    for (const struct desk_fault_kind *kind = trade->kinds; kind->name; kind++) {
        if (str_equal(str_of(kind->name), name)) return kind;
    }
    return NULL;
}

static const char *read_fault(const struct desk_trade *trade, const struct json *body, struct desk_fault *out)
{
    *out = (struct desk_fault){ .kind = kind_named(trade, json_string(json_find(body, "fault"))) };
    if (out->kind == NULL) return "there is no such fault";
    if (!read_path(trade, json_find(body, "path"), out)) return "path begins with / or is *";
    if (!read_text(json_find(body, "key"), out->key, sizeof out->key)) return "key is a text of at most 256 bytes";
    if (!read_text(json_find(body, "card"), out->card, sizeof out->card)) return "card is a text of digits";
    if (!desk_control_number(json_find(body, "times"), 0, INT32_MAX, 1, &out->times)) return "times is a number, 0 for ever";
    if (!desk_control_number(json_find(body, "after"), 0, INT32_MAX, 0, &out->after)) return "after is a number";
    if (!desk_control_number(json_find(body, "latency_ms"), 0, LATENCY_MS_MAX, -1, &out->latency_ms)) return "latency_ms is a number";
    if (!read_choice(json_find(body, "acts"), &out->acts)) return "acts is true or false";
    if (!read_choice(json_find(body, "store_key"), &out->keeps_key)) return "store_key is true or false";
    return NULL;
}

static void plant_fault(struct desk_control *control)
{
    struct desk *desk = control->desk;
    struct desk_fault fault;
    if (str_equal(json_string(json_find(control->body, "fault")), STR("forget_keys"))) {
        desk->trade->forget_keys(desk);
        list_faults(control);
        return;
    }
    const char *problem = read_fault(desk->trade, control->body, &fault);
    if (problem == NULL && !desk_faults_plant(&desk->faults, &fault)) problem = "too many faults are planted";
    if (problem != NULL) desk_control_refuse(control, problem);
    else list_faults(control);
}

/* --- Questions --- */

static void show_requests(struct desk_control *control)
{
    int64_t limit = REQUESTS_SHOWN;
    str last = desk_control_parameter(control, STR("last"));
    if (last.bytes != NULL && !str_to_int64(last, DESK_REQUESTS_KEPT, &limit)) {
        desk_control_refuse(control, "last is a number up to 4096");
        return;
    }
    struct text text = text_open(control->arena, 4096);
    json_open_object(&text);
    json_put_int(&text, "count", (int64_t)control->desk->requests.count);
    json_name(&text, "requests");
    desk_requests_put(&text, &control->desk->requests, (uint64_t)limit);
    json_close_object(&text);
    desk_control_reply(control, 200, text_str(&text));
}

/* --- Changes --- */

static void show_clock(struct desk_control *control)
{
    struct text text = text_open(control->arena, 128);
    json_open_object(&text);
    json_put_time(&text, "now", desk_now(control->desk));
    json_put_int(&text, "advanced_ms", control->desk->advanced / MICROS_PER_MS);
    json_close_object(&text);
    desk_control_reply(control, 200, text_str(&text));
}

static void turn_clock(struct desk_control *control)
{
    const int64_t century_ms = 100LL * 365 * 24 * 3600 * 1000;
    int64_t advance_ms;
    const struct json *value = json_find(control->body, "advance_ms");
    if (value == NULL || !desk_control_number(value, 0, century_ms, 0, &advance_ms)) {
        desk_control_refuse(control, "advance_ms is a number, at least 0");
        return;
    }
    control->desk->advanced += advance_ms * MICROS_PER_MS;
    if (control->desk->trade->clock_moved) control->desk->trade->clock_moved(control->desk);
    show_clock(control);
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
    *out = whole * DESK_MILLION + decimals;
    return *out <= DESK_MILLION;
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

static void change_settings(struct desk_control *control)
{
    struct desk_options options = control->desk->options;
    const struct json *failure_rate = json_find(control->body, "failure_rate");
    const struct json *latency_ms = json_find(control->body, "latency_ms");
    if (failure_rate != NULL && !read_share(text_or_number(failure_rate), &options.failure_millionths)) {
        desk_control_refuse(control, "failure_rate is 0 to 1 with at most six decimals");
    } else if (latency_ms != NULL && !read_latency(text_or_number(latency_ms), options.latency_ms)) {
        desk_control_refuse(control, "latency_ms is least:most");
    } else {
        control->desk->options = options;
        desk_control_reply(control, 200, STR("{}\n"));
    }
}

/* --- Which is asked for --- */

static const struct desk_control_route every_desk[] = {
    { "GET", "/sim/requests", show_requests },
    { "GET", "/sim/faults", list_faults },
    { "POST", "/sim/faults", plant_fault },
    { "DELETE", "/sim/faults", clear_faults },
    { "GET", "/sim/clock", show_clock },
    { "POST", "/sim/clock", turn_clock },
    { "POST", "/sim/settings", change_settings },
};

static const struct desk_control_route *find_among(const struct desk_control_route *routes, size_t count,
                                                   const struct http_request *request)
{
    for (size_t i = 0; i < count; i++) {
        bool fits = str_equal(request->method, str_of(routes[i].method)) && str_equal(request->path, str_of(routes[i].path));
        if (fits) return &routes[i];
    }
    return NULL;
}

static const struct desk_control_route *find_control(const struct desk_control *control)
{
    const struct desk_trade *trade = control->desk->trade;
    const struct desk_control_route *own = find_among(trade->controls, trade->control_count, control->request);
    return own ? own : find_among(every_desk, COUNT_OF(every_desk), control->request);
}

static void answer_control(struct desk_control *control)
{
    const struct desk_control_route *route = find_control(control);
    bool has_body = str_equal(control->request->method, STR("POST"));
    if (route == NULL) {
        desk_control_reply(control, 404, STR("{\"error\":\"no such control\"}\n"));
    } else if (has_body && json_read(control->arena, control->request->body, &control->body) != JSON_FINE) {
        desk_control_refuse(control, "the body is not JSON");
    } else {
        route->handle(control);
    }
}

void desk_control_handle(struct desk *desk, struct http_exchange *exchange)
{
    struct desk_control control = { .desk = desk, .arena = exchange->arena, .request = &exchange->request };
    answer_control(&control);
    http_answer(exchange, &control.answer);
}
