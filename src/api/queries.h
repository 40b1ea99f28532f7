/* SPDX-License-Identifier: Apache-2.0 */
/* queries: what the answers to questions share. */
#ifndef FLORIN_API_QUERIES_H
#define FLORIN_API_QUERIES_H

#include "api/call.h"

enum { PAGE_MAX = 100 };

/* A whole number from `least` to `most`. */
enum problem_code query_number(str value, int64_t least, int64_t most, int64_t *out);

/* Refuses the call when its query has other parameters than these, or wrong ones. True: it is fine. */
bool query_is_fine(struct api_call *call, const struct query_param *params, size_t count, void *into);

/* Inside a question: puts receipts, as elements of a list that is open, with the refunds that the store knows of. */
void query_put_receipts(struct api_call *call, struct store *store, struct text *text, struct payment_record *records, size_t count);

#endif
