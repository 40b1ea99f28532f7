/* SPDX-License-Identifier: Apache-2.0 */
/* asking: for tests of the API: requests without a network, a clock that stands still, a store or none. */
#ifndef FLORIN_TESTS_API_ASKING_H
#define FLORIN_TESTS_API_ASKING_H

#include "api/api.h"
#include "base/json.h"

enum { ASKING_HEADERS_MAX = 12 };

/* A gateway with nothing behind it, and what it answered last. All zero, then asking_open. */
struct asking {
    struct world world; /* first, so that the doors find us */
    struct api *api;
    struct store *store; /* NULL: questions fail */
    micros now;
    uint8_t chance;
    bool keeps_questions; /* they wait in `kept` */
    struct work *kept;

    struct arena arena; /* of the last answer */
    size_t answers;
    int status;
    str content_type;
    str body;
    struct http_header headers[ASKING_HEADERS_MAX];
    size_t header_count;
};

/* The options' world and secrets are filled in. */
void asking_open(struct asking *asking, struct api_options options);
void asking_close(struct asking *asking);

/* A request that is being answered: open until then. */
struct asking_exchange {
    struct http_exchange exchange;
    struct arena arena;
    struct http_header headers[ASKING_HEADERS_MAX];
    struct asking *asking;
};

/* Asks, with headers as "Name: value", NULL behind the last. The status of the answer; 0 when there is none yet. */
int asking_send(struct asking *asking, const char *method, const char *target, const char *const *headers, str body);
int asking_control(struct asking *asking, const char *method, const char *target, const char *body);

/* A plain GET; a POST of JSON with a key. */
int asking_get(struct asking *asking, const char *target);
int asking_post(struct asking *asking, const char *target, const char *body);

/* Out of the last answer: a header; a text of its JSON ("code", "errors.0.pointer"), numbers as digits, null as "null",
 * "" where there is none. */
str asking_header(const struct asking *asking, const char *name);
str asking_told(struct asking *asking, const char *path);

#endif
