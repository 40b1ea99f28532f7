/* SPDX-License-Identifier: Apache-2.0 */
/* paypal_signature: OpenSSL does the arithmetic. The key comes from its chance, not from the seed: no run depends on it. */
#include "sim/paypal_signature.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>

#include "base/hash.h"

enum { KEY_BITS = 2048, X509_VERSION = 2 /* which is called 3 */, BASE64_GROUP = 4 };

static const char valid_from[] = "200101000000Z", valid_until[] = "491231235959Z"; /* two digits of a year, as UTCTime has it */

struct paypal_signer {
    EVP_PKEY *key;
    X509 *certificate;
    BIO *pem;
};

/* --- The certificate --- */

static void name_owner(X509 *certificate)
{
    X509_NAME *name = X509_get_subject_name(certificate);
    const unsigned char organization[] = "Example Simulator", common[] = "messageverificationcerts.example.test";
    INSIST(X509_NAME_add_entry_by_txt(name, "O", MBSTRING_ASC, organization, -1, -1, 0) == 1);
    INSIST(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, common, -1, -1, 0) == 1);
    INSIST(X509_set_issuer_name(certificate, name) == 1);
}

static X509 *make_certificate(EVP_PKEY *key)
{
    X509 *certificate = X509_new();
    INSIST(certificate != NULL && X509_set_version(certificate, X509_VERSION) == 1);
    INSIST(ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1) == 1);
    INSIST(ASN1_TIME_set_string(X509_getm_notBefore(certificate), valid_from) == 1);
    INSIST(ASN1_TIME_set_string(X509_getm_notAfter(certificate), valid_until) == 1);
    name_owner(certificate);
    INSIST(X509_set_pubkey(certificate, key) == 1 && X509_sign(certificate, key, EVP_sha256()) > 0);
    return certificate;
}

struct paypal_signer *paypal_signer_make(void)
{
    struct paypal_signer *signer = memory_take(sizeof *signer);
    signer->key = EVP_RSA_gen(KEY_BITS);
    signer->pem = BIO_new(BIO_s_mem());
    INSIST(signer->key != NULL && signer->pem != NULL);
    signer->certificate = make_certificate(signer->key);
    INSIST(PEM_write_bio_X509(signer->pem, signer->certificate) == 1);
    return signer;
}

void paypal_signer_close(struct paypal_signer *signer)
{
    BIO_free(signer->pem);
    X509_free(signer->certificate);
    EVP_PKEY_free(signer->key);
    free(signer);
}

str paypal_signer_certificate(const struct paypal_signer *signer)
{
    char *bytes;
    long length = BIO_get_mem_data(signer->pem, &bytes);
    return (str){ bytes, (size_t)length };
}

/* --- What is signed --- */

str paypal_signed_text(struct arena *arena, str id, str time, str webhook_id, str body)
{
    return arena_format(arena, "%.*s|%.*s|%.*s|%u", STR_FORMAT(id), STR_FORMAT(time), STR_FORMAT(webhook_id), crc32_of(body));
}

/* --- Signing --- */

str paypal_signer_sign(const struct paypal_signer *signer, struct arena *arena, str message)
{
    size_t length = KEY_BITS / 8;
    unsigned char *signature = arena_take(arena, length);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    INSIST(context != NULL && EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, signer->key) == 1);
    INSIST(EVP_DigestSign(context, signature, &length, (const unsigned char *)message.bytes, message.length) == 1);
    EVP_MD_CTX_free(context);
    char *base64 = arena_take(arena, (length + 2) / 3 * BASE64_GROUP + 1);
    int written = EVP_EncodeBlock((unsigned char *)base64, signature, (int)length);
    return (str){ base64, (size_t)written };
}

static X509 *read_certificate(str pem)
{
    BIO *bio = BIO_new_mem_buf(pem.bytes, (int)pem.length);
    INSIST(bio != NULL);
    X509 *certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    BIO_free(bio);
    return certificate;
}

static bool verify(X509 *certificate, str message, const unsigned char *signature, size_t length)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    INSIST(context != NULL);
    bool is_right = EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, X509_get0_pubkey(certificate)) == 1
                    && EVP_DigestVerify(context, signature, length, (const unsigned char *)message.bytes, message.length) == 1;
    EVP_MD_CTX_free(context);
    return is_right;
}

/* Base64 of whole groups; the length without what pads. -1: it is none. */
static int decode(struct arena *arena, str base64, unsigned char **out)
{
    *out = arena_take(arena, base64.length + 1);
    if (base64.length == 0 || base64.length % BASE64_GROUP != 0) return -1;
    int length = EVP_DecodeBlock(*out, (const unsigned char *)base64.bytes, (int)base64.length);
    for (size_t i = base64.length; length > 0 && base64.bytes[i - 1] == '='; i--) length--;
    return length;
}

bool paypal_signature_is_right(struct arena *arena, str certificate_text, str message, str signature)
{
    unsigned char *bytes;
    int length = decode(arena, signature, &bytes);
    X509 *certificate = length > 0 ? read_certificate(certificate_text) : NULL;
    if (certificate == NULL) return false;
    bool is_right = verify(certificate, message, bytes, (size_t)length);
    X509_free(certificate);
    return is_right;
}
