/* SPDX-License-Identifier: Apache-2.0 */
/* fall_over: an authorization goes on at the next processor of its order, once it is certain that the one before has nothing of it. Its
 * end there and its beginning here are one commit, so that no crash finds two open, or none. */
#include "flow/recording.h"

/* The card that the operation before was sent with, for the one that takes its place. A page needs none. */
static bool seal_for_next(struct operation_flow *flow)
{
    struct vault *vault = flow->flows->options.vault;
    flow->card_sealed = STR_NONE;
    flow->card_slot = VAULT_NO_SLOT;
    if (payment_is_on_page(&flow->record)) return true;

    struct card *card = card_take();
    bool opened = open_card(flow, card);
    if (opened) {
        flow->command.has_cvv = card->cvv[0] != 0;
        flow->card_owner = flow->fresh_id;
        flow->card_slot = vault_seal(vault, &flow->flow.arena, card, operation_id_str(&flow->card_owner), &flow->card_sealed);
    }
    card_give_back(card);
    return flow->card_slot >= 0;
}

bool falls_over(struct operation_flow *flow)
{
    if (!flow->verdict.allows_another || flow->onward.next == ROUTE_NOBODY || !seal_for_next(flow)) return false;
    flow->line = &flow->flows->lines[flow->onward.next];
    return true;
}

struct next record_fall_over(struct flow *base)
{
    struct operation_flow *flow = operation_of(base);
    bool declined = flow->verdict.kind == VERDICT_DECLINED;
    struct event event = { .kind = EVENT_FELL_OVER, .at = flow->command.now, .amount_minor = flow->operation.amount_minor };
    struct telling telling = { .operation = &flow->operation, .outcome = &flow->outcome, .tells_onward = true };
    telling.reason = declined ? category_word(flow->outcome.category).bytes : flow->verdict.reason;
    if (declined) event.decline = category_decline(flow->outcome.category);
    flow->has_reply = false;
    start_from_record(flow);
    happen(flow, &event, &telling);
    close_operation(flow, declined ? OPERATION_DECLINED : OPERATION_FAILED);
    flow->moved.processor = str_of(flow->line->settings.processor->name);
    take_its_place(flow);
    store_save_payment(base->store, merchant_of(flow), &flow->moved);
    flow->has_moved = flow->goes_on = true;
    return go(SETTLED);
}
