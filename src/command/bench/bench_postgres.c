/* SPDX-License-Identifier: Apache-2.0 */
/* bench_postgres: authorizations with PostgreSQL behind the gateway: the one that --store names, or one of our own that is made in the
 * folder, as durable as it comes, and removed with it. It refuses to run as root, so root hands it to the user whom its package made. */
#include <errno.h>
#include <glob.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "command/bench/bench.h"
#include "command/bench/bench_book.h"
#include "command/bench/bench_program.h"

enum { READY_TRIES = 200, WORDS_MAX = 24, URL_BYTES = 128 };

static const int64_t between_tries_ns = BENCH_SECOND / 20;

#define SERVER_USER "postgres"

struct server {
    struct bench *bench;
    struct child child;
    char programs[BENCH_PATH_BYTES]; /* the folder of them */
    char data[BENCH_PATH_BYTES], log[BENCH_PATH_BYTES];
    char url[URL_BYTES];
};

/* ---- its programs, and who may run them ---- */

/* The newest that Debian has put beside the others. */
static bool find_programs(char out[BENCH_PATH_BYTES])
{
    glob_t found = { 0 };
    bool is_there = glob("/usr/lib/postgresql/*/bin", 0, NULL, &found) == 0 && found.gl_pathc > 0;
    if (is_there) (void)snprintf(out, BENCH_PATH_BYTES, "%s", found.gl_pathv[found.gl_pathc - 1]);
    globfree(&found);
    return is_there && (geteuid() != 0 || getpwnam(SERVER_USER));
}

/* "program words..." as a user that PostgreSQL accepts; NULL at the end. */
static void as_server_user(const char *program, const char *const *words, const char *out[WORDS_MAX])
{
    static const char *const become[] = { "setpriv", "--reuid", SERVER_USER, "--regid", SERVER_USER, "--init-groups", "--pdeathsig", "INT", "--" };
    size_t count = 0;
    for (size_t i = 0; geteuid() == 0 && i < COUNT_OF(become); i++) out[count++] = become[i];
    out[count++] = program;
    while (*words) out[count++] = *words++;
    INSIST(count < WORDS_MAX);
    out[count] = NULL;
}

static bool run(struct server *server, const char *name, const char *const *words)
{
    char program[BENCH_PATH_BYTES];
    const char *all[WORDS_MAX];
    bench_folder_path(server->programs, name, program);
    as_server_user(program, words, all);
    return child_run(all, server->log, &server->bench->error);
}

/* ---- the server ---- */

/* A folder of its own, which its user can reach. */
static bool make_data_folder(struct server *server)
{
    const struct bench_place *place = &server->bench->place;
    const struct passwd *user = getpwnam(SERVER_USER);
    bench_folder_path(place->full_folder, "postgres", server->data);
    bench_folder_path(place->full_folder, "postgres.log", server->log);
    bool is_made = mkdir(server->data, 0700) == 0;
    if (is_made && geteuid() == 0) is_made = user && chown(server->data, user->pw_uid, user->pw_gid) == 0 && chmod(place->full_folder, 0711) == 0;
    return is_made || error_set(&server->bench->error, "cannot make %s: %s", server->data, strerror(errno));
}

static bool can_reach_data(struct server *server)
{
    const char *const words[] = { "-w", server->data, NULL };
    const char *all[WORDS_MAX];
    as_server_user("test", words, all);
    return child_run(all, server->log, &server->bench->error) ||
           error_set(&server->bench->error, "the user " SERVER_USER " cannot reach %s: choose another --folder", server->data);
}

static bool make_cluster(struct server *server)
{
    const char *const words[] = { "-D", server->data, "-U", "florin", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", NULL };
    return make_data_folder(server) && can_reach_data(server) && run(server, "initdb", words);
}

static bool wait_until_ready(struct server *server, const char *port)
{
    const char *const words[] = { "-q", "-h", "127.0.0.1", "-p", port, "-U", "florin", NULL };
    for (int i = 0; i < READY_TRIES && child_is_running(&server->child); i++) {
        if (run(server, "pg_isready", words)) return true;
        (void)nanosleep(&(struct timespec){ .tv_nsec = between_tries_ns }, NULL);
    }
    return error_set(&server->bench->error, "PostgreSQL did not become ready");
}

static bool start_server(struct server *server)
{
    char program[BENCH_PATH_BYTES], address[64];
    const char *all[WORDS_MAX];
    struct error *error = &server->bench->error;
    if (!make_cluster(server) || !bench_program_free_address(address, sizeof address, error)) return false;
    const char *port = strchr(address, ':') + 1;
    const char *const words[] = { "-D", server->data, "-h", "127.0.0.1", "-p", port, "-k", "", NULL };
    bench_folder_path(server->programs, "postgres", program);
    as_server_user(program, words, all);
    if (!child_spawn(&server->child, all, server->log, error)) return false;
    (void)snprintf(server->url, sizeof server->url, "postgres://florin@%s/postgres", address);
    return wait_until_ready(server, port);
}

/* ---- the measurement ---- */

static bool check_book(struct bench *bench, const struct bench_stage *stage, const struct bench_shop *shop)
{
    struct bench_book book;
    if (!bench_book_ask(stage->bank.address, &book, &bench->error)) return false;
    return book.holds == shop->authorized || bench->report.failures > 0 || error_set(&bench->error, "postgres: the books differ");
}

static bool measure_lanes(struct bench *bench, const struct bench_stage *stage, struct bench_shop *shop, size_t lanes, double *best)
{
    char label[BENCH_NAME_BYTES];
    struct bench_result result;
    (void)snprintf(label, sizeof label, "PostgreSQL, authorize, %zu", lanes);
    struct bench_talk_plan plan = { label, &bench_talk_authorize, lanes, .per_row = 1, .stage = stage, .shop = shop };
    if (!bench_talk_run(bench, &plan, &result)) return false;
    if (result.per_s > *best) *best = result.per_s;
    return true;
}

static bool measure_on(struct bench *bench, const char *url)
{
    double best = 0;
    struct bench_stage stage;
    struct bench_shop *shop = calloc(1, sizeof *shop);
    INSIST(shop != NULL && "out of memory");
    bench_shop_open(shop, "postgres", BENCH_CARDS);
    struct bench_stage_plan plan = { .name = "postgres", .store = url };
    bool is_fine = bench_stage_open(&stage, &bench->place, &plan, &bench->error) && measure_lanes(bench, &stage, shop, 64, &best) &&
                   measure_lanes(bench, &stage, shop, 256, &best) && measure_lanes(bench, &stage, shop, 1000, &best) &&
                   check_book(bench, &stage, shop);
    if (is_fine) bench_report_keep(&bench->report, "postgres_authorize_per_s", best, 0);
    bench_stage_close(&stage);
    bench_shop_close(shop);
    free(shop);
    return is_fine;
}

bool bench_measure_postgres(struct bench *bench)
{
    struct server server = { .bench = bench };
    if (bench->store) return measure_on(bench, bench->store);
    if (!find_programs(server.programs)) {
        bench_report_note(&bench->report, "PostgreSQL: skipped, it is not installed, and --store names none");
        return true;
    }
    bool is_fine = start_server(&server) && measure_on(bench, server.url);
    (void)child_stop(&server.child);
    return is_fine;
}
