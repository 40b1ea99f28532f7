/* SPDX-License-Identifier: Apache-2.0 */
/* JSON: what is taken is what yyjson takes too, within the limits, each of which is counted here in another way: by
 * walking what was built. The canonical form reads back as the same, and is the same for any order of members. */
#include <yyjson.h>

#include "base/json.h"
#include "base/text.h"
#include "fuzz/fuzzing.h"

static struct arena arena;

struct size {
    size_t depth;
    size_t members;
    bool has_twice;
    bool has_nul;
};

static bool has_nul(yyjson_val *text)
{
    for (size_t i = 0; i < yyjson_get_len(text); i++) {
        if (yyjson_get_str(text)[i] == '\0') return true;
    }
    return false;
}

/* The values of an object with the name, which is once where all is well. */
static size_t count_named(yyjson_val *object, yyjson_val *name)
{
    size_t at, count, named = 0;
    yyjson_val *other, *value;
    yyjson_obj_foreach(object, at, count, other, value) named += yyjson_equals_strn(other, yyjson_get_str(name), yyjson_get_len(name));
    return named;
}

static void measure(yyjson_val *value, size_t depth, struct size *size);

static void measure_members(yyjson_val *value, size_t depth, struct size *size)
{
    size_t at, count;
    yyjson_val *name, *member;
    if (depth > size->depth) size->depth = depth;
    size->members += yyjson_get_len(value);
    if (yyjson_is_arr(value)) yyjson_arr_foreach(value, at, count, member) measure(member, depth, size);
    yyjson_obj_foreach(value, at, count, name, member)
    {
        if (count_named(value, name) > 1) size->has_twice = true;
        measure(name, depth, size);
        measure(member, depth, size);
    }
}

static void measure(yyjson_val *value, size_t depth, struct size *size)
{
    if (yyjson_is_str(value) && has_nul(value)) size->has_nul = true;
    if (yyjson_is_ctn(value)) measure_members(value, depth + 1, size);
}

/* What yyjson alone says of the text, and how large it is. */
static bool is_json(str text, struct size *size)
{
    yyjson_doc *doc = text.length == 0 ? NULL : yyjson_read(text.bytes, text.length, YYJSON_READ_NUMBER_AS_RAW);
    *size = (struct size){ 0 };
    if (doc) measure(yyjson_doc_get_root(doc), 0, size);
    yyjson_doc_free(doc);
    return doc != NULL;
}

static bool is_within_limits(const struct size *size)
{
    return size->depth <= JSON_DEPTH_MAX && size->members <= JSON_MEMBERS_MAX && !size->has_nul && !size->has_twice;
}

static void check_problem(str text, enum json_problem problem)
{
    struct size size;
    bool should_be = is_json(text, &size) && is_within_limits(&size);
    INSIST((problem == JSON_FINE) == should_be);
}

static void check_canonical(const struct json *root)
{
    const struct json *again = NULL;
    str canonical = json_canonical(&arena, root, NULL, NULL);
    INSIST(json_read(&arena, canonical, &again) == JSON_FINE);
    INSIST(json_kind_of(again) == json_kind_of(root) && json_length(again) == json_length(root));
    INSIST(str_equal(json_canonical(&arena, again, NULL, NULL), canonical));
}

/* The same members the other way around are the same document. */
static void check_order(const struct json *object)
{
    const struct json *members[JSON_MEMBERS_MAX], *turned = NULL;
    str names[JSON_MEMBERS_MAX];
    size_t count = 0;
    struct text text = text_open(&arena, 64);
    for (struct json_item item = json_first(object); item.value; item = json_next(item)) {
        names[count] = item.name;
        members[count++] = item.value;
    }
    INSIST(count == json_length(object));
    json_open_object(&text);
    while (count-- > 0) {
        json_comma(&text);
        text_put_json(&text, names[count]);
        text_put_char(&text, ':');
        text_put(&text, json_canonical(&arena, members[count], NULL, NULL));
    }
    json_close_object(&text);
    INSIST(json_read(&arena, text_str(&text), &turned) == JSON_FINE);
    INSIST(str_equal(json_canonical(&arena, turned, NULL, NULL), json_canonical(&arena, object, NULL, NULL)));
}

static void check_number(const struct json *value)
{
    struct text text = text_open(&arena, 0);
    int64_t number;
    if (!json_int64(value, &number)) return;
    text_put_int(&text, number);
    INSIST(str_equal(text_str(&text), json_number(value)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    str text = { (const char *)data, size };
    const struct json *root = NULL;
    enum json_problem problem = json_read(&arena, text, &root);
    check_problem(text, problem);
    if (problem == JSON_FINE) {
        check_canonical(root);
        if (json_kind_of(root) == JSON_OBJECT) check_order(root);
        check_number(root);
    }
    arena_reset(&arena);
    return 0;
}
