/* SPDX-License-Identifier: Apache-2.0 */
/* bank_visit: where a request leads at the bank: to a kept answer, at once and without chance, or to an operation. */
#include <string.h>

#include "sim/bank_reading.h"
#include "sim/bank_state.h"

enum { WRITE_TIMEOUT_MICROS = 15 * MICROS_PER_SECOND }; /* of the bank's server */

const char *const bank_endpoint_names[BANK_ENDPOINTS] = {
    [BANK_POST_HOLD] = "POST /api/v1/authorizations",
    [BANK_POST_CAPTURE] = "POST /api/v1/captures",
    [BANK_POST_VOID] = "POST /api/v1/voids",
    [BANK_POST_REFUND] = "POST /api/v1/refunds",
    [BANK_GET_HOLD] = "GET /api/v1/authorizations/{id}",
    [BANK_GET_CAPTURE] = "GET /api/v1/captures/{id}",
    [BANK_GET_REFUND] = "GET /api/v1/refunds/{id}",
    [BANK_ELSEWHERE] = "elsewhere",
};

/* --- The endpoints that touch no money --- */

static void answer_text(struct desk_visit *visit, int status, str content_type, str body)
{
    visit->answer.status = status;
    visit->answer.content_type = content_type;
    visit->answer.body = body;
}

static void answer_root(struct desk_visit *visit)
{
    answer_text(visit, 301, STR("text/html; charset=utf-8"), STR("<a href=\"/docs\">Moved Permanently</a>.\n\n"));
    http_answer_header(&visit->answer, STR("Location"), STR("/docs"));
}

static void answer_health(struct desk_visit *visit)
{
    bool is_ill = visit->luck.kind != NULL && visit->luck.kind->says != DESK_SAYS_TRUTH;
    answer_text(visit, is_ill ? 503 : 200, STR("application/json"),
                is_ill ? STR("{\"status\":\"unhealthy\"}\n") : STR("{\"status\":\"healthy\"}\n"));
}

static void answer_docs(struct desk_visit *visit)
{
    answer_text(visit, 200, STR("text/html; charset=utf-8"),
                STR("<!doctype html>\n<title>A bank in miniature</title>\n<h1>A bank in miniature</h1>\n"
                    "<p>POST /api/v1/authorizations, /captures, /voids, /refunds, each with an Idempotency-Key;\n"
                    "GET /api/v1/authorizations/{id}, /captures/{id}, /refunds/{id}; GET /health.\n"
                    "<p>What the simulator itself can do stands under /sim/: see docs/reference/bank-simulator.md.\n"));
}

/* --- Routes --- */

static const struct bank_route routes[] = {
    { "/api/v1/authorizations", "POST", BANK_POST_HOLD, BANK_HOLD, bank_operation_post },
    { "/api/v1/captures", "POST", BANK_POST_CAPTURE, BANK_CAPTURE, bank_operation_post },
    { "/api/v1/voids", "POST", BANK_POST_VOID, BANK_VOID, bank_operation_post },
    { "/api/v1/refunds", "POST", BANK_POST_REFUND, BANK_REFUND, bank_operation_post },
    { "/api/v1/authorizations/", "GET", BANK_GET_HOLD, BANK_HOLD, bank_operation_get },
    { "/api/v1/captures/", "GET", BANK_GET_CAPTURE, BANK_CAPTURE, bank_operation_get },
    { "/api/v1/refunds/", "GET", BANK_GET_REFUND, BANK_REFUND, bank_operation_get },
    { "/health", "GET", BANK_ELSEWHERE, BANK_KINDS, answer_health },
    { "/docs", "GET", BANK_ELSEWHERE, BANK_KINDS, answer_docs },
    { "/docs/openapi", "GET", BANK_ELSEWHERE, BANK_KINDS, answer_docs },
    { "/", "GET", BANK_ELSEWHERE, BANK_KINDS, answer_root },
};

static bool is_one_segment(str text)
{
    return text.length > 0 && memchr(text.bytes, '/', text.length) == NULL;
}

static bool route_fits(const struct bank_route *route, str path)
{
    str pattern = str_of(route->path);
    bool takes_id = pattern.length > 1 && pattern.bytes[pattern.length - 1] == '/';
    if (!takes_id) return str_equal(path, pattern);
    return str_starts_with(path, pattern) && is_one_segment(str_from(path, pattern.length));
}

static const struct bank_route *find_route(str path)
{
    for (size_t i = 0; i < COUNT_OF(routes); i++) {
        if (route_fits(&routes[i], path)) return &routes[i];
    }
    return NULL;
}

static bool is_post(const struct desk_visit *visit)
{
    return str_equal(visit->exchange->request.method, STR("POST"));
}

/* GET routes answer HEAD as well. */
static bool method_fits(const struct bank_route *route, str method)
{
    return str_equal(method, str_of(route->method))
           || (str_equal(method, STR("HEAD")) && strcmp(route->method, "GET") == 0);
}

static bool takes_key(const struct bank_visit *visit)
{
    return visit->route != NULL && visit->route->answer == bank_operation_post && is_post(&visit->desk);
}

/* Health and documentation know neither latency nor chance. */
static bool is_exempt(const struct desk_visit *visit)
{
    return str_starts_with(visit->path, STR("/health")) || str_starts_with(visit->path, STR("/docs"));
}

/* --- The bank's part of the way --- */

struct bank_visit *bank_visit_of(struct desk_visit *visit)
{
    return CONTAINER_OF(visit, struct bank_visit, desk);
}

static void arrive(struct desk_visit *desk)
{
    struct bank_visit *visit = bank_visit_of(desk);
    struct sim_bank *bank = bank_of(desk->desk);
    desk->key = http_header(&desk->exchange->request, STR("Idempotency-Key"));
    desk->is_exempt = is_exempt(desk);
    visit->route = find_route(desk->path);
    desk->endpoint = visit->route ? visit->route->endpoint : BANK_ELSEWHERE;
    if (!takes_key(visit) || !bank_key_is_keepable(desk->key)) return;
    visit->kept = bank_keys_find(bank->keys, visit->route->kind, desk->key, desk_now(desk->desk));
    desk->answers_at_once = visit->kept != 0;
}

/* The card of an authorization, for faults that are meant for one card only. */
static str card_of(struct desk_visit *desk)
{
    const struct bank_visit *visit = bank_visit_of(desk);
    struct bank_request request;
    if (!takes_key(visit) || visit->route->kind != BANK_HOLD) return STR("");
    bool is_read = bank_request_read(desk->exchange->arena, BANK_HOLD, desk->exchange->request.body, &request);
    return is_read ? request.card_number : STR("");
}

static void act(struct desk_visit *visit)
{
    const struct bank_route *route = bank_visit_of(visit)->route;
    struct arena *arena = visit->exchange->arena;
    if (route == NULL) {
        bank_answer_plain(arena, 404, "404 page not found", &visit->answer);
    } else if (!method_fits(route, visit->exchange->request.method)) {
        bool is_get = strcmp(route->method, "GET") == 0;
        http_answer_header(&visit->answer, STR("Allow"), is_get ? STR("GET, HEAD") : STR("POST"));
        bank_answer_plain(arena, 405, "Method Not Allowed", &visit->answer);
    } else {
        route->answer(visit);
    }
}

static void fail(struct desk_visit *visit)
{
    bank_answer_error(visit->exchange->arena, 500, "internal_error", "Random failure injection", &visit->answer);
}

/* Who asked in the wrong way was nowhere. */
static void leave(struct desk_visit *visit)
{
    if (visit->answer.status == 405) visit->endpoint = BANK_ELSEWHERE;
}

static void forget_keys(struct desk *desk)
{
    bank_keys_forget_all(bank_of(desk)->keys);
}

const struct desk_trade bank_trade = {
    .name = "bank",
    .logs_as = "bank request",
    .kinds = bank_fault_kinds,
    .everything = "/api/*",
    .endpoints = bank_endpoint_names,
    .endpoint_count = BANK_ENDPOINTS,
    .controls = bank_controls,
    .control_count = BANK_CONTROLS,
    .visit_bytes = sizeof(struct bank_visit),
    .write_timeout = WRITE_TIMEOUT_MICROS,
    .arrive = arrive,
    .card_of = card_of,
    .replay = bank_operation_replay,
    .act = act,
    .fail = fail,
    .disguise = bank_disguise,
    .leave = leave,
    .forget_keys = forget_keys,
};
