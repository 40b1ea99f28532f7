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

/* When the last of the `count` latest authorizations came in at the bank, by the wall clock. */
bool bench_book_last_came_at(const char *bank_address, int64_t count, micros *out, struct error *error) MUST_CHECK;

#endif
