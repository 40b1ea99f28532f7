/* SPDX-License-Identifier: Apache-2.0 */
/* ids: a type for each kind of name, so that two swapped arguments do not compile. */
#ifndef FLORIN_DOMAIN_IDS_H
#define FLORIN_DOMAIN_IDS_H

#include "base/id.h"

struct payment_id {
    char text[ID_TEXT_BYTES]; /* "pay_..." ; empty: none */
};

struct operation_id {
    char text[ID_TEXT_BYTES]; /* "op_..." ; empty: none */
};

static inline str payment_id_str(const struct payment_id *id) { return str_of(id->text); }
static inline str operation_id_str(const struct operation_id *id) { return str_of(id->text); }

#endif
