/* SPDX-License-Identifier: Apache-2.0 */
/* backup: `florin backup --to FILE` copies the store as it stands at one moment, beside whoever writes it:
 *
 *     FILE.part  ── copy, sync, verify ──▶  FILE         a backup that is killed leaves nothing under the name that counts
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "command/command.h"
#include "command/house.h"
#include "command/verify.h"

static const char *to;
static bool replaces;

/* clang-format off */
static const struct setting settings[] = {
    HOUSE_STORE_SETTING,
    { "backup.to", SETTING_TEXT, NULL, 0, 0, &to, "Where the copy goes; a file that is not there yet." },
    { "backup.replace", SETTING_SWITCH, "off", 0, 0, &replaces, "An older backup of that name may be replaced." },
};
/* clang-format on */

struct backup {
    struct store *store;
    char part[PATH_MAX];
    int hold; /* descriptor of the part, locked: two backups to one name would be in each other's way */
    struct store_mark mark;
    struct verify_report report;
    struct stat about; /* of the copy */
    struct error error;
};

/* ---- where it goes ---- */

/* Only what is a store, and not the one that is copied, is replaced: a slip of the finger may not cost a key file. */
static bool may_be_replaced(struct backup *backup, const char *store_path)
{
    struct stat old, own;
    if (stat(to, &old) != 0) return true;
    if (stat(store_path, &own) == 0 && old.st_dev == own.st_dev && old.st_ino == own.st_ino) {
        return error_set(&backup->error, "%s is the store itself", to);
    }
    if (!replaces) return error_set(&backup->error, "%s is there already: say --replace if it may go", to);
    struct error why;
    struct store *older = verify_open(to, &why);
    store_close(older);
    return older || error_set(&backup->error, "%s is there and is no backup, so it stays", to);
}

static bool take_part(struct backup *backup)
{
    struct stat held, named;
    int length = snprintf(backup->part, sizeof backup->part, "%s.part", to);
    if (length < 0 || (size_t)length >= sizeof backup->part) return error_set(&backup->error, "that path is too long");
    backup->hold = open(backup->part, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (backup->hold < 0) return error_set(&backup->error, "%s cannot be made: %s", backup->part, strerror(errno));
    bool ours = flock(backup->hold, LOCK_EX | LOCK_NB) == 0 && fstat(backup->hold, &held) == 0 && stat(backup->part, &named) == 0 &&
                held.st_ino == named.st_ino; /* or it has just become somebody's backup */
    if (!ours) return error_set(&backup->error, "another backup to %s is running", to);
    return ftruncate(backup->hold, 0) == 0 || error_set(&backup->error, "%s cannot be emptied: %s", backup->part, strerror(errno));
}

/* ---- the copy ---- */

static int verify_part(struct backup *backup)
{
    struct store *copy = verify_open(backup->part, &backup->error);
    int status = copy ? verify_copy(copy, &backup->report, &backup->error) : EXIT_UNREADABLE;
    store_close(copy);
    if (status == EXIT_BAD) error_set(&backup->error, "the copy is as bad as the store: it is not kept; look with `florin verify`");
    return status;
}

static bool name_it(struct backup *backup)
{
    unsigned int flags = replaces ? 0 : RENAME_NOREPLACE;
    bool named = renameat2(AT_FDCWD, backup->part, AT_FDCWD, to, flags) == 0;
    if (!named && errno == EINVAL) named = rename(backup->part, to) == 0; /* a file system that knows only one way */
    if (named && stat(to, &backup->about) == 0 && file_sync_folder(to)) return true;
    return error_set(&backup->error, "%s cannot be named: %s", to, strerror(errno));
}

static int copy(struct backup *backup, const char *store_path)
{
    if (!may_be_replaced(backup, store_path)) return EXIT_BAD;
    if (!take_part(backup)) return EXIT_UNREADABLE;
    int status = store_copy(backup->store, backup->part, &backup->mark, &backup->error) ? verify_part(backup) : EXIT_UNREADABLE;
    if (status == EXIT_FINE && !name_it(backup)) status = EXIT_UNREADABLE;
    if (status != EXIT_FINE) unlink(backup->part);
    return status;
}

/* ---- the command ---- */

static void say_done(const struct backup *backup)
{
    printf("florin backup: %s holds %lld payments up to commit %lld, %lld bytes, verified.\n"
           "The key file is not in it. Without it no copy can be opened: keep one, and keep it apart from this.\n",
           to, (long long)backup->report.payments, (long long)backup->mark.commits, (long long)backup->about.st_size);
}

static bool read_words(int count, char **words, char path[STORE_PATH_BYTES], struct error *error)
{
    char witness[WITNESS_PATH_BYTES];
    if (!settings_read_part(settings, COUNT_OF(settings), count, words, error) || !house_paths(path, witness, error)) return false;
    return to || error_set(error, "say --to FILE");
}

int command_backup(int count, char **words)
{
    struct backup backup = { .hold = -1 };
    char path[STORE_PATH_BYTES];
    umask(077);
    bool usable = read_words(count, words, path, &backup.error);
    backup.store = usable ? verify_open(path, &backup.error) : NULL;
    int status = backup.store ? copy(&backup, path) : usable ? EXIT_UNREADABLE : EXIT_USAGE;
    if (status == EXIT_FINE) say_done(&backup);
    else fprintf(stderr, "florin backup: %s\n", backup.error.text);
    store_close(backup.store);
    if (backup.hold >= 0) close(backup.hold);
    return status;
}

void command_backup_help(void)
{
    settings_help(settings, COUNT_OF(settings));
    printf("\nExit status: 0 done, 1 refused, or the store is damaged, 3 it could not be read or written.\n");
}
