/* SPDX-License-Identifier: Apache-2.0 */
/* api: from a request to the function that answers it. */
#include <stdlib.h>

#include "api/call.h"
#include "api/caller.h"
#include "api/gate.h"
#include "api/idempotency_key.h"
#include "api/measures.h"
#include "api/read_request.h"
#include "base/log.h"

struct api *api_open(const struct api_options *options)
{
    struct api *api = memory_take(sizeof *api);
    api->options = *options;
    api->card = card_take();
    measures_register();
    return api;
}

void api_close(struct api *api)
{
    if (!api) return;
    INSIST(api->pending == 0);
    card_give_back(api->card);
    arena_close(&api->reading);
    secret_wipe(api, sizeof *api);
    free(api);
}

void api_stop_taking(struct api *api) { api->stopping = true; }

size_t api_pending(const struct api *api) { return api->pending; }

/* ---- requests ---- */

static enum problem_code find_endpoint(struct api_call *call, enum door door)
{
    const struct http_request *request = &call->exchange->request;
    struct path_params params;
    if (!request_address_is_fine(call->arena, request)) return PROBLEM_MALFORMED_REQUEST;
    enum problem_code wrong = endpoint_find(call->arena, door, request->method, request->path, &call->endpoint, &params, &call->allow);
    /* Whoever writes card numbers into addresses has to hear of that first. */
    if (wrong != PROBLEM_NONE && request_address_has_card(call->arena, request)) return PROBLEM_CARD_DATA_IN_URL;
    if (wrong != PROBLEM_NONE) return wrong;
    bool are_decoded = http_decode(call->arena, params.values[0], false, &call->param) &&
                       http_decode(call->arena, params.values[1], false, &call->second_param);
    return are_decoded ? PROBLEM_NONE : PROBLEM_MALFORMED_REQUEST;
}

static enum problem_code check_caller(struct api_call *call)
{
    const struct gate *gate = call->api->options.gate;
    const struct http_request *request = &call->exchange->request;
    const struct api_key *who;
    if (call->endpoint->scope == SCOPE_NONE) return PROBLEM_NONE;
    if (!gate) return caller_is_local(request) ? PROBLEM_NONE : PROBLEM_AUTHENTICATION_REQUIRED;
    enum problem_code wrong = gate_check(gate, request, call->endpoint->scope, &who);
    if (who) call->who = arena_copy(call->arena, str_of(who->id));
    call->is_public = who && who->is_publishable;
    return wrong;
}

/* Each refusal is counted in the metrics; the log tells when it begins and ends. */
static void log_shedding(bool sheds, size_t queue)
{
    if (sheds) log_warn("more new payments come than can be taken; refusing what is too much", LOG_NUMBER("store_queue", (int64_t)queue));
    else log_info("all new payments are taken again", LOG_NUMBER("store_queue", (int64_t)queue));
}

/* More new payments come than the store can take; what was begun before goes on. */
static bool is_shed(struct api *api)
{
    const struct api_options *options = &api->options;
    bool shed_before = api->shedding.sheds;
    if (!options->store_queue) return false;
    size_t queue = options->store_queue(options->store_queue_context);
    bool refuses = shedding_refuses(&api->shedding, queue, world_monotonic(options->world));
    if (api->shedding.sheds != shed_before) log_shedding(!shed_before, queue);
    return refuses;
}

/* A repeat of a new payment that is running here joins it: nothing begins, and one look into a table tells. Which other keys have been
 * used, the store alone knows, and to ask it is what shedding spares it: those repeats are refused like new ones, and come again. */
static bool joins(const struct api_call *call)
{
    str key;
    if (!call->endpoint->begins || idempotency_key_read(call->arena, &call->exchange->request, &key) != PROBLEM_NONE) return false;
    return flows_are_running(call->api->options.flows, call_scope(call), key);
}

/* Are more unanswered than that share of what may be? */
static bool is_above(const struct api *api, int per_cent)
{
    return per_cent > 0 && api->pending > api->options.requests_max * (size_t)per_cent / 100;
}

/* A full house refuses, and keeps what it accepted. */
static enum problem_code admit(struct api_call *call)
{
    struct api *api = call->api;
    const struct endpoint *endpoint = call->endpoint;
    if (api->stopping && endpoint->body != BODY_NONE) return PROBLEM_SHUTTING_DOWN;
    bool is_full = is_above(api, endpoint->load_max);
    bool refuses = is_full || (endpoint->begins && is_shed(api));
    if (!refuses || (joins(call) && !is_above(api, 100))) return PROBLEM_NONE;
    call->is_shed = !is_full;
    return PROBLEM_OVERLOADED;
}

static void serve(struct api *api, enum door door, struct http_exchange *exchange)
{
    struct api_call *call = call_open(api, exchange);
    enum problem_code wrong = find_endpoint(call, door);
    if (wrong == PROBLEM_NONE) wrong = check_caller(call);
    if (wrong == PROBLEM_NONE) wrong = admit(call);
    if (wrong == PROBLEM_NONE) wrong = request_read(call);
    if (wrong != PROBLEM_NONE) call_refuse(call, wrong);
    else call->endpoint->handle(call);
    arena_reset(&api->reading);
}

void api_handle(void *api, struct http_exchange *exchange) { serve(api, DOOR_MERCHANTS, exchange); }

void api_handle_control(void *api, struct http_exchange *exchange) { serve(api, DOOR_OPERATOR, exchange); }

/* ---- what could not be read ---- */

static const enum problem_code fault_problems[] = {
    [HTTP_FAULT_MALFORMED] = PROBLEM_MALFORMED_REQUEST,
    [HTTP_FAULT_URI_TOO_LONG] = PROBLEM_URI_TOO_LONG,
    [HTTP_FAULT_HEADERS_TOO_LARGE] = PROBLEM_HEADERS_TOO_LARGE,
    [HTTP_FAULT_BODY_TOO_LARGE] = PROBLEM_CONTENT_TOO_LARGE,
    [HTTP_FAULT_LENGTH_REQUIRED] = PROBLEM_LENGTH_REQUIRED,
    [HTTP_FAULT_TIMEOUT] = PROBLEM_REQUEST_TIMEOUT,
    [HTTP_FAULT_NOT_IMPLEMENTED] = PROBLEM_NOT_IMPLEMENTED,
    [HTTP_FAULT_VERSION] = PROBLEM_HTTP_VERSION_NOT_SUPPORTED,
    [HTTP_FAULT_EXPECTATION] = PROBLEM_EXPECTATION_FAILED,
    [HTTP_FAULT_BUSY] = PROBLEM_OVERLOADED,
};

void api_refuse(void *api, enum http_fault fault, struct arena *arena, struct http_answer *answer)
{
    call_refuse_unread(api, fault_problems[fault], arena, answer);
}
