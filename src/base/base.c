/* SPDX-License-Identifier: Apache-2.0 */
/* base: what happens when we find a mistake of our own, or no memory: one line to standard error, then the process stops. */
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

_Noreturn void memory_missing(size_t bytes)
{
    log_flush_last();
    (void)fprintf(stderr, "florin: out of memory: %zu bytes more could not be had; stopping, and the next start takes up what is open\n", bytes);
    abort();
}

void *memory_take(size_t bytes)
{
    void *taken = calloc(1, bytes);
    if (taken == NULL) memory_missing(bytes);
    return taken;
}
