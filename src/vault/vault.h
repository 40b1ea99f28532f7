/* SPDX-License-Identifier: Apache-2.0 */
/* vault: the envelopes of cards in doubt: the card of an open authorization, sealed with
 * AES-256-GCM under a key of its own. The sealed bytes go into the operation's row; the key lives in a slot of a mapped file
 * on tmpfs, never in the data directory, and is wiped when the outcome is durable: from then on nobody can open the row.
 * A crash of the process is survived; a restart of the machine leaves the envelope unreadable, on purpose (PCI DSS 3.3.1).
 * The CVV of a token, until its first payment, lies in such an envelope, too; the token's card itself is safe.h's. */
#ifndef FLORIN_VAULT_VAULT_H
#define FLORIN_VAULT_VAULT_H

#include "base/arena.h"
#include "base/error.h"
#include "base/hash.h"
#include "domain/card.h"
#include "world/world.h"

struct vault;

enum { VAULT_NO_SLOT = -1 };

/* The longest life of a token's CVV: a quarter of an hour, less the pause between two looks. */
#define VAULT_CVV_KEPT (INT64_C(870) * MICROS_PER_SECOND)

/* Maps the file of slots in `folder` (made when absent), whose file system is checked to be tmpfs or ramfs. `name` tells
 * apart the vaults of several gateways in one folder. */
struct vault *vault_open(struct world *world, const char *folder, const char *name, size_t slots, struct error *error);
/* Envelopes that are sealed from now on can also be opened by any vault that was told the same key: each carries its own key, sealed
 * under one that is made of this and the operation's id. */
void vault_share(struct vault *vault, const struct hash *key);
/* Is that file or folder in memory only? Otherwise a sentence says that it is not. */
bool vault_is_in_memory(const char *path, struct error *error) MUST_CHECK;
/* The file goes too when no slot is in use. */
void vault_close(struct vault *vault);

/* Seals a card for one operation into a free slot, which is written before this returns. The text is for the row.
 * VAULT_NO_SLOT when all slots are taken: the house is full. */
int64_t vault_seal(struct vault *vault, struct arena *arena, const struct card *card, str operation, str *sealed);

/* The same with nothing but the CVV, for a token. Tokens have at most half of the slots. */
int64_t vault_seal_cvv(struct vault *vault, struct arena *arena, const struct card *card, str token, str *sealed);
/* Wipes the slots of tokens whose CVV has been there for VAULT_CVV_KEPT. */
void vault_wipe_overdue(struct vault *vault);

/* Opens it again. False when the slot is another's or empty (the machine was restarted, or the card was sealed on another one) and
 * the key is not shared, or the text was changed. The caller wipes the card. */
bool vault_open_card(struct vault *vault, int64_t slot, str operation, str sealed, struct card *out) MUST_CHECK;

/* Wipes the slot if it is that operation's. Harmless otherwise. */
void vault_shred(struct vault *vault, int64_t slot, str operation);

/* Wipes the slots of which `is_held` says that no open operation has just this one, and those of tokens that are overdue; the number of
 * slots wiped. At start. */
size_t vault_sweep(struct vault *vault, bool (*is_held)(void *context, int64_t slot, str operation), void *context);

/* Slots in use, and how long the oldest has been, for metrics. */
size_t vault_used(const struct vault *vault);
micros vault_oldest(const struct vault *vault, micros now);

/* Memory for one card, as secret_take. */
struct card *card_take(void);
void card_give_back(struct card *card);

#endif
