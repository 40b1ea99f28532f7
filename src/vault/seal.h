/* SPDX-License-Identifier: Apache-2.0 */
/* seal: AES-256-GCM over one short secret (a card, a key), with the names that it belongs to bound in: what was moved to another
 * row, or changed by a bit, does not open. */
#ifndef FLORIN_VAULT_SEAL_H
#define FLORIN_VAULT_SEAL_H

#include "domain/card.h"
#include "world/world.h"

enum {
    SEAL_KEY_BYTES = 32,
    SEAL_NONCE_BYTES = 12, /* random: each key seals few times, so it cannot repeat */
    SEAL_TAG_BYTES = 16,
    SEAL_PLAIN_BYTES = 32, /* a key, or a packed card: all have one length */
    SEAL_BYTES = SEAL_NONCE_BYTES + SEAL_PLAIN_BYTES + SEAL_TAG_BYTES,
};

/* The cipher, ready to work. For one thread. */
struct seal;
struct seal *seal_open(struct world *world);
void seal_close(struct seal *seal);

void seal_encrypt(struct seal *seal, const uint8_t key[SEAL_KEY_BYTES], str bound, const uint8_t plain[SEAL_PLAIN_BYTES],
                  uint8_t sealed[SEAL_BYTES]);
/* False: another key, other names, or it was changed. */
bool seal_decrypt(struct seal *seal, const uint8_t key[SEAL_KEY_BYTES], str bound, const uint8_t sealed[SEAL_BYTES],
                  uint8_t plain[SEAL_PLAIN_BYTES]) MUST_CHECK;

/* A card as it is sealed: number, CVV, month, year, padded. */
void card_pack(const struct card *card, uint8_t plain[SEAL_PLAIN_BYTES]);
void card_unpack(const uint8_t plain[SEAL_PLAIN_BYTES], struct card *card);

/* Zeroed memory that is locked, outside core dumps, and wiped when it is given back (OpenSSL's secure heap where it could be set up). */
void *secret_take(size_t bytes);
/* Is there room for some more, so that who may be refused need not bring the house down? */
bool secret_has_room(void);
void secret_give_back(void *secret, size_t bytes);

#endif
