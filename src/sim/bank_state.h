/* SPDX-License-Identifier: Apache-2.0 */
/* bank_state: what the files of the simulated bank share: the bank itself, and a visit, which is one request on its way.
 *
 *     bank_visit.c      kept answer? sleep, chance, then where to
 *     bank_operation.c  what the bank does and says
 *     bank_delivery.c   how the answer goes out, if it does
 *     bank_control.c    /sim/: what tests ask of the simulator itself
 *     bank_report.c     the book as JSON
 */
#ifndef FLORIN_SIM_BANK_STATE_H
#define FLORIN_SIM_BANK_STATE_H

#include "sim/bank_answers.h"
#include "sim/bank_book.h"
#include "sim/bank_faults.h"
#include "sim/bank_keys.h"
#include "sim/bank_requests.h"
#include "sim/sim_bank.h"

enum { BANK_MILLION = 1000 * 1000 };

/* Things that a test may want to count. */
struct bank_counters {
    int64_t chance_failures;
    int64_t replays;
    int64_t faults;
    int64_t acted_twice;       /* effects under a key and path that had one already */
    int64_t gone_undone;       /* the client had gone, and nothing was done */
    int64_t gone_done;         /* the client had gone, and it was done */
    int64_t answers_discarded; /* later than the server's write time-out */
};

struct sim_bank {
    struct sim_bank_options options;
    struct bank_book *book;
    struct bank_keys *keys;
    struct desk_chance chance;
    struct bank_faults faults;
    struct bank_requests requests;
    struct bank_counters counters;
    struct bank_visit *visits; /* under way */
    size_t pending;
    micros advanced; /* how far tests have moved its clock */
    int64_t last_ns; /* no two moments of the bank are equal */
};

struct bank_route;

/* Lives in the exchange's arena. */
struct bank_visit {
    struct sim_bank *bank;
    struct http_exchange *exchange;
    struct bank_visit *previous, *next;
    struct world_timer timer;
    const struct bank_route *route; /* NULL: there is no such path */
    str path;                       /* decoded */
    str key;                        /* the first Idempotency-Key; STR_NONE without one */
    uint32_t kept;                  /* the effect whose answer is kept for the key */
    struct bank_noted *noted;       /* may be somebody else's by now: see bank_visit_noted */
    uint64_t number;                /* of the note */
    uint64_t chance_draw;           /* below failure_millionths: a 500 */
    struct bank_bad_luck luck;
    struct http_answer answer;
    bool will_be_let_go; /* nobody is going to be answered */
};

/* Where a path leads. Those that take a key have the kind of effect that they make. */
struct bank_route {
    const char *path; /* ends with '/': an id follows, with the exception of "/" itself */
    const char *method;
    enum bank_endpoint endpoint;
    enum bank_kind kind;
    void (*answer)(struct bank_visit *visit);
};

/* The bank's own clock. */
micros bank_now(const struct sim_bank *bank);

/* A moment of its own for something that happens: nanoseconds, later than any before. */
int64_t bank_moment_ns(struct sim_bank *bank);

/* The note of this visit; NULL when it was overwritten. */
struct bank_noted *bank_visit_noted(const struct bank_visit *visit);

void bank_visit_begin(struct sim_bank *bank, struct http_exchange *exchange);

/* bank_operation.c */
void bank_operation_post(struct bank_visit *visit);
void bank_operation_get(struct bank_visit *visit);
void bank_operation_replay(struct bank_visit *visit);

/* bank_delivery.c: answers as the visit's luck has it. The visit is over afterwards, or when its timer fires. */
void bank_delivery_begin(struct bank_visit *visit);

/* Ends the visit's connection without an answer. */
void bank_delivery_hang_up(struct bank_visit *visit);

/* bank_control.c: answers at once. */
void bank_control_handle(struct sim_bank *bank, struct http_exchange *exchange);

/* bank_report.c */
str bank_report_book(const struct sim_bank *bank, struct arena *arena);
str bank_report_summary(const struct sim_bank *bank, struct arena *arena);
str bank_report_key(const struct sim_bank *bank, struct arena *arena, str key);

#endif
