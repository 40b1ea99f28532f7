/* SPDX-License-Identifier: Apache-2.0 */
/* reconcile: `florin reconcile` prints where our receipts and the bank disagree. It may run beside a gateway: it only reads. */
#include "flow/reconcile.h"

#include <stdio.h>
#include <unistd.h>

#include "command/command.h"
#include "command/house.h"

enum { EXIT_DRIFT = 1, EXIT_USAGE = 2, EXIT_NOT_WHOLE = 3, QUESTION_TIMEOUT_MS = 10000 };

static bool json;

/* clang-format off */
static const struct setting settings[] = {
    HOUSE_STORE_SETTING,
#include "command/account_settings.list"
    { "json", SETTING_SWITCH, "off", 0, 0, &json, "One JSON object a line instead of words." },
};
/* clang-format on */

struct run {
    struct loop *loop;
    struct store *reader;
    struct house_accounts accounts;
    struct reconciliation *reconciliation;
    struct reconciliation_totals totals;
    bool whole;
    bool shows_progress;
};

static void print_words(const struct finding *finding)
{
    str kind = finding_word(finding->kind), object = operation_kind_word(finding->object);
    str ref = finding->processor_ref.length > 0 ? finding->processor_ref : STR("-");
    printf("%-20.*s %.*s  %-9.*s %.*s", STR_FORMAT(kind), STR_FORMAT(finding->payment_id), STR_FORMAT(object), STR_FORMAT(ref));
    if (finding->kind == FINDING_AMOUNT || finding->kind == FINDING_CURRENCY) {
        printf("  ours %lld %s, theirs %lld %s", (long long)finding->ours.minor, finding->ours.currency.code,
               (long long)finding->theirs.minor, finding->theirs.currency.code[0] ? finding->theirs.currency.code : "?");
    }
    if (finding->kind == FINDING_STRAY_HOLD) printf("  at most %lld", (long long)finding->count);
    printf("\n");
}

static void print_json(const struct finding *finding)
{
    struct arena arena = { 0 };
    struct text line = text_open(&arena, 512);
    json_open_object(&line);
    json_put_str(&line, "kind", finding_word(finding->kind));
    json_put_str(&line, "payment_id", finding->payment_id);
    json_put_str(&line, "object", operation_kind_word(finding->object));
    json_put_str(&line, "processor_ref", finding->processor_ref.length > 0 ? finding->processor_ref : STR_NONE);
    json_put_int(&line, "our_amount", finding->ours.minor);
    json_put_str(&line, "our_currency", currency_str(&finding->ours.currency));
    json_put_int(&line, "their_amount", finding->theirs.minor);
    json_put_str(&line, "their_currency", finding->theirs.currency.code[0] ? currency_str(&finding->theirs.currency) : STR_NONE);
    if (finding->kind == FINDING_STRAY_HOLD) json_put_int(&line, "at_most", finding->count);
    json_close_object(&line);
    str text = text_str(&line);
    printf("%.*s\n", STR_FORMAT(text));
    arena_close(&arena);
}

static void found(void *context, const struct finding *finding)
{
    (void)context;
    if (json) print_json(finding);
    else print_words(finding);
}

static void progress(void *context, const struct reconciliation_totals *totals)
{
    const struct run *run = context;
    if (!run->shows_progress) return;
    fprintf(stderr, "\r%lld payments, %lld objects compared", (long long)totals->payments, (long long)totals->compared);
}

static void finished(void *context, const struct reconciliation_totals *totals, bool whole)
{
    struct run *run = context;
    run->totals = *totals;
    run->whole = whole;
    loop_stop(run->loop);
}

static int64_t drifts(const struct reconciliation_totals *totals)
{
    return totals->findings[FINDING_ABSENT] + totals->findings[FINDING_AMOUNT] + totals->findings[FINDING_CURRENCY] +
           totals->findings[FINDING_PARENT];
}

static void print_totals(const struct run *run)
{
    const struct reconciliation_totals *totals = &run->totals;
    if (run->shows_progress) fprintf(stderr, "\n");
    if (json) return;
    printf("%lld payments, %lld objects compared: %lld drifts, %lld unverifiable, %lld with possible stray holds, %lld not compared\n",
           (long long)totals->payments, (long long)totals->compared, (long long)drifts(totals),
           (long long)totals->findings[FINDING_UNVERIFIABLE], (long long)totals->findings[FINDING_STRAY_HOLD],
           (long long)totals->findings[FINDING_NOT_COMPARED]);
}

static bool open_run(struct run *run, struct error *error)
{
    if (!house_open_accounts(&run->accounts, error)) return false;
    run->loop = loop_open(error);
    if (!run->loop) return false;
    run->reader = store_open(str_of(house_chosen.store), STORE_READS, error);
    return run->reader && loop_asks_on(run->loop, store_run_questions, run->reader, error);
}

static void compare_all(struct run *run)
{
    struct reconciliation_options options = {
        .world = loop_world(run->loop),
        .merchant = house_merchant(),
        .processors = run->accounts.settings,
        .processor_count = run->accounts.count,
        .context = run,
        .found = found,
        .progress = progress,
        .finished = finished,
    };
    for (size_t i = 0; i < run->accounts.count; i++) {
        run->accounts.settings[i].timeout = run->accounts.settings[i].connect_timeout = QUESTION_TIMEOUT_MS * MICROS_PER_MS;
    }
    run->shows_progress = isatty(STDERR_FILENO) == 1;
    run->reconciliation = reconciliation_start(&options);
    loop_run(run->loop);
}

static int exit_status(const struct run *run)
{
    if (!run->whole || run->totals.findings[FINDING_NOT_COMPARED] > 0) return EXIT_NOT_WHOLE;
    return drifts(&run->totals) > 0 ? EXIT_DRIFT : 0;
}

int command_reconcile(int count, char **words)
{
    struct run run = { 0 };
    struct error error;
    if (!settings_read_part(settings, COUNT_OF(settings), count, words, &error)) {
        fprintf(stderr, "florin reconcile: %s\n", error.text);
        return EXIT_USAGE;
    }
    bool opened = open_run(&run, &error);
    if (opened) compare_all(&run);
    if (opened) print_totals(&run);
    else fprintf(stderr, "florin reconcile: %s\n", error.text);
    int status = opened ? exit_status(&run) : EXIT_NOT_WHOLE;
    reconciliation_free(run.reconciliation);
    if (run.loop) loop_close(run.loop);
    store_close(run.reader);
    house_forget_accounts(&run.accounts);
    return status;
}

void command_reconcile_help(void)
{
    settings_help(settings, COUNT_OF(settings));
    printf("\nExit status: 0 no drift, 1 drift, 3 not everything could be compared.\n");
}
