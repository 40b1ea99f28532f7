/* SPDX-License-Identifier: Apache-2.0 */
/* call: one request on its way to its answer, and how it is answered. */
#ifndef FLORIN_API_CALL_H
#define FLORIN_API_CALL_H

#include "api/api.h"
#include "api/endpoints.h"
#include "api/reading.h"
#include "api/shedding.h"

struct api {
    struct api_options options;
    size_t pending; /* calls that are not answered yet */
    bool stopping;
    struct shedding shedding;
    struct card *card;    /* of the request that is being read; empty in between */
    struct arena reading; /* what is made of its body; whoever goes on working copies from here */
};

/* Lives in the arena of its exchange, until it is answered. */
struct api_call {
    struct api *api;
    struct http_exchange *exchange;
    struct arena *arena; /* the exchange's */
    str request_id;
    str trace; /* W3C traceparent, with a span of its own */

    /* what was asked */
    const struct endpoint *endpoint; /* NULL: nobody answers that */
    str param, second_param;         /* what stands for the {names} in the endpoint's path, decoded */
    str allow;                       /* methods, when another one was used */
    str who;                         /* the id of the key that was shown; empty: none was, or it is none */
    bool is_public;                  /* that key may stand in a page: its holder is anybody */
    bool is_shed;                    /* refused because more come than can be taken */
    str key;                         /* Idempotency-Key without its quotes; empty where none is needed */
    const struct json *body;         /* NULL: it was empty. Gone when the endpoint's function comes back, as all that lies in api->reading */

    /* who does it: the flows, or the store's questions */
    struct waiter waiter;
    struct notice_bringer bringer;
    struct work work;
    void (*look)(struct api_call *call, struct store *store);
    void *with;                    /* what `look` works with */
    enum problem_code found_wrong; /* PROBLEM_NONE: found_body is the answer */
    str found_body;
};

/* A call for a request that has just come. It is answered exactly once, by one of the functions below, and gone then. */
struct api_call *call_open(struct api *api, struct http_exchange *exchange);

/* Status, content type, body and further headers are the caller's; adds what every answer has, counts and logs it. */
void call_answer(struct api_call *call, struct http_answer *answer);

void call_answer_json(struct api_call *call, int status, str body);
void call_refuse(struct api_call *call, enum problem_code code);
/* The first of the errors decides about the code. */
void call_refuse_errors(struct api_call *call, const struct reading *reading);

/* The flows' answer will be the call's: give them &call->waiter. */
void call_wait(struct api_call *call);

/* In which its key names one request. */
str call_scope(const struct api_call *call);

/* For the flows: who asks, by which key, for what. */
struct request_name call_name(struct api_call *call, str fingerprint);

/* The answer to a request that could not be read. */
void call_refuse_unread(struct api *api, enum problem_code code, struct arena *arena, struct http_answer *answer);

/* Asks the store: `look` runs on the thread of questions and fills in found_wrong or found_body. Then the call is answered. */
void call_ask(struct api_call *call, void (*look)(struct api_call *call, struct store *store));

/* As call_ask, but `done` answers the call; call->work.result says how it went. */
void call_ask_then(struct api_call *call, void (*look)(struct api_call *call, struct store *store), void (*done)(struct work *work));
static inline struct api_call *call_of_work(struct work *work) { return CONTAINER_OF(work, struct api_call, work); }

#endif
