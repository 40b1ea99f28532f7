/* SPDX-License-Identifier: Apache-2.0 */
/* child: fork, exec, the ready line, and the end. */
#include "command/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORDS_MAX = 48, LINE_BYTES = 512, READY_WITHIN_MS = 10000 };

static void say_into(int stream, const char *log_path)
{
    int log = log_path ? open(log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
    if (log >= 0) dup2(log, stream);
}

static _Noreturn void become(const char *const *words, int output, const char *log_path)
{
    const char *argv[WORDS_MAX + 2] = { "florin" };
    for (int i = 0; i < WORDS_MAX && words[i]; i++) argv[i + 1] = words[i];
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(output, STDOUT_FILENO);
    say_into(STDERR_FILENO, log_path);
    execv("/proc/self/exe", (char *const *)(const void *)argv);
    _exit(127);
}

/* The first line of its standard output, or what came until it ended or the time was over. */
static size_t read_line(int input, char line[LINE_BYTES])
{
    size_t length = 0;
    struct pollfd waiting = { .fd = input, .events = POLLIN };
    while (length < LINE_BYTES - 1 && poll(&waiting, 1, READY_WITHIN_MS) == 1) {
        ssize_t got = read(input, line + length, 1);
        if (got <= 0 || line[length] == '\n') break;
        length += (size_t)got;
    }
    line[length] = 0;
    return length;
}

/* "florin: ready on 127.0.0.1:8080 (...)" */
static bool read_address(const char *line, char *address, size_t bytes)
{
    const char *at = strstr(line, "ready on ");
    if (!at) return false;
    str rest;
    return str_copy_to(str_cut(str_of(at + strlen("ready on ")), ' ', &rest), address, bytes);
}

bool child_start(struct child *child, const char *const *words, const char *log_path, struct error *error)
{
    int pipe_ends[2];
    char line[LINE_BYTES];
    if (pipe2(pipe_ends, O_CLOEXEC) != 0) return error_set(error, "no pipe: %s", strerror(errno));
    child->pid = fork();
    if (child->pid == 0) become(words, pipe_ends[1], log_path);
    close(pipe_ends[1]);
    read_line(pipe_ends[0], line);
    close(pipe_ends[0]);
    if (child->pid > 0 && read_address(line, child->address, sizeof child->address)) return true;
    child_kill(child);
    return error_set(error, "florin %s did not become ready%s%s", words[0], line[0] ? ": " : "", line);
}

static _Noreturn void become_other(const char *const *words, const char *log_path)
{
    prctl(PR_SET_PDEATHSIG, SIGINT);
    say_into(STDOUT_FILENO, log_path);
    say_into(STDERR_FILENO, log_path);
    execvp(words[0], (char *const *)(const void *)words);
    _exit(127);
}

bool child_spawn(struct child *child, const char *const *words, const char *log_path, struct error *error)
{
    *child = (struct child){ .pid = fork() };
    if (child->pid == 0) become_other(words, log_path);
    if (child->pid > 0) return true;
    child->pid = 0;
    return error_set(error, "cannot start %s: %s", words[0], strerror(errno));
}

bool child_run(const char *const *words, const char *log_path, struct error *error)
{
    struct child child;
    int status = -1;
    if (!child_spawn(&child, words, log_path, error)) return false;
    waitpid(child.pid, &status, 0);
    return (WIFEXITED(status) && WEXITSTATUS(status) == 0) || error_set(error, "%s failed; see %s", words[0], log_path);
}

bool child_is_running(struct child *child)
{
    int status = 0;
    if (child->pid > 0 && waitpid(child->pid, &status, WNOHANG) != 0) child->pid = 0;
    if (WIFSIGNALED(status)) child->ended_by = WTERMSIG(status);
    return child->pid > 0;
}

bool child_stop(struct child *child)
{
    int status = -1;
    if (child->pid <= 0) return false;
    kill(child->pid, SIGTERM);
    waitpid(child->pid, &status, 0);
    child->pid = 0;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

void child_kill(struct child *child)
{
    if (child->pid <= 0) return;
    kill(child->pid, SIGKILL);
    waitpid(child->pid, NULL, 0);
    child->pid = 0;
}

void child_freeze(const struct child *child)
{
    if (child->pid > 0) kill(child->pid, SIGSTOP);
}
