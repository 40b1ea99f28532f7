/* SPDX-License-Identifier: Apache-2.0 */
/* stopwatch: how long something takes, where there is no loop and so no world: a store's thread, a command. */
#ifndef FLORIN_BASE_STOPWATCH_H
#define FLORIN_BASE_STOPWATCH_H

#include "base/base.h"

/* Only forward, from some moment on; for differences. Nothing may be decided by it: that is for the world's clocks. */
micros stopwatch_now(void);

#endif
