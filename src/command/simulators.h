/* SPDX-License-Identifier: Apache-2.0 */
/* simulators: which simulators there are, what can be set of each, and how it is opened. */
#ifndef FLORIN_COMMAND_SIMULATORS_H
#define FLORIN_COMMAND_SIMULATORS_H

#include "command/settings.h"
#include "sim/desk.h"

enum { SIMULATORS_MAX = 16 };

/* What can be set of every simulator; the rest of it is for some. */
struct simulator_settings {
    const char *listen;
    int64_t failure_millionths;
    int64_t latency_ms[2];
    int64_t seed; /* negative: from the clock */
    bool quiet;
    bool log_requests;
    int64_t auth_expiry_hours; /* of the bank */
    int64_t cards;
    const char *key; /* of the companies */
    const char *client;
    const char *encryption_key;
    const char *webhook_secret;
    const char *notify;
    int64_t hold_hours;
};

struct simulator {
    const char *name;
    const struct setting *settings;
    size_t setting_count;
    struct simulator_settings *chosen; /* filled when the settings were read */
    const char *page; /* of docs/reference */
    /* Opens it with what was chosen; `options` has the doors. */
    struct desk *(*open)(const struct simulator *simulator, const struct desk_options *options);
    /* Lets nothing more happen by itself, while the loop is open. */
    void (*end)(struct desk *desk);
    /* Frees it, once the loop is closed. */
    void (*close)(struct desk *desk);
    void (*refuse)(void *context, enum http_fault fault, struct arena *arena, struct http_answer *answer);
};

/* All of them, in the order of simulators.list. */
extern const struct simulator simulators[];
extern const size_t simulator_count;

/* NULL when there is none of that name. */
const struct simulator *simulator_named(str name);

#endif
