/* SPDX-License-Identifier: Apache-2.0 */
/* bench_stage: starts the processes that are measured, and reads their CPU time when counting begins and ends. */
#include "command/bench/bench_stage.h"

#include <stdio.h>
#include <sys/resource.h>

#include "base/str.h"

#define TEXT_OF(number) TEXT_OF_DIGITS(number)
#define TEXT_OF_DIGITS(number) #number
#define CARDS 5000

_Static_assert(CARDS == BENCH_CARDS, "the bank issues the cards that the shop uses");

enum { SETTING_BYTES = BENCH_PATH_BYTES + 16 };

/* "folder/name.suffix" */
static void name_file(const char *folder, const char *name, const char *suffix, char out[BENCH_PATH_BYTES])
{
    char file[64];
    (void)snprintf(file, sizeof file, "%s.%s", name, suffix);
    bench_folder_path(folder, file, out);
}

void bench_stage_store_path(const struct bench_place *place, const char *name, char out[BENCH_PATH_BYTES])
{
    name_file(place->folder, name, "db", out);
}

static const char *or_else(const char *wanted, const char *otherwise) { return wanted ? wanted : otherwise; }

static bool start_bank(struct child *bank, const struct bench_place *place, const struct bench_stage_plan *plan, struct error *error)
{
    char log[BENCH_PATH_BYTES];
    const char *latency_ms = or_else(plan->latency_ms, "0"), *failure_rate = or_else(plan->failure_rate, "0");
    const char *const words[] = { "sim", "bank", "--listen", "127.0.0.1:0", "--failure-rate", failure_rate, "--latency-ms", latency_ms,
                                  "--cards", TEXT_OF(CARDS), "--seed", "1", "--quiet", NULL };
    name_file(place->folder, plan->name, "bank.log", log);
    return child_start(bank, words, log, error);
}

bool bench_stage_start_gateway(struct child *gateway, const struct bench_place *place, const struct bench_stage_plan *plan,
                               const char *bank_address, struct error *error)
{
    char log[BENCH_PATH_BYTES], file[BENCH_PATH_BYTES], store[SETTING_BYTES], bank_url[SETTING_BYTES],
        own_files[BENCH_PATH_BYTES];
    const char *const words[] = { "serve", "--listen", "127.0.0.1:0", "--store", or_else(plan->store, store), "--bank-url", bank_url,
                                  "--runtime-dir", place->runtime, "--local-path", own_files,
                                  "--answer-within-ms", or_else(plan->answer_within_ms, "10000"), NULL };
    name_file(place->folder, plan->name, "log", log);
    bench_stage_store_path(place, plan->name, file);
    bench_folder_path(place->folder, plan->name, own_files);
    (void)snprintf(store, sizeof store, "sqlite:%s", file);
    (void)snprintf(bank_url, sizeof bank_url, "http://%s", bank_address);
    return child_start(gateway, words, log, error);
}

bool bench_stage_open(struct bench_stage *stage, const struct bench_place *place, const struct bench_stage_plan *plan, struct error *error)
{
    *stage = (struct bench_stage){ 0 };
    if (!start_bank(&stage->bank, place, plan, error)) return false;
    if (bench_stage_start_gateway(&stage->gateway, place, plan, stage->bank.address, error)) return true;
    bench_stage_close(stage);
    return false;
}

/* What a measurement says that lost its gateway would be a riddle otherwise. */
static void say_if_gone(const char *who, struct child *child)
{
    bool was_there = child->pid > 0;
    if (was_there && !child_is_running(child)) fprintf(stderr, "florin bench: the %s has ended by itself, signal %d\n", who, child->ended_by);
}

void bench_stage_close(struct bench_stage *stage)
{
    say_if_gone("gateway", &stage->gateway);
    say_if_gone("bank", &stage->bank);
    (void)child_stop(&stage->gateway);
    (void)child_stop(&stage->bank);
}

/* ---- the meter ---- */

static int64_t us_of(struct timeval time) { return (int64_t)time.tv_sec * MICROS_PER_SECOND + time.tv_usec; }

static struct bench_usage own_usage(void)
{
    struct rusage usage = { 0 };
    (void)getrusage(RUSAGE_SELF, &usage);
    return (struct bench_usage){ us_of(usage.ru_utime), us_of(usage.ru_stime) };
}

void bench_meter_edge(void *context, bool begins)
{
    struct bench_meter *meter = context;
    size_t at = begins ? 0 : 1;
    meter->gateway[at] = bench_usage_of(meter->stage->gateway.pid);
    meter->bank[at] = bench_usage_of(meter->stage->bank.pid);
    meter->load[at] = own_usage();
}

static double each(int64_t before, int64_t after, int64_t answers) { return (double)(after - before) / (double)answers; }

static double each_in_all(const struct bench_usage usage[2], int64_t answers)
{
    return each(usage[0].user_us, usage[1].user_us, answers) + each(usage[0].kernel_us, usage[1].kernel_us, answers);
}

struct bench_cost bench_meter_cost(const struct bench_meter *meter, int64_t answers)
{
    if (answers == 0) return (struct bench_cost){ 0 };
    return (struct bench_cost){
        .gateway_user_us = each(meter->gateway[0].user_us, meter->gateway[1].user_us, answers),
        .gateway_kernel_us = each(meter->gateway[0].kernel_us, meter->gateway[1].kernel_us, answers),
        .bank_us = each_in_all(meter->bank, answers),
        .load_us = each_in_all(meter->load, answers),
    };
}
