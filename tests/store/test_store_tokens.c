/* SPDX-License-Identifier: Apache-2.0 */
/* Stored cards and their keys: what is saved is what is loaded, and nothing is left of what was erased. */
#include "base/base_testing.h"

#include <stdio.h>

#include "store/shelf.h"
#include "store/store_internal.h"

enum { NOW = 777 };

/* ---- errands ---- */

struct sought {
    str id;
    struct arena *arena;
    bool found;
    struct token_record token;
};

static void look(struct store *store, void *context)
{
    struct sought *sought = context;
    sought->found = store_load_token(store, sought->arena, MERCHANT, sought->id, &sought->token);
}

static struct token_record load(struct shelf *shelf, str id)
{
    struct sought sought = { .id = id, .arena = &shelf->arena };
    assert_int_equal(shelf_do(shelf, look, &sought), WORK_DONE);
    assert_true(sought.found);
    return sought.token;
}

static void use(struct store *store, void *context)
{
    struct token_record *token = context;
    store_save_token_use(store, MERCHANT, token, STR("pay_1"), NOW);
}

static void delete (struct store *store, void *context)
{
    struct token_record *token = context;
    store_save_token_deletion(store, MERCHANT, token->id, NOW);
}

static void seal_anew(struct store *store, void *context)
{
    store_save_token_seal(store, MERCHANT, context, STR("card-1"));
}

static void erase(struct store *store, void *context)
{
    store_erase_expired_tokens(store, MERCHANT, *(micros *)context, 100);
}

struct list {
    struct arena *arena;
    struct token_record *tokens;
    size_t count;
    int64_t sealed;
};

static void list_sealed(struct store *store, void *context)
{
    struct list *list = context;
    list->count = store_list_sealed_tokens(store, list->arena, MERCHANT, STR("card-1"), STR_NONE, 100, &list->tokens);
    list->sealed = store_count_sealed_tokens(store, MERCHANT, STR("card-1"));
}

/* ---- tokens ---- */

static void assert_same_token(const struct token_record *actual, const struct token_record *expected)
{
    assert_str(actual->id, expected->id);
    assert_str(actual->key_id, expected->key_id);
    assert_str(actual->card_sealed, expected->card_sealed);
    assert_str(actual->brand, expected->brand);
    assert_str(actual->last4, expected->last4);
    assert_str(actual->fingerprint, expected->fingerprint);
    assert_int_equal(actual->expiry_month, expected->expiry_month);
    assert_int_equal(actual->expiry_year, expected->expiry_year);
    assert_memory_equal(&actual->token, &expected->token, sizeof actual->token);
    assert_str(actual->used_by, expected->used_by);
    assert_str(actual->cvv_sealed, expected->cvv_sealed);
    assert_int_equal(actual->cvv_slot, expected->cvv_slot);
    assert_int_equal(actual->cvv_until, expected->cvv_until);
}

static void a_token_is_loaded_as_it_was_saved(void **state)
{
    struct shelf *shelf = *state;
    struct token_record token = token_of(1);
    assert_int_equal(shelf_do(shelf, save_new_token, &token), WORK_DONE);
    shelf_reopen(shelf);
    struct token_record back = load(shelf, token.id);
    assert_same_token(&back, &token);
    struct sought other = { .id = token_of(2).id, .arena = &shelf->arena };
    assert_int_equal(shelf_do(shelf, look, &other), WORK_DONE);
    assert_false(other.found);
}

static void its_use_is_marked(void **state)
{
    struct shelf *shelf = *state;
    struct token_record token = token_of(1), kept = token_of(2);
    kept.token.single_use = false;
    assert_int_equal(shelf_do(shelf, save_new_token, &token), WORK_DONE);
    assert_int_equal(shelf_do(shelf, save_new_token, &kept), WORK_DONE);
    assert_int_equal(shelf_do(shelf, use, &token), WORK_DONE);
    assert_int_equal(shelf_do(shelf, use, &kept), WORK_DONE);
    struct token_record back = load(shelf, token.id);
    assert_int_equal(back.token.used_at, NOW);
    assert_str(back.used_by, STR("pay_1"));
    assert_null(back.cvv_sealed.bytes);
    assert_non_null(back.card_sealed.bytes);
    back = load(shelf, kept.id);
    assert_int_equal(back.token.used_at, 0);
    assert_null(back.used_by.bytes);
    assert_null(back.cvv_sealed.bytes);
}

/* Every byte of the store's files. */
static bool holds(const char *path, str text)
{
    char bytes[4096];
    bool found = false;
    size_t kept = 0, got;
    FILE *file = fopen(path, "rb");
    while (file && (got = fread(bytes + kept, 1, sizeof bytes - kept, file)) > 0) {
        size_t length = kept + got;
        found |= memmem(bytes, length, text.bytes, text.length) != NULL;
        kept = length < text.length ? length : text.length;
        memmove(bytes, bytes + length - kept, kept);
    }
    if (file) fclose(file);
    return found;
}

static void a_deleted_one_has_no_card(void **state)
{
    struct shelf *shelf = *state;
    struct token_record token = token_of(1);
    assert_int_equal(shelf_do(shelf, save_new_token, &token), WORK_DONE);
    assert_int_equal(shelf_do(shelf, delete, &token), WORK_DONE);
    struct token_record back = load(shelf, token.id);
    assert_int_equal(back.token.deleted_at, NOW);
    assert_null(back.card_sealed.bytes);
    assert_null(back.cvv_sealed.bytes);
    assert_str(back.last4, STR(""));
    assert_str(back.fingerprint, STR(""));
    if (!place_is_file()) return;
    store_finish(shelf->store); /* its log goes over into the file */
    assert_true(holds(shelf->path, token.id));
    assert_false(holds(shelf->path, token.card_sealed));
}

static bool log_holds(const struct shelf *shelf, str text)
{
    char path[sizeof shelf->path + sizeof "-wal"];
    (void)snprintf(path, sizeof path, "%s-wal", shelf->path);
    return holds(path, text);
}

static void delete_and_scrub(struct store *store, void *token)
{
    delete (store, token);
    store_scrub_log(store);
}

static void what_was_overwritten_leaves_the_log(void **state)
{
    only_for_files("a server has a log of its own");
    struct shelf *shelf = *state;
    struct token_record token = token_of(1);
    assert_int_equal(shelf_do(shelf, save_new_token, &token), WORK_DONE);
    assert_true(log_holds(shelf, token.card_sealed)); /* where it would stay until the log is full */
    assert_int_equal(shelf_do(shelf, delete_and_scrub, &token), WORK_DONE);
    assert_false(log_holds(shelf, token.card_sealed) || holds(shelf->path, token.card_sealed));
    assert_true(holds(shelf->path, token.id));
}

/* His snapshot is in the log; whoever scrubs it does not wait for him, and does not forget. */
static void what_is_being_read_leaves_the_log_afterwards(void **state)
{
    only_for_files("a server has a log of its own");
    struct shelf *shelf = *state;
    struct error error;
    struct token_record token = token_of(1);
    struct payment_record payment = payment_of(1);
    assert_int_equal(shelf_do(shelf, save_new_token, &token), WORK_DONE);
    struct store *reader = store_open(str_of(shelf->url), STORE_READS, &error);
    struct store_mark mark;
    sql_begin(reader->sql, false);
    assert_true(mark_in_transaction(reader, &mark)); /* it begins */
    assert_int_equal(shelf_do(shelf, delete_and_scrub, &token), WORK_DONE);
    assert_true(log_holds(shelf, token.card_sealed));
    sql_end(reader->sql);
    sql_rollback(reader->sql);
    assert_int_equal(shelf_do(shelf, save_new_payment, &payment), WORK_DONE);
    assert_false(log_holds(shelf, token.card_sealed) || holds(shelf->path, token.card_sealed));
    store_close(reader);
}

static void what_is_over_is_erased(void **state)
{
    struct shelf *shelf = *state;
    struct token_record token = token_of(1), lasting = token_of(2);
    lasting.token.expires_at = 0;
    assert_int_equal(shelf_do(shelf, save_new_token, &token), WORK_DONE);
    assert_int_equal(shelf_do(shelf, save_new_token, &lasting), WORK_DONE);
    micros now = token.cvv_until - 1;
    assert_int_equal(shelf_do(shelf, erase, &now), WORK_DONE);
    assert_non_null(load(shelf, token.id).cvv_sealed.bytes);
    now = token.cvv_until;
    assert_int_equal(shelf_do(shelf, erase, &now), WORK_DONE);
    assert_null(load(shelf, token.id).cvv_sealed.bytes);
    assert_non_null(load(shelf, token.id).card_sealed.bytes);
    now = token.token.expires_at;
    assert_int_equal(shelf_do(shelf, erase, &now), WORK_DONE);
    assert_null(load(shelf, token.id).card_sealed.bytes);
    assert_non_null(load(shelf, lasting.id).card_sealed.bytes);
    assert_null(load(shelf, lasting.id).cvv_sealed.bytes);
}

static void cards_come_over_to_another_key(void **state)
{
    struct shelf *shelf = *state;
    struct list list = { .arena = &shelf->arena };
    for (int i = 1; i <= 4; i++) {
        struct token_record token = token_of(i);
        if (i == 3) token.key_id = STR("card-2");
        assert_int_equal(shelf_do(shelf, save_new_token, &token), WORK_DONE);
    }
    struct token_record deleted = token_of(2), moved = token_of(1);
    assert_int_equal(shelf_do(shelf, delete, &deleted), WORK_DONE);
    assert_int_equal(shelf_do(shelf, list_sealed, &list), WORK_DONE);
    assert_int_equal(list.count, 2);
    assert_int_equal(list.sealed, 2);
    assert_str(list.tokens[0].id, token_of(1).id);
    moved.key_id = deleted.key_id = STR("card-2");
    moved.card_sealed = deleted.card_sealed = STR("another");
    assert_int_equal(shelf_do(shelf, seal_anew, &moved), WORK_DONE);
    assert_int_equal(shelf_do(shelf, seal_anew, &deleted), WORK_DONE); /* which has no card any more, and gets none */
    assert_str(load(shelf, moved.id).card_sealed, STR("another"));
    assert_null(load(shelf, deleted.id).card_sealed.bytes);
    assert_int_equal(shelf_do(shelf, list_sealed, &list), WORK_DONE);
    assert_int_equal(list.count, 1);
}

/* ---- keys ---- */

static void save_key(struct store *store, void *context) { store_save_new_vault_key(store, MERCHANT, context); }

static void change_key(struct store *store, void *context) { store_save_vault_key(store, MERCHANT, context, STR("master-a")); }

struct keys {
    struct arena *arena;
    struct vault_key_record *rows;
    size_t count;
    bool is_active;
};

static void list_keys(struct store *store, void *context)
{
    struct keys *keys = context;
    keys->count = store_list_vault_keys(store, keys->arena, MERCHANT, &keys->rows);
    keys->is_active = store_vault_key_is_active(store, MERCHANT, STR("card-1"));
}

static void keys_are_kept_and_changed(void **state)
{
    struct shelf *shelf = *state;
    struct keys keys = { .arena = &shelf->arena };
    struct vault_key_record one = { STR("card-1"), STR("active"), STR("master-a"), STR("sealed"), 20 };
    struct vault_key_record other = { STR("fingerprint-1"), STR("active"), STR("master-a"), STR("sealed, too"), 10 };
    assert_int_equal(shelf_do(shelf, save_key, &one), WORK_DONE);
    assert_int_equal(shelf_do(shelf, save_key, &other), WORK_DONE);
    assert_int_equal(shelf_do(shelf, list_keys, &keys), WORK_DONE);
    assert_int_equal(keys.count, 2);
    assert_true(keys.is_active);
    assert_str(keys.rows[0].key_id, other.key_id); /* the older one first */
    assert_str(keys.rows[1].sealed, one.sealed);
    one.state = STR("destroyed");
    one.sealed = STR_NONE;
    one.master_id = STR("master-b");
    assert_int_equal(shelf_do(shelf, change_key, &one), WORK_DONE);
    assert_int_equal(shelf_do(shelf, list_keys, &keys), WORK_DONE);
    assert_false(keys.is_active);
    assert_null(keys.rows[1].sealed.bytes);
    assert_str(keys.rows[1].master_id, one.master_id);
}

/* ---- verification ---- */

static const struct {
    const char *statement;
    const char *told;
} damages[] = {
    { "UPDATE token SET key_id = 'card-7'", "its key card-7 is not there" },
    { "UPDATE vault_key SET state = 'destroyed'", "its key card-1 is not there" },
    { "UPDATE token SET card_sealed = 'short'", "is no sealed card" },
    { "UPDATE token SET deleted_at = 1", "was deleted and still has its card" },
    { "UPDATE token SET used_at = 1", "whether it was used is not clear" },
    { "UPDATE token SET used_by = 'pay_9'", "whether it was used is not clear" },
    { "UPDATE token SET used_at = 1, used_by = 'pay_9'", "its payment pay_9 is not there" },
    { "UPDATE token SET used_at = 1, used_by = 'pay_9', single_use = 0", "whether it was used is not clear" },
};

static void verification_sees_damage(void **state)
{
    struct shelf *shelf = *state;
    struct error error;
    struct verify_report report;
    for (size_t i = 0; i <= COUNT_OF(damages); i++) {
        struct token_record token = token_of(1);
        struct vault_key_record key = { STR("card-1"), STR("active"), STR("master-a"), STR("sealed"), 20 };
        assert_int_equal(shelf_do(shelf, save_new_token, &token), WORK_DONE);
        assert_int_equal(shelf_do(shelf, save_key, &key), WORK_DONE);
        store_close(shelf->store);
        shelf->store = NULL;
        if (i < COUNT_OF(damages)) shelf_tamper(shelf, damages[i].statement);
        shelf_reopen(shelf);
        assert_true(store_verify(shelf->store, MERCHANT, &report, &error));
        assert_int_equal(report.tokens, 1);
        assert_int_equal(verify_report_findings(&report), i < COUNT_OF(damages));
        if (i < COUNT_OF(damages)) assert_non_null(strstr(report.findings[VERIFY_TOKEN].first, damages[i].told));
        store_close(shelf->store);
        shelf->store = NULL;
        shelf_tamper(shelf, "DELETE FROM token");
        shelf_tamper(shelf, "DELETE FROM vault_key");
        shelf_reopen(shelf);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        shelf_test(a_token_is_loaded_as_it_was_saved),
        shelf_test(its_use_is_marked),
        shelf_test(a_deleted_one_has_no_card),
        shelf_test(what_was_overwritten_leaves_the_log),
        shelf_test(what_is_being_read_leaves_the_log_afterwards),
        shelf_test(what_is_over_is_erased),
        shelf_test(cards_come_over_to_another_key),
        shelf_test(keys_are_kept_and_changed),
        shelf_test(verification_sees_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
