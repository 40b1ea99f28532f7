/* SPDX-License-Identifier: Apache-2.0 */
/* certificate: whose key it is that signs bytes (X.509, RFC 5280), on OpenSSL. */
#ifndef FLORIN_BASE_CERTIFICATE_H
#define FLORIN_BASE_CERTIFICATE_H

#include "base/error.h"
#include "base/str.h"

struct certificate;

/* What makes one good. */
struct certificate_trust {
    const char *ca_file; /* PEM: the only anchors, which may be the certificate itself; NULL: those of the system */
    const char *names;   /* "a.example b.example": it bears one of these; NULL: whichever */
    micros now;          /* it, and all up to the anchor, are valid then */
};

/* Reads the first certificate of a PEM text; those behind it may lead to an anchor. NULL, and why, when it is not to be trusted. */
struct certificate *certificate_read(str pem, const struct certificate_trust *trust, struct error *error);
void certificate_close(struct certificate *certificate); /* NULL is fine */

/* Did its owner sign that text with RSA and SHA-256 (PKCS #1 v1.5, RFC 8017, 8.2)? The signature is base64. */
bool certificate_has_signed(const struct certificate *certificate, str text, str base64) MUST_CHECK;

#endif
