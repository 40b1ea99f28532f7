/* SPDX-License-Identifier: Apache-2.0 */
/* reading: walks objects and queries along their tables. Never repeats what it has read, short plain names aside. */
#include "api/reading.h"

#include "world/http.h"

enum {
    NAME_CHARS_TOLD_MAX = 40,
    NAME_DIGITS_TOLD_MAX = 6, /* far from a card number */
    QUERY_PARAMS_MAX = 16,
};

struct reading reading_open(struct arena *arena)
{
    return (struct reading){ .arena = arena, .at = STR("") };
}

void reading_note(struct reading *reading, str name, enum problem_code code)
{
    if (reading->error_count == READING_ERRORS_MAX) return;
    struct text pointer = text_open(reading->arena, reading->at.length + 1 + name.length);
    text_put(&pointer, reading->at);
    if (name.length > 0) text_put_char(&pointer, '/');
    text_put(&pointer, name);
    reading->errors[reading->error_count++] = (struct problem_error){ text_str(&pointer), code };
}

/* A stranger's name is told back only when it cannot be anything but a name. It needs no escapes in a pointer then. */
static bool may_be_told(str name)
{
    size_t digits = 0;
    for (size_t i = 0; i < name.length; i++) {
        char byte = name.bytes[i];
        bool is_letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_' || byte == '-';
        bool is_digit = byte >= '0' && byte <= '9';
        if (!is_letter && !is_digit) return false;
        digits += is_digit;
    }
    return name.length <= NAME_CHARS_TOLD_MAX && digits <= NAME_DIGITS_TOLD_MAX;
}

static void note_unknown(struct reading *reading, str name)
{
    reading_note(reading, may_be_told(name) ? name : STR_NONE, PROBLEM_PARAM_UNKNOWN);
}

/* ---- objects ---- */

static bool is_member(str name, const struct member *members, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (str_equal(name, str_of(members[i].name))) return true;
    }
    return false;
}

static enum problem_code read_member(struct reading *reading, const struct json *object, const struct member *member, void *into)
{
    const struct json *value = json_find(object, member->name);
    if (!value) return member->is_required ? PROBLEM_PARAM_MISSING : PROBLEM_NONE;
    if (json_kind_of(value) == JSON_NULL) return member->may_be_null ? PROBLEM_NONE : PROBLEM_PARAM_MISSING;
    return member->read(reading, value, into);
}

void reading_members(struct reading *reading, const struct json *object, const struct member *members, size_t count, void *into)
{
    for (struct json_item item = json_first(object); item.value; item = json_next(item)) {
        if (!is_member(item.name, members, count)) note_unknown(reading, item.name);
    }
    for (size_t i = 0; i < count; i++) {
        enum problem_code wrong = read_member(reading, object, &members[i], into);
        if (wrong != PROBLEM_NONE) reading_note(reading, str_of(members[i].name), wrong);
    }
}

/* ---- queries ---- */

static size_t param_index(str name, const struct query_param *params, size_t count)
{
    size_t i = 0;
    while (i < count && !str_equal(name, str_of(params[i].name))) i++;
    return i;
}

static enum problem_code read_param(struct reading *reading, str encoded, const struct query_param *param, bool *was_read, void *into)
{
    str value;
    bool is_second = *was_read;
    *was_read = true;
    if (is_second || !http_decode(reading->arena, encoded, true, &value)) return PROBLEM_PARAM_INVALID;
    return param->read(value, into);
}

void reading_query(struct reading *reading, str query, const struct query_param *params, size_t count, void *into)
{
    bool was_read[QUERY_PARAMS_MAX] = { false };
    INSIST(count <= QUERY_PARAMS_MAX);
    while (query.length > 0) {
        str encoded, name;
        str pair = str_cut(query, '&', &query);
        str encoded_name = str_cut(pair, '=', &encoded);
        if (!http_decode(reading->arena, encoded_name, true, &name)) name = STR_NONE;
        size_t i = param_index(name, params, count);
        if (i == count) {
            note_unknown(reading, name);
            continue;
        }
        enum problem_code wrong = read_param(reading, encoded, &params[i], &was_read[i], into);
        if (wrong != PROBLEM_NONE) reading_note(reading, name, wrong);
    }
}
