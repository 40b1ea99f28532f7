/* SPDX-License-Identifier: Apache-2.0 */
/* shedding: when more new payments come than can be served, some are refused at once, so that the others are served quickly. */
#ifndef FLORIN_API_SHEDDING_H
#define FLORIN_API_SHEDDING_H

#include "base/work.h"

enum {
    SHEDDING_QUEUE_MAX = 2 * WORK_BATCH_MAX, /* works before the store: two full commits, which a new one would wait for */
    SHEDDING_QUEUE_CALM = SHEDDING_QUEUE_MAX / 2,
};

/* A burst is let in and served late; a queue that stands this long is one that will not go away by itself. So CoDel tells them
 * apart (RFC 8289), and its 100 ms are widened to a burst of some thousand. */
#define SHEDDING_SPAN (INT64_C(250) * MICROS_PER_MS)

/* All zero: a house without a queue. */
struct shedding {
    bool sheds;   /* the queue stands */
    micros since; /* monotonic: the last time that the queue did not speak for a change */
    micros asked; /* the last question: nobody saw what happened long after it */
};

/* Is another new payment to be refused, with that many works before the store? Asked for each of them. */
bool shedding_refuses(struct shedding *shedding, size_t queue, micros now);

#endif
