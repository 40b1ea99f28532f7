/* SPDX-License-Identifier: Apache-2.0 */
/* simulate: `florin simulate`, in test builds: years of bad luck, a seed at a time. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "command/command.h"
#include "command/settings.h"
#include "florin_version.h"
#include "simulation/folder.h"
#include "simulation/seeds.h"

enum { EXIT_USAGE = 2, SEEDS_FOR_ALL_MARKS = 500, FOLDER_BYTES = 64 };

static struct {
    int64_t seed, seeds, minutes;
    bool trace, no_story;
    const char *tally_file;
} chosen;

/* clang-format off */
static const struct setting settings[] = {
    { "seed", SETTING_NUMBER, "1", 1, INT64_MAX / 2, &chosen.seed,
      "The first seed." },
    { "seeds", SETTING_NUMBER, "1", 1, INT64_MAX / 2, &chosen.seeds,
      "How many seeds, from the first on." },
    { "minutes", SETTING_NUMBER, "0", 0, 100000, &chosen.minutes,
      "Goes on with further seeds for so long, and `seeds` does not count; 0: only as many as were asked for." },
    { "trace", SETTING_SWITCH, "off", 0, 0, &chosen.trace,
      "Prints everything that happens." },
    { "no_story", SETTING_SWITCH, "off", 0, 0, &chosen.no_story,
      "Says what is broken, and does not look for the shortest story." },
    { "tally", SETTING_TEXT, NULL, 0, 0, &chosen.tally_file,
      "A file to which one line of JSON is added: what was run and what happened." },
};
/* clang-format on */

/* ---- a folder for lock files and the vault ---- */

static bool make_folder(char folder[FOLDER_BYTES])
{
    snprintf(folder, FOLDER_BYTES, "/dev/shm/florin-simulate-XXXXXX");
    return mkdtemp(folder) != NULL;
}

/* ---- many ---- */

struct course {
    char folder[FOLDER_BYTES];
    struct script script;
    struct tally *run; /* of the newest seed */
    struct tally *sum;
    int64_t seeds;
    double began, cpu_began;
};

static volatile sig_atomic_t interrupted;

static void interrupt(int number)
{
    (void)number;
    interrupted = 1;
}

static double seconds_of(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Of this process and all runs. */
static double cpu_seconds(void)
{
    struct rusage usage;
    getrusage(RUSAGE_CHILDREN, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static bool goes_on(const struct course *course)
{
    if (interrupted) return false;
    if (chosen.minutes > 0) return seconds_of(CLOCK_MONOTONIC) - course->began < (double)chosen.minutes * 60;
    return course->seeds < chosen.seeds;
}

/* Every request that would move money, repeats included. */
static int64_t operations_of(const struct tally *tally)
{
    static const char *const names[] = { "asked.authorize", "asked.capture", "asked.void", "asked.refund" };
    int64_t operations = 0;
    for (size_t i = 0; i < COUNT_OF(names); i++) operations += tally_count(tally, names[i]);
    return operations;
}

/* ---- telling ---- */

static void tell_story(struct course *course)
{
    struct arena arena = { 0 };
    printf("\nThe story, as short as it could be made:\n");
    for (size_t i = 0; i < course->script.count; i++) {
        struct text line = text_open(&arena, 128);
        action_put(&line, &course->script.actions[i]);
        printf("%4zu. %.*s\n", i + 1, STR_FORMAT(text_str(&line)));
    }
    arena_close(&arena);
    printf("\nWhat happens in it:\n");
    (void)!seeds_run(&course->script, course->folder, true, course->run);
}

static void tell_finding(struct course *course, int64_t seed)
{
    char check[sizeof course->run->check];
    memcpy(check, course->run->check, sizeof check);
    printf("florin simulate: seed %lld of commit %s breaks %s: %s\n", (long long)seed, FLORIN_REVISION, check, course->run->finding);
    printf("Again: florin simulate --seed %lld --trace\n", (long long)seed);
    if (chosen.no_story) return;
    size_t before = course->script.count, runs = seeds_shrink(&course->script, course->folder, check, course->run);
    printf("Made short in %zu runs: %zu of %zu actions.\n", runs, course->script.count, before);
    tell_story(course);
}

static void tell_marks(const struct course *course)
{
    struct arena arena = { 0 };
    struct text missing = text_open(&arena, 1024), table = text_open(&arena, 16384);
    size_t count = tally_put_missing(&missing, course->sum);
    tally_put_table(&table, course->sum);
    printf("%.*s", STR_FORMAT(text_str(&table)));
    printf("florin simulate: %zu of %zu marks reached%s\n%.*s", tally_must_count() - count, tally_must_count(), count ? "; not reached:" : "",
           STR_FORMAT(text_str(&missing)));
    arena_close(&arena);
}

static void tell_sum(const struct course *course)
{
    double took = seconds_of(CLOCK_MONOTONIC) - course->began, cpu = cpu_seconds() - course->cpu_began;
    double simulated = (double)course->sum->simulated / MICROS_PER_SECOND;
    int64_t operations = operations_of(course->sum);
    printf("florin simulate: seeds %lld to %lld of commit %s: %lld operations, %.0f s of simulated time in %.1f s (%.0f times as fast), "
           "%.0f operations/s, %.0f us of CPU each, trace %016llx\n",
           (long long)chosen.seed, (long long)(chosen.seed + course->seeds - 1), FLORIN_REVISION, (long long)operations, simulated, took,
           simulated / took, (double)operations / took, cpu * 1e6 / (double)(operations ? operations : 1), (unsigned long long)course->sum->trace);
}

static void put_tally(const struct course *course, bool found)
{
    struct arena arena = { 0 };
    struct text text = text_open(&arena, 16384);
    json_open_object(&text);
    json_put_str(&text, "what", STR("simulate"));
    json_put_str(&text, "commit", str_of(FLORIN_REVISION));
    json_put_int(&text, "first_seed", chosen.seed);
    json_put_int(&text, "last_seed", chosen.seed + course->seeds - 1);
    json_put_int(&text, "seeds", course->seeds);
    json_put_int(&text, "operations", operations_of(course->sum));
    json_put_int(&text, "simulated_seconds", course->sum->simulated / MICROS_PER_SECOND);
    json_put_int(&text, "seconds", (int64_t)(seconds_of(CLOCK_MONOTONIC) - course->began));
    json_put_int(&text, "findings", found);
    tally_put_json(&text, course->sum);
    json_close_object(&text);
    FILE *file = fopen(chosen.tally_file, "a");
    if (file) fprintf(file, "%.*s\n", STR_FORMAT(text_str(&text)));
    if (!file || fclose(file) != 0) fprintf(stderr, "florin simulate: %s cannot be written\n", chosen.tally_file);
    arena_close(&arena);
}

static bool run_seeds(struct course *course)
{
    for (; goes_on(course); course->seeds++) {
        int64_t seed = chosen.seed + course->seeds;
        script_write((uint64_t)seed, &course->script);
        bool held = seeds_run(&course->script, course->folder, chosen.trace, course->run);
        tally_add(course->sum, course->run);
        if (held) continue;
        tell_finding(course, seed);
        course->seeds++;
        return false;
    }
    return true;
}

/* A run that is long enough has met everything; one that has not says nothing about what it did not meet. */
static bool tell_all(struct course *course, bool held)
{
    struct arena arena = { 0 };
    struct text missing = text_open(&arena, 1024);
    bool all_marks = course->seeds < SEEDS_FOR_ALL_MARKS || tally_put_missing(&missing, course->sum) == 0;
    arena_close(&arena);
    if (held && course->seeds > 1) tell_marks(course);
    tell_sum(course);
    if (chosen.tally_file) put_tally(course, !held);
    return held && all_marks;
}

int command_simulate(int count, char **words)
{
    static struct course course;
    struct error error;
    if (!settings_read(settings, COUNT_OF(settings), count, words, &error)) {
        fprintf(stderr, "florin simulate: %s\n", error.text);
        return EXIT_USAGE;
    }
    (void)signal(SIGINT, interrupt);
    (void)signal(SIGTERM, interrupt);
    course = (struct course){ .run = tally_open(), .sum = tally_open(), .began = seconds_of(CLOCK_MONOTONIC), .cpu_began = cpu_seconds() };
    if (!make_folder(course.folder)) {
        fprintf(stderr, "florin simulate: there is no room in /dev/shm\n");
        return EXIT_FAILURE;
    }
    bool held = run_seeds(&course);
    bool good = tell_all(&course, held);
    (void)!folder_remove(course.folder); /* in /dev/shm, and gone with the machine */
    tally_close(course.run);
    tally_close(course.sum);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

void command_simulate_help(void) { settings_help(settings, COUNT_OF(settings)); }
