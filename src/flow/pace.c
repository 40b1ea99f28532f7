/* SPDX-License-Identifier: Apache-2.0 */
/* pace: breaker, budget and back-off of one processor. */
#include "flow/pace.h"

enum {
    FAILURES_TO_OPEN = 20,       /* reliability: opens after 20 failures in a row */
    TOKENS_PER_SECOND = 50,      /* tries beyond the first that are always allowed */
    TOKENS_MILLI_PER_FIRST = 100, /* and one for every ten first tries */
    TOKENS_MILLI_PER_ANSWER = 2 * 1000, /* an answered try beyond the first gives its own back and one more, as TCP's slow start (RFC 5681) */
    TOKENS_MILLI_MAX = 1000 * 1000,
    TOKENS_MILLI_MAX_ANSWERED = 9 * TOKENS_MILLI_MAX, /* as many as may be on their way at once; until it fails again */
    OPENINGS_MAX = 5,
};

#define PAUSE_FIRST (INT64_C(1) * MICROS_PER_SECOND)
#define PROBE_PAUSE (INT64_C(200) * MICROS_PER_MS)
#define BACK_OFF_MAX (INT64_C(60) * MICROS_PER_SECOND)
#define ILLNESS_SPAN (INT64_C(60) * MICROS_PER_SECOND)

static uint64_t random_below(struct world *world, uint64_t bound)
{
    uint64_t number;
    world_random(world, &number, sizeof number);
    return bound ? number % bound : 0;
}

micros pace_back_off(struct world *world, micros base, int64_t tries)
{
    micros bound = base;
    for (int64_t i = 0; i < tries && bound < BACK_OFF_MAX; i++) bound *= 2;
    if (bound > BACK_OFF_MAX) bound = BACK_OFF_MAX;
    return (micros)random_below(world, (uint64_t)bound + 1);
}

static void earn(struct pace *pace, int64_t milli, int64_t most)
{
    if (pace->tokens_milli >= most) return;
    pace->tokens_milli += milli;
    if (pace->tokens_milli > most) pace->tokens_milli = most;
}

static void refill(struct pace *pace, micros now)
{
    micros passed = now - pace->tokens_at;
    if (pace->tokens_at == 0 || passed > 20 * MICROS_PER_SECOND) passed = 20 * MICROS_PER_SECOND;
    earn(pace, passed * TOKENS_PER_SECOND / 1000, TOKENS_MILLI_MAX);
    pace->tokens_at = now;
}

static bool budget_allows(struct pace *pace, struct world *world, bool beyond_first, micros *wait)
{
    refill(pace, world_monotonic(world));
    if (!beyond_first) {
        earn(pace, TOKENS_MILLI_PER_FIRST, TOKENS_MILLI_MAX);
        return true;
    }
    if (pace->tokens_milli < 1000) {
        *wait = PROBE_PAUSE + (micros)random_below(world, PROBE_PAUSE);
        return false;
    }
    pace->tokens_milli -= 1000;
    return true;
}

static bool breaker_allows(struct pace *pace, struct world *world, micros *wait)
{
    micros now = world_monotonic(world);
    if (now >= pace->open_until && !pace->probing) {
        pace->probing = true;
        return true;
    }
    micros left = pace->open_until > now ? pace->open_until - now : 0;
    *wait = left + PROBE_PAUSE + (micros)random_below(world, PROBE_PAUSE);
    return false;
}

bool pace_may_send(struct pace *pace, struct world *world, bool beyond_first, micros *wait)
{
    if (pace->open) return breaker_allows(pace, world, wait); /* a probe is paid by the pause before it */
    return budget_allows(pace, world, beyond_first, wait);
}

static void open_breaker(struct pace *pace, struct world *world)
{
    micros pause = PAUSE_FIRST << pace->openings;
    pace->open = true;
    pace->open_until = world_monotonic(world) + pause + (micros)random_below(world, (uint64_t)pause / 4);
    if (pace->openings < OPENINGS_MAX) pace->openings++;
}

/* What was earned by its answers is over when it fails. */
static void count_feedback(struct pace *pace, enum pace_feedback feedback)
{
    if (feedback == PACE_ANSWERED_AGAIN) earn(pace, TOKENS_MILLI_PER_ANSWER, TOKENS_MILLI_MAX_ANSWERED);
    if (feedback == PACE_FAILED && pace->tokens_milli > TOKENS_MILLI_MAX) pace->tokens_milli = TOKENS_MILLI_MAX;
}

void pace_told(struct pace *pace, struct world *world, enum pace_feedback feedback, bool shows_illness)
{
    bool news = !pace->open || pace->probing; /* calls from before it opened do not lengthen the pause */
    if (shows_illness) pace->ill_at = world_monotonic(world);
    pace->probing = false;
    count_feedback(pace, feedback);
    if (feedback != PACE_FAILED) {
        pace->failures_in_a_row = 0;
        pace->openings = 0;
        pace->open = false;
    } else if (++pace->failures_in_a_row >= FAILURES_TO_OPEN && news) {
        open_breaker(pace, world);
    }
}

void pace_unused(struct pace *pace) { pace->probing = false; }

bool pace_refuses_new(const struct pace *pace, struct world *world)
{
    return pace->open && (pace->probing || world_monotonic(world) < pace->open_until);
}

bool pace_is_ill(const struct pace *pace, struct world *world)
{
    return pace->ill_at != 0 && world_monotonic(world) - pace->ill_at < ILLNESS_SPAN;
}
