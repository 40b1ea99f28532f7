/* SPDX-License-Identifier: Apache-2.0 */
/* read_request: what must be right about a request before its meaning is looked at. */
#ifndef FLORIN_API_READ_REQUEST_H
#define FLORIN_API_READ_REQUEST_H

#include "api/call.h"

/* Path and query can be decoded and lead nowhere else. */
bool request_address_is_fine(struct arena *arena, const struct http_request *request);

/* A card number stands in it. */
bool request_address_has_card(struct arena *arena, const struct http_request *request);

/* Headers, idempotency key, address, body, in this order: the first thing that is wrong. Fills in call->key and call->body. */
enum problem_code request_read(struct api_call *call);

#endif
