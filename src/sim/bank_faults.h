/* SPDX-License-Identifier: Apache-2.0 */
/* bank_faults: what can go wrong on purpose. Each kind of fault is a row: does the bank act, is the key kept, what is said,
 * how is it sent. A test plants faults; each request meets at most one. */
#ifndef FLORIN_SIM_BANK_FAULTS_H
#define FLORIN_SIM_BANK_FAULTS_H

#include "base/str.h"
#include "base/text.h"

enum {
    BANK_FAULTS_MAX = 64, /* planted at a time; a test needs a handful */
    BANK_FAULT_PATH_BYTES = 128,
    BANK_FAULT_KEY_BYTES = 256 + 1,
    BANK_FAULT_CARD_BYTES = 24,
};

enum bank_says {
    BANK_SAYS_TRUTH,
    BANK_SAYS_CHAOS,           /* 500, random failure injection */
    BANK_SAYS_INTERNAL_500,
    BANK_SAYS_INTERNAL_400,
    BANK_SAYS_NOT_FOUND,       /* a database fault dressed as an unknown card, hold or capture */
    BANK_SAYS_USED,            /* authorization_already_used */
    BANK_SAYS_REFUNDED,        /* already_refunded */
    BANK_SAYS_WRONG_AMOUNT,
    BANK_SAYS_WRONG_ID,
    BANK_SAYS_WRONG_CURRENCY,
    BANK_SAYS_GARBAGE,         /* 200, not JSON */
    BANK_SAYS_HTML,            /* 502 of a proxy */
    BANK_SAYS_PLAIN,           /* 400, plain text */
    BANK_SAYS_NOTHING,         /* 200 with an empty body */
    BANK_SAYS_MUCH,            /* 200, 2 MiB */
};

enum bank_sends {
    BANK_SENDS_WHOLE,
    BANK_SENDS_NO_BYTE,   /* closes the connection instead */
    BANK_SENDS_HALF,      /* half of all bytes, then closes */
    BANK_SENDS_TRUNCATED, /* the whole head and half the body, then closes */
    BANK_SENDS_TWICE,     /* the same answer once more behind it */
    BANK_SENDS_LATE,
    BANK_SENDS_NEVER,     /* holds the connection, closes it after a minute */
};

struct bank_fault_kind {
    const char *name;
    bool acts;           /* the operation is done, unless the rules refuse it */
    bool keeps_key;      /* and its answer kept */
    bool meets_replays;  /* it lies on the way, so that a replayed answer meets it too */
    bool skips_lookup;   /* kept answers are not looked for */
    enum bank_says says;
    enum bank_sends sends;
    const char *sentence;
};

enum bank_choice { BANK_AS_USUAL, BANK_NO, BANK_YES };

/* A planted fault: whom it meets, how often, and how it differs from its kind. */
struct bank_fault {
    const struct bank_fault_kind *kind;
    char path[BANK_FAULT_PATH_BYTES]; /* exact, or a beginning with * behind it */
    char key[BANK_FAULT_KEY_BYTES];   /* only for that key; empty: all */
    char card[BANK_FAULT_CARD_BYTES]; /* only for authorizations of that card; empty: all */
    int64_t times;                    /* how many requests it meets; 0: all */
    int64_t after;                    /* how many it lets through first */
    int64_t latency_ms;               /* instead of the usual; -1: the usual */
    enum bank_choice acts, keeps_key; /* instead of the kind's */
};

/* What a request does about its fault. All zero with kind NULL is none. */
struct bank_bad_luck {
    const struct bank_fault_kind *kind;
    bool acts, keeps_key;
    bool acts_surely; /* also for a client who is gone */
    int64_t latency_ms;
};

struct bank_faults {
    struct bank_fault list[BANK_FAULTS_MAX];
    size_t count;
};

/* NULL when there is no fault of that name. */
const struct bank_fault_kind *bank_fault_kind_named(str name);

/* False when there are too many. */
bool bank_faults_plant(struct bank_faults *faults, const struct bank_fault *fault) MUST_CHECK;
void bank_faults_clear(struct bank_faults *faults);

/* True when a planted fault asks for the card of a request, which then must be known before bank_faults_meet. */
bool bank_faults_ask_for_card(const struct bank_faults *faults);

/* The first planted fault that meets this request, which is counted. A replay meets only faults on the way. */
struct bank_bad_luck bank_faults_meet(struct bank_faults *faults, str path, str key, str card, bool is_replay);

/* All planted faults as a JSON list; cards by their last four digits. */
void bank_faults_put(struct text *text, const struct bank_faults *faults);

/* The names and sentences of all kinds, for the manual page. */
extern const struct bank_fault_kind bank_fault_kinds[];
extern const size_t bank_fault_kind_count;

#endif
