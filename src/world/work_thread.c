/* SPDX-License-Identifier: Apache-2.0 */
/* work_thread: two lists behind one lock. What waits goes to the thread in one piece, what is done comes back in one piece.
 *
 *     loop ──give──▶ [ waiting ] ──take──▶ batch ──▶ [ finished ] ──one wake-up──▶ loop: work->done
 */
#include "world/work_thread.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/crash.h"

struct work_list {
    struct work *first;
    struct work **end; /* where the next one is hung in */
};

enum { HANDS_MAX = 16 }; /* as many as a store may have connections that write (STORE_CONNECTIONS_MAX, which is not to be seen from here) */

/* A thread, and what it works on. */
struct hand {
    struct work_thread *of;
    void *on;
    pthread_t thread;
};

struct work_thread {
    work_batch *batch;
    size_t pending; /* the loop's own count: given and not told as done */
    struct hand hands[HANDS_MAX];
    size_t hand_count;

    pthread_mutex_t lock;
    pthread_cond_t given;
    struct work_list waiting;  /* under the lock */
    struct work_list finished; /* under the lock */
    size_t sleeping;           /* under the lock: hands that wait for work */
    bool closing;              /* under the lock */

    uv_async_t wake;
};

static void list_clear(struct work_list *list)
{
    list->first = NULL;
    list->end = &list->first;
}

static void list_put(struct work_list *list, struct work *work)
{
    work->next = NULL;
    *list->end = work;
    list->end = &work->next;
}

static struct work *list_take_all(struct work_list *list)
{
    struct work *first = list->first;
    list_clear(list);
    return first;
}

/* Moves up to WORK_BATCH_MAX works into `works`; sleeps while there are none. Zero when the thread is to end. */
static size_t take_batch(struct work_thread *thread, struct work **works)
{
    size_t count = 0;
    pthread_mutex_lock(&thread->lock);
    while (thread->waiting.first == NULL && !thread->closing) {
        thread->sleeping++;
        pthread_cond_wait(&thread->given, &thread->lock);
        thread->sleeping--;
    }
    while (thread->waiting.first != NULL && count < WORK_BATCH_MAX) {
        works[count++] = thread->waiting.first;
        thread->waiting.first = thread->waiting.first->next;
    }
    if (thread->waiting.first == NULL) list_clear(&thread->waiting);
    pthread_mutex_unlock(&thread->lock);
    return count;
}

static void give_back(struct work_thread *thread, struct work **works, size_t count)
{
    pthread_mutex_lock(&thread->lock);
    for (size_t i = 0; i < count; i++) list_put(&thread->finished, works[i]);
    pthread_mutex_unlock(&thread->lock);
    uv_async_send(&thread->wake);
}

static void *run_thread(void *argument)
{
    struct hand *hand = argument;
    struct work_thread *thread = hand->of;
    struct work *works[WORK_BATCH_MAX];
    for (;;) {
        size_t count = take_batch(thread, works);
        if (count == 0) return NULL;
        thread->batch(hand->on, works, count);
        give_back(thread, works, count);
    }
}

/* On the loop: tells everybody whose work is finished, in the order in which it was given. */
static void tell_finished(uv_async_t *wake)
{
    struct work_thread *thread = wake->data;
    pthread_mutex_lock(&thread->lock);
    struct work *work = list_take_all(&thread->finished);
    pthread_mutex_unlock(&thread->lock);

    while (work != NULL) {
        struct work *next = work->next; /* done may free the work or give it again */
        thread->pending--;
        work->done(work);
        if (next != NULL) crash_point("gc.half_answered");
        work = next;
    }
}

bool work_thread_widen(struct work_thread *thread, const char *name, void *on, struct error *error)
{
    INSIST(thread->hand_count < HANDS_MAX);
    struct hand *hand = &thread->hands[thread->hand_count];
    *hand = (struct hand){ .of = thread, .on = on };
    int failed = pthread_create(&hand->thread, NULL, run_thread, hand);
    if (failed) return error_set(error, "cannot start the %s thread: %s", name, strerror(failed));
    (void)pthread_setname_np(hand->thread, name);
    thread->hand_count++;
    return true;
}

static void free_thread(uv_handle_t *wake)
{
    struct work_thread *thread = wake->data;
    pthread_cond_destroy(&thread->given);
    pthread_mutex_destroy(&thread->lock);
    free(thread);
}

struct work_thread *work_thread_open(struct uv_loop_s *uv, const char *name, work_batch *batch, void *on,
                                     struct error *error)
{
    struct work_thread *thread = memory_take(sizeof *thread);
    thread->batch = batch;
    list_clear(&thread->waiting);
    list_clear(&thread->finished);
    INSIST(pthread_mutex_init(&thread->lock, NULL) == 0);
    INSIST(pthread_cond_init(&thread->given, NULL) == 0);
    INSIST(uv_async_init(uv, &thread->wake, tell_finished) == 0);
    thread->wake.data = thread;

    if (work_thread_widen(thread, name, on, error)) return thread;
    uv_close((uv_handle_t *)&thread->wake, free_thread);
    return NULL;
}

void work_thread_give(struct work_thread *thread, struct work *work)
{
    thread->pending++;
    pthread_mutex_lock(&thread->lock);
    list_put(&thread->waiting, work);
    bool wake = thread->sleeping > 0;
    pthread_mutex_unlock(&thread->lock);
    if (wake) pthread_cond_signal(&thread->given);
}

size_t work_thread_pending(const struct work_thread *thread)
{
    return thread->pending;
}

void work_thread_close(struct work_thread *thread)
{
    pthread_mutex_lock(&thread->lock);
    INSIST(thread->waiting.first == NULL);
    thread->closing = true;
    pthread_mutex_unlock(&thread->lock);
    pthread_cond_broadcast(&thread->given);
    for (size_t i = 0; i < thread->hand_count; i++) pthread_join(thread->hands[i].thread, NULL);
    uv_close((uv_handle_t *)&thread->wake, free_thread);
}
