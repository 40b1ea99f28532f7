/* SPDX-License-Identifier: Apache-2.0 */
/* operation: the one shape of all work that moves money, as a table of steps.
 *
 *   prepare -> record_attempt -> call_processor -> read_answer -> record_outcome -> settled -> (what follows, or the end)
 *                  |  |               ^                |
 *                  |  |               +--- record_exchange (an operation that takes two calls)
 *                  |  |                    record_action -> wait_for_payer (until he has done something: reload)
 *                  |  |                    record_fall_over -> settled -> call_processor (the next one)
 *                  |  +-> reply       +--- wait <------+--> record_doubt
 *                  +-> join, seal_again -> record_resumed (a request that is running or waits for its card)
 *
 *   record_attempt -> ask_risk -> read_risk -> record_attempt      where a company judges payments: before anything is recorded,
 *   read_answer -> ask_risk -> read_risk -> record_outcome         and when the money is held
 *
 *   reload -> wait              side door: an open operation after a restart
 *   record_settlement           side door: a person's word on an operation in review
 */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "flow/flows_internal.h"

/* ---- small things that several steps need ---- */

static void make_id(struct world *world, str prefix, char buffer[ID_TEXT_BYTES])
{
    uint8_t random[ID_RANDOM_BYTES];
    world_random(world, random, sizeof random);
    id_format(buffer, prefix, world_now(world), random);
}

void prepare_transaction(struct operation_flow *flow)
{
    flow->command.now = world_now(flow->flows->options.world);
    flow->running_time = flows_running_time(flow->flows);
    make_id(flow->flows->options.world, STR("op_"), flow->fresh_id.text);
}

static void shred_card(struct operation_flow *flow)
{
    if (flow->card_slot < 0) return;
    vault_shred(flow->flows->options.vault, flow->card_slot, operation_id_str(&flow->card_owner));
    flow->card_slot = VAULT_NO_SLOT;
}

static struct next reply_with(struct operation_flow *flow, enum ending_kind kind, const struct payment_record *record)
{
    write_reply(flow, kind, REFUSED_NOT, record);
    return go(REPLY);
}

/* ---- steps on the loop ---- */

static bool seal_card(struct operation_flow *flow)
{
    const struct card *card = flow->wish.card;
    flow->command.has_cvv = card->cvv[0] != 0;
    flow->command.card_expired = card_is_expired(card->expiry_month, card->expiry_year, flow->command.now);
    flow->card_face = card_face_of(&card->number);
    flow->card_owner = flow->fresh_id;
    flow->card_slot = vault_seal(flow->flows->options.vault, &flow->flow.arena, card, operation_id_str(&flow->card_owner), &flow->card_sealed);
    flow->wish.card = NULL;
    return flow->card_slot >= 0;
}

static void refuse_new(struct operation_flow *flow, enum ending_kind why)
{
    if (flow->refuses_new) return;
    flow->refuses_new = true;
    flow->refuses_with = why;
}

/* Its first digits are seen by the rules before it is sealed, and kept nowhere. */
static void take_card(struct operation_flow *flow)
{
    int64_t bin = card_bin(&flow->wish.card->number);
    risk_prepare(flow, &flow->wish.card->number);
    if (!seal_card(flow)) refuse_new(flow, ENDING_OVERLOADED);
    route_payment(flow, bin);
}

/* Who pays on a page brings no card. */
static void take_payer(struct operation_flow *flow)
{
    risk_prepare(flow, NULL);
    route_payment(flow, ROUTE_BIN_NONE);
}

/* What is not begun now is refused only after the key was looked up: an earlier answer is given whatever the weather. */
static struct next prepare(struct flow *base)
{
    struct operation_flow *flow = operation_of(base);
    struct flows *flows = flow->flows;
    prepare_transaction(flow);
    if (flow->command.kind != COMMAND_AUTHORIZE) return go(RECORD_ATTEMPT);

    make_id(base->world, STR("pay_"), flow->payment_id.text);
    if (flow->wish.card_trouble != ENDING_DONE) refuse_new(flow, flow->wish.card_trouble);
    if (flow->wish.card) take_card(flow);
    else if (flow->command.on_page) take_payer(flow);
    if (flows->storage_low) refuse_new(flow, ENDING_STORAGE_LOW);
    if (!line_is_set_up(flow->line)) refuse_new(flow, ENDING_NOT_SET_UP);
    if (pace_refuses_new(&flow->line->pace, base->world)) refuse_new(flow, ENDING_UNAVAILABLE);
    return go(RECORD_ATTEMPT);
}

/* Does that flow work on what our key began? One that is still being reloaded does: a payment has one open operation. */
static bool works_for(const struct operation_flow *other, const struct operation_id *operation)
{
    bool is_reloading = other->flow.step == RELOAD; /* the loop's own; the other fields are the store's just now */
    return is_reloading || str_equal(str_of(other->operation.answer_operation_id.text), operation_id_str(operation));
}

/* Whoever works on that operation will have the answer. Nobody does when it ended just now (asking once more finds the
 * answer), when another node does, or when this process has not yet taken it up after a restart (then we do). Whoever tried that and
 * found it gone to another node must not find himself. */
static struct next join(struct flow *base)
{
    struct operation_flow *flow = operation_of(base);
    leave_by_payment(flow);
    struct operation_flow *other = find_by_payment(flow->flows, payment_id_str(&flow->running_payment));
    if (other && works_for(other, &flow->running_operation)) {
        shred_card(flow);
        move_waiters(flow, other);
        return finish();
    }
    if (other || !flow->asked_twice) {
        flow->asked_twice = true;
        return go(RECORD_ATTEMPT);
    }
    if (flow->runs_elsewhere) return reply_with(flow, ENDING_ELSEWHERE, NULL);
    shred_card(flow);
    flow->payment_id = flow->running_payment;
    enter_by_payment(flow);
    return go(RELOAD);
}

/* The merchant's repeat brought the card that a restart had lost: sealed anew for the operation that waits for it. */
static struct next seal_again(struct flow *base)
{
    struct operation_flow *flow = operation_of(base);
    struct vault *vault = flow->flows->options.vault;
    struct card *card = card_take();
    bool opened = vault_open_card(vault, flow->card_slot, operation_id_str(&flow->card_owner), flow->card_sealed, card);
    shred_card(flow);
    if (opened) {
        flow->card_owner = flow->operation.id;
        flow->card_slot = vault_seal(vault, &base->arena, card, operation_id_str(&flow->card_owner), &flow->card_sealed);
    }
    card_give_back(card);
    if (flow->card_slot < 0) return reply_with(flow, ENDING_OPEN, &flow->record);
    flow->payment_id = flow->running_payment;
    return go(RECORD_RESUMED);
}

static void log_ended(const struct operation_flow *flow)
{
    const struct operation_record *ended = flow->ended;
    log_info("operation ended", LOG_TEXT("payment_id", payment_id_str(&flow->payment_id)),
             LOG_TEXT("operation_id", operation_id_str(&ended->id)), LOG_TEXT("kind", operation_kind_word(ended->kind)),
             LOG_TEXT("result", operation_state_word(ended->state)), LOG_TEXT("state", payment_state_word(flow->record.payment.state)),
             LOG_NUMBER("sends", ended->sends), LOG_TEXT("reason", ended->reason), LOG_TEXT("request_id", flow->name.request_id));
}

static void tell_fall_over(const struct operation_flow *flow)
{
    log_warn("an authorization goes on at another processor", LOG_TEXT("payment_id", payment_id_str(&flow->payment_id)),
             LOG_TEXT("from", flow->ended->processor), LOG_TEXT("to", flow->operation.processor), LOG_TEXT("reason", flow->ended->reason),
             LOG_TEXT("category", category_word(flow->outcome.category)));
    measure_fall_over(flow->ended->processor, flow->operation.processor);
}

/* The request is answered and what follows is our own affair: a repeat finds its answer in the store. */
static void stand_alone(struct operation_flow *flow)
{
    leave_by_request(flow);
    flow->name.key = STR_NONE;
    flow->asked = OPERATION_NONE;
    flow->has_reply = false;
}

/* A person's word was committed, its answer was lost for a while, and a merchant's repeat has found what follows from it meanwhile:
 * it was loaded and is driven already, after the quiet time. */
static bool is_driven_by_another(const struct operation_flow *flow)
{
    return !flow->in_payment_table && is_driven(flow->flows, &flow->payment_id);
}

/* The outcome is durable: the card goes, the merchant hears, and what follows begins. Another processor's try has sealed the card for
 * itself. */
static struct next settled(struct flow *base)
{
    struct operation_flow *flow = operation_of(base);
    vault_shred(flow->flows->options.vault, flow->ended->card_slot, operation_id_str(&flow->ended->id));
    if (flow->wish.token_id.bytes) vault_shred(flow->flows->options.vault, flow->wish.token_slot, flow->wish.token_id);
    if (flow->ends_operation) {
        measure_ended(flow);
        log_ended(flow);
    }
    if (flow->falls_over) tell_fall_over(flow);
    if (flow->has_reply) answer_waiters(flow, &flow->reply);
    if (!flow->goes_on) return finish();
    if (flow->has_reply) stand_alone(flow);
    if (is_driven_by_another(flow)) return finish();

    enter_by_payment(flow);
    flow->outcome = (struct outcome){ 0 };
    flow->busy_tries = flow->absent = 0;
    flow->inquires = flow->acknowledged = flow->falls_over = false;
    return go(CALL_PROCESSOR);
}

static struct next wait_a_while(struct flow *base)
{
    struct operation_flow *flow = operation_of(base);
    if (flow->verdict.kind == VERDICT_REVIEW) {
        /* Nothing more can be done by us: whoever waits is told so. */
        write_reply(flow, ENDING_OPEN, REFUSED_NOT, &flow->record);
        answer_waiters(flow, &flow->reply);
        return finish();
    }
    enter_by_payment(flow);
    flow->pause_ends = world_monotonic(base->world) + flow->pause;
    if (flow->has_hint && ask_early(flow)) return go(CALL_PROCESSOR);
    flow_wake_after(base, flow->pause);
    return sleep_then(CALL_PROCESSOR);
}

/* There were news while it was at work: as if it came by the side door. */
static struct next look_once_more(struct operation_flow *flow)
{
    stand_alone(flow);
    flow->has_hint = flow->acknowledged = false;
    flow->busy_tries = flow->absent = 0;
    flow->entry = ENTRY_LOOK;
    enter_by_payment(flow);
    return go(RELOAD);
}

/* What he does is his to say when: until then nothing of it is kept here. No call that follows needs the card. */
static struct next wait_for_payer(struct flow *base)
{
    struct operation_flow *flow = operation_of(base);
    vault_shred(flow->flows->options.vault, flow->spent_slot, operation_id_str(&flow->operation.id));
    if (flow->wish.token_id.bytes) vault_shred(flow->flows->options.vault, flow->wish.token_slot, flow->wish.token_id);
    if (flow->has_reply) answer_waiters(flow, &flow->reply);
    return flow->has_hint ? look_once_more(flow) : finish();
}

static struct next decline_work(struct flow *base)
{
    struct operation_flow *flow = operation_of(base);
    flow->flows->storage_low = true;
    return reply_with(flow, ENDING_STORAGE_LOW, NULL);
}

static struct next reply(struct flow *base)
{
    struct operation_flow *flow = operation_of(base);
    shred_card(flow);
    answer_waiters(flow, &flow->reply);
    return finish();
}

/* clang-format off */
static const struct step steps[] = {
    [PREPARE]           = { "prepare",           ON_LOOP,        prepare,           0            },
    [RECORD_ATTEMPT]    = { "record_attempt",    IN_TRANSACTION, record_attempt,    DECLINE_WORK },
    [ASK_RISK]          = { "ask_risk",          ON_LOOP,        ask_about_risk,    0            },
    [READ_RISK]         = { "read_risk",         ON_LOOP,        read_about_risk,   0            },
    [CALL_PROCESSOR]    = { "call_processor",    ON_LOOP,        call_processor,    0            },
    [READ_ANSWER]       = { "read_answer",       ON_LOOP,        read_answer,       0            },
    [RECORD_EXCHANGE]   = { "record_exchange",   IN_TRANSACTION, record_exchange,   0            },
    [RECORD_ACTION]     = { "record_action",     IN_TRANSACTION, record_action,     0            },
    [WAIT_FOR_PAYER]    = { "wait_for_payer",    ON_LOOP,        wait_for_payer,    0            },
    [RECORD_FALL_OVER]  = { "record_fall_over",  IN_TRANSACTION, record_fall_over,  0            },
    [RECORD_OUTCOME]    = { "record_outcome",    IN_TRANSACTION, record_outcome,    0            },
    [SETTLED]           = { "settled",           ON_LOOP,        settled,           0            },
    [RECORD_DOUBT]      = { "record_doubt",      IN_TRANSACTION, record_doubt,      0            },
    [WAIT]              = { "wait",              ON_LOOP,        wait_a_while,      0            },
    [JOIN]              = { "join",              ON_LOOP,        join,              0            },
    [SEAL_AGAIN]        = { "seal_again",        ON_LOOP,        seal_again,        0            },
    [RECORD_RESUMED]    = { "record_resumed",    IN_TRANSACTION, record_resumed,    DECLINE_WORK },
    [RELOAD]            = { "reload",            IN_TRANSACTION, reload,            0            },
    [RECORD_SETTLEMENT] = { "record_settlement", IN_TRANSACTION, record_settlement, DECLINE_WORK },
    [DECLINE_WORK]      = { "decline_work",      ON_LOOP,        decline_work,      0            },
    [REPLY]             = { "reply",             ON_LOOP,        reply,             0            },
};
/* clang-format on */

/* ---- beginning and ending ---- */

struct operation_flow *operation_flow_take(struct flows *flows, enum operation_entry entry)
{
    struct operation_flow *flow = memory_take(sizeof *flow);
    flow->flows = flows;
    flow->flow.world = flows->options.world;
    flow->line = &flows->lines[0];
    flow->entry = entry;
    flow->card_slot = flow->spent_slot = VAULT_NO_SLOT;
    flow->began_at = world_monotonic(flows->options.world);
    flows->running++;
    return flow;
}

static void finished(struct flow *base)
{
    struct operation_flow *flow = operation_of(base);
    INSIST(!flow->waiters && !base->in_transaction);
    if (flow->probes) give_up_call(flow); /* between two exchanges: another node has it */
    world_timer_stop(base->world, &base->timer);
    leave_by_request(flow);
    leave_by_payment(flow);
    session_leave(&flow->line->session, &flow->session_waiter);
    if (flow->drives_after && !flow->flows->stopping) drive_on(flow->flows, &flow->payment_id);
    flow->flows->running--;
    arena_close(&flow->sent_arena);
    arena_close(&flow->call_arena);
    arena_close(&base->arena);
    free(flow);
}

/* What the transaction wrote is now what is known; those who waited too long meanwhile are told. */
static void rested(struct flow *base, bool committed)
{
    struct operation_flow *flow = operation_of(base);
    if (committed && flow->has_moved) {
        flow->record = flow->moved;
        flow->operation = flow->moved_operation;
    }
    if (committed && flow->route_is_used) route_count(flow);
    if (committed && flow->route_is_used) risk_tally(flow);
    flow->route_is_used = false;
    flow->has_moved = false;
    flow->has_reply = flow->has_reply && committed;
    answer_overdue(flow);
}

const struct flow_kind operation_flow_kind = { "operation", steps, finished, rested };
