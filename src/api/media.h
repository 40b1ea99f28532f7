/* SPDX-License-Identifier: Apache-2.0 */
/* media: do a request's headers say JSON (RFC 9110, sections 8.3 and 12.5.1)? */
#ifndef FLORIN_API_MEDIA_H
#define FLORIN_API_MEDIA_H

#include "world/http.h"

/* Content-Type is application/json, in UTF-8 where it says so, and nothing is encoded. */
bool media_is_json(const struct http_request *request);

/* Accept admits application/json, or there is none. */
bool media_accepts_json(const struct http_request *request);

#endif
