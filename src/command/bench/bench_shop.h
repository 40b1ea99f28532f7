/* SPDX-License-Identifier: Apache-2.0 */
/* bench_shop: what a busy shop says to a gateway, and what it remembers: which payments it made and which it captured. */
#ifndef FLORIN_COMMAND_BENCH_SHOP_H
#define FLORIN_COMMAND_BENCH_SHOP_H

#include "command/bench/bench_load.h"
#include "sim/bank_cards.h"

enum { BENCH_PAYMENT_ID_BYTES = 47 };

/* One order; its number makes its key, order, customer and card. */
struct bench_payment {
    char id[BENCH_PAYMENT_ID_BYTES]; /* empty until it is authorized */
    bool is_captured;                /* or voided: there is nothing to capture any more */
    bool is_refused;                 /* nothing was begun */
};

/* What a lane asked for last. */
struct bench_asked {
    uint32_t number;
    bool captures;    /* the second half of a pair */
    const char *life; /* what is left of it; NULL: a new one begins */
};

struct bench_shop {
    uint32_t card_count;
    char (*cards)[BANK_CARD_DIGITS + 1];
    char (*tokens)[BENCH_TOKEN_CHARS + 1]; /* of each card; empty until it is stored */
    uint32_t tokens_asked, tokens_stored;
    struct bench_payment *payments;
    uint32_t payment_count, payment_room; /* asked for */
    uint32_t payment_limit;               /* so many orders and no more; 0: any number */
    uint32_t authorized, captured, voided; /* answered as such */
    uint32_t adopted;                     /* of the authorized ones: not by us */
    uint32_t refused;                     /* orders that a crowd's customers were refused, warming up included */
    uint32_t taken_on;                    /* authorizations that were answered with a 202 */
    uint32_t capture_next;                /* none below this waits for its capture */
    uint32_t confirmed;                   /* how many have been asked about by bench_talk_confirm */
    uint32_t turned_over;                 /* how many old ones have been asked about */
    uint32_t direct_count;                /* sent to the bank past the gateway */
    struct bench_asked asked[BENCH_LANES_MAX];
    struct bench_form authorize, capture, void_it, refund, look_up, events, list, direct, store_card, by_token;
};

/* With cards as `florin sim bank --cards` issues them. Its name is part of its keys and orders. */
void bench_shop_open(struct bench_shop *shop, const char *name, uint32_t cards);
void bench_shop_close(struct bench_shop *shop);

/* The next order was authorized long ago, as that payment. */
void bench_shop_adopt(struct bench_shop *shop, const char *payment_id);

/* Before each run: no lane has anything half done. */
void bench_shop_begin(struct bench_shop *shop);

/* Payments that were authorized and not captured. */
uint32_t bench_shop_uncaptured(const struct bench_shop *shop);

/* Conversations; their context is the shop. */
extern const struct bench_talk bench_talk_authorize; /* a new order each time */
extern const struct bench_talk bench_talk_crowd;     /* the same where a 503 that says when to come back is fine, and a 202 too */
extern const struct bench_talk bench_talk_capture;   /* old ones, until none is left */
extern const struct bench_talk bench_talk_pair;      /* a new order, and its capture */
extern const struct bench_talk bench_talk_replay;    /* old authorizations again, under their keys */
extern const struct bench_talk bench_talk_look_up;   /* may I ship? for old orders */
extern const struct bench_talk bench_talk_life;      /* a new order's whole life: look-ups, capture, some refunds, some voids */
extern const struct bench_talk bench_talk_events;    /* the history of old payments */
extern const struct bench_talk bench_talk_list;      /* the page of the twenty newest */
extern const struct bench_talk bench_talk_confirm;   /* each order once, in turn: it is authorized */
extern const struct bench_talk bench_talk_direct;    /* the bank's own words, to the bank */
extern const struct bench_talk bench_talk_store;     /* each card once, in turn: it is stored */
extern const struct bench_talk bench_talk_by_token;  /* a new order each time, paid by a stored card; they take turns */

#endif
