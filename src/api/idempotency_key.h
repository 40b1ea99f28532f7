/* SPDX-License-Identifier: Apache-2.0 */
/* idempotency_key: the name by which a merchant knows one wish, however often he sends it. */
#ifndef FLORIN_API_IDEMPOTENCY_KEY_H
#define FLORIN_API_IDEMPOTENCY_KEY_H

#include "api/problem.h"
#include "world/http.h"

/* The header Idempotency-Key, once: 1 to 255 visible ASCII characters, bare (then without the characters that mean something
 * in a structured field: quote, comma, semicolon, backslash) or as a quoted string (RFC 8941). Both spellings of one key come
 * out alike. */
enum problem_code idempotency_key_read(struct arena *arena, const struct http_request *request, str *key);

#endif
