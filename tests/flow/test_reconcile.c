/* SPDX-License-Identifier: Apache-2.0 */
/* Reconciliation tells every difference between our book and the bank's, nothing else, and says what it could not find out. */
#include "base/base_testing.h"

#include <stdio.h>

#include "flow/reconcile.h"
#include "flow/shop.h"

enum { FINDINGS_MAX = 16, WORDS_BYTES = 96 };

/* What was told. */
struct audit {
    char findings[FINDINGS_MAX][WORDS_BYTES]; /* "amount capture 5000 USD, 5001 USD" */
    size_t count;
    struct reconciliation_totals totals;
    int pages;
    bool finished, whole;
};

static void found(void *context, const struct finding *finding)
{
    struct audit *audit = context;
    const char *ours = finding->ours.currency.code, *theirs = finding->theirs.currency.code;
    assert_true(audit->count < FINDINGS_MAX && finding->payment_id.length > 0);
    snprintf(audit->findings[audit->count++], WORDS_BYTES, "%.*s %.*s %lld %s, %lld %s", STR_FORMAT(finding_word(finding->kind)),
             STR_FORMAT(operation_kind_word(finding->object)), (long long)finding->ours.minor, ours, (long long)finding->theirs.minor,
             theirs[0] ? theirs : "-");
}

static void progress(void *context, const struct reconciliation_totals *totals)
{
    struct audit *audit = context;
    audit->pages++;
    audit->totals = *totals;
}

static void finished(void *context, const struct reconciliation_totals *totals, bool whole)
{
    struct audit *audit = context;
    assert_false(audit->finished);
    audit->finished = true;
    audit->whole = whole;
    audit->totals = *totals;
}

/* From the first page to the last, with what that processor can be asked. */
static struct audit compare_books_with(struct shop *shop, const struct processor *processor, bool tells_progress)
{
    struct audit audit = { 0 };
    struct processor_settings settings = { .processor = processor, .url = "http://bank", .timeout = 30 * SHOP_SECOND,
                                           .connect_timeout = SHOP_SECOND };
    struct reconciliation_options options = {
        .world = fake_world_of_gateway(shop->world),
        .merchant = STR("m_1"),
        .processors = &settings,
        .processor_count = 1,
        .context = &audit, .found = found, .progress = tells_progress ? progress : NULL, .finished = finished,
    };
    struct reconciliation *reconciliation = reconciliation_start(&options);
    micros until = fake_world_clock(shop->world) + SHOP_HOUR;
    while (!audit.finished && fake_world_step(shop->world, until)) continue;
    assert_true(audit.finished);
    reconciliation_free(reconciliation);
    return audit;
}

static struct audit compare_books(struct shop *shop, bool tells_progress)
{
    return compare_books_with(shop, processor_named(STR("bank")), tells_progress);
}

static void assert_found(const struct audit *audit, const char *only)
{
    if (audit->whole && audit->count == (*only ? 1 : 0) && strcmp(*only ? audit->findings[0] : "", only) == 0) return;
    for (size_t i = 0; i < audit->count; i++) print_error("found: %s\n", audit->findings[i]);
    fail_msg("should find only: %s", only);
}

/* One payment of each fate. */
struct week {
    const char *held, *captured, *voided, *refunded;
};

static struct week week_of(struct shop *shop)
{
    struct week week = {
        .held = shop_held(shop, "held"), .captured = shop_captured(shop, "captured"),
        .voided = shop_held(shop, "voided"), .refunded = shop_captured(shop, "refunded"),
    };
    assert_told(shop_answered(shop, shop_void(shop, "void", week.voided)), 200, "done voided");
    assert_told(shop_answered(shop, shop_refund(shop, "refund", week.refunded)), 200, "done refunded");
    assert_told(shop_answered(shop, shop_authorize(shop, "declined", shop_poor_card, 5000, false)), 402, "declined");
    return week;
}

/* ---- what is told ---- */

static void books_that_agree_have_no_finding(void **state)
{
    (void)state;
    struct shop *shop = shop_open();
    struct audit audit = compare_books(shop, true);
    assert_true(audit.whole && audit.totals.payments == 0 && audit.pages == 0);

    week_of(shop);
    audit = compare_books(shop, true);
    assert_found(&audit, "");
    assert_int_equal(audit.totals.payments, 5);
    assert_int_equal(audit.totals.compared, 4 + 2 + 1); /* holds, captures, a refund; the bank can't be asked about voids */
    assert_int_equal(audit.pages, 1);
    audit = compare_books(shop, false);
    assert_found(&audit, "");
    shop_close(shop);
}

enum planted_at { AT_HOLD, AT_CAPTURE, AT_REFUND };

/* clang-format off */
static const struct drift_row {
    const char *kind;
    enum planted_at at;
    const char *only;
} drift_rows[] = {
    /* the bank says   of the       so we tell */
    { "forget",        AT_HOLD,     "absent authorize 5000 USD, 0 -" },
    { "forget",        AT_CAPTURE,  "absent capture 5000 USD, 0 -" },
    { "forget",        AT_REFUND,   "absent refund 5000 USD, 0 -" },
    { "amount",        AT_HOLD,     "amount authorize 5000 USD, 5001 USD" },
    { "amount",        AT_CAPTURE,  "amount capture 5000 USD, 5001 USD" },
    { "amount",        AT_REFUND,   "amount refund 5000 USD, 5001 USD" },
    { "currency",      AT_HOLD,     "currency authorize 5000 USD, 5000 EUR" },
    { "currency",      AT_CAPTURE,  "currency capture 5000 USD, 5000 EUR" },
    { "parent",        AT_CAPTURE,  "parent capture 5000 USD, 5000 USD" },
    { "parent",        AT_REFUND,   "parent refund 5000 USD, 5000 USD" },
};
/* clang-format on */

static void plant(struct shop *shop, const struct week *week, const struct drift_row *row)
{
    static const char *const names[] = { "authorization_id", "capture_id", "refund_id" };
    const struct payment_record *payment = shop_payment(shop, row->at == AT_HOLD ? week->held : week->refunded);
    const char *ids[] = { payment->authorization_ref.text, payment->capture_ref.text, payment->refund_ref.text };
    fake_bank_drift(shop->world, row->kind, names[row->at], ids[row->at]);
}

static void each_drift_is_told_and_nothing_else(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(drift_rows); i++) {
        struct shop *shop = shop_open();
        struct week week = week_of(shop);
        plant(shop, &week, &drift_rows[i]);
        struct audit audit = compare_books(shop, true);
        assert_found(&audit, drift_rows[i].only);
        shop_close(shop);
    }
}

/* An id that was lost with an answer can't be asked for: no drift, and no silence either. */
static void what_cannot_be_asked_for_is_told_apart(void **state)
{
    (void)state;
    struct shop *shop = shop_open();
    const char *payment = shop_held(shop, "k1"), *other = shop_held(shop, "k2");
    fake_bank_fault(shop->world, "\"path\": \"/api/v1/captures\", \"fault\": \"internal_400_done\"");
    assert_told(shop_answered(shop, shop_capture(shop, "k3", payment)), 200, "done captured");
    struct audit audit = compare_books(shop, true);
    assert_found(&audit, "unverifiable capture 5000 USD, 0 -");

    fake_bank_fault(shop->world, "\"path\": \"/api/v1/voids\", \"fault\": \"internal_400_done\"");
    assert_told(shop_answered(shop, shop_void(shop, "k4", other)), 200, "done voided");
    audit = compare_books(shop, true);
    assert_int_equal(audit.count, 2);
    assert_int_equal(audit.totals.findings[FINDING_UNVERIFIABLE], 2);
    shop_close(shop);
}

static void holds_that_a_lost_try_may_have_left_are_told(void **state)
{
    (void)state;
    struct shop *shop = shop_open();
    fake_bank_fault(shop->world, "\"path\": \"/api/v1/authorizations\", \"fault\": \"internal_400_done\"");
    shop_held(shop, "k1");
    struct audit audit = compare_books(shop, true);
    assert_found(&audit, "possible_stray_hold authorize 5000 USD, 0 -");
    shop_close(shop);
}

/* ---- a bank that is ill, and a store that can't be read ---- */

static void two_denials_are_not_believed(void **state)
{
    (void)state;
    struct shop *shop = shop_open();
    shop_captured(shop, "k1");
    fake_bank_fault(shop->world, "\"path\": \"/api/v1/captures/*\", \"times\": 2, \"fault\": \"not_found_400\"");
    fake_bank_fault(shop->world, "\"path\": \"/api/v1/authorizations/*\", \"times\": 5, \"fault\": \"internal_500\"");
    struct audit audit = compare_books(shop, true);
    assert_found(&audit, "");
    assert_int_equal(audit.totals.compared, 2);
    shop_close(shop);
}

static void a_bank_that_is_away_is_no_drift(void **state)
{
    (void)state;
    struct shop *shop = shop_open();
    week_of(shop);
    fake_world_set_network(shop->world, NETWORK_REFUSES);
    struct audit audit = compare_books(shop, true);
    assert_true(audit.whole);
    assert_int_equal(audit.count, 7);
    assert_int_equal(audit.totals.findings[FINDING_NOT_COMPARED], 7);
    assert_int_equal(audit.totals.compared, 0);
    fake_world_set_network(shop->world, NETWORK_WORKS);
    shop_close(shop);
}

static void more_objects_than_may_be_asked_about_at_once(void **state)
{
    (void)state;
    enum { PAYMENTS = 40 }; /* with two objects each more than 64 */
    struct shop *shop = shop_open();
    for (int i = 0; i < PAYMENTS; i++) {
        char key[16];
        snprintf(key, sizeof key, "k%d", i);
        shop_captured(shop, key);
    }
    struct audit audit = compare_books(shop, true);
    assert_found(&audit, "");
    assert_int_equal(audit.totals.compared, 2 * PAYMENTS);
    shop_close(shop);
}

static void another_processors_payments_are_left_alone(void **state)
{
    (void)state;
    struct shop *shop = shop_open();
    shop_captured(shop, "k1");
    place_tamper(shop->url, "UPDATE payment SET processor = 'other'");
    struct audit audit = compare_books(shop, true);
    assert_found(&audit, "");
    assert_int_equal(audit.totals.payments, 1);
    assert_int_equal(audit.totals.compared, 0);
    place_tamper(shop->url, "UPDATE payment SET processor = 'bank'");
    shop_close(shop);
}

static void what_a_processor_cannot_be_asked_is_not_asked(void **state)
{
    (void)state;
    struct shop *shop = shop_open();
    struct processor silent = *processor_named(STR("bank"));
    silent.look_ups[OPERATION_CAPTURE] = (struct processor_look_up){ 0 };
    shop_captured(shop, "k1");
    struct audit audit = compare_books_with(shop, &silent, true);
    assert_found(&audit, "");
    assert_int_equal(audit.totals.compared, 1);
    shop_close(shop);
}

static void a_store_that_cannot_be_read_is_not_called_clean(void **state)
{
    (void)state;
    struct shop *shop = shop_open();
    shop_captured(shop, "k1");
    place_tamper(shop->url, "ALTER TABLE payment RENAME TO away");
    struct audit audit = compare_books(shop, true);
    assert_false(audit.whole);
    place_tamper(shop->url, "ALTER TABLE away RENAME TO payment");
    shop_close(shop);
    reconciliation_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(books_that_agree_have_no_finding),
        cmocka_unit_test(each_drift_is_told_and_nothing_else),
        cmocka_unit_test(what_cannot_be_asked_for_is_told_apart),
        cmocka_unit_test(holds_that_a_lost_try_may_have_left_are_told),
        cmocka_unit_test(two_denials_are_not_believed),
        cmocka_unit_test(a_bank_that_is_away_is_no_drift),
        cmocka_unit_test(more_objects_than_may_be_asked_about_at_once),
        cmocka_unit_test(another_processors_payments_are_left_alone),
        cmocka_unit_test(what_a_processor_cannot_be_asked_is_not_asked),
        cmocka_unit_test(a_store_that_cannot_be_read_is_not_called_clean),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
