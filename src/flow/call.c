/* SPDX-License-Identifier: Apache-2.0 */
/* call: a request of ours on its way to a processor: where to, and what every one carries. */
#include "flow/call.h"

void call_add_header(struct http_call *call, const char *name, str value)
{
    INSIST(call->header_count < HTTP_CALL_HEADERS_MAX);
    call->headers[call->header_count++] = (struct http_header){ str_of(name), value };
}

static void add_fixed(struct http_call *call, const struct processor *processor)
{
    for (size_t i = 0; i < PROCESSOR_HEADERS_MAX && processor->headers[i].name; i++) {
        call_add_header(call, processor->headers[i].name, str_of(processor->headers[i].value));
    }
}

struct http_call call_to(const struct processor_settings *settings, const struct processor_request *request, struct arena *arena)
{
    const struct processor *processor = settings->processor;
    struct http_call call = {
        .method = request->method,
        .url = arena_format(arena, "%s%.*s", settings->url, STR_FORMAT(request->path)).bytes,
        .body = request->body,
        .timeout = settings->timeout,
        .connect_timeout = settings->connect_timeout,
        .ca_file = settings->ca_file,
        .arena = arena,
    };
    if (request->body.length > 0) call_add_header(&call, "Content-Type", str_of(processor->content_type));
    add_fixed(&call, processor);
    if (processor->credential == CREDENTIAL_BEARER) {
        call_add_header(&call, "Authorization", arena_format(arena, "Bearer %s", settings->keys.secret_key));
    }
    return call;
}
