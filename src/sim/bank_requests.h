/* SPDX-License-Identifier: Apache-2.0 */
/* bank_requests: remembers the last requests as they came, and counts all of them by path and status. */
#ifndef FLORIN_SIM_BANK_REQUESTS_H
#define FLORIN_SIM_BANK_REQUESTS_H

#include "base/text.h"
#include "sim/bank_book.h"

enum {
    BANK_REQUESTS_KEPT = 4096, /* the last ones; enough for any one test */
    BANK_REQUEST_METHOD_BYTES = 12,
    BANK_REQUEST_PATH_BYTES = 96,
    BANK_REQUEST_KEY_BYTES = 160, /* longer ones are cut */
    BANK_REQUEST_ID_BYTES = 64,
    BANK_REQUEST_CARD_BYTES = 20,
    BANK_STATUSES_MAX = 16,
};

/* One request as it came and what became of it. No whole card number and no CVV is ever in here. */
struct bank_noted {
    uint64_t number;
    micros came_at;
    char method[BANK_REQUEST_METHOD_BYTES];
    char path[BANK_REQUEST_PATH_BYTES];
    char key[BANK_REQUEST_KEY_BYTES];
    char card[BANK_REQUEST_CARD_BYTES];    /* "411111******1111" */
    char reference[BANK_REQUEST_ID_BYTES]; /* the authorization_id or capture_id that it names */
    int64_t cents;
    const char *fault; /* the name of the fault that it met; NULL: none */
    int status;        /* 0: no whole answer went out (yet) */
    bool is_answered;  /* false while it sleeps */
    bool acted;
    bool replayed;
    bool client_gone;
};

/* The endpoints that are counted apart. */
enum bank_endpoint {
    BANK_POST_HOLD,
    BANK_POST_CAPTURE,
    BANK_POST_VOID,
    BANK_POST_REFUND,
    BANK_GET_HOLD,
    BANK_GET_CAPTURE,
    BANK_GET_REFUND,
    BANK_ELSEWHERE,
    BANK_ENDPOINTS
};

struct bank_requests {
    uint64_t count;
    struct bank_noted kept[BANK_REQUESTS_KEPT];
    int64_t by_status[BANK_ENDPOINTS][BANK_STATUSES_MAX];
};

/* Begins a note; the place is reused BANK_REQUESTS_KEPT requests later. */
struct bank_noted *bank_requests_note(struct bank_requests *requests);

/* Copies what fits, and '?' for each byte that is not ASCII. */
void bank_noted_copy(char *to, size_t bytes, str text);

/* What a decoded body asks for, its card masked. */
void bank_noted_request(struct bank_noted *noted, const struct bank_request *request);

/* 0 counts as "no answer". */
void bank_requests_count(struct bank_requests *requests, enum bank_endpoint endpoint, int status);

/* The last `limit` requests, oldest first, as a JSON list. */
void bank_requests_put(struct text *text, const struct bank_requests *requests, uint64_t limit);

/* {"POST /api/v1/authorizations": {"200": 5, "500": 1}, ...} without the zeros. */
void bank_requests_put_counts(struct text *text, const struct bank_requests *requests);

#endif
