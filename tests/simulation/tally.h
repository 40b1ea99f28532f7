/* SPDX-License-Identifier: Apache-2.0 */
/* tally: what happened in a run, in memory that outlives the process that ran it: marks ("this happened, so often"), the trace's
 * hash, and the finding that ended it. A simulation that never meets a torn write proves nothing about torn writes: the table of
 * marks that every longer run must have reached stands in tally.c. */
#ifndef FLORIN_TESTS_SIMULATION_TALLY_H
#define FLORIN_TESTS_SIMULATION_TALLY_H

#include "base/text.h"

enum { MARKS_MAX = 512, MARK_BYTES = 64, FINDING_BYTES = 600 };

struct mark {
    char name[MARK_BYTES]; /* "group.what" */
    int64_t count;
};

struct tally {
    struct mark marks[MARKS_MAX];
    uint64_t trace;           /* the hash over everything that happened, in its order */
    micros simulated;
    bool ended;               /* the run came to its end */
    char check[16];           /* the invariant that was broken: "I5"; empty: none was */
    char finding[FINDING_BYTES];
};

/* Shared with processes that are forked later. */
struct tally *tally_open(void);
void tally_close(struct tally *tally);

void tally_mark(struct tally *tally, const char *group, const char *what, int64_t times);
int64_t tally_count(const struct tally *tally, const char *name);

/* Adds the marks and the time of one run; the traces are summed, so that the order of seeds does not matter. */
void tally_add(struct tally *sum, const struct tally *run);

/* Marks that must have happened and have not: their names, one a line; the number of them. */
size_t tally_put_missing(struct text *text, const struct tally *tally);
size_t tally_must_count(void);

/* As members of a JSON object: each group is an object of counts. */
void tally_put_json(struct text *text, const struct tally *tally);
void tally_put_table(struct text *text, const struct tally *tally);

#endif
