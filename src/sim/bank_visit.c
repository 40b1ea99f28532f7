/* SPDX-License-Identifier: Apache-2.0 */
/* bank_visit: the way of a request through the bank.
 *
 *     kept answer? ──yes──▶ replay, at once and without chance
 *         │ no
 *       sleep ──▶ chance: 500? ──▶ path and method ──▶ operation ──▶ delivery
 */
#include <string.h>

#include "sim/bank_reading.h"
#include "sim/bank_state.h"

/* --- The endpoints that touch no money --- */

static void answer_text(struct bank_visit *visit, int status, str content_type, str body)
{
    visit->answer.status = status;
    visit->answer.content_type = content_type;
    visit->answer.body = body;
}

static void answer_root(struct bank_visit *visit)
{
    answer_text(visit, 301, STR("text/html; charset=utf-8"), STR("<a href=\"/docs\">Moved Permanently</a>.\n\n"));
    http_answer_header(&visit->answer, STR("Location"), STR("/docs"));
}

static void answer_health(struct bank_visit *visit)
{
    bool is_ill = visit->luck.kind != NULL && visit->luck.kind->says != BANK_SAYS_TRUTH;
    answer_text(visit, is_ill ? 503 : 200, STR("application/json"),
                is_ill ? STR("{\"status\":\"unhealthy\"}\n") : STR("{\"status\":\"healthy\"}\n"));
}

static void answer_docs(struct bank_visit *visit)
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

static bool is_post(const struct bank_visit *visit)
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
    return visit->route != NULL && visit->route->answer == bank_operation_post && is_post(visit);
}

/* Health and documentation know neither latency nor chance. */
static bool is_exempt(const struct bank_visit *visit)
{
    return str_starts_with(visit->path, STR("/health")) || str_starts_with(visit->path, STR("/docs"));
}

/* --- The way --- */

static void answer_route(struct bank_visit *visit)
{
    const struct bank_route *route = visit->route;
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

/* A fault that was ordered takes the place of chance. */
static bool fails_by_chance(const struct bank_visit *visit)
{
    if (is_exempt(visit)) return false;
    if (visit->luck.kind != NULL) return visit->luck.kind->says == BANK_SAYS_CHAOS;
    return (int64_t)visit->chance_draw < visit->bank->options.failure_millionths;
}

static void act(struct bank_visit *visit)
{
    if (fails_by_chance(visit)) {
        visit->bank->counters.chance_failures++;
        bank_answer_error(visit->exchange->arena, 500, "internal_error", "Random failure injection", &visit->answer);
    } else {
        answer_route(visit);
    }
    bank_delivery_begin(visit);
}

static void slept(struct world_timer *timer)
{
    act(CONTAINER_OF(timer, struct bank_visit, timer));
}

/* Whole milliseconds, evenly from the least to just below the most. */
static int64_t draw_latency_ms(struct sim_bank *bank)
{
    int64_t least = bank->options.latency_ms[0], most = bank->options.latency_ms[1];
    return least == most ? least : least + (int64_t)desk_chance_below(&bank->chance, (uint64_t)(most - least));
}

/* A late answer sleeps behind the operation instead. */
static int64_t latency_ms(struct bank_visit *visit)
{
    int64_t usual = is_exempt(visit) ? 0 : draw_latency_ms(visit->bank);
    bool has_its_own = visit->luck.kind != NULL && visit->luck.kind->sends != BANK_SENDS_LATE && visit->luck.latency_ms >= 0;
    return has_its_own ? visit->luck.latency_ms : usual;
}

static void sleep_then_act(struct bank_visit *visit)
{
    int64_t wait_ms = latency_ms(visit);
    visit->chance_draw = desk_chance_below(&visit->bank->chance, BANK_MILLION);
    if (wait_ms == 0) {
        act(visit);
        return;
    }
    visit->timer.fire = slept;
    world_timer_start(visit->bank->options.world, &visit->timer, wait_ms * MICROS_PER_MS);
}

/* --- The beginning --- */

static str decoded_path(struct http_exchange *exchange)
{
    str path = exchange->request.path;
    if (memchr(path.bytes, '%', path.length) == NULL) return path;
    return http_decode(exchange->arena, path, false, &path) ? path : exchange->request.path;
}

static void note(struct bank_visit *visit)
{
    struct bank_noted *noted = bank_requests_note(&visit->bank->requests);
    const struct http_request *request = &visit->exchange->request;
    noted->came_at = bank_now(visit->bank);
    bank_noted_copy(noted->method, sizeof noted->method, request->method);
    bank_noted_copy(noted->path, sizeof noted->path, request->path);
    bank_noted_copy(noted->key, sizeof noted->key, visit->key);
    if (visit->luck.kind != NULL) noted->fault = visit->luck.kind->name;
    visit->noted = noted;
    visit->number = noted->number;
}

struct bank_noted *bank_visit_noted(const struct bank_visit *visit)
{
    return visit->noted->number == visit->number ? visit->noted : NULL;
}

/* The card of an authorization, for faults that are meant for one card only. */
static str card_of(struct bank_visit *visit)
{
    struct bank_request request;
    bool is_hold = takes_key(visit) && visit->route->kind == BANK_HOLD;
    if (!is_hold || !bank_faults_ask_for_card(&visit->bank->faults)) return STR("");
    bool is_read = bank_request_read(visit->exchange->arena, BANK_HOLD, visit->exchange->request.body, &request);
    return is_read ? request.card_number : STR("");
}

static void meet_fault(struct bank_visit *visit)
{
    struct bank_faults *faults = &visit->bank->faults;
    if (faults->count == 0) return;
    visit->luck = bank_faults_meet(faults, visit->path, visit->key, card_of(visit), visit->kept != 0);
    if (visit->luck.kind == NULL) return;
    visit->bank->counters.faults++;
    if (visit->luck.kind->skips_lookup) visit->kept = 0;
}

static struct bank_visit *open_visit(struct sim_bank *bank, struct http_exchange *exchange)
{
    struct bank_visit *visit = arena_take(exchange->arena, sizeof *visit);
    visit->bank = bank;
    visit->exchange = exchange;
    visit->path = decoded_path(exchange);
    visit->route = find_route(visit->path);
    visit->key = http_header(&exchange->request, STR("Idempotency-Key"));
    visit->next = bank->visits;
    if (visit->next) visit->next->previous = visit;
    bank->visits = visit;
    bank->pending++;
    return visit;
}

void bank_visit_begin(struct sim_bank *bank, struct http_exchange *exchange)
{
    struct bank_visit *visit = open_visit(bank, exchange);
    bool looks_up = takes_key(visit) && bank_key_is_keepable(visit->key);
    if (looks_up) visit->kept = bank_keys_find(bank->keys, visit->route->kind, visit->key, bank_now(bank));
    meet_fault(visit);
    note(visit);
    if (visit->kept == 0) {
        sleep_then_act(visit);
        return;
    }
    bank_operation_replay(visit);
    bank_delivery_begin(visit);
}
