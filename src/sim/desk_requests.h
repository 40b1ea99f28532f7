/* SPDX-License-Identifier: Apache-2.0 */
/* desk_requests: remembers the last requests as they came, and counts all of them by endpoint and status. */
#ifndef FLORIN_SIM_DESK_REQUESTS_H
#define FLORIN_SIM_DESK_REQUESTS_H

#include "base/text.h"

enum {
    DESK_REQUESTS_KEPT = 4096, /* the last ones; enough for any one test */
    DESK_REQUEST_METHOD_BYTES = 12,
    DESK_REQUEST_PATH_BYTES = 96,
    DESK_REQUEST_KEY_BYTES = 160, /* longer ones are cut */
    DESK_REQUEST_ID_BYTES = 64,
    DESK_REQUEST_CARD_BYTES = 20,
    DESK_STATUSES_MAX = 32,
    DESK_ENDPOINTS_MAX = 128, /* counted apart; a simulator has some dozens */
};

/* One request as it came and what became of it. No whole card number and no CVV is ever in here. */
struct desk_noted {
    uint64_t number;
    micros came_at;
    char method[DESK_REQUEST_METHOD_BYTES];
    char path[DESK_REQUEST_PATH_BYTES];
    char key[DESK_REQUEST_KEY_BYTES];
    char card[DESK_REQUEST_CARD_BYTES];    /* "411111******1111" */
    char reference[DESK_REQUEST_ID_BYTES]; /* what it is about: an id that it names */
    int64_t amount;                        /* in the smallest unit */
    const char *fault; /* the name of the fault that it met; NULL: none */
    int status;        /* 0: no whole answer went out (yet) */
    bool is_answered;  /* false while it sleeps */
    bool acted;
    bool replayed;
    bool client_gone;
};

struct desk_requests {
    uint64_t count;
    struct desk_noted kept[DESK_REQUESTS_KEPT];
    int64_t by_status[DESK_ENDPOINTS_MAX][DESK_STATUSES_MAX];
};

/* Begins a note; the place is reused DESK_REQUESTS_KEPT requests later. */
struct desk_noted *desk_requests_note(struct desk_requests *requests);

/* Copies what fits, and '?' for each byte that is not ASCII. */
void desk_noted_copy(char *to, size_t bytes, str text);

/* Writes down a card's number, masked. */
void desk_noted_card(struct desk_noted *noted, str number);

/* Status 0 counts as "no answer". */
void desk_requests_count(struct desk_requests *requests, size_t endpoint, int status);

/* The last `limit` requests, oldest first, as a JSON list. */
void desk_requests_put(struct text *text, const struct desk_requests *requests, uint64_t limit);

/* {"POST /api/v1/authorizations": {"200": 5, "500": 1}, ...} without statuses that never were; the names are the endpoints'. */
void desk_requests_put_counts(struct text *text, const struct desk_requests *requests, const char *const *names, size_t count);

#endif
