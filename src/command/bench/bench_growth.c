/* SPDX-License-Identifier: Apache-2.0 */
/* bench_growth: what a million old payments cost: room on the disk, rate, look-ups. An empty and a filled store take turns, so that what
 * disturbs the machine disturbs both. */
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "command/bench/bench.h"
#include "command/bench/bench_book.h"
#include "command/bench/bench_fill.h"

enum {
    TURNS = 3, /* of each */
    LOOK_UPS_PER_SECOND = 1000,
    LOOK_UP_LANES = 128,
};

static const double ns_per_ms = 1e6;

/* ---- the filled store ---- */

static micros wall_clock(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * MICROS_PER_SECOND + now.tv_nsec / 1000;
}

static void report_fill(struct bench *bench, const char *path, int64_t took_ns)
{
    struct stat about = { 0 };
    const struct bench_filled *filled = &bench->filled;
    double seconds = (double)took_ns / (double)BENCH_SECOND;
    (void)stat(path, &about);
    bench_report_note(&bench->report, "\na store of %u payments, filled in %.0f s", filled->payments, seconds);
    bench_report_keep(&bench->report, "growth_payments", filled->payments, 0);
    bench_report_keep(&bench->report, "growth_fill_s", seconds, 1);
    bench_report_value(&bench->report, "  bytes a payment, 2.1 operations each", "growth_bytes_per_payment",
                       (double)about.st_size / filled->payments, 0, "bytes");
}

bool bench_fill_once(struct bench *bench)
{
    char path[BENCH_PATH_BYTES];
    struct bench_filled *filled = &bench->filled;
    if (filled->payments > 0) return true;
    bench_stage_store_path(&bench->place, BENCH_FILLED_STAGE, path);
    int64_t began_ns = bench_now_ns();
    micros now = wall_clock();
    if (!bench_fill(path, (uint32_t)bench->payments, now, &bench->error)) return false;
    *filled = (struct bench_filled){ (uint32_t)bench->payments, now };
    report_fill(bench, path, bench_now_ns() - began_ns);
    return true;
}

void bench_shop_open_filled(struct bench_shop *shop, const struct bench_filled *filled)
{
    bench_shop_open(shop, BENCH_FILL_SHOP, BENCH_CARDS);
    for (uint32_t i = 0; i < filled->payments; i++) {
        struct payment_id id = bench_fill_payment_id(i, filled->payments, filled->now);
        bench_shop_adopt(shop, id.text);
    }
}

/* ---- both in turn ---- */

struct side {
    const char *label;
    struct bench_stage stage;
    struct bench_shop shop;
    double per_s[TURNS];
};

struct growth {
    struct bench *bench;
    struct side empty, filled;
};

static bool measure_side(struct bench *bench, struct side *side, int turn)
{
    struct bench_result result;
    struct bench_talk_plan plan = { side->label, &bench_talk_authorize, BENCH_PEAK_LANES, .per_row = 1, .stage = &side->stage, .shop = &side->shop };
    if (!bench_talk_run(bench, &plan, &result)) return false;
    side->per_s[turn] = result.per_s;
    return true;
}

static bool measure_both(struct growth *growth)
{
    for (int turn = 0; turn < TURNS; turn++) {
        if (!measure_side(growth->bench, &growth->empty, turn) || !measure_side(growth->bench, &growth->filled, turn)) return false;
    }
    return true;
}

static double sum_of(const struct side *side)
{
    double sum = 0;
    for (int turn = 0; turn < TURNS; turn++) sum += side->per_s[turn];
    return sum;
}

/* ---- look-ups of both at once ---- */

static struct bench_plan look_up_plan(const struct bench *bench, struct side *side)
{
    return (struct bench_plan){ .address = side->stage.gateway.address, .talk = &bench_talk_look_up, .context = &side->shop,
                                .lanes = LOOK_UP_LANES, .per_second = LOOK_UPS_PER_SECOND, .warm_ns = BENCH_SECOND,
                                .counted_ns = bench->seconds * BENCH_SECOND };
}

static double p99_ms(const struct bench_outcome *outcome) { return (double)bench_histogram_at(&outcome->latency, 0.99) / ns_per_ms; }

static void report(struct growth *growth, const struct bench_plan plans[2], const struct bench_outcome outcomes[2])
{
    struct bench_cost none = { 0 };
    struct bench_report *report = &growth->bench->report;
    bench_report_run(report, "order look-up, empty store", &plans[0], &outcomes[0], &none, 1);
    bench_report_run(report, "order look-up, filled store", &plans[1], &outcomes[1], &none, 1);
    bench_report_value(report, "rate with the filled store, share of the empty one's", "growth_ratio",
                       sum_of(&growth->filled) / sum_of(&growth->empty), 2, "");
    bench_report_value(report, "  order look-ups at 1,000 a second, p99", "growth_lookup_ms_p99", p99_ms(&outcomes[1]), 2, "ms");
    bench_report_value(report, "  the same on the empty store meanwhile", "growth_lookup_empty_ms_p99", p99_ms(&outcomes[0]), 2, "ms");
}

static bool look_up(struct growth *growth)
{
    static struct bench_outcome outcomes[2];
    struct bench *bench = growth->bench;
    struct bench_plan plans[] = { look_up_plan(bench, &growth->empty), look_up_plan(bench, &growth->filled) };
    bench_shop_begin(&growth->empty.shop);
    bench_shop_begin(&growth->filled.shop);
    if (!bench_load_run(plans, outcomes, COUNT_OF(plans), &bench->error)) return false;
    report(growth, plans, outcomes);
    return true;
}

static bool check_book(struct bench *bench, const struct side *side)
{
    struct bench_book book;
    if (!bench_book_ask(side->stage.bank.address, &book, &bench->error)) return false;
    int64_t answered = (int64_t)side->shop.authorized - side->shop.adopted;
    return book.holds == answered || bench->report.failures > 0 || error_set(&bench->error, "growth: the books differ");
}

static bool open_side(struct bench *bench, struct side *side, const char *name)
{
    return bench_stage_open(&side->stage, &bench->place, &(struct bench_stage_plan){ .name = name }, &bench->error);
}

static void close_side(struct side *side)
{
    bench_stage_close(&side->stage);
    bench_shop_close(&side->shop);
}

bool bench_measure_growth(struct bench *bench)
{
    struct growth *growth = calloc(1, sizeof *growth);
    INSIST(growth != NULL && "out of memory");
    growth->bench = bench;
    growth->empty.label = "authorize, empty store";
    growth->filled.label = "authorize, filled store";
    bool is_filled = bench_fill_once(bench);
    bench_shop_open(&growth->empty.shop, "empty", BENCH_CARDS);
    bench_shop_open_filled(&growth->filled.shop, &bench->filled);
    bool is_fine = is_filled && open_side(bench, &growth->empty, "empty") && open_side(bench, &growth->filled, BENCH_FILLED_STAGE) &&
                   measure_both(growth) && look_up(growth) && check_book(bench, &growth->empty) && check_book(bench, &growth->filled);
    close_side(&growth->empty);
    close_side(&growth->filled);
    free(growth);
    return is_fine;
}
