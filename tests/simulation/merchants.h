/* SPDX-License-Identifier: Apache-2.0 */
/* merchants: those who want money moved, and remember every word that they were told; and their payers. */
#ifndef FLORIN_TESTS_SIMULATION_MERCHANTS_H
#define FLORIN_TESTS_SIMULATION_MERCHANTS_H

#include "base/id.h"
#include "simulation/script.h"
#include "world/http.h"

struct simulation;

enum { INTENTS_MAX = 2 * ACTIONS_MAX + 64, KEY_BYTES = 24, ORDER_BYTES = 24, STATE_BYTES = 24 };

/* How many rows a script may choose from. */
enum { RIVAL_PAIRS = 6, PAGES = 4, LOOKS = 8 + PAGES, NONSENSE_ROWS = 11 };

enum wish { WISH_AUTHORIZE, WISH_CAPTURE, WISH_VOID, WISH_REFUND, WISH_COUNT };

/* One thing that is wanted, under one idempotency key, however often it is asked for. */
struct intent {
    enum wish wish;
    char key[KEY_BYTES];
    size_t purchase;
    int64_t minor;       /* capture, refund: 0 is the whole */
    uint32_t card;
    enum company company;
    bool captures_itself;
    bool can_go;         /* its payer can be sent somewhere */
    bool is_told;        /* the end; what follows is that answer */
    int status;
    str body;            /* in merchants.arena */
};

/* How a payment stood when it was last heard of. It may only go on from there (I4). */
struct standing {
    char state[STATE_BYTES]; /* "": never heard of */
    int64_t authorized, captured, refunded;
};

/* What a WISH_AUTHORIZE is for. */
struct purchase {
    char payment[ID_TEXT_BYTES]; /* "": not told yet */
    char order[ORDER_BYTES];
    size_t intent;
    struct standing standing;
    const char *page;    /* where its payer was sent, in merchants.arena; NULL: nowhere */
    bool has_spoken;     /* he has said yes or no there */
};

struct merchants {
    struct intent intents[INTENTS_MAX];
    size_t intent_count;
    struct purchase purchases[INTENTS_MAX];
    size_t purchase_count;
    struct request *under_way;
    size_t under_way_count;
    int64_t requests; /* ever asked */
    int64_t settling; /* the number of the operator's request that he waits for; 0: none */
    bool settlement_taken;
    struct arena arena;
};

/* Does what the action says, if it is a merchant's. */
void merchants_act(struct simulation *simulation, const struct action *action);

/* The gateway is gone: nobody will answer what is under way. */
void merchants_lose_answers(struct simulation *simulation);

/* Asks (again) for it; nothing happens while the gateway does not listen. */
void merchants_ask(struct simulation *simulation, size_t intent);

/* The receipt of a payment that is known. */
void merchants_look(struct simulation *simulation, size_t purchase);

/* The payer who was sent away says that at the page, and comes back to us so often; nothing happens when he was not sent. */
void merchants_payer(struct simulation *simulation, size_t purchase, enum payers_word word, uint32_t times_back);

/* The operator's word on an operation in review, through his own door; true when it was taken. */
bool merchants_settle(struct simulation *simulation, str operation_id, bool happened, str processor_ref);

#endif
