/* SPDX-License-Identifier: Apache-2.0 */
/* day: a stretch of a store's life, in a process of its own, in which one use of the database goes wrong. The next day looks after what
 * it left behind. */
#ifndef FLORIN_TESTS_STORE_DAY_H
#define FLORIN_TESTS_STORE_DAY_H

#include "base/error.h"
#include "store/go_between.h"

enum fate {
    WENT_ON = 0,
    ENDED = 70,  /* the store stopped the process, as it does when it does not know what is on disk */
    QUIET = 100, /* nothing went wrong: there is no nth use */
};

/* What a day was told is left for the next one here; zeroed at its beginning. */
struct told {
    int64_t done; /* works, or whatever a test counts, of which it was said that they are durable */
};
extern struct told *told;

/* cmocka's group set-up. */
int day_set_up(void **state);

/* What may go wrong with a kind of database. */
struct mishaps {
    bool of_files;
    int count;
    enum mishap kinds[MISHAP_COUNT];
};
extern const struct mishaps mishaps_of_files, mishaps_of_servers, mishaps_of_cables;

/* How the day of that number (from 1) ends; any other end fails the test. Each use of the database meets one mishap, the first one the
 * first, the next one the next, and round again; with FLORIN_LONG=1 each one meets all of them, which takes as many days more. */
enum fate day_with(const struct mishaps *mishaps, int64_t number, void (*day)(void *context), void *context);

/* In a day: the nth use counts from here. */
void day_goes_wrong(void);
/* It ends here, and all is as it should be. */
_Noreturn void day_end(void);
/* What went wrong was said, in words for a person, and as the database said it. */
void day_insist_words(const struct error *error);
/* What cannot be right was seen. */
_Noreturn void day_fail(const char *what);

#endif
