/* SPDX-License-Identifier: Apache-2.0 */
/* idempotency_key: its two spellings. */
#include "api/idempotency_key.h"

#include "domain/card.h"

enum { KEY_CHARS_MAX = 255 };

static bool is_visible(char byte) { return byte > ' ' && byte < 0x7f; }

static bool means_something(char byte) { return byte == '"' || byte == ',' || byte == ';' || byte == '\\'; }

static bool read_bare(str value, str *key)
{
    for (size_t i = 0; i < value.length; i++) {
        if (!is_visible(value.bytes[i]) || means_something(value.bytes[i])) return false;
    }
    *key = value;
    return true;
}

/* A backslash makes a quote or a backslash part of the text; nothing follows the closing quote. */
static bool read_quoted(struct arena *arena, str value, str *key)
{
    char *text = arena_take(arena, value.length);
    size_t length = 0, at = 1;
    for (; at < value.length && value.bytes[at] != '"'; at++) {
        if (value.bytes[at] == '\\') {
            at++;
            if (at == value.length || (value.bytes[at] != '"' && value.bytes[at] != '\\')) return false;
        }
        if (!is_visible(value.bytes[at])) return false;
        text[length++] = value.bytes[at];
    }
    *key = (str){ text, length };
    return at + 1 == value.length;
}

enum problem_code idempotency_key_read(struct arena *arena, const struct http_request *request, str *key)
{
    size_t lines = http_header_count(request, STR("Idempotency-Key"));
    str value = http_header(request, STR("Idempotency-Key"));
    if (lines == 0) return PROBLEM_IDEMPOTENCY_KEY_MISSING;
    bool is_read = str_starts_with(value, STR("\"")) ? read_quoted(arena, value, key) : read_bare(value, key);
    if (lines > 1 || !is_read || key->length < 1 || key->length > KEY_CHARS_MAX) return PROBLEM_IDEMPOTENCY_KEY_INVALID;
    return card_is_in(*key) ? PROBLEM_IDEMPOTENCY_KEY_INVALID : PROBLEM_NONE;
}
