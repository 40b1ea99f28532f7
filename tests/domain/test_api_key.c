/* SPDX-License-Identifier: Apache-2.0 */
/* Texts of keys and scopes, and who finds which. */
#include "base/base_testing.h"

#include <string.h>

#include "domain/api_key.h"

static struct api_key made(bool is_publishable, bool is_live, uint8_t seed, char text[API_KEY_TEXT_BYTES])
{
    uint8_t secret[API_KEY_SECRET_BYTES];
    struct api_key key = { .is_publishable = is_publishable };
    memset(secret, seed, sizeof secret);
    api_key_make(&key, is_live, secret, text);
    return key;
}

static void a_text_tells_its_kind_and_mode(void **state)
{
    static const struct {
        bool is_publishable, is_live;
        const char *text;
    } rows[] = {
        { false, false, "sk_test_abababababababababababababababababababababababababababababababab" },
        { false, true, "sk_live_abababababababababababababababababababababababababababababababab" },
        { true, false, "pk_test_abababababababababababababababababababababababababababababababab" },
        { true, true, "pk_live_abababababababababababababababababababababababababababababababab" },
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char text[API_KEY_TEXT_BYTES];
        (void)made(rows[i].is_publishable, rows[i].is_live, 0xab, text);
        assert_string_equal(text, rows[i].text);
        assert_row(api_key_is_of(str_of(text), rows[i].is_live) && !api_key_is_of(str_of(text), !rows[i].is_live), i);
        assert_row(!api_key_is_of(str_from(str_of(text), 1), rows[i].is_live), i);
    }
    assert_false(api_key_is_of(STR(""), false));
}

static void only_the_key_that_was_shown_is_found_and_only_while_it_holds(void **state)
{
    char one[API_KEY_TEXT_BYTES], other[API_KEY_TEXT_BYTES], unknown[API_KEY_TEXT_BYTES];
    struct api_key keys[] = { made(false, false, 1, one), made(true, false, 2, other) };
    (void)state;
    (void)made(false, false, 3, unknown);
    assert_ptr_equal(api_key_find(keys, 2, str_of(one)), &keys[0]);
    assert_ptr_equal(api_key_find(keys, 2, str_of(other)), &keys[1]);
    assert_null(api_key_find(keys, 2, str_of(unknown)));
    assert_null(api_key_find(keys, 0, str_of(one)));
    assert_null(api_key_find(keys, 2, STR("")));
    keys[0].revoked_at = 1;
    assert_null(api_key_find(keys, 2, str_of(one)));
}

static void scopes_are_read_as_they_are_written(void **state)
{
    (void)state;
    for (unsigned scopes = 1; scopes < 32; scopes++) {
        char text[SCOPES_TEXT_BYTES];
        unsigned read;
        assert_row(scopes_read(scopes_text(scopes, text), &read) && read == scopes, scopes);
    }
    char all[SCOPES_TEXT_BYTES];
    assert_string_equal(scopes_text(31, all).bytes, "tokenize,read,pay,refund,admin");
}

static void what_is_no_list_of_scopes_is_refused(void **state)
{
    static const char *const rows[] = { "", ",", "read,", ",read", "read,read", "read pay", "READ", "write", "read,,pay" };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        unsigned scopes;
        assert_row(!scopes_read(str_of(rows[i]), &scopes), i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_tells_its_kind_and_mode),
        cmocka_unit_test(only_the_key_that_was_shown_is_found_and_only_while_it_holds),
        cmocka_unit_test(scopes_are_read_as_they_are_written),
        cmocka_unit_test(what_is_no_list_of_scopes_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
