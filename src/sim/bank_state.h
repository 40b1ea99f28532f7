/* SPDX-License-Identifier: Apache-2.0 */
/* bank_state: what the files of the simulated bank share: the bank itself, and a visit, which is one request on its way.
 * Everything that is not about banks is the desk's.
 *
 *     bank_visit.c      kept answer? and where to
 *     bank_operation.c  what the bank does and says
 *     bank_disguise.c   what it says instead, on order
 *     bank_control.c    what only the bank has below /sim/
 *     bank_report.c     the book as JSON
 */
#ifndef FLORIN_SIM_BANK_STATE_H
#define FLORIN_SIM_BANK_STATE_H

#include "sim/bank_answers.h"
#include "sim/bank_book.h"
#include "sim/bank_faults.h"
#include "sim/bank_keys.h"
#include "sim/desk.h"
#include "sim/sim_bank.h"

/* The endpoints that are counted apart. */
enum bank_endpoint {
    BANK_POST_HOLD,
    BANK_POST_CAPTURE,
    BANK_POST_VOID,
    BANK_POST_REFUND,
    BANK_GET_HOLD,
    BANK_GET_CAPTURE,
    BANK_GET_REFUND,
    BANK_ELSEWHERE,
    BANK_ENDPOINTS
};

extern const char *const bank_endpoint_names[BANK_ENDPOINTS];

/* Things that only a bank counts. */
struct bank_counters {
    int64_t acted_twice; /* effects under a key and path that had one already */
    int64_t gone_undone; /* the client had gone, and nothing was done */
    int64_t gone_done;   /* the client had gone, and it was done */
};

struct sim_bank {
    struct desk desk; /* first, so that it can be had from its desk */
    struct bank_book *book;
    struct bank_keys *keys;
    struct bank_counters counters;
    int64_t last_ns; /* no two moments of the bank are equal */
};

struct bank_route;

struct bank_visit {
    struct desk_visit desk; /* first, so that it can be had from its desk's */
    const struct bank_route *route; /* NULL: there is no such path */
    uint32_t kept;                  /* the effect whose answer is kept for the key */
};

/* Where a path leads. Those that take a key have the kind of effect that they make. */
struct bank_route {
    const char *path; /* ends with '/': an id follows, with the exception of "/" itself */
    const char *method;
    enum bank_endpoint endpoint;
    enum bank_kind kind;
    void (*answer)(struct desk_visit *visit);
};

/* The bank of a desk, and the visit of a desk's. */
struct sim_bank *bank_of(struct desk *desk);
struct bank_visit *bank_visit_of(struct desk_visit *visit);

/* A moment of its own for something that happens: nanoseconds, later than any before. */
int64_t bank_moment_ns(struct sim_bank *bank);

/* bank_visit.c */
extern const struct desk_trade bank_trade;

/* bank_operation.c */
void bank_operation_post(struct desk_visit *visit);
void bank_operation_get(struct desk_visit *visit);
void bank_operation_replay(struct desk_visit *visit);

/* bank_disguise.c: what is said when a fault has it so. */
void bank_disguise(struct desk_visit *visit);

/* bank_control.c */
enum { BANK_CONTROLS = 2 };
extern const struct desk_control_route bank_controls[BANK_CONTROLS];

/* bank_report.c */
str bank_report_book(const struct sim_bank *bank, struct arena *arena);
str bank_report_summary(const struct sim_bank *bank, struct arena *arena);
str bank_report_key(const struct sim_bank *bank, struct arena *arena, str key);

#endif
