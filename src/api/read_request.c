/* SPDX-License-Identifier: Apache-2.0 */
/* read_request: media types, card numbers in addresses, the body as JSON. What a client learns first stands first. */
#include "api/read_request.h"

#include "api/idempotency_key.h"
#include "api/media.h"
#include "domain/card.h"

/* ---- the address ---- */

static bool has_dot_segment(str path)
{
    while (path.length > 0) {
        str segment = str_cut(path, '/', &path);
        if (str_equal(segment, STR(".")) || str_equal(segment, STR(".."))) return true;
    }
    return false;
}

bool request_address_is_fine(struct arena *arena, const struct http_request *request)
{
    str path, query;
    if (!http_decode(arena, request->path, false, &path) || has_dot_segment(path)) return false;
    return http_decode(arena, request->query, true, &query);
}

bool request_address_has_card(struct arena *arena, const struct http_request *request)
{
    str path, query;
    if (!http_decode(arena, request->path, false, &path) || !http_decode(arena, request->query, true, &query)) return true;
    return card_is_in(path) || card_is_in(query);
}

/* ---- headers ---- */

static bool needs_body_headers(const struct api_call *call)
{
    if (call->endpoint->body == BODY_NONE || call->endpoint->body == BODY_RAW) return false;
    return call->endpoint->body == BODY_JSON || call->exchange->request.body.length > 0;
}

static enum problem_code check_headers(const struct api_call *call)
{
    const struct http_request *request = &call->exchange->request;
    /* Where a body may be absent, a request without a length has none (RFC 9112, 6.3), as curl sends it. */
    if (call->endpoint->body == BODY_JSON && !request->has_body) return PROBLEM_LENGTH_REQUIRED;
    if (needs_body_headers(call) && !media_is_json(request)) return PROBLEM_UNSUPPORTED_MEDIA_TYPE;
    if (call->endpoint->answers_json && !media_accepts_json(request)) return PROBLEM_NOT_ACCEPTABLE;
    return PROBLEM_NONE;
}

/* ---- the body ---- */

static const enum problem_code json_problems[] = {
    [JSON_FINE] = PROBLEM_NONE,
    [JSON_INVALID] = PROBLEM_JSON_INVALID,
    [JSON_TOO_DEEP] = PROBLEM_JSON_TOO_DEEP,
    [JSON_TOO_LARGE] = PROBLEM_JSON_TOO_LARGE,
    [JSON_DUPLICATE_NAME] = PROBLEM_JSON_DUPLICATE_NAME,
    [JSON_INVALID_TEXT] = PROBLEM_JSON_INVALID_TEXT,
};

static enum problem_code read_body(struct api_call *call)
{
    str body = call->exchange->request.body;
    bool may_be_empty = call->endpoint->body != BODY_JSON, is_read = call->endpoint->body != BODY_NONE && call->endpoint->body != BODY_RAW;
    if (!is_read || (may_be_empty && body.length == 0)) return PROBLEM_NONE;
    enum json_problem problem = json_read(&call->api->reading, body, &call->body);
    if (problem != JSON_FINE) return json_problems[problem];
    return json_kind_of(call->body) == JSON_OBJECT ? PROBLEM_NONE : PROBLEM_JSON_INVALID;
}

enum problem_code request_read(struct api_call *call)
{
    const struct http_request *request = &call->exchange->request;
    enum problem_code wrong = check_headers(call);
    if (wrong == PROBLEM_NONE && call->endpoint->needs_key) wrong = idempotency_key_read(call->arena, request, &call->key);
    if (wrong == PROBLEM_NONE && request_address_has_card(call->arena, request)) wrong = PROBLEM_CARD_DATA_IN_URL;
    if (wrong == PROBLEM_NONE && call->endpoint->needs_key && request->query.length > 0) wrong = PROBLEM_PARAM_UNKNOWN;
    if (wrong == PROBLEM_NONE) wrong = read_body(call);
    return wrong;
}
