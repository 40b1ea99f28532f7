/* SPDX-License-Identifier: Apache-2.0 */
/* work_thread: a thread that takes all the work that waits (at most WORK_BATCH_MAX), runs it as one batch, and tells the loop. */
#ifndef FLORIN_WORLD_WORK_THREAD_H
#define FLORIN_WORLD_WORK_THREAD_H

#include "base/error.h"
#include "base/work.h"

struct uv_loop_s;
struct work_thread;

struct work_thread *work_thread_open(struct uv_loop_s *uv, const char *name, work_batch *batch, void *on, struct error *error);

/* From the loop's thread. Order is kept: works are run in the order in which they were given. */
void work_thread_give(struct work_thread *thread, struct work *work);
size_t work_thread_pending(const struct work_thread *thread);

/* Waits for the running batch; the queue must be empty. */
void work_thread_close(struct work_thread *thread);

#endif
