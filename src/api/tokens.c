/* SPDX-License-Identifier: Apache-2.0 */
/* tokens: POST, GET and DELETE of /v1/tokens. A card comes in once and lies sealed in the store; a token comes out. */
#include "api/fingerprint.h"
#include "api/measures.h"
#include "api/paying_by_token.h"
#include "api/queries.h"
#include "api/reading_card.h"
#include "base/log.h"

enum {
    TOKEN_BYTES = 384,
    LIVES_LEAST_S = 60,
    LIVES_MOST_S = 10 * 365 * 24 * 3600, /* longer than any card is good */
    SINGLE_LIVES_S = 3600,               /* a check-out is over by then */
    SINGLE_LIVES_MOST_S = 7 * 24 * 3600, /* who keeps a card longer should say so */
};

/* ---- the object ---- */

static str state_of(const struct token_record *record, micros now)
{
    switch (token_decide(&record->token, now)) {
    case REFUSED_TOKEN_USED: return STR("used");
    case REFUSED_TOKEN_EXPIRED: return STR("expired");
    default: return STR("active");
    }
}

static str token_text(struct arena *arena, const struct token_record *record, micros now)
{
    struct text text = text_open(arena, TOKEN_BYTES);
    json_open_object(&text);
    json_put_str(&text, "id", record->id);
    json_put_str(&text, "object", STR("token"));
    json_put_str(&text, "state", state_of(record, now));
    json_put_str(&text, "brand", record->brand);
    json_put_str(&text, "last4", record->last4);
    json_put_int(&text, "expiry_month", record->expiry_month);
    json_put_int(&text, "expiry_year", record->expiry_year);
    json_put_str(&text, "fingerprint", record->fingerprint);
    json_put_bool(&text, "single_use", record->token.single_use);
    json_put_time(&text, "created_at", record->token.created_at);
    json_put_time(&text, "expires_at", record->token.expires_at);
    json_put_time(&text, "used_at", record->token.used_at);
    json_close_object(&text);
    return text_str(&text);
}

/* ---- POST /v1/tokens ---- */

/* What is being read. */
struct token_wish {
    struct card *card;
    bool single_use;
    int64_t lives_s; /* 0: for ever */
};

/* Lives in the call's arena, on its way to the store. */
struct new_token {
    struct api_call *call;
    struct token_record record;
    struct request_record request, seen;
    bool was_seen;     /* the key was used before */
    bool key_is_stale; /* somebody has begun another data key */
    bool has_refreshed;
    struct safe_errand errand;
};

static enum problem_code read_card(struct reading *reading, const struct json *value, void *into)
{
    struct token_wish *wish = into;
    return reading_card(reading, value, wish->card);
}

static enum problem_code read_single_use(struct reading *reading, const struct json *value, void *into)
{
    struct token_wish *wish = into;
    (void)reading;
    wish->single_use = json_is_true(value);
    return json_kind_of(value) == JSON_BOOL ? PROBLEM_NONE : PROBLEM_PARAM_INVALID;
}

static enum problem_code read_expires_in(struct reading *reading, const struct json *value, void *into)
{
    struct token_wish *wish = into;
    (void)reading;
    bool fits = json_kind_of(value) == JSON_NUMBER && json_int64(value, &wish->lives_s) && wish->lives_s >= LIVES_LEAST_S;
    int64_t most = wish->single_use ? SINGLE_LIVES_MOST_S : LIVES_MOST_S;
    return fits && wish->lives_s <= most ? PROBLEM_NONE : PROBLEM_PARAM_INVALID;
}

static const struct member token_members[] = {
    { "card", true, read_card },
    { "single_use", false, read_single_use },
    { "expires_in", false, read_expires_in }, /* behind the one that decides about its limit */
};

static struct keyring *ring_of(const struct api_call *call) { return safe_keyring(call->api->options.safe); }

static void fill_record(struct api_call *call, const struct token_wish *wish, struct token_record *record)
{
    micros now = world_now(call->api->options.world);
    char id[ID_TEXT_BYTES];
    uint8_t random[ID_RANDOM_BYTES];
    struct card_face face = card_face_of(&wish->card->number);
    int64_t lives_s = wish->lives_s == 0 && wish->single_use ? SINGLE_LIVES_S : wish->lives_s;
    world_random(call->api->options.world, random, sizeof random);
    *record = (struct token_record){ .id = arena_copy(call->arena, id_format(id, STR("tok_"), now, random)),
                                     .brand = str_of(face.brand),
                                     .last4 = arena_copy(call->arena, str_of(face.last4)),
                                     .expiry_month = wish->card->expiry_month,
                                     .expiry_year = wish->card->expiry_year,
                                     .fingerprint = keyring_fingerprint(ring_of(call), call->arena, &wish->card->number),
                                     .cvv_slot = VAULT_NO_SLOT };
    record->token = (struct token){ .single_use = wish->single_use, .created_at = now };
    if (lives_s > 0) record->token.expires_at = now + lives_s * MICROS_PER_SECOND;
    keyring_seal_card(ring_of(call), call->arena, wish->card, record);
}

/* False: there is no room for one more. */
static bool keep_cvv(struct api_call *call, const struct card *card, struct token_record *record)
{
    if (!card->cvv[0]) return true;
    record->cvv_slot = vault_seal_cvv(call->api->options.vault, call->arena, card, record->id, &record->cvv_sealed);
    record->cvv_until = record->token.created_at + VAULT_CVV_KEPT;
    return record->cvv_slot >= 0;
}

static void save_token(struct work *work, void *store)
{
    struct api_call *call = call_of_work(work);
    struct new_token *fresh = call->with;
    str merchant = call->api->options.merchant;
    fresh->was_seen = store_load_request(store, call->arena, merchant, fresh->request.scope, fresh->request.key, &fresh->seen);
    fresh->key_is_stale = !fresh->was_seen && !store_vault_key_is_active(store, merchant, fresh->record.key_id);
    if (fresh->was_seen || fresh->key_is_stale) return;
    store_save_new_token(store, merchant, &fresh->record);
    store_save_request(store, merchant, &fresh->request);
}

static void save(struct new_token *fresh);

static void refuse_token(struct new_token *fresh, enum problem_code code)
{
    struct api_call *call = fresh->call;
    if (fresh->record.cvv_slot >= 0) vault_shred(call->api->options.vault, fresh->record.cvv_slot, fresh->record.id);
    call_refuse(call, code);
}

/* The card is taken over to the key that is active now. */
static void refreshed(struct safe_errand *errand, enum safe_result result)
{
    struct new_token *fresh = CONTAINER_OF(errand, struct new_token, errand);
    struct api_call *call = fresh->call;
    struct card *card = card_take();
    bool opened = result == SAFE_DONE && keyring_open_card(ring_of(call), &fresh->record, card) == CARD_OPENED;
    if (opened) keyring_seal_card(ring_of(call), call->arena, card, &fresh->record);
    card_give_back(card);
    fresh->has_refreshed = true;
    if (opened) save(fresh);
    else refuse_token(fresh, PROBLEM_VAULT_SEALED);
}

static void answer_with(struct api_call *call, int status, str body, bool is_replayed)
{
    struct http_answer answer = { .status = status, .content_type = STR("application/json"), .body = body };
    if (is_replayed) http_answer_header(&answer, STR("Idempotent-Replayed"), STR("true"));
    call_answer(call, &answer);
}

static void answer_seen(struct new_token *fresh)
{
    struct api_call *call = fresh->call;
    if (fresh->record.cvv_slot >= 0) vault_shred(call->api->options.vault, fresh->record.cvv_slot, fresh->record.id);
    if (!str_equal(fresh->seen.fingerprint, fresh->request.fingerprint)) call_refuse(call, PROBLEM_IDEMPOTENCY_KEY_REUSED);
    else answer_with(call, (int)fresh->seen.status, fresh->seen.body, true);
}

static void saved(struct work *work)
{
    struct api_call *call = call_of_work(work);
    struct new_token *fresh = call->with;
    if (work->result != WORK_DONE) {
        refuse_token(fresh, PROBLEM_STORAGE_LOW);
    } else if (fresh->was_seen) {
        answer_seen(fresh);
    } else if (fresh->key_is_stale && !fresh->has_refreshed) {
        fresh->errand = (struct safe_errand){ .done = refreshed };
        safe_refresh(call->api->options.safe, &fresh->errand);
    } else if (fresh->key_is_stale) {
        refuse_token(fresh, PROBLEM_VAULT_SEALED);
    } else {
        log_info("card stored", LOG_TEXT("token_id", fresh->record.id), LOG_TEXT("request_id", call->request_id));
        answer_with(call, (int)fresh->request.status, fresh->request.body, false);
    }
}

static void save(struct new_token *fresh)
{
    struct api_call *call = fresh->call;
    call->work = (struct work){ .run = save_token, .done = saved };
    world_commit(call->api->options.world, &call->work);
}

static void make_token(struct api_call *call, const struct token_wish *wish)
{
    const struct api_options *options = &call->api->options;
    struct new_token *fresh = arena_take(call->arena, sizeof *fresh);
    str fingerprint = fingerprint_of(&call->api->reading, &options->fingerprint_secret, &call->exchange->request, call->body);
    fresh->call = call;
    call->with = fresh;
    http_forget_body(call->exchange);
    fill_record(call, wish, &fresh->record);
    if (!keep_cvv(call, wish->card, &fresh->record)) {
        call_refuse(call, PROBLEM_OVERLOADED);
        return;
    }
    fresh->request = (struct request_record){ .scope = call_scope(call),
                                              .key = call->key,
                                              .fingerprint = arena_copy(call->arena, fingerprint),
                                              .status = 201,
                                              .body = token_text(call->arena, &fresh->record, fresh->record.token.created_at),
                                              .created_at = flows_running_time(options->flows) };
    save(fresh);
}

/* What is not begun now, and why. */
static enum problem_code admit(const struct api_call *call)
{
    struct flows_view view;
    flows_look(call->api->options.flows, &view);
    if (!view.has_lease) return PROBLEM_NOT_READY;
    if (view.storage_low) return PROBLEM_STORAGE_LOW;
    return vault_is_open(call->api) ? PROBLEM_NONE : PROBLEM_VAULT_SEALED;
}

static void read_and_make(struct api_call *call, struct card *card)
{
    struct token_wish wish = { .card = card };
    struct reading reading = reading_open(&call->api->reading);
    reading_members(&reading, call->body, token_members, COUNT_OF(token_members), &wish);
    enum problem_code wrong = reading.error_count == 0 ? admit(call) : PROBLEM_NONE;
    if (reading.error_count > 0) call_refuse_errors(call, &reading);
    else if (wrong != PROBLEM_NONE) call_refuse(call, wrong);
    else make_token(call, &wish);
}

void tokens_make(struct api_call *call)
{
    struct api *api = call->api;
    if (!api->options.cards) {
        call_refuse(call, PROBLEM_CARDS_OFF);
        return;
    }
    read_and_make(call, api->card);
    secret_wipe(api->card, sizeof *api->card);
}

/* ---- GET /v1/tokens/{id} ---- */

static void look_for_token(struct api_call *call, struct store *store)
{
    struct token_record record;
    const micros *now = call->with;
    bool found = store_load_token(store, call->arena, call->api->options.merchant, call->param, &record);
    call->found_wrong = found && record.token.deleted_at == 0 ? PROBLEM_NONE : PROBLEM_NOT_FOUND;
    if (call->found_wrong == PROBLEM_NONE) call->found_body = token_text(call->arena, &record, *now);
}

void get_token(struct api_call *call)
{
    if (!query_is_fine(call, NULL, 0, NULL)) return;
    if (!id_is(call->param, STR("tok_"))) {
        call_refuse(call, PROBLEM_NOT_FOUND);
        return;
    }
    micros *now = arena_take(call->arena, sizeof *now);
    *now = world_now(call->api->options.world);
    call->with = now;
    call_ask(call, look_for_token);
}

/* ---- DELETE /v1/tokens/{id} ---- */

struct deletion {
    struct token_record record;
    bool is_found;
    micros now;
};

static void delete_token(struct work *work, void *store)
{
    struct api_call *call = call_of_work(work);
    struct deletion *deletion = call->with;
    str merchant = call->api->options.merchant;
    deletion->is_found = store_load_token(store, call->arena, merchant, call->param, &deletion->record);
    bool is_there = deletion->is_found && deletion->record.token.deleted_at == 0;
    if (is_there) store_save_token_deletion(store, merchant, call->param, deletion->now);
}

static str deleted_text(struct api_call *call)
{
    struct text text = text_open(call->arena, TOKEN_BYTES);
    json_open_object(&text);
    json_put_str(&text, "id", call->param);
    json_put_str(&text, "object", STR("token"));
    json_put_bool(&text, "deleted", true);
    json_close_object(&text);
    return text_str(&text);
}

static void deleted(struct work *work)
{
    struct api_call *call = call_of_work(work);
    const struct deletion *deletion = call->with;
    if (work->result != WORK_DONE) {
        call_refuse(call, PROBLEM_STORAGE_LOW);
    } else if (!deletion->is_found) {
        call_refuse(call, PROBLEM_NOT_FOUND);
    } else {
        vault_shred(call->api->options.vault, deletion->record.cvv_slot, call->param);
        log_info("stored card deleted", LOG_TEXT("token_id", call->param), LOG_TEXT("request_id", call->request_id));
        call_answer_json(call, 200, deleted_text(call));
    }
}

/* A second time is as good as the first. */
void tokens_delete(struct api_call *call)
{
    if (!query_is_fine(call, NULL, 0, NULL)) return;
    if (!id_is(call->param, STR("tok_"))) {
        call_refuse(call, PROBLEM_NOT_FOUND);
        return;
    }
    struct deletion *deletion = arena_take(call->arena, sizeof *deletion);
    deletion->now = world_now(call->api->options.world);
    call->with = deletion;
    call->work = (struct work){ .run = delete_token, .done = deleted };
    world_commit(call->api->options.world, &call->work);
}
