/* SPDX-License-Identifier: Apache-2.0 */
/* stopwatch: the system's monotonic clock. */
#include "base/stopwatch.h"

#include <time.h>

micros stopwatch_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (micros)now.tv_sec * MICROS_PER_SECOND + now.tv_nsec / 1000;
}
