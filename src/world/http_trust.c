/* SPDX-License-Identifier: Apache-2.0 */
/* http_trust: libcurl has chain and name checked; OpenSSL is told to refuse what libcurl would still let pass. */
#include "world/http_trust.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "world/http_client.h"

/* Forward secrecy and AEAD for TLS 1.2; TLS 1.3 has no others. Level 2 wants keys of 112 bits of strength (RSA 2048) and
 * no signature by SHA-1, whatever the system's own configuration says. */
static const char ciphers[] = "ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL:@SECLEVEL=2";

/* The host of the URL as a certificate writes it: an IPv6 address without its brackets. */
static bool copy_host(const char *url, char *out, size_t bytes)
{
    char *host = NULL;
    CURLU *parts = curl_url();
    bool found = parts && !curl_url_set(parts, CURLUPART_URL, url, 0) && !curl_url_get(parts, CURLUPART_HOST, &host, 0);
    str name = found ? str_of(host) : STR_NONE;
    if (str_starts_with(name, STR("["))) name = (str){ name.bytes + 1, name.length - 2 };
    bool fits = found && str_copy_to(name, out, bytes);
    curl_free(host);
    curl_url_cleanup(parts);
    return fits;
}

/* libcurl takes the subject's common name for the host's when the certificate lists no names at all. No public authority
 * has signed such a certificate for years, and a common name may be anything: only listed names count here. */
static bool expect_host(SSL_CTX *tls, const char *host)
{
    X509_VERIFY_PARAM *rules = SSL_CTX_get0_param(tls);
    X509_VERIFY_PARAM_set_hostflags(rules, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return X509_VERIFY_PARAM_set1_ip_asc(rules, host) == 1 || X509_VERIFY_PARAM_set1_host(rules, host, 0) == 1;
}

/* A connection is about to be made for that handle. */
static CURLcode on_tls(CURL *easy, void *context, void *unused)
{
    (void)unused;
    SSL_CTX *tls = context;
    char host[256]; /* longer than any name in the DNS */
    char *url = NULL;
    INSIST(curl_easy_getinfo(easy, CURLINFO_EFFECTIVE_URL, &url) == CURLE_OK);
    if (!url || !copy_host(url, host, sizeof host) || !expect_host(tls, host)) return CURLE_PEER_FAILED_VERIFICATION;
    SSL_CTX_set_options(tls, SSL_OP_NO_RENEGOTIATION); /* it could bring another certificate in the middle of a call */
    ERR_clear_error();
    return CURLE_OK;
}

#define SET(easy, option, value) INSIST(curl_easy_setopt((easy), (option), (value)) == CURLE_OK)

void http_trust_set(CURL *easy)
{
    SET(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    SET(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    SET(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(easy, CURLOPT_SSL_CIPHER_LIST, ciphers);
    SET(easy, CURLOPT_SSL_CTX_FUNCTION, on_tls);
}

/* A file of our own is the only word: the system's folder of authorities, which libcurl looks into as well, must not add to it. */
void http_trust_set_authorities(CURL *easy, const char *ca_file)
{
    const curl_version_info_data *system = curl_version_info(CURLVERSION_NOW);
    SET(easy, CURLOPT_CAINFO, ca_file ? ca_file : system->cainfo);
    SET(easy, CURLOPT_CAPATH, ca_file ? NULL : system->capath);
}

bool http_client_check_ca_file(const char *ca_file, struct error *error)
{
    X509_STORE *store = X509_STORE_new();
    bool is_good = store && X509_STORE_load_file(store, ca_file) == 1;
    X509_STORE_free(store);
    ERR_clear_error();
    return is_good || error_set(error, "there are no certificates to be read from %s", ca_file);
}
