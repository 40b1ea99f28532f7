/* SPDX-License-Identifier: Apache-2.0 */
/* A schema that is a version older than this binary, or newer, by the rules of docs/decisions/0026-two-versions.md. */
#include "base/base_testing.h"
#include "store/shelf.h"

static void save_and_change_one(struct shelf *shelf)
{
    struct payment_id payment = payment_id_of(1);
    struct operation_record record = operation_of(7, &payment);
    assert_int_equal(shelf_do(shelf, save_new_operation, &record), WORK_DONE);
    assert_int_equal(shelf_do(shelf, save_operation, &record), WORK_DONE);
}

/* What a newer florin added does not disturb this one, as long as that says so. */
static void a_schema_that_only_grew_is_worked_with(void **state)
{
    struct shelf *shelf = *state;
    store_close(shelf->store);
    shelf->store = NULL;
    shelf_tamper(shelf, "UPDATE meta SET value = '999' WHERE name = 'schema_version'");
    shelf_tamper(shelf, "ALTER TABLE operation ADD COLUMN color TEXT NOT NULL DEFAULT 'blue'");
    shelf_reopen(shelf);
    save_and_change_one(shelf);
}

static void an_older_schema_is_brought_along(void **state)
{
    struct error error;
    struct shelf *shelf = *state;
    store_close(shelf->store);
    shelf->store = NULL;
    shelf_make_older(shelf);
    assert_null(store_open(str_of(shelf->url), STORE_READS, &error));
    assert_true(str_contains(str_of(error.text), STR("schema version 2, this florin knows 8: start its gateway")));
    shelf_reopen(shelf);
    save_and_change_one(shelf);
    struct token_record token = token_of(1);
    struct api_key key = { .id = "key_1", .scopes = SCOPE_READ };
    assert_int_equal(shelf_do(shelf, save_new_token, &token), WORK_DONE);
    assert_int_equal(shelf_do(shelf, save_new_api_key, &key), WORK_DONE);
    struct payment_record payment = payment_of(1);
    assert_int_equal(shelf_do(shelf, save_new_payment, &payment), WORK_DONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        shelf_test(a_schema_that_only_grew_is_worked_with),
        shelf_test(an_older_schema_is_brought_along),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
