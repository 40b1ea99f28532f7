/* SPDX-License-Identifier: Apache-2.0 */
/* day: a fork, an exit status, and a page that both can write. */
#include "store/day.h"

#include "base/base_testing.h"

#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"

enum { FAILED = 101 };

struct told *told;

const struct mishaps mishaps_of_files = { .of_files = true, 2, { MISHAP_BROKEN, MISHAP_FULL } };
const struct mishaps mishaps_of_servers = { false, 5, { MISHAP_CUT, MISHAP_FULL, MISHAP_COLLISION, MISHAP_UNANSWERED, MISHAP_BROKEN } };
const struct mishaps mishaps_of_cables = { false, 2, { MISHAP_CUT, MISHAP_UNANSWERED } };

int day_set_up(void **state)
{
    (void)state;
    told = mmap(NULL, sizeof *told, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(told, MAP_FAILED);
    return 0;
}

_Noreturn void day_end(void) { _exit(go_between_has_struck() ? WENT_ON : QUIET); }

_Noreturn void day_fail(const char *what)
{
    printf("# %s\n", what);
    fflush(stdout);
    _exit(FAILED);
}

void day_insist_words(const struct error *error)
{
    if (!error->text[0]) day_fail("nothing was said");
    bool is_told = str_contains(str_of(error->text), STR("a mishap")) || str_contains(str_of(error->text), STR("no room"));
    if (go_between_has_struck() && !is_told) day_fail(error->text);
}

/* What is to go wrong today. */
static struct {
    bool of_files;
    enum mishap mishap;
    int64_t nth;
} today;

static void choose(const struct mishaps *mishaps, int64_t number)
{
    today.of_files = mishaps->of_files;
    today.mishap = mishaps->kinds[(number - 1) % mishaps->count];
    today.nth = getenv("FLORIN_LONG") ? 1 + (number - 1) / mishaps->count : number;
}

void day_goes_wrong(void) { go_between_plan(today.of_files, today.mishap, today.nth); }

/* What the store says of its end is not for the test's page. */
static _Noreturn void live(void (*day)(void *context), void *context)
{
    if (!freopen("/dev/null", "w", stderr)) day_fail("no place for the log");
    go_between_begin();
    day(context);
    day_end();
}

enum fate day_with(const struct mishaps *mishaps, int64_t number, void (*day)(void *context), void *context)
{
    int status = 0;
    *told = (struct told){ 0 };
    choose(mishaps, number);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) live(day, context);
    assert_int_equal(waitpid(child, &status, 0), child);
    int fate = WIFEXITED(status) ? WEXITSTATUS(status) : FAILED;
    if (fate != WENT_ON && fate != ENDED && fate != QUIET) fail_msg("mishap %d at use %lld: status %x", today.mishap, (long long)today.nth, status);
    return fate;
}
