/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of callers, as they lie here. */
#include "base/base_testing.h"
#include "store/shelf.h"

static struct api_key key_of(const char *id, micros created_at)
{
    struct api_key key = { .name = "the shop", .scopes = SCOPE_READ | SCOPE_PAY, .created_at = created_at };
    char text[API_KEY_TEXT_BYTES];
    uint8_t secret[API_KEY_SECRET_BYTES] = { (uint8_t)created_at };
    bool fits = str_copy_to(str_of(id), key.id, sizeof key.id);
    assert_true(fits);
    api_key_make(&key, false, secret, text);
    return key;
}

struct listing {
    struct arena *arena;
    struct api_key *keys;
    size_t count;
};

static void list(struct store *store, void *context)
{
    struct listing *listing = context;
    listing->count = store_list_api_keys(store, listing->arena, MERCHANT, &listing->keys);
}

static struct listing listed(struct shelf *shelf)
{
    struct listing listing = { .arena = &shelf->arena };
    assert_int_equal(shelf_do(shelf, list, &listing), WORK_DONE);
    return listing;
}

struct revoking {
    const char *id;
    bool is_found;
};

static void revoke(struct store *store, void *context)
{
    struct revoking *revoking = context;
    revoking->is_found = store_revoke_api_key(store, MERCHANT, str_of(revoking->id), 77);
}

static bool is_revoked_now(struct shelf *shelf, const char *id)
{
    struct revoking revoking = { .id = id };
    assert_int_equal(shelf_do(shelf, revoke, &revoking), WORK_DONE);
    return revoking.is_found;
}

static void keys_are_listed_as_they_were_saved_oldest_first(void **state)
{
    struct shelf *shelf = *state;
    struct api_key later = key_of("key_a", 20), earlier = key_of("key_b", 10);
    earlier.is_publishable = true;
    assert_int_equal(listed(shelf).count, 0);
    assert_int_equal(shelf_do(shelf, save_new_api_key, &later), WORK_DONE);
    assert_int_equal(shelf_do(shelf, save_new_api_key, &earlier), WORK_DONE);
    struct listing listing = listed(shelf);
    assert_int_equal(listing.count, 2);
    const struct api_key *expected[] = { &earlier, &later };
    for (size_t i = 0; i < listing.count; i++) {
        const struct api_key *key = &listing.keys[i];
        assert_string_equal(key->id, expected[i]->id);
        assert_string_equal(key->name, "the shop");
        assert_row(key->is_publishable == expected[i]->is_publishable && key->scopes == expected[i]->scopes && key->revoked_at == 0, i);
        assert_row(key->created_at == expected[i]->created_at && hash_equal(&key->hash, &expected[i]->hash), i);
    }
}

static void one_is_revoked_once_and_for_ever(void **state)
{
    struct shelf *shelf = *state;
    struct api_key key = key_of("key_a", 20);
    assert_false(is_revoked_now(shelf, "key_a"));
    assert_int_equal(shelf_do(shelf, save_new_api_key, &key), WORK_DONE);
    assert_true(is_revoked_now(shelf, "key_a"));
    assert_false(is_revoked_now(shelf, "key_a"));
    assert_int_equal(listed(shelf).keys[0].revoked_at, 77);
}

static void a_row_that_was_changed_opens_nothing(void **state)
{
    static const char *const damages[] = { "UPDATE api_key SET scopes = 'everything'", "UPDATE api_key SET hash = 'x'" };
    struct shelf *shelf = *state;
    for (size_t i = 0; i < COUNT_OF(damages); i++) {
        struct api_key key = key_of("key_a", 20);
        assert_int_equal(shelf_do(shelf, save_new_api_key, &key), WORK_DONE);
        store_close(shelf->store);
        shelf->store = NULL;
        shelf_tamper(shelf, damages[i]);
        shelf_reopen(shelf);
        assert_row(listed(shelf).keys[0].scopes == SCOPE_NONE, i);
        store_close(shelf->store);
        shelf->store = NULL;
        shelf_tamper(shelf, "DELETE FROM api_key");
        shelf_reopen(shelf);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        shelf_test(keys_are_listed_as_they_were_saved_oldest_first),
        shelf_test(one_is_revoked_once_and_for_ever),
        shelf_test(a_row_that_was_changed_opens_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
