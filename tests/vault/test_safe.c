/* SPDX-License-Identifier: Apache-2.0 */
/* safe: the vault opens by its file or by two shares, changes its keys between other transactions, and is killed over it. */
#include "base/base_testing.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "simulation/folder.h"
#include "store/place.h"
#include "vault/key_file.h"
#include "vault/safe.h"
#include "vault/share.h"
#include "world/fake_world.h"

#define MERCHANT STR("m_1")
#define A_WHILE (INT64_C(10) * MICROS_PER_SECOND)

enum { CARDS = 250, RESULT_NONE = -1 };

static const struct card visa = { .number = { "4111111111111111" }, .expiry_month = 6, .expiry_year = 2030 };

/* A gateway's vault on a store of its own. */
struct house {
    struct fake_world *fake;
    struct store *store, *reader;
    struct safe *safe;
    char folder[64], path[96], key_path[96], url[PLACE_URL_BYTES];
    struct arena arena;
    struct token_record tokens[CARDS];
    struct safe_errand errand;
    int result;
};

static void open_stores(struct house *house)
{
    struct error error = { "" };
    house->store = store_open(str_of(house->url), STORE_WRITES, &error);
    house->reader = store_open(str_of(house->url), STORE_READS, &error);
    if (!house->store || !house->reader) fail_msg("%s", error.text);
    fake_world_set_stores(house->fake, house->store, house->reader);
}

static bool open_safe(struct house *house, bool is_expected, struct error *error)
{
    house->safe = safe_open(&(struct safe_options){ .world = fake_world_of_gateway(house->fake), .merchant = MERCHANT,
                                                    .key_path = house->key_path, .key_is_expected = is_expected });
    return safe_begin(house->safe, house->store, error);
}

static void begin(struct house *house)
{
    struct error error = { "" };
    if (!open_safe(house, false, &error)) fail_msg("%s", error.text);
}

/* Dies as it stands, and comes up again. */
static void lose(struct house *house)
{
    fake_world_lose_gateway(house->fake, false);
    safe_close(house->safe);
    store_close(house->reader);
    store_close(house->store);
    open_stores(house);
}

static int set_up(void **state)
{
    struct house *house = calloc(1, sizeof *house);
    assert_non_null(house);
    log_set_level(LOG_ERROR);
    house->fake = fake_world_open(&(struct fake_options){ .seed = 5 });
    snprintf(house->folder, sizeof house->folder, "/dev/shm/florin-safe-XXXXXX");
    assert_non_null(mkdtemp(house->folder));
    snprintf(house->path, sizeof house->path, "%s/florin.db", house->folder);
    snprintf(house->key_path, sizeof house->key_path, "%s/master", house->folder);
    place_take(house->path, house->url);
    open_stores(house);
    *state = house;
    return 0;
}

static int tear_down(void **state)
{
    struct house *house = *state;
    fake_world_lose_gateway(house->fake, false);
    safe_close(house->safe);
    store_close(house->reader);
    store_close(house->store);
    place_give_back(house->url);
    fake_world_close(house->fake);
    assert_true(folder_remove(house->folder));
    arena_close(&house->arena);
    free(house);
    return 0;
}

#define house_test(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

/* ---- doing things ---- */

static void told(struct safe_errand *errand, enum safe_result result) { CONTAINER_OF(errand, struct house, errand)->result = (int)result; }

static void told_busy(struct safe_errand *unused, enum safe_result result)
{
    (void)unused;
    assert_int_equal(result, SAFE_BUSY);
}

static struct safe_errand *errand(struct house *house)
{
    house->result = RESULT_NONE;
    house->errand = (struct safe_errand){ .done = told };
    return &house->errand;
}

static void pass(struct house *house, micros span)
{
    micros until = fake_world_clock(house->fake) + span;
    while (fake_world_step(house->fake, until)) continue;
}

static int result_of(struct house *house)
{
    pass(house, A_WHILE);
    return house->result;
}

static struct hash secret_of(const char *words)
{
    str text = str_of(words);
    return hash_of(&text, 1);
}

static void write_master(struct house *house, const char *words)
{
    struct error error = { "" };
    struct hash secret = secret_of(words);
    (void)unlink(house->key_path);
    if (!key_file_write(house->key_path, &secret, &error)) fail_msg("%s", error.text);
}

static int unlock(struct house *house, const char *words)
{
    char text[SHARE_TEXT_BYTES];
    struct hash share = secret_of(words);
    share_write(&share, text);
    safe_unlock(house->safe, str_of(text), errand(house));
    return result_of(house);
}

struct saving {
    struct work work;
    struct token_record *token;
};

static void save(struct work *work, void *store) { store_save_new_token(store, MERCHANT, CONTAINER_OF(work, struct saving, work)->token); }

static void store_card(struct house *house, int number)
{
    struct token_record *token = &house->tokens[number];
    *token = (struct token_record){ .id = arena_format(&house->arena, "tok_%036d", number), .brand = STR("visa"), .last4 = STR("1111"),
                                    .fingerprint = STR("f"), .expiry_month = 6, .expiry_year = 2030, .token.created_at = 1 };
    keyring_seal_card(safe_keyring(house->safe), &house->arena, &visa, token);
    struct saving saving = { .work.run = save, .token = token };
    struct work *works[] = { &saving.work };
    store_run_batch(house->store, works, 1);
    assert_int_equal(saving.work.result, WORK_DONE);
}

struct looking {
    struct work work;
    struct house *house;
    int opened, under_old;
    size_t keys;
    struct vault_key_record *rows;
};

static void look(struct work *work, void *store)
{
    struct looking *looking = CONTAINER_OF(work, struct looking, work);
    struct house *house = looking->house;
    looking->opened = looking->under_old = 0;
    for (int i = 0; i < CARDS; i++) {
        struct token_record token;
        struct card card;
        if (!house->tokens[i].id.bytes || !store_load_token(store, &house->arena, MERCHANT, house->tokens[i].id, &token)) continue;
        looking->opened += keyring_open_card(safe_keyring(house->safe), &token, &card) == CARD_OPENED;
        looking->under_old += str_equal(token.key_id, STR("card-1"));
    }
    looking->keys = store_list_vault_keys(store, &house->arena, MERCHANT, &looking->rows);
}

static struct looking look_at(struct house *house)
{
    struct looking looking = { .work.run = look, .house = house };
    struct work *works[] = { &looking.work };
    store_run_questions(house->reader, works, 1);
    assert_int_equal(looking.work.result, WORK_DONE);
    return looking;
}

static struct safe_view view_of(struct house *house)
{
    struct safe_view view;
    safe_look(house->safe, &view);
    return view;
}

/* ---- opening ---- */

static void it_opens_by_its_file(void **state)
{
    struct house *house = *state;
    begin(house);
    assert_int_equal(view_of(house).state, SAFE_NONE);
    lose(house);
    write_master(house, "one");
    begin(house);
    assert_int_equal(view_of(house).state, SAFE_OPEN);
    store_card(house, 1);
    lose(house);
    begin(house);
    assert_int_equal(look_at(house).opened, 1);
    assert_int_equal(look_at(house).keys, 2);
}

static void a_wrong_file_is_refused(void **state)
{
    struct house *house = *state;
    struct error error = { "" };
    write_master(house, "one");
    begin(house);
    lose(house);
    write_master(house, "another");
    assert_false(open_safe(house, false, &error));
    assert_true(str_contains(str_of(error.text), STR("is not the one")));
    safe_close(house->safe);
    assert_int_equal(unlink(house->key_path), 0);
    assert_false(open_safe(house, true, &error));
    assert_true(str_contains(str_of(error.text), STR("cannot be read")));
    safe_close(house->safe);
    begin(house);
    assert_int_equal(view_of(house).state, SAFE_SEALED);
}

static void two_shares_open_it(void **state)
{
    struct house *house = *state;
    begin(house);
    assert_int_equal(unlock(house, "a"), SAFE_SHARE_KEPT);
    assert_true(view_of(house).waits_for_share);
    assert_int_equal(unlock(house, "b"), SAFE_DONE);
    assert_int_equal(unlock(house, "a"), SAFE_IS_OPEN);
    store_card(house, 1);
    lose(house);
    begin(house);
    assert_int_equal(view_of(house).state, SAFE_SEALED);
    assert_int_equal(unlock(house, "b"), SAFE_SHARE_KEPT);
    assert_int_equal(unlock(house, "c"), SAFE_WRONG_KEY);
    assert_int_equal(unlock(house, "b"), SAFE_SHARE_KEPT);
    assert_int_equal(unlock(house, "b"), SAFE_SHARE_INVALID);
    assert_false(view_of(house).waits_for_share);
    assert_int_equal(unlock(house, "b"), SAFE_SHARE_KEPT);
    fake_world_skip(house->fake, 16 * INT64_C(60) * MICROS_PER_SECOND); /* he has waited too long: the next one is the first */
    assert_int_equal(unlock(house, "a"), SAFE_SHARE_KEPT);
    assert_int_equal(unlock(house, "b"), SAFE_DONE);
    assert_int_equal(look_at(house).opened, 1);
    safe_unlock(house->safe, STR("no share"), errand(house));
    assert_int_equal(house->result, SAFE_IS_OPEN);
}

/* ---- changing keys ---- */

static void a_new_master_key_is_put_into_the_file(void **state)
{
    struct house *house = *state;
    struct error error = { "" };
    write_master(house, "one");
    begin(house);
    store_card(house, 1);
    struct safe_view before = view_of(house);
    safe_rotate_master(house->safe, STR("a share"), errand(house));
    assert_int_equal(house->result, SAFE_NO_FILE);
    safe_rotate_master(house->safe, STR(""), errand(house));
    safe_rotate_master(house->safe, STR(""), &(struct safe_errand){ .done = told_busy }); /* while it is at work */
    assert_int_equal(result_of(house), SAFE_DONE);
    assert_string_not_equal(view_of(house).master_id, before.master_id);
    lose(house);
    begin(house);
    assert_int_equal(look_at(house).opened, 1);
    lose(house);
    write_master(house, "one");
    assert_false(open_safe(house, false, &error));
}

static void shares_bring_a_new_master_key(void **state)
{
    struct house *house = *state;
    char text[SHARE_TEXT_BYTES];
    struct hash c = secret_of("c"), d = secret_of("d");
    begin(house);
    safe_rotate_master(house->safe, STR(""), errand(house));
    assert_int_equal(house->result, SAFE_IS_SEALED);
    (void)unlock(house, "a");
    assert_int_equal(unlock(house, "b"), SAFE_DONE);
    store_card(house, 1);
    safe_rotate_master(house->safe, STR(""), errand(house));
    assert_int_equal(house->result, SAFE_NO_FILE);
    share_write(&c, text);
    safe_rotate_master(house->safe, str_of(text), errand(house));
    assert_int_equal(house->result, SAFE_SHARE_KEPT);
    share_write(&d, text);
    safe_rotate_master(house->safe, str_of(text), errand(house));
    assert_int_equal(result_of(house), SAFE_DONE);
    lose(house);
    begin(house);
    (void)unlock(house, "a");
    assert_int_equal(unlock(house, "b"), SAFE_WRONG_KEY);
    (void)unlock(house, "d");
    assert_int_equal(unlock(house, "c"), SAFE_DONE);
    assert_int_equal(look_at(house).opened, 1);
}

static void cards_come_over_to_a_new_data_key(void **state)
{
    struct house *house = *state;
    write_master(house, "one");
    begin(house);
    for (int i = 0; i < CARDS; i++) store_card(house, i);
    safe_rotate_data_key(house->safe, errand(house));
    assert_int_equal(result_of(house), SAFE_DONE);
    struct looking after = look_at(house);
    assert_int_equal(after.opened, CARDS);
    assert_int_equal(after.under_old, 0);
    assert_false(view_of(house).is_resealing);
    assert_int_equal(after.keys, 3);
    for (size_t i = 0; i < after.keys; i++) {
        bool is_old = str_equal(after.rows[i].key_id, STR("card-1"));
        assert_int_equal(str_equal(after.rows[i].state, STR("destroyed")), is_old);
        assert_int_equal(after.rows[i].sealed.bytes == NULL, is_old);
    }
    assert_str(keyring_active_key(safe_keyring(house->safe)), STR("card-2"));
}

/* Killed after each of its moments: every card opens at once after the start, and in the end the old key is gone. */
static void a_kill_anywhere_loses_no_card(void **state)
{
    struct house *house = *state;
    for (int moments = 0; moments < 40; moments++) {
        struct house *fresh = house;
        write_master(fresh, "one");
        begin(fresh);
        for (int i = 0; i < CARDS; i += 2) store_card(fresh, i);
        if (moments % 2) safe_rotate_master(fresh->safe, STR(""), errand(fresh));
        else safe_rotate_data_key(fresh->safe, errand(fresh));
        for (int i = 0; i < moments / 2; i++) (void)fake_world_step(fresh->fake, fake_world_clock(fresh->fake) + A_WHILE);
        lose(fresh);
        begin(fresh);
        assert_row(look_at(fresh).opened == CARDS / 2, moments);
        safe_go_on(fresh->safe);
        pass(fresh, A_WHILE);
        assert_row(look_at(fresh).opened == CARDS / 2, moments);
        assert_false(view_of(fresh).is_resealing);
        bool is_last = moments == 39;
        if (is_last) return;
        (void)tear_down(state);
        (void)set_up(state);
        house = *state;
    }
}

/* What others have changed is looked up; keys that do not open leave it as it is. */
static void it_learns_of_the_keys_of_others(void **state)
{
    struct house *house = *state;
    write_master(house, "one");
    begin(house);
    struct safe *ours = house->safe;
    begin(house); /* another node, on the same file */
    struct safe *theirs = house->safe;
    safe_rotate_data_key(theirs, errand(house));
    pass(house, MICROS_PER_MS);
    store_card(house, 1);
    house->safe = ours;
    assert_int_equal(look_at(house).opened, 0);
    safe_refresh(ours, errand(house));
    assert_int_equal(result_of(house), SAFE_DONE);
    assert_int_equal(look_at(house).opened, 1);
    safe_close(theirs);
}

/* A node that has not heard of the new master key may not seal a data key under the old one: nothing would open any more. */
static void an_old_master_key_seals_nothing_new(void **state)
{
    struct house *house = *state;
    write_master(house, "one");
    begin(house);
    struct safe *ours = house->safe;
    begin(house);
    struct safe *theirs = house->safe;
    safe_rotate_master(theirs, STR(""), errand(house));
    assert_int_equal(result_of(house), SAFE_DONE);
    safe_rotate_data_key(ours, errand(house));
    assert_int_equal(result_of(house), SAFE_WRONG_KEY);
    assert_int_equal(look_at(house).keys, 2);
    safe_refresh(ours, errand(house)); /* the file has the new one */
    assert_int_equal(result_of(house), SAFE_DONE);
    safe_rotate_data_key(ours, errand(house));
    assert_int_equal(result_of(house), SAFE_DONE);
    safe_close(ours);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        house_test(it_opens_by_its_file),
        house_test(a_wrong_file_is_refused),
        house_test(two_shares_open_it),
        house_test(a_new_master_key_is_put_into_the_file),
        house_test(shares_bring_a_new_master_key),
        house_test(cards_come_over_to_a_new_data_key),
        house_test(a_kill_anywhere_loses_no_card),
        house_test(it_learns_of_the_keys_of_others),
        house_test(an_old_master_key_seals_nothing_new),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
