/* SPDX-License-Identifier: Apache-2.0 */
/* bank_stage: a simulated bank with a clock that is turned by hand, and clients who ask it without a network. */
#ifndef FLORIN_TESTS_SIM_BANK_STAGE_H
#define FLORIN_TESTS_SIM_BANK_STAGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sim/sim_bank.h"

enum { STAGE_CLIENTS_MAX = 2048, STAGE_ANSWER_BYTES = 4096, STAGE_TIMERS_MAX = 256 };

/* One who asked, and what he got. */
struct client {
    struct http_exchange exchange;
    struct arena arena;
    struct http_header headers[4];
    int status; /* 0: nothing yet, or nothing at all */
    char body[STAGE_ANSWER_BYTES];
    size_t body_length; /* may be more than was kept */
    char content_type[64];
    char allow[32];
    bool replayed;
    bool answered;
    bool answered_twice;
    bool hung_up;
    size_t bytes_before_hang_up;
};

struct stage_timer {
    struct world_timer *timer;
    micros due;
};

struct stage {
    struct world world; /* first, so that its doors find us */
    micros clock;
    struct stage_timer timers[STAGE_TIMERS_MAX];
    struct sim_bank *bank;
    struct client *clients[STAGE_CLIENTS_MAX];
    size_t client_count;
};

/* A bank that begins at 2026-03-01T00:00:00Z. */
struct stage *stage_open(const struct sim_bank_options *options);
void stage_close(struct stage *stage);

/* Begins a request; a key of NULL sends none. */
struct client *stage_begin(struct stage *stage, const char *method, const char *target, const char *key, const char *body);

/* Turns the clock on, and fires what is due. */
void stage_pass_ms(struct stage *stage, int64_t ms);

/* Begins a request and passes the time that it takes. */
struct client *stage_ask(struct stage *stage, const char *method, const char *target, const char *key, const char *body);
struct client *stage_post(struct stage *stage, const char *path, const char *key, const char *body);

/* The usual requests: on the card of the happy path. */
struct client *stage_authorize(struct stage *stage, const char *key, int64_t cents);
struct client *stage_capture(struct stage *stage, const char *key, const char *authorization_id, int64_t cents);
struct client *stage_void(struct stage *stage, const char *key, const char *authorization_id);
struct client *stage_refund(struct stage *stage, const char *key, const char *capture_id, int64_t cents);

/* A request to /sim/, which must succeed; the answer's body. */
const char *stage_control(struct stage *stage, const char *method, const char *target, const char *body);

/* The text of a member of the answer, or the digits of a number; copied, valid until the stage closes. "" without one. */
const char *client_member(struct client *client, const char *name);

/* How many effects of that kind ("holds") the bank's summary counts; the book must be balanced. */
int64_t stage_count(struct stage *stage, const char *kind);

/* The answer is that error of the bank. */
void assert_refused(struct client *client, int status, const char *code);

#endif
