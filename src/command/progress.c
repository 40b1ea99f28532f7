/* SPDX-License-Identifier: Apache-2.0 */
/* progress: one line that is drawn over itself, where somebody watches; a log gets a line every ten seconds. */
#include "command/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "base/stopwatch.h"

enum { BAR_CELLS = 16 /* so that the line fits into 80 columns */, TERMINAL_PAUSE_MS = 100, LOG_PAUSE_MS = 10000 };

static bool is_watched(void) { return isatty(STDOUT_FILENO) == 1; }

/* How many a second, since its beginning. */
static int64_t rate_of(const struct progress *progress, int64_t done)
{
    micros took = stopwatch_now() - progress->began;
    int64_t more = done - progress->at_beginning;
    return took > 0 && more < INT64_MAX / MICROS_PER_SECOND ? more * MICROS_PER_SECOND / took : 0;
}

static void draw(const struct progress *progress, const char *where, int64_t done, int64_t all)
{
    char bar[BAR_CELLS + 1] = "";
    int64_t rate = rate_of(progress, done), cells = all > 0 ? done * BAR_CELLS / all : BAR_CELLS;
    for (int i = 0; i < BAR_CELLS; i++) bar[i] = i < cells ? '#' : '.';
    printf("\r\033[K%s %-9s [%s] %3lld%% %lld/%lld, %lld/s", progress->what, where, bar, (long long)(all > 0 ? done * 100 / all : 100),
           (long long)done, (long long)all, (long long)rate);
    if (rate > 0) printf(", %lld s", (long long)((all - done) / rate));
}

static void put_line(const struct progress *progress, const char *where, int64_t done, int64_t all)
{
    printf("%s %s: %lld of %lld rows in all, %lld/s\n", progress->what, where, (long long)done, (long long)all,
           (long long)rate_of(progress, done));
}

void progress_show(struct progress *progress, const char *where, int64_t done, int64_t all)
{
    micros now = stopwatch_now(), pause = (is_watched() ? TERMINAL_PAUSE_MS : LOG_PAUSE_MS) * (micros)MICROS_PER_MS;
    if (!progress->began) {
        progress->began = now;
        progress->at_beginning = done;
        if (!is_watched()) progress->shown = now;
    }
    if (progress->shown && now - progress->shown < pause) return;
    progress->shown = now;
    if (is_watched()) draw(progress, where, done, all);
    else put_line(progress, where, done, all);
    fflush(stdout);
}

void progress_clear(const struct progress *progress)
{
    if (progress->shown && is_watched()) printf("\r\033[K");
}
