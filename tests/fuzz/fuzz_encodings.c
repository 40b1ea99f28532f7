/* SPDX-License-Identifier: Apache-2.0 */
/* Ids, hexadecimal and base64url: every value has one text and every accepted text one value. */
#include <string.h>

#include "base/hash.h"
#include "base/id.h"
#include "fuzz/fuzzing.h"

static struct arena arena;

static bool is_made_of(str text, const char *bytes)
{
    for (size_t i = 0; i < text.length; i++) {
        if (text.bytes[i] == 0 || !strchr(bytes, text.bytes[i])) return false;
    }
    return true;
}

static void check_hex(str text)
{
    char *bytes = arena_take(&arena, text.length / 2 + 1);
    bool is_read = hex_decode(text, bytes, text.length / 2);
    INSIST(is_read == (text.length % 2 == 0 && is_made_of(text, "0123456789abcdef")));
    if (is_read) INSIST(str_equal(hex_encode(&arena, bytes, text.length / 2), text));
}

static void check_base64url(str text)
{
    str value, again;
    if (base64url_decode(&arena, text, &value)) INSIST(str_equal(base64url_encode(&arena, value.bytes, value.length), text));
    str encoded = base64url_encode(&arena, text.bytes, text.length);
    INSIST(encoded.length == (text.length * 4 + 2) / 3);
    INSIST(base64url_decode(&arena, encoded, &again) && str_equal(again, text));
}

static void check_id_text(str text)
{
    str prefix = STR("pay_");
    bool should_be = text.length == 40 && str_starts_with(text, prefix) &&
                     is_made_of(str_from(text, 4), "0123456789abcdefghjkmnpqrstvwxyz");
    INSIST(id_is(text, prefix) == should_be);
}

/* Later ids stand later, whatever chance said. */
static void check_id_order(struct input *input)
{
    char first[ID_TEXT_BYTES], second[ID_TEXT_BYTES];
    uint8_t random[2][ID_RANDOM_BYTES] = { { 0 } };
    micros one = (micros)((uint64_t)input_int64(input) >> 8), other = (micros)((uint64_t)input_int64(input) >> 8);
    for (size_t i = 0; i < sizeof random; i++) random[i / ID_RANDOM_BYTES][i % ID_RANDOM_BYTES] = input_byte(input);
    str a = id_format(first, STR("op_"), one, random[0]), b = id_format(second, STR("op_"), other, random[1]);
    INSIST(id_is(a, STR("op_")) && id_is(b, STR("op_")) && !id_is(a, STR("pay_")));
    if (one / MICROS_PER_MS < other / MICROS_PER_MS) INSIST(str_compare(a, b) < 0);
    if (memcmp(random[0], random[1], ID_RANDOM_BYTES) != 0) INSIST(!str_equal(a, b));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = input_of(data, size);
    str text = { (const char *)data, size };
    check_hex(text);
    check_base64url(text);
    check_id_text(text);
    check_id_order(&input);
    arena_reset(&arena);
    return 0;
}
