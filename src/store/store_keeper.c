/* SPDX-License-Identifier: Apache-2.0 */
/* store_keeper: a thread that keeps the witness beside a store that is written: a second behind at most, at once after a
 * checkpoint, and never in the way of a commit. */
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/log.h"
#include "store/store_internal.h"

enum { PAUSE_SECONDS = 1 };

struct witness_keeper {
    char path[WITNESS_PATH_BYTES];
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t told;
    struct store_mark mark; /* under the lock: the newest durable commit */
    int64_t written;        /* the commit that the file tells of; the thread's own */
    bool idle;              /* under the lock: nothing to write; who has news wakes it */
    bool hurries;           /* under the lock */
    bool closing;           /* under the lock */
    bool fails;             /* the thread's own: the last try did */
};

static void wait_for_news(struct witness_keeper *keeper)
{
    keeper->idle = true;
    while (keeper->mark.commits == keeper->written && !keeper->closing) pthread_cond_wait(&keeper->told, &keeper->lock);
    keeper->idle = false;
}

/* More commits than one may share a writing. */
static void pause_a_second(struct witness_keeper *keeper)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += PAUSE_SECONDS;
    int waited = 0;
    while (!keeper->hurries && !keeper->closing && waited == 0) waited = pthread_cond_timedwait(&keeper->told, &keeper->lock, &until);
    keeper->hurries = false;
}

/* A full disk or a lost folder costs the net, not the service: the next second tries again. */
static void write_now(struct witness_keeper *keeper, const struct store_mark *mark)
{
    struct error error;
    bool written = store_write_witness(keeper->path, mark, &error);
    if (written) keeper->written = mark->commits;
    if (!written && !keeper->fails) log_error("the witness cannot be written", LOG_TEXT("problem", str_of(error.text)));
    if (written && keeper->fails) log_info("the witness can be written again", LOG_NUMBER("commits", mark->commits));
    keeper->fails = !written;
}

static void *keep(void *context)
{
    struct witness_keeper *keeper = context;
    bool over = false;
    while (!over) {
        pthread_mutex_lock(&keeper->lock);
        wait_for_news(keeper);
        pause_a_second(keeper);
        struct store_mark mark = keeper->mark;
        over = keeper->closing;
        pthread_mutex_unlock(&keeper->lock);
        if (mark.commits != keeper->written) write_now(keeper, &mark);
    }
    return NULL;
}

struct witness_keeper *keeper_open(const char *path, const struct store_mark *mark, int64_t written, struct error *error)
{
    pthread_condattr_t clock;
    struct witness_keeper *keeper = memory_take(sizeof *keeper);
    bool fits = str_copy_to(str_of(path), keeper->path, sizeof keeper->path);
    INSIST(fits);
    keeper->mark = *mark;
    keeper->written = written;
    pthread_mutex_init(&keeper->lock, NULL);
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_cond_init(&keeper->told, &clock);
    if (pthread_create(&keeper->thread, NULL, keep, keeper) == 0) return keeper;
    free(keeper);
    error_set(error, "there is no room for a thread that keeps the witness");
    return NULL;
}

void keeper_tell(struct witness_keeper *keeper, int64_t commits)
{
    pthread_mutex_lock(&keeper->lock);
    keeper->mark.commits = commits;
    if (keeper->idle) pthread_cond_signal(&keeper->told);
    pthread_mutex_unlock(&keeper->lock);
}

void keeper_hurry(struct witness_keeper *keeper)
{
    pthread_mutex_lock(&keeper->lock);
    keeper->hurries = true;
    pthread_cond_signal(&keeper->told);
    pthread_mutex_unlock(&keeper->lock);
}

void keeper_close(struct witness_keeper *keeper)
{
    if (!keeper) return;
    pthread_mutex_lock(&keeper->lock);
    keeper->closing = true;
    pthread_cond_signal(&keeper->told);
    pthread_mutex_unlock(&keeper->lock);
    pthread_join(keeper->thread, NULL);
    pthread_cond_destroy(&keeper->told);
    pthread_mutex_destroy(&keeper->lock);
    free(keeper);
}
