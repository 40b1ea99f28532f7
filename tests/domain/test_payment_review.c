/* SPDX-License-Identifier: Apache-2.0 */
/* What fraud checks make of a payment: what is held for a review is not taken, until somebody says so, and goes back when nobody does. */
#include "base/base_testing.h"

#include "domain/payment_history.h"

#define HOUR (INT64_C(3600) * MICROS_PER_SECOND)
#define HOLD_ENDS (HISTORY_BEGINS + HISTORY_HOLD_SPAN)

static struct payment under_review(bool captures_itself)
{
    struct payment payment = { 0 };
    struct event started = event_of(&payment, EVENT_AUTHORIZE_STARTED);
    started.risk = RISK_REVIEW;
    started.captures_itself = captures_itself;
    payment_apply(&payment, &started);
    happens(&payment, EVENT_AUTHORIZED);
    assert_int_equal(payment.review, REVIEW_OPEN);
    return payment;
}

static enum refusal refusal_of(const struct payment *payment, enum command_kind kind, micros now)
{
    struct command command = { .kind = kind, .whole = true, .now = now };
    return payment_decide(payment, &command).refusal;
}

/* ---- before the payment is begun ---- */

static void what_the_checks_say_is_asked_of_the_processor(void **state)
{
    (void)state;
    static const struct capability holds = { .only_sells = false }, sells = { .only_sells = true }, proves = { .steps_up = true };
    const struct {
        enum risk_decision risk;
        const struct capability *can;
        bool captures_itself, has_return_url, card_expired;
        enum refusal refusal;
    } rows[] = {
        { RISK_UNASKED, &sells,  true,  false, false, REFUSED_NOT                  },
        { RISK_ALLOW,   &sells,  true,  false, false, REFUSED_NOT                  },
        { RISK_ALLOW,   &sells,  false, false, false, REFUSED_HOLD_NOT_SUPPORTED   },
        { RISK_REVIEW,  &sells,  true,  false, false, REFUSED_HOLD_NOT_SUPPORTED   }, /* sold is taken */
        { RISK_REVIEW,  &holds,  true,  false, false, REFUSED_NOT                  },
        { RISK_STEP_UP, &proves, false, true,  false, REFUSED_NOT                  },
        { RISK_STEP_UP, &proves, false, false, false, REFUSED_STEP_UP_NOT_POSSIBLE }, /* he cannot be sent anywhere */
        { RISK_STEP_UP, &holds,  false, true,  false, REFUSED_STEP_UP_NOT_POSSIBLE },
        { RISK_DENY,    &holds,  false, true,  false, REFUSED_BY_RISK              },
        { RISK_DENY,    &holds,  false, true,  true,  REFUSED_BY_RISK              },
        { RISK_DENY,    &sells,  false, true,  false, REFUSED_HOLD_NOT_SUPPORTED   }, /* a faulty request first */
        { RISK_ALLOW,   &holds,  false, true,  true,  REFUSED_CARD_EXPIRED         },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct payment payment = { 0 };
        struct command command = { .kind = COMMAND_AUTHORIZE, .amount = money_of(1, currency_of("USD")), .can = *rows[i].can, .risk = rows[i].risk,
                                   .captures_itself = rows[i].captures_itself, .has_return_url = rows[i].has_return_url,
                                   .card_expired = rows[i].card_expired };
        struct decision decision = payment_decide(&payment, &command);
        assert_row(decision.refusal == rows[i].refusal, i);
        if (decision.refusal != REFUSED_NOT) continue;
        payment_apply(&payment, &decision.event);
        assert_row(payment.risk == rows[i].risk && (payment.review == REVIEW_OPEN) == (rows[i].risk == RISK_REVIEW), i);
    }
}

/* ---- while it is open ---- */

static void nothing_is_taken_and_nothing_ships(void **state)
{
    (void)state;
    str reason;
    struct payment payment = under_review(false);
    struct event capture = event_of(&payment, EVENT_CAPTURE_STARTED);
    assert_int_equal(refusal_of(&payment, COMMAND_CAPTURE, HISTORY_BEGINS), REFUSED_NOT_APPROVED);
    assert_false(payment_can(&payment, &capture)); /* whoever decided it */
    assert_false(payment_may_ship(&payment, HISTORY_BEGINS, &reason));
    assert_str(reason, STR("under_review"));
    assert_int_equal(refusal_of(&payment, COMMAND_VOID, HISTORY_BEGINS), REFUSED_NOT); /* giving up is always allowed */
}

static void an_automatic_payment_waits(void **state)
{
    (void)state;
    enum command_kind following = COMMAND_KIND_COUNT;
    struct payment payment = under_review(true);
    struct event authorized = { .kind = EVENT_AUTHORIZED };
    assert_false(payment_follow_up(&payment, &authorized, &following));
}

/* ---- how it ends ---- */

static void approved_it_may_be_taken(void **state)
{
    (void)state;
    str reason;
    enum command_kind following = COMMAND_KIND_COUNT;
    for (int automatic = 0; automatic <= 1; automatic++) {
        struct payment payment = under_review(automatic);
        struct command approve = { .kind = COMMAND_APPROVE, .now = HISTORY_BEGINS + HOUR };
        struct decision decision = payment_decide(&payment, &approve);
        assert_int_equal(decision.refusal, REFUSED_NOT);
        payment_apply(&payment, &decision.event);
        assert_int_equal(payment.review, REVIEW_APPROVED);
        assert_int_equal(payment.state, PAYMENT_AUTHORIZED);
        assert_int_equal(payment_follow_up(&payment, &decision.event, &following), automatic);
        if (automatic) assert_int_equal(following, COMMAND_CAPTURE);
        assert_true(payment_may_ship(&payment, HISTORY_BEGINS, &reason));
        assert_int_equal(refusal_of(&payment, COMMAND_CAPTURE, HISTORY_BEGINS), REFUSED_NOT);
        assert_int_equal(refusal_of(&payment, COMMAND_APPROVE, HISTORY_BEGINS), REFUSED_NO_OPEN_REVIEW);
        assert_int_equal(refusal_of(&payment, COMMAND_DECLINE, HISTORY_BEGINS), REFUSED_NO_OPEN_REVIEW);
    }
}

/* Even if the void that follows is refused there: the money is never taken. */
static void declined_it_goes_back(void **state)
{
    (void)state;
    str reason;
    enum command_kind following = COMMAND_KIND_COUNT;
    struct payment payment = under_review(true);
    struct command decline = { .kind = COMMAND_DECLINE, .now = HISTORY_BEGINS + HOUR };
    struct decision decision = payment_decide(&payment, &decline);
    assert_int_equal(decision.refusal, REFUSED_NOT);
    payment_apply(&payment, &decision.event);
    assert_true(payment_follow_up(&payment, &decision.event, &following));
    assert_int_equal(following, COMMAND_RELEASE);
    happens(&payment, EVENT_VOID_STARTED);
    happens(&payment, EVENT_VOID_FAILED);
    assert_int_equal(refusal_of(&payment, COMMAND_CAPTURE, HISTORY_BEGINS), REFUSED_NOT_APPROVED);
    assert_false(payment_may_ship(&payment, HISTORY_BEGINS, &reason));
    assert_str(reason, STR("review_declined"));
    happens(&payment, EVENT_VOID_STARTED);
    happens(&payment, EVENT_VOIDED);
    assert_int_equal(payment.state, PAYMENT_VOIDED);
    assert_int_equal(payment.review, REVIEW_DECLINED);
}

static void without_a_hold_nobody_has_to_say_any_more(void **state)
{
    (void)state;
    struct payment voided = under_review(false), expired = under_review(false), declined = { 0 };
    struct event started = event_of(&declined, EVENT_AUTHORIZE_STARTED);
    started.risk = RISK_REVIEW;
    payment_apply(&declined, &started);
    happens(&declined, EVENT_DECLINED);
    happens(&voided, EVENT_VOID_STARTED);
    happens(&voided, EVENT_VOIDED);
    happens(&expired, EVENT_EXPIRED);
    const struct payment *const all[] = { &voided, &expired, &declined };
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        assert_row(all[i]->review == REVIEW_CLOSED && payment_review_ends(all[i]) == 0, i);
        assert_row(refusal_of(all[i], COMMAND_APPROVE, HISTORY_BEGINS) == REFUSED_NO_OPEN_REVIEW, i);
    }
}

static void only_an_open_one_can_be_ended(void **state)
{
    (void)state;
    for (size_t i = 0; i < place_count; i++) { /* none of these payments is under review */
        struct payment payment = payment_at(&places[i], OPERATION_RUNNING);
        enum refusal expected = places[i].open == OPERATION_NONE ? REFUSED_NO_OPEN_REVIEW : REFUSED_OPERATION_IN_PROGRESS;
        assert_row(refusal_of(&payment, COMMAND_APPROVE, HISTORY_BEGINS) == expected, i);
        assert_row(refusal_of(&payment, COMMAND_DECLINE, HISTORY_BEGINS) == expected, i);
        assert_row(refusal_of(&payment, COMMAND_END_REVIEW, HOLD_ENDS) != REFUSED_NOT, i);
    }
}

/* ---- what is said of a hold ---- */

static struct payment held_with(enum risk_decision before, enum risk_decision of_hold, bool captures_itself, enum command_kind *following)
{
    struct payment payment = { 0 };
    struct event started = event_of(&payment, EVENT_AUTHORIZE_STARTED);
    started.risk = before;
    started.captures_itself = captures_itself;
    payment_apply(&payment, &started);
    struct event authorized = event_of(&payment, EVENT_AUTHORIZED);
    authorized.risk = of_hold;
    payment_apply(&payment, &authorized);
    if (!payment_follow_up(&payment, &authorized, following)) *following = COMMAND_KIND_COUNT;
    return payment;
}

static void what_is_said_of_a_hold_makes_it_only_harder_to_take(void **state)
{
    (void)state;
    const enum command_kind nothing = COMMAND_KIND_COUNT;
    const struct {
        enum risk_decision before, of_hold;
        enum risk_decision risk;
        enum review review;
        enum command_kind by_hand, automatic; /* what follows */
    } rows[] = {
        { RISK_UNASKED, RISK_UNASKED, RISK_UNASKED, REVIEW_NONE,     nothing,         COMMAND_CAPTURE },
        { RISK_ALLOW,   RISK_ALLOW,   RISK_ALLOW,   REVIEW_NONE,     nothing,         COMMAND_CAPTURE },
        { RISK_STEP_UP, RISK_ALLOW,   RISK_STEP_UP, REVIEW_NONE,     nothing,         COMMAND_CAPTURE },
        { RISK_ALLOW,   RISK_REVIEW,  RISK_REVIEW,  REVIEW_OPEN,     nothing,         nothing         },
        { RISK_REVIEW,  RISK_ALLOW,   RISK_REVIEW,  REVIEW_OPEN,     nothing,         nothing         },
        { RISK_REVIEW,  RISK_UNASKED, RISK_REVIEW,  REVIEW_OPEN,     nothing,         nothing         },
        { RISK_ALLOW,   RISK_DENY,    RISK_DENY,    REVIEW_DECLINED, COMMAND_RELEASE, COMMAND_RELEASE },
        { RISK_REVIEW,  RISK_DENY,    RISK_DENY,    REVIEW_DECLINED, COMMAND_RELEASE, COMMAND_RELEASE },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        for (int automatic = 0; automatic <= 1; automatic++) {
            enum command_kind following;
            struct payment payment = held_with(rows[i].before, rows[i].of_hold, automatic, &following);
            struct command command = { .kind = following, .whole = true, .now = payment.changed_at };
            assert_row(payment.risk == rows[i].risk && payment.review == rows[i].review, i);
            assert_row(following == (automatic ? rows[i].automatic : rows[i].by_hand), i);
            assert_row((payment.decline == DECLINE_FRAUD_SUSPECTED) == (payment.risk == RISK_DENY), i);
            if (following != nothing) assert_row(payment_decide(&payment, &command).refusal == REFUSED_NOT, i);
        }
    }
}

/* ---- the clock ---- */

static void nobody_says_anything(void **state)
{
    (void)state;
    struct payment payment = under_review(false);
    micros ends = HOLD_ENDS - HOUR;
    assert_int_equal(payment_review_ends(&payment), ends);
    assert_int_equal(refusal_of(&payment, COMMAND_END_REVIEW, ends - 1), REFUSED_INVALID_STATE);
    assert_int_equal(refusal_of(&payment, COMMAND_END_REVIEW, ends), REFUSED_NOT);
    assert_int_equal(refusal_of(&payment, COMMAND_APPROVE, ends), REFUSED_NOT); /* who is faster is right */
    assert_int_equal(refusal_of(&payment, COMMAND_APPROVE, HOLD_ENDS + PAYMENT_EXPIRY_GRACE), REFUSED_AUTHORIZATION_EXPIRED);
    assert_int_equal(refusal_of(&payment, COMMAND_DECLINE, HOLD_ENDS + PAYMENT_EXPIRY_GRACE), REFUSED_NOT);
}

static void a_short_hold_is_reviewed_for_most_of_its_life(void **state)
{
    (void)state;
    struct payment payment = { 0 };
    struct event started = event_of(&payment, EVENT_AUTHORIZE_STARTED);
    started.risk = RISK_REVIEW;
    payment_apply(&payment, &started);
    struct event authorized = event_of(&payment, EVENT_AUTHORIZED);
    authorized.expires_at = authorized.at + HOUR;
    payment_apply(&payment, &authorized);
    assert_int_equal(payment_review_ends(&payment), authorized.at + HOUR / 10 * 9);
    payment.expires_at = 0; /* nobody told when it ends */
    assert_int_equal(payment_review_ends(&payment), 0);
    assert_int_equal(refusal_of(&payment, COMMAND_END_REVIEW, INT64_MAX), REFUSED_INVALID_STATE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_checks_say_is_asked_of_the_processor),
        cmocka_unit_test(nothing_is_taken_and_nothing_ships),
        cmocka_unit_test(an_automatic_payment_waits),
        cmocka_unit_test(approved_it_may_be_taken),
        cmocka_unit_test(declined_it_goes_back),
        cmocka_unit_test(without_a_hold_nobody_has_to_say_any_more),
        cmocka_unit_test(only_an_open_one_can_be_ended),
        cmocka_unit_test(what_is_said_of_a_hold_makes_it_only_harder_to_take),
        cmocka_unit_test(nobody_says_anything),
        cmocka_unit_test(a_short_hold_is_reviewed_for_most_of_its_life),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
