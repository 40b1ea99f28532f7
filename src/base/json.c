/* SPDX-License-Identifier: Apache-2.0 */
/* json: a scan keeps the limits before anything is built, yyjson reads, a last look finds names that come twice. */
#include "base/json.h"

#include <stdlib.h>
#include <string.h>
#include <yyjson.h>

#include "base/text.h"

enum {
    FEW_NAMES = 16,         /* up to here comparing each with each is faster than sorting */
    CANONICAL_BYTES = 1024, /* most requests fit; it grows */
    PATH_BYTES = 64,
};

/* A struct json is a yyjson_val under another name. yyjson's readers change nothing but do not say const. */
static yyjson_val *inside(const struct json *value)
{
    return (yyjson_val *)(uintptr_t)value;
}

static const struct json *outside(const yyjson_val *value)
{
    return (const struct json *)value;
}

/* The body seen as brackets, commas and strings: enough to count, long before anything is known to be right. */
struct scan {
    const char *at, *end;
    size_t depth;
    size_t members;
    bool is_opened; /* a list or object was just opened: the next thing is its first member, or its end */
    bool has_nul;
};

/* From after the opening quote to after the closing one; to the end when it is missing. */
static bool scan_string(struct scan *scan)
{
    const char *at = scan->at, *end = scan->end;
    for (; at < end && *at != '"'; at++) {
        if (*at != '\\') continue;
        if (end - at >= 6 && memcmp(at, "\\u0000", 6) == 0) scan->has_nul = true;
        if (++at == end) break;
    }
    scan->at = at < end ? at + 1 : end;
    return at < end;
}

static void scan_member(struct scan *scan)
{
    if (scan->is_opened) scan->members++;
    scan->is_opened = false;
}

static enum json_problem scan_byte(struct scan *scan, char byte)
{
    switch (byte) {
    case ' ':
    case '\t':
    case '\r':
    case '\n':
        return JSON_FINE;
    case '{':
    case '[':
        scan_member(scan);
        scan->is_opened = true;
        return ++scan->depth > JSON_DEPTH_MAX ? JSON_TOO_DEEP : JSON_FINE;
    case '}':
    case ']':
        scan->is_opened = false;
        return scan->depth-- == 0 ? JSON_INVALID : JSON_FINE;
    case ',':
        scan->members++;
        return JSON_FINE;
    case '"':
        scan_member(scan);
        return scan_string(scan) ? JSON_FINE : JSON_INVALID;
    default:
        scan_member(scan);
        return JSON_FINE;
    }
}

static enum json_problem check_limits(str body, size_t members_max)
{
    if (body.length == 0) return JSON_INVALID;
    struct scan scan = { .at = body.bytes, .end = body.bytes + body.length };
    while (scan.at < scan.end) {
        enum json_problem problem = scan_byte(&scan, *scan.at++);
        if (problem != JSON_FINE) return problem;
        if (scan.members > members_max) return JSON_TOO_LARGE;
    }
    if (scan.depth > 0) return JSON_INVALID;
    return scan.has_nul ? JSON_INVALID_TEXT : JSON_FINE;
}

/* yyjson takes its memory from the arena, so that it is wiped with it, and gives nothing back. */
static void *alc_take(void *arena, size_t bytes)
{
    return arena_take(arena, bytes);
}

static void *alc_grow(void *arena, void *old, size_t old_bytes, size_t bytes)
{
    if (bytes <= old_bytes) return old;
    void *grown = arena_take(arena, bytes);
    memcpy(grown, old, old_bytes);
    return grown;
}

static void alc_give_back(void *arena, void *bytes)
{
    (void)arena;
    (void)bytes;
}

static enum json_problem build(struct arena *arena, str body, yyjson_doc **doc)
{
    const yyjson_alc alc = { alc_take, alc_grow, alc_give_back, arena };
    yyjson_read_err problem;
    /* Without the in-place flag yyjson copies the body and does not write to it. */
    char *bytes = (char *)(uintptr_t)body.bytes;
    *doc = yyjson_read_opts(bytes, body.length, YYJSON_READ_NUMBER_AS_RAW, &alc, &problem);
    if (*doc != NULL) return JSON_FINE;
    /* A raw line feed within a string is fine as text, but no JSON. */
    char found = problem.pos < body.length ? body.bytes[problem.pos] : '\0';
    bool is_control = (unsigned char)found < 0x20 && found != '\0';
    return problem.code == YYJSON_READ_ERROR_INVALID_STRING && !is_control ? JSON_INVALID_TEXT : JSON_INVALID;
}

static int by_name(const void *a, const void *b)
{
    return str_compare(((const struct json_item *)a)->name, ((const struct json_item *)b)->name);
}

static struct json_item *sorted_members(struct arena *arena, const struct json *object)
{
    struct json_item *members = arena_take(arena, json_length(object) * sizeof *members);
    size_t count = 0;
    for (struct json_item item = json_first(object); item.value; item = json_next(item)) members[count++] = item;
    qsort(members, count, sizeof *members, by_name);
    return members;
}

static bool few_names_repeat(const struct json *object)
{
    yyjson_val *names[FEW_NAMES], *name = unsafe_yyjson_get_first(inside(object));
    for (size_t count = 0; count < json_length(object); count++, name = unsafe_yyjson_get_next(name + 1)) {
        for (size_t i = 0; i < count; i++) {
            if (yyjson_equals_strn(names[i], yyjson_get_str(name), yyjson_get_len(name))) return true;
        }
        names[count] = name;
    }
    return false;
}

static bool many_names_repeat(struct arena *arena, const struct json *object)
{
    const struct json_item *members = sorted_members(arena, object);
    for (size_t i = 1; i < json_length(object); i++) {
        if (str_equal(members[i - 1].name, members[i].name)) return true;
    }
    return false;
}

/* The values of a document stand one after the other in memory, whatever their depth. */
static bool has_duplicate_name(struct arena *arena, yyjson_doc *doc)
{
    const yyjson_val *values = yyjson_doc_get_root(doc);
    for (size_t i = 0; i < yyjson_doc_get_val_count(doc); i++) {
        const struct json *value = outside(&values[i]);
        if (json_kind_of(value) != JSON_OBJECT) continue;
        if (json_length(value) <= FEW_NAMES ? few_names_repeat(value) : many_names_repeat(arena, value)) return true;
    }
    return false;
}

enum json_problem json_read_up_to(struct arena *arena, str body, size_t members_max, const struct json **out)
{
    yyjson_doc *doc = NULL;
    enum json_problem problem = check_limits(body, members_max);
    if (problem == JSON_FINE) problem = build(arena, body, &doc);
    if (problem != JSON_FINE) return problem;
    if (has_duplicate_name(arena, doc)) return JSON_DUPLICATE_NAME;
    *out = outside(yyjson_doc_get_root(doc));
    return JSON_FINE;
}

enum json_problem json_read(struct arena *arena, str body, const struct json **out)
{
    return json_read_up_to(arena, body, JSON_MEMBERS_MAX, out);
}

enum json_kind json_kind_of(const struct json *value)
{
    switch (yyjson_get_type(inside(value))) {
    case YYJSON_TYPE_BOOL: return JSON_BOOL;
    case YYJSON_TYPE_RAW: return JSON_NUMBER;
    case YYJSON_TYPE_STR: return JSON_STRING;
    case YYJSON_TYPE_ARR: return JSON_LIST;
    case YYJSON_TYPE_OBJ: return JSON_OBJECT;
    default: return JSON_NULL;
    }
}

const struct json *json_find(const struct json *object, const char *name)
{
    return outside(yyjson_obj_get(inside(object), name));
}

str json_string(const struct json *value)
{
    yyjson_val *string = inside(value);
    return yyjson_is_str(string) ? (str){ yyjson_get_str(string), yyjson_get_len(string) } : STR_NONE;
}

str json_number(const struct json *value)
{
    yyjson_val *number = inside(value);
    return yyjson_is_raw(number) ? (str){ yyjson_get_raw(number), yyjson_get_len(number) } : STR_NONE;
}

bool json_is_true(const struct json *value)
{
    return yyjson_is_true(inside(value));
}

bool json_int64(const struct json *value, int64_t *out)
{
    str digits = json_number(value);
    bool is_negative = str_starts_with(digits, STR("-"));
    if (is_negative) digits = str_from(digits, 1);
    if (is_negative && str_equal(digits, STR("9223372036854775808"))) { /* has no positive counterpart */
        *out = INT64_MIN;
        return true;
    }
    int64_t number;
    if (!str_to_int64(digits, INT64_MAX, &number)) return false;
    if (is_negative && number == 0) return false;
    *out = is_negative ? -number : number;
    return true;
}

/* `at` is the name of an object's member, or the element itself. */
static struct json_item item_at(yyjson_val *at, bool is_member, size_t left)
{
    yyjson_val *value = is_member ? at + 1 : at;
    return (struct json_item){
        .name = is_member ? json_string(outside(at)) : STR_NONE,
        .value = outside(value),
        .left = left,
        .at = value,
    };
}

struct json_item json_first(const struct json *value)
{
    size_t length = json_length(value);
    if (length == 0) return (struct json_item){ 0 };
    return item_at(unsafe_yyjson_get_first(inside(value)), json_kind_of(value) == JSON_OBJECT, length - 1);
}

struct json_item json_next(struct json_item item)
{
    if (item.left == 0) return (struct json_item){ 0 };
    return item_at(unsafe_yyjson_get_next(inside(item.at)), item.name.bytes != NULL, item.left - 1);
}

size_t json_length(const struct json *value)
{
    return yyjson_is_ctn(inside(value)) ? yyjson_get_len(inside(value)) : 0;
}

struct canonical {
    struct arena *arena;
    struct text out;
    struct text path;
    bool (*leave_out)(void *context, str path);
    void *context;
};

static void put_canonical(struct canonical *canonical, const struct json *value);

static void put_member(struct canonical *canonical, struct json_item member)
{
    struct text *path = &canonical->path;
    size_t path_before = path->length;
    if (path->length > 0) text_put_char(path, '.');
    text_put(path, member.name);
    if (!canonical->leave_out || !canonical->leave_out(canonical->context, text_str(path))) {
        json_comma(&canonical->out);
        text_put_json(&canonical->out, member.name);
        text_put_char(&canonical->out, ':');
        put_canonical(canonical, member.value);
    }
    path->length = path_before;
}

static void put_object(struct canonical *canonical, const struct json *object)
{
    const struct json_item *members = sorted_members(canonical->arena, object);
    json_open_object(&canonical->out);
    for (size_t i = 0; i < json_length(object); i++) put_member(canonical, members[i]);
    json_close_object(&canonical->out);
}

static void put_list(struct canonical *canonical, const struct json *list)
{
    json_open_list(&canonical->out);
    for (struct json_item item = json_first(list); item.value; item = json_next(item)) {
        json_comma(&canonical->out);
        put_canonical(canonical, item.value);
    }
    json_close_list(&canonical->out);
}

static void put_canonical(struct canonical *canonical, const struct json *value)
{
    switch (json_kind_of(value)) {
    case JSON_NULL: text_put(&canonical->out, STR("null")); return;
    case JSON_BOOL: text_put(&canonical->out, json_is_true(value) ? STR("true") : STR("false")); return;
    case JSON_NUMBER: text_put(&canonical->out, json_number(value)); return;
    case JSON_STRING: text_put_json(&canonical->out, json_string(value)); return;
    case JSON_LIST: put_list(canonical, value); return;
    case JSON_OBJECT: put_object(canonical, value); return;
    }
}

str json_canonical(struct arena *arena, const struct json *value, bool (*leave_out)(void *context, str path), void *context)
{
    struct canonical canonical = {
        .arena = arena,
        .out = text_open(arena, CANONICAL_BYTES),
        .path = text_open(arena, PATH_BYTES),
        .leave_out = leave_out,
        .context = context,
    };
    put_canonical(&canonical, value);
    return text_str(&canonical.out);
}
