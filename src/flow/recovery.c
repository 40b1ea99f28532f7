/* SPDX-License-Identifier: Apache-2.0 */
/* recovery: what nobody asks for: open operations taken up after a restart, holds that the clock ends, keys that grow old. */
#include <stdlib.h>
#include <string.h>

#include "base/crash.h"
#include "base/log.h"
#include "flow/flows_internal.h"

enum { OPEN_PAGE = 500,
       EXPIRED_MAX = 200,
       LOOKS_MAX = 200,
       OLD_REQUESTS_MAX = 1000,
       OLD_TOKENS_MAX = 1000,
       REVIEWS_MAX = 200,
       OLD_TRIES_MAX = 5000,
       OLD_NOTICES_MAX = 1000,
       EXIT_UNREADABLE = 70 /* EX_SOFTWARE, as the store itself stops */ };

#define SWEEP_PAUSE (INT64_C(15) * MICROS_PER_SECOND)
#define NOTICE_KEPT (INT64_C(30) * 24 * 3600 * MICROS_PER_SECOND) /* longer than any processor repeats one */

/* An open operation, and the slot that its row names. */
struct open_card {
    struct operation_id id; /* first: they are searched by it */
    int64_t slot;
};

struct recovery {
    struct flows *flows;
    struct work work;
    struct arena arena;
    void (*ready)(void *context);
    void *context;
    struct operation_record *page; /* of open operations */
    size_t page_count;
    struct open_card *open; /* all open operations so far, in order of id */
    size_t open_count, open_capacity;
    struct payment_id counted_from; /* the fraud checks count payments from this id on */
    micros now, before; /* holds that ended before the second are over */
    micros looked_at;   /* looks that were due then are known */
    micros ran;    /* running time, by our own count */
    micros ran_most; /* and by that of whoever is ahead */
    struct payment_id *expired, *reviews;
    struct payment_id *looks; /* in the end, those that were known to whoever works on them */
    struct dispute_record *disputes; /* to be looked at */
    size_t expired_count, look_count, review_count, dispute_count;
    bool busy;
};

static str merchant_of(const struct recovery *recovery) { return recovery->flows->options.merchant; }

/* ---- one operation or payment ---- */

bool is_driven(struct flows *flows, const struct payment_id *id)
{
    struct operation_flow *there = find_by_payment(flows, payment_id_str(id));
    if (there && there->entry == ENTRY_LOOK) there->drives_after = true;
    return there != NULL;
}

static void enter(struct flows *flows, enum operation_entry entry, const struct payment_id *id, enum command_kind command, int step)
{
    bool is_there = entry == ENTRY_RELOAD ? is_driven(flows, id) : find_by_payment(flows, payment_id_str(id)) != NULL;
    if (is_there) return;
    struct operation_flow *flow = operation_flow_take(flows, entry);
    flow->payment_id = *id;
    flow->command = (struct command){ .kind = command, .now = world_now(flows->options.world) };
    if (entry == ENTRY_RELOAD || entry == ENTRY_LOOK) enter_by_payment(flow); /* it has an open operation already */
    flow_begin(&flow->flow, &operation_flow_kind, flows->options.world, step);
}

void drive_on(struct flows *flows, const struct payment_id *id) { enter(flows, ENTRY_RELOAD, id, COMMAND_AUTHORIZE, RELOAD); }

void take_up_operation(struct flows *flows, const struct operation_record *operation)
{
    bool waits = operation->state == OPERATION_REVIEW || operation->state == OPERATION_WAITING;
    if (!waits) drive_on(flows, &operation->payment_id);
}

/* One that pauses is woken; one that is at work looks when that has brought no end. */
static void hasten(struct operation_flow *flow)
{
    flow->has_hint = true;
    if (flow->pause_ends == 0 || flow->is_early || !ask_early(flow)) return;
    world_timer_stop(flow->flow.world, &flow->flow.timer);
    flow_wake(&flow->flow);
}

void look_again(struct flows *flows, const struct payment_id *id)
{
    struct operation_flow *here = find_by_payment(flows, payment_id_str(id));
    if (here) hasten(here);
    else enter(flows, ENTRY_LOOK, id, COMMAND_AUTHORIZE, RELOAD);
}

/* Is it in doubt, and in memory here? Then the hint has come where it was meant to. One that waits for its payer says itself when it is
 * looked at next. */
static bool is_doubted_here(struct flows *flows, const struct payment_id *id)
{
    const struct operation_flow *here = find_by_payment(flows, payment_id_str(id));
    return here && !here->flow.in_transaction && here->operation.state != OPERATION_WAITING;
}

static void look_at_all(struct recovery *recovery)
{
    size_t doubted = 0;
    for (size_t i = 0; i < recovery->look_count; i++) {
        struct payment_id id = recovery->looks[i];
        if (is_doubted_here(recovery->flows, &id)) recovery->looks[doubted++] = id;
        look_again(recovery->flows, &id);
    }
    recovery->look_count = doubted;
}

/* ---- now and then: holds that are over, payers who are waited for, keys that are old ---- */

static void sweep_later(struct recovery *recovery)
{
    recovery->busy = false;
    arena_close(&recovery->arena);
    world_timer_start(recovery->flows->options.world, &recovery->flows->sweep_timer, SWEEP_PAUSE);
}

/* Nodes count side by side, by no clock but each its own, and share one figure, which never goes back. */
static micros most_of(struct recovery *recovery, struct store *store)
{
    int64_t stored;
    bool is_ahead = str_to_int64(store_load_meta(store, &recovery->arena, STR("ran_us")), INT64_MAX, &stored) && stored > recovery->ran;
    return is_ahead ? stored : recovery->ran;
}

static void drop_old_requests(struct work *work, void *store)
{
    struct recovery *recovery = CONTAINER_OF(work, struct recovery, work);
    recovery->ran_most = most_of(recovery, store);
    store_drop_requests(store, merchant_of(recovery), recovery->ran_most - recovery->flows->options.request_kept, OLD_REQUESTS_MAX);
    store_erase_expired_tokens(store, merchant_of(recovery), recovery->now, OLD_TOKENS_MAX);
    store_drop_tries(store, merchant_of(recovery), payment_id_str(&recovery->counted_from), OLD_TRIES_MAX);
    for (size_t i = 0; i < recovery->look_count; i++) {
        store_drop_look(store, merchant_of(recovery), payment_id_str(&recovery->looks[i]), recovery->looked_at);
    }
    store_drop_notices(store, merchant_of(recovery), recovery->now - NOTICE_KEPT, OLD_NOTICES_MAX);
    store_save_meta(store, STR("ran_us"), arena_format(&recovery->arena, "%lld", (long long)recovery->ran_most));
}

/* Who was behind catches up: a key that is dated too early would be forgotten too early by the others. */
static void dropped_old_requests(struct work *work)
{
    struct recovery *recovery = CONTAINER_OF(work, struct recovery, work);
    if (work->result == WORK_DONE) recovery->flows->options.ran_before += recovery->ran_most - recovery->ran;
    sweep_later(recovery);
}

static void list_expired(struct work *work, void *store)
{
    struct recovery *recovery = CONTAINER_OF(work, struct recovery, work);
    recovery->expired_count = store_list_expired(store, &recovery->arena, merchant_of(recovery), recovery->before, EXPIRED_MAX, &recovery->expired);
    recovery->review_count = store_list_open_reviews(store, &recovery->arena, merchant_of(recovery), recovery->now + PAYMENT_REVIEW_SPARE,
                                                     REVIEWS_MAX, &recovery->reviews);
    recovery->look_count = store_list_looks(store, &recovery->arena, merchant_of(recovery), recovery->now, LOOKS_MAX, &recovery->looks);
    recovery->dispute_count = store_list_dispute_looks(store, &recovery->arena, merchant_of(recovery), recovery->now, LOOKS_MAX,
                                                       &recovery->disputes);
}

/* A payment of that time would have an id that is not less: what no window reaches any more lies before it. */
static struct payment_id id_at(micros at)
{
    struct payment_id id = { "" };
    uint8_t least[ID_RANDOM_BYTES] = { 0 };
    (void)id_format(id.text, STR("pay_"), at, least);
    return id;
}

static micros longest_window(const struct flows *flows) { return flows->risk_rules ? flows->risk_rules->longest : RISK_WITHIN_MAX; }

static void end_expired(struct work *work)
{
    struct recovery *recovery = CONTAINER_OF(work, struct recovery, work);
    for (size_t i = 0; work->result == WORK_DONE && i < recovery->expired_count; i++) {
        enter(recovery->flows, ENTRY_EXPIRE, &recovery->expired[i], COMMAND_EXPIRE, PREPARE);
    }
    for (size_t i = 0; work->result == WORK_DONE && i < recovery->review_count; i++) {
        enter(recovery->flows, ENTRY_EXPIRE, &recovery->reviews[i], COMMAND_END_REVIEW, PREPARE);
    }
    if (work->result != WORK_DONE) recovery->look_count = 0;
    look_at_all(recovery);
    for (size_t i = 0; work->result == WORK_DONE && i < recovery->dispute_count; i++) {
        look_at_dispute(recovery->flows, &recovery->disputes[i].payment_id, recovery->disputes[i].id);
    }
    recovery->ran = flows_running_time(recovery->flows);
    recovery->looked_at = recovery->now;
    recovery->now = world_now(recovery->flows->options.world);
    recovery->counted_from = id_at(recovery->now - longest_window(recovery->flows));
    vault_wipe_overdue(recovery->flows->options.vault);
    recovery->work = (struct work){ .run = drop_old_requests, .done = dropped_old_requests };
    world_commit(recovery->flows->options.world, &recovery->work);
}

static void sweep(struct world_timer *timer)
{
    struct flows *flows = CONTAINER_OF(timer, struct flows, sweep_timer);
    struct recovery *recovery = flows->recovery;
    if (flows->stopping) return;
    recovery->busy = true;
    recovery->now = world_now(flows->options.world);
    recovery->before = recovery->now - PAYMENT_EXPIRY_GRACE;
    recovery->work = (struct work){ .run = list_expired, .done = end_expired };
    world_ask(flows->options.world, &recovery->work);
}

/* ---- at start: every open operation that this node drives, page by page ---- */

static int compare_ids(const void *a, const void *b)
{
    return strcmp(((const struct operation_id *)a)->text, ((const struct operation_id *)b)->text);
}

/* A card that was sealed again, just before the process was killed, has a slot that its operation's row does not know. */
static bool is_held(void *context, int64_t slot, str operation)
{
    const struct recovery *recovery = context;
    struct open_card sought = { 0 };
    if (!str_copy_to(operation, sought.id.text, sizeof sought.id.text) || recovery->open_count == 0) return false;
    const struct open_card *open = bsearch(&sought, recovery->open, recovery->open_count, sizeof sought, compare_ids);
    return open && open->slot == slot;
}

static void all_are_known(struct recovery *recovery)
{
    struct flows *flows = recovery->flows;
    size_t orphans = vault_sweep(flows->options.vault, is_held, recovery);
    log_info("open operations taken up", LOG_NUMBER("operations", recovery->open_count), LOG_NUMBER("orphan_cards", orphans));
    flows->recovered = true;
    sweep_later(recovery);
    recovery->ready(recovery->context);
}

static void list_open(struct work *work, void *store)
{
    struct recovery *recovery = CONTAINER_OF(work, struct recovery, work);
    str after = recovery->open_count ? operation_id_str(&recovery->open[recovery->open_count - 1].id) : STR_NONE;
    str node = str_of(recovery->flows->options.life.node);
    recovery->page_count = store_list_driven_operations(store, &recovery->arena, merchant_of(recovery), node, after, OPEN_PAGE, &recovery->page);
}

/* The slot that its row names; what lost its card has none, whatever stands in a slot of that number by now. */
static int64_t slot_of(const struct operation_record *operation)
{
    return str_equal(operation->reason, STR(REASON_CARD_GONE)) ? VAULT_NO_SLOT : operation->card_slot;
}

static void remember_open(struct recovery *recovery, const struct operation_record *operation)
{
    if (recovery->open_count == recovery->open_capacity) {
        size_t capacity = recovery->open_capacity ? recovery->open_capacity * 2 : OPEN_PAGE;
        struct open_card *open = arena_take(&recovery->arena, capacity * sizeof *open);
        if (recovery->open_count) memcpy(open, recovery->open, recovery->open_count * sizeof *open);
        recovery->open = open;
        recovery->open_capacity = capacity;
    }
    recovery->open[recovery->open_count++] = (struct open_card){ operation->id, slot_of(operation) };
}

/* Nothing may be answered before all that is open is known. */
static _Noreturn void stop_unread(void)
{
    log_error("open operations cannot be read from the store; stopping", LOG_NUMBER("status", EXIT_UNREADABLE));
    process_end(EXIT_UNREADABLE);
}

static void take_up_page(struct work *work)
{
    struct recovery *recovery = CONTAINER_OF(work, struct recovery, work);
    if (work->result != WORK_DONE) stop_unread();
    for (size_t i = 0; i < recovery->page_count; i++) {
        const struct operation_record *open = &recovery->page[i];
        remember_open(recovery, open);
        take_up_operation(recovery->flows, open);
    }
    if (recovery->page_count == OPEN_PAGE) world_ask(recovery->flows->options.world, &recovery->work);
    else all_are_known(recovery);
}

static void list_first(struct recovery *recovery)
{
    recovery->work = (struct work){ .run = list_open, .done = take_up_page };
    world_ask(recovery->flows->options.world, &recovery->work);
}

/* What our former lives left open is driven by this one. */
static void take_up_former(struct work *work, void *store) { store_take_up(store, merchant_of(CONTAINER_OF(work, struct recovery, work))); }

static void took_up_former(struct work *work)
{
    if (work->result != WORK_DONE) stop_unread();
    list_first(CONTAINER_OF(work, struct recovery, work));
}

static void begin_with_lease(struct flows *flows)
{
    flows->recovery->work = (struct work){ .run = take_up_former, .done = took_up_former };
    world_commit(flows->options.world, &flows->recovery->work);
}

void flows_recover(struct flows *flows, void (*ready)(void *context), void *context)
{
    struct recovery *recovery = memory_take(sizeof *recovery);
    INSIST(!flows->recovery);
    *recovery = (struct recovery){ .flows = flows, .ready = ready, .context = context, .busy = true };
    flows->recovery = recovery;
    flows->sweep_timer = (struct world_timer){ .fire = sweep };
    if (flows->options.life.node[0]) nodes_begin(flows, begin_with_lease);
    else list_first(recovery);
}

bool recovery_is_busy(const struct flows *flows) { return flows->recovery && flows->recovery->busy; }

void recovery_close(struct flows *flows)
{
    world_timer_stop(flows->options.world, &flows->sweep_timer);
    if (!flows->recovery) return;
    INSIST(!flows->recovery->busy);
    arena_close(&flows->recovery->arena);
    free(flows->recovery);
    flows->recovery = NULL;
}
