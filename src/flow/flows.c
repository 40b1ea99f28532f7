/* SPDX-License-Identifier: Apache-2.0 */
/* flows: opening, and the doors by which requests come in. */
#include "flow/flows.h"

#include <stdlib.h>

#include "flow/flows_internal.h"

static struct line *find_line(struct flows *flows, str processor)
{
    for (size_t i = 0; i < flows->line_count; i++) {
        if (str_equal(str_of(flows->lines[i].settings.processor->name), processor)) return &flows->lines[i];
    }
    return NULL;
}

static void add_line(struct flows *flows, const struct processor_settings *settings)
{
    INSIST(flows->line_count < PROCESSORS_MAX);
    struct line *line = &flows->lines[flows->line_count++];
    line->settings = *settings;
    session_open(&line->session, flows->options.world, &line->settings);
}

/* The store may name a processor that is not set up any more: its payments are told all the same, and nothing is sent. */
static void add_lines(struct flows *flows)
{
    size_t count;
    const struct processor *const *all = processor_all(&count);
    for (size_t i = 0; i < flows->options.processor_count; i++) add_line(flows, &flows->options.processors[i]);
    for (size_t i = 0; i < count; i++) {
        if (!find_line(flows, str_of(all[i]->name))) add_line(flows, &(struct processor_settings){ .processor = all[i] });
    }
}

struct flows *flows_open(const struct flows_options *options)
{
    struct flows *flows = memory_take(sizeof *flows);
    INSIST(options->processor_count >= 1 && options->processor_count <= PROCESSORS_MAX && options->form_count >= 1);
    flows->options = *options;
    flows->opened_at = world_monotonic(options->world);
    add_lines(flows);
    room_watch(flows);
    return flows;
}

void flows_route_by(struct flows *flows, const struct route_rules *rules) { flows->routes = rules; }

void flows_check_by(struct flows *flows, const struct risk_rules *rules, enum risk_decision when_down)
{
    flows->risk_rules = rules;
    flows->risk_when_down = when_down;
}

void flows_stop_taking(struct flows *flows) { flows->stopping = true; }

bool flows_are_quiet(const struct flows *flows)
{
    return flows->waiters == 0 && flows->calls == 0 && flows->disputes == 0 && !recovery_is_busy(flows) && !nodes_are_busy(flows);
}

void flows_close(struct flows *flows)
{
    recovery_close(flows);
    nodes_close(flows);
    world_timer_stop(flows->options.world, &flows->room_timer);
    for (size_t i = 0; i < FLOW_BUCKETS; i++) {
        while (flows->by_payment[i]) operation_flow_kind.finished(&flows->by_payment[i]->flow);
    }
    for (size_t i = 0; i < flows->line_count; i++) {
        session_close(&flows->lines[i].session);
        certificates_close(&flows->lines[i].certificates);
    }
    free(flows);
}

const char *flows_step_name(size_t number)
{
    return number <= REPLY ? operation_flow_kind.steps[number].name : NULL;
}

micros flows_running_time(const struct flows *flows)
{
    return flows->options.ran_before + world_monotonic(flows->options.world) - flows->opened_at;
}

struct line *line_of(struct flows *flows, str processor)
{
    struct line *line = find_line(flows, processor);
    INSIST(line && "the store names processors that this binary knows");
    return line;
}

/* ---- requests ---- */

static struct request_name copy_name(struct arena *arena, const struct request_name *name)
{
    return (struct request_name){
        .form = name->form,
        .scope = arena_copy(arena, name->scope),
        .key = arena_copy(arena, name->key),
        .fingerprint = arena_copy(arena, name->fingerprint),
        .request_id = arena_copy(arena, name->request_id),
        .trace = arena_copy(arena, name->trace),
    };
}

static void answer_at_once(struct flows *flows, const struct request_name *name, enum ending_kind kind, struct waiter *waiter)
{
    struct operation_flow *flow = operation_flow_take(flows, ENTRY_REQUEST);
    flow->name = copy_name(&flow->flow.arena, name);
    flow->name.key = STR_NONE;
    wait_for(flow, waiter, false);
    write_reply(flow, kind, REFUSED_NOT, NULL);
    answer_waiters(flow, &flow->reply);
    operation_flow_kind.finished(&flow->flow);
}

/* The same request is running here: its answer will be everybody's. Another request with that key goes its own way to the
 * store, which alone knows whose key it is: the one that runs here may be about to hear that it is not its own. */
static bool joins(struct flows *flows, const struct request_name *name, struct waiter *waiter)
{
    struct operation_flow *running = find_by_request(flows, name);
    if (running) wait_for(running, waiter, true);
    return running != NULL;
}

/* ENDING_DONE: it may begin. Without a lease the database is away as a rule, and nobody is let wait for it. */
static enum ending_kind begins_nothing(const struct flows *flows)
{
    if (flows->stopping) return ENDING_STOPPING;
    if (!lease_holds(flows)) return ENDING_NO_LEASE;
    return flows->running >= flows->options.flows_max ? ENDING_OVERLOADED : ENDING_DONE;
}

static struct operation_flow *take_request(struct flows *flows, const struct request_name *name, struct waiter *waiter)
{
    if (joins(flows, name, waiter)) return NULL;
    enum ending_kind refused = begins_nothing(flows);
    if (refused != ENDING_DONE) {
        answer_at_once(flows, name, refused, waiter);
        return NULL;
    }
    struct operation_flow *flow = operation_flow_take(flows, ENTRY_REQUEST);
    flow->name = copy_name(&flow->flow.arena, name);
    enter_by_request(flow);
    wait_for(flow, waiter, false);
    return flow;
}

void flows_authorize(struct flows *flows, const struct request_name *name, const struct payment_wish *wish, struct waiter *waiter)
{
    struct operation_flow *flow = take_request(flows, name, waiter);
    if (!flow) return;
    struct arena *arena = &flow->flow.arena;
    flow->asked = OPERATION_AUTHORIZE;
    flow->command = (struct command){ .kind = COMMAND_AUTHORIZE, .amount = wish->amount, .captures_itself = wish->captures_itself,
                                      .on_page = wish->on_page, .has_email = wish->customer_email.length > 0,
                                      .has_return_url = wish->return_url.length > 0 };
    flow->wish = *wish;
    flow->wish.order_id = arena_copy(arena, wish->order_id);
    flow->wish.customer_id = arena_copy(arena, wish->customer_id);
    flow->wish.description = wish->description.bytes ? arena_copy(arena, wish->description) : STR_NONE;
    flow->wish.metadata = arena_copy(arena, wish->metadata);
    flow->wish.customer_email = arena_copy(arena, wish->customer_email);
    flow->wish.customer_name = arena_copy(arena, wish->customer_name);
    flow->wish.return_url = arena_copy(arena, wish->return_url);
    flow->wish.token_id = wish->token_id.bytes ? arena_copy(arena, wish->token_id) : STR_NONE;
    flow_begin(&flow->flow, &operation_flow_kind, flows->options.world, PREPARE);
}

static enum operation_kind operation_of_command(enum command_kind kind)
{
    switch (kind) {
    case COMMAND_CAPTURE: return OPERATION_CAPTURE;
    case COMMAND_VOID: return OPERATION_VOID;
    case COMMAND_REFUND: return OPERATION_REFUND;
    case COMMAND_APPROVE: return OPERATION_CAPTURE; /* if one follows, which is what is waited for */
    case COMMAND_DECLINE: return OPERATION_VOID;
    default: return OPERATION_NONE;
    }
}

void flows_change(struct flows *flows, const struct request_name *name, const struct change_wish *wish, struct waiter *waiter)
{
    struct operation_flow *flow = take_request(flows, name, waiter);
    if (!flow) return;
    flow->asked = operation_of_command(wish->command);
    flow->command = (struct command){ .kind = wish->command, .whole = wish->whole };
    flow->command.amount = money_of(wish->amount_minor, wish->has_currency ? wish->currency : (currency){ "" });
    /* An id too long to be one of ours becomes an empty one, which is not found. */
    if (!str_copy_to(wish->payment_id, flow->payment_id.text, sizeof flow->payment_id.text)) flow->payment_id.text[0] = 0;
    flow_begin(&flow->flow, &operation_flow_kind, flows->options.world, PREPARE);
}

void flows_settle(struct flows *flows, const struct settle_wish *wish, struct waiter *waiter)
{
    struct operation_flow *flow = operation_flow_take(flows, ENTRY_SETTLE);
    struct arena *arena = &flow->flow.arena;
    flow->settle = *wish;
    flow->settle.operation_id = arena_copy(arena, wish->operation_id);
    flow->settle.processor_ref = wish->processor_ref.bytes ? arena_copy(arena, wish->processor_ref) : STR_NONE;
    flow->settle.by = arena_copy(arena, wish->by);
    flow->name = (struct request_name){ .form = wish->form, .request_id = arena_copy(arena, wish->request_id) };
    prepare_transaction(flow);
    wait_for(flow, waiter, false);
    flow_begin(&flow->flow, &operation_flow_kind, flows->options.world, RECORD_SETTLEMENT);
}

void flows_look_again(struct flows *flows, str payment_id)
{
    struct payment_id id;
    if (flows->stopping || !lease_holds(flows) || !str_copy_to(payment_id, id.text, sizeof id.text)) return;
    look_again(flows, &id);
}

/* ---- looking ---- */

void flows_look(const struct flows *flows, struct flows_view *out)
{
    struct world *world = flows->options.world;
    *out = (struct flows_view){ .running = flows->running, .calls = flows->calls, .recovered = flows->recovered, .storage_low = flows->storage_low };
    out->has_lease = lease_holds(flows);
    out->nodes = nodes_count(flows);
    out->line_count = flows->line_count;
    for (size_t i = 0; i < flows->line_count; i++) {
        const struct line *line = &flows->lines[i];
        out->lines[i] = (struct line_view){ line->settings.processor->name, line->pace.open, line_is_set_up(line) };
    }
    out->oldest_card = vault_oldest(flows->options.vault, world_now(world));
}
