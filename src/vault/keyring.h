/* SPDX-License-Identifier: Apache-2.0 */
/* keyring: one merchant's keys, open in locked memory, and what is done with them. The order of keys (decision 28):
 *
 *   master key ──seals──▶ data keys ──make──▶ a key for each token ──seals──▶ its card
 *      │                                                      (nonce, card, tag; all names of the token bound in)
 *      └───────seals──▶ fingerprint key ──▶ HMAC of the card number
 *
 * Only the sealed ones are stored. Pure but for random bytes; for the loop's thread. */
#ifndef FLORIN_VAULT_KEYRING_H
#define FLORIN_VAULT_KEYRING_H

#include "base/hash.h"
#include "store/store.h"
#include "vault/seal.h"

struct keyring;

struct keyring *keyring_make(struct world *world, str merchant);
void keyring_destroy(struct keyring *ring);

/* Tells master keys apart, and nothing about them: 16 hex digits. */
void master_id_of(const struct hash *master, char out[MASTER_ID_BYTES]);

/* ---- opening ---- */

enum keyring_finding {
    KEYRING_OPEN,
    KEYRING_EMPTY,   /* there are no keys yet */
    KEYRING_FOREIGN, /* another master key seals them */
    KEYRING_DAMAGED, /* one of them was changed, or there is none to seal with */
};

/* Takes the keys of those rows, and forgets those it had, if the master key opens all of them; else it stays as it is. */
enum keyring_finding keyring_take(struct keyring *ring, const struct hash *master, const struct vault_key_record *rows, size_t count) MUST_CHECK;
bool keyring_is_open(const struct keyring *ring);
/* Of an open one. */
const struct hash *keyring_master(const struct keyring *ring);
str keyring_active_key(const struct keyring *ring);

/* ---- the rows of keys ---- */

/* The first keys of a merchant. */
enum { KEYRING_FIRST = 2 };
void keyring_first(struct keyring *ring, struct arena *arena, const struct hash *master, struct vault_key_record out[KEYRING_FIRST]);

/* A further data key, the next in number behind those of the rows. */
struct vault_key_record keyring_next(struct keyring *ring, struct arena *arena, const struct hash *master, const struct vault_key_record *rows,
                                     size_t count);

/* The same key, sealed under another master key. False: the row does not open under `from`. */
bool keyring_seal_again(struct keyring *ring, struct arena *arena, const struct hash *from, const struct hash *to,
                        struct vault_key_record *row) MUST_CHECK;

/* ---- cards, with an open one ---- */

/* The same number gives the same text, for this merchant only. */
str keyring_fingerprint(const struct keyring *ring, struct arena *arena, const struct card_number *number);

/* Seals the card (without a CVV) for the token: its id and times are there already; sets key and sealed card. */
void keyring_seal_card(struct keyring *ring, struct arena *arena, const struct card *card, struct token_record *token);

enum card_opening {
    CARD_OPENED,
    CARD_VAULT_SEALED,
    CARD_KEY_UNKNOWN, /* another node has begun a new one, or the row was changed */
    CARD_UNREADABLE,  /* the row was changed */
};
/* The caller wipes the card. */
enum card_opening keyring_open_card(struct keyring *ring, const struct token_record *token, struct card *out) MUST_CHECK;

#endif
