/* SPDX-License-Identifier: Apache-2.0 */
/* api: HTTP in our words: reads requests, hands them to the flows or asks the store, writes answers. */
#ifndef FLORIN_API_API_H
#define FLORIN_API_API_H

#include "api/gate.h"
#include "flow/flows.h"
#include "vault/safe.h"
#include "world/http_server.h"

struct api;

struct api_options {
    struct world *world;
    struct flows *flows;
    struct vault *vault; /* with the next one: for stored cards */
    struct safe *safe;   /* NULL: there are none */
    str merchant;
    struct hash fingerprint_secret; /* keys the fingerprints of requests and of card numbers */
    struct hash cursor_secret;      /* signs cursors */
    bool cards;                     /* calls may carry card data */
    struct gate *gate;              /* who may call; NULL: direct calls on this machine */
    bool is_live;                   /* keys that are made are for real money */
    size_t requests_max;            /* above this many unanswered ones: 503 overloaded */
    size_t (*store_queue)(void *context); /* works that wait for the store; too many are a full house. NULL: not known */
    void *store_queue_context;
    bool (*store_is_away)(void *context); /* its server is being waited for: not ready; NULL: it never is */
    void *store_is_away_context;
};

struct api *api_open(const struct api_options *options);
void api_close(struct api *api);

/* For http_server_options: the merchants' door. */
void api_handle(void *api, struct http_exchange *exchange);
void api_refuse(void *api, enum http_fault fault, struct arena *arena, struct http_answer *answer);

/* For http_server_options: how long the body of that request may be. */
size_t api_body_bytes_max(const struct http_request *request);

/* For http_server_options: the operator's door, a socket in the file system that only the owner may open. */
void api_handle_control(void *api, struct http_exchange *exchange);

/* From now on every request that would begin something gets 503 shutting_down. */
void api_stop_taking(struct api *api);

/* Requests that are not answered yet. */
size_t api_pending(const struct api *api);

/* How the core API writes answers; its name is "core". */
extern const struct answer_form api_core_form;

#endif
