/* SPDX-License-Identifier: Apache-2.0 */
/* bench_disk: a folder that comes and goes, and write + fdatasync in a loop. */
#include "command/bench/bench_disk.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "command/bench/bench_load.h"

enum {
    DESCRIPTORS_MAX = 16, /* of a walk through a folder */
    PROBE_BYTES = 4096,
    PROBE_FILE_BYTES = 4 * 1024 * 1024, /* then from the start again, as SQLite's log does after a checkpoint */
};

void bench_folder_path(const char *folder, const char *name, char out[BENCH_PATH_BYTES])
{
    (void)snprintf(out, BENCH_PATH_BYTES, "%s/%s", folder, name);
}

static bool open_folder(const char *parent, char out[BENCH_PATH_BYTES], struct error *error)
{
    bench_folder_path(parent, "florin-bench-XXXXXX", out);
    if (mkdtemp(out)) return true;
    out[0] = '\0';
    return error_set(error, "cannot make a folder in %s: %s", parent, strerror(errno));
}

static int remove_entry(const char *path, const struct stat *about, int kind, struct FTW *where)
{
    (void)about;
    (void)kind;
    (void)where;
    (void)remove(path);
    return 0;
}

static void close_folder(const char *folder)
{
    if (folder[0]) (void)nftw(folder, remove_entry, DESCRIPTORS_MAX, FTW_DEPTH | FTW_PHYS);
}

bool bench_place_open(struct bench_place *place, const char *parent, struct error *error)
{
    *place = (struct bench_place){ 0 };
    if (!open_folder(parent, place->folder, error) || !open_folder("/dev/shm", place->runtime, error)) return false;
    char *full = realpath(place->folder, NULL);
    bool fits = full && strlen(full) < BENCH_PATH_BYTES;
    if (fits) (void)snprintf(place->full_folder, BENCH_PATH_BYTES, "%s", full);
    free(full);
    return fits || error_set(error, "%s cannot be reached, or its path is too long", place->folder);
}

void bench_place_close(const struct bench_place *place, bool keeps_folder)
{
    close_folder(place->runtime);
    if (!keeps_folder) close_folder(place->folder);
}

bool bench_folder_is_tmpfs(const char *folder)
{
    struct statfs about;
    return statfs(folder, &about) == 0 && (about.f_type == TMPFS_MAGIC || about.f_type == RAMFS_MAGIC);
}

/* ---- the probe ---- */

static bool write_durably(int file, int64_t number)
{
    static const char page[PROBE_BYTES] = "florin";
    return pwrite(file, page, PROBE_BYTES, number * PROBE_BYTES % PROBE_FILE_BYTES) == PROBE_BYTES && fdatasync(file) == 0;
}

static bool probe_file(int file, int64_t for_ns, struct bench_histogram *out)
{
    int64_t started = bench_now_ns(), before = started, number = 0;
    while (before - started < for_ns && !bench_load_is_interrupted()) {
        if (!write_durably(file, number++)) return false;
        int64_t after = bench_now_ns();
        bench_histogram_add(out, after - before);
        before = after;
    }
    return true;
}

bool bench_disk_probe(const char *folder, int64_t for_ns, struct bench_histogram *out, struct error *error)
{
    char path[BENCH_PATH_BYTES];
    memset(out, 0, sizeof *out);
    bench_folder_path(folder, "probe", path);
    int file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0) return error_set(error, "cannot write to %s: %s", path, strerror(errno));
    bool is_fine = probe_file(file, for_ns, out);
    if (!is_fine) (void)error_set(error, "cannot write to %s: %s", path, strerror(errno));
    (void)close(file);
    (void)unlink(path);
    return is_fine;
}
