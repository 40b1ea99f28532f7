/* SPDX-License-Identifier: Apache-2.0 */
/* hearing: what merchants make of an answer. Every answer is held against what they were told before. */
#ifndef FLORIN_TESTS_SIMULATION_HEARING_H
#define FLORIN_TESTS_SIMULATION_HEARING_H

#include "simulation/merchants.h"

enum { REQUEST_HEADERS_MAX = 4 };

enum question {
    QUESTION_INTENT,
    QUESTION_ALTERED,  /* the key of an intent that is over, with another body */
    QUESTION_RECEIPT,
    QUESTION_SHIP,
    QUESTION_HISTORY,
    QUESTION_PAGE,
    QUESTION_NONSENSE,
    QUESTION_RETURN, /* of a payer */
    QUESTION_SETTLE,
};

/* One request under way. */
struct request {
    struct http_exchange exchange;
    struct arena arena;
    struct http_header headers[REQUEST_HEADERS_MAX];
    enum question question;
    int64_t number;
    size_t intent, purchase;
    struct standing before; /* QUESTION_RECEIPT: how it stood when it was asked for */
    struct request *next, **link;
};

/* The exchange's answer; the request is gone after it. */
void hearing_answer(struct http_exchange *exchange, const struct http_answer *answer);

void request_forget(struct simulation *simulation, struct request *request);

/* "authorize" and so on. */
const char *wish_word(enum wish wish);

#endif
