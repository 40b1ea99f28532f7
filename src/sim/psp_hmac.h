/* SPDX-License-Identifier: Apache-2.0 */
/* psp_hmac: the signatures that companies put on their notices. Straight on OpenSSL: what checks them must not be what makes them. */
#ifndef FLORIN_SIM_PSP_HMAC_H
#define FLORIN_SIM_PSP_HMAC_H

#include "base/arena.h"

/* HMAC (RFC 2104) of the pieces one after the other under a key of any length, in lower-case hex. */
str psp_hmac_sha256_hex(struct arena *arena, str key, const str *pieces, size_t count);
str psp_hmac_sha512_hex(struct arena *arena, str key, const str *pieces, size_t count);

#endif
