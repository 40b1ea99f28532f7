/* SPDX-License-Identifier: Apache-2.0 */
/* verify: `florin verify` walks over the whole store and names what does not fit. It only reads, also beside a gateway. */
#include "command/verify.h"

#include "base/stopwatch.h"
#include "command/command.h"
#include "command/house.h"

/* clang-format off */
static const struct setting settings[] = { HOUSE_STORE_SETTING, HOUSE_WITNESS_SETTING };
/* clang-format on */

/* ---- for other commands, too ---- */

struct store *verify_open(const char *path, struct error *error)
{
    struct arena arena = { 0 };
    struct store *store = store_open(arena_format(&arena, "sqlite:%s", path), STORE_READS, error);
    arena_close(&arena);
    return store;
}

void verify_print(FILE *to, const struct verify_report *report)
{
    for (int kind = 0; kind < VERIFY_KIND_COUNT; kind++) {
        const struct verify_finding *finding = &report->findings[kind];
        str word = verify_kind_word((enum verify_kind)kind);
        if (finding->count > 0) fprintf(to, "%-9.*s %lld bad, the first: %s\n", STR_FORMAT(word), (long long)finding->count, finding->first);
    }
}

int verify_copy(struct store *store, struct verify_report *out, struct error *error)
{
    if (!store_verify(store, house_merchant(), out, error)) return EXIT_UNREADABLE;
    verify_print(stderr, out);
    return verify_report_findings(out) == 0 ? EXIT_FINE : EXIT_BAD;
}

/* ---- the command ---- */

static void print_witness(const struct witness_comparison *sides, const char *sentence)
{
    if (sides->finding == WITNESS_FITS) return;
    if (sides->finding == WITNESS_ABSENT) sentence = "there is none: whether the end of the store is missing cannot be told";
    printf("%-9s %s\n", "witness", sentence);
}

static void print_summary(const struct verify_report *report, int64_t bad, micros took)
{
    printf("%lld payments, %lld events, %lld operations, %lld requests, %lld tokens in %lld.%03lld s: ", (long long)report->payments,
           (long long)report->events, (long long)report->operations, (long long)report->requests, (long long)report->tokens,
           (long long)(took / MICROS_PER_SECOND), (long long)(took / MICROS_PER_MS % 1000));
    if (bad == 0) printf("nothing is wrong\n");
    else printf("%lld bad\n", (long long)bad);
}

/* What is verified, and against what. */
struct object {
    char path[STORE_PATH_BYTES], witness[WITNESS_PATH_BYTES]; /* empty: on a server */
    struct store *store;
};

/* A server has no witness of ours, and looks at its pages itself. */
static bool compare_witness(const struct object *object, struct witness_comparison *sides, struct error *sentence)
{
    *sides = (struct witness_comparison){ .finding = WITNESS_FITS };
    return !object->witness[0] || store_compare_witness(object->store, object->witness, sides, sentence);
}

static int verify(const struct object *object, struct error *error)
{
    struct verify_report report;
    struct witness_comparison sides;
    struct error sentence = { "" };
    micros began = stopwatch_now();
    if (!compare_witness(object, &sides, &sentence)) {
        *error = sentence;
        return EXIT_UNREADABLE;
    }
    if (!store_verify(object->store, house_merchant(), &report, error)) return EXIT_UNREADABLE;
    bool witness_fits = sides.finding == WITNESS_FITS || sides.finding == WITNESS_ABSENT;
    int64_t bad = verify_report_findings(&report) + !witness_fits;
    verify_print(stdout, &report);
    print_witness(&sides, sentence.text);
    if (!object->witness[0]) printf("pages     not looked at: PostgreSQL has pg_amcheck and pg_checksums for that\n");
    print_summary(&report, bad, stopwatch_now() - began);
    return bad == 0 ? EXIT_FINE : EXIT_BAD;
}

static bool read_words(struct object *object, int count, char **words, struct error *error)
{
    if (!settings_read_part(settings, COUNT_OF(settings), count, words, error)) return false;
    return store_is_on_server(str_of(house_chosen.store)) || house_paths(object->path, object->witness, error);
}

int command_verify(int count, char **words)
{
    struct error error;
    struct object object = { 0 };
    bool usable = read_words(&object, count, words, &error);
    if (usable) object.store = store_open(str_of(house_chosen.store), STORE_READS, &error);
    int status = object.store ? verify(&object, &error) : usable ? EXIT_UNREADABLE : EXIT_USAGE;
    if (status != EXIT_FINE && status != EXIT_BAD) fprintf(stderr, "florin verify: %s\n", error.text);
    store_close(object.store);
    return status;
}

void command_verify_help(void)
{
    settings_help(settings, COUNT_OF(settings));
    printf("\nExit status: 0 nothing is wrong, 1 something is, 3 the store cannot be read.\n");
}
