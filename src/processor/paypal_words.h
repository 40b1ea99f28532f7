/* SPDX-License-Identifier: Apache-2.0 */
/* paypal_words: what PayPal's refusals mean, and what it tells of a card's bank. */
#ifndef FLORIN_PROCESSOR_PAYPAL_WORDS_H
#define FLORIN_PROCESSOR_PAYPAL_WORDS_H

#include "base/json.h"
#include "domain/attempt.h"

/* An answer that is no success, of a status and with its body (NULL: unreadable). What is not understood leaves the outcome unknown. */
void paypal_read_refusal(int status, const struct json *error, struct outcome *out);

/* A card that is declined, by what its bank answered (`processor_response`; NULL: it is not told). */
void paypal_read_response(const struct json *response, struct outcome *out);

/* A payer who did not approve. */
void paypal_read_absence(str word, struct outcome *out);

#endif
