/* SPDX-License-Identifier: Apache-2.0 */
/* http_trust: whom we believe, and what a TLS connection must be before a request goes into it. For http_transfer.
 * Nothing here can be turned off: a setting names whose signature counts, none says that it need not be there. */
#ifndef FLORIN_WORLD_HTTP_TRUST_H
#define FLORIN_WORLD_HTTP_TRUST_H

#include <curl/curl.h>

/* What is the same for all calls: TLS 1.2 with ECDHE and AEAD, or TLS 1.3; chain and name verified. */
void http_trust_set(CURL *easy);

/* Whose certificates count for this call: a PEM file, or NULL for those that the system trusts. */
void http_trust_set_authorities(CURL *easy, const char *ca_file);

#endif
