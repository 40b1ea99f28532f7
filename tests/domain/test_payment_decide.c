/* SPDX-License-Identifier: Apache-2.0 */
/* What each command makes of each state: every state with every command and every open operation, and the amounts. */
#include "base/base_testing.h"

#include "domain/payment_history.h"

#define HOLD_ENDS (HISTORY_BEGINS + HISTORY_HOLD_SPAN)
#define GRACE (INT64_C(5) * 60 * MICROS_PER_SECOND)

static const struct capability takes_parts = { .partial_capture = true, .partial_refund = true };

static enum refusal refusal_of(const struct payment *payment, const struct command *command)
{
    return payment_decide(payment, command).refusal;
}

/* ---- every state with every command ---- */

enum { YES = REFUSED_NOT,
       STATE = REFUSED_INVALID_STATE,
       OVER = REFUSED_AUTHORIZATION_EXPIRED,
       BUSY = REFUSED_OPERATION_IN_PROGRESS };

/* clang-format off */
static const struct rule {
    enum payment_state state;
    bool hold_is_over; /* by our clock, grace included */
    bool is_released;  /* the hold's money was freed already */
    int capture, voiding, refund, release, expire;
} rules[] = {
    /* state              over?  released?  capture  void   refund  release  expire */
    { PAYMENT_NEW,        false, false,     STATE,   STATE, STATE,  STATE,   STATE },
    { PAYMENT_PENDING,    false, false,     BUSY,    BUSY,  BUSY,   BUSY,    BUSY  }, /* its authorization is always open */
    { PAYMENT_REQUIRES_ACTION, false, false, BUSY,   BUSY,  BUSY,   BUSY,    BUSY  }, /* which waits for the payer */
    { PAYMENT_AUTHORIZED, false, false,     YES,     YES,   STATE,  YES,     STATE },
    { PAYMENT_AUTHORIZED, true,  false,     OVER,    YES,   STATE,  YES,     YES   },
    { PAYMENT_CAPTURED,   false, false,     STATE,   STATE, YES,    STATE,   STATE },
    { PAYMENT_CAPTURED,   true,  false,     STATE,   STATE, YES,    STATE,   STATE }, /* refunds have no time limit */
    { PAYMENT_REFUNDED,   false, false,     STATE,   STATE, STATE,  STATE,   STATE },
    { PAYMENT_VOIDED,     false, false,     STATE,   STATE, STATE,  STATE,   STATE },
    { PAYMENT_VOIDED,     true,  false,     STATE,   STATE, STATE,  STATE,   STATE },
    { PAYMENT_DECLINED,   false, false,     STATE,   STATE, STATE,  STATE,   STATE },
    { PAYMENT_FAILED,     false, false,     STATE,   STATE, STATE,  STATE,   STATE },
    { PAYMENT_EXPIRED,    true,  false,     OVER,    OVER,  STATE,  YES,     STATE },
    { PAYMENT_EXPIRED,    true,  true,      OVER,    OVER,  STATE,  STATE,   STATE },
};

/* What an allowed command begins. */
static const enum event_kind begun[COMMAND_KIND_COUNT] = {
    [COMMAND_AUTHORIZE] = EVENT_AUTHORIZE_STARTED,
    [COMMAND_CAPTURE]   = EVENT_CAPTURE_STARTED,
    [COMMAND_VOID]      = EVENT_VOID_STARTED,
    [COMMAND_REFUND]    = EVENT_REFUND_STARTED,
    [COMMAND_RELEASE]   = EVENT_VOID_STARTED,
    [COMMAND_EXPIRE]    = EVENT_EXPIRED,
};
/* clang-format on */

static struct payment payment_of_rule(const struct rule *rule)
{
    struct payment payment = payment_in(rule->state);
    if (rule->is_released) {
        happens(&payment, EVENT_VOID_STARTED);
        happens(&payment, EVENT_VOIDED);
    }
    return payment;
}

static void check_rule(const struct rule *rule, enum command_kind kind, int expected)
{
    struct payment payment = payment_of_rule(rule);
    micros now = rule->hold_is_over ? HOLD_ENDS + GRACE : HISTORY_BEGINS + 3600 * INT64_C(1000000);
    struct command command = { .kind = kind, .whole = true, .now = now };
    struct decision decision = payment_decide(&payment, &command);
    assert_row(decision.refusal == (enum refusal)expected, rule - rules);
    if (decision.refusal != REFUSED_NOT) return;
    assert_row(decision.event.kind == begun[kind], rule - rules);
    assert_row(decision.event.amount_minor == HISTORY_AMOUNT && decision.event.at == now, rule - rules);
    assert_row(payment_can(&payment, &decision.event), rule - rules);
}

static void every_state_with_every_command(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rules); i++) {
        check_rule(&rules[i], COMMAND_CAPTURE, rules[i].capture);
        check_rule(&rules[i], COMMAND_VOID, rules[i].voiding);
        check_rule(&rules[i], COMMAND_REFUND, rules[i].refund);
        check_rule(&rules[i], COMMAND_RELEASE, rules[i].release);
        check_rule(&rules[i], COMMAND_EXPIRE, rules[i].expire);
    }
}

static void every_state_is_in_the_table(void **state)
{
    (void)state;
    for (int wanted = 0; wanted < PAYMENT_STATE_COUNT; wanted++) {
        size_t rows = 0;
        for (size_t i = 0; i < COUNT_OF(rules); i++) rows += rules[i].state == (enum payment_state)wanted;
        assert_row(rows > 0, wanted);
    }
}

/* One payment, one thing at a time: whatever is open, in whatever doubt, nothing else begins. */
static void nothing_begins_while_an_operation_is_open(void **state)
{
    (void)state;
    size_t tried = 0;
    for (size_t i = 0; i < place_count; i++) {
        if (places[i].open == OPERATION_NONE) continue;
        for (int doubt = OPERATION_RUNNING; doubt <= OPERATION_REVIEW; doubt++) {
            struct payment payment = payment_at(&places[i], (enum operation_state)doubt);
            for (int kind = 0; kind < COMMAND_KIND_COUNT; kind++) {
                struct command command = { .kind = (enum command_kind)kind, .whole = true, .now = HOLD_ENDS + GRACE };
                command.amount = money_of(1, currency_of("EUR")); /* not even a fault in the request is told first */
                assert_row(refusal_of(&payment, &command) == REFUSED_OPERATION_IN_PROGRESS, i);
                tried++;
            }
        }
    }
    assert_int_equal(tried, 6 * 3 * COMMAND_KIND_COUNT);
}

/* ---- amounts ---- */

/* clang-format off */
static const struct amount_row {
    enum payment_state state;
    enum command_kind command;
    bool parts;          /* the processor takes partial amounts */
    int64_t minor;       /* 0: all that is left */
    const char *currency;
    enum refusal refusal;
    int64_t amount;      /* of what begins */
} amounts[] = {
    /* state              command          parts? amount  currency  refused because, or               begins with */
    { PAYMENT_AUTHORIZED, COMMAND_CAPTURE, false, 0,      "USD",    REFUSED_NOT,                       5000 },
    { PAYMENT_AUTHORIZED, COMMAND_CAPTURE, true,  0,      "USD",    REFUSED_NOT,                       5000 },
    { PAYMENT_AUTHORIZED, COMMAND_CAPTURE, false, 5000,   "USD",    REFUSED_NOT,                       5000 },
    { PAYMENT_AUTHORIZED, COMMAND_CAPTURE, false, 4999,   "USD",    REFUSED_PARTIAL_NOT_SUPPORTED,     0    },
    { PAYMENT_AUTHORIZED, COMMAND_CAPTURE, true,  4999,   "USD",    REFUSED_NOT,                       4999 },
    { PAYMENT_AUTHORIZED, COMMAND_CAPTURE, true,  1,      "USD",    REFUSED_NOT,                       1    },
    { PAYMENT_AUTHORIZED, COMMAND_CAPTURE, false, 5001,   "USD",    REFUSED_AMOUNT_EXCEEDS_AUTHORIZED, 0    },
    { PAYMENT_AUTHORIZED, COMMAND_CAPTURE, true,  5001,   "USD",    REFUSED_AMOUNT_EXCEEDS_AUTHORIZED, 0    },
    { PAYMENT_AUTHORIZED, COMMAND_CAPTURE, true,  999999999999, "USD", REFUSED_AMOUNT_EXCEEDS_AUTHORIZED, 0 },
    { PAYMENT_AUTHORIZED, COMMAND_CAPTURE, true,  5000,   "EUR",    REFUSED_CURRENCY_MISMATCH,         0    },
    { PAYMENT_AUTHORIZED, COMMAND_CAPTURE, false, 9999,   "EUR",    REFUSED_CURRENCY_MISMATCH,         0    }, /* before the amount */
    { PAYMENT_CAPTURED,   COMMAND_CAPTURE, false, 9999,   "EUR",    REFUSED_INVALID_STATE,             0    }, /* before all */
    { PAYMENT_CAPTURED,   COMMAND_REFUND,  false, 0,      "USD",    REFUSED_NOT,                       5000 },
    { PAYMENT_CAPTURED,   COMMAND_REFUND,  true,  0,      "USD",    REFUSED_NOT,                       5000 },
    { PAYMENT_CAPTURED,   COMMAND_REFUND,  false, 5000,   "USD",    REFUSED_NOT,                       5000 },
    { PAYMENT_CAPTURED,   COMMAND_REFUND,  false, 1,      "USD",    REFUSED_PARTIAL_NOT_SUPPORTED,     0    },
    { PAYMENT_CAPTURED,   COMMAND_REFUND,  true,  1,      "USD",    REFUSED_NOT,                       1    },
    { PAYMENT_CAPTURED,   COMMAND_REFUND,  false, 5001,   "USD",    REFUSED_AMOUNT_EXCEEDS_CAPTURED,   0    },
    { PAYMENT_CAPTURED,   COMMAND_REFUND,  true,  5001,   "USD",    REFUSED_AMOUNT_EXCEEDS_CAPTURED,   0    },
    { PAYMENT_CAPTURED,   COMMAND_REFUND,  true,  5000,   "JPY",    REFUSED_CURRENCY_MISMATCH,         0    },
    { PAYMENT_AUTHORIZED, COMMAND_REFUND,  true,  5000,   "JPY",    REFUSED_INVALID_STATE,             0    },
    { PAYMENT_REFUNDED,   COMMAND_REFUND,  true,  1,      "USD",    REFUSED_INVALID_STATE,             0    },
    { PAYMENT_AUTHORIZED, COMMAND_VOID,    true,  1,      "JPY",    REFUSED_NOT,                       5000 }, /* always whole */
};
/* clang-format on */

static void amounts_are_checked(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(amounts); i++) {
        const struct amount_row *row = &amounts[i];
        struct payment payment = payment_in(row->state);
        struct command command = { .kind = row->command, .whole = row->minor == 0, .now = payment.changed_at };
        command.amount = money_of(row->minor, currency_of(row->currency));
        if (row->parts) command.can = takes_parts;
        struct decision decision = payment_decide(&payment, &command);
        assert_row(decision.refusal == row->refusal, i);
        if (decision.refusal == REFUSED_NOT) assert_row(decision.event.amount_minor == row->amount, i);
    }
}

static void refund(struct payment *payment, int64_t minor)
{
    struct event started = event_of(payment, EVENT_REFUND_STARTED), done = event_of(payment, EVENT_REFUNDED);
    started.amount_minor = done.amount_minor = minor;
    payment_apply(payment, &started);
    payment_apply(payment, &done);
}

/* 50.00 captured, 20.00 back already: 30.00 are left. */
static void only_what_is_left_can_be_refunded(void **state)
{
    (void)state;
    struct payment payment = payment_in(PAYMENT_CAPTURED);
    refund(&payment, 2000);
    assert_int_equal(payment.state, PAYMENT_CAPTURED);
    struct command command = { .kind = COMMAND_REFUND, .can = takes_parts, .now = payment.changed_at };

    command.amount = money_of(3001, currency_of("USD"));
    assert_int_equal(refusal_of(&payment, &command), REFUSED_AMOUNT_EXCEEDS_CAPTURED);
    command.amount.minor = 3000;
    assert_int_equal(refusal_of(&payment, &command), REFUSED_NOT);
    command.whole = true;
    assert_int_equal(payment_decide(&payment, &command).event.amount_minor, 3000);
    refund(&payment, 3000);
    assert_int_equal(payment.state, PAYMENT_REFUNDED);
}

/* 30.00 of the 50.00 that were held are captured: that is all that a refund is measured by. */
static void a_partial_capture_limits_refunds(void **state)
{
    (void)state;
    struct payment payment = payment_in(PAYMENT_AUTHORIZED);
    struct event started = event_of(&payment, EVENT_CAPTURE_STARTED), captured = event_of(&payment, EVENT_CAPTURED);
    started.amount_minor = captured.amount_minor = 3000;
    payment_apply(&payment, &started);
    payment_apply(&payment, &captured);

    struct command command = { .kind = COMMAND_REFUND, .amount = money_of(3001, currency_of("USD")), .can = takes_parts };
    assert_int_equal(refusal_of(&payment, &command), REFUSED_AMOUNT_EXCEEDS_CAPTURED);
    command.amount.minor = 3000;
    command.can = (struct capability){ 0 }; /* all of what was captured is not a part */
    assert_int_equal(refusal_of(&payment, &command), REFUSED_NOT);
}

/* The processor refunds by the capture's id: without it only a person can, there. */
static void a_lost_capture_id_cannot_be_refunded(void **state)
{
    (void)state;
    struct payment payment = payment_in(PAYMENT_AUTHORIZED);
    struct event captured = event_of(&payment, EVENT_CAPTURED);
    captured.id_known = false;
    happens(&payment, EVENT_CAPTURE_STARTED);
    payment_apply(&payment, &captured);
    struct command command = { .kind = COMMAND_REFUND, .whole = true };
    assert_int_equal(refusal_of(&payment, &command), REFUSED_REFERENCE_UNKNOWN);
    command = (struct command){ .kind = COMMAND_REFUND, .amount = money_of(5001, currency_of("USD")) };
    assert_int_equal(refusal_of(&payment, &command), REFUSED_AMOUNT_EXCEEDS_CAPTURED); /* what the caller can mend comes first */
}

/* A refund would give the money back a second time; that it cannot be refunded at all comes first. */
static void a_dispute_keeps_refunds_away(void **state)
{
    (void)state;
    struct payment captured = payment_in(PAYMENT_CAPTURED), authorized = payment_in(PAYMENT_AUTHORIZED);
    struct command command = { .kind = COMMAND_REFUND, .whole = true, .is_disputed = true, .can = takes_parts };
    assert_int_equal(refusal_of(&captured, &command), REFUSED_DISPUTE_OPEN);
    assert_int_equal(refusal_of(&authorized, &command), REFUSED_INVALID_STATE);
    command.is_disputed = false;
    assert_int_equal(refusal_of(&captured, &command), REFUSED_NOT);
}

/* ---- the end of a hold ---- */

/* Until five minutes after its end the processor decides; from then on our clock does. */
static void our_clock_ends_a_hold_with_grace(void **state)
{
    (void)state;
    struct payment payment = payment_in(PAYMENT_AUTHORIZED);
    const struct {
        micros now;
        enum refusal capture, expire;
    } rows[] = {
        { HOLD_ENDS - 1,         REFUSED_NOT,                   REFUSED_INVALID_STATE },
        { HOLD_ENDS,             REFUSED_NOT,                   REFUSED_INVALID_STATE },
        { HOLD_ENDS + GRACE - 1, REFUSED_NOT,                   REFUSED_INVALID_STATE },
        { HOLD_ENDS + GRACE,     REFUSED_AUTHORIZATION_EXPIRED, REFUSED_NOT           },
        { INT64_MAX,             REFUSED_AUTHORIZATION_EXPIRED, REFUSED_NOT           },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct command command = { .kind = COMMAND_CAPTURE, .whole = true, .now = rows[i].now };
        assert_row(refusal_of(&payment, &command) == rows[i].capture, i);
        command.kind = COMMAND_EXPIRE;
        assert_row(refusal_of(&payment, &command) == rows[i].expire, i);
    }
}

static void a_hold_without_a_known_end_never_ends_by_our_clock(void **state)
{
    (void)state;
    struct payment payment = payment_in(PAYMENT_PENDING);
    struct event authorized = event_of(&payment, EVENT_AUTHORIZED);
    authorized.expires_at = 0;
    payment_apply(&payment, &authorized);
    struct command command = { .kind = COMMAND_EXPIRE, .now = INT64_MAX };
    assert_int_equal(refusal_of(&payment, &command), REFUSED_INVALID_STATE);
}

/* ---- authorizing ---- */

/* clang-format off */
static const struct authorize_row {
    const char *currency, *taken; /* taken NULL: any */
    bool needs_cvv, has_cvv, card_expired;
    enum refusal refusal;
} authorizations[] = {
    { "USD", "USD",     true,  true,  false, REFUSED_NOT                    },
    { "USD", NULL,      true,  true,  false, REFUSED_NOT                    },
    { "KWD", NULL,      false, false, false, REFUSED_NOT                    },
    { "EUR", "USD EUR", true,  true,  false, REFUSED_NOT                    },
    { "EUR", "EUR USD", true,  true,  false, REFUSED_NOT                    },
    { "EUR", "USD",     true,  true,  false, REFUSED_CURRENCY_NOT_SUPPORTED },
    { "EUR", "USD GBP", true,  true,  false, REFUSED_CURRENCY_NOT_SUPPORTED },
    { "EUR", "",        true,  true,  false, REFUSED_CURRENCY_NOT_SUPPORTED },
    { "USD", "USD",     true,  false, false, REFUSED_CVV_REQUIRED           },
    { "USD", "USD",     false, false, false, REFUSED_NOT                    },
    { "USD", "USD",     true,  true,  true,  REFUSED_CARD_EXPIRED           },
    { "USD", "USD",     true,  false, true,  REFUSED_CVV_REQUIRED           }, /* a faulty request before a bad card */
    { "EUR", "USD",     true,  false, true,  REFUSED_CURRENCY_NOT_SUPPORTED },
};
/* clang-format on */

/* A processor that only sells is not asked for a hold. */
static void what_only_sells_holds_nothing(void **state)
{
    (void)state;
    struct payment payment = { 0 };
    struct command command = { .kind = COMMAND_AUTHORIZE, .amount = money_of(1, currency_of("NGN")), .can.only_sells = true };
    assert_int_equal(refusal_of(&payment, &command), REFUSED_HOLD_NOT_SUPPORTED);
    command.captures_itself = true;
    assert_int_equal(refusal_of(&payment, &command), REFUSED_NOT);
}

/* A page asks its payer for what it needs; whether it holds is its own matter. */
static void a_page_takes_payers_without_a_card(void **state)
{
    static const struct {
        bool only_sells;
        enum payment_page page;
        bool captures_itself;
        enum refusal refusal;
    } rows[] = {
        { false, PAGE_NONE, true, REFUSED_PAGE_NOT_SUPPORTED }, { true, PAGE_NONE, true, REFUSED_PAGE_NOT_SUPPORTED },
        { false, PAGE_HOLDS, false, REFUSED_NOT },              { true, PAGE_HOLDS, false, REFUSED_NOT },
        { false, PAGE_HOLDS, true, REFUSED_NOT },               { false, PAGE_SELLS, false, REFUSED_HOLD_NOT_SUPPORTED },
        { false, PAGE_SELLS, true, REFUSED_NOT },
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct payment payment = { 0 };
        struct command command = { .kind = COMMAND_AUTHORIZE, .amount = money_of(1, currency_of("NGN")), .on_page = true,
                                   .captures_itself = rows[i].captures_itself };
        command.can = (struct capability){ .needs_cvv = true, .only_sells = rows[i].only_sells, .page = rows[i].page };
        assert_row(refusal_of(&payment, &command) == rows[i].refusal, i);
    }
}

static void who_wants_an_address_gets_one(void **state)
{
    (void)state;
    struct payment payment = { 0 };
    struct command command = { .kind = COMMAND_AUTHORIZE, .amount = money_of(1, currency_of("NGN")), .can.needs_email = true };
    assert_int_equal(refusal_of(&payment, &command), REFUSED_EMAIL_REQUIRED);
    command.has_email = true;
    assert_int_equal(refusal_of(&payment, &command), REFUSED_NOT);
}

static void an_authorization_needs_what_the_processor_needs(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(authorizations); i++) {
        const struct authorize_row *row = &authorizations[i];
        struct payment payment = { 0 };
        struct command command = { .kind = COMMAND_AUTHORIZE, .amount = money_of(1, currency_of(row->currency)), .captures_itself = i % 2,
                                   .has_cvv = row->has_cvv, .card_expired = row->card_expired, .now = HISTORY_BEGINS + (micros)i };
        command.can = (struct capability){ .needs_cvv = row->needs_cvv, .currencies = row->taken };
        struct decision decision = payment_decide(&payment, &command);
        assert_row(decision.refusal == row->refusal, i);
        if (decision.refusal != REFUSED_NOT) continue;
        payment_apply(&payment, &decision.event);
        assert_row(payment.state == PAYMENT_PENDING && payment.operation.kind == OPERATION_AUTHORIZE, i);
        assert_row(money_equal(payment.amount, command.amount) && payment.authorized_minor == 0, i);
        assert_row(payment.captures_itself == command.captures_itself && payment.created_at == command.now, i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_state_with_every_command),
        cmocka_unit_test(every_state_is_in_the_table),
        cmocka_unit_test(nothing_begins_while_an_operation_is_open),
        cmocka_unit_test(amounts_are_checked),
        cmocka_unit_test(only_what_is_left_can_be_refunded),
        cmocka_unit_test(a_partial_capture_limits_refunds),
        cmocka_unit_test(a_lost_capture_id_cannot_be_refunded),
        cmocka_unit_test(a_dispute_keeps_refunds_away),
        cmocka_unit_test(our_clock_ends_a_hold_with_grace),
        cmocka_unit_test(a_hold_without_a_known_end_never_ends_by_our_clock),
        cmocka_unit_test(an_authorization_needs_what_the_processor_needs),
        cmocka_unit_test(what_only_sells_holds_nothing),
        cmocka_unit_test(a_page_takes_payers_without_a_card),
        cmocka_unit_test(who_wants_an_address_gets_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
