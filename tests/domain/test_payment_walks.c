/* SPDX-License-Identifier: Apache-2.0 */
/* Random legal histories with partial amounts and a clock that jumps: after every step the invariants hold, and the payment
 * agrees with a book that is kept here from the events alone. */
#include "base/base_testing.h"

#include "domain/payment_history.h"

enum { STEPS = 100 * 1000, STEPS_OF_ONE_PAYMENT = 16 };

static const currency usd = { "USD" };

static const struct capability takes_parts = { .partial_capture = true, .partial_refund = true };

/* ---- chance, the same in every run ---- */

static uint64_t chance = 88172645463325252u;

static int64_t random_below(int64_t bound)
{
    chance ^= chance << 13;
    chance ^= chance >> 7;
    chance ^= chance << 17;
    return (int64_t)(chance % (uint64_t)bound);
}

/* ---- the book ---- */

/* What the events came to, by their own words. "Not failed" includes what is under way. */
struct book {
    int64_t events;
    int64_t held, captured, capturing, refunded, refunding;
    bool voided;
};

/* Which state may follow which: the picture in payment.h and nothing else. */
static const enum payment_state followers[PAYMENT_STATE_COUNT][5] = { /* and itself */
    [PAYMENT_NEW] = { PAYMENT_PENDING },
    [PAYMENT_PENDING] = { PAYMENT_AUTHORIZED, PAYMENT_CAPTURED, PAYMENT_REQUIRES_ACTION, PAYMENT_DECLINED, PAYMENT_FAILED },
    [PAYMENT_REQUIRES_ACTION] = { PAYMENT_AUTHORIZED, PAYMENT_CAPTURED, PAYMENT_DECLINED, PAYMENT_FAILED },
    [PAYMENT_AUTHORIZED] = { PAYMENT_CAPTURED, PAYMENT_VOIDED, PAYMENT_EXPIRED },
    [PAYMENT_CAPTURED] = { PAYMENT_REFUNDED },
};

static void write_book(struct book *book, const struct event *event)
{
    int64_t amount = event->amount_minor;
    book->events++;
    switch (event->kind) {
    case EVENT_AUTHORIZED: book->held = amount; break;
    case EVENT_SOLD: book->held = book->captured = amount; break;
    case EVENT_CAPTURE_STARTED: book->capturing = amount; break;
    case EVENT_CAPTURED: book->captured += amount; /* fall through */
    case EVENT_CAPTURE_FAILED:
    case EVENT_EXPIRED: book->capturing = 0; break;
    case EVENT_REFUND_STARTED: book->refunding = amount; break;
    case EVENT_REFUNDED: book->refunded += amount; /* fall through */
    case EVENT_REFUND_FAILED: book->refunding = 0; break;
    case EVENT_VOIDED: book->voided = true; break;
    default: break;
    }
}

static void check_amounts(const struct book *book, const struct payment *payment)
{
    assert_true(book->captured + book->capturing <= book->held); /* I3 */
    assert_true(book->refunded + book->refunding <= book->captured);
    assert_false(book->voided && book->captured > 0);
    assert_int_equal(payment->authorized_minor, book->held);
    assert_int_equal(payment->captured_minor, book->captured);
    assert_int_equal(payment->refunded_minor, book->refunded);
    assert_int_equal(payment->operation.amount_minor > 0 && payment->operation.kind == OPERATION_CAPTURE, book->capturing > 0);
    assert_int_equal(payment->voided_at != 0, book->voided);
    bool some_captured = payment->state == PAYMENT_CAPTURED || payment->state == PAYMENT_REFUNDED;
    assert_int_equal(some_captured, book->captured > 0);
    assert_int_equal(payment->state == PAYMENT_REFUNDED, book->captured > 0 && book->refunded == book->captured);
    assert_false(book->capturing > 0 && (payment->review == REVIEW_OPEN || payment->review == REVIEW_DECLINED));
}

static void check_path(const struct book *book, const struct payment *before, const struct payment *after)
{
    bool follows = after->state == before->state;
    for (size_t i = 0; i < COUNT_OF(followers[0]); i++) follows |= after->state != PAYMENT_NEW && followers[before->state][i] == after->state;
    assert_true(follows); /* I6 */
    assert_int_equal(after->sequence, book->events);
    assert_true(after->changed_at >= before->changed_at); /* I17 */
}

static void check_times(const struct payment *payment)
{
    const micros in_order[] = { payment->created_at, payment->authorized_at, payment->captured_at, payment->refunded_at };
    micros latest = 0;
    for (size_t i = 0; i < COUNT_OF(in_order); i++) {
        if (in_order[i] == 0) continue;
        assert_true(in_order[i] >= latest && in_order[i] <= payment->changed_at);
        latest = in_order[i];
    }
    assert_true(payment->operation.since <= payment->changed_at);
    assert_true(payment->voided_at == 0 || payment->voided_at >= payment->authorized_at);
}

/* ---- one step ---- */

struct walk {
    struct payment payment;
    struct book book;
    micros now;
    size_t ends[PAYMENT_STATE_COUNT], events[EVENT_KIND_COUNT], refusals[REFUSAL_COUNT];
};

static void take(struct walk *walk, const struct event *event)
{
    struct payment before = walk->payment;
    payment_apply(&walk->payment, event);
    write_book(&walk->book, event);
    check_amounts(&walk->book, &walk->payment);
    check_path(&walk->book, &before, &walk->payment);
    check_times(&walk->payment);
    walk->events[event->kind]++;
}

/* What follows by itself is always allowed. */
static void follow(struct walk *walk, const struct event *event)
{
    struct command following = { .whole = true, .now = walk->now, .can = takes_parts };
    if (!payment_follow_up(&walk->payment, event, &following.kind)) return;
    struct decision decision = payment_decide(&walk->payment, &following);
    assert_int_equal(decision.refusal, REFUSED_NOT);
    take(walk, &decision.event);
}

/* Somebody wants something, sensible or not. */
static void command(struct walk *walk)
{
    enum command_kind kind = (enum command_kind)(COMMAND_CAPTURE + random_below(COMMAND_KIND_COUNT - COMMAND_CAPTURE));
    struct command wanted = { .kind = kind, .now = walk->now, .can = takes_parts, .whole = random_below(4) == 0 };
    if (walk->payment.state == PAYMENT_NEW) wanted.kind = COMMAND_AUTHORIZE;
    wanted.amount = money_of(1 + random_below(walk->payment.state == PAYMENT_NEW ? 300 : 320), usd);
    wanted.captures_itself = random_below(2);
    wanted.risk = random_below(3) == 0 ? RISK_REVIEW : RISK_ALLOW;
    struct decision decision = payment_decide(&walk->payment, &wanted);
    walk->refusals[decision.refusal]++;
    if (decision.refusal != REFUSED_NOT) return;
    take(walk, &decision.event);
    if (decision.event.kind == EVENT_REVIEW_APPROVED || decision.event.kind == EVENT_REVIEW_DECLINED) follow(walk, &decision.event);
}

static enum event_kind any_ending(const struct payment *payment)
{
    static const enum event_kind endings[OPERATION_KIND_COUNT][7] = {
        [OPERATION_AUTHORIZE] = { EVENT_AUTHORIZED, EVENT_AUTHORIZED, EVENT_SOLD, EVENT_ACTION_REQUIRED, EVENT_DECLINED, EVENT_AUTHORIZE_FAILED,
                                  EVENT_FELL_OVER },
        [OPERATION_CAPTURE] = { EVENT_CAPTURED, EVENT_CAPTURED, EVENT_CAPTURED, EVENT_CAPTURED, EVENT_CAPTURED, EVENT_CAPTURE_FAILED, EVENT_EXPIRED },
        [OPERATION_VOID] = { EVENT_VOIDED, EVENT_VOIDED, EVENT_VOIDED, EVENT_VOIDED, EVENT_VOID_FAILED, EVENT_VOID_FAILED, EVENT_VOID_FAILED },
        [OPERATION_REFUND] = { EVENT_REFUNDED, EVENT_REFUNDED, EVENT_REFUNDED, EVENT_REFUNDED, EVENT_REFUND_FAILED, EVENT_REFUND_FAILED,
                               EVENT_REFUND_FAILED },
    };
    return endings[payment->operation.kind][random_below(7)];
}

/* Something becomes known of the open operation, or more doubtful; then what follows by itself. */
static void news(struct walk *walk)
{
    struct event event = { .kind = any_ending(&walk->payment), .amount_minor = walk->payment.operation.amount_minor, .at = walk->now };
    if (random_below(3) == 0) event.kind = (enum event_kind)(EVENT_OPERATION_DOUBTED + random_below(3));
    event.id_known = true;
    event.expires_at = walk->now + 60 * MICROS_PER_SECOND;
    if (!payment_can(&walk->payment, &event)) return;
    take(walk, &event);
    follow(walk, &event);
}

/* Anything at all, at any time: what payment_can does not allow is not tried further. */
static void anything(struct walk *walk)
{
    struct event event = { .kind = (enum event_kind)random_below(EVENT_KIND_COUNT), .amount_minor = random_below(400) - 20, .at = walk->now };
    event.currency = usd;
    if (payment_can(&walk->payment, &event)) take(walk, &event);
}

/* A payer takes his money back, whatever is being done meanwhile. */
static void dispute(struct walk *walk)
{
    struct event event = { .kind = EVENT_DISPUTE_CHANGED, .amount_minor = 1 + random_below(300), .at = walk->now };
    if (payment_can(&walk->payment, &event)) take(walk, &event);
}

static void step(struct walk *walk)
{
    walk->now += random_below(20) == 0 ? -random_below(100) * MICROS_PER_SECOND : random_below(30) * MICROS_PER_SECOND;
    if (random_below(10) == 0) dispute(walk);
    if (walk->payment.operation.kind == OPERATION_NONE) command(walk);
    else if (random_below(10) == 0) command(walk); /* refused: one thing at a time */
    else news(walk);
}

static void next_payment(struct walk *walk)
{
    walk->ends[walk->payment.state]++;
    walk->payment = (struct payment){ 0 };
    walk->book = (struct book){ 0 };
}

static void invariants_hold_over_random_histories(void **state)
{
    (void)state;
    static struct walk walk = { .now = HISTORY_BEGINS };
    for (int i = 0; i < STEPS; i++) {
        if (random_below(STEPS_OF_ONE_PAYMENT) == 0) next_payment(&walk);
        step(&walk);
    }
    /* The walk has been everywhere, or it would prove little. */
    for (int end = PAYMENT_PENDING; end < PAYMENT_STATE_COUNT; end++) assert_row(walk.ends[end] >= 20, end);
    for (int kind = EVENT_AUTHORIZE_STARTED; kind < EVENT_KIND_COUNT; kind++) assert_row(walk.events[kind] >= 100, kind);
    assert_true(walk.refusals[REFUSED_NOT] > 1000 && walk.refusals[REFUSED_OPERATION_IN_PROGRESS] > 1000);
    assert_true(walk.refusals[REFUSED_AMOUNT_EXCEEDS_CAPTURED] > 100 && walk.refusals[REFUSED_AMOUNT_EXCEEDS_AUTHORIZED] > 100);
}

/* Even without the deciders: no order of possible events breaks the sums. */
static void invariants_hold_whatever_happens(void **state)
{
    (void)state;
    static struct walk walk = { .now = HISTORY_BEGINS };
    for (int i = 0; i < 10 * STEPS; i++) {
        if (random_below(8 * STEPS_OF_ONE_PAYMENT) == 0) next_payment(&walk);
        anything(&walk);
    }
    assert_true(walk.events[EVENT_CAPTURED] >= 10 && walk.events[EVENT_REFUNDED] >= 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(invariants_hold_over_random_histories),
        cmocka_unit_test(invariants_hold_whatever_happens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
