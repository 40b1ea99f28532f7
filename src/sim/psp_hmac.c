/* SPDX-License-Identifier: Apache-2.0 */
/* psp_hmac: one call of OpenSSL, and hex. */
#include "sim/psp_hmac.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/hash.h"
#include "base/text.h"

static str hmac_hex(struct arena *arena, const EVP_MD *digest, str key, const str *pieces, size_t count)
{
    unsigned char code[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    struct text text = text_open(arena, 256);
    for (size_t i = 0; i < count; i++) text_put(&text, pieces[i]);
    str signed_text = text_str(&text);
    INSIST(HMAC(digest, key.bytes, (int)key.length, (const unsigned char *)signed_text.bytes, signed_text.length, code, &length));
    return hex_encode(arena, code, length);
}

str psp_hmac_sha256_hex(struct arena *arena, str key, const str *pieces, size_t count)
{
    return hmac_hex(arena, EVP_sha256(), key, pieces, count);
}

str psp_hmac_sha512_hex(struct arena *arena, str key, const str *pieces, size_t count)
{
    return hmac_hex(arena, EVP_sha512(), key, pieces, count);
}
