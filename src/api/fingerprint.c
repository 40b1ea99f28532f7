/* SPDX-License-Identifier: Apache-2.0 */
/* fingerprint: a keyed hash over what was asked. The card number is hashed apart, under the same key. */
#include "api/fingerprint.h"

#define API_VERSION STR("v1")

static bool is_card_secret(void *context, str path)
{
    (void)context;
    return str_equal(path, STR("card.number")) || str_equal(path, STR("card.cvv")) || str_equal(path, STR("cvv"));
}

static struct hash card_hash(const struct hash *secret, const struct json *body)
{
    str pieces[] = { STR("card number\n"), json_string(json_find(json_find(body, "card"), "number")) };
    return hash_keyed(secret, pieces, COUNT_OF(pieces));
}

str fingerprint_of(struct arena *arena, const struct hash *secret, const struct http_request *request, const struct json *body)
{
    bool has_card = json_find(body, "card") != NULL;
    struct hash card = has_card ? card_hash(secret, body) : (struct hash){ 0 };
    str line = STR("\n");
    str pieces[] = {
        request->method, line, request->path, line, API_VERSION, line, { (const char *)card.bytes, sizeof card.bytes }, line,
        body ? json_canonical(arena, body, is_card_secret, NULL) : STR("{}"),
    };
    struct hash hash = hash_keyed(secret, pieces, COUNT_OF(pieces));
    return hash_hex(&hash, arena_take(arena, HASH_HEX_BYTES + 1));
}
