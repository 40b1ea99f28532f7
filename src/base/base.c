/* SPDX-License-Identifier: Apache-2.0 */
/* base: what happens when we find a mistake of our own: one line to standard error, then the process stops. */
#include "base/base.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"

_Noreturn void base_mistake(const char *file, int line, const char *claim)
{
    log_flush_last();
    (void)fprintf(stderr, "florin: our own mistake at %s:%d: %s\n", file, line, claim);
    abort();
}
