/* SPDX-License-Identifier: Apache-2.0 */
/* bench_program: programs of the distribution that are measured beside the gateway: where they are, a port for each, and when they answer. */
#ifndef FLORIN_COMMAND_BENCH_PROGRAM_H
#define FLORIN_COMMAND_BENCH_PROGRAM_H

#include "command/bench/bench_disk.h"
#include "command/child.h"

/* The full path of "nginx", in PATH or where Debian puts what only root needs. False: it is not installed. */
bool bench_program_find(const char *name, char out[BENCH_PATH_BYTES]) MUST_CHECK;

/* A free port of 127.0.0.1 for a program that cannot choose one by itself: "127.0.0.1:40123". */
bool bench_program_free_address(char *out, size_t bytes, struct error *error) MUST_CHECK;

/* Starts it, and waits until somebody accepts connections on child->address, which is set before. */
bool bench_program_start(struct child *child, const char *const *words, const char *log_path, struct error *error) MUST_CHECK;

#endif
