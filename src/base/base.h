/* SPDX-License-Identifier: Apache-2.0 */
/* base: plain values that everything else is written with. It has never heard of payments. */
#ifndef FLORIN_BASE_BASE_H
#define FLORIN_BASE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A result that must be looked at. */
#define MUST_CHECK __attribute__((warn_unused_result))

/* The compiler checks a format like printf's. */
#define FORMAT_LIKE_PRINTF(text_at, values_at) __attribute__((format(printf, text_at, values_at)))

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* The struct of `type` whose member `member` stands at `pointer`. */
#define CONTAINER_OF(pointer, type, member) ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

/* Microseconds: a moment (since 1970-01-01T00:00:00Z, leap seconds not counted) or a span. */
typedef int64_t micros;

enum { MICROS_PER_MS = 1000, MICROS_PER_SECOND = 1000 * 1000 };

/* Our own mistake: say where and stop the process, in every build. What was promised is on disk, so stopping is safe. */
_Noreturn void base_mistake(const char *file, int line, const char *claim);
#define INSIST(claim) ((claim) ? (void)0 : base_mistake(__FILE__, __LINE__, #claim))

/* Zeroed memory for free(). Never NULL: see memory_missing. */
void *memory_take(size_t bytes);

/* So many bytes could not be had: say so and stop the process. What was promised is on disk, and the next start goes on with it
 * (docs/decisions/0019). */
_Noreturn void memory_missing(size_t bytes);

#endif
