/* SPDX-License-Identifier: Apache-2.0 */
/* keys: `florin keys` makes, lists and revokes the keys of callers. With a gateway running, by the operator's door; without one, this
 * process opens the store itself, so that the first key is there before the gateway listens. */
#include <stdio.h>
#include <string.h>

#include "api/gate.h"
#include "base/json.h"
#include "base/moment.h"
#include "base/text.h"
#include "command/command.h"
#include "command/door.h"
#include "command/house.h"

enum { EXIT_REFUSED = 1, EXIT_USAGE = 2 };

/* clang-format off */
static const struct setting settings[] = {
    HOUSE_SETTINGS,
#include "command/account_settings.list"
};
/* clang-format on */

static int fail(int status, const char *sentence)
{
    fprintf(stderr, "florin keys: %s\n", sentence);
    return status;
}

/* ---- what is wanted ---- */

struct keys_wish {
    const char *verb;
    const char *id;                  /* revoke */
    const char *name, *scopes_words; /* create; NULL: not said */
    struct api_key key;              /* the same, as the store has it */
};

/* Takes the words that are no settings out of the list. */
static void take_words(int *count, char **words, struct keys_wish *wish)
{
    int kept = 0;
    for (int i = 0; i < *count; i++) {
        bool has_next = i + 1 < *count;
        if (strcmp(words[i], "--publishable") == 0) wish->key.is_publishable = true;
        else if (strcmp(words[i], "--name") == 0 && has_next) wish->name = words[++i];
        else if (strcmp(words[i], "--scopes") == 0 && has_next) wish->scopes_words = words[++i];
        else if (kept == 0 && words[i][0] != '-' && !wish->id) wish->id = words[i];
        else words[kept++] = words[i];
    }
    *count = kept;
}

static bool check_wish(struct keys_wish *wish, struct error *error)
{
    struct api_key *key = &wish->key;
    bool creates = strcmp(wish->verb, "create") == 0, revokes = strcmp(wish->verb, "revoke") == 0;
    if (!creates && (key->is_publishable || wish->name || wish->scopes_words)) return error_set(error, "only `create` takes these flags");
    if (revokes != (wish->id != NULL)) return error_set(error, revokes ? "say which: `revoke KEY_ID`" : "`revoke` alone takes an id");
    if (wish->name && !str_copy_to(str_of(wish->name), key->name, sizeof key->name)) return error_set(error, "the name is too long");
    if (wish->scopes_words && !scopes_read(str_of(wish->scopes_words), &key->scopes)) {
        return error_set(error, "scopes are tokenize, read, pay, refund and admin, with commas between");
    }
    if (!gate_key_is_fine(key)) return error_set(error, "a publishable key can only tokenize");
    return true;
}

/* ---- showing them ---- */

static void show_new(const struct api_key *key, const char *text)
{
    char scopes[SCOPES_TEXT_BYTES];
    str words = scopes_text(key->scopes, scopes);
    printf("%s\n", text);
    fprintf(stderr, "That is key %s, for: %.*s. It is shown this once: keep it where only its caller can read it.\n", key->id,
            STR_FORMAT(words));
}

static void show(const struct api_key *key)
{
    char scopes[SCOPES_TEXT_BYTES], made[MOMENT_TEXT_BYTES];
    str words = scopes_text(key->scopes, scopes), at = moment_format(key->created_at, made);
    printf("%s  %-11s  %-29.*s  %.*s  %-7s  %s\n", key->id, key->is_publishable ? "publishable" : "secret", STR_FORMAT(words), STR_FORMAT(at),
           key->revoked_at ? "revoked" : "holds", key->name);
}

/* ---- listing: anybody who may read the store ---- */

struct listing {
    struct work work;
    size_t count;
};

static void list_all(struct work *work, void *store)
{
    struct listing *listing = CONTAINER_OF(work, struct listing, work);
    struct arena arena = { 0 };
    struct api_key *keys;
    listing->count = store_list_api_keys(store, &arena, house_merchant(), &keys);
    for (size_t i = 0; i < listing->count; i++) show(&keys[i]);
    arena_close(&arena);
}

static int list(void)
{
    struct error error;
    struct listing listing = { .work.run = list_all };
    if (!house_ask_store(&listing.work, &error)) return fail(EXIT_REFUSED, error.text);
    if (listing.count == 0) printf("There are no keys: only direct calls on this machine are taken.\n");
    return 0;
}

/* ---- changing them without a gateway ---- */

struct keys_change {
    struct work work;
    struct loop *loop;
    const struct keys_wish *wish;
    struct api_key key;
    micros now;
    bool is_found;
};

static void change(struct work *work, void *store)
{
    struct keys_change *change = CONTAINER_OF(work, struct keys_change, work);
    const char *id = change->wish->id;
    change->is_found = !id || store_revoke_api_key(store, house_merchant(), str_of(id), change->now);
    if (!id) store_save_new_api_key(store, house_merchant(), &change->key);
}

static void changed(struct work *work) { loop_stop(CONTAINER_OF(work, struct keys_change, work)->loop); }

static int tell_change(const struct keys_change *change, const char *text)
{
    if (change->work.result != WORK_DONE) return fail(EXIT_REFUSED, "the store has no room");
    if (!change->is_found) return fail(EXIT_REFUSED, "there is no key of that id that holds");
    if (change->wish->id) printf("%s holds no more.\n", change->wish->id);
    else show_new(&change->key, text);
    return 0;
}

static int change_here(const struct keys_wish *wish)
{
    struct house house;
    struct error error;
    char text[API_KEY_TEXT_BYTES] = "";
    bool opened = house_open(&house, &error);
    struct keys_change work = { .work = { .run = change, .done = changed }, .loop = house.loop, .wish = wish, .key = wish->key };
    if (opened) {
        struct world *world = loop_world(house.loop);
        work.now = world_now(world);
        gate_fill_key(&work.key, world, house_chosen.live, text);
        flows_stop_taking(house.flows);
        world_commit(world, &work.work);
        loop_run(house.loop);
    }
    house_close(&house);
    int status = opened ? tell_change(&work, text) : fail(EXIT_REFUSED, error.text);
    secret_wipe(text, sizeof text);
    return status;
}

/* ---- changing them through the operator's door ---- */

static str body_of(const struct keys_wish *wish, struct arena *arena)
{
    char scopes[SCOPES_TEXT_BYTES];
    struct text body = text_open(arena, 256);
    json_open_object(&body);
    if (!wish->id) {
        json_put_str(&body, "name", str_of(wish->key.name));
        json_put_bool(&body, "publishable", wish->key.is_publishable);
        if (wish->key.scopes != SCOPE_NONE) json_put_str(&body, "scopes", scopes_text(wish->key.scopes, scopes));
    }
    json_close_object(&body);
    return text_str(&body);
}

static int tell_answer(const struct keys_wish *wish, struct arena *arena, int status, str answer)
{
    const struct json *object;
    bool is_read = json_read(arena, answer, &object) == JSON_FINE;
    if (status == 404) return fail(EXIT_REFUSED, "there is no key of that id that holds");
    if (status != 200 || !is_read) return fail(EXIT_REFUSED, "the gateway refused");
    if (wish->id) {
        printf("%s holds no more.\n", wish->id);
        return 0;
    }
    struct api_key key = { .scopes = SCOPE_NONE };
    bool fits = str_copy_to(json_string(json_find(object, "id")), key.id, sizeof key.id) &&
                scopes_read(json_string(json_find(object, "scopes")), &key.scopes);
    if (!fits) return fail(EXIT_REFUSED, "the gateway's answer makes no sense");
    show_new(&key, arena_format(arena, "%.*s", STR_FORMAT(json_string(json_find(object, "key")))).bytes);
    return 0;
}

static int change_at_gateway(const struct keys_wish *wish, const char *path)
{
    struct arena arena = { 0 };
    struct error error;
    int status = 0;
    str answer = STR_NONE;
    const char *target = wish->id ? arena_format(&arena, "/keys/%s/revoke", wish->id).bytes : "/keys";
    bool heard = door_ask(path, &arena, STR("POST"), target, body_of(wish, &arena), &status, &answer, &error);
    int result = heard ? tell_answer(wish, &arena, status, answer) : fail(EXIT_REFUSED, error.text);
    arena_close(&arena);
    return result;
}

static int change_keys(const struct keys_wish *wish)
{
    char path[108];
    house_control_path(path);
    return door_is_open(path) ? change_at_gateway(wish, path) : change_here(wish);
}

/* ---- words ---- */

int command_keys(int count, char **words)
{
    struct error error;
    struct keys_wish wish = { .verb = count >= 1 ? words[0] : "" };
    int left = count >= 1 ? count - 1 : 0;
    bool lists = strcmp(wish.verb, "list") == 0, changes = strcmp(wish.verb, "create") == 0 || strcmp(wish.verb, "revoke") == 0;
    if (!lists && !changes) return fail(EXIT_USAGE, "say `create`, `list` or `revoke KEY_ID`");
    take_words(&left, words + 1, &wish);
    if (!check_wish(&wish, &error) || !settings_read_part(settings, COUNT_OF(settings), left, words + 1, &error)) {
        return fail(EXIT_USAGE, error.text);
    }
    return lists ? list() : change_keys(&wish);
}

void command_keys_help(void)
{
    printf("Usage: florin keys create [--name TEXT] [--scopes tokenize,read,pay,refund,admin] [--publishable]\n"
           "           makes a key and prints it, this once; without --scopes it may do all of these but admin. A publishable one may\n"
           "           stand in a page: it can only store cards\n"
           "       florin keys list                    all that were ever made, without what is secret in them\n"
           "       florin keys revoke KEY_ID           it holds no more, from the next request on\n\n");
    settings_help(settings, COUNT_OF(settings));
}
