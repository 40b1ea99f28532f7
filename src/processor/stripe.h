/* SPDX-License-Identifier: Apache-2.0 */
/* stripe: what the files of this translator share. */
#ifndef FLORIN_PROCESSOR_STRIPE_H
#define FLORIN_PROCESSOR_STRIPE_H

#include "base/json.h"
#include "processor/processor.h"

/* That member, in the currency that stands beside it in small letters. */
bool stripe_read_sum(const struct json *value, const char *name, money *out) MUST_CHECK;

extern const struct processor_notices stripe_notices;

#endif
