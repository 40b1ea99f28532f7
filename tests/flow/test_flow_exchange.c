/* SPDX-License-Identifier: Apache-2.0 */
/* A processor that takes two calls for an authorization: the first brings an id that the second names. Whatever is lost, and wherever it
 * dies, the second carries the same bytes, and there is one hold. */
#include "base/base_testing.h"

#include <string.h>

#include "flow/shop.h"

/* ---- the processor: a bank that wants to be asked for its health before ---- */

static const struct processor *bank;
static int asked[3]; /* by exchange */

static void ask_in_two(struct arena *arena, const struct processor_call *call, struct processor_request *out)
{
    assert_in_range(call->exchange, 1, 2);
    asked[call->exchange]++;
    if (call->exchange == 2) {
        assert_str(call->previous_ref, STR("healthy"));
        bank->operations[OPERATION_AUTHORIZE].ask(arena, call, out);
    } else {
        *out = (struct processor_request){ STR("GET"), STR("/health"), STR("") };
    }
}

static void read_of_two(struct arena *arena, const struct processor_call *call, const struct processor_answer *answer, struct outcome *out)
{
    if (call->exchange == 2) bank->operations[OPERATION_AUTHORIZE].read(arena, call, answer, out);
    else if (answer->status == 200) *out = (struct outcome){ .kind = OUTCOME_NEXT, .id = { "healthy" } };
    else *out = (struct outcome){ .kind = OUTCOME_BUSY };
}

static struct shop *shop_of_two(void)
{
    static struct processor two;
    bank = processor_named(STR("bank"));
    two = *bank;
    two.operations[OPERATION_AUTHORIZE] = (struct processor_operation){ ask_in_two, read_of_two };
    memset(asked, 0, sizeof asked);
    return shop_open_with(&(struct shop_settings){ .resend_after = SHOP_SECOND, .processor = &two });
}

static struct guest *pay(struct shop *shop, const char *key) { return shop_authorize(shop, key, shop_rich_card, 5000, false); }

/* ---- stories ---- */

static void both_are_asked_in_their_order(void **state)
{
    (void)state;
    struct shop *shop = shop_of_two();
    struct guest *guest = shop_answered(shop, pay(shop, "k1"));
    assert_told(guest, 201, "done authorized 5000/0/0 operation=none");
    assert_int_equal(fake_bank_requests(shop->world), 2);
    assert_int_equal(asked[1], 1);
    assert_int_equal(asked[2], 1);
    assert_told(shop_answered(shop, shop_capture(shop, "k2", guest_payment(guest))), 200, "done captured 5000/5000/0 operation=none");
    shop_close(shop);
}

static void either_may_be_lost(void **state)
{
    (void)state;
    static const char *const faults[] = {
        "\"path\": \"/health\", \"fault\": \"hang_up\"",
        "\"path\": \"/health\", \"fault\": \"act_then_hang_up\"",
        "\"path\": \"/health\", \"fault\": \"internal_500\"",
        "\"path\": \"/api/v1/authorizations\", \"fault\": \"hang_up\"",
        "\"path\": \"/api/v1/authorizations\", \"fault\": \"act_then_hang_up\"",
    };
    for (size_t i = 0; i < COUNT_OF(faults); i++) {
        struct shop *shop = shop_of_two();
        fake_bank_fault(shop->world, faults[i]);
        struct guest *guest = shop_answered(shop, pay(shop, "k1"));
        assert_told(guest, 201, "done authorized 5000/0/0 operation=none");
        assert_int_equal(fake_bank_count(shop->world, "holds"), 1);
        assert_int_equal(asked[2], 1); /* the bytes are made once */
        shop_close(shop);
    }
}

/* It dies after so many microseconds, and what had left arrives or not. */
static void die_after(micros span, bool arrives)
{
    struct shop *shop = shop_of_two();
    pay(shop, "k1");
    shop_pass(shop, span);
    shop_lose(shop, arrives);
    shop_begin(shop);
    assert_told(shop_answered(shop, pay(shop, "k1")), 201, "done authorized 5000/0/0 operation=none");
    assert_int_equal(fake_bank_count(shop->world, "holds"), 1);
    shop_close(shop);
}

static void it_may_die_anywhere(void **state)
{
    (void)state;
    for (micros span = 0; span < 150 * MICROS_PER_MS; span += 3 * MICROS_PER_MS) {
        die_after(span, true);
        die_after(span, false);
    }
}

static void what_the_second_says_counts(void **state)
{
    (void)state;
    struct shop *shop = shop_of_two();
    assert_told(shop_answered(shop, shop_authorize(shop, "k1", shop_poor_card, 5000, false)), 402, "declined declined 0/0/0 operation=none");
    assert_int_equal(fake_bank_count(shop->world, "holds"), 0);
    shop_close(shop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_are_asked_in_their_order),
        cmocka_unit_test(either_may_be_lost),
        cmocka_unit_test(it_may_die_anywhere),
        cmocka_unit_test(what_the_second_says_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
