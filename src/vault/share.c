/* SPDX-License-Identifier: Apache-2.0 */
/* share: the text of a share, and two of them together. */
#include "vault/share.h"

#include <string.h>

enum { CHECK_CHARS = 8 };

static const str prefix = STR_CONSTANT("florin-share-1-");

static void write_check(const struct hash *share, char out[HASH_HEX_BYTES + 1])
{
    str pieces[] = { prefix, { (const char *)share->bytes, sizeof share->bytes } };
    struct hash sum = hash_of(pieces, COUNT_OF(pieces));
    (void)hash_hex(&sum, out);
    out[CHECK_CHARS] = 0;
}

void share_write(const struct hash *share, char out[SHARE_TEXT_BYTES])
{
    char *at = out + prefix.length;
    memcpy(out, prefix.bytes, prefix.length);
    (void)hash_hex(share, at);
    at += HASH_HEX_BYTES;
    *at++ = '-';
    char check[HASH_HEX_BYTES + 1];
    write_check(share, check);
    memcpy(at, check, CHECK_CHARS + 1);
}

bool share_read(str text, struct hash *out)
{
    char check[HASH_HEX_BYTES + 1];
    str given = str_trim(text);
    if (given.length != prefix.length + HASH_HEX_BYTES + 1 + CHECK_CHARS || !str_starts_with(given, prefix)) return false;
    str hex = { given.bytes + prefix.length, HASH_HEX_BYTES }, rest = str_from(given, prefix.length + HASH_HEX_BYTES);
    if (!hex_decode(hex, out->bytes, sizeof out->bytes)) return false;
    write_check(out, check);
    return rest.bytes[0] == '-' && str_equal(str_from(rest, 1), str_of(check));
}

bool share_combine(const struct hash *one, const struct hash *other, struct hash *out)
{
    if (hash_equal(one, other)) return false;
    for (size_t i = 0; i < sizeof out->bytes; i++) out->bytes[i] = one->bytes[i] ^ other->bytes[i];
    return true;
}
