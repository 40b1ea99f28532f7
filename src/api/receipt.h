/* SPDX-License-Identifier: Apache-2.0 */
/* receipt: a payment as the world sees it. */
#ifndef FLORIN_API_RECEIPT_H
#define FLORIN_API_RECEIPT_H

#include "base/text.h"
#include "store/store.h"

enum { RECEIPT_BYTES = 1536 }; /* most fit; it grows */

/* Puts the receipt as a JSON object. `refunds` are the payment's, oldest first. Pure. */
void receipt_put(struct text *text, const struct payment_record *record, const struct operation_record *refunds, size_t refund_count);

#endif
