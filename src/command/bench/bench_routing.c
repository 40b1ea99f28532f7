/* SPDX-License-Identifier: Apache-2.0 */
/* bench_routing: what it costs to decide by rules: twenty of them, of which the last one fits and splits. No network, no store. */
#include <unistd.h>

#include "command/bench/bench.h"
#include "command/bench/bench_usage.h"
#include "command/route_file.h"
#include "flow/routing.h"

enum {
    RULES = 20,
    IDS = 1024,                /* payments that take turns */
    NS_PER_US = 1000,
    AUTHORIZE_GOAL_US = 100,   /* where none was measured in this run: bench_goals.c */
};

/* Each asks for something that the payment has otherwise, and the metadata. */
static str make_rules(struct arena *arena)
{
    struct text text = text_open(arena, 2048);
    for (int i = 1; i < RULES; i++) {
        text_put_format(&text, "rule-%d: currency USD, brand visa, bin 5..6, customer c-%d, metadata.tier gold -> stripe, bank\n", i, i);
    }
    text_put(&text, STR("last: amount USD 1..1000000, metadata.tier silver gold -> 90% bank, 10% stripe\n"));
    return text_str(&text);
}

static void make_ids(struct payment_id ids[IDS])
{
    for (size_t i = 0; i < IDS; i++) {
        uint8_t random[ID_RANDOM_BYTES] = { (uint8_t)i, (uint8_t)(i >> 8) };
        (void)id_format(ids[i].text, STR("pay_"), MICROS_PER_SECOND * (micros)i, random);
    }
}

/* How many were decided in that time. */
static int64_t decide_for(const struct route_rules *rules, struct route_facts *facts, int64_t for_ns)
{
    static struct payment_id ids[IDS];
    int64_t count = 0, chosen = 0;
    make_ids(ids);
    for (int64_t until = bench_now_ns() + for_ns; bench_now_ns() < until && !bench_load_is_interrupted(); count += IDS) {
        for (size_t i = 0; i < IDS; i++) {
            facts->payment_id = payment_id_str(&ids[i]);
            struct route_decision decision = route_decide(rules, facts);
            chosen += (int64_t)decision.order_count;
        }
    }
    INSIST(chosen == 2 * count); /* and so nothing of it can be left out */
    return count;
}

static int64_t cpu_us(void)
{
    struct bench_usage usage = bench_usage_of(getpid());
    return usage.user_us + usage.kernel_us;
}

/* By CPU time, which hardly depends on what else runs. */
static void report_rate(struct bench_report *report, int64_t count, int64_t spent_us)
{
    double each_us = (double)spent_us / (double)count, authorize_us = AUTHORIZE_GOAL_US;
    bool is_measured = bench_report_find(report, "gateway_cpu_us_per_authorize", &authorize_us);
    bench_report_value(report, "routing decisions over 20 rules, a CPU second", "routing_decisions_per_s", 1e6 / each_us, 0, "");
    bench_report_value(report, "  each", "routing_ns", each_us * NS_PER_US, 0, "ns");
    bench_report_value(report, is_measured ? "  share of an authorization's CPU" : "  share of an authorization's 100 us of CPU",
                       "routing_share_percent", each_us / authorize_us * 100, 2, "%");
}

bool bench_measure_routing(struct bench *bench)
{
    struct arena arena = { 0 };
    struct route_file file;
    size_t count;
    const struct processor *const *all = processor_all(&count);
    struct route_candidate candidates[ROUTE_PROCESSORS_MAX];
    static const struct route_member tier = { STR_CONSTANT("tier"), STR_CONSTANT("gold") };
    struct route_facts facts = {
        .amount = { 5000, { "USD" } }, .has_cvv = true, .brand = STR("visa"), .bin = 41111111, .customer_id = STR("c-0"), .metadata = &tier,
        .metadata_count = 1, .asked_for = ROUTE_NOBODY, .candidates = candidates, .candidate_count = count,
    };
    for (size_t i = 0; i < count; i++) candidates[i] = route_candidate_of(all[i], true);
    bool is_read = route_file_read_text("rules", make_rules(&arena), &file, &bench->error);
    if (is_read) {
        int64_t before_us = cpu_us();
        int64_t decided = decide_for(&file.rules, &facts, bench->seconds * BENCH_SECOND);
        if (decided > 0) report_rate(&bench->report, decided, cpu_us() - before_us);
        route_file_close(&file);
    }
    arena_close(&arena);
    return is_read;
}
