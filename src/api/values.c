/* SPDX-License-Identifier: Apache-2.0 */
/* values: what a text, an amount, a currency and metadata may look like. */
#include "api/values.h"

#include "domain/card.h"

enum { METADATA_NAMES_MAX = 50, METADATA_NAME_CHARS_MAX = 40, METADATA_VALUE_CHARS_MAX = 500 };

/* ---- texts ---- */

/* The character that begins there, and how many bytes it has. The text is known to be valid UTF-8. */
static size_t character_at(const unsigned char *bytes, uint32_t *character)
{
    size_t length = bytes[0] < 0x80 ? 1 : bytes[0] < 0xe0 ? 2 : bytes[0] < 0xf0 ? 3 : 4;
    *character = length == 1 ? bytes[0] : bytes[0] & (0x7fu >> length);
    for (size_t i = 1; i < length; i++) *character = *character << 6 | (bytes[i] & 0x3f);
    return length;
}

/* Control characters, line and paragraph separators, and what turns the direction of writing around. */
static bool is_dangerous(uint32_t character)
{
    if (character < 0x7f) return character < 0x20;
    return character <= 0x9f || character == 0x61c || character == 0x200e || character == 0x200f ||
           (character >= 0x2028 && character <= 0x202e) || (character >= 0x2066 && character <= 0x2069);
}

static size_t count_characters(str text, bool *is_harmless)
{
    size_t count = 0;
    uint32_t character;
    *is_harmless = true;
    for (size_t at = 0; at < text.length; count++) {
        at += character_at((const unsigned char *)text.bytes + at, &character);
        if (is_dangerous(character)) *is_harmless = false;
    }
    return count;
}

static enum problem_code check_text(str text, size_t least, size_t most, enum problem_code too_long)
{
    bool is_harmless;
    size_t characters = count_characters(text, &is_harmless);
    if (card_is_in(text)) return PROBLEM_CARD_DATA_NOT_ALLOWED;
    if (!is_harmless || characters < least) return PROBLEM_PARAM_INVALID;
    return characters > most ? too_long : PROBLEM_NONE;
}

enum problem_code value_check_text(str text, size_t least, size_t most)
{
    return check_text(text, least, most, PROBLEM_PARAM_INVALID);
}

enum problem_code value_text(const struct json *value, size_t least, size_t most, str *out)
{
    *out = json_string(value);
    if (json_kind_of(value) != JSON_STRING) return PROBLEM_PARAM_INVALID;
    return value_check_text(*out, least, most);
}

/* ---- money ---- */

static bool is_all_digits(str text)
{
    for (size_t i = 0; i < text.length; i++) {
        if (text.bytes[i] < '0' || text.bytes[i] > '9') return false;
    }
    return true;
}

static bool is_printable(str text)
{
    for (size_t i = 0; i < text.length; i++) {
        if (text.bytes[i] <= ' ' || text.bytes[i] > '~') return false;
    }
    return text.length > 0;
}

enum problem_code value_email(const struct json *value, str *out)
{
    str domain, more;
    enum problem_code wrong = value_text(value, 3, EMAIL_CHARS_MAX, out);
    if (wrong != PROBLEM_NONE) return wrong;
    str name = str_cut(*out, '@', &domain);
    bool has_point = str_cut(domain, '.', &more).length > 0 && more.length > 0;
    bool is_fine = is_printable(*out) && name.length > 0 && has_point && !str_contains(domain, STR("@"));
    return is_fine ? PROBLEM_NONE : PROBLEM_PARAM_INVALID;
}

static bool is_this_machine(str host)
{
    str port;
    str name = str_starts_with(host, STR("[::1]")) ? STR("[::1]") : str_cut(host, ':', &port);
    return str_equal(name, STR("127.0.0.1")) || str_equal(name, STR("localhost")) || str_equal(name, STR("[::1]"));
}

enum problem_code value_web_address(const struct json *value, str *out)
{
    str path, http = STR("http://"), https = STR("https://");
    enum problem_code wrong = value_text(value, https.length + 1, ADDRESS_CHARS_MAX, out);
    if (wrong != PROBLEM_NONE) return wrong;
    bool is_secure = str_starts_with(*out, https);
    str host = str_cut(str_from(*out, is_secure ? https.length : http.length), '/', &path);
    bool is_local = str_starts_with(*out, http) && is_this_machine(host);
    bool is_fine = is_printable(*out) && host.length > 0 && !str_contains(host, STR("@")) && (is_secure || is_local);
    return is_fine ? PROBLEM_NONE : PROBLEM_PARAM_INVALID;
}

enum problem_code value_amount(const struct json *value, int64_t *out)
{
    if (json_kind_of(value) != JSON_NUMBER) return PROBLEM_PARAM_INVALID;
    str digits = json_number(value);
    if (!is_all_digits(digits)) return PROBLEM_AMOUNT_INVALID;
    if (!str_to_int64(digits, MONEY_MINOR_MAX, out)) return PROBLEM_AMOUNT_TOO_LARGE;
    return *out == 0 ? PROBLEM_AMOUNT_INVALID : PROBLEM_NONE;
}

/* Of any kind: 840 is a currency in a wrong notation, and should be told so. */
enum problem_code value_currency(const struct json *value, currency *out)
{
    return currency_named(json_string(value), out) ? PROBLEM_NONE : PROBLEM_CURRENCY_INVALID;
}

/* ---- metadata ---- */

static enum problem_code check_metadata_item(struct json_item item)
{
    enum problem_code wrong = check_text(item.name, 1, METADATA_NAME_CHARS_MAX, PROBLEM_METADATA_TOO_LARGE);
    if (wrong != PROBLEM_NONE) return wrong;
    if (json_kind_of(item.value) != JSON_STRING) return PROBLEM_PARAM_INVALID;
    return check_text(json_string(item.value), 0, METADATA_VALUE_CHARS_MAX, PROBLEM_METADATA_TOO_LARGE);
}

enum problem_code value_metadata(struct arena *arena, const struct json *value, str *out)
{
    if (json_kind_of(value) != JSON_OBJECT) return PROBLEM_PARAM_INVALID;
    if (json_length(value) > METADATA_NAMES_MAX) return PROBLEM_METADATA_TOO_LARGE;
    for (struct json_item item = json_first(value); item.value; item = json_next(item)) {
        enum problem_code wrong = check_metadata_item(item);
        if (wrong != PROBLEM_NONE) return wrong;
    }
    *out = json_canonical(arena, value, NULL, NULL);
    return PROBLEM_NONE;
}
