/* SPDX-License-Identifier: Apache-2.0 */
/* fingerprint: tells whether two requests with one key want the same. */
#ifndef FLORIN_API_FINGERPRINT_H
#define FLORIN_API_FINGERPRINT_H

#include "base/hash.h"
#include "base/json.h"
#include "world/http.h"

/* Hex. Covers method, path, API version and the body as JSON (NULL: {}), in which card.number counts by its own keyed hash
 * and card.cvv not at all. */
str fingerprint_of(struct arena *arena, const struct hash *secret, const struct http_request *request, const struct json *body);

#endif
