/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of a payment under any sequence of commands and events, a step for every three bytes: never more captured than
 * authorized or refunded than captured, never both voided and captured (I3), sequence and times without a gap or a step
 * back (I6), at most one open operation. A book beside it adds up what happened, in its own way. */
#include "domain/payment.h"
#include "fuzz/fuzzing.h"

enum { STEPS_MAX = 64 };

#define BEGINS (INT64_C(1772323200) * MICROS_PER_SECOND)
#define HOUR (INT64_C(3600) * MICROS_PER_SECOND)

/* What happened, counted without the rules. */
struct book {
    int64_t events;
    int64_t held, captured, refunded, voided;
    micros now;
};

static int64_t take_amount(struct input *input, const struct payment *payment)
{
    unsigned way = input_byte(input);
    if (way >= 192) return INT64_C(1) << (way % 40);
    int64_t whole[] = { payment->authorized_minor, payment->captured_minor, payment->captured_minor - payment->refunded_minor, 5000 };
    int64_t amount = whole[way % COUNT_OF(whole)] + (int64_t)(way / COUNT_OF(whole) % 3) - 1;
    return amount > 0 ? amount : 1;
}

static void check_moved(const struct payment *before, const struct payment *after, const struct event *event, const struct book *book)
{
    INSIST(after->sequence == before->sequence + 1 && after->sequence == book->events);
    INSIST(after->changed_at >= before->changed_at && after->changed_at >= event->at);
    INSIST(after->authorized_minor == book->held && after->captured_minor == book->captured);
    INSIST(after->refunded_minor == book->refunded);
}

static void check_amounts(const struct payment *payment, const struct book *book)
{
    enum operation_kind open = payment->operation.kind;
    int64_t reserved = payment->operation.amount_minor;
    INSIST(book->refunded >= 0 && book->refunded <= book->captured && book->captured <= book->held);
    INSIST(book->held <= MONEY_MINOR_MAX && !(book->voided && book->captured));
    if (open == OPERATION_CAPTURE) INSIST(book->captured + reserved <= book->held && !book->voided);
    if (open == OPERATION_CAPTURE) INSIST(payment->review == REVIEW_NONE || payment->review == REVIEW_APPROVED);
    if (open == OPERATION_REFUND) INSIST(book->refunded + reserved <= book->captured);
    INSIST(open == OPERATION_NONE || payment->operation.state <= OPERATION_WAITING);
    if (payment->state == PAYMENT_CAPTURED) INSIST(book->captured > 0 && book->refunded < book->captured);
    if (payment->state == PAYMENT_REFUNDED) INSIST(book->captured > 0 && book->refunded == book->captured);
    if (payment->state == PAYMENT_VOIDED) INSIST(book->voided == 1 && book->captured == 0);
}

static void write_down(struct book *book, const struct event *event)
{
    book->events++;
    if (event->kind == EVENT_AUTHORIZED || event->kind == EVENT_SOLD) book->held += event->amount_minor;
    if (event->kind == EVENT_CAPTURED || event->kind == EVENT_SOLD) book->captured += event->amount_minor;
    if (event->kind == EVENT_REFUNDED) book->refunded += event->amount_minor;
    if (event->kind == EVENT_VOIDED) book->voided++;
}

static void apply(struct payment *payment, struct book *book, const struct event *event)
{
    struct payment before = *payment;
    payment_apply(payment, event);
    write_down(book, event);
    check_moved(&before, payment, event, book);
    check_amounts(payment, book);
}

static void command(struct payment *payment, struct book *book, struct input *input, unsigned choice)
{
    static const char *const currencies[] = { NULL, "USD", "EUR USD", "EUR" };
    struct command command = {
        .kind = (enum command_kind)(choice % COMMAND_KIND_COUNT),
        .amount = money_of(take_amount(input, payment), choice & 64 ? (currency){ "USD" } : (currency){ "EUR" }),
        .whole = choice & 128,
        .now = book->now,
    };
    unsigned about = input_byte(input);
    command.captures_itself = about & 1;
    command.has_cvv = about & 2;
    command.card_expired = (about & 0x7c) == 0x7c;
    command.risk = (enum risk_decision)(choice % RISK_DECISION_COUNT);
    command.can = (struct capability){ .partial_capture = about & 4, .partial_refund = about & 8, .needs_cvv = about & 16,
                                       .currencies = currencies[about >> 6] };
    /* The caller has seen to it: only a new payment can be authorized, for what can be paid. */
    if (command.kind == COMMAND_AUTHORIZE && (payment->state != PAYMENT_NEW || !money_is_payable(command.amount))) return;
    struct decision decision = payment_decide(payment, &command);
    if (payment->operation.kind != OPERATION_NONE) INSIST(decision.refusal == REFUSED_OPERATION_IN_PROGRESS);
    if (decision.refusal != REFUSED_NOT) return;
    INSIST(payment_can(payment, &decision.event)); /* what is decided can happen */
    apply(payment, book, &decision.event);
}

static void happen(struct payment *payment, struct book *book, struct input *input, unsigned choice)
{
    struct event event = {
        .kind = (enum event_kind)(choice % EVENT_KIND_COUNT),
        .amount_minor = take_amount(input, payment),
        .decline = DECLINE_CARD_DECLINED,
        .at = choice & 64 ? book->now : book->now - 2 * HOUR, /* a clock that was set back */
        .id_known = choice & 32,
        .currency = { "USD" },
        .risk = choice & 128 ? RISK_REVIEW : RISK_ALLOW,
    };
    if (event.kind == EVENT_AUTHORIZED) event.expires_at = book->now + HOUR * input_byte(input);
    if (payment_can(payment, &event)) apply(payment, book, &event);
}

static void check_shipping(const struct payment *payment, const struct book *book)
{
    str reason;
    bool may_ship = payment_may_ship(payment, book->now, &reason);
    INSIST(reason.length > 0);
    if (may_ship) INSIST(payment->operation.kind == OPERATION_NONE && !book->voided && book->held > book->refunded);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = input_of(data, size);
    struct payment payment = { 0 };
    struct book book = { .now = BEGINS };
    for (int step = 0; step < STEPS_MAX && input.left > 0; step++) {
        unsigned choice = input_byte(&input);
        book.now += HOUR * (choice % 7 == 0 ? 24 : 0) + 1;
        if (input_flag(&input)) command(&payment, &book, &input, choice);
        else happen(&payment, &book, &input, choice);
        check_shipping(&payment, &book);
    }
    return 0;
}
