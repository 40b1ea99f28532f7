/* SPDX-License-Identifier: Apache-2.0 */
/* session: the word that opens a processor's door for some hours, where one has to be fetched: an access token by client credentials
 * (OAuth 2.0, RFC 6749, 4.4). One call fetches it for all who wait. */
#ifndef FLORIN_FLOW_SESSION_H
#define FLORIN_FLOW_SESSION_H

#include "flow/flows.h"
#include "world/http_client.h"

enum { SESSION_TOKEN_BYTES = 4096 /* PayPal's have some hundred characters, and no limit is told */ };

/* Somebody who cannot call before there is a token. Kept by its owner until `ready` was called, or session_leave. */
struct session_waiter {
    void (*ready)(struct session_waiter *waiter, bool is_good);
    struct session_waiter *next;
    bool waits;
};

struct session {
    struct world *world;
    const struct processor_settings *settings;
    char token[SESSION_TOKEN_BYTES]; /* empty: none */
    micros good_until;               /* monotonic */
    bool is_fetching;
    struct session_waiter *waiters;
    struct http_call call;
    struct arena arena;
};

/* The settings are kept by the caller. */
void session_open(struct session *session, struct world *world, const struct processor_settings *settings);
/* Nobody may wait; a call that is under way must have been dropped. */
void session_close(struct session *session);

/* Can a call be made now? Always, where no token is needed. */
bool session_is_good(const struct session *session);
/* For struct http_call; empty where none is needed. */
const char *session_token(const struct session *session);

/* Calls `ready` on the loop, later, once there is a token or none could be had. */
void session_wait(struct session *session, struct session_waiter *waiter);
/* Waits no more; nothing when it does not. */
void session_leave(struct session *session, struct session_waiter *waiter);

/* The processor does not take it any more, whatever it said of its time. */
void session_drop(struct session *session);

#endif
