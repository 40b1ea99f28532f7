/* SPDX-License-Identifier: Apache-2.0 */
/* naming: every request has a name of its own and belongs to a trace, so that it can be followed from door to door. */
#ifndef FLORIN_API_NAMING_H
#define FLORIN_API_NAMING_H

#include "world/http.h"
#include "world/world.h"

/* The client's X-Request-Id when it is a sane one (at most 64 letters, digits and . _ -), else "req_..." */
str name_request(struct world *world, struct arena *arena, const struct http_request *request);

/* A new name; for requests that could not be read. */
str name_unread(struct world *world, struct arena *arena);

/* W3C Trace Context: the client's traceparent goes on with a span of ours; without a valid one a trace begins here. */
str name_trace(struct world *world, struct arena *arena, const struct http_request *request);

/* The part of a traceparent that all spans of a trace share. */
str trace_id_of(str trace);

#endif
