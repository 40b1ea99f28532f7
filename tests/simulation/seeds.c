/* SPDX-License-Identifier: Apache-2.0 */
/* seeds: forking a run, and making a failing one short. */
#include "simulation/seeds.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "simulation/simulation.h"

enum { RUN_SECONDS_MAX = 120, RUN_GIB_MAX = 4, SHRINK_RUNS_MAX = 400 };

/* A run that eats all memory ends itself, and nobody else. A sanitizer needs terabytes of addresses. */
static void limit_memory(void)
{
#ifndef FLORIN_SANITIZED
    struct rlimit limit = { (rlim_t)RUN_GIB_MAX << 30, (rlim_t)RUN_GIB_MAX << 30 };
    (void)setrlimit(RLIMIT_AS, &limit);
#endif
}

static _Noreturn void live(const struct script *script, const char *folder, bool loud, struct tally *tally, int errors)
{
    static struct simulation one;
    (void)dup2(errors, STDERR_FILENO);
    (void)alarm(RUN_SECONDS_MAX);
    limit_memory();
    one = (struct simulation){ .script = script, .tally = tally, .loud = loud, .folder = folder };
    simulation_run(&one);
    fflush(stdout);
    _exit(EXIT_SUCCESS);
}

/* It ended by itself: a mistake that it found (INSIST), a sanitizer, a signal, no end. */
static void tell_crash(struct tally *tally, int status, int errors)
{
    char said[FINDING_BYTES - 40] = "";
    off_t whole = lseek(errors, 0, SEEK_END), from = whole > (off_t)sizeof said ? whole - (off_t)sizeof said : 0; /* its last words */
    ssize_t length = pread(errors, said, sizeof said - 1, from);
    said[length > 0 ? length : 0] = 0;
    int ending = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
    snprintf(tally->check, sizeof tally->check, "%s", WIFSIGNALED(status) && ending == SIGALRM ? "endless" : "mistake");
    snprintf(tally->finding, sizeof tally->finding, "%s %d: %s", WIFSIGNALED(status) ? "signal" : "status", ending, said);
}

bool seeds_run(const struct script *script, const char *folder, bool loud, struct tally *out)
{
    int status = 0, errors = memfd_create("errors", MFD_CLOEXEC);
    memset(out, 0, sizeof *out);
    fflush(stdout);
    pid_t child = fork();
    INSIST(child >= 0 && errors >= 0);
    if (child == 0) live(script, folder, loud, out, errors);
    pid_t waited = waitpid(child, &status, 0);
    INSIST(waited == child);
    if (!out->check[0] && !(WIFEXITED(status) && WEXITSTATUS(status) == 0 && out->ended)) tell_crash(out, status, errors);
    close(errors);
    return !out->check[0];
}

/* ---- making it short ---- */

/* Without `length` actions from `at`. */
static void cut(const struct script *script, size_t at, size_t length, struct script *out)
{
    *out = *script;
    memmove(&out->actions[at], &out->actions[at + length], (script->count - at - length) * sizeof *out->actions);
    /* What was waited before it is waited all the same. */
    if (at < script->count - length) {
        for (size_t i = 0; i < length; i++) out->actions[at].pause += script->actions[at + i].pause;
    }
    out->count = script->count - length;
}

size_t seeds_shrink(struct script *script, const char *folder, const char *check, struct tally *run)
{
    static struct script shorter;
    size_t runs = 0;
    for (size_t length = script->count / 2; length > 0; length /= 2) {
        for (size_t at = 0; at + length <= script->count && runs < SHRINK_RUNS_MAX; runs++) {
            cut(script, at, length, &shorter);
            bool fails = !seeds_run(&shorter, folder, false, run) && strcmp(run->check, check) == 0;
            if (fails) *script = shorter;
            else at += length;
        }
    }
    return runs;
}
