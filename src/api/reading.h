/* SPDX-License-Identifier: Apache-2.0 */
/* reading: bodies and queries, member by member, by tables; collects what is wrong with them. */
#ifndef FLORIN_API_READING_H
#define FLORIN_API_READING_H

#include "api/problem.h"
#include "base/json.h"

enum { READING_ERRORS_MAX = 16 }; /* a person mends them; more would be a list nobody reads */

struct reading {
    struct arena *arena;
    str at; /* pointer of the object that is being read */
    struct problem_error errors[READING_ERRORS_MAX];
    size_t error_count;
};

struct reading reading_open(struct arena *arena);

/* Notes that something is wrong with the member of that name. */
void reading_note(struct reading *reading, str name, enum problem_code code);

/* One member that an object may have. `read` puts its value into `into`, or says what is wrong. */
struct member {
    const char *name;
    bool is_required;
    enum problem_code (*read)(struct reading *reading, const struct json *value, void *into);
    bool may_be_null; /* which says the same as leaving it out */
};

/* Reads an object: unknown members first, then those of the table in its order. A null is taken for a
 * member that was forgotten. */
void reading_members(struct reading *reading, const struct json *object, const struct member *members, size_t count, void *into);

/* One parameter that a query may have; its value comes decoded. */
struct query_param {
    const char *name;
    enum problem_code (*read)(str value, void *into);
};

/* Reads a query: unknown ones and second ones are wrong. */
void reading_query(struct reading *reading, str query, const struct query_param *params, size_t count, void *into);

#endif
