/* SPDX-License-Identifier: Apache-2.0 */
/* asking: the fake world and exchange. */
#include "asking.h"

#include <stdlib.h>
#include <string.h>

#include "store/store.h"

/* ---- the world ---- */

static struct asking *asking_of(struct world *world) { return (struct asking *)(void *)world; }

static micros door_now(struct world *world) { return asking_of(world)->now; }

static void door_random(struct world *world, void *bytes, size_t length)
{
    uint8_t *at = bytes;
    for (size_t i = 0; i < length; i++) at[i] = ++asking_of(world)->chance;
}

static void door_ask(struct world *world, struct work *work)
{
    struct asking *asking = asking_of(world);
    if (asking->keeps_questions) {
        asking->kept = work;
        return;
    }
    work->result = WORK_FAILED;
    if (asking->store) store_run_questions(asking->store, &work, 1);
    work->done(work);
}

/* Nothing is ever written: the disk is full. */
static void door_commit(struct world *world, struct work *work)
{
    (void)world;
    work->result = WORK_FULL;
    work->done(work);
}

static const struct world_doors doors = { .now = door_now, .monotonic = door_now, .random = door_random, .commit = door_commit, .ask = door_ask };

void asking_open(struct asking *asking, struct api_options options)
{
    asking->world.doors = &doors;
    if (asking->now == 0) asking->now = INT64_C(1772357400120345); /* 2026-03-01T09:30:00.120345Z */
    options.world = &asking->world;
    memset(&options.fingerprint_secret, 1, sizeof options.fingerprint_secret);
    memset(&options.cursor_secret, 2, sizeof options.cursor_secret);
    if (options.merchant.length == 0) options.merchant = STR("default");
    if (options.requests_max == 0) options.requests_max = 100;
    asking->api = api_open(&options);
}

void asking_close(struct asking *asking)
{
    api_close(asking->api);
    arena_close(&asking->arena);
}

/* ---- exchanges ---- */

static void take_answer(struct http_exchange *exchange, const struct http_answer *answer)
{
    struct asking_exchange *asked = (struct asking_exchange *)(void *)exchange;
    struct asking *asking = asked->asking;
    INSIST(answer->header_count <= ASKING_HEADERS_MAX);
    arena_reset(&asking->arena);
    asking->answers++;
    asking->status = answer->status;
    asking->content_type = arena_copy(&asking->arena, answer->content_type);
    asking->body = arena_copy(&asking->arena, answer->body);
    asking->header_count = answer->header_count;
    for (size_t i = 0; i < answer->header_count; i++) {
        asking->headers[i].name = arena_copy(&asking->arena, answer->headers[i].name);
        asking->headers[i].value = arena_copy(&asking->arena, answer->headers[i].value);
    }
    arena_close(&asked->arena);
    free(asked);
}

static void read_headers(struct asking_exchange *asked, const char *const *headers)
{
    struct http_request *request = &asked->exchange.request;
    request->headers = asked->headers;
    for (; headers && *headers; headers++) {
        INSIST(request->header_count < ASKING_HEADERS_MAX);
        str value;
        str name = str_cut(str_of(*headers), ':', &value);
        asked->headers[request->header_count++] = (struct http_header){ name, arena_copy(&asked->arena, str_trim(value)) };
    }
}

static struct asking_exchange *exchange_open(struct asking *asking, const char *method, const char *target, const char *const *headers, str body)
{
    struct asking_exchange *asked = calloc(1, sizeof *asked);
    INSIST(asked);
    struct http_request *request = &asked->exchange.request;
    *request = (struct http_request){ .method = str_of(method), .target = str_of(target), .received_at = asking->now };
    request->path = str_cut(request->target, '?', &request->query);
    if (request->path.length == request->target.length) request->query = STR_NONE;
    request->body = arena_copy(&asked->arena, body);
    request->has_body = body.bytes != NULL;
    read_headers(asked, headers);
    asked->exchange.arena = &asked->arena;
    asked->exchange.answer = take_answer;
    asked->asking = asking;
    return asked;
}

static int handle(struct asking *asking, void (*door)(void *api, struct http_exchange *exchange), struct asking_exchange *asked)
{
    size_t answers = asking->answers;
    door(asking->api, &asked->exchange);
    INSIST(asking->answers <= answers + 1);
    return asking->answers == answers ? 0 : asking->status;
}

int asking_send(struct asking *asking, const char *method, const char *target, const char *const *headers, str body)
{
    return handle(asking, api_handle, exchange_open(asking, method, target, headers, body));
}

int asking_control(struct asking *asking, const char *method, const char *target, const char *body)
{
    const char *headers[] = { "Content-Type: application/json", NULL };
    str text = body ? str_of(body) : STR_NONE;
    return handle(asking, api_handle_control, exchange_open(asking, method, target, headers, text));
}

int asking_get(struct asking *asking, const char *target) { return asking_send(asking, "GET", target, NULL, STR_NONE); }

int asking_post(struct asking *asking, const char *target, const char *body)
{
    const char *headers[] = { "Content-Type: application/json", "Idempotency-Key: k1", NULL };
    return asking_send(asking, "POST", target, headers, str_of(body));
}

/* ---- what was told ---- */

str asking_header(const struct asking *asking, const char *name)
{
    for (size_t i = 0; i < asking->header_count; i++) {
        if (str_equal_ignoring_case(asking->headers[i].name, str_of(name))) return asking->headers[i].value;
    }
    return STR_NONE;
}

static const struct json *element(const struct json *list, int64_t index)
{
    struct json_item item = json_first(list);
    while (item.value && index-- > 0) item = json_next(item);
    return item.value;
}

static str as_text(const struct json *value)
{
    if (!value) return STR("");
    switch (json_kind_of(value)) {
    case JSON_NULL: return STR("null");
    case JSON_BOOL: return json_is_true(value) ? STR("true") : STR("false");
    case JSON_NUMBER: return json_number(value);
    case JSON_STRING: return json_string(value);
    default: return STR("(more)");
    }
}

str asking_told(struct asking *asking, const char *path)
{
    const struct json *value;
    str rest = str_of(path);
    if (json_read_up_to(&asking->arena, asking->body, 100000, &value) != JSON_FINE) return STR("(no JSON)");
    while (rest.length > 0 && value) {
        int64_t index;
        str name = str_cut(rest, '.', &rest);
        char terminated[64];
        INSIST(str_copy_to(name, terminated, sizeof terminated));
        value = str_to_int64(name, 1000, &index) ? element(value, index) : json_find(value, terminated);
    }
    return as_text(value);
}
