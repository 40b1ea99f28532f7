/* SPDX-License-Identifier: Apache-2.0 */
/* signature: how others show that bytes are theirs: with a secret that we share (HMAC, RFC 2104), on OpenSSL. */
#ifndef FLORIN_BASE_SIGNATURE_H
#define FLORIN_BASE_SIGNATURE_H

#include "base/arena.h"

enum signature_hash { SIGNATURE_SHA256, SIGNATURE_SHA512 };

/* HMAC of the pieces one after the other under a key of any length, in lower-case hex. For comparing: str_equal_secret. */
str hmac_hex(struct arena *arena, enum signature_hash hash, str key, const str *pieces, size_t count);

#endif
