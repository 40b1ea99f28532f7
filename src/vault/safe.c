/* SPDX-License-Identifier: Apache-2.0 */
/* safe: opening, and what is done with the keys: one job at a time, each a look at the stored keys and at most one transaction.
 *
 *   unlock         load, or make the first ones [transaction] -> take them
 *   refresh        load -> take them
 *   rotate master  load -> seal anew -> file beside the old one -> save [transaction] -> file in its place, take them
 *   rotate data    load -> one more, the others retire -> save [transaction] -> take them -> cards come over (safe_reseal.c)
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/crash.h"
#include "base/log.h"
#include "vault/key_file.h"
#include "vault/safe_internal.h"
#include "vault/share.h"

/* The second custodian comes within this, or both begin again. */
#define SHARE_KEPT (INT64_C(15) * 60 * MICROS_PER_SECOND)

struct safe *safe_open(const struct safe_options *options)
{
    struct safe *safe = memory_take(sizeof *safe);
    *safe = (struct safe){ .options = *options };
    safe->ring = keyring_make(options->world, options->merchant);
    safe->secrets = secret_take(sizeof *safe->secrets);
    return safe;
}

void safe_close(struct safe *safe)
{
    if (!safe) return;
    reseal_stop(safe);
    keyring_destroy(safe->ring);
    secret_give_back(safe->secrets, sizeof *safe->secrets);
    arena_close(&safe->arena);
    free(safe);
}

void safe_stop(struct safe *safe)
{
    safe->stopping = true;
    world_timer_stop(safe->options.world, &safe->resealing.timer);
}

bool safe_is_busy(const struct safe *safe) { return safe->job != JOB_NONE || safe->resealing.is_in_queue; }

struct keyring *safe_keyring(const struct safe *safe) { return safe->ring; }

static bool share_is_fresh(const struct safe *safe)
{
    return safe->share_for != JOB_NONE && world_monotonic(safe->options.world) - safe->share_at < SHARE_KEPT;
}

void safe_look(const struct safe *safe, struct safe_view *out)
{
    *out = (struct safe_view){ .waits_for_share = share_is_fresh(safe), .unreadable = safe->resealing.unreadable };
    bool is_open = keyring_is_open(safe->ring);
    out->state = is_open ? SAFE_OPEN : safe->has_keys ? SAFE_SEALED : SAFE_NONE;
    out->is_resealing = safe->resealing.from[0] != 0;
    if (is_open) master_id_of(keyring_master(safe->ring), out->master_id);
}

/* ---- a job's beginning and end ---- */

static void refresh_next(struct safe *safe);

static void end_job(struct safe *safe, enum safe_result result)
{
    struct safe_errand *errand = safe->errand;
    safe->job = JOB_NONE;
    safe->errand = NULL;
    secret_wipe(&safe->secrets->candidate, sizeof safe->secrets->candidate);
    arena_close(&safe->arena);
    safe->rows = safe->before = NULL;
    if (errand) errand->done(errand, result);
    if (safe->job == JOB_NONE && safe->waiting) refresh_next(safe);
}

static void begin_job(struct safe *safe, enum safe_job job, struct safe_errand *errand)
{
    INSIST(safe->job == JOB_NONE);
    safe->job = job;
    safe->errand = errand;
    safe->overtaken = false;
}

static void load_rows(struct work *work, void *store)
{
    struct safe *safe = CONTAINER_OF(work, struct safe, work);
    safe->count = store_list_vault_keys(store, &safe->arena, safe->options.merchant, &safe->rows);
}

static void ask(struct safe *safe, void (*done)(struct work *work))
{
    safe->work = (struct work){ .run = load_rows, .done = done };
    world_ask(safe->options.world, &safe->work);
}

static const enum safe_result finding_results[] = {
    [KEYRING_OPEN] = SAFE_DONE,
    [KEYRING_EMPTY] = SAFE_IS_SEALED,
    [KEYRING_FOREIGN] = SAFE_WRONG_KEY,
    [KEYRING_DAMAGED] = SAFE_DAMAGED,
};

static enum keyring_finding take(struct safe *safe, const struct hash *master)
{
    enum keyring_finding finding = keyring_take(safe->ring, master, safe->rows, safe->count);
    safe->has_keys = safe->count > 0;
    if (finding == KEYRING_DAMAGED) log_error("a key of stored cards was changed in the store and does not open", LOG_NUMBER("keys", safe->count));
    return finding;
}

/* ---- unlocking ---- */

static void load_or_make(struct work *work, void *store)
{
    struct safe *safe = CONTAINER_OF(work, struct safe, work);
    load_rows(work, store);
    if (safe->count > 0 || !safe->before) return;
    for (size_t i = 0; i < KEYRING_FIRST; i++) store_save_new_vault_key(store, safe->options.merchant, &safe->before[i]);
    safe->rows = safe->before;
    safe->count = KEYRING_FIRST;
}

/* The first keys are made beforehand: chance is the loop's. */
static void prepare_unlock(struct safe *safe)
{
    safe->before = arena_take(&safe->arena, KEYRING_FIRST * sizeof *safe->before);
    keyring_first(safe->ring, &safe->arena, &safe->secrets->candidate, safe->before);
}

static void unlocked(struct work *work)
{
    struct safe *safe = CONTAINER_OF(work, struct safe, work);
    enum safe_result result = SAFE_FAILED;
    if (work->result == WORK_DONE) result = finding_results[take(safe, &safe->secrets->candidate)];
    if (result == SAFE_DONE) log_info("the vault is open", LOG_TEXT("active_key", keyring_active_key(safe->ring)));
    if (result == SAFE_DONE) {
        reseal_begin(safe);
        safe_go_on(safe);
    }
    end_job(safe, result);
}

/* A share for that job. True: it was the second one, and the candidate is there. */
static bool take_share(struct safe *safe, enum safe_job job, str text, enum safe_result *result)
{
    struct safe_secrets *secrets = safe->secrets;
    bool is_second = share_is_fresh(safe) && safe->share_for == job;
    struct hash *share = secret_take(sizeof *share);
    bool fits = share_read(text, share);
    *result = fits ? SAFE_SHARE_KEPT : SAFE_SHARE_INVALID;
    if (fits && is_second && !share_combine(&secrets->share, share, &secrets->candidate)) *result = SAFE_SHARE_INVALID;
    bool is_whole = fits && is_second && *result == SAFE_SHARE_KEPT;
    if (fits && !is_second) {
        secrets->share = *share;
        safe->share_for = job;
        safe->share_at = world_monotonic(safe->options.world);
    } else {
        secret_wipe(&secrets->share, sizeof secrets->share);
        safe->share_for = JOB_NONE;
    }
    secret_give_back(share, sizeof *share);
    return is_whole;
}

void safe_unlock(struct safe *safe, str share, struct safe_errand *errand)
{
    enum safe_result result = SAFE_SHARE_KEPT;
    if (safe->job != JOB_NONE) result = SAFE_BUSY;
    else if (keyring_is_open(safe->ring)) result = SAFE_IS_OPEN;
    if (result != SAFE_SHARE_KEPT || !take_share(safe, JOB_UNLOCK, share, &result)) {
        errand->done(errand, result);
        return;
    }
    begin_job(safe, JOB_UNLOCK, errand);
    prepare_unlock(safe);
    safe->work = (struct work){ .run = load_or_make, .done = unlocked };
    world_commit(safe->options.world, &safe->work);
}

/* ---- at start ---- */

/* A rotation may have been cut off between the store and the file: then the new key lies beside it. */
static bool take_prepared(struct safe *safe)
{
    struct error none;
    const char *path = safe->options.key_path;
    return key_file_read_prepared(path, &safe->secrets->candidate, &none) && take(safe, &safe->secrets->candidate) == KEYRING_OPEN &&
           key_file_put_in_place(path, &none);
}

static bool begin_with(struct safe *safe, bool has_master, struct error *error)
{
    if (!has_master) {
        safe->has_keys = safe->count > 0;
        return true;
    }
    enum keyring_finding finding = take(safe, &safe->secrets->candidate);
    if (finding != KEYRING_FOREIGN || take_prepared(safe)) return true;
    return error_set(error, "the master key in %s is not the one that seals the cards of this store", safe->options.key_path);
}

bool safe_begin(struct safe *safe, struct store *store, struct error *error)
{
    struct work *works[] = { &safe->work };
    const char *path = safe->options.key_path;
    bool has_master = safe->options.key_is_expected || access(path, F_OK) == 0;
    if (has_master && !key_file_read_given(path, &safe->secrets->candidate, error)) return false;
    if (has_master) prepare_unlock(safe);
    safe->work = (struct work){ .run = load_or_make };
    store_run_batch(store, works, 1);
    bool begun = safe->work.result == WORK_DONE ? begin_with(safe, has_master, error) : error_set(error, "the store has no room to begin");
    if (begun) reseal_begin(safe);
    end_job(safe, SAFE_DONE);
    return begun;
}

/* ---- refreshing ---- */

/* Another node may have put another master key to use, and the file may have come here since. */
static enum keyring_finding take_by_file(struct safe *safe)
{
    struct error none;
    if (!key_file_read_given(safe->options.key_path, &safe->secrets->candidate, &none)) return KEYRING_FOREIGN;
    return take(safe, &safe->secrets->candidate);
}

static void refreshed(struct work *work)
{
    struct safe *safe = CONTAINER_OF(work, struct safe, work);
    enum safe_result result = SAFE_FAILED;
    if (work->result == WORK_DONE) {
        enum keyring_finding finding = keyring_is_open(safe->ring) ? take(safe, keyring_master(safe->ring)) : KEYRING_FOREIGN;
        if (finding == KEYRING_FOREIGN) finding = take_by_file(safe);
        result = finding_results[finding];
    }
    struct safe_errand *errand = safe->waiting;
    safe->waiting = NULL;
    for (struct safe_errand *next; errand; errand = next) {
        next = errand->next;
        errand->done(errand, result);
    }
    end_job(safe, result);
}

static void refresh_next(struct safe *safe)
{
    begin_job(safe, JOB_REFRESH, NULL);
    ask(safe, refreshed);
}

void safe_refresh(struct safe *safe, struct safe_errand *errand)
{
    errand->next = safe->waiting;
    safe->waiting = errand;
    if (safe->job == JOB_NONE) refresh_next(safe);
}

/* ---- rotating ---- */

static bool same_row(const struct vault_key_record *one, const struct vault_key_record *other)
{
    return str_equal(one->key_id, other->key_id) && str_equal(one->state, other->state) && str_equal(one->master_id, other->master_id);
}

static bool is_as_before(const struct safe *safe, const struct vault_key_record *now, size_t count)
{
    bool is_same = count == safe->before_count;
    for (size_t i = 0; is_same && i < count; i++) is_same = same_row(&safe->before[i], &now[i]);
    return is_same;
}

static void save_rows(struct work *work, void *store)
{
    struct safe *safe = CONTAINER_OF(work, struct safe, work);
    struct vault_key_record *now;
    size_t count = store_list_vault_keys(store, &safe->arena, safe->options.merchant, &now);
    safe->overtaken = !is_as_before(safe, now, count);
    if (safe->overtaken) return;
    for (size_t i = 0; i < count; i++) store_save_vault_key(store, safe->options.merchant, &safe->rows[i], safe->before[i].master_id);
    for (size_t i = count; i < safe->count; i++) store_save_new_vault_key(store, safe->options.merchant, &safe->rows[i]);
    if (safe->job == JOB_ROTATE_MASTER) store_scrub_log(store); /* the old key still opens what it sealed */
}

/* Working copies, with room for one more. */
static void copy_rows(struct safe *safe)
{
    safe->before = safe->rows;
    safe->before_count = safe->count;
    safe->rows = arena_take(&safe->arena, (safe->count + 1) * sizeof *safe->rows);
    memcpy(safe->rows, safe->before, safe->count * sizeof *safe->rows);
}

static enum safe_result saved(const struct safe *safe)
{
    if (safe->work.result != WORK_DONE) return SAFE_FAILED;
    return safe->overtaken ? SAFE_OVERTAKEN : SAFE_DONE;
}

static void save(struct safe *safe, void (*done)(struct work *work))
{
    safe->work = (struct work){ .run = save_rows, .done = done };
    world_commit(safe->options.world, &safe->work);
}

static bool uses_file(const struct safe *safe) { return access(safe->options.key_path, F_OK) == 0; }

static void master_saved(struct work *work)
{
    struct safe *safe = CONTAINER_OF(work, struct safe, work);
    struct error error = { "" };
    enum safe_result result = saved(safe);
    if (result == SAFE_DONE) {
        crash_point("va.rewrapped");
        if (uses_file(safe) && !key_file_put_in_place(safe->options.key_path, &error)) {
            log_error("the new master key lies beside the old one, and is needed at the next start", LOG_TEXT("problem", str_of(error.text)));
        }
        result = finding_results[take(safe, &safe->secrets->candidate)];
        log_info("the master key of the vault was changed", LOG_NUMBER("keys", safe->count));
    }
    end_job(safe, result);
}

static bool seal_rows_again(struct safe *safe)
{
    bool sealed = true;
    for (size_t i = 0; sealed && i < safe->count; i++) {
        if (!safe->rows[i].sealed.bytes) continue; /* destroyed */
        sealed = keyring_seal_again(safe->ring, &safe->arena, keyring_master(safe->ring), &safe->secrets->candidate, &safe->rows[i]);
    }
    return sealed;
}

static void bring_master_in(struct work *work)
{
    struct safe *safe = CONTAINER_OF(work, struct safe, work);
    struct error error = { "" };
    copy_rows(safe);
    if (work->result != WORK_DONE) {
        end_job(safe, SAFE_FAILED);
    } else if (!seal_rows_again(safe)) {
        end_job(safe, SAFE_OVERTAKEN);
    } else if (uses_file(safe) && !key_file_prepare(safe->options.key_path, &safe->secrets->candidate, &error)) {
        log_error("the new master key cannot be written", LOG_TEXT("problem", str_of(error.text)));
        end_job(safe, SAFE_NO_FILE);
    } else {
        save(safe, master_saved);
    }
}

static enum safe_result may_rotate(const struct safe *safe)
{
    if (!keyring_is_open(safe->ring)) return SAFE_IS_SEALED;
    return safe->job != JOB_NONE || safe->resealing.from[0] || safe->stopping ? SAFE_BUSY : SAFE_DONE;
}

/* Where the key lies in a file, the gateway makes the next one; else two custodians bring it. True: the candidate is there. */
static bool take_new_master(struct safe *safe, str share, enum safe_result *result)
{
    bool has_share = share.length > 0;
    if (has_share == uses_file(safe)) {
        *result = SAFE_NO_FILE;
        return false;
    }
    if (has_share) return take_share(safe, JOB_ROTATE_MASTER, share, result);
    world_random(safe->options.world, safe->secrets->candidate.bytes, sizeof safe->secrets->candidate.bytes);
    return true;
}

void safe_rotate_master(struct safe *safe, str share, struct safe_errand *errand)
{
    enum safe_result result = may_rotate(safe);
    if (result != SAFE_DONE || !take_new_master(safe, share, &result)) {
        errand->done(errand, result);
        return;
    }
    begin_job(safe, JOB_ROTATE_MASTER, errand);
    ask(safe, bring_master_in);
}

static void data_key_saved(struct work *work)
{
    struct safe *safe = CONTAINER_OF(work, struct safe, work);
    enum safe_result result = saved(safe);
    if (result == SAFE_DONE) result = finding_results[take(safe, keyring_master(safe->ring))];
    if (result == SAFE_DONE) {
        crash_point("va.data_key_made");
        log_info("cards are sealed under a new data key from now on", LOG_TEXT("key_id", keyring_active_key(safe->ring)));
        reseal_begin(safe);
        safe_go_on(safe);
    }
    end_job(safe, result);
}

/* A master key that another node has replaced meanwhile may seal nothing more. */
static void add_data_key(struct work *work)
{
    struct safe *safe = CONTAINER_OF(work, struct safe, work);
    enum safe_result result = SAFE_FAILED;
    if (work->result == WORK_DONE) result = finding_results[take(safe, keyring_master(safe->ring))];
    if (result != SAFE_DONE) {
        end_job(safe, result);
        return;
    }
    copy_rows(safe);
    for (size_t i = 0; i < safe->count; i++) {
        bool retires = str_starts_with(safe->rows[i].key_id, STR("card-")) && str_equal(safe->rows[i].state, STR("active"));
        if (retires) safe->rows[i].state = STR("retiring");
    }
    safe->rows[safe->count] = keyring_next(safe->ring, &safe->arena, keyring_master(safe->ring), safe->before, safe->before_count);
    safe->count++;
    save(safe, data_key_saved);
}

void safe_rotate_data_key(struct safe *safe, struct safe_errand *errand)
{
    enum safe_result result = may_rotate(safe);
    if (result != SAFE_DONE) {
        errand->done(errand, result);
        return;
    }
    begin_job(safe, JOB_ROTATE_DATA_KEY, errand);
    ask(safe, add_data_key);
}
