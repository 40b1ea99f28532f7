/* SPDX-License-Identifier: Apache-2.0 */
/* How a node finds the keys of the cards that it sealed before it was started again. */
#include "base/base_testing.h"

#include "command/house.h"
#include "store/go_between.h"
#include "store/shelf.h"
#include "store/store_internal.h"

/* By no other name: there it would find none, and every open authorization would have lost its card. */
static void a_store_that_cannot_be_asked_gives_the_vault_no_name(void **state)
{
    only_for_servers();
    struct shelf *shelf = *state;
    struct error error = { "" };
    char right[HOUSE_VAULT_NAME_BYTES], name[HOUSE_VAULT_NAME_BYTES];
    house_chosen.store = shelf->url;
    go_between_begin();
    shelf_reopen(shelf);
    assert_true(house_vault_name(shelf->store, right, &error));
    int64_t nth = 0;
    do {
        go_between_plan(false, MISHAP_UNANSWERED, ++nth);
        bool named = house_vault_name(shelf->store, name, &error);
        assert_true(named == !go_between_has_struck());
        if (named) assert_string_equal(name, right);
        if (go_between_has_struck()) assert_true(sql_reach(shelf->store->sql, &error));
    } while (go_between_has_struck());
    assert_true(nth > 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = { shelf_test(a_store_that_cannot_be_asked_gives_the_vault_no_name) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
