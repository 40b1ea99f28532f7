/* SPDX-License-Identifier: Apache-2.0 */
/* house: opening and closing, in an order that leaves nothing behind. */
#include "command/house.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/api.h"
#include "base/log.h"
#include "base/metric.h"
#include "vault/key_file.h"
#include "world/http_client.h"

struct house_settings house_chosen;

enum { VAULT_SLOTS_SPARE = 64 };

bool house_ask_store(struct work *question, struct error *error)
{
    struct work *works[] = { question };
    struct store *reader = store_open(str_of(house_chosen.store), STORE_READS, error);
    if (!reader) return false;
    store_run_questions(reader, works, 1);
    store_close(reader);
    return question->result == WORK_DONE || error_set(error, "the store cannot be read");
}

str house_merchant(void) { return STR("merchant"); }

bool house_store_is_file(void) { return store_url_path(str_of(house_chosen.store)).bytes != NULL; }

const char *house_store_words(void) { return house_store_is_file() ? house_chosen.store : "PostgreSQL"; }

/* What the names of our own files begin with. */
static const char *local_path(void)
{
    /* store_open has checked the form; the path ends where the url ends, so it is terminated. */
    return house_store_is_file() ? store_url_path(str_of(house_chosen.store)).bytes : house_chosen.local_path;
}

void house_control_path(char path[108])
{
    int length = snprintf(path, 108, "%s.control", local_path());
    if (length < 0 || length >= 108) path[0] = 0; /* longer than a socket's address can be */
}

bool house_paths(char store[STORE_PATH_BYTES], char witness[WITNESS_PATH_BYTES], struct error *error)
{
    bool fits = str_copy_to(store_url_path(str_of(house_chosen.store)), store, STORE_PATH_BYTES) && store[0];
    if (store_is_on_server(str_of(house_chosen.store))) {
        return error_set(error, "that is for a store in a file; PostgreSQL has pg_basebackup, pg_dump and pg_amcheck (docs/how-to/postgres.md)");
    }
    if (!fits) return store_say_urls(error);
    return store_witness_path(store, house_chosen.witness_file, witness) || error_set(error, "the path of the witness is too long");
}

/* ---- measures of the store ---- */

static struct metric commit_seconds = { .name = "florin_commit_seconds", .help = "Length of a durable commit, fsync included.",
                                        .kind = METRIC_HISTOGRAM };
static struct metric commit_works = { .name = "florin_commit_works_total", .help = "Transactions that shared those commits.",
                                      .kind = METRIC_COUNTER };

static void tell_commit(micros duration, size_t works)
{
    metric_observe_us(&commit_seconds, duration);
    metric_add(&commit_works, (int64_t)works);
}

/* ---- parts ---- */

/* A store that is gone to its first page would be made anew, over what is left of it. */
static bool is_gone(struct house *house, struct error *error)
{
    char store[STORE_PATH_BYTES], witness[WITNESS_PATH_BYTES];
    if (!house_paths(store, witness, error)) return true;
    house->store_is_suspect = access(witness, F_OK) == 0 && store_is_empty(store);
    if (house->store_is_suspect) error_set(error, "%s is empty or not there, and its witness %s says that it was not", store, witness);
    return house->store_is_suspect;
}

/* A store that has lost what it once knew is not to be written any more, and nobody is to be told from it. */
static bool open_witness(struct house *house, struct error *error)
{
    char store[STORE_PATH_BYTES], path[WITNESS_PATH_BYTES];
    struct witness_comparison sides;
    if (!house_paths(store, path, error) || !store_compare_witness(house->store, path, &sides, error)) return false;
    house->store_is_suspect = sides.finding != WITNESS_FITS && sides.finding != WITNESS_ABSENT;
    if (house->store_is_suspect) return false;
    if (sides.finding == WITNESS_ABSENT && sides.store.commits > 0) {
        log_warn("the store has no witness: what it may have lost cannot be seen; a new one is written", LOG_TEXT("witness", str_of(path)),
                 LOG_NUMBER("commits", sides.store.commits));
    }
    return store_keep_witness(house->store, path, &sides, error);
}

/* A machine that does not know its name gives one that no node can have, and hears that it needs one. */
const char *house_node(void)
{
    static char host[NODE_NAME_BYTES];
    if (house_chosen.node) return house_chosen.node;
    if (gethostname(host, sizeof host - 1) != 0) host[0] = 0;
    return host;
}

/* A file can lose what it held; a server answers for its own disk, and the witness of a file has nothing to compare there. */
static bool open_first(struct house *house, struct error *error)
{
    bool is_file = house_store_is_file();
    if (is_file && is_gone(house, error)) return false;
    house->store = store_open_node(str_of(house_chosen.store), str_of(house_node()), error);
    return house->store && (!is_file || open_witness(house, error));
}

static bool open_beside(struct house *house, struct error *error)
{
    int count = house_store_is_file() ? 1 : (int)house_chosen.store_connections;
    for (int number = 1; number < count; number++) {
        house->beside[number - 1] = store_open_beside(house->store, str_of(house_chosen.store), number, error);
        if (!house->beside[number - 1]) return false;
    }
    return true;
}

bool house_store_is_away(const struct house *house)
{
    bool is_away = store_is_away(house->store);
    for (struct store *const *beside = house->beside; *beside; beside++) is_away |= store_is_away(*beside);
    return is_away;
}

static bool commit_on(struct house *house, struct store *store, struct error *error)
{
    store_on_commit(store, tell_commit);
    return loop_commits_on(house->loop, store_run_batch, store, error);
}

static bool open_stores(struct house *house, struct error *error)
{
    if (!open_first(house, error) || !open_beside(house, error)) return false;
    house->reader = store_open(str_of(house_chosen.store), STORE_READS, error);
    if (!house->reader || !commit_on(house, house->store, error)) return false;
    for (struct store **beside = house->beside; *beside; beside++) {
        if (!commit_on(house, *beside, error)) return false;
    }
    return loop_asks_on(house->loop, store_run_questions, house->reader, error);
}

/* The store remembers which secret it was written with: with another, keys sent to processors would change. */
struct secret_check {
    struct work work;
    struct arena arena;
    char hex[HASH_HEX_BYTES + 1];
    bool fits;
    int64_t ran_us; /* how long this gateway has been running in its life */
};

static void check_secret(struct work *work, void *store)
{
    struct secret_check *check = CONTAINER_OF(work, struct secret_check, work);
    str known = store_load_meta(store, &check->arena, STR("key_check"));
    if (!str_to_int64(store_load_meta(store, &check->arena, STR("ran_us")), INT64_MAX, &check->ran_us)) check->ran_us = 0;
    check->fits = !known.bytes || str_equal(known, str_of(check->hex));
    if (!known.bytes) store_save_meta(store, STR("key_check"), str_of(check->hex));
}

static bool secret_fits(struct house *house, const struct hash *master, struct error *error)
{
    struct secret_check check = { .work = { .run = check_secret } };
    struct work *works[] = { &check.work };
    struct hash shown = hash_derive(master, STR("florin key check"));
    hash_hex(&shown, check.hex);
    store_run_batch(house->store, works, 1);
    arena_close(&check.arena);
    house->ran_before = check.ran_us;
    if (check.work.result != WORK_DONE) return error_set(error, "the store has no room to begin");
    return check.fits || error_set(error, "the key file is not the one that this store was written with");
}

static bool open_secrets(struct house *house, struct error *error)
{
    struct hash master;
    if (!key_file_read(loop_world(house->loop), house_chosen.key_file, local_path(), &master, error)) return false;
    house->secrets.processor_keys = hash_derive(&master, STR("florin processor keys"));
    house->secrets.fingerprints = hash_derive(&master, STR("florin request fingerprints"));
    house->secrets.cursors = hash_derive(&master, STR("florin cursors"));
    house->secrets.risks = hash_derive(&master, STR("florin risk subjects"));
    bool fits = secret_fits(house, &master, error);
    secret_wipe(&master, sizeof master);
    return fits;
}

static const char *runtime_folder(void)
{
    const char *service = getenv("RUNTIME_DIRECTORY"); /* set by systemd */
    if (house_chosen.runtime_dir) return house_chosen.runtime_dir;
    return service ? service : "/dev/shm";
}

static void hash_name(str name, str node, char out[HOUSE_VAULT_NAME_BYTES])
{
    char hex[HASH_HEX_BYTES + 1];
    str pieces[] = { name, node };
    struct hash named = hash_of(pieces, COUNT_OF(pieces));
    bool fits = str_copy_to((str){ hash_hex(&named, hex).bytes, HOUSE_VAULT_NAME_BYTES - 1 }, out, HOUSE_VAULT_NAME_BYTES);
    INSIST(fits);
}

/* A store that came from a file has cards that were sealed there, for the node that it came to. */
static bool brought_along(struct store *store, str node, char out[HOUSE_VAULT_NAME_BYTES])
{
    struct arena arena = { 0 };
    str name, came_to = str_cut(store_load_meta(store, &arena, STR("vault")), ' ', &name);
    bool is_there = came_to.bytes && str_equal(came_to, node) && str_copy_to(name, out, HOUSE_VAULT_NAME_BYTES);
    arena_close(&arena);
    return is_there;
}

/* On a server each node keeps its own. What could not be asked before shows when the mark is loaded. */
static bool name_at_server(struct store *store, char out[HOUSE_VAULT_NAME_BYTES], struct error *error)
{
    struct store_mark mark;
    struct node_life life = store_life(store);
    str node = str_of(life.node);
    if (brought_along(store, node, out)) return true;
    if (!store_load_mark(store, &mark, error)) return false;
    hash_name(str_of(mark.store_id), node, out);
    return true;
}

bool house_vault_name(struct store *store, char out[HOUSE_VAULT_NAME_BYTES], struct error *error)
{
    if (!house_store_is_file()) return name_at_server(store, out, error);
    char *whole = realpath(local_path(), NULL);
    hash_name(str_of(whole ? whole : local_path()), STR(""), out);
    free(whole);
    return true;
}

static bool share_vault(struct house *house, struct error *error)
{
    struct hash key;
    const char *path = house_chosen.envelope_key_file;
    if (!path) return true;
    if (!vault_is_in_memory(path, error) || !key_file_read_given(path, &key, error)) return false;
    vault_share(house->vault, &key);
    secret_wipe(&key, sizeof key);
    return true;
}

static bool open_vault(struct house *house, struct error *error)
{
    char name[HOUSE_VAULT_NAME_BYTES];
    if (!house_vault_name(house->store, name, error)) return false;
    house->vault = vault_open(loop_world(house->loop), runtime_folder(), name, 2 * ((size_t)house_chosen.flows_max + VAULT_SLOTS_SPARE), error);
    return house->vault && share_vault(house, error);
}

void house_master_key_path(char path[STORE_PATH_BYTES + 8])
{
    const char *chosen = house_chosen.master_key_file;
    snprintf(path, STORE_PATH_BYTES + 8, "%s%s", chosen ? chosen : local_path(), chosen ? "" : ".master");
}

/* Longer than a transaction of another node lives: the lease of one that is slower has run out. */
#define RETIRE_PAUSE (INT64_C(30) * MICROS_PER_SECOND)

static bool open_safe(struct house *house, struct error *error)
{
    house_master_key_path(house->master_key_path);
    struct safe_options options = {
        .world = loop_world(house->loop),
        .merchant = house_merchant(),
        .key_path = house->master_key_path,
        .key_is_expected = house_chosen.master_key_file != NULL,
        .retire_pause = house_store_is_file() ? 0 : RETIRE_PAUSE,
    };
    house->safe = safe_open(&options);
    return safe_begin(house->safe, house->store, error);
}

static const struct answer_form *const forms[] = { &api_core_form };

static void open_flows(struct house *house)
{
    struct flows_options options = {
        .world = loop_world(house->loop),
        .vault = house->vault,
        .safe = house->safe,
        .key_secret = house->secrets.processor_keys,
        .risk_secret = house->secrets.risks,
        .merchant = house_merchant(),
        .live = house_chosen.live,
        .public_url = house_chosen.public_url,
        .life = store_life(house->store),
        .store_path = house_store_is_file() ? local_path() : NULL,
        .forms = forms,
        .form_count = COUNT_OF(forms),
        .processor_count = house->accounts.count,
        .answer_within = house_chosen.answer_within_ms * MICROS_PER_MS,
        .retry_base = house_chosen.retry_base_ms * MICROS_PER_MS,
        .ran_before = house->ran_before,
        .request_kept = house_chosen.request_kept_days * 24 * 3600 * MICROS_PER_SECOND,
        .flows_max = (size_t)house_chosen.flows_max,
        .storage_least_bytes = house_chosen.storage_least_mb * 1024 * 1024,
    };
    memcpy(options.processors, house->accounts.settings, house->accounts.count * sizeof options.processors[0]);
    house->flows = flows_open(&options);
}

/* ---- all ---- */

_Static_assert((int)ACCOUNT_COUNT <= (int)PROCESSORS_MAX, "room for all processors");

/* Who signs the notices of real money is not for a setting to say. */
static bool check_notice_settings(struct error *error)
{
    const char *ca_file = house_chosen.notice_certificate_ca_file;
    bool are_set = house_chosen.notice_certificate_origins || ca_file;
    if (are_set && house_chosen.live) {
        return error_set(error, "notice_certificate_origins and notice_certificate_ca_file are for tests, not with live");
    }
    return !ca_file || http_client_check_ca_file(ca_file, error);
}

bool house_open_accounts(struct house_accounts *out, struct error *error)
{
    size_t count;
    const struct processor *const *processors = processor_all(&count);
    *out = (struct house_accounts){ 0 };
    if (!check_notice_settings(error)) return false;
    for (size_t i = 0; i < count; i++) {
        const struct account_choice *choice = &house_chosen.accounts[i];
        if (!account_is_used(processors[i], choice)) continue;
        if (!account_open(processors[i], choice, house_chosen.live, &out->keys[i], &out->settings[out->count], error)) return false;
        out->settings[out->count].certificate_origins = house_chosen.notice_certificate_origins;
        out->settings[out->count].certificate_ca_file = house_chosen.notice_certificate_ca_file;
        out->count++;
    }
    return true;
}

void house_forget_accounts(struct house_accounts *accounts) { secret_wipe(accounts->keys, sizeof accounts->keys); }

static void register_metrics(void)
{
    metric_register(&commit_seconds);
    metric_register(&commit_works);
    flows_register_metrics();
}

bool house_open(struct house *house, struct error *error)
{
    *house = (struct house){ 0 };
    umask(077); /* what this gateway writes is for its owner only */
    if (!house_open_accounts(&house->accounts, error)) return false;
    house->loop = loop_open(error);
    if (!house->loop || !open_stores(house, error) || !open_secrets(house, error)) return false;
    if (!open_vault(house, error) || !open_safe(house, error)) return false;
    open_flows(house);
    register_metrics();
    return true;
}

void house_close(struct house *house)
{
    if (house->flows) flows_close(house->flows);
    if (house->safe) safe_stop(house->safe);
    vault_close(house->vault);
    if (house->safe) safe_close(house->safe);
    if (house->loop) loop_close(house->loop);
    store_close(house->reader);
    for (size_t i = 0; i < COUNT_OF(house->beside); i++) store_close(house->beside[i]);
    if (house->flows) store_finish(house->store); /* it was opened whole */
    store_close(house->store);
    secret_wipe(&house->secrets, sizeof house->secrets);
    house_forget_accounts(&house->accounts);
}
