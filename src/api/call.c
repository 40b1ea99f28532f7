/* SPDX-License-Identifier: Apache-2.0 */
/* call: opens, answers, counts and logs requests. Bodies are never logged. */
#include "api/call.h"

#include "api/measures.h"
#include "api/naming.h"
#include "base/log.h"

enum { PROBLEM_BYTES = 768, SECONDS_CHARS = 24 };

struct api_call *call_open(struct api *api, struct http_exchange *exchange)
{
    struct api_call *call = arena_take(exchange->arena, sizeof *call);
    call->api = api;
    call->exchange = exchange;
    call->arena = exchange->arena;
    call->request_id = name_request(api->options.world, exchange->arena, &exchange->request);
    call->trace = name_trace(api->options.world, exchange->arena, &exchange->request);
    api->pending++;
    return call;
}

/* ---- what every answer has ---- */

/* Health checks come every second and say the same each time; so do refusals under a load that is too high, by the ten thousand. */
static enum log_level level_of(const struct api_call *call, int status)
{
    bool is_routine = call->is_shed || (call->endpoint && call->endpoint->load_max == 0 && status < 400);
    return is_routine ? LOG_DEBUG : LOG_INFO;
}

/* The route and not the path: a path may hold names of customers. */
static void log_answer(const struct api_call *call, int status, micros duration)
{
    log_write(level_of(call, status), "request",
              LOG_TEXT("method", call->exchange->request.method),
              LOG_TEXT("route", call->endpoint ? str_of(call->endpoint->path) : STR_NONE),
              LOG_NUMBER("status", status),
              LOG_NUMBER("duration_us", duration),
              LOG_TEXT("key_id", call->who.length > 0 ? call->who : STR_NONE),
              LOG_TEXT("request_id", call->request_id),
              LOG_TEXT("trace_id", trace_id_of(call->trace)));
}

static void put_safety(struct http_answer *answer, str request_id)
{
    http_answer_header(answer, STR("X-Request-Id"), request_id);
    http_answer_header(answer, STR("X-Content-Type-Options"), STR("nosniff"));
    http_answer_header(answer, STR("Cache-Control"), STR("no-store"));
}

static void put_retry_after(struct http_answer *answer, struct arena *arena, int64_t seconds)
{
    struct text text = text_open(arena, SECONDS_CHARS);
    if (seconds <= 0) return;
    text_put_int(&text, seconds);
    http_answer_header(answer, STR("Retry-After"), text_str(&text));
}

void call_answer(struct api_call *call, struct http_answer *answer)
{
    micros duration = world_monotonic(call->api->options.world) - call->exchange->request.received_at;
    put_safety(answer, call->request_id);
    measure_answer(call->endpoint, answer->status, duration);
    log_answer(call, answer->status, duration);
    call->api->pending--;
    http_answer(call->exchange, answer);
}

void call_answer_json(struct api_call *call, int status, str body)
{
    struct http_answer answer = { .status = status, .content_type = STR("application/json"), .body = body };
    call_answer(call, &answer);
}

/* ---- problems ---- */

static struct http_answer problem_answer(struct arena *arena, const struct problem *problem)
{
    const struct problem_kind *kind = problem_kind_of(problem->code);
    struct text body = text_open(arena, PROBLEM_BYTES);
    problem_put(&body, problem);
    struct http_answer answer = { .status = kind->status, .content_type = STR("application/problem+json"), .body = text_str(&body) };
    put_retry_after(&answer, arena, kind->retry_after_s);
    return answer;
}

static void refuse(struct api_call *call, const struct problem *problem)
{
    struct http_answer answer = problem_answer(call->arena, problem);
    if (problem->code == PROBLEM_METHOD_NOT_ALLOWED) http_answer_header(&answer, STR("Allow"), call->allow);
    if (problem_kind_of(problem->code)->status == 401) http_answer_header(&answer, STR("WWW-Authenticate"), STR("Bearer"));
    answer.close = problem->code == PROBLEM_LENGTH_REQUIRED; /* what follows may be the body that it did not announce */
    call_answer(call, &answer);
}

void call_refuse(struct api_call *call, enum problem_code code)
{
    refuse(call, &(struct problem){ .code = code, .request_id = call->request_id });
}

void call_refuse_errors(struct api_call *call, const struct reading *reading)
{
    refuse(call, &(struct problem){ .code = reading->errors[0].code,
                                    .request_id = call->request_id,
                                    .errors = reading->errors,
                                    .error_count = reading->error_count });
}

void call_refuse_unread(struct api *api, enum problem_code code, struct arena *arena, struct http_answer *answer)
{
    str request_id = name_unread(api->options.world, arena);
    *answer = problem_answer(arena, &(struct problem){ .code = code, .request_id = request_id });
    put_safety(answer, request_id);
    measure_answer(NULL, answer->status, 0);
    log_info("request refused", LOG_TEXT("code", str_of(problem_kind_of(code)->word)), LOG_NUMBER("status", answer->status),
             LOG_TEXT("request_id", request_id));
}

/* ---- the flows' answers ---- */

static void take_reply(struct waiter *waiter, const struct reply *reply)
{
    struct api_call *call = CONTAINER_OF(waiter, struct api_call, waiter);
    struct http_answer answer = {
        .status = reply->status,
        .content_type = reply->status < 400 ? STR("application/json") : STR("application/problem+json"),
        .body = reply->body,
    };
    if (reply->replayed) http_answer_header(&answer, STR("Idempotent-Replayed"), STR("true"));
    put_retry_after(&answer, call->arena, reply->retry_after_s);
    call_answer(call, &answer);
}

void call_wait(struct api_call *call) { call->waiter.answered = take_reply; }

str call_scope(const struct api_call *call)
{
    return call->is_public ? STR("public") : STR("core"); /* nobody takes up the keys of the merchant's own requests */
}

struct request_name call_name(struct api_call *call, str fingerprint)
{
    return (struct request_name){
        .form = &api_core_form,
        .scope = call_scope(call),
        .key = call->key,
        .fingerprint = fingerprint,
        .request_id = call->request_id,
        .trace = call->trace,
    };
}

/* ---- questions ---- */

static void run_question(struct work *work, void *on)
{
    struct api_call *call = call_of_work(work);
    call->found_wrong = PROBLEM_NONE;
    call->look(call, on);
}

static void answer_question(struct work *work)
{
    struct api_call *call = call_of_work(work);
    if (work->result != WORK_DONE) call_refuse(call, PROBLEM_STORAGE_UNAVAILABLE);
    else if (call->found_wrong != PROBLEM_NONE) call_refuse(call, call->found_wrong);
    else call_answer_json(call, 200, call->found_body);
}

void call_ask_then(struct api_call *call, void (*look)(struct api_call *call, struct store *store), void (*done)(struct work *work))
{
    call->look = look;
    call->work.run = run_question;
    call->work.done = done;
    world_ask(call->api->options.world, &call->work);
}

void call_ask(struct api_call *call, void (*look)(struct api_call *call, struct store *store))
{
    call_ask_then(call, look, answer_question);
}
