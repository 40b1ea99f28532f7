/* SPDX-License-Identifier: Apache-2.0 */
/* cursor: where a list goes on. Signed together with the list's filters, so that it fits no other list. */
#ifndef FLORIN_API_CURSOR_H
#define FLORIN_API_CURSOR_H

#include "store/store.h"

/* The texts of the filter have no line feeds. */
str cursor_write(struct arena *arena, const struct hash *secret, const struct payment_filter *filter, str last_id);
bool cursor_read(struct arena *arena, const struct hash *secret, const struct payment_filter *filter, str cursor, str *last_id) MUST_CHECK;

#endif
