/* SPDX-License-Identifier: Apache-2.0 */
/* crash: ending at once. In test builds it counts the passings of one named point, too, and kills the process at the chosen one. */
#include "base/crash.h"

#include <unistd.h>

#include "base/log.h"

#ifdef FLORIN_TEST_BUILD
static const struct crash_hooks *hooks;
#endif

_Noreturn void process_end(int status)
{
#ifdef FLORIN_TEST_BUILD
    if (hooks) hooks->ended(status);
#endif
    log_flush();
    _exit(status);
}

#ifdef FLORIN_TEST_BUILD

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/str.h"

void crash_hook(const struct crash_hooks *new_hooks) { hooks = new_hooks; }

static const int64_t passing_max = 1000 * 1000 * 1000;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static str chosen; /* empty: no point was chosen */
static _Atomic int64_t passings_left;

static void read_choice(void)
{
    str number, name = str_cut(str_of(getenv("FLORIN_CRASH_AT")), ':', &number);
    int64_t passing = 1;
    if (!str_is_empty(number)) INSIST(str_to_int64(number, passing_max, &passing));
    INSIST(passing > 0);
    chosen = name;
    atomic_store(&passings_left, passing);
}

static str chosen_point(void)
{
    INSIST(pthread_once(&once, read_choice) == 0);
    return chosen;
}

static void pass_chosen(void)
{
    if (atomic_fetch_sub(&passings_left, 1) == 1) (void)kill(getpid(), SIGKILL);
}

void crash_point(const char *name)
{
    if (hooks) hooks->passed(NULL, name);
    str point = chosen_point();
    if (!str_is_empty(point) && str_equal(point, str_of(name))) pass_chosen();
}

void crash_point_step(const char *flow, const char *step)
{
    if (hooks) hooks->passed(flow, step);
    str point = chosen_point(), chosen_step;
    if (str_is_empty(point)) return;
    str chosen_flow = str_cut(point, '.', &chosen_step);
    if (str_equal(chosen_flow, str_of(flow)) && str_equal(chosen_step, str_of(step))) pass_chosen();
}

#endif
