/* SPDX-License-Identifier: Apache-2.0 */
/* signature: HMAC on OpenSSL's EVP_MAC. A failure of the library is a mistake of ours, as in hash.c. */
#include "base/signature.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "base/hash.h"

static const char *const hash_names[] = { [SIGNATURE_SHA256] = "SHA256", [SIGNATURE_SHA512] = "SHA512" };

str hmac_hex(struct arena *arena, enum signature_hash hash, str key, const str *pieces, size_t count)
{
    uint8_t code[EVP_MAX_MD_SIZE];
    size_t length = 0;
    OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)(uintptr_t)hash_names[hash], 0),
                            OSSL_PARAM_construct_end() };
    EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *context = EVP_MAC_CTX_new(hmac);
    INSIST(context != NULL);
    INSIST(EVP_MAC_init(context, (const uint8_t *)str_printable(key), key.length, params) == 1);
    for (size_t i = 0; i < count; i++) INSIST(EVP_MAC_update(context, (const uint8_t *)str_printable(pieces[i]), pieces[i].length) == 1);
    INSIST(EVP_MAC_final(context, code, &length, sizeof code) == 1);
    EVP_MAC_CTX_free(context);
    EVP_MAC_free(hmac);
    return hex_encode(arena, code, length);
}
