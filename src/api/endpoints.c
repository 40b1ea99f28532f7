/* SPDX-License-Identifier: Apache-2.0 */
/* endpoints: the table of everything that can be asked, and the search in it. */
#include "api/api.h"
#include "api/endpoints.h"

enum { KEY = true, NO_KEY = false, BEGINS = true, OTHER = false, JSON = true, TEXT = false };

/* Under load the lists and new payments are refused first: a fifth is kept for finishing what was begun.
 * The API description lists the merchants' part of it, and a test compares them. */
/* clang-format off */
static const struct endpoint endpoints[] = {
    /* door           scope         method    path                          handler             key     body                begins  load  answer */
    { DOOR_MERCHANTS, SCOPE_PAY,      "POST", "/v1/payments",               payments_authorize, KEY,    BODY_JSON,          BEGINS,   80, JSON },
    { DOOR_MERCHANTS, SCOPE_PAY,      "POST", "/v1/payments/{id}/capture",  payments_capture,   KEY,    BODY_JSON_OR_EMPTY, OTHER,   100, JSON },
    { DOOR_MERCHANTS, SCOPE_PAY,      "POST", "/v1/payments/{id}/void",     payments_void,      KEY,    BODY_JSON_OR_EMPTY, OTHER,   100, JSON },
    { DOOR_MERCHANTS, SCOPE_REFUND,   "POST", "/v1/payments/{id}/refund",   payments_refund,    KEY,    BODY_JSON_OR_EMPTY, OTHER,   100, JSON },
    { DOOR_MERCHANTS, SCOPE_PAY,      "POST", "/v1/payments/{id}/review",   payments_review,    KEY,    BODY_JSON,          OTHER,   100, JSON },
    { DOOR_MERCHANTS, SCOPE_READ,     "GET",  "/v1/payments",               list_payments,      NO_KEY, BODY_NONE,          OTHER,    80, JSON },
    { DOOR_MERCHANTS, SCOPE_READ,     "GET",  "/v1/payments/{id}",          get_payment,        NO_KEY, BODY_NONE,          OTHER,   100, JSON },
    { DOOR_MERCHANTS, SCOPE_READ,     "GET",  "/v1/payments/{id}/events",   list_events,        NO_KEY, BODY_NONE,          OTHER,    80, JSON },
    { DOOR_MERCHANTS, SCOPE_NONE,     "GET",  "/v1/payments/{id}/return",   take_payer_back,    NO_KEY, BODY_NONE,          OTHER,   100, TEXT },
    { DOOR_MERCHANTS, SCOPE_READ,     "GET",  "/v1/orders/{order_id}",      get_order,          NO_KEY, BODY_NONE,          OTHER,   100, JSON },
    { DOOR_MERCHANTS, SCOPE_TOKENIZE, "POST", "/v1/tokens",                 tokens_make,        KEY,    BODY_JSON,          BEGINS,   80, JSON },
    { DOOR_MERCHANTS, SCOPE_READ,     "GET",  "/v1/tokens/{id}",            get_token,          NO_KEY, BODY_NONE,          OTHER,   100, JSON },
    { DOOR_MERCHANTS, SCOPE_PAY,      "DELETE", "/v1/tokens/{id}",          tokens_delete,      NO_KEY, BODY_NONE,          OTHER,   100, JSON },
    { DOOR_MERCHANTS, SCOPE_NONE,     "POST", "/v1/notices/{processor}/{account}", take_notice, NO_KEY, BODY_RAW,           OTHER,   100, TEXT },
    { DOOR_MERCHANTS, SCOPE_READ,     "GET",  "/v1/processors",             list_processors,    NO_KEY, BODY_NONE,          OTHER,   100, JSON },
    { DOOR_MERCHANTS, SCOPE_NONE,     "GET",  "/healthz",                   get_healthz,        NO_KEY, BODY_NONE,          OTHER,     0, TEXT },
    { DOOR_MERCHANTS, SCOPE_NONE,     "GET",  "/readyz",                    get_readyz,         NO_KEY, BODY_NONE,          OTHER,     0, TEXT },
    { DOOR_MERCHANTS, SCOPE_NONE,     "GET",  "/metrics",                   get_metrics,        NO_KEY, BODY_NONE,          OTHER,     0, TEXT },
    { DOOR_MERCHANTS, SCOPE_NONE,     "GET",  "/openapi.json",              get_openapi,        NO_KEY, BODY_NONE,          OTHER,   100, TEXT },
    { DOOR_MERCHANTS, SCOPE_NONE,     "GET",  "/docs",                      get_docs,           NO_KEY, BODY_NONE,          OTHER,   100, TEXT },
    { DOOR_MERCHANTS, SCOPE_NONE,     "GET",  "/problems/{code}",           get_problem,        NO_KEY, BODY_NONE,          OTHER,   100, JSON },
    { DOOR_OPERATOR,  SCOPE_NONE,     "GET",  "/reviews",                   list_reviews,       NO_KEY, BODY_NONE,          OTHER,     0, JSON },
    { DOOR_OPERATOR,  SCOPE_NONE,     "POST", "/operations/{id}/settle",    settle_operation,   NO_KEY, BODY_JSON,          OTHER,     0, JSON },
    { DOOR_OPERATOR,  SCOPE_NONE,     "GET",  "/keys",                      list_keys,          NO_KEY, BODY_NONE,          OTHER,     0, JSON },
    { DOOR_OPERATOR,  SCOPE_NONE,     "POST", "/keys",                      make_key,           NO_KEY, BODY_JSON,          OTHER,     0, JSON },
    { DOOR_OPERATOR,  SCOPE_NONE,     "POST", "/keys/{id}/revoke",          revoke_key,         NO_KEY, BODY_JSON_OR_EMPTY, OTHER,     0, JSON },
    { DOOR_OPERATOR,  SCOPE_NONE,     "GET",  "/vault",                     get_vault,          NO_KEY, BODY_NONE,          OTHER,     0, JSON },
    { DOOR_OPERATOR,  SCOPE_NONE,     "POST", "/vault/unlock",              unlock_vault,       NO_KEY, BODY_JSON,          OTHER,     0, JSON },
    { DOOR_OPERATOR,  SCOPE_NONE,     "POST", "/vault/rotate",              rotate_vault,       NO_KEY, BODY_JSON,          OTHER,     0, JSON },
};
/* clang-format on */

const struct endpoint *endpoint_all(size_t *count)
{
    *count = COUNT_OF(endpoints);
    return endpoints;
}

/* How many bytes stand for a {name} at the start: up to the next slash. */
static size_t segment_length(str path)
{
    str rest;
    return str_cut(path, '/', &rest).length;
}

/* Steps through pattern and path together; a {name} takes a segment that is not empty. */
static bool path_fits(const char *pattern, str path, struct path_params *params)
{
    size_t count = 0;
    *params = (struct path_params){ 0 };
    while (*pattern) {
        if (*pattern == '{') {
            str param = { path.bytes, segment_length(path) };
            if (param.length == 0) return false;
            params->values[count++] = param;
            path = str_from(path, param.length);
            while (*pattern++ != '}') {}
        } else {
            if (path.length == 0 || path.bytes[0] != *pattern++) return false;
            path = str_from(path, 1);
        }
    }
    return path.length == 0;
}

static void put_allowed(struct text *allow, const char *method)
{
    if (allow->length > 0) text_put(allow, STR(", "));
    text_put(allow, str_of(method));
    if (str_equal(str_of(method), STR("GET"))) text_put(allow, STR(", HEAD"));
}

/* Methods that no path has. */
static bool is_never_allowed(str method)
{
    return str_equal(method, STR("TRACE")) || str_equal(method, STR("CONNECT")) || str_equal(method, STR("OPTIONS"));
}

enum problem_code endpoint_find(struct arena *arena, enum door door, str method, str path, const struct endpoint **found,
                                struct path_params *params, str *allow)
{
    struct text allowed = text_open(arena, 0);
    str asked = str_equal(method, STR("HEAD")) ? STR("GET") : method;
    for (size_t i = 0; i < COUNT_OF(endpoints); i++) {
        if (endpoints[i].door != door || !path_fits(endpoints[i].path, path, params)) continue;
        *found = &endpoints[i];
        if (str_equal(asked, str_of(endpoints[i].method))) return PROBLEM_NONE;
        put_allowed(&allowed, endpoints[i].method);
    }
    *found = NULL;
    *allow = allowed.length > 0 ? text_str(&allowed) : STR("GET, HEAD, POST");
    return allowed.length > 0 || is_never_allowed(method) ? PROBLEM_METHOD_NOT_ALLOWED : PROBLEM_NOT_FOUND;
}

size_t api_body_bytes_max(const struct http_request *request)
{
    struct path_params params;
    for (size_t i = 0; i < COUNT_OF(endpoints); i++) {
        if (endpoints[i].body != BODY_RAW || !str_equal(request->method, str_of(endpoints[i].method))) continue;
        if (path_fits(endpoints[i].path, request->path, &params)) return NOTICE_BYTES_MAX;
    }
    return HTTP_BODY_BYTES_MAX;
}
