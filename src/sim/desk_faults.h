/* SPDX-License-Identifier: Apache-2.0 */
/* desk_faults: what can go wrong on purpose. Each kind of fault is a row of a simulator's table: does it act, is the key kept,
 * what is said, how is it sent. A test plants faults; each request meets at most one. */
#ifndef FLORIN_SIM_DESK_FAULTS_H
#define FLORIN_SIM_DESK_FAULTS_H

#include "base/str.h"
#include "base/text.h"

enum {
    DESK_FAULTS_MAX = 64, /* planted at a time; a test needs a handful */
    DESK_FAULT_PATH_BYTES = 128,
    DESK_FAULT_KEY_BYTES = 256 + 1,
    DESK_FAULT_CARD_BYTES = 24,
};

/* What is said instead. Those of a simulator's own are numbered from DESK_SAYS_OWN on and said by its `disguise`. */
enum desk_says {
    DESK_SAYS_TRUTH,
    DESK_SAYS_CHAOS,   /* the 500 of chance */
    DESK_SAYS_GARBAGE, /* 200, not JSON */
    DESK_SAYS_HTML,    /* 502 of a proxy */
    DESK_SAYS_PLAIN,   /* 400, plain text */
    DESK_SAYS_NOTHING, /* 200 with an empty body */
    DESK_SAYS_MUCH,    /* 200, 2 MiB */
    DESK_SAYS_OWN = 32,
};

enum desk_sends {
    DESK_SENDS_WHOLE,
    DESK_SENDS_NO_BYTE,   /* closes the connection instead */
    DESK_SENDS_HALF,      /* half of all bytes, then closes */
    DESK_SENDS_TRUNCATED, /* the whole head and half the body, then closes */
    DESK_SENDS_TWICE,     /* the same answer once more behind it */
    DESK_SENDS_LATE,
    DESK_SENDS_NEVER,     /* holds the connection, closes it after a minute */
};

struct desk_fault_kind {
    const char *name;
    bool acts;           /* the operation is done, unless the rules refuse it */
    bool keeps_key;      /* and its answer kept */
    bool meets_replays;  /* it lies on the way, so that a replayed answer meets it too */
    bool skips_lookup;   /* kept answers are not looked for */
    int says; /* enum desk_says, or one of the simulator's own */
    enum desk_sends sends;
    const char *sentence;
};

enum desk_choice { DESK_AS_USUAL, DESK_NO, DESK_YES };

/* A planted fault: whom it meets, how often, and how it differs from its kind. */
struct desk_fault {
    const struct desk_fault_kind *kind;
    char path[DESK_FAULT_PATH_BYTES]; /* exact, or a beginning with * behind it */
    char key[DESK_FAULT_KEY_BYTES];   /* only for that key; empty: all */
    char card[DESK_FAULT_CARD_BYTES]; /* only for requests with that card; empty: all */
    int64_t times;                    /* how many requests it meets; 0: all */
    int64_t after;                    /* how many it lets through first */
    int64_t latency_ms;               /* instead of the usual; -1: the usual */
    enum desk_choice acts, keeps_key; /* instead of the kind's */
};

/* What a request does about its fault. All zero with kind NULL is none. */
struct desk_bad_luck {
    const struct desk_fault_kind *kind;
    bool acts, keeps_key;
    bool acts_surely; /* also for a client who is gone */
    int64_t latency_ms;
};

struct desk_faults {
    struct desk_fault list[DESK_FAULTS_MAX];
    size_t count;
};

/* False when there are too many. */
bool desk_faults_plant(struct desk_faults *faults, const struct desk_fault *fault) MUST_CHECK;
void desk_faults_clear(struct desk_faults *faults);

/* True when a planted fault asks for the card of a request, which then must be known before desk_faults_meet. */
bool desk_faults_ask_for_card(const struct desk_faults *faults);

/* The first planted fault that meets this request, which is counted. A replay meets only faults on the way. */
struct desk_bad_luck desk_faults_meet(struct desk_faults *faults, str path, str key, str card, bool is_replay);

/* All planted faults as a JSON list; cards by their last four digits. */
void desk_faults_put(struct text *text, const struct desk_faults *faults);

#endif
