/* SPDX-License-Identifier: Apache-2.0 */
/* crash: ending at once, and named points where a test build can be killed (kill -9 to itself). In other builds nothing remains of
 * the points. */
#ifndef FLORIN_BASE_CRASH_H
#define FLORIN_BASE_CRASH_H

/* Ends the process with that exit status and cleans nothing up: what is on disk is all that recovery needs. */
_Noreturn void process_end(int status);

#ifdef FLORIN_TEST_BUILD
/* A simulation is told of every passing (`flow` is NULL for a plain name), and is asked to end the gateway instead of the process;
 * neither needs to return. NULL: as usual. */
struct crash_hooks {
    void (*passed)(const char *flow, const char *name);
    void (*ended)(int status);
};
void crash_hook(const struct crash_hooks *hooks);

/* FLORIN_CRASH_AT="name" or "name:n" (the n-th time) in the environment chooses the point. */
void crash_point(const char *name);
/* As crash_point for the name "flow.step". */
void crash_point_step(const char *flow, const char *step);
#else
static inline void crash_point(const char *name)
{
    (void)name;
}
static inline void crash_point_step(const char *flow, const char *step)
{
    (void)flow;
    (void)step;
}
#endif

#endif
