/* SPDX-License-Identifier: Apache-2.0 */
/* pace: how hard one processor may be pressed: a circuit breaker, a budget for tries beyond the first, back-off with full
 * jitter. It only ever delays; what is right to send is decided elsewhere. */
#ifndef FLORIN_FLOW_PACE_H
#define FLORIN_FLOW_PACE_H

#include "world/world.h"

struct pace {
    /* breaker */
    int failures_in_a_row;
    bool open;
    bool probing;       /* one call is out to see whether it is well again */
    int openings;       /* in a row, for the length of the pause */
    micros open_until;  /* monotonic */
    /* budget of tries beyond the first */
    int64_t tokens_milli;
    micros tokens_at;
    int64_t earned_milli; /* beside them, by answers since it failed last */
    /* signs of illness */
    micros ill_at;      /* monotonic; 0: never */
};

enum pace_feedback {
    PACE_ANSWERED,       /* it works, whatever it said */
    PACE_ANSWERED_AGAIN, /* so it does, and that was a try beyond the first: it bears those */
    PACE_FAILED,         /* it could not be reached, said nothing, or told of a fault of its own */
};

/* May this call go out now? If not, *wait says when to ask again. `beyond_first` draws on the budget. */
bool pace_may_send(struct pace *pace, struct world *world, bool beyond_first, micros *wait) MUST_CHECK;

/* What came of a call that pace_may_send let go. */
void pace_told(struct pace *pace, struct world *world, enum pace_feedback feedback, bool shows_illness);

/* The call that pace_may_send let go was not sent after all: the next one may be the probe. */
void pace_unused(struct pace *pace);

/* Nothing new should be begun there now. */
bool pace_refuses_new(const struct pace *pace, struct world *world);

/* It told of a fault of its own within the last minute. */
bool pace_is_ill(const struct pace *pace, struct world *world);

/* Evenly drawn from 0 to base * 2^tries, at most a minute ("full jitter"). */
micros pace_back_off(struct world *world, micros base, int64_t tries);

#endif
