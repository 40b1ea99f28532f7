/* SPDX-License-Identifier: Apache-2.0 */
/* notice: reading what strangers write. */
#include "processor/notice.h"

#include "base/hash.h"

enum { NOTICE_MEMBERS_MAX = 4000 /* the object of an event may be a payment with everything that hangs on it */ };

const struct json *notice_json(struct arena *arena, const struct processor_notice *notice)
{
    const struct json *root = NULL;
    return json_read_up_to(arena, notice->body, NOTICE_MEMBERS_MAX, &root) == JSON_FINE ? root : NULL;
}

str notice_reference(str text)
{
    uint8_t bytes[HASH_BYTES];
    return text.length == HASH_HEX_BYTES && hex_decode(text, bytes, sizeof bytes) ? text : STR("");
}

bool notice_has_code(struct arena *arena, str code, enum signature_hash hash, const char *secret, const str *pieces, size_t count)
{
    return secret && str_equal_secret(code, hmac_hex(arena, hash, str_of(secret), pieces, count));
}
