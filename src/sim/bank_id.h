/* SPDX-License-Identifier: Apache-2.0 */
/* bank_id: the bank's ids, a prefix and a UUID; written in one way, read leniently. */
#ifndef FLORIN_SIM_BANK_ID_H
#define FLORIN_SIM_BANK_ID_H

#include "base/str.h"
#include "sim/desk_chance.h"

enum { BANK_ID_TEXT_BYTES = 48 };

struct bank_id {
    uint8_t bytes[16];
};

/* A random UUID, version 4 (RFC 9562). */
struct bank_id bank_id_draw(struct desk_chance *chance);

bool bank_id_equal(const struct bank_id *a, const struct bank_id *b);

/* Lower-case text, terminated. */
str bank_id_format(char buffer[BANK_ID_TEXT_BYTES], str prefix, const struct bank_id *id);

/* Upper case, braces, urn:uuid: and a UUID without dashes are accepted behind the exact prefix. */
bool bank_id_read(str text, str prefix, struct bank_id *out) MUST_CHECK;

#endif
