/* SPDX-License-Identifier: Apache-2.0 */
/* paying_by_token: looks for the token on the thread of questions, opens its card on the loop, and hands both to the flows. What is
 * wrong with the token they tell only after the request's key was looked up: an earlier answer is given whatever became of it. */
#include "api/paying_by_token.h"

#include <string.h>

#include "api/measures.h"
#include "base/log.h"

/* Lives in the call's arena. */
struct token_payment {
    struct api_call *call;
    struct request_name name;
    struct payment_wish wish;
    struct card *brought; /* its CVV; NULL: none */
    struct token_record token;
    bool is_found;
    bool has_refreshed; /* the keys are those that are stored ... */
    enum safe_result refresh; /* ... or this is why not */
    struct safe_errand errand;
};

bool vault_is_open(const struct api *api) { return api->options.safe && keyring_is_open(safe_keyring(api->options.safe)); }

/* ---- the card ---- */

/* A used one may have been used by this very request, whose card a restart has lost: it is opened all the same. */
static bool is_to_be_opened(enum refusal refusal) { return refusal == REFUSED_NOT || refusal == REFUSED_TOKEN_USED; }

static void add_cvv(const struct token_payment *payment, struct card *card)
{
    const struct api_options *options = &payment->call->api->options;
    const struct token_record *token = &payment->token;
    if (payment->brought) memcpy(card->cvv, payment->brought->cvv, sizeof card->cvv);
    if (payment->brought || !token->cvv_sealed.bytes || token->cvv_until <= world_now(options->world)) return;
    struct card *kept = card_take();
    bool opened = vault_open_card(options->vault, token->cvv_slot, token->id, token->cvv_sealed, kept);
    if (opened) memcpy(card->cvv, kept->cvv, sizeof card->cvv);
    card_give_back(kept);
}

static enum card_opening open_card(const struct token_payment *payment, struct card *card)
{
    const struct api *api = payment->call->api;
    if (!vault_is_open(api)) return CARD_VAULT_SEALED;
    enum card_opening opening = keyring_open_card(safe_keyring(api->options.safe), &payment->token, card);
    if (opening == CARD_KEY_UNKNOWN && payment->has_refreshed) return payment->refresh == SAFE_DONE ? CARD_UNREADABLE : CARD_VAULT_SEALED;
    if (opening == CARD_OPENED) add_cvv(payment, card);
    return opening;
}

static void tell_unreadable(const struct token_payment *payment)
{
    measure_unreadable_card();
    log_error("a stored card does not open: its row was changed", LOG_TEXT("token_id", payment->wish.token_id),
              LOG_TEXT("key_id", payment->token.key_id), LOG_TEXT("request_id", payment->call->request_id));
}

/* ---- on to the flows ---- */

static void refuse_with(struct payment_wish *wish, enum ending_kind trouble, enum refusal refusal)
{
    wish->card_trouble = trouble;
    wish->card_refusal = refusal;
}

/* The call may be answered, and gone, before this returns. */
static void hand_over(struct token_payment *payment, const struct card *card)
{
    struct api_call *call = payment->call;
    payment->wish.card = card;
    payment->wish.token_slot = payment->token.cvv_slot;
    if (payment->brought) card_give_back(payment->brought);
    call_wait(call);
    flows_authorize(call->api->options.flows, &payment->name, &payment->wish, &call->waiter);
}

static void look_again(struct token_payment *payment);

static void pay_with(struct token_payment *payment, enum refusal refusal, struct card *card)
{
    enum card_opening opening = is_to_be_opened(refusal) ? open_card(payment, card) : CARD_UNREADABLE;
    if (opening == CARD_KEY_UNKNOWN) {
        look_again(payment);
        return;
    }
    if (refusal != REFUSED_NOT) {
        refuse_with(&payment->wish, ENDING_REFUSED, refusal);
    } else if (opening == CARD_VAULT_SEALED) {
        refuse_with(&payment->wish, ENDING_VAULT_SEALED, REFUSED_NOT);
    } else if (opening == CARD_UNREADABLE) {
        tell_unreadable(payment);
        refuse_with(&payment->wish, ENDING_REFUSED, REFUSED_TOKEN_UNREADABLE);
    }
    hand_over(payment, opening == CARD_OPENED ? card : NULL);
}

static void found(struct work *work)
{
    struct api_call *call = call_of_work(work);
    struct token_payment *payment = call->with;
    struct card *card = call->api->card;
    if (work->result != WORK_DONE) {
        if (payment->brought) card_give_back(payment->brought);
        call_refuse(call, PROBLEM_STORAGE_UNAVAILABLE);
        return;
    }
    micros now = world_now(call->api->options.world);
    pay_with(payment, payment->is_found ? token_decide(&payment->token.token, now) : REFUSED_TOKEN_UNKNOWN, card);
    secret_wipe(card, sizeof *card);
}

static void look(struct api_call *call, struct store *store)
{
    struct token_payment *payment = call->with;
    payment->is_found = store_load_token(store, call->arena, call->api->options.merchant, payment->wish.token_id, &payment->token);
}

static void refreshed(struct safe_errand *errand, enum safe_result result)
{
    struct token_payment *payment = CONTAINER_OF(errand, struct token_payment, errand);
    payment->has_refreshed = true;
    payment->refresh = result;
    call_ask_then(payment->call, look, found);
}

/* Its key is one that we have not seen: somebody else has begun it. */
static void look_again(struct token_payment *payment)
{
    payment->errand = (struct safe_errand){ .done = refreshed };
    safe_refresh(payment->call->api->options.safe, &payment->errand);
}

/* ---- what the body brought goes with it, and is copied ---- */

static struct payment_wish copy_wish(struct arena *arena, const struct payment_wish *wish)
{
    struct payment_wish copy = *wish;
    copy.card = NULL;
    copy.order_id = arena_copy(arena, wish->order_id);
    copy.customer_id = arena_copy(arena, wish->customer_id);
    copy.description = arena_copy(arena, wish->description);
    copy.metadata = arena_copy(arena, wish->metadata);
    copy.customer_email = arena_copy(arena, wish->customer_email);
    copy.customer_name = arena_copy(arena, wish->customer_name);
    copy.return_url = arena_copy(arena, wish->return_url);
    copy.token_id = arena_copy(arena, wish->token_id);
    return copy;
}

void pay_by_token(struct api_call *call, const struct request_name *name, const struct payment_wish *wish, const struct card *brought)
{
    if (brought && !secret_has_room()) {
        call_refuse(call, PROBLEM_OVERLOADED);
        return;
    }
    struct token_payment *payment = arena_take(call->arena, sizeof *payment);
    payment->call = call;
    payment->name = *name;
    payment->name.fingerprint = arena_copy(call->arena, name->fingerprint);
    payment->wish = copy_wish(call->arena, wish);
    if (brought) {
        payment->brought = card_take();
        memcpy(payment->brought->cvv, brought->cvv, sizeof brought->cvv);
    }
    call->with = payment;
    call_ask_then(call, look, found);
}
