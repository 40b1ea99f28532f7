/* SPDX-License-Identifier: Apache-2.0 */
/* keys_control: the operator's door to the keys of callers: which there are, a new one, one that holds no more. */
#include <string.h>

#include "api/call.h"
#include "api/gate.h"
#include "api/queries.h"
#include "api/values.h"
#include "base/log.h"

enum { KEY_BYTES = 320 };

/* Lives in the call's arena. */
struct keys_change {
    struct api_key key;
    char text[API_KEY_TEXT_BYTES]; /* of a new one; told once, kept nowhere */
    bool is_found;
    struct api_key *all;
    size_t count;
};

static void put_key(struct text *text, const struct api_key *key)
{
    char scopes[SCOPES_TEXT_BYTES];
    json_put_str(text, "id", str_of(key->id));
    json_put_str(text, "name", str_of(key->name));
    json_put_str(text, "kind", key->is_publishable ? STR("publishable") : STR("secret"));
    json_put_str(text, "scopes", scopes_text(key->scopes, scopes));
    json_put_time(text, "created_at", key->created_at);
    json_put_time(text, "revoked_at", key->revoked_at);
}

static str key_text(struct api_call *call, const struct keys_change *change)
{
    struct text text = text_open(call->arena, KEY_BYTES);
    json_open_object(&text);
    put_key(&text, &change->key);
    if (change->text[0]) json_put_str(&text, "key", str_of(change->text));
    json_close_object(&text);
    return text_str(&text);
}

/* ---- GET /keys ---- */

static void look_for_keys(struct api_call *call, struct store *store)
{
    struct api_key *keys;
    size_t count = store_list_api_keys(store, call->arena, call->api->options.merchant, &keys);
    struct text text = text_open(call->arena, (count + 1) * KEY_BYTES);
    json_open_object(&text);
    json_name(&text, "data");
    json_open_list(&text);
    for (size_t i = 0; i < count; i++) {
        json_comma(&text);
        json_open_object(&text);
        put_key(&text, &keys[i]);
        json_close_object(&text);
    }
    json_close_list(&text);
    json_close_object(&text);
    call->found_body = text_str(&text);
}

void list_keys(struct api_call *call)
{
    if (query_is_fine(call, NULL, 0, NULL)) call_ask(call, look_for_keys);
}

/* ---- what changes share ---- */

/* All that holds from here on, as it is durable with the change. */
static void list_again(struct api_call *call, struct store *store)
{
    struct keys_change *change = call->with;
    change->count = store_list_api_keys(store, call->arena, call->api->options.merchant, &change->all);
}

static void changed(struct work *work)
{
    struct api_call *call = call_of_work(work);
    struct keys_change *change = call->with;
    if (work->result != WORK_DONE) {
        call_refuse(call, PROBLEM_STORAGE_LOW);
    } else if (!change->is_found) {
        call_refuse(call, PROBLEM_NOT_FOUND);
    } else {
        gate_take(call->api->options.gate, change->all, change->count);
        log_info("the operator changed the keys of callers", LOG_TEXT("key_id", str_of(change->key.id)),
                 LOG_TEXT("route", str_of(call->endpoint->path)));
        call_answer_json(call, 200, key_text(call, change));
    }
}

static void commit(struct api_call *call, struct keys_change *change, void (*run)(struct work *work, void *store))
{
    call->with = change;
    call->work = (struct work){ .run = run, .done = changed };
    world_commit(call->api->options.world, &call->work);
}

/* ---- POST /keys ---- */

static enum problem_code read_name(struct reading *reading, const struct json *value, void *into)
{
    struct api_key *key = into;
    str name;
    (void)reading;
    enum problem_code wrong = value_text(value, 0, NAME_CHARS_MAX, &name);
    if (wrong != PROBLEM_NONE) return wrong;
    return str_copy_to(name, key->name, sizeof key->name) ? PROBLEM_NONE : PROBLEM_PARAM_INVALID;
}

static enum problem_code read_publishable(struct reading *reading, const struct json *value, void *into)
{
    struct api_key *key = into;
    (void)reading;
    key->is_publishable = json_is_true(value);
    return json_kind_of(value) == JSON_BOOL ? PROBLEM_NONE : PROBLEM_PARAM_INVALID;
}

static enum problem_code read_scopes(struct reading *reading, const struct json *value, void *into)
{
    struct api_key *key = into;
    (void)reading;
    return scopes_read(json_string(value), &key->scopes) ? PROBLEM_NONE : PROBLEM_PARAM_INVALID;
}

static const struct member key_members[] = {
    { "name", false, read_name },
    { "publishable", false, read_publishable },
    { "scopes", false, read_scopes },
};

static void save_key(struct work *work, void *store)
{
    struct api_call *call = call_of_work(work);
    struct keys_change *change = call->with;
    store_save_new_api_key(store, call->api->options.merchant, &change->key);
    list_again(call, store);
}

void make_key(struct api_call *call)
{
    const struct api_options *options = &call->api->options;
    struct keys_change *change = arena_take(call->arena, sizeof *change);
    struct reading reading = reading_open(&call->api->reading);
    reading_members(&reading, call->body, key_members, COUNT_OF(key_members), &change->key);
    if (!gate_key_is_fine(&change->key)) reading_note(&reading, STR("scopes"), PROBLEM_PARAM_INVALID);
    if (reading.error_count > 0) {
        call_refuse_errors(call, &reading);
        return;
    }
    change->is_found = true;
    gate_fill_key(&change->key, options->world, options->is_live, change->text);
    commit(call, change, save_key);
}

/* ---- POST /keys/{id}/revoke ---- */

static void revoke(struct work *work, void *store)
{
    struct api_call *call = call_of_work(work);
    struct keys_change *change = call->with;
    change->is_found = store_revoke_api_key(store, call->api->options.merchant, call->param, change->key.revoked_at);
    list_again(call, store);
    for (size_t i = 0; i < change->count; i++) {
        if (str_equal(str_of(change->all[i].id), call->param)) change->key = change->all[i];
    }
}

void revoke_key(struct api_call *call)
{
    struct keys_change *change = arena_take(call->arena, sizeof *change);
    change->key.revoked_at = world_now(call->api->options.world);
    commit(call, change, revoke);
}
