/* SPDX-License-Identifier: Apache-2.0 */
/* Idempotency keys, against a second statement of the rule: a grammar that is stepped through letter by letter. Both
 * spellings of one key are the same key. */
#include "api/idempotency_key.h"
#include "base/text.h"
#include "domain/card.h"
#include "fuzz/fuzzing.h"

static struct arena arena;

static enum problem_code read_key(str value, size_t lines, str *key)
{
    struct http_header headers[] = { { STR("Host"), STR("a") }, { STR("idempotency-key"), value }, { STR("Idempotency-Key"), value } };
    struct http_request request = { .headers = headers, .header_count = 1 + lines };
    return idempotency_key_read(&arena, &request, key);
}

/* Bare, or within quotes, or behind a backslash, or behind the closing quote. */
enum place { BARE, QUOTED, ESCAPED, CLOSED, WRONG };

static enum place step(enum place place, char letter)
{
    if (letter <= 0x20 || letter >= 0x7f) return WRONG;
    switch (place) {
    case BARE: return letter == '"' || letter == ',' || letter == ';' || letter == '\\' ? WRONG : BARE;
    case QUOTED: return letter == '"' ? CLOSED : letter == '\\' ? ESCAPED : QUOTED;
    case ESCAPED: return letter == '"' || letter == '\\' ? QUOTED : WRONG;
    default: return WRONG;
    }
}

static bool parse(str value, struct text *key)
{
    bool is_quoted = str_starts_with(value, STR("\""));
    enum place place = is_quoted ? QUOTED : BARE;
    for (size_t i = is_quoted; i < value.length && place != WRONG; i++) {
        enum place next = step(place, value.bytes[i]);
        if (next == QUOTED || next == BARE) text_put_char(key, value.bytes[i]);
        place = next;
    }
    return (place == BARE || place == CLOSED) && key->length >= 1 && key->length <= 255 && !card_is_in(text_str(key));
}

static str quoted(str key)
{
    struct text text = text_open(&arena, 2 * key.length + 2);
    text_put_char(&text, '"');
    for (size_t i = 0; i < key.length; i++) {
        if (key.bytes[i] == '"' || key.bytes[i] == '\\') text_put_char(&text, '\\');
        text_put_char(&text, key.bytes[i]);
    }
    text_put_char(&text, '"');
    return text_str(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    str value = { (const char *)data, size }, key = STR_NONE, again = STR_NONE;
    struct text expected = text_open(&arena, size + 1);
    enum problem_code problem = read_key(value, 1, &key);
    INSIST((problem == PROBLEM_NONE) == parse(value, &expected));
    if (problem == PROBLEM_NONE) {
        INSIST(str_equal(key, text_str(&expected)));
        INSIST(read_key(quoted(key), 1, &again) == PROBLEM_NONE && str_equal(again, key));
        INSIST(read_key(value, 2, &again) == PROBLEM_IDEMPOTENCY_KEY_INVALID);
    } else {
        INSIST(problem == PROBLEM_IDEMPOTENCY_KEY_INVALID);
    }
    INSIST(read_key(value, 0, &again) == PROBLEM_IDEMPOTENCY_KEY_MISSING);
    arena_reset(&arena);
    return 0;
}
