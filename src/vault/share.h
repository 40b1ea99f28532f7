/* SPDX-License-Identifier: Apache-2.0 */
/* share: half of a master key. Two custodians have one each; the key is one exclusive-or the other, so that each alone knows nothing
 * (PCI DSS 3.6.1, 3.7.6). As a text it has a check sum, because people type it. */
#ifndef FLORIN_VAULT_SHARE_H
#define FLORIN_VAULT_SHARE_H

#include "base/hash.h"

enum { SHARE_TEXT_BYTES = 96 };

/* "florin-share-1-", 64 hex digits, a dash, 8 more; terminated. */
void share_write(const struct hash *share, char out[SHARE_TEXT_BYTES]);

/* Spaces around it are passed over. False: it is none, or was mistyped. */
bool share_read(str text, struct hash *out) MUST_CHECK;

/* The master key of two shares. False: it is the same one twice. */
bool share_combine(const struct hash *one, const struct hash *other, struct hash *out) MUST_CHECK;

#endif
