/* SPDX-License-Identifier: Apache-2.0 */
/* paypal_signature: RSA over the id, the time, the webhook and the CRC of a notice, and the certificate that goes with it. */
#ifndef FLORIN_SIM_PAYPAL_SIGNATURE_H
#define FLORIN_SIM_PAYPAL_SIGNATURE_H

#include "base/arena.h"

/* A key that was made for this run alone, and its certificate. */
struct paypal_signer;

struct paypal_signer *paypal_signer_make(void);
void paypal_signer_close(struct paypal_signer *signer);

/* The certificate in PEM; lives as long as the signer. */
str paypal_signer_certificate(const struct paypal_signer *signer);

/* What is signed: id "|" time "|" webhook id "|" CRC-32 of the body in decimal. */
str paypal_signed_text(struct arena *arena, str id, str time, str webhook_id, str body);

/* PKCS#1 v1.5 with SHA-256, in base64. */
str paypal_signer_sign(const struct paypal_signer *signer, struct arena *arena, str message);

/* Is a signature in base64 the work of that certificate's owner? */
bool paypal_signature_is_right(struct arena *arena, str certificate, str message, str signature) MUST_CHECK;

#endif
