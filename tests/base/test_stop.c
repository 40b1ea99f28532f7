/* SPDX-License-Identifier: Apache-2.0 */
/* The ways to stop at once: a mistake of ours, no memory, and a crash point of a test build. Each is tried in a child process. */
#include "base_testing.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/crash.h"
#include "base/log.h"

/* What a child did: how it ended, and what it wrote to standard error. */
struct ending {
    int signal; /* 0: it ended by itself */
    char text[4096];
};

static void read_all(int from, char *text, size_t text_bytes)
{
    size_t length = 0;
    ssize_t got;
    while (length < text_bytes - 1 && (got = read(from, text + length, text_bytes - 1 - length)) > 0) length += (size_t)got;
    text[length] = '\0';
}

static struct ending run_child(void (*child)(void))
{
    struct ending ending;
    int ends[2], status;
    assert_int_equal(pipe(ends), 0);
    (void)fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)dup2(ends[1], STDERR_FILENO);
        (void)signal(SIGABRT, SIG_DFL); /* cmocka would catch it */
        child();
        _exit(0);
    }
    (void)close(ends[1]);
    read_all(ends[0], ending.text, sizeof ending.text);
    (void)close(ends[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    ending.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    return ending;
}

static void make_a_mistake(void)
{
    int two = 2;
    log_info("before", LOG_NUMBER("n", 1));
    INSIST(two == 2);
    INSIST(two + two == 5);
}

static void a_mistake_stops_the_process_and_says_where(void **state)
{
    (void)state;
    struct ending ending = run_child(make_a_mistake);
    assert_int_equal(ending.signal, SIGABRT);
    assert_non_null(strstr(ending.text, "test_stop.c:"));
    assert_non_null(strstr(ending.text, "two + two == 5"));
    assert_non_null(strstr(ending.text, "\"before\"")); /* the log is not lost */
}

static void find_no_memory(void)
{
    log_info("before", LOG_NUMBER("n", 1));
    memory_missing(4711);
}

static void no_memory_stops_the_process_with_a_sentence(void **state)
{
    (void)state;
    struct ending ending = run_child(find_no_memory);
    assert_int_equal(ending.signal, SIGABRT);
    assert_non_null(strstr(ending.text, "out of memory: 4711 bytes more"));
    assert_non_null(strstr(ending.text, "\"before\""));
}

static void memory_is_zero(void **state)
{
    (void)state;
    static const char zeros[512];
    char *taken = memory_take(sizeof zeros);
    assert_memory_equal(taken, zeros, sizeof zeros);
    free(taken);
    free(memory_take(0));
}

/* Passes three points four times each and writes a letter after each. */
static void pass_points(void)
{
    for (int i = 0; i < 4; i++) {
        crash_point("a");
        (void)!write(STDERR_FILENO, "a", 1);
        crash_point_step("authorize", "reply");
        (void)!write(STDERR_FILENO, "b", 1);
        crash_point("authorize.reply.late");
        (void)!write(STDERR_FILENO, "c", 1);
    }
}

static void kills_at_the_chosen_passing(void **state)
{
    (void)state;
    static const struct {
        const char *choice, *passed;
        int signal;
    } rows[] = {
        { NULL,                     "abcabcabcabc", 0 },
        { "",                       "abcabcabcabc", 0 },
        { "a",                      "",             SIGKILL },
        { "a:1",                    "",             SIGKILL },
        { "a:3",                    "abcabc",       SIGKILL },
        { "a:5",                    "abcabcabcabc", 0 },
        { "authorize.reply",        "a",            SIGKILL },
        { "authorize.reply:2",      "abca",         SIGKILL },
        { "authorize.reply.late:4", "abcabcabcab",  SIGKILL },
        { "authorize.repl",         "abcabcabcabc", 0 },
        { "authorize",              "abcabcabcabc", 0 },
        { "A",                      "abcabcabcabc", 0 },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (rows[i].choice) (void)setenv("FLORIN_CRASH_AT", rows[i].choice, 1);
        else (void)unsetenv("FLORIN_CRASH_AT");
        struct ending ending = run_child(pass_points);
        assert_string_equal(ending.text, rows[i].passed);
        assert_int_equal(ending.signal, rows[i].signal);
    }
    (void)unsetenv("FLORIN_CRASH_AT");
}

static void a_choice_that_is_no_number_is_our_mistake(void **state)
{
    (void)state;
    static const char *const choices[] = { "a:0", "a:x", "a:-1", "a:1:2", "a: 1" };
    for (size_t i = 0; i < COUNT_OF(choices); i++) {
        (void)setenv("FLORIN_CRASH_AT", choices[i], 1);
        assert_row(run_child(pass_points).signal == SIGABRT, i);
    }
    (void)unsetenv("FLORIN_CRASH_AT");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mistake_stops_the_process_and_says_where),
        cmocka_unit_test(no_memory_stops_the_process_with_a_sentence),
        cmocka_unit_test(memory_is_zero),
        cmocka_unit_test(kills_at_the_chosen_passing),
        cmocka_unit_test(a_choice_that_is_no_number_is_our_mistake),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
