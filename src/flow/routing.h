/* SPDX-License-Identifier: Apache-2.0 */
/* routing: facts for route_decide, gathered in the same way for a payment that comes and for one of the past. */
#ifndef FLORIN_FLOW_ROUTING_H
#define FLORIN_FLOW_ROUTING_H

#include "domain/route.h"
#include "processor/processor.h"

/* A processor that rules may name, as far as its own record tells. */
struct route_candidate route_candidate_of(const struct processor *processor, bool is_set_up);

/* The members of a payment's metadata, which is a JSON object of texts. */
const struct route_member *route_members(struct arena *arena, str metadata, size_t *count);

#endif
