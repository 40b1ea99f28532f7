/* SPDX-License-Identifier: Apache-2.0 */
/* bank_stage: doors of a world without a network, and the bookkeeping of clients. */
#include "sim/bank_stage.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"

static const micros first_moment = 1772323200LL * MICROS_PER_SECOND; /* 2026-03-01T00:00:00Z */

enum { LONGEST_WAIT_MS = 100 * 1000 };

/* --- The world --- */

static struct stage *stage_of(struct world *world)
{
    return CONTAINER_OF(world, struct stage, world);
}

static micros door_now(struct world *world)
{
    return stage_of(world)->clock;
}

static void door_timer_stop(struct world *world, struct world_timer *timer)
{
    struct stage_timer *place = timer->handle;
    (void)world;
    if (place) place->timer = NULL;
    timer->handle = NULL;
}

static void door_timer_start(struct world *world, struct world_timer *timer, micros after)
{
    struct stage *stage = stage_of(world);
    size_t at = 0;
    door_timer_stop(world, timer);
    while (at < STAGE_TIMERS_MAX && stage->timers[at].timer != NULL) at++;
    assert_true(at < STAGE_TIMERS_MAX);
    stage->timers[at] = (struct stage_timer){ timer, stage->clock + after };
    timer->handle = &stage->timers[at];
}

static const struct world_doors doors = {
    .now = door_now,
    .monotonic = door_now,
    .timer_start = door_timer_start,
    .timer_stop = door_timer_stop,
};

static struct stage_timer *first_due(struct stage *stage, micros until)
{
    struct stage_timer *first = NULL;
    for (size_t i = 0; i < STAGE_TIMERS_MAX; i++) {
        struct stage_timer *place = &stage->timers[i];
        if (place->timer == NULL || place->due > until) continue;
        if (first == NULL || place->due < first->due) first = place;
    }
    return first;
}

void stage_pass_ms(struct stage *stage, int64_t ms)
{
    micros until = stage->clock + ms * MICROS_PER_MS;
    struct stage_timer *due;
    while ((due = first_due(stage, until)) != NULL) {
        struct world_timer *timer = due->timer;
        stage->clock = due->due;
        door_timer_stop(&stage->world, timer);
        timer->fire(timer);
    }
    stage->clock = until;
}

/* --- Clients --- */

static struct client *client_of(struct http_exchange *exchange)
{
    return CONTAINER_OF(exchange, struct client, exchange);
}

static void take_header(struct client *client, const struct http_header *header)
{
    if (str_equal(header->name, STR("X-Idempotent-Replayed"))) client->replayed = str_equal(header->value, STR("true"));
    if (str_equal(header->name, STR("Allow"))) assert_true(str_copy_to(header->value, client->allow, sizeof client->allow));
}

/* The exchange is gone after this, as at a real server. */
static void take_answer(struct http_exchange *exchange, const struct http_answer *answer)
{
    struct client *client = client_of(exchange);
    assert_false(client->answered || client->hung_up);
    client->answered = true;
    client->status = answer->status;
    client->body_length = answer->body.length;
    size_t kept = answer->body.length < sizeof client->body ? answer->body.length : sizeof client->body - 1;
    if (kept > 0) memcpy(client->body, answer->body.bytes, kept);
    assert_true(str_copy_to(answer->content_type, client->content_type, sizeof client->content_type));
    for (size_t i = 0; i < answer->header_count; i++) take_header(client, &answer->headers[i]);
    arena_close(&client->arena);
}

static void hang_up(struct http_exchange *exchange, const struct http_answer *partial, size_t bytes)
{
    struct client *client = client_of(exchange);
    assert_false(client->answered || client->hung_up);
    (void)partial;
    client->hung_up = true;
    client->bytes_before_hang_up = bytes;
    arena_close(&client->arena);
}

static void answer_twice(struct http_exchange *exchange, const struct http_answer *answer)
{
    client_of(exchange)->answered_twice = true;
    take_answer(exchange, answer);
}

struct stage *stage_open(const struct sim_bank_options *options)
{
    struct stage *stage = calloc(1, sizeof *stage);
    struct sim_bank_options filled = *options;
    assert_non_null(stage);
    stage->world.doors = &doors;
    stage->clock = first_moment;
    filled.world = &stage->world;
    filled.hang_up = hang_up;
    filled.answer_twice = answer_twice;
    stage->bank = sim_bank_open(&filled);
    return stage;
}

void stage_close(struct stage *stage)
{
    sim_bank_close(stage->bank);
    for (size_t i = 0; i < stage->client_count; i++) {
        arena_close(&stage->clients[i]->arena);
        free(stage->clients[i]);
    }
    free(stage);
}

static struct client *client_enter(struct stage *stage)
{
    struct client *client = calloc(1, sizeof *client);
    assert_non_null(client);
    assert_true(stage->client_count < STAGE_CLIENTS_MAX);
    stage->clients[stage->client_count++] = client;
    return client;
}

struct client *stage_begin(struct stage *stage, const char *method, const char *target, const char *key, const char *body)
{
    struct client *client = client_enter(stage);
    struct http_request *request = &client->exchange.request;
    client->exchange.arena = &client->arena;
    client->exchange.answer = take_answer;
    request->method = str_of(method);
    request->target = arena_copy(&client->arena, str_of(target));
    request->path = str_cut(request->target, '?', &request->query);
    request->body = arena_copy(&client->arena, str_of(body));
    request->received_at = stage->clock;
    client->headers[0] = (struct http_header){ STR("Host"), STR("bank") };
    client->headers[1] = (struct http_header){ STR("idempotency-key"), arena_copy(&client->arena, str_of(key)) };
    request->headers = client->headers;
    request->header_count = key ? 2 : 1;
    sim_bank_handle(stage->bank, &client->exchange);
    return client;
}

struct client *stage_ask(struct stage *stage, const char *method, const char *target, const char *key, const char *body)
{
    struct client *client = stage_begin(stage, method, target, key, body);
    for (int waited = 0; !client->answered && !client->hung_up && waited < LONGEST_WAIT_MS; waited++) stage_pass_ms(stage, 1);
    assert_true(client->answered || client->hung_up);
    return client;
}

struct client *stage_post(struct stage *stage, const char *path, const char *key, const char *body)
{
    return stage_ask(stage, "POST", path, key, body);
}

struct client *stage_authorize(struct stage *stage, const char *key, int64_t cents)
{
    char body[128];
    (void)snprintf(body, sizeof body, "{\"card_number\":\"4111111111111111\",\"cvv\":\"123\",\"amount\":%lld}", (long long)cents);
    return stage_post(stage, "/api/v1/authorizations", key, body);
}

struct client *stage_capture(struct stage *stage, const char *key, const char *authorization_id, int64_t cents)
{
    char body[160];
    (void)snprintf(body, sizeof body, "{\"authorization_id\":\"%s\",\"amount\":%lld}", authorization_id, (long long)cents);
    return stage_post(stage, "/api/v1/captures", key, body);
}

struct client *stage_void(struct stage *stage, const char *key, const char *authorization_id)
{
    char body[160];
    (void)snprintf(body, sizeof body, "{\"authorization_id\":\"%s\"}", authorization_id);
    return stage_post(stage, "/api/v1/voids", key, body);
}

struct client *stage_refund(struct stage *stage, const char *key, const char *capture_id, int64_t cents)
{
    char body[160];
    (void)snprintf(body, sizeof body, "{\"capture_id\":\"%s\",\"amount\":%lld}", capture_id, (long long)cents);
    return stage_post(stage, "/api/v1/refunds", key, body);
}

const char *stage_control(struct stage *stage, const char *method, const char *target, const char *body)
{
    struct client *client = stage_begin(stage, method, target, NULL, body);
    assert_true(client->answered);
    if (client->status != 200) fail_msg("%s %s: %s", method, target, client->body);
    return client->body;
}

static const struct json *read_body(struct client *client)
{
    const struct json *root = NULL;
    if (json_read(&client->arena, str_of(client->body), &root) != JSON_FINE) return NULL;
    return root;
}

const char *client_member(struct client *client, const char *name)
{
    const struct json *member = json_find(read_body(client), name);
    str text = member && json_kind_of(member) == JSON_NUMBER ? json_number(member) : json_string(member);
    return arena_copy(&client->arena, text.bytes ? text : STR("")).bytes;
}

int64_t stage_count(struct stage *stage, const char *kind)
{
    int64_t count = -1;
    struct client *client = stage_begin(stage, "GET", "/sim/book?summary=1", NULL, "");
    const struct json *summary = read_body(client);
    assert_true(json_is_true(json_find(summary, "balanced")));
    assert_true(json_int64(json_find(json_find(summary, kind), "count"), &count));
    return count;
}

void assert_refused(struct client *client, int status, const char *code)
{
    assert_int_equal(client->status, status);
    assert_string_equal(client_member(client, "error"), code);
}
