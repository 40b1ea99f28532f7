/* SPDX-License-Identifier: Apache-2.0 */
/* Two shares make a key, and a mistyped one is none. */
#include "base/base_testing.h"

#include <stdio.h>

#include "vault/share.h"

static struct hash hash_from(const char *words)
{
    str text = str_of(words);
    return hash_of(&text, 1);
}

static void a_share_comes_back_from_its_text(void **state)
{
    (void)state;
    char text[SHARE_TEXT_BYTES], spaced[SHARE_TEXT_BYTES + 8];
    struct hash share = hash_from("half"), back;
    share_write(&share, text);
    assert_true(share_read(str_of(text), &back) && hash_equal(&back, &share));
    snprintf(spaced, sizeof spaced, "  %s\t", text);
    assert_true(share_read(str_of(spaced), &back) && hash_equal(&back, &share));
}

/* One letter wrong, missing or more, wherever. */
static void a_mistyped_share_is_none(void **state)
{
    (void)state;
    char text[SHARE_TEXT_BYTES], wrong[SHARE_TEXT_BYTES + 1];
    struct hash share = hash_from("half"), back;
    share_write(&share, text);
    size_t length = strlen(text);
    for (size_t at = 0; at < length; at++) {
        memcpy(wrong, text, length + 1);
        wrong[at] = wrong[at] == '0' ? '1' : '0';
        assert_row(!share_read(str_of(wrong), &back), at);
        memcpy(wrong + at, text + at + 1, length - at);
        assert_row(!share_read(str_of(wrong), &back), at);
    }
    snprintf(wrong, sizeof wrong, "%s0", text);
    assert_false(share_read(str_of(wrong), &back));
    assert_false(share_read(STR_NONE, &back));
}

static void two_shares_make_a_key_in_any_order(void **state)
{
    (void)state;
    struct hash one = hash_from("one"), other = hash_from("other"), third = hash_from("third"), key, same, wrong;
    assert_true(share_combine(&one, &other, &key) && share_combine(&other, &one, &same) && share_combine(&one, &third, &wrong));
    assert_true(hash_equal(&key, &same));
    assert_false(hash_equal(&key, &wrong) || hash_equal(&key, &one) || hash_equal(&key, &other));
    assert_false(share_combine(&one, &one, &key));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_share_comes_back_from_its_text),
        cmocka_unit_test(a_mistyped_share_is_none),
        cmocka_unit_test(two_shares_make_a_key_in_any_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
