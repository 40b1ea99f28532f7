/* SPDX-License-Identifier: Apache-2.0 */
/* bench_restart: a gateway is killed over a million old payments while 10,000 new ones hang at a bank that says nothing, and starts again:
 *
 *     silence, 10,000 open ── kill -9 ── start ──▶ ready ── quiet time ──▶ first re-send ──▶ all settled
 */
#include <stdlib.h>
#include <time.h>

#include "command/bench/bench.h"
#include "command/bench/bench_book.h"
#include "command/bench/bench_question.h"

enum {
    OPEN_MOST = 10000,     /* fewer over a smaller store */
    LANES = 5000,          /* a customer hears 202 and the next one comes, while the call stays where it is */
    CONFIRM_LANES = 64,
    QUIET_MS = 10000,      /* the gateway's default */
    KIB_PER_MIB = 1024,
};

static const double ns_per_ms = 1e6;
static const int64_t hang_within_ns = 25 * BENCH_SECOND; /* before the gateway's patience with the bank is over */
static const int64_t resend_within_ns = 60 * BENCH_SECOND;
static const int64_t settle_within_ns = 400 * BENCH_SECOND;
static const int64_t look_every_ns = BENCH_SECOND / 500;
static const char silence[] = "{\"fault\":\"silence\",\"times\":0}";

struct restart {
    struct bench *bench;
    struct bench_stage_plan plan;
    struct bench_stage stage;
    struct bench_shop shop;
    uint32_t open;
    int64_t started_ns, ready_ns, resent_ns, settled_ns;
};

/* ---- 10,000 hang ---- */

static bool let_them_hang(struct restart *restart)
{
    static struct bench_outcome outcome;
    struct error *error = &restart->bench->error;
    const char *gateway = restart->stage.gateway.address;
    struct bench_plan plan = { .address = gateway, .talk = &bench_talk_crowd, .context = &restart->shop, .lanes = LANES,
                               .counted_ns = hang_within_ns };
    restart->shop.payment_limit = restart->open;
    if (!bench_question_tell(restart->stage.bank.address, "POST", "/sim/faults", silence, error)) return false;
    if (!bench_load_run(&plan, &outcome, 1, error)) return false;
    if (restart->shop.taken_on != restart->open) return error_set(error, "only %u hang: %s", restart->shop.taken_on, outcome.complaint);
    return bench_question_wait(gateway, "florin_processor_calls_in_air", restart->open, hang_within_ns, error);
}

/* ---- killed, and up again ---- */

static bool start_again(struct restart *restart)
{
    struct error *error = &restart->bench->error;
    child_kill(&restart->stage.gateway);
    if (!bench_question_tell(restart->stage.bank.address, "DELETE", "/sim/faults", NULL, error)) return false;
    restart->started_ns = bench_now_ns();
    if (!bench_stage_start_gateway(&restart->stage.gateway, &restart->bench->place, &restart->plan, restart->stage.bank.address, error)) {
        return false;
    }
    restart->ready_ns = bench_now_ns();
    return true;
}

static bool wait_for_resend(struct restart *restart)
{
    int64_t before, now;
    const char *bank = restart->stage.bank.address;
    struct error *error = &restart->bench->error;
    if (!bench_book_count_requests(bank, &before, error)) return false;
    do {
        (void)nanosleep(&(struct timespec){ .tv_nsec = look_every_ns }, NULL);
        if (!bench_book_count_requests(bank, &now, error)) return false;
        restart->resent_ns = bench_now_ns();
    } while (now == before && restart->resent_ns < restart->started_ns + resend_within_ns);
    return now > before || error_set(error, "nothing is sent again");
}

static bool wait_until_settled(struct restart *restart)
{
    if (!bench_question_wait_idle(restart->stage.gateway.address, settle_within_ns, &restart->bench->error)) return false;
    restart->settled_ns = bench_now_ns();
    return true;
}

/* ---- did all end well? ---- */

static bool check(struct restart *restart)
{
    static struct bench_outcome outcome;
    struct bench_book book;
    struct error *error = &restart->bench->error;
    struct bench_plan plan = { .address = restart->stage.gateway.address, .talk = &bench_talk_confirm, .context = &restart->shop,
                               .lanes = CONFIRM_LANES, .counted_ns = settle_within_ns };
    if (!bench_load_run(&plan, &outcome, 1, error) || !bench_book_ask(restart->stage.bank.address, &book, error)) return false;
    if (outcome.failures > 0) {
        return error_set(error, "restart: %lld orders did not end as authorized: %s", (long long)outcome.failures, outcome.complaint);
    }
    if (book.holds == restart->open) return true;
    return error_set(error, "restart: the bank has %lld holds for %u payments", (long long)book.holds, restart->open);
}

static void report(const struct restart *restart)
{
    struct bench_report *report = &restart->bench->report;
    double ready_ms = (double)(restart->ready_ns - restart->started_ns) / ns_per_ms;
    double resent_ms = (double)(restart->resent_ns - restart->ready_ns) / ns_per_ms - QUIET_MS;
    double settled_ms = (double)(restart->settled_ns - restart->resent_ns) / ns_per_ms;
    double most_mib = (double)bench_rss_most_kib_of(restart->stage.gateway.pid) / KIB_PER_MIB;
    bench_report_note(report, "\nkilled over %u old payments and %u that hang at the bank", restart->bench->filled.payments, restart->open);
    bench_report_value(report, "  from start to ready", "restart_ready_ms", ready_ms, 1, "ms");
    bench_report_value(report, "  the first is sent again, after the quiet time", "restart_resend_ms", resent_ms, 0, "ms");
    bench_report_value(report, "  all are settled after the first was sent", "restart_settled_ms", settled_ms, 0, "ms");
    bench_report_value(report, "  memory at most", "restart_rss_mib", most_mib, 1, "MiB");
    bench_report_note(report, "  all %u are authorized in the end, once each at the bank", restart->open);
}

bool bench_measure_restart(struct bench *bench)
{
    struct restart *restart = calloc(1, sizeof *restart);
    INSIST(restart != NULL && "out of memory");
    restart->bench = bench;
    restart->open = bench->payments < OPEN_MOST ? (uint32_t)bench->payments : OPEN_MOST;
    restart->plan = (struct bench_stage_plan){ .name = BENCH_FILLED_STAGE, .latency_ms = "100:2000", .answer_within_ms = "1000" };
    bench_shop_open(&restart->shop, "restart", BENCH_CARDS);
    bool is_fine = bench_fill_once(bench) && bench_stage_open(&restart->stage, &bench->place, &restart->plan, &bench->error) &&
                   let_them_hang(restart) && start_again(restart) && wait_for_resend(restart) && wait_until_settled(restart) && check(restart);
    if (is_fine) report(restart);
    bench_stage_close(&restart->stage);
    bench_shop_close(&restart->shop);
    free(restart);
    return is_fine;
}
