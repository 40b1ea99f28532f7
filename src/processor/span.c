/* SPDX-License-Identifier: Apache-2.0 */
/* span: one mark before a span, one behind it. */
#include "processor/span.h"

#include <string.h>

#include <openssl/evp.h>

enum { OPENS = 0x02, CLOSES = 0x03, BLOCK_BYTES = 8 };

void span_open(struct text *text) { text_put_char(text, OPENS); }
void span_close(struct text *text) { text_put_char(text, CLOSES); }

static str encrypt(struct arena *arena, str plain, const char *key)
{
    int first = 0, last = 0;
    unsigned char *secret = arena_take(arena, plain.length + BLOCK_BYTES);
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    INSIST(context);
    INSIST(EVP_EncryptInit_ex(context, EVP_des_ede3_ecb(), NULL, (const unsigned char *)key, NULL) == 1);
    INSIST(EVP_EncryptUpdate(context, secret, &first, (const unsigned char *)plain.bytes, (int)plain.length) == 1);
    INSIST(EVP_EncryptFinal_ex(context, secret + first, &last) == 1);
    EVP_CIPHER_CTX_free(context); /* wipes its schedule of the key */
    return (str){ (const char *)secret, (size_t)(first + last) };
}

static str base64(struct arena *arena, str bytes)
{
    unsigned char *text = arena_take(arena, (bytes.length + 2) / 3 * 4 + 1);
    int length = EVP_EncodeBlock(text, (const unsigned char *)bytes.bytes, (int)bytes.length);
    return (str){ (const char *)text, (size_t)length };
}

static bool has_span(str bytes) { return bytes.length > 0 && memchr(bytes.bytes, OPENS, bytes.length) != NULL; }

str spans_encrypt(struct arena *arena, str bytes, const char *key)
{
    if (!has_span(bytes)) return bytes;
    INSIST(key && strlen(key) == SPAN_KEY_BYTES);
    struct text text = text_open(arena, 2 * bytes.length + 64);
    while (has_span(bytes)) {
        text_put(&text, str_cut(bytes, OPENS, &bytes));
        text_put(&text, base64(arena, encrypt(arena, str_cut(bytes, CLOSES, &bytes), key)));
    }
    text_put(&text, bytes);
    return text_str(&text);
}
