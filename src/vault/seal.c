/* SPDX-License-Identifier: Apache-2.0 */
/* seal: the only place that knows the cipher. */
#include "vault/seal.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

_Static_assert((int)SEAL_KEY_BYTES == SEAL_PLAIN_BYTES && (int)SEAL_KEY_BYTES == (int)HASH_BYTES, "a key can be sealed, and a hash is a key");
_Static_assert(CARD_NUMBER_DIGITS_MAX + CARD_CVV_DIGITS_MAX + 2 <= SEAL_PLAIN_BYTES, "a card can be sealed");

struct seal {
    struct world *world;
    EVP_CIPHER *cipher;
    EVP_CIPHER_CTX *context;
};

struct seal *seal_open(struct world *world)
{
    struct seal *seal = memory_take(sizeof *seal);
    seal->world = world;
    seal->cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
    seal->context = EVP_CIPHER_CTX_new();
    INSIST(seal->cipher && seal->context);
    return seal;
}

void seal_close(struct seal *seal)
{
    EVP_CIPHER_CTX_free(seal->context);
    EVP_CIPHER_free(seal->cipher);
    free(seal);
}

void seal_encrypt(struct seal *seal, const uint8_t key[SEAL_KEY_BYTES], str bound, const uint8_t plain[SEAL_PLAIN_BYTES],
                  uint8_t sealed[SEAL_BYTES])
{
    uint8_t *cipher_text = sealed + SEAL_NONCE_BYTES, *tag = cipher_text + SEAL_PLAIN_BYTES;
    int length;
    world_random(seal->world, sealed, SEAL_NONCE_BYTES);
    int fine = EVP_EncryptInit_ex(seal->context, seal->cipher, NULL, key, sealed) == 1;
    fine &= EVP_EncryptUpdate(seal->context, NULL, &length, (const uint8_t *)bound.bytes, (int)bound.length) == 1;
    fine &= EVP_EncryptUpdate(seal->context, cipher_text, &length, plain, SEAL_PLAIN_BYTES) == 1;
    fine &= EVP_EncryptFinal_ex(seal->context, cipher_text + SEAL_PLAIN_BYTES, &length) == 1;
    fine &= EVP_CIPHER_CTX_ctrl(seal->context, EVP_CTRL_AEAD_GET_TAG, SEAL_TAG_BYTES, tag) == 1;
    INSIST(fine);
    EVP_CIPHER_CTX_reset(seal->context); /* forgets the key */
}

bool seal_decrypt(struct seal *seal, const uint8_t key[SEAL_KEY_BYTES], str bound, const uint8_t sealed[SEAL_BYTES],
                  uint8_t plain[SEAL_PLAIN_BYTES])
{
    const uint8_t *cipher_text = sealed + SEAL_NONCE_BYTES;
    uint8_t tag[SEAL_TAG_BYTES]; /* the library wants one that it may write to */
    int length;
    memcpy(tag, cipher_text + SEAL_PLAIN_BYTES, sizeof tag);
    int fine = EVP_DecryptInit_ex(seal->context, seal->cipher, NULL, key, sealed) == 1;
    fine &= EVP_DecryptUpdate(seal->context, NULL, &length, (const uint8_t *)bound.bytes, (int)bound.length) == 1;
    fine &= EVP_DecryptUpdate(seal->context, plain, &length, cipher_text, SEAL_PLAIN_BYTES) == 1;
    fine &= EVP_CIPHER_CTX_ctrl(seal->context, EVP_CTRL_AEAD_SET_TAG, SEAL_TAG_BYTES, tag) == 1;
    fine &= EVP_DecryptFinal_ex(seal->context, plain + SEAL_PLAIN_BYTES, &length) == 1;
    EVP_CIPHER_CTX_reset(seal->context);
    if (!fine) secret_wipe(plain, SEAL_PLAIN_BYTES); /* what did not prove to be ours is not used by mistake */
    return fine;
}

/* ---- cards ---- */

void card_pack(const struct card *card, uint8_t plain[SEAL_PLAIN_BYTES])
{
    memset(plain, 0, SEAL_PLAIN_BYTES);
    memcpy(plain, card->number.digits, CARD_NUMBER_DIGITS_MAX);
    memcpy(plain + CARD_NUMBER_DIGITS_MAX, card->cvv, CARD_CVV_DIGITS_MAX);
    plain[SEAL_PLAIN_BYTES - 2] = (uint8_t)card->expiry_month;
    plain[SEAL_PLAIN_BYTES - 1] = (uint8_t)(card->expiry_year - 2000);
}

void card_unpack(const uint8_t plain[SEAL_PLAIN_BYTES], struct card *card)
{
    memset(card, 0, sizeof *card);
    memcpy(card->number.digits, plain, CARD_NUMBER_DIGITS_MAX);
    memcpy(card->cvv, plain + CARD_NUMBER_DIGITS_MAX, CARD_CVV_DIGITS_MAX);
    card->expiry_month = plain[SEAL_PLAIN_BYTES - 2];
    card->expiry_year = 2000 + plain[SEAL_PLAIN_BYTES - 1];
}

/* ---- secret memory ---- */

enum { SECURE_HEAP_BYTES = 1024 * 1024, SECURE_HEAP_LEAST = 64 };

static void set_up_heap(void)
{
    static bool tried;
    if (!tried) CRYPTO_secure_malloc_init(SECURE_HEAP_BYTES, SECURE_HEAP_LEAST);
    tried = true;
}

bool secret_has_room(void)
{
    set_up_heap();
    return !CRYPTO_secure_malloc_initialized() || CRYPTO_secure_used() < SECURE_HEAP_BYTES / 2;
}

void *secret_take(size_t bytes)
{
    set_up_heap();
    void *secret = OPENSSL_secure_zalloc(bytes);
    INSIST(secret);
    return secret;
}

void secret_give_back(void *secret, size_t bytes) { OPENSSL_secure_clear_free(secret, bytes); }
