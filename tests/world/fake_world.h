/* SPDX-License-Identifier: Apache-2.0 */
/* fake_world: the doors outside in one thread, without sockets and without sleeping. The clock stands until it is turned;
 * transactions run on a real store; calls go through a network that can break to a simulated bank, and to the simulated payment
 * companies that a test wants. Everything that happens is a moment, one after the other in an order that the seed decides, so that a
 * run can be stopped after any of them and replayed.
 *
 *     commit        a batch is durable            (nobody has heard of it)
 *     told          one work hears of it
 *     question      a snapshot is read, and told
 *     timer         one fires
 *     call          arrives at the bank or a company, or its answer comes back
 */
#ifndef FLORIN_TESTS_WORLD_FAKE_WORLD_H
#define FLORIN_TESTS_WORLD_FAKE_WORLD_H

#include "base/json.h"
#include "domain/attempt.h"
#include "processor/processor.h"
#include "store/store.h"
#include "world/http_client.h"
#include "world/world.h"

struct fake_world;
struct psp;

/* Is told what passes between gateway and bank. Any of them may be NULL. */
struct fake_watcher {
    void (*left)(void *context, const struct http_call *call);     /* the gateway sends it */
    void (*ended)(void *context, const struct http_call *call);    /* and hears how it ended */
    void *context;
};

enum { FAKE_COMPANIES_MAX = 4 };

struct fake_options {
    uint64_t seed;
    const char *companies[FAKE_COMPANIES_MAX]; /* payment companies beside the bank, by their simulators' names; NULL ends it */
    int64_t bank_latency_ms[2];    /* least and most, of companies as well; the network needs two more */
    int64_t bank_failure_millionths; /* of companies as well */
    int64_t bank_auth_expiry_hours;
    int64_t commit_latency_ms;     /* at most; 0: a batch is durable at once */
    struct fake_watcher watcher;
};

struct fake_world *fake_world_open(const struct fake_options *options);
void fake_world_close(struct fake_world *fake);

/* What the gateway is given. */
struct world *fake_world_of_gateway(struct fake_world *fake);

/* Where its transactions and questions run. */
void fake_world_set_stores(struct fake_world *fake, struct store *writer, struct store *reader);

/* The next moment, if there is one until then (by the monotonic clock); else the clock stands there and it is false. */
bool fake_world_step(struct fake_world *fake, micros until);
micros fake_world_clock(const struct fake_world *fake);
int64_t fake_world_moments(const struct fake_world *fake);

/* Everything stood still for that long: what was due meanwhile comes late. */
void fake_world_skip(struct fake_world *fake, micros span);

/* The wall clock jumps (back as well); spans and deadlines do not notice. Everybody's, or the gateway's only. */
void fake_world_jump(struct fake_world *fake, micros span);
void fake_world_jump_gateway(struct fake_world *fake, micros span);

/* The gateway is gone: its timers, works and calls are forgotten. What had left for the bank still arrives there when
 * `arrives`; the bank goes on. */
void fake_world_lose_gateway(struct fake_world *fake, bool arrives);

/* Calls of the gateway that are not done, and works that were not told. */
size_t fake_world_calls(const struct fake_world *fake);
bool fake_world_is_busy(const struct fake_world *fake);

/* No call is on its way or at the bank, whoever sent it. */
bool fake_world_is_calm(const struct fake_world *fake);

enum fake_network {
    NETWORK_WORKS,
    NETWORK_REFUSES,    /* no connection: certain that nothing left */
    NETWORK_LOSES_CALL, /* what leaves never arrives, and the connection breaks */
    NETWORK_LOSES_ANSWER, /* it arrives, and then the connection breaks */
    NETWORK_SWALLOWS,   /* nothing arrives and nobody says so */
};
/* The way to everybody, or to one address ("http://stripe", whatever stands behind that). */
void fake_world_set_network(struct fake_world *fake, enum fake_network network);
void fake_world_set_network_to(struct fake_world *fake, const char *url, enum fake_network network);
enum fake_network fake_world_network_to(struct fake_world *fake, const char *url);

/* ---- payment companies: the simulators of src/sim, each with the book that it keeps ---- */

/* "http://NAME" leads there; NULL when it is not one of those that were wanted. */
struct psp *fake_company(struct fake_world *fake, const char *name);

/* The keys by which it knows its merchant. */
struct processor_keys fake_company_keys(const char *name);

/* Orders from its /sim/faults, as JSON members; or to another of its controls ("/sim/search"). */
void fake_company_fault(struct fake_world *fake, const char *name, const char *members);
void fake_company_control(struct fake_world *fake, const char *name, const char *path, const char *members);

/* No company has a fault left that was ordered; nor does one fail by chance. */
void fake_companies_heal(struct fake_world *fake);
void fake_companies_fail_never(struct fake_world *fake);

/* A payer at the page with that address says "approve" or "refuse". Where he is sent then, copied to the arena; STR_NONE: nowhere. */
str fake_company_payer_says(struct fake_world *fake, struct arena *arena, const char *url, const char *word);

/* Another address, behind which the same bank lives, and a network of its own before it. Who `says` something gives that answer to
 * everything, and the bank hears of nothing. */
struct fake_neighbor {
    const char *url; /* NULL: there is none */
    enum fake_network network;
    int status;
    const char *says;
};
void fake_world_set_neighbor(struct fake_world *fake, const struct fake_neighbor *neighbor);
/* Calls that were sent to it so far. */
int64_t fake_neighbor_calls(const struct fake_world *fake);

/* ---- the bank ---- */

/* Orders from /sim/faults, as JSON members: fault, path, times, after, latency_ms ... (bank_faults.c has the kinds). */
void fake_bank_fault(struct fake_world *fake, const char *members);
void fake_bank_forget_keys(struct fake_world *fake);
/* From now on it tells something else of that effect when it is asked: "forget", "amount", "currency", "parent". `id_name` is the
 * name of its kind of id: "authorization_id", "capture_id", "refund_id". */
void fake_bank_drift(struct fake_world *fake, const char *kind, const char *id_name, const char *id);
/* No fault that was ordered is left; nor does it fail by chance. */
void fake_bank_heal(struct fake_world *fake);
void fake_bank_fail_never(struct fake_world *fake);

/* Its whole book, as it reports it. Lives until `arena` is closed. */
const struct json *fake_bank_book(struct fake_world *fake, struct arena *arena);

/* The newest effect under that key, whatever its kind: its id ("" when there is none); and how many there are. */
size_t fake_bank_effect(struct fake_world *fake, str key, struct processor_id *out);

/* From its book: "holds", "open_holds", "captures", "voids", "refunds". The book must balance. */
int64_t fake_bank_count(struct fake_world *fake, const char *what);

/* The id of hold number `index` of all that were made, from 0. */
void fake_bank_hold(struct fake_world *fake, size_t index, struct processor_id *out);

/* From its counters: "replays", "acted_twice" ... */
int64_t fake_bank_counter(struct fake_world *fake, const char *what);

/* Requests that reached it. */
int64_t fake_bank_requests(struct fake_world *fake);

#endif
