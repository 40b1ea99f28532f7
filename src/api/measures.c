/* SPDX-License-Identifier: Apache-2.0 */
/* measures: series by endpoint, open operations by kind and state, and the flows' figures. */
#include "api/measures.h"

#include <stdio.h>
#include <string.h>

#include "base/metric.h"

enum {
    ENDPOINTS_MAX = 32,
    LABELS_BYTES = 96,
    OPEN_STATES = OPERATION_REVIEW + 1, /* running, unknown, review */
};

static const char *const groups[] = { "2xx", "4xx", "5xx" };

/* The last row is for requests that no endpoint took. */
static struct endpoint_measures {
    char labels[COUNT_OF(groups)][LABELS_BYTES];
    char route_labels[LABELS_BYTES];
    struct metric answers[COUNT_OF(groups)];
    struct metric seconds;
} by_endpoint[ENDPOINTS_MAX + 1];

static struct open_measures {
    char labels[LABELS_BYTES];
    struct metric count;
} by_operation[OPERATION_KIND_COUNT][OPEN_STATES];

static struct breaker_measures {
    char labels[LABELS_BYTES];
    struct metric open;
} by_processor[PROCESSORS_MAX];

/* clang-format off */
static struct metric
    pending_requests = { .name = "florin_http_requests_pending", .kind = METRIC_GAUGE, .help = "Requests that are not answered yet." },
    store_queue = { .name = "florin_store_queue", .kind = METRIC_GAUGE, .help = "Transactions that wait for the store or run in it." },
    oldest_doubt = { .name = "florin_oldest_doubt_seconds", .kind = METRIC_GAUGE,
                     .help = "How long the oldest operation in doubt or in review has been open." },
    open_reviews = { .name = "florin_open_reviews", .kind = METRIC_GAUGE, .help = "Payments that wait for a review, as the fraud checks want it." },
    flows_running = { .name = "florin_flows_running", .kind = METRIC_GAUGE, .help = "Pieces of work in memory." },
    calls_in_air = { .name = "florin_processor_calls_in_air", .kind = METRIC_GAUGE, .help = "Requests to processors without an answer yet." },
    has_lease = { .name = "florin_node_lease", .kind = METRIC_GAUGE, .help = "1 while this node may drive operations; always where it is alone." },
    nodes = { .name = "florin_nodes", .kind = METRIC_GAUGE, .help = "Nodes on this database that give signs of life; 0 where it is a file." },
    recovered = { .name = "florin_recovered", .kind = METRIC_GAUGE, .help = "1 once all open operations of the last run are known." },
    storage_low = { .name = "florin_storage_low", .kind = METRIC_GAUGE, .help = "1 while the disk is too full to begin anything new." },
    unreadable_cards = { .name = "florin_unreadable_cards_total", .kind = METRIC_COUNTER,
                         .help = "Payments refused because their stored card does not open: its row was changed." },
    vault_sealed = { .name = "florin_vault_sealed", .kind = METRIC_GAUGE, .help = "1 while cards are stored and their vault is sealed." },
    vault_resealing = { .name = "florin_vault_resealing", .kind = METRIC_GAUGE, .help = "1 while cards come over to a new data key." },
    vault_left_behind = { .name = "florin_vault_left_behind", .kind = METRIC_GAUGE,
                          .help = "Stored cards that the last change of the data key found unreadable." },
    oldest_card = { .name = "florin_oldest_sealed_card_seconds", .kind = METRIC_GAUGE, .help = "The longest life of a sealed card." };
/* clang-format on */

/* ---- registering ---- */

static void name_endpoint(struct endpoint_measures *measures, const struct endpoint *endpoint)
{
    const char *method = endpoint ? endpoint->method : "", *route = endpoint ? endpoint->path : "";
    snprintf(measures->route_labels, LABELS_BYTES, "method=\"%s\",route=\"%s\"", method, route);
    measures->seconds = (struct metric){ .name = "florin_http_request_seconds",
                                         .labels = measures->route_labels,
                                         .kind = METRIC_HISTOGRAM,
                                         .help = "From a request's last byte to its answer, its wait for a turn included." };
    for (size_t i = 0; i < COUNT_OF(groups); i++) {
        snprintf(measures->labels[i], LABELS_BYTES, "method=\"%s\",route=\"%s\",status=\"%s\"", method, route, groups[i]);
        measures->answers[i] = (struct metric){ .name = "florin_http_requests_total",
                                                .labels = measures->labels[i],
                                                .kind = METRIC_COUNTER,
                                                .help = "Requests answered." };
    }
}

/* Series of one name stand together, so first all counters, then all histograms. */
static void register_endpoints(void)
{
    size_t count;
    const struct endpoint *endpoints = endpoint_all(&count);
    INSIST(count <= ENDPOINTS_MAX);
    for (size_t i = 0; i < count; i++) name_endpoint(&by_endpoint[i], &endpoints[i]);
    name_endpoint(&by_endpoint[ENDPOINTS_MAX], NULL);
    for (size_t i = 0; i <= ENDPOINTS_MAX; i++) {
        for (size_t group = 0; group < COUNT_OF(groups) && by_endpoint[i].seconds.name; group++) {
            metric_register(&by_endpoint[i].answers[group]);
        }
    }
    for (size_t i = 0; i < count; i++) metric_register(&by_endpoint[i].seconds);
}

static void register_operation(struct open_measures *measures, enum operation_kind kind, enum operation_state state)
{
    snprintf(measures->labels, LABELS_BYTES, "kind=\"%s\",state=\"%s\"", operation_kind_word(kind).bytes, operation_state_word(state).bytes);
    measures->count = (struct metric){ .name = "florin_open_operations",
                                       .labels = measures->labels,
                                       .kind = METRIC_GAUGE,
                                       .help = "Operations that have not ended, by kind and state." };
    metric_register(&measures->count);
}

static void register_operations(void)
{
    for (int kind = OPERATION_AUTHORIZE; kind < OPERATION_KIND_COUNT; kind++) {
        for (int state = 0; state < OPEN_STATES; state++) {
            register_operation(&by_operation[kind][state], (enum operation_kind)kind, (enum operation_state)state);
        }
    }
}

static void register_breakers(void)
{
    size_t count;
    const struct processor *const *processors = processor_all(&count);
    for (size_t i = 0; i < count; i++) {
        struct breaker_measures *measures = &by_processor[i];
        snprintf(measures->labels, LABELS_BYTES, "processor=\"%s\"", processors[i]->name);
        measures->open = (struct metric){ .name = "florin_breaker_open",
                                          .labels = measures->labels,
                                          .kind = METRIC_GAUGE,
                                          .help = "1 while nothing new is begun with the processor." };
        metric_register(&measures->open);
    }
}

void measures_register(void)
{
    static bool done;
    struct metric *alone[] = {
        &pending_requests, &store_queue,      &oldest_doubt, &open_reviews,    &flows_running,     &calls_in_air, &has_lease, &nodes, &recovered,
        &storage_low,      &unreadable_cards, &vault_sealed, &vault_resealing, &vault_left_behind, &oldest_card,
    };
    if (done) return;
    done = true;
    register_endpoints();
    register_operations();
    register_breakers();
    for (size_t i = 0; i < COUNT_OF(alone); i++) metric_register(alone[i]);
}

/* ---- counting ---- */

void measure_answer(const struct endpoint *endpoint, int status, micros duration)
{
    size_t count, group = status < 400 ? 0 : status < 500 ? 1 : 2;
    struct endpoint_measures *measures = &by_endpoint[endpoint ? endpoint - endpoint_all(&count) : ENDPOINTS_MAX];
    metric_add(&measures->answers[group], 1);
    if (endpoint) metric_observe_us(&measures->seconds, duration);
}

void measure_unreadable_card(void) { metric_add(&unreadable_cards, 1); }

static void gather_open(const struct open_count *open, micros now)
{
    for (int kind = OPERATION_AUTHORIZE; kind < OPERATION_KIND_COUNT; kind++) {
        for (int state = 0; state < OPEN_STATES; state++) metric_set(&by_operation[kind][state].count, open->count[kind][state]);
    }
    metric_set(&open_reviews, open->reviews);
    bool has_doubt = open->oldest_doubt > 0 && open->oldest_doubt < now;
    metric_set(&oldest_doubt, has_doubt ? (now - open->oldest_doubt) / MICROS_PER_SECOND : 0);
}

static void gather_breakers(const struct flows_view *view)
{
    size_t count;
    const struct processor *const *processors = processor_all(&count);
    for (size_t i = 0; i < count; i++) {
        for (size_t at = 0; at < view->line_count; at++) {
            bool is_it = strcmp(view->lines[at].processor, processors[i]->name) == 0;
            if (is_it) metric_set(&by_processor[i].open, view->lines[at].breaker_open);
        }
    }
}

void measures_gather(const struct measures_now *now)
{
    const struct flows_view *view = &now->flows;
    if (now->open) gather_open(now->open, now->at);
    metric_set(&pending_requests, (int64_t)now->pending);
    metric_set(&store_queue, (int64_t)now->store_queue);
    metric_set(&flows_running, (int64_t)view->running);
    metric_set(&calls_in_air, (int64_t)view->calls);
    metric_set(&has_lease, view->has_lease);
    metric_set(&nodes, (int64_t)view->nodes);
    metric_set(&recovered, view->recovered);
    metric_set(&storage_low, view->storage_low);
    metric_set(&vault_sealed, now->vault.state == SAFE_SEALED);
    metric_set(&vault_resealing, now->vault.is_resealing);
    metric_set(&vault_left_behind, now->vault.unreadable);
    metric_set(&oldest_card, view->oldest_card / MICROS_PER_SECOND);
    gather_breakers(view);
}
