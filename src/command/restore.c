/* SPDX-License-Identifier: Apache-2.0 */
/* restore: `florin restore --from FILE` puts a verified copy in place of the store; the one that was there is kept beside it.
 * `florin restore --accept-loss` leaves the store as it is and lets it be served although its witness knew of more.
 *
 *     STORE.restoring  ── verified, synced ──▶  STORE        a rename: at no moment is there no store
 *     STORE, STORE-wal ── kept together    ──▶  STORE.before-...
 *
 * A restore that is killed on the way leaves a store that its witness does not fit, so that it is not served by mistake. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/moment.h"
#include "command/command.h"
#include "command/house.h"
#include "command/verify.h"
#include "store/migration.h"

static const char *from;
static bool accepts_loss;

/* clang-format off */
static const struct setting settings[] = {
    HOUSE_STORE_SETTING,
    HOUSE_WITNESS_SETTING,
    { "restore.from", SETTING_TEXT, NULL, 0, 0, &from, "The backup." },
    { "restore.accept_loss", SETTING_SWITCH, "off", 0, 0, &accepts_loss,
      "Go on with the store as it lies there, without the commits that it has lost." },
};
/* clang-format on */

struct restore {
    char path[PATH_MAX]; /* of the store, links followed */
    char witness[WITNESS_PATH_BYTES];
    char fresh[PATH_MAX], kept[PATH_MAX];
    struct store_hold hold;
    struct store_mark mark; /* of what is in place when all is done */
    struct verify_report report;
    struct error error;
};

static bool fail(struct restore *restore, const char *what, const char *path)
{
    return error_set(&restore->error, "%s cannot be %s: %s", path, what, strerror(errno));
}

/* ---- the witness ---- */

/* A store from before there were witnesses has no name yet: it gets both at the next start. */
static bool write_witness(struct restore *restore)
{
    if (restore->mark.store_id[0]) return store_write_witness(restore->witness, &restore->mark, &restore->error);
    return unlink(restore->witness) == 0 || errno == ENOENT || fail(restore, "removed", restore->witness);
}

/* ---- a copy in place of the store ---- */

static bool is_the_store(const struct restore *restore)
{
    struct stat theirs, own;
    return stat(from, &theirs) == 0 && fstat(restore->hold.file, &own) == 0 && theirs.st_dev == own.st_dev && theirs.st_ino == own.st_ino;
}

static bool name_files(struct restore *restore)
{
    char at[MOMENT_TEXT_BYTES];
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    moment_format((micros)now.tv_sec * MICROS_PER_SECOND + now.tv_nsec / 1000, at);
    int fresh = snprintf(restore->fresh, sizeof restore->fresh, "%s.restoring", restore->path);
    int kept = snprintf(restore->kept, sizeof restore->kept, "%s.before-%s", restore->path, at);
    bool fits = fresh > 0 && kept > 0 && kept < PATH_MAX - (int)sizeof "-wal";
    return fits || error_set(&restore->error, "the path of the store is too long");
}

/* Through the database, so that a log which lies beside the copy is taken along. */
static bool fetch(struct restore *restore)
{
    struct store *copy = verify_open(from, &restore->error);
    if (!copy) return false;
    unlink(restore->fresh); /* of a restore that was killed; we hold the store, so nobody else is at it */
    int file = open(restore->fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file >= 0) close(file);
    bool fetched = file >= 0 ? store_copy(copy, restore->fresh, &restore->mark, &restore->error) : fail(restore, "made", restore->fresh);
    store_close(copy);
    return fetched;
}

static int verify_fresh(struct restore *restore)
{
    struct store *fresh = verify_open(restore->fresh, &restore->error);
    int status = fresh ? verify_copy(fresh, &restore->report, &restore->error) : EXIT_UNREADABLE;
    store_close(fresh);
    if (status == EXIT_BAD) error_set(&restore->error, "%s is damaged: nothing was changed", from);
    return status;
}

/* The old store keeps its log. The log goes first: beside the new store it would be poison, and a store without its log is seen
 * by the witness. */
static bool keep_old(struct restore *restore)
{
    struct stat old;
    char log[PATH_MAX + 8], kept_log[PATH_MAX + 8], index[PATH_MAX + 8];
    snprintf(log, sizeof log, "%s-wal", restore->path);
    snprintf(kept_log, sizeof kept_log, "%s-wal", restore->kept);
    snprintf(index, sizeof index, "%s-shm", restore->path);
    if (fstat(restore->hold.file, &old) == 0 && old.st_size == 0) restore->kept[0] = 0; /* there was none */
    if (restore->kept[0] && link(restore->path, restore->kept) != 0) return fail(restore, "kept", restore->path);
    bool moved = (restore->kept[0] ? rename(log, kept_log) : unlink(log)) == 0 || errno == ENOENT;
    return (moved && (unlink(index) == 0 || errno == ENOENT)) || fail(restore, "moved", log);
}

static bool put_in_place(struct restore *restore)
{
    if (!keep_old(restore)) return false;
    if (rename(restore->fresh, restore->path) != 0 || !file_sync_folder(restore->path)) return fail(restore, "put in place", restore->path);
    return write_witness(restore);
}

/* A copy in the place of a store that has moved would be served beside what it became. */
static bool has_moved(struct restore *restore)
{
    struct error why;
    struct store *old = verify_open(restore->path, &why); /* one that cannot be read has nothing to say */
    bool moved = old && store_has_moved(old, &restore->error);
    store_close(old);
    return moved;
}

static int bring_back(struct restore *restore)
{
    if (is_the_store(restore)) {
        error_set(&restore->error, "%s is the store itself", from);
        return EXIT_BAD;
    }
    if (!name_files(restore) || !fetch(restore)) return EXIT_UNREADABLE;
    int status = verify_fresh(restore);
    if (status == EXIT_FINE && !put_in_place(restore)) status = EXIT_UNREADABLE;
    if (status != EXIT_FINE) unlink(restore->fresh);
    return status;
}

static void say_restored(const struct restore *restore)
{
    printf("florin restore: %s now holds %lld payments up to commit %lld.\n", restore->path, (long long)restore->report.payments,
           (long long)restore->mark.commits);
    if (restore->kept[0]) printf("The store that was there is kept as %s.\n", restore->kept);
}

/* ---- the loss is accepted ---- */

static int accept_store(struct restore *restore, struct store *store)
{
    struct witness_comparison sides;
    int status = verify_copy(store, &restore->report, &restore->error);
    if (status == EXIT_BAD) error_set(&restore->error, "%s is damaged, not only cut short: nothing was changed", restore->path);
    if (status != EXIT_FINE) return status;
    if (!store_compare_witness(store, restore->witness, &sides, &restore->error)) return EXIT_UNREADABLE;
    if (sides.finding == WITNESS_FITS) {
        error_set(&restore->error, "%s has all that its witness knows of: there is nothing to accept", restore->path);
        return EXIT_BAD;
    }
    restore->mark = sides.store;
    struct error loss = restore->error;
    if (!write_witness(restore)) return EXIT_UNREADABLE;
    if (sides.finding == WITNESS_ABSENT) printf("florin restore: %s has a witness again.\n", restore->path);
    else printf("florin restore: accepted: %s.\n", loss.text);
    return EXIT_FINE;
}

static int accept_loss(struct restore *restore)
{
    struct store *store = verify_open(restore->path, &restore->error);
    int status = store ? accept_store(restore, store) : EXIT_UNREADABLE;
    store_close(store);
    return status;
}

/* ---- the command ---- */

static void say_next(void)
{
    printf("The bank knows of payments that this store does not, and of captures, voids and refunds since then. Before you serve:\n"
           "  put the key file that belongs to it in its place (it is in no backup);\n"
           "  run `florin reconcile`, and look up at the bank what was done after that commit;\n"
           "  keep merchants from repeating requests of that time: their keys are new again, and would be done a second time.\n");
}

static bool read_words(struct restore *restore, int count, char **words)
{
    char path[STORE_PATH_BYTES];
    if (!settings_read_part(settings, COUNT_OF(settings), count, words, &restore->error)) return false;
    if (!house_paths(path, restore->witness, &restore->error)) return false;
    if (!from == !accepts_loss) return error_set(&restore->error, "say --from FILE, or --accept-loss");
    bool follows = realpath(path, restore->path) != NULL; /* a store that is not there yet has no links to follow */
    return follows || str_copy_to(str_of(path), restore->path, sizeof restore->path);
}

int command_restore(int count, char **words)
{
    struct restore restore = { .hold = { -1, -1 } };
    umask(077);
    bool usable = read_words(&restore, count, words);
    bool held = usable && store_hold(restore.path, &restore.hold, &restore.error) && !has_moved(&restore);
    int status = !usable ? EXIT_USAGE : !held ? EXIT_BAD : accepts_loss ? accept_loss(&restore) : bring_back(&restore);
    if (status == EXIT_FINE && !accepts_loss) say_restored(&restore);
    if (status == EXIT_FINE) say_next();
    else fprintf(stderr, "florin restore: %s\n", restore.error.text);
    store_release(&restore.hold);
    return status;
}

void command_restore_help(void)
{
    settings_help(settings, COUNT_OF(settings));
    printf("\nExit status: 0 done, 1 refused, or the backup is damaged, 3 something could not be read or written.\n");
}
