/* SPDX-License-Identifier: Apache-2.0 */
/* flutterwave_client: card data come as one text: JSON, under 3DES (ECB, PKCS #7) with the merchant's encryption key, in base64. */
#include <string.h>

#include <openssl/evp.h>

#include "sim/flutterwave.h"

enum { KEY_BYTES = 24, QUARTET = 4 };

static const char key_without_setting[] = "FLWSECK_TEST0123456789ab";

static const char card_members[] =
    "tx_ref amount currency card_number cvv expiry_month expiry_year email fullname phone_number client_ip device_fingerprint "
    "redirect_url authorization.* preauthorize usesecureauth payment_plan meta meta.* subaccounts.* country narration";

/* False: not base64. */
static bool decode(struct arena *arena, str text, str *out)
{
    if (text.length == 0 || text.length % QUARTET != 0 || text.length > INT32_MAX) return false;
    unsigned char *bytes = arena_take(arena, text.length);
    int length = EVP_DecodeBlock(bytes, (const unsigned char *)text.bytes, (int)text.length);
    for (size_t i = 1; i <= 2 && length > 0; i++) length -= text.bytes[text.length - i] == '=';
    *out = (str){ (const char *)bytes, length > 0 ? (size_t)length : 0 };
    return length > 0;
}

static bool decrypt_with(EVP_CIPHER_CTX *context, const char *key, str secret, unsigned char *plain, size_t *length)
{
    int first = 0, last = 0;
    bool is_done = EVP_DecryptInit_ex(context, EVP_des_ede3_ecb(), NULL, (const unsigned char *)key, NULL) == 1
                   && EVP_DecryptUpdate(context, plain, &first, (const unsigned char *)secret.bytes, (int)secret.length) == 1
                   && EVP_DecryptFinal_ex(context, plain + first, &last) == 1;
    *length = (size_t)first + (size_t)last;
    return is_done;
}

/* False: not under that key, or not whole. */
static bool decrypt(struct arena *arena, const char *key, str secret, str *out)
{
    if (strlen(key) != KEY_BYTES) return false;
    size_t length;
    unsigned char *plain = arena_take(arena, secret.length + KEY_BYTES);
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    INSIST(context != NULL);
    bool is_done = decrypt_with(context, key, secret, plain, &length);
    EVP_CIPHER_CTX_free(context);
    *out = (str){ (const char *)plain, length };
    return is_done;
}

const struct json *flutterwave_client_read(struct psp_visit *visit)
{
    str secret, plain;
    const struct json *said;
    str client = psp_given(visit, "client");
    if (str_is_empty(client)) {
        flutterwave_refuse(visit, 400, "client is required");
        return NULL;
    }
    const char *key = visit->psp->options.encryption_key ? visit->psp->options.encryption_key : key_without_setting;
    bool is_read = decode(visit->arena, client, &secret) && decrypt(visit->arena, key, secret, &plain)
                   && body_read(visit->arena, plain, &said) && json_kind_of(said) == JSON_OBJECT;
    if (!is_read) {
        flutterwave_refuse(visit, 400, "Invalid client: it cannot be decrypted");
        return NULL;
    }
    visit->culprit = given_unknown(visit->arena, said, card_members);
    if (visit->culprit.bytes == NULL) return said;
    flutterwave_refuse_early(visit, PSP_UNKNOWN_PARAMETER);
    return NULL;
}
