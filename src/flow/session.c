/* SPDX-License-Identifier: Apache-2.0 */
/* session: fetched when it is needed, given up some minutes before its end, or when it was not taken. */
#include "flow/session.h"

#include "base/json.h"
#include "base/log.h"
#include "flow/call.h"

/* Clocks differ, and a call takes its time. */
#define END_EARLY (INT64_C(300) * MICROS_PER_SECOND)

static bool needs_token(const struct session *session) { return session->settings->processor->credential == CREDENTIAL_CLIENT; }

void session_open(struct session *session, struct world *world, const struct processor_settings *settings)
{
    session->world = world;
    session->settings = settings;
}

void session_drop(struct session *session) { secret_wipe(session->token, sizeof session->token); }

void session_close(struct session *session)
{
    session_drop(session);
    arena_close(&session->arena);
}

bool session_is_good(const struct session *session)
{
    return !needs_token(session) || (session->token[0] && world_monotonic(session->world) < session->good_until);
}

const char *session_token(const struct session *session) { return session->token; }

/* ---- fetching ---- */

static void tell_all(struct session *session)
{
    bool is_good = session_is_good(session);
    struct session_waiter *waiter = session->waiters;
    session->waiters = NULL;
    while (waiter) {
        struct session_waiter *next = waiter->next;
        waiter->waits = false;
        waiter->ready(waiter, is_good);
        waiter = next;
    }
}

static bool read_token(struct session *session)
{
    const struct json *body = NULL;
    int64_t seconds;
    if (session->call.result != HTTP_CALL_ANSWERED || session->call.status != 200) return false;
    if (json_read(&session->arena, session->call.answer_body, &body) != JSON_FINE) return false;
    bool is_told = json_int64(json_find(body, "expires_in"), &seconds) && seconds > 0 && seconds < INT32_MAX;
    if (!is_told || !str_copy_to(json_string(json_find(body, "access_token")), session->token, sizeof session->token)) return false;
    micros span = seconds * MICROS_PER_SECOND;
    session->good_until = world_monotonic(session->world) + (span > 2 * END_EARLY ? span - END_EARLY : span / 2);
    return session->token[0] != 0;
}

static void fetched(struct http_call *call)
{
    struct session *session = CONTAINER_OF(call, struct session, call);
    session->is_fetching = false;
    if (!read_token(session)) {
        log_error("no access token could be had", LOG_TEXT("processor", str_of(session->settings->processor->name)),
                  LOG_NUMBER("status", call->status), LOG_TEXT("problem", str_of(call->problem)));
    }
    arena_close(&session->arena);
    tell_all(session);
}

/* The id and the secret, as RFC 7617 writes them. */
static str basic(struct session *session)
{
    const struct processor_keys *keys = &session->settings->keys;
    str pair = arena_format(&session->arena, "%s:%s", keys->client_id ? keys->client_id : "", keys->secret_key);
    return arena_format(&session->arena, "Basic %s", base64_encode(&session->arena, pair.bytes, pair.length).bytes);
}

static void fetch(struct session *session)
{
    struct processor_request request = { STR("POST"), str_of(session->settings->processor->token_path), STR("grant_type=client_credentials") };
    session->is_fetching = true;
    session->call = call_without_credential(session->settings, &request, &session->arena);
    session->call.done = fetched;
    call_add_header(&session->call, "Content-Type", STR("application/x-www-form-urlencoded"));
    call_add_header(&session->call, "Authorization", basic(session));
    world_send(session->world, &session->call);
}

void session_wait(struct session *session, struct session_waiter *waiter)
{
    waiter->waits = true;
    waiter->next = session->waiters;
    session->waiters = waiter;
    if (!session->is_fetching) fetch(session);
}

void session_leave(struct session *session, struct session_waiter *waiter)
{
    if (!waiter->waits) return;
    struct session_waiter **link = &session->waiters;
    while (*link != waiter) link = &(*link)->next;
    *link = waiter->next;
    waiter->waits = false;
}
