/* SPDX-License-Identifier: Apache-2.0 */
/* pace: breaker, budget and back-off of one processor. */
#include "flow/pace.h"

enum {
    FAILURES_TO_OPEN = 20,       /* reliability: opens after 20 failures in a row */
    TOKENS_PER_SECOND = 50,      /* tries beyond the first that are always allowed */
    TOKENS_MILLI_PER_FIRST = 100, /* and one for every ten first tries */
    TOKENS_MILLI_MAX = 1000 * 1000,
    EARNED_MILLI_MAX = 8 * TOKENS_MILLI_MAX, /* with the others as many as may be on their way at once */
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

static void fill(int64_t *tokens_milli, int64_t milli, int64_t most)
{
    *tokens_milli = *tokens_milli + milli < most ? *tokens_milli + milli : most;
}

static void refill(struct pace *pace, micros now)
{
    micros passed = now - pace->tokens_at;
    if (pace->tokens_at == 0 || passed > 20 * MICROS_PER_SECOND) passed = 20 * MICROS_PER_SECOND;
    fill(&pace->tokens_milli, passed * TOKENS_PER_SECOND / 1000, TOKENS_MILLI_MAX);
    pace->tokens_at = now;
}

static bool budget_allows(struct pace *pace, struct world *world, bool beyond_first, micros *wait)
{
    refill(pace, world_monotonic(world));
    if (!beyond_first) {
        fill(&pace->tokens_milli, TOKENS_MILLI_PER_FIRST, TOKENS_MILLI_MAX);
        return true;
    }
    int64_t *from = pace->tokens_milli >= 1000 ? &pace->tokens_milli : &pace->earned_milli;
    if (*from < 1000) {
        *wait = PROBE_PAUSE + (micros)random_below(world, PROBE_PAUSE);
        return false;
    }
    *from -= 1000;
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

/* An answered try beyond the first cost nothing, and earns one more, as TCP's slow start does (RFC 5681). A failure ends that, and
 * costs its token. */
static void count_feedback(struct pace *pace, enum pace_feedback feedback)
{
    if (feedback == PACE_FAILED) pace->earned_milli = 0;
    if (feedback != PACE_ANSWERED_AGAIN) return;
    bool has_room = pace->tokens_milli < TOKENS_MILLI_MAX;
    if (has_room) fill(&pace->tokens_milli, 1000, TOKENS_MILLI_MAX);
    fill(&pace->earned_milli, has_room ? 1000 : 2000, EARNED_MILLI_MAX);
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
