/* SPDX-License-Identifier: Apache-2.0 */
/* bad_requests: what strangers send, and the status that it gets. 200 rows are the near misses that must get through. */
#ifndef FLORIN_TESTS_WORLD_BAD_REQUESTS_H
#define FLORIN_TESTS_WORLD_BAD_REQUESTS_H

#include "base/str.h"

struct request_row {
    const char *what;
    str bytes;
    int status; /* 0: it would wait for more */
};

extern const struct request_row request_rows[];
extern const size_t request_row_count;

#endif
