/* SPDX-License-Identifier: Apache-2.0 */
/* wire: stands between gateway and network and looks at every call. Nothing may leave before its intent, with the exact bytes, is
 * durable (I2); what is sent again has the same bytes under the same key, and comes after the quiet time (I22). */
#ifndef FLORIN_TESTS_SIMULATION_WIRE_H
#define FLORIN_TESTS_SIMULATION_WIRE_H

#include "base/base.h"

struct simulation;
struct http_call;

enum { SENT_MAX = 4096 }; /* a power of two, several times the operations of a run */

/* What was sent under one key. */
struct sent {
    uint64_t key;   /* its hash; 0: free */
    uint64_t bytes; /* the hash of method, path and body */
    micros left_at; /* the last time */
    micros first_at;
    bool in_doubt;  /* nobody heard an answer to the last one */
    int64_t life;   /* of the gateway that sent it last */
};

struct wire {
    struct sent sent[SENT_MAX];
};

/* For fake_watcher; the context is the simulation. */
void wire_left(void *simulation, const struct http_call *call);
void wire_ended(void *simulation, const struct http_call *call);

#endif
