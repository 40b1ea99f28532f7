/* SPDX-License-Identifier: Apache-2.0 */
/* safe_reseal: cards come over from a data key that is being retired to the active one, a page at a time, between other people's
 * transactions; when none is left, the old key is destroyed. A kill leaves some cards here and some there, and the next start goes on. */
#include "base/crash.h"
#include "base/log.h"
#include "base/metric.h"
#include "vault/safe_internal.h"

enum { PAGE = 100 }; /* opened and sealed on the loop in a fraction of a millisecond */

#define PAGE_PAUSE (INT64_C(2) * MICROS_PER_MS)
#define LOOK_PAUSE (INT64_C(1) * MICROS_PER_SECOND)

static struct safe *safe_of(struct work *work) { return CONTAINER_OF(work, struct safe, resealing.work); }

static void load_page(struct work *work, void *store)
{
    struct safe *safe = safe_of(work);
    struct resealing *resealing = &safe->resealing;
    resealing->count = store_list_sealed_tokens(store, &resealing->arena, safe->options.merchant, str_of(resealing->from),
                                                str_of(resealing->after), PAGE, &resealing->page);
}

static void rest(struct safe *safe, micros pause)
{
    struct resealing *resealing = &safe->resealing;
    resealing->is_in_queue = false;
    arena_close(&resealing->arena);
    if (!safe->stopping) world_timer_start(safe->options.world, &resealing->timer, pause);
}

/* ---- a page ---- */

static void save_page(struct work *work, void *store)
{
    struct safe *safe = safe_of(work);
    struct resealing *resealing = &safe->resealing;
    for (size_t i = 0; i < resealing->count; i++) {
        store_save_token_seal(store, safe->options.merchant, &resealing->page[i], str_of(resealing->from));
    }
}

static void page_saved(struct work *work)
{
    struct safe *safe = safe_of(work);
    crash_point("va.resealed");
    if (work->result != WORK_DONE) safe->resealing.after[0] = 0; /* no room: all of it again */
    rest(safe, work->result == WORK_DONE ? PAGE_PAUSE : LOOK_PAUSE);
}

/* One that does not open stays where it is, for a person to look at. */
static bool seal_again(struct safe *safe, struct token_record *token)
{
    struct card *card = secret_take(sizeof *card);
    bool opened = keyring_open_card(safe->ring, token, card) == CARD_OPENED;
    if (opened) keyring_seal_card(safe->ring, &safe->resealing.arena, card, token);
    else log_error("a stored card does not open: its row was changed", LOG_TEXT("token_id", token->id), LOG_TEXT("key_id", token->key_id));
    secret_give_back(card, sizeof *card);
    return opened;
}

static void seal_page_again(struct safe *safe)
{
    struct resealing *resealing = &safe->resealing;
    size_t kept = 0;
    bool fits = str_copy_to(resealing->page[resealing->count - 1].id, resealing->after, sizeof resealing->after);
    INSIST(fits);
    for (size_t i = 0; i < resealing->count; i++) {
        if (seal_again(safe, &resealing->page[i])) resealing->page[kept++] = resealing->page[i];
        else resealing->unreadable++;
    }
    resealing->count = kept;
}

/* ---- the end ---- */

static void destroy_key(struct work *work, void *store)
{
    struct safe *safe = safe_of(work);
    struct resealing *resealing = &safe->resealing;
    struct vault_key_record *rows;
    size_t count = store_list_vault_keys(store, &resealing->arena, safe->options.merchant, &rows);
    resealing->left = store_count_sealed_tokens(store, safe->options.merchant, str_of(resealing->from));
    for (size_t i = 0; i < count && resealing->left == 0; i++) {
        if (!str_equal(rows[i].key_id, str_of(resealing->from))) continue;
        rows[i].state = STR("destroyed");
        rows[i].sealed = STR_NONE;
        store_save_vault_key(store, safe->options.merchant, &rows[i], rows[i].master_id);
        store_scrub_log(store); /* of cards as it sealed them, and of the key itself */
    }
}

static void refreshed(struct safe_errand *errand, enum safe_result result)
{
    (void)errand;
    (void)result; /* the key that is gone does no harm in memory */
}

static void key_destroyed(struct work *work)
{
    static struct safe_errand nobody = { .done = refreshed };
    struct safe *safe = safe_of(work);
    struct resealing *resealing = &safe->resealing;
    bool ends = work->result == WORK_DONE && resealing->left <= resealing->unreadable;
    if (ends && resealing->left == 0) log_info("all cards have come over, and the old key is destroyed", LOG_TEXT("key_id", str_of(resealing->from)));
    if (ends && resealing->left > 0) {
        log_error("cards that do not open stay with the old key", LOG_TEXT("key_id", str_of(resealing->from)), LOG_NUMBER("cards", resealing->left));
    }
    resealing->after[0] = 0;
    if (!ends) resealing->unreadable = 0;
    if (ends) resealing->from[0] = 0;
    resealing->is_in_queue = false;
    arena_close(&resealing->arena);
    if (ends) safe_refresh(safe, &nobody);
    else rest(safe, LOOK_PAUSE);
}

/* Transactions of other nodes may be saving a card under the old key: a little later they are all over. */
static void finish(struct safe *safe)
{
    struct resealing *resealing = &safe->resealing;
    if (world_monotonic(safe->options.world) - resealing->retired_at < safe->options.retire_pause) {
        resealing->after[0] = 0;
        resealing->unreadable = 0;
        rest(safe, LOOK_PAUSE);
        return;
    }
    resealing->work = (struct work){ .run = destroy_key, .done = key_destroyed };
    world_commit(safe->options.world, &resealing->work);
}

/* ---- all of them ---- */

static void page_loaded(struct work *work)
{
    struct safe *safe = safe_of(work);
    struct resealing *resealing = &safe->resealing;
    if (work->result != WORK_DONE || safe->stopping) {
        rest(safe, LOOK_PAUSE);
    } else if (resealing->count == 0) {
        finish(safe);
    } else {
        seal_page_again(safe);
        resealing->work = (struct work){ .run = save_page, .done = page_saved };
        world_commit(safe->options.world, &resealing->work);
    }
}

static void next_page(struct world_timer *timer)
{
    struct safe *safe = CONTAINER_OF(timer, struct safe, resealing.timer);
    struct resealing *resealing = &safe->resealing;
    resealing->is_in_queue = true;
    resealing->work = (struct work){ .run = load_page, .done = page_loaded };
    world_ask(safe->options.world, &resealing->work);
}

void reseal_begin(struct safe *safe)
{
    struct resealing *resealing = &safe->resealing;
    if (resealing->from[0] || !keyring_is_open(safe->ring)) return;
    for (size_t i = 0; i < safe->count; i++) { /* the newest: older ones stayed for what does not open */
        bool fits = !str_equal(safe->rows[i].state, STR("retiring")) ||
                    str_copy_to(safe->rows[i].key_id, resealing->from, sizeof resealing->from);
        INSIST(fits);
    }
    resealing->after[0] = 0;
    resealing->unreadable = 0;
    resealing->retired_at = world_monotonic(safe->options.world);
}

void safe_go_on(struct safe *safe)
{
    struct resealing *resealing = &safe->resealing;
    if (!resealing->from[0]) return;
    resealing->timer.fire = next_page;
    world_timer_start(safe->options.world, &resealing->timer, PAGE_PAUSE);
}

void reseal_stop(struct safe *safe)
{
    world_timer_stop(safe->options.world, &safe->resealing.timer);
    arena_close(&safe->resealing.arena);
}
