/* SPDX-License-Identifier: Apache-2.0 */
/* json: reads one JSON text strictly (RFC 8259): no duplicate names, no comments, no NUL, bounded depth and size.
 * Numbers stay as they were written, so that 50.00 is exact. Built on yyjson. */
#ifndef FLORIN_BASE_JSON_H
#define FLORIN_BASE_JSON_H

#include "base/arena.h"

enum { JSON_DEPTH_MAX = 16, JSON_MEMBERS_MAX = 512 }; /* reliability: far above any request we take */

enum json_problem {
    JSON_FINE,
    JSON_INVALID,        /* not JSON, empty, cut short, or something after it */
    JSON_TOO_DEEP,
    JSON_TOO_LARGE,      /* more than JSON_MEMBERS_MAX members and elements in all */
    JSON_DUPLICATE_NAME,
    JSON_INVALID_TEXT,   /* bad UTF-8, a lone surrogate, a NUL */
};

enum json_kind { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_LIST, JSON_OBJECT };

/* A value inside a read text; lives as long as the arena that it was read into. */
struct json;

/* Reads the whole body. On success *out is the root. Limits are checked before anything is built. */
enum json_problem json_read(struct arena *arena, str body, const struct json **out) MUST_CHECK;

/* As json_read for answers of strangers (processors): any depth up to JSON_DEPTH_MAX and up to `members_max` members. */
enum json_problem json_read_up_to(struct arena *arena, str body, size_t members_max, const struct json **out) MUST_CHECK;

enum json_kind json_kind_of(const struct json *value);

/* The member of that name; NULL when `object` is NULL, not an object, or has none. */
const struct json *json_find(const struct json *object, const char *name);

/* Texts: the string's content, or for a number the digits as they were written; STR_NONE for NULL and other kinds. */
str json_string(const struct json *value);
str json_number(const struct json *value);
bool json_is_true(const struct json *value);

/* A number written as a plain whole number (-?digits, no fraction, no exponent) that fits. */
bool json_int64(const struct json *value, int64_t *out) MUST_CHECK;

/* Walks members of an object or elements of a list: for (i = json_first(v); i.value; i = json_next(i)). */
struct json_item {
    str name; /* STR_NONE in a list */
    const struct json *value;
    size_t left;
    const void *at;
};
struct json_item json_first(const struct json *value);
struct json_item json_next(struct json_item item);
size_t json_length(const struct json *value);

/* The canonical form: names sorted by bytes, no spaces, numbers as given, shortest escapes. For fingerprints.
 * A member for which `leave_out(context, path)` is true is left out (NULL: none); path is like "card.cvv",
 * or "items.name" in each element of a list. */
str json_canonical(struct arena *arena, const struct json *value, bool (*leave_out)(void *context, str path), void *context);

#endif
