/* SPDX-License-Identifier: Apache-2.0 */
/* shop_looking: what the store and the bank's book say, and what must always hold of the two. */
#include "flow/shop.h"

#include "base/base_testing.h"

enum { PAGE = 1000 };

/* What was looked at last. */
static struct arena looked_at;

static const str merchant = STR_CONSTANT("m_1");

/* One look at the store, by the connection that only reads. */
struct look {
    struct work work;
    str payment_id, type;
    struct payment_record *payments;
    struct operation_record *operations;
    struct event_record *events;
    size_t payment_count, operation_count, event_count;
};

static void read_all(struct work *work, void *store)
{
    struct look *look = CONTAINER_OF(work, struct look, work);
    look->payment_count = store_list_payments_after(store, &looked_at, merchant, STR_NONE, PAGE, &look->payments);
    look->operation_count = store_list_open_operations(store, &looked_at, merchant, STR_NONE, PAGE, &look->operations);
    if (look->payment_id.length > 0) look->event_count = store_list_events(store, &looked_at, merchant, look->payment_id, 0, PAGE, &look->events);
}

static struct look look_at(struct shop *shop, const char *payment_id)
{
    struct look look = { .work = { .run = read_all }, .payment_id = str_of(payment_id) };
    struct work *works[] = { &look.work };
    arena_reset(&looked_at);
    store_run_questions(shop->reader, works, 1);
    assert_int_equal(look.work.result, WORK_DONE);
    return look;
}

const struct payment_record *shop_payment(struct shop *shop, const char *payment_id)
{
    struct look look = look_at(shop, NULL);
    for (size_t i = 0; i < look.payment_count; i++) {
        if (strcmp(look.payments[i].id.text, payment_id) == 0) return &look.payments[i];
    }
    fail_msg("there is no payment %s", payment_id);
    return NULL;
}

const char *shop_event(struct shop *shop, const char *payment_id, const char *type)
{
    struct look look = look_at(shop, payment_id);
    for (size_t i = look.event_count; i > 0; i--) {
        if (str_equal(look.events[i - 1].type, str_of(type))) return look.events[i - 1].data.bytes;
    }
    return "";
}

static const char *kept_id(const struct operation_id *id)
{
    static struct operation_id kept;
    kept = *id;
    return kept.text;
}

const char *shop_open_operation(struct shop *shop, const char *payment_id, enum operation_state state)
{
    const struct payment_record *record = shop_payment(shop, payment_id);
    assert_int_not_equal(record->payment.operation.kind, OPERATION_NONE);
    assert_int_equal(record->payment.operation.state, state);
    return kept_id(&record->open_operation);
}

const char *shop_first_open_operation(struct shop *shop)
{
    struct look look = look_at(shop, NULL);
    assert_true(look.operation_count > 0);
    return kept_id(&look.operations[0].id);
}

size_t shop_open_operations(struct shop *shop) { return look_at(shop, NULL).operation_count; }
size_t shop_payments(struct shop *shop) { return look_at(shop, NULL).payment_count; }

/* ---- what must always hold ---- */

/* I6: sequence 1, 2, 3 ... without a gap, times that never go back, a chain of hashes whose end the payment knows. */
static void check_history(const struct look *look, const struct payment_record *record)
{
    char hex[HASH_HEX_BYTES + 1];
    str previous = STR("0000000000000000000000000000000000000000000000000000000000000000");
    micros latest = 0;
    assert_int_equal(look->event_count, record->payment.sequence);
    for (size_t i = 0; i < look->event_count; i++) {
        const struct event_record *event = &look->events[i];
        struct hash hash = event_hash(previous, merchant, str_of(record->id.text), event->sequence, event->type, event->at, event->data);
        assert_int_equal(event->sequence, i + 1);
        assert_true(event->at >= latest);
        assert_str(event->hash, hash_hex(&hash, hex));
        latest = event->at;
        previous = event->hash;
    }
    assert_str(str_of(record->head_hash), previous);
}

static void check_amounts(const struct payment *payment)
{
    assert_true(payment->captured_minor <= payment->authorized_minor && payment->refunded_minor <= payment->captured_minor);
    assert_false(payment->voided_at != 0 && payment->captured_minor > 0);
}

/* I1: no operation was done twice. An authorization that was lost may have left holds behind, and then it says so. */
static void check_bank(struct shop *shop, int64_t holds, int64_t strays, int64_t captures, int64_t voids, int64_t refunds)
{
    int64_t at_the_bank = fake_bank_count(shop->world, "holds");
    if (at_the_bank < holds || at_the_bank > holds + strays) fail_msg("%d holds at the bank, %d known", (int)at_the_bank, (int)holds);
    assert_int_equal(fake_bank_count(shop->world, "captures"), captures);
    assert_int_equal(fake_bank_count(shop->world, "voids"), voids);
    assert_int_equal(fake_bank_count(shop->world, "refunds"), refunds);
}

void shop_check(struct shop *shop)
{
    int64_t holds = 0, strays = 0, captures = 0, voids = 0, refunds = 0;
    size_t count = shop_payments(shop), open = shop_open_operations(shop);
    for (size_t i = 0; i < count; i++) {
        struct payment_record record = look_at(shop, NULL).payments[i];
        struct look look = look_at(shop, record.id.text);
        check_history(&look, &look.payments[i]);
        check_amounts(&record.payment);
        holds += record.payment.authorized_minor > 0;
        captures += record.payment.captured_minor > 0;
        voids += record.payment.voided_at != 0;
        refunds += record.payment.refunded_minor > 0;
        strays += record.stray_holds;
    }
    if (open == 0 && !shop->settings.acts_elsewhere) check_bank(shop, holds, strays, captures, voids, refunds);
    if (open == 0) assert_int_equal(vault_used(shop->vault), 0); /* no card outlives its doubt */
    arena_close(&looked_at);
}
