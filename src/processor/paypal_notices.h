/* SPDX-License-Identifier: Apache-2.0 */
/* paypal_notices: PayPal's events. */
#ifndef FLORIN_PROCESSOR_PAYPAL_NOTICES_H
#define FLORIN_PROCESSOR_PAYPAL_NOTICES_H

#include "processor/processor.h"

extern const struct processor_notices paypal_notices;

#endif
