/* SPDX-License-Identifier: Apache-2.0 */
/* work_thread: a thread that takes all the work that waits (at most WORK_BATCH_MAX), runs it as one batch, and tells the loop.
 * Several may take from one queue, each with something of its own that it works on. */
#ifndef FLORIN_WORLD_WORK_THREAD_H
#define FLORIN_WORLD_WORK_THREAD_H

#include "base/error.h"
#include "base/work.h"

struct uv_loop_s;
struct work_thread;

struct work_thread *work_thread_open(struct uv_loop_s *uv, const char *name, work_batch *batch, void *on, struct error *error);

/* A further thread on the same queue, which works on `on`. Before any work is given. */
bool work_thread_widen(struct work_thread *thread, const char *name, void *on, struct error *error) MUST_CHECK;

/* From the loop's thread. One thread keeps the order: works are run as they were given. Several begin them in that order. */
void work_thread_give(struct work_thread *thread, struct work *work);
size_t work_thread_pending(const struct work_thread *thread);

/* Waits for the running batches; the queue must be empty. */
void work_thread_close(struct work_thread *thread);

#endif
