/* SPDX-License-Identifier: Apache-2.0 */
/* certificate: chains are built and looked at by OpenSSL; what it does not like, we do not like either. */
#include "base/certificate.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

enum { CHAIN_MAX = 8, SIGNATURE_BYTES_MAX = 1024 /* RSA with 8,192 bits */, BASE64_GROUP = 4, BASE64_BYTES = 3 };

struct certificate {
    X509 *x509;
};

/* ---- the chain ---- */

/* All of the text, the leaf first. */
static STACK_OF(X509) * read_chain(str pem)
{
    STACK_OF(X509) *chain = sk_X509_new_null();
    BIO *text = BIO_new_mem_buf(pem.bytes, (int)pem.length);
    X509 *next;
    INSIST(chain != NULL && text != NULL);
    while (sk_X509_num(chain) < CHAIN_MAX && (next = PEM_read_bio_X509(text, NULL, NULL, NULL)) != NULL) INSIST(sk_X509_push(chain, next) > 0);
    BIO_free(text);
    ERR_clear_error(); /* the end of the text counts as one */
    return chain;
}

static X509_STORE *open_anchors(const char *ca_file)
{
    X509_STORE *anchors = X509_STORE_new();
    INSIST(anchors != NULL);
    bool are_there = ca_file ? X509_STORE_load_file(anchors, ca_file) == 1 : X509_STORE_set_default_paths(anchors) == 1;
    if (are_there) return anchors;
    X509_STORE_free(anchors);
    return NULL;
}

/* An anchor of our own need not be a root. */
static void set_terms(X509_STORE_CTX *context, const struct certificate_trust *trust)
{
    X509_VERIFY_PARAM *terms = X509_STORE_CTX_get0_param(context);
    X509_VERIFY_PARAM_set_time(terms, (time_t)(trust->now / MICROS_PER_SECOND));
    X509_VERIFY_PARAM_set_depth(terms, CHAIN_MAX);
    if (trust->ca_file) INSIST(X509_VERIFY_PARAM_set_flags(terms, X509_V_FLAG_PARTIAL_CHAIN) == 1);
}

static bool is_trusted(X509 *leaf, STACK_OF(X509) * chain, const struct certificate_trust *trust, struct error *error)
{
    X509_STORE *anchors = open_anchors(trust->ca_file);
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    INSIST(context != NULL);
    bool is_begun = anchors && X509_STORE_CTX_init(context, anchors, leaf, chain) == 1;
    if (is_begun) set_terms(context, trust);
    bool leads_to_anchor = is_begun && X509_verify_cert(context) == 1;
    if (!is_begun) error_set(error, "the authorities cannot be read");
    else if (!leads_to_anchor) error_set(error, "%s", X509_verify_cert_error_string(X509_STORE_CTX_get_error(context)));
    X509_STORE_CTX_free(context);
    X509_STORE_free(anchors);
    ERR_clear_error();
    return leads_to_anchor;
}

static bool bears_a_name(X509 *leaf, const char *names, struct error *error)
{
    str rest = str_of(names);
    if (!names) return true;
    while (rest.length > 0) {
        str name = str_cut(rest, ' ', &rest);
        if (X509_check_host(leaf, name.bytes, name.length, 0, NULL) == 1) return true;
    }
    return error_set(error, "it is somebody else's");
}

static struct certificate *keep(X509 *leaf)
{
    struct certificate *certificate = memory_take(sizeof *certificate);
    INSIST(X509_up_ref(leaf) == 1);
    certificate->x509 = leaf;
    return certificate;
}

struct certificate *certificate_read(str pem, const struct certificate_trust *trust, struct error *error)
{
    STACK_OF(X509) *chain = read_chain(pem);
    X509 *leaf = sk_X509_value(chain, 0);
    struct certificate *certificate = NULL;
    if (!leaf) error_set(error, "it is none");
    else if (is_trusted(leaf, chain, trust, error) && bears_a_name(leaf, trust->names, error)) certificate = keep(leaf);
    sk_X509_pop_free(chain, X509_free);
    return certificate;
}

void certificate_close(struct certificate *certificate)
{
    if (!certificate) return;
    X509_free(certificate->x509);
    free(certificate);
}

/* ---- signatures ---- */

/* Base64 (RFC 4648, 4) in whole groups; how many bytes it was, 0: it is none, or too long. */
static size_t decode(str base64, uint8_t out[SIGNATURE_BYTES_MAX])
{
    bool fits = base64.length > 0 && base64.length % BASE64_GROUP == 0 && base64.length / BASE64_GROUP * BASE64_BYTES <= SIGNATURE_BYTES_MAX;
    int length = fits ? EVP_DecodeBlock(out, (const uint8_t *)base64.bytes, (int)base64.length) : -1;
    for (size_t i = base64.length; length > 0 && base64.bytes[i - 1] == '=' && i + 2 > base64.length; i--) length--;
    return length > 0 ? (size_t)length : 0;
}

bool certificate_has_signed(const struct certificate *certificate, str text, str base64)
{
    uint8_t signature[SIGNATURE_BYTES_MAX];
    size_t length = decode(base64, signature);
    EVP_PKEY *key = X509_get0_pubkey(certificate->x509);
    if (length == 0 || !key || EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA) return false;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    INSIST(context != NULL);
    bool has_signed = EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
                      EVP_DigestVerify(context, signature, length, (const uint8_t *)str_printable(text), text.length) == 1;
    EVP_MD_CTX_free(context);
    ERR_clear_error();
    return has_signed;
}
