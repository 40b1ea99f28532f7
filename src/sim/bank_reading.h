/* SPDX-License-Identifier: Apache-2.0 */
/* bank_reading: decodes a request's body as leniently as the bank does. */
#ifndef FLORIN_SIM_BANK_READING_H
#define FLORIN_SIM_BANK_READING_H

#include "base/arena.h"
#include "sim/bank_book.h"

/* The first JSON value of the body only: what follows it is ignored, as are unknown members; names are matched without
 * regard to case, the last of several wins, null and missing ones stay empty or 0. Only the members that the kind of request
 * has are looked at. False: not JSON, not an object, or a member of the wrong type. Texts live in the arena. */
bool bank_request_read(struct arena *arena, enum bank_kind kind, str body, struct bank_request *out) MUST_CHECK;

#endif
