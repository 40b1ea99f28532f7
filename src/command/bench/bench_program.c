/* SPDX-License-Identifier: Apache-2.0 */
/* bench_program: looks for programs as a shell does, and knocks until they answer. */
#include "command/bench/bench_program.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "command/bench/bench_lane.h"
#include "command/bench/bench_schedule.h"

enum { READY_WITHIN_MS = 10000 };

static bool is_in(str folder, const char *name, char out[BENCH_PATH_BYTES])
{
    (void)snprintf(out, BENCH_PATH_BYTES, "%.*s/%s", STR_FORMAT(folder), name);
    return access(out, X_OK) == 0;
}

bool bench_program_find(const char *name, char out[BENCH_PATH_BYTES])
{
    const char *folders = getenv("PATH");
    str rest = str_of(folders ? folders : "/usr/bin");
    while (rest.length > 0) {
        if (is_in(str_cut(rest, ':', &rest), name, out)) return true;
    }
    return is_in(STR("/usr/sbin"), name, out);
}

bool bench_program_free_address(char *out, size_t bytes, struct error *error)
{
    struct sockaddr_in place = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t length = sizeof place;
    int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool is_found = probe >= 0 && bind(probe, (struct sockaddr *)&place, sizeof place) == 0 &&
                    getsockname(probe, (struct sockaddr *)&place, &length) == 0;
    if (probe >= 0) (void)close(probe);
    if (!is_found) return error_set(error, "no free port: %s", strerror(errno));
    (void)snprintf(out, bytes, "127.0.0.1:%d", ntohs(place.sin_port));
    return true;
}

static bool answers(const char *address)
{
    struct bench_lane lane = { .socket = -1 };
    struct error unused;
    bool is_open = bench_lane_open(&lane, address, &unused);
    bench_lane_close(&lane);
    return is_open;
}

bool bench_program_start(struct child *child, const char *const *words, const char *log_path, struct error *error)
{
    char address[sizeof child->address];
    memcpy(address, child->address, sizeof address);
    if (!child_spawn(child, words, log_path, error)) return false;
    memcpy(child->address, address, sizeof address);
    for (int i = 0; i < READY_WITHIN_MS && child_is_running(child); i++) {
        if (answers(child->address)) return true;
        (void)nanosleep(&(struct timespec){ .tv_nsec = BENCH_SECOND / 1000 }, NULL);
    }
    (void)child_stop(child);
    return error_set(error, "%s did not become ready", words[0]);
}
