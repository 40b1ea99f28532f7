/* SPDX-License-Identifier: Apache-2.0 */
/* bench_nginx: the limit of any proxy on this machine: nginx passes the same authorizations on to the same bank and keeps nothing. It is
 * the distribution's own, with a configuration, a port and a folder of ours. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "command/bench/bench.h"
#include "command/bench/bench_program.h"

enum {
    KEPT_CONNECTIONS = 1024, /* of each worker to the bank */
    WORKERS_MOST = 2,
    CONFIGURATION_BYTES = 2048,
};

struct nginx {
    struct child child;
    char program[BENCH_PATH_BYTES], configuration[BENCH_PATH_BYTES], log[BENCH_PATH_BYTES];
    const char *folder;
};

/* ---- its configuration: nothing is logged, nothing is kept, no connection ends early ---- */

static const char configuration[] =
    "daemon off;\n"
    "worker_processes %d;\n"
    "pid %s/nginx.pid;\n"
    "error_log stderr error;\n"
    "events { worker_connections 8192; multi_accept on; }\n"
    "http {\n"
    "    access_log off;\n"
    "    client_body_temp_path %s/nginx-body;\n"
    "    proxy_temp_path %s/nginx-proxy;\n"
    "    fastcgi_temp_path %s/nginx-fastcgi;\n"
    "    uwsgi_temp_path %s/nginx-uwsgi;\n"
    "    scgi_temp_path %s/nginx-scgi;\n"
    "    upstream bank { server %s; keepalive %d; keepalive_requests 100000000; keepalive_time 1h; }\n"
    "    server {\n"
    "        listen %s backlog=4096;\n"
    "        keepalive_requests 100000000;\n"
    "        keepalive_timeout 1h;\n"
    "        location / { proxy_pass http://bank; proxy_http_version 1.1; proxy_set_header Connection \"\"; }\n"
    "    }\n"
    "}\n";

static bool write_configuration(struct nginx *nginx, const struct bench *bench, int workers, struct error *error)
{
    char text[CONFIGURATION_BYTES];
    const char *folder = nginx->folder, *bank = bench->stage.bank.address;
    int length = snprintf(text, sizeof text, configuration, workers, folder, folder, folder, folder, folder, folder, bank, KEPT_CONNECTIONS,
                          nginx->child.address);
    FILE *file = length > 0 && (size_t)length < sizeof text ? fopen(nginx->configuration, "we") : NULL;
    bool is_written = file && fwrite(text, 1, (size_t)length, file) == (size_t)length;
    if (file && fclose(file) != 0) is_written = false;
    return is_written || error_set(error, "cannot write %s: %s", nginx->configuration, strerror(errno));
}

static bool start(struct nginx *nginx, struct bench *bench, int workers)
{
    const char *const words[] = { nginx->program, "-p", nginx->folder, "-c", nginx->configuration, "-e", nginx->log, NULL };
    return bench_program_free_address(nginx->child.address, sizeof nginx->child.address, &bench->error) &&
           write_configuration(nginx, bench, workers, &bench->error) &&
           bench_program_start(&nginx->child, words, nginx->log, &bench->error);
}

/* ---- the measurement ---- */

struct best {
    double per_s;
    int workers;
};

static bool measure_with(struct bench *bench, const struct nginx *nginx, int workers, size_t lanes, struct best *best)
{
    char label[BENCH_NAME_BYTES];
    struct bench_result result;
    (void)snprintf(label, sizeof label, "nginx, %d worker%s, %zu connections", workers, workers == 1 ? "" : "s", lanes);
    struct bench_talk_plan plan = { .label = label, .talk = &bench_talk_direct, .lanes = lanes, .per_row = 1, .address = nginx->child.address };
    if (!bench_talk_run(bench, &plan, &result)) return false;
    if (result.per_s > best->per_s) *best = (struct best){ result.per_s, workers };
    return true;
}

static bool measure_workers(struct bench *bench, struct nginx *nginx, int workers, struct best *best)
{
    bool is_fine = start(nginx, bench, workers) && measure_with(bench, nginx, workers, 64, best) &&
                   measure_with(bench, nginx, workers, 256, best);
    (void)child_stop(&nginx->child);
    return is_fine;
}

static void report_best(struct bench_report *report, const struct best *best)
{
    double authorize;
    bench_report_keep(report, "nginx_pass_through_per_s", best->per_s, 0);
    bench_report_keep(report, "nginx_workers", best->workers, 0);
    if (best->per_s <= 0 || !bench_report_find(report, "authorize_per_s", &authorize)) return;
    bench_report_value(report, "authorizations, as a share of what nginx passes on", "authorize_per_nginx", authorize / best->per_s, 3, "");
}

bool bench_measure_nginx(struct bench *bench)
{
    struct best best = { 0 };
    struct nginx nginx = { .folder = bench->place.full_folder };
    if (!bench_program_find("nginx", nginx.program)) {
        bench_report_note(&bench->report, "nginx: skipped, it is not installed; so nothing says what a proxy could reach here at most");
        return true;
    }
    bench_folder_path(nginx.folder, "nginx.conf", nginx.configuration);
    bench_folder_path(nginx.folder, "nginx.log", nginx.log);
    for (int workers = 1; workers <= WORKERS_MOST; workers++) {
        if (!measure_workers(bench, &nginx, workers, &best)) return false;
    }
    report_best(&bench->report, &best);
    return true;
}
