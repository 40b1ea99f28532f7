/* SPDX-License-Identifier: Apache-2.0 */
/* bench_usage: reads /proc/PID/stat and /proc/PID/status. */
#include "command/bench/bench_usage.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"

enum {
    STAT_BYTES = 2048,
    STAT_FIELDS_TO_UTIME = 11, /* behind the name in parentheses and the state, proc(5) */
};

static bool read_proc(pid_t pid, const char *name, char *buffer, size_t bytes)
{
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return false;
    ssize_t got = read(file, buffer, bytes - 1);
    (void)close(file);
    buffer[got > 0 ? got : 0] = '\0';
    return got > 0;
}

static int64_t take_ticks(str *rest)
{
    int64_t ticks = 0;
    int64_t us_per_tick = MICROS_PER_SECOND / sysconf(_SC_CLK_TCK);
    if (!str_to_int64(str_cut(*rest, ' ', rest), INT64_MAX, &ticks)) return 0;
    return ticks * us_per_tick;
}

struct bench_usage bench_usage_of(pid_t pid)
{
    char stat[STAT_BYTES];
    struct bench_usage usage = { 0 };
    const char *name_end = read_proc(pid, "stat", stat, sizeof stat) ? strrchr(stat, ')') : NULL;
    if (!name_end || strlen(name_end) < 2) return usage;
    str rest = str_of(name_end + 2);
    for (int i = 0; i < STAT_FIELDS_TO_UTIME; i++) (void)str_cut(rest, ' ', &rest);
    usage.user_us = take_ticks(&rest);
    usage.kernel_us = take_ticks(&rest);
    return usage;
}

static int64_t read_kib(pid_t pid, const char *name)
{
    char status[STAT_BYTES];
    int64_t kib;
    const char *line = read_proc(pid, "status", status, sizeof status) ? strstr(status, name) : NULL;
    if (!line) return 0;
    str value = str_trim(str_of(line + strlen(name)));
    str rest;
    return str_to_int64(str_cut(value, ' ', &rest), INT64_MAX, &kib) ? kib : 0;
}

int64_t bench_rss_kib_of(pid_t pid) { return read_kib(pid, "VmRSS:"); }

int64_t bench_rss_most_kib_of(pid_t pid) { return read_kib(pid, "VmHWM:"); }
