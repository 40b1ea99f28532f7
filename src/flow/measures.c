/* SPDX-License-Identifier: Apache-2.0 */
/* measures: what the flows count, for /metrics. */
#include <stdio.h>
#include <string.h>

#include "flow/flows_internal.h"

enum { SERIES_MAX = 256, SERIES_LABELS_BYTES = 96 };

#define OPERATIONS(kind_word, result_word)                                                                             \
    {                                                                                                                  \
        .name = "florin_operations_total", .labels = "kind=\"" kind_word "\",result=\"" result_word "\"",              \
        .help = "Operations that ended, by kind and result.", .kind = METRIC_COUNTER                                   \
    }
#define OPERATIONS_OF(kind_word) { OPERATIONS(kind_word, "done"), OPERATIONS(kind_word, "declined"), OPERATIONS(kind_word, "failed") }
#define CALLS(result_word)                                                                                             \
    {                                                                                                                  \
        .name = "florin_processor_calls_total", .labels = "result=\"" result_word "\"",                                \
        .help = "Calls of processors, by what came of the connection.", .kind = METRIC_COUNTER                         \
    }

static struct metric operations[OPERATION_KIND_COUNT][3] = {
    [OPERATION_AUTHORIZE] = OPERATIONS_OF("authorize"),
    [OPERATION_CAPTURE] = OPERATIONS_OF("capture"),
    [OPERATION_VOID] = OPERATIONS_OF("void"),
    [OPERATION_REFUND] = OPERATIONS_OF("refund"),
};
static struct metric calls[] = {
    [HTTP_CALL_ANSWERED] = CALLS("answered"),
    [HTTP_CALL_NOT_SENT] = CALLS("not_sent"),
    [HTTP_CALL_LOST] = CALLS("lost"),
};
static struct metric tries_beyond_first = { .name = "florin_processor_tries_beyond_first_total",
                                            .help = "Calls that repeated an earlier one with the same bytes.",
                                            .kind = METRIC_COUNTER };
static struct metric call_seconds = { .name = "florin_processor_call_seconds", .help = "Length of processor calls.", .kind = METRIC_HISTOGRAM };
static struct metric operation_seconds = { .name = "florin_operation_seconds",
                                           .help = "From the request to the durable outcome.",
                                           .kind = METRIC_HISTOGRAM };
static struct metric doubts = { .name = "florin_doubtful_answers_total",
                                .help = "Tries after which the same bytes had to be sent again.",
                                .kind = METRIC_COUNTER };
static struct metric reviews = { .name = "florin_reviews_total", .help = "Operations handed to a person.", .kind = METRIC_COUNTER };
static struct metric stray_holds = { .name = "florin_possible_stray_holds_total",
                                     .help = "Holds that lost tries may have left at a processor.",
                                     .kind = METRIC_COUNTER };

static struct metric risk_answers = { .name = "florin_risk_calls_total", .labels = "result=\"answered\"",
                                      .help = "Questions to the company that judges payments, by what came of them.", .kind = METRIC_COUNTER },
                     risk_silences = { .name = "florin_risk_calls_total", .labels = "result=\"down\"",
                                       .help = "Questions to the company that judges payments, by what came of them.", .kind = METRIC_COUNTER };
#define NOTICES(result_word)                                                                                           \
    {                                                                                                                  \
        .name = "florin_notices_total", .labels = "result=\"" result_word "\"",                                        \
        .help = "Notices of processors, by what was made of them.", .kind = METRIC_COUNTER                             \
    }
static struct metric notices[] = {
    NOTICES("taken"), NOTICES("kept"), NOTICES("foreign"), NOTICES("quarantined"), NOTICES("duplicate"), NOTICES("forged"),
};
#define DISPUTES(state_word)                                                                                           \
    {                                                                                                                  \
        .name = "florin_disputes_total", .labels = "state=\"" state_word "\"",                                         \
        .help = "Changes of disputes, by the state that came of them.", .kind = METRIC_COUNTER                         \
    }
static struct metric disputes[DISPUTE_STATE_COUNT] = {
    [DISPUTE_NEEDS_RESPONSE] = DISPUTES("needs_response"), [DISPUTE_UNDER_REVIEW] = DISPUTES("under_review"),
    [DISPUTE_WON] = DISPUTES("won"), [DISPUTE_LOST] = DISPUTES("lost"),
};
static struct metric takeovers = { .name = "florin_node_takeovers_total", .help = "Nodes whose work this one took over.",
                                   .kind = METRIC_COUNTER };
static struct metric operations_taken_over = { .name = "florin_operations_taken_over_total",
                                               .help = "Open operations that came to this node by that.",
                                               .kind = METRIC_COUNTER };

/* Series that are made as they are met: rules may change while we run. Beyond the last, all others are one. */
struct family {
    const char *name, *help, *other; /* the labels of the first series: of all others; NULL: they are few */
    struct series {
        char labels[SERIES_LABELS_BYTES];
        struct metric count;
    } series[SERIES_MAX];
    size_t series_count;
};

static struct family
    routes = { .name = "florin_route_decisions_total", .help = "New payments, by the rule that decided and who takes them.",
               .other = "rule=\"other\",processor=\"\"" },
    risks = { .name = "florin_risk_decisions_total", .help = "New payments, by the rule of the fraud checks that decided and what it said.",
              .other = "rule=\"other\",decision=\"\"" },
    declines = { .name = "florin_declines_total", .help = "Declined authorizations, by processor and by what kind of no it was." },
    fall_overs = { .name = "florin_fallbacks_total", .help = "Authorizations that went on at another processor." };

static struct metric *series_of(struct family *family, const char *labels)
{
    for (size_t i = 0; i < family->series_count; i++) {
        if (strcmp(family->series[i].labels, labels) == 0) return &family->series[i].count;
    }
    if (family->series_count == SERIES_MAX) return &family->series[0].count;
    struct series *fresh = &family->series[family->series_count++];
    (void)snprintf(fresh->labels, sizeof fresh->labels, "%s", labels);
    fresh->count = (struct metric){ .name = family->name, .labels = fresh->labels, .help = family->help, .kind = METRIC_COUNTER };
    metric_register(&fresh->count);
    return &fresh->count;
}

static void count_pair(struct family *family, const char *one, str is, const char *other, str is_other)
{
    char labels[SERIES_LABELS_BYTES] = "";
    if (family->series_count == 0 && family->other) (void)series_of(family, family->other);
    (void)snprintf(labels, sizeof labels, "%s=\"%.*s\",%s=\"%.*s\"", one, STR_FORMAT(is), other, STR_FORMAT(is_other));
    metric_add(series_of(family, labels), 1);
}

void measure_route(str rule, str processor) { count_pair(&routes, "rule", rule, "processor", processor); }

void measure_risk(str rule, str decision) { count_pair(&risks, "rule", rule, "decision", decision); }

static void measure_decline(str processor, enum decline_category category)
{
    count_pair(&declines, "processor", processor, "category", category_word(category));
}

void measure_fall_over(str from, str to) { count_pair(&fall_overs, "from", from, "to", to); }

void flows_register_metrics(void)
{
    for (int kind = OPERATION_AUTHORIZE; kind < OPERATION_KIND_COUNT; kind++) {
        for (size_t i = 0; i < 3; i++) metric_register(&operations[kind][i]);
    }
    for (size_t i = 0; i < COUNT_OF(calls); i++) metric_register(&calls[i]);
    metric_register(&tries_beyond_first);
    metric_register(&call_seconds);
    metric_register(&operation_seconds);
    metric_register(&doubts);
    metric_register(&reviews);
    metric_register(&stray_holds);
    metric_register(&risk_answers);
    metric_register(&risk_silences);
    for (size_t i = 0; i < COUNT_OF(notices); i++) metric_register(&notices[i]);
    for (size_t i = 0; i < COUNT_OF(disputes); i++) metric_register(&disputes[i]);
    metric_register(&takeovers);
    metric_register(&operations_taken_over);
}

void measure_takeover(size_t count)
{
    metric_add(&takeovers, 1);
    metric_add(&operations_taken_over, (int64_t)count);
}

void measure_dispute(enum dispute_state state) { metric_add(&disputes[state], 1); }

void measure_notice(size_t result) { metric_add(&notices[result], 1); }

void measure_call(const struct http_call *call, bool first)
{
    metric_add(&calls[call->result], 1);
    if (!first) metric_add(&tries_beyond_first, 1);
    if (call->sent_at) metric_observe_us(&call_seconds, call->ended_at - call->sent_at);
}

void measure_risk_call(bool is_answered) { metric_add(is_answered ? &risk_answers : &risk_silences, 1); }

void measure_ended(const struct operation_flow *flow)
{
    const struct operation_record *ended = flow->ended;
    metric_add(&operations[ended->kind][ended->state - OPERATION_DONE], 1);
    metric_observe_us(&operation_seconds, world_monotonic(flow->flow.world) - flow->began_at);
    metric_add(&stray_holds, flow->verdict.stray_holds);
    if (ended->state == OPERATION_DECLINED) measure_decline(ended->processor, flow->outcome.category);
}

void measure_doubt(enum verdict_kind kind)
{
    if (verdict_goes_on(kind)) metric_add(&doubts, 1);
    if (kind == VERDICT_REVIEW) metric_add(&reviews, 1);
}
