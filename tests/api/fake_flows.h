/* SPDX-License-Identifier: Apache-2.0 */
/* fake_flows: the API's side of flows.h, played. Remembers what was wished, answers with `reply` at once, later, or never.
 * Included by one file of a test program: it defines the functions. */
#ifndef FLORIN_TESTS_API_FAKE_FLOWS_H
#define FLORIN_TESTS_API_FAKE_FLOWS_H

#include <string.h>

#include "flow/flows.h"

static struct fake_flows {
    struct reply reply;
    bool keeps_waiters;
    struct waiter *waiter; /* kept */
    struct flows_view view;
    str running_key; /* of a request that is running; STR_NONE: none is */

    /* what came, copied */
    int authorizations, changes, settlements;
    struct arena arena;
    struct request_name name;
    struct payment_wish payment;
    struct card card;
    struct change_wish change;
    struct settle_wish settle;
    char looked_at[ID_TEXT_BYTES];
    int notices;
    struct fake_notice {
        str processor, account, body;
    } notice;
    enum notice_answer notice_answer;
} fake;

static void fake_take(const struct request_name *name)
{
    arena_reset(&fake.arena);
    fake.name = *name;
    fake.name.key = arena_copy(&fake.arena, name->key);
    fake.name.fingerprint = arena_copy(&fake.arena, name->fingerprint);
    fake.name.request_id = arena_copy(&fake.arena, name->request_id);
    fake.name.trace = arena_copy(&fake.arena, name->trace);
}

static void fake_answer(struct waiter *waiter)
{
    if (fake.keeps_waiters) fake.waiter = waiter;
    else waiter->answered(waiter, &fake.reply);
}

void flows_authorize(struct flows *flows, const struct request_name *name, const struct payment_wish *wish, struct waiter *waiter)
{
    (void)flows;
    fake_take(name);
    fake.authorizations++;
    fake.payment = *wish;
    fake.payment.order_id = arena_copy(&fake.arena, wish->order_id);
    fake.payment.customer_id = arena_copy(&fake.arena, wish->customer_id);
    fake.payment.description = arena_copy(&fake.arena, wish->description);
    fake.payment.metadata = arena_copy(&fake.arena, wish->metadata);
    if (wish->card) fake.card = *wish->card;
    fake_answer(waiter);
}

bool flows_are_running(const struct flows *flows, str scope, str key)
{
    (void)flows;
    return str_equal(scope, STR("core")) && str_equal(key, fake.running_key);
}

micros flows_running_time(const struct flows *flows)
{
    (void)flows;
    return 1;
}

void flows_change(struct flows *flows, const struct request_name *name, const struct change_wish *wish, struct waiter *waiter)
{
    (void)flows;
    fake_take(name);
    fake.changes++;
    fake.change = *wish;
    fake.change.payment_id = arena_copy(&fake.arena, wish->payment_id);
    fake_answer(waiter);
}

void flows_look_again(struct flows *flows, str payment_id)
{
    (void)flows;
    bool fits = str_copy_to(payment_id, fake.looked_at, sizeof fake.looked_at);
    INSIST(fits);
}

void flows_take_notice(struct flows *flows, str processor, str account, const struct http_request *request, struct notice_bringer *bringer)
{
    (void)flows;
    arena_reset(&fake.arena);
    fake.notices++;
    fake.notice = (struct fake_notice){ arena_copy(&fake.arena, processor), arena_copy(&fake.arena, account),
                                        arena_copy(&fake.arena, request->body) };
    bringer->answered(bringer, fake.notice_answer);
}

void flows_settle(struct flows *flows, const struct settle_wish *wish, struct waiter *waiter)
{
    (void)flows;
    arena_reset(&fake.arena);
    fake.settlements++;
    fake.settle = *wish;
    fake.settle.operation_id = arena_copy(&fake.arena, wish->operation_id);
    fake.settle.processor_ref = arena_copy(&fake.arena, wish->processor_ref);
    fake.settle.by = arena_copy(&fake.arena, wish->by);
    fake.settle.request_id = arena_copy(&fake.arena, wish->request_id);
    fake_answer(waiter);
}

void flows_look(const struct flows *flows, struct flows_view *out)
{
    (void)flows;
    *out = fake.view;
}

static inline void fake_open(void)
{
    fake = (struct fake_flows){ .reply = { .status = 201, .body = STR("{\"id\":\"pay_x\"}") }, .view = { .recovered = true, .has_lease = true } };
}

static inline void fake_close(void)
{
    arena_close(&fake.arena);
}

#endif
