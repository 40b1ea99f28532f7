/* SPDX-License-Identifier: Apache-2.0 */
/* call: a request of ours on its way to a processor. */
#ifndef FLORIN_FLOW_CALL_H
#define FLORIN_FLOW_CALL_H

#include "flow/flows.h"
#include "world/http_client.h"

/* A call of that processor: address, times, and the headers that every one carries. Who we are is added here and stands in no frozen
 * bytes, so that a key which is changed holds for tries that wait, too. `token` is that of the session, where one is needed. Texts live in
 * the arena, as will the answer. */
struct http_call call_to(const struct processor_settings *settings, const char *token, const struct processor_request *request,
                         struct arena *arena);

/* The same without who we are, and without a word on what its body is. */
struct http_call call_without_credential(const struct processor_settings *settings, const struct processor_request *request,
                                         struct arena *arena);

/* At most HTTP_CALL_HEADERS_MAX. The texts are the caller's. */
void call_add_header(struct http_call *call, const char *name, str value);

#endif
