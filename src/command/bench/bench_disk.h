/* SPDX-License-Identifier: Apache-2.0 */
/* bench_disk: the folder that a measurement works in, and how fast its disk makes something durable. */
#ifndef FLORIN_COMMAND_BENCH_DISK_H
#define FLORIN_COMMAND_BENCH_DISK_H

#include "base/error.h"
#include "command/bench/bench_histogram.h"

enum { BENCH_PATH_BYTES = 256 };

/* Where the gateways that are measured keep what they keep. */
struct bench_place {
    char folder[BENCH_PATH_BYTES];  /* stores and logs, on the disk that is measured */
    char full_folder[BENCH_PATH_BYTES]; /* the same from the root, for programs that go elsewhere */
    char runtime[BENCH_PATH_BYTES]; /* keys of cards in doubt, on tmpfs */
};

/* Makes both, the first inside `parent`; and removes them with all that is in them. */
bool bench_place_open(struct bench_place *place, const char *parent, struct error *error) MUST_CHECK;
void bench_place_close(const struct bench_place *place, bool keeps_folder);

/* "folder/name", cut if it is too long (then nothing can be opened there). */
void bench_folder_path(const char *folder, const char *name, char out[BENCH_PATH_BYTES]);

/* Lives in memory: what is measured there says nothing about durability. */
bool bench_folder_is_tmpfs(const char *folder);

/* The fsync probe: writes 4 KiB and waits until they are durable, again and again, as a log does. In nanoseconds. */
bool bench_disk_probe(const char *folder, int64_t for_ns, struct bench_histogram *out, struct error *error) MUST_CHECK;

#endif
