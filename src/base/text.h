/* SPDX-License-Identifier: Apache-2.0 */
/* text: builds a text piece by piece in an arena. Grows as needed; JSON and form encodings are put in escaped. */
#ifndef FLORIN_BASE_TEXT_H
#define FLORIN_BASE_TEXT_H

#include "base/arena.h"

struct text {
    struct arena *arena;
    char *bytes;
    size_t length;
    size_t capacity;
};

/* An empty text with room for `capacity` bytes before it has to grow. */
struct text text_open(struct arena *arena, size_t capacity);

void text_put(struct text *text, str piece);
void text_put_char(struct text *text, char byte);
void text_put_int(struct text *text, int64_t number);
void text_put_format(struct text *text, const char *format, ...) FORMAT_LIKE_PRINTF(2, 3);

/* What has been built; points into the arena. Later puts may move it. */
str text_str(const struct text *text);

/* A JSON string with its quotes; control characters and quotes escaped, all else as it is (must be UTF-8). */
void text_put_json(struct text *text, str value);

/* JSON members: `"name":value`, with a comma before it unless it is the first in its object. Names are literals and not escaped. */
void json_open_object(struct text *text);              /* { */
void json_close_object(struct text *text);             /* } */
void json_open_list(struct text *text);                /* [ */
void json_close_list(struct text *text);               /* ] */
void json_name(struct text *text, const char *name);   /* "name": */
void json_comma(struct text *text);                    /* a comma unless an object or list was just opened */
void json_put_str(struct text *text, const char *name, str value);      /* null when value.bytes is NULL */
void json_put_int(struct text *text, const char *name, int64_t value);
void json_put_bool(struct text *text, const char *name, bool value);
void json_put_null(struct text *text, const char *name);
void json_put_raw(struct text *text, const char *name, str json);       /* already JSON */
void json_put_time(struct text *text, const char *name, micros moment); /* RFC 3339; null when 0 */

#endif
