/* SPDX-License-Identifier: Apache-2.0 */
/* bench_rotation: `florin vault rotate` again and again, master key and data key in turn, while stored cards pay at a fixed rate. Nobody may
 * notice; every card must open afterwards, and the master key of the beginning must open nothing. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "command/bench/bench.h"
#include "command/bench/bench_book.h"
#include "command/bench/bench_question.h"
#include "vault/key_file.h"

enum {
    LANES = 256,
    PER_SECOND = 1000,
    STORE_LANES = 64,
    NS_PER_US = 1000,
};

#define STAGE "rotation"
static const char florin[] = "/proc/self/exe";
static const int64_t store_within_ns = 60 * BENCH_SECOND;
static const int64_t pause_ns = BENCH_SECOND / 10; /* before asking again: cards are still coming over to the data key before */

struct rotation {
    struct bench *bench;
    struct bench_stage stage;
    struct bench_shop shop;
    struct bench_result alone, changing;
    char store[BENCH_PATH_BYTES + sizeof "sqlite:"];
    char master_path[BENCH_PATH_BYTES], log[BENCH_PATH_BYTES];
    struct hash first_master;
    pthread_t thread;
    atomic_bool stops;
    int changed[2]; /* the thread's until it was joined: master keys, data keys */
};

/* ---- the stage ---- */

static bool open_stage(struct rotation *rotation)
{
    struct bench *bench = rotation->bench;
    char path[BENCH_PATH_BYTES];
    const char *const init[] = { florin, "vault", "init", "--store", rotation->store, NULL };
    bench_stage_store_path(&bench->place, STAGE, path);
    (void)snprintf(rotation->store, sizeof rotation->store, "sqlite:%s", path);
    bench_folder_path(bench->place.folder, STAGE ".db.master", rotation->master_path);
    bench_folder_path(bench->place.folder, STAGE ".vault.log", rotation->log);
    return child_run(init, rotation->log, &bench->error) && key_file_read_given(rotation->master_path, &rotation->first_master, &bench->error) &&
           bench_stage_open(&rotation->stage, &bench->place, &(struct bench_stage_plan){ .name = STAGE }, &bench->error);
}

static bool store_cards(struct rotation *rotation)
{
    static struct bench_outcome outcome;
    struct error *error = &rotation->bench->error;
    struct bench_plan plan = { .address = rotation->stage.gateway.address, .talk = &bench_talk_store, .context = &rotation->shop,
                               .lanes = STORE_LANES, .counted_ns = store_within_ns };
    bench_shop_begin(&rotation->shop);
    if (!bench_load_run(&plan, &outcome, 1, error)) return false;
    return rotation->shop.tokens_stored == rotation->shop.card_count || error_set(error, "not all cards are stored: %s", outcome.complaint);
}

/* ---- somebody changes the keys ---- */

static void *change_keys(void *context)
{
    struct rotation *rotation = context;
    const char *const words[2][7] = { { florin, "vault", "rotate", "--store", rotation->store },
                                      { florin, "vault", "rotate", "--data-key", "--store", rotation->store } };
    for (int turn = 0; !atomic_load(&rotation->stops);) {
        struct error busy;
        if (!child_run(words[turn], rotation->log, &busy)) {
            (void)nanosleep(&(struct timespec){ .tv_nsec = pause_ns }, NULL);
            continue;
        }
        rotation->changed[turn]++;
        turn = 1 - turn;
    }
    return NULL;
}

static bool pay_by_token(struct rotation *rotation, const char *label, struct bench_result *out)
{
    struct bench_talk_plan plan = { label, &bench_talk_by_token, LANES, .per_second = PER_SECOND, .per_row = 1, .stage = &rotation->stage,
                                    .shop = &rotation->shop };
    return bench_talk_run(rotation->bench, &plan, out);
}

static bool pay_while_keys_change(struct rotation *rotation)
{
    if (pthread_create(&rotation->thread, NULL, change_keys, rotation) != 0) return error_set(&rotation->bench->error, "no room for a thread");
    bool is_paid = pay_by_token(rotation, "and while both keys change", &rotation->changing);
    atomic_store(&rotation->stops, true);
    pthread_join(rotation->thread, NULL);
    if (!is_paid || (rotation->changed[0] > 0 && rotation->changed[1] > 0)) return is_paid;
    return error_set(&rotation->bench->error, "the keys were not changed, as %s tells", rotation->log);
}

/* ---- afterwards ---- */

/* Each one pays once more. */
static bool all_cards_open(struct rotation *rotation)
{
    static struct bench_outcome outcome;
    struct error *error = &rotation->bench->error;
    const char *gateway = rotation->stage.gateway.address;
    struct bench_shop *shop = &rotation->shop;
    struct bench_plan plan = { .address = gateway, .talk = &bench_talk_by_token, .context = shop, .lanes = STORE_LANES,
                               .counted_ns = store_within_ns };
    shop->payment_limit = shop->payment_count + shop->card_count;
    if (!bench_question_wait(gateway, "florin_vault_resealing", 0, store_within_ns, error)) return false;
    if (!bench_load_run(&plan, &outcome, 1, error)) return false;
    bool have_all_paid = outcome.failures == 0 && shop->payment_count == shop->payment_limit;
    return have_all_paid || error_set(error, "rotation: a stored card does not pay any more: %s", outcome.complaint);
}

static bool book_agrees(struct rotation *rotation)
{
    struct bench_book book;
    struct error *error = &rotation->bench->error;
    if (!bench_book_ask(rotation->stage.bank.address, &book, error)) return false;
    return book.holds == rotation->shop.authorized || rotation->bench->report.failures > 0 ||
           error_set(error, "rotation: %u were authorized, and the bank has %lld holds", rotation->shop.authorized, (long long)book.holds);
}

/* It stands in its place again, and the gateway will not have it. */
static bool first_master_opens_nothing(struct rotation *rotation)
{
    struct error refused, *error = &rotation->bench->error;
    struct child gateway = { 0 };
    const struct bench_stage_plan plan = { .name = STAGE };
    bool is_there = child_stop(&rotation->stage.gateway) && key_file_prepare(rotation->master_path, &rotation->first_master, error) &&
                    key_file_put_in_place(rotation->master_path, error);
    if (!is_there) return error_set(error, "the first master key cannot be put back");
    if (!bench_stage_start_gateway(&gateway, &rotation->bench->place, &plan, rotation->stage.bank.address, &refused)) return true;
    child_kill(&gateway);
    return error_set(error, "rotation: the master key of the beginning still opens the vault");
}

static void report(struct rotation *rotation)
{
    struct bench_report *report = &rotation->bench->report;
    bench_report_value(report, "master keys changed meanwhile", "rotation_master_keys", rotation->changed[0], 0, "");
    bench_report_value(report, "  data keys, with all cards", "rotation_data_keys", rotation->changed[1], 0, "");
    bench_report_keep(report, "rotation_p50_us", (double)rotation->changing.p50_ns / NS_PER_US, 0);
    bench_report_keep(report, "rotation_p99_us", (double)rotation->changing.p99_ns / NS_PER_US, 0);
    bench_report_keep(report, "rotation_alone_p50_us", (double)rotation->alone.p50_ns / NS_PER_US, 0);
    bench_report_keep(report, "rotation_alone_p99_us", (double)rotation->alone.p99_ns / NS_PER_US, 0);
    bench_report_note(report, "  then all %u cards pay, and the master key of the beginning opens nothing", rotation->shop.card_count);
}

bool bench_measure_rotation(struct bench *bench)
{
    struct rotation *rotation = calloc(1, sizeof *rotation);
    INSIST(rotation != NULL && "out of memory");
    rotation->bench = bench;
    bench_shop_open(&rotation->shop, STAGE, BENCH_CARDS);
    bool is_fine = open_stage(rotation) && store_cards(rotation) && pay_by_token(rotation, "by token, 1,000 a second", &rotation->alone) &&
                   pay_while_keys_change(rotation) && all_cards_open(rotation) && book_agrees(rotation) && first_master_opens_nothing(rotation);
    if (is_fine) report(rotation);
    bench_stage_close(&rotation->stage);
    bench_shop_close(&rotation->shop);
    secret_wipe(&rotation->first_master, sizeof rotation->first_master);
    free(rotation);
    return is_fine;
}
