/* SPDX-License-Identifier: Apache-2.0 */
/* bench_record: the JSON file of a measurement: on what machine, of which commit, how, and what came out. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/moment.h"
#include "command/bench/bench_disk.h"
#include "command/bench/bench_report.h"
#include "florin_version.h"

enum { MIB = 1024 * 1024, LINE_BYTES = 512 };

/* The first line of a file that begins with that word, what follows its colon. */
static void read_colon_line(const char *path, const char *word, char *out, size_t bytes)
{
    char line[LINE_BYTES];
    out[0] = '\0';
    FILE *file = fopen(path, "re");
    if (!file) return;
    while (out[0] == '\0' && fgets(line, sizeof line, file)) {
        str value;
        str name = str_cut(str_of(line), ':', &value);
        if (!str_starts_with(name, str_of(word))) continue;
        value.length = strcspn(value.bytes, "\n");
        if (!str_copy_to(str_trim(value), out, bytes)) break;
    }
    (void)fclose(file);
}

static void put_machine(struct text *text)
{
    char processor[LINE_BYTES];
    struct utsname system;
    struct sysinfo about = { 0 };
    (void)sysinfo(&about);
    read_colon_line("/proc/cpuinfo", "model name", processor, sizeof processor);
    json_name(text, "machine");
    json_open_object(text);
    json_put_str(text, "processor", str_of(processor));
    json_put_int(text, "cores", sysconf(_SC_NPROCESSORS_ONLN));
    json_put_int(text, "memory_mib", (int64_t)(about.totalram * about.mem_unit / MIB));
    json_put_str(text, "kernel", uname(&system) == 0 ? str_of(system.release) : STR_NONE);
    json_close_object(text);
}

static void put_settings(struct text *text, int64_t seconds, const char *folder)
{
    json_name(text, "settings");
    json_open_object(text);
    json_put_int(text, "seconds", seconds);
    json_put_bool(text, "tmpfs", bench_folder_is_tmpfs(folder));
    json_close_object(text);
}

static void put_figures(struct text *text, const struct bench_report *report)
{
    json_name(text, "figures");
    json_open_object(text);
    for (size_t i = 0; i < report->count; i++) {
        const struct bench_figure *figure = &report->figures[i];
        char number[64];
        int length = snprintf(number, sizeof number, "%.*f", figure->decimals, figure->value);
        json_put_raw(text, figure->name, (str){ number, (size_t)length });
    }
    json_close_object(text);
}

static str record_of(struct arena *arena, const struct bench_report *report, int64_t seconds, const char *folder)
{
    struct text text = text_open(arena, 16 * 1024);
    json_open_object(&text);
    json_put_str(&text, "florin", STR(FLORIN_VERSION));
    json_put_str(&text, "commit", STR(FLORIN_REVISION));
    put_machine(&text);
    put_settings(&text, seconds, folder);
    put_figures(&text, report);
    json_name(&text, "runs");
    text_put(&text, text_str(&report->runs));
    text_put_char(&text, ']');
    json_close_object(&text);
    text_put_char(&text, '\n');
    return text_str(&text);
}

bool bench_report_write(const struct bench_report *report, const char *path, int64_t seconds, const char *folder, struct error *error)
{
    struct arena arena = { 0 };
    str record = record_of(&arena, report, seconds, folder);
    FILE *file = fopen(path, "we");
    bool is_written = file && fwrite(record.bytes, 1, record.length, file) == record.length;
    if (file && fclose(file) != 0) is_written = false;
    if (!is_written) (void)error_set(error, "cannot write %s: %s", path, strerror(errno));
    arena_close(&arena);
    return is_written;
}
