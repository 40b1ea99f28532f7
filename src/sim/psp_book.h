/* SPDX-License-Identifier: Apache-2.0 */
/* psp_book: what truly happened at a simulator: every effect, with the key and the request that made it. It never forgets one, and
 * counts what was done twice. */
#ifndef FLORIN_SIM_PSP_BOOK_H
#define FLORIN_SIM_PSP_BOOK_H

#include "base/text.h"
#include "sim/desk_table.h"

/* Something that moved or held money, or undid it. Texts live as long as the book. */
struct psp_effect {
    const char *kind;   /* "authorization", "capture", "void", "refund", "dispute", or another word for ever */
    str id;             /* of the object that it made or changed */
    str parent;         /* of what it is about: the payment; STR_NONE without one */
    str operation;      /* what the merchant would do once only: his payment, his refund; STR_NONE: he did not say */
    int64_t amount;     /* in the smallest unit */
    str currency;       /* as the simulator writes it */
    str fingerprint;    /* of the card; STR_NONE without one */
    /* filled in */
    str key;            /* of idempotency; STR_NONE without one, or when time did it */
    uint64_t request;   /* number of the noted request; 0: time did it */
    micros at;
    bool repeats_key;       /* an effect of that kind has been made under that key before */
    bool repeats_operation; /* an effect of that kind has been made for that operation before */
};

struct psp_book {
    struct desk_pool effects;
    struct desk_index by_key;
    struct desk_index by_operation;
    int64_t keys_repeated;       /* effects that repeat one of their key */
    int64_t operations_repeated; /* effects that repeat one of their operation */
};

void psp_book_open(struct psp_book *book);
void psp_book_close(struct psp_book *book);

/* Writes an effect down. */
const struct psp_effect *psp_book_enter(struct psp_book *book, const struct psp_effect *effect);

uint32_t psp_book_count(const struct psp_book *book);
const struct psp_effect *psp_book_at(const struct psp_book *book, uint32_t number);

/* As members of an open object: "totals": {"capture": {"usd": {"count": 1, "amount": 1099}}}, "keys_repeated", "operations_repeated". */
void psp_book_put_totals(struct text *text, const struct psp_book *book);

/* "effects": [...], oldest first; only those of a key or of an operation when one is given (else STR_NONE). */
void psp_book_put_effects(struct text *text, const struct psp_book *book, str key, str operation);

#endif
