/* SPDX-License-Identifier: Apache-2.0 */
/* safe: the vault of stored cards over its life: sealed at start or opened by a file, opened by two custodians, its keys rotated while
 * payments go on. What it does with the store takes its turn in the queues; all calls are for the loop's thread. */
#ifndef FLORIN_VAULT_SAFE_H
#define FLORIN_VAULT_SAFE_H

#include "base/error.h"
#include "vault/keyring.h"

struct safe;

struct safe_options {
    struct world *world;
    str merchant;
    const char *key_path; /* the file of the master key */
    bool key_is_expected; /* somebody said that it is there */
    micros retire_pause;  /* for so long other nodes may still be saving cards under a key that is being retired */
};

struct safe *safe_open(const struct safe_options *options);
void safe_close(struct safe *safe);

/* At start, before the loop runs: opens the vault by its file, and makes the first keys where there are none. Without a file it is
 * sealed, or there is none. False: the file cannot be used, or is not the one that sealed this store's keys. */
bool safe_begin(struct safe *safe, struct store *store, struct error *error) MUST_CHECK;

/* Goes on with the cards that a rotation has left under an old key. */
void safe_go_on(struct safe *safe);

/* Begins nothing more; busy: something is still in the queues. */
void safe_stop(struct safe *safe);
bool safe_is_busy(const struct safe *safe);

/* For sealing and opening cards. */
struct keyring *safe_keyring(const struct safe *safe);

struct safe_view {
    enum { SAFE_NONE, SAFE_SEALED, SAFE_OPEN } state; /* none: no card has ever been stored here, and none can be */
    char master_id[MASTER_ID_BYTES];
    bool waits_for_share; /* one custodian has been there */
    bool is_resealing;    /* cards are on their way from an old data key to the new one */
    int64_t unreadable;   /* cards that stay with the old key because they do not open */
};
void safe_look(const struct safe *safe, struct safe_view *out);

enum safe_result {
    SAFE_DONE,
    SAFE_SHARE_KEPT,    /* the other custodian's is awaited */
    SAFE_SHARE_INVALID, /* it is none, or the same one twice: both are forgotten */
    SAFE_WRONG_KEY,     /* not the key that sealed what is stored; both shares are forgotten */
    SAFE_BUSY,          /* something of the kind is going on */
    SAFE_IS_SEALED,
    SAFE_IS_OPEN,
    SAFE_NO_FILE,       /* the key came by shares, and so must the next one; or the file cannot be written */
    SAFE_OVERTAKEN,     /* somebody else changed the keys meanwhile: nothing was done */
    SAFE_FAILED,        /* the store could not be asked or has no room: nothing was done */
    SAFE_DAMAGED,       /* a stored key does not open */
};

/* Somebody who waits for the result; `done` is called exactly once, maybe before the call returns. */
struct safe_errand {
    void (*done)(struct safe_errand *errand, enum safe_result result);
    struct safe_errand *next;
};

/* A custodian's share. The second one opens the vault. */
void safe_unlock(struct safe *safe, str share, struct safe_errand *errand);

/* A new master key: all keys are sealed under it, in one transaction. With `share` empty a new one is made and put into the file;
 * otherwise it comes by two shares. From the answer on the old one opens nothing that is stored. */
void safe_rotate_master(struct safe *safe, str share, struct safe_errand *errand);

/* A new data key; the stored cards come over to it by and by, and then the old one is destroyed. */
void safe_rotate_data_key(struct safe *safe, struct safe_errand *errand);

/* Looks up what others have changed. SAFE_DONE: the keys are those that are stored. */
void safe_refresh(struct safe *safe, struct safe_errand *errand);

#endif
