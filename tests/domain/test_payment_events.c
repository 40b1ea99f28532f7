/* SPDX-License-Identifier: Apache-2.0 */
/* Every event at every place, what it changes, what follows from it, and what may be shipped. */
#include "base/base_testing.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "domain/payment_history.h"

/* ---- every event in every state ---- */

/* clang-format off */
static const struct arrow {
    enum payment_state from;
    enum operation_kind open;
    enum event_kind event;
    enum payment_state to;
    enum operation_kind then_open;
} arrows[] = {
    { PAYMENT_NEW,        OPERATION_NONE,      EVENT_AUTHORIZE_STARTED, PAYMENT_PENDING,    OPERATION_AUTHORIZE },
    { PAYMENT_PENDING,    OPERATION_AUTHORIZE, EVENT_AUTHORIZED,        PAYMENT_AUTHORIZED, OPERATION_NONE      },
    { PAYMENT_PENDING,    OPERATION_AUTHORIZE, EVENT_SOLD,              PAYMENT_CAPTURED,   OPERATION_NONE      },
    { PAYMENT_PENDING,    OPERATION_AUTHORIZE, EVENT_ACTION_REQUIRED,   PAYMENT_REQUIRES_ACTION, OPERATION_AUTHORIZE },
    { PAYMENT_REQUIRES_ACTION, OPERATION_AUTHORIZE, EVENT_ACTION_REQUIRED, PAYMENT_REQUIRES_ACTION, OPERATION_AUTHORIZE },
    { PAYMENT_REQUIRES_ACTION, OPERATION_AUTHORIZE, EVENT_AUTHORIZED,   PAYMENT_AUTHORIZED, OPERATION_NONE      },
    { PAYMENT_REQUIRES_ACTION, OPERATION_AUTHORIZE, EVENT_SOLD,         PAYMENT_CAPTURED,   OPERATION_NONE      },
    { PAYMENT_REQUIRES_ACTION, OPERATION_AUTHORIZE, EVENT_DECLINED,     PAYMENT_DECLINED,   OPERATION_NONE      },
    { PAYMENT_REQUIRES_ACTION, OPERATION_AUTHORIZE, EVENT_AUTHORIZE_FAILED, PAYMENT_FAILED, OPERATION_NONE      },
    { PAYMENT_PENDING,    OPERATION_AUTHORIZE, EVENT_FELL_OVER,         PAYMENT_PENDING,    OPERATION_AUTHORIZE },
    { PAYMENT_PENDING,    OPERATION_AUTHORIZE, EVENT_DECLINED,          PAYMENT_DECLINED,   OPERATION_NONE      },
    { PAYMENT_PENDING,    OPERATION_AUTHORIZE, EVENT_AUTHORIZE_FAILED,  PAYMENT_FAILED,     OPERATION_NONE      },
    { PAYMENT_AUTHORIZED, OPERATION_NONE,      EVENT_CAPTURE_STARTED,   PAYMENT_AUTHORIZED, OPERATION_CAPTURE   },
    { PAYMENT_AUTHORIZED, OPERATION_CAPTURE,   EVENT_CAPTURED,          PAYMENT_CAPTURED,   OPERATION_NONE      },
    { PAYMENT_AUTHORIZED, OPERATION_CAPTURE,   EVENT_CAPTURE_FAILED,    PAYMENT_AUTHORIZED, OPERATION_NONE      },
    { PAYMENT_AUTHORIZED, OPERATION_CAPTURE,   EVENT_EXPIRED,           PAYMENT_EXPIRED,    OPERATION_NONE      },
    { PAYMENT_AUTHORIZED, OPERATION_NONE,      EVENT_EXPIRED,           PAYMENT_EXPIRED,    OPERATION_NONE      },
    { PAYMENT_AUTHORIZED, OPERATION_NONE,      EVENT_VOID_STARTED,      PAYMENT_AUTHORIZED, OPERATION_VOID      },
    { PAYMENT_AUTHORIZED, OPERATION_VOID,      EVENT_VOIDED,            PAYMENT_VOIDED,     OPERATION_NONE      },
    { PAYMENT_AUTHORIZED, OPERATION_VOID,      EVENT_VOID_FAILED,       PAYMENT_AUTHORIZED, OPERATION_NONE      },
    { PAYMENT_EXPIRED,    OPERATION_NONE,      EVENT_VOID_STARTED,      PAYMENT_EXPIRED,    OPERATION_VOID      },
    { PAYMENT_EXPIRED,    OPERATION_VOID,      EVENT_VOIDED,            PAYMENT_EXPIRED,    OPERATION_NONE      },
    { PAYMENT_EXPIRED,    OPERATION_VOID,      EVENT_VOID_FAILED,       PAYMENT_EXPIRED,    OPERATION_NONE      },
    { PAYMENT_CAPTURED,   OPERATION_NONE,      EVENT_REFUND_STARTED,    PAYMENT_CAPTURED,   OPERATION_REFUND    },
    { PAYMENT_CAPTURED,   OPERATION_REFUND,    EVENT_REFUNDED,          PAYMENT_REFUNDED,   OPERATION_NONE      },
    { PAYMENT_CAPTURED,   OPERATION_REFUND,    EVENT_REFUND_FAILED,     PAYMENT_CAPTURED,   OPERATION_NONE      },
    { PAYMENT_CAPTURED,   OPERATION_NONE,      EVENT_DISPUTE_CHANGED,   PAYMENT_CAPTURED,   OPERATION_NONE      },
    { PAYMENT_CAPTURED,   OPERATION_REFUND,    EVENT_DISPUTE_CHANGED,   PAYMENT_CAPTURED,   OPERATION_REFUND    },
    { PAYMENT_REFUNDED,   OPERATION_NONE,      EVENT_DISPUTE_CHANGED,   PAYMENT_REFUNDED,   OPERATION_NONE      },
};

/* Doubt moves the open operation and nothing else. */
static const struct doubt {
    enum operation_state from;
    enum event_kind event;
    enum operation_state to;
} doubts[] = {
    { OPERATION_RUNNING, EVENT_OPERATION_DOUBTED, OPERATION_UNKNOWN },
    { OPERATION_RUNNING, EVENT_OPERATION_REVIEW,  OPERATION_REVIEW  },
    { OPERATION_UNKNOWN, EVENT_OPERATION_REVIEW,  OPERATION_REVIEW  },
    { OPERATION_REVIEW,  EVENT_OPERATION_RESUMED, OPERATION_RUNNING },
    { OPERATION_WAITING, EVENT_OPERATION_DOUBTED, OPERATION_UNKNOWN },
    { OPERATION_WAITING, EVENT_OPERATION_REVIEW,  OPERATION_REVIEW  },
    { OPERATION_WAITING, EVENT_OPERATION_RESUMED, OPERATION_RUNNING },
};
/* clang-format on */

static const struct arrow *arrow_of(const struct place *place, enum event_kind event)
{
    for (size_t i = 0; i < COUNT_OF(arrows); i++) {
        if (arrows[i].from == place->state && arrows[i].open == place->open && arrows[i].event == event) return &arrows[i];
    }
    return NULL;
}

static const struct doubt *doubt_of(const struct place *place, enum operation_state from, enum event_kind event)
{
    bool waits = place->state == PAYMENT_REQUIRES_ACTION && from == OPERATION_RUNNING;
    if (waits) from = OPERATION_WAITING;
    for (size_t i = 0; i < COUNT_OF(doubts) && place->open != OPERATION_NONE; i++) {
        if (doubts[i].from == from && doubts[i].event == event) return &doubts[i];
    }
    return NULL;
}

static void take_arrow(const struct payment *before, const struct event *event, const struct arrow *arrow)
{
    struct payment after = *before;
    payment_apply(&after, event);
    assert_int_equal(after.state, arrow->to);
    assert_int_equal(after.operation.kind, arrow->then_open);
    bool goes_on = event->kind == EVENT_DISPUTE_CHANGED; /* what is open */
    enum operation_state begun = event->kind == EVENT_ACTION_REQUIRED ? OPERATION_WAITING : OPERATION_RUNNING;
    assert_int_equal(after.operation.state, goes_on ? before->operation.state : begun);
    assert_int_equal(after.operation.amount_minor, arrow->then_open == OPERATION_NONE ? 0 : HISTORY_AMOUNT);
    assert_int_equal(after.sequence, before->sequence + 1);
    assert_int_equal(after.changed_at, event->at);
}

static void take_doubt(const struct payment *before, const struct event *event, const struct doubt *doubt)
{
    struct payment after = *before, expected = *before;
    payment_apply(&after, event);
    expected.operation.state = doubt->to;
    expected.sequence++;
    expected.changed_at = event->at;
    assert_memory_equal(&after, &expected, sizeof after);
}

static void every_event_in_every_state(void **state)
{
    (void)state;
    size_t allowed = 0;
    for (size_t i = 0; i < place_count; i++) {
        for (int open = OPERATION_RUNNING; open <= OPERATION_REVIEW; open++) {
            struct payment payment = payment_at(&places[i], (enum operation_state)open);
            for (int kind = 0; kind < EVENT_KIND_COUNT; kind++) {
                struct event event = event_of(&payment, (enum event_kind)kind);
                const struct arrow *arrow = arrow_of(&places[i], event.kind);
                const struct doubt *doubt = doubt_of(&places[i], (enum operation_state)open, event.kind);
                if (payment_can(&payment, &event) != (arrow || doubt)) fail_msg("place %zu, doubt %d, event %d", i, open, kind);
                if (arrow) take_arrow(&payment, &event, arrow);
                if (doubt) take_doubt(&payment, &event, doubt);
                allowed += arrow || doubt;
            }
        }
    }
    assert_int_equal(allowed, 3 * COUNT_OF(arrows) + 5 * 4 + 5); /* nothing in the tables was missed */
}

/* ---- amounts ---- */

static void amounts_have_limits(void **state)
{
    (void)state;
    const struct {
        enum payment_state state;
        enum event_kind event;
        int64_t amount;
        bool possible;
    } rows[] = {
        { PAYMENT_NEW,        EVENT_AUTHORIZE_STARTED, 1,             true  },
        { PAYMENT_NEW,        EVENT_AUTHORIZE_STARTED, 999999999999,  true  },
        { PAYMENT_NEW,        EVENT_AUTHORIZE_STARTED, 0,             false },
        { PAYMENT_NEW,        EVENT_AUTHORIZE_STARTED, -5000,         false },
        { PAYMENT_NEW,        EVENT_AUTHORIZE_STARTED, 1000000000000, false },
        { PAYMENT_NEW,        EVENT_AUTHORIZE_STARTED, INT64_MAX,     false },
        { PAYMENT_PENDING,    EVENT_FELL_OVER,         HISTORY_AMOUNT, true },
        { PAYMENT_PENDING,    EVENT_FELL_OVER,         HISTORY_AMOUNT - 1, false }, /* the same payment, not a part of it */
        { PAYMENT_AUTHORIZED, EVENT_CAPTURE_STARTED,   1,             true  },
        { PAYMENT_AUTHORIZED, EVENT_CAPTURE_STARTED,   5000,          true  },
        { PAYMENT_AUTHORIZED, EVENT_CAPTURE_STARTED,   5001,          false },
        { PAYMENT_AUTHORIZED, EVENT_CAPTURE_STARTED,   0,             false },
        { PAYMENT_AUTHORIZED, EVENT_CAPTURE_STARTED,   INT64_MIN,     false },
        { PAYMENT_CAPTURED,   EVENT_REFUND_STARTED,    1,             true  },
        { PAYMENT_CAPTURED,   EVENT_REFUND_STARTED,    5000,          true  },
        { PAYMENT_CAPTURED,   EVENT_REFUND_STARTED,    5001,          false },
        { PAYMENT_CAPTURED,   EVENT_REFUND_STARTED,    0,             false },
        { PAYMENT_CAPTURED,   EVENT_REFUND_STARTED,    -1,            false },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct payment payment = payment_in(rows[i].state);
        struct event event = event_of(&payment, rows[i].event);
        event.amount_minor = rows[i].amount;
        assert_row(payment_can(&payment, &event) == rows[i].possible, i);
    }
}

/* Each event leaves its own trace on the receipt. */
static void events_leave_amounts_and_times(void **state)
{
    (void)state;
    struct payment payment = payment_in(PAYMENT_REFUNDED);
    assert_int_equal(payment.amount.minor, 5000);
    assert_int_equal(payment.authorized_minor, 5000);
    assert_int_equal(payment.captured_minor, 5000);
    assert_int_equal(payment.refunded_minor, 5000);
    assert_int_equal(payment.created_at, HISTORY_BEGINS);
    assert_int_equal(payment.authorized_at, HISTORY_BEGINS + 1 * MICROS_PER_SECOND);
    assert_int_equal(payment.captured_at, HISTORY_BEGINS + 3 * MICROS_PER_SECOND);
    assert_int_equal(payment.refunded_at, HISTORY_BEGINS + 5 * MICROS_PER_SECOND);
    assert_int_equal(payment.voided_at, 0);
    assert_int_equal(payment.expires_at, HISTORY_BEGINS + HISTORY_HOLD_SPAN);
    assert_int_equal(payment.sequence, 6);

    payment = payment_in(PAYMENT_VOIDED);
    assert_int_equal(payment.voided_at, HISTORY_BEGINS + 3 * MICROS_PER_SECOND);
    assert_int_equal(payment.captured_minor, 0);
    payment = payment_in(PAYMENT_DECLINED);
    assert_int_equal(payment.decline, DECLINE_INSUFFICIENT_FUNDS);
    assert_int_equal(payment.authorized_minor, 0);
    assert_int_equal(payment.authorized_at, 0);
}

/* The void that frees an expired hold is told by voided_at; the state stays what the merchant was told. */
static void a_freed_hold_stays_expired(void **state)
{
    (void)state;
    struct payment payment = payment_in(PAYMENT_EXPIRED);
    happens(&payment, EVENT_VOID_STARTED);
    happens(&payment, EVENT_VOIDED);
    assert_int_equal(payment.state, PAYMENT_EXPIRED);
    assert_int_equal(payment.voided_at, payment.changed_at);
}

/* I17: a clock that was set back does not take recorded times back. */
static void recorded_times_never_go_back(void **state)
{
    (void)state;
    struct payment payment = payment_in(PAYMENT_PENDING);
    struct event early = event_of(&payment, EVENT_AUTHORIZED);
    early.at = HISTORY_BEGINS - 3600 * INT64_C(1000000);
    payment_apply(&payment, &early);
    assert_int_equal(payment.authorized_at, HISTORY_BEGINS);
    assert_int_equal(payment.changed_at, HISTORY_BEGINS);
    struct event started = event_of(&payment, EVENT_CAPTURE_STARTED);
    started.at = HISTORY_BEGINS - 1;
    payment_apply(&payment, &started);
    assert_int_equal(payment.operation.since, HISTORY_BEGINS);
}

/* An event that cannot be is our own mistake, in every build: the process stops instead of writing a lie. */
static void an_impossible_event_stops_the_process(void **state)
{
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        struct payment payment = payment_in(PAYMENT_VOIDED);
        struct event captured = event_of(&payment, EVENT_CAPTURED);
        close(STDERR_FILENO);
        signal(SIGABRT, SIG_DFL);
        payment_apply(&payment, &captured);
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

/* ---- what follows, and what may be shipped ---- */

static void what_follows_by_itself(void **state)
{
    (void)state;
    for (int kind = 0; kind < EVENT_KIND_COUNT; kind++) {
        struct event event = { .kind = (enum event_kind)kind };
        struct payment by_hand = { 0 }, automatic = { .captures_itself = true };
        enum command_kind after_hand = COMMAND_KIND_COUNT, after_automatic = COMMAND_KIND_COUNT;
        bool is_over = kind == EVENT_EXPIRED || kind == EVENT_REVIEW_DECLINED;
        assert_row(payment_follow_up(&by_hand, &event, &after_hand) == is_over, kind);
        if (is_over) assert_int_equal(after_hand, COMMAND_RELEASE);

        bool captures = kind == EVENT_AUTHORIZED || kind == EVENT_REVIEW_APPROVED, releases = kind == EVENT_CAPTURE_FAILED || is_over;
        assert_row(payment_follow_up(&automatic, &event, &after_automatic) == (captures || releases), kind);
        if (captures) assert_int_equal(after_automatic, COMMAND_CAPTURE);
        if (releases) assert_int_equal(after_automatic, COMMAND_RELEASE);
    }
}

/* What follows is always allowed there: nobody is left with half a chain. */
static void what_follows_is_allowed(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(arrows); i++) {
        struct place place = { arrows[i].from, arrows[i].open };
        struct payment payment = payment_at(&place, OPERATION_RUNNING);
        struct event event = event_of(&payment, arrows[i].event);
        struct command command = { .whole = true, .now = event.at };
        event.captures_itself = true;
        payment.captures_itself = true;
        payment_apply(&payment, &event);
        if (!payment_follow_up(&payment, &event, &command.kind)) continue;
        assert_row(payment_decide(&payment, &command).refusal == REFUSED_NOT, i);
    }
}

/* A hold that was over when it was given (a bank's clock, a bank's settings) cannot be captured: it is given back. */
static void a_hold_that_is_born_expired_is_given_back(void **state)
{
    (void)state;
    const micros grace = INT64_C(5) * 60 * MICROS_PER_SECOND;
    for (micros late = grace - 2; late <= grace + 2; late++) {
        struct payment payment = payment_in(PAYMENT_PENDING);
        struct event authorized = event_of(&payment, EVENT_AUTHORIZED);
        struct command command = { .whole = true, .now = authorized.at };
        authorized.expires_at = authorized.at - late;
        payment.captures_itself = true;
        payment_apply(&payment, &authorized);
        assert_true(payment_follow_up(&payment, &authorized, &command.kind));
        assert_int_equal(command.kind, late < grace ? COMMAND_CAPTURE : COMMAND_RELEASE);
        assert_int_equal(payment_decide(&payment, &command).refusal, REFUSED_NOT);
    }
}

#define MINUTE (INT64_C(60) * MICROS_PER_SECOND)
#define HOLD_ENDS (HISTORY_BEGINS + HISTORY_HOLD_SPAN)

static void what_may_be_shipped(void **state)
{
    (void)state;
    const struct {
        struct place place;
        micros now;
        bool ship;
        str reason;
    } rows[] = {
        { { PAYMENT_NEW, OPERATION_NONE },            HISTORY_BEGINS,           false, STR("new")                    },
        { { PAYMENT_PENDING, OPERATION_AUTHORIZE },   HISTORY_BEGINS,           false, STR("operation_in_progress")  },
        { { PAYMENT_AUTHORIZED, OPERATION_NONE },     HISTORY_BEGINS,           true,  STR("authorized")             },
        { { PAYMENT_AUTHORIZED, OPERATION_NONE },     HOLD_ENDS - 5 * MINUTE - 1, true,  STR("authorized")           },
        { { PAYMENT_AUTHORIZED, OPERATION_NONE },     HOLD_ENDS - 5 * MINUTE,   false, STR("authorization_expiring") },
        { { PAYMENT_AUTHORIZED, OPERATION_NONE },     HOLD_ENDS + 1,            false, STR("authorization_expiring") },
        { { PAYMENT_AUTHORIZED, OPERATION_CAPTURE },  HISTORY_BEGINS,           false, STR("operation_in_progress")  },
        { { PAYMENT_AUTHORIZED, OPERATION_VOID },     HISTORY_BEGINS,           false, STR("operation_in_progress")  },
        { { PAYMENT_CAPTURED, OPERATION_NONE },       HISTORY_BEGINS,           true,  STR("captured")               },
        { { PAYMENT_CAPTURED, OPERATION_NONE },       HOLD_ENDS + MINUTE,       true,  STR("captured")               },
        { { PAYMENT_CAPTURED, OPERATION_REFUND },     HISTORY_BEGINS,           false, STR("operation_in_progress")  },
        { { PAYMENT_REFUNDED, OPERATION_NONE },       HISTORY_BEGINS,           false, STR("refunded")               },
        { { PAYMENT_VOIDED, OPERATION_NONE },         HISTORY_BEGINS,           false, STR("voided")                 },
        { { PAYMENT_DECLINED, OPERATION_NONE },       HISTORY_BEGINS,           false, STR("declined")               },
        { { PAYMENT_FAILED, OPERATION_NONE },         HISTORY_BEGINS,           false, STR("failed")                 },
        { { PAYMENT_EXPIRED, OPERATION_NONE },        HISTORY_BEGINS,           false, STR("expired")                },
        { { PAYMENT_EXPIRED, OPERATION_VOID },        HISTORY_BEGINS,           false, STR("operation_in_progress")  },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct payment payment = payment_at(&rows[i].place, OPERATION_RUNNING);
        str reason = STR_NONE;
        assert_row(payment_may_ship(&payment, rows[i].now, &reason) == rows[i].ship, i);
        assert_str(reason, rows[i].reason);
    }
}

static void goods_may_be_shipped_while_some_of_the_money_is_kept(void **state)
{
    (void)state;
    str reason;
    struct payment payment = payment_in(PAYMENT_CAPTURED);
    struct event started = event_of(&payment, EVENT_REFUND_STARTED), back = event_of(&payment, EVENT_REFUNDED);
    started.amount_minor = back.amount_minor = 4999;
    payment_apply(&payment, &started);
    payment_apply(&payment, &back);
    assert_true(payment_may_ship(&payment, HISTORY_BEGINS, &reason));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_event_in_every_state),
        cmocka_unit_test(amounts_have_limits),
        cmocka_unit_test(events_leave_amounts_and_times),
        cmocka_unit_test(a_freed_hold_stays_expired),
        cmocka_unit_test(recorded_times_never_go_back),
        cmocka_unit_test(an_impossible_event_stops_the_process),
        cmocka_unit_test(what_follows_by_itself),
        cmocka_unit_test(what_follows_is_allowed),
        cmocka_unit_test(a_hold_that_is_born_expired_is_given_back),
        cmocka_unit_test(what_may_be_shipped),
        cmocka_unit_test(goods_may_be_shipped_while_some_of_the_money_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
