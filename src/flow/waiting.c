/* SPDX-License-Identifier: Apache-2.0 */
/* waiting: the tables by which a running operation is found, and the clients that wait for it. A flow knows nothing of
 * connections; this file does. */
#include "flow/flows_internal.h"

/* ---- tables ---- */

static size_t bucket_of(str a, str b)
{
    uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */
    for (size_t i = 0; i < a.length; i++) hash = (hash ^ (uint8_t)a.bytes[i]) * UINT64_C(1099511628211);
    for (size_t i = 0; i < b.length; i++) hash = (hash ^ (uint8_t)b.bytes[i]) * UINT64_C(1099511628211);
    return (size_t)(hash >> 20) % FLOW_BUCKETS;
}

static bool is_same_request(const struct request_name *one, const struct request_name *other)
{
    return str_equal(one->key, other->key) && str_equal(one->scope, other->scope) && str_equal(one->fingerprint, other->fingerprint);
}

struct operation_flow *find_by_request(struct flows *flows, const struct request_name *name)
{
    struct operation_flow *flow = flows->by_request[bucket_of(name->key, name->scope)];
    while (flow && !is_same_request(&flow->name, name)) flow = flow->next_by_request;
    return flow;
}

bool flows_are_running(const struct flows *flows, str scope, str key)
{
    const struct operation_flow *flow = flows->by_request[bucket_of(key, scope)];
    while (flow && !(str_equal(flow->name.key, key) && str_equal(flow->name.scope, scope))) flow = flow->next_by_request;
    return flow != NULL;
}

struct operation_flow *find_by_payment(struct flows *flows, str payment_id)
{
    struct operation_flow *flow = flows->by_payment[bucket_of(payment_id, STR_NONE)];
    while (flow && !str_equal(payment_id_str(&flow->payment_id), payment_id)) flow = flow->next_by_payment;
    return flow;
}

void enter_by_request(struct operation_flow *flow)
{
    if (flow->in_request_table || flow->name.key.length == 0) return;
    struct operation_flow **bucket = &flow->flows->by_request[bucket_of(flow->name.key, flow->name.scope)];
    flow->next_by_request = *bucket;
    *bucket = flow;
    flow->in_request_table = true;
}

void enter_by_payment(struct operation_flow *flow)
{
    if (flow->in_payment_table) return;
    struct operation_flow **bucket = &flow->flows->by_payment[bucket_of(payment_id_str(&flow->payment_id), STR_NONE)];
    flow->next_by_payment = *bucket;
    *bucket = flow;
    flow->in_payment_table = true;
}

void leave_by_request(struct operation_flow *flow)
{
    if (!flow->in_request_table) return;
    struct operation_flow **link = &flow->flows->by_request[bucket_of(flow->name.key, flow->name.scope)];
    while (*link != flow) link = &(*link)->next_by_request;
    *link = flow->next_by_request;
    flow->in_request_table = false;
}

void leave_by_payment(struct operation_flow *flow)
{
    if (!flow->in_payment_table) return;
    struct operation_flow **link = &flow->flows->by_payment[bucket_of(payment_id_str(&flow->payment_id), STR_NONE)];
    while (*link != flow) link = &(*link)->next_by_payment;
    *link = flow->next_by_payment;
    flow->in_payment_table = false;
}

/* ---- waiters ---- */

/* Nothing has left for the processor and nothing is on its way: an authorization can still be called off. */
static bool can_be_called_off(const struct operation_flow *flow)
{
    return flow->asked == OPERATION_AUTHORIZE && flow->operation.kind == OPERATION_AUTHORIZE && flow->operation.sends == 0 &&
           exchange_of(&flow->operation) == 1 && flow->flow.step == CALL_PROCESSOR && flow->entry == ENTRY_REQUEST;
}

#define CONNECTING_PAUSE (INT64_C(200) * MICROS_PER_MS)

/* The first try has no connection yet: it may still turn out that nothing left. */
static bool is_connecting(const struct operation_flow *flow)
{
    return flow->asked == OPERATION_AUTHORIZE && flow->operation.kind == OPERATION_AUTHORIZE && flow->operation.sends == 0 &&
           flow->flow.step == READ_ANSWER && flow->call.sent_at == 0;
}

/* The overdue ones wait a moment longer: a connection is made or given up within seconds. */
static void put_off(struct operation_flow *flow)
{
    for (struct waiter *waiter = flow->waiters; waiter; waiter = waiter->next) {
        if (waiter->overdue) world_timer_start(flow->flow.world, &waiter->deadline, CONNECTING_PAUSE);
        waiter->overdue = false;
    }
}

static void deadline_passed(struct world_timer *timer)
{
    struct waiter *waiter = CONTAINER_OF(timer, struct waiter, deadline);
    waiter->overdue = true;
    answer_overdue(waiter->flow);
}

void wait_for(struct operation_flow *flow, struct waiter *waiter, bool joined)
{
    waiter->flows = flow->flows;
    waiter->flow = flow;
    waiter->joined = joined;
    waiter->overdue = false;
    waiter->next = flow->waiters;
    waiter->deadline = (struct world_timer){ .fire = deadline_passed };
    flow->waiters = waiter;
    flow->flows->waiters++;
    world_timer_start(flow->flow.world, &waiter->deadline, flow->flows->options.answer_within);
}

void move_waiters(struct operation_flow *from, struct operation_flow *to)
{
    while (from->waiters) {
        struct waiter *waiter = from->waiters;
        from->waiters = waiter->next;
        waiter->flow = to;
        waiter->next = to->waiters;
        waiter->joined = true;
        to->waiters = waiter;
    }
    if (!to->flow.in_transaction) answer_overdue(to);
}

static void answer_one(struct waiter *waiter, const struct reply *reply)
{
    struct reply own = *reply;
    own.replayed = reply->replayed || waiter->joined;
    world_timer_stop(waiter->flow->flow.world, &waiter->deadline);
    waiter->flows->waiters--;
    waiter->answered(waiter, &own);
}

void answer_waiters(struct operation_flow *flow, const struct reply *reply)
{
    struct waiter *waiter = flow->waiters;
    flow->waiters = NULL;
    while (waiter) {
        struct waiter *next = waiter->next;
        answer_one(waiter, reply);
        waiter = next;
    }
}

static bool take_overdue(struct operation_flow *flow, struct waiter **out)
{
    for (struct waiter **link = &flow->waiters; *link; link = &(*link)->next) {
        if (!(*link)->overdue) continue;
        *out = *link;
        *link = (*link)->next;
        return true;
    }
    return false;
}

static bool some_overdue(const struct operation_flow *flow)
{
    for (const struct waiter *waiter = flow->waiters; waiter; waiter = waiter->next) {
        if (waiter->overdue) return true;
    }
    return false;
}

void answer_overdue(struct operation_flow *flow)
{
    struct waiter *waiter;
    bool nothing_to_tell = flow->flow.in_transaction || flow->record.id.text[0] == 0;
    if (nothing_to_tell || flow->has_reply || !some_overdue(flow)) return;
    if (can_be_called_off(flow)) {
        flow->deadline_over = true;
        world_timer_stop(flow->flow.world, &flow->flow.timer);
        flow_wake(&flow->flow);
        return;
    }
    if (is_connecting(flow)) {
        put_off(flow);
        return;
    }
    struct arena arena = { 0 }; /* an operation may stay open for hours, and be asked for all the time */
    write_reply_in(&arena, flow, ENDING_OPEN, REFUSED_NOT, &flow->record);
    struct reply open = flow->reply;
    flow->reply = (struct reply){ 0 };
    while (take_overdue(flow, &waiter)) answer_one(waiter, &open);
    arena_close(&arena);
}
