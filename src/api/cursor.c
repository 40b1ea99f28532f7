/* SPDX-License-Identifier: Apache-2.0 */
/* cursor: base64url of the last id and half of an HMAC over it and the filters. */
#include "api/cursor.h"

#include "base/text.h"

enum { SIGNATURE_BYTES = 16 };

static str sign(struct hash *hash, const struct hash *secret, const struct payment_filter *filter, str last_id)
{
    str line = STR("\n");
    str pieces[] = { last_id, line, filter->order_id, line, filter->customer_id, line, filter->state, line, filter->review };
    *hash = hash_keyed(secret, pieces, COUNT_OF(pieces));
    return (str){ (const char *)hash->bytes, SIGNATURE_BYTES };
}

str cursor_write(struct arena *arena, const struct hash *secret, const struct payment_filter *filter, str last_id)
{
    struct hash hash;
    struct text plain = text_open(arena, last_id.length + SIGNATURE_BYTES);
    text_put(&plain, last_id);
    text_put(&plain, sign(&hash, secret, filter, last_id));
    return base64url_encode(arena, plain.bytes, plain.length);
}

bool cursor_read(struct arena *arena, const struct hash *secret, const struct payment_filter *filter, str cursor, str *last_id)
{
    struct hash hash;
    str plain;
    if (!base64url_decode(arena, cursor, &plain) || plain.length <= SIGNATURE_BYTES) return false;
    *last_id = (str){ plain.bytes, plain.length - SIGNATURE_BYTES };
    return str_equal_secret(str_from(plain, last_id->length), sign(&hash, secret, filter, *last_id)) && id_is(*last_id, STR("pay_"));
}
