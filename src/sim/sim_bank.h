/* SPDX-License-Identifier: Apache-2.0 */
/* sim_bank: a bank in miniature behind HTTP, with latency, chance failures, faults on order, and a book of what truly happened.
 * It shares no code with the rules that it is used to check. */
#ifndef FLORIN_SIM_SIM_BANK_H
#define FLORIN_SIM_SIM_BANK_H

#include "world/http_server.h"
#include "world/world.h"

struct desk;
struct sim_bank;

struct sim_bank_options {
    struct world *world;
    int64_t failure_millionths;  /* chance of a 500 */
    int64_t latency_ms[2];       /* least and most */
    int64_t auth_expiry_hours;   /* 0 and less: expired at once */
    uint64_t seed;               /* of all chance */
    uint32_t cards;              /* further ones, see bank_cards.h */
    bool log_requests;
    /* How a connection is ended without an answer, and an answer sent twice; as in http_server.h. */
    void (*hang_up)(struct http_exchange *exchange, const struct http_answer *partial, size_t bytes);
    void (*answer_twice)(struct http_exchange *exchange, const struct http_answer *answer);
    /* Called whenever the last request that was under way is over. May be NULL. */
    void (*idle)(void *context);
    void *context;
};

struct sim_bank *sim_bank_open(const struct sim_bank_options *options);

/* The desk in front of it, and back. */
struct desk *sim_bank_desk(struct sim_bank *bank);
struct sim_bank *sim_bank_of(struct desk *desk);

/* For http_server_options.handle and refuse, with the bank as their context. */
void sim_bank_handle(void *bank, struct http_exchange *exchange);
void sim_bank_refuse(void *bank, enum http_fault fault, struct arena *arena, struct http_answer *answer);

/* Requests that sleep or wait. */
size_t sim_bank_pending(const struct sim_bank *bank);

/* Hangs up on those that were never to be answered; with `all` on everybody who waits, whatever the bank did for him. */
void sim_bank_let_go(struct sim_bank *bank, bool all);

/* Nothing may be pending. */
void sim_bank_close(struct sim_bank *bank);

#endif
