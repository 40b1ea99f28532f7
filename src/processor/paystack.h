/* SPDX-License-Identifier: Apache-2.0 */
/* paystack: what the files of this translator share. */
#ifndef FLORIN_PROCESSOR_PAYSTACK_H
#define FLORIN_PROCESSOR_PAYSTACK_H

#include "base/json.h"
#include "processor/processor.h"

/* That member, in the currency that stands beside it. */
bool paystack_read_money(const struct json *data, const char *name, money *out) MUST_CHECK;

extern const struct processor_notices paystack_notices;

#endif
