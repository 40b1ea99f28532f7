/* SPDX-License-Identifier: Apache-2.0 */
/* routing: gathers what the rules ask for, and keeps what they decide. Decided on the loop, which knows the breakers and owns the rules;
 * it is durable with the intent, in the history. */
#include "flow/routing.h"

#include "base/json.h"
#include "base/text.h"
#include "flow/flows_internal.h"

/* ---- facts ---- */

struct route_candidate route_candidate_of(const struct processor *processor, bool is_set_up)
{
    return (struct route_candidate){
        .processor = str_of(processor->name),
        .is_set_up = is_set_up,
        .captures = processor->can.only_sells || processor->operations[OPERATION_CAPTURE].ask != NULL,
        .can = processor->can,
    };
}

const struct route_member *route_members(struct arena *arena, str metadata, size_t *count)
{
    const struct json *object;
    bool is_read = json_read(arena, metadata, &object) == JSON_FINE;
    INSIST(is_read && "what was taken as metadata is an object");
    struct route_member *members = arena_take(arena, (json_length(object) + 1) * sizeof *members);
    *count = 0;
    for (struct json_item item = json_first(object); item.value; item = json_next(item)) {
        members[(*count)++] = (struct route_member){ item.name, json_string(item.value) };
    }
    return members;
}

static size_t list_candidates(const struct flows *flows, struct route_candidate out[PROCESSORS_MAX])
{
    for (size_t i = 0; i < flows->line_count; i++) {
        const struct line *line = &flows->lines[i];
        out[i] = route_candidate_of(line->settings.processor, line_is_set_up(line));
        out[i].breaker_open = pace_refuses_new(&line->pace, flows->options.world);
    }
    return flows->line_count;
}

static int candidate_asked_for(const struct operation_flow *flow)
{
    if (!flow->wish.processor) return ROUTE_NOBODY;
    return (int)(line_of(flow->flows, str_of(flow->wish.processor->name)) - flow->flows->lines);
}

static struct route_facts gather(const struct operation_flow *flow, int64_t bin, enum risk_decision risk)
{
    return (struct route_facts){
        .payment_id = payment_id_str(&flow->payment_id),
        .amount = flow->wish.amount,
        .captures_itself = flow->wish.captures_itself,
        .on_page = flow->command.on_page,
        .has_cvv = flow->command.has_cvv,
        .has_email = flow->command.has_email,
        .has_return_url = flow->command.has_return_url,
        .risk = risk,
        .brand = str_of(flow->card_face.brand),
        .bin = bin,
        .customer_id = flow->wish.customer_id,
        .asked_for = candidate_asked_for(flow),
    };
}

/* ---- the decision ---- */

static struct way way_of(struct flows *flows, const struct route_decision *route)
{
    bool has_somebody = route->order_count > 0;
    const struct route_passed *nearest = has_somebody ? NULL : route_nearest(route);
    struct way way = { .route = *route, .bar = has_somebody ? ROUTE_CLEAR : nearest->bar };
    way.line = &flows->lines[has_somebody ? route->order[0] : nearest->candidate];
    if (pace_refuses_new(&way.line->pace, flows->options.world)) way.trouble = ENDING_UNAVAILABLE;
    if (!line_is_set_up(way.line)) way.trouble = ENDING_NOT_SET_UP;
    return way;
}

static struct way find_way(struct operation_flow *flow, int64_t bin, enum risk_decision risk)
{
    struct arena scratch = { 0 };
    struct route_candidate candidates[PROCESSORS_MAX];
    const struct route_rules *rules = flow->flows->routes;
    struct route_facts facts = gather(flow, bin, risk);
    facts.candidates = candidates;
    facts.candidate_count = list_candidates(flow->flows, candidates);
    if (rules && rules->ask_metadata) facts.metadata = route_members(&scratch, flow->wish.metadata, &facts.metadata_count);
    struct route_decision route = route_decide(rules, &facts);
    route.rule = arena_copy(&flow->flow.arena, route.rule); /* the rules may be gone before the payment is */
    arena_close(&scratch);
    return way_of(flow->flows, &route);
}

static void go_by(struct operation_flow *flow, const struct way *way)
{
    flow->route = way->route;
    flow->route_bar = way->bar;
    flow->line = way->line;
}

static const struct way *keep_way(struct operation_flow *flow, const struct way *way)
{
    struct way *kept = arena_take(&flow->flow.arena, sizeof *kept);
    *kept = *way;
    return kept;
}

void route_payment(struct operation_flow *flow, int64_t bin)
{
    static const enum risk_decision harder[] = { RISK_STEP_UP, RISK_REVIEW };
    struct way plain = find_way(flow, bin, RISK_ALLOW);
    go_by(flow, &plain);
    for (size_t i = 0; i < COUNT_OF(harder); i++) {
        if (!risk_may_say(flow, harder[i])) continue;
        struct way way = find_way(flow, bin, harder[i]);
        flow->risk.ways[harder[i]] = keep_way(flow, &way);
        flow->risk.ways[RISK_ALLOW] = flow->risk.ways[RISK_DENY] = keep_way(flow, &plain);
    }
}

/* A step may run again from its top: so the plain way is gone back to as well. */
bool route_after_risk(struct operation_flow *flow)
{
    const struct way *way = flow->risk.ways[flow->command.risk];
    if (!way) return true;
    go_by(flow, way);
    flow->refuses_with = way->trouble;
    return way->trouble == ENDING_DONE;
}

/* ---- falling over ---- */

static void recall_one(struct operation_flow *flow, str processor)
{
    for (size_t i = 0; i < flow->flows->line_count && flow->route.order_count < ROUTE_PROCESSORS_MAX; i++) {
        bool is_it = str_equal(str_of(flow->flows->lines[i].settings.processor->name), processor);
        if (is_it) flow->route.order[flow->route.order_count++] = (int)i;
    }
}

void route_recall(struct operation_flow *flow, str first_data)
{
    const struct json *data;
    flow->route = (struct route_decision){ 0 };
    if (json_read(&flow->flow.arena, first_data, &data) != JSON_FINE) return;
    recall_one(flow, json_string(json_find(data, "processor")));
    const struct json *then = json_find(json_find(data, "route"), "then");
    for (struct json_item item = json_first(then); item.value; item = json_next(item)) recall_one(flow, json_string(item.value));
}

void route_look_onward(struct operation_flow *flow)
{
    struct route_candidate candidates[PROCESSORS_MAX];
    int here = (int)(flow->line - flow->flows->lines);
    flow->onward = (struct route_onward){ .next = ROUTE_NOBODY };
    if (flow->operation.kind != OPERATION_AUTHORIZE || flow->record.payment.state != PAYMENT_PENDING) return;
    list_candidates(flow->flows, candidates);
    flow->onward = route_go_on(candidates, flow->route.order, flow->route.order_count, here);
}

/* ---- telling it ---- */

static str name_of(const struct operation_flow *flow, int candidate)
{
    return str_of(flow->flows->lines[candidate].settings.processor->name);
}

static void put_then(struct text *text, const struct operation_flow *flow)
{
    const struct route_decision *route = &flow->route;
    json_name(text, "then");
    json_open_list(text);
    for (size_t i = 1; i < route->order_count; i++) {
        json_comma(text);
        text_put_json(text, name_of(flow, route->order[i]));
    }
    json_close_list(text);
}

static void put_passed(struct text *text, const struct operation_flow *flow, const struct route_passed *passed, size_t count)
{
    if (count == 0) return;
    json_name(text, "passed_over");
    json_open_list(text);
    for (size_t i = 0; i < count; i++) {
        json_comma(text);
        json_open_object(text);
        json_put_str(text, "processor", name_of(flow, passed[i].candidate));
        json_put_str(text, "reason", route_bar_word(passed[i].bar));
        json_close_object(text);
    }
    json_close_list(text);
}

void route_put(struct text *text, const struct operation_flow *flow)
{
    json_name(text, "route");
    json_open_object(text);
    json_put_str(text, "rule", flow->route.rule);
    if (flow->route.order_count > 1) put_then(text, flow);
    put_passed(text, flow, flow->route.passed, flow->route.passed_count);
    json_close_object(text);
}

void route_put_onward(struct text *text, const struct operation_flow *flow)
{
    put_passed(text, flow, flow->onward.passed, flow->onward.passed_count);
    if (!flow->falls_over) return;
    json_name(text, "next");
    json_open_object(text);
    json_put_str(text, "processor", name_of(flow, flow->onward.next));
    json_put_str(text, "operation_id", operation_id_str(&flow->fresh_id));
    json_close_object(text);
}

void route_count(const struct operation_flow *flow)
{
    measure_route(flow->route.rule, flow->route.order_count > 0 ? name_of(flow, flow->route.order[0]) : STR(""));
}
