/* SPDX-License-Identifier: Apache-2.0 */
/* gateway: the parts of `florin serve` but its sockets, on a simulated world: begun, killed anywhere, and begun again on what
 * it left behind. */
#ifndef FLORIN_TESTS_SIMULATION_GATEWAY_H
#define FLORIN_TESTS_SIMULATION_GATEWAY_H

#include <setjmp.h>

#include "api/api.h"

struct simulation;

/* Where payers come back to. */
#define OUR_ADDRESS "http://florin"

enum death {
    DEATH_NONE,
    DEATH_KILLED,
    DEATH_POWER, /* with the whole machine: the disk forgets, and the cards' keys are gone */
    DEATH_ENDED, /* it ended itself, because it could not trust its store */
};

struct gateway {
    struct store *store, *reader;
    struct vault *vault;
    struct flows *flows;
    struct api *api;
    bool is_up;          /* takes requests */
    bool is_open;        /* its parts are there; else it begins again at `begins_at` */
    bool stopping;       /* in good order, until it is quiet */
    micros stop_until;
    micros begins_at;    /* monotonic */
    micros down_for;     /* after the next stop in good order */
    int64_t lives;
    int64_t kill_in;     /* crash points until it is killed; 0: it is not */
    enum death kill_how;
    enum death cut_how;  /* what it is when the disk stops in the middle of a change */
    jmp_buf ground;      /* back to whoever entered the gateway, when it dies */
    bool on_ground;      /* the jump is possible */
};

void gateway_init(struct simulation *simulation);

/* Everything that enters the gateway goes through here: false when it died of it. */
bool gateway_enter(struct simulation *simulation, void (*enter)(void *context), void *context);

/* Dies now. What had left for the bank still arrives when `arrives`; it begins again after `down_for`. */
void gateway_die(struct simulation *simulation, enum death how, bool arrives, micros down_for);

/* In good order: takes nothing more, and ends once it is quiet. */
void gateway_stop(struct simulation *simulation, micros down_for);

/* What is due with it: beginning again, ending. True when something was done. */
bool gateway_look(struct simulation *simulation);

/* Nothing runs, waits or is to be told. */
bool gateway_is_quiet(struct simulation *simulation);

/* At the very end, in good order; the gateway must be quiet. */
void gateway_close(struct simulation *simulation);

#endif
