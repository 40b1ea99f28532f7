/* SPDX-License-Identifier: Apache-2.0 */
/* fake_world: one list of timers for all who live here, two queues, and the calls between the gateway and the bank. */
#include "flow/fake_world.h"

#include <stdio.h>

#include "base/base_testing.h"
#include "base/json.h"
#include "base/text.h"
#include "sim/sim_bank.h"
#include "world/http_client.h"

static const micros first_moment = INT64_C(1772323200) * MICROS_PER_SECOND; /* 2026-03-01T00:00:00Z */

enum { TRIP = 1 * MICROS_PER_MS, TIMERS_MAX = 4096, CALL_HEADERS_MAX = HTTP_CALL_HEADERS_MAX + 2 };

/* Who lives here: each sees the same clock, but his timers are his own and go with him. */
struct face {
    struct world world;
    struct fake_world *fake;
};

struct running_timer {
    struct world_timer *timer;
    struct face *face;
    micros due;
    int64_t order; /* of two that are due at once the first that was started */
};

struct queue {
    struct work *first, *last;
};

/* One call on its way; `call` is NULL when nobody waits for it any more. */
struct trip {
    struct fake_world *fake;
    struct http_call *call;
    struct http_exchange exchange;
    struct http_header headers[CALL_HEADERS_MAX];
    struct arena arena;
    struct world_timer timer;   /* arrives, comes back */
    struct world_timer timeout; /* the gateway's patience */
    bool at_the_bank;
    enum http_call_result result;
    struct http_answer answer; /* in `back` */
    struct arena back;
    struct trip *next;
};

struct fake_world {
    struct face gateway, town; /* the town: network and bank */
    micros clock, wall_ahead;
    uint64_t chance;
    int64_t moments, orders;
    struct running_timer timers[TIMERS_MAX];
    size_t timer_count;
    struct store *writer, *reader;
    struct queue commits, told, questions;
    struct trip *trips;
    enum fake_network network;
    struct sim_bank *bank;
    int64_t requests;
};

static struct face *face_of(struct world *world) { return CONTAINER_OF(world, struct face, world); }

/* ---- time and chance ---- */

static micros door_monotonic(struct world *world) { return face_of(world)->fake->clock; }

static micros door_now(struct world *world)
{
    const struct fake_world *fake = face_of(world)->fake;
    return first_moment + fake->clock + fake->wall_ahead;
}

static void door_random(struct world *world, void *bytes, size_t length)
{
    struct fake_world *fake = face_of(world)->fake;
    for (size_t i = 0; i < length; i++) {
        fake->chance ^= fake->chance << 13;
        fake->chance ^= fake->chance >> 7;
        fake->chance ^= fake->chance << 17;
        ((uint8_t *)bytes)[i] = (uint8_t)(fake->chance >> 24);
    }
}

static void forget_timer(struct fake_world *fake, size_t at)
{
    fake->timers[at].timer->handle = NULL;
    fake->timers[at] = fake->timers[--fake->timer_count];
}

static void door_timer_stop(struct world *world, struct world_timer *timer)
{
    struct fake_world *fake = face_of(world)->fake;
    if (!timer->handle) return;
    for (size_t i = 0; i < fake->timer_count; i++) {
        if (fake->timers[i].timer != timer) continue;
        forget_timer(fake, i);
        return;
    }
    fail_msg("a timer says that it runs, but it does not");
}

static void door_timer_start(struct world *world, struct world_timer *timer, micros after)
{
    struct face *face = face_of(world);
    struct fake_world *fake = face->fake;
    door_timer_stop(world, timer);
    assert_true(fake->timer_count < TIMERS_MAX && after >= 0 && timer->fire != NULL);
    fake->timers[fake->timer_count++] = (struct running_timer){ timer, face, fake->clock + after, fake->orders++ };
    timer->handle = timer;
}

static bool is_sooner(const struct running_timer *a, const struct running_timer *b)
{
    return a->due < b->due || (a->due == b->due && a->order < b->order);
}

static bool fire_next(struct fake_world *fake, micros until)
{
    size_t next = 0;
    for (size_t i = 1; i < fake->timer_count; i++) next = is_sooner(&fake->timers[i], &fake->timers[next]) ? i : next;
    if (fake->timer_count == 0 || fake->timers[next].due > until) return false;
    struct world_timer *timer = fake->timers[next].timer;
    if (fake->timers[next].due > fake->clock) fake->clock = fake->timers[next].due;
    forget_timer(fake, next);
    timer->fire(timer);
    return true;
}

/* ---- the store ---- */

static void push(struct queue *queue, struct work *work)
{
    work->next = NULL;
    if (queue->last) queue->last->next = work;
    else queue->first = work;
    queue->last = work;
}

static struct work *pop(struct queue *queue)
{
    struct work *work = queue->first;
    if (!work) return NULL;
    queue->first = work->next;
    if (!queue->first) queue->last = NULL;
    return work;
}

static void door_commit(struct world *world, struct work *work) { push(&face_of(world)->fake->commits, work); }
static void door_ask(struct world *world, struct work *work) { push(&face_of(world)->fake->questions, work); }

/* Everything that waits shares one transaction, as on the store's thread; nobody is told yet. */
static bool commit_batch(struct fake_world *fake)
{
    struct work *works[WORK_BATCH_MAX];
    size_t count = 0;
    while (count < WORK_BATCH_MAX && fake->commits.first) works[count++] = pop(&fake->commits);
    if (count == 0) return false;
    store_run_batch(fake->writer, works, count);
    for (size_t i = 0; i < count; i++) push(&fake->told, works[i]);
    return true;
}

static bool tell_one(struct fake_world *fake)
{
    struct work *work = pop(&fake->told);
    if (work) work->done(work);
    return work != NULL;
}

static bool answer_question(struct fake_world *fake)
{
    struct work *work = pop(&fake->questions);
    if (!work) return false;
    store_run_questions(fake->reader, &work, 1);
    work->done(work);
    return true;
}

/* ---- the network ---- */

static void forget_trip(struct trip *trip)
{
    struct trip **link = &trip->fake->trips;
    while (*link != trip) link = &(*link)->next;
    *link = trip->next;
    door_timer_stop(&trip->fake->town.world, &trip->timer);
    door_timer_stop(&trip->fake->town.world, &trip->timeout);
    arena_close(&trip->arena);
    arena_close(&trip->back);
    free(trip);
}

static str header_lines(struct arena *arena, const struct http_answer *answer)
{
    struct text lines = text_open(arena, 128);
    for (size_t i = 0; i < answer->header_count; i++) {
        text_put_format(&lines, "%.*s: %.*s\r\n", STR_FORMAT(answer->headers[i].name), STR_FORMAT(answer->headers[i].value));
    }
    return text_str(&lines);
}

/* The gateway hears how its call ended; the bank may still be busy with it. */
static void tell_caller(struct trip *trip)
{
    struct http_call *call = trip->call;
    trip->call = NULL;
    door_timer_stop(&trip->fake->town.world, &trip->timeout);
    if (!call) return;
    call->result = trip->result;
    call->ended_at = trip->fake->clock;
    if (trip->result == HTTP_CALL_ANSWERED) {
        call->status = trip->answer.status;
        call->answer_body = arena_copy(call->arena, trip->answer.body);
        call->answer_headers = header_lines(call->arena, &trip->answer);
    }
    call->done(call);
}

static void came_back(struct world_timer *timer)
{
    struct trip *trip = CONTAINER_OF(timer, struct trip, timer);
    tell_caller(trip);
    forget_trip(trip);
}

static void send_back(struct trip *trip, enum http_call_result result)
{
    trip->result = result;
    trip->timer = (struct world_timer){ .fire = came_back };
    door_timer_start(&trip->fake->town.world, &trip->timer, TRIP);
}

/* The exchange is gone after this, as at a real server: what is kept is copied. */
static void bank_answered(struct http_exchange *exchange, const struct http_answer *answer)
{
    struct trip *trip = CONTAINER_OF(exchange, struct trip, exchange);
    trip->at_the_bank = false;
    trip->answer = *answer;
    trip->answer.body = arena_copy(&trip->back, answer->body);
    for (size_t i = 0; i < answer->header_count; i++) {
        trip->answer.headers[i] = (struct http_header){ arena_copy(&trip->back, answer->headers[i].name),
                                                        arena_copy(&trip->back, answer->headers[i].value) };
    }
    arena_close(&trip->arena);
    send_back(trip, HTTP_CALL_ANSWERED);
}

static void bank_hung_up(struct http_exchange *exchange, const struct http_answer *partial, size_t bytes)
{
    struct trip *trip = CONTAINER_OF(exchange, struct trip, exchange);
    (void)partial;
    (void)bytes;
    trip->at_the_bank = false;
    arena_close(&trip->arena);
    send_back(trip, HTTP_CALL_LOST);
}

static void arrived(struct world_timer *timer)
{
    struct trip *trip = CONTAINER_OF(timer, struct trip, timer);
    trip->fake->requests++;
    trip->at_the_bank = true;
    trip->exchange.request.received_at = trip->fake->clock;
    trip->exchange.client_gone = trip->call == NULL;
    sim_bank_handle(trip->fake->bank, &trip->exchange);
}

/* The connection is closed on a bank that may be at work. */
static void lost_patience(struct world_timer *timer)
{
    struct trip *trip = CONTAINER_OF(timer, struct trip, timeout);
    trip->exchange.client_gone = true;
    trip->result = HTTP_CALL_LOST;
    tell_caller(trip);
}

static str path_of_url(const char *url)
{
    const char *host = strstr(url, "://");
    const char *path = host ? strchr(host + 3, '/') : NULL;
    return str_of(path ? path : "/");
}

static void pack(struct trip *trip, const struct http_call *call)
{
    struct http_request *request = &trip->exchange.request;
    trip->exchange.arena = &trip->arena;
    trip->exchange.answer = bank_answered;
    request->method = arena_copy(&trip->arena, call->method);
    request->target = arena_copy(&trip->arena, path_of_url(call->url));
    request->path = request->target;
    request->body = arena_copy(&trip->arena, call->body);
    request->has_body = call->body.length > 0;
    trip->headers[request->header_count++] = (struct http_header){ STR("Host"), STR("bank") };
    for (size_t i = 0; i < call->header_count; i++) {
        trip->headers[request->header_count++] = (struct http_header){ arena_copy(&trip->arena, call->headers[i].name),
                                                                       arena_copy(&trip->arena, call->headers[i].value) };
    }
    request->headers = trip->headers;
}

static void door_send(struct world *world, struct http_call *call)
{
    struct fake_world *fake = face_of(world)->fake;
    struct trip *trip = calloc(1, sizeof *trip);
    assert_non_null(trip);
    *trip = (struct trip){ .fake = fake, .call = call, .next = fake->trips };
    fake->trips = trip;
    if (fake->network != NETWORK_WORKS) {
        call->sent_at = fake->network == NETWORK_REFUSES ? 0 : fake->clock;
        send_back(trip, fake->network == NETWORK_REFUSES ? HTTP_CALL_NOT_SENT : HTTP_CALL_LOST);
        return;
    }
    pack(trip, call);
    call->sent_at = fake->clock;
    trip->timer = (struct world_timer){ .fire = arrived };
    trip->timeout = (struct world_timer){ .fire = lost_patience };
    door_timer_start(&fake->town.world, &trip->timer, TRIP);
    door_timer_start(&fake->town.world, &trip->timeout, call->timeout);
}

void fake_world_set_network(struct fake_world *fake, enum fake_network network) { fake->network = network; }

/* ---- the bank ---- */

/* A control request is answered at once. */
struct control {
    struct http_exchange exchange;
    struct arena arena;
    struct arena kept;
    int status;
    str body;
};

static void control_answered(struct http_exchange *exchange, const struct http_answer *answer)
{
    struct control *control = CONTAINER_OF(exchange, struct control, exchange);
    control->status = answer->status;
    control->body = arena_copy(&control->kept, answer->body);
    arena_close(&control->arena);
}

/* The answer's JSON lives until `kept` is closed. */
static const struct json *ask_bank(struct fake_world *fake, struct control *control, const char *method, const char *path, const char *query,
                                   str body)
{
    const struct json *root = NULL;
    *control = (struct control){ .exchange = { .answer = control_answered } };
    control->exchange.arena = &control->arena;
    control->exchange.request = (struct http_request){
        .method = str_of(method), .target = str_of(path), .path = str_of(path), .query = str_of(query), .body = body, .has_body = body.length > 0,
    };
    sim_bank_handle(fake->bank, &control->exchange);
    if (control->status != 200) fail_msg("the bank says %d: %.*s", control->status, STR_FORMAT(control->body));
    assert_int_equal(json_read_up_to(&control->kept, control->body, 100000, &root), JSON_FINE);
    return root;
}

void fake_bank_fault(struct fake_world *fake, const char *members)
{
    struct control control;
    struct arena arena = { 0 };
    (void)ask_bank(fake, &control, "POST", "/sim/faults", NULL, arena_format(&arena, "{%s}", members));
    arena_close(&control.kept);
    arena_close(&arena);
}

void fake_bank_forget_keys(struct fake_world *fake) { fake_bank_fault(fake, "\"fault\": \"forget_keys\""); }

int64_t fake_bank_count(struct fake_world *fake, const char *what)
{
    struct control control;
    int64_t count = -1;
    const struct json *summary = ask_bank(fake, &control, "GET", "/sim/book", "summary=1", STR_NONE);
    assert_true(json_is_true(json_find(summary, "balanced")));
    assert_true(json_int64(json_find(json_find(summary, what), "count"), &count));
    arena_close(&control.kept);
    return count;
}

int64_t fake_bank_counter(struct fake_world *fake, const char *what)
{
    struct control control;
    int64_t count = -1;
    const struct json *summary = ask_bank(fake, &control, "GET", "/sim/book", "summary=1", STR_NONE);
    assert_true(json_int64(json_find(json_find(summary, "counters"), what), &count));
    arena_close(&control.kept);
    return count;
}

void fake_bank_hold(struct fake_world *fake, size_t index, struct processor_id *out)
{
    struct control control;
    const struct json *holds = json_find(ask_bank(fake, &control, "GET", "/sim/book", NULL, STR_NONE), "authorizations");
    struct json_item item = json_first(holds);
    for (; index > 0; index--) item = json_next(item);
    assert_true(str_copy_to(json_string(json_find(item.value, "id")), out->text, sizeof out->text));
    arena_close(&control.kept);
}

int64_t fake_bank_requests(struct fake_world *fake) { return fake->requests; }

/* ---- the world ---- */

static const struct world_doors gateway_doors = {
    .now = door_now,
    .monotonic = door_monotonic,
    .random = door_random,
    .timer_start = door_timer_start,
    .timer_stop = door_timer_stop,
    .commit = door_commit,
    .ask = door_ask,
    .send = door_send,
};

static const struct world_doors town_doors = {
    .now = door_now,
    .monotonic = door_monotonic,
    .random = door_random,
    .timer_start = door_timer_start,
    .timer_stop = door_timer_stop,
};

struct fake_world *fake_world_open(const struct fake_options *options)
{
    struct fake_world *fake = calloc(1, sizeof *fake);
    assert_non_null(fake);
    fake->gateway = (struct face){ { &gateway_doors }, fake };
    fake->town = (struct face){ { &town_doors }, fake };
    fake->clock = MICROS_PER_SECOND;
    fake->chance = 88172645463325252u ^ options->seed * 2654435761u;
    fake->bank = sim_bank_open(&(struct sim_bank_options){
        .world = &fake->town.world,
        .latency_ms = { options->bank_latency_ms, options->bank_latency_ms },
        .auth_expiry_hours = options->bank_auth_expiry_hours,
        .seed = options->seed,
        .cards = 64,
        .hang_up = bank_hung_up,
        .answer_twice = bank_answered,
    });
    return fake;
}

void fake_world_close(struct fake_world *fake)
{
    fake_world_lose_gateway(fake, false);
    sim_bank_let_go(fake->bank, true);
    while (fake->trips) forget_trip(fake->trips);
    sim_bank_close(fake->bank);
    free(fake);
}

struct world *fake_world_of_gateway(struct fake_world *fake) { return &fake->gateway.world; }

void fake_world_set_stores(struct fake_world *fake, struct store *writer, struct store *reader)
{
    fake->writer = writer;
    fake->reader = reader;
}

bool fake_world_step(struct fake_world *fake, micros until)
{
    bool stepped = tell_one(fake) || answer_question(fake) || commit_batch(fake) || fire_next(fake, until);
    fake->moments += stepped;
    if (!stepped && until > fake->clock) fake->clock = until;
    return stepped;
}

micros fake_world_clock(const struct fake_world *fake) { return fake->clock; }
int64_t fake_world_moments(const struct fake_world *fake) { return fake->moments; }
void fake_world_jump(struct fake_world *fake, micros span) { fake->wall_ahead += span; }

static void lose_trip(struct trip *trip, bool arrives)
{
    trip->call = NULL;
    trip->exchange.client_gone = true;
    door_timer_stop(&trip->fake->town.world, &trip->timeout);
    bool under_way = trip->timer.handle && trip->timer.fire == arrived;
    if (under_way && !arrives) forget_trip(trip);
}

void fake_world_lose_gateway(struct fake_world *fake, bool arrives)
{
    fake->commits = fake->told = fake->questions = (struct queue){ 0 };
    for (size_t i = fake->timer_count; i > 0; i--) {
        if (fake->timers[i - 1].face == &fake->gateway) forget_timer(fake, i - 1);
    }
    for (struct trip *trip = fake->trips, *next; trip; trip = next) {
        next = trip->next;
        lose_trip(trip, arrives);
    }
    fake->writer = fake->reader = NULL;
}

size_t fake_world_calls(const struct fake_world *fake)
{
    size_t count = 0;
    for (const struct trip *trip = fake->trips; trip; trip = trip->next) count += trip->call != NULL;
    return count;
}

bool fake_world_is_busy(const struct fake_world *fake) { return fake->commits.first || fake->told.first || fake->questions.first; }
