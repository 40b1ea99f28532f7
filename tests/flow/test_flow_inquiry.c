/* SPDX-License-Identifier: Apache-2.0 */
/* A processor that forgets keys at once, and so would do everything twice: after a lost answer it is asked what became of the try, and
 * gets the same bytes again only when it certainly has nothing of it. */
#include "base/base_testing.h"

#include <string.h>

#include "base/json.h"
#include "flow/shop.h"

#define EVERYWHERE "\"path\": \"*\", "

/* ---- the processor: a bank that can be asked by reference ---- */

static const char *const lists[OPERATION_KIND_COUNT] = {
    [OPERATION_AUTHORIZE] = "authorizations", [OPERATION_CAPTURE] = "captures", [OPERATION_VOID] = "voids", [OPERATION_REFUND] = "refunds"
};

static void ask_by_reference(struct arena *arena, const struct processor_call *call, struct processor_request *out)
{
    *out = (struct processor_request){ STR("GET"), arena_format(arena, "/sim/book?key=%.*s", STR_FORMAT(call->reference)), STR_NONE };
}

static void read_from(const char *list, struct arena *arena, const struct processor_answer *answer, struct outcome *out)
{
    const struct json *body = NULL;
    if (answer->status != 200 || json_read(arena, answer->body, &body) != JSON_FINE) return;
    const struct json *effects = json_find(body, list);
    assert_true(json_length(effects) <= 1); /* the one thing that must never happen */
    out->kind = json_length(effects) == 0 ? OUTCOME_ABSENT : OUTCOME_DONE;
    if (out->kind == OUTCOME_ABSENT) return;
    bool fits = str_copy_to(json_string(json_find(json_first(effects).value, "id")), out->id.text, sizeof out->id.text);
    assert_true(fits);
    out->expires_at = INT64_MAX / 2;
}

#define READER(kind)                                                                                                   \
    static void read_##kind(struct arena *arena, const struct processor_call *call, const struct processor_answer *answer, struct outcome *out) \
    {                                                                                                                  \
        (void)call;                                                                                                    \
        read_from(lists[kind], arena, answer, out);                                                                    \
    }
READER(OPERATION_AUTHORIZE)
READER(OPERATION_CAPTURE)
READER(OPERATION_VOID)
READER(OPERATION_REFUND)

static struct shop *quiet_shop(enum protection protection, micros quiet)
{
    static struct processor careful;
    careful = *processor_named(STR("bank"));
    for (int kind = OPERATION_AUTHORIZE; kind < OPERATION_KIND_COUNT; kind++) {
        careful.protection[kind] = protection;
        careful.inquiries[kind].ask = ask_by_reference;
    }
    careful.inquiries[OPERATION_AUTHORIZE].read = read_OPERATION_AUTHORIZE;
    careful.inquiries[OPERATION_CAPTURE].read = read_OPERATION_CAPTURE;
    careful.inquiries[OPERATION_VOID].read = read_OPERATION_VOID;
    careful.inquiries[OPERATION_REFUND].read = read_OPERATION_REFUND;
    return shop_open_with(&(struct shop_settings){ .resend_after = quiet, .processor = &careful });
}

static struct shop *careful_shop(enum protection protection) { return quiet_shop(protection, SHOP_SECOND); }

/* ---- stories ---- */

static struct guest *pay(struct shop *shop, const char *key) { return shop_authorize(shop, key, shop_rich_card, 5000, false); }

/* Each step's answer is lost once, done or not; the key is not kept, so that a second try would be a second effect. */
static void each_step_happens_once(enum protection protection, const char *fault)
{
    struct shop *shop = careful_shop(protection);
    fake_bank_fault(shop->world, fault);
    struct guest *guest = shop_answered(shop, pay(shop, "k1"));
    const char *payment = guest_payment(guest);
    assert_told(guest, 201, "done authorized 5000/0/0 operation=none");
    assert_int_equal(shop_payment(shop, payment)->stray_holds, 0);
    fake_bank_fault(shop->world, fault);
    assert_told(shop_answered(shop, shop_capture(shop, "k2", payment)), 200, "done captured 5000/5000/0 operation=none");
    fake_bank_fault(shop->world, fault);
    assert_told(shop_answered(shop, shop_refund(shop, "k3", payment)), 200, "done refunded 5000/5000/5000 operation=none");
    payment = shop_held(shop, "k4");
    fake_bank_fault(shop->world, fault);
    assert_told(shop_answered(shop, shop_void(shop, "k5", payment)), 200, "done voided 5000/0/0 operation=none");
    assert_int_equal(fake_bank_count(shop->world, "holds"), 2);
    assert_int_equal(fake_bank_count(shop->world, "captures"), 1);
    assert_int_equal(fake_bank_count(shop->world, "refunds"), 1);
    assert_int_equal(fake_bank_count(shop->world, "voids"), 1);
    shop_close(shop);
}

static void what_was_done_is_found(void **state)
{
    (void)state;
    each_step_happens_once(PROTECTED_BY_NOTHING, EVERYWHERE "\"fault\": \"act_then_hang_up\", \"store_key\": false");
    each_step_happens_once(PROTECTED_BY_REFERENCE, EVERYWHERE "\"fault\": \"truncate\", \"store_key\": false");
    each_step_happens_once(PROTECTED_BY_NOTHING, EVERYWHERE "\"fault\": \"internal_400_done\"");
}

static void what_was_not_done_is_done_then(void **state)
{
    (void)state;
    each_step_happens_once(PROTECTED_BY_NOTHING, EVERYWHERE "\"fault\": \"hang_up\"");
    each_step_happens_once(PROTECTED_BY_REFERENCE, EVERYWHERE "\"fault\": \"html_502\"");
}

/* An inquiry that is not answered is put again, and nothing else is sent meanwhile. */
static void an_inquiry_that_is_lost_is_put_again(void **state)
{
    (void)state;
    struct shop *shop = careful_shop(PROTECTED_BY_NOTHING);
    fake_bank_fault(shop->world, EVERYWHERE "\"fault\": \"act_then_hang_up\", \"store_key\": false");
    struct guest *guest = pay(shop, "k1");
    shop_pass(shop, SHOP_SECOND / 2);
    fake_world_set_network(shop->world, NETWORK_LOSES_ANSWER);
    shop_pass(shop, 3 * SHOP_SECOND);
    fake_world_set_network(shop->world, NETWORK_WORKS);
    assert_told(shop_answered(shop, guest), 201, "done authorized 5000/0/0 operation=none");
    assert_int_equal(fake_bank_count(shop->world, "holds"), 1);
    shop_close(shop);
}

/* A crash: nobody knows what left. It is asked before anything is sent. */
static void after_a_crash_it_is_asked_first(void **state)
{
    (void)state;
    for (int arrives = 0; arrives < 2; arrives++) {
        struct shop *shop = careful_shop(PROTECTED_BY_NOTHING);
        fake_bank_fault(shop->world, EVERYWHERE "\"fault\": \"forget_key\"");
        struct guest *guest = pay(shop, "k1");
        shop_pass(shop, 20 * MICROS_PER_MS); /* on its way to the bank, which takes 50 */
        shop_lose(shop, arrives != 0);
        assert_true(guest->lost);
        shop_begin(shop);
        assert_told(shop_answered(shop, pay(shop, "k1")), 201, "done authorized 5000/0/0 operation=none");
        assert_int_equal(fake_bank_count(shop->world, "holds"), 1);
        shop_close(shop);
    }
}

/* ---- hints: a notice came, or the payer is back ---- */

#define MINUTE (60 * SHOP_SECOND)
#define LOST_BUT_DONE EVERYWHERE "\"fault\": \"act_then_hang_up\", \"store_key\": false"

static const enum protection protections[] = { PROTECTED_BY_KEY, PROTECTED_BY_STATE, PROTECTED_BY_REFERENCE, PROTECTED_BY_NOTHING };

static enum payment_state state_of(struct shop *shop, const char *payment) { return shop_payment(shop, payment)->payment.state; }

/* What has happened is found at once, however it is protected; without the hint it is asked about after a minute. */
static void a_hint_is_followed_before_the_quiet_time_is_over(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(protections); i++) {
        struct shop *shop = quiet_shop(protections[i], MINUTE);
        const char *payment = shop_held(shop, "k1");
        fake_bank_fault(shop->world, LOST_BUT_DONE);
        struct guest *guest = shop_capture(shop, "k2", payment);
        shop_pass(shop, SHOP_SECOND);
        assert_row(state_of(shop, payment) == PAYMENT_AUTHORIZED && !guest->answered, i);
        flows_look_again(shop->flows, str_of(payment));
        shop_pass(shop, SHOP_SECOND);
        assert_row(state_of(shop, payment) == PAYMENT_CAPTURED && guest->answered, i);
        assert_int_equal(fake_bank_count(shop->world, "captures"), 1);
        shop_close(shop);
    }
}

/* A request that was cut off may still be running there: that it is not found yet says nothing, however often one looks. */
static void a_hint_that_finds_nothing_leaves_all_as_it_was(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(protections); i++) {
        struct shop *shop = quiet_shop(protections[i], MINUTE);
        const char *payment = shop_held(shop, "k1");
        fake_bank_fault(shop->world, EVERYWHERE "\"fault\": \"hang_up\"");
        (void)shop_capture(shop, "k2", payment);
        for (int look = 0; look < 8; look++) {
            shop_pass(shop, 5 * SHOP_SECOND);
            flows_look_again(shop->flows, str_of(payment));
            flows_look_again(shop->flows, str_of(payment));
        }
        shop_pass(shop, SHOP_SECOND);
        assert_row(fake_bank_count(shop->world, "captures") == 0 && state_of(shop, payment) == PAYMENT_AUTHORIZED, i);
        shop_rest(shop);
        assert_row(fake_bank_count(shop->world, "captures") == 1 && state_of(shop, payment) == PAYMENT_CAPTURED, i);
        shop_close(shop);
    }
}

/* Processors often tell before they answer. */
static void a_hint_while_the_call_is_out_is_followed_when_it_is_lost(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(protections); i++) {
        struct shop *shop = quiet_shop(protections[i], MINUTE);
        const char *payment = shop_held(shop, "k1");
        fake_bank_fault(shop->world, LOST_BUT_DONE);
        struct guest *guest = shop_capture(shop, "k2", payment);
        shop_pass(shop, 20 * MICROS_PER_MS);
        flows_look_again(shop->flows, str_of(payment));
        shop_pass(shop, SHOP_SECOND);
        assert_row(guest->answered && state_of(shop, payment) == PAYMENT_CAPTURED, i);
        shop_close(shop);
    }
}

/* There is nothing to be found of what is not open, or has never left. */
static void a_hint_about_nothing(void **state)
{
    (void)state;
    struct shop *shop = careful_shop(PROTECTED_BY_NOTHING);
    const char *payment = shop_captured(shop, "k1");
    flows_look_again(shop->flows, str_of(payment));
    flows_look_again(shop->flows, STR("pay_of_nobody"));
    shop_rest(shop);
    assert_int_equal(state_of(shop, payment), PAYMENT_CAPTURED);
    shop_close(shop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_done_is_found),
        cmocka_unit_test(what_was_not_done_is_done_then),
        cmocka_unit_test(an_inquiry_that_is_lost_is_put_again),
        cmocka_unit_test(after_a_crash_it_is_asked_first),
        cmocka_unit_test(a_hint_is_followed_before_the_quiet_time_is_over),
        cmocka_unit_test(a_hint_that_finds_nothing_leaves_all_as_it_was),
        cmocka_unit_test(a_hint_while_the_call_is_out_is_followed_when_it_is_lost),
        cmocka_unit_test(a_hint_about_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
