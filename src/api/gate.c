/* SPDX-License-Identifier: Apache-2.0 */
/* gate: a list of keys in memory, as fresh as the last look into the store. */
#include "api/gate.h"

#include <stdlib.h>
#include <string.h>

#include "api/caller.h"

#define LOOK_PAUSE (INT64_C(1) * MICROS_PER_SECOND)

struct gate {
    struct gate_options options;
    struct api_key *keys;
    size_t count;
    struct world_timer timer;
    struct work work; /* a look */
    struct arena arena;
    struct api_key *found;
    size_t found_count;
    bool is_looking, is_stopped;
    uint64_t changes, changes_before; /* lists that were taken, and when the look began: a later one is not overwritten */
};

void gate_take(struct gate *gate, const struct api_key *keys, size_t count)
{
    struct api_key *fresh = count > 0 ? memory_take(count * sizeof *fresh) : NULL;
    if (count > 0) memcpy(fresh, keys, count * sizeof *fresh);
    free(gate->keys);
    gate->keys = fresh;
    gate->count = count;
    gate->changes++;
}

/* ---- looking ---- */

static void load(struct work *work, void *store)
{
    struct gate *gate = CONTAINER_OF(work, struct gate, work);
    gate->found_count = store_list_api_keys(store, &gate->arena, gate->options.merchant, &gate->found);
}

static void look(struct world_timer *timer);

static void look_later(struct gate *gate)
{
    if (!gate->options.has_peers || gate->is_stopped) return;
    gate->timer.fire = look;
    world_timer_start(gate->options.world, &gate->timer, LOOK_PAUSE);
}

/* What cannot be read now leaves the keys that are known. */
static void looked(struct work *work)
{
    struct gate *gate = CONTAINER_OF(work, struct gate, work);
    gate->is_looking = false;
    bool is_fresh = work->result == WORK_DONE && gate->changes == gate->changes_before;
    if (is_fresh) gate_take(gate, gate->found, gate->found_count);
    arena_close(&gate->arena);
    look_later(gate);
}

static void look(struct world_timer *timer)
{
    struct gate *gate = CONTAINER_OF(timer, struct gate, timer);
    gate->is_looking = true;
    gate->changes_before = gate->changes;
    gate->work = (struct work){ .run = load, .done = looked };
    world_ask(gate->options.world, &gate->work);
}

struct gate *gate_open(const struct gate_options *options, struct store *reader, struct error *error)
{
    struct gate *gate = memory_take(sizeof *gate);
    *gate = (struct gate){ .options = *options, .work = { .run = load } };
    struct work *works[] = { &gate->work };
    store_run_questions(reader, works, 1);
    if (gate->work.result != WORK_DONE) {
        (void)error_set(error, "the keys of callers cannot be read");
        gate_close(gate);
        return NULL;
    }
    looked(&gate->work);
    return gate;
}

void gate_stop(struct gate *gate)
{
    gate->is_stopped = true;
    world_timer_stop(gate->options.world, &gate->timer);
}

bool gate_is_busy(const struct gate *gate) { return gate->is_looking; }

void gate_close(struct gate *gate)
{
    if (!gate) return;
    arena_close(&gate->arena);
    free(gate->keys);
    free(gate);
}

/* ---- making ---- */

bool gate_key_is_fine(const struct api_key *key) { return !key->is_publishable || !(key->scopes & ~(unsigned)SCOPE_TOKENIZE); }

void gate_fill_key(struct api_key *key, struct world *world, bool is_live, char text[API_KEY_TEXT_BYTES])
{
    uint8_t random[ID_RANDOM_BYTES], secret[API_KEY_SECRET_BYTES];
    world_random(world, random, sizeof random);
    world_random(world, secret, sizeof secret);
    key->created_at = world_now(world);
    if (key->scopes == SCOPE_NONE) key->scopes = key->is_publishable ? SCOPE_TOKENIZE : SCOPES_USUAL;
    (void)id_format(key->id, STR("key_"), key->created_at, random);
    api_key_make(key, is_live, secret, text);
    secret_wipe(secret, sizeof secret);
}

/* ---- checking ---- */

bool gate_has_keys(const struct gate *gate)
{
    for (size_t i = 0; i < gate->count; i++) {
        if (gate->keys[i].revoked_at == 0) return true;
    }
    return false;
}

/* "Bearer KEY" (RFC 6750, section 2.1), said once. */
static str shown_key(const struct http_request *request)
{
    str key, header = http_header(request, STR("Authorization"));
    if (http_header_count(request, STR("Authorization")) != 1) return STR_NONE;
    str scheme = str_cut(str_trim(header), ' ', &key);
    return str_equal_ignoring_case(scheme, STR("Bearer")) ? str_trim(key) : STR_NONE;
}

enum problem_code gate_check(const struct gate *gate, const struct http_request *request, enum scope scope, const struct api_key **who)
{
    bool shows_something = http_header_count(request, STR("Authorization")) > 0;
    *who = NULL;
    bool is_open = gate->options.on_loopback && !gate->options.is_live && gate->count == 0;
    if (is_open && !shows_something && caller_is_local(request)) return PROBLEM_NONE;
    str text = shown_key(request);
    if (text.length == 0) return PROBLEM_AUTHENTICATION_REQUIRED;
    if (!api_key_is_of(text, gate->options.is_live)) return PROBLEM_API_KEY_INVALID;
    const struct api_key *key = api_key_find(gate->keys, gate->count, text);
    if (!key) return PROBLEM_API_KEY_INVALID;
    *who = key;
    return key->scopes & scope ? PROBLEM_NONE : PROBLEM_PERMISSION_DENIED;
}
