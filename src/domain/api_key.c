/* SPDX-License-Identifier: Apache-2.0 */
/* api_key: texts and their hashes. */
#include "domain/api_key.h"

#include <stdio.h>

static const char *prefix_of(bool is_publishable, bool is_live)
{
    if (is_publishable) return is_live ? "pk_live_" : "pk_test_";
    return is_live ? "sk_live_" : "sk_test_";
}

void api_key_make(struct api_key *key, bool is_live, const uint8_t secret[API_KEY_SECRET_BYTES], char text[API_KEY_TEXT_BYTES])
{
    size_t length = (size_t)snprintf(text, API_KEY_TEXT_BYTES, "%s", prefix_of(key->is_publishable, is_live));
    for (size_t i = 0; i < API_KEY_SECRET_BYTES; i++) {
        length += (size_t)snprintf(text + length, API_KEY_TEXT_BYTES - length, "%02x", secret[i]);
    }
    str whole = { text, length };
    key->hash = hash_of(&whole, 1);
}

bool api_key_is_of(str text, bool is_live)
{
    return text.length == API_KEY_TEXT_BYTES - 1 &&
           (str_starts_with(text, str_of(prefix_of(false, is_live))) || str_starts_with(text, str_of(prefix_of(true, is_live))));
}

const struct api_key *api_key_find(const struct api_key *keys, size_t count, str text)
{
    const struct api_key *found = NULL;
    struct hash hash = hash_of(&text, 1);
    for (size_t i = 0; i < count; i++) {
        bool is_it = hash_equal(&keys[i].hash, &hash);
        if (is_it && keys[i].revoked_at == 0) found = &keys[i];
    }
    return found;
}

static const struct {
    const char *word;
    enum scope scope;
} scope_words[] = {
    { "tokenize", SCOPE_TOKENIZE }, { "read", SCOPE_READ }, { "pay", SCOPE_PAY }, { "refund", SCOPE_REFUND }, { "admin", SCOPE_ADMIN },
};

str scopes_text(unsigned scopes, char buffer[SCOPES_TEXT_BYTES])
{
    size_t length = 0;
    buffer[0] = 0;
    for (size_t i = 0; i < COUNT_OF(scope_words); i++) {
        if (!(scopes & scope_words[i].scope)) continue;
        length += (size_t)snprintf(buffer + length, SCOPES_TEXT_BYTES - length, "%s%s", length > 0 ? "," : "", scope_words[i].word);
    }
    return (str){ buffer, length };
}

static unsigned scope_named(str word)
{
    for (size_t i = 0; i < COUNT_OF(scope_words); i++) {
        if (str_equal(word, str_of(scope_words[i].word))) return scope_words[i].scope;
    }
    return SCOPE_NONE;
}

bool scopes_read(str text, unsigned *out)
{
    bool has_more;
    *out = SCOPE_NONE;
    do {
        has_more = str_contains(text, STR(","));
        unsigned scope = scope_named(str_cut(text, ',', &text));
        if (scope == SCOPE_NONE || (*out & scope)) return false;
        *out |= scope;
    } while (has_more);
    return true;
}
