/* SPDX-License-Identifier: Apache-2.0 */
/* asking: a company that judges payments is asked about one: before anything of it is recorded, and once more when its money is held and the
 * outcome is not recorded yet. So nothing durable waits for an answer, and after a crash it is asked again. */
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "flow/call.h"
#include "flow/flows_internal.h"

void flows_ask_about_risk(struct flows *flows, const struct risk_provider *provider, const struct processor_settings *settings)
{
    flows->risk_provider = provider;
    flows->risk_line.settings = *settings;
    flows->risk_line.settings.processor = &provider->wire;
}

/* ---- the question ---- */

static str address_of(struct operation_flow *flow)
{
    char buffer[IP_TEXT_BYTES];
    if (!flow->wish.has_customer_address) return STR("");
    return arena_copy(&flow->call_arena, ip_address_format(&flow->wish.customer_address, buffer));
}

/* Before it is recorded, by what was asked. */
static struct risk_call call_of_wish(struct operation_flow *flow)
{
    const struct payment_wish *wish = &flow->wish;
    return (struct risk_call){
        .payment_id = payment_id_str(&flow->payment_id),
        .amount = wish->amount,
        .captures_itself = wish->captures_itself,
        .order_id = wish->order_id,
        .customer_id = wish->customer_id,
        .email = wish->customer_email,
        .name = wish->customer_name,
        .ip_address = address_of(flow),
        .brand = str_of(flow->card_face.brand),
        .bin = str_of(flow->risk.bin),
        .last4 = str_of(flow->card_face.last4),
        .metadata = wish->metadata,
    };
}

/* When it is held, by what is known: after a restart that is less. */
static struct risk_call call_of_record(struct operation_flow *flow)
{
    const struct payment_record *record = &flow->record;
    return (struct risk_call){
        .is_held = true,
        .payment_id = payment_id_str(&record->id),
        .amount = record->payment.amount,
        .captures_itself = record->payment.captures_itself,
        .order_id = record->order_id,
        .customer_id = record->customer_id,
        .email = flow->payer.email,
        .name = flow->payer.name,
        .ip_address = address_of(flow),
        .brand = str_of(record->card_brand),
        .bin = str_of(flow->risk.bin),
        .last4 = str_of(record->card_last4),
        .metadata = record->metadata,
        .processor = record->processor,
    };
}

static bool is_recorded(const struct operation_flow *flow) { return flow->record.id.text[0] != 0; }

static struct risk_call call_of(struct operation_flow *flow) { return is_recorded(flow) ? call_of_record(flow) : call_of_wish(flow); }

static void answered(struct http_call *call)
{
    struct operation_flow *flow = CONTAINER_OF(call, struct operation_flow, call);
    flow->flows->calls--;
    flow_wake(&flow->flow);
}

/* ---- the answer ---- */

static struct next go_on(struct operation_flow *flow)
{
    flow->risk.is_asked = true;
    if (is_recorded(flow)) prepare_transaction(flow);
    else flow->command.now = world_now(flow->flow.world); /* its ids are taken: the card is sealed for one of them */
    return go(is_recorded(flow) ? RECORD_OUTCOME : RECORD_ATTEMPT);
}

/* What was declared for that stands for its answer. */
static struct next go_on_without(struct operation_flow *flow)
{
    measure_risk_call(false);
    flow->risk.is_down = true;
    flow->risk.answer = (struct risk_answer){ .decision = flow->flows->risk_when_down };
    return go_on(flow);
}

static bool read_answer_of(struct operation_flow *flow)
{
    struct risk_call asked = call_of(flow);
    struct processor_answer answer = { .status = flow->call.status, .body = flow->call.answer_body };
    bool came = flow->call.result == HTTP_CALL_ANSWERED;
    return came && flow->flows->risk_provider->read(&flow->call_arena, &asked, &answer, &flow->risk.answer);
}

struct next ask_about_risk(struct flow *base)
{
    micros wait;
    struct operation_flow *flow = operation_of(base);
    struct line *line = &flow->flows->risk_line;
    struct processor_request request = { 0 };
    if (!pace_may_send(&line->pace, base->world, false, &wait)) return go_on_without(flow);
    arena_close(&flow->call_arena);
    struct risk_call call = call_of(flow);
    flow->flows->risk_provider->ask(&flow->call_arena, &call, &request);
    flow->call = call_to(&line->settings, NULL, &request, &flow->call_arena);
    flow->call.done = answered;
    if (flow->name.trace.length > 0) call_add_header(&flow->call, "traceparent", flow->name.trace);
    flow->flows->calls++;
    world_send(base->world, &flow->call);
    return sleep_then(READ_RISK);
}

struct next read_about_risk(struct flow *base)
{
    struct operation_flow *flow = operation_of(base);
    flow->risk.is_down = false;
    bool is_read = read_answer_of(flow);
    pace_told(&flow->flows->risk_line.pace, base->world, is_read ? PACE_ANSWERED : PACE_FAILED, false);
    if (!is_read) {
        log_warn("the fraud checks gave no good answer", LOG_TEXT("payment_id", payment_id_str(&flow->payment_id)),
                 LOG_NUMBER("status", flow->call.status), LOG_TEXT("problem", str_of(flow->call.problem)));
        return go_on_without(flow);
    }
    measure_risk_call(true);
    return go_on(flow);
}
