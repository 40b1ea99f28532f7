/* SPDX-License-Identifier: Apache-2.0 */
/* bench: `florin bench` starts a gateway and a simulated bank, measures them in several ways, and tells what came out.
 * It needs nothing but this binary, and talks to 127.0.0.1 only. */
#include "command/bench/bench.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "command/bench/bench_book.h"
#include "command/bench/bench_goals.h"
#include "command/command.h"
#include "command/settings.h"
#include "florin_version.h"

enum { EXIT_USAGE = 2, SECONDS_MAX = 600, PAYMENTS_MAX = 100 * 1000 * 1000, DESCRIPTORS_LEAST = 8192 };

struct bench_settings {
    int64_t seconds;
    bool is_long;
    int64_t payments;
    const char *store;
    const char *only;
    const char *json;
    const char *folder;
};

static struct bench_settings chosen;

/* clang-format off */
static const struct setting settings[] = {
    { "bench.seconds", SETTING_NUMBER, "5", 1, SECONDS_MAX, &chosen.seconds,
      "How long each run is counted; a second of warming up comes before it." },
    { "bench.long", SETTING_SWITCH, "off", 0, 0, &chosen.is_long,
      "Also what takes minutes: growth, restart, and overload for a whole one." },
    { "bench.payments", SETTING_NUMBER, "1000000", 1, PAYMENTS_MAX, &chosen.payments,
      "How many a filled store has." },
    { "bench.only", SETTING_TEXT, NULL, 0, 0, &chosen.only,
      "One measurement: start, authorize, nginx, captures, pairs, mixed, replays, lookups, history, latency, overload, inflight, routing, rotation, postgres, growth or restart." },
    { "bench.json", SETTING_TEXT, NULL, 0, 0, &chosen.json,
      "File that gets the figures as JSON." },
    { "bench.store", SETTING_TEXT, NULL, 0, 0, &chosen.store,
      "An empty PostgreSQL database, postgres://USER@HOST/DATABASE; without one, a server of its own is made in the folder." },
    { "bench.folder", SETTING_TEXT, ".", 0, 0, &chosen.folder,
      "Where the store is put, in a folder of its own that is removed afterwards; its disk is what is measured." },
};

struct measurement {
    const char *name;
    bool is_long;
    bool (*measure)(struct bench *bench);
};

enum { SHORT = false, LONG = true };

/* In this order: the idle gateway first, and captures after the authorizations that they capture. */
static const struct measurement measurements[] = {
    { "start",     SHORT, bench_measure_start },
    { "authorize", SHORT, bench_measure_authorize },
    { "nginx",     SHORT, bench_measure_nginx },
    { "captures",  SHORT, bench_measure_captures },
    { "pairs",     SHORT, bench_measure_pairs },
    { "mixed",     SHORT, bench_measure_mixed },
    { "replays",   SHORT, bench_measure_replays },
    { "lookups",   SHORT, bench_measure_lookups },
    { "history",   SHORT, bench_measure_history },
    { "latency",   SHORT, bench_measure_latency },
    { "overload",  SHORT, bench_measure_overload },
    { "inflight",  SHORT, bench_measure_inflight },
    { "routing",   SHORT, bench_measure_routing },
    { "rotation",  SHORT, bench_measure_rotation },
    { "postgres",  SHORT, bench_measure_postgres },
    { "growth",    LONG,  bench_measure_growth },
    { "restart",   LONG,  bench_measure_restart },
};
/* clang-format on */

static bool is_wanted(const struct measurement *measurement)
{
    if (!chosen.only) return chosen.is_long || !measurement->is_long;
    return strcmp(chosen.only, measurement->name) == 0;
}

static bool knows_only(void)
{
    size_t wanted = 0;
    for (size_t i = 0; i < COUNT_OF(measurements); i++) wanted += is_wanted(&measurements[i]);
    return wanted > 0;
}

/* ---- the disk ---- */

static bool probe_disk(struct bench *bench, const char *when, const char *suffix)
{
    static struct bench_histogram took;
    char name[BENCH_NAME_BYTES];
    if (!bench_disk_probe(bench->place.folder, BENCH_SECOND, &took, &bench->error)) return false;
    double p50_us = (double)bench_histogram_at(&took, 0.5) / 1e3, p99_us = (double)bench_histogram_at(&took, 0.99) / 1e3;
    bench_report_note(&bench->report, "4 KiB + fdatasync, %-27s p50 %.0f us, p99 %.0f us, %lld a second", when, p50_us, p99_us,
                      (long long)took.count);
    (void)snprintf(name, sizeof name, "fsync_us_p50%s", suffix);
    bench_report_keep(&bench->report, name, p50_us, 0);
    (void)snprintf(name, sizeof name, "fsync_us_p99%s", suffix);
    bench_report_keep(&bench->report, name, p99_us, 0);
    return true;
}

/* ---- the run ---- */

/* What was answered as done happened at the bank, once each. */
static bool check_books(struct bench *bench)
{
    struct bench_book book;
    const struct bench_shop *shop = &bench->shop;
    int64_t holds = (int64_t)shop->authorized + shop->direct_count, captures = shop->captured;
    if (!bench_book_ask(bench->stage.bank.address, &book, &bench->error)) return false;
    bench_report_note(&bench->report, "\nThe bank's book: %lld holds and %lld captures; answered here: %lld and %lld.",
                      (long long)book.holds, (long long)book.captures, (long long)holds, (long long)captures);
    if (book.holds == holds && book.captures == captures) return true;
    return bench->report.failures > 0 || error_set(&bench->error, "the books differ");
}

static bool measure_all(struct bench *bench)
{
    if (!probe_disk(bench, "before", "")) return false;
    for (size_t i = 0; i < COUNT_OF(measurements); i++) {
        if (is_wanted(&measurements[i]) && !measurements[i].measure(bench)) return false;
    }
    if (!check_books(bench) || !probe_disk(bench, "after", "_after")) return false;
    bench_goals_print(&bench->report);
    return true;
}

static void say_what(const struct bench *bench)
{
    printf("florin %s (%s), %ld cores shared by gateway, bank and load, %lld s a run%s\n", FLORIN_VERSION, FLORIN_REVISION,
           sysconf(_SC_NPROCESSORS_ONLN), (long long)bench->seconds,
           bench_folder_is_tmpfs(bench->place.folder) ? "; ON TMPFS: NOTHING HERE IS DURABLE" : "");
}

static bool run_on_stage(struct bench *bench)
{
    if (!bench_stage_open(&bench->stage, &bench->place, &(struct bench_stage_plan){ .name = "main" }, &bench->error)) return false;
    say_what(bench);
    bench_shop_open(&bench->shop, "bench", BENCH_CARDS);
    bool is_fine = measure_all(bench);
    bench_shop_close(&bench->shop);
    bench_stage_close(&bench->stage);
    if (!is_fine || !chosen.json) return is_fine;
    return bench_report_write(&bench->report, chosen.json, bench->seconds, bench->place.folder, &bench->error);
}

static bool run(struct bench *bench)
{
    bench_report_open(&bench->report);
    bool is_fine = bench_place_open(&bench->place, chosen.folder, &bench->error) && run_on_stage(bench);
    if (bench->report.failures > 0) fprintf(stderr, "florin bench: %lld requests failed\n", (long long)bench->report.failures);
    if (!is_fine) fprintf(stderr, "florin bench: %s\n", bench->error.text);
    bool keeps_logs = !is_fine && bench->place.folder[0] && !bench_load_is_interrupted();
    if (keeps_logs) fprintf(stderr, "florin bench: the store and the logs are left in %s\n", bench->place.folder);
    bench_place_close(&bench->place, keeps_logs);
    is_fine = is_fine && bench->report.failures == 0;
    bench_report_close(&bench->report);
    return is_fine;
}

static void interrupt(int signal_number)
{
    (void)signal_number;
    bench_load_interrupt();
}

static void be_interruptible(void)
{
    struct sigaction action = { .sa_handler = interrupt };
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
}

/* The processes that we start inherit the limit. */
static bool raise_descriptors(struct error *error)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_max < DESCRIPTORS_LEAST) {
        return error_set(error, "%d open files are needed: see ulimit -n", DESCRIPTORS_LEAST);
    }
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
    return true;
}

int command_bench(int count, char **words)
{
    static struct bench bench;
    struct error error;
    bool is_read = settings_read(settings, COUNT_OF(settings), count, words, &error);
    if (is_read && !knows_only()) is_read = error_set(&error, "there is no measurement \"%s\"", chosen.only);
    if (!is_read || !raise_descriptors(&error)) {
        fprintf(stderr, "florin bench: %s\n", error.text);
        return EXIT_USAGE;
    }
    be_interruptible();
    bench.seconds = chosen.seconds;
    bench.is_long = chosen.is_long;
    bench.payments = chosen.payments;
    bench.store = chosen.store;
    return run(&bench) ? 0 : 1;
}

void command_bench_help(void)
{
    printf("Usage: florin bench [--flag value ...]\n\n");
    settings_help(settings, COUNT_OF(settings));
    printf("\nHow to read what it prints: bench/README.md.\n");
}
