/* SPDX-License-Identifier: Apache-2.0 */
/* fake_world_internal: what the files of the fake world share. */
#ifndef FLORIN_TESTS_WORLD_FAKE_WORLD_INTERNAL_H
#define FLORIN_TESTS_WORLD_FAKE_WORLD_INTERNAL_H

#include "world/chance.h"
#include "world/fake_world.h"
#include "sim/psp.h"
#include "sim/sim_bank.h"

enum { FAKE_TIMERS_MAX = 4096, FAKE_HOUSES_MAX = 1 + FAKE_COMPANIES_MAX };

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

/* Where calls lead to: the bank first, then the companies. */
struct house {
    const char *name; /* "http://NAME" leads there */
    struct desk *desk;
    enum fake_network network; /* the way there */
};

struct fake_world {
    struct face gateway, town; /* the town: network and bank */
    micros clock, wall_ahead, gateway_ahead;
    struct chance chance;
    int64_t moments, orders;
    struct running_timer timers[FAKE_TIMERS_MAX];
    size_t timer_count;
    struct store *writer, *reader;
    struct queue commits, told, questions;
    micros commit_due; /* of what waits in `commits` */
    struct fake_options options;
    struct trip *trips;
    struct fake_neighbor neighbor;
    int64_t neighbor_calls;
    struct sim_bank *bank;
    struct house houses[FAKE_HOUSES_MAX];
    size_t house_count;
    int64_t requests;
};

static inline struct face *face_of(struct world *world) { return CONTAINER_OF(world, struct face, world); }

/* ---- fake_network.c: calls on their way ---- */

void network_send(struct world *world, struct http_call *call);
/* The gateway is gone: nobody waits for its calls, and those that have not arrived may be lost. */
void network_lose_gateway(struct fake_world *fake, bool arrives);
void network_close(struct fake_world *fake);
/* The house of an address; a mistake when there is none. */
struct house *network_house(struct fake_world *fake, const char *url);
/* How a house ends a connection without an answer, and answers twice. */
void network_hang_up(struct http_exchange *exchange, const struct http_answer *partial, size_t bytes);
void network_answer(struct http_exchange *exchange, const struct http_answer *answer);

/* ---- fake_control.c: orders that are obeyed at once ---- */

/* An answer that was given; its JSON lives until `kept` is closed. */
struct control {
    struct http_exchange exchange;
    struct arena arena;
    struct arena kept;
    int status;
    str body;
    str location; /* of a redirect */
};

/* Asks for something of /sim/, which must be granted; gives its JSON. */
const struct json *control_ask(struct desk *desk, struct control *control, const char *method, const char *path, const char *query, str body);

/* Asks for whatever is answered at once, as a page is. */
void control_exchange(struct desk *desk, struct control *control, const struct http_request *request);

/* ---- fake_company.c ---- */

void companies_open(struct fake_world *fake);
void companies_close(struct fake_world *fake);

#endif
