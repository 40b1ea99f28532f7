/* SPDX-License-Identifier: Apache-2.0 */
/* psp_read: what a request says, as one tree, whether it came as JSON, as a form with brackets, or in the query. */
#ifndef FLORIN_SIM_PSP_READ_H
#define FLORIN_SIM_PSP_READ_H

#include "base/json.h"

/* A form as JSON: a[b]=1&c[]=x is {"a":{"b":"1"},"c":["x"]}. All values are texts; brackets may be percent-encoded, and what has only
 * numbers as names is a list. False: not a form, or more than FORM_DEPTH_MAX deep. */
enum { FORM_DEPTH_MAX = 8 };
bool form_read(struct arena *arena, str form, const struct json **out) MUST_CHECK;

/* A JSON text of up to some thousand members. */
bool body_read(struct arena *arena, str body, const struct json **out) MUST_CHECK;

/* The value at a path like "card.number"; in a list a part of the path is a place, "items.0.price". NULL without one. */
const struct json *given_find(const struct json *given, const char *path);

/* The same as a text (a number as it was written, true and false as words); STR_NONE without one. */
str given_text(const struct json *given, const char *path);

/* A whole number, written as one or as a text. False when it is absent or something else. */
bool given_int(const struct json *given, const char *path, int64_t *out) MUST_CHECK;

/* true, "true". */
bool given_is_true(const struct json *given, const char *path);

/* One of the words of a list that ends with NULL, as a text for ever; NULL when it is none of them. */
const char *word_among(str given, const char *const *words);

/* The path of the first value that is not in `takes`, which lists paths separated by spaces: "amount card.number metadata.*", where
 * places in lists are left out and * stands for whatever comes below. STR_NONE: all of them are. */
str given_unknown(struct arena *arena, const struct json *given, const char *takes);

#endif
