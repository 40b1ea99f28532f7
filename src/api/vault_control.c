/* SPDX-License-Identifier: Apache-2.0 */
/* vault_control: the operator's door to the vault: how it is, its custodians' shares, the rotation of its keys. */
#include "api/call.h"
#include "api/paying_by_token.h"
#include "api/queries.h"
#include "base/log.h"

enum { STATE_BYTES = 256 };

static const char *const state_words[] = { [SAFE_NONE] = "none", [SAFE_SEALED] = "sealed", [SAFE_OPEN] = "open" };

/* ---- GET /vault ---- */

static str state_text(const struct api_call *call)
{
    struct safe_view view;
    struct text text = text_open(call->arena, STATE_BYTES);
    safe_look(call->api->options.safe, &view);
    json_open_object(&text);
    json_put_str(&text, "vault", str_of(state_words[view.state]));
    json_put_str(&text, "master_id", view.master_id[0] ? str_of(view.master_id) : STR_NONE);
    json_put_bool(&text, "waits_for_share", view.waits_for_share);
    json_put_bool(&text, "resealing", view.is_resealing);
    json_put_int(&text, "unreadable", view.unreadable);
    json_close_object(&text);
    return text_str(&text);
}

/* A gateway of a test may have no vault at all. */
static bool has_vault(struct api_call *call)
{
    bool has = call->api->options.safe != NULL;
    if (!has) call_refuse(call, PROBLEM_VAULT_SEALED);
    return has;
}

void get_vault(struct api_call *call)
{
    if (query_is_fine(call, NULL, 0, NULL) && has_vault(call)) call_answer_json(call, 200, state_text(call));
}

/* ---- what they share ---- */

static const enum problem_code result_problems[] = {
    [SAFE_SHARE_INVALID] = PROBLEM_SHARE_INVALID,
    [SAFE_WRONG_KEY] = PROBLEM_VAULT_KEY_WRONG,
    [SAFE_BUSY] = PROBLEM_VAULT_BUSY,
    [SAFE_IS_SEALED] = PROBLEM_VAULT_SEALED,
    [SAFE_IS_OPEN] = PROBLEM_VAULT_OPEN,
    [SAFE_NO_FILE] = PROBLEM_VAULT_KEY_NOT_HERE,
    [SAFE_OVERTAKEN] = PROBLEM_VAULT_BUSY,
    [SAFE_FAILED] = PROBLEM_STORAGE_UNAVAILABLE,
    [SAFE_DAMAGED] = PROBLEM_VAULT_KEY_WRONG,
};

struct vault_call {
    struct api_call *call;
    struct safe_errand errand;
};

static void answer_result(struct safe_errand *errand, enum safe_result result)
{
    struct api_call *call = CONTAINER_OF(errand, struct vault_call, errand)->call;
    bool is_fine = result == SAFE_DONE || result == SAFE_SHARE_KEPT;
    log_info("the operator was at the vault", LOG_TEXT("route", str_of(call->endpoint->path)), LOG_TEXT("fine", is_fine ? STR("yes") : STR("no")));
    if (is_fine) call_answer_json(call, 200, state_text(call));
    else call_refuse(call, result_problems[result]);
}

static struct safe_errand *errand_of(struct api_call *call)
{
    struct vault_call *with = arena_take(call->arena, sizeof *with);
    *with = (struct vault_call){ .call = call, .errand.done = answer_result };
    return &with->errand;
}

static enum problem_code read_share(struct reading *reading, const struct json *value, void *into)
{
    (void)reading;
    *(str *)into = json_string(value);
    return json_kind_of(value) == JSON_STRING ? PROBLEM_NONE : PROBLEM_SHARE_INVALID;
}

/* ---- POST /vault/unlock ---- */

static const struct member unlock_members[] = { { "share", true, read_share } };

void unlock_vault(struct api_call *call)
{
    str share = STR("");
    struct reading reading = reading_open(&call->api->reading);
    reading_members(&reading, call->body, unlock_members, COUNT_OF(unlock_members), &share);
    http_forget_body(call->exchange); /* what was read of it is wiped with api->reading */
    if (reading.error_count > 0) call_refuse_errors(call, &reading);
    else if (has_vault(call)) safe_unlock(call->api->options.safe, share, errand_of(call));
}

/* ---- POST /vault/rotate ---- */

struct rotation_wish {
    str share; /* first: read_share knows it alone */
    bool of_data_key;
};

static enum problem_code read_key(struct reading *reading, const struct json *value, void *into)
{
    struct rotation_wish *wish = into;
    (void)reading;
    wish->of_data_key = str_equal(json_string(value), STR("data"));
    return wish->of_data_key || str_equal(json_string(value), STR("master")) ? PROBLEM_NONE : PROBLEM_PARAM_INVALID;
}

static const struct member rotation_members[] = { { "key", true, read_key }, { "share", false, read_share } };

void rotate_vault(struct api_call *call)
{
    struct rotation_wish wish = { .share = STR("") };
    struct reading reading = reading_open(&call->api->reading);
    reading_members(&reading, call->body, rotation_members, COUNT_OF(rotation_members), &wish);
    http_forget_body(call->exchange);
    if (reading.error_count > 0) {
        call_refuse_errors(call, &reading);
    } else if (has_vault(call)) {
        if (wish.of_data_key) safe_rotate_data_key(call->api->options.safe, errand_of(call));
        else safe_rotate_master(call->api->options.safe, wish.share, errand_of(call));
    }
}
