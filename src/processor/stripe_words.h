/* SPDX-License-Identifier: Apache-2.0 */
/* stripe_words: what Stripe's refusals mean, and why a card was declined. */
#ifndef FLORIN_PROCESSOR_STRIPE_WORDS_H
#define FLORIN_PROCESSOR_STRIPE_WORDS_H

#include "base/json.h"
#include "processor/processor.h"

/* An answer that is no success, with its body (NULL: unreadable). What is not understood leaves the outcome unknown. */
void stripe_read_refusal(const struct processor_answer *answer, const struct json *body, struct outcome *out);

/* A card that is declined, by the error that tells of it. */
void stripe_read_decline(const struct json *error, struct outcome *out);

#endif
