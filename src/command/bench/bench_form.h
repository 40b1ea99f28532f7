/* SPDX-License-Identifier: Apache-2.0 */
/* bench_form: a request whose text is prepared once and filled in many times, so that asking costs next to nothing. */
#ifndef FLORIN_COMMAND_BENCH_FORM_H
#define FLORIN_COMMAND_BENCH_FORM_H

#include "base/str.h"

enum {
    BENCH_PIECES_MAX = 12,
    BENCH_FORM_BYTES = 1024,
    BENCH_REQUEST_BYTES = 1536, /* a filled one */
    BENCH_NUMBER_DIGITS = 10,
    BENCH_LETTERS = 16,
    BENCH_TOKEN_CHARS = 40, /* "tok_" and 36 more */
};

struct bench_piece {
    str text;   /* as it is */
    char blank; /* what is filled in after it; 0: nothing */
};

struct bench_form {
    char text[BENCH_FORM_BYTES];
    struct bench_piece pieces[BENCH_PIECES_MAX];
    size_t count;
};

/* What goes into the blanks. */
struct bench_filling {
    uint32_t number; /* #: ten digits; *: sixteen letters in no order, as keys are in real life */
    str card;        /* @: sixteen digits */
    str payment;     /* %: an id */
    str token;       /* $: the name of a stored card, of BENCH_TOKEN_CHARS */
};

/* "POST" and "/v1/payments" and a body, STR_NONE for none, with blanks # * @ % $; the body has # @ $ only.
 * With `key`, an Idempotency-Key made of that word and *. */
void bench_form_prepare(struct bench_form *form, const char *method, const char *path, const char *key, str body);

/* The length of the filled request in `buffer`. */
size_t bench_form_fill(const struct bench_form *form, const struct bench_filling *filling, char buffer[BENCH_REQUEST_BYTES]);

/* Another number for each number, in no order. */
uint64_t bench_form_shuffle(uint64_t number);

/* What stands for that number in a key: blank *. Letters are ordered as the shuffled numbers are. */
void bench_form_letters(uint32_t number, char out[BENCH_LETTERS + 1]);

#endif
