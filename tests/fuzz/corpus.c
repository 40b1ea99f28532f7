/* SPDX-License-Identifier: Apache-2.0 */
/* corpus: every target of the fuzzer, one test each, takes the inputs that were kept for it: what once reached a new
 * place, and what once broke something. Needs no fuzzer: the targets are plain functions here. */
#include "base/base_testing.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

enum { FILE_BYTES_MAX = 64 * 1024, FILES_AT_LEAST = 3 };

#define TARGET(name) int fuzz_##name(const uint8_t *data, size_t size);
FUZZ_TARGETS
#undef TARGET

struct target {
    const char *name;
    int (*run)(const uint8_t *data, size_t size);
};

#define TARGET(name) { #name, fuzz_##name },
static const struct target targets[] = { FUZZ_TARGETS };
#undef TARGET

/* The file that is being fed. A broken promise ends the process, and then it has to be said which input broke it. */
static char path[1024];

static void tell_path(int signal_number)
{
    (void)signal_number;
    static const char before[] = "the input was ", behind[] = "\n";
    (void)!write(STDERR_FILENO, before, sizeof before - 1);
    (void)!write(STDERR_FILENO, path, strlen(path));
    (void)!write(STDERR_FILENO, behind, sizeof behind - 1);
}

static void feed_file(const struct target *target)
{
    static uint8_t bytes[FILE_BYTES_MAX];
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t length = fread(bytes, 1, sizeof bytes, file);
    (void)fclose(file);
    assert_true(length < sizeof bytes);
    str copy = exact_copy((str){ (const char *)bytes, length });
    assert_int_equal(target->run((const uint8_t *)copy.bytes, length), 0);
    exact_free(copy);
}

static void feed_corpus(void **state)
{
    const struct target *target = *state;
    size_t files = 0;
    snprintf(path, sizeof path, "%s/%s", FUZZ_CORPUS, target->name);
    DIR *folder = opendir(path);
    if (!folder) fail_msg("%s is missing", path);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (entry->d_name[0] == '.') continue;
        snprintf(path, sizeof path, "%s/%s/%s", FUZZ_CORPUS, target->name, entry->d_name);
        feed_file(target);
        files++;
    }
    closedir(folder);
    assert_true(files >= FILES_AT_LEAST);
    snprintf(path, sizeof path, "an empty one");
    assert_int_equal(target->run((const uint8_t *)path, 0), 0);
}

int main(void)
{
    struct CMUnitTest tests[COUNT_OF(targets)];
    const struct sigaction action = { .sa_handler = tell_path, .sa_flags = (int)SA_RESETHAND };
    (void)sigaction(SIGABRT, &action, NULL);
    for (size_t i = 0; i < COUNT_OF(targets); i++) {
        tests[i] = (struct CMUnitTest){ targets[i].name, feed_corpus, NULL, NULL, (void *)(uintptr_t)&targets[i] };
    }
    return cmocka_run_group_tests_name("corpus", tests, NULL, NULL);
}
