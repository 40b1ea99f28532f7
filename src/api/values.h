/* SPDX-License-Identifier: Apache-2.0 */
/* values: single values out of a request, each right or with the code of what is wrong with it. */
#ifndef FLORIN_API_VALUES_H
#define FLORIN_API_VALUES_H

#include "api/problem.h"
#include "base/json.h"
#include "domain/money.h"

enum { NAME_CHARS_MAX = 255, DESCRIPTION_CHARS_MAX = 500, EMAIL_CHARS_MAX = 254, ADDRESS_CHARS_MAX = 500 };

/* A text for people or a name of the merchant's own: from `least` to `most` characters, none that controls a terminal or
 * the direction of writing, and no card number. The text is valid UTF-8. */
enum problem_code value_check_text(str text, size_t least, size_t most);
enum problem_code value_text(const struct json *value, size_t least, size_t most, str *out);

/* An address as mail programs take it: one "@" with something before it and a name with a point behind it; at most 254 characters. */
enum problem_code value_email(const struct json *value, str *out);

/* Where a browser may be sent: https, or http on this very machine; at most 500 characters of printable ASCII. */
enum problem_code value_web_address(const struct json *value, str *out);

/* Whole minor units, 1 to MONEY_MINOR_MAX. */
enum problem_code value_amount(const struct json *value, int64_t *out);
enum problem_code value_currency(const struct json *value, currency *out);

/* An object of texts, in its canonical form. */
enum problem_code value_metadata(struct arena *arena, const struct json *value, str *out);

#endif
