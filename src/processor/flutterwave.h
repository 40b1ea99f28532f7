/* SPDX-License-Identifier: Apache-2.0 */
/* flutterwave: what the files of this translator share. */
#ifndef FLORIN_PROCESSOR_FLUTTERWAVE_H
#define FLORIN_PROCESSOR_FLUTTERWAVE_H

#include "base/json.h"
#include "processor/processor.h"

/* The digits of a number, which lists tell as text. */
str flutterwave_number(const struct json *value);

/* The id that we keep of a charge: both of its own, "NUMBER:FLW_REF". False, and none: they cannot be ids. */
bool flutterwave_read_id(str number, str flw_ref, struct processor_id *out) MUST_CHECK;

extern const struct processor_notices flutterwave_notices;

#endif
