/* SPDX-License-Identifier: Apache-2.0 */
/* safe_internal: what the two files of the safe share. */
#ifndef FLORIN_VAULT_SAFE_INTERNAL_H
#define FLORIN_VAULT_SAFE_INTERNAL_H

#include "vault/safe.h"

/* What is begun with the keys, one at a time. */
enum safe_job { JOB_NONE, JOB_UNLOCK, JOB_REFRESH, JOB_ROTATE_MASTER, JOB_ROTATE_DATA_KEY };

/* Of custodians, and of a key that is on its way: locked memory. */
struct safe_secrets {
    struct hash share;     /* the first one */
    struct hash candidate; /* the master key that is being tried, or brought in */
};

/* Cards on their way from one data key to another (safe_reseal.c). */
struct resealing {
    struct world_timer timer;
    struct work work;
    struct arena arena;
    struct token_record *page;
    size_t count;
    char from[VAULT_KEY_ID_BYTES]; /* empty: nothing is to be done */
    char after[ID_TEXT_BYTES];
    micros retired_at; /* monotonic */
    int64_t unreadable;
    int64_t left; /* under the old key, as the last transaction saw it */
    bool is_in_queue;
};

struct safe {
    struct safe_options options;
    struct keyring *ring;
    struct safe_secrets *secrets;
    enum safe_job share_for; /* what the first share was given for; JOB_NONE: there is none */
    micros share_at;         /* monotonic */
    bool has_keys;           /* the store has some */
    bool stopping;

    enum safe_job job;
    struct safe_errand *errand;  /* whose job it is */
    struct safe_errand *waiting; /* for a refresh */
    struct work work;
    struct arena arena;
    struct vault_key_record *rows;  /* as they are, or will be */
    struct vault_key_record *before; /* as they were when the job began */
    size_t count, before_count;
    bool overtaken;

    struct resealing resealing;
};

/* Notes which key is being retired, if any: safe_go_on brings its cards to the active one. */
void reseal_begin(struct safe *safe);
void reseal_stop(struct safe *safe);

#endif
