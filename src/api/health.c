/* SPDX-License-Identifier: Apache-2.0 */
/* health: is it alive, does it take payments, how is it doing. */
#include "api/call.h"
#include "api/measures.h"
#include "base/metric.h"

enum { METRICS_BYTES = 64 * 1024 };

void get_healthz(struct api_call *call)
{
    call_answer_json(call, 200, STR("{\"status\":\"ok\"}"));
}

static bool is_store_away(const struct api_options *options)
{
    return options->store_is_away && options->store_is_away(options->store_is_away_context);
}

/* Cards are stored and cannot be opened. All else goes on, so this is no reason to send callers elsewhere. */
static bool is_sealed(const struct api *api)
{
    struct safe_view view = { 0 };
    if (api->options.safe) safe_look(api->options.safe, &view);
    return view.state == SAFE_SEALED;
}

void get_readyz(struct api_call *call)
{
    struct flows_view view;
    flows_look(call->api->options.flows, &view);
    if (call->api->stopping) call_refuse(call, PROBLEM_SHUTTING_DOWN);
    else if (!view.recovered || !view.has_lease || is_store_away(&call->api->options)) call_refuse(call, PROBLEM_NOT_READY);
    else call_answer_json(call, 200, is_sealed(call->api) ? STR("{\"status\":\"ready\",\"vault\":\"sealed\"}") : STR("{\"status\":\"ready\"}"));
}

/* ---- GET /metrics ---- */

static void count_open(struct api_call *call, struct store *store)
{
    store_count_open(store, call->api->options.merchant, call->with);
}

/* A store that cannot be read is no reason to say nothing. */
static void answer_metrics(struct work *work)
{
    struct api_call *call = call_of_work(work);
    const struct api_options *options = &call->api->options;
    struct measures_now now = {
        .open = work->result == WORK_DONE ? call->with : NULL,
        .pending = call->api->pending,
        .store_queue = options->store_queue ? options->store_queue(options->store_queue_context) : 0,
        .at = world_now(options->world),
    };
    flows_look(options->flows, &now.flows);
    if (options->safe) safe_look(options->safe, &now.vault);
    measures_gather(&now);

    struct text body = text_open(call->arena, METRICS_BYTES);
    metric_put_all(&body);
    struct http_answer answer = { .status = 200, .content_type = STR("text/plain; version=0.0.4"), .body = text_str(&body) };
    call_answer(call, &answer);
}

void get_metrics(struct api_call *call)
{
    call->with = arena_take(call->arena, sizeof(struct open_count));
    call_ask_then(call, count_open, answer_metrics);
}
