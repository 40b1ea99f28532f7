/* SPDX-License-Identifier: Apache-2.0 */
/* payment_history: the shortest way to each state, walked with the rules themselves. */
#include "domain/payment_history.h"

#include "base/base_testing.h"

const struct place places[] = {
    { PAYMENT_NEW, OPERATION_NONE },
    { PAYMENT_PENDING, OPERATION_AUTHORIZE },
    { PAYMENT_REQUIRES_ACTION, OPERATION_AUTHORIZE },
    { PAYMENT_AUTHORIZED, OPERATION_NONE },
    { PAYMENT_AUTHORIZED, OPERATION_CAPTURE },
    { PAYMENT_AUTHORIZED, OPERATION_VOID },
    { PAYMENT_CAPTURED, OPERATION_NONE },
    { PAYMENT_CAPTURED, OPERATION_REFUND },
    { PAYMENT_REFUNDED, OPERATION_NONE },
    { PAYMENT_VOIDED, OPERATION_NONE },
    { PAYMENT_DECLINED, OPERATION_NONE },
    { PAYMENT_FAILED, OPERATION_NONE },
    { PAYMENT_EXPIRED, OPERATION_NONE },
    { PAYMENT_EXPIRED, OPERATION_VOID },
};
const size_t place_count = COUNT_OF(places);

/* clang-format off */
static const enum event_kind ways[PAYMENT_STATE_COUNT][7] = {
    [PAYMENT_NEW]        = { EVENT_NONE },
    [PAYMENT_PENDING]    = { EVENT_AUTHORIZE_STARTED },
    [PAYMENT_REQUIRES_ACTION] = { EVENT_AUTHORIZE_STARTED, EVENT_ACTION_REQUIRED },
    [PAYMENT_AUTHORIZED] = { EVENT_AUTHORIZE_STARTED, EVENT_AUTHORIZED },
    [PAYMENT_CAPTURED]   = { EVENT_AUTHORIZE_STARTED, EVENT_AUTHORIZED, EVENT_CAPTURE_STARTED, EVENT_CAPTURED },
    [PAYMENT_REFUNDED]   = { EVENT_AUTHORIZE_STARTED, EVENT_AUTHORIZED, EVENT_CAPTURE_STARTED, EVENT_CAPTURED,
                             EVENT_REFUND_STARTED, EVENT_REFUNDED },
    [PAYMENT_VOIDED]     = { EVENT_AUTHORIZE_STARTED, EVENT_AUTHORIZED, EVENT_VOID_STARTED, EVENT_VOIDED },
    [PAYMENT_DECLINED]   = { EVENT_AUTHORIZE_STARTED, EVENT_DECLINED },
    [PAYMENT_FAILED]     = { EVENT_AUTHORIZE_STARTED, EVENT_AUTHORIZE_FAILED },
    [PAYMENT_EXPIRED]    = { EVENT_AUTHORIZE_STARTED, EVENT_AUTHORIZED, EVENT_EXPIRED },
};

static const enum event_kind openings[OPERATION_KIND_COUNT] = {
    [OPERATION_CAPTURE] = EVENT_CAPTURE_STARTED,
    [OPERATION_VOID]    = EVENT_VOID_STARTED,
    [OPERATION_REFUND]  = EVENT_REFUND_STARTED,
};
/* clang-format on */

currency currency_of(const char *code)
{
    currency found = { "" };
    assert_true(currency_named(str_of(code), &found));
    return found;
}

struct event event_of(const struct payment *payment, enum event_kind kind)
{
    micros at = payment->sequence == 0 ? HISTORY_BEGINS : payment->changed_at + MICROS_PER_SECOND;
    return (struct event){
        .kind = kind,
        .amount_minor = HISTORY_AMOUNT,
        .decline = kind == EVENT_DECLINED ? DECLINE_INSUFFICIENT_FUNDS : DECLINE_NONE,
        .at = at,
        .expires_at = kind == EVENT_AUTHORIZED ? HISTORY_BEGINS + HISTORY_HOLD_SPAN : 0,
        .id_known = kind == EVENT_CAPTURED || kind == EVENT_SOLD,
        .currency = kind == EVENT_AUTHORIZE_STARTED ? currency_of("USD") : (currency){ "" },
    };
}

void happens(struct payment *payment, enum event_kind kind)
{
    struct event event = event_of(payment, kind);
    assert_true(payment_can(payment, &event));
    payment_apply(payment, &event);
}

struct payment payment_in(enum payment_state state)
{
    struct payment payment = { 0 };
    for (const enum event_kind *kind = ways[state]; *kind != EVENT_NONE; kind++) happens(&payment, *kind);
    assert_int_equal(payment.state, state);
    return payment;
}

struct payment payment_at(const struct place *place, enum operation_state state)
{
    struct payment payment = payment_in(place->state);
    if (openings[place->open] != EVENT_NONE) happens(&payment, openings[place->open]);
    assert_int_equal(payment.operation.kind, place->open);
    if (place->open != OPERATION_NONE && state != OPERATION_RUNNING) happens(&payment, EVENT_OPERATION_DOUBTED);
    if (place->open != OPERATION_NONE && state == OPERATION_REVIEW) happens(&payment, EVENT_OPERATION_REVIEW);
    return payment;
}
