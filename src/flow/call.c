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

struct http_call call_without_credential(const struct processor_settings *settings, const struct processor_request *request,
                                         struct arena *arena)
{
    return (struct http_call){
        .method = request->method,
        .url = arena_format(arena, "%s%.*s", settings->url, STR_FORMAT(request->path)).bytes,
        .body = request->body,
        .timeout = settings->timeout,
        .connect_timeout = settings->connect_timeout,
        .ca_file = settings->ca_file,
        .arena = arena,
    };
}

static void add_credential(struct http_call *call, const struct processor_settings *settings, const char *token)
{
    enum processor_credential credential = settings->processor->credential;
    if (credential == CREDENTIAL_NONE) return;
    const char *word = credential == CREDENTIAL_CLIENT ? token : settings->keys.secret_key;
    call_add_header(call, "Authorization", arena_format(call->arena, "Bearer %s", word));
}

struct http_call call_to(const struct processor_settings *settings, const char *token, const struct processor_request *request,
                         struct arena *arena)
{
    const struct processor *processor = settings->processor;
    struct http_call call = call_without_credential(settings, request, arena);
    if (request->body.length > 0) call_add_header(&call, "Content-Type", str_of(processor->content_type));
    add_fixed(&call, processor);
    add_credential(&call, settings, token);
    return call;
}
