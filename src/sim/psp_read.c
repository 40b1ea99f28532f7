/* SPDX-License-Identifier: Apache-2.0 */
/* psp_read: forms are first put up as a tree of names, then written as JSON, so that there is one kind of tree to look into. */
#include "sim/psp_read.h"

#include <string.h>

#include "base/text.h"
#include "world/http.h"

enum {
    MEMBERS_MAX = 4096, /* far above any request that a gateway sends */
    PATH_BYTES = 256,
};

/* --- Forms --- */

/* A name of a form and what is below it; a value when there is nothing below. */
struct form_node {
    str name;
    str value; /* STR_NONE: others are below */
    struct form_node *first, *last, *next;
    size_t count;
};

static struct form_node *find_node(struct form_node *parent, str name)
{
    struct form_node *node = parent->first;
    while (node && !str_equal(node->name, name)) node = node->next;
    return node;
}

static struct form_node *add_node(struct arena *arena, struct form_node *parent, str name)
{
    struct form_node *node = arena_take(arena, sizeof *node);
    node->name = name;
    if (parent->last) parent->last->next = node;
    else parent->first = node;
    parent->last = node;
    parent->count++;
    return node;
}

/* [] is a place behind all others. */
static struct form_node *enter_node(struct arena *arena, struct form_node *parent, str name)
{
    if (name.length == 0) return add_node(arena, parent, arena_format(arena, "%zu", parent->count));
    struct form_node *node = find_node(parent, name);
    return node ? node : add_node(arena, parent, name);
}

/* Goes down "[b][c]" from a node; NULL when the brackets are not right. */
static struct form_node *go_down(struct arena *arena, struct form_node *node, str brackets)
{
    for (int depth = 1; brackets.length > 0; depth++) {
        str rest;
        if (brackets.bytes[0] != '[' || depth > FORM_DEPTH_MAX) return NULL;
        str name = str_cut(str_from(brackets, 1), ']', &rest);
        if (name.length + 1 == brackets.length) return NULL;
        node = enter_node(arena, node, name);
        brackets = rest;
    }
    return node;
}

static bool read_pair(struct arena *arena, struct form_node *root, str pair)
{
    str value, name = str_cut(pair, '=', &value);
    if (!http_decode(arena, name, true, &name) || !http_decode(arena, value, true, &value)) return false;
    size_t length = 0;
    while (length < name.length && name.bytes[length] != '[') length++;
    if (length == 0) return false;
    struct form_node *node = enter_node(arena, root, (str){ name.bytes, length });
    node = go_down(arena, node, str_from(name, length));
    if (node == NULL || node->first != NULL) return false;
    node->value = value;
    return true;
}

static bool is_list(const struct form_node *parent)
{
    int64_t place;
    for (const struct form_node *node = parent->first; node; node = node->next) {
        if (!str_to_int64(node->name, MEMBERS_MAX, &place)) return false;
    }
    return true;
}

static void put_node(struct text *text, const struct form_node *node);

static void put_below(struct text *text, const struct form_node *parent, bool as_list)
{
    text_put_char(text, as_list ? '[' : '{');
    for (const struct form_node *node = parent->first; node; node = node->next) {
        json_comma(text);
        if (!as_list) text_put_json(text, node->name);
        if (!as_list) text_put_char(text, ':');
        put_node(text, node);
    }
    text_put_char(text, as_list ? ']' : '}');
}

static void put_node(struct text *text, const struct form_node *node)
{
    if (node->first == NULL) text_put_json(text, node->value);
    else put_below(text, node, is_list(node));
}

/* A node with a value below which others came is no form. */
static bool is_sound(const struct form_node *node)
{
    if (node->first == NULL) return node->value.bytes != NULL;
    if (node->value.bytes != NULL) return false;
    for (const struct form_node *child = node->first; child; child = child->next) {
        if (!is_sound(child)) return false;
    }
    return true;
}

bool form_read(struct arena *arena, str form, const struct json **out)
{
    struct form_node root = { 0 };
    while (form.length > 0) {
        str pair = str_cut(form, '&', &form);
        if (pair.length > 0 && !read_pair(arena, &root, pair)) return false;
    }
    if (root.first != NULL && !is_sound(&root)) return false;
    struct text text = text_open(arena, 1024);
    put_below(&text, &root, false);
    return body_read(arena, text_str(&text), out);
}

bool body_read(struct arena *arena, str body, const struct json **out)
{
    return json_read_up_to(arena, body, MEMBERS_MAX, out) == JSON_FINE;
}

/* --- Looking into a tree --- */

static const struct json *find_place(const struct json *list, str place)
{
    int64_t wanted;
    if (!str_to_int64(place, MEMBERS_MAX, &wanted)) return NULL;
    struct json_item item = json_first(list);
    while (item.value && wanted-- > 0) item = json_next(item);
    return item.value;
}

const struct json *given_find(const struct json *given, const char *path)
{
    char name[PATH_BYTES];
    str rest = str_of(path);
    while (given != NULL && rest.length > 0) {
        str part = str_cut(rest, '.', &rest);
        if (!str_copy_to(part, name, sizeof name)) return NULL;
        given = json_kind_of(given) == JSON_LIST ? find_place(given, part) : json_find(given, name);
    }
    return given;
}

static str text_of(const struct json *value)
{
    switch (json_kind_of(value)) {
    case JSON_STRING: return json_string(value);
    case JSON_NUMBER: return json_number(value);
    case JSON_BOOL: return json_is_true(value) ? STR("true") : STR("false");
    default: return STR_NONE;
    }
}

str given_text(const struct json *given, const char *path)
{
    const struct json *value = given_find(given, path);
    return value ? text_of(value) : STR_NONE;
}

bool given_int(const struct json *given, const char *path, int64_t *out)
{
    str text = given_text(given, path);
    bool is_negative = text.length > 1 && text.bytes[0] == '-';
    if (text.bytes == NULL || !str_to_int64(is_negative ? str_from(text, 1) : text, INT64_MAX, out)) return false;
    if (is_negative) *out = -*out;
    return true;
}

bool given_is_true(const struct json *given, const char *path)
{
    return str_equal(given_text(given, path), STR("true"));
}

const char *word_among(str given, const char *const *words)
{
    while (*words && !str_equal(given, str_of(*words))) words++;
    return *words;
}

/* --- Names that nobody knows --- */

static bool fits(str taken, str path)
{
    bool takes_all_below = taken.length > 2 && str_equal(str_from(taken, taken.length - 2), STR(".*"));
    if (!takes_all_below) return str_equal(taken, path);
    str above = { taken.bytes, taken.length - 2 };
    return str_starts_with(path, above) && (path.length == above.length || path.bytes[above.length] == '.');
}

static bool is_taken(const char *takes, str path)
{
    str rest = str_of(takes);
    while (rest.length > 0) {
        if (fits(str_cut(rest, ' ', &rest), path)) return true;
    }
    return false;
}

static str unknown_below(struct arena *arena, const struct json *value, const char *takes, str path)
{
    enum json_kind kind = json_kind_of(value);
    bool is_leaf = (kind != JSON_OBJECT && kind != JSON_LIST) || json_length(value) == 0;
    if (is_leaf) return path.length == 0 || is_taken(takes, path) ? STR_NONE : path;
    for (struct json_item item = json_first(value); item.value; item = json_next(item)) {
        str below = path;
        if (kind == JSON_OBJECT) {
            below = arena_format(arena, "%.*s%s%.*s", STR_FORMAT(path), path.length > 0 ? "." : "", STR_FORMAT(item.name));
        }
        str unknown = unknown_below(arena, item.value, takes, below);
        if (unknown.bytes != NULL) return unknown;
    }
    return STR_NONE;
}

str given_unknown(struct arena *arena, const struct json *given, const char *takes)
{
    return unknown_below(arena, given, takes, STR(""));
}
