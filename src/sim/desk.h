/* SPDX-License-Identifier: Apache-2.0 */
/* desk: where requests come to a simulator. It has what all of them share: latency, failures by chance, faults on order, notes of
 * what came, a clock that tests move, and /sim/, where they ask for all that. What is simulated is the trade's.
 *
 *     arrive ──▶ planted fault? ──▶ note ──▶ answers at once? ──yes──▶ trade.replay ──────────────────▶ delivery
 *                                                  │ no
 *                                                sleep ──▶ chance: 500? ──yes──▶ trade.fail ───────────▶ delivery
 *                                                              │ no
 *                                                              ╰──────▶ trade.act ─────────────────────▶ delivery
 *
 *     desk.c           opens, closes, counts who waits
 *     desk_visit.c     the way of a request
 *     desk_delivery.c  how the answer goes out, if it does
 *     desk_control.c   /sim/
 */
#ifndef FLORIN_SIM_DESK_H
#define FLORIN_SIM_DESK_H

#include "base/json.h"
#include "sim/desk_chance.h"
#include "sim/desk_faults.h"
#include "sim/desk_requests.h"
#include "world/http_server.h"
#include "world/world.h"

enum { DESK_MILLION = 1000 * 1000 };

struct desk;
struct desk_visit;
struct desk_control;

/* A path below /sim/ that only this simulator has. */
struct desk_control_route {
    const char *method;
    const char *path; /* "/sim/book" */
    void (*handle)(struct desk_control *control);
};

/* What makes a desk that of a bank, or of somebody else. Where nothing else is said a function is given. */
struct desk_trade {
    const char *name;                      /* "bank" */
    const char *logs_as;                   /* the log's words for a request: "bank request" */
    const struct desk_fault_kind *kinds;   /* of faults; ends with one without a name */
    const char *everything;                /* the path that "*" stands for when a fault is planted: all that begins with /api/ */
    const char *const *endpoints;          /* names of what is counted apart; visits say which one is theirs */
    size_t endpoint_count;
    const struct desk_control_route *controls; /* beside those that every desk has */
    size_t control_count;
    size_t visit_bytes;                    /* of its own struct, which begins with a struct desk_visit */
    micros write_timeout;                  /* a later answer is thrown away; 0: none is */
    /* Says where the visit leads: path, key, endpoint, is_exempt, answers_at_once. */
    void (*arrive)(struct desk_visit *visit);
    /* The card's number in a request, empty without one; asked for only when a planted fault wants to know. */
    str (*card_of)(struct desk_visit *visit);
    /* Answers who is answered at once: by an answer that was kept, or by a refusal that needs no work. */
    void (*replay)(struct desk_visit *visit);
    /* Does the work and answers; luck.acts says whether it may do anything. */
    void (*act)(struct desk_visit *visit);
    /* Answers with the 500 of chance. */
    void (*fail)(struct desk_visit *visit);
    /* Says what luck.kind->says, one of the trade's own, instead of the answer. */
    void (*disguise)(struct desk_visit *visit);
    /* The visit is over, for whatever reason. NULL: nothing is to be done. */
    void (*leave)(struct desk_visit *visit);
    /* The clock was moved by a test. NULL: nothing is to be done. */
    void (*clock_moved)(struct desk *desk);
    /* All kept answers are dropped: the fault "forget_keys". */
    void (*forget_keys)(struct desk *desk);
};

struct desk_options {
    struct world *world;
    int64_t failure_millionths; /* chance of a 500 */
    int64_t latency_ms[2];      /* least and most */
    uint64_t seed;              /* of all chance */
    bool log_requests;
    /* How a connection is ended without an answer, and an answer sent twice; as in http_server.h. */
    void (*hang_up)(struct http_exchange *exchange, const struct http_answer *partial, size_t bytes);
    void (*answer_twice)(struct http_exchange *exchange, const struct http_answer *answer);
    /* Called whenever the last request that was under way is over. May be NULL. */
    void (*idle)(void *context);
    void *context;
};

/* Things that a test may want to count. */
struct desk_counters {
    int64_t chance_failures;
    int64_t replays;
    int64_t faults;
    int64_t answers_discarded; /* later than the write time-out */
};

/* The beginning of every simulator. */
struct desk {
    const struct desk_trade *trade;
    struct desk_options options;
    struct desk_chance chance;
    struct desk_faults faults;
    struct desk_requests requests;
    struct desk_counters counters;
    struct desk_visit *visits; /* under way */
    size_t pending;
    micros advanced; /* how far tests have moved its clock */
};

/* One request on its way. Lives in the exchange's arena; a trade's own struct begins with it. */
struct desk_visit {
    struct desk *desk;
    struct http_exchange *exchange;
    struct desk_visit *previous, *next;
    struct world_timer timer;
    str path;             /* decoded */
    str key;              /* of idempotency; STR_NONE without one */
    size_t endpoint;      /* index into the trade's names */
    bool is_exempt;       /* knows neither latency nor chance */
    bool answers_at_once;
    bool acted;           /* something happened: set by the trade */
    bool will_be_let_go;  /* nobody is going to be answered */
    struct desk_noted *noted; /* may be somebody else's by now: see desk_visit_noted */
    uint64_t number;      /* of the note */
    uint64_t chance_draw; /* below failure_millionths: a 500 */
    struct desk_bad_luck luck;
    struct http_answer answer;
};

/* Fills in a desk that was all zero. */
void desk_open(struct desk *desk, const struct desk_trade *trade, const struct desk_options *options);

/* For http_server_options.handle, with the desk as its context. */
void desk_handle(void *desk, struct http_exchange *exchange);

/* Requests that sleep or wait. */
size_t desk_pending(const struct desk *desk);

/* Hangs up on those that were never to be answered; with `all` on everybody who waits, whatever was done for him. */
void desk_let_go(struct desk *desk, bool all);

/* The desk's own clock. */
micros desk_now(const struct desk *desk);

/* The note of this visit; NULL when it was overwritten. */
struct desk_noted *desk_visit_noted(const struct desk_visit *visit);

/* desk_visit.c */
void desk_visit_begin(struct desk *desk, struct http_exchange *exchange);

/* desk_delivery.c: answers as the visit's luck has it. The visit is over afterwards, or when its timer fires. */
void desk_delivery_begin(struct desk_visit *visit);

/* Ends the visit's connection without an answer. */
void desk_delivery_hang_up(struct desk_visit *visit);

/* --- /sim/ --- */

/* A control request on its way to its answer. */
struct desk_control {
    struct desk *desk;
    struct arena *arena;
    const struct http_request *request;
    const struct json *body; /* of a POST */
    struct http_answer answer;
};

/* Answers at once. */
void desk_control_handle(struct desk *desk, struct http_exchange *exchange);

void desk_control_reply(struct desk_control *control, int status, str json);

/* 400 and the sentence. */
void desk_control_refuse(struct desk_control *control, const char *sentence);

/* The decoded value of a parameter of the query; STR_NONE without one. */
str desk_control_parameter(const struct desk_control *control, str name);

/* A whole number between two limits; `otherwise` when the member is missing. */
bool desk_control_number(const struct json *value, int64_t least, int64_t most, int64_t otherwise, int64_t *out) MUST_CHECK;

#endif
