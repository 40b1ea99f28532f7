/* SPDX-License-Identifier: Apache-2.0 */
/* shedding: begins when the queue was long for a while, ends when it was short for a while, and refuses only what would make it longer. */
#include "api/shedding.h"

bool shedding_refuses(struct shedding *shedding, size_t queue, micros now)
{
    bool speaks_for_change = shedding->sheds ? queue < SHEDDING_QUEUE_CALM : queue >= SHEDDING_QUEUE_MAX;
    bool was_away = now - shedding->asked > SHEDDING_SPAN / 2;
    shedding->asked = now;
    if (!speaks_for_change || was_away) {
        shedding->since = now;
    } else if (now - shedding->since >= SHEDDING_SPAN) {
        shedding->sheds = !shedding->sheds;
        shedding->since = now;
    }
    return shedding->sheds && queue >= SHEDDING_QUEUE_MAX;
}
