/* SPDX-License-Identifier: Apache-2.0 */
/* A filled store is a real one: every row follows from its history, and orders and keys lead where they should. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"
#include "command/bench/bench_fill.h"
#include "command/bench/bench_form.h"
#include "command/house.h"
#include "simulation/folder.h"

enum { PAYMENTS = 257 };

static const micros now = 1800000000LL * MICROS_PER_SECOND;

static char folder[] = "/tmp/florin-fill-XXXXXX";
static char path[64], url[80];

static int fill(void **state)
{
    struct error error;
    (void)state;
    log_set_level(LOG_ERROR);
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/a.db", folder);
    (void)snprintf(url, sizeof url, "sqlite:%s", path);
    return bench_fill(path, PAYMENTS, now, &error) ? 0 : -1;
}

static int clean_up(void **state)
{
    (void)state;
    return folder_remove(folder) ? 0 : -1;
}

static struct store *open_store(void)
{
    struct error error = { "" };
    struct store *store = store_open(str_of(url), STORE_READS, &error);
    if (!store) fail_msg("%s", error.text);
    return store;
}

static void every_row_follows_from_its_history(void **state)
{
    struct error error = { "" };
    struct verify_report report;
    struct store *store = open_store();
    (void)state;
    assert_true(store_verify(store, house_merchant(), &report, &error));
    for (size_t i = 0; i < VERIFY_KIND_COUNT; i++) assert_string_equal(report.findings[i].first, "");
    assert_int_equal(verify_report_findings(&report), 0);
    assert_int_equal(report.payments, PAYMENTS);
    assert_int_equal(report.events, 2 * report.operations);
    assert_int_equal(report.requests, report.operations);
    store_close(store);
}

struct look {
    struct work work;
    struct arena arena;
    uint32_t number;
};

static void look(struct work *work, void *store)
{
    struct look *look = CONTAINER_OF(work, struct look, work);
    char letters[BENCH_LETTERS + 1];
    struct payment_record *found;
    struct request_record request;
    struct payment_id id = bench_fill_payment_id(look->number, PAYMENTS, now);
    struct payment_filter filter = { .order_id = arena_format(&look->arena, "fill-%010u", look->number), .limit = 2 };
    assert_int_equal(store_list_payments(store, &look->arena, house_merchant(), &filter, &found), 1);
    assert_string_equal(found->id.text, id.text);
    bench_form_letters(look->number, letters);
    str key = arena_format(&look->arena, "fill-authorize-%s", letters);
    assert_true(store_load_request(store, &look->arena, house_merchant(), STR("core"), key, &request));
    assert_true(str_equal(request.payment_id, payment_id_str(&id)));
    assert_int_equal(request.status, 201);
}

static void orders_and_keys_lead_to_their_payments(void **state)
{
    struct store *store = open_store();
    (void)state;
    for (uint32_t number = 0; number < PAYMENTS; number++) {
        struct look one = { .work = { .run = look }, .number = number };
        struct work *works[] = { &one.work };
        store_run_questions(store, works, 1);
        arena_close(&one.arena);
    }
    store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_follows_from_its_history),
        cmocka_unit_test(orders_and_keys_lead_to_their_payments),
    };
    return cmocka_run_group_tests(tests, fill, clean_up);
}
