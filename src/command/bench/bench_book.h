/* SPDX-License-Identifier: Apache-2.0 */
/* bench_book: asks the simulated bank what truly happened there: a measurement counts only if the books agree. */
#ifndef FLORIN_COMMAND_BENCH_BOOK_H
#define FLORIN_COMMAND_BENCH_BOOK_H

#include "base/error.h"

/* How many holds and captures there are at the bank. */
struct bench_book {
    int64_t holds, captures;
};
bool bench_book_ask(const char *bank_address, struct bench_book *out, struct error *error) MUST_CHECK;

/* How many requests have come to its API in its life. */
bool bench_book_count_requests(const char *bank_address, int64_t *out, struct error *error) MUST_CHECK;

#endif
