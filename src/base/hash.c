/* SPDX-License-Identifier: Apache-2.0 */
/* hash: SHA-256 and what is made from it, on OpenSSL's EVP. A failure of the library is a mistake of ours: it cannot
 * happen once the algorithm was found. */
#include "base/hash.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <pthread.h>
#include <string.h>

enum { HASH_BLOCK_BYTES = 64 }; /* of SHA-256, FIPS 180-4 */

/* Looking an algorithm up by name costs more than a short hash, so it is done once. */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static EVP_MD *sha256;
static pthread_key_t context_closer;

static void close_context(void *context)
{
    EVP_MD_CTX_free(context);
}

static void find_sha256(void)
{
    sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    INSIST(sha256 != NULL);
    INSIST(pthread_key_create(&context_closer, close_context) == 0);
}

/* One context a thread, closed when the thread ends. */
static EVP_MD_CTX *context_here(void)
{
    static _Thread_local EVP_MD_CTX *context;
    if (context != NULL) return context;
    INSIST(pthread_once(&once, find_sha256) == 0);
    context = EVP_MD_CTX_new();
    INSIST(context != NULL);
    INSIST(EVP_DigestInit_ex2(context, sha256, NULL) == 1);
    INSIST(pthread_setspecific(context_closer, context) == 0);
    return context;
}

/* SHA-256 of `first` and then the pieces. */
static struct hash hash_after(str first, const str *pieces, size_t count)
{
    EVP_MD_CTX *context = context_here();
    struct hash hash;
    INSIST(EVP_DigestInit_ex2(context, NULL, NULL) == 1);
    if (first.length > 0) INSIST(EVP_DigestUpdate(context, first.bytes, first.length) == 1);
    for (size_t i = 0; i < count; i++) {
        if (pieces[i].length > 0) INSIST(EVP_DigestUpdate(context, pieces[i].bytes, pieces[i].length) == 1);
    }
    INSIST(EVP_DigestFinal_ex(context, hash.bytes, NULL) == 1);
    return hash;
}

struct hash hash_of(const str *pieces, size_t count)
{
    return hash_after(STR_NONE, pieces, count);
}

/* The key, filled up with zeros to a block, each byte xor `filler`. */
static str key_pad(const struct hash *key, uint8_t filler, uint8_t pad[HASH_BLOCK_BYTES])
{
    memset(pad, filler, HASH_BLOCK_BYTES);
    for (size_t i = 0; i < HASH_BYTES; i++) pad[i] ^= key->bytes[i];
    return (str){ (const char *)pad, HASH_BLOCK_BYTES };
}

struct hash hash_keyed(const struct hash *key, const str *pieces, size_t count)
{
    uint8_t pad[HASH_BLOCK_BYTES];
    struct hash inner = hash_after(key_pad(key, 0x36, pad), pieces, count);
    str inner_text = { (const char *)inner.bytes, HASH_BYTES };
    struct hash outer = hash_after(key_pad(key, 0x5c, pad), &inner_text, 1);
    secret_wipe(pad, sizeof pad);
    secret_wipe(&inner, sizeof inner);
    return outer;
}

struct hash hash_derive(const struct hash *master, str purpose)
{
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char[]){ "SHA256" }, 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)(uintptr_t)master->bytes, HASH_BYTES),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)(uintptr_t)purpose.bytes, purpose.length),
        OSSL_PARAM_construct_end(),
    };
    if (purpose.length == 0) params[2] = OSSL_PARAM_construct_end();
    EVP_KDF *hkdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    EVP_KDF_CTX *context = EVP_KDF_CTX_new(hkdf);
    struct hash derived;
    INSIST(context != NULL);
    INSIST(EVP_KDF_derive(context, derived.bytes, HASH_BYTES, params) == 1);
    EVP_KDF_CTX_free(context);
    EVP_KDF_free(hkdf);
    return derived;
}

static const char hex_digits[] = "0123456789abcdef";

static void write_hex(char *at, const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        at[2 * i] = hex_digits[bytes[i] >> 4];
        at[2 * i + 1] = hex_digits[bytes[i] & 15];
    }
    at[2 * length] = '\0';
}

str hash_hex(const struct hash *hash, char buffer[HASH_HEX_BYTES + 1])
{
    write_hex(buffer, hash->bytes, HASH_BYTES);
    return (str){ buffer, HASH_HEX_BYTES };
}

bool hash_equal(const struct hash *a, const struct hash *b)
{
    return CRYPTO_memcmp(a->bytes, b->bytes, HASH_BYTES) == 0;
}

str hex_encode(struct arena *arena, const void *bytes, size_t length)
{
    INSIST(length < SIZE_MAX / 4);
    char *hex = arena_take(arena, 2 * length + 1);
    write_hex(hex, bytes, length);
    return (str){ hex, 2 * length };
}

/* The value of a digit, or -1. */
static int hex_value(char digit)
{
    if (digit >= '0' && digit <= '9') return digit - '0';
    if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
    return -1;
}

bool hex_decode(str text, void *bytes, size_t length)
{
    if (text.length % 2 != 0 || text.length / 2 != length) return false;
    uint8_t *out = bytes;
    for (size_t i = 0; i < length; i++) {
        int high = hex_value(text.bytes[2 * i]), low = hex_value(text.bytes[2 * i + 1]);
        if (high < 0 || low < 0) return false;
        out[i] = (uint8_t)(high * 16 + low);
    }
    return true;
}

static const char base64url_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

str base64url_encode(struct arena *arena, const void *bytes, size_t length)
{
    INSIST(length < SIZE_MAX / 4);
    const uint8_t *in = bytes;
    char *text = arena_take(arena, (length + 2) / 3 * 4 + 1);
    size_t written = 0;
    for (size_t i = 0; i < length; i += 3) {
        size_t here = length - i < 3 ? length - i : 3;
        uint32_t group = (uint32_t)in[i] << 16;
        if (here > 1) group |= (uint32_t)in[i + 1] << 8;
        if (here > 2) group |= in[i + 2];
        for (size_t digit = 0; digit <= here; digit++) text[written++] = base64url_digits[group >> (18 - 6 * digit) & 63];
    }
    text[written] = '\0';
    return (str){ text, written };
}

str base64_encode(struct arena *arena, const void *bytes, size_t length)
{
    str url = base64url_encode(arena, bytes, length);
    char *text = arena_take(arena, url.length + 4);
    for (size_t i = 0; i < url.length; i++) text[i] = url.bytes[i] == '-' ? '+' : url.bytes[i] == '_' ? '/' : url.bytes[i];
    size_t padded = (url.length + 3) / 4 * 4;
    for (size_t i = url.length; i < padded; i++) text[i] = '=';
    text[padded] = '\0';
    return (str){ text, padded };
}

/* The value of a digit, or -1. */
static int base64url_value(char digit)
{
    if (digit >= 'A' && digit <= 'Z') return digit - 'A';
    if (digit >= 'a' && digit <= 'z') return digit - 'a' + 26;
    if (digit >= '0' && digit <= '9') return digit - '0' + 52;
    if (digit == '-') return 62;
    return digit == '_' ? 63 : -1;
}

/* Bits that do not fill a byte must be zero, so that one value has one text. */
bool base64url_decode(struct arena *arena, str text, str *out)
{
    char *bytes = arena_take(arena, text.length / 4 * 3 + 3);
    size_t written = 0;
    uint32_t bits = 0;
    int waiting = 0; /* bits that were read and not yet written */
    for (size_t i = 0; i < text.length; i++) {
        int value = base64url_value(text.bytes[i]);
        if (value < 0) return false;
        bits = bits << 6 | (uint32_t)value;
        waiting += 6;
        if (waiting < 8) continue;
        waiting -= 8;
        bytes[written++] = (char)(bits >> waiting & 255);
    }
    if (waiting >= 6 || (bits & ((1u << waiting) - 1)) != 0) return false;
    *out = (str){ bytes, written };
    return true;
}

void secret_wipe(void *bytes, size_t length)
{
    if (length > 0) explicit_bzero(bytes, length);
}

/* ---- CRC-32 ---- */

/* What each half of a byte does to it; its polynomial is 0x04c11db7, bits reversed. */
static const uint32_t crc_steps[16] = {
    0x00000000U, 0x1db71064U, 0x3b6e20c8U, 0x26d930acU, 0x76dc4190U, 0x6b6b51f4U, 0x4db26158U, 0x5005713cU,
    0xedb88320U, 0xf00f9344U, 0xd6d6a3e8U, 0xcb61b38cU, 0x9b64c2b0U, 0x86d3d2d4U, 0xa00ae278U, 0xbdbdf21cU,
};

uint32_t crc32_of(str bytes)
{
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < bytes.length; i++) {
        crc ^= (uint8_t)bytes.bytes[i];
        crc = (crc >> 4) ^ crc_steps[crc & 15];
        crc = (crc >> 4) ^ crc_steps[crc & 15];
    }
    return ~crc;
}
