/* SPDX-License-Identifier: Apache-2.0 */
/* migrate: `florin migrate --store sqlite:PATH --to postgres://...` moves a store to PostgreSQL:
 *
 *     verify the old one ── copy ── compare ── verify the new one ── the old one has moved, the new one is complete
 *
 * Whatever ends it on the way, running it again goes on. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "command/command.h"
#include "command/house.h"
#include "command/progress.h"
#include "command/verify.h"
#include "store/migration.h"

static const char *to;

/* clang-format off */
static const struct setting settings[] = {
    HOUSE_STORE_SETTING,
    HOUSE_WITNESS_SETTING,
    HOUSE_NODE_SETTING,
    { "migrate.to", SETTING_TEXT, NULL, 0, 0, &to, "Where the store goes: postgres://USER@HOST/DATABASE, an empty database." },
};
/* clang-format on */

struct migrate {
    struct migration *migration;
    char path[STORE_PATH_BYTES], witness[WITNESS_PATH_BYTES];
    struct progress progress;
    struct error error;
};

/* ---- both sides verified ---- */

static int verify_side(struct migrate *migrate, const char *which, struct store *store)
{
    struct verify_report report;
    printf("verifying the %s store\n", which);
    fflush(stdout);
    int status = verify_copy(store, &report, &migrate->error);
    if (status == EXIT_BAD) error_set(&migrate->error, "the %s store is damaged, as told above: it has not moved", which);
    if (status != EXIT_FINE) return status;
    printf("the %s store: %lld payments, %lld events, %lld operations, %lld requests, nothing is wrong\n", which, (long long)report.payments,
           (long long)report.events, (long long)report.operations, (long long)report.requests);
    return EXIT_FINE;
}

/* A store that has lost its end is no store to take along. */
static int check_witness(struct migrate *migrate)
{
    struct witness_comparison sides;
    if (!store_compare_witness(migration_source(migrate->migration), migrate->witness, &sides, &migrate->error)) return EXIT_UNREADABLE;
    return sides.finding == WITNESS_FITS || sides.finding == WITNESS_ABSENT ? EXIT_FINE : EXIT_BAD;
}

/* ---- copied and compared ---- */

static void show_copying(void *context, const struct migration_progress *at)
{
    struct migrate *migrate = context;
    progress_show(&migrate->progress, at->table, at->whole, at->whole_of);
}

/* A table that was compared to its end gets a line that stays. */
static void show_comparing(void *context, const struct migration_progress *at)
{
    struct migrate *migrate = context;
    progress_show(&migrate->progress, at->table, at->whole, at->whole_of);
    if (!at->is_same) return;
    progress_clear(&migrate->progress);
    printf("%-10s %lld rows on both sides%s%.*s\n", at->table, (long long)at->rows, at->sums.bytes ? ", sums " : "", STR_FORMAT(at->sums));
    fflush(stdout);
}

static int copy(struct migrate *migrate)
{
    migrate->progress = (struct progress){ .what = "copying" };
    if (migration_began_again(migrate->migration)) printf("the store was served since it was copied: copying it anew\n");
    if (!migration_copy(migrate->migration, show_copying, migrate, &migrate->error)) return EXIT_UNREADABLE;
    progress_clear(&migrate->progress);
    return EXIT_FINE;
}

static int compare(struct migrate *migrate)
{
    migrate->progress = (struct progress){ .what = "comparing" };
    return migration_compare(migrate->migration, show_comparing, migrate, &migrate->error) ? EXIT_FINE : EXIT_BAD;
}

static int finish(struct migrate *migrate)
{
    char vault[HOUSE_VAULT_NAME_BYTES];
    if (!house_vault_name(migration_source(migrate->migration), vault, &migrate->error)) return EXIT_UNREADABLE;
    return migration_finish(migrate->migration, house_merchant(), str_of(vault), &migrate->error) ? EXIT_FINE : EXIT_UNREADABLE;
}

static int move(struct migrate *migrate)
{
    int status = check_witness(migrate);
    if (status == EXIT_FINE) status = verify_side(migrate, "old", migration_source(migrate->migration));
    if (status == EXIT_FINE) status = copy(migrate);
    if (status == EXIT_FINE) status = compare(migrate);
    if (status == EXIT_FINE) status = verify_side(migrate, "new", migration_target(migrate->migration));
    if (status == EXIT_FINE) status = finish(migrate);
    return status;
}

/* ---- the command ---- */

static void say_done(const struct migrate *migrate)
{
    bool again = migration_was_complete(migrate->migration);
    printf("florin migrate: %s %s to %.*s, and is not served from here any more.\n"
           "Serve it from there, with the same key file, and on this machine with the same runtime folder, where cards wait:\n"
           "  florin serve --store %.*s --local-path %s --node %s ...\n",
           migrate->path, again ? "had moved already" : "has moved", STR_FORMAT(migration_address(migrate->migration)),
           STR_FORMAT(migration_address(migrate->migration)), migrate->path, house_node());
}

static bool read_words(struct migrate *migrate, int count, char **words)
{
    if (!settings_read_part(settings, COUNT_OF(settings), count, words, &migrate->error)) return false;
    if (!to) return error_set(&migrate->error, "say --to postgres://USER@HOST/DATABASE");
    return house_paths(migrate->path, migrate->witness, &migrate->error);
}

int command_migrate(int count, char **words)
{
    struct migrate migrate = { 0 };
    umask(077);
    bool usable = read_words(&migrate, count, words);
    if (usable) migrate.migration = migration_open(str_of(house_chosen.store), str_of(to), str_of(house_node()), &migrate.error);
    int status = !usable ? EXIT_USAGE : !migrate.migration ? EXIT_BAD : EXIT_FINE;
    if (status == EXIT_FINE && !migration_was_complete(migrate.migration)) status = move(&migrate);
    progress_clear(&migrate.progress);
    log_flush();
    if (status == EXIT_FINE) say_done(&migrate);
    else fprintf(stderr, "florin migrate: %s\n", migrate.error.text);
    migration_close(migrate.migration);
    return status;
}

void command_migrate_help(void)
{
    settings_help(settings, COUNT_OF(settings));
    printf("\nExit status: 0 the store has moved, 1 refused, damaged, or not the same on both sides, 3 something could not be read or written:\n"
           "run it again.\n");
}
