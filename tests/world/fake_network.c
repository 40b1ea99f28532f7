/* SPDX-License-Identifier: Apache-2.0 */
/* fake_network: the way of a call to the bank or a company and back, and how it can be lost on either. */
#include "world/fake_world_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "world/http_client.h"

enum { TRIP = 1 * MICROS_PER_MS, CALL_HEADERS_MAX = HTTP_CALL_HEADERS_MAX + 2 };

/* One call on its way; `call` is NULL when nobody waits for it any more. */
struct trip {
    struct fake_world *fake;
    struct house *house; /* where it leads */
    struct http_call *call;
    struct http_exchange exchange;
    struct http_header headers[CALL_HEADERS_MAX];
    struct arena arena;
    struct world_timer timer;   /* arrives, comes back */
    struct world_timer timeout; /* the gateway's patience */
    bool at_the_bank;
    bool loses_answer;
    enum http_call_result result;
    struct http_answer answer; /* in `back` */
    struct arena back;
    struct trip *next;
};

static void forget_trip(struct trip *trip)
{
    struct trip **link = &trip->fake->trips;
    while (*link != trip) link = &(*link)->next;
    *link = trip->next;
    world_timer_stop(&trip->fake->town.world, &trip->timer);
    world_timer_stop(&trip->fake->town.world, &trip->timeout);
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

/* What the gateway will hear of its call, which is the trip's no more; NULL when nobody waits for it. */
static struct http_call *end_call(struct trip *trip)
{
    const struct fake_watcher *watcher = &trip->fake->options.watcher;
    struct http_call *call = trip->call;
    trip->call = NULL;
    world_timer_stop(&trip->fake->town.world, &trip->timeout);
    if (!call) return NULL;
    call->result = trip->result;
    call->ended_at = trip->fake->clock;
    if (trip->result == HTTP_CALL_ANSWERED) {
        call->status = trip->answer.status;
        call->answer_body = arena_copy(call->arena, trip->answer.body);
        call->answer_headers = header_lines(call->arena, &trip->answer);
    }
    if (watcher->ended) watcher->ended(watcher->context, call);
    return call;
}

/* The trip is over before the gateway hears of it: whoever hears may never return, because it dies of that. */
static void came_back(struct world_timer *timer)
{
    struct trip *trip = CONTAINER_OF(timer, struct trip, timer);
    struct http_call *call = end_call(trip);
    forget_trip(trip);
    if (call) call->done(call);
}

static void send_back(struct trip *trip, enum http_call_result result)
{
    trip->result = result;
    trip->timer = (struct world_timer){ .fire = came_back };
    world_timer_start(&trip->fake->town.world, &trip->timer, TRIP);
}

/* The exchange is gone after this, as at a real server: what is kept is copied. */
void network_answer(struct http_exchange *exchange, const struct http_answer *answer)
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
    bool too_long = answer->body.length > HTTP_CALL_ANSWER_BYTES_MAX; /* the real client hangs up then */
    send_back(trip, too_long ? HTTP_CALL_LOST : HTTP_CALL_ANSWERED);
}

void network_hang_up(struct http_exchange *exchange, const struct http_answer *partial, size_t bytes)
{
    struct trip *trip = CONTAINER_OF(exchange, struct trip, exchange);
    (void)partial;
    (void)bytes;
    trip->at_the_bank = false;
    arena_close(&trip->arena);
    send_back(trip, HTTP_CALL_LOST);
}

/* The connection is closed on a bank that may be at work. */
static void lost_patience(struct world_timer *timer)
{
    struct trip *trip = CONTAINER_OF(timer, struct trip, timeout);
    struct http_call *call;
    bool still_here = trip->at_the_bank || trip->timer.handle;
    trip->exchange.client_gone = true;
    trip->result = HTTP_CALL_LOST;
    call = end_call(trip);
    if (!still_here) forget_trip(trip);
    if (call) call->done(call);
}

/* The gateway hears of it a moment later; the bank goes on. */
static void break_connection(struct trip *trip)
{
    trip->timeout.fire = lost_patience;
    world_timer_start(&trip->fake->town.world, &trip->timeout, TRIP);
}

static void arrived(struct world_timer *timer)
{
    struct trip *trip = CONTAINER_OF(timer, struct trip, timer);
    trip->fake->requests++;
    trip->at_the_bank = true;
    trip->exchange.request.received_at = trip->fake->clock;
    trip->exchange.client_gone = trip->call == NULL;
    if (trip->loses_answer) break_connection(trip);
    desk_handle(trip->house->desk, &trip->exchange);
}

/* Who lives at that address; at one that nobody has, the bank. */
struct house *network_house(struct fake_world *fake, const char *url)
{
    str rest = str_from(str_of(url), strlen("http://"));
    str name = str_cut(rest, '/', &rest);
    for (size_t i = 0; i < fake->house_count; i++) {
        if (str_equal(name, str_of(fake->houses[i].name))) return &fake->houses[i];
    }
    return &fake->houses[0];
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
    trip->exchange.answer = network_answer;
    request->method = arena_copy(&trip->arena, call->method);
    request->target = arena_copy(&trip->arena, path_of_url(call->url));
    request->path = str_cut(request->target, '?', &request->query);
    request->body = arena_copy(&trip->arena, call->body);
    request->has_body = call->body.length > 0;
    trip->headers[request->header_count++] = (struct http_header){ STR("Host"), str_of(trip->house->name) };
    for (size_t i = 0; i < call->header_count; i++) {
        trip->headers[request->header_count++] = (struct http_header){ arena_copy(&trip->arena, call->headers[i].name),
                                                                       arena_copy(&trip->arena, call->headers[i].value) };
    }
    request->headers = trip->headers;
}

/* ---- sending ---- */

static bool goes_to_neighbor(const struct fake_world *fake, const struct http_call *call)
{
    return fake->neighbor.url && strncmp(call->url, fake->neighbor.url, strlen(fake->neighbor.url)) == 0;
}

static void answer_as_neighbor(struct trip *trip)
{
    trip->timeout = (struct world_timer){ .fire = lost_patience };
    trip->answer = (struct http_answer){ .status = trip->fake->neighbor.status, .body = str_of(trip->fake->neighbor.says) };
    send_back(trip, HTTP_CALL_ANSWERED);
}

void network_send(struct world *world, struct http_call *call)
{
    struct fake_world *fake = face_of(world)->fake;
    bool is_neighbor = goes_to_neighbor(fake, call);
    struct trip *trip = calloc(1, sizeof *trip);
    INSIST(trip);
    *trip = (struct trip){ .fake = fake, .house = network_house(fake, call->url), .call = call, .next = fake->trips };
    enum fake_network network = is_neighbor ? fake->neighbor.network : trip->house->network;
    fake->trips = trip;
    call->sent_at = network == NETWORK_REFUSES ? 0 : fake->clock;
    fake->neighbor_calls += is_neighbor;
    if (fake->options.watcher.left) fake->options.watcher.left(fake->options.watcher.context, call);
    if (network == NETWORK_REFUSES || network == NETWORK_LOSES_CALL) {
        send_back(trip, network == NETWORK_REFUSES ? HTTP_CALL_NOT_SENT : HTTP_CALL_LOST);
        return;
    }
    if (is_neighbor && fake->neighbor.says) {
        answer_as_neighbor(trip);
        return;
    }
    pack(trip, call);
    trip->loses_answer = network == NETWORK_LOSES_ANSWER;
    trip->timer = (struct world_timer){ .fire = arrived };
    trip->timeout = (struct world_timer){ .fire = lost_patience };
    if (network != NETWORK_SWALLOWS) world_timer_start(&fake->town.world, &trip->timer, TRIP);
    world_timer_start(&fake->town.world, &trip->timeout, call->timeout);
}

void fake_world_set_network(struct fake_world *fake, enum fake_network network)
{
    for (size_t i = 0; i < fake->house_count; i++) fake->houses[i].network = network;
}

void fake_world_set_network_to(struct fake_world *fake, const char *url, enum fake_network network)
{
    network_house(fake, url)->network = network;
}

enum fake_network fake_world_network_to(struct fake_world *fake, const char *url) { return network_house(fake, url)->network; }

void fake_world_set_neighbor(struct fake_world *fake, const struct fake_neighbor *neighbor) { fake->neighbor = *neighbor; }
int64_t fake_neighbor_calls(const struct fake_world *fake) { return fake->neighbor_calls; }

static void lose_trip(struct trip *trip, bool arrives)
{
    trip->call = NULL;
    trip->exchange.client_gone = true;
    world_timer_stop(&trip->fake->town.world, &trip->timeout);
    bool under_way = trip->timer.handle && trip->timer.fire == arrived;
    bool swallowed = !trip->timer.handle && !trip->at_the_bank;
    if (swallowed || (under_way && !arrives)) forget_trip(trip);
}

void network_lose_gateway(struct fake_world *fake, bool arrives)
{
    for (struct trip *trip = fake->trips, *next; trip; trip = next) {
        next = trip->next;
        lose_trip(trip, arrives);
    }
}

void network_close(struct fake_world *fake)
{
    while (fake->trips) forget_trip(fake->trips);
}

bool fake_world_is_calm(const struct fake_world *fake) { return fake->trips == NULL; }

size_t fake_world_calls(const struct fake_world *fake)
{
    size_t count = 0;
    for (const struct trip *trip = fake->trips; trip; trip = trip->next) count += trip->call != NULL;
    return count;
}
