/* SPDX-License-Identifier: Apache-2.0 */
/* crash: named points where a test build can be killed (kill -9 to itself). In other builds nothing remains of them. */
#ifndef FLORIN_BASE_CRASH_H
#define FLORIN_BASE_CRASH_H

#ifdef FLORIN_TEST_BUILD
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
