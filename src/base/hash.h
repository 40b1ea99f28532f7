/* SPDX-License-Identifier: Apache-2.0 */
/* hash: SHA-256, HMAC-SHA-256, HKDF and text encodings, on OpenSSL; and CRC-32. */
#ifndef FLORIN_BASE_HASH_H
#define FLORIN_BASE_HASH_H

#include "base/arena.h"

enum { HASH_BYTES = 32, HASH_HEX_BYTES = 64 };

struct hash {
    uint8_t bytes[HASH_BYTES];
};

/* SHA-256 (FIPS 180-4) of the pieces one after the other. Safe on any thread. */
struct hash hash_of(const str *pieces, size_t count);

/* HMAC-SHA-256 (RFC 2104) with a 32-byte key. */
struct hash hash_keyed(const struct hash *key, const str *pieces, size_t count);

/* HKDF-SHA-256 (RFC 5869) with an empty salt: a key of its own for each purpose. */
struct hash hash_derive(const struct hash *master, str purpose);

/* Lower-case hex, 64 characters, terminated. */
str hash_hex(const struct hash *hash, char buffer[HASH_HEX_BYTES + 1]);
bool hash_equal(const struct hash *a, const struct hash *b); /* constant time */

/* CRC-32 (ITU-T V.42), as zlib and PNG have it: tells bytes that were spoiled, and proves nothing. */
uint32_t crc32_of(str bytes);

/* Lower-case hex and base64url (RFC 4648, no padding) of any bytes; false when the text is not that. */
str hex_encode(struct arena *arena, const void *bytes, size_t length);
bool hex_decode(str text, void *bytes, size_t length) MUST_CHECK;
str base64url_encode(struct arena *arena, const void *bytes, size_t length);
str base64_encode(struct arena *arena, const void *bytes, size_t length); /* with + and / and padding, section 4 */
bool base64url_decode(struct arena *arena, str text, str *out) MUST_CHECK;

/* Zeroes memory in a way that no compiler removes. */
void secret_wipe(void *bytes, size_t length);

#endif
