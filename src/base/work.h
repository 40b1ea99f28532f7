/* SPDX-License-Identifier: Apache-2.0 */
/* work: one piece of work for another thread, in a list. */
#ifndef FLORIN_BASE_WORK_H
#define FLORIN_BASE_WORK_H

#include "base/base.h"

enum work_result {
    WORK_DONE,         /* run, and durable where it wrote */
    WORK_FULL,         /* the disk is full: certainly nothing was kept */
    WORK_FAILED,       /* it could not be run (a question that the store cannot answer now); nothing was kept */
};

struct work {
    /* Runs on the worker's thread with what the thread works on (a store). May be run again from its top. */
    void (*run)(struct work *work, void *on);
    /* Runs on the thread that gave the work, when the result is known. */
    void (*done)(struct work *work);
    enum work_result result;
    struct work *next;
};

/* Runs a list of works on `on` and sets each result; how they share a transaction is its affair. */
typedef void work_batch(void *on, struct work **works, size_t count);

enum { WORK_BATCH_MAX = 512 };

#endif
