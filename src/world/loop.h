/* SPDX-License-Identifier: Apache-2.0 */
/* loop: the one thread that everything but transactions runs on (libuv), and the real world's doors. */
#ifndef FLORIN_WORLD_LOOP_H
#define FLORIN_WORLD_LOOP_H

#include "base/error.h"
#include "world/world.h"

struct loop;

/* A loop with its clock, chance, timers and HTTP client. No queues yet: commits and questions are a mistake until they are set. */
struct loop *loop_open(struct error *error);

/* The doors of this loop. */
struct world *loop_world(struct loop *loop);

/* Starts a thread that runs batches on `on` for world_commit (or world_ask). Given before loop_run. loop_commits_on may be called
 * again, with the same batch: each call adds a thread that takes from the same queue. */
bool loop_commits_on(struct loop *loop, work_batch *batch, void *on, struct error *error) MUST_CHECK;
bool loop_asks_on(struct loop *loop, work_batch *batch, void *on, struct error *error) MUST_CHECK;

/* Works that wait for or run in the commit queue. */
size_t loop_commits_pending(const struct loop *loop);

/* SIGTERM and SIGINT call this on the loop. */
void loop_on_stop(struct loop *loop, void (*stop)(void *context), void *context);

/* SIGHUP calls this on the loop. */
void loop_on_reload(struct loop *loop, void (*reload)(void *context), void *context);

/* Runs until loop_stop. */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);

/* Ends the worker threads (their queues must be empty) and frees all. Servers on it have been closed before; timers that
 * still run never fire, and calls that are on their way are dropped. */
void loop_close(struct loop *loop);

/* libuv's loop, for http_server and http_client only. */
struct uv_loop_s *loop_uv(struct loop *loop);

#endif
