/* SPDX-License-Identifier: Apache-2.0 */
/* A processor that sends the payer somewhere: the request has its answer at once, nothing is kept in memory meanwhile, and the end is found
 * however the payer comes back: once, twice, late, never, over a crash. */
#include "base/base_testing.h"

#include <string.h>

#include "flow/shop.h"

/* ---- the processor ---- */

static enum { PAYER_IS_AWAY, PAYER_APPROVED, PAYER_BOUGHT, PAYER_REFUSED, PAYER_IS_ON_OUR_SIDE, NOBODY_KNOWS } payer;
static int executed; /* second exchanges that reached it */

static void ask(struct arena *arena, const struct processor_call *call, struct processor_request *out)
{
    (void)arena;
    assert_true(call->exchange == 2 || call->return_url.length > 0);
    *out = (struct processor_request){ STR("GET"), STR("/health"), STR("") };
}

static void inquire(struct arena *arena, const struct processor_call *call, struct processor_request *out)
{
    (void)arena;
    assert_str(call->authorization_ref, STR("order_1"));
    *out = (struct processor_request){ STR("GET"), STR("/health"), STR_NONE };
}

static void hold(struct outcome *out)
{
    *out = (struct outcome){ .kind = OUTCOME_DONE, .id = { "hold_1" }, .expires_at = INT64_MAX / 2 };
}

static void read_answer_of(struct arena *arena, const struct processor_call *call, const struct processor_answer *answer, struct outcome *out)
{
    (void)arena;
    *out = (struct outcome){ .kind = OUTCOME_UNKNOWN };
    if (answer->status != 200) return;
    if (call->exchange == 2) {
        executed++;
        hold(out);
    } else {
        *out = (struct outcome){ .kind = OUTCOME_ACTION, .id = { "order_1" }, .action_url = STR("https://there.example/pay") };
    }
}

static void find(struct arena *arena, const struct processor_call *call, const struct processor_answer *answer, struct outcome *out)
{
    (void)arena;
    *out = (struct outcome){ .kind = OUTCOME_UNKNOWN };
    if (answer->status != 200 || payer == NOBODY_KNOWS) return;
    switch (payer) {
    case PAYER_APPROVED: hold(out); break;
    case PAYER_BOUGHT: *out = (struct outcome){ .kind = OUTCOME_SOLD, .id = { "sale_1" } }; break;
    case PAYER_REFUSED: *out = (struct outcome){ .kind = OUTCOME_DECLINED, .category = CATEGORY_AUTHENTICATION_REQUIRED }; break;
    case PAYER_IS_ON_OUR_SIDE:
        if (call->exchange == 2) *out = (struct outcome){ .kind = OUTCOME_ABSENT };
        else *out = (struct outcome){ .kind = OUTCOME_NEXT, .id = { "order_1" } };
        break;
    default: *out = (struct outcome){ .kind = OUTCOME_ACTION, .id = { "order_1" }, .action_url = STR("https://there.example/pay") }; break;
    }
}

static struct shop *redirecting_shop(void)
{
    static struct processor redirecting;
    redirecting = *processor_named(STR("bank"));
    redirecting.operations[OPERATION_AUTHORIZE] = (struct processor_operation){ ask, read_answer_of };
    redirecting.inquiries[OPERATION_AUTHORIZE] = (struct processor_inquiry){ inquire, find };
    payer = PAYER_IS_AWAY;
    executed = 0;
    return shop_open_with(&(struct shop_settings){ .resend_after = SHOP_SECOND, .processor = &redirecting, .acts_elsewhere = true });
}

/* ---- stories ---- */

static const char *sent_away(struct shop *shop, const char *key, bool automatic)
{
    struct guest *guest = shop_answered(shop, shop_authorize_away(shop, key, automatic));
    assert_told(guest, 201, "done requires_action 0/0/0 operation=authorize/waiting");
    return guest_payment(guest);
}

static void come_back(struct shop *shop, const char *payment)
{
    flows_look_again(shop->flows, str_of(payment));
    shop_pass(shop, SHOP_SECOND);
}

static enum payment_state state_of(struct shop *shop, const char *payment) { return shop_payment(shop, payment)->payment.state; }

static void the_end_is_found_when_he_comes_back(void **state)
{
    (void)state;
    static const struct {
        int payer;
        bool automatic;
        enum payment_state ends;
    } rows[] = {
        { PAYER_APPROVED, false, PAYMENT_AUTHORIZED }, { PAYER_BOUGHT, true, PAYMENT_CAPTURED },     { PAYER_REFUSED, false, PAYMENT_DECLINED },
        { PAYER_IS_AWAY, false, PAYMENT_REQUIRES_ACTION }, { NOBODY_KNOWS, false, PAYMENT_REQUIRES_ACTION },
        { PAYER_IS_ON_OUR_SIDE, false, PAYMENT_AUTHORIZED },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct shop *shop = redirecting_shop();
        const char *payment = sent_away(shop, "k1", rows[i].automatic);
        payer = rows[i].payer;
        come_back(shop, payment);
        come_back(shop, payment);
        assert_row(state_of(shop, payment) == rows[i].ends, i);
        assert_row(executed == (payer == PAYER_IS_ON_OUR_SIDE), i);
        assert_told(shop_answered(shop, shop_authorize_away(shop, "k1", rows[i].automatic)), 201,
                    "done requires_action 0/0/0 operation=authorize/waiting"); /* its answer stays what it was */
        payer = PAYER_REFUSED; /* whoever still waits comes to an end */
        shop_pass(shop, 2 * SHOP_HOUR);
        shop_close(shop);
    }
}

/* Nobody comes back: he is asked about, less and less often, and found in the end. */
static void he_may_never_come_back(void **state)
{
    (void)state;
    struct shop *shop = redirecting_shop();
    const char *payment = sent_away(shop, "k1", false);
    shop_pass(shop, 3 * SHOP_HOUR);
    assert_true(fake_bank_requests(shop->world) < 60);
    payer = PAYER_APPROVED;
    shop_pass(shop, 2 * SHOP_HOUR);
    assert_int_equal(state_of(shop, payment), PAYMENT_AUTHORIZED);
    shop_close(shop);
}

/* It dies while he is away, and while he is asked about. */
static void a_crash_changes_nothing(void **state)
{
    (void)state;
    for (micros span = 0; span < 120 * MICROS_PER_MS; span += 20 * MICROS_PER_MS) {
        struct shop *shop = redirecting_shop();
        const char *payment = sent_away(shop, "k1", false);
        payer = PAYER_IS_ON_OUR_SIDE;
        flows_look_again(shop->flows, str_of(payment));
        shop_pass(shop, span);
        shop_lose(shop, true);
        shop_begin(shop);
        shop_pass(shop, 2 * SHOP_HOUR);
        assert_int_equal(state_of(shop, payment), PAYMENT_AUTHORIZED);
        shop_close(shop);
    }
}

static void one_thing_at_a_time(void **state)
{
    (void)state;
    struct shop *shop = redirecting_shop();
    const char *payment = sent_away(shop, "k1", false);
    struct guest *guest = shop_answered(shop, shop_capture(shop, "k2", payment));
    assert_told(guest, 409, "refused operation_in_progress requires_action 0/0/0 operation=authorize/waiting");
    payer = PAYER_REFUSED;
    come_back(shop, payment);
    shop_close(shop);
}

/* A payer comes back, again and again, to a payment that does not wait for him: nothing that runs is touched. */
static void a_look_leaves_alone_what_others_do(void **state)
{
    (void)state;
    for (int looks = 1; looks < 6; looks++) {
        struct shop *shop = shop_open();
        const char *payment = shop_held(shop, "k1");
        flows_look_again(shop->flows, str_of(payment));
        flows_look_again(shop->flows, str_of(payment));
        struct guest *guest = shop_capture(shop, "k2", payment);
        for (int i = 0; i < looks; i++) {
            flows_look_again(shop->flows, str_of(payment));
            shop_pass(shop, 10 * MICROS_PER_MS);
        }
        assert_told(shop_answered(shop, guest), 200, "done captured 5000/5000/0 operation=none");
        assert_string_equal(shop_event(shop, payment, "operation_doubted"), "");
        assert_int_equal(fake_bank_count(shop->world, "captures"), 1);
        shop_close(shop);
    }
}

/* Where there are only sales, a person's "it happened" is a sale. */
static void a_sale_is_settled_as_a_sale(void **state)
{
    (void)state;
    static struct processor selling;
    selling = *processor_named(STR("bank"));
    selling.can.only_sells = true;
    struct shop *shop = shop_open_with(&(struct shop_settings){ .resend_after = SHOP_SECOND, .processor = &selling, .acts_elsewhere = true });
    fake_bank_fault(shop->world, "\"path\": \"/api/v1/authorizations\", \"times\": 0, \"fault\": \"wrong_amount\"");
    struct guest *guest = shop_answered(shop, shop_authorize(shop, "k1", shop_rich_card, 5000, true));
    const char *operation = shop_open_operation(shop, guest_payment(guest), OPERATION_REVIEW);
    assert_told(shop_answered(shop, shop_settle(shop, operation, true, "sale_1")), 201, "done captured 5000/5000/0 operation=none");
    shop_close(shop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_end_is_found_when_he_comes_back),
        cmocka_unit_test(he_may_never_come_back),
        cmocka_unit_test(a_crash_changes_nothing),
        cmocka_unit_test(one_thing_at_a_time),
        cmocka_unit_test(a_look_leaves_alone_what_others_do),
        cmocka_unit_test(a_sale_is_settled_as_a_sale),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
